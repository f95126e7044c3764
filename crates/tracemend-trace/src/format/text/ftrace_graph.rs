//! Text of ftrace's `function_graph` tracer with absolute times.
//!
//! ```text
//!   100.000001 |   0)    bash-700    |               |  vfs_read() {
//!   100.000002 |   0)    bash-700    |   0.153 us    |    rw_verify_area();
//!   100.000007 |   0)    bash-700    | + 12.011 us   |  }
//!   100.000021 |   1)      ls-701    |               |  /* sys_enter: NR 0 (3, 7ffc, 40, 0, 0, 0) */
//! ```
//!
//! Functions nest and obey no rules of system calls: the two ends of one are points `vfs_read:entry` and `vfs_read:exit`, one
//! that called nothing is a whole call.

use super::ftrace_line::task;
use crate::decode::bytes::{find, take_seconds, take_u64, trim, trim_start};
use crate::decode::context::{MAX_CPU, possible_cpu};
use rustc_hash::FxHashMap;

/// Maximum number of functions open on all CPUs together whose names are kept for their ends.
const MAX_OPEN: usize = 1 << 16;

/// Longest name kept.
const MAX_NAME: usize = 255;

/// One line, taken apart.
pub(super) struct Line<'a> {
    pub(super) time_ns: Option<i64>,
    pub(super) cpu: u32,
    /// Process name and thread, where the column is there.
    pub(super) task: Option<(&'a [u8], i32)>,
    pub(super) what: What<'a>,
}

/// What a line reports.
pub(super) enum What<'a> {
    /// A function begins.
    Entry(&'a [u8]),
    /// The function begun last ends; its name, where the line has it.
    Exit(Option<&'a [u8]>),
    /// A function that called no other, and the nanoseconds it took.
    Whole(&'a [u8], Option<u64>),
    /// An event, as in other ftrace text.
    Event(&'a [u8]),
}

/// Takes a line apart; `None` for any other line.
pub(super) fn line(line: &[u8]) -> Option<Line<'_>> {
    let text = trim_start(line);
    let (time_ns, rest) = match take_seconds(text) {
        Some((time_ns, rest)) if text[..text.len() - rest.len()].contains(&b'.') => {
            (Some(time_ns), trim_start(trim_start(rest).strip_prefix(b"|")?))
        }
        _ => (None, text),
    };
    let (cpu, mut rest) = take_u64(rest)?;
    rest = rest.strip_prefix(b")")?;
    let cpu = possible_cpu(cpu)?;
    let mut found = None;
    // Thread and flags come before the duration, the function behind it.
    for _ in 0..3 {
        let bar = memchr::memchr(b'|', rest)?;
        let column = trim(&rest[..bar]);
        rest = &rest[bar + 1..];
        if let Some(dur_ns) = duration(column) {
            return Some(Line { time_ns, cpu, task: found, what: function(trim(rest), dur_ns)? });
        }
        found = found.or(task(column));
    }
    None
}

/// Whether a line is one without its time or its CPU.
pub(crate) fn is_incomplete(text: &[u8]) -> bool {
    match line(text) {
        Some(line) => line.time_ns.is_none(),
        None => {
            let last = memchr::memrchr(b'|', text).map(|bar| trim(&text[bar + 1..]));
            last.is_some_and(|last| last == b"}" || last.ends_with(b"() {") || last.ends_with(b"();"))
        }
    }
}

/// ` 0)    bash-700    =>      ls-701   `: the CPU and the thread it goes to.
pub(super) fn switch(line: &[u8]) -> Option<(u32, (&[u8], i32))> {
    let (cpu, rest) = take_u64(trim_start(line))?;
    let rest = rest.strip_prefix(b")")?;
    let arrow = find(rest, b"=>")?;
    task(trim(&rest[..arrow]))?;
    Some((u32::try_from(cpu).ok()?, task(trim(&rest[arrow + 2..]))?))
}

/// `+ 12.011 us`, or nothing where the function did not end here.
fn duration(column: &[u8]) -> Option<Option<u64>> {
    if column.is_empty() {
        return Some(None);
    }
    let number = trim_start(column.strip_suffix(b" us")?);
    // A mark of delay: `+`, `!`, `#`, `*`, `@`, `$`.
    let number = if number[..1.min(number.len())].is_ascii() && !number.first()?.is_ascii_digit() {
        trim_start(&number[1..])
    } else {
        number
    };
    // Read as seconds: a million times too long.
    let (million_times, rest) = take_seconds(number)?;
    rest.is_empty().then_some(Some(million_times as u64 / 1_000_000))
}

fn function(text: &[u8], dur_ns: Option<u64>) -> Option<What<'_>> {
    if let Some(inner) = text.strip_prefix(b"/*") {
        return Some(What::Event(trim(inner.strip_suffix(b"*/").unwrap_or(inner))));
    }
    if let Some(rest) = text.strip_prefix(b"}") {
        let name = trim(rest).strip_prefix(b"/*").map(|name| trim(name.strip_suffix(b"*/").unwrap_or(name)));
        return Some(What::Exit(name.map(|name| &name[..name.iter().position(|&b| b == b' ').unwrap_or(name.len())])));
    }
    let open = memchr::memchr(b'(', text)?;
    let (name, rest) = text.split_at(open);
    let is_name = !name.is_empty() && !name.contains(&b' ');
    match (is_name, find(rest, b") {"), find(rest, b");")) {
        (true, Some(_), _) => Some(What::Entry(name)),
        (true, None, Some(_)) => Some(What::Whole(name, dur_ns)),
        _ => None,
    }
}

/// The functions begun and not ended, and the threads that run, by CPU.
#[derive(Default)]
pub(super) struct Graph {
    open: FxHashMap<u32, Vec<Vec<u8>>>,
    held: usize,
    running: FxHashMap<u32, (Vec<u8>, i32)>,
}

impl Graph {
    /// A function begins on a CPU.
    pub(super) fn enter(&mut self, cpu: u32, name: &[u8]) {
        if self.held >= MAX_OPEN {
            self.open.clear();
            self.held = 0;
        }
        self.held += 1;
        self.open.entry(cpu).or_default().push(name[..name.len().min(MAX_NAME)].to_vec());
    }

    /// The name of the function that ends on a CPU.
    pub(super) fn leave(&mut self, cpu: u32) -> Option<Vec<u8>> {
        let name = self.open.get_mut(&cpu)?.pop()?;
        self.held -= 1;
        Some(name)
    }

    /// A CPU lost events, or goes to another thread: the functions open there are not known any more.
    pub(super) fn forget(&mut self, cpu: u32) {
        self.held -= self.open.remove(&cpu).map_or(0, |names| names.len());
        self.running.remove(&cpu);
    }

    /// A CPU goes to a thread.
    pub(super) fn switch(&mut self, cpu: u32, (comm, tid): (&[u8], i32)) {
        self.forget(cpu);
        if cpu < MAX_CPU {
            self.running.insert(cpu, (comm[..comm.len().min(MAX_NAME)].to_vec(), tid));
        }
    }

    /// The thread on a CPU.
    pub(super) fn running(&self, cpu: u32) -> Option<(&[u8], i32)> {
        self.running.get(&cpu).map(|(comm, tid)| (&comm[..], *tid))
    }
}
