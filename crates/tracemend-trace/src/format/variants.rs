//! Forms of text that are known and not read: what they are, and how to get what is read.

use super::text::kernel_log::after_log_stamp;
use super::text::{ftrace_graph, perf_script_line, strace_line};
use crate::decode::bytes::{find, trim};

/// One form that is not read.
struct Variant {
    /// Whether a line shows the form.
    is_line: fn(&[u8]) -> bool,
    /// Whether one such line is enough: it stands above lines of another look.
    is_head: bool,
    /// What to say of it.
    advice: &'static str,
}

const VARIANTS: [Variant; 11] = [
    Variant {
        // The first line of an object or a list that goes on below.
        is_line: |line| matches!(trim(line), b"{" | b"[" | b"[{"),
        is_head: true,
        advice: "This is JSON with an object over several lines, and what is read has one a line: write it so with `jq -c .`, \
                 a list with `jq -c '.[]'`",
    },
    Variant {
        is_line: |line| {
            let holds = |words: &[&[u8]]| words.iter().all(|word| find(line, word).is_some());
            let is_table =
                holds(&[b"COMM ", b"RET ", b"EVENT "]) || line.starts_with(b"RUNTIME.") || line.starts_with(b"K8S.");
            is_table && !line.starts_with(b"{")
        },
        is_head: true,
        advice: "This is a table for the eye: Tracee writes JSON with `--output json`, Inspektor Gadget with `-o json`",
    },
    Variant {
        is_line: |line| line.starts_with("🚀 ".as_bytes()) || line.starts_with("💥 ".as_bytes()),
        is_head: false,
        advice: "This is Tetragon's compact text, which has no times: write JSON with `tetra getevents -o json`",
    },
    Variant {
        is_line: |line| {
            line.starts_with(b"{") && find(line, b"\"syscall\":").is_some() && find(line, b"\"parameters\":").is_some()
        },
        is_head: false,
        advice: "These are lines of Inspektor Gadget's traceloop, which have no times: record with a gadget that has them, such as \
                 `ig run trace_open -o json`, or with `perf trace`",
    },
    Variant {
        is_line: ftrace_graph::is_incomplete,
        is_head: false,
        advice: "This is function_graph text without times or CPUs: `echo 1 > options/funcgraph-abstime` and \
                 `options/funcgraph-cpu` print them; `trace-cmd record` keeps them as events (funcgraph_entry, funcgraph_exit)",
    },
    Variant {
        is_line: perf_script_line::is_timeless,
        is_head: false,
        advice: "This is perf script text without times: print them with `perf script -F +time` (recorded without them: \
                 record with `perf record -T`)",
    },
    Variant {
        is_line: |line| trim(line).starts_with(b"% time ") && find(line, b"usecs/call").is_some(),
        is_head: true,
        advice: "This is strace's summary (-c), which counts calls and lists none: record with `strace -f -ttt`",
    },
    Variant {
        is_line: |line| trim(line).starts_with(b"Summary of events:"),
        is_head: true,
        advice: "This is perf trace's summary (-s), which counts calls and lists none: record without -s, or with -S",
    },
    Variant {
        is_line: |line| line.starts_with(b"# Overhead"),
        is_head: true,
        advice: "This is perf report's summary, which counts events and lists none: print them with `perf script`",
    },
    Variant {
        is_line: strace_line::is_timeless,
        is_head: false,
        advice: "This is strace text without times: record with `strace -f -ttt`",
    },
    Variant {
        is_line: |line| after_log_stamp(line).is_some(),
        is_head: false,
        advice: "This is a kernel log and no trace of events: give the tracer's own file",
    },
];

/// What to say of a line of a form that is not read.
pub(crate) fn of_line(line: &[u8]) -> Option<&'static str> {
    VARIANTS.iter().find(|variant| (variant.is_line)(line)).map(|variant| variant.advice)
}

/// What to say of lines that no format reads: of the form that half of them show, or the head of one.
pub(crate) fn of_lines(lines: &[&[u8]]) -> Option<&'static str> {
    let shown = |variant: &&Variant| {
        let found = lines.iter().filter(|line| (variant.is_line)(line)).count();
        found > 0 && (variant.is_head || found * 2 >= lines.len())
    };
    VARIANTS.iter().find(shown).map(|variant| variant.advice)
}
