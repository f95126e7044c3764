//! `perf script` text.
//!
//! ```text
//!          load.sh 19024 [000]  1653.440111197: raw_syscalls:sys_enter: NR 72 (0, 1, 0, 0, 0, 20)
//!          load.sh 19033 [001]  1653.466817791: PERF_RECORD_LOST lost 51
//! ```
//!
//! The record of loss stands only in texts made with `--show-lost-events`. It is written into the CPU's buffer when
//! room has come back, with the time at which it was written: the lost events lie between that CPU's record before and it.
//! The count includes lost side-band records (mmap, comm, fork, exit), so the events missing may be a few fewer.

use super::perf_script_line::{Name, Record, What, is_chain, record, what};
use super::perf_words::{self, Closing};
use crate::decode::bytes::take_u64;
use crate::decode::context::Context;
use crate::decode::draft::{Draft, Span};
use crate::decode::lines::Position;
use crate::format::remark::Remark;
use crate::format::text_source::{LineFormat, Parsed};
use crate::{Cause, Event, Gap, Lost, Phase};

/// A line, taken apart: its columns, and what its event says.
pub(crate) struct PerfScriptDraft(Option<(Record<Span>, Option<What<Span>>)>);

impl Draft for PerfScriptDraft {
    #[inline]
    fn of(line: &[u8]) -> Self {
        let span = |part| Span::of(part, line);
        Self(record(line).map(|record| (record.map(span), what(record.event).map(|what| what.map(span)))))
    }
}

/// The reader's state.
#[derive(Default)]
pub(crate) struct PerfScript {
    loss_seen: bool,
    /// Events that records of loss announced.
    announced: u64,
    /// Lost samples that perf counted once more at the end, and where.
    samples: Option<(u64, u64)>,
    closing: Closing,
    /// With `--deltatime`: the time so far. A time is then the step from the record before.
    steps: Option<i64>,
}

impl PerfScript {
    /// A reader of a text that begins with these lines.
    pub(crate) fn new(beginning: &[&[u8]]) -> Self {
        let times: Vec<i64> = beginning.iter().filter_map(|line| record(line)).map(|record| record.time_ns).collect();
        // perf prints in the order of time. What begins at 0 and is not in order are steps.
        let steps = times.first() == Some(&0) && !times.is_sorted();
        Self { steps: steps.then_some(0), ..Self::default() }
    }

    fn side_band(&mut self, context: &mut Context, record: &Record<&[u8]>, at: Position) -> Parsed {
        let Some(rest) = record.event.strip_prefix(b"PERF_RECORD_LOST") else {
            return Parsed::Nothing;
        };
        self.loss_seen = true;
        let Some((lost, _)) = rest.strip_prefix(b" lost ").and_then(take_u64) else {
            // PERF_RECORD_LOST_SAMPLES repeats, at the end, what the records before it announced.
            if let Some((lost, _)) = rest.strip_prefix(b"_SAMPLES lost ").and_then(take_u64) {
                let (samples, _) = self.samples.get_or_insert((0, at.offset));
                *samples = samples.saturating_add(lost);
            }
            return Parsed::Nothing;
        };
        self.announced = self.announced.saturating_add(lost);
        match record.cpu {
            Some(cpu) => context.lose_before(cpu, record.time_ns, Lost::Exact(lost), Cause::Discarded, at.offset),
            None => context.lose_anywhere(Lost::Exact(lost), Cause::Discarded, at.offset),
        }
        Parsed::Nothing
    }
}

impl LineFormat for PerfScript {
    const NOUN: &'static str = "perf script text";
    const REMARKS: &'static [Remark] = &perf_words::REMARKS;
    type Draft = PerfScriptDraft;

    fn line(&mut self, context: &mut Context, line: &[u8], draft: &PerfScriptDraft, at: Position) -> Parsed {
        if let Some(begun) = perf_words::warning_within(line) {
            return Parsed::Broken(begun);
        }
        let text = |span: Span| span.in_line(line);
        let Some((record, what)) = draft.0 else {
            // Call chains are indented lines of `address symbol (object)`, ended by an empty line.
            let passed = self.closing.read(line, at.offset) || (context.events > 0 && is_chain(line));
            return if passed { Parsed::Remark } else { Parsed::Unknown };
        };
        let mut record = record.map(text);
        if let Some(so_far) = &mut self.steps {
            *so_far = so_far.saturating_add(record.time_ns);
            record.time_ns = *so_far;
        }
        if record.event.starts_with(b"PERF_RECORD_") {
            return self.side_band(context, &record, at);
        }
        let Some(What { phase, name, ret, raw, event }) = what.map(|what| what.map(text)) else {
            return Parsed::Unknown;
        };
        let symbol = match name {
            Name::Text(name) => context.name(name),
            Name::Call(number) => context.call(number),
        };
        let twice =
            phase != Phase::Point && record.tid.is_some_and(|tid| context.is_recorded_twice(tid, raw, symbol, phase));
        let (phase, symbol) = if twice { (Phase::Point, context.name(event)) } else { (phase, symbol) };
        let stream = context.stream_of(record.cpu, record.time_ns);
        Parsed::Event(Event {
            cpu: record.cpu,
            tid: record.tid,
            comm: record.comm.map(|comm| context.name(comm)),
            ret,
            offset: at.offset,
            ..Event::new(record.time_ns, stream, symbol, phase)
        })
    }

    fn end(&mut self, context: &mut Context) {
        if !self.loss_seen {
            context.warn(
                "no PERF_RECORD_LOST in this text: `perf script` prints loss only with --show-lost-events; \
                 without it, run it again with that option"
                    .into(),
            );
        }
        if let Some((samples @ 1.., offset)) = self.samples {
            // Of samples that no record announced, it is not said where they were lost.
            if self.announced == 0 {
                context.give_gap(Gap::new(0, Lost::Exact(samples), Cause::Discarded, offset));
            } else if samples > self.announced {
                context.warn(format!(
                    "perf counts {samples} lost samples, the records of loss announce {}: the rest was lost in places unknown",
                    self.announced
                ));
            }
        }
        self.closing.end(context, self.loss_seen, "`perf script --show-lost-events` does");
    }
}
