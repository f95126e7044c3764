//! Turns types into the fields of the schema: every use of a named type becomes a copy of its own, in which the fields
//! that others need are marked.

use super::class::{self, Class, Integer, Kind, Named};
use super::reference::{self, Frame, Part, Place, Roots, Work};
use super::tokens::Parsed;
use crate::format::ctf::fault::Fault;
use crate::format::ctf::schema::{
    self, Clock, Encoding, Field, Length, Meaning, Member, Register, Roles, Size, Struct, Variant, VariantOption,
};
use std::collections::{BTreeMap, HashMap};
use std::rc::Rc;

/// How much a schema may hold: a field counts [`FIELD_COST`], an enumeration's label, wherever a variant asks for it, 1.
/// This makes a million fields; the kernel's tracer describes some ten thousand.
const BUDGET: u64 = FIELD_COST << 20;
const FIELD_COST: u64 = 4;

/// State of turning types into fields.
pub(super) struct Lowering {
    /// The clocks of the trace. Time stamps that name none may add one.
    pub(super) clocks: Vec<Clock>,
    budget: u64,
    /// Number of the next register.
    registers: Register,
    roots: Roots,
    /// Fields that others refer to, and the register of each.
    saves: BTreeMap<(Part, Place), Register>,
    /// The clock of the current stream class: all its fields must agree.
    clock: Option<usize>,
    part: Part,
    frames: Vec<Frame>,
    work: Work,
}

impl Lowering {
    pub(super) fn new() -> Self {
        Self {
            clocks: Vec::new(),
            budget: BUDGET,
            registers: 0,
            roots: Roots::default(),
            saves: BTreeMap::new(),
            clock: None,
            part: Part::PacketHeader,
            frames: Vec::new(),
            work: Work(1 << 28),
        }
    }

    /// How many registers are in use.
    pub(super) fn registers(&self) -> Register {
        self.registers
    }

    /// Turns the type of a part into fields.
    pub(super) fn part(&mut self, at: usize, part: Part, root: Option<&Rc<Class>>) -> Parsed<Option<Struct>> {
        let Some(root) = root else { return Ok(None) };
        self.part = part;
        self.roots[part as usize] = Some(Rc::clone(root));
        match self.field(at, "", root, true)? {
            Field::Struct(structure) => Ok(Some(structure)),
            _ => Err(Fault::new(at, "headers, contexts and fields are structures, not other types")),
        }
    }

    /// Ends a part: marks the fields in it that others, up to now, needed.
    pub(super) fn close(&mut self, part: Part, root: &mut Option<Struct>) {
        let after = self.saves.split_off(&(part, Place::new()));
        for ((saved, place), register) in after {
            if saved != part {
                self.saves.insert((saved, place), register);
            } else if let Some(integer) = root.as_mut().and_then(|root| integer_at(root, &place)) {
                integer.save = Some(register);
            }
        }
        self.roots[part as usize] = None;
    }

    /// The clock that fields since the last call were mapped to.
    pub(super) fn take_clock(&mut self) -> Option<usize> {
        self.clock.take()
    }

    fn field(&mut self, at: usize, name: &str, class: &Rc<Class>, timed: bool) -> Parsed<Field> {
        self.spend(at, FIELD_COST + name.len() as u64 / 8)?;
        Ok(match &class.kind {
            Kind::Integer(integer) => Field::Integer(self.integer(at, name, integer, timed)?),
            Kind::Float(float) => Field::Float(float.clone()),
            Kind::String => Field::String(Encoding::Utf8),
            Kind::Array { length, element } => self.array(at, length, element, class, name)?,
            Kind::Struct { align, members } => {
                let mut structure = Struct { align: *align, members: Vec::with_capacity(members.len()) };
                for (index, named) in (0..).zip(members) {
                    let member = self.member(class, index, named, timed)?;
                    structure.align = structure.align.max(member.field.align());
                    structure.members.push(member);
                }
                Field::Struct(structure)
            }
            Kind::Variant { tag, options } => {
                let Some(tag) = tag else { return Err(Fault::new(at, "this variant lacks its tag: `variant <tag>`")) };
                let (selector, tag) = self.reference(at, tag)?;
                let Some(mappings) = &tag.labels else {
                    return Err(Fault::new(at, "the tag of a variant is an enumeration, not another type"));
                };
                self.spend(at, mappings.labels.iter().map(|(_, ranges)| 1 + ranges.len() as u64).sum())?;
                let ranges: HashMap<&str, &[_]> =
                    mappings.labels.iter().map(|(label, ranges)| (&**label, ranges.as_slice())).collect();
                let mut lowered = Vec::with_capacity(options.len());
                for (index, named) in (0..).zip(options.iter()) {
                    let ranges = ranges.get(&*named.name).copied().unwrap_or_default().to_vec();
                    lowered.push(VariantOption { member: self.member(class, index, named, timed)?, ranges });
                }
                Field::Variant(Variant { selector, signed: tag.signed, options: lowered })
            }
        })
    }

    fn member(&mut self, around: &Rc<Class>, index: u32, named: &Named, timed: bool) -> Parsed<Member> {
        self.frames.push(Frame { class: Rc::clone(around), index });
        let name = named.name.strip_prefix('_').unwrap_or(&named.name);
        let field = self.field(named.at, name, &named.class, timed)?;
        self.frames.pop();
        Ok(Member { name: name.to_owned(), field })
    }

    fn array(
        &mut self,
        at: usize,
        length: &class::Length,
        element: &Rc<Class>,
        class: &Rc<Class>,
        name: &str,
    ) -> Parsed<Field> {
        let length = match length {
            class::Length::Static(length) => Length::Static(*length),
            class::Length::Field(path) => {
                let (register, integer) = self.reference(at, path)?;
                if integer.signed {
                    return Err(Fault::new(at, "the length of a sequence is unsigned, not signed"));
                }
                Length::Register(register)
            }
        };
        if let Kind::Integer(Integer { bits: 8, align: 8, text, labels: None, signed, .. }) = &element.kind {
            let uuid = self.part == Part::PacketHeader && self.frames.len() == 1 && name == "uuid";
            if uuid && !signed && length == Length::Static(16) {
                return Ok(Field::Blob { length, roles: Roles::UUID });
            }
            if *text {
                return Ok(Field::Text { length, encoding: Encoding::Utf8 });
            }
        }
        self.frames.push(Frame { class: Rc::clone(class), index: 0 });
        let element = self.field(at, "", element, false)?;
        self.frames.pop();
        Ok(Field::Array { align: element.align(), element: Box::new(element), length })
    }

    fn integer(&mut self, at: usize, name: &str, integer: &Integer, timed: bool) -> Parsed<schema::Integer> {
        let stamp = match self.part {
            Part::PacketContext => matches!(name, "timestamp_begin" | "timestamp_end"),
            Part::EventHeader => name == "timestamp",
            _ => false,
        };
        let mut mapped = integer.clock;
        if mapped.is_none() && timed && stamp {
            mapped = Some(self.only_clock(at)?);
        }
        let mut roles = Roles::default();
        if let Some(clock) = mapped.filter(|_| self.part != Part::PacketHeader) {
            if *self.clock.get_or_insert(clock) != clock {
                return Err(Fault::new(at, "the fields of a stream belong to one clock, but here is a second one"));
            }
            // Signed ones count for the rule above, but move no clock.
            roles = if integer.signed { roles } else { Roles::TIMESTAMP };
        }
        let meaning = integer.labels.clone().map_or(Meaning::Number, Meaning::Enumeration);
        Ok(schema::Integer {
            size: Size::Bits(integer.bits),
            byte_order: integer.byte_order,
            reversed_bits: false,
            align: integer.align,
            signed: integer.signed,
            base: integer.base,
            meaning,
            roles,
            save: None,
        })
    }

    /// The register of the field that `path` names.
    fn reference(&mut self, at: usize, path: &[String]) -> Parsed<(Register, Integer)> {
        let (part, place, integer) = reference::find(at, path, self.part, &self.frames, &self.roots, &mut self.work)?;
        if let Some(&register) = self.saves.get(&(part, place.clone())) {
            return Ok((register, integer));
        }
        let register = self.registers;
        let more = register.checked_add(1);
        self.registers = more.ok_or_else(|| Fault::new(at, "the metadata has more than 65535 lengths and tags"))?;
        self.saves.insert((part, place), register);
        Ok((register, integer))
    }

    /// The clock of time stamps that name none: the only one of the trace, or a default.
    fn only_clock(&mut self, at: usize) -> Parsed<usize> {
        match self.clocks.len() {
            0 => self.clocks.push(Clock::default()),
            1 => {}
            _ => {
                return Err(Fault::new(
                    at,
                    "this time stamp names none of the clocks; `map = clock.NAME.value` is missing",
                ));
            }
        }
        Ok(0)
    }

    fn spend(&mut self, at: usize, cost: u64) -> Parsed<()> {
        let left = self.budget.checked_sub(cost);
        self.budget = left.ok_or_else(|| Fault::new(at, "the metadata describes more than a million fields"))?;
        Ok(())
    }
}

fn integer_at<'f>(root: &'f mut Struct, place: &[u32]) -> Option<&'f mut schema::Integer> {
    let (&first, rest) = place.split_first()?;
    let mut field = &mut root.members.get_mut(first as usize)?.field;
    for &index in rest {
        field = match field {
            Field::Struct(structure) => &mut structure.members.get_mut(index as usize)?.field,
            Field::Variant(variant) => &mut variant.options.get_mut(index as usize)?.member.field,
            Field::Array { element, .. } => element,
            _ => return None,
        };
    }
    match field {
        Field::Integer(integer) => Some(integer),
        _ => None,
    }
}
