//! Interned strings: event names and process names.

use rustc_hash::FxHashMap;

/// Number of a string in its [`Symbols`] table. Numbers count up from 0 in the order of first use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Symbol(pub u32);

/// Bytes of memory that a string takes besides its letters, in each of the two tables.
const ENTRY: usize = 32;

/// A table of distinct strings.
#[derive(Clone, Debug, Default)]
pub struct Symbols {
    names: Vec<Box<str>>,
    ids: FxHashMap<Box<str>, Symbol>,
    bytes: usize,
}

impl Symbols {
    /// The number of `name`. A new string gets the next number.
    pub fn intern(&mut self, name: &str) -> Symbol {
        if let Some(&id) = self.ids.get(name) {
            return id;
        }
        let id = Symbol(self.names.len() as u32);
        self.bytes += 2 * (name.len() + ENTRY);
        self.names.push(name.into());
        self.ids.insert(name.into(), id);
        id
    }

    /// The number of `name`, if the table has it.
    pub fn find(&self, name: &str) -> Option<Symbol> {
        self.ids.get(name).copied()
    }

    /// The string with this number; empty if the table has no such number.
    pub fn name(&self, symbol: Symbol) -> &str {
        self.names.get(symbol.0 as usize).map_or("", |name| name)
    }

    /// Bytes of memory that the table takes, roughly.
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// Number of distinct strings in the table.
    pub fn len(&self) -> usize {
        self.names.len()
    }

    /// Whether the table is empty.
    pub fn is_empty(&self) -> bool {
        self.names.is_empty()
    }
}
