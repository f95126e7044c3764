//! Adding one model to another.

use crate::model::ngram_trie::{ContextTrie, Node, ROOT};
use crate::model::scheduler::{LAST_TOKEN, SchedulerModel, TOKEN_SHIFTS};
use crate::model::timing::{Pauses, Timing};
use crate::model::token::Token;
use crate::model::trace_model::TraceModel;

impl TraceModel {
    /// Adds another model. The result is the model that learns the traces of both, this one's first. Neither the order nor the
    /// grouping of merges matters, up to the numbers of tokens and nodes, which [`TraceModel::canonical`] and the file make equal:
    /// everything is a sum of whole numbers, and one that would be too large stays at the largest.
    ///
    /// ```
    /// use tracemend_repair::model::TraceModel;
    ///
    /// let mut sum = TraceModel::default();
    /// sum.merge(&TraceModel::default());
    /// assert_eq!(sum.events, 0);
    /// ```
    pub fn merge(&mut self, other: &Self) {
        let map: Vec<Token> = other.tokens.kinds().iter().map(|kind| self.tokens.intern(kind.clone())).collect();
        self.trie.merge(&other.trie, &map);
        self.long.merge(&other.long, &map);
        self.scheduler.merge(&other.scheduler, &map);
        self.timing.merge(&other.timing, &map);
        self.calibration.merge(&other.calibration);
        self.events = self.events.saturating_add(other.events);
    }

    /// The same model as its file gives it back: tokens numbered by what they mean, not by when they were seen first.
    pub fn canonical(&self) -> Self {
        let (tokens, params) = (self.tokens.canonical(), self.params.clone());
        let mut same = Self { tokens, params, rescoring: self.rescoring, ..Self::default() };
        same.merge(self);
        same.long = same.long.canonical();
        same.trie.freeze();
        same
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
    use crate::model::calibration::{Belief, Rows, SHARES};
    use crate::model::testing::{bytes, trace, traces};
    use proptest::prelude::*;
    use proptest::sample::Index;
    use tracemend_trace::Trace;

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

        /// Random trees: two models of those left are merged, now and then by way of a file, until one is left.
        #[test]
        fn every_tree_of_merges_writes_the_same_bytes(
            leaves in proptest::collection::vec((traces(), blackouts()), 2..6),
            steps in proptest::collection::vec((any::<Index>(), any::<Index>(), any::<bool>()), 5),
        ) {
            let mut left: Vec<TraceModel> = leaves.iter().map(|(trace, blackouts)| learned(trace, blackouts)).collect();
            let mut in_turn = TraceModel::default();
            left.iter().for_each(|model| in_turn.merge(model));
            for (first, second, by_file) in steps {
                if left.len() == 1 {
                    break;
                }
                let mut sum = left.swap_remove(first.index(left.len()));
                sum.merge(&left.swap_remove(second.index(left.len())));
                left.push(if by_file { saved_and_loaded(&sum) } else { sum });
            }
            prop_assert_eq!(left.len(), 1);
            prop_assert_eq!(bytes(&left[0]), bytes(&in_turn));
        }

        #[test]
        fn a_model_in_memory_is_the_model_in_its_file(trace in traces(), blackouts in blackouts()) {
            let model = learned(&trace, &blackouts).canonical();
            let read = saved_and_loaded(&model);
            prop_assert_eq!(model.tokens.kinds(), read.tokens.kinds());
            prop_assert_eq!(&model.calibration, &read.calibration);
            prop_assert_eq!(model.trie.len(), read.trie.len());
            for node in 0..model.trie.len() as Node {
                let followers = |model: &TraceModel| model.trie.followers(node).collect::<Vec<_>>();
                prop_assert_eq!(followers(&model), followers(&read));
            }
            for (key, _, _) in model.long.rows() {
                let followers = |model: &TraceModel| model.long.followers(key).collect::<Vec<_>>();
                prop_assert_eq!(followers(&model), followers(&read));
            }
        }
    }

    /// What is noted of one blackout: support, events lost, whether that was right, an error.
    type Noted = (f32, usize, bool, f64);

    fn blackouts() -> impl Strategy<Value = Vec<Noted>> {
        proptest::collection::vec((0f32..1.0, 1usize..900, any::<bool>(), 0.0..3.0), 0..8)
    }

    fn learned(trace: &Trace, blackouts: &[Noted]) -> TraceModel {
        let mut model = TraceModel::default();
        model.learn(trace, 1);
        for &(support, lost, right, error) in blackouts {
            model.calibration.note_blackout(lost);
            model.calibration.note(Belief { support, lost, place: lost / 3 }, right);
            model.calibration.note_count(Rows::ByEvent, lost, 2.0 * error, 1.0, error);
            model.calibration.note_background(lost, [error; SHARES.len()]);
            model.calibration.note_time(lost, error / 7.0);
        }
        model
    }

    fn saved_and_loaded(model: &TraceModel) -> TraceModel {
        let folder = tempfile::tempdir().unwrap();
        model.save(&folder.path().join("model")).unwrap();
        TraceModel::load(&folder.path().join("model")).unwrap()
    }

    #[test]
    fn counts_stop_at_the_largest_in_whatever_order() {
        let calls = trace(&[(0, 1, "read"), (0, 1, "write"), (0, 2, "read"), (0, 1, "read"), (0, 1, "write")]);
        let models = [u32::MAX - 3, 2, u32::MAX / 2].map(|weight| {
            let mut model = TraceModel::default();
            model.learn(&calls, weight);
            model
        });
        let sum = |order: [usize; 3]| {
            let mut sum = models[order[0]].clone();
            order[1..].iter().for_each(|&next| sum.merge(&models[next]));
            bytes(&saved_and_loaded(&sum))
        };
        assert_eq!(sum([0, 1, 2]), sum([2, 0, 1]));
        assert_eq!(sum([0, 1, 2]), sum([1, 2, 0]));
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
