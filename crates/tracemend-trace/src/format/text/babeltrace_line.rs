//! Lines of `babeltrace2` text, taken apart.

use super::babeltrace_time::{Stamp, stamp};
use super::kernel_log::after_log_stamp;
use crate::Phase;
use crate::decode::bytes::{find, take_hex, take_i64, take_ret, trim, trim_start, whole_tid};
use crate::decode::context::whole_cpu;
use crate::decode::draft::{Draft, Span};
use crate::kernel::call_names::{Name, name};

/// A line, taken apart; nothing where it is no event.
pub(crate) struct BabeltraceDraft(pub(super) Option<Columns>);

/// What an event's line says.
#[derive(Clone, Copy)]
pub(super) struct Columns {
    pub(super) stamp: Stamp,
    pub(super) name: Span,
    pub(super) cpu: Option<u32>,
    pub(super) tid: Option<i32>,
    pub(super) comm: Option<Span>,
    /// The number of the call, where the event's name is none.
    pub(super) number: Option<i64>,
    /// The result, where a call ends.
    pub(super) ret: Option<i64>,
    /// The threads before and after a context switch.
    pub(super) switch: Option<[(Option<i32>, Option<Span>); 2]>,
}

impl Draft for BabeltraceDraft {
    fn of(line: &[u8]) -> Self {
        Self(record(line).map(|record| columns(&record, line)))
    }
}

fn columns(record: &Record<'_>, line: &[u8]) -> Columns {
    let &Record { stamp, name: full, contexts, fields } = record;
    let span = |part| Span::of(part, line);
    let cpu = field(contexts, b"cpu_id").or_else(|| field(fields, b"cpu_id"));
    let tid = [&b"vtid"[..], b"tid", b"perf_tid"]
        .iter()
        .find_map(|key| field(contexts, key))
        .or_else(|| field(fields, b"perf_tid"));
    let ret = || field(fields, b"ret").and_then(take_ret);
    let (number, ret) = match name(full) {
        Name::Call(Phase::Entry, _) | Name::Other => (None, None),
        Name::Call(..) | Name::EndOfCall => (None, ret()),
        Name::Number(phase) => {
            let number = field(fields, b"id").and_then(number);
            (number, if number.is_some() && phase == Phase::Exit { ret() } else { None })
        }
    };
    let task = |tid: &[u8], comm: &[u8]| (field(fields, tid).and_then(whole_tid), text(fields, comm).map(span));
    Columns {
        stamp,
        name: span(full),
        cpu: cpu.and_then(whole_cpu),
        tid: tid.and_then(whole_tid),
        comm: text(contexts, b"procname").map(span),
        number,
        ret,
        switch: (full == b"sched_switch").then(|| [task(b"prev_tid", b"prev_comm"), task(b"next_tid", b"next_comm")]),
    }
}

struct Record<'a> {
    stamp: Stamp,
    name: &'a [u8],
    /// All brace groups but the last: contexts.
    contexts: &'a [u8],
    /// The last brace group: the event's own fields.
    fields: &'a [u8],
}

fn record(line: &[u8]) -> Option<Record<'_>> {
    let rest = line.strip_prefix(b"[")?;
    let close = memchr::memchr(b']', &rest[..rest.len().min(64)])?;
    let stamp = stamp(&rest[..close])?;
    let mut rest = trim_start(&rest[close + 1..]);
    let has_step = rest.starts_with(b"(+") || rest.starts_with(b"(-");
    if has_step {
        rest = trim_start(&rest[memchr::memchr(b')', rest)? + 1..]);
    }
    let (head, groups) = match find(rest, b": {") {
        Some(end) => (&rest[..end], &rest[end + 2..]),
        // Without fields and without the step from the event before, a line of the kernel's log looks like an event.
        None if !has_step && after_log_stamp(line).is_some() && !is_nanoseconds(&line[1..=close]) => return None,
        None => (trim(rest).strip_suffix(b":")?, &rest[rest.len()..]),
    };
    let name = &head[memchr::memrchr(b' ', head).map_or(0, |at| at + 1)..];
    if name.is_empty() {
        return None;
    }
    let mut last = 0;
    let mut end = 0;
    while groups[end..].starts_with(b"{") {
        last = end;
        end += group(&groups[end..])?;
        match groups[end..].strip_prefix(b", ") {
            Some(_) => end += 2,
            None => break,
        }
    }
    // With one group only, it is the stream's context where it names the CPU.
    let only_context = last == 0 && field(groups, b"cpu_id").is_some();
    let (contexts, fields) = if only_context { (groups, &groups[groups.len()..]) } else { groups.split_at(last) };
    Some(Record { stamp, name, contexts, fields })
}

/// Whether a time has nine decimals, as `babeltrace2` prints it; the kernel's log has six.
fn is_nanoseconds(stamp: &[u8]) -> bool {
    memchr::memrchr(b'.', stamp).is_some_and(|point| stamp.len() - point - 1 == 9)
}

/// How long the brace group at the start of `text` is.
fn group(text: &[u8]) -> Option<usize> {
    let mut depth = 0usize;
    let mut at = 0;
    while at < text.len() {
        match text[at] {
            b'{' => depth += 1,
            b'}' => {
                depth = depth.checked_sub(1)?;
                if depth == 0 {
                    return Some(at + 1);
                }
            }
            b'"' => at += string(&text[at..])?,
            _ => {}
        }
        at += 1;
    }
    None
}

/// Distance from an opening quote to its closing one.
fn string(text: &[u8]) -> Option<usize> {
    let mut at = 1;
    loop {
        at += memchr::memchr2(b'"', b'\\', text.get(at..)?)?;
        if text[at] == b'"' {
            return Some(at);
        }
        at += 2;
    }
}

/// The value of a field of the outermost level, up to its comma or brace.
fn field<'a>(text: &'a [u8], name: &[u8]) -> Option<&'a [u8]> {
    let mut depth = 0usize;
    let mut at = 0;
    while at < text.len() {
        match text[at] {
            b'{' | b'[' => depth += 1,
            b'}' | b']' => depth = depth.saturating_sub(1),
            b'"' => at += string(&text[at..])?,
            b' ' if depth == 1 && text[at + 1..].starts_with(name) => {
                if let Some(value) = text[at + 1 + name.len()..].strip_prefix(b" = ") {
                    if value.first() == Some(&b'"') {
                        return Some(&value[..=string(value)?]);
                    }
                    let end = value.iter().position(|b| matches!(b, b',' | b' ' | b'}')).unwrap_or(value.len());
                    return Some(&value[..end]);
                }
            }
            _ => {}
        }
        at += 1;
    }
    None
}

/// The value of a field without its quotes.
fn text<'a>(fields: &'a [u8], name: &[u8]) -> Option<&'a [u8]> {
    field(fields, name).and_then(|text| text.strip_prefix(b"\"")?.strip_suffix(b"\""))
}

fn number(value: &[u8]) -> Option<i64> {
    match take_hex(value) {
        Some((value, _)) => Some(value as i64),
        None => take_i64(value).map(|(value, _)| value),
    }
}
