//! Turns field classes into fields. Every use of an alias becomes a copy of its own.

use super::classes::{self, Surroundings};
use super::location::{Frame, Kind, Location, Part, Work};
use super::registers::Registers;
use super::value::{Checked, Json};
use crate::format::ctf::fault::excerpt;
use crate::format::ctf::schema::{Field, Length, Member, Optional, Register, Roles, Struct, Variant, VariantOption};
use std::collections::{HashMap, HashSet};
use std::rc::Rc;

/// Deepest nesting of field classes, aliases resolved.
const MAX_DEPTH: usize = 64;

/// How much a schema may hold: a field and a label count [`FIELD_COST`], and long names and useless properties a little.
/// This makes a million fields.
const BUDGET: u64 = (FIELD_COST + 2) << 20;
const FIELD_COST: u64 = 8;

/// State of turning field classes into fields.
pub(super) struct Fields {
    pub(super) aliases: HashMap<String, Rc<Json>>,
    /// The parts made before, by [`Part`].
    pub(super) roots: [Option<Struct>; 6],
    pub(super) registers: Registers,
    frames: Vec<Frame>,
    depth: usize,
    budget: u64,
    work: Work,
}

impl Fields {
    pub(super) fn new() -> Self {
        Self {
            aliases: HashMap::new(),
            roots: Default::default(),
            registers: Registers::default(),
            frames: Vec::new(),
            depth: 0,
            budget: BUDGET,
            work: Work::new(),
        }
    }

    /// Makes the part that a property of a fragment describes, if it does. It is left in `roots`.
    pub(super) fn part(&mut self, fragment: &Json, property: &str, around: &Surroundings) -> Checked<()> {
        let made = match fragment.get(property) {
            None => None,
            Some(class) => match self.field(class, around).map_err(|reason| format!("in `{property}`: {reason}"))? {
                Field::Struct(structure) => Some(structure),
                _ => return Err(format!("the property `{property}` is a structure")),
            },
        };
        self.roots[around.part as usize] = made;
        Ok(())
    }

    /// The class an alias stands for, or the class itself.
    pub(super) fn resolve(&self, class: &Json) -> Checked<Option<Rc<Json>>> {
        let Json::Text(name) = class else { return Ok(None) };
        let alias = self.aliases.get(name).cloned();
        alias.map(Some).ok_or_else(|| format!("no field class alias `{}` comes before this", excerpt(name)))
    }

    fn field(&mut self, class: &Json, around: &Surroundings) -> Checked<Field> {
        self.spend(FIELD_COST + weight(class))?;
        let alias = self.resolve(class)?;
        let class = alias.as_deref().unwrap_or(class);
        self.spend(weight(class))?;
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(format!("field classes are nested more than {MAX_DEPTH} deep; no tracer does that"));
        }
        no_extensions(class)?;
        let kind = class.text_of("type")?.ok_or("a field class has a `type`")?;
        let field = match classes::field(kind, class, around)? {
            Some(field) => {
                self.spend(FIELD_COST * ranges_in(&field))?;
                field
            }
            None => self.compound(kind, class, around)?,
        };
        self.depth -= 1;
        Ok(field)
    }

    fn compound(&mut self, kind: &str, class: &Json, around: &Surroundings) -> Checked<Field> {
        Ok(match kind {
            "structure" => Field::Struct(self.structure(class, around)?),
            "static-length-array" => self.array(class, classes::static_length(class)?, around)?,
            "dynamic-length-array" => {
                let length = self.dynamic_length(class, around)?;
                self.array(class, length, around)?
            }
            "dynamic-length-string" => {
                Field::Text { length: self.dynamic_length(class, around)?, encoding: classes::encoding(class)? }
            }
            "dynamic-length-blob" => {
                Field::Blob { length: self.dynamic_length(class, around)?, roles: Roles::default() }
            }
            "optional" => self.optional(class, around)?,
            "variant" => self.variant(class, around)?,
            other => return Err(format!("the field class type `{}` is not known in CTF 2", excerpt(other))),
        })
    }

    fn structure(&mut self, class: &Json, around: &Surroundings) -> Checked<Struct> {
        let mut align = classes::alignment(class, "minimum-alignment")?;
        let mut seen = HashSet::new();
        self.frames.push(Frame::Struct { made: Vec::new(), current: String::new() });
        for member in class.array_of("member-classes")? {
            no_extensions(member)?;
            let name = member.text_of("name")?.ok_or("a member of a structure has a `name`")?;
            if !seen.insert(name) {
                return Err(format!("the member `{}` comes twice", excerpt(name)));
            }
            self.spend(weight(member) + name.len() as u64 / 8)?;
            if let Some(Frame::Struct { current, .. }) = self.frames.last_mut() {
                name.clone_into(current);
            }
            let class = member.required("field-class")?;
            let field = self.field(class, around).map_err(|reason| format!("in `{}`: {reason}", excerpt(name)))?;
            align = align.max(field.align());
            if let Some(Frame::Struct { made, .. }) = self.frames.last_mut() {
                made.push(Member { name: name.to_owned(), field });
            }
        }
        match self.frames.pop() {
            Some(Frame::Struct { made: members, .. }) => Ok(Struct { align, members }),
            _ => Ok(Struct { align, members: Vec::new() }),
        }
    }

    fn array(&mut self, class: &Json, length: Length, around: &Surroundings) -> Checked<Field> {
        let align = classes::alignment(class, "minimum-alignment")?;
        let element = self.within(class.required("element-field-class")?, around)?;
        Ok(Field::Array { align: align.max(element.align()), element: Box::new(element), length })
    }

    fn optional(&mut self, class: &Json, around: &Surroundings) -> Checked<Field> {
        let (selector, kind) = self.locate(class, "selector-field-location", around)?;
        let ranges = match (kind, class.get("selector-field-ranges")) {
            (Kind::Boolean, _) => vec![(1, u64::MAX.into())],
            (_, Some(set)) => classes::ranges(set)?,
            (_, None) => return Err("an optional field with an integer selector has `selector-field-ranges`".into()),
        };
        self.spend(FIELD_COST * ranges.len() as u64)?;
        let field = Box::new(self.within(class.required("field-class")?, around)?);
        Ok(Field::Optional(Optional { selector, signed: kind == Kind::Signed, ranges, field }))
    }

    fn variant(&mut self, class: &Json, around: &Surroundings) -> Checked<Field> {
        let (selector, kind) = self.locate(class, "selector-field-location", around)?;
        if kind == Kind::Boolean {
            return Err("the selector of a variant is an integer, not a boolean".into());
        }
        let mut options = Vec::new();
        let mut seen = HashSet::new();
        let mut all: Vec<(i128, i128)> = Vec::new();
        for option in class.array_of("options")? {
            no_extensions(option)?;
            let name = option.text_of("name")?;
            if name.is_some_and(|name| !seen.insert(name)) {
                return Err(format!("the option `{}` comes twice", excerpt(name.unwrap_or_default())));
            }
            let ranges = classes::ranges(option.required("selector-field-ranges")?)?;
            all.extend(&ranges);
            let name = name.unwrap_or_default().to_owned();
            self.spend(FIELD_COST * ranges.len() as u64 + weight(option) + name.len() as u64 / 8)?;
            let field = self.within(option.required("field-class")?, around);
            let field = field.map_err(|reason| format!("in the option `{}`: {reason}", excerpt(&name)))?;
            options.push(VariantOption { member: Member { name, field }, ranges });
        }
        if options.is_empty() {
            return Err("a variant has at least one option".into());
        }
        all.sort_unstable();
        if all.windows(2).any(|pair| pair[1].0 <= pair[0].1) {
            return Err("two options of a variant share a selector value".into());
        }
        Ok(Field::Variant(Variant { selector, signed: kind == Kind::Signed, options }))
    }

    /// A field that counts as the value of the array, optional or variant around it.
    fn within(&mut self, class: &Json, around: &Surroundings) -> Checked<Field> {
        self.frames.push(Frame::Transparent);
        let field = self.field(class, around)?;
        self.frames.pop();
        Ok(field)
    }

    fn dynamic_length(&mut self, class: &Json, around: &Surroundings) -> Checked<Length> {
        match self.locate(class, "length-field-location", around)? {
            (register, Kind::Unsigned) => Ok(Length::Register(register)),
            _ => Err("a length is an unsigned integer".into()),
        }
    }

    fn locate(&mut self, class: &Json, property: &str, around: &Surroundings) -> Checked<(Register, Kind)> {
        let location = Location::read(class.required(property)?)?;
        let Self { frames, roots, registers, work, .. } = self;
        location.register(around.part, frames, roots, registers, work)
    }

    fn spend(&mut self, cost: u64) -> Checked<()> {
        self.budget = self.budget.checked_sub(cost).ok_or("the metadata describes more than a million fields")?;
        Ok(())
    }
}

/// Extensions change the format, and none is known here.
pub(super) fn no_extensions(json: &Json) -> Checked<()> {
    match json.object_of("extensions")?.first() {
        None => Ok(()),
        Some((namespace, _)) => Err(format!(
            "the trace needs an extension of CTF 2 by `{}`, which is not known here; read it with the tracer's own tool",
            excerpt(namespace)
        )),
    }
}

/// What it costs to look properties up in an object, or an alias by its name.
fn weight(json: &Json) -> u64 {
    match json {
        Json::Object(properties) => properties.len() as u64 / 8,
        Json::Text(name) => name.len() as u64 / 8,
        _ => 0,
    }
}

/// How many labels and ranges an integer has.
fn ranges_in(field: &Field) -> u64 {
    use crate::format::ctf::schema::Meaning;
    let Field::Integer(integer) = field else { return 0 };
    let (Meaning::Bits(mappings) | Meaning::Enumeration(mappings)) = &integer.meaning else { return 0 };
    mappings.labels.iter().map(|(label, ranges)| (label.len() / 8 + ranges.len()) as u64).sum()
}

/// Marks the CPU of a packet, for which CTF 2 has no role.
pub(super) fn mark_cpu(context: &mut Option<Struct>) {
    let members = context.iter_mut().flat_map(|context| &mut context.members);
    for member in members.filter(|member| member.name == "cpu_id") {
        if let Field::Integer(integer) = &mut member.field {
            integer.roles = integer.roles.with(Roles::CPU);
        }
    }
}

/// Whether the magic number, if there is one, comes first.
pub(super) fn magic_is_first(header: &Struct) -> bool {
    let mut others = header.members.iter().skip(1);
    !others.any(|member| matches!(&member.field, Field::Integer(integer) if integer.roles.has(Roles::MAGIC)))
}

/// Takes the part out of what was made.
pub(super) fn take(roots: &mut [Option<Struct>; 6], part: Part) -> Option<Struct> {
    roots[part as usize].take()
}
