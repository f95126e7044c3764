//! A method that fills flat windows as one that fills threads' losses in a trace.
//!
//! A loss of up to half a window is filled at once, between what was recorded on both sides. A longer one is filled from both ends
//! inwards, in windows that overlap:
//!
//! ```text
//! recorded before [c c c c][1 1 1 1 ? ? ? ?]                                     window 1: the first quarter is kept
//!                                 [? ? ? ? 2 2 2 2][c c c c] recorded after      window 2: the last quarter is kept
//!                  [c c 1 1 1 1][3 3 3 3][2 2 2 2 c c]                           the rest, with those as context
//! ```

use crate::window::dataset::{Sequence, UNKNOWN, Vocabulary, phase_class, token_name};
use crate::window::imputer::{Imputation, Side, Window};
use crate::window::models::Model;
use rustc_hash::FxHashMap;
use std::collections::VecDeque;
use tracemend_repair::model::{EventTypes, ReturnClass};
use tracemend_repair::{Candidates, Shown, Stretch, ThreadImputer};
use tracemend_trace::{EventType, EventTypeId};

/// Fills threads' losses by a model of flat windows. It should have learned windows of single threads.
pub struct ThreadModel {
    model: Model,
    length: usize,
}

impl ThreadModel {
    /// `length`: events of the windows that the model is shown, 4 at least.
    pub fn new(model: Model, length: usize) -> Self {
        Self { model, length: length.max(4) }
    }
}

impl ThreadImputer for ThreadModel {
    fn reach(&self) -> usize {
        self.length
    }

    fn knows(&self, event_type: &EventType) -> bool {
        self.model.vocabulary.tokens.contains(&token_name(&event_type.name, event_type.phase))
    }

    fn impute(&self, event_types: &EventTypes, stretches: &[Stretch<'_>]) -> Vec<Vec<Candidates>> {
        let names = Names::new(event_types, &self.model.vocabulary);
        let processes = self.model.vocabulary.process_ids();
        let mut fills: Vec<Fill> = stretches.iter().map(|stretch| Fill::new(stretch, &names, &processes)).collect();
        loop {
            let cuts: Vec<(usize, Cut)> = fills
                .iter()
                .enumerate()
                .flat_map(|(number, fill)| fill.cuts(self.length).into_iter().map(move |cut| (number, cut)))
                .collect();
            if cuts.is_empty() {
                return fills.into_iter().map(Fill::candidates).collect();
            }
            let windows: Vec<Window<'_>> = cuts.iter().map(|(_, cut)| cut.window()).collect();
            for ((number, cut), answer) in cuts.iter().zip(self.model.imputer.impute_all(&windows)) {
                fills[*number].take(cut, &answer, &names);
            }
        }
    }
}

/// The trace's event types in the model's numbers, and the other way round.
struct Names {
    /// `[event type]` token; [`UNKNOWN`] where the model has none.
    to_model: Vec<u32>,
    /// `[token]` the event type of that name, if there is one.
    from_model: Vec<Option<EventTypeId>>,
    /// `[event type]` phase as [`Side::phase`] has it.
    phases: Vec<u8>,
}

impl Names {
    fn new(event_types: &EventTypes, vocabulary: &Vocabulary) -> Self {
        let ids = vocabulary.token_ids();
        let mut from_model = vec![None; vocabulary.tokens.len()];
        let mut to_model = Vec::with_capacity(event_types.all().len());
        for (number, event_type) in event_types.all().iter().enumerate() {
            let name = token_name(&event_type.name, event_type.phase);
            let token = ids.get(name.as_str()).copied().unwrap_or(UNKNOWN);
            if let Some(known) = from_model.get_mut(token as usize) {
                *known = known.or(Some(EventTypeId(number as u32)));
            }
            to_model.push(token);
        }
        let phases = event_types.all().iter().map(|event_type| phase_class(event_type.phase)).collect();
        Self { to_model, from_model, phases }
    }
}

/// An event of a window that is known, or was filled in before.
#[derive(Clone, Copy)]
struct Known {
    token: u32,
    side: Side,
    time_ns: i64,
}

/// Which part of a stretch a window fills.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
    /// All that is left.
    All,
    /// So many events at the left end are kept.
    Left(usize),
    /// So many events at the right end are kept.
    Right(usize),
}

/// A window that is to be filled.
struct Cut {
    part: Part,
    /// Events before the missing ones.
    before: usize,
    missing: usize,
    tokens: Vec<u32>,
    observed: Vec<bool>,
    side: Vec<Side>,
}

impl Cut {
    fn new(part: Part, before: &[&Known], missing: usize, after: &[&Known], thread: Side) -> Self {
        // What stands at a missing position is not looked at, but for what is known of the thread.
        let lost = Known { token: 0, side: thread, time_ns: 0 };
        let all = || {
            let known = |known: &&Known| **known;
            before.iter().map(known).chain(std::iter::repeat_n(lost, missing)).chain(after.iter().map(known))
        };
        let length = before.len() + missing + after.len();
        let observed: Vec<bool> = (0..length).map(|at| at < before.len() || at >= before.len() + missing).collect();
        let sequence = Sequence {
            tokens: all().map(|known| known.token).collect(),
            side: all().map(|known| known.side).collect(),
            time_ns: all().map(|known| known.time_ns).collect(),
            values: Vec::new(),
        };
        let side = sequence.sides(0..length, &observed);
        Self { part, before: before.len(), missing, tokens: sequence.tokens, observed, side }
    }

    fn window(&self) -> Window<'_> {
        Window { tokens: &self.tokens, observed: &self.observed, side: &self.side }
    }
}

/// A stretch that is being filled.
struct Fill {
    /// Events before what is still missing, oldest first.
    left: VecDeque<Known>,
    /// Events after it, oldest first.
    right: VecDeque<Known>,
    missing: usize,
    /// Found from the left, and from the right with the last one first.
    found: (Vec<Candidates>, Vec<Candidates>),
    /// What is known of every event of the thread.
    thread: Side,
}

impl Fill {
    fn new(stretch: &Stretch<'_>, names: &Names, processes: &FxHashMap<&str, u32>) -> Self {
        let rank = stretch.program.and_then(|program| processes.get(program)).map_or(0, |&rank| rank.saturating_add(1));
        let thread = Side { slot: 1, process: u8::try_from(rank).unwrap_or(u8::MAX), ..Side::default() };
        let known = |&Shown { event_type, class, time_ns }: &Shown| {
            let phase = names.phases.get(event_type.index()).copied().unwrap_or(0);
            let token = names.to_model.get(event_type.index()).copied().unwrap_or(UNKNOWN);
            Known { token, side: Side { phase, result: result(class), ..thread }, time_ns }
        };
        Self {
            left: stretch.before.iter().map(known).collect(),
            right: stretch.after.iter().map(known).collect(),
            missing: stretch.lost,
            found: Default::default(),
            thread,
        }
    }

    /// The windows to fill next, of `length` events at the most; none if nothing is missing.
    fn cuts(&self, length: usize) -> Vec<Cut> {
        let half = length / 2;
        let last = |count: usize| -> Vec<&Known> { self.left.range(self.left.len().saturating_sub(count)..).collect() };
        let first = |count: usize| -> Vec<&Known> { self.right.range(..self.right.len().min(count)).collect() };
        if self.missing == 0 {
            return Vec::new();
        }
        if self.missing <= half {
            // A side that has less leaves its room to the other.
            let room = length - self.missing;
            let after = (room / 2).max(room.saturating_sub(self.left.len())).min(self.right.len());
            return vec![Cut::new(Part::All, &last(room - after), self.missing, &first(after), self.thread)];
        }
        let (kept, context) = (half / 2, length - half);
        let mut cuts = Vec::new();
        // Nothing is known of a window without context.
        if !self.left.is_empty() || self.right.is_empty() {
            cuts.push(Cut::new(Part::Left(kept), &last(context), half, &[], self.thread));
        }
        if !self.right.is_empty() {
            cuts.push(Cut::new(Part::Right(kept), &[], half, &first(context), self.thread));
        }
        cuts
    }

    /// Takes the events of a filled window over.
    fn take(&mut self, cut: &Cut, answer: &Imputation, names: &Names) {
        let places = cut.before..cut.before + cut.missing;
        let kept = match cut.part {
            Part::All => places,
            Part::Left(kept) => places.start..places.start + kept,
            Part::Right(kept) => places.end - kept..places.end,
        };
        self.missing -= kept.len();
        let filled = |at: usize, time_ns: i64| {
            let token = answer.tokens.get(at).copied().unwrap_or(UNKNOWN);
            let event_type = names.from_model.get(token as usize).copied().flatten();
            let phase = event_type.map_or(0, |event_type| names.phases[event_type.index()]);
            Known { token, side: Side { phase, ..self.thread }, time_ns }
        };
        if let Part::Right(_) = cut.part {
            // When an event happened is not known; the next recorded one's time makes the pause after it none.
            let time_ns = self.right.front().map_or(0, |next| next.time_ns);
            let known: Vec<Known> = kept.clone().map(|at| filled(at, time_ns)).collect();
            known.into_iter().rev().for_each(|known| self.right.push_front(known));
            self.found.1.extend(kept.rev().map(|at| candidates(at, answer, names)));
        } else {
            let time_ns = self.left.back().map_or(0, |last| last.time_ns);
            let known: Vec<Known> = kept.clone().map(|at| filled(at, time_ns)).collect();
            self.left.extend(known);
            self.found.0.extend(kept.map(|at| candidates(at, answer, names)));
        }
    }

    /// `[lost event]` candidates.
    fn candidates(self) -> Vec<Candidates> {
        let (mut found, from_right) = self.found;
        found.extend(from_right.into_iter().rev());
        found
    }
}

/// What an answer says of one position, its choice first; without tokens that are none of the trace's event types.
fn candidates(at: usize, answer: &Imputation, names: &Names) -> Candidates {
    let of = |token: u32| names.from_model.get(token as usize).copied().flatten();
    let chosen = answer.tokens.get(at).copied().unwrap_or(UNKNOWN);
    let others = answer.alternatives.get(at).into_iter().flatten();
    let others = others.filter(|(token, _)| *token != chosen);
    let choice = of(chosen).map(|event_type| (event_type, answer.confidence(at)));
    choice.into_iter().chain(others.filter_map(|&(token, p)| Some((of(token)?, p)))).collect()
}

/// How a call ended, as [`Side::result`] has it.
fn result(class: ReturnClass) -> u8 {
    match class {
        ReturnClass::None => 1,
        ReturnClass::Error(_) => 2,
        ReturnClass::Zero => 3,
        ReturnClass::Positive => 4,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::window::imputer::Imputer;
    use tracemend_repair::model::{TokenKind, TokenTable};
    use tracemend_trace::Phase;

    /// A loop of three events: fills what is missing by the position of the nearest observed event.
    struct Loop;

    impl Imputer for Loop {
        fn name(&self) -> &str {
            "loop"
        }

        fn impute(&self, window: Window<'_>) -> Imputation {
            assert!(window.tokens.len() <= 8, "{}", window.tokens.len());
            let seen = |at: &usize| window.observed[*at];
            let near = |at: usize| (0..window.tokens.len()).filter(seen).min_by_key(|other| other.abs_diff(at));
            let token = |at: usize| near(at).map_or(0, |near| (window.tokens[near] + 30 + at as u32 - near as u32) % 3);
            let tokens: Vec<u32> =
                (0..window.tokens.len()).map(|at| if seen(&at) { window.tokens[at] } else { token(at) }).collect();
            let alternatives = (0..tokens.len())
                .map(|at| if seen(&at) { Vec::new() } else { vec![(9, 0.2), (tokens[at], 0.75)] })
                .collect();
            Imputation { tokens, alternatives }
        }
    }

    #[test]
    fn losses_of_any_length_are_filled_from_both_sides() {
        let mut table = TokenTable::default();
        let names = ["write", "open", "other", "read"];
        for name in names {
            table.intern(TokenKind { name: name.to_owned(), phase: Phase::Call, class: ReturnClass::Zero });
        }
        let event_types = EventTypes::new(&table);
        let of = |name: &str| event_types.all().iter().position(|one| one.name == name).expect("a type");
        let vocabulary =
            Vocabulary { tokens: ["open", "read", "write"].map(str::to_owned).to_vec(), processes: Vec::new() };
        let model = ThreadModel::new(Model { name: "loop".to_owned(), vocabulary, imputer: Box::new(Loop) }, 8);
        let known: Vec<bool> = event_types.all().iter().map(|event_type| model.knows(event_type)).collect();
        assert_eq!(known, [false, false, true, true, false, true]);
        let order = ["open", "read", "write"];
        let shown = |at: usize| Shown {
            event_type: EventTypeId(of(order[at % 3]) as u32),
            class: ReturnClass::Zero,
            time_ns: at as i64,
        };
        for lost in 1..40 {
            for (before, after) in [(9, 9), (2, 0), (0, 3), (1, 12)] {
                let stretch = Stretch {
                    program: Some("cat"),
                    before: (0..before).map(shown).collect(),
                    lost,
                    after: (before + lost..before + lost + after).map(shown).collect(),
                };
                let filled = model.impute(&event_types, &[stretch]).remove(0);
                let expected: Vec<Candidates> =
                    (before..before + lost).map(|at| vec![(shown(at).event_type, 0.75)]).collect();
                assert_eq!(filled, expected, "{lost} lost after {before} and before {after}");
            }
        }
    }
}
