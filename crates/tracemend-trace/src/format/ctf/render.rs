//! Fields as the text that `babeltrace2` prints for them.

use super::bits::{mask, unit};
use super::schema::{Encoding, Field, Integer, Mappings, Meaning, Member, Roles, Struct};
use super::walk::{Group, Visit};
use std::fmt::Write as _;
use std::io::Write as _;

/// Writes fields down as they are read.
pub(crate) struct Text<'a> {
    out: &'a mut Vec<u8>,
    /// For every open structure or array, whether something stands in it.
    filled: Vec<(Group, bool)>,
}

impl<'a> Text<'a> {
    /// Appends to `out`.
    pub(crate) fn new(out: &'a mut Vec<u8>) -> Self {
        Self { out, filled: Vec::new() }
    }

    fn put(&mut self, text: &str) {
        self.out.extend_from_slice(text.as_bytes());
    }

    fn separate(&mut self) {
        let first = self.filled.last_mut().is_none_or(|(_, filled)| !std::mem::replace(filled, true));
        self.put(if first { " " } else { ", " });
    }

    fn plain(&mut self, integer: &Integer, value: u64, bits: u32) {
        let bits = bits.clamp(1, 64);
        // Writing to a vector cannot fail.
        let _ = match integer.base {
            2 => write!(self.out, "0b{:0width$b}", value & mask(bits as u8), width = bits as usize),
            // Digits of 3 and of 4 bits: the topmost is whole.
            8 if integer.signed => write!(self.out, "0{:o}", value & mask(bits.div_ceil(3).saturating_mul(3) as u8)),
            8 => write!(self.out, "0{value:o}"),
            16 => write!(self.out, "0x{:X}", value & mask(bits.next_multiple_of(4) as u8)),
            _ if integer.signed => write!(self.out, "{}", value as i64),
            _ => write!(self.out, "{value}"),
        };
    }

    fn enumeration(&mut self, integer: &Integer, mappings: &Mappings, value: u64, bits: u32) {
        self.put("( ");
        let number = if integer.signed { i128::from(value as i64) } else { i128::from(value) };
        let mut known = false;
        for (label, ranges) in &mappings.labels {
            if ranges.iter().any(|&(low, high)| (low..=high).contains(&number)) {
                if std::mem::replace(&mut known, true) {
                    self.put(", ");
                }
                quote(self.out, label.as_bytes());
            }
        }
        if !known {
            self.put("<unknown>");
        }
        self.put(" : container = ");
        self.plain(integer, value, bits);
        self.put(" )");
    }
}

impl Visit for Text<'_> {
    fn member(&mut self, member: &Member) -> bool {
        if hidden(&member.field) {
            return false;
        }
        self.separate();
        self.put(&member.name);
        self.put(" = ");
        true
    }

    fn element(&mut self, index: u64) {
        self.separate();
        let _ = write!(self.out, "[{index}] = ");
    }

    fn open(&mut self, group: Group) {
        self.filled.push((group, false));
        self.put(match group {
            Group::Struct => "{",
            Group::Array => "[",
            Group::Variant | Group::Optional => "{ ",
        });
    }

    fn close(&mut self, group: Group) {
        self.filled.pop();
        self.put(if group == Group::Array { " ]" } else { " }" });
    }

    fn absent(&mut self) {
        self.put("<none>");
    }

    fn integer(&mut self, integer: &Integer, value: u64, bits: u32) {
        match &integer.meaning {
            Meaning::Number => self.plain(integer, value, bits),
            Meaning::Boolean => self.put(if value != 0 { "true" } else { "false" }),
            Meaning::Bits(_) => {
                let _ = write!(self.out, "0x{:X}", value & mask(bits.min(64) as u8));
            }
            Meaning::Enumeration(mappings) => self.enumeration(integer, mappings, value, bits),
        }
    }

    fn float(&mut self, value: f64) {
        let text = shortest_of_six_digits(value);
        self.put(&text);
    }

    fn text(&mut self, bytes: &[u8], encoding: Encoding) {
        match encoding {
            Encoding::Utf8 => quote(self.out, bytes),
            _ => quote(self.out, unicode(bytes, encoding).as_bytes()),
        }
    }

    fn blob(&mut self, bytes: &[u8], _roles: Roles) {
        self.open(Group::Array);
        for (index, byte) in bytes.iter().enumerate() {
            self.element(index as u64);
            let _ = write!(self.out, "0x{byte:X}");
        }
        self.close(Group::Array);
    }
}

/// Whether a field serves the format alone and is not shown: sizes, counters, clock values, unless another field needs it.
pub(crate) fn hidden(field: &Field) -> bool {
    match field {
        Field::Integer(integer) => integer.save.is_none() && Roles(integer.roles.0 & !Roles::CPU.0) != Roles::default(),
        Field::Blob { roles, .. } => *roles != Roles::default(),
        Field::Struct(fields) => all_hidden(fields),
        Field::Array { element, .. } => hidden(element),
        Field::Variant(variant) => variant.options.iter().all(|option| hidden(&option.member.field)),
        Field::Optional(optional) => hidden(&optional.field),
        Field::Float(_) | Field::String(_) | Field::Text { .. } => false,
    }
}

/// Whether a structure has members and all are hidden.
pub(crate) fn all_hidden(fields: &Struct) -> bool {
    !fields.members.is_empty() && fields.members.iter().all(|member| hidden(&member.field))
}

/// A time as `--clock-seconds` shows it.
pub(crate) fn seconds(out: &mut Vec<u8>, time_ns: i64) {
    let sign = if time_ns < 0 { "-" } else { "" };
    let ns = time_ns.unsigned_abs();
    let _ = write!(out, "[{sign}{}.{:09}] ", ns / 1_000_000_000, ns % 1_000_000_000);
}

/// A string between quotes, with escapes.
pub(crate) fn quote(out: &mut Vec<u8>, bytes: &[u8]) {
    out.push(b'"');
    for &byte in bytes {
        match byte {
            b'\\' | b'\'' | b'"' | b'?' => out.extend_from_slice(&[b'\\', byte]),
            0x07 => out.extend_from_slice(b"\\a"),
            0x08 => out.extend_from_slice(b"\\b"),
            0x1b => out.extend_from_slice(b"\\e"),
            0x0c => out.extend_from_slice(b"\\f"),
            b'\n' => out.extend_from_slice(b"\\n"),
            b'\r' => out.extend_from_slice(b"\\r"),
            b'\t' => out.extend_from_slice(b"\\t"),
            0x0b => out.extend_from_slice(b"\\v"),
            0..0x20 | 0x7f => {
                let _ = write!(out, "\\x{byte:02x}");
            }
            _ => out.push(byte),
        }
    }
    out.push(b'"');
}

fn unicode(bytes: &[u8], encoding: Encoding) -> String {
    let units = bytes.chunks_exact(unit(encoding));
    match encoding {
        Encoding::Utf8 => String::from_utf8_lossy(bytes).into_owned(),
        Encoding::Utf16Le | Encoding::Utf16Be => {
            let number = |unit: &[u8]| match encoding {
                Encoding::Utf16Le => u16::from_le_bytes([unit[0], unit[1]]),
                _ => u16::from_be_bytes([unit[0], unit[1]]),
            };
            char::decode_utf16(units.map(number)).map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER)).collect()
        }
        Encoding::Utf32Le | Encoding::Utf32Be => {
            let number = |unit: &[u8]| match encoding {
                Encoding::Utf32Le => u32::from_le_bytes([unit[0], unit[1], unit[2], unit[3]]),
                _ => u32::from_be_bytes([unit[0], unit[1], unit[2], unit[3]]),
            };
            units.map(|unit| char::from_u32(number(unit)).unwrap_or(char::REPLACEMENT_CHARACTER)).collect()
        }
    }
}

/// C's `%g`: at most six digits, without zeros at the end.
fn shortest_of_six_digits(value: f64) -> String {
    const DIGITS: i32 = 6;
    let sign = if value.is_sign_negative() { "-" } else { "" };
    if !value.is_finite() {
        return format!("{sign}{}", if value.is_nan() { "nan" } else { "inf" });
    }
    let scientific = format!("{:.*e}", DIGITS as usize - 1, value.abs());
    let Some((digits, exponent)) = scientific.split_once('e') else {
        return scientific;
    };
    let exponent: i32 = exponent.parse().unwrap_or(0);
    let trim = |number: &str| match number.contains('.') {
        true => number.trim_end_matches('0').trim_end_matches('.').to_owned(),
        false => number.to_owned(),
    };
    if (-4..DIGITS).contains(&exponent) {
        return format!("{sign}{}", trim(&format!("{:.*}", (DIGITS - 1 - exponent) as usize, value.abs())));
    }
    let mut text = format!("{sign}{}e", trim(digits));
    let _ = write!(text, "{}{:02}", if exponent < 0 { '-' } else { '+' }, exponent.abs());
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_look_as_in_c() {
        for (value, text) in [
            (0.0, "0"),
            (-0.0, "-0"),
            (1.0, "1"),
            (2.0 / 3.0, "0.666667"),
            (100000.0, "100000"),
            (1e6, "1e+06"),
            (999999.5, "1e+06"),
            (1234567.0, "1.23457e+06"),
            (0.0001, "0.0001"),
            (0.00001234, "1.234e-05"),
            (-2.5e300, "-2.5e+300"),
            (f64::INFINITY, "inf"),
        ] {
            assert_eq!(shortest_of_six_digits(value), text);
        }
    }

    #[test]
    fn strings_are_escaped() {
        let mut out = Vec::new();
        quote(&mut out, b"a\"b\\?\x01\x7f\n\xc3\xa4");
        assert_eq!(out, b"\"a\\\"b\\\\\\?\\x01\\x7f\\n\xc3\xa4\"");
    }

    #[test]
    fn times_before_the_origin_have_a_sign() {
        let mut out = Vec::new();
        seconds(&mut out, -1_500_000_000);
        assert_eq!(out, b"[-1.500000000] ");
    }
}
