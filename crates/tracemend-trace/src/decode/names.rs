//! From bytes to symbols without allocating for a name seen before.

use super::arch::Arch;
use crate::{Symbol, Symbols};
use rustc_hash::FxHasher;
use std::hash::Hasher;

/// Longest name kept: hostile input must not fill the memory with names.
const MAX_NAME: usize = 255;
/// Maximum number of names kept apart; later new ones share [`OTHER`].
const MAX_NAMES: usize = 1 << 18;
/// The name of all names beyond [`MAX_NAMES`].
const OTHER: &str = "<other>";
/// Slots of the direct-mapped cache.
const SLOTS: usize = 512;

struct Slot {
    name: Box<[u8]>,
    symbol: Symbol,
}

/// Looks names up by their bytes, with the names used last in a small table of its own.
pub(crate) struct Names {
    slots: Vec<Option<Slot>>,
    calls: Vec<Option<Symbol>>,
    arch: Arch,
}

impl Names {
    pub(crate) fn new(arch: Arch) -> Self {
        Self { slots: (0..SLOTS).map(|_| None).collect(), calls: vec![None; 1024], arch }
    }

    /// Names calls by this machine's numbers from now on.
    pub(crate) fn set_arch(&mut self, arch: Arch) {
        self.arch = arch;
        self.calls.fill(None);
    }

    /// The symbol of `name`; bytes that are no UTF-8 are replaced, names over 255 bytes cut.
    pub(crate) fn symbol(&mut self, symbols: &mut Symbols, name: &[u8]) -> Symbol {
        let name = &name[..name.len().min(MAX_NAME)];
        let mut hasher = FxHasher::default();
        hasher.write(name);
        let slot = (hasher.finish() >> 40) as usize % SLOTS;
        if let Some(known) = &self.slots[slot]
            && *known.name == *name
        {
            return known.symbol;
        }
        let symbol = intern(symbols, &String::from_utf8_lossy(name));
        self.slots[slot] = Some(Slot { name: name.into(), symbol });
        symbol
    }

    /// The symbol of a system call number; `syscall_N` where the architecture has none of that number.
    pub(crate) fn call(&mut self, symbols: &mut Symbols, number: i64) -> Symbol {
        let slot = usize::try_from(number).unwrap_or(usize::MAX);
        if let Some(Some(known)) = self.calls.get(slot) {
            return *known;
        }
        let symbol = match self.arch.call_name(number) {
            Some(name) => intern(symbols, name),
            None => intern(symbols, &format!("syscall_{number}")),
        };
        if let Some(known) = self.calls.get_mut(slot) {
            *known = Some(symbol);
        }
        symbol
    }
}

fn intern(symbols: &mut Symbols, name: &str) -> Symbol {
    if symbols.len() >= MAX_NAMES && symbols.find(name).is_none() {
        return symbols.intern(OTHER);
    }
    symbols.intern(name)
}
