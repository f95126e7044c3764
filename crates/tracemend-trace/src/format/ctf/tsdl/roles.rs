//! Fields that CTF 1.8 knows by their names.

use super::tokens::Parsed;
use crate::format::ctf::fault::Fault;
use crate::format::ctf::schema::{Field, Integer, Roles, Size, Struct};

/// Marks the fields of a packet header, and says whether one names the stream class.
pub(super) fn packet_header(at: usize, header: &mut Struct) -> Parsed<bool> {
    if header.members.iter().skip(1).any(|member| member.name == "magic") {
        return Err(Fault::new(at, "the field `magic` comes first in packet headers"));
    }
    if let Some(magic) = unsigned(at, header, "magic")? {
        if magic.size != Size::Bits(32) {
            return Err(Fault::new(at, "the field `magic` has 32 bits"));
        }
        magic.roles = magic.roles.with(Roles::MAGIC);
    }
    if let Some(id) = unsigned(at, header, "stream_instance_id")? {
        id.roles = id.roles.with(Roles::STREAM_ID);
    }
    let uuid = header.members.iter().find(|member| member.name == "uuid");
    if uuid.is_some_and(|member| !matches!(member.field, Field::Blob { .. })) {
        return Err(Fault::new(at, "the field `uuid` is an array of 16 unsigned bytes"));
    }
    let id = unsigned(at, header, "stream_id")?;
    Ok(id.map(|id| id.roles = id.roles.with(Roles::STREAM_CLASS_ID)).is_some())
}

/// Marks the fields of a packet context.
pub(super) fn packet_context(at: usize, context: &mut Struct) -> Parsed<()> {
    let known = [
        ("timestamp_begin", Roles::default()),
        ("timestamp_end", Roles::PACKET_END),
        ("events_discarded", Roles::DISCARDED),
        ("packet_seq_num", Roles::SEQUENCE_NUMBER),
        ("packet_size", Roles::PACKET_SIZE),
        ("content_size", Roles::CONTENT_SIZE),
    ];
    for (name, role) in known {
        if let Some(integer) = unsigned(at, context, name)? {
            // The end must not move the clock before the events.
            let end = role == Roles::PACKET_END;
            integer.roles = if end { role } else { integer.roles.with(role) };
        }
    }
    if let Some(Field::Integer(cpu)) = context.members.iter_mut().find(|m| m.name == "cpu_id").map(|m| &mut m.field) {
        cpu.roles = cpu.roles.with(Roles::CPU);
    }
    Ok(())
}

/// Marks the fields of an event header, and says whether one of its own members names the event class.
pub(super) fn event_header(at: usize, header: &mut Struct) -> Parsed<bool> {
    mark_ids(header);
    Ok(unsigned(at, header, "id")?.is_some())
}

/// Wherever they are: large ids lie in a variant.
fn mark_ids(structure: &mut Struct) {
    for member in &mut structure.members {
        mark_ids_of(&member.name, &mut member.field);
    }
}

fn mark_ids_of(name: &str, field: &mut Field) {
    match field {
        Field::Integer(integer) if name == "id" => integer.roles = integer.roles.with(Roles::EVENT_CLASS_ID),
        Field::Struct(structure) => mark_ids(structure),
        Field::Variant(variant) => {
            variant.options.iter_mut().for_each(|option| mark_ids_of("", &mut option.member.field));
        }
        Field::Array { element, .. } => mark_ids_of("", element),
        _ => {}
    }
}

/// A member that, if it is there, is an unsigned integer.
fn unsigned<'s>(at: usize, structure: &'s mut Struct, name: &str) -> Parsed<Option<&'s mut Integer>> {
    let Some(member) = structure.members.iter_mut().find(|member| member.name == name) else { return Ok(None) };
    match &mut member.field {
        Field::Integer(integer) if !integer.signed => Ok(Some(integer)),
        _ => Err(Fault::new(at, format!("the field `{name}` is an unsigned integer"))),
    }
}
