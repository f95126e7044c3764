//! Looks types up by name: declarations become [`Class`]es.

use super::ast::{self, Declaration, Declarator, Label, Specifier, Specifiers};
use super::attributes::{self, Surroundings, warn};
use super::class::{Class, Integer, Kind, Length, Named};
use super::tokens::{MAX_DEPTH, Parsed};
use crate::format::ctf::fault::{Fault, excerpt};
use crate::format::ctf::schema::{ByteOrder, Mappings};
use std::collections::HashMap;
use std::rc::Rc;
use std::sync::Arc;

/// Names of types visible at a place of the text, and what else types refer to.
pub(super) struct Scopes {
    /// From the outermost. Names of structures begin with `struct `, and so on.
    levels: Vec<HashMap<String, Rc<Class>>>,
    pub(super) native: ByteOrder,
    /// Index of each clock by its name.
    pub(super) clocks: HashMap<String, usize>,
    /// Lengths of arrays that the environment sets: its integers, if they are no less than 0.
    pub(super) lengths: HashMap<String, Option<u64>>,
    pub(super) warnings: Vec<String>,
}

impl Scopes {
    pub(super) fn new(native: ByteOrder) -> Self {
        let levels = vec![HashMap::default()];
        Self { levels, native, clocks: HashMap::new(), lengths: HashMap::new(), warnings: Vec::new() }
    }

    pub(super) fn push(&mut self) {
        self.levels.push(HashMap::default());
    }

    pub(super) fn pop(&mut self) {
        self.levels.pop();
    }

    /// Makes a declared type known. Fields are the business of the structure around them.
    pub(super) fn declare(&mut self, declaration: &Declaration) -> Parsed<()> {
        match declaration {
            Declaration::Type(class) => self.class(class).map(drop),
            Declaration::Typedef { class, declarators } => {
                for declarator in declarators {
                    let declared = self.declared(class, declarator)?;
                    let name = declarator.name.clone().unwrap_or_default();
                    self.alias(declarator.at, name, declared)?;
                }
                Ok(())
            }
            Declaration::Alias { at, class, declarator, name } => {
                if declarator.name.is_some() {
                    return Err(Fault::new(declarator.at, "what an alias stands for has no name of its own"));
                }
                let declared = self.declared(class, declarator)?;
                self.alias(*at, name.clone(), declared)
            }
            Declaration::Fields { class, .. } => Err(Fault::new(class.at, "fields belong into structures")),
        }
    }

    /// The type that specifiers stand for.
    pub(super) fn class(&mut self, specifiers: &Specifiers) -> Parsed<Rc<Class>> {
        let at = specifiers.at;
        let Self { native, clocks, warnings, .. } = self;
        let mut around = Surroundings { native: *native, clocks, warnings };
        let kind = match &specifiers.class {
            Specifier::Name(name) => return self.alias_named(at, name),
            Specifier::Integer(list) => Kind::Integer(attributes::integer(at, list, &mut around)?),
            Specifier::Float(list) => Kind::Float(attributes::float(at, list, &mut around)?),
            Specifier::String(list) => {
                attributes::string(list, &mut around)?;
                Kind::String
            }
            Specifier::Struct { name, members, align } => {
                let Some(members) = members else { return self.tagged(at, "struct", name.as_deref()) };
                let align = align.filter(|&bits| bits != 0).map_or(Ok(1), |bits| attributes::align(at, bits))?;
                let members = self.named(members)?;
                return self.finish(at, "struct", name.as_deref(), Kind::Struct { align, members });
            }
            Specifier::Variant { name, tag, options } => {
                let untagged = match options {
                    Some(options) => {
                        let options = self.named(options)?.into();
                        self.finish(at, "variant", name.as_deref(), Kind::Variant { tag: None, options })?
                    }
                    None => self.tagged(at, "variant", name.as_deref())?,
                };
                let (Some(tag), Kind::Variant { options, .. }) = (tag, &untagged.kind) else { return Ok(untagged) };
                Kind::Variant { tag: Some(tag.as_slice().into()), options: Rc::clone(options) }
            }
            Specifier::Enum { name, container, labels } => {
                let Some(labels) = labels else { return self.tagged(at, "enum", name.as_deref()) };
                let container = match container {
                    Some(container) => self.class(container)?,
                    None => self.alias_named(at, "int")?,
                };
                let Kind::Integer(container) = &container.kind else {
                    return Err(Fault::new(at, "enumerations hold integers, not other types"));
                };
                let enumeration = self.enumeration(container, labels);
                return self.finish(at, "enum", name.as_deref(), Kind::Integer(enumeration));
            }
        };
        Ok(Class::new(kind))
    }

    /// The type of a declared name: an array for each length, a pointer's own alias.
    fn declared(&mut self, specifiers: &Specifiers, declarator: &Declarator) -> Parsed<Rc<Class>> {
        let mut class = match (&specifiers.class, &*declarator.pointers) {
            (_, "") => self.class(specifiers)?,
            (Specifier::Name(name), pointers) => self.pointer(specifiers.at, &format!("{name}{pointers}"))?,
            _ => return Err(Fault::new(declarator.at, "pointers to types without a name have no meaning in a trace")),
        };
        for length in declarator.lengths.iter().rev() {
            let length = match length {
                ast::Length::Static(length) => Length::Static(*length),
                ast::Length::Field(path) if path[0] == "env" && path.len() > 1 => {
                    Length::Static(self.environment_length(declarator.at, &path[1..].join("."))?)
                }
                ast::Length::Field(path) => Length::Field(path.as_slice().into()),
            };
            class = Class::new(Kind::Array { length, element: class });
            if class.depth > MAX_DEPTH {
                return Err(Fault::new(declarator.at, format!("types are nested more than {MAX_DEPTH} deep")));
            }
        }
        Ok(class)
    }

    /// The alias of a pointer; addresses are shown in hexadecimal.
    fn pointer(&self, at: usize, name: &str) -> Parsed<Rc<Class>> {
        let class = self.alias_named(at, name)?;
        match &class.kind {
            Kind::Integer(integer) => Ok(Class::new(Kind::Integer(Integer { base: 16, ..integer.clone() }))),
            _ => Ok(class),
        }
    }

    /// Members of a structure, options of a variant. Types declared among them are known there only.
    fn named(&mut self, declarations: &[Declaration]) -> Parsed<Vec<Named>> {
        self.push();
        let mut named: Vec<Named> = Vec::new();
        let mut seen = attributes::Seen::default();
        for declaration in declarations {
            let Declaration::Fields { class, declarators } = declaration else {
                self.declare(declaration)?;
                continue;
            };
            for declarator in declarators {
                let name = declarator.name.as_deref().unwrap_or_default();
                seen.add_name(declarator.at, name)?;
                let class = self.declared(class, declarator)?;
                named.push(Named { name: name.into(), class, at: declarator.at });
            }
        }
        self.pop();
        Ok(named)
    }

    fn enumeration(&mut self, container: &Integer, labels: &[Label]) -> Integer {
        let mut mappings = Mappings::default();
        let mut known: HashMap<&str, usize> = HashMap::default();
        let mut next = 0u64;
        for label in labels {
            let (first, last) =
                label.range.map_or((next, next), |(first, last)| (first.wrapped() as u64, last.wrapped() as u64));
            next = last.wrapping_add(1);
            let bound = |bits: u64| if container.signed { i128::from(bits as i64) } else { i128::from(bits) };
            let range = (bound(first), bound(last));
            if range.0 > range.1 {
                let name = excerpt(&label.name);
                warn(&mut self.warnings, format!("the range of the label `{name}` ends before it begins"));
                continue;
            }
            let index = *known.entry(&label.name).or_insert(mappings.labels.len());
            if index == mappings.labels.len() {
                mappings.labels.push((label.name.clone(), Vec::new()));
            }
            mappings.labels[index].1.push(range);
        }
        Integer { labels: Some(Arc::new(mappings)), ..container.clone() }
    }

    /// A new type, known by its tag if it has one.
    fn finish(&mut self, at: usize, keyword: &str, name: Option<&str>, kind: Kind) -> Parsed<Rc<Class>> {
        let class = Class::new(kind);
        if class.depth > MAX_DEPTH {
            return Err(Fault::new(at, format!("types are nested more than {MAX_DEPTH} deep")));
        }
        if let Some(name) = name {
            self.insert(at, format!("{keyword} {name}"), Rc::clone(&class))?;
        }
        Ok(class)
    }

    fn alias(&mut self, at: usize, name: String, class: Rc<Class>) -> Parsed<()> {
        if matches!(class.kind, Kind::Variant { tag: None, .. }) {
            return Err(Fault::new(at, "only variants with a tag can have an alias"));
        }
        self.insert(at, name, class)
    }

    fn insert(&mut self, at: usize, name: String, class: Rc<Class>) -> Parsed<()> {
        let twice = Fault::new(at, format!("the type `{}` is declared twice", excerpt(&name)));
        match self.levels.last_mut().and_then(|level| level.insert(name, class)) {
            None => Ok(()),
            Some(_) => Err(twice),
        }
    }

    /// `struct name` without a body.
    fn tagged(&self, at: usize, keyword: &str, name: Option<&str>) -> Parsed<Rc<Class>> {
        self.alias_named(at, &format!("{keyword} {}", name.unwrap_or_default()))
    }

    fn alias_named(&self, at: usize, name: &str) -> Parsed<Rc<Class>> {
        let find = |name: &str| self.levels.iter().rev().find_map(|level| level.get(name)).cloned();
        let plain = || name.split(' ').filter(|&word| word != "const").collect::<Vec<_>>().join(" ");
        find(name)
            .or_else(|| find(&plain()))
            .ok_or_else(|| Fault::new(at, format!("the type `{}` is not declared before this", excerpt(name))))
    }

    fn environment_length(&self, at: usize, name: &str) -> Parsed<u64> {
        let length = self.lengths.get(name).copied().flatten();
        length.ok_or_else(|| Fault::new(at, format!("no length is set as `{}` in the block `env`", excerpt(name))))
    }
}
