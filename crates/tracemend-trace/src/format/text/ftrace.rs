//! ftrace text: `trace_pipe`, the static `trace` file, and what `trace-cmd report` prints.
//!
//! ```text
//!            ls-1550    [001] .....  5098.384247: sys_exit: NR 332 = 0          trace_pipe, trace
//!         <...>-1376  [001]  5098.272061: sys_exit:             NR 257 = 3      trace-cmd report
//!     ls-1550     1d..2. 16279us+: sched_switch: ...                            latency format
//! CPU:1 [LOST 2941 EVENTS]                                                      trace_pipe
//! CPU:0 [168 EVENTS DROPPED]                                                    trace-cmd report
//! guest.dat: CPU:0 [84 EVENTS DROPPED]                                          trace-cmd report of several files
//! # entries-in-buffer/entries-written: 1698/17576   #P:2                        trace
//! ```
//!
//! A marker stands right before the next event of its CPU: the lost events are those between that CPU's last event
//! and this one. The count is exact. The static file has no marker; only its head is gone, and its header gives
//! the total over all CPUs. With the tracer's option `overwrite=0` nothing reports a loss.
//!
//! The text also comes within a kernel log (`ftrace_dump_on_oops`) and within a web page (Android's systrace); what stands
//! around it there is not the trace's.

use super::ftrace_draft::FtraceDraft;
use super::ftrace_graph::{self, Graph};
use super::ftrace_line::{Record, Time, What, begins_like_record, counts, marker, record, what};
use crate::decode::bytes::{find, trim};
use crate::decode::context::Context;
use crate::decode::draft::Span;
use crate::decode::lines::Position;
use crate::format::remark::{Remark, Shape, is_remark, is_rule};
use crate::format::text_source::{LineFormat, Parsed};
use crate::{Cause, Event, Gap, Lost, Phase, Symbol};

/// What ftrace and trace-cmd print besides events.
const REMARKS: &[Remark] = &[
    Remark::new("comments and headers: `# tracer: nop`", Shape::Begins("#")),
    Remark::new("trace-cmd's head: `cpus=2`", Shape::Begins("cpus=")),
    Remark::new("trace-cmd's version: `version = 6`", Shape::Begins("version =")),
    Remark::new("trace-cmd's empty CPUs: `CPU 1 is empty`", Shape::Begins("CPU ")),
    Remark::new("trace-cmd's notes: `trace-cmd: No such file or directory`", Shape::Begins("trace-cmd:")),
    Remark::new(
        "trace-cmd's warnings: `  could not load plugin '/usr/lib/plugin_kvm.so'`",
        Shape::Holds("could not load plugin"),
    ),
    Remark::new(
        "trace-cmd's warnings of formats: `  failed to read event print fmt for kvm_entry`",
        Shape::Holds("failed to read event print fmt"),
    ),
    Remark::new("stacks: ` => vfs_read`", Shape::Begins("=>")),
    Remark::new(
        "wake-up latencies (`trace-cmd report -w`): `Average wakeup latency: 12.5 usecs`",
        Shape::Holds(" latency: "),
    ),
    Remark::new("ends of a dump in the kernel log: `Dumping ftrace buffer:`", Shape::Holds("ftrace buffer")),
    Remark::new("rules: `---------------------------------`", Shape::Like(is_rule)),
    Remark::new("atrace's notes: `capturing trace... done`", Shape::Begins("capturing trace")),
    Remark::new("atrace's head: `TRACE:`", Shape::Like(|line| trim(line) == b"TRACE:")),
];

/// What the header of a static file says of its entries.
struct Overwritten {
    lost: u64,
    kept: u64,
    cpus: u64,
    offset: u64,
}

/// Where the text lies in a web page.
#[derive(Clone, Copy, Default, PartialEq)]
enum Page {
    /// The input is no page.
    #[default]
    None,
    Outside,
    Inside,
}

/// The reader's state.
#[derive(Default)]
pub(crate) struct Ftrace {
    /// Events the header says were overwritten.
    overwritten: Option<Overwritten>,
    begun: bool,
    /// CPU and time of the first event.
    first: Option<(u32, i64)>,
    /// The tracer that the header names: the name of lines that have none (`timerlat`, `osnoise`).
    tracer: Vec<u8>,
    /// Whether the event before holds a text, whose other lines may follow.
    in_message: bool,
    page: Page,
    /// Where the text is one CPU's alone: its number, and the counts of its file `stats`.
    of_cpu: Option<(u32, Option<(u64, u64)>)>,
    graph: Graph,
}

/// Whether an input with this first line is a web page.
pub(crate) fn is_page(first: &[u8]) -> bool {
    let begins = |start: &[u8]| first.len() >= start.len() && first[..start.len()].eq_ignore_ascii_case(start);
    begins(b"<!doctype html") || begins(b"<html")
}

/// A line of a page's script without what makes it a string there: until 2015 each one ended with `\n\`.
fn unquoted(line: &[u8]) -> &[u8] {
    let ends: [&[u8]; 3] = [b"\\n\\", b"\\n\";", b"\\n\""];
    ends.iter().find_map(|end| line.strip_suffix(*end)).unwrap_or(line)
}

impl Ftrace {
    /// A reader of one CPU's text, with the events its ring overwrote and dropped where these are known.
    pub(crate) fn of_cpu(cpu: u32, stats: Option<(u64, u64)>) -> Self {
        let overrun = stats.map(|(overrun, _)| overrun).filter(|&overrun| overrun > 0);
        Self {
            of_cpu: Some((cpu, stats)),
            overwritten: overrun.map(|lost| Overwritten { lost, kept: 0, cpus: 1, offset: 0 }),
            ..Self::default()
        }
    }

    fn comment(&mut self, context: &mut Context, line: &[u8], at: Position) {
        if let Some(tracer) = line.strip_prefix(b"# tracer: ") {
            self.tracer = tracer[..tracer.len().min(64)].to_vec();
        }
        let counted_by_cpu = matches!(self.of_cpu, Some((_, Some(_))));
        let Some((kept, written, cpus)) = counts(line) else { return };
        if self.of_cpu.is_none() {
            context.count_is(kept);
        }
        if written > kept && !counted_by_cpu {
            self.overwritten = Some(Overwritten { lost: written - kept, kept, cpus, offset: at.offset });
        }
    }

    /// The first event of a static file: what was overwritten lies before it.
    #[cold]
    fn begin(&mut self, context: &mut Context, first: Option<(u32, i64)>) {
        self.begun = true;
        if matches!(self.of_cpu, Some((_, None))) {
            // Only the end shows whether the header counts this CPU's events or those of all.
            self.first = first;
            return;
        }
        self.give_overwritten(context, first);
    }

    fn give_overwritten(&mut self, context: &mut Context, first: Option<(u32, i64)>) {
        let Some(Overwritten { lost, cpus, offset, .. }) = self.overwritten.take() else {
            return;
        };
        let mut gap = Gap {
            end_ns: first.map(|(_, time_ns)| time_ns),
            ..Gap::new(0, Lost::Exact(lost), Cause::Overwritten, offset)
        };
        if let (1, Some((cpu, _))) = (cpus, first) {
            gap.stream = Some(context.last_of(cpu).0);
            gap.cpu = Some(cpu);
        } else {
            context.warn(
                "the header of the ftrace file counts overwritten events over all CPUs together; \
                 per_cpu/cpu*/stats (overrun) has the count of each"
                    .into(),
            );
        }
        context.give_gap(gap);
    }

    /// Phase, name and result of an event by its text.
    fn named(&mut self, context: &mut Context, what: What<&[u8]>, tid: i32) -> (Phase, Symbol, Option<i64>) {
        let (raw, phase, name, ret) = match what {
            What::Number(phase, number, ret) => (true, phase, context.call(number), ret),
            What::Named(phase, name, ret) => (false, phase, context.name(name), ret),
            What::Renamed(name) => (false, Phase::Point, context.name(name.as_bytes()), None),
            What::Unnamed if self.tracer.is_empty() => (false, Phase::Point, context.name(b"print"), None),
            What::Unnamed => (false, Phase::Point, context.name(&self.tracer), None),
        };
        if phase != Phase::Point && context.is_recorded_twice(tid, raw, name, phase) {
            let entry = phase == Phase::Entry;
            let bare = if raw { String::new() } else { format!("_{}", context.header.symbols.name(name)) };
            let name = format!("sys_{}{bare}", if entry { "enter" } else { "exit" });
            return (Phase::Point, context.name(name.as_bytes()), ret);
        }
        (phase, name, ret)
    }

    fn event(
        &mut self,
        context: &mut Context,
        record: &Record<&[u8]>,
        what: Option<What<&[u8]>>,
        at: Position,
    ) -> Parsed {
        let Some(what) = what else {
            return Parsed::Unknown;
        };
        let time_ns = match record.time {
            Time::Ns(ns) => ns,
            Time::Ticks(ticks) => {
                self.ticks(context);
                ticks
            }
        };
        // Marks the other clock's time in a web page, and has no time of its own.
        if time_ns == 0 && find(record.event, b"trace_event_clock_sync:").is_some() {
            return Parsed::Remark;
        }
        if !self.begun {
            self.begin(context, Some((record.cpu, time_ns)));
        }
        // Fields are `name=value`; other text may be a message of several lines.
        self.in_message = match what {
            What::Named(Phase::Point, name, _) => is_message(name, record.event),
            What::Renamed(name) => is_message(name.as_bytes(), record.event),
            _ => false,
        };
        let (phase, name, ret) = self.named(context, what, record.tid);
        Parsed::Event(Event {
            cpu: Some(record.cpu),
            tid: Some(record.tid),
            comm: Some(context.name(record.comm)),
            ret,
            offset: at.offset,
            ..Event::new(time_ns, context.reach(record.cpu, time_ns), name, phase)
        })
    }

    /// Times without a point are ticks, of whatever length.
    fn ticks(&mut self, context: &mut Context) {
        if !context.header.ticks {
            context.header.ticks = true;
            context.warn(
                "times are ticks of a clock without unit (x86-tsc, counter, uptime): they give the order of events and no \
                 durations. For seconds, record with another `trace_clock`"
                    .into(),
            );
        }
    }

    /// A line of the function_graph tracer.
    #[cold]
    fn graph(&mut self, context: &mut Context, line: &ftrace_graph::Line<'_>, at: Position) -> Parsed {
        let ftrace_graph::Line { time_ns: Some(time_ns), cpu, task, what } = line else {
            return Parsed::Unknown;
        };
        let (time_ns, cpu) = (*time_ns, *cpu);
        let task = task.or(self.graph.running(cpu)).map(|(comm, tid)| (context.name(comm), tid));
        let tid = task.map(|(_, tid)| tid);
        let (phase, name, dur_ns, ret) = match what {
            ftrace_graph::What::Entry(name) => {
                self.graph.enter(cpu, name);
                (Phase::Point, context.name(&[name, &b":entry"[..]].concat()), None, None)
            }
            ftrace_graph::What::Exit(name) => {
                let open = self.graph.leave(cpu);
                let name = name.map(<[u8]>::to_vec).or(open).unwrap_or_else(|| b"?".to_vec());
                (Phase::Point, context.name(&[&name[..], b":exit"].concat()), None, None)
            }
            ftrace_graph::What::Whole(name, dur_ns) => (Phase::Call, context.name(name), *dur_ns, None),
            ftrace_graph::What::Event(text) => {
                let Some(what) = self::what(text) else { return Parsed::Unknown };
                let (phase, name, ret) = self.named(context, what, tid.unwrap_or(-1));
                (phase, name, None, ret)
            }
        };
        if !self.begun {
            self.begin(context, Some((cpu, time_ns)));
        }
        Parsed::Event(Event {
            cpu: Some(cpu),
            tid,
            comm: task.map(|(comm, _)| comm),
            ret,
            dur_ns,
            offset: at.offset,
            ..Event::new(time_ns, context.reach(cpu, time_ns), name, phase)
        })
    }

    #[cold]
    fn other(&mut self, context: &mut Context, line: &[u8], at: Position) -> Parsed {
        if let Some((cpu, lost)) = marker(line) {
            self.graph.forget(cpu);
            context.lose(cpu, lost, Cause::Overwritten, at.offset);
            return Parsed::Nothing;
        }
        let text = trim(line);
        if text.starts_with(b"#") {
            self.comment(context, text, at);
            return Parsed::Remark;
        }
        if text.starts_with(b"Dumping ftrace buffer") {
            return Parsed::Nothing;
        }
        if let Some(line) = ftrace_graph::line(line) {
            return self.graph(context, &line, at);
        }
        if let Some((cpu, next)) = ftrace_graph::switch(line) {
            self.graph.switch(cpu, next);
            return Parsed::Nothing;
        }
        if is_remark(REMARKS, line) {
            return Parsed::Remark;
        }
        if self.in_message && !begins_like_record(line) {
            return Parsed::Foreign;
        }
        Parsed::Unknown
    }

    /// A line of a web page: only what is ftrace text is the trace's.
    #[cold]
    fn page_line(&mut self, context: &mut Context, line: &[u8], at: Position) -> Parsed {
        let line = unquoted(line);
        if find(line, b"</script>").is_some() {
            self.page = Page::Outside;
            return Parsed::Foreign;
        }
        if let Some(record) = record(line) {
            self.page = Page::Inside;
            return self.event(context, &record, what(record.event), at);
        }
        if line.starts_with(b"# tracer:") {
            self.page = Page::Inside;
        }
        if self.page == Page::Inside { self.other(context, line, at) } else { Parsed::Foreign }
    }
}

/// Whether an event is a text that a program or a driver wrote, which can have several lines: by its name, or because it is
/// not made of fields. The kernel prints the function's name for a `trace_printk`, trace-cmd the event's, padded.
fn is_message(name: &[u8], event: &[u8]) -> bool {
    let by_name = matches!(name, b"tracing_mark_write" | b"print" | b"bprint" | b"bputs" | b"raw_data");
    let text = event.strip_prefix(name).and_then(|rest| rest.strip_prefix(b":"));
    by_name || text.is_some_and(|text| !text.starts_with(b"  ") && !text.contains(&b'='))
}

impl LineFormat for Ftrace {
    const NOUN: &'static str = "ftrace text";
    const REMARKS: &'static [Remark] = REMARKS;
    type Draft = FtraceDraft;

    #[inline]
    fn line(&mut self, context: &mut Context, line: &[u8], draft: &FtraceDraft, at: Position) -> Parsed {
        if self.page != Page::None {
            return self.page_line(context, line, at);
        }
        context.enter_buffer(draft.buffer.map_or(b"", |name| name.in_line(line)));
        if let Some((record, what)) = &draft.record {
            let text = |span: Span| span.in_line(line);
            return self.event(context, &record.map(text), what.map(|what| what.map(text)), at);
        }
        let line = draft.rest.in_line(line);
        if at.offset == 0 && is_page(line) {
            self.page = Page::Outside;
            return Parsed::Foreign;
        }
        match self.other(context, line, at) {
            // The log's own lines around the dump.
            Parsed::Unknown if draft.in_log => Parsed::Foreign,
            parsed => parsed,
        }
    }

    fn end(&mut self, context: &mut Context) {
        if !self.begun {
            self.begin(context, None);
        }
        let Some((cpu, stats)) = self.of_cpu else { return };
        if let Some(overwritten) = &mut self.overwritten
            && overwritten.kept == context.events
        {
            overwritten.cpus = 1;
        }
        self.give_overwritten(context, self.first);
        if let Some((_, dropped @ 1..)) = stats {
            let stream = Some(context.last_of(cpu).0);
            context.give_gap(Gap { stream, cpu: Some(cpu), ..Gap::new(0, Lost::Exact(dropped), Cause::Discarded, 0) });
        }
    }

    fn is_outside(&self) -> bool {
        self.page == Page::Outside
    }
}
