//! Forms of text that are known and not read: what they are, and how to get what is read.

use super::remark::is_row;
use super::text::kernel_log::after_log_stamp;
use super::text::{ftrace_graph, perf_script_line, strace_line};
use crate::decode::bytes::{find, trim};

type IsLine = fn(&[u8]) -> bool;

/// Lines that show a form that is not read, and what to say of it.
const VARIANTS: [(IsLine, &str); 6] = [
    (
        ftrace_graph::is_timeless,
        "This is function_graph text without times: `echo 1 > options/funcgraph-abstime` prints them; `trace-cmd record` \
         keeps them as events (funcgraph_entry, funcgraph_exit)",
    ),
    (
        perf_script_line::is_timeless,
        "This is perf script text without times: print them with `perf script -F +time` (recorded without them: record \
         with `perf record -T`)",
    ),
    (
        |line| trim(line).starts_with(b"% time ") && find(line, b"usecs/call").is_some(),
        "This is strace's summary (-c), which counts calls and lists none: record with `strace -f -ttt`",
    ),
    (
        |line| line.starts_with(b"# Overhead"),
        "This is perf report's summary, which counts events and lists none: print them with `perf script`",
    ),
    (strace_line::is_timeless, "This is strace text without times: record with `strace -f -ttt`"),
    (is_kernel_log, "This is a kernel log and no trace of events: give the tracer's own file"),
];

/// What to say of a line of a form that is not read.
pub(crate) fn of_line(line: &[u8]) -> Option<&'static str> {
    VARIANTS.iter().find(|(is_line, _)| is_line(line)).map(|(_, advice)| *advice)
}

/// What to say of lines of which no format reads most: of the form that most of them show.
pub(crate) fn of_lines(lines: &[&[u8]]) -> Option<&'static str> {
    let found = VARIANTS.map(|(is_line, advice)| (advice, lines.iter().filter(|line| is_line(line)).count()));
    let (advice, lines_of_it) = *found.iter().rev().max_by_key(|(_, found)| *found)?;
    let rows = lines.iter().filter(|line| is_row(line)).count();
    (lines_of_it > 0 && (lines_of_it + rows) * 2 >= lines.len()).then_some(advice)
}

/// `[   82.106517] text`, as `dmesg` prints it.
fn is_kernel_log(line: &[u8]) -> bool {
    after_log_stamp(line).is_some()
}
