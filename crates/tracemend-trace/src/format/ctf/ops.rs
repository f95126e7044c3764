//! The quick way through an event: its fields as a short list of steps.
//!
//! Fields of a fixed number of bytes that are not wanted become one step together. What is no whole number of bytes, or
//! has a layout that its values decide, is left to [`walk`]. The steps go to the same places as [`walk`] does.

use super::bits::{Cursor, Fault, sign_extend, whole};
use super::facts::{Facts, Slot};
use super::schema::{ByteOrder, Encoding, Field, Integer, Length, Meaning, Register, Roles, Size, Struct};
use super::walk::{Quiet, Visit, save, walk};

/// One step.
#[derive(Clone, Debug)]
pub(crate) enum Op {
    /// Over so many bytes.
    Skip(u32),
    /// To a multiple of so many bits of the packet.
    Align(u32),
    /// A number of 1, 2, 4 or 8 bytes.
    Number(Shape, Option<Slot>, Option<Register>),
    /// Text of so many bytes, of which a zero byte may end it.
    Text(u32, Slot),
    /// Over a text and the zero byte after it.
    String(Option<Slot>),
    /// Over as many elements of so many bytes as a register says.
    Elements(Register, u32),
    /// A field in full.
    Walk(Box<Field>, Option<Slot>),
}

/// How a number is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Shape {
    pub(crate) bytes: u8,
    pub(crate) order: ByteOrder,
    pub(crate) signed: bool,
}

impl Shape {
    /// The shape of an integer of 1, 2, 4 or 8 bytes.
    pub(crate) fn of(integer: &Integer) -> Option<Self> {
        let Size::Bits(bits @ (8 | 16 | 32 | 64)) = integer.size else {
            return None;
        };
        let shape = Self { bytes: bits / 8, order: integer.byte_order, signed: integer.signed };
        (!integer.reversed_bits).then_some(shape)
    }

    /// The number at the start of `bytes`.
    #[inline]
    pub(crate) fn read(self, bytes: &[u8]) -> Result<u64, Fault> {
        let bytes = bytes.get(..usize::from(self.bytes)).ok_or(Fault::Short)?;
        let value = whole(bytes, self.order);
        Ok(if self.signed { sign_extend(value, self.bytes * 8) } else { value })
    }
}

/// Takes the steps from byte `start` of `bytes`, whose first byte is byte `origin` of the packet. Returns the position
/// after the last one, in bits from the start of `bytes`.
pub(crate) fn run(
    ops: &[Op],
    bytes: &[u8],
    origin: u64,
    start: usize,
    registers: &mut [u64],
    facts: &mut Facts,
) -> Result<u64, Fault> {
    let mut at = start;
    // Bits beyond byte `at`; only fields read in full leave any.
    let mut extra = 0u64;
    for op in ops {
        match op {
            Op::Skip(count) => at += *count as usize,
            Op::Align(bits) => {
                let mask = u64::from(*bits) - 1;
                let here = origin.wrapping_add(at as u64).wrapping_mul(8) + extra;
                let there = (here.checked_add(mask).ok_or(Fault::Short)? & !mask) - origin * 8;
                at = (there / 8) as usize;
                extra = there % 8;
            }
            Op::Number(shape, slot, register) => {
                let value = shape.read(bytes.get(at..).ok_or(Fault::Short)?)?;
                at += usize::from(shape.bytes);
                if let Some(slot) = slot {
                    facts.number(*slot, value, u32::from(shape.bytes) * 8);
                }
                if let Some(register) = register {
                    save(registers, *register, value);
                }
            }
            Op::Text(count, slot) => {
                let text = bytes.get(at..at + *count as usize).ok_or(Fault::Short)?;
                facts.text(*slot, at, memchr::memchr(0, text).unwrap_or(text.len()));
                at += text.len();
            }
            Op::String(slot) => {
                let length = memchr::memchr(0, bytes.get(at..).ok_or(Fault::Short)?).ok_or(Fault::Short)?;
                if let Some(slot) = slot {
                    facts.text(*slot, at, length);
                }
                at += length + 1;
            }
            Op::Elements(register, size) => {
                let count = registers.get(usize::from(*register)).copied().unwrap_or(0);
                let length = count.checked_mul(u64::from(*size)).ok_or(Fault::Short)?;
                at = usize::try_from(length).ok().and_then(|length| at.checked_add(length)).ok_or(Fault::Short)?;
            }
            Op::Walk(field, slot) => {
                let mut cursor = Cursor::new(bytes, origin, (origin + at as u64) * 8 + extra);
                match slot {
                    Some(slot) => capture(field, *slot, &mut cursor, bytes, registers, facts)?,
                    None => walk(field, &mut cursor, registers, &mut Quiet)?,
                }
                let behind = cursor.at - origin * 8;
                at = (behind / 8) as usize;
                extra = behind % 8;
            }
        }
        if at > bytes.len() {
            return Err(Fault::Short);
        }
    }
    Ok(at as u64 * 8 + extra)
}

/// Reads a field in full and keeps its value; `base` are the event's bytes.
pub(crate) fn capture(
    field: &Field,
    slot: Slot,
    cursor: &mut Cursor<'_>,
    base: &[u8],
    registers: &mut [u64],
    facts: &mut Facts,
) -> Result<(), Fault> {
    walk(field, cursor, registers, &mut Kept { slot, facts, base })
}

struct Kept<'f> {
    slot: Slot,
    facts: &'f mut Facts,
    base: &'f [u8],
}

impl Visit for Kept<'_> {
    fn integer(&mut self, _integer: &Integer, value: u64, bits: u32) {
        self.facts.number(self.slot, value, bits);
    }

    fn text(&mut self, bytes: &[u8], _encoding: Encoding) {
        // A part of `base`: where it begins is the difference of the two.
        let start = (bytes.as_ptr() as usize).wrapping_sub(self.base.as_ptr() as usize);
        self.facts.text(self.slot, start, bytes.len());
    }
}

/// Whether a field can be what a slot wants.
pub(crate) fn suits(field: &Field, slot: Slot) -> bool {
    match slot {
        Slot::Comm | Slot::PreviousComm | Slot::NextComm => {
            matches!(field, Field::String(Encoding::Utf8) | Field::Text { encoding: Encoding::Utf8, .. })
        }
        _ => matches!(field, Field::Integer(Integer { meaning: Meaning::Number, .. })),
    }
}

/// Makes steps of structures.
#[derive(Debug)]
pub(crate) struct Compiler {
    ops: Vec<Op>,
    /// Position modulo 8 bits, where known.
    bit: Option<u64>,
    /// A number of bytes, and the position modulo it.
    modulus: u32,
    offset: u32,
}

impl Compiler {
    /// Events begin at a byte.
    pub(crate) fn new() -> Self {
        Self { ops: Vec::new(), bit: Some(0), modulus: 1, offset: 0 }
    }

    /// The steps.
    pub(crate) fn finish(self) -> Vec<Op> {
        self.ops
    }

    /// Adds a structure; `slot` says what is wanted of its members.
    pub(crate) fn structure(&mut self, fields: &Struct, slot: &dyn Fn(usize) -> Option<Slot>) {
        self.align(fields.align);
        for (index, member) in fields.members.iter().enumerate() {
            self.field(&member.field, slot(index));
        }
    }

    fn field(&mut self, field: &Field, slot: Option<Slot>) {
        let align = alignment(field);
        let at_byte = align >= 8 || self.bit == Some(0);
        match field {
            Field::Struct(fields) => self.structure(fields, &|_| None),
            _ if !at_byte => self.walk(field, slot),
            Field::Integer(integer) => match (integer.size, Shape::of(integer)) {
                (_, Some(shape)) if slot.is_some() || integer.save.is_some() || clock(integer) => {
                    self.align(integer.align);
                    let slot = if clock(integer) { Some(Slot::Clock) } else { slot };
                    self.ops.push(Op::Number(shape, slot, integer.save));
                    self.moved(u32::from(shape.bytes));
                }
                (Size::Bits(bits), _) if bits % 8 == 0 && slot.is_none() && integer.save.is_none() => {
                    self.align(integer.align);
                    self.skip(u32::from(bits) / 8);
                }
                _ => self.walk(field, slot),
            },
            Field::Float(float) => {
                self.align(float.align);
                self.skip(u32::from(float.bits) / 8);
            }
            Field::String(Encoding::Utf8) => {
                self.align(8);
                self.ops.push(Op::String(slot));
                self.lost_track();
            }
            Field::Text { length, encoding: Encoding::Utf8 } if slot.is_some() => match (length, slot) {
                (Length::Static(count), Some(slot)) if u32::try_from(*count).is_ok() => {
                    self.align(8);
                    self.ops.push(Op::Text(*count as u32, slot));
                    self.moved(*count as u32);
                }
                _ => self.walk(field, slot),
            },
            Field::Text { length, .. } | Field::Blob { length, .. } => {
                self.align(8);
                self.elements(field, *length, 1);
            }
            Field::Array { element, length, align } => match fixed(element) {
                Some(size) => {
                    self.align((*align).max(alignment(element)));
                    self.elements(field, *length, size);
                }
                None => self.walk(field, None),
            },
            _ => self.walk(field, slot),
        }
    }

    fn elements(&mut self, field: &Field, length: Length, size: u32) {
        match length {
            Length::Register(register) => {
                self.ops.push(Op::Elements(register, size));
                self.lost_track();
            }
            Length::Static(count) => {
                match count.checked_mul(u64::from(size)).and_then(|length| u32::try_from(length).ok()) {
                    Some(length) if length < 1 << 30 => self.skip(length),
                    _ => self.walk(field, None),
                }
            }
        }
    }

    fn align(&mut self, bits: u32) {
        if bits <= 1 || (bits <= 8 && self.bit == Some(0)) {
            return;
        }
        let bytes = bits / 8;
        if bytes > 0 && self.bit == Some(0) && bytes <= self.modulus {
            // Both are powers of two, so that the remainder is known.
            return self.skip(self.offset.next_multiple_of(bytes) - self.offset);
        }
        self.ops.push(Op::Align(bits));
        if bytes > 0 {
            (self.bit, self.modulus, self.offset) = (Some(0), bytes, 0);
        } else {
            (self.bit, self.modulus, self.offset) = (None, 1, 0);
        }
    }

    fn skip(&mut self, count: u32) {
        if let Some(Op::Skip(before)) = self.ops.last_mut()
            && let Some(sum) = before.checked_add(count).filter(|&sum| sum < 1 << 30)
        {
            *before = sum;
        } else if count > 0 {
            self.ops.push(Op::Skip(count));
        }
        self.moved(count);
    }

    fn moved(&mut self, count: u32) {
        self.offset = ((u64::from(self.offset) + u64::from(count)) % u64::from(self.modulus)) as u32;
    }

    fn lost_track(&mut self) {
        (self.bit, self.modulus, self.offset) = (Some(0), 1, 0);
    }

    fn walk(&mut self, field: &Field, slot: Option<Slot>) {
        let bit = match field {
            Field::Integer(Integer { size: Size::Bits(bits), align, .. }) => {
                let start = if *align >= 8 {
                    Some(0)
                } else {
                    self.bit.map(|bit| bit.next_multiple_of(u64::from(*align).max(1)))
                };
                start.map(|start| (start + u64::from(*bits)) % 8)
            }
            Field::Integer(_) | Field::String(_) | Field::Text { .. } | Field::Blob { .. } => Some(0),
            _ => None,
        };
        self.ops.push(Op::Walk(Box::new(field.clone()), slot));
        self.lost_track();
        self.bit = bit;
    }
}

fn clock(integer: &Integer) -> bool {
    integer.roles.has(Roles::TIMESTAMP)
}

fn alignment(field: &Field) -> u32 {
    match field {
        Field::Integer(integer) => integer.align.max(if integer.size == Size::Variable { 8 } else { 1 }),
        Field::Float(float) => float.align,
        Field::String(_) | Field::Text { .. } | Field::Blob { .. } => 8,
        Field::Struct(fields) => fields.align,
        Field::Array { align, .. } => *align,
        Field::Variant(_) | Field::Optional(_) => 1,
    }
}

/// Size in bytes of an element whose size is fixed, which needs no padding to the next one and is not wanted.
fn fixed(field: &Field) -> Option<u32> {
    match field {
        Field::Integer(integer) => match integer.size {
            Size::Bits(bits) if bits % 8 == 0 && integer.save.is_none() && !clock(integer) => {
                (u32::from(bits) % integer.align.max(1) == 0).then_some(u32::from(bits) / 8)
            }
            _ => None,
        },
        Field::Float(float) => (float.bits % 8 == 0 && u32::from(float.bits) % float.align.max(1) == 0)
            .then_some(u32::from(float.bits) / 8),
        _ => None,
    }
}
