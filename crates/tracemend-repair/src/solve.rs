//! Fills the gaps of one trace, before supports become probabilities.
//!
//! Gaps are filled independently and in parallel. Two gaps can share a stretch of one thread's sequence, each filled as if the
//! other were empty; so then, in order of time, a gap that shares a stretch with one before it is filled again with that one's
//! events in place.

use crate::call_rules::CallRules;
use crate::composition::{self, Counted};
use crate::consensus::{self, Consensus};
use crate::engine::Engine;
use crate::gap_context::GapContext;
use crate::imputed::{Filled, Imputed};
use crate::index::TraceIndex;
use crate::inferred::LostInterval;
use crate::insertion_points::gap_context;
use crate::length;
use crate::log_prob::LogProb;
use crate::model::{EventTypes, Token, TraceModel};
use crate::ngram_predictor::NgramPredictor;
use crate::options::{Progress, RepairOptions, with_threads};
use crate::search::{Caches, Filling, Length, Placed, search, share, shared_weights};
use crate::thread_imputer::ThreadImputer;
use crate::times::{Steps, estimate};
use crate::view::View;
use rayon::prelude::*;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use tracemend_trace::{Event, EventTypeId, Gap, Lost, StreamId, Symbol};

/// Gaps that an imputer fills at once. It is not interrupted between.
const AT_ONCE: usize = 64;

/// Reason reported for gaps skipped after an interrupt.
const INTERRUPTED: &str = "the repair was interrupted before this gap";
/// Reason reported for gaps with more lost events than the limit.
const TOO_MANY: &str =
    "more events were lost than can be named one by one; raise the limit, or record with a larger buffer";
/// Reason reported for gaps that nothing but unread lines speak for.
const UNREAD: &str =
    "all that is known of it are lines that could not be read, and nothing says that events were lost there";
/// Reason reported for gaps of unknown place and length.
const NOWHERE: &str = "neither where nor how many events were lost is known";
/// Reason reported for gaps in which perhaps nothing was lost.
const DOUBTFUL: &str = "it is not known whether anything was lost here";
/// Reason reported for gaps without an insertion point.
const NO_THREAD: &str = "no thread is known that could have run here";
/// Reason reported for gaps in which every hypothesis died.
const NO_FILLING: &str = "no possible sequence of events was found for it";

/// A gap filled, before supports become probabilities.
#[derive(Clone)]
pub struct Solution {
    /// What lies around the gap.
    pub context: GapContext,
    /// Fillings, the likeliest first.
    pub fillings: Vec<Filling>,
    /// The choice among them; `None` if the gap could not be filled.
    pub consensus: Option<Consensus>,
    /// Estimated times of the answer's events, ns.
    pub times: Option<Vec<i64>>,
    /// Expected counts.
    pub counted: Counted,
    /// How many events were lost.
    pub lost: LostInterval,
    /// CPU seconds of one thread that filling took.
    pub seconds: f64,
    /// Whether a [`ThreadImputer`] named its events.
    pub imputed: bool,
    /// Why the gap, or a part of it, was left open.
    pub left_open: Option<String>,
}

impl Solution {
    fn open(context: GapContext, lost: u64, reason: &str) -> Self {
        Self {
            context,
            fillings: Vec::new(),
            consensus: None,
            times: None,
            counted: Counted::default(),
            lost: LostInterval::exact(lost),
            seconds: 0.0,
            imputed: false,
            left_open: Some(reason.to_owned()),
        }
    }

    /// Draws the conclusions of other fillings.
    pub(crate) fn conclude(&mut self, fillings: Vec<Filling>, event_types: &EventTypes, steps: &Steps<'_>) {
        self.fillings = fillings;
        let background = std::mem::take(&mut self.counted.background);
        if let Some(choice) = Choice::new(&self.fillings, &self.context, event_types, background, steps) {
            let Choice { consensus, times, counted } = choice;
            (self.consensus, self.times, self.counted) = (Some(consensus), times, counted);
        }
    }

    /// What an imputer is asked about.
    pub(crate) fn filled(&self) -> Filled<'_> {
        Filled { context: &self.context, placed: self.placed() }
    }

    /// The answer's events.
    pub fn placed(&self) -> &[Placed] {
        self.consensus.as_ref().map_or(&[], |consensus| &consensus.placed)
    }
}

/// Fills gaps with a frozen model that has learned the trace and knows all its tokens. Returns one solution a gap, in order.
/// `imputer` names the events that each thread lost; without one the model does.
///
/// ```
/// use tracemend_repair::{RepairOptions, adapt, index::TraceIndex, solve, unwatched};
/// use tracemend_trace::{Format, Trace, TraceHeader};
///
/// let trace = Trace { header: TraceHeader::new(Format::Csv), events: Vec::new(), gaps: Vec::new() };
/// let options = RepairOptions::default();
/// let mut model = adapt(&trace, &trace.gaps, None, &options);
/// let index = TraceIndex::new(&trace, &mut model.tokens);
/// assert!(solve(&index, &trace.gaps, &model, None, &options, &unwatched).is_empty());
/// ```
pub fn solve(
    index: &TraceIndex<'_>,
    gaps: &[Gap],
    model: &TraceModel,
    imputer: Option<&dyn ThreadImputer>,
    options: &RepairOptions,
    progress: Progress<'_>,
) -> Vec<Solution> {
    let rules = CallRules::new(&model.tokens, &index.one_sided());
    let predictor = NgramPredictor::new(model, index);
    let engine = Engine { predictor: &predictor, model, rules: &rules, params: &options.params.search };
    let event_types = EventTypes::new(&model.tokens);
    let imputed =
        imputer.map(|imputer| Imputed::new(imputer, index, &model.tokens, &event_types, &rules, options.seed));
    let solver = Solver { engine, event_types: &event_types, imputed, options };
    let total = gaps.len();
    let done = AtomicUsize::new(0);
    let tools = || (Caches::new(engine), View::new(index));
    let fill_one = |(caches, view): &mut (Caches<'_>, View<'_>), gap: &Gap| {
        if progress(done.load(Ordering::Relaxed), total).is_break() {
            return Solution::open(GapContext::default(), gap.lost.count().unwrap_or(0), INTERRUPTED);
        }
        let solution = solver.fill(view, caches, gap);
        // Progress is reported for each gap; whether to go on is asked before the next.
        let _ = progress(done.fetch_add(1, Ordering::Relaxed) + 1, total);
        solution
    };
    let mut solutions: Vec<Solution> = if options.threads == 1 {
        // Without a pool: this may itself run on a worker, which would pick up other work while it waits.
        let mut tools = tools();
        gaps.iter().map(|gap| fill_one(&mut tools, gap)).collect()
    } else {
        with_threads(options.threads, || gaps.par_iter().map_init(tools, fill_one).collect())
    };
    let interrupted = || progress(total, total).is_break();
    for solutions in solutions.chunks_mut(AT_ONCE) {
        if !interrupted() {
            solver.impute(&View::new(index), solutions);
        }
    }
    solver.reconcile(index, gaps, &mut solutions, interrupted);
    solutions
}

/// Multiplies a second opinion into the weights of fillings, and sorts them again.
pub(crate) fn reweigh(fillings: &mut [Filling], opinions: &[LogProb]) {
    let log_weights: Vec<LogProb> =
        fillings.iter().zip(opinions).map(|(filling, &opinion)| LogProb::of(filling.weight) + opinion).collect();
    for (filling, weight) in fillings.iter_mut().zip(LogProb::normalised(&log_weights)) {
        filling.weight = weight;
    }
    // Stable: of equals the one that was likelier comes first.
    fillings.sort_by(|a, b| b.weight.total_cmp(&a.weight));
}

/// What follows from weighted fillings: the answer, when it happened, and the expected counts.
pub(crate) struct Choice {
    pub consensus: Consensus,
    pub times: Option<Vec<i64>>,
    pub counted: Counted,
}

impl Choice {
    /// `None` if there is no filling.
    pub(crate) fn new(
        fillings: &[Filling],
        context: &GapContext,
        event_types: &EventTypes,
        background: BTreeMap<EventTypeId, f64>,
        steps: &Steps<'_>,
    ) -> Option<Self> {
        let consensus = consensus::choose(fillings, &context.points, event_types, steps.params)?;
        let times = estimate(context, &consensus.placed, steps);
        // Which events a gap lost is better told by the joint search, and which thread lost how many by the threads' bridges: on real
        // losses counts over both are further from the truth.
        let weighted = fillings.iter().zip(shared_weights(fillings, &[1.0, 0.0, 0.0]));
        let counted = composition::count(weighted, context, event_types, background);
        Some(Self { consensus, times, counted })
    }
}

/// What all gaps of a trace are filled with.
struct Solver<'m> {
    engine: Engine<'m>,
    event_types: &'m EventTypes,
    imputed: Option<Imputed<'m>>,
    options: &'m RepairOptions,
}

impl<'m> Solver<'m> {
    fn fill(&self, view: &View<'_>, caches: &mut Caches<'_>, gap: &Gap) -> Solution {
        let begin = cpu_time::ThreadTime::now();
        let params = self.engine.params;
        caches.begin_gap();
        let context = gap_context(view, &self.engine, &mut *caches.session, gap);
        let announced = gap.lost.count().unwrap_or(0);
        if gap.is_doubtful() {
            return Solution::open(context, announced, DOUBTFUL);
        }
        if announced > self.options.max_lost {
            return Solution::open(context, announced, TOO_MANY);
        }
        if gap.lost == Lost::Unknown && gap.unread_lines.is_some() && !self.options.fill_damage {
            return Solution::open(context, announced, UNREAD);
        }
        if gap.lost == Lost::Unknown && gap.begin_ns.is_none() && gap.end_ns.is_none() {
            return Solution::open(context, announced, NOWHERE);
        }
        if context.points.is_empty() {
            return Solution::open(context, announced, NO_THREAD);
        }
        let (found, lost) = match gap.lost {
            Lost::Exact(lost) => {
                let found = search(&context, caches, Length::Exact(lost as usize), self.options.seed);
                (found, LostInterval::exact(lost))
            }
            _ => {
                let prior = length::prior(view, gap, &context, params);
                let found = search(&context, caches, Length::Unknown(&prior), self.options.seed);
                let lost = length::interval(&found.lengths);
                (found, lost)
            }
        };
        let mut fillings = found.fillings;
        if let Some(shares) = &self.engine.model.shares {
            share(&mut fillings, shares);
        }
        if let Some(opinions) = self.engine.predictor.rescore(&context, &fillings) {
            reweigh(&mut fillings, &opinions);
        }
        let background = composition::background(view, gap, self.event_types, params.background);
        let chosen = Choice::new(&fillings, &context, self.event_types, background, &self.engine.steps());
        let Some(Choice { consensus, times, counted }) = chosen else {
            return Solution::open(context, lost.value, NO_FILLING);
        };
        Solution {
            left_open: why_open(gap, consensus.placed.len()),
            consensus: Some(consensus),
            times,
            counted,
            lost,
            seconds: begin.elapsed().as_secs_f64(),
            imputed: false,
            context,
            fillings,
        }
    }

    /// Has the imputer, if there is one, name the events of solutions.
    fn impute(&self, view: &View<'_>, solutions: &mut [Solution]) {
        let Some(imputed) = &self.imputed else { return };
        let filled: Vec<Filled<'_>> = solutions.iter().map(Solution::filled).collect();
        let fillings = imputed.fillings(view, &filled);
        for (solution, fillings) in solutions.iter_mut().zip(fillings) {
            if let Some(fillings) = fillings {
                solution.conclude(fillings, self.event_types, &self.engine.steps());
                solution.imputed = true;
            }
        }
    }

    /// Fills gaps again that share a stretch of a thread with a gap before them, until `interrupted`.
    fn reconcile(
        &self,
        index: &TraceIndex<'_>,
        gaps: &[Gap],
        solutions: &mut [Solution],
        interrupted: impl Fn() -> bool,
    ) {
        let mut view = View::new(index);
        let mut caches: Option<Caches<'m>> = None;
        let mut order: Vec<usize> = (0..solutions.len()).collect();
        order.sort_by_key(|&gap| (solutions[gap].context.begin_ns, solutions[gap].context.end_ns, gap));
        for gap in order {
            if interrupted() {
                break;
            }
            if shares_a_stretch(&solutions[gap], &view) {
                let caches = caches.get_or_insert_with(|| Caches::new(self.engine));
                solutions[gap] = self.fill(&view, caches, &gaps[gap]);
                self.impute(&view, &mut solutions[gap..=gap]);
            }
            let accepted = self.events_of(&gaps[gap], &solutions[gap], &view);
            view.accept(accepted);
        }
    }

    /// The events of a filling as events of the trace.
    fn events_of(&self, gap: &Gap, solution: &Solution, view: &View<'_>) -> Vec<(Event, Token)> {
        let Some(times) = &solution.times else {
            return Vec::new();
        };
        solution
            .placed()
            .iter()
            .zip(times)
            .map(|(&(point, token), &time_ns)| {
                let point = &solution.context.points[point as usize];
                let witness = point.witness.map(|witness| view.event(witness));
                let event = Event {
                    time_ns,
                    stream: gap.stream.or(witness.map(|witness| witness.stream)).unwrap_or(StreamId(0)),
                    cpu: gap.cpu,
                    tid: witness.map_or(point.thread.tid(), |witness| witness.tid),
                    comm: witness.and_then(|witness| witness.comm),
                    // The token says what it is; a name of the model may be none of this trace's.
                    name: Symbol(u32::MAX),
                    phase: self.engine.model.tokens.kind(token).phase,
                    ret: None,
                    dur_ns: None,
                    offset: 0,
                    by_tracer: false,
                };
                (event, token)
            })
            .collect()
    }
}

/// Whether a filling put events where a gap before it has put some.
fn shares_a_stretch(solution: &Solution, view: &View<'_>) -> bool {
    let mut used: Vec<u16> = solution.placed().iter().map(|&(point, _)| point).collect();
    used.sort_unstable();
    used.dedup();
    used.iter().any(|&point| {
        let point = &solution.context.points[point as usize];
        view.has_inferred(point.thread, point.bounds_ns.0, point.bounds_ns.1)
    })
}

/// Why a gap has fewer events than it lost.
fn why_open(gap: &Gap, placed: usize) -> Option<String> {
    match gap.lost {
        Lost::Exact(lost) if placed as u64 >= lost => None,
        Lost::Exact(lost) => Some(format!(
            "{} of {lost} events found no place: entries and exits come in pairs, and perf counts records of its own as lost",
            lost - placed as u64
        )),
        _ if placed == 0 => Some("nothing was lost here, as far as can be told".to_owned()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::testing::{pairs, trace};
    use crate::options::unwatched;
    use crate::testing::cut;
    use tracemend_trace::{Cause, Trace};

    fn solved(trace: &Trace, options: &RepairOptions) -> (Vec<Solution>, TraceModel) {
        let mut model = TraceModel::default();
        model.learn(trace, 1);
        model.trie.freeze();
        let index = TraceIndex::new(trace, &mut model.tokens);
        let solutions = solve(&index, &trace.gaps, &model, None, options, &unwatched);
        (solutions, model)
    }

    #[test]
    fn the_answer_is_the_same_on_any_number_of_threads() {
        let mut damaged = pairs(1, &["open", "read", "close"], 300);
        for begin in [500, 350, 201] {
            damaged = cut(damaged, begin..begin + 10);
        }
        let placed = |threads| {
            let (solutions, _) = solved(&damaged, &RepairOptions { threads, ..RepairOptions::default() });
            solutions.iter().map(|solution| solution.placed().to_vec()).collect::<Vec<_>>()
        };
        assert_eq!(placed(1), placed(2));
        assert!(placed(1).iter().all(|placed| placed.len() == 10));
    }

    #[test]
    fn gaps_that_share_a_stretch_of_a_thread_do_not_fill_it_twice() {
        // Thread 1 moves between two CPUs, and both lose what it did in between: six calls of a loop of three.
        let names = ["open", "read", "close"];
        let calls: Vec<(u32, i32, &str)> =
            (0..600).map(|place| ((place / 3 % 2) as u32, 1, names[place % 3])).collect();
        let mut damaged = trace(&calls);
        let bounds =
            |first: usize, last: usize| (Some(damaged.events[first].time_ns), Some(damaged.events[last].time_ns));
        let gaps = [(StreamId(0), bounds(296, 306), 3), (StreamId(1), bounds(299, 309), 3)];
        damaged.gaps = gaps
            .into_iter()
            .enumerate()
            .map(|(id, (stream, (begin_ns, end_ns), lost))| Gap {
                stream: Some(stream),
                begin_ns,
                end_ns,
                ..Gap::new(id as u32, Lost::Exact(lost), Cause::Discarded, 0)
            })
            .collect();
        damaged.events.drain(300..306);
        let (solutions, model) = solved(&damaged, &RepairOptions { threads: 1, ..RepairOptions::default() });
        let mut names: Vec<&str> = solutions
            .iter()
            .flat_map(Solution::placed)
            .map(|&(_, token)| model.tokens.kind(token).name.as_str())
            .collect();
        names.sort_unstable();
        assert_eq!(names, ["close", "close", "open", "open", "read", "read"]);
    }

    #[test]
    fn unread_lines_are_filled_if_asked_for_and_by_as_many_events_at_most() {
        let mut damaged = cut(trace(&[(0, 1, "read"); 200]), 90..110);
        damaged.gaps[0].lost = Lost::Unknown;
        damaged.gaps[0].unread_lines = Some(2);
        let options = RepairOptions { threads: 1, ..RepairOptions::default() };
        let (solutions, _) = solved(&damaged, &options);
        assert_eq!((solutions[0].left_open.as_deref(), solutions[0].placed().len()), (Some(UNREAD), 0));
        let (solutions, _) = solved(&damaged, &RepairOptions { fill_damage: true, ..options });
        assert!((1..=2).contains(&solutions[0].placed().len()), "{}", solutions[0].placed().len());
        assert!(solutions[0].lost.high <= 2);
    }

    #[test]
    fn what_cannot_be_filled_says_why() {
        let damaged = cut(trace(&[(0, 1, "read"); 100]), 40..60);
        let options = RepairOptions { threads: 1, max_lost: 19, ..RepairOptions::default() };
        let (solutions, _) = solved(&damaged, &options);
        assert_eq!(solutions[0].left_open.as_deref(), Some(TOO_MANY));
        let mut empty = trace(&[]);
        empty.gaps = vec![Gap::new(0, Lost::Unknown, Cause::Discarded, 0)];
        let (solutions, _) = solved(&empty, &options);
        assert_eq!(solutions[0].left_open.as_deref(), Some(NOWHERE));
        empty.header.cpu_stream(0);
        empty.gaps = vec![Gap { stream: Some(StreamId(0)), ..Gap::new(0, Lost::Exact(3), Cause::Overwritten, 0) }];
        let (solutions, _) = solved(&empty, &options);
        assert_eq!(solutions[0].left_open.as_deref(), Some(NO_THREAD));
    }
}
