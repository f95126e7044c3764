//! Every field of a structure, one after another: the complete and slow way to read an event.

use super::bits::{Cursor, Fault, reverse, sign_extend, terminator};
use super::schema::{Encoding, Field, Float, Integer, Length, Member, Register, Roles, Size, Struct};

/// Is told of every field. What it does not want to know costs nothing.
pub(crate) trait Visit {
    /// A member of a structure comes next; `false`: it is passed over in silence.
    fn member(&mut self, _member: &Member) -> bool {
        true
    }
    /// Element `index` of an array comes next.
    fn element(&mut self, _index: u64) {}
    /// A structure, an array, a variant or an optional field begins.
    fn open(&mut self, _group: Group) {}
    /// It ends.
    fn close(&mut self, _group: Group) {}
    /// An optional field is not there.
    fn absent(&mut self) {}
    /// A value; signed ones are sign-extended. `bits` were stored.
    fn integer(&mut self, _integer: &Integer, _value: u64, _bits: u32) {}
    /// A number.
    fn float(&mut self, _value: f64) {}
    /// Text without its end.
    fn text(&mut self, _bytes: &[u8], _encoding: Encoding) {}
    /// Bytes.
    fn blob(&mut self, _bytes: &[u8], _roles: Roles) {}
}

/// What holds fields.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Group {
    Struct,
    Array,
    Variant,
    Optional,
}

/// Wants to know nothing.
pub(crate) struct Quiet;

impl Visit for Quiet {}

/// Reads a structure.
pub(crate) fn walk_struct<V: Visit>(
    fields: &Struct,
    cursor: &mut Cursor<'_>,
    registers: &mut [u64],
    visit: &mut V,
) -> Result<(), Fault> {
    cursor.align(fields.align)?;
    visit.open(Group::Struct);
    for member in &fields.members {
        if visit.member(member) {
            walk(&member.field, cursor, registers, visit)?;
        } else {
            walk(&member.field, cursor, registers, &mut Quiet)?;
        }
    }
    visit.close(Group::Struct);
    Ok(())
}

/// Reads a field.
pub(crate) fn walk<V: Visit>(
    field: &Field,
    cursor: &mut Cursor<'_>,
    registers: &mut [u64],
    visit: &mut V,
) -> Result<(), Fault> {
    match field {
        Field::Integer(integer) => {
            let (value, bits) = take_integer(integer, cursor)?;
            if let Some(register) = integer.save {
                save(registers, register, value);
            }
            visit.integer(integer, value, bits);
        }
        Field::Float(float) => visit.float(take_float(float, cursor)?),
        Field::String(encoding) => {
            cursor.align(8)?;
            visit.text(cursor.take_string(*encoding)?, *encoding);
        }
        Field::Text { length, encoding } => {
            cursor.align(8)?;
            let bytes = cursor.take_bytes(count(*length, registers))?;
            visit.text(&bytes[..terminator(bytes, *encoding).unwrap_or(bytes.len())], *encoding);
        }
        Field::Blob { length, roles } => {
            cursor.align(8)?;
            visit.blob(cursor.take_bytes(count(*length, registers))?, *roles);
        }
        Field::Struct(fields) => walk_struct(fields, cursor, registers, visit)?,
        Field::Array { element, length, align } => {
            cursor.align(*align)?;
            walk_array(element, count(*length, registers), cursor, registers, visit)?;
        }
        Field::Variant(variant) => {
            let selector = number(registers, variant.selector, variant.signed);
            let option = variant.options.iter().find(|option| within(&option.ranges, selector));
            let option = option.ok_or(Fault::Bad("a variant whose selector selects nothing"))?;
            visit.open(Group::Variant);
            walk(&option.member.field, cursor, registers, visit)?;
            visit.close(Group::Variant);
        }
        Field::Optional(optional) => {
            if within(&optional.ranges, number(registers, optional.selector, optional.signed)) {
                visit.open(Group::Optional);
                walk(&optional.field, cursor, registers, visit)?;
                visit.close(Group::Optional);
            } else {
                visit.absent();
            }
        }
    }
    Ok(())
}

fn walk_array<V: Visit>(
    element: &Field,
    length: u64,
    cursor: &mut Cursor<'_>,
    registers: &mut [u64],
    visit: &mut V,
) -> Result<(), Fault> {
    visit.open(Group::Array);
    for index in 0..length {
        let before = cursor.at;
        visit.element(index);
        walk(element, cursor, registers, visit)?;
        if cursor.at == before {
            cursor.pass_empty()?;
        }
    }
    visit.close(Group::Array);
    Ok(())
}

/// An integer's value, sign-extended if signed, and the bits it was stored in.
pub(crate) fn take_integer(integer: &Integer, cursor: &mut Cursor<'_>) -> Result<(u64, u32), Fault> {
    cursor.align(integer.align)?;
    let bits = match integer.size {
        Size::Bits(bits) => bits,
        Size::Variable => return cursor.take_leb128(integer.signed),
    };
    let mut value = cursor.take(bits, integer.byte_order)?;
    if integer.reversed_bits {
        value = reverse(value, bits);
    }
    Ok((if integer.signed { sign_extend(value, bits) } else { value }, u32::from(bits)))
}

fn take_float(float: &Float, cursor: &mut Cursor<'_>) -> Result<f64, Fault> {
    cursor.align(float.align)?;
    let mut value = cursor.take(float.bits.clamp(1, 64), float.byte_order)?;
    if float.reversed_bits {
        value = reverse(value, float.bits);
    }
    Ok(match float.bits {
        64 => f64::from_bits(value),
        32 => f64::from(f32::from_bits(value as u32)),
        16 => half(value as u16),
        _ => return Err(Fault::Bad("a floating-point number of a length that is none")),
    })
}

/// An IEEE 754 number of 16 bits.
fn half(bits: u16) -> f64 {
    let sign = if bits & 0x8000 != 0 { -1.0 } else { 1.0 };
    let fraction = f64::from(bits & 0x3ff);
    sign * match bits >> 10 & 0x1f {
        0 => fraction * 2f64.powi(-24),
        31 if fraction == 0.0 => f64::INFINITY,
        31 => f64::NAN,
        exponent => (1024.0 + fraction) * 2f64.powi(i32::from(exponent) - 25),
    }
}

/// Number of elements or bytes.
pub(crate) fn count(length: Length, registers: &[u64]) -> u64 {
    match length {
        Length::Static(length) => length,
        Length::Register(register) => registers.get(usize::from(register)).copied().unwrap_or(0),
    }
}

/// Keeps a value that another field needs.
pub(crate) fn save(registers: &mut [u64], register: Register, value: u64) {
    if let Some(place) = registers.get_mut(usize::from(register)) {
        *place = value;
    }
}

fn number(registers: &[u64], register: Register, signed: bool) -> i128 {
    let value = registers.get(usize::from(register)).copied().unwrap_or(0);
    if signed { i128::from(value as i64) } else { i128::from(value) }
}

fn within(ranges: &[(i128, i128)], value: i128) -> bool {
    ranges.iter().any(|&(low, high)| (low..=high).contains(&value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_precision() {
        assert_eq!(half(0x3c00), 1.0);
        assert_eq!(half(0xc000), -2.0);
        assert_eq!(half(0x7bff), 65504.0);
        assert_eq!(half(0x0001), 2f64.powi(-24));
        assert_eq!(half(0xfc00), f64::NEG_INFINITY);
        assert!(half(0x7e00).is_nan());
    }

    #[test]
    fn an_array_of_nothing_ends() {
        let nothing = Field::Array {
            element: Box::new(Field::Struct(Struct::default())),
            length: Length::Static(1 << 60),
            align: 1,
        };
        let mut cursor = Cursor::new(&[0; 4], 0, 0);
        assert!(matches!(walk(&nothing, &mut cursor, &mut [], &mut Quiet), Err(Fault::Bad(_))));
    }
}
