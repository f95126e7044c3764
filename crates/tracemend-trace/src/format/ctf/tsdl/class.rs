//! Types with all names of types looked up. Fields that refer to other fields do so by name still.

use crate::format::ctf::schema::{ByteOrder, Float, Mappings};
use std::rc::Rc;
use std::sync::Arc;

/// A type. Named ones are shared by all that use them.
#[derive(Debug)]
pub(super) struct Class {
    pub(super) kind: Kind,
    /// Levels of types within this one.
    pub(super) depth: usize,
}

#[derive(Debug)]
pub(super) enum Kind {
    Integer(Integer),
    Float(Float),
    String,
    Struct { align: u32, members: Vec<Named> },
    Array { length: Length, element: Rc<Class> },
    Variant { tag: Option<Rc<[String]>>, options: Rc<[Named]> },
}

/// A member or an option, by its name in the text.
#[derive(Clone, Debug)]
pub(super) struct Named {
    pub(super) name: Rc<str>,
    pub(super) class: Rc<Class>,
    /// Where it is declared.
    pub(super) at: usize,
}

#[derive(Clone, Debug)]
pub(super) struct Integer {
    pub(super) bits: u8,
    pub(super) align: u32,
    pub(super) signed: bool,
    pub(super) base: u8,
    pub(super) byte_order: ByteOrder,
    /// Has an encoding: part of a text if 8 bits wide and byte-aligned.
    pub(super) text: bool,
    /// The clock it is mapped to.
    pub(super) clock: Option<usize>,
    /// The labels of an enumeration.
    pub(super) labels: Option<Arc<Mappings>>,
}

#[derive(Debug)]
pub(super) enum Length {
    Static(u64),
    Field(Rc<[String]>),
}

impl Class {
    pub(super) fn new(kind: Kind) -> Rc<Self> {
        let below = match &kind {
            Kind::Integer(_) | Kind::Float(_) | Kind::String => 0,
            Kind::Array { element, .. } => element.depth + 1,
            Kind::Struct { members, .. } => deepest(members),
            Kind::Variant { options, .. } => deepest(options),
        };
        Rc::new(Self { kind, depth: below })
    }
}

fn deepest(named: &[Named]) -> usize {
    named.iter().map(|named| named.class.depth + 1).max().unwrap_or(0)
}
