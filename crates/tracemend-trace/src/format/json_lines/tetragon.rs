//! Tetragon's JSON: its export file, and `tetra getevents -o json`.
//!
//! ```text
//! {"process_exec":{"process":{"pid":52699,...,"binary":"/usr/bin/curl",...,"tid":52699},...},"node_name":"n1","time":"2023-10-06T22:03:57.700326678Z"}
//! {"process_kprobe":{"process":{...},"function_name":"__x64_sys_setgid","args":[{"int_arg":0}],"return":{"int_arg":0},...},...}
//! {"rate_limit_info":{"number_of_dropped_process_events":"120"},"node_name":"n1","time":"2023-10-06T22:05:00Z"}
//! {"process_throttle":{"type":"THROTTLE_START","cgroup":"session-429.scope"},"node_name":"n1","time":"2024-07-26T13:07:43.178407128Z"}
//! ```
//!
//! A probe on a system call's function is a whole call: its entry and its return are merged into one event with the time of the entry. Other
//! probes are points. The export's rate limit counts what it dropped since its message before (`pkg/ratelimit`). While a cgroup is
//! throttled the kernel sends none of its events, and counts none.

use super::log::is_log;
use super::value::{Moment, Whole};
use crate::decode::context::Context;
use crate::decode::lines::Position;
use crate::format::remark::{Remark, Shape};
use crate::format::text_source::{LineFormat, Parsed};
use crate::kernel::call_names::{call_of_function, end_of_named_call};
use crate::{Cause, Event, Gap, Lost, Phase, Symbol};
use serde::Deserialize;
use std::borrow::Cow;

/// What Tetragon writes besides events.
const REMARKS: &[Remark] = &[Remark::new(
    "the log: `time=\"2024-07-26T13:33:19Z\" level=info msg=\"Starting tetragon\"`",
    Shape::Like(is_log),
)];

/// Maximum number of cgroups throttled at a time.
const MAX_THROTTLED: usize = 1 << 10;

/// The reader's state.
#[derive(Default)]
pub(crate) struct Tetragon {
    /// Time of the first event, and of the latest message of the rate limit.
    begin_ns: Option<i64>,
    /// Cgroups whose events the kernel keeps back: since when, and where the line stands.
    throttled: Vec<(String, i64, u64)>,
}

#[derive(Deserialize)]
struct Line<'a> {
    time: Moment,
    #[serde(borrow)]
    process_exec: Option<Body<'a>>,
    #[serde(borrow)]
    process_exit: Option<Body<'a>>,
    #[serde(borrow)]
    process_kprobe: Option<Body<'a>>,
    #[serde(borrow)]
    process_tracepoint: Option<Body<'a>>,
    #[serde(borrow)]
    process_loader: Option<Body<'a>>,
    #[serde(borrow)]
    process_uprobe: Option<Body<'a>>,
    #[serde(borrow)]
    process_lsm: Option<Body<'a>>,
    #[serde(borrow)]
    process_usdt: Option<Body<'a>>,
    #[serde(borrow)]
    process_throttle: Option<Throttle<'a>>,
    rate_limit_info: Option<RateLimit>,
}

/// What the events of all kinds say.
#[derive(Deserialize)]
struct Body<'a> {
    #[serde(borrow)]
    process: Process<'a>,
    #[serde(borrow, default)]
    function_name: Cow<'a, str>,
    #[serde(borrow, default)]
    symbol: Cow<'a, str>,
    #[serde(borrow, default)]
    name: Cow<'a, str>,
    #[serde(borrow, default)]
    subsys: Cow<'a, str>,
    #[serde(borrow, default)]
    event: Cow<'a, str>,
    #[serde(default)]
    args: Vec<Argument>,
    #[serde(rename = "return")]
    ret: Option<Argument>,
}

#[derive(Deserialize)]
struct Process<'a> {
    pid: Option<Whole>,
    tid: Option<Whole>,
    #[serde(borrow, default)]
    binary: Cow<'a, str>,
}

/// An argument, where it is a number.
#[derive(Deserialize)]
struct Argument {
    int_arg: Option<Whole>,
    long_arg: Option<Whole>,
    size_arg: Option<Whole>,
    uint_arg: Option<Whole>,
    syscall_id: Option<SyscallId>,
}

#[derive(Deserialize)]
struct SyscallId {
    id: Whole,
}

#[derive(Deserialize)]
struct Throttle<'a> {
    #[serde(rename = "type", borrow)]
    kind: Cow<'a, str>,
    #[serde(borrow, default)]
    cgroup: Cow<'a, str>,
}

#[derive(Deserialize)]
struct RateLimit {
    number_of_dropped_process_events: Whole,
}

impl Argument {
    fn number(&self) -> Option<i64> {
        let call = self.syscall_id.as_ref().map(|call| call.id);
        let number = self.int_arg.or(self.long_arg).or(self.size_arg).or(self.uint_arg).or(call);
        number.map(|number| number.0)
    }
}

/// Name, phase and result of a probe on a function.
fn probe(context: &mut Context, body: &Body<'_>) -> (Symbol, Phase, Option<i64>) {
    match call_of_function(&body.function_name) {
        Some(call) => (context.name(call.as_bytes()), Phase::Call, body.ret.as_ref().and_then(Argument::number)),
        None => (context.name(body.function_name.as_bytes()), Phase::Point, None),
    }
}

/// Name, phase and result of a tracepoint. Its arguments are those that a policy asks for, in the policy's order: of the raw
/// tracepoints the call's number comes first, of an exit the result next.
fn tracepoint(context: &mut Context, body: &Body<'_>) -> (Symbol, Phase, Option<i64>) {
    let mut numbers = body.args.iter().map(Argument::number);
    let raw = match &*body.event {
        "sys_enter" => Some(Phase::Entry),
        "sys_exit" => Some(Phase::Exit),
        _ => None,
    };
    if let ("raw_syscalls", Some(phase)) = (&*body.subsys, raw)
        && let Some(Some(number)) = numbers.next()
    {
        let ret = numbers.next().flatten().filter(|_| phase == Phase::Exit);
        return (context.call(number), phase, ret);
    }
    if let ("syscalls", Some((call, phase))) = (&*body.subsys, end_of_named_call(&body.event)) {
        let ret = numbers.next().flatten().filter(|_| phase == Phase::Exit);
        return (context.name(call), phase, ret);
    }
    (context.name(body.event.as_bytes()), Phase::Point, None)
}

impl Tetragon {
    /// Loss that a line announces.
    fn note(&mut self, context: &mut Context, line: &Line<'_>, at: Position) -> Parsed {
        let time_ns = line.time.0;
        if let Some(limit) = &line.rate_limit_info {
            let Ok(lost) = u64::try_from(limit.number_of_dropped_process_events.0) else { return Parsed::Unknown };
            let stream = Some(context.all());
            let begin_ns = self.begin_ns.replace(time_ns);
            let gap = Gap::new(0, Lost::Exact(lost), Cause::Discarded, at.offset);
            context.give_gap(Gap { stream, begin_ns, end_ns: Some(time_ns), ..gap });
            return Parsed::Nothing;
        }
        let Some(throttle) = &line.process_throttle else { return Parsed::Unknown };
        let known = self.throttled.iter().position(|(cgroup, ..)| *cgroup == throttle.cgroup);
        match (&*throttle.kind, known) {
            ("THROTTLE_START", None) if self.throttled.len() < MAX_THROTTLED => {
                self.throttled.push((throttle.cgroup.clone().into_owned(), time_ns, at.offset));
            }
            ("THROTTLE_STOP", known) => {
                let start = known.map(|known| self.throttled.swap_remove(known));
                let (begin_ns, offset) = start.map_or((None, at.offset), |(_, begin, offset)| (Some(begin), offset));
                give_throttled(context, begin_ns, Some(time_ns), offset);
            }
            ("THROTTLE_START", _) => {}
            _ => return Parsed::Unknown,
        }
        Parsed::Nothing
    }
}

fn give_throttled(context: &mut Context, begin_ns: Option<i64>, end_ns: Option<i64>, offset: u64) {
    let stream = Some(context.all());
    context.give_gap(Gap { stream, begin_ns, end_ns, ..Gap::new(0, Lost::Unknown, Cause::Discarded, offset) });
}

impl LineFormat for Tetragon {
    type Draft = ();

    const NOUN: &'static str = "Tetragon's JSON (`tetra getevents -o json`)";
    const REMARKS: &'static [Remark] = REMARKS;

    fn line(&mut self, context: &mut Context, line: &[u8], (): &(), at: Position) -> Parsed {
        let Ok(line) = serde_json::from_slice::<Line<'_>>(line) else { return Parsed::Unknown };
        let (body, (name, phase, ret)) = match &line {
            Line { process_kprobe: Some(body), .. } => (body, probe(context, body)),
            Line { process_tracepoint: Some(body), .. } => (body, tracepoint(context, body)),
            Line { process_exec: Some(body), .. } => (body, point(context, "process_exec")),
            Line { process_exit: Some(body), .. } => (body, point(context, "process_exit")),
            Line { process_lsm: Some(body), .. } => (body, point(context, &body.function_name)),
            Line { process_uprobe: Some(body), .. } => (body, point(context, &body.symbol)),
            Line { process_usdt: Some(body), .. } => (body, point(context, &body.name)),
            Line { process_loader: Some(body), .. } => (body, point(context, "process_loader")),
            _ => return self.note(context, &line, at),
        };
        let time_ns = line.time.0;
        self.begin_ns.get_or_insert(time_ns);
        let pid = body.process.pid.and_then(Whole::tid);
        let tid = body.process.tid.and_then(Whole::tid).or(pid);
        if let (Some(tid), Some(pid)) = (tid, pid) {
            context.header.processes.note(tid, pid);
        }
        let program = body.process.binary.rsplit('/').next().filter(|program| !program.is_empty());
        let comm = program.map(|program| context.name(program.as_bytes()));
        let event = Event::new(time_ns, context.all(), name, phase);
        Parsed::Event(Event { tid, comm, ret, offset: at.offset, ..event })
    }

    fn end(&mut self, context: &mut Context) {
        for (_, begin_ns, offset) in std::mem::take(&mut self.throttled) {
            give_throttled(context, Some(begin_ns), None, offset);
        }
    }
}

fn point(context: &mut Context, name: &str) -> (Symbol, Phase, Option<i64>) {
    (context.name(name.as_bytes()), Phase::Point, None)
}
