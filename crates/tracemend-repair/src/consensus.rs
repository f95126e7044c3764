//! From many weighted fillings of one gap to one answer and the support of each of its events.
//!
//! The answer is the filling that agrees best with all others, weighted by their probability (minimum Bayes risk
//! under per-thread LCS, the measure of protocol `burst`), not simply the likeliest one. An event's support is the
//! weight of the fillings whose same thread has it in common by the longest common subsequence.

use crate::gap_context::InsertionPoint;
use crate::lcs::{lcs_length, matches};
use crate::model::EventTypes;
use crate::params::SearchParams;
use crate::search::Filling;
use rustc_hash::FxHashMap;
use tracemend_trace::{EventTypeId, ThreadKey};

/// The chosen filling.
#[derive(Clone, Debug)]
pub struct Consensus {
    /// Which filling was chosen.
    pub chosen: usize,
    /// Weights of the fillings compared, summing to 1; the rest count as nothing.
    pub weights: Vec<f64>,
    /// `[lost]` support of each event, 0 to 1.
    pub support: Vec<f32>,
    /// How far the fillings agree.
    pub(crate) agreement: Agreement,
}

/// A thread's events in one filling: places in the filling, and event types.
pub(crate) type ByThread = FxHashMap<ThreadKey, (Vec<u32>, Vec<EventTypeId>)>;

/// Groups a filling by thread, in each thread's own order.
pub(crate) fn by_thread(filling: &Filling, points: &[InsertionPoint], event_types: &EventTypes) -> ByThread {
    let mut order: Vec<u32> = (0..filling.placed.len() as u32).collect();
    order.sort_by_key(|&place| filling.placed[place as usize].0);
    let mut threads: ByThread = FxHashMap::default();
    for place in order {
        let (point, token) = filling.placed[place as usize];
        let thread = points[point as usize].thread;
        let (places, tokens) = threads.entry(thread).or_default();
        places.push(place);
        tokens.push(event_types.of(token));
    }
    threads
}

/// How far the likeliest fillings of one gap agree with each other.
#[derive(Clone, Debug)]
pub(crate) struct Agreement {
    /// `[filling][other]` for other < filling: summed length of the threads' longest common subsequences.
    common: Vec<Vec<usize>>,
    /// Length of the fillings, in events.
    lost: usize,
}

impl Agreement {
    /// Compares the likeliest fillings, as many as `params` allow for a gap of this length.
    pub(crate) fn new(
        fillings: &[Filling],
        points: &[InsertionPoint],
        event_types: &EventTypes,
        params: &SearchParams,
    ) -> Self {
        let lost = fillings.first().map_or(0, |filling| filling.placed.len());
        let threads: Vec<ByThread> = fillings[..fillings.len().min(params.compared_for(lost))]
            .iter()
            .map(|filling| by_thread(filling, points, event_types))
            .collect();
        let agreed = |one: &ByThread, other: &ByThread| -> usize {
            one.iter().filter_map(|(thread, (_, tokens))| Some(lcs_length(tokens, &other.get(thread)?.1))).sum()
        };
        let row = |i: usize| (0..i).map(|j| agreed(&threads[i], &threads[j])).collect();
        Self { common: (0..threads.len()).map(row).collect(), lost }
    }

    /// Number of fillings compared.
    pub(crate) fn len(&self) -> usize {
        self.common.len()
    }

    /// The filling of which most is expected to be right when the fillings have these weights; the first on ties.
    pub(crate) fn best(&self, weights: &[f64]) -> Option<usize> {
        let mut expected = vec![0.0; self.len()];
        for (i, row) in self.common.iter().enumerate() {
            expected[i] += weights[i] * self.lost as f64;
            for (j, &agreed) in row.iter().enumerate() {
                expected[i] += weights[j] * agreed as f64;
                expected[j] += weights[i] * agreed as f64;
            }
        }
        (0..self.len()).max_by(|&a, &b| expected[a].total_cmp(&expected[b]).then(b.cmp(&a)))
    }
}

/// Weights that sum to 1; all alike where there is no weight.
pub(crate) fn normalised(weights: impl Iterator<Item = f64>) -> Vec<f64> {
    let mut weights: Vec<f64> = weights.collect();
    let (total, count): (f64, usize) = (weights.iter().sum(), weights.len());
    weights.iter_mut().for_each(|weight| *weight = if total > 0.0 { *weight / total } else { 1.0 / count as f64 });
    weights
}

/// Chooses among fillings, the likeliest first. Returns `None` for no filling.
pub(crate) fn choose(
    fillings: &[Filling],
    points: &[InsertionPoint],
    event_types: &EventTypes,
    params: &SearchParams,
) -> Option<Consensus> {
    let agreement = Agreement::new(fillings, points, event_types, params);
    let compared = &fillings[..agreement.len()];
    let weights = normalised(compared.iter().map(|filling| filling.weight));
    let chosen = agreement.best(&weights)?;
    let own = by_thread(&compared[chosen], points, event_types);
    let mut support = vec![0f32; agreement.lost];
    for (number, (filling, weight)) in compared.iter().zip(&weights).enumerate() {
        if number == chosen {
            support.iter_mut().for_each(|support| *support += *weight as f32);
            continue;
        }
        let others = by_thread(filling, points, event_types);
        for (thread, (places, tokens)) in &own {
            let Some((_, others)) = others.get(thread) else {
                continue;
            };
            for matched in matches(tokens, others) {
                support[places[matched] as usize] += *weight as f32;
            }
        }
    }
    Some(Consensus { chosen, weights, support, agreement })
}
