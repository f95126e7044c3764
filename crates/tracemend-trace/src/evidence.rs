//! Evidence of losses that no tracer counted: threads whose events contradict each other.

use crate::calls::{CallKind, CallState, Violation, is_exception};
use crate::thread::ThreadKey;
use crate::{Cause, Event, Gap, Lost, Phase, Symbol, Trace};
use rustc_hash::{FxHashMap, FxHashSet};

/// How often a call must be seen with entries only, or exits only, to be taken as recorded that way on purpose.
const ONE_SIDED: u64 = 8;

/// Finds gaps that no tracer counted: one for each place where a thread's events contradict each other (an exit without
/// its entry, say) and no gap of the trace explains it. `lost` is the minimum that is missing in that thread; other
/// threads may have lost events there too.
///
/// A trace that holds entries only, or exits only, was recorded that way on purpose: nothing is found in it.
///
/// ```
/// use tracemend_trace::{Event, Format, Lost, Phase, Trace, TraceHeader, evidence};
///
/// let mut header = TraceHeader::new(Format::Ftrace);
/// let cpu = header.cpu_stream(0);
/// let (read, close) = (header.symbols.intern("read"), header.symbols.intern("close"));
/// let event = |time_ns, name, phase| Event { tid: Some(7), ..Event::new(time_ns, cpu, name, phase) };
/// // The exit of `read` and the entry of `close` are missing.
/// let events = vec![event(1, read, Phase::Entry), event(9, close, Phase::Exit)];
/// let found = evidence(&Trace { header, events, gaps: Vec::new() });
/// assert_eq!((found[0].begin_ns, found[0].end_ns, found[0].lost), (Some(1), Some(9), Lost::AtLeast(2)));
/// ```
pub fn evidence(trace: &Trace) -> Vec<Gap> {
    let one_sided = one_sided(trace);
    let known = Known::new(&trace.gaps);
    let mut threads: FxHashMap<i32, (CallState<Symbol>, Option<&Event>)> = FxHashMap::default();
    let mut found = Vec::new();
    for event in &trace.events {
        // An idle or untracked thread is many at once: their events contradict each other by right.
        let Some(tid) = ThreadKey::of(event).tid() else { continue };
        // A whole call is one record: it cannot lose its other half.
        if matches!(event.phase, Phase::Point | Phase::Call) || one_sided.contains(&event.name) {
            continue;
        }
        let (state, last) = threads.entry(tid).or_default();
        let before = state.call();
        let verdict = state.observe(CallKind::of(trace.header.symbols.name(event.name), event.phase, event.name));
        let last = last.replace(event);
        // A gap that the tracer reported explains whatever is missing around it.
        if let (Err(violation), Some(last)) = (verdict, last)
            && !known.touches(last.time_ns, event.time_ns)
        {
            let id = (trace.gaps.len() + found.len()) as u32;
            found.push(gap(trace, id, violation, before, last, event));
        }
    }
    found
}

fn gap(trace: &Trace, id: u32, violation: Violation, before: Option<Symbol>, last: &Event, event: &Event) -> Gap {
    let name = trace.header.symbols.name(event.name);
    let before = before.map_or("", |before| trace.header.symbols.name(before));
    let words = violation.words();
    let details = match violation {
        Violation::ExitWithoutEntry => format!("{words}: `{name}` ends but did not begin"),
        Violation::EntryWithoutExit => format!("{words}: `{name}` begins while `{before}` has not ended"),
        Violation::ExitOfAnother => format!("{words}: `{name}` ends while `{before}` is in flight"),
    };
    // A thread that changed CPUs lost the events on either.
    let same = last.stream == event.stream;
    Gap {
        stream: same.then_some(event.stream),
        cpu: event.cpu.filter(|_| same),
        tid: event.tid,
        begin_ns: Some(last.time_ns),
        end_ns: Some(event.time_ns),
        ..Gap::new(id, Lost::AtLeast(violation.missing()), Cause::Evidence(details), event.offset)
    }
}

/// Names of calls recorded by their entries alone, or by their exits alone; all calls where the whole trace holds no
/// entries, or no exits. The entry/exit rules say nothing about such events: each stands for a whole call.
pub fn one_sided(trace: &Trace) -> FxHashSet<Symbol> {
    let mut counts: FxHashMap<Symbol, (u64, u64)> = FxHashMap::default();
    let mut all = (0, 0);
    for event in &trace.events {
        let counted = counts.entry(event.name).or_default();
        match event.phase {
            Phase::Entry => (counted.0 += 1, all.0 += 1),
            Phase::Exit => (counted.1 += 1, all.1 += 1),
            Phase::Call | Phase::Point => continue,
        };
    }
    let nothing_paired = all.0 == 0 || all.1 == 0;
    // Losses hit entries and exits alike, so a call seen often enough without one of them was recorded so on purpose.
    counts.retain(|name, (entries, exits)| {
        let one_sided = (*entries == 0 || *exits == 0) && *entries + *exits >= ONE_SIDED;
        nothing_paired || (one_sided && !is_exception(trace.header.symbols.name(*name)))
    });
    counts.into_keys().collect()
}

/// The intervals in which the trace's own gaps can have lost events, joined where they overlap.
struct Known(Vec<(i64, i64)>);

impl Known {
    fn new(gaps: &[Gap]) -> Self {
        let mut intervals: Vec<(i64, i64)> = gaps.iter().flat_map(intervals).collect();
        intervals.sort_unstable();
        let mut joined: Vec<(i64, i64)> = Vec::new();
        for (begin, end) in intervals {
            match joined.last_mut() {
                Some(last) if begin <= last.1 => last.1 = last.1.max(end),
                _ => joined.push((begin, end)),
            }
        }
        Self(joined)
    }

    fn touches(&self, begin: i64, end: i64) -> bool {
        // The first interval that does not end before `begin`: joined intervals have their ends in order too.
        let next = self.0.partition_point(|interval| interval.1 < begin);
        self.0.get(next).is_some_and(|interval| interval.0 <= end)
    }
}

/// A packet that lies inside a gap parts it in two: between its events that had room nothing is missing.
fn intervals(gap: &Gap) -> impl Iterator<Item = (i64, i64)> + use<> {
    let (begin, end) = (gap.begin_ns.unwrap_or(i64::MIN), gap.end_ns.unwrap_or(i64::MAX));
    let (before, after) = match gap.kept_ns {
        Some((first, last)) => ((begin, first), Some((last, end))),
        None => ((begin, end), None),
    };
    std::iter::once(before).chain(after)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Format, StreamId, StreamInfo, TraceHeader};

    /// An exit without its entry, after the event at `last_ns`, in a trace of one gap from 100 to 400.
    fn found(kept_ns: Option<(i64, i64)>, last_ns: i64, exit_ns: i64) -> usize {
        let mut header = TraceHeader::new(Format::Ctf);
        let stream = header.add_stream(StreamInfo { name: "a".into(), cpu: Some(0) });
        let call = |header: &mut TraceHeader, time_ns, name, phase| Event {
            cpu: Some(0),
            tid: Some(7),
            ..Event::new(time_ns, stream, header.symbols.intern(name), phase)
        };
        let events = vec![
            call(&mut header, last_ns - 2, "read", Phase::Entry),
            call(&mut header, last_ns, "read", Phase::Exit),
            call(&mut header, exit_ns, "write", Phase::Exit),
            call(&mut header, exit_ns + 1, "write", Phase::Entry),
        ];
        let gap = Gap {
            stream: Some(StreamId(0)),
            cpu: Some(0),
            begin_ns: Some(100),
            end_ns: Some(400),
            kept_ns,
            ..Gap::new(0, Lost::Exact(1), Cause::Discarded, 0)
        };
        evidence(&Trace { header, events, gaps: vec![gap] }).len()
    }

    #[test]
    fn a_gap_explains_nothing_between_the_events_of_a_packet_inside_it() {
        assert_eq!(found(None, 210, 290), 0);
        assert_eq!(found(Some((200, 300)), 210, 290), 1);
        // What lies before the packet's first event, or after its last one, is the gap's.
        assert_eq!(found(Some((200, 300)), 150, 290), 0);
        assert_eq!(found(Some((200, 300)), 210, 350), 0);
    }
}
