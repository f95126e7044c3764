//! Answers to gaps of many threads, held against what was really lost.

use crate::baselines::Fill;
use crate::cells::summed;
use crate::measurement::RESAMPLES;
use crate::score::Detail;
use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};
use tracemend_repair::consensus::matches;
use tracemend_repair::lcs::lcs_length;
use tracemend_repair::model::{FIRST_EVENT, TokenTable};
use tracemend_repair::rng::SplitMix64;
use tracemend_trace::Phase;

/// Bins of the calibration error.
const BINS: usize = 15;

/// What is added up over gaps, for one gap.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Tally {
    pub(crate) lost: f64,
    pub(crate) thread_lcs: f64,
    pub(crate) positions: f64,
    pub(crate) perfect: f64,
    pub(crate) flat_lcs: f64,
    pub(crate) distance: f64,
    pub(crate) valid: f64,
    pub(crate) checked: f64,
    pub(crate) seconds: f64,
    pub(crate) rows: f64,
    pub(crate) covered: f64,
    /// Per bin: events, sum of confidences, right ones.
    pub(crate) bins: Option<Box<[[f64; 3]; BINS]>>,
    pub(crate) sure: f64,
    pub(crate) sure_right: f64,
    pub(crate) by_type: FxHashMap<u32, (f64, f64)>,
}

/// One answer to one gap, in comparable terms: thread and bare event number.
pub(crate) struct Answer {
    pub(crate) events: Vec<(i64, u32)>,
    pub(crate) right: Vec<bool>,
    pub(crate) confidence: Option<Vec<f32>>,
    /// Expected counts by event, where the method gives better ones than its events.
    pub(crate) expected: Option<FxHashMap<u32, f64>>,
    pub(crate) coverage: Option<(f64, f64)>,
    /// Whether it obeys the rules; `None`: the method does not look at them.
    pub(crate) valid: Option<bool>,
    pub(crate) seconds: f64,
}

/// An event that was lost or inferred.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TracedEvent {
    /// Its thread; null for an idle CPU's, and where the trace does not tell.
    pub thread: Option<i64>,
    /// Its name; null for one that the method has no name for.
    pub name: Option<String>,
    /// Its phase; null where there is no name.
    pub phase: Option<Phase>,
}

/// An inferred event, held against the truth.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TracedGuess {
    /// The event.
    pub event: TracedEvent,
    /// Its calibrated probability; null for methods that give none.
    pub probability: Option<f32>,
    /// Whether it lies on a longest common subsequence of its thread's truth.
    pub right: bool,
}

/// One method's answer to one gap of a trace of many threads.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TracedAnswer {
    /// Number of the gap.
    pub gap: usize,
    /// What was lost, in order.
    pub truth: Vec<TracedEvent>,
    /// What was inferred, in order.
    pub answer: Vec<TracedGuess>,
}

/// All answers of one method to gaps of one length.
#[derive(Clone, Copy, Debug)]
pub struct TracedAnswers<'a> {
    /// The protocol.
    pub protocol: &'a str,
    /// What the trace is called.
    pub data: &'a str,
    /// The method.
    pub method: &'a str,
    /// Length of the gaps in events; 0: real gaps of any length.
    pub blackout: usize,
    /// The answers.
    pub answers: &'a [TracedAnswer],
}

/// Gets the answers of every method.
pub type TakeTraced<'a> = &'a mut dyn FnMut(&TracedAnswers<'_>) -> std::io::Result<()>;

impl TracedEvent {
    pub(crate) fn new(thread: i64, kind: Option<&(String, Phase)>) -> Self {
        Self {
            thread: (thread >= 0).then_some(thread),
            name: kind.map(|(name, _)| name.clone()),
            phase: kind.map(|&(_, phase)| phase),
        }
    }
}

impl Answer {
    /// With names by `kinds`.
    pub(crate) fn traced(
        &self,
        gap: usize,
        truth: Vec<TracedEvent>,
        kinds: &FxHashMap<u32, &(String, Phase)>,
    ) -> TracedAnswer {
        let guess = |(place, (&(thread, kind), &right)): (usize, (&(i64, u32), &bool))| TracedGuess {
            event: TracedEvent::new(thread, kinds.get(&kind).copied()),
            probability: self.confidence.as_ref().and_then(|all| all.get(place).copied()),
            right,
        };
        TracedAnswer { gap, truth, answer: self.events.iter().zip(&self.right).enumerate().map(guess).collect() }
    }
}

/// What each number stands for.
pub(crate) fn named(numbers: &FxHashMap<(String, Phase), u32>) -> FxHashMap<u32, &(String, Phase)> {
    numbers.iter().map(|(kind, &number)| (number, kind)).collect()
}

pub(crate) fn numbers(tokens: &TokenTable, bare: &[u32]) -> FxHashMap<(String, Phase), u32> {
    tokens
        .kinds()
        .iter()
        .zip(bare)
        .skip(FIRST_EVENT as usize)
        .map(|(kind, &number)| ((kind.name.clone(), kind.phase), number))
        .collect()
}

/// Which of the answered events are right: by thread, those on a longest common subsequence with the truth.
pub(crate) fn right(events: &[(i64, u32)], truth: &[(i64, u32)]) -> Vec<bool> {
    let mut threads: FxHashMap<i64, (Vec<usize>, Vec<u32>)> = FxHashMap::default();
    for (place, &(thread, token)) in events.iter().enumerate() {
        let (places, tokens) = threads.entry(thread).or_default();
        places.push(place);
        tokens.push(token);
    }
    let mut right = vec![false; events.len()];
    for (thread, (places, tokens)) in &threads {
        let truth: Vec<u32> = truth.iter().filter(|(other, _)| other == thread).map(|&(_, token)| token).collect();
        for matched in matches(tokens, &truth) {
            right[places[matched]] = true;
        }
    }
    right
}

pub(crate) fn baseline_answer(fills: &[Fill], bare: &[u32], truth: &[(i64, u32)], seconds: f64) -> Answer {
    let events: Vec<(i64, u32)> = fills.iter().map(|fill| (fill.thread, bare[fill.token as usize])).collect();
    Answer {
        confidence: fills.iter().map(|fill| fill.confidence).collect(),
        right: right(&events, truth),
        events,
        expected: None,
        coverage: None,
        valid: None,
        seconds,
    }
}

pub(crate) fn tally(answer: &Answer, truth: &[(i64, u32)]) -> Tally {
    let lost = truth.len();
    let flat: Vec<u32> = answer.events.iter().map(|&(_, token)| token).collect();
    let flat_truth: Vec<u32> = truth.iter().map(|&(_, token)| token).collect();
    let mut counts: FxHashMap<u32, f64> = FxHashMap::default();
    flat_truth.iter().for_each(|&token| *counts.entry(token).or_default() += 1.0 / lost as f64);
    match &answer.expected {
        Some(expected) => {
            let total: f64 = expected.values().sum::<f64>().max(1e-9);
            expected.iter().for_each(|(&token, count)| *counts.entry(token).or_default() -= count / total);
        }
        None => flat.iter().for_each(|&token| *counts.entry(token).or_default() -= 1.0 / flat.len() as f64),
    }
    let mut tally = Tally {
        lost: lost as f64,
        thread_lcs: answer.right.iter().filter(|&&right| right).count() as f64,
        positions: answer.events.iter().zip(truth).filter(|(a, b)| a == b).count() as f64,
        perfect: f64::from(u8::from(answer.right.len() == lost && answer.right.iter().all(|&right| right))),
        flat_lcs: lcs_length(&flat, &flat_truth) as f64,
        distance: 0.5 * counts.values().map(|difference| difference.abs()).sum::<f64>(),
        valid: answer.valid.map_or(0.0, |valid| f64::from(u8::from(valid))),
        checked: f64::from(u8::from(answer.valid.is_some())),
        seconds: answer.seconds,
        rows: answer.coverage.map_or(0.0, |(rows, _)| rows),
        covered: answer.coverage.map_or(0.0, |(_, covered)| covered),
        ..Tally::default()
    };
    for (event, truth) in answer.events.iter().zip(truth) {
        let entry = tally.by_type.entry(truth.1).or_default();
        entry.0 += f64::from(u8::from(event == truth));
        entry.1 += 1.0;
    }
    if let Some(confidence) = &answer.confidence {
        let mut bins = Box::new([[0.0; 3]; BINS]);
        for (&confidence, &right) in confidence.iter().zip(&answer.right) {
            let right = f64::from(u8::from(right));
            let bin = &mut bins[((confidence * BINS as f32) as usize).min(BINS - 1)];
            *bin = [bin[0] + 1.0, bin[1] + f64::from(confidence), bin[2] + right];
            if confidence >= 0.9 {
                tally.sure += 1.0;
                tally.sure_right += right;
            }
        }
        tally.bins = Some(bins);
    }
    tally
}

/// All metrics of weighted gaps; `None` where there is nothing to measure.
fn figures<'a>(tallies: impl Iterator<Item = (&'a Tally, f64)>) -> Vec<(&'static str, Option<f64>)> {
    let mut gaps = 0.0;
    let mut sum = Tally::default();
    let mut bins = [[0.0; 3]; BINS];
    let mut binned = false;
    for (tally, times) in tallies {
        gaps += times;
        let fields: [(&mut f64, f64); 13] = [
            (&mut sum.lost, tally.lost),
            (&mut sum.thread_lcs, tally.thread_lcs),
            (&mut sum.positions, tally.positions),
            (&mut sum.perfect, tally.perfect),
            (&mut sum.flat_lcs, tally.flat_lcs),
            (&mut sum.distance, tally.distance),
            (&mut sum.valid, tally.valid),
            (&mut sum.checked, tally.checked),
            (&mut sum.seconds, tally.seconds),
            (&mut sum.rows, tally.rows),
            (&mut sum.covered, tally.covered),
            (&mut sum.sure, tally.sure),
            (&mut sum.sure_right, tally.sure_right),
        ];
        fields.into_iter().for_each(|(sum, value)| *sum += times * value);
        for (token, (right, all)) in &tally.by_type {
            let entry = sum.by_type.entry(*token).or_default();
            entry.0 += times * right;
            entry.1 += times * all;
        }
        if let Some(tally) = &tally.bins {
            binned = true;
            for (sum, bin) in bins.iter_mut().zip(tally.iter()) {
                (0..3).for_each(|part| sum[part] += times * bin[part]);
            }
        }
    }
    let share = |part: f64, of: f64| (of > 0.0).then(|| part / of);
    let answered: f64 = bins.iter().map(|bin| bin[0]).sum();
    let ece = bins.iter().map(|[_, confidence, right]| (confidence - right).abs()).sum::<f64>();
    let macro_sum: f64 = {
        // In a fixed order: floating-point sums depend on it.
        let mut types: Vec<_> = sum.by_type.iter().collect();
        types.sort_by_key(|(token, _)| **token);
        types.iter().map(|(_, (right, all))| right / all).sum()
    };
    vec![
        ("thread_lcs", share(sum.thread_lcs, sum.lost)),
        ("accuracy", share(sum.positions, sum.lost)),
        ("perfect_rate", share(sum.perfect, gaps)),
        ("rouge_l", share(sum.flat_lcs, sum.lost)),
        ("macro_accuracy", share(macro_sum, sum.by_type.len() as f64)),
        ("composition_tv", share(sum.distance, gaps)),
        ("coverage", share(sum.covered, sum.rows)),
        ("ece", if binned { share(ece, answered) } else { None }),
        ("precision_at_90", share(sum.sure_right, sum.sure)),
        ("validity", share(sum.valid, sum.checked)),
        ("seconds_per_gap", share(sum.seconds, gaps)),
    ]
}

/// Each metric that can be measured: its value and the ends of its 95 % bootstrap interval over gaps, and what lies behind.
/// The resamples depend on the number of gaps, `seed` and `lost` alone.
pub(crate) fn estimated(tallies: &[Tally], seed: u64, lost: usize) -> Vec<(&'static str, [f64; 3], Detail)> {
    let point = figures(tallies.iter().map(|tally| (tally, 1.0)));
    let mut random = SplitMix64::new(seed, &["bootstrap", &lost.to_string()]);
    let mut resampled: Vec<Vec<f64>> = vec![Vec::with_capacity(RESAMPLES); point.len()];
    for _ in 0..RESAMPLES {
        let mut times = vec![0.0; tallies.len()];
        (0..tallies.len()).for_each(|_| times[random.below(tallies.len())] += 1.0);
        let sample = figures(tallies.iter().zip(times).filter(|&(_, times)| times > 0.0));
        for (values, (_, value)) in resampled.iter_mut().zip(sample) {
            values.push(value.unwrap_or(f64::NAN));
        }
    }
    point
        .into_iter()
        .zip(resampled)
        .filter_map(|((metric, value), resampled)| {
            let mut sorted: Vec<f64> = resampled.iter().copied().filter(|value| !value.is_nan()).collect();
            sorted.sort_by(f64::total_cmp);
            let at = |share: f64| sorted.get(((sorted.len() as f64 - 1.0) * share).round() as usize).copied();
            let bins = if metric == "ece" {
                summed(tallies.iter().filter_map(|tally| Some(&tally.bins.as_deref()?[..])))
            } else {
                Vec::new()
            };
            Some((metric, [value?, at(0.025)?, at(0.975)?], Detail { resampled, bins }))
        })
        .collect()
}
