//! Field classes that hold no others: numbers, texts and bytes.

use super::location::Part;
use super::value::{Checked, Json};
use crate::format::ctf::fault::excerpt;
use crate::format::ctf::schema::{ByteOrder, Encoding, Field, Float, Integer, Length, Mappings, Meaning, Roles, Size};
use std::sync::Arc;

/// What a field class may ask of its surroundings.
pub(super) struct Surroundings {
    pub(super) part: Part,
    /// Whether the stream class has a default clock.
    pub(super) clock: bool,
    /// Whether the metadata has a UUID.
    pub(super) uuid: bool,
}

/// The field of a class, `None` if the class is a compound or has a dynamic length.
pub(super) fn field(kind: &str, json: &Json, around: &Surroundings) -> Checked<Option<Field>> {
    Ok(Some(match kind {
        "fixed-length-bit-array" => fixed(json, Meaning::Bits(Arc::default()), false)?,
        "fixed-length-bit-map" => {
            let flags = mappings(json, "flags")?.ok_or("the property `flags` of a bit map names at least one flag")?;
            fixed(json, Meaning::Bits(Arc::new(flags)), false)?
        }
        "fixed-length-boolean" => fixed(json, Meaning::Boolean, false)?,
        "fixed-length-unsigned-integer" => with_roles(fixed(json, meaning(json)?, false)?, json, around)?,
        "fixed-length-signed-integer" => fixed(json, meaning(json)?, true)?,
        "variable-length-unsigned-integer" => with_roles(variable(json, false)?, json, around)?,
        "variable-length-signed-integer" => variable(json, true)?,
        "fixed-length-floating-point-number" => Field::Float(float(json)?),
        "null-terminated-string" => Field::String(encoding(json)?),
        "static-length-string" => Field::Text { length: static_length(json)?, encoding: encoding(json)? },
        "static-length-blob" => {
            let length = static_length(json)?;
            Field::Blob { length, roles: blob_roles(json, length, around)? }
        }
        _ => return Ok(None),
    }))
}

fn fixed(json: &Json, meaning: Meaning, signed: bool) -> Checked<Field> {
    let length = json.unsigned_of("length", 1)?.ok_or("the property `length` is missing")?;
    let bits = u8::try_from(length).ok().filter(|&bits| bits <= 64);
    let bits = bits.ok_or_else(|| format!("fields of {length} bits are not known here, only of 1 to 64"))?;
    let (byte_order, reversed_bits) = orders(json)?;
    // Bits that are no number are shown in hexadecimal.
    let base = if matches!(meaning, Meaning::Bits(_)) { 16 } else { base(json)? };
    Ok(Field::Integer(Integer {
        size: Size::Bits(bits),
        byte_order,
        reversed_bits,
        align: alignment(json, "alignment")?,
        signed,
        base,
        meaning,
        roles: Roles::default(),
        save: None,
    }))
}

fn variable(json: &Json, signed: bool) -> Checked<Field> {
    Ok(Field::Integer(Integer {
        size: Size::Variable,
        byte_order: ByteOrder::Little,
        reversed_bits: false,
        align: 8,
        signed,
        base: base(json)?,
        meaning: meaning(json)?,
        roles: Roles::default(),
        save: None,
    }))
}

fn float(json: &Json) -> Checked<Float> {
    let length = json.unsigned_of("length", 1)?.ok_or("the property `length` is missing")?;
    let bits = match length {
        16 | 32 | 64 => length as u8,
        _ => return Err(format!("floating-point numbers of {length} bits are not known here, only of 16, 32 and 64")),
    };
    let (byte_order, reversed_bits) = orders(json)?;
    Ok(Float { bits, byte_order, reversed_bits, align: alignment(json, "alignment")? })
}

fn orders(json: &Json) -> Checked<(ByteOrder, bool)> {
    let (order, usual) = match json.text_of("byte-order")? {
        Some("little-endian") => (ByteOrder::Little, "first-to-last"),
        Some("big-endian") => (ByteOrder::Big, "last-to-first"),
        _ => return Err("the property `byte-order` is \"little-endian\" or \"big-endian\"".into()),
    };
    match json.text_of("bit-order")? {
        None => Ok((order, false)),
        Some(bits @ ("first-to-last" | "last-to-first")) => Ok((order, bits != usual)),
        Some(_) => Err("the property `bit-order` is \"first-to-last\" or \"last-to-first\"".into()),
    }
}

fn base(json: &Json) -> Checked<u8> {
    match json.unsigned_of("preferred-display-base", 0)? {
        None => Ok(10),
        Some(base @ (2 | 8 | 10 | 16)) => Ok(base as u8),
        Some(_) => Err("the property `preferred-display-base` is 2, 8, 10 or 16".into()),
    }
}

/// An alignment in bits.
pub(super) fn alignment(json: &Json, name: &str) -> Checked<u32> {
    let bits = json.unsigned_of(name, 1)?.unwrap_or(1);
    let align = u32::try_from(bits).ok().filter(|bits| bits.is_power_of_two());
    align.ok_or_else(|| format!("the property `{name}` is a power of two, not {bits}"))
}

fn meaning(json: &Json) -> Checked<Meaning> {
    Ok(mappings(json, "mappings")?.map_or(Meaning::Number, |mappings| Meaning::Enumeration(Arc::new(mappings))))
}

fn mappings(json: &Json, name: &str) -> Checked<Option<Mappings>> {
    let mut labels = Vec::new();
    for (label, set) in json.object_of(name)? {
        labels.push((label.clone(), ranges(set).map_err(|reason| format!("in `{}`: {reason}", excerpt(label)))?));
    }
    Ok((!labels.is_empty()).then_some(Mappings { labels }))
}

/// An integer range set.
pub(super) fn ranges(json: &Json) -> Checked<Vec<(i128, i128)>> {
    let Json::Array(set) = json else { return Err("a set of ranges is an array of arrays".into()) };
    if set.is_empty() {
        return Err("a set of ranges holds at least one".into());
    }
    set.iter()
        .map(|range| match range {
            Json::Array(bounds) => match bounds[..] {
                [Json::Integer(first), Json::Integer(last)] if first <= last => Ok((first, last)),
                [Json::Integer(_), Json::Integer(_)] => Err("a range ends before it begins".into()),
                _ => Err("a range is an array of two integers".into()),
            },
            _ => Err("a range is an array of two integers".into()),
        })
        .collect()
}

/// The encoding of a text.
pub(super) fn encoding(json: &Json) -> Checked<Encoding> {
    match json.text_of("encoding")? {
        None | Some("utf-8") => Ok(Encoding::Utf8),
        Some("utf-16le") => Ok(Encoding::Utf16Le),
        Some("utf-16be") => Ok(Encoding::Utf16Be),
        Some("utf-32le") => Ok(Encoding::Utf32Le),
        Some("utf-32be") => Ok(Encoding::Utf32Be),
        Some(other) => Err(format!("the encoding `{}` is not known in CTF 2", excerpt(other))),
    }
}

/// The property `length` of texts, bytes and arrays.
pub(super) fn static_length(json: &Json) -> Checked<Length> {
    let length = json.unsigned_of("length", 0)?.ok_or("the property `length` is missing")?;
    Ok(Length::Static(length))
}

fn with_roles(field: Field, json: &Json, around: &Surroundings) -> Checked<Field> {
    let Field::Integer(mut integer) = field else { return Ok(field) };
    for role in json.array_of("roles")? {
        let name = role.text().ok_or("roles are texts")?;
        let (role, timed) = match (around.part, name) {
            (Part::PacketHeader, "packet-magic-number") if integer.size == Size::Bits(32) => (Roles::MAGIC, false),
            (Part::PacketHeader, "data-stream-class-id") => (Roles::STREAM_CLASS_ID, false),
            (Part::PacketHeader, "data-stream-id") => (Roles::STREAM_ID, false),
            (Part::PacketContext | Part::EventHeader, "default-clock-timestamp") => (Roles::TIMESTAMP, true),
            (Part::PacketContext, "packet-end-default-clock-timestamp") => (Roles::PACKET_END, true),
            (Part::PacketContext, "discarded-event-record-counter-snapshot") => (Roles::DISCARDED, false),
            (Part::PacketContext, "packet-content-length") => (Roles::CONTENT_SIZE, false),
            (Part::PacketContext, "packet-total-length") => (Roles::PACKET_SIZE, false),
            (Part::PacketContext, "packet-sequence-number") => (Roles::SEQUENCE_NUMBER, false),
            (Part::EventHeader, "event-record-class-id") => (Roles::EVENT_CLASS_ID, false),
            _ => return Err(format!("the role `{}` has no place here", excerpt(name))),
        };
        if timed && !around.clock {
            return Err(format!("the role `{name}` needs a `default-clock-class-id` of the data stream class"));
        }
        integer.roles = integer.roles.with(role);
    }
    Ok(Field::Integer(integer))
}

fn blob_roles(json: &Json, length: Length, around: &Surroundings) -> Checked<Roles> {
    let mut roles = Roles::default();
    for role in json.array_of("roles")? {
        if role.text() != Some("metadata-stream-uuid") || around.part != Part::PacketHeader {
            return Err("bytes take only the role `metadata-stream-uuid`, in a packet header".into());
        }
        if length != Length::Static(16) {
            return Err("the field with the role `metadata-stream-uuid` has 16 bytes".into());
        }
        if !around.uuid {
            return Err("the role `metadata-stream-uuid` needs a `uuid` of the preamble".into());
        }
        roles = roles.with(Roles::UUID);
    }
    Ok(roles)
}
