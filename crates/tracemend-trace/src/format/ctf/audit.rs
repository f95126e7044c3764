//! What holds of every schema, whatever metadata it was read from. Tests and the fuzzer ask.

use super::schema::{Field, Integer, Length, Member, Register, Schema, Size, Struct};
use std::collections::HashSet;

/// Deepest nesting of a schema's fields, as the metadata readers see to it.
const MAX_DEPTH: usize = 70;

/// How many fields the schema has; panics if it is not what decoding relies on.
pub(crate) fn fields(schema: &Schema) -> usize {
    let mut audit = Audit { registers: schema.registers, saved: HashSet::new(), fields: 0 };
    audit.part(&schema.packet_header);
    for (stream, others) in schema.streams.iter().zip((1..).map(|next| &schema.streams[next..])) {
        assert!(others.iter().all(|other| other.id != stream.id), "two streams with one id");
        assert!(stream.clock.is_none_or(|clock| clock < schema.clocks.len()), "a stream of no clock");
        audit.part(&stream.packet_context);
        audit.part(&stream.event_header);
        audit.part(&stream.event_context);
        assert!(stream.events.windows(2).all(|pair| pair[0].id < pair[1].id), "events not in the order of ids");
        for event in &stream.events {
            audit.part(&event.context);
            audit.part(&event.payload);
        }
    }
    assert!(schema.clocks.iter().all(|clock| clock.frequency > 0 && clock.offset_cycles >= 0), "a clock that stands");
    audit.fields
}

struct Audit {
    registers: Register,
    /// Registers that a field before was saved to.
    saved: HashSet<Register>,
    fields: usize,
}

impl Audit {
    fn part(&mut self, part: &Option<Struct>) {
        if let Some(part) = part {
            self.structure(part, 0);
        }
    }

    fn structure(&mut self, structure: &Struct, depth: usize) -> u32 {
        assert!(structure.align.is_power_of_two(), "an odd alignment");
        for member in &structure.members {
            let align = self.member(member, depth);
            assert!(align <= structure.align, "a member aligned more than its structure");
        }
        structure.align
    }

    fn member(&mut self, member: &Member, depth: usize) -> u32 {
        self.field(&member.field, depth + 1)
    }

    /// Checks a field; returns its alignment.
    fn field(&mut self, field: &Field, depth: usize) -> u32 {
        assert!(depth <= MAX_DEPTH, "fields too deep");
        self.fields += 1;
        match field {
            Field::Integer(integer) => self.integer(integer),
            Field::Float(float) => {
                assert!(matches!(float.bits, 16 | 32 | 64), "a float of odd size");
                float.align
            }
            Field::String(_) => 8,
            Field::Text { length, .. } | Field::Blob { length, .. } => {
                self.length(*length);
                8
            }
            Field::Struct(structure) => self.structure(structure, depth),
            Field::Array { element, length, align } => {
                self.length(*length);
                assert!(self.field(element, depth + 1) <= *align, "an element aligned more than its array");
                *align
            }
            Field::Variant(variant) => {
                self.length(Length::Register(variant.selector));
                for option in &variant.options {
                    assert!(option.ranges.iter().all(|(first, last)| first <= last), "a range turned around");
                    self.member(&option.member, depth);
                }
                1
            }
            Field::Optional(optional) => {
                self.length(Length::Register(optional.selector));
                self.field(&optional.field, depth + 1);
                1
            }
        }
    }

    fn integer(&mut self, integer: &Integer) -> u32 {
        assert!(matches!(integer.size, Size::Variable | Size::Bits(1..=64)), "an integer of odd size");
        assert!(integer.align.is_power_of_two(), "an odd alignment");
        assert!(matches!(integer.base, 2 | 8 | 10 | 16), "an odd base");
        if let Some(register) = integer.save {
            assert!(register < self.registers, "a register beyond the last");
            self.saved.insert(register);
        }
        integer.align
    }

    fn length(&self, length: Length) {
        if let Length::Register(register) = length {
            assert!(self.saved.contains(&register), "a register read before it is written");
        }
    }
}
