//! A filled gap as it is told: names, times, probabilities, alternatives, intervals.

use crate::composition;
use crate::consensus::Consensus;
use crate::inferred::{Alternative, Composition, GapRepair, InferredEvent};
use crate::model::CountsModel;
use crate::model::calibration::Belief;
use crate::rng::SplitMix64;
use crate::search::Placed;
use crate::solve::{RawRepair, RepairOptions, possible};
use crate::times;
use crate::token_rules::TokenRules;
use crate::view::View;
use tracemend_trace::Gap;

/// Gaps with nothing recorded on one side are not calibrated (no blackout can be cut there that is like them), and
/// little of them can be known: their events get this share of the confidence that a gap with two sides would have.
const ONE_SIDED: f32 = 0.3;
/// What the filled gaps are told in terms of.
pub(crate) struct Known<'k> {
    pub view: View<'k>,
    pub rules: TokenRules,
    pub model: &'k CountsModel,
}

/// A filled gap with probabilities, intervals and names.
pub(crate) fn present(gap: &Gap, raw: &RawRepair, known: &Known<'_>, options: &RepairOptions) -> GapRepair {
    let calibration = &known.model.calibration;
    let composition = if raw.consensus.is_some() {
        composition::compose(gap, &raw.counted, &known.view, &raw.context, calibration, raw.lost)
    } else {
        Composition { lost: raw.lost.0, lost_low: raw.lost.1, lost_high: raw.lost.2, ..Composition::default() }
    };
    let mut rng = SplitMix64::new(options.seed, &["repair", &gap.id.to_string()]);
    let samples = (0..options.samples).map(|_| sample(gap, raw, known, &mut rng)).collect();
    GapRepair {
        gap: gap.clone(),
        events: chosen_events(gap, raw, known),
        composition,
        samples,
        left_open: raw.left_open.clone(),
    }
}

fn chosen_events(gap: &Gap, raw: &RawRepair, known: &Known<'_>) -> Vec<InferredEvent> {
    let calibration = &known.model.calibration;
    let Some(consensus) = &raw.consensus else {
        return Vec::new();
    };
    let placed = raw.placed();
    let mut events = Vec::with_capacity(placed.len());
    for (place, &this) in placed.iter().enumerate().filter(|&(place, _)| raw.kept[place]) {
        let belief = Belief { support: consensus.support[place], lost: placed.len(), place };
        let confidence = calibration.confidence(belief) * if gap.is_one_sided() { ONE_SIDED } else { 1.0 };
        let mut event = event(gap, raw, known, this, raw.times.as_ref().map(|times| times[place]));
        event.confidence = confidence;
        event.time_err_ns = event.time_ns.and_then(|_| {
            let width = gap.end_ns?.saturating_sub(gap.begin_ns?);
            Some((calibration.time_error(placed.len()) * width as f64) as i64)
        });
        event.alternatives = alternatives(raw, consensus, known, place, f64::from(1.0 - confidence));
        events.push(event);
    }
    events
}

fn event(gap: &Gap, raw: &RawRepair, known: &Known<'_>, (slot, token): Placed, time_ns: Option<i64>) -> InferredEvent {
    let kind = known.model.tokens.kind(token);
    let (tid, comm) = raw.context.slots[slot as usize].identity(&known.view);
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

/// What other fillings have at the same place, sharing the probability that the chosen event is wrong.
fn alternatives(
    raw: &RawRepair,
    consensus: &Consensus,
    known: &Known<'_>,
    place: usize,
    mass: f64,
) -> Vec<Alternative> {
    let what = |(slot, token): Placed| {
        let kind = known.model.tokens.kind(token);
        (raw.context.slots[slot as usize].identity(&known.view).0, kind.name.as_str(), kind.phase)
    };
    let chosen = what(raw.placed()[place]);
    let mut others = Vec::new();
    for (filling, &weight) in raw.fillings.iter().zip(&consensus.weights) {
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
        .take(5)
        .map(|((tid, name, phase), weight)| Alternative {
            name: name.to_owned(),
            tid,
            phase,
            probability: (mass * weight / total) as f32,
        })
        .collect()
}

fn sample(gap: &Gap, raw: &RawRepair, known: &Known<'_>, rng: &mut SplitMix64) -> Vec<InferredEvent> {
    let Some(consensus) = &raw.consensus else {
        return Vec::new();
    };
    let mut point = rng.next_u64() as f64 / u64::MAX as f64;
    let drawn = consensus
        .weights
        .iter()
        .position(|&weight| {
            point -= weight;
            point <= 0.0
        })
        .unwrap_or(0);
    let placed = &raw.fillings[drawn].placed;
    let times = times::estimate(&raw.context, placed, known.model);
    let kept = possible(known.model, &known.rules, &raw.context, placed);
    placed
        .iter()
        .enumerate()
        .filter(|&(place, _)| kept[place])
        .map(|(place, &this)| {
            let mut event = event(gap, raw, known, this, times.as_ref().map(|times| times[place]));
            event.confidence = consensus.weights[drawn] as f32;
            event
        })
        .collect()
}
