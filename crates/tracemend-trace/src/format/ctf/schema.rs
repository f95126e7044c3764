//! What the metadata of a CTF trace describes: the one form into which CTF 1.8 (TSDL) and CTF 2 (JSON) are both read.
//!
//! Everything that a decoder would have to look up is resolved here. A field whose value another field needs (a
//! sequence's length, a variant's selector) says in `save` into which register its value goes, and the other names that
//! register. Registers are numbered from 0 per [`Schema`], so one array of `Schema::registers` values serves all.

use std::sync::Arc;

/// Number of a register; see the module.
pub(crate) type Register = u16;

/// Which metadata language described the trace. It decides how text output shows some values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Version {
    V1_8,
    V2,
}

/// One trace: one `metadata` file.
#[derive(Clone, Debug)]
pub(crate) struct Schema {
    pub(crate) version: Version,
    /// Named by packet headers, which must agree.
    pub(crate) uuid: Option<[u8; 16]>,
    /// Environment entries in the order of the metadata: `hostname`, `domain`, `tracer_major`, ...
    pub(crate) environment: Vec<(String, Value)>,
    pub(crate) packet_header: Option<Struct>,
    pub(crate) clocks: Vec<Clock>,
    pub(crate) streams: Vec<StreamClass>,
    pub(crate) registers: Register,
    /// Sentences for the user: things read past.
    pub(crate) warnings: Vec<String>,
}

/// Value of an environment entry.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Value {
    Integer(i64),
    Text(String),
}

/// A clock: cycles counted since an origin.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Clock {
    pub(crate) name: String,
    /// Cycles per second; never 0.
    pub(crate) frequency: u64,
    /// Seconds from the origin to the clock's 0.
    pub(crate) offset_seconds: i64,
    /// Cycles to add to the above.
    pub(crate) offset_cycles: i64,
    pub(crate) uuid: Option<[u8; 16]>,
    /// Whether the origin is 1970-01-01 (CTF 1.8: `absolute`, and LTTng's clocks although they do not say so).
    pub(crate) unix_epoch: bool,
}

impl Default for Clock {
    /// The clock of CTF 1.8 traces that describe none, and what a clock is unless it says otherwise.
    fn default() -> Self {
        Self {
            name: "default".into(),
            frequency: 1_000_000_000,
            offset_seconds: 0,
            offset_cycles: 0,
            uuid: None,
            unix_epoch: false,
        }
    }
}

/// A class of data streams.
#[derive(Clone, Debug)]
pub(crate) struct StreamClass {
    pub(crate) id: u64,
    #[cfg_attr(not(test), expect(dead_code, reason = "streams are named after their files"))]
    pub(crate) name: Option<String>,
    /// Index in [`Schema::clocks`].
    pub(crate) clock: Option<usize>,
    pub(crate) packet_context: Option<Struct>,
    pub(crate) event_header: Option<Struct>,
    /// `stream.event.context` of CTF 1.8, the common context of CTF 2.
    pub(crate) event_context: Option<Struct>,
    /// Sorted by id; ids are unique.
    pub(crate) events: Vec<EventClass>,
}

/// A class of events.
#[derive(Clone, Debug)]
pub(crate) struct EventClass {
    pub(crate) id: u64,
    pub(crate) name: String,
    /// The event class's own context (`event.context`).
    pub(crate) context: Option<Struct>,
    pub(crate) payload: Option<Struct>,
}

/// A structure: members one after another.
#[derive(Clone, Debug, Default)]
pub(crate) struct Struct {
    /// The structure's own minimum alignment, bits: the largest of its own and its members'.
    pub(crate) align: u32,
    pub(crate) members: Vec<Member>,
}

/// A named field of a structure, or a named option of a variant.
#[derive(Clone, Debug)]
pub(crate) struct Member {
    /// As shown to users: CTF 1.8's protecting underscore taken off, as `babeltrace2` does.
    pub(crate) name: String,
    pub(crate) field: Field,
}

/// A field's class.
#[derive(Clone, Debug)]
pub(crate) enum Field {
    Integer(Integer),
    Float(Float),
    /// Ends with a zero code unit.
    String(Encoding),
    /// A text of `length` bytes; a zero code unit may end it earlier (CTF 2; and CTF 1.8 arrays and sequences of
    /// 8-bit byte-aligned integers with a text encoding).
    Text {
        length: Length,
        encoding: Encoding,
    },
    /// Bytes, byte-aligned (CTF 2).
    Blob {
        length: Length,
        roles: Roles,
    },
    Struct(Struct),
    Array {
        element: Box<Field>,
        length: Length,
        align: u32,
    },
    Variant(Variant),
    Optional(Optional),
}

impl Field {
    /// Alignment in bits.
    pub(crate) fn align(&self) -> u32 {
        match self {
            Field::Integer(integer) => integer.align,
            Field::Float(float) => float.align,
            Field::String(_) | Field::Text { .. } | Field::Blob { .. } => 8,
            Field::Struct(structure) => structure.align,
            Field::Array { align, .. } => *align,
            Field::Variant(_) | Field::Optional(_) => 1,
        }
    }
}

/// How many elements or bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Length {
    Static(u64),
    /// The value in a register.
    Register(Register),
}

/// How text is encoded. Code units: 1, 2 or 4 bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub(crate) enum Encoding {
    #[default]
    Utf8,
    Utf16Le,
    Utf16Be,
    Utf32Le,
    Utf32Be,
}

/// Endianness of a fixed-length field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ByteOrder {
    Little,
    Big,
}

/// An integer, an enumeration, a boolean or a bit array.
#[derive(Clone, Debug)]
pub(crate) struct Integer {
    pub(crate) size: Size,
    pub(crate) byte_order: ByteOrder,
    /// CTF 2: the bits of the field are in the opposite of the order its byte order implies.
    pub(crate) reversed_bits: bool,
    /// Bits: a power of two.
    pub(crate) align: u32,
    pub(crate) signed: bool,
    /// Base for display: 2, 8, 10 or 16.
    pub(crate) base: u8,
    pub(crate) meaning: Meaning,
    pub(crate) roles: Roles,
    /// Where its value goes, if another field needs it. Signed values go as their two's complement.
    pub(crate) save: Option<Register>,
}

/// How long an integer is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Size {
    /// 1 to 64 bits.
    Bits(u8),
    /// LEB128 (CTF 2).
    Variable,
}

/// What an integer's value stands for.
#[derive(Clone, Debug)]
pub(crate) enum Meaning {
    Number,
    Boolean,
    /// Uninterpreted bits, perhaps with named flags (CTF 2).
    Bits(Arc<Mappings>),
    Enumeration(Arc<Mappings>),
}

/// Labels of an enumeration (or flags of a bit map), in the order of the metadata: the ranges include both ends. Signed
/// bounds of a signed enumeration, else unsigned ones.
#[derive(Clone, Debug, Default)]
pub(crate) struct Mappings {
    pub(crate) labels: Vec<(String, Vec<(i128, i128)>)>,
}

/// What a field is for, besides its value (CTF 2 roles; CTF 1.8 well-known names such as `events_discarded`, and
/// integers mapped to a clock). A bit set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub(crate) struct Roles(pub(crate) u16);

impl Roles {
    pub(crate) const MAGIC: Self = Self(1);
    pub(crate) const UUID: Self = Self(1 << 1);
    pub(crate) const STREAM_CLASS_ID: Self = Self(1 << 2);
    pub(crate) const STREAM_ID: Self = Self(1 << 3);
    /// Total size of the packet, bits.
    pub(crate) const PACKET_SIZE: Self = Self(1 << 4);
    /// Used part of the packet, bits.
    pub(crate) const CONTENT_SIZE: Self = Self(1 << 5);
    pub(crate) const PACKET_END: Self = Self(1 << 6);
    pub(crate) const DISCARDED: Self = Self(1 << 7);
    pub(crate) const SEQUENCE_NUMBER: Self = Self(1 << 8);
    pub(crate) const EVENT_CLASS_ID: Self = Self(1 << 9);
    /// A (possibly partial, wrapping) value of the stream class's clock: it moves the clock forward. In a packet context
    /// it is the packet's beginning.
    pub(crate) const TIMESTAMP: Self = Self(1 << 10);
    /// CPU of the packet (`cpu_id` in the packet context of LTTng).
    pub(crate) const CPU: Self = Self(1 << 11);

    /// Whether one of `roles` is among these.
    pub(crate) fn has(self, roles: Self) -> bool {
        self.0 & roles.0 != 0
    }

    /// These and `roles`.
    pub(crate) fn with(self, roles: Self) -> Self {
        Self(self.0 | roles.0)
    }
}

/// An IEEE 754 number of 16 (CTF 2), 32 or 64 bits.
#[derive(Clone, Debug)]
pub(crate) struct Float {
    pub(crate) bits: u8,
    pub(crate) byte_order: ByteOrder,
    pub(crate) reversed_bits: bool,
    pub(crate) align: u32,
}

/// One of several fields, by the value in a register.
#[derive(Clone, Debug)]
pub(crate) struct Variant {
    pub(crate) selector: Register,
    /// Whether the selector is signed.
    pub(crate) signed: bool,
    pub(crate) options: Vec<VariantOption>,
}

/// A variant's option and the selector values that choose it; both ends included. The first that matches counts.
#[derive(Clone, Debug)]
pub(crate) struct VariantOption {
    pub(crate) member: Member,
    pub(crate) ranges: Vec<(i128, i128)>,
}

/// A field that is there or not (CTF 2).
#[derive(Clone, Debug)]
pub(crate) struct Optional {
    pub(crate) selector: Register,
    pub(crate) signed: bool,
    /// Selector values for which it is there. A boolean selector: anything but 0.
    pub(crate) ranges: Vec<(i128, i128)>,
    pub(crate) field: Box<Field>,
}
