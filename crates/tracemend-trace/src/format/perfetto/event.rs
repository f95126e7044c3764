//! One event of ftrace in Perfetto's form: the number of a field says which it is.

use super::bundle::Described;
use super::fields::{Field, Fields, Value};
use super::messages::{Generic, NamedEvent, NewTask, SchedSwitch, SchedWakeup, SysEnter, SysExit, TaskRename};
use super::threads::Threads;
use crate::decode::context::Context;
use crate::kernel::call_names::end_of_named_call;
use crate::{Phase, Symbol};
use prost::Message;
use std::sync::LazyLock;

/// Names of events by the numbers of their fields in `FtraceEvent`, from `protos/perfetto/trace/ftrace/ftrace_event.proto`.
static NAMES: LazyLock<Vec<&'static str>> = LazyLock::new(|| {
    let mut names = Vec::new();
    for line in include_str!("ftrace_events.txt").lines() {
        if let Some((number, name)) = line.split_once(' ')
            && let Ok(number) = number.parse::<usize>()
        {
            names.resize(names.len().max(number + 1), "");
            names[number] = name;
        }
    }
    names
});

/// The name of an event type that Perfetto has a message for.
pub(crate) fn known_name(number: u32) -> Option<&'static str> {
    NAMES.get(number as usize).copied().filter(|name| !name.is_empty())
}

/// Numbers of the fields whose content is read.
pub(crate) const SCHED_SWITCH: u32 = 4;
const SCHED_WAKEUP: u32 = 17;
const SCHED_WAKING: u32 = 20;
const SCHED_WAKEUP_NEW: u32 = 114;
const TASK_NEWTASK: u32 = 235;
const TASK_RENAME: u32 = 236;
pub(crate) const GENERIC: u32 = 327;
pub(crate) const SYS_ENTER: u32 = 329;
pub(crate) const SYS_EXIT: u32 = 330;
const KPROBE_EVENT: u32 = 542;

/// An event's parts.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Found<'a> {
    pub(crate) tid: Option<i32>,
    /// The number of its field; 0 where it has none.
    pub(crate) number: u32,
    pub(crate) body: &'a [u8],
}

impl<'a> Found<'a> {
    /// Takes an event apart.
    pub(crate) fn of(bytes: &'a [u8]) -> Self {
        let mut found = Self { tid: None, number: 0, body: &[] };
        for field in Fields::new(bytes).map_while(Result::ok) {
            match field {
                Field { number: 2, value: Value::Number(tid), .. } => found.tid = Some(tid as i32),
                Field { number, value: Value::Bytes(body), .. } => (found.number, found.body) = (number, body),
                _ => {}
            }
        }
        found
    }

    /// Name, phase and result.
    pub(crate) fn tell(&self, context: &mut Context, described: &Described) -> (Symbol, Phase, Option<i64>) {
        match self.number {
            SYS_ENTER => {
                if let Ok(SysEnter { id: Some(id), .. }) = SysEnter::decode(self.body) {
                    return (context.call(id), Phase::Entry, None);
                }
            }
            SYS_EXIT => {
                if let Ok(SysExit { id: Some(id), ret }) = SysExit::decode(self.body) {
                    // A result of 0 is written as any other.
                    return (context.call(id), Phase::Exit, ret);
                }
            }
            GENERIC => {
                if let Ok(generic) = Generic::decode(self.body) {
                    return generic_event(context, &generic);
                }
            }
            KPROBE_EVENT => {
                if let Ok(NamedEvent { name: Some(name) }) = NamedEvent::decode(self.body) {
                    return (context.name(name.as_bytes()), Phase::Point, None);
                }
            }
            _ => {}
        }
        let name = match (known_name(self.number), described.get(&self.number)) {
            (Some(name), _) => context.name(name.as_bytes()),
            (None, Some(&name)) => name,
            (None, None) => context.name(format!("event_{}", self.number).as_bytes()),
        };
        (name, Phase::Point, None)
    }

    /// Learns names of threads from it; returns the thread that a context switch went to.
    pub(crate) fn learn(&self, context: &mut Context, threads: &mut Threads) -> Option<i32> {
        let mut named = |tid: Option<i32>, name: Option<String>| {
            if let (Some(tid), Some(name)) = (tid, name) {
                threads.name(context, tid, &name);
            }
        };
        match self.number {
            SCHED_SWITCH => {
                if let Ok(switch) = SchedSwitch::decode(self.body) {
                    named(switch.prev_pid, switch.prev_comm);
                    named(switch.next_pid, switch.next_comm);
                    return switch.next_pid;
                }
            }
            SCHED_WAKEUP | SCHED_WAKING | SCHED_WAKEUP_NEW => {
                if let Ok(wakeup) = SchedWakeup::decode(self.body) {
                    named(wakeup.pid, wakeup.comm);
                }
            }
            TASK_NEWTASK => {
                if let Ok(task) = NewTask::decode(self.body) {
                    named(task.pid, task.comm);
                }
            }
            TASK_RENAME => {
                if let Ok(task) = TaskRename::decode(self.body) {
                    named(task.pid, task.newcomm);
                }
            }
            _ => {}
        }
        None
    }
}

/// An event that Perfetto has no message for. The tracepoints of single calls (`sys_enter_openat`) are among them.
fn generic_event(context: &mut Context, generic: &Generic) -> (Symbol, Phase, Option<i64>) {
    let name = generic.event_name.as_deref().unwrap_or("generic");
    let Some((call, phase)) = end_of_named_call(name) else {
        return (context.name(name.as_bytes()), Phase::Point, None);
    };
    let ret = generic.fields.iter().find(|field| phase == Phase::Exit && field.name.as_deref() == Some("ret"));
    let ret = ret.and_then(|ret| ret.int_value.or(ret.uint_value.map(u64::cast_signed)));
    (context.name(call), phase, ret)
}
