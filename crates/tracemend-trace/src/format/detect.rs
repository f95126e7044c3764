//! Which format an input is, by its first lines: each text format reads them, and the one that reads most of them is it.

use super::ftrace_raw;
use super::json_lines::{inspektor_gadget, tetragon, tracee};
use super::own_text;
use super::perf_data;
use super::perfetto;
use super::scap;
use super::table::{array, csv, npz, sequences, trace_compass};
use super::text::{auditd, babeltrace, bpftrace, ftrace, perf_script, perf_trace, strace};
use super::text_source::{LineFormat, Parsed, understand};
use super::variants;
use crate::decode::bytes::{excerpt, trim};
use crate::decode::context::Context;
use crate::decode::lines::Position;
use crate::kernel::tracing_data;
use crate::{Format, TraceError};
use std::path::{Path, PathBuf};

/// Maximum number of lines looked at.
const LINES: usize = 400;
/// From this many lines of its own on, a format may have any amount of another writer's text between them.
const SEVERAL: usize = 3;

/// Why no format was recognised.
pub(crate) enum Unrecognised {
    /// What the beginning looks like.
    Unknown(String),
    /// A form that is known and not read, and what to do.
    NotRead(String),
}

impl Unrecognised {
    fn seen(seen: &str) -> Self {
        Self::Unknown(seen.to_owned())
    }

    /// The error for an input of this name.
    pub(crate) fn of(self, path: &Path) -> TraceError {
        let path = path.to_path_buf();
        match self {
            Self::Unknown(seen) => TraceError::UnknownFormat { path, seen },
            Self::NotRead(reason) => TraceError::NotRead { path, reason },
        }
    }
}

/// What a text format makes of the first lines.
#[derive(Default)]
struct Trial {
    /// Lines of the format itself.
    own: usize,
    /// Lines of its table of remarks.
    remarks: usize,
    /// Lines of another writer.
    foreign: usize,
    /// Lines not understood.
    unread: usize,
}

impl Trial {
    fn of<F: LineFormat>(format: Format, mut reader: F, lines: &[&[u8]]) -> Self {
        let mut context = Context::new(format, None, PathBuf::new());
        let mut trial = Self::default();
        for line in lines.iter().copied() {
            let at = Position { ended: true, ..Position::default() };
            let count = match understand(&mut reader, &mut context, line, at) {
                Parsed::Event(event) => {
                    context.before(&event);
                    &mut trial.own
                }
                _ if trim(line).is_empty() => continue,
                Parsed::Nothing | Parsed::Broken(_) => &mut trial.own,
                Parsed::Remark => &mut trial.remarks,
                Parsed::Foreign => &mut trial.foreign,
                Parsed::Unknown => &mut trial.unread,
            };
            *count += 1;
        }
        trial
    }

    /// Whether the lines are of the format: most of them, not one that looks like it.
    fn is_of_format(&self) -> bool {
        let Self { own, remarks, foreign, unread } = *self;
        own > 0 && (unread + foreign <= own + remarks || (own >= SEVERAL && unread <= own + remarks))
    }
}

/// Recognises the format of an input by its beginning; else says what the beginning looks like.
pub(crate) fn detect(beginning: &[u8]) -> Result<Format, Unrecognised> {
    if beginning.starts_with(array::MAGIC) || npz::is_of_arrays(beginning) {
        return Ok(Format::Npy);
    }
    if perf_data::order_of(beginning).is_some() {
        return Ok(Format::PerfData);
    }
    if beginning.starts_with(tracing_data::MAGIC) {
        return Ok(Format::TraceDat);
    }
    match scap::recognise(beginning) {
        Some(scap::Capture::Scap) => return Ok(Format::Scap),
        Some(scap::Capture::Network) => {
            let advice =
                "This is a capture of network packets (pcapng) and no trace of events: record with `sysdig -w FILE`";
            return Err(Unrecognised::NotRead(advice.to_owned()));
        }
        None => {}
    }
    // The time that a raw page begins with can be any bytes, those of a packet too.
    if perfetto::is_trace(beginning) && !ftrace_raw::is_pages(beginning) {
        return Ok(Format::Perfetto);
    }
    if let Some(format) = own_text::format(beginning) {
        return Ok(format);
    }
    if ftrace_raw::holds_pages(beginning) {
        return Err(Unrecognised::NotRead(ftrace_raw::reason()));
    }
    if let Some(seen) = own_text::output(beginning).or_else(|| binary(beginning)) {
        return Err(Unrecognised::seen(seen));
    }
    let cut = beginning.iter().rposition(|&b| b == b'\n').map_or(beginning.len(), |end| end + 1);
    let lines: Vec<&[u8]> = beginning[..cut]
        .split(|&b| b == b'\n')
        .map(|line| line.strip_suffix(b"\r").unwrap_or(line))
        .filter(|line| own_text::marked(line).is_none())
        .take(LINES)
        .collect();
    let Some(first) = lines.iter().copied().find(|line| !trim(line).is_empty()) else {
        let seen = if beginning.is_empty() { "it is empty" } else { "no line of it is a recorded one" };
        return Err(Unrecognised::seen(seen));
    };
    if csv::columns(first).is_some() {
        return Ok(Format::Csv);
    }
    if trace_compass::columns(first).is_some() {
        return Ok(Format::TraceCompass);
    }
    // A header names the tracer; the text in a web page may begin far below.
    if first.starts_with(b"# tracer: ") || ftrace::is_page(first) {
        return Ok(Format::Ftrace);
    }
    let words = sequences::words_of(beginning);
    if words == sequences::Words::Numbers {
        // No other format has lines of nothing but numbers.
        return Ok(Format::Sequences);
    }
    match recognised(&lines) {
        Some(format) => Ok(format),
        None if words == sequences::Words::Calls => Ok(Format::Sequences),
        None => match variants::of_lines(&lines) {
            Some(advice) => Err(Unrecognised::NotRead(advice.to_owned())),
            None => Err(Unrecognised::Unknown(format!("it begins `{}`", excerpt(first)))),
        },
    }
}

/// The text format that reads most lines, if it reads enough of them.
fn recognised(lines: &[&[u8]]) -> Option<Format> {
    // The first of several with as many lines: the order of the table is the order of trust.
    let trials = [
        (Format::Ftrace, Trial::of(Format::Ftrace, ftrace::Ftrace::default(), lines)),
        (Format::PerfScript, Trial::of(Format::PerfScript, perf_script::PerfScript::new(lines), lines)),
        (Format::PerfTrace, Trial::of(Format::PerfTrace, perf_trace::PerfTrace::default(), lines)),
        (Format::Bpftrace, Trial::of(Format::Bpftrace, bpftrace::Bpftrace::default(), lines)),
        (Format::Auditd, Trial::of(Format::Auditd, auditd::Auditd::default(), lines)),
        (Format::Tracee, Trial::of(Format::Tracee, tracee::Tracee, lines)),
        (Format::Tetragon, Trial::of(Format::Tetragon, tetragon::Tetragon::default(), lines)),
        (Format::InspektorGadget, Trial::of(Format::InspektorGadget, inspektor_gadget::InspektorGadget, lines)),
        (Format::Strace, Trial::of(Format::Strace, strace::Strace::default(), lines)),
        (Format::Babeltrace, Trial::of(Format::Babeltrace, babeltrace::Babeltrace::new(None), lines)),
    ];
    let (format, trial) = trials.iter().rev().max_by_key(|(_, trial)| trial.own)?;
    trial.is_of_format().then_some(*format)
}

/// Says what a binary input is, and how to make text of it.
fn binary(beginning: &[u8]) -> Option<&'static str> {
    match beginning {
        [0xc1, 0x1f, 0xfc, 0xc1, ..] | [0xc1, 0xfc, 0x1f, 0xc1, ..] => {
            Some("one stream of a CTF trace; open the folder it lies in")
        }
        [b'P', b'K', 3, 4, ..] => Some("a ZIP archive; unpack it first"),
        [first, 0, second, 0, ..] | [0, first, 0, second, ..]
            if first.is_ascii() && second.is_ascii() && *first != 0 =>
        {
            Some("text in UTF-16 without its mark; convert it with `iconv -t UTF-8`")
        }
        _ if beginning.contains(&0) => Some("binary data"),
        _ => None,
    }
}
