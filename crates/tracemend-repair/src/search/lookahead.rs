//! Look-ahead: how promising it is to stand in a context when a thread's recorded sequence must be met again.
//!
//! `h_r[a]` is the discounted expected number of times that the recorded token R comes next within `r` further tokens, when the
//! last token was `a`. It is computed by a first-order chain, backwards from the end:
//! `h_0[a] = P(R|a)`, `h_r[a] = P(R|a) + discount * sum_b P(b|a) h_{r-1}[b]`.

use crate::model::{ROOT, Token, TraceModel};
use crate::params::SearchParams;
use rustc_hash::FxHashMap;
use std::rc::Rc;

/// The first-order chain of a model, and the tables made of it so far.
pub(super) struct Lookahead {
    /// `[vocabulary]` followers of each token with their probabilities.
    rows: Vec<Vec<(Token, f32)>>,
    /// `[vocabulary]` how often each token was followed by any.
    counts: Vec<f32>,
    tables: FxHashMap<Token, Rc<Vec<f32>>>,
    discount: f32,
    floor: f32,
}

impl Lookahead {
    /// The chain of a model.
    pub(super) fn new(model: &TraceModel, params: &SearchParams) -> Self {
        let vocabulary = model.tokens.len();
        let mut rows = vec![Vec::new(); vocabulary];
        let mut counts = vec![0.0; vocabulary];
        for (token, _, node) in model.trie.followers(ROOT) {
            let total: u32 = model.trie.followers(node).map(|(_, count, _)| count).sum();
            counts[token as usize] = total as f32;
            rows[token as usize] = model
                .trie
                .followers(node)
                .filter(|&(_, count, _)| count > 0)
                .map(|(next, count, _)| (next, count as f32 / total as f32))
                .collect();
        }
        let (discount, floor) = (params.lookahead_discount as f32, params.chain_floor as f32);
        Self { rows, counts, tables: FxHashMap::default(), discount, floor }
    }

    /// Tokens that come right before `right`, with their shares.
    pub(super) fn before(&self, right: Token) -> Vec<(Token, f32)> {
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

    /// `[horizon + 1 or more, vocabulary]` the `h_r` of meeting `right`.
    pub(super) fn table(&mut self, right: Token, horizon: usize) -> Rc<Vec<f32>> {
        let vocabulary = self.rows.len();
        if let Some(table) = self.tables.get(&right)
            && table.len() > horizon * vocabulary
        {
            return table.clone();
        }
        let floor = self.floor;
        let hit: Vec<f32> = self
            .rows
            .iter()
            .map(|row| row.iter().find(|&&(next, _)| next == right).map_or(floor, |&(_, p)| p.max(floor)))
            .collect();
        let mut table = hit.clone();
        for r in 1..=horizon {
            for (row, &hit) in self.rows.iter().zip(&hit) {
                let ahead: f32 = row.iter().map(|&(next, p)| p * table[(r - 1) * vocabulary + next as usize]).sum();
                table.push(hit + self.discount * ahead);
            }
        }
        let table = Rc::new(table);
        self.tables.insert(right, table.clone());
        table
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::testing::{token_of, trace};

    #[test]
    fn the_longer_one_may_wait_the_likelier_a_token_is_met() {
        // a b c a b c ...: after `a` the token `c` comes second, so it is met with one token to spare and not without.
        let calls: Vec<(u32, i32, &str)> = (0..300).map(|place| (0, 1, ["a", "b", "c"][place % 3])).collect();
        let mut model = TraceModel::default();
        model.learn(&trace(&calls), 1);
        let params = SearchParams::default();
        let mut lookahead = Lookahead::new(&model, &params);
        let [a, b, c] = ["a", "b", "c"].map(|name| token_of(&model, name));
        let (table, vocabulary) = (lookahead.table(c, 3), model.tokens.len());
        let h = |r: usize, token: Token| table[r * vocabulary + token as usize];
        assert_eq!((h(0, a), h(0, b)), (params.chain_floor as f32, 1.0));
        assert!((h(1, a) - params.lookahead_discount as f32).abs() < 1e-3, "{}", h(1, a));
        // Programs count as predecessors, too; among tokens of events there is one.
        let before: Vec<Token> = lookahead.before(c).into_iter().map(|(token, _)| token).collect();
        assert!(before.contains(&b) && !before.contains(&a) && !before.contains(&c), "{before:?}");
    }
}
