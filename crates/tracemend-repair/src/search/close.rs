//! The end of a gap: how well a hypothesis meets what is recorded after it.

use crate::log_prob::LogProb;
use crate::search::hypothesis::Hypothesis;
use crate::search::score::Scorer;

impl Scorer<'_, '_> {
    /// Score of a hypothesis that ends here: the second and third line of the equation in `score.rs`.
    pub fn close(&mut self, hypothesis: &Hypothesis) -> LogProb {
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
