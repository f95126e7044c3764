//! Adding one model to another.

use crate::model::ngram_trie::{ContextTrie, Node, ROOT};
use crate::model::scheduler::{LAST_TOKEN, SchedulerModel, TOKEN_SHIFTS};
use crate::model::timing::{Pauses, Timing};
use crate::model::token::Token;
use crate::model::trace_model::TraceModel;

impl TraceModel {
    /// Adds another model. The result is the model that learns the traces of both, this one's first.
    /// `(a + b) + c` equals `a + (b + c)`, up to the numbers of nodes.
    pub fn merge(&mut self, other: &Self) {
        let map: Vec<Token> = other.tokens.kinds().iter().map(|kind| self.tokens.intern(kind.clone())).collect();
        self.trie.merge(&other.trie, &map);
        self.long.merge(&other.long, &map);
        self.scheduler.merge(&other.scheduler, &map);
        self.timing.merge(&other.timing, &map);
        self.calibration.merge(&other.calibration);
        self.events = self.events.saturating_add(other.events);
    }
}

impl ContextTrie {
    /// Adds another trie. `map[token]` is the number here of a token there.
    fn merge(&mut self, other: &Self, map: &[Token]) {
        let mut parents: Vec<Node> = vec![ROOT; other.len()];
        for node in 0..other.len() as Node {
            for child in other.children(node) {
                parents[child as usize] = node;
            }
        }
        // A node's number is higher than those of its parent and of its link.
        let mut place: Vec<Node> = Vec::with_capacity(other.len());
        for node in 0..other.len() as Node {
            let from = other.node(node);
            let here = if node == ROOT {
                ROOT
            } else {
                let parent = place[parents[node as usize] as usize];
                let link = place[from.link as usize];
                let here = self.child_or_insert(parent, map[from.token as usize], link);
                let parent = self.node_mut(parent);
                parent.total = parent.total.saturating_add(from.count);
                here
            };
            place.push(here);
            let to = self.node_mut(here);
            to.count = to.count.saturating_add(from.count);
            to.followed = to.followed.saturating_add(from.followed);
            to.switched = to.switched.saturating_add(from.switched);
            to.depth = from.depth;
        }
    }
}

impl SchedulerModel {
    fn merge(&mut self, other: &Self, map: &[Token]) {
        for (&key, &(chosen, present)) in &other.table {
            let sum = self.table.entry(renumbered(key, map)).or_default();
            sum.0 = sum.0.saturating_add(chosen);
            sum.1 = sum.1.saturating_add(present);
        }
    }
}

/// A key with the tokens in it renumbered.
fn renumbered(key: u64, map: &[Token]) -> u64 {
    let level = (key >> crate::model::scheduler::LEVEL_SHIFT) as usize;
    TOKEN_SHIFTS.iter().take(level).fold(key, |key, &shift| {
        let token = key >> shift & u64::from(LAST_TOKEN);
        let new = map.get(token as usize).map_or(LAST_TOKEN, |&new| new.min(LAST_TOKEN));
        key & !(u64::from(LAST_TOKEN) << shift) | u64::from(new) << shift
    })
}

impl Timing {
    fn merge(&mut self, other: &Self, map: &[Token]) {
        for (token, pauses) in other.tokens.iter().enumerate().filter(|(_, pauses)| pauses.total > 0) {
            let token = map[token] as usize;
            if self.tokens.len() <= token {
                self.tokens.resize_with(token + 1, Pauses::default);
            }
            self.tokens[token].merge(pauses);
        }
        self.all.merge(&other.all);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::testing::{bytes, trace, traces};
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn merging_is_learning_in_turn(first in traces(), second in traces(), weight in 1u32..4) {
            let (mut both, mut a, mut b) = (TraceModel::default(), TraceModel::default(), TraceModel::default());
            both.learn(&first, 1);
            both.learn(&second, weight);
            a.learn(&first, 1);
            b.learn(&second, weight);
            a.merge(&b);
            prop_assert_eq!(bytes(&a), bytes(&both));
            let vocabulary = a.tokens.len();
            both.trie.freeze();
            a.trie.freeze();
            for comm in [None, Some("p0"), Some("p1")] {
                let (x, y) = (a.empty_state(comm, true), both.empty_state(comm, true));
                let next = |model: &TraceModel, state| model.trie.predict(state, vocabulary, 0.9, 4, &model.params);
                prop_assert_eq!(next(&a, x), next(&both, y));
            }
        }

        #[test]
        fn merging_is_associative(traces in proptest::collection::vec(traces(), 3)) {
            let models: Vec<TraceModel> = traces.iter().map(|trace| {
                let mut model = TraceModel::default();
                model.learn(trace, 1);
                model
            }).collect();
            let mut left = models[0].clone();
            left.merge(&models[1]);
            left.merge(&models[2]);
            let mut right = models[1].clone();
            right.merge(&models[2]);
            let mut first = models[0].clone();
            first.merge(&right);
            prop_assert_eq!(bytes(&left), bytes(&first));
        }
    }

    #[test]
    fn a_known_sum() {
        let mut a = TraceModel::default();
        a.learn(&trace(&[(0, 1, "read"), (0, 1, "write")]), 1);
        let mut b = TraceModel::default();
        b.learn(&trace(&[(0, 1, "poll"), (0, 1, "read"), (0, 1, "write")]), 2);
        a.merge(&b);
        let count = |name: &str| {
            let token = a.tokens.kinds().iter().position(|kind| kind.name == name).unwrap() as Token;
            a.trie.followers(ROOT).find(|&(t, _, _)| t == token).map(|(_, count, _)| count)
        };
        assert_eq!((count("read"), count("write"), count("poll")), (Some(3), Some(3), Some(2)));
        assert_eq!(a.events, 5);
    }
}
