//! How promising it is to stand in a context when a thread's recorded sequence must be met again.
//!
//! `h_r[a]` = the discounted expected number of times that the token after the slot follows, within `r`
//! further tokens, when the last token was `a`; by a first-order chain, backwards from the end:
//! `h_0[a] = P(R|a)`, `h_r[a] = P(R|a) + DISCOUNT * sum_b P(b|a) h_{r-1}[b]`.

use crate::model::{CountsModel, Token};
use rustc_hash::FxHashMap;
use std::rc::Rc;

/// Tokens looked ahead.
pub const HORIZON: usize = 24;
const DISCOUNT: f32 = 0.95;
const FLOOR: f32 = 1e-7;

/// First-order chain of a model and the potentials asked for so far.
pub struct Potentials {
    rows: Vec<Vec<(Token, f32)>>,
    counts: Vec<f32>,
    tables: FxHashMap<Token, Rc<Vec<f32>>>,
}

impl Potentials {
    /// The chain of a model.
    pub fn new(model: &CountsModel) -> Self {
        let vocabulary = model.tokens.len();
        let mut rows = vec![Vec::new(); vocabulary];
        let mut counts = vec![0.0; vocabulary];
        for (token, _, node) in model.trie.followers(crate::model::ROOT) {
            let total: u32 = model.trie.followers(node).map(|(_, count, _)| count).sum();
            counts[token as usize] = total as f32;
            rows[token as usize] = model
                .trie
                .followers(node)
                .filter(|&(_, count, _)| count > 0)
                .map(|(next, count, _)| (next, count as f32 / total as f32))
                .collect();
        }
        Self { rows, counts, tables: FxHashMap::default() }
    }

    /// Tokens that come right before `right`, with their share.
    pub fn before(&self, right: Token) -> Vec<(Token, f32)> {
        let mut before: Vec<(Token, f32)> = Vec::new();
        for (token, row) in self.rows.iter().enumerate() {
            if let Some(&(_, p)) = row.iter().find(|&&(next, _)| next == right) {
                before.push((token as Token, p * self.counts[token]));
            }
        }
        let total: f32 = before.iter().map(|&(_, share)| share).sum();
        before.iter_mut().for_each(|(_, share)| *share /= total);
        before
    }

    /// `[horizon + 1 or more, vocabulary]` potentials of meeting `right` again; `horizon` is at most [`HORIZON`].
    pub fn table(&mut self, right: Token, horizon: usize) -> Rc<Vec<f32>> {
        let vocabulary = self.rows.len();
        if let Some(table) = self.tables.get(&right)
            && table.len() > horizon * vocabulary
        {
            return table.clone();
        }
        let hit: Vec<f32> = self
            .rows
            .iter()
            .map(|row| row.iter().find(|&&(next, _)| next == right).map_or(FLOOR, |&(_, p)| p.max(FLOOR)))
            .collect();
        let mut table = hit.clone();
        for r in 1..=horizon {
            for (row, &hit) in self.rows.iter().zip(&hit) {
                let ahead: f32 = row.iter().map(|&(next, p)| p * table[(r - 1) * vocabulary + next as usize]).sum();
                table.push(hit + DISCOUNT * ahead);
            }
        }
        let table = Rc::new(table);
        self.tables.insert(right, table.clone());
        table
    }
}
