//! A schema as short text, for tests to compare.

use super::schema::{
    ByteOrder, Field, Integer, Length, Meaning, Member, Roles, Schema, Size, Struct, Value, VariantOption,
};
use std::fmt::Write;

/// One line a field.
pub(crate) fn outline(schema: &Schema) -> String {
    let mut text = String::new();
    let out = &mut text;
    writeln!(out, "{:?}, {} registers, uuid {}", schema.version, schema.registers, hex(schema.uuid)).unwrap();
    for (name, value) in &schema.environment {
        match value {
            Value::Integer(value) => writeln!(out, "env {name} = {value}").unwrap(),
            Value::Text(value) => writeln!(out, "env {name} = {value:?}").unwrap(),
        }
    }
    for clock in &schema.clocks {
        let epoch = if clock.unix_epoch { ", Unix epoch" } else { "" };
        let (s, c) = (clock.offset_seconds, clock.offset_cycles);
        writeln!(
            out,
            "clock {} {} Hz, offset {s} s {c} cycles, uuid {}{epoch}",
            clock.name,
            clock.frequency,
            hex(clock.uuid)
        )
        .unwrap();
    }
    part(out, "packet header", &schema.packet_header);
    for stream in &schema.streams {
        let clock = stream.clock.map_or("none", |clock| &schema.clocks[clock].name);
        let name = stream.name.as_deref().unwrap_or("without name");
        writeln!(out, "stream {} {name}, clock {clock}", stream.id).unwrap();
        part(out, "packet context", &stream.packet_context);
        part(out, "event header", &stream.event_header);
        part(out, "event context", &stream.event_context);
        for event in &stream.events {
            writeln!(out, "event {} {}", event.id, event.name).unwrap();
            part(out, "context", &event.context);
            part(out, "payload", &event.payload);
        }
    }
    for warning in &schema.warnings {
        writeln!(out, "warning: {warning}").unwrap();
    }
    text
}

fn part(out: &mut String, name: &str, part: &Option<Struct>) {
    if let Some(part) = part {
        writeln!(out, "  {name}, align {}", part.align).unwrap();
        members(out, &part.members, 2);
    }
}

fn members(out: &mut String, list: &[Member], depth: usize) {
    list.iter().for_each(|member| field(out, &member.name, &member.field, depth));
}

fn field(out: &mut String, name: &str, field_: &Field, depth: usize) {
    write!(out, "{}{name}: ", "  ".repeat(depth)).unwrap();
    match field_ {
        Field::Integer(integer) => writeln!(out, "{}", integer_text(integer)).unwrap(),
        Field::Float(float) => {
            let reversed = if float.reversed_bits { " reversed" } else { "" };
            writeln!(out, "float{} {}{reversed} align {}", float.bits, order(float.byte_order), float.align).unwrap();
        }
        Field::String(encoding) => writeln!(out, "string {encoding:?}").unwrap(),
        Field::Text { length, encoding } => writeln!(out, "text[{}] {encoding:?}", length_text(*length)).unwrap(),
        Field::Blob { length, roles } => writeln!(out, "blob[{}]{}", length_text(*length), role_names(*roles)).unwrap(),
        Field::Struct(structure) => {
            writeln!(out, "struct align {}", structure.align).unwrap();
            members(out, &structure.members, depth + 1);
        }
        Field::Array { element, length, align } => {
            writeln!(out, "array[{}] align {align}", length_text(*length)).unwrap();
            field(out, "", element, depth + 1);
        }
        Field::Variant(variant) => {
            writeln!(out, "variant by r{}{}", variant.selector, if variant.signed { " signed" } else { "" }).unwrap();
            for VariantOption { member, ranges } in &variant.options {
                field(out, &format!("{}{}", ranges_text(ranges), member.name), &member.field, depth + 1);
            }
        }
        Field::Optional(optional) => {
            let signed = if optional.signed { " signed" } else { "" };
            writeln!(out, "optional by r{}{signed} {}", optional.selector, ranges_text(&optional.ranges).trim_end())
                .unwrap();
            field(out, "", &optional.field, depth + 1);
        }
    }
}

fn integer_text(integer: &Integer) -> String {
    let mut text = String::from(if integer.signed { "i" } else { "u" });
    match integer.size {
        Size::Bits(bits) => write!(text, "{bits} {} align {}", order(integer.byte_order), integer.align).unwrap(),
        Size::Variable => text.push_str("leb"),
    }
    if integer.reversed_bits {
        text.push_str(" reversed");
    }
    if integer.base != 10 {
        write!(text, " base {}", integer.base).unwrap();
    }
    match &integer.meaning {
        Meaning::Number => {}
        Meaning::Boolean => text.push_str(" boolean"),
        Meaning::Bits(mappings) | Meaning::Enumeration(mappings) => {
            text.push_str(if matches!(integer.meaning, Meaning::Bits(_)) { " bits" } else { " enum" });
            for (label, ranges) in &mappings.labels {
                write!(text, " {label}={}", ranges_text(ranges).trim_end()).unwrap();
            }
        }
    }
    text.push_str(&role_names(integer.roles));
    if let Some(register) = integer.save {
        write!(text, " -> r{register}").unwrap();
    }
    text
}

fn role_names(roles: Roles) -> String {
    let all = [
        (Roles::MAGIC, "magic"),
        (Roles::UUID, "uuid"),
        (Roles::STREAM_CLASS_ID, "stream-class-id"),
        (Roles::STREAM_ID, "stream-id"),
        (Roles::PACKET_SIZE, "packet-size"),
        (Roles::CONTENT_SIZE, "content-size"),
        (Roles::PACKET_END, "packet-end"),
        (Roles::DISCARDED, "discarded"),
        (Roles::SEQUENCE_NUMBER, "sequence-number"),
        (Roles::EVENT_CLASS_ID, "event-class-id"),
        (Roles::TIMESTAMP, "timestamp"),
        (Roles::CPU, "cpu"),
    ];
    all.iter().filter(|(role, _)| roles.has(*role)).map(|(_, name)| format!(" #{name}")).collect()
}

fn ranges_text(ranges: &[(i128, i128)]) -> String {
    let texts: Vec<String> = ranges
        .iter()
        .map(|(first, last)| if first == last { first.to_string() } else { format!("{first}..{last}") })
        .collect();
    format!("[{}] ", texts.join(" "))
}

fn length_text(length: Length) -> String {
    match length {
        Length::Static(length) => length.to_string(),
        Length::Register(register) => format!("r{register}"),
    }
}

fn order(order: ByteOrder) -> &'static str {
    match order {
        ByteOrder::Little => "le",
        ByteOrder::Big => "be",
    }
}

fn hex(uuid: Option<[u8; 16]>) -> String {
    uuid.map_or("none".into(), |uuid| uuid.iter().map(|byte| format!("{byte:02x}")).collect())
}
