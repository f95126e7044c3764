//! Latencies of calls, of the recorded events alone and after a repair.
//!
//! The latency of a call is the time from its entry to the exit that follows on the same thread, or the duration that the
//! tracer recorded. Lost events make two kinds of errors. A recorded entry may meet the exit of a later call of the same
//! name, because the exit of its own call and an entry were lost between them. The repair knows such *bridged* pairs by the
//! events that it infers between the two, and takes them out. And calls are missing. The repair knows how many and of which
//! name, but not how long they took: their times are a typical step of the model, or follow from the space in the gap. Filling
//! in durations, these or those of recorded calls nearby, brings quantiles no nearer to a complete recording's, so an
//! inferred call has no latency.

use crate::inferred::GapRepair;
use rustc_hash::FxHashMap;
use std::collections::BTreeMap;
use tracemend_trace::{Event, Phase, Symbols, Trace};

/// Latencies of one call in nanoseconds, ascending.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CallLatencies {
    /// Every recorded entry with the exit that follows on its thread, as a reader pairs them who knows of no gap.
    pub recorded: Vec<u64>,
    /// Those without the bridged ones; all of them where nothing else is left.
    pub repaired: Vec<u64>,
}

/// A recorded entry whose exit is awaited.
struct Open<'a> {
    name: &'a str,
    time_ns: i64,
    /// Whether an event was inferred since.
    bridged: bool,
}

/// Returns the latencies of a trace by the name of the call, before and after these repairs.
///
/// ```
/// use std::path::Path;
/// use tracemend_repair::latencies::latencies;
/// use tracemend_repair::{RepairOptions, repair, unwatched};
/// use tracemend_trace::{OpenOptions, Trace, open};
///
/// let path = Path::new("../tracemend/tests/fixtures/succeed/small_lost.txt");
/// let trace = Trace::read(open(path, &OpenOptions::default())?.as_mut())?;
/// let repairs = repair(&trace, None, &RepairOptions::default(), &unwatched);
/// for call in latencies(&trace, &repairs).values() {
///     assert!(!call.repaired.is_empty() && call.repaired.len() <= call.recorded.len());
/// }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn latencies<'a>(trace: &'a Trace, repairs: &[GapRepair]) -> BTreeMap<&'a str, CallLatencies> {
    latencies_among(&trace.header.symbols, &trace.events, repairs)
}

/// Returns the latencies of some recorded events, in order of time, as [`latencies`] does. `symbols`: their names.
pub fn latencies_among<'a>(
    symbols: &'a Symbols,
    recorded: impl IntoIterator<Item = &'a Event>,
    repairs: &[GapRepair],
) -> BTreeMap<&'a str, CallLatencies> {
    let recorded = recorded.into_iter().filter_map(|event| Some((event.time_ns, event.tid?, Some(event))));
    let inferred = repairs.iter().flat_map(|repair| &repair.events).filter(|event| event.phase != Phase::Point);
    let inferred = inferred.filter_map(|event| Some((event.time_ns?, event.tid?, None)));
    let mut events: Vec<_> = recorded.chain(inferred).collect();
    // Stable: at one time, recorded events come first.
    events.sort_by_key(|&(time_ns, ..)| time_ns);

    let mut found: BTreeMap<&str, CallLatencies> = BTreeMap::new();
    let mut open: FxHashMap<i32, Open<'_>> = FxHashMap::default();
    for (time_ns, tid, event) in events {
        let Some(event) = event else {
            if let Some(entry) = open.get_mut(&tid) {
                entry.bridged = true;
            }
            continue;
        };
        let name = symbols.name(event.name);
        let (latency, bridged) = match event.phase {
            Phase::Entry => {
                open.insert(tid, Open { name, time_ns, bridged: false });
                continue;
            }
            Phase::Exit => match open.remove(&tid).filter(|entry| entry.name == name) {
                Some(entry) => (time_ns.abs_diff(entry.time_ns), entry.bridged),
                None => continue,
            },
            Phase::Call => match event.dur_ns {
                Some(dur_ns) => (dur_ns, false),
                None => continue,
            },
            Phase::Point => continue,
        };
        let call = found.entry(name).or_default();
        call.recorded.push(latency);
        if !bridged {
            call.repaired.push(latency);
        }
    }
    for call in found.values_mut() {
        call.recorded.sort_unstable();
        call.repaired.sort_unstable();
        if call.repaired.is_empty() {
            call.repaired.clone_from(&call.recorded);
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inferred::{Composition, InferredEvent};
    use tracemend_trace::{Cause, Format, Gap, Lost, TraceHeader};

    fn trace(events: &[(i64, i32, &str, Phase)]) -> Trace {
        let mut header = TraceHeader::new(Format::Ftrace);
        let stream = header.cpu_stream(0);
        let event = |&(time_ns, tid, name, phase): &(i64, i32, &str, Phase)| {
            let name = header.symbols.intern(name);
            Event { tid: Some(tid), ..Event::new(time_ns, stream, name, phase) }
        };
        let events = events.iter().map(event).collect();
        Trace { header, events, gaps: vec![] }
    }

    fn repair(events: &[(i64, i32, &str, Phase)]) -> GapRepair {
        let event = |&(time_ns, tid, name, phase): &(i64, i32, &str, Phase)| InferredEvent {
            time_ns: Some(time_ns),
            time_err_ns: None,
            cpu: None,
            tid: Some(tid),
            comm: None,
            name: name.to_owned(),
            phase,
            confidence: 0.5,
            alternatives: vec![],
        };
        GapRepair {
            gap: Gap::new(0, Lost::Exact(events.len() as u64), Cause::Discarded, 0),
            events: events.iter().map(event).collect(),
            composition: Composition::default(),
            samples: vec![],
            left_open: None,
            from_model: false,
            from_imputer: false,
        }
    }

    #[test]
    fn latencies_are_paired_by_thread_and_name() {
        let mut trace = trace(&[
            (0, 1, "read", Phase::Entry),
            (1, 2, "read", Phase::Entry),
            (5, 1, "read", Phase::Exit),
            (6, 1, "write", Phase::Exit),
            (11, 2, "read", Phase::Exit),
            (12, 1, "read", Phase::Entry),
            (13, 1, "write", Phase::Exit),
            (20, 3, "close", Phase::Call),
        ]);
        trace.events[7].dur_ns = Some(7);
        let expected = [("close", vec![7]), ("read", vec![5, 10])];
        let all = |latencies: Vec<u64>| CallLatencies { recorded: latencies.clone(), repaired: latencies };
        let expected: BTreeMap<_, _> = expected.map(|(name, latencies)| (name, all(latencies))).into();
        assert_eq!(latencies(&trace, &[]), expected);
    }

    #[test]
    fn a_pair_with_an_inferred_event_of_its_thread_between_is_no_call() {
        let trace = trace(&[
            (0, 1, "read", Phase::Entry),
            (0, 2, "read", Phase::Entry),
            (90, 1, "read", Phase::Exit),
            (100, 2, "read", Phase::Exit),
        ]);
        let lost =
            repair(&[(10, 1, "read", Phase::Exit), (80, 1, "read", Phase::Entry), (50, 2, "tick", Phase::Point)]);
        let expected = CallLatencies { recorded: vec![90, 100], repaired: vec![100] };
        assert_eq!(latencies(&trace, &[lost])["read"], expected);
    }

    #[test]
    fn a_call_of_bridged_pairs_alone_stays_as_it_was() {
        let trace = trace(&[(0, 1, "read", Phase::Entry), (90, 1, "read", Phase::Exit)]);
        let lost = repair(&[(10, 1, "read", Phase::Exit), (80, 1, "read", Phase::Entry)]);
        assert_eq!(latencies(&trace, &[lost])["read"].repaired, [90]);
    }
}
