//! Finds the field that another one names: the length of a sequence, the tag of a variant.

use super::class::{Class, Integer, Kind, Named};
use super::tokens::Parsed;
use crate::format::ctf::fault::{Fault, excerpt};
use std::rc::Rc;

/// The parts of a packet and of an event, in the order of their bytes.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub(super) enum Part {
    PacketHeader,
    PacketContext,
    EventHeader,
    StreamEventContext,
    EventContext,
    EventFields,
}

/// How references begin that name a part.
const ABSOLUTE: [(&[&str], Part); 6] = [
    (&["trace", "packet", "header"], Part::PacketHeader),
    (&["stream", "packet", "context"], Part::PacketContext),
    (&["stream", "event", "header"], Part::EventHeader),
    (&["stream", "event", "context"], Part::StreamEventContext),
    (&["event", "context"], Part::EventContext),
    (&["event", "fields"], Part::EventFields),
];

/// Where a field is: indices of members and options from the root of its part, 0 for the element of an array.
pub(super) type Place = Vec<u32>;

/// How many more names may be compared: hostile metadata would look a million fields up among a million others. What is
/// left over is not found.
pub(super) struct Work(pub(super) u64);

/// The types of the parts that are known where a reference is looked up.
pub(super) type Roots = [Option<Rc<Class>>; 6];

/// A type around the field that refers, and which of its members that field is in.
pub(super) struct Frame {
    pub(super) class: Rc<Class>,
    pub(super) index: u32,
}

/// The integer that `path` names, seen from inside `frames` of `part`.
pub(super) fn find(
    at: usize,
    path: &[String],
    part: Part,
    frames: &[Frame],
    roots: &Roots,
    work: &mut Work,
) -> Parsed<(Part, Place, Integer)> {
    let missing = |what: &str| Fault::new(at, format!("`{}` {what}", excerpt(&path.join("."))));
    let (target_part, place, class) = match absolute(path) {
        Some((target_part, rest)) => {
            let root = roots[target_part as usize].as_ref().filter(|_| target_part <= part);
            let root = root.ok_or_else(|| missing("lies in a part that does not come before this field"))?;
            let (place, class) = descend(root, rest, work).ok_or_else(|| missing("names no field"))?;
            if target_part == part && !precedes(&place, frames) {
                return Err(missing("comes after this field, which needs it"));
            }
            (target_part, place, class)
        }
        None => {
            let (place, class) = relative(path, frames, work)
                .ok_or_else(|| missing("names no field before this one, which needs it"))?;
            (part, place, class)
        }
    };
    match &class.kind {
        Kind::Integer(integer) => Ok((target_part, place, integer.clone())),
        _ => Err(missing("is no integer, which a length or a tag must be")),
    }
}

fn absolute(path: &[String]) -> Option<(Part, &[String])> {
    ABSOLUTE.iter().find_map(|(prefix, part)| {
        let (start, rest) = path.split_at_checked(prefix.len())?;
        (start == *prefix && !rest.is_empty()).then_some((*part, rest))
    })
}

/// Looks outwards through the structures around the field.
fn relative(path: &[String], frames: &[Frame], work: &mut Work) -> Option<(Place, Rc<Class>)> {
    let (first, rest) = path.split_first()?;
    (0..frames.len()).rev().find_map(|depth| {
        let Kind::Struct { members, .. } = &frames[depth].class.kind else { return None };
        let (index, member) = member(&members[..frames[depth].index as usize], first, work)?;
        let (below, class) = descend(&member.class, rest, work)?;
        let mut place: Place = frames[..depth].iter().map(|frame| frame.index).collect();
        place.push(index);
        place.extend(below);
        Some((place, class))
    })
}

fn descend(root: &Rc<Class>, path: &[String], work: &mut Work) -> Option<(Place, Rc<Class>)> {
    let mut place = Place::new();
    let mut class = root;
    for name in path {
        while let Kind::Array { element, .. } = &class.kind {
            place.push(0);
            class = element;
        }
        let (index, named) = match &class.kind {
            Kind::Struct { members, .. } => member(members, name, work)?,
            Kind::Variant { options, .. } => member(options, name, work)?,
            _ => return None,
        };
        place.push(index);
        class = &named.class;
    }
    Some((place, Rc::clone(class)))
}

fn member<'n>(named: &'n [Named], name: &str, work: &mut Work) -> Option<(u32, &'n Named)> {
    work.0 = work.0.checked_sub(named.len() as u64)?;
    (0..).zip(named).find(|(_, named)| &*named.name == name)
}

/// Whether a place lies before the field inside `frames`.
fn precedes(place: &[u32], frames: &[Frame]) -> bool {
    let own = frames.iter().map(|frame| frame.index);
    place.iter().copied().zip(own).find(|(theirs, own)| theirs != own).is_some_and(|(theirs, own)| theirs < own)
}
