//! The report of a repair: one HTML file. It stores the events as columns of numbers and times as differences, so that a
//! hundred thousand events take a few megabytes.

use super::page::{filled, json_in_script, page};
use crate::overlay::RepairSummary;
use crate::statistics::StatisticsRow;
use rustc_hash::FxHashMap;
use serde::Serialize;
use std::collections::BTreeMap;
use tracemend_repair::GapRepair;
use tracemend_trace::sink::{Collected, EventRow, GapRow};
use tracemend_trace::{Phase, TraceHeader};

const BODY: &str = include_str!("assets/repair.html");
const SCRIPTS: [&str; 3] =
    [include_str!("assets/data.js"), include_str!("assets/timeline.js"), include_str!("assets/panels.js")];
/// Maximum number of kinds listed per gap.
const KINDS: usize = 20;
/// Stands for the confidence of a recorded event.
const RECORDED: i16 = -1;

/// Content of a report.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RepairReport<'a> {
    /// Name of the trace.
    pub title: &'a str,
    /// Id of the model.
    pub model: &'a str,
    /// Header of the trace.
    pub header: &'a TraceHeader,
    /// Recorded and inferred events.
    pub merged: &'a Collected<'a>,
    /// The repairs of the gaps.
    pub repairs: &'a [GapRepair],
    /// The repairs in figures.
    pub summary: &'a RepairSummary,
    /// Counts and latencies before and after.
    pub statistics: &'a [StatisticsRow],
}

#[derive(Serialize)]
struct Data<'a> {
    title: &'a str,
    model: &'a str,
    version: &'static str,
    format: String,
    span: i64,
    recorded: usize,
    summary: &'a RepairSummary,
    names: Vec<&'a str>,
    threads: Vec<(Option<i32>, &'a str)>,
    cpus: Vec<String>,
    events: Columns,
    /// By event index: name, phase and probability in thousandths.
    alternatives: BTreeMap<usize, Vec<(u32, u8, u16)>>,
    gaps: Vec<Gap<'a>>,
    statistics: &'a [StatisticsRow],
}

/// One value per event: time since the previous event, CPU, thread, name, phase, confidence in thousandths, gap.
#[derive(Default, Serialize)]
struct Columns {
    t: Vec<i64>,
    c: Vec<u32>,
    h: Vec<u32>,
    n: Vec<u32>,
    p: Vec<u8>,
    q: Vec<i16>,
    g: Vec<i64>,
}

#[derive(Serialize)]
struct Gap<'a> {
    id: u32,
    stream: Option<&'a str>,
    /// Index of its lane among the CPUs.
    c: Option<u32>,
    begin: Option<i64>,
    end: Option<i64>,
    lost: Option<u64>,
    kind: &'static str,
    cause: &'static str,
    inferred: u64,
    open: Option<&'a str>,
    /// Name, phase, expected number and its interval.
    composition: Vec<(u32, u8, f64, f64, f64)>,
}

/// Numbers keys in the order of their first use.
struct Numbers<K> {
    of: FxHashMap<K, u32>,
    order: Vec<K>,
}

impl<K: Copy + Eq + std::hash::Hash> Numbers<K> {
    fn new() -> Self {
        Self { of: FxHashMap::default(), order: Vec::new() }
    }

    fn of(&mut self, key: K) -> u32 {
        let next = self.order.len() as u32;
        let number = *self.of.entry(key).or_insert(next);
        if number == next {
            self.order.push(key);
        }
        number
    }
}

/// Returns the page.
///
/// # Errors
/// When a value cannot be written as JSON.
pub(crate) fn repair_page(report: &RepairReport<'_>) -> serde_json::Result<String> {
    let json = serde_json::to_string(&data(report))?;
    let body = filled(BODY, &[("data", &json_in_script(&json))]);
    Ok(page(report.title, &body, &SCRIPTS.concat()))
}

fn data<'a>(report: &RepairReport<'a>) -> Data<'a> {
    let merged = report.merged;
    let (first, last) = merged.span_ns();
    let events = merged.by_time();
    let mut names: Numbers<&'a str> = Numbers::new();
    let mut threads: Numbers<Option<i32>> = Numbers::new();
    let mut comms: FxHashMap<Option<i32>, &str> = FxHashMap::default();
    let mut cpus: Numbers<(Option<u32>, Option<&str>)> = Numbers::new();
    let of = |event: &EventRow<'a>| lane(event.cpu, event.stream);
    let mut places: Vec<_> = events.iter().map(|event| of(event)).collect();
    places.sort_by_key(|&(cpu, stream)| (cpu, merged.stream_order(stream)));
    places.iter().for_each(|&place| _ = cpus.of(place));
    let mut columns = Columns::default();
    let mut alternatives = BTreeMap::new();
    let mut now = first;
    for (index, &event) in events.iter().enumerate() {
        columns.t.push(event.at_ns().saturating_sub(now));
        now = event.at_ns();
        columns.c.push(cpus.of(of(event)));
        columns.h.push(threads.of(event.tid));
        if let Some(comm) = event.comm {
            // The last name counts: a thread may begin under its parent's name.
            comms.insert(event.tid, comm);
        }
        columns.n.push(names.of(event.name));
        columns.p.push(number(event.phase));
        let inference = event.inference.as_deref();
        columns.q.push(inference.map_or(RECORDED, |inference| thousandths(inference.confidence).cast_signed()));
        columns.g.push(inference.map_or(-1, |inference| inference.gap.into()));
        let others: Vec<_> = event
            .alternatives()
            .iter()
            .map(|other| (names.of(&other.name), number(other.phase), thousandths(other.probability)))
            .collect();
        if !others.is_empty() {
            alternatives.insert(index, others);
        }
    }
    let inferred: FxHashMap<u32, u64> = merged.gaps.iter().map(|gap| (gap.id, gap.inferred())).collect();
    let gaps = report.repairs.iter().map(|repair| {
        let row = GapRow::new(&repair.gap, report.header);
        let lane = lane(row.cpu, row.stream);
        let parts = repair.composition.by_event.iter().take(KINDS);
        Gap {
            id: row.id,
            stream: row.stream,
            c: cpus.of.get(&lane).copied(),
            begin: row.begin_ns.map(|begin| begin.saturating_sub(first)),
            end: row.end_ns.map(|end| end.saturating_sub(first)),
            lost: row.lost,
            kind: row.lost_kind,
            cause: row.cause,
            inferred: inferred.get(&row.id).copied().unwrap_or(0),
            open: repair.left_open.as_deref(),
            composition: parts
                .map(|part| (names.of(&part.name), number(part.phase), part.expected, part.low, part.high))
                .collect(),
        }
    });
    let gaps = gaps.collect();
    Data {
        title: report.title,
        model: report.model,
        version: env!("CARGO_PKG_VERSION"),
        format: report.header.format.to_string(),
        span: last.saturating_sub(first),
        recorded: events.iter().filter(|event| event.inference.is_none()).count(),
        summary: report.summary,
        threads: threads.order.iter().map(|tid| (*tid, comms.get(tid).copied().unwrap_or("unknown"))).collect(),
        cpus: cpus
            .order
            .iter()
            .map(|&(cpu, stream)| match (cpu, stream) {
                (Some(cpu), _) => format!("CPU {cpu}"),
                (None, Some(stream)) => stream.to_owned(),
                (None, None) => "unknown stream".to_owned(),
            })
            .collect(),
        names: names.order,
        events: columns,
        alternatives,
        gaps,
        statistics: report.statistics,
    }
}

/// Returns the lane of an event or a gap: its CPU, or its stream if it has no CPU.
fn lane(cpu: Option<u32>, stream: Option<&str>) -> (Option<u32>, Option<&str>) {
    if cpu.is_some() { (cpu, None) } else { (None, stream) }
}

fn number(phase: Phase) -> u8 {
    match phase {
        Phase::Entry => 0,
        Phase::Exit => 1,
        Phase::Call => 2,
        Phase::Point => 3,
    }
}

fn thousandths(probability: f32) -> u16 {
    (probability.clamp(0.0, 1.0) * 1000.0).round() as u16
}
