//! Counts of what followed long contexts: of a few lengths only, in a hash table.
//!
//! Threads repeat themselves in long stretches, so a context of thirty events often says what comes next where one of twelve does
//! not. A trie of all lengths would be large and would believe such a stretch once for every length; a few lengths hold what there
//! is to know. A context is known by a hash of what its tokens *mean* (name, phase, class), not of their numbers, so tables of
//! different models add up.

use crate::model::token::Token;
use rustc_hash::FxHashMap;
use std::collections::VecDeque;
use std::collections::hash_map::Entry;

/// Lengths of the contexts counted, in tokens, ascending.
pub(crate) const LENGTHS: [usize; 4] = [16, 20, 24, 32];
/// The longest of them.
pub(crate) const MAX_LENGTH: usize = LENGTHS[LENGTHS.len() - 1];
/// Base of the polynomial hash of a context: sum of h_i BASE^i, where h_0 belongs to the newest token. Odd, so no power vanishes.
const BASE: u64 = 0x9e37_79b9_7f4a_7c15;
/// No further follower.
const NONE: u32 = u32::MAX;

/// A hash of a context that grows towards the past, token by token.
#[derive(Clone, Copy, Debug)]
pub(crate) struct BackwardHash {
    sum: u64,
    power: u64,
}

impl BackwardHash {
    /// Of no token.
    pub(crate) const EMPTY: Self = Self { sum: 0, power: 1 };

    /// With one older token, known by its [`TokenTable::hash`](crate::model::TokenTable::hash).
    pub(crate) fn older(self, token_hash: u64) -> Self {
        Self { sum: self.sum.wrapping_add(token_hash.wrapping_mul(self.power)), power: self.power.wrapping_mul(BASE) }
    }

    /// What the table knows the context by, if it has the `index`th of [`LENGTHS`].
    pub(crate) fn key(self, index: usize) -> u64 {
        key(self.sum, index)
    }

    /// The hash itself.
    pub(crate) fn sum(self) -> u64 {
        self.sum
    }
}

/// Contexts of different lengths have different keys, and keys are spread evenly.
fn key(sum: u64, index: usize) -> u64 {
    let mut z = sum ^ (index as u64 + 1).wrapping_mul(0xd1b5_4a32_d192_ed03);
    z = (z ^ (z >> 32)).wrapping_mul(0xd6e8_feb8_6659_fd93);
    z ^ (z >> 32)
}

/// The last tokens of a sequence that is being learned.
#[derive(Clone, Debug)]
pub(crate) struct Past {
    /// Hashes of the sequence's beginnings, the longest last; at most one more than [`MAX_LENGTH`].
    beginnings: VecDeque<u64>,
}

impl Past {
    /// Nothing is known of what came before.
    pub(crate) fn unknown() -> Self {
        Self { beginnings: VecDeque::from([0]) }
    }

    fn push(&mut self, token_hash: u64) {
        if self.beginnings.len() > MAX_LENGTH {
            self.beginnings.pop_front();
        }
        let last = self.beginnings.back().copied().unwrap_or(0);
        self.beginnings.push_back(last.wrapping_mul(BASE).wrapping_add(token_hash));
    }

    /// Keys of its last tokens, for the lengths that it reaches.
    fn keys(&self) -> impl Iterator<Item = u64> + '_ {
        let newest = self.beginnings.len() - 1;
        LENGTHS.iter().enumerate().take_while(move |&(_, &length)| length <= newest).map(move |(index, &length)| {
            let before = self.beginnings[newest - length].wrapping_mul(BASE.wrapping_pow(length as u32));
            key(self.beginnings[newest].wrapping_sub(before), index)
        })
    }
}

#[derive(Clone, Copy, Debug)]
struct Row {
    token: Token,
    count: u32,
    /// Where the context's next follower stands in `more`.
    next: u32,
}

impl Row {
    /// Adds to the count if this is the token's row, and returns nothing; or else where the next row stands, which is `end`
    /// from now on if this was the last.
    fn add(&mut self, token: Token, count: u32, end: u32) -> Option<u32> {
        if self.token == token {
            self.count = self.count.saturating_add(count);
            return None;
        }
        if self.next == NONE {
            self.next = end;
        }
        Some(self.next)
    }
}

/// What followed long contexts, with counts.
#[derive(Clone, Debug, Default)]
pub(crate) struct LongContexts {
    /// The first follower of each context. Nearly all have one only.
    first: FxHashMap<u64, Row>,
    more: Vec<Row>,
}

impl LongContexts {
    /// Counts `token` as what followed `past`, in contexts of all lengths, and moves on.
    pub(crate) fn learn(&mut self, past: &mut Past, token: Token, token_hash: u64, weight: u32) {
        for key in past.keys() {
            self.add(key, token, weight);
        }
        past.push(token_hash);
    }

    fn add(&mut self, key: u64, token: Token, count: u32) {
        let new = Row { token, count, next: NONE };
        let end = self.more.len() as u32;
        let mut at = match self.first.entry(key) {
            Entry::Vacant(entry) => {
                entry.insert(new);
                return;
            }
            Entry::Occupied(entry) => match entry.into_mut().add(token, count, end) {
                Some(next) => next,
                None => return,
            },
        };
        while at != end {
            match self.more[at as usize].add(token, count, end) {
                Some(next) => at = next,
                None => return,
            }
        }
        self.more.push(new);
    }

    /// Whether anything followed a context.
    pub(crate) fn has(&self, key: u64) -> bool {
        self.first.contains_key(&key)
    }

    /// What followed a context, with counts, in the order of learning.
    pub(crate) fn followers(&self, key: u64) -> impl Iterator<Item = (Token, u32)> + '_ {
        let mut next = self.first.get(&key);
        std::iter::from_fn(move || {
            let row = next?;
            next = self.more.get(row.next as usize);
            Some((row.token, row.count))
        })
    }

    /// Adds another table. `map[token]` is the number here of a token there.
    pub(crate) fn merge(&mut self, other: &Self, map: &[Token]) {
        for &key in other.first.keys() {
            for (token, count) in other.followers(key) {
                self.add(key, map[token as usize], count);
            }
        }
    }

    /// The table that [`LongContexts::rows`] gives back: followers come in their order, not in that of learning.
    pub(crate) fn canonical(&self) -> Self {
        let mut table = Self::default();
        self.rows().into_iter().for_each(|(key, token, count)| table.add(key, token, count));
        table
    }

    /// All rows (key, token, count), by key, the most frequent follower first.
    pub(crate) fn rows(&self) -> Vec<(u64, Token, u32)> {
        let of = |&key| self.followers(key).map(move |(token, count)| (key, token, count));
        let mut rows: Vec<(u64, Token, u32)> = self.first.keys().flat_map(of).collect();
        rows.sort_unstable_by_key(|&(key, token, count)| (key, std::cmp::Reverse(count), token));
        rows
    }

    /// The table of such rows; an error says what is wrong with one.
    pub(crate) fn from_rows(rows: impl Iterator<Item = (u64, Token, u32)>, vocabulary: usize) -> Result<Self, String> {
        let mut table = Self::default();
        let mut before: Option<(u64, std::cmp::Reverse<u32>, Token)> = None;
        // Where the row before this one stands in `more`.
        let mut last: Option<usize> = None;
        for (place, (key, token, count)) in rows.enumerate() {
            let now = (key, std::cmp::Reverse(count), token);
            if before.is_some_and(|before| before >= now) {
                return Err(format!("row {place}: out of order"));
            }
            if token as usize >= vocabulary || count == 0 {
                return Err(format!("row {place}: no such token, or no count"));
            }
            let row = Row { token, count, next: NONE };
            if before.is_none_or(|before| before.0 != key) {
                table.first.insert(key, row);
                last = None;
            } else {
                let here = table.more.len();
                match last {
                    Some(last) => table.more[last].next = here as u32,
                    None => _ = table.first.entry(key).and_modify(|first| first.next = here as u32),
                }
                table.more.push(row);
                last = Some(here);
            }
            before = Some(now);
        }
        Ok(table)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn hash(token: Token) -> u64 {
        key(u64::from(token), 99)
    }

    proptest! {
        /// The slow twin compares the tokens themselves.
        #[test]
        fn followers_are_those_of_equal_tokens(tokens in proptest::collection::vec(0u32..2, 0..300)) {
            let mut table = LongContexts::default();
            let mut past = Past::unknown();
            for &token in &tokens {
                table.learn(&mut past, token, hash(token), 1);
            }
            for (index, length) in LENGTHS.into_iter().enumerate() {
                for end in length..tokens.len() {
                    let context = &tokens[end - length..end];
                    let hashed = context.iter().rev().fold(BackwardHash::EMPTY, |sum, &token| sum.older(hash(token)));
                    let mut found: Vec<(Token, u32)> = table.followers(hashed.key(index)).collect();
                    found.sort_unstable();
                    let follows = |next: Token| {
                        tokens.windows(length + 1).filter(|window| window[..length] == *context && window[length] == next).count()
                    };
                    let wanted: Vec<(Token, u32)> =
                        (0..2).map(|next| (next, follows(next) as u32)).filter(|&(_, count)| count > 0).collect();
                    prop_assert_eq!(found, wanted);
                }
            }
        }

        #[test]
        fn rows_give_the_table_back(tokens in proptest::collection::vec(0u32..3, 0..200)) {
            let mut table = LongContexts::default();
            let mut past = Past::unknown();
            tokens.iter().for_each(|&token| table.learn(&mut past, token, hash(token), 2));
            let read = LongContexts::from_rows(table.rows().into_iter(), 3).expect("rows in order");
            prop_assert_eq!(read.rows(), table.rows());
        }
    }
}
