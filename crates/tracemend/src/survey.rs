//! Describes a trace in one pass and bounded memory: it keeps the sets of threads and names, but no events.

use crate::losses::LossSummary;
use rustc_hash::FxHashSet;
use serde::Serialize;
use tracemend_trace::{Event, Format, Gap, Item, Phase, Source, Symbol, TraceResult};

/// Maximum length of [`Survey::names`].
const NAMES_LISTED: usize = 10;

/// A trace at a glance.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct Survey {
    /// Recognised format.
    pub format: Format,
    /// Traced machine, as the file calls it.
    pub machine: Option<String>,
    /// Recorded events.
    pub events: u64,
    /// Loss domains.
    pub streams: u64,
    /// Distinct threads seen.
    pub threads: u64,
    /// Places where the tracer reports lost events.
    pub gaps: u64,
    /// Lost events, as far as the tracer counted them.
    pub lost_events: u64,
    /// `exact`, `at_least` if some gap has no count or only a lower bound, or `unknown` if no gap has either.
    pub lost_kind: &'static str,
    /// Share of all events that was lost, 0 to 1, according to the known counts; `None` if there is none.
    pub lost_share: Option<f64>,
    /// Gaps whose lost events the tracer did not count.
    pub uncounted_gaps: u64,
    /// Whether times are ticks of a clock without unit, and no nanoseconds.
    pub ticks: bool,
    /// Time of the first event.
    pub first_ns: Option<i64>,
    /// Time of the last event.
    pub last_ns: Option<i64>,
    /// Distinct event names.
    pub distinct_names: u64,
    /// The most frequent event names.
    pub names: Vec<NameCount>,
    /// Each loss domain.
    pub per_stream: Vec<StreamSurvey>,
    /// What the reader skipped.
    pub warnings: Vec<String>,
}

/// How often an event name occurs.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct NameCount {
    /// Event name.
    pub name: String,
    /// Events of that name; a call recorded as entry and exit counts twice.
    pub events: u64,
}

/// One loss domain at a glance.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct StreamSurvey {
    /// Its name.
    pub stream: String,
    /// Its CPU.
    pub cpu: Option<u32>,
    /// Events recorded.
    pub events: u64,
    /// Gaps.
    pub gaps: u64,
    /// Events lost, as far as counted.
    pub lost_events: u64,
}

#[derive(Default)]
struct Tally {
    events: u64,
    losses: LossSummary,
    first_ns: Option<i64>,
    last_ns: Option<i64>,
    threads: FxHashSet<i32>,
    /// The thread seen last, which is usually the next one too.
    last_tid: Option<i32>,
    /// By symbol.
    names: Vec<u64>,
    streams: Vec<(u64, u64, u64)>,
}

impl Tally {
    fn stream(&mut self, index: usize) -> &mut (u64, u64, u64) {
        if self.streams.len() <= index {
            self.streams.resize(index + 1, (0, 0, 0));
        }
        &mut self.streams[index]
    }

    fn event(&mut self, event: &Event) {
        self.events += 1;
        self.first_ns = Some(self.first_ns.map_or(event.time_ns, |first| first.min(event.time_ns)));
        let end_ns = match (event.phase, event.dur_ns) {
            (Phase::Call, Some(dur_ns)) => event.time_ns.saturating_add_unsigned(dur_ns),
            _ => event.time_ns,
        };
        self.last_ns = Some(self.last_ns.map_or(end_ns, |last| last.max(end_ns)));
        if event.tid != self.last_tid {
            self.threads.extend(event.tid);
            self.last_tid = event.tid;
        }
        let name = event.name.0 as usize;
        if self.names.len() <= name {
            self.names.resize(name + 1, 0);
        }
        self.names[name] += 1;
        self.stream(event.stream.0 as usize).0 += 1;
    }

    fn gap(&mut self, gap: &Gap) {
        self.losses.add(gap);
        let lost = gap.lost.count().unwrap_or(0);
        if let Some(stream) = gap.stream {
            let tally = self.stream(stream.0 as usize);
            tally.1 += 1;
            tally.2 = tally.2.saturating_add(lost);
        }
    }
}

/// Reads `source` to its end and describes it.
///
/// # Errors
/// When the source fails.
pub(crate) fn survey(source: &mut dyn Source) -> TraceResult<Survey> {
    let mut tally = Tally::default();
    while let Some(item) = source.next_item()? {
        match item {
            Item::Event(event) => tally.event(&event),
            Item::Gap(gap) => tally.gap(&gap),
        }
    }
    let header = source.header();
    for recount in &header.recounts {
        let less = recount.announced.saturating_sub(recount.lost);
        tally.losses.lost_events = tally.losses.lost_events.saturating_sub(less);
        if let Some(stream) = recount.stream {
            let lost = &mut tally.stream(stream.0 as usize).2;
            *lost = lost.saturating_sub(less);
        }
    }
    let used = (0..).map(Symbol).zip(tally.names.iter().copied()).filter(|&(_, events)| events > 0);
    let mut names: Vec<(Symbol, u64)> = used.collect();
    names.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| header.symbols.name(a.0).cmp(header.symbols.name(b.0))));
    let per_stream = header.streams.iter().enumerate().map(|(index, stream)| {
        let (events, gaps, lost_events) = tally.streams.get(index).copied().unwrap_or_default();
        StreamSurvey { stream: stream.name.clone(), cpu: stream.cpu, events, gaps, lost_events }
    });
    let losses = LossSummary { events: Some(tally.events), ..tally.losses };
    Ok(Survey {
        format: header.format,
        machine: header.machine.clone(),
        events: tally.events,
        streams: header.streams.len() as u64,
        threads: tally.threads.len() as u64,
        gaps: losses.gaps,
        lost_events: losses.lost_events,
        lost_kind: losses.lost_kind,
        lost_share: losses.lost_share(),
        ticks: header.ticks,
        uncounted_gaps: losses.uncounted_gaps,
        first_ns: tally.first_ns,
        last_ns: tally.last_ns,
        distinct_names: names.len() as u64,
        names: names
            .iter()
            .take(NAMES_LISTED)
            .map(|&(name, events)| NameCount { name: header.symbols.name(name).to_owned(), events })
            .collect(),
        per_stream: per_stream.collect(),
        warnings: header.warnings.clone(),
    })
}
