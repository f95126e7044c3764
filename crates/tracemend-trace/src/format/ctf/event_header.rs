//! Event headers: which class an event is of, and when it happened.

use super::bits::{Cursor, Fault, mask};
use super::clock::advance;
use super::ops::Shape;
use super::schema::{ByteOrder, Field, Integer, Meaning, Roles, Size, Struct, Variant};
use super::walk::{Visit, walk_struct};

/// What a header says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Head {
    /// Id of the event class, where the header has one.
    pub(crate) id: Option<u64>,
    /// The stream's clock at the event, cycles.
    pub(crate) clock: u64,
}

/// A header of a layout that can be read at once. All begin at a byte.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Layout {
    /// No header.
    Nothing,
    /// LTTng's: id and clock in `bytes` bytes; the highest id says that both follow in full.
    Compact { id_bits: u8, bytes: u8, order: ByteOrder },
    /// Whole bytes at fixed places.
    Flat { id: Option<(u32, Shape)>, clock: Option<(u32, Shape)>, bytes: u32 },
    /// Anything else.
    Other,
}

impl Layout {
    /// The layout of an event header.
    pub(crate) fn of(header: Option<&Struct>) -> Self {
        match header {
            None => Self::Nothing,
            Some(header) => compact(header).or_else(|| flat(header)).unwrap_or(Self::Other),
        }
    }

    /// The header at byte `at` of `bytes`, and where it ends; `None` where it must be read in full.
    #[inline]
    pub(crate) fn read(&self, bytes: &[u8], at: usize, clock: u64) -> Option<Result<(Head, usize), Fault>> {
        match *self {
            Self::Nothing => Some(Ok((Head { id: None, clock }, at))),
            Self::Compact { id_bits, bytes: length, order } => {
                Some(read_compact(bytes, at, clock, id_bits, length, order))
            }
            Self::Flat { id, clock: stamp, bytes: length } => {
                let read = |place: Option<(u32, Shape)>| match place {
                    Some((offset, shape)) => {
                        let value = shape.read(bytes.get(at + offset as usize..).ok_or(Fault::Short)?)?;
                        Ok(Some((value, u32::from(shape.bytes) * 8)))
                    }
                    None => Ok(None),
                };
                Some((|| {
                    let id = read(id)?.map(|(value, _)| value);
                    let clock = read(stamp)?.map_or(clock, |(value, bits)| advance(clock, value, bits));
                    Ok((Head { id, clock }, at + length as usize))
                })())
            }
            Self::Other => None,
        }
    }
}

#[inline]
fn read_compact(
    bytes: &[u8],
    at: usize,
    clock: u64,
    id_bits: u8,
    length: u8,
    order: ByteOrder,
) -> Result<(Head, usize), Fault> {
    let number = |at: usize, bytes_: u8| {
        Shape { bytes: bytes_, order, signed: false }.read(bytes.get(at..).ok_or(Fault::Short)?)
    };
    let id_bytes = id_bits.div_ceil(8);
    let short = id_bytes * 8 == id_bits;
    // An id of whole bytes stands before its clock value; else both share a word.
    let (id, low, low_bits) = if short {
        let id = number(at, id_bytes)?;
        if id == mask(id_bits) {
            (id, 0, 0)
        } else {
            (id, number(at + usize::from(id_bytes), length - id_bytes)?, (length - id_bytes) * 8)
        }
    } else {
        let first = u64::from(*bytes.get(at).ok_or(Fault::Short)?);
        let low_bits = length * 8 - id_bits;
        let id = match order {
            ByteOrder::Little => first & mask(id_bits),
            ByteOrder::Big => first >> (8 - id_bits),
        };
        if id == mask(id_bits) {
            (id, 0, 0)
        } else {
            let word = number(at, length)?;
            match order {
                ByteOrder::Little => (id, word >> id_bits, low_bits),
                ByteOrder::Big => (id, word & mask(low_bits), low_bits),
            }
        }
    };
    if id == mask(id_bits) {
        let at = at + usize::from(id_bytes);
        return Ok((Head { id: Some(number(at, 4)?), clock: number(at + 4, 8)? }, at + 12));
    }
    Ok((Head { id: Some(id), clock: advance(clock, low, u32::from(low_bits)) }, at + usize::from(length)))
}

/// Reads a header in full.
pub(crate) fn read_fully(
    header: Option<&Struct>,
    cursor: &mut Cursor<'_>,
    registers: &mut [u64],
    clock: u64,
) -> Result<Head, Fault> {
    let mut head = Head { id: None, clock };
    if let Some(header) = header {
        walk_struct(header, cursor, registers, &mut head)?;
    }
    Ok(head)
}

impl Visit for Head {
    fn integer(&mut self, integer: &Integer, value: u64, bits: u32) {
        if integer.roles.has(Roles::EVENT_CLASS_ID) {
            self.id = Some(value);
        }
        if integer.roles.has(Roles::TIMESTAMP) {
            self.clock = advance(self.clock, value, bits);
        }
    }
}

fn flat(header: &Struct) -> Option<Layout> {
    let (mut id, mut clock, mut bytes) = (None, None, 0u32);
    for member in &header.members {
        let Field::Integer(integer) = &member.field else {
            return None;
        };
        let shape = Shape::of(integer).filter(|_| integer.align <= 8 && integer.save.is_none())?;
        if integer.roles.has(Roles::EVENT_CLASS_ID) {
            id = Some((bytes, shape));
        }
        if integer.roles.has(Roles::TIMESTAMP) {
            // Two clock values would have to be taken one after the other.
            if clock.replace((bytes, shape)).is_some() {
                return None;
            }
        }
        bytes = bytes.checked_add(u32::from(shape.bytes))?;
    }
    (header.align <= 8).then_some(Layout::Flat { id, clock, bytes })
}

fn compact(header: &Struct) -> Option<Layout> {
    let [first, second] = header.members.as_slice() else {
        return None;
    };
    let (Field::Integer(id), Field::Variant(variant)) = (&first.field, &second.field) else {
        return None;
    };
    let Size::Bits(id_bits @ (5 | 16)) = id.size else {
        return None;
    };
    let escape = i128::from(mask(id_bits));
    let plain_id = is_plain(id, Roles::EVENT_CLASS_ID) && id.save == Some(variant.selector) && header.align == 8;
    let option = |low: i128, high: i128| one_of(variant, low, high);
    let short = option(0, escape - 1)?;
    let [clock] = short.members.as_slice() else {
        return None;
    };
    let Field::Integer(clock) = &clock.field else {
        return None;
    };
    let clock_bits = if id_bits == 5 { 27 } else { 32 };
    let plain_clock = is_plain(clock, Roles::TIMESTAMP)
        && clock.save.is_none()
        && clock.size == Size::Bits(clock_bits)
        && clock.align.max(short.align) <= if id_bits == 5 { 1 } else { 8 };
    let long = option(escape, escape)?;
    let [long_id, long_clock] = long.members.as_slice() else {
        return None;
    };
    let (Field::Integer(long_id), Field::Integer(long_clock)) = (&long_id.field, &long_clock.field) else {
        return None;
    };
    let plain_long = is_plain(long_id, Roles::EVENT_CLASS_ID)
        && is_plain(long_clock, Roles::TIMESTAMP)
        && (long_id.size, long_clock.size) == (Size::Bits(32), Size::Bits(64))
        && (long_id.align, long_clock.align, long.align) == (8, 8, 8)
        && long_id.save.is_none()
        && long_clock.save.is_none();
    let order = id.byte_order;
    let one_order = [clock, long_id, long_clock].iter().all(|integer| integer.byte_order == order);
    (plain_id && plain_clock && plain_long && one_order).then_some(Layout::Compact {
        id_bits,
        bytes: (id_bits + clock_bits) / 8,
        order,
    })
}

fn is_plain(integer: &Integer, role: Roles) -> bool {
    integer.roles == role
        && !integer.signed
        && !integer.reversed_bits
        && matches!(integer.meaning, Meaning::Number | Meaning::Enumeration(_))
}

fn one_of(variant: &Variant, low: i128, high: i128) -> Option<&Struct> {
    let option = variant.options.iter().find(|option| option.ranges == [(low, high)])?;
    match &option.member.field {
        Field::Struct(fields) => Some(fields),
        _ => None,
    }
}
