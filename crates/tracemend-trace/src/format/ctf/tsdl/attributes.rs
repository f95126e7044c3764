//! Attributes of the built-in types, and of blocks.

use super::ast::{Attribute, Number, Value};
use super::class::Integer;
use super::tokens::Parsed;
use crate::format::ctf::fault::{Fault, excerpt};
use crate::format::ctf::schema::{ByteOrder, Float};
use std::collections::{HashMap, HashSet};

/// What attributes can refer to.
pub(super) struct Surroundings<'s> {
    /// Byte order of the trace.
    pub(super) native: ByteOrder,
    /// Index of each clock by its name.
    pub(super) clocks: &'s HashMap<String, usize>,
    pub(super) warnings: &'s mut Vec<String>,
}

/// `integer { ... }`
pub(super) fn integer(at: usize, attributes: &[Attribute], around: &mut Surroundings<'_>) -> Parsed<Integer> {
    let mut seen = Seen::default();
    let (mut size, mut align) = (None, None);
    let byte_order = around.native;
    let mut integer =
        Integer { bits: 0, align: 1, signed: false, base: 10, byte_order, text: false, clock: None, labels: None };
    for attribute in attributes {
        seen.add(attribute)?;
        match &*attribute.name {
            "signed" => integer.signed = boolean(attribute)?,
            "byte_order" => integer.byte_order = byte_order_of(attribute, Some(around.native))?,
            "size" => size = Some(unsigned(attribute)?),
            "align" => align = Some(alignment(attribute)?),
            "base" => integer.base = base(attribute)?,
            "encoding" => integer.text = encoding(attribute)?,
            "map" => integer.clock = clock(attribute, around)?,
            _ => unknown(attribute, "an integer", around.warnings),
        }
    }
    let Some(size) = size else { return Err(Fault::new(at, "this integer lacks its `size`")) };
    integer.bits = u8::try_from(size)
        .ok()
        .filter(|bits| (1..=64).contains(bits))
        .ok_or_else(|| Fault::new(at, format!("integers have 1 to 64 bits, not {size}")))?;
    integer.align = align.unwrap_or(if size % 8 == 0 { 8 } else { 1 });
    Ok(integer)
}

/// `floating_point { ... }`
pub(super) fn float(at: usize, attributes: &[Attribute], around: &mut Surroundings<'_>) -> Parsed<Float> {
    let mut seen = Seen::default();
    let (mut exponent, mut mantissa, mut align) = (None, None, 8);
    let mut byte_order = around.native;
    for attribute in attributes {
        seen.add(attribute)?;
        match &*attribute.name {
            "byte_order" => byte_order = byte_order_of(attribute, Some(around.native))?,
            "exp_dig" => exponent = Some(unsigned(attribute)?),
            "mant_dig" => mantissa = Some(unsigned(attribute)?),
            "align" => align = alignment(attribute)?,
            _ => unknown(attribute, "a floating-point number", around.warnings),
        }
    }
    let bits = match (exponent, mantissa) {
        (Some(8), Some(24)) => 32,
        (Some(11), Some(53)) => 64,
        _ => {
            let reason = "floating-point numbers are known with exp_dig 8 and mant_dig 24, or with 11 and 53";
            return Err(Fault::new(at, reason));
        }
    };
    Ok(Float { bits, byte_order, reversed_bits: false, align })
}

/// `string { ... }`: all encodings known are part of UTF-8.
pub(super) fn string(attributes: &[Attribute], around: &mut Surroundings<'_>) -> Parsed<()> {
    let mut seen = Seen::default();
    for attribute in attributes {
        seen.add(attribute)?;
        match &*attribute.name {
            "encoding" => _ = encoding(attribute)?,
            _ => unknown(attribute, "a string", around.warnings),
        }
    }
    Ok(())
}

/// Attributes met, as none may come twice.
#[derive(Default)]
pub(super) struct Seen<'a>(HashSet<&'a str>);

impl<'a> Seen<'a> {
    pub(super) fn add(&mut self, attribute: &'a Attribute) -> Parsed<()> {
        self.add_name(attribute.at, &attribute.name)
    }

    pub(super) fn add_name(&mut self, at: usize, name: &'a str) -> Parsed<()> {
        if self.0.insert(name) {
            return Ok(());
        }
        Err(Fault::new(at, format!("`{}` is set twice here", excerpt(name))))
    }
}

/// Notes an attribute that is read past.
pub(super) fn unknown(attribute: &Attribute, of: &str, warnings: &mut Vec<String>) {
    warn(warnings, format!("the metadata sets `{}` for {of}, which is not known here", excerpt(&attribute.name)));
}

/// Adds a warning, once, and not without end.
pub(super) fn warn(warnings: &mut Vec<String>, warning: String) {
    const MAX_WARNINGS: usize = 20;
    if warnings.len() < MAX_WARNINGS && !warnings.contains(&warning) {
        warnings.push(warning);
    }
}

/// The attribute's constant, if it has no sign.
pub(super) fn unsigned(attribute: &Attribute) -> Parsed<u64> {
    match attribute.value {
        Value::Number(Number { negative: false, magnitude }) => Ok(magnitude),
        _ => Err(wrong(attribute, "a number without a sign")),
    }
}

/// The attribute's constant.
pub(super) fn signed(attribute: &Attribute) -> Parsed<i64> {
    match attribute.value {
        Value::Number(number) => Ok(number.wrapped()),
        Value::Text(_) => Err(wrong(attribute, "a number")),
    }
}

/// The attribute's text.
pub(super) fn text(attribute: &Attribute) -> Parsed<&str> {
    match &attribute.value {
        Value::Text(text) => Ok(text),
        Value::Number(_) => Err(wrong(attribute, "a text")),
    }
}

/// Whether the attribute says yes.
pub(super) fn boolean(attribute: &Attribute) -> Parsed<bool> {
    match &attribute.value {
        Value::Number(Number { negative: false, magnitude }) => Ok(*magnitude != 0),
        Value::Text(text) if matches!(&**text, "true" | "TRUE") => Ok(true),
        Value::Text(text) if matches!(&**text, "false" | "FALSE") => Ok(false),
        _ => Err(wrong(attribute, "`true` or `false`")),
    }
}

/// The attribute's UUID.
pub(super) fn uuid(attribute: &Attribute) -> Parsed<[u8; 16]> {
    let Value::Text(text) = &attribute.value else { return Err(wrong(attribute, "a UUID in quotes")) };
    crate::format::ctf::fault::uuid(text).ok_or_else(|| wrong(attribute, "a UUID: 32 hexadecimal digits with hyphens"))
}

/// A byte order. `native` stands for the byte order of the trace.
pub(super) fn byte_order_of(attribute: &Attribute, native: Option<ByteOrder>) -> Parsed<ByteOrder> {
    match (text(attribute).unwrap_or_default(), native) {
        ("le", _) => Ok(ByteOrder::Little),
        ("be" | "network", _) => Ok(ByteOrder::Big),
        ("native", Some(native)) => Ok(native),
        _ => Err(wrong(attribute, "`le`, `be` or `network`")),
    }
}

/// An alignment in bits, or none.
pub(super) fn align(at: usize, bits: u64) -> Parsed<u32> {
    u32::try_from(bits)
        .ok()
        .filter(|bits| bits.is_power_of_two())
        .ok_or_else(|| Fault::new(at, format!("alignments are powers of two, not {bits}")))
}

fn alignment(attribute: &Attribute) -> Parsed<u32> {
    align(attribute.at, unsigned(attribute)?)
}

fn base(attribute: &Attribute) -> Parsed<u8> {
    match &attribute.value {
        Value::Number(Number { negative: false, magnitude: base @ (2 | 8 | 10 | 16) }) => Ok(*base as u8),
        Value::Text(text) => match &**text {
            "decimal" | "dec" | "d" | "i" | "u" => Ok(10),
            "hexadecimal" | "hex" | "x" | "X" | "p" => Ok(16),
            "octal" | "oct" | "o" => Ok(8),
            "binary" | "b" => Ok(2),
            _ => Err(wrong(attribute, "2, 8, 10 or 16")),
        },
        Value::Number(_) => Err(wrong(attribute, "2, 8, 10 or 16")),
    }
}

/// Whether the attribute names an encoding.
fn encoding(attribute: &Attribute) -> Parsed<bool> {
    match text(attribute)? {
        "UTF8" | "utf8" | "UTF-8" | "utf-8" | "ASCII" | "ascii" => Ok(true),
        "none" => Ok(false),
        _ => Err(wrong(attribute, "UTF8, ASCII or none")),
    }
}

/// The clock named by `clock.NAME.value`.
fn clock(attribute: &Attribute, around: &mut Surroundings<'_>) -> Parsed<Option<usize>> {
    let path = text(attribute)?;
    let Some(name) = path.strip_prefix("clock.").and_then(|rest| rest.strip_suffix(".value")) else {
        warn(around.warnings, format!("the metadata maps an integer to `{}`, which is no clock", excerpt(path)));
        return Ok(None);
    };
    let found = around.clocks.get(name).copied();
    found.map(Some).ok_or_else(|| Fault::new(attribute.at, format!("no clock is named `{}`", excerpt(name))))
}

fn wrong(attribute: &Attribute, wanted: &str) -> Fault {
    Fault::new(attribute.at, format!("`{}` takes {wanted}", excerpt(&attribute.name)))
}

impl Number {
    /// As 64 bits in two's complement; what does not fit wraps around, as it does in other readers.
    pub(super) fn wrapped(self) -> i64 {
        let value = self.magnitude as i64;
        if self.negative { value.wrapping_neg() } else { value }
    }
}
