//! Any input ends without a panic, and what is written as ftrace text is read back as it was.
#![allow(clippy::unwrap_used)]

mod common;

use common::{fixture, read_bytes};
use proptest::prelude::*;
use tracemend_trace::{Arch, OpenOptions, npy};
use tracemend_trace::{Format, Phase};

fn options(format: Format) -> OpenOptions {
    OpenOptions { format: Some(format), ..OpenOptions::default() }
}

/// Pieces that the formats are made of, so that random lines get past the first column.
const PIECES: [&str; 62] = [
    "ls-12",
    " [001] ",
    ".....",
    " 5098.272064: ",
    "sys_enter: ",
    "sys_exit: ",
    "NR 3 = 0",
    "CPU:1 [LOST 7 EVENTS]",
    "PERF_RECORD_LOST lost 5",
    "raw_syscalls:sys_enter: ",
    "ls 12 [000] 1.5: ",
    "     0.061 ( 0.018 ms): ",
    "ls/19417 ",
    "brk() = 0x3",
    "...",
    "LOST 3 events!",
    "4625760540522 0 28424 ls 12",
    "Lost 71 events",
    "12 1795361765.147212 ",
    "read(3, <unfinished ...>",
    "<... read resumed>) = 3",
    "+++ exited with 0 +++",
    "--- SIGCHLD {} ---",
    "[pid  3] ",
    "[15:27:02.811666181] ",
    "(+?.?????????) ",
    "vm sc:x: ",
    "{ cpu_id = 1 }, ",
    "{ tid = 9, procname = \"x\" }, { }",
    "WARNING: Tracer discarded 7 events between [15:27:02.8] and [15:27:03] in trace \"\" within stream \"/a_1\"",
    "timestamp_ns,syscall_name",
    "Timestamp\tCPU\tEvent type\tContents\n",
    "\t",
    "15:27:02.811 666 181\t1\tsyscall_exit_read\tret=3, context._tid=9",
    "1 969-12-31",
    "\"",
    "\r\n",
    "\n",
    "Warning:",
    "Processed 9 events and lost 2 chunks!",
    " > /lib/libc.so.6(read+0x1a) [0xf0d1a]",
    "strace: Process 3 attached",
    " <detached ...>",
    ")   = 6",
    "     0d..2. ",
    "16279us!: ",
    "4384830739379: ",
    "(+13430) ",
    "id=0x21 (33) ret=0x1 (1)",
    "guest.dat:  ",
    "[   12.000001] ",
    "WARNING: Tracer ",
    "  1.5 |   0)    x-1    |   0.153 us    |  f();",
    "|  f() {",
    "<!DOCTYPE html>\n",
    "Total lost event count: 50",
    r#"{"timestamp":5,"processName":"a","eventName":"read","syscall":"read","returnValue":-1}"#,
    r#"{"level":"warn","msg":"Lost 7 events"}"#,
    r#"{"process_exec":{"process":{"pid":7}},"time":"2023-10-06T22:03:57.7Z"}"#,
    r#"{"rate_limit_info":{"number_of_dropped_process_events":"9"},"time":"1969-10-06T22:03:57Z"}"#,
    r#"{"proc":{"comm":"a","pid":1},"fname":"x","fd":-1,"timestamp_raw":-5}"#,
    "WARN[0005] reading event: lost 9 samples",
];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn damaged_arrays_never_panic(
        archive in any::<bool>(),
        damage in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..6),
        cut in 0usize..60,
    ) {
        let path = fixture(if archive { "succeed/arrays.npz" } else { "succeed/windows.npy" });
        let mut bytes = std::fs::read(&path).unwrap();
        for (at, byte) in damage {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        bytes.truncate(bytes.len().saturating_sub(cut));
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), &bytes).unwrap();
        let _ = npy::load_array(file.path());
        let _ = npy::load_npz(file.path(), |_| true);
    }

    #[test]
    fn random_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..2000)) {
        for (format, _) in Format::ALL {
            let _ = read_bytes(&bytes, &options(format));
        }
        let _ = read_bytes(&bytes, &OpenOptions::default());
    }

    #[test]
    fn random_pieces_never_panic_and_gaps_are_in_order(pieces in prop::collection::vec(prop::sample::select(&PIECES[..]), 0..60)) {
        let text = pieces.concat();
        for (format, _) in Format::ALL {
            let Ok(read) = read_bytes(text.as_bytes(), &options(format)) else { continue };
            for (index, gap) in read.gaps.iter().enumerate() {
                prop_assert_eq!(gap.id as usize, index);
                prop_assert!(gap.begin_ns.zip(gap.end_ns).is_none_or(|(begin, end)| begin <= end));
            }
        }
    }

    #[test]
    fn event_tables_are_read_back(
        tid in 0..=i32::MAX, cpu in 0u32..1024, ns in 0i64..86_400_000_000_000, ret in any::<i64>(), exit: bool,
        order in Just(vec![0, 1, 2, 3, 4, 5]).prop_shuffle(), column: bool, wide: bool,
    ) {
        let (ms, rest) = (ns / 1_000_000, ns % 1_000_000);
        let (hours, minutes, seconds) = (ms / 3_600_000, ms / 60_000 % 60, ms / 1000 % 60);
        // As Trace Compass prints it by default, or without spaces.
        let fraction = format!("{:03} {:03} {:03}", ms % 1000, rest / 1000, rest % 1000);
        let fraction = if wide { fraction } else { fraction.replace(' ', "") };
        let half = if exit { "exit" } else { "entry" };
        let own = if exit { format!("ret={ret}") } else { "fd=3, ret=77".to_owned() };
        let cells = [
            ("Timestamp", format!("{hours:02}:{minutes:02}:{seconds:02}.{fraction}")),
            ("Channel", "channel0_1".to_owned()),
            ("CPU", cpu.to_string()),
            ("Event type", format!("syscall_{half}_read")),
            ("Contents", format!("{own}, context._procname=a b, context._tid={tid}")),
            ("TID", if column { tid.to_string() } else { String::new() }),
        ];
        let line = |part: &dyn Fn(&(&str, String)) -> String| {
            order.iter().map(|&at: &usize| part(&cells[at])).collect::<Vec<_>>().join("\t")
        };
        let text = format!("{}\n{}\n", line(&|cell| cell.0.to_owned()), line(&|cell| cell.1.clone()));
        let read = read_bytes(text.as_bytes(), &OpenOptions::default()).unwrap();
        prop_assert_eq!(read.header.format, Format::TraceCompass);
        prop_assert_eq!(read.events.len(), 1, "{}", text);
        let event = &read.events[0];
        prop_assert_eq!((read.comm(0), read.name(0)), ("a b", "read"));
        prop_assert_eq!((event.tid, event.cpu, event.time_ns), (Some(tid), Some(cpu), ns));
        prop_assert_eq!(event.phase, if exit { Phase::Exit } else { Phase::Entry });
        prop_assert_eq!(event.ret, exit.then_some(ret));
    }

    #[test]
    fn ftrace_text_is_read_back(
        comm in "[a-zA-Z0-9:/ _.()\\[\\]<>-]{0,13}[a-zA-Z>]", tid in 0..=i32::MAX, cpu in 0u32..1024,
        micros in 0i64..1_000_000_000_000_000, number in 0i64..335, ret in any::<i64>(), exit: bool, flags in "[.dDN1-9]{5}", tgid: bool,
    ) {
        let name = Arch::X86_64.call_name(number).unwrap();
        let event = if exit { format!("sys_exit: NR {number} = {ret}") } else { format!("sys_enter: NR {number} (1, 2, a)") };
        let tgid = if tgid { "(  77) " } else { "" };
        // A comm is padded in front, and one that begins with a space could not be told apart. Two spaces behind a colon end
        // the name of a file.
        let comm = comm.trim().replace(":  ", ": ");
        let comm = comm.as_str();
        let (seconds, micros_of) = (micros / 1_000_000, micros % 1_000_000);
        let line = format!("{comm:>16}-{tid:<7} {tgid}[{cpu:03}] {flags} {seconds:>5}.{micros_of:06}: {event}\n");
        let read = read_bytes(line.as_bytes(), &options(Format::Ftrace)).unwrap();
        prop_assert_eq!(read.events.len(), 1, "{}", line);
        let event = &read.events[0];
        prop_assert_eq!((read.comm(0), read.name(0)), (comm, name));
        prop_assert_eq!((event.tid, event.cpu, event.time_ns), (Some(tid), Some(cpu), micros * 1000));
        prop_assert_eq!(event.phase, if exit { Phase::Exit } else { Phase::Entry });
        prop_assert_eq!(event.ret, exit.then_some(ret));
        prop_assert_eq!(&read.records[0], line.trim_end_matches('\n').as_bytes());
    }
}
