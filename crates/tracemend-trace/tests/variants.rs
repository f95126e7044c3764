//! Forms of the text formats that users of the tracers have: what is read of each, and what is said of those not read.
#![allow(clippy::unwrap_used)]

mod common;

use common::{Read, fixture, read, read_bytes, read_with, try_read};
use tracemend_trace::{Cause, Format, Lost, OpenOptions, Phase, evidence, remarks};

fn variant(name: &str) -> Read {
    read(&fixture(&format!("variants/{name}")))
}

fn refusal(name: &str) -> String {
    let error = try_read(&fixture(&format!("variants/{name}")), &OpenOptions::default()).err().unwrap().to_string();
    error.replace(&fixture("variants/").display().to_string(), "")
}

/// Name, phase, thread and result of each event.
fn calls(read: &Read) -> Vec<(&str, Phase, Option<i32>, Option<i64>)> {
    read.events.iter().enumerate().map(|(index, e)| (read.name(index), e.phase, e.tid, e.ret)).collect()
}

fn names(read: &Read) -> Vec<&str> {
    (0..read.events.len()).map(|index| read.name(index)).collect()
}

fn tids(read: &Read) -> Vec<i32> {
    let mut tids: Vec<i32> = read.events.iter().filter_map(|event| event.tid).collect();
    tids.sort_unstable();
    tids.dedup();
    tids
}

#[test]
fn what_tracers_write_between_events_is_no_damage() {
    let expected = [
        ("strace-stacks.txt", Format::Strace, 9),
        ("strace-detached.txt", Format::Strace, 6),
        ("strace-detached-terminal.txt", Format::Strace, 5),
        ("strace-summary.txt", Format::Strace, 4),
        ("ftrace-messages.txt", Format::Ftrace, 9),
        ("mark-strace.txt", Format::Strace, 3),
        ("mark-ftrace.txt", Format::Ftrace, 3),
        ("mark-ftrace-no-header.txt", Format::Ftrace, 3),
        ("systrace-old.html", Format::Ftrace, 4),
        ("systrace-short.html", Format::Ftrace, 4),
        ("systrace-new.html", Format::Ftrace, 4),
    ];
    for (name, format, events) in expected {
        let read = variant(name);
        assert_eq!((read.header.format, read.events.len(), &read.gaps[..]), (format, events, &[][..]), "{name}");
    }
    assert_eq!(variant("mark-ftrace-no-header.txt").comm(0), "app");
    let page = variant("systrace-short.html");
    assert_eq!(names(&page), ["sched_switch", "sched_wakeup", "tracing_mark_write", "tracing_mark_write"]);
    assert_eq!((page.events[0].time_ns, tids(&page)), (50_260_647_576_000, vec![700, 701]));
}

#[test]
fn columns_that_options_add_are_passed_over() {
    for name in ["strace-i.txt", "strace-n.txt"] {
        let read = variant(name);
        assert_eq!((names(&read), tids(&read)), (vec!["execve", "write", "futex"], vec![500, 501]), "{name}");
    }
    let step = variant("trace-cmd-ts-diff.txt");
    let gap = &step.gaps[0];
    assert_eq!((step.events.len(), step.gaps.len(), gap.lost, gap.cpu), (6, 1, Lost::Exact(1177), Some(0)));
    assert_eq!((gap.begin_ns, gap.end_ns), (Some(5_098_272_080_000), Some(5_098_281_080_000)));
}

#[test]
fn a_form_without_times_is_named_with_what_to_do() {
    assert_eq!(
        refusal("strace-no-times.txt"),
        "strace-no-times.txt: This is strace text without times: record with `strace -f -ttt`"
    );
    assert!(
        refusal("perf-script-no-time.txt")
            .contains("perf script text without times: print them with `perf script -F +time`")
    );
    assert!(refusal("kernel-log.txt").contains("a kernel log and no trace"));
    let forced = |text: &[u8], format| {
        let options = OpenOptions { format: Some(format), ..OpenOptions::default() };
        read_bytes(text, &options).err().unwrap().to_string()
    };
    let text = std::fs::read(fixture("variants/strace-no-times.txt")).unwrap();
    assert!(forced(&text, Format::Strace).ends_with("This is strace text without times: record with `strace -f -ttt`"));
    let graph = "# tracer: function_graph\n#\n 0)    bash-700    |               |  vfs_read() {\n \
                 0)    bash-700    |   0.153 us    |    rw_verify_area();\n 0)    bash-700    | + 12.011 us   |  }\n";
    let error = read_bytes(graph.as_bytes(), &OpenOptions::default()).err().unwrap().to_string();
    assert!(
        error.contains("function_graph text without times or CPUs: `echo 1 > options/funcgraph-abstime`"),
        "{error}"
    );
    let page = "<!DOCTYPE html>\n<p>No trace.</p>\n";
    let error = read_bytes(page.as_bytes(), &OpenOptions::default()).err().unwrap().to_string();
    assert!(error.contains("a web page without ftrace text"), "{error}");
}

#[test]
fn a_text_of_which_most_lines_cannot_be_read_is_an_error() {
    let line = "  x-1 [000] ..... 1.000000: sys_enter: NR 3 (0)\n";
    let text = format!("{line}{}", "  x-1 [000] ..... about two: sys_exit: NR 3 = 0\n".repeat(2));
    let options = OpenOptions { format: Some(Format::Ftrace), ..OpenOptions::default() };
    let error = read_bytes(text.as_bytes(), &options).err().unwrap().to_string();
    assert!(
        error.contains("line 2 (byte 48): not a line of ftrace text") && error.contains("2 lines are none and 1 are"),
        "{error}"
    );
    // As many unread lines as read ones are damage, of as many events at most.
    let read = read_bytes(format!("{text}{line}").as_bytes(), &options).unwrap();
    let [gap] = &read.gaps[..] else { panic!("one gap, not {}", read.gaps.len()) };
    assert_eq!((gap.lost, gap.unread_lines), (Lost::Unknown, Some(2)));
    // One line that looks like a format makes none.
    let prose = format!("{}{line}", "The quick brown fox.\n".repeat(5));
    assert!(read_bytes(prose.as_bytes(), &OpenOptions::default()).is_err());
}

#[test]
fn a_traced_program_writes_between_and_into_the_lines_of_strace() {
    let text = "1700000000.000100 write(1, \"hello\\n\", 6hello\n)                  = 6\nsome output\n\
                1700000000.000200 write(1, \"ab\", 2ab)                     = 2\nmore\n\
                1700000000.000300 close(3)                = 0\n1700000000.000400 +++ exited with 0 +++\n";
    let read = read_bytes(text.as_bytes(), &OpenOptions::default()).unwrap();
    assert_eq!((read.header.format, names(&read)), (Format::Strace, vec!["write", "write", "close", "exited"]));
    assert_eq!((read.events[0].ret, read.events[1].ret, &read.gaps[..]), (Some(6), Some(2), &[][..]));
    assert!(read.header.warnings[0].starts_with("2 lines are not strace's own"), "{:?}", read.header.warnings);
    // In a file that names each line's thread there is no other writer.
    let text = "7 1700000000.000100 close(3) = 0\nsome output\n7 1700000000.000300 close(4) = 0\n";
    assert_eq!(read_bytes(text.as_bytes(), &OpenOptions::default()).unwrap().gaps.len(), 1);
}

#[test]
fn a_folder_of_strace_files_is_one_trace_of_all_threads() {
    let read = variant("strace-ff");
    assert_eq!((read.header.format, read.events.len(), tids(&read)), (Format::Strace, 46, vec![11274, 11275, 11276]));
    assert_eq!((read.gaps.len(), read.header.streams.len()), (0, 1));
    assert_eq!(tids(&variant("strace-ff/trace.11275")), [11275]);
}

#[test]
fn a_folder_of_ftrace_text_by_cpu_is_one_trace_and_other_folders_are_refused_by_name() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    };
    let trace = |cpu: u32, written: u64| {
        format!(
            "# tracer: nop\n#\n# entries-in-buffer/entries-written: 2/{written}   #P:2\n#\n  \
             a-1 [00{cpu}] ..... 1.000000: sys_enter: NR 3 (0)\n  a-1 [00{cpu}] ..... 2.000000: sys_exit: NR 3 = 0\n"
        )
    };
    write("per_cpu/cpu0/trace", &trace(0, 9));
    write("per_cpu/cpu1/trace", &trace(1, 2));
    let by_header = read(folder.path());
    let lost = |read: &Read| read.gaps.iter().map(|gap| (gap.cpu, gap.lost, gap.end_ns)).collect::<Vec<_>>();
    assert_eq!((by_header.header.format, by_header.events.len()), (Format::Ftrace, 4));
    assert_eq!(lost(&by_header), [(Some(0), Lost::Exact(7), Some(1_000_000_000))]);
    // The header counts all CPUs together where it counts more than this one's; it is said once.
    write("per_cpu/cpu0/trace", &trace(0, 19).replace(" 2/", " 4/"));
    write("per_cpu/cpu1/trace", &trace(1, 19).replace(" 2/", " 4/"));
    assert_eq!(lost(&read(folder.path())), [(None, Lost::Exact(15), Some(1_000_000_000))]);
    write("per_cpu/cpu0/stats", "entries: 2\noverrun: 11\ncommit overrun: 0\ndropped events: 0\n");
    write("per_cpu/cpu1/stats", "entries: 2\noverrun: 4\ncommit overrun: 0\ndropped events: 0\n");
    let expected = [(Some(0), Lost::Exact(11), Some(1_000_000_000)), (Some(1), Lost::Exact(4), Some(1_000_000_000))];
    assert_eq!(lost(&read(folder.path())), expected);

    let other = tempfile::tempdir().unwrap();
    std::fs::write(other.path().join("a.txt"), trace(0, 2)).unwrap();
    std::fs::write(other.path().join("b.txt"), trace(1, 2)).unwrap();
    let error = try_read(other.path(), &OpenOptions::default()).err().unwrap().to_string();
    assert!(error.contains("a.txt in it is one of format ftrace. Open its files one by one"), "{error}");
    std::fs::remove_file(other.path().join("a.txt")).unwrap();
    std::fs::write(other.path().join("b.txt"), "The quick brown fox\njumps over it.\n").unwrap();
    let error = try_read(other.path(), &OpenOptions::default()).err().unwrap().to_string();
    assert!(error.contains("b.txt in it is in no format known here"), "{error}");
}

#[test]
fn lines_besides_all_the_events_that_a_header_counts_are_no_loss() {
    let text = |kept: u32| {
        format!(
            "# tracer: nop\n#\n# entries-in-buffer/entries-written: {kept}/{kept}   #P:1\n#\n\
             app-7 [000] ..... 1.000000: my_probe: state=3\n  and more\n\
             app-7 [000] ..... 2.000000: sys_enter: NR 3 (0)\n"
        )
    };
    let gaps = |kept| read_bytes(text(kept).as_bytes(), &OpenOptions::default()).unwrap().gaps;
    assert_eq!(gaps(2), []);
    let found = gaps(3);
    assert_eq!((found.len(), found[0].begin_ns, found[0].end_ns), (1, Some(1_000_000_000), Some(2_000_000_000)));
}

#[test]
fn the_latency_format() {
    let read = variant("ftrace-latency.txt");
    assert_eq!(
        calls(&read),
        [
            ("write", Phase::Exit, Some(700), Some(2)),
            ("dup2", Phase::Entry, Some(700), None),
            ("dup2", Phase::Exit, Some(700), Some(1)),
            ("sched_switch", Phase::Point, Some(701), None),
            ("read", Phase::Entry, Some(700), None),
        ]
    );
    let cpus: Vec<_> = read.events.iter().map(|event| event.cpu).collect();
    assert_eq!((cpus, read.comm(3), read.gaps.len()), (vec![Some(0), Some(0), Some(0), Some(1), Some(0)], "ls", 0));
    assert_eq!((read.events[0].time_ns, read.events[4].time_ns), (16_279_000, 16_500_000));
    let report = variant("trace-cmd-report-l.txt");
    assert_eq!((report.events.len(), report.gaps.len(), report.gaps[0].lost), (4, 1, Lost::Exact(1177)));
    assert_eq!((report.gaps[0].cpu, report.events[0].time_ns), (Some(0), 5_098_308_842_000));
    // Tracers that print so: what they lost stands in their header.
    let text = "# tracer: irqsoff\n#\n# latency: 12 us, #2/9, CPU#0 | (M:desktop VP:0, KP:0, SP:0 HP:0 #P:1)\n\
                    bash-700       0d..1.    1us : _raw_spin_lock_irqsave <-x\n    bash-700       0d..1.   12us : <stack trace>\n => x\n";
    let read = read_bytes(text.as_bytes(), &OpenOptions::default()).unwrap();
    assert_eq!((names(&read), read.lost()), (vec!["_raw_spin_lock_irqsave", "kernel_stack"], 7));
}

#[test]
fn lines_without_a_name_are_their_tracers() {
    let text = "# tracer: timerlat\n#\n  <idle>-0 [000] d.h1 54.029328: #1     context    irq timer_latency       932 ns\n  \
                <...>-867 [000] .... 54.029339: #1     context thread timer_latency     11700 ns\n";
    let read = read_bytes(text.as_bytes(), &OpenOptions::default()).unwrap();
    assert_eq!((names(&read), read.gaps.len()), (vec!["timerlat", "timerlat"], 0));
}

#[test]
fn functions_of_a_graph_are_points_and_whole_calls() {
    let read = variant("ftrace-graph.txt");
    let expected = [
        ("vfs_read:entry", Phase::Point),
        ("rw_verify_area", Phase::Call),
        ("new_sync_read:entry", Phase::Point),
        ("tty_read", Phase::Call),
        ("new_sync_read:exit", Phase::Point),
        ("vfs_read:exit", Phase::Point),
        ("fput", Phase::Call),
        ("read", Phase::Entry),
    ];
    let got: Vec<_> = read.events.iter().enumerate().map(|(index, event)| (read.name(index), event.phase)).collect();
    assert_eq!((got, read.events[1].dur_ns, tids(&read)), (expected.to_vec(), Some(153), vec![700, 701]));
    let [gap] = &read.gaps[..] else { panic!("one gap, not {}", read.gaps.len()) };
    assert_eq!((gap.lost, gap.cpu, gap.end_ns), (Lost::Exact(168), Some(1), Some(100_000_020_000)));
    // Without the column of threads, the lines of switches say who runs.
    let text = "# tracer: function_graph\n  1.000001 |   0)   0.061 us    |  fput();\n ------------------------------------------\n   \
                0)    bash-700    =>      ls-701   \n ------------------------------------------\n\n  1.000002 |   0)   0.061 us    |  fput();\n";
    let read = read_bytes(text.as_bytes(), &OpenOptions::default()).unwrap();
    assert_eq!((read.events[0].tid, read.events[1].tid, read.gaps.len()), (None, Some(701), 0));
}

#[test]
fn raw_fields_are_system_calls() {
    let raw = variant("trace-cmd-report-raw.txt");
    let expected = [
        ("getegid", Phase::Exit, Some(700), Some(0)),
        ("getuid", Phase::Entry, Some(700), None),
        ("getuid", Phase::Exit, Some(700), Some(0)),
        ("read", Phase::Entry, Some(701), None),
    ];
    assert_eq!((calls(&raw), raw.lost()), (expected.to_vec(), 168));
    let fields = variant("ftrace-fields.txt");
    let expected = [
        ("write", Phase::Exit, Some(700), Some(2)),
        ("dup2", Phase::Entry, Some(700), None),
        ("dup2", Phase::Exit, Some(700), Some(1)),
        ("read", Phase::Entry, Some(701), None),
    ];
    assert_eq!(calls(&fields), expected);
}

#[test]
fn ticks_are_no_seconds() {
    for (name, first) in [("ftrace-tsc.txt", 4_384_830_739_379), ("ftrace-counter.txt", 1)] {
        let read = variant(name);
        assert_eq!((read.events.len(), tids(&read), read.gaps.len()), (6, vec![700, 701], 1), "{name}");
        assert_eq!((read.gaps[0].lost, read.gaps[0].cpu), (Lost::Exact(84), Some(0)));
        assert_eq!((read.events[0].time_ns, read.header.ticks), (first, true));
        assert!(read.header.warnings[0].starts_with("times are ticks of a clock without unit"));
    }
    assert!(!variant("ftrace-messages.txt").header.ticks);
}

#[test]
fn utf_16_is_text() {
    let text = std::fs::read_to_string(fixture("succeed/ftrace-pipe.txt")).unwrap();
    let plain = read(&fixture("succeed/ftrace-pipe.txt"));
    for order in [u16::to_le_bytes, u16::to_be_bytes] {
        let bytes: Vec<u8> = std::iter::once(0xfeff).chain(text.encode_utf16()).flat_map(order).collect();
        let read = read_bytes(&bytes, &OpenOptions::default()).unwrap();
        assert_eq!((read.events.len(), read.lost(), read.gaps.len()), (plain.events.len(), 1682, 1));
    }
    let unmarked: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let error = read_bytes(&unmarked, &OpenOptions::default()).err().unwrap().to_string();
    assert!(error.contains("UTF-16 without its mark; convert it with `iconv"), "{error}");
}

#[test]
fn a_dump_in_a_kernel_log_is_read() {
    let dump = "[   12.000001] Kernel panic - not syncing: x\n[   12.000002] Dumping ftrace buffer:\n\
                [   12.000003] ---------------------------------\n\
                [   12.000004]     bash-700       0..... 16279us : sys_exit: NR 1 = 2\n\
                [   12.000005] CPU:0 [LOST 5 EVENTS]\n\
                [   12.000006]     bash-700       0..... 16281us : sys_enter: NR 33 (b, 1, 0, 0, 7, b)\n\
                [   12.000007] ---------------------------------\n[   12.000008] Rebooting in 1 seconds..\n";
    for front in ["", "<4>", "Nov 29 14:47:00 host kernel: "] {
        let text: String = dump.lines().map(|line| format!("{front}{line}\n")).collect();
        let read = read_bytes(text.as_bytes(), &OpenOptions::default()).unwrap();
        assert_eq!((names(&read), read.gaps.len(), read.lost()), (vec!["write", "dup2"], 1, 5), "{front}");
    }
}

#[test]
fn a_total_says_nothing_new_where_the_losses_were_told() {
    for name in ["bpftrace-total.txt", "bpftrace-total-stdout.txt"] {
        let read = variant(name);
        let lost: Vec<_> = read.gaps.iter().map(|gap| gap.lost).collect();
        assert_eq!(lost, [Lost::Exact(42), Lost::Exact(8)], "{name}");
    }
    let text = "1000000000 0 501 app 0\n1000001000 0 501 app 1\nWARNING: Lost 7 events\n1000201000 0 501 app 0\n";
    assert_eq!(read_bytes(text.as_bytes(), &OpenOptions::default()).unwrap().lost(), 7);
    let samples =
        "sh 7 [000] 1.000000: raw_syscalls:sys_enter: NR 0 (3)\nsh 7 [000] 2.000000: PERF_RECORD_LOST_SAMPLES lost 9\n";
    assert_eq!(read_bytes(samples.as_bytes(), &OpenOptions::default()).unwrap().lost(), 9);
    let read = variant("bpftrace-only-total.txt");
    let [gap] = &read.gaps[..] else { panic!("one gap, not {}", read.gaps.len()) };
    assert_eq!((gap.lost, gap.begin_ns, gap.end_ns), (Lost::Exact(50), None, None));
}

#[test]
fn losses_that_perf_told_at_its_end_are_one_gap_over_the_trace() {
    for (name, events) in [("perf-script-chunks.txt", 3), ("perf-trace-chunks.txt", 2)] {
        let read = variant(name);
        let [gap] = &read.gaps[..] else { panic!("{name}: one gap, not {}", read.gaps.len()) };
        assert_eq!((read.events.len(), gap.lost, &gap.cause), (events, Lost::Unknown, &Cause::Discarded), "{name}");
        assert_eq!((gap.begin_ns, gap.end_ns), (None, None));
        assert!(read.header.warnings.iter().any(|warning| warning.contains("lost 28 chunks!")));
    }
    // Written into a line, the warning parts it; with the records of loss it says nothing new.
    let line = "ls 1 [000]  1.000000: raw_syscalls:sys_enter: NR 0 (3, 7fff, 40, 0, 0, 0)\n";
    let lost = "ls 1 [000]  2.000000: PERF_RECORD_LOST lost 7\n";
    let text = format!(
        "{line}{lost}ls 1 [000]  3.000000: raw_syscalls:sys_exit: NR Warning:\nProcessed 9 events and lost 1 chunks!\n\nCheck IO/CPU overload!\n\n0 = 64\n"
    );
    let read = read_bytes(text.as_bytes(), &OpenOptions::default()).unwrap();
    assert_eq!(
        (names(&read), read.events[1].ret, read.gaps.len(), read.lost()),
        (vec!["read", "read"], Some(64), 1, 7)
    );
}

#[test]
fn perf_script_without_some_columns() {
    let misc = variant("perf-script-misc.txt");
    assert_eq!((names(&misc), tids(&misc), misc.events[0].cpu), (vec!["execve", "brk"], vec![19207], Some(1)));
    let few = variant("perf-script-no-comm-no-cpu.txt");
    assert_eq!(
        (names(&few), tids(&few), few.events[0].comm),
        (vec!["execve", "brk", "read"], vec![19207, 19208], None)
    );
    let time = variant("perf-script-only-time.txt");
    assert_eq!((names(&time), tids(&time).len()), (vec!["execve", "brk"], 0));
    let latency = variant("perf-script-latency.txt");
    assert_eq!((latency.events.len(), tids(&latency), latency.comm(0)), (6, vec![19207, 19208, 19209], "sh"));
    assert_eq!((latency.events[0].cpu, latency.events[5].cpu), (Some(1), Some(0)));
    for name in ["misc", "no-comm-no-cpu", "only-time", "latency"] {
        assert_eq!(variant(&format!("perf-script-{name}.txt")).gaps.len(), 0, "{name}");
    }
}

#[test]
fn perf_script_times_that_are_steps_are_summed() {
    let text = "sh 1 [000]     0.000000: raw_syscalls:sys_enter: NR 0 (3)\nsh 1 [000]     0.000031:  raw_syscalls:sys_exit: NR 0 = 64\n\
                sh 1 [000]     0.000005: raw_syscalls:sys_enter: NR 3 (3)\n";
    let read = read_bytes(text.as_bytes(), &OpenOptions::default()).unwrap();
    let times: Vec<i64> = read.events.iter().map(|event| event.time_ns).collect();
    assert_eq!(times, [0, 31_000, 36_000]);
}

#[test]
fn a_damaged_line_of_perf_script_is_no_call_chain() {
    let line = "              ls 7 [000]  1.000000: raw_syscalls:sys_enter: NR 0 (3)\n";
    let text = format!("{line}\t    7f12 __read (/lib/libc.so)\n\n              ls 7 [000]  1.00\n{line}");
    let read = read_bytes(text.as_bytes(), &OpenOptions::default()).unwrap();
    assert_eq!((read.events.len(), read.gaps.len(), read.gaps[0].unread_lines), (2, 1, Some(1)));
}

#[test]
fn simpleperf_samples_are_perf_script_text() {
    let text = "MyApp\t10001/10002 [000] 684943.450246:\t1 cpu-cycles:\n\t    7f12 __read (/system/lib64/libc.so)\n\n\
                MyApp\t10001/10003 [001] 684943.450300:\t1 cpu-cycles:\n\t    7f12 __read (/system/lib64/libc.so)\n\n";
    let read = read_bytes(text.as_bytes(), &OpenOptions::default()).unwrap();
    assert_eq!((tids(&read), read.comm(0), read.gaps.len()), (vec![10002, 10003], "MyApp", 0));
}

#[test]
fn perf_trace_without_names_or_times() {
    let read = variant("perf-trace-no-comm.txt");
    assert_eq!(
        (names(&read), tids(&read)),
        (vec!["execve", "rt_sigaction", "read", "read", "close"], vec![21140, 21141])
    );
    let start = variant("perf-trace-start.txt");
    let times: Vec<i64> = start.events.iter().map(|event| event.time_ns).collect();
    assert_eq!(times, [1_890_261_013_000, 1_890_261_013_000, 1_890_262_080_000]);
    let text = "     0.000 ls/7 sched:sched_switch(prev_comm: \"ls\", prev_pid: 7)\n     0.031 sh/8 sched:sched_switch(prev_comm: \"sh\", prev_pid: 8)\n";
    let tracepoints = read_bytes(text.as_bytes(), &OpenOptions::default()).unwrap();
    assert_eq!((names(&tracepoints), tids(&tracepoints)), (vec!["sched_switch", "sched_switch"], vec![7, 8]));
    assert_eq!(tracepoints.header.format, Format::PerfTrace);
}

#[test]
fn kernel_events_without_a_thread_are_of_the_one_switched_to() {
    let read = variant("babeltrace-kernel.txt");
    let tids: Vec<_> = read.events.iter().map(|event| event.tid).collect();
    let (app, sshd) = (Some(4297), Some(998));
    assert_eq!(tids, [None, Some(0), app, app, app, app, sshd, sshd]);
    assert_eq!((read.comm(2), read.comm(7)), ("app", "sshd"));
}

#[test]
fn a_loss_stands_as_announced_where_a_cpu_has_several_streams() {
    for (name, begin) in [("two", 69_362_352_676_000), ("three", 69_362_352_670_000)] {
        let warnings_file = Some(fixture(&format!("variants/babeltrace-streams-{name}.err")));
        let options = OpenOptions { warnings_file, ..OpenOptions::default() };
        let read = read_with(&fixture(&format!("variants/babeltrace-streams-{name}.txt")), &options);
        let [gap] = &read.gaps[..] else { panic!("{name}: one gap, not {}", read.gaps.len()) };
        assert_eq!(
            (gap.lost, gap.begin_ns, gap.end_ns),
            (Lost::Exact(728), Some(begin), Some(69_393_426_663_000)),
            "{name}"
        );
    }
}

#[test]
fn a_warning_in_a_line_parts_it() {
    let read = variant("babeltrace-warning-in-line.txt");
    assert_eq!((read.events.len(), read.gaps.len(), read.lost()), (5, 1, 173));
    assert_eq!(read.events[2].time_ns, 747_487_646_585);
    assert!(read.records[2].starts_with(b"[00:12:27.487646585] (+0.000138585)"));
}

#[test]
fn two_tracepoints_of_one_call_are_two_events() {
    let path = fixture("variants/ftrace-both-tracepoints.txt");
    let read = read(&path);
    assert_eq!((read.events.len(), read.gaps.len()), (16, 0));
    let halves = read.events.iter().filter(|event| event.phase != Phase::Point).count();
    assert_eq!((halves, read.name(1), read.name(3)), (8, "sys_enter", "sys_exit"));
    assert!(evidence(&common::trace(&path)).is_empty());
    let text = "sh 7 [000] 1.000000: syscalls:sys_enter_read: fd: 0x3\nsh 7 [000] 1.000001: raw_syscalls:sys_enter: NR 0 (3)\n\
                sh 7 [000] 1.000002: syscalls:sys_exit_read: 0x40\nsh 7 [000] 1.000003: raw_syscalls:sys_exit: NR 0 = 64\n\
                sh 7 [000] 1.000004: syscalls:sys_enter_read: fd: 0x3\nsh 7 [000] 1.000005: raw_syscalls:sys_enter: NR 0 (3)\n";
    let perf = read_bytes(text.as_bytes(), &OpenOptions::default()).unwrap();
    assert_eq!(names(&perf), ["read", "sys_enter", "read", "sys_exit", "read", "sys_enter"]);
}

#[test]
fn files_printed_together_have_cpus_of_their_own() {
    let read = variant("trace-cmd-two-files.txt");
    assert_eq!((read.events.len(), read.comm(0)), (5, "<...>"));
    let streams: Vec<&str> = read.header.streams.iter().map(|stream| stream.name.as_str()).collect();
    assert_eq!(streams, ["host.dat/cpu1", "guest.dat/cpu0"]);
    let lost: Vec<_> = read.gaps.iter().map(|gap| (streams[gap.stream.unwrap().0 as usize], gap.lost)).collect();
    assert_eq!(lost, [("guest.dat/cpu0", Lost::Exact(84)), ("host.dat/cpu1", Lost::Exact(168))]);
    // The main buffer's lines have blanks in front; a buffer may be named in its events alone.
    let text = "cpus=1\n                 <...>-700   [000]  1.000000: sys_exit:             NR 14 = 0\n\
                  big:            <...>-700   [000]  2.000000: sys_exit:             NR 14 = 0\n";
    let read = read_bytes(text.as_bytes(), &OpenOptions::default()).unwrap();
    let streams: Vec<&str> = read.header.streams.iter().map(|stream| stream.name.as_str()).collect();
    assert_eq!(streams, ["cpu0", "big/cpu0"]);
}

#[test]
fn the_documentation_lists_every_remark() {
    let formats = std::fs::read_to_string(fixture("../../../../docs/formats.md")).unwrap();
    for (format, name) in Format::ALL {
        for remark in remarks(format) {
            assert!(formats.contains(&format!("- {remark}")), "docs/formats.md lacks, for {name}: - {remark}");
        }
    }
}

#[test]
fn numbers_that_no_record_of_an_audit_log_has_are_lost_events() {
    let log = variant("audit.log");
    assert_eq!(log.header.format, Format::Auditd);
    let expected = [
        ("SERVICE_START", Phase::Point, Some(1), None),
        ("open", Phase::Call, Some(3538), Some(-13)),
        ("openat", Phase::Call, Some(3539), Some(3)),
        ("execve", Phase::Call, Some(3540), Some(0)),
        ("execve", Phase::Call, Some(3541), Some(0)),
        ("USER_LOGIN", Phase::Point, Some(812), None),
    ];
    assert_eq!(calls(&log), expected);
    assert_eq!((log.comm(1), log.comm(2)), ("cat", "ls a"));
    // 24288 to 24290 and 24292 are missing: of 24289 a part was kept, the call itself was not. 24286 and 24291 came late.
    let gaps: Vec<(Lost, Option<i64>, Option<i64>)> =
        log.gaps.iter().map(|gap| (gap.lost, gap.begin_ns, gap.end_ns)).collect();
    let at = |ms: i64| Some(1_364_481_363_000_000_000 + ms * 1_000_000);
    assert_eq!(gaps, [(Lost::Exact(3), at(243), at(350)), (Lost::Exact(1), at(350), at(400))]);
    assert!(log.gaps.iter().all(|gap| gap.cause == Cause::Discarded && gap.stream.is_some()));
}

#[test]
fn a_machine_that_starts_again_loses_no_audit_events() {
    let line = |number: u64, ms: u64| {
        format!(
            "type=SYSCALL msg=audit(13644813{ms:02}.000:{number}): arch=c000003e syscall=0 exit=1 pid=7 comm=\"a\"\n"
        )
    };
    let numbers = [50_000_001u64, 50_000_002, 3, 4, 6];
    let text: String = numbers.iter().zip(10..).map(|(&number, ms)| line(number, ms)).collect();
    let log = read_bytes(text.as_bytes(), &OpenOptions::default()).unwrap();
    assert_eq!((log.events.len(), log.gaps.len()), (5, 1));
    assert_eq!(log.gaps[0].lost, Lost::Exact(1));
}
