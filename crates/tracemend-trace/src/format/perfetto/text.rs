//! An event as a line of ftrace's text. Of events other than system calls and context switches it has the name alone: Perfetto
//! numbers their fields and does not name them.

use super::bundle::{Bundle, Place};
use super::event::{Found, GENERIC, SCHED_SWITCH, SYS_ENTER, SYS_EXIT};
use super::messages::{CompactSched, Generic, SchedSwitch, SysEnter, SysExit};
use prost::Message;
use std::io::{self, Write};

/// Writes an event behind the time of its line; `name` is what it is called.
pub(crate) fn write(out: &mut impl Write, bundle: &Bundle, place: Place, name: &str) -> io::Result<()> {
    match place {
        Place::Event { start, end } => event(out, &Found::of(&bundle.bytes[start as usize..end as usize]), name),
        Place::Switch(index) => switch(out, &compact_switch(&bundle.compact, index as usize)),
        Place::Waking(index) => {
            let index = index as usize;
            let compact = &bundle.compact;
            write!(out, "sched_waking:")?;
            pair(out, "comm", comm(compact, &compact.waking_comm_index, index).as_ref())?;
            pair(out, "pid", compact.waking_pid.get(index))
        }
    }
}

/// A name from a bundle's table of names.
pub(crate) fn comm(compact: &CompactSched, indexes: &[u32], index: usize) -> Option<String> {
    compact.intern_table.get(*indexes.get(index)? as usize).cloned()
}

/// A context switch from a bundle's tables, which say who ran before only by the switch before.
fn compact_switch(compact: &CompactSched, index: usize) -> SchedSwitch {
    SchedSwitch {
        prev_state: compact.switch_prev_state.get(index).copied(),
        next_comm: comm(compact, &compact.switch_next_comm_index, index),
        next_pid: compact.switch_next_pid.get(index).copied(),
        next_prio: compact.switch_next_prio.get(index).copied(),
        ..SchedSwitch::default()
    }
}

fn event(out: &mut impl Write, found: &Found<'_>, name: &str) -> io::Result<()> {
    match found.number {
        SYS_ENTER => {
            if let Ok(call) = SysEnter::decode(found.body) {
                write!(out, "sys_enter: NR {} (", call.id.unwrap_or(-1))?;
                for (index, argument) in call.args.iter().enumerate() {
                    write!(out, "{}{argument:x}", if index == 0 { "" } else { ", " })?;
                }
                return write!(out, ")");
            }
        }
        SYS_EXIT => {
            if let Ok(call) = SysExit::decode(found.body) {
                return write!(out, "sys_exit: NR {} = {}", call.id.unwrap_or(-1), call.ret.unwrap_or(0));
            }
        }
        SCHED_SWITCH => {
            if let Ok(found) = SchedSwitch::decode(found.body) {
                return switch(out, &found);
            }
        }
        GENERIC => {
            if let Ok(generic) = Generic::decode(found.body) {
                write!(out, "{}:", generic.event_name.as_deref().unwrap_or("generic"))?;
                for field in &generic.fields {
                    let value = field.int_value.map(i128::from).or(field.uint_value.map(i128::from));
                    pair(out, field.name.as_deref().unwrap_or("?"), value.as_ref())?;
                }
                return Ok(());
            }
        }
        _ => {}
    }
    write!(out, "{name}:")
}

fn switch(out: &mut impl Write, switch: &SchedSwitch) -> io::Result<()> {
    write!(out, "sched_switch:")?;
    pair(out, "prev_comm", switch.prev_comm.as_ref())?;
    pair(out, "prev_pid", switch.prev_pid.as_ref())?;
    pair(out, "prev_prio", switch.prev_prio.as_ref())?;
    pair(out, "prev_state", switch.prev_state.as_ref())?;
    write!(out, " ==>")?;
    pair(out, "next_comm", switch.next_comm.as_ref())?;
    pair(out, "next_pid", switch.next_pid.as_ref())?;
    pair(out, "next_prio", switch.next_prio.as_ref())
}

fn pair(out: &mut impl Write, name: &str, value: Option<&impl std::fmt::Display>) -> io::Result<()> {
    match value {
        Some(value) => write!(out, " {name}={value}"),
        None => Ok(()),
    }
}
