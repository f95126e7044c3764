//! A filled gap as it is reported: names, times, probabilities, alternatives, intervals.

use crate::composition::Composer;
use crate::consensus::Consensus;
use crate::durations::CallDurations;
use crate::index::TraceIndex;
use crate::inferred::{Composition, GapRepair, InferredEvent};
use crate::log_prob::draw;
use crate::model::calibration::Belief;
use crate::model::{EventTypes, TraceModel};
use crate::options::RepairOptions;
use crate::rng::SplitMix64;
use crate::search::Placed;
use crate::solve::Solution;
use crate::times::{Steps, estimate};
use crate::view::View;
use tracemend_trace::sink::Alternative;
use tracemend_trace::{Gap, Phase};

/// Reports the solutions of one trace.
pub(crate) struct Annotator<'a> {
    view: View<'a>,
    model: &'a TraceModel,
    event_types: EventTypes,
    durations: CallDurations,
    options: &'a RepairOptions,
}

/// What an alternative is: thread, name, phase.
type What<'a> = (Option<i32>, &'a str, Phase);

impl<'a> Annotator<'a> {
    /// `model`: the model that the gaps were filled with, calibrated.
    pub(crate) fn new(index: &'a TraceIndex<'a>, model: &'a TraceModel, options: &'a RepairOptions) -> Self {
        Self {
            view: View::new(index),
            model,
            event_types: EventTypes::new(&model.tokens),
            durations: CallDurations::new(index),
            options,
        }
    }

    fn steps(&self) -> Steps<'_> {
        Steps { timing: &self.model.timing, model_params: &self.model.params, params: &self.options.params.search }
    }

    /// A filled gap with probabilities, intervals and names.
    pub(crate) fn repair(&self, gap: &Gap, solution: &Solution) -> GapRepair {
        let lost = solution.lost;
        let composition = if solution.consensus.is_some() {
            let composer = Composer {
                view: &self.view,
                model: self.model,
                event_types: &self.event_types,
                durations: &self.durations,
                params: &self.options.params.search,
            };
            composer.compose(gap, &solution.counted, &solution.context, lost)
        } else {
            Composition { lost: lost.value, lost_low: lost.low, lost_high: lost.high, ..Composition::default() }
        };
        let mut random = SplitMix64::new(self.options.seed, &["repair", &gap.id.to_string()]);
        let samples = (0..self.options.samples).map(|_| self.sample(gap, solution, &mut random)).collect();
        GapRepair {
            gap: gap.clone(),
            events: self.chosen_events(gap, solution),
            composition,
            samples,
            left_open: solution.left_open.clone(),
            from_model: self.model.on_base,
            from_imputer: solution.imputed,
        }
    }

    fn chosen_events(&self, gap: &Gap, solution: &Solution) -> Vec<InferredEvent> {
        let Some(consensus) = &solution.consensus else {
            return Vec::new();
        };
        let (calibration, params) = (&self.model.calibration, &self.model.params);
        let placed = solution.placed();
        // No blackout can be cut that has nothing recorded on one side, so such gaps are not calibrated.
        let share = if gap.is_one_sided() { params.one_sided_share as f32 } else { 1.0 };
        let mut events = Vec::with_capacity(placed.len());
        for (place, &this) in placed.iter().enumerate() {
            let belief = Belief { support: consensus.support[place], lost: placed.len(), place };
            let confidence = calibration.confidence(belief, params) * share;
            let mut event = self.event(gap, solution, this, solution.times.as_ref().map(|times| times[place]));
            event.confidence = confidence;
            event.time_err_ns = event.time_ns.and_then(|_| {
                let width = gap.end_ns?.saturating_sub(gap.begin_ns?);
                Some((calibration.time_error(placed.len(), params) * width as f64) as i64)
            });
            event.alternatives = self.alternatives(solution, consensus, place, f64::from(1.0 - confidence));
            events.push(event);
        }
        events
    }

    fn event(&self, gap: &Gap, solution: &Solution, (point, token): Placed, time_ns: Option<i64>) -> InferredEvent {
        let kind = self.model.tokens.kind(token);
        let (tid, comm) = solution.context.points[point as usize].identity(&self.view);
        InferredEvent {
            time_ns,
            time_err_ns: None,
            cpu: gap.cpu,
            tid,
            comm,
            name: kind.name.clone(),
            phase: kind.phase,
            confidence: 0.0,
            alternatives: Vec::new(),
        }
    }

    /// What other fillings have at the same place; they share `mass`, the probability that the chosen event is wrong.
    fn alternatives(&self, solution: &Solution, consensus: &Consensus, place: usize, mass: f64) -> Vec<Alternative> {
        let what = |(point, token): Placed| -> What<'_> {
            let kind = self.model.tokens.kind(token);
            (solution.context.points[point as usize].identity(&self.view).0, kind.name.as_str(), kind.phase)
        };
        let chosen = what(solution.placed()[place]);
        let mut others: Vec<(What<'_>, f64)> = Vec::new();
        for (filling, &weight) in solution.fillings.iter().zip(&consensus.weights) {
            let Some(&other) = filling.placed.get(place) else {
                continue;
            };
            let other = what(other);
            if other == chosen {
                continue;
            }
            match others.iter_mut().find(|(known, _)| *known == other) {
                Some((_, sum)) => *sum += weight,
                None => others.push((other, weight)),
            }
        }
        let total: f64 = others.iter().map(|&(_, weight)| weight).sum();
        if total <= 0.0 {
            return Vec::new();
        }
        others.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
        others
            .into_iter()
            .take(self.options.params.search.alternatives)
            .map(|((tid, name, phase), weight)| Alternative {
                name: name.to_owned(),
                tid,
                phase,
                probability: (mass * weight / total) as f32,
            })
            .collect()
    }

    /// One filling drawn at random, by the fillings' weights.
    fn sample(&self, gap: &Gap, solution: &Solution, random: &mut SplitMix64) -> Vec<InferredEvent> {
        let Some(consensus) = &solution.consensus else {
            return Vec::new();
        };
        let drawn = draw(&consensus.weights, random);
        let placed = &solution.fillings[drawn].placed;
        let times = estimate(&solution.context, placed, &self.steps());
        placed
            .iter()
            .enumerate()
            .map(|(place, &this)| {
                let mut event = self.event(gap, solution, this, times.as_ref().map(|times| times[place]));
                event.confidence = consensus.weights[drawn] as f32;
                event
            })
            .collect()
    }
}
