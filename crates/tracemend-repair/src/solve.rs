//! Repair of all gaps of a trace.

use crate::annotate::{Known, present};
use crate::composition;
use crate::composition::Counted;
use crate::consensus;
use crate::consensus::Consensus;
use crate::index::TraceIndex;
use crate::inferred::GapRepair;
use crate::insertion_points::{GapContext, look_around};
use crate::length;
use crate::loss_intervals;
use crate::model::calibration::Calibration;
use crate::model::{CountsModel, Token};
use crate::search::caches::Caches;
use crate::search::{Filling, Length, Placed, SearchOptions, search};
use crate::times;
use crate::token_rules::{Role, TokenRules};
use crate::view::View;
use rayon::prelude::*;
use rustc_hash::FxHashMap;
use std::ops::ControlFlow;
use std::sync::atomic::{AtomicUsize, Ordering};
use tracemend_trace::rules::ThreadRules;
use tracemend_trace::{Event, Gap, Lost, Symbol, Trace};

/// As how many blackouts of the trace being repaired those of the training traces count in calibration: traces differ
/// in how far they can be predicted.
const ELSEWHERE: f64 = 20.0;
/// Why a gap was left open when nobody waited for it any more.
const INTERRUPTED: &str = "the repair was interrupted before this gap";
/// Gap lengths that training calibrates for.
const TRAINED_LENGTHS: [usize; 5] = [3, 10, 40, 168, 700];

/// How to repair.
#[derive(Clone, Debug)]
pub struct RepairOptions {
    /// Seed of the random samples.
    pub seed: u64,
    /// Worker threads; 0: one per core. The result is the same for any number.
    pub threads: usize,
    /// Random reconstructions beside the best one.
    pub samples: usize,
    /// Gaps that lost more events than this are left open.
    pub most: u64,
}

impl Default for RepairOptions {
    fn default() -> Self {
        Self { seed: 0, threads: 0, samples: 0, most: 20_000 }
    }
}

/// Told how many gaps are done of how many; [`ControlFlow::Break`] leaves the others open.
pub type Progress<'p> = &'p (dyn Fn(usize, usize) -> ControlFlow<()> + Sync);

/// A [`Progress`] that nobody watches.
pub fn unwatched(_done: usize, _total: usize) -> ControlFlow<()> {
    ControlFlow::Continue(())
}

/// Does a piece of work on this many threads (0: one per core), or on the present ones where no more can be had.
pub fn with_threads<T: Send>(threads: usize, work: impl FnOnce() -> T + Send) -> T {
    match rayon::ThreadPoolBuilder::new().num_threads(threads).build() {
        Ok(pool) => pool.install(work),
        Err(_) => work(),
    }
}

/// A gap filled, before its beliefs are turned into probabilities.
pub struct RawRepair {
    /// What lies around the gap.
    pub context: GapContext,
    /// Fillings, the likeliest first.
    pub fillings: Vec<Filling>,
    /// The choice among them; `None` if the gap could not be filled.
    pub consensus: Option<Consensus>,
    /// Events of the chosen filling that are kept: all but those that would break a thread's entry/exit rules.
    pub kept: Vec<bool>,
    /// Their estimated times.
    pub times: Option<Vec<i64>>,
    /// Expected counts.
    pub counted: Counted,
    /// Most likely, lowest and highest number of lost events.
    pub lost: (u64, u64, u64),
    /// CPU seconds of one thread it took.
    pub seconds: f64,
    /// Why nothing was filled in.
    pub left_open: Option<String>,
}

impl RawRepair {
    fn open(context: GapContext, lost: u64, reason: &str) -> Self {
        Self {
            context,
            fillings: Vec::new(),
            consensus: None,
            kept: Vec::new(),
            times: None,
            counted: Counted::default(),
            lost: (lost, lost, lost),
            seconds: 0.0,
            left_open: Some(reason.to_owned()),
        }
    }

    /// The chosen filling's events.
    pub fn placed(&self) -> &[Placed] {
        self.consensus.as_ref().map_or(&[], |consensus| &self.fillings[consensus.chosen].placed)
    }
}

/// Repairs all gaps of a trace: with a model and what the intact rest of the trace shows, or with the latter alone.
/// Answers are in the order of `trace.gaps`, and the same for any number of threads.
pub fn repair(
    trace: &Trace,
    model: Option<&CountsModel>,
    options: &RepairOptions,
    progress: Progress<'_>,
) -> Vec<GapRepair> {
    if trace.gaps.is_empty() {
        return Vec::new();
    }
    let holes = loss_intervals::holes(trace);
    let holed = loss_intervals::with_holes(trace, &holes);
    let mut learned = adapt(&holed, &holed.gaps, model, options);
    let (index, raw) = repair_raw(&holed, &holed.gaps, &mut learned, options, progress);
    let known =
        Known { view: View::new(&index), rules: TokenRules::new(&learned.tokens, &index.one_sided()), model: &learned };
    let repairs = holed.gaps.iter().zip(&raw).map(|(gap, raw)| present(gap, raw, &known, options)).collect();
    loss_intervals::by_gap(trace, &holes, repairs)
}

/// A model adapted to a trace: it has learned what is intact there, and its calibration counts blackouts there most.
pub fn adapt(trace: &Trace, gaps: &[Gap], model: Option<&CountsModel>, options: &RepairOptions) -> CountsModel {
    let lengths = crate::blackout::lengths_of(gaps);
    let own = crate::blackout::calibrate(trace, model, &lengths, options);
    let mut adapted = model.cloned().unwrap_or_default();
    let before = std::mem::replace(&mut adapted.calibration, own);
    adapted.calibration.merge_prior(&before, ELSEWHERE);
    adapted.learn(trace, 1);
    adapted
}

/// Learns from traces, and calibrates on blackouts of up to three of them, each repaired by a model of the others.
pub fn train(traces: &[&Trace], options: &RepairOptions) -> CountsModel {
    let mut model = CountsModel::default();
    for trace in traces {
        model.learn(trace, 1);
    }
    let calibrations: Vec<Calibration> = (0..traces.len().min(3))
        .into_par_iter()
        .map(|held_out| {
            let mut others = CountsModel::default();
            for (number, trace) in traces.iter().enumerate() {
                if number != held_out {
                    others.learn(trace, 1);
                }
            }
            let base = (traces.len() > 1).then_some(&others);
            crate::blackout::calibrate(traces[held_out], base, &TRAINED_LENGTHS, options)
        })
        .collect();
    for calibration in &calibrations {
        model.calibration.merge(calibration);
    }
    model
}

/// Fills the gaps with a model that has learned the trace, and leaves beliefs as they are.
pub fn repair_raw<'t>(
    trace: &'t Trace,
    gaps: &[Gap],
    model: &mut CountsModel,
    options: &RepairOptions,
    progress: Progress<'_>,
) -> (TraceIndex<'t>, Vec<RawRepair>) {
    model.trie.freeze();
    let index = TraceIndex::new(trace, &mut model.tokens);
    let model = &*model;
    let bare = model.tokens.bare();
    let total = gaps.len();
    let rules = TokenRules::new(&model.tokens, &index.one_sided());
    let tools = || (Caches::new(model, &rules), View::new(&index));
    let done = AtomicUsize::new(0);
    let fill_one = |(caches, view): &mut (Caches<'_>, View<'_>), gap: &Gap| {
        if progress(done.load(Ordering::Relaxed), total).is_break() {
            return RawRepair::open(GapContext::default(), gap.lost.count().unwrap_or(0), INTERRUPTED);
        }
        let raw = fill(view, caches, &bare, gap, options);
        // Whoever watches learns of each gap; whether to go on is asked before the next.
        let _ = progress(done.fetch_add(1, Ordering::Relaxed) + 1, total);
        raw
    };
    let mut raw: Vec<RawRepair> = if options.threads == 1 {
        // Without a pool: this may itself run on a worker, which would pick up other work while it waits.
        let mut tools = tools();
        gaps.iter().map(|gap| fill_one(&mut tools, gap)).collect()
    } else {
        with_threads(options.threads, || gaps.par_iter().map_init(tools, fill_one).collect())
    };
    reconcile(&index, model, &rules, gaps, &mut raw, options);
    (index, raw)
}

fn fill(view: &View<'_>, caches: &mut Caches<'_>, bare: &[u32], gap: &Gap, options: &RepairOptions) -> RawRepair {
    let begin = cpu_time::ThreadTime::now();
    let context = look_around(view, caches.model, caches.rules, gap);
    let announced = gap.lost.count().unwrap_or(0);
    if announced > options.most {
        return RawRepair::open(
            context,
            announced,
            "more events were lost than can be named one by one; raise the limit, or record with a larger buffer",
        );
    }
    if context.slots.is_empty() {
        return RawRepair::open(context, announced, "no thread is known that could have run here");
    }
    let (found, lost) = match gap.lost {
        Lost::Exact(lost) => {
            let found = search(
                &context,
                caches,
                Length::Exact(lost as usize),
                &SearchOptions::for_gap(lost as usize, options.seed),
            );
            (found, (lost, lost, lost))
        }
        _ => {
            let prior = length::prior(view, gap, &context);
            let found =
                search(&context, caches, Length::Unknown(&prior), &SearchOptions::for_gap(prior.len(), options.seed));
            let lost = length::interval(&found.lengths);
            (found, lost)
        }
    };
    let Some(consensus) = consensus::choose(&found.fillings, &context.slots, bare) else {
        return RawRepair::open(context, lost.0, "no possible sequence of events was found for it");
    };
    let placed = &found.fillings[consensus.chosen].placed;
    let counted =
        composition::count(&found.fillings, &context, caches.model, composition::background(view, gap, caches.model));
    RawRepair {
        times: times::estimate(&context, placed, caches.model),
        kept: vec![true; placed.len()],
        counted,
        lost,
        seconds: begin.elapsed().as_secs_f64(),
        left_open: why_open(gap, placed.len()),
        context,
        fillings: found.fillings,
        consensus: Some(consensus),
    }
}

/// Why a gap has fewer events than it lost.
fn why_open(gap: &Gap, placed: usize) -> Option<String> {
    match gap.lost {
        Lost::Exact(lost) if placed as u64 >= lost => None,
        Lost::Exact(_) if placed == 0 => Some("no possible sequence of events was found for it".to_owned()),
        Lost::Exact(lost) => Some(format!(
            "{} of {lost} events found no place: entries and exits come in pairs, and perf counts records of its own as lost",
            lost - placed as u64
        )),
        _ if placed == 0 => Some("nothing was lost here, as far as can be told".to_owned()),
        _ => None,
    }
}

/// Two gaps can share a hole of one thread, each filled without the other. In the order of the gaps: fill again what
/// a gap before has changed, and keep nothing that breaks a thread's rules.
fn reconcile(
    index: &TraceIndex<'_>,
    model: &CountsModel,
    rules: &TokenRules,
    gaps: &[Gap],
    raw: &mut [RawRepair],
    options: &RepairOptions,
) {
    let bare = model.tokens.bare();
    let mut view = View::new(index);
    let mut caches: Option<Caches<'_>> = None;
    let mut order: Vec<usize> = (0..raw.len()).collect();
    order.sort_by_key(|&gap| (raw[gap].context.begin_ns, raw[gap].context.end_ns, gap));
    for gap in order {
        let mut used: Vec<u16> = raw[gap].placed().iter().map(|&(slot, _)| slot).collect();
        used.sort_unstable();
        used.dedup();
        let shared = used.iter().any(|&slot| {
            let slot = &raw[gap].context.slots[slot as usize];
            slot.thread.is_some_and(|thread| view.has_inferred(thread, slot.hole_ns.0, slot.hole_ns.1))
        });
        if shared {
            let caches = caches.get_or_insert_with(|| Caches::new(model, rules));
            raw[gap] = fill(&view, caches, &bare, &gaps[gap], options);
        }
        raw[gap].kept = possible(model, rules, &raw[gap].context, raw[gap].placed());
        let impossible = raw[gap].kept.iter().filter(|&&kept| !kept).count();
        if impossible > 0 {
            raw[gap].left_open = Some(format!(
                "{impossible} of {} events would contradict what their thread does before or after",
                raw[gap].kept.len()
            ));
        }
        let accepted = events_of(&gaps[gap], &raw[gap], &view, model);
        view.accept(accepted);
    }
}

/// The kept events of a filling as events of the trace.
fn events_of(gap: &Gap, raw: &RawRepair, view: &View<'_>, model: &CountsModel) -> Vec<(Event, Token)> {
    let Some(times) = &raw.times else {
        return Vec::new();
    };
    raw.placed()
        .iter()
        .zip(times)
        .zip(&raw.kept)
        .filter(|&(_, &kept)| kept)
        .filter_map(|((&(slot, token), &time_ns), _)| {
            let slot = &raw.context.slots[slot as usize];
            slot.thread?;
            let witness = view.event(slot.witness);
            let event = Event {
                time_ns,
                stream: gap.stream.unwrap_or(witness.stream),
                cpu: gap.cpu,
                tid: witness.tid,
                comm: witness.comm,
                // The token says what it is; a name of the model may be none of this trace's.
                name: Symbol(u32::MAX),
                phase: model.tokens.kind(token).phase,
                ret: None,
                dur_ns: None,
                offset: 0,
            };
            Some((event, token))
        })
        .collect()
}

/// Which events of a filling do not contradict what their thread does before and after.
pub(crate) fn possible(model: &CountsModel, rules: &TokenRules, context: &GapContext, placed: &[Placed]) -> Vec<bool> {
    let mut kept = vec![true; placed.len()];
    let mut slots: FxHashMap<u16, Vec<usize>> = FxHashMap::default();
    for (place, &(slot, _)) in placed.iter().enumerate() {
        slots.entry(slot).or_default().push(place);
    }
    for (slot, places) in slots {
        let slot = &context.slots[slot as usize];
        let mut thread = ThreadRules::default();
        let mut observe = |token: Token| {
            let kind = model.tokens.kind(token);
            rules.role(token) == Role::Point || thread.observe(&kind.name, kind.phase).is_ok()
        };
        slot.before.iter().for_each(|&token| {
            observe(token);
        });
        let inside = places.iter().all(|&place| observe(placed[place].1));
        let next = slot.right.iter().find(|&&token| token >= crate::model::FIRST_EVENT);
        if !(inside && next.is_none_or(|&token| observe(token))) {
            places.iter().for_each(|&place| kept[place] = false);
        }
    }
    kept
}
