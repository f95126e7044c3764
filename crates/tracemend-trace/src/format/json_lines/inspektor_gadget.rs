//! Inspektor Gadget's JSON: `ig run trace_open -o json`, `kubectl gadget run trace_exec -o json`.
//!
//! ```text
//! {"error":"","error_raw":0,"fd":3,"flags_raw":0,"fname":"/dev/null",...,"proc":{"comm":"cat",...,"pid":53660,"tid":53660},...,"timestamp":"2025-01-24T13:37:35.312976962-05:00","timestamp_raw":1737743855312976962}
//! time="2025-01-24T13:37:36-05:00" level=warning msg="reading event: lost 12 samples"
//! ```
//!
//! A line does not name its gadget, so the event's name comes from the fields that only this gadget has. The text of the time is exact, while
//! programs such as `jq` round the number beside it. Losses are in the log. A gadget with a ring buffer reads their number
//! once a second and drops the event that it reads along with the number (`pkg/operators/ebpf/tracer.go`): at least so many were lost.

use super::log::{announced, is_log};
use super::value::{Moment, Scalar, Whole};
use crate::decode::context::Context;
use crate::decode::errno;
use crate::decode::lines::Position;
use crate::format::remark::{Remark, Shape};
use crate::format::text_source::{LineFormat, Parsed};
use crate::{Cause, Event, Lost, Phase};
use serde::Deserialize;
use serde::de::IgnoredAny;
use std::borrow::Cow;

/// What Inspektor Gadget writes besides events.
const REMARKS: &[Remark] = &[Remark::new(
    "the log: `INFO[0000] Experimental features enabled`, or `time=… level=… msg=…`",
    Shape::Like(is_log),
)];

/// The reader; every line stands for itself.
#[derive(Default)]
pub(crate) struct InspektorGadget;

type Any = Option<IgnoredAny>;

#[derive(Deserialize)]
struct Line<'a> {
    timestamp: Option<Moment>,
    timestamp_raw: Option<Moment>,
    #[serde(borrow)]
    proc: Option<Proc<'a>>,
    // Gadgets without `proc` have its fields beside their own.
    #[serde(borrow, default)]
    comm: Cow<'a, str>,
    pid: Option<Whole>,
    tid: Option<Whole>,
    mntns_id: Any,
    netns_id: Any,
    runtime: Any,
    k8s: Any,
    cpu: Option<Whole>,
    #[serde(borrow, default)]
    error: Cow<'a, str>,
    error_raw: Option<Whole>,
    fd: Option<Whole>,
    fname: Any,
    exepath: Any,
    args: Any,
    tpid: Any,
    bound_dev_if: Any,
    capable: Any,
    nameserver: Any,
    #[serde(borrow)]
    op: Option<Scalar<'a>>,
    #[serde(borrow)]
    operation: Option<Scalar<'a>>,
    #[serde(borrow)]
    r#type: Option<Scalar<'a>>,
    #[serde(borrow)]
    syscall: Option<Scalar<'a>>,
    #[serde(borrow)]
    tracepoint: Option<Scalar<'a>>,
}

#[derive(Deserialize)]
struct Proc<'a> {
    #[serde(borrow)]
    comm: Cow<'a, str>,
    pid: Whole,
    tid: Option<Whole>,
}

impl Line<'_> {
    /// Whether it has what every gadget's events have, beside the process: where it ran.
    fn is_of_gadget(&self) -> bool {
        let place = [&self.runtime, &self.k8s, &self.mntns_id, &self.netns_id];
        let of_process = self.proc.is_some() && self.timestamp_raw.is_some();
        of_process || (self.pid.is_some() || self.proc.is_some()) && place.into_iter().any(Option::is_some)
    }

    /// Name and phase. A gadget that reports a system call's end has the call's result as well.
    fn what(&self) -> (&str, Phase) {
        match self {
            Self { fname: Some(_), fd: Some(_), .. } => ("open", Phase::Call),
            Self { exepath: Some(_), args: Some(_), .. } => ("exec", Phase::Call),
            Self { bound_dev_if: Some(_), .. } => ("bind", Phase::Call),
            Self { tpid: Some(_), .. } => ("signal", Phase::Point),
            Self { capable: Some(_), .. } => ("capable", Phase::Point),
            Self { nameserver: Some(_), .. } => ("dns", Phase::Point),
            _ => {
                let kinds = [&self.tracepoint, &self.operation, &self.op, &self.r#type, &self.syscall];
                let word = kinds.into_iter().find_map(|kind| kind.as_ref()?.text());
                (word.unwrap_or("event"), Phase::Point)
            }
        }
    }

    /// The call's result: the new file, or the error's number below zero.
    fn ret(&self) -> Option<i64> {
        let named = || errno::result(format!("-1 {}", self.error).as_bytes());
        let error = match self.error_raw {
            Some(Whole(number)) => -number.checked_abs()?,
            None if self.error.is_empty() => 0,
            None => named()?,
        };
        if error == 0 { Some(self.fd.map_or(0, |fd| fd.0)) } else { Some(error) }
    }
}

impl LineFormat for InspektorGadget {
    type Draft = ();

    const NOUN: &'static str = "Inspektor Gadget's JSON (`ig run … -o json`)";
    const REMARKS: &'static [Remark] = REMARKS;

    fn line(&mut self, context: &mut Context, line: &[u8], (): &(), at: Position) -> Parsed {
        let line = match serde_json::from_slice::<Line<'_>>(line) {
            Ok(line) if line.is_of_gadget() => line,
            _ => {
                let Some(lost) = announced(line, "samples") else { return Parsed::Unknown };
                context.lose_anywhere(Lost::AtLeast(lost), Cause::Discarded, at.offset);
                return Parsed::Nothing;
            }
        };
        let Some(Moment(time_ns)) = line.timestamp.or(line.timestamp_raw) else { return Parsed::Unknown };
        let (comm, pid, tid) = match &line.proc {
            Some(proc) => (&proc.comm, Some(proc.pid), proc.tid),
            None => (&line.comm, line.pid, line.tid),
        };
        let pid = pid.and_then(Whole::tid);
        let tid = tid.and_then(Whole::tid).or(pid);
        if let (Some(tid), Some(pid)) = (tid, pid) {
            context.header.processes.note(tid, pid);
        }
        let comm = Some(comm.as_bytes()).filter(|comm| !comm.is_empty()).map(|comm| context.name(comm));
        let (name, phase) = line.what();
        let name = context.name(name.as_bytes());
        let cpu = line.cpu.and_then(Whole::cpu);
        let ret = if phase == Phase::Call { line.ret() } else { None };
        let event = Event::new(time_ns, context.stream_of(cpu, time_ns), name, phase);
        Parsed::Event(Event { cpu, tid, comm, ret, offset: at.offset, ..event })
    }
}
