//! Packet headers and contexts.

use super::bits::{Cursor, Fault};
use super::clock::advance;
use super::plan::Plan;
use super::schema::{Integer, Roles};
use super::walk::{Visit, walk_struct};
use crate::decode::context::possible_cpu;

/// What every packet of CTF 1.8 and 2 that has a magic number begins with.
pub(crate) const MAGIC: u64 = 0xc1fc_1fc1;

/// A packet.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Packet {
    /// Where it begins in its file.
    pub(crate) start: u64,
    /// Its length, bytes.
    pub(crate) size: u64,
    /// How much of it holds something, bits.
    pub(crate) content: u64,
    /// Where the first event begins, bits.
    pub(crate) first: u64,
    /// Index of its stream class.
    pub(crate) class: usize,
    pub(crate) cpu: Option<u64>,
    /// Stream instance it says it belongs to.
    pub(crate) instance: Option<u64>,
    /// The stream's clock when it begins, cycles.
    pub(crate) clock: u64,
    /// When it begins and ends, nanoseconds.
    pub(crate) begin_ns: Option<i64>,
    pub(crate) end_ns: Option<i64>,
    /// Events discarded so far, and the bits of the counter.
    pub(crate) discarded: Option<(u64, u32)>,
    /// Its number in its stream, and the bits of that.
    pub(crate) sequence: Option<(u64, u32)>,
    /// Whether it names another trace than the metadata does.
    pub(crate) foreign: bool,
}

/// Why there is no packet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum NoPacket {
    /// More bytes are needed.
    Short,
    /// It breaks the rules at this bit.
    Bad(u64, String),
}

impl Packet {
    /// The CPU it was recorded on.
    pub(crate) fn cpu(&self) -> Option<u32> {
        self.cpu.and_then(possible_cpu)
    }

    /// The packet that `bytes` begin, of which the file has `available`. `clock` is where the stream's clock stood.
    pub(crate) fn read(
        plan: &Plan,
        bytes: &[u8],
        available: u64,
        clock: u64,
        registers: &mut [u64],
    ) -> Result<Self, NoPacket> {
        let mut cursor = Cursor::new(bytes, 0, 0);
        let mut seen = Seen { clock, ..Seen::default() };
        let fault = |fault: Fault, cursor: &Cursor<'_>| match fault {
            Fault::Short => NoPacket::Short,
            Fault::Bad(reason) => NoPacket::Bad(cursor.at, reason.to_owned()),
        };
        if let Some(header) = &plan.schema.packet_header {
            walk_struct(header, &mut cursor, registers, &mut seen).map_err(|f| fault(f, &cursor))?;
        }
        let bad = |reason: String| NoPacket::Bad(0, reason);
        if let Some(magic) = seen.magic.filter(|&magic| magic != MAGIC) {
            return Err(bad(format!("a packet begins with 0x{MAGIC:X}, not with 0x{magic:X}")));
        }
        let class = plan.stream(seen.class).ok_or_else(|| match seen.class {
            Some(id) => bad(format!("the metadata has no stream class {id}")),
            None => bad("the metadata does not say of which of its stream classes the packet is".to_owned()),
        })?;
        if let Some(context) = &plan.schema.streams[class].packet_context {
            walk_struct(context, &mut cursor, registers, &mut seen).map_err(|f| fault(f, &cursor))?;
        }
        let (size, content) = seen.sizes(available, cursor.at).map_err(bad)?;
        let scale = plan.streams[class].scale;
        let ns = |cycles: u64| scale.map(|scale| scale.ns(cycles));
        let end = seen.end.map(|(low, bits)| advance(seen.clock, low, bits));
        Ok(Self {
            start: 0,
            size,
            content,
            first: cursor.at,
            class,
            cpu: seen.cpu,
            instance: seen.instance,
            clock: seen.clock,
            begin_ns: seen.begins.then(|| ns(seen.clock)).flatten(),
            // Tracers that died leave 0 here.
            end_ns: end.filter(|&end| end >= seen.clock).and_then(ns),
            discarded: seen.discarded,
            sequence: seen.sequence,
            foreign: !seen.uuid.is_empty() && plan.schema.uuid.is_some_and(|uuid| uuid[..] != seen.uuid),
        })
    }
}

#[derive(Default)]
struct Seen {
    magic: Option<u64>,
    uuid: Vec<u8>,
    class: Option<u64>,
    instance: Option<u64>,
    size: Option<u64>,
    content: Option<u64>,
    clock: u64,
    begins: bool,
    end: Option<(u64, u32)>,
    discarded: Option<(u64, u32)>,
    sequence: Option<(u64, u32)>,
    cpu: Option<u64>,
}

impl Seen {
    /// Bytes of the packet and bits of its content.
    fn sizes(&self, available: u64, header: u64) -> Result<(u64, u64), String> {
        let all = available.saturating_mul(8);
        let of_content = self.content.map(|content| content.checked_next_multiple_of(8).unwrap_or(u64::MAX));
        let size = self.size.or(of_content).unwrap_or(all);
        let content = self.content.unwrap_or(size);
        if !size.is_multiple_of(8) {
            return Err(format!("a packet of {size} bits, which are no whole bytes"));
        }
        if content > size {
            return Err(format!("a packet of {size} bits with a content of {content}"));
        }
        if content < header {
            return Err(format!("a content of {content} bits, of which the packet's header alone takes {header}"));
        }
        Ok((size / 8, content))
    }
}

impl Visit for Seen {
    fn integer(&mut self, integer: &Integer, value: u64, bits: u32) {
        let roles = integer.roles;
        if roles == Roles::default() {
            return;
        }
        if roles.has(Roles::MAGIC) {
            self.magic = Some(value);
        }
        if roles.has(Roles::UUID) && self.uuid.len() < 16 {
            self.uuid.push(value as u8);
        }
        if roles.has(Roles::STREAM_CLASS_ID) {
            self.class = Some(value);
        }
        if roles.has(Roles::STREAM_ID) {
            self.instance = Some(value);
        }
        if roles.has(Roles::PACKET_SIZE) {
            self.size = Some(value);
        }
        if roles.has(Roles::CONTENT_SIZE) {
            self.content = Some(value);
        }
        if roles.has(Roles::PACKET_END) {
            self.end = Some((value, bits));
        } else if roles.has(Roles::TIMESTAMP) {
            self.clock = advance(self.clock, value, bits);
            self.begins = true;
        }
        if roles.has(Roles::DISCARDED) {
            self.discarded = Some((value, bits));
        }
        if roles.has(Roles::SEQUENCE_NUMBER) {
            self.sequence = Some((value, bits));
        }
        if roles.has(Roles::CPU) {
            self.cpu = Some(value);
        }
    }

    fn blob(&mut self, bytes: &[u8], roles: Roles) {
        if roles.has(Roles::UUID) {
            self.uuid = bytes.to_vec();
        }
    }
}
