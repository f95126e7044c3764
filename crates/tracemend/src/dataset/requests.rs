//! Finds the requests in a trace of system calls: what a server did for each connection.
//!
//! A request is what one thread did for one connection. It begins with the `accept` that returned the descriptor, or, where
//! another thread accepted it (a listener and its workers), with the thread's first call on the descriptor. It ends with the
//! `close` of the descriptor. Requests that a loss or the end of the trace interrupts are left out.
//!
//! Descriptors are read from the text of the records, so the trace must contain arguments (LTTng, strace, ftrace with
//! `syscalls` events, `perf script`, exports of Trace Compass). It must be of one server process, or of several processes
//! that each handle a connection from its `accept` on.

use crate::pipeline::Loaded;
use rustc_hash::FxHashMap;
use std::io::{self, Write};
use tracemend_trace::sink::quoted;
use tracemend_trace::{Event, Phase, Trace};

/// Calls that return the descriptor of a connection.
const ACCEPTS: [&str; 2] = ["accept", "accept4"];

/// Requests as the threads of a trace: the thread id is the number of the request, from 1.
#[derive(Clone, Debug)]
pub(crate) struct Requests {
    /// Events of the requests in order of time, and the gaps of the original trace.
    pub trace: Trace,
    /// Original thread of each event.
    pub threads: Vec<Option<i32>>,
}

/// The request that a thread is working on.
struct Open {
    descriptor: i64,
    /// Numbers of its events so far.
    events: Vec<usize>,
    /// Whether the entry of its `close` was seen.
    closing: bool,
}

/// Finds the requests of a trace that was loaded with its lines.
pub(crate) fn requests(loaded: &Loaded) -> Requests {
    let trace = &loaded.trace;
    let text = |index: usize| loaded.records.as_ref().map_or(&[][..], |records| records.of(index));
    let mut connections: Vec<i64> = Vec::new();
    let mut open: FxHashMap<Option<i32>, Open> = FxHashMap::default();
    let mut whole: Vec<Vec<usize>> = Vec::new();
    for (index, event) in trace.events.iter().enumerate() {
        let name = trace.header.symbols.name(event.name);
        let ends = matches!(event.phase, Phase::Exit | Phase::Call);
        let accepted = event.ret.filter(|ret| ACCEPTS.contains(&name) && ends && *ret >= 0);
        if let Some(descriptor) = accepted {
            if !connections.contains(&descriptor) {
                connections.push(descriptor);
            }
            open.insert(event.tid, Open { descriptor, events: vec![index], closing: false });
            continue;
        }
        let named = if event.phase == Phase::Exit { None } else { descriptor(name, text(index)) };
        if let Some(named) = named.filter(|named| connections.contains(named)) {
            let other = open.get(&event.tid).is_none_or(|open| open.descriptor != named);
            if other {
                open.insert(event.tid, Open { descriptor: named, events: Vec::new(), closing: false });
            }
        }
        let Some(request) = open.get_mut(&event.tid) else { continue };
        request.events.push(index);
        request.closing |= name == "close" && named == Some(request.descriptor);
        if request.closing && name == "close" && ends {
            connections.retain(|descriptor| *descriptor != request.descriptor);
            whole.extend(open.remove(&event.tid).map(|request| request.events));
        }
    }
    whole.retain(|events| !torn(trace, events));
    numbered(trace, &whole)
}

/// Whether a gap lies between the first and the last of these events.
fn torn(trace: &Trace, events: &[usize]) -> bool {
    let (Some(&first), Some(&last)) = (events.first(), events.last()) else { return true };
    let (from, to) = (trace.events[first].time_ns, trace.events[last].time_ns);
    trace.gaps.iter().any(|gap| gap.begin_ns.is_none_or(|begin| begin < to) && gap.end_ns.is_none_or(|end| end > from))
}

fn numbered(trace: &Trace, whole: &[Vec<usize>]) -> Requests {
    let mut order: Vec<(usize, i32)> = Vec::new();
    for (events, number) in whole.iter().zip(1..) {
        order.extend(events.iter().map(|&event| (event, number)));
    }
    order.sort_unstable();
    let event = |&(index, number): &(usize, i32)| Event { tid: Some(number), ..trace.events[index].clone() };
    Requests {
        threads: order.iter().map(|(index, _)| trace.events[*index].tid).collect(),
        trace: Trace {
            header: trace.header.clone(),
            events: order.iter().map(event).collect(),
            gaps: trace.gaps.clone(),
        },
    }
}

impl Requests {
    /// Returns the number of requests.
    pub(crate) fn count(&self) -> usize {
        self.trace.events.iter().filter_map(|event| event.tid).max().map_or(0, |last| last as usize)
    }

    /// Names of the columns of [`Requests::write_rows`].
    pub(crate) const COLUMNS: &'static str = "trace,request,time_ns,event,phase,ret,tid,process";

    /// Writes the requests as CSV without the line of names, one event per line.
    ///
    /// # Errors
    /// When the output cannot be written.
    pub(crate) fn write_rows(&self, name: &str, out: &mut dyn Write) -> io::Result<()> {
        let cell = |value: Option<i64>| value.map_or_else(String::new, |value| value.to_string());
        for (event, thread) in self.trace.events.iter().zip(&self.threads) {
            let symbols = &self.trace.header.symbols;
            let phase = event.phase.word();
            writeln!(
                out,
                "{},{},{},{},{phase},{},{},{}",
                quoted(name),
                cell(event.tid.map(i64::from)),
                event.time_ns,
                quoted(symbols.name(event.name)),
                cell(event.ret),
                cell(thread.map(i64::from)),
                quoted(event.comm.map_or("", |comm| symbols.name(comm)))
            )?;
        }
        Ok(())
    }
}

/// Returns the descriptor in a call's first argument, from the text of its record: `close(12)`, `fd = 12`, `fd=12`,
/// `fd: 0x0000000c`, and for raw calls `NR 3 (c, …`.
fn descriptor(name: &str, record: &[u8]) -> Option<i64> {
    let text = String::from_utf8_lossy(record);
    if let Some((_, rest)) = text.split_once("NR ").filter(|(_, rest)| rest.contains(" (")) {
        let first = rest.split_once(" (")?.1;
        return i64::from_str_radix(first.split([',', ')']).next()?.trim(), 16).ok();
    }
    for key in ["fd", "sockfd"] {
        for (at, _) in text.match_indices(key) {
            let begins = !text[..at].ends_with(|before: char| before.is_alphanumeric() || before == '_');
            let value = text[at + key.len()..].trim_start();
            if let Some(value) = value.strip_prefix(['=', ':']).filter(|_| begins) {
                return number(value.trim_start());
            }
        }
    }
    number(text.split_once(&format!("{name}("))?.1)
}

/// Returns the decimal or hexadecimal number that a text begins with.
fn number(text: &str) -> Option<i64> {
    let digits = |text: &str, radix: u32| {
        let end = text.find(|c: char| !c.is_digit(radix)).unwrap_or(text.len());
        i64::from_str_radix(&text[..end], radix).ok()
    };
    match text.strip_prefix("0x") {
        Some(hex) => digits(hex, 16),
        None => digits(text, 10),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pipeline::load;
    use std::path::Path;
    use tracemend_trace::{OpenOptions, from_reader};

    fn of(text: &str) -> (Requests, Trace) {
        let reader = Box::new(std::io::Cursor::new(text.as_bytes().to_vec()));
        let mut source = from_reader(reader, Path::new("test"), &OpenOptions::default()).expect("a trace");
        let loaded = load(&mut *source, true).expect("read");
        (requests(&loaded), loaded.trace)
    }

    fn told(requests: &Requests) -> Vec<(i32, &str, i32)> {
        let symbols = &requests.trace.header.symbols;
        let events = requests.trace.events.iter().zip(&requests.threads);
        events.map(|(event, thread)| (event.tid.unwrap(), symbols.name(event.name), thread.unwrap())).collect()
    }

    #[test]
    fn a_request_is_what_its_thread_does_from_accept_to_close() {
        let (found, _) = of("7 1.0 accept4(3, NULL, NULL, 0) = 9\n7 1.1 read(9, \"G\", 1) = 1\n8 1.2 getpid() = 8\n\
                             7 1.3 openat(1, \"x\") = 10\n7 1.4 close(10) = 0\n7 1.5 close(9) = 0\n7 1.6 getpid() = 7\n\
                             7 1.7 accept4(3, NULL, NULL, 0) = -1 EAGAIN (x)\n7 1.8 accept4(3, NULL, NULL, 0) = 9\n7 1.9 read(9, 1) = 0\n");
        // The second is never closed; what lies between the two belongs to none. Times this small are steps (`strace -r`).
        let expected = [(1, "accept4", 7), (1, "read", 7), (1, "openat", 7), (1, "close", 7), (1, "close", 7)];
        assert_eq!(told(&found), expected);
        assert_eq!(found.count(), 1);
        let mut csv = Vec::new();
        found.write_rows("a", &mut csv).expect("written");
        let csv = String::from_utf8(csv).expect("text");
        assert_eq!(csv.lines().nth(1), Some("a,1,2100000000,read,call,1,7,"));
    }

    #[test]
    fn a_worker_takes_over_what_the_listener_accepted() {
        let (found, _) = of("5 1.0 accept4(3, 0) = 9\n5 1.05 futex(1) = 0\n6 1.1 read(9, 1) = 1\n6 1.2 getpid() = 1\n\
                             5 1.3 accept4(3, 0) = 11\n6 1.4 close(9) = 0\n6 1.5 getpid() = 1\n6 1.6 write(11, 1) = 1\n6 1.7 close(11) = 0\n");
        let expected = [(1, "read", 6), (1, "getpid", 6), (1, "close", 6), (2, "write", 6), (2, "close", 6)];
        assert_eq!(told(&found), expected);
    }

    #[test]
    fn entries_and_exits_and_other_tracers_texts() {
        let line = |time: &str, text: &str| format!("  httpd-7 [000] {time}: {text}\n");
        let (found, _) = of(&[
            line("1.0", "sys_enter: NR 288 (3, 0, 0)"),
            line("1.1", "sys_exit: NR 288 = 12"),
            line("1.2", "sys_enter: NR 0 (c, 1, 1)"),
            line("1.3", "sys_exit: NR 0 = 1"),
            line("1.4", "sys_enter: NR 3 (c)"),
            line("1.5", "sys_exit: NR 3 = 0"),
            line("1.6", "sys_enter: NR 39 ()"),
        ]
        .concat());
        assert_eq!(told(&found).len(), 5);
        assert_eq!(found.trace.events[4].phase, Phase::Exit);
        for (text, expected) in [
            ("syscall_entry_close: { cpu_id = 1 }, { fd = 12 }", Some(12)),
            ("sys_enter_close: fd: 0x0000000c", Some(12)),
            ("x\tsyscall_entry_close\tfd=12", Some(12)),
            ("{ dfd = 4, sockfd = 12 }", Some(12)),
            ("close(12)", Some(12)),
            ("getpid()", None),
            ("1,0,7,httpd,close,0,5", None),
        ] {
            assert_eq!(descriptor("close", text.as_bytes()), expected, "{text}");
        }
    }

    #[test]
    fn what_loss_has_torn_is_left_out() {
        let text = "  a-7 [000] 1.0: sys_exit: NR 288 = 12\nCPU:0 [LOST 5 EVENTS]\n  a-7 [000] 1.4: sys_enter: NR 3 (c)\n  a-7 [000] 1.5: sys_exit: NR 3 = 0\n";
        let (found, trace) = of(text);
        assert_eq!((trace.gaps.len(), found.count()), (1, 0));
    }
}
