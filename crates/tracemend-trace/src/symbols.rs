//! Interned strings: event names and process names.

use rustc_hash::FxHashMap;

/// A string of one [`Symbols`] table, by number. Numbers count up from 0 in the order of first use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Symbol(pub u32);

/// A table of distinct strings.
#[derive(Clone, Debug, Default)]
pub struct Symbols {
    names: Vec<Box<str>>,
    ids: FxHashMap<Box<str>, Symbol>,
}

impl Symbols {
    /// The number of `name`, given out now if the string is new.
    pub fn intern(&mut self, name: &str) -> Symbol {
        if let Some(&id) = self.ids.get(name) {
            return id;
        }
        let id = Symbol(self.names.len() as u32);
        self.names.push(name.into());
        self.ids.insert(name.into(), id);
        id
    }

    /// The number of `name`, if the table has it.
    pub fn find(&self, name: &str) -> Option<Symbol> {
        self.ids.get(name).copied()
    }

    /// The string behind a number of this table; empty for a number of another table.
    pub fn name(&self, symbol: Symbol) -> &str {
        self.names.get(symbol.0 as usize).map_or("", |name| name)
    }

    /// How many distinct strings the table holds.
    pub fn len(&self) -> usize {
        self.names.len()
    }

    /// Whether the table is empty.
    pub fn is_empty(&self) -> bool {
        self.names.is_empty()
    }
}
