//! Which register each length and selector goes to.
//!
//! One location can stand for several fields, namely one in each option of a variant; two locations can share some of
//! them. All fields and locations so connected get one register: at any place, only the one decoded last counts.

use super::value::Checked;
use crate::format::ctf::schema::{Field, Length, Member, Register, Schema, Struct};

/// Registers given out, some of which turned out to be one and the same.
#[derive(Default)]
pub(super) struct Registers {
    /// For each register the one it was joined with, or itself.
    joined: Vec<Register>,
}

impl Registers {
    pub(super) fn new_one(&mut self) -> Checked<Register> {
        let register = Register::try_from(self.joined.len()).ok().filter(|&next| next < Register::MAX);
        let register = register.ok_or("the metadata has more than 65535 lengths and selectors")?;
        self.joined.push(register);
        Ok(register)
    }

    /// Makes two registers one.
    pub(super) fn join(&mut self, one: Register, other: Register) {
        let (one, other) = (self.find(one), self.find(other));
        self.joined[usize::from(one.max(other))] = one.min(other);
    }

    fn find(&mut self, register: Register) -> Register {
        let mut at = register;
        while self.joined[usize::from(at)] != at {
            let next = self.joined[usize::from(at)];
            self.joined[usize::from(at)] = self.joined[usize::from(next)];
            at = next;
        }
        at
    }

    /// Writes the final numbers into a schema.
    pub(super) fn finish(mut self, schema: &mut Schema) {
        schema.registers = self.joined.len() as Register;
        if (0..).zip(&self.joined).all(|(register, &root)| register == root) {
            return;
        }
        let Schema { packet_header, streams, .. } = schema;
        self.rename(packet_header);
        for stream in streams {
            self.rename(&mut stream.packet_context);
            self.rename(&mut stream.event_header);
            self.rename(&mut stream.event_context);
            for event in &mut stream.events {
                self.rename(&mut event.context);
                self.rename(&mut event.payload);
            }
        }
    }

    fn rename(&mut self, part: &mut Option<Struct>) {
        if let Some(part) = part {
            self.rename_members(&mut part.members);
        }
    }

    fn rename_members(&mut self, members: &mut [Member]) {
        members.iter_mut().for_each(|member| self.rename_field(&mut member.field));
    }

    fn rename_field(&mut self, field: &mut Field) {
        match field {
            Field::Integer(integer) => integer.save = integer.save.map(|register| self.find(register)),
            Field::Text { length, .. } | Field::Blob { length, .. } => self.rename_length(length),
            Field::Float(_) | Field::String(_) => {}
            Field::Struct(structure) => self.rename_members(&mut structure.members),
            Field::Array { element, length, .. } => {
                self.rename_length(length);
                self.rename_field(element);
            }
            Field::Variant(variant) => {
                variant.selector = self.find(variant.selector);
                variant.options.iter_mut().for_each(|option| self.rename_field(&mut option.member.field));
            }
            Field::Optional(optional) => {
                optional.selector = self.find(optional.selector);
                self.rename_field(&mut optional.field);
            }
        }
    }

    fn rename_length(&mut self, length: &mut Length) {
        if let Length::Register(register) = length {
            *register = self.find(*register);
        }
    }
}
