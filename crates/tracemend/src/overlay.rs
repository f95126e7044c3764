//! Writes a repaired trace row by row: inferred events alone (overlay), or together with the recorded ones (merge).

use crate::records::Records;
use serde::Serialize;
use std::collections::BTreeMap;
use std::io;
use std::path::Path;
use tracemend_repair::{Composition, GapRepair, InferredEvent};
use tracemend_trace::sink::{CompositionRow, EventRow, GapOutcome, GapRow, Inference, Sink};
use tracemend_trace::{Event, Trace, TraceHeader};

/// Options for writing a repair.
#[derive(Clone, Copy, Debug)]
pub struct WriteOptions<'a> {
    /// Inferred events below this confidence are left out; their places stay part of the gap.
    pub min_confidence: f32,
    /// Id of the model, written with every inferred event.
    pub model: &'a str,
}

/// The id of a model learned from the trace itself.
pub const OWN_MODEL: &str = "engine:self";

/// Returns the id of a sum of models: their file names, or [`OWN_MODEL`] without any.
pub fn model_id(paths: &[impl AsRef<Path>]) -> String {
    let names: Vec<_> = paths.iter().filter_map(|path| path.as_ref().file_name()?.to_str()).collect();
    if names.is_empty() { OWN_MODEL.to_owned() } else { format!("engine:{}", names.join("+")) }
}

/// Confidence from which an inferred event counts as sure.
const SURE: f32 = 0.9;

/// A repair in figures.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct RepairSummary {
    /// Gaps of the trace.
    pub gaps: u64,
    /// Gaps that were filled, at least in part.
    pub filled: u64,
    /// Lost events: the tracer's count, or the most likely number without one.
    pub lost_events: u64,
    /// Inferred events written.
    pub inferred: u64,
    /// Inferred events with a confidence of 0.9 or more.
    pub inferred_sure: u64,
    /// Number of those that are expected to be right: the sum of their confidences.
    pub sure_right: f64,
    /// Inferred events below the minimum confidence, which were left out.
    pub withheld: u64,
    /// Gaps that stay open, by reason.
    pub left_open: BTreeMap<String, u64>,
}

impl RepairSummary {
    /// Sums up `repairs` as written under `options`.
    pub(crate) fn of(repairs: &[GapRepair], options: &WriteOptions<'_>) -> Self {
        let mut summary = Self::default();
        for repair in repairs {
            summary.gaps += 1;
            let lost = repair.gap.lost.count().unwrap_or(0).max(repair.composition.lost);
            summary.lost_events = summary.lost_events.saturating_add(lost);
            let inferred = kept(repair, options).count() as u64;
            summary.inferred += inferred;
            for event in kept(repair, options).filter(|event| event.confidence >= SURE) {
                summary.inferred_sure += 1;
                summary.sure_right += f64::from(event.confidence);
            }
            summary.withheld += repair.events.len() as u64 - inferred;
            summary.filled += u64::from(inferred > 0);
            if let Some(reason) = &repair.left_open {
                *summary.left_open.entry(reason.clone()).or_default() += 1;
            }
        }
        summary
    }
}

/// Writes the gaps and their inferred events, without the recorded ones.
///
/// # Errors
/// When the output cannot be written.
pub(crate) fn write_overlay<'a>(
    header: &'a TraceHeader,
    repairs: &'a [GapRepair],
    options: &WriteOptions<'a>,
    sink: &mut dyn Sink<'a>,
) -> io::Result<()> {
    for repair in repairs {
        write_heads(header, repair, options, sink)?;
        for event in kept(repair, options) {
            sink.event(&inferred_row(event, header, repair, options))?;
        }
        write_samples(header, repair, options, sink)?;
    }
    sink.finish()
}

/// Writes recorded and inferred events in order of time. With `records`, recorded events are written as their lines.
///
/// # Errors
/// When the output cannot be written.
pub(crate) fn write_merged<'a>(
    trace: &'a Trace,
    records: Option<&Records>,
    repairs: &'a [GapRepair],
    options: &WriteOptions<'a>,
    sink: &mut dyn Sink<'a>,
) -> io::Result<()> {
    let mut pending = pending(repairs, options).into_iter().peekable();
    for (index, event) in trace.events.iter().enumerate() {
        while let Some(item) = pending.next_if(|item| item.is_before(event)) {
            item.write(&trace.header, options, sink)?;
        }
        match records.map(|records| records.of(index)) {
            Some(line) if !line.is_empty() => sink.raw_line(line)?,
            _ => sink.event(&recorded_row(event, &trace.header))?,
        }
    }
    for item in pending {
        item.write(&trace.header, options, sink)?;
    }
    sink.finish()
}

/// An inferred item that waits for its place among the recorded events.
struct Pending<'a> {
    time_ns: i64,
    repair: &'a GapRepair,
    what: What<'a>,
}

#[derive(Clone, Copy)]
enum What<'a> {
    Heads,
    Event(&'a InferredEvent),
    Samples,
}

impl<'a> Pending<'a> {
    fn is_before(&self, event: &Event) -> bool {
        // At equal times the input's order decides: the loss was announced before the first event after the gap.
        self.time_ns < event.time_ns || (self.time_ns == event.time_ns && self.repair.gap.offset <= event.offset)
    }

    fn write(&self, header: &'a TraceHeader, options: &WriteOptions<'a>, sink: &mut dyn Sink<'a>) -> io::Result<()> {
        match self.what {
            What::Heads => write_heads(header, self.repair, options, sink),
            What::Event(event) => sink.event(&inferred_row(event, header, self.repair, options)),
            What::Samples => write_samples(header, self.repair, options, sink),
        }
    }
}

/// Returns all inferred items by time; within a gap they keep the order of the reconstruction.
fn pending<'a>(repairs: &'a [GapRepair], options: &WriteOptions<'_>) -> Vec<Pending<'a>> {
    let mut items = Vec::new();
    for repair in repairs {
        let mut time_ns = repair.gap.begin_ns.or(first_time(repair)).or(repair.gap.end_ns).unwrap_or(i64::MIN);
        items.push(Pending { time_ns, repair, what: What::Heads });
        for event in kept(repair, options) {
            time_ns = event.time_ns.map_or(time_ns, |time| time.max(time_ns));
            items.push(Pending { time_ns, repair, what: What::Event(event) });
        }
        items.push(Pending { time_ns, repair, what: What::Samples });
    }
    items.sort_by_key(|item| item.time_ns);
    items
}

fn first_time(repair: &GapRepair) -> Option<i64> {
    repair.events.iter().find_map(|event| event.time_ns)
}

fn kept<'a>(repair: &'a GapRepair, options: &WriteOptions<'_>) -> impl Iterator<Item = &'a InferredEvent> {
    let minimum = options.min_confidence;
    repair.events.iter().filter(move |event| event.confidence >= minimum)
}

fn write_heads<'a>(
    header: &'a TraceHeader,
    repair: &'a GapRepair,
    options: &WriteOptions<'a>,
    sink: &mut dyn Sink<'a>,
) -> io::Result<()> {
    let inferred = kept(repair, options).count();
    let mut row = GapRow::new(&repair.gap, header);
    row.outcome = Some(GapOutcome {
        inferred: inferred as u64,
        withheld: (repair.events.len() - inferred) as u64,
        left_open: repair.left_open.as_deref(),
    });
    sink.gap(&row)?;
    sink.composition(&composition_row(repair.gap.id, &repair.composition))
}

fn write_samples<'a>(
    header: &'a TraceHeader,
    repair: &'a GapRepair,
    options: &WriteOptions<'a>,
    sink: &mut dyn Sink<'a>,
) -> io::Result<()> {
    for (number, sample) in (0u32..).zip(&repair.samples) {
        for event in sample {
            sink.sample(number, &inferred_row(event, header, repair, options))?;
        }
    }
    Ok(())
}

fn inferred_row<'a>(
    event: &'a InferredEvent,
    header: &'a TraceHeader,
    repair: &GapRepair,
    options: &WriteOptions<'a>,
) -> EventRow<'a> {
    let inference = Inference {
        time_err_ns: event.time_err_ns,
        confidence: event.confidence,
        alternatives: &event.alternatives,
        gap: repair.gap.id,
        model: options.model,
    };
    EventRow {
        time_ns: event.time_ns,
        stream: repair.gap.stream.and_then(|stream| header.stream_name(stream)),
        cpu: event.cpu,
        tid: event.tid,
        comm: event.comm.as_deref(),
        name: &event.name,
        phase: event.phase,
        ret: None,
        dur_ns: None,
        inference: Some(Box::new(inference)),
    }
}

fn recorded_row<'a>(event: &Event, header: &'a TraceHeader) -> EventRow<'a> {
    EventRow {
        time_ns: Some(event.time_ns),
        stream: header.stream_name(event.stream),
        cpu: event.cpu,
        tid: event.tid,
        comm: event.comm.map(|comm| header.symbols.name(comm)),
        name: header.symbols.name(event.name),
        phase: event.phase,
        ret: event.ret,
        dur_ns: event.dur_ns,
        inference: None,
    }
}

fn composition_row(gap: u32, composition: &Composition) -> CompositionRow<'_> {
    CompositionRow {
        gap,
        lost: composition.lost,
        lost_low: composition.lost_low,
        lost_high: composition.lost_high,
        by_event: &composition.by_event,
        by_thread: &composition.by_thread,
    }
}

#[cfg(test)]
mod tests;
