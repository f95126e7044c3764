//! Tokens: what n-grams are made of.
//!
//! A token is an event type (name and phase) with the class of the return value. The class belongs to it because what a thread
//! does next depends on how its last call ended: a wait follows `recvfrom` = -EAGAIN.

use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};
use tracemend_trace::{Event, Phase, Symbol, Symbols};

/// Number of a token in its [`TokenTable`].
pub type Token = u32;

/// A thread ended (or was never seen again).
pub const END: Token = 0;
/// A thread began: the context of its first event.
pub(crate) const BEGIN: Token = 1;
/// Tokens below this are the two marks above, not events.
pub const FIRST_EVENT: Token = 2;

/// What the names of program tokens begin with; no event name does.
const PROGRAM: &str = "\0program:";

/// How a call ended, as far as it matters for what follows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum ReturnClass {
    /// No return value is known.
    None,
    /// Zero.
    Zero,
    /// Positive.
    Positive,
    /// A negative value: the error number for -1 to -4095.
    Error(i16),
}

impl ReturnClass {
    /// The class of a return value.
    pub(crate) fn of(ret: Option<i64>) -> Self {
        match ret {
            None => Self::None,
            Some(0) => Self::Zero,
            Some(value) if value > 0 => Self::Positive,
            Some(value) => Self::Error(value.max(-4096) as i16),
        }
    }
}

/// The parts of a token.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct TokenKind {
    /// Event name; empty for the two marks.
    pub name: String,
    /// Entry, exit, call or point.
    pub phase: Phase,
    /// Class of the return value.
    pub class: ReturnClass,
}

/// All tokens of a model, by number.
#[derive(Clone, Debug)]
pub struct TokenTable {
    kinds: Vec<TokenKind>,
    ids: FxHashMap<TokenKind, Token>,
    /// Of each token what [`TokenKind::hash`] says.
    hashes: Vec<u64>,
}

impl TokenKind {
    /// A hash that is the same in every table, on every machine, in every version: FNV-1a of the name and the other parts.
    fn hash(&self) -> u64 {
        let class = match self.class {
            ReturnClass::None => 1,
            ReturnClass::Zero => 2,
            ReturnClass::Positive => 3,
            ReturnClass::Error(number) => 0x1_0000 | u32::from(number.cast_unsigned()),
        };
        let phase = match self.phase {
            Phase::Entry => 1,
            Phase::Exit => 2,
            Phase::Call => 3,
            Phase::Point => 4,
        };
        let parts = self.name.bytes().chain([0, phase]).chain(class.to_le_bytes());
        let sum =
            parts.fold(0xcbf2_9ce4_8422_2325u64, |sum, byte| (sum ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3));
        (sum ^ (sum >> 29)).wrapping_mul(0xbf58_476d_1ce4_e5b9)
    }
}

impl Default for TokenTable {
    fn default() -> Self {
        let mut table = Self { kinds: Vec::new(), ids: FxHashMap::default(), hashes: Vec::new() };
        for (phase, class) in [(Phase::Exit, ReturnClass::None), (Phase::Entry, ReturnClass::None)] {
            table.intern(TokenKind { name: String::new(), phase, class });
        }
        table
    }
}

impl TokenTable {
    /// The table of these tokens; an error says what is wrong with them.
    pub(crate) fn from_kinds(kinds: Vec<TokenKind>) -> Result<Self, String> {
        let mut table = Self::default();
        if !kinds.starts_with(&table.kinds) {
            return Err("it does not begin with the marks".to_owned());
        }
        for (number, kind) in kinds.into_iter().enumerate() {
            if table.intern(kind) as usize != number {
                return Err(format!("token {number} is there twice"));
            }
        }
        Ok(table)
    }

    /// The number of a token, given out now if it is new.
    pub fn intern(&mut self, kind: TokenKind) -> Token {
        if let Some(&id) = self.ids.get(&kind) {
            return id;
        }
        let id = self.kinds.len() as Token;
        self.hashes.push(kind.hash());
        self.kinds.push(kind.clone());
        self.ids.insert(kind, id);
        id
    }

    /// The same tokens, numbered by what they mean: the marks, then events, then programs, each in the order of their parts.
    pub(crate) fn canonical(&self) -> Self {
        let mut kinds: Vec<&TokenKind> = self.kinds[FIRST_EVENT as usize..].iter().collect();
        kinds.sort_unstable_by_key(|kind| Self::rank(kind));
        let mut table = Self::default();
        kinds.into_iter().for_each(|kind| _ = table.intern(kind.clone()));
        table
    }

    /// Whether [`TokenTable::canonical`] would change nothing.
    pub(crate) fn is_canonical(&self) -> bool {
        self.kinds[FIRST_EVENT as usize..].is_sorted_by_key(Self::rank)
    }

    fn rank(kind: &TokenKind) -> (bool, &TokenKind) {
        (Self::is_program(kind), kind)
    }

    /// The token that stands for a program (by process name) in contexts.
    pub(crate) fn program(&mut self, comm: &str) -> Token {
        self.intern(TokenKind { name: format!("{PROGRAM}{comm}"), phase: Phase::Point, class: ReturnClass::None })
    }

    /// Whether a token stands for a program.
    pub(crate) fn is_program(kind: &TokenKind) -> bool {
        kind.name.starts_with(PROGRAM)
    }

    /// The token of a program, if the table has it.
    pub(crate) fn find_program(&self, comm: &str) -> Option<Token> {
        let kind = TokenKind { name: format!("{PROGRAM}{comm}"), phase: Phase::Point, class: ReturnClass::None };
        self.ids.get(&kind).copied()
    }

    /// The parts of a token of this table.
    pub fn kind(&self, token: Token) -> &TokenKind {
        &self.kinds[token as usize]
    }

    /// A hash of what a token of this table means, the same in every table.
    pub(crate) fn hash(&self, token: Token) -> u64 {
        self.hashes[token as usize]
    }

    /// All tokens in order, the two marks first.
    pub fn kinds(&self) -> &[TokenKind] {
        &self.kinds
    }

    /// How many tokens there are, marks included.
    pub fn len(&self) -> usize {
        self.kinds.len()
    }

    /// Whether the table is empty; it never is, since it holds the marks.
    pub fn is_empty(&self) -> bool {
        self.kinds.is_empty()
    }
}

/// Turns the events of one trace into tokens of a table without a string comparison per event.
#[derive(Default)]
pub(crate) struct Tokenizer {
    seen: FxHashMap<(Symbol, Phase, ReturnClass), Token>,
}

impl Tokenizer {
    /// The token of an event whose names are in `symbols`.
    pub(crate) fn token(&mut self, table: &mut TokenTable, symbols: &Symbols, event: &Event) -> Token {
        let class = ReturnClass::of(event.ret);
        *self.seen.entry((event.name, event.phase, class)).or_insert_with(|| {
            // Only programs begin with a NUL.
            let name = symbols.name(event.name).trim_start_matches('\0').to_owned();
            table.intern(TokenKind { name, phase: event.phase, class })
        })
    }
}
