//! The end of a gap: how well a hypothesis meets what is recorded after it.

use crate::log_prob::LogProb;
use crate::search::hypothesis::Hypothesis;
use crate::search::score::Scorer;

impl Scorer<'_, '_> {
    /// Score of a hypothesis that ends here: the second and third line of the equation in `score.rs`.
    pub(super) fn close(&mut self, hypothesis: &Hypothesis) -> LogProb {
        let points = &self.context.points;
        let mut score = hypothesis.score;
        for thread in &hypothesis.threads {
            let point = &points[thread.point as usize];
            score += self.caches.continuation(thread.context, &point.right)
                + LogProb::of(f64::from(self.caches.tail(thread.last, point)))
                - self.nothing_lost[thread.point as usize];
        }
        let (Some(next), Some(current)) = (self.context.next_thread, hypothesis.current) else {
            return score;
        };
        let current = current as usize;
        let (stay, leave, left_token) = self.stay_or_leave(hypothesis, current);
        if points[current].thread == next {
            return score + stay;
        }
        let number = points.iter().position(|point| point.thread == next);
        let hazard = number.map_or(self.params.unknown_next, |number| {
            let model = self.caches.engine.model;
            model.scheduler.hazard(&hypothesis.candidate(points, number), left_token, &model.params)
        });
        score + leave + LogProb::of(hazard)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::insertion_points::gap_context;
    use crate::model::testing::trace;
    use crate::search::caches::Caches;
    use crate::testing::{cut, with_engine};

    #[test]
    fn an_end_before_the_thread_recorded_next_is_likelier_than_one_before_another() {
        let calls: Vec<(u32, i32, &str)> =
            (0..400).map(|place| (0, 1 + place / 2 % 2, ["read", "write"][place as usize % 2])).collect();
        let damaged = cut(trace(&calls), 202..204);
        with_engine(&damaged, |view, engine| {
            let mut caches = Caches::new(engine);
            let context = gap_context(view, &engine, &mut *caches.session, &damaged.gaps[0]);
            let mut scorer = Scorer::new(&context, &mut caches, 2);
            let at = |tid: i32| {
                context.points.iter().position(|point| point.thread.tid() == Some(tid)).map(|point| point as u16)
            };
            let next = context.next_thread.and_then(|thread| thread.tid()).expect("an event follows");
            // Nothing was placed, so the thread that ran last is in the middle of its turn or at its end.
            let mut close = |tid: i32| scorer.close(&Hypothesis::empty(at(tid), context.begin_ns));
            assert!(close(next).0.is_finite());
            assert!(close(3 - next) < LogProb::CERTAIN);
        });
    }

    #[test]
    fn a_gap_at_the_end_of_the_trace_has_no_last_term() {
        let damaged = cut(trace(&[(0, 1, "read"); 300]), 290..300);
        with_engine(&damaged, |view, engine| {
            let mut caches = Caches::new(engine);
            let context = gap_context(view, &engine, &mut *caches.session, &damaged.gaps[0]);
            let mut scorer = Scorer::new(&context, &mut caches, 2);
            assert_eq!(context.next_thread, None);
            let empty = Hypothesis::empty(context.current.map(|point| point as u16), context.begin_ns);
            assert_eq!(scorer.close(&empty), LogProb::CERTAIN);
        });
    }
}
