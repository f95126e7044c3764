//! Predictions for gaps in traces of many threads, scored against what was really lost.

use crate::baselines::Fill;
use crate::tally::{GapTally, Share, ThreadTally, composition_distance};
use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};
use std::io;
use tracemend_repair::lcs::{lcs_length, matches};
use tracemend_repair::model::{FIRST_EVENT, TokenTable};
use tracemend_trace::{Phase, ThreadKey, Trace};

/// An event in comparable terms: its thread, and the number of its event type in [`EventTypes`].
pub(crate) type ThreadEvent = (ThreadKey, u32);

/// Numbers for event types (name and phase), common to the truth and all predictions.
#[derive(Debug, Default)]
pub(crate) struct EventTypes {
    numbers: FxHashMap<(String, Phase), u32>,
    types: Vec<(String, Phase)>,
}

impl EventTypes {
    /// The number of no event type: for a token that stands for no event.
    pub(crate) const NONE: u32 = u32::MAX;

    /// The event types of these traces.
    pub(crate) fn of<'t>(traces: impl IntoIterator<Item = &'t Trace>) -> Self {
        let mut types = Self::default();
        for trace in traces {
            let mut known = rustc_hash::FxHashSet::default();
            for event in trace.events.iter().filter(|event| known.insert((event.name, event.phase))) {
                types.number(trace.header.symbols.name(event.name), event.phase);
            }
        }
        types
    }

    /// The number of an event type, given out now if it is new.
    pub(crate) fn number(&mut self, name: &str, phase: Phase) -> u32 {
        let next = self.types.len() as u32;
        *self.numbers.entry((name.to_owned(), phase)).or_insert_with_key(|event_type| {
            self.types.push(event_type.clone());
            next
        })
    }

    /// The number of an event type, or [`EventTypes::NONE`].
    pub(crate) fn find(&self, name: &str, phase: Phase) -> u32 {
        self.numbers.get(&(name.to_owned(), phase)).copied().unwrap_or(Self::NONE)
    }

    /// For each token of a table the number of its event type.
    pub(crate) fn of_tokens(&self, tokens: &TokenTable) -> Vec<u32> {
        let first = FIRST_EVENT as usize;
        let number = |(token, kind): (usize, &tracemend_repair::model::TokenKind)| match token < first {
            true => Self::NONE,
            false => self.find(&kind.name, kind.phase),
        };
        tokens.kinds().iter().enumerate().map(number).collect()
    }

    /// As [`EventTypes::of_tokens`]; gives out numbers for event types that are new.
    pub(crate) fn number_tokens(&mut self, tokens: &TokenTable) -> Vec<u32> {
        for kind in &tokens.kinds()[FIRST_EVENT as usize..] {
            self.number(&kind.name, kind.phase);
        }
        self.of_tokens(tokens)
    }

    fn named(&self, (thread, number): ThreadEvent) -> NamedEvent {
        let event_type = self.types.get(number as usize);
        NamedEvent {
            thread: thread.tid(),
            name: event_type.map(|(name, _)| name.clone()),
            phase: event_type.map(|(_, phase)| *phase),
        }
    }
}

/// A prediction for one gap.
#[derive(Debug, Default)]
pub(crate) struct TracePrediction {
    /// The predicted events, in order.
    pub(crate) events: Vec<ThreadEvent>,
    /// Which of them are right, see [`right`].
    pub(crate) right: Vec<bool>,
    /// The probability of each; `None` where the method gives none.
    pub(crate) confidence: Option<Vec<f32>>,
    /// Expected counts by event type, where the method has better ones than its events give.
    pub(crate) expected: Option<FxHashMap<u32, f64>>,
    /// Rows of the composition whose interval holds the true count, and all rows.
    pub(crate) coverage: Share,
    /// Whether it obeys the rules; `None` where that is not validated.
    pub(crate) valid: Option<bool>,
    pub(crate) seconds: f64,
}

impl TracePrediction {
    /// The prediction of a baseline. `types`: the event types of its tokens.
    pub(crate) fn of_baseline(fills: &[Fill], types: &[u32], truth: &[ThreadEvent], seconds: f64) -> Self {
        let event = |fill: &Fill| (fill.thread, types.get(fill.token as usize).copied().unwrap_or(EventTypes::NONE));
        let events: Vec<ThreadEvent> = fills.iter().map(event).collect();
        Self {
            // Without an event there is nothing that shows whether the method gives probabilities.
            confidence: fills.iter().map(|fill| fill.confidence).collect::<Option<_>>().filter(|_| !fills.is_empty()),
            right: right(&events, truth),
            events,
            seconds,
            ..Self::default()
        }
    }

    /// Scores the prediction.
    pub(crate) fn tally(&self, truth: &[ThreadEvent]) -> GapTally {
        let types = |events: &[ThreadEvent]| -> Vec<u32> { events.iter().map(|&(_, number)| number).collect() };
        let (flat, flat_truth) = (types(&self.events), types(truth));
        let lost = truth.len();
        let right = self.right.iter().filter(|&&right| right).count();
        let composition_tv = match &self.expected {
            // In order: floating-point sums depend on it.
            Some(expected) => {
                let mut expected: Vec<(u32, f64)> = expected.iter().map(|(number, count)| (*number, *count)).collect();
                expected.sort_unstable_by_key(|(number, _)| *number);
                composition_distance(flat_truth.iter().copied(), expected)
            }
            None => composition_distance(flat_truth.iter().copied(), flat.iter().map(|number| (*number, 1.0))),
        };
        let mut tally = GapTally {
            perfect: f64::from(u8::from(self.right.len() == lost && right == lost)),
            rouge_l: lcs_length(&flat, &flat_truth) as f64 / lost.max(1) as f64,
            composition_tv,
            threads: Some(ThreadTally {
                lcs: right as f64,
                coverage: self.coverage,
                validity: self.valid.map_or(Share::default(), Share::one),
            }),
            ..GapTally::of_gap()
        }
        .with_seconds(self.seconds);
        for (place, event) in truth.iter().enumerate() {
            tally.note_position(i64::from(event.1), self.events.get(place) == Some(event));
        }
        if let Some(confidence) = &self.confidence {
            tally.note_confidence(confidence.iter().copied().zip(self.right.iter().copied()));
        }
        tally
    }

    /// The prediction with names, to be written down.
    pub(crate) fn named(&self, gap: usize, truth: &[ThreadEvent], types: &EventTypes) -> GapPrediction {
        let confidence = |place: usize| self.confidence.as_ref().and_then(|all| all.get(place).copied());
        let event = |(place, (event, right)): (usize, (&ThreadEvent, &bool))| PredictedEvent {
            event: types.named(*event),
            probability: confidence(place),
            right: *right,
        };
        GapPrediction {
            gap,
            truth: truth.iter().map(|event| types.named(*event)).collect(),
            prediction: self.events.iter().zip(&self.right).enumerate().map(event).collect(),
        }
    }
}

/// Tells which predicted events are right: those on a longest common subsequence of their thread's truth.
pub(crate) fn right(events: &[ThreadEvent], truth: &[ThreadEvent]) -> Vec<bool> {
    let mut threads: FxHashMap<ThreadKey, (Vec<usize>, Vec<u32>)> = FxHashMap::default();
    for (place, &(thread, number)) in events.iter().enumerate() {
        let (places, numbers) = threads.entry(thread).or_default();
        places.push(place);
        numbers.push(number);
    }
    let mut right = vec![false; events.len()];
    for (thread, (places, numbers)) in &threads {
        let truth: Vec<u32> = truth.iter().filter(|(other, _)| other == thread).map(|&(_, number)| number).collect();
        for matched in matches(numbers, &truth) {
            right[places[matched]] = true;
        }
    }
    right
}

/// An event that was lost or inferred.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct NamedEvent {
    /// Its thread; null for an idle CPU's, and where the trace does not say.
    pub thread: Option<i32>,
    /// Its name; null for one that the method has no name for.
    pub name: Option<String>,
    /// Its phase; null where there is no name.
    pub phase: Option<Phase>,
}

/// A predicted event, compared with the truth.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PredictedEvent {
    /// The event.
    pub event: NamedEvent,
    /// Its calibrated probability; null for methods that give none.
    pub probability: Option<f32>,
    /// Whether it lies on a longest common subsequence of its thread's truth.
    pub right: bool,
}

/// One method's prediction for one gap.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct GapPrediction {
    /// Number of the gap.
    pub gap: usize,
    /// What was lost, in order.
    pub truth: Vec<NamedEvent>,
    /// What was predicted, in order.
    pub prediction: Vec<PredictedEvent>,
}

/// All predictions of one method for gaps of one length.
#[derive(Clone, Copy, Debug)]
pub struct GapPredictions<'a> {
    /// The protocol.
    pub protocol: &'a str,
    /// The name of the trace.
    pub data: &'a str,
    /// The method.
    pub method: &'a str,
    /// Length of the gaps in events; 0: real gaps of any length.
    pub blackout: usize,
    /// The predictions.
    pub predictions: &'a [GapPrediction],
}

/// Receives the predictions of every method.
pub type TakeGaps<'a> = &'a mut dyn FnMut(&GapPredictions<'_>) -> io::Result<()>;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metric::{Figures, Metric};
    use crate::tally::Totals;

    fn on(tid: i32, number: u32) -> ThreadEvent {
        (ThreadKey::Tid(tid), number)
    }

    fn figures(tallies: &[GapTally]) -> Figures {
        let mut totals = Totals::for_tallies(tallies);
        tallies.iter().for_each(|tally| totals.add(tally, 1.0));
        totals.figures()
    }

    fn predicted(events: &[ThreadEvent], confidence: &[f32], truth: &[ThreadEvent]) -> GapTally {
        let events = events.to_vec();
        let right = right(&events, truth);
        let confidence = Some(confidence.to_vec());
        TracePrediction { right, events, confidence, ..TracePrediction::default() }.tally(truth)
    }

    #[test]
    fn metrics_of_threads_by_hand() {
        // Threads 1 and 2. Thread 1 lost types 0 and 1, thread 2 types 0 and 2; predicted: one event less.
        let truth = [on(1, 0), on(2, 0), on(1, 1), on(2, 2)];
        let first = predicted(&[on(1, 0), on(1, 1), on(2, 2)], &[0.95, 0.9, 0.5], &truth);
        // A gap of one event, wholly right and sure of it.
        let second = predicted(&[on(1, 5)], &[0.99], &[on(1, 5)]);
        // A gap that nothing is predicted for.
        let third = predicted(&[], &[], &[on(3, 0)]);
        let found = figures(&[first, second, third]);
        let close = |metric: Metric, want: f64| {
            let got = found.get(metric).expect("measured");
            assert!((got - want).abs() < 1e-9, "{metric}: {got} != {want}");
        };
        close(Metric::ThreadLcs, 4.0 / 6.0);
        // One of four positions is right, then one of one and none of one.
        close(Metric::Accuracy, 2.0 / 6.0);
        close(Metric::PerfectRate, 1.0 / 3.0);
        // Flat: 0 1 2 of 0 0 1 2, 5 of 5, nothing of 0.
        close(Metric::RougeL, (0.75 + 1.0 + 0.0) / 3.0);
        // Half of one missing event by the truth's length: 0.5 / 4, 0, and 0.5 / 1.
        close(Metric::CompositionTv, (0.125 + 0.0 + 0.5) / 3.0);
        // Type 0: 1 of 3 right, types 1 and 2: 0 of 1, type 5: 1 of 1.
        close(Metric::MacroAccuracy, (1.0 / 3.0 + 1.0) / 4.0);
        close(Metric::PrecisionAt90, 1.0);
        // Three sure and right events of six lost ones.
        close(Metric::RecallAt90, 0.5);
        assert_eq!(found.get(Metric::WithinOne), None);
        assert_eq!((found.get(Metric::Coverage), found.get(Metric::Validity)), (None, None));
    }

    #[test]
    fn a_gap_left_empty_counts_as_not_recalled() {
        let fill = |confidence| Fill { thread: ThreadKey::Tid(1), token: 2, confidence };
        let tally =
            |fills: &[Fill]| TracePrediction::of_baseline(fills, &[0, 1, 7], &[on(1, 7)], 0.0).tally(&[on(1, 7)]);
        let sure = figures(&[tally(&[fill(Some(0.95))]), tally(&[])]);
        assert_eq!((sure.get(Metric::RecallAt90), sure.get(Metric::ThreadLcs)), (Some(0.5), Some(0.5)));
        // A method without probabilities has no recall, whatever it leaves empty.
        assert_eq!(figures(&[tally(&[fill(None)]), tally(&[])]).get(Metric::RecallAt90), None);
    }

    #[test]
    fn expected_counts_are_divided_by_the_true_length() {
        let expected: FxHashMap<u32, f64> = [(0, 1.5), (1, 1.0)].into_iter().collect();
        let tally =
            TracePrediction { expected: Some(expected), ..TracePrediction::default() }.tally(&[on(1, 0), on(1, 0)]);
        // |2 - 1.5| + |0 - 1| = 1.5, half of it by two lost events.
        assert!((tally.composition_tv - 0.375).abs() < 1e-12);
    }
}
