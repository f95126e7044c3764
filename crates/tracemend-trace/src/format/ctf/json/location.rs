//! Finds the fields that a field location stands for.

use super::registers::Registers;
use super::value::{Checked, Json};
use crate::format::ctf::fault::excerpt;
use crate::format::ctf::schema::{Field, Integer, Meaning, Member, Register, Struct};

/// The parts of a packet and of an event, in the order of their bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd)]
pub(super) enum Part {
    PacketHeader,
    PacketContext,
    EventHeader,
    CommonContext,
    SpecificContext,
    Payload,
}

const ORIGINS: [(&str, Part); 6] = [
    ("packet-header", Part::PacketHeader),
    ("packet-context", Part::PacketContext),
    ("event-record-header", Part::EventHeader),
    ("event-record-common-context", Part::CommonContext),
    ("event-record-specific-context", Part::SpecificContext),
    ("event-record-payload", Part::Payload),
];

/// A field being made, around the one that refers.
pub(super) enum Frame {
    /// A structure: the members made before, and the name of the one being made.
    Struct { made: Vec<Member>, current: String },
    /// An array, optional or variant: the field being made within counts as its value.
    Transparent,
}

/// A field location.
pub(super) struct Location {
    origin: Option<Part>,
    /// How many structures to go outwards first.
    up: usize,
    names: Vec<String>,
}

/// What the located fields have in common.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Boolean,
    Unsigned,
    Signed,
}

impl Location {
    pub(super) fn read(json: &Json) -> Checked<Self> {
        let origin = match json.text_of("origin")? {
            None => None,
            Some(name) => {
                let known = ORIGINS.iter().find(|(known, _)| *known == name);
                Some(known.ok_or_else(|| format!("no part of a packet is called `{}`", excerpt(name)))?.1)
            }
        };
        let mut location = Self { origin, up: 0, names: Vec::new() };
        let path = json.array_of("path")?;
        if path.last().is_none_or(|last| *last == Json::Null) {
            return Err("the `path` of a field location ends with the name of a field".into());
        }
        for element in path {
            match element {
                Json::Text(name) => location.names.push(name.clone()),
                Json::Null if location.names.pop().is_none() => location.up += 1,
                Json::Null => {}
                _ => return Err("the `path` of a field location holds names and nulls".into()),
            }
        }
        Ok(location)
    }

    /// The register to which all located fields go, after they were told to, and what they are.
    pub(super) fn register(
        &self,
        part: Part,
        frames: &mut [Frame],
        roots: &mut [Option<Struct>; 6],
        registers: &mut Registers,
        work: &mut Work,
    ) -> Checked<(Register, Kind)> {
        let (first, names) = self.names.split_first().ok_or("a field location names a field")?;
        let origin = self.origin.filter(|origin| *origin != part);
        let (members, names) = match origin {
            Some(origin) if origin > part => return Err(self.missing("lies in a part that comes after this field")),
            Some(origin) => {
                let root = roots[origin as usize].as_mut().filter(|_| self.up == 0);
                (&mut root.ok_or_else(|| self.missing("lies in a part that is not there"))?.members, &self.names[..])
            }
            None => self.enter(first, names, frames)?,
        };
        let mut found = Found::default();
        let mut add = |integer: &mut Integer| found.add(integer);
        locate_member(members, names, &mut add, work).map_err(|reason| self.missing(reason))?;
        let kind = found.kind.ok_or_else(|| self.missing("names no integer before this field"))?;
        let register = match found.register {
            Some(register) => register,
            None => registers.new_one()?,
        };
        for other in found.others {
            registers.join(register, other);
        }
        let mut save = |integer: &mut Integer| {
            integer.save.get_or_insert(register);
            Ok(())
        };
        locate_member(members, names, &mut save, work)?;
        Ok((register, kind))
    }

    /// The structure being made in which to look on, and the names left.
    fn enter<'f, 'n>(
        &'n self,
        first: &'n str,
        rest: &'n [String],
        frames: &'f mut [Frame],
    ) -> Checked<(&'f mut Vec<Member>, &'n [String])> {
        let structures: Vec<usize> =
            (0..frames.len()).filter(|&at| matches!(frames[at], Frame::Struct { .. })).collect();
        let start =
            if self.origin.is_some() { (self.up == 0).then_some(0) } else { structures.len().checked_sub(1 + self.up) };
        let mut depth = start.ok_or_else(|| self.missing("goes further out than the outermost structure"))?;
        let (mut name, mut left) = (first, rest);
        // While the path names what is being made right now, it goes on inside of that.
        while let Frame::Struct { current, .. } = &frames[structures[depth]] {
            if current != name {
                break;
            }
            let (next, rest) = left.split_first().ok_or_else(|| self.missing("is this field itself, or around it"))?;
            depth += 1;
            if depth == structures.len() {
                return Err(self.missing("names this field itself"));
            }
            (name, left) = (next, rest);
        }
        let used = self.names.len() - left.len() - 1;
        match &mut frames[structures[depth]] {
            Frame::Struct { made, .. } => Ok((made, &self.names[used..])),
            Frame::Transparent => Err(self.missing("names no structure")),
        }
    }

    fn missing(&self, what: &str) -> String {
        format!("the location `{}` {what}", excerpt(&self.names.join(".")))
    }
}

/// What is known of the located fields.
#[derive(Default)]
struct Found {
    kind: Option<Kind>,
    register: Option<Register>,
    others: Vec<Register>,
}

impl Found {
    fn add(&mut self, integer: &mut Integer) -> Result<(), &'static str> {
        let kind = match integer.meaning {
            Meaning::Boolean => Kind::Boolean,
            Meaning::Bits(_) => return Err("names bits, which are no length or selector"),
            _ if integer.signed => Kind::Signed,
            _ => Kind::Unsigned,
        };
        if *self.kind.get_or_insert(kind) != kind {
            return Err("stands for fields of different types");
        }
        match (self.register, integer.save) {
            (None, Some(register)) => self.register = Some(register),
            (Some(one), Some(other)) if one != other => self.others.push(other),
            _ => {}
        }
        Ok(())
    }
}

/// What is done with each located integer.
type Visit<'v> = dyn FnMut(&mut Integer) -> Result<(), &'static str> + 'v;

/// How many more names may be compared: hostile metadata would look a million fields up among a million others.
pub(super) struct Work(u64);

impl Work {
    pub(super) fn new() -> Self {
        Self(1 << 28)
    }

    fn spend(&mut self, comparisons: usize) -> Result<(), &'static str> {
        self.0 = self.0.checked_sub(comparisons as u64).ok_or("takes too long to find among so many fields")?;
        Ok(())
    }
}

/// Calls `visit` with every integer that the names lead to.
fn locate_member(
    members: &mut [Member],
    names: &[String],
    visit: &mut Visit<'_>,
    work: &mut Work,
) -> Result<(), &'static str> {
    let Some((name, rest)) = names.split_first() else { return Err("names no integer") };
    work.spend(members.len())?;
    match members.iter_mut().find(|member| member.name == *name) {
        Some(member) => locate(&mut member.field, rest, visit, work),
        None => Err("names no field before this one, which needs it"),
    }
}

fn locate(field: &mut Field, names: &[String], visit: &mut Visit<'_>, work: &mut Work) -> Result<(), &'static str> {
    match field {
        Field::Integer(integer) if names.is_empty() => visit(integer),
        Field::Struct(structure) if !names.is_empty() => locate_member(&mut structure.members, names, visit, work),
        Field::Optional(optional) => locate(&mut optional.field, names, visit, work),
        Field::Variant(variant) => {
            // Which option counts shows only in the data: others may lack the field.
            for option in &mut variant.options {
                if leads(&option.member.field, names, work)? {
                    locate(&mut option.member.field, names, visit, work)?;
                }
            }
            Ok(())
        }
        Field::Array { .. } => Err("leads into an array that is complete already"),
        _ => Err("names no integer"),
    }
}

/// Whether an option has what the names ask for.
fn leads(field: &Field, names: &[String], work: &mut Work) -> Result<bool, &'static str> {
    work.spend(1)?;
    match (field, names.split_first()) {
        (Field::Integer(_), None) => Ok(true),
        (Field::Struct(structure), Some((name, rest))) => {
            work.spend(structure.members.len())?;
            let member = structure.members.iter().find(|member| member.name == *name);
            member.map_or(Ok(false), |member| leads(&member.field, rest, work))
        }
        (Field::Optional(optional), _) => leads(&optional.field, names, work),
        (Field::Variant(variant), _) => {
            for option in &variant.options {
                if leads(&option.member.field, names, work)? {
                    return Ok(true);
                }
            }
            Ok(false)
        }
        _ => Ok(false),
    }
}
