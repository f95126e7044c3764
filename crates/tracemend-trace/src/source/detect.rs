//! Which format an input is, by its first lines.

use super::bytes::{excerpt, trim};
use super::{csv, ftrace, perf_script};
use crate::Format;

/// Most lines looked at.
const LINES: usize = 400;

/// Recognises the format of an input by its beginning; else says what the beginning looks like.
pub(crate) fn detect(beginning: &[u8]) -> Result<Format, String> {
    if let Some(seen) = binary(beginning) {
        return Err(seen);
    }
    let cut = beginning.iter().rposition(|&b| b == b'\n').map_or(beginning.len(), |end| end + 1);
    let lines: Vec<&[u8]> = beginning[..cut]
        .split(|&b| b == b'\n')
        .map(|line| line.strip_suffix(b"\r").unwrap_or(line))
        .filter(|line| !trim(line).is_empty())
        .take(LINES)
        .collect();
    let Some(first) = lines.first() else { return Err("it is empty".into()) };
    if csv::columns(first).is_some() {
        return Ok(Format::Csv);
    }
    let count = |is: &dyn Fn(&[u8]) -> bool| lines.iter().filter(|line| is(line)).count();
    let found = [
        (Format::Ftrace, count(&|line| ftrace::record(line).is_some() || ftrace::marker(line).is_some())),
        (Format::PerfScript, count(&|line| perf_script::record(line).is_some())),
    ];
    match found.iter().max_by_key(|(_, lines)| *lines) {
        Some((format, found)) if *found > 0 => Ok(*format),
        _ => Err(format!("it begins `{}`", excerpt(first))),
    }
}

/// Says what a binary input is.
fn binary(beginning: &[u8]) -> Option<String> {
    if beginning.contains(&0) {
        return Some("binary data".into());
    }
    None
}
