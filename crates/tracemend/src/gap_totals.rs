//! What each of several traces lost, summed up.

use crate::{advice::advice, losses::LossSummary};
use serde::Serialize;
use std::collections::BTreeMap;
use tracemend_trace::{Cause, Format, Gap, Lost, StreamId, TraceHeader};

/// A trace, read or not.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct TraceTotals {
    /// Its path.
    pub path: String,
    /// Why it cannot be read.
    pub error: Option<String>,
    /// What it lost; `None` if it cannot be read.
    #[serde(flatten)]
    pub totals: Option<GapTotals>,
}

/// What a trace lost.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct GapTotals {
    /// Recognised format.
    pub format: Format,
    /// Time of the first event.
    pub first_ns: Option<i64>,
    /// Whether times are ticks of a clock without unit, and no nanoseconds.
    pub ticks: bool,
    /// Its gaps summed up.
    #[serde(flatten)]
    pub summary: LossSummary,
    /// Share of all events that was lost, 0 to 1, according to the known counts; `None` if there is none.
    pub lost_share: Option<f64>,
    /// Cause of the first gap.
    pub first_cause: Option<&'static str>,
    /// Lost events as far as counted by stream and cause; the stream is empty where the tracer does not say.
    #[serde(skip)]
    pub lost_by_stream: BTreeMap<(String, &'static str), u64>,
    /// Lost events as far as counted, without those of doubtful gaps.
    #[serde(skip)]
    pub certain_lost: u64,
    /// Whether a gap that is not doubtful lost more than was counted, or can have.
    #[serde(skip)]
    pub certain_inexact: bool,
}

/// What is noted of the gaps of a trace while it is read.
#[derive(Default)]
pub(crate) struct Tally {
    first_cause: Option<&'static str>,
    /// The cause to advise on: a full buffer before all causes that no buffer size would change.
    worst: Option<Cause>,
    lost_by_stream: BTreeMap<(Option<StreamId>, &'static str), u64>,
    certain_lost: u64,
    certain_inexact: bool,
}

impl Tally {
    /// Adds one gap.
    pub(crate) fn add(&mut self, gap: &Gap) {
        self.first_cause.get_or_insert(gap.cause.word());
        let lost = gap.lost.count().unwrap_or(0);
        let of_stream = self.lost_by_stream.entry((gap.stream, gap.cause.word())).or_insert(0);
        *of_stream = of_stream.saturating_add(lost);
        if !gap.is_doubtful() {
            self.certain_lost = self.certain_lost.saturating_add(lost);
            self.certain_inexact |= !matches!(gap.lost, Lost::Exact(_));
        }
        if self.worst.as_ref().is_none_or(|cause| !cause.is_full_buffer() && gap.cause.is_full_buffer()) {
            self.worst = Some(gap.cause.clone());
        }
    }

    /// Returns what the trace lost, once it is read to its end.
    pub(crate) fn totals(self, header: &TraceHeader, mut summary: LossSummary, first_ns: Option<i64>) -> GapTotals {
        summary.advice = self.worst.and_then(|cause| advice(header.format, &cause, summary.largest_gap));
        let lost_share = summary.lost_share();
        let mut lost_by_stream = BTreeMap::new();
        for ((stream, cause), lost) in self.lost_by_stream {
            let name = stream.and_then(|stream| header.stream_name(stream)).unwrap_or_default().to_owned();
            let sum: &mut u64 = lost_by_stream.entry((name, cause)).or_default();
            *sum = sum.saturating_add(lost);
        }
        GapTotals {
            format: header.format,
            first_ns,
            ticks: header.ticks,
            summary,
            lost_share,
            first_cause: self.first_cause,
            lost_by_stream,
            certain_lost: self.certain_lost,
            certain_inexact: self.certain_inexact,
        }
    }
}

/// Sums up the traces that were read. The advice is that of the one with the largest gap.
pub(crate) fn sum(rows: &[TraceTotals]) -> LossSummary {
    let read = rows.iter().filter_map(|row| row.totals.as_ref());
    let mut sum = LossSummary::default();
    for totals in read.clone() {
        sum.add_trace(&totals.summary);
    }
    let advised = read.filter(|totals| totals.summary.advice.is_some());
    sum.advice =
        advised.max_by_key(|totals| totals.summary.largest_gap).and_then(|totals| totals.summary.advice.clone());
    sum
}
