//! Tracee's JSON: `tracee --output json`, one event a line.
//!
//! ```text
//! {"timestamp":1657290245020855990,"processorId":0,...,"hostProcessId":4741,"hostThreadId":4741,...,"processName":"dpkg",...,"eventId":"257","eventName":"openat",...,"returnValue":3,"syscall":"openat",...,"args":[{"name":"dirfd","type":"int","value":-100}]}
//! {"timestamp":"2026-08-03T14:55:26.020855990Z","id":257,"name":"openat","workload":{"process":{"host_pid":4741,...,"thread":{"name":"dpkg","host_tid":4741,"syscall":"openat"}}},"data":[{"name":"dirfd","int32":-100},{"name":"returnValue","int64":"3"}]}
//! ```
//!
//! The second layout is that of later versions (`api/v1beta1/event_json.go`). A system call is one event, written when the call returns
//! with the time at which it began (`p.event->context.ts = sys->ts`): a whole call. An event from within a call (`security_file_open`
//! in `openat`) is a point. What a ring lost, the log says: `Lost 12 events`, exact, without a CPU.

use super::log::{announced, is_log};
use super::value::{Moment, Scalar, Whole};
use crate::decode::arch::Arch;
use crate::decode::context::Context;
use crate::decode::lines::Position;
use crate::format::remark::{Remark, Shape};
use crate::format::text_source::{LineFormat, Parsed};
use crate::kernel::call_names::end_of_named_call;
use crate::{Cause, Event, Lost, Phase, Symbol};
use serde::Deserialize;
use serde::de::IgnoredAny;
use std::borrow::Cow;

/// What Tracee writes besides events.
const REMARKS: &[Remark] = &[Remark::new(
    "the log: `{\"level\":\"info\",\"ts\":1657290240.1,\"msg\":\"Tracee is running\"}`",
    Shape::Like(is_log),
)];

/// The reader; every line stands for itself.
#[derive(Default)]
pub(crate) struct Tracee;

/// A line of the layout with one level.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Flat<'a> {
    timestamp: Moment,
    processor_id: Option<Whole>,
    process_id: Option<Whole>,
    thread_id: Option<Whole>,
    host_process_id: Option<Whole>,
    host_thread_id: Option<Whole>,
    #[serde(borrow)]
    process_name: Cow<'a, str>,
    #[serde(borrow)]
    event_name: Cow<'a, str>,
    return_value: Option<Whole>,
    #[serde(borrow, default)]
    syscall: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    args: Option<Vec<Argument<'a>>>,
}

/// A line of the layout that follows Tracee's interface.
#[derive(Deserialize)]
struct Nested<'a> {
    timestamp: Moment,
    #[serde(rename = "id")]
    _id: IgnoredAny,
    #[serde(borrow)]
    name: Cow<'a, str>,
    #[serde(borrow)]
    workload: Workload<'a>,
    #[serde(borrow, default)]
    data: Option<Vec<Argument<'a>>>,
}

#[derive(Deserialize)]
struct Workload<'a> {
    #[serde(borrow)]
    process: Option<Process<'a>>,
}

#[derive(Deserialize)]
struct Process<'a> {
    host_pid: Option<Whole>,
    pid: Option<Whole>,
    #[serde(borrow)]
    thread: Option<Thread<'a>>,
}

#[derive(Deserialize)]
struct Thread<'a> {
    host_tid: Option<Whole>,
    tid: Option<Whole>,
    #[serde(borrow, default)]
    name: Cow<'a, str>,
    #[serde(borrow, default)]
    syscall: Cow<'a, str>,
}

/// An argument: its value under `value`, or under the name of its type.
#[derive(Deserialize)]
struct Argument<'a> {
    #[serde(borrow)]
    name: Cow<'a, str>,
    #[serde(borrow)]
    value: Option<Scalar<'a>>,
    #[serde(borrow)]
    int32: Option<Scalar<'a>>,
    #[serde(borrow)]
    int64: Option<Scalar<'a>>,
    #[serde(rename = "str", borrow)]
    text: Option<Scalar<'a>>,
}

impl<'a> Argument<'a> {
    fn scalar(&self) -> Option<&Scalar<'a>> {
        [&self.value, &self.int64, &self.int32, &self.text].into_iter().find_map(Option::as_ref)
    }
}

/// What either layout says.
struct Record<'a> {
    time_ns: i64,
    cpu: Option<u32>,
    pid: Option<i32>,
    tid: Option<i32>,
    comm: Cow<'a, str>,
    name: Cow<'a, str>,
    /// The call within which it happened; empty outside of any.
    syscall: Option<Cow<'a, str>>,
    ret: Option<i64>,
    args: Vec<Argument<'a>>,
}

fn record(line: &[u8]) -> Option<Record<'_>> {
    if let Ok(flat) = serde_json::from_slice::<Flat<'_>>(line) {
        return Some(Record {
            time_ns: flat.timestamp.0,
            cpu: flat.processor_id.and_then(Whole::cpu),
            pid: flat.host_process_id.or(flat.process_id).and_then(Whole::tid),
            tid: flat.host_thread_id.or(flat.thread_id).and_then(Whole::tid),
            comm: flat.process_name,
            name: flat.event_name,
            syscall: flat.syscall,
            ret: flat.return_value.map(|ret| ret.0),
            args: flat.args.unwrap_or_default(),
        });
    }
    let nested = serde_json::from_slice::<Nested<'_>>(line).ok()?;
    let args = nested.data.unwrap_or_default();
    let process = nested.workload.process;
    let pid = process.as_ref().and_then(|process| process.host_pid.or(process.pid)).and_then(Whole::tid);
    let thread = process.and_then(|process| process.thread);
    let tid = thread.as_ref().and_then(|thread| thread.host_tid.or(thread.tid)).and_then(Whole::tid);
    let (comm, syscall) = thread.map(|thread| (thread.name, thread.syscall)).unwrap_or_default();
    Some(Record {
        time_ns: nested.timestamp.0,
        cpu: None,
        pid,
        tid,
        comm,
        name: nested.name,
        syscall: Some(syscall),
        ret: args
            .iter()
            .rev()
            .find(|argument| argument.name == "returnValue")
            .and_then(|argument| argument.scalar()?.whole()),
        args,
    })
}

/// Name and phase of a record's event.
fn what(context: &mut Context, record: &Record<'_>) -> (Symbol, Phase) {
    let phase = match &*record.name {
        "sys_enter" => Phase::Entry,
        "sys_exit" => Phase::Exit,
        name => {
            // The first versions do not say which call they are in.
            let is_call = match &record.syscall {
                Some(syscall) => syscall == name,
                None => end_of_named_call(name).is_none() && Arch::knows_name(name),
            };
            return (context.name(name.as_bytes()), if is_call { Phase::Call } else { Phase::Point });
        }
    };
    let call = record.args.iter().find(|argument| argument.name == "syscall").and_then(Argument::scalar);
    match call.map(|call| (call.whole(), call.text())) {
        Some((Some(number), _)) => (context.call(number), phase),
        Some((None, Some(name))) => (context.name(name.as_bytes()), phase),
        _ => (context.name(record.name.as_bytes()), Phase::Point),
    }
}

impl LineFormat for Tracee {
    type Draft = ();

    const NOUN: &'static str = "Tracee's JSON (`--output json`)";
    const REMARKS: &'static [Remark] = REMARKS;

    fn line(&mut self, context: &mut Context, line: &[u8], (): &(), at: Position) -> Parsed {
        let Some(record) = record(line) else {
            let Some(lost) = announced(line, "events") else { return Parsed::Unknown };
            context.lose_anywhere(Lost::Exact(lost), Cause::Discarded, at.offset);
            return Parsed::Nothing;
        };
        if let (Some(tid), Some(pid)) = (record.tid, record.pid) {
            context.header.processes.note(tid, pid);
        }
        let (name, phase) = what(context, &record);
        let comm = Some(record.comm.as_bytes()).filter(|comm| !comm.is_empty()).map(|comm| context.name(comm));
        let stream = context.stream_of(record.cpu, record.time_ns);
        let ret = record.ret.filter(|_| matches!(phase, Phase::Call | Phase::Exit));
        let event = Event::new(record.time_ns, stream, name, phase);
        Parsed::Event(Event { cpu: record.cpu, tid: record.tid, comm, ret, offset: at.offset, ..event })
    }
}
