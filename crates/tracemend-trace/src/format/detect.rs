//! Which format an input is, by its first lines.

use super::own_text;
use super::table::{array, csv, npz, sequences, trace_compass};
use super::text::{babeltrace, bpftrace, ftrace, perf_script, perf_trace, strace};
use crate::Format;
use crate::decode::bytes::{excerpt, trim};
use crate::kernel::tracing_data;

/// Maximum number of lines looked at.
const LINES: usize = 400;

type IsLine = fn(&[u8]) -> bool;

/// Which lines are of which format. No line is of two.
const FORMATS: [(Format, IsLine); 6] = [
    (Format::Ftrace, |line| ftrace::record(line).is_some() || ftrace::marker(line).is_some()),
    (Format::PerfScript, |line| perf_script::record(line).is_some()),
    (Format::PerfTrace, perf_trace::is_line),
    (Format::Bpftrace, bpftrace::is_line),
    (Format::Strace, strace::is_line),
    (Format::Babeltrace, babeltrace::is_line),
];

/// Recognises the format of an input by its beginning; else says what the beginning looks like.
pub(crate) fn detect(beginning: &[u8]) -> Result<Format, String> {
    if beginning.starts_with(array::MAGIC) || npz::is_of_arrays(beginning) {
        return Ok(Format::Npy);
    }
    if beginning.starts_with(b"PERFILE2") || beginning.starts_with(b"2ELIFREP") {
        return Ok(Format::PerfData);
    }
    if beginning.starts_with(tracing_data::MAGIC) {
        return Ok(Format::TraceDat);
    }
    if let Some(format) = own_text::format(beginning) {
        return Ok(format);
    }
    if let Some(seen) = own_text::output(beginning).or_else(|| binary(beginning)) {
        return Err(seen.into());
    }
    let cut = beginning.iter().rposition(|&b| b == b'\n').map_or(beginning.len(), |end| end + 1);
    let lines: Vec<&[u8]> = beginning[..cut]
        .split(|&b| b == b'\n')
        .map(|line| line.strip_suffix(b"\r").unwrap_or(line))
        .filter(|line| !trim(line).is_empty() && own_text::marked(line).is_none())
        .take(LINES)
        .collect();
    let Some(first) = lines.first() else {
        let seen = if beginning.is_empty() { "it is empty" } else { "no line of it is a recorded one" };
        return Err(seen.into());
    };
    if csv::columns(first).is_some() {
        return Ok(Format::Csv);
    }
    if trace_compass::columns(first).is_some() {
        return Ok(Format::TraceCompass);
    }
    if first.starts_with(b"# tracer: ") {
        return Ok(Format::Ftrace);
    }
    let words = sequences::words_of(beginning);
    if words == sequences::Words::Numbers {
        // No other format has lines of nothing but numbers.
        return Ok(Format::Sequences);
    }
    let found = FORMATS.map(|(format, is_line)| (format, lines.iter().filter(|line| is_line(line)).count()));
    // The first of several with as many lines: the order of the table is the order of trust.
    match found.iter().rev().max_by_key(|(_, lines)| *lines) {
        Some((format, found)) if *found > 0 => Ok(*format),
        _ if words == sequences::Words::Calls => Ok(Format::Sequences),
        _ => Err(format!("it begins `{}`", excerpt(first))),
    }
}

/// Says what a binary input is, and how to make text of it.
fn binary(beginning: &[u8]) -> Option<&'static str> {
    match beginning {
        [0xc1, 0x1f, 0xfc, 0xc1, ..] | [0xc1, 0xfc, 0x1f, 0xc1, ..] => {
            Some("one stream of a CTF trace; open the folder it lies in")
        }
        [b'P', b'K', 3, 4, ..] => Some("a ZIP archive; unpack it first"),
        _ if beginning.contains(&0) => Some("binary data"),
        _ => None,
    }
}
