//! The threads' events as one row: who makes the next one.

use crate::model::Token;
use crate::rng::SplitMix64;
use crate::search::filling::Placed;
use crate::search::hypothesis::Hypothesis;
use crate::search::score::Scorer;
use std::collections::BTreeMap;

impl Scorer<'_, '_> {
    /// The rows of all points as one row of events.
    pub(super) fn turns(&mut self, rows: Vec<(u16, Vec<Token>)>, random: &mut SplitMix64) -> Vec<Placed> {
        let lost: usize = rows.iter().map(|(_, row)| row.len()).sum();
        let mut state = Hypothesis::empty(self.context.current.map(|point| point as u16), self.context.begin_ns);
        let mut rest: BTreeMap<u16, std::vec::IntoIter<Token>> =
            rows.into_iter().map(|(point, row)| (point, row.into_iter())).collect();
        let mut placed: Vec<Placed> = Vec::with_capacity(lost);
        while let Some(point) = self.whose_turn(&state, &rest, random) {
            let Some(token) = rest.get_mut(&point).and_then(Iterator::next) else {
                rest.remove(&point);
                continue;
            };
            if rest.get(&point).is_some_and(|row| row.len() == 0) {
                rest.remove(&point);
            }
            let number = point as usize;
            let (context, call) = state.stands(&self.context.points, number);
            let call = self.caches.engine.rules.after_inferred(call, token).unwrap_or(call);
            self.advance_thread(&mut state, number, token, context, call, placed.len() as u32);
            placed.push((point, token));
        }
        placed
    }

    /// Which of the points with events left is next; `None` if none is left.
    fn whose_turn(
        &mut self,
        state: &Hypothesis,
        rest: &BTreeMap<u16, std::vec::IntoIter<Token>>,
        random: &mut SplitMix64,
    ) -> Option<u16> {
        let mut left_token = self.context.left_token;
        if let Some(current) = state.current {
            let (_, leave, last) = self.stay_or_leave(state, current as usize);
            left_token = last;
            if rest.contains_key(&current) && random.unit() >= leave.probability() {
                return Some(current);
            }
        }
        let points = &self.context.points;
        let first_to_close = rest.keys().copied().min_by_key(|&point| points[point as usize].to_ns)?;
        // What closes first must not be passed over, least of all by the thread's own next point.
        let closes_ns = points[first_to_close as usize].to_ns;
        let open: Vec<(u16, f64)> = self
            .choices(state, left_token, usize::MAX)
            .into_iter()
            .map(|(point, log_p)| (point as u16, log_p.probability()))
            .filter(|(point, _)| rest.contains_key(point) && points[*point as usize].from_ns < closes_ns)
            .collect();
        Some(random.choose(&open, |choice| choice.1).map_or(first_to_close, |choice| choice.0))
    }
}
