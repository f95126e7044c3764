//! Repair of all gaps of a trace.

use crate::annotate::Annotator;
use crate::index::TraceIndex;
use crate::inferred::GapRepair;
use crate::learn::adapt_with;
use crate::loss_intervals::{by_gap, loss_intervals, with_loss_intervals};
use crate::model::TraceModel;
use crate::options::{Progress, RepairOptions, with_threads};
use crate::solve::solve;
use crate::thread_imputer::Imputing;
use tracemend_trace::Trace;

/// Repairs all gaps of a trace: with a model and what the intact rest of the trace shows, or with the latter alone. Returns one
/// repair for each of `trace.gaps`, in their order; it is the same for any number of threads.
///
/// ```
/// use tracemend_repair::{RepairOptions, repair, unwatched};
/// use tracemend_trace::{Format, Trace, TraceHeader};
///
/// let trace = Trace { header: TraceHeader::new(Format::Csv), events: Vec::new(), gaps: Vec::new() };
/// let repairs = repair(&trace, None, &RepairOptions::default(), &unwatched);
/// assert_eq!(repairs.len(), trace.gaps.len());
/// ```
pub fn repair(
    trace: &Trace,
    model: Option<&TraceModel>,
    options: &RepairOptions,
    progress: Progress<'_>,
) -> Vec<GapRepair> {
    repair_with(trace, model, None, options, progress)
}

/// Repairs all gaps of a trace as [`repair`] does. With `imputing`, a network or the like names the events that threads lost; which
/// threads ran and how many events each lost stays the engine's to say.
pub fn repair_with(
    trace: &Trace,
    model: Option<&TraceModel>,
    imputing: Option<Imputing<'_>>,
    options: &RepairOptions,
    progress: Progress<'_>,
) -> Vec<GapRepair> {
    if trace.gaps.is_empty() {
        return Vec::new();
    }
    // One pool for calibration and repair.
    match options.threads {
        1 => repair_gaps(trace, model, imputing, options, progress),
        threads => with_threads(threads, || repair_gaps(trace, model, imputing, options, progress)),
    }
}

fn repair_gaps(
    trace: &Trace,
    model: Option<&TraceModel>,
    imputing: Option<Imputing<'_>>,
    options: &RepairOptions,
    progress: Progress<'_>,
) -> Vec<GapRepair> {
    let intervals = loss_intervals(trace);
    let divided = with_loss_intervals(trace, &intervals);
    let (mut learned, imputer) = adapt_with(&divided, &divided.gaps, model, imputing, options);
    let index = TraceIndex::new(&divided, &mut learned.tokens);
    let solved = solve(&index, &divided.gaps, &learned, imputer, options, progress);
    let annotator = Annotator::new(&index, &learned, options);
    let repairs = divided.gaps.iter().zip(&solved).map(|(gap, solution)| annotator.repair(gap, solution)).collect();
    by_gap(trace, &intervals, repairs)
}
