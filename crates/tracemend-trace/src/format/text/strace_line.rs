//! Lines of strace text, taken apart.

use crate::decode::bytes::{digits, find, take_seconds, take_u64, trim, trim_end, trim_start, whole_tid};
use crate::decode::clock::take_time_of_day;
use crate::decode::errno;

/// One line, taken apart.
#[derive(Clone, Copy)]
pub(super) struct Record<T> {
    pub(super) tid: Option<i32>,
    pub(super) comm: Option<T>,
    pub(super) time: Time,
    /// From the call's name on.
    pub(super) text: T,
}

impl<T> Record<T> {
    /// The same with its texts in another form.
    #[inline]
    pub(super) fn map<U>(self, text: impl Fn(T) -> U) -> Record<U> {
        Record { tid: self.tid, comm: self.comm.map(&text), time: self.time, text: text(self.text) }
    }
}

/// A time as strace prints it.
#[derive(Clone, Copy)]
pub(super) enum Time {
    /// Nanoseconds since 1970, or since the line before.
    Seconds(i64),
    /// Nanoseconds since midnight.
    OfDay(i64),
}

/// `[pid 12] ..`, `12 ..` or neither, then the time.
pub(super) fn record(line: &[u8]) -> Option<Record<&[u8]>> {
    let line = trim_start(line);
    let (tid, comm, rest) = match line.strip_prefix(b"[pid") {
        Some(rest) => {
            let close = find(rest, b"] ")?;
            let (tid, comm) = thread(trim(&rest[..close]))?;
            (Some(tid), comm, &rest[close + 2..])
        }
        None => {
            let space = memchr::memchr(b' ', line)?;
            match thread(&line[..space]) {
                // A number alone is a thread only if a time follows it; `-r` and `-ttt` have a point in theirs.
                Some((tid, comm)) => (Some(tid), comm, &line[space..]),
                None => (None, None, line),
            }
        }
    };
    let rest = trim_start(rest);
    let (time, rest) = match take_time_of_day(rest) {
        Some((ns, rest)) => (Time::OfDay(ns), rest),
        None => take_seconds(rest).map(|(ns, rest)| (Time::Seconds(ns), rest))?,
    };
    // With -r and -ttt both, the step stands in brackets.
    let rest = trim_start(rest.strip_prefix(b" ")?);
    let mut rest = match rest.strip_prefix(b"(+") {
        Some(step) => trim_start(&step[find(step, b")")? + 1..]),
        None => rest,
    };
    // With -n the number of the call, with -i the address it was made at.
    while let Some(after) = number_column(rest) {
        rest = after;
    }
    Some(Record { tid, comm, time, text: trim_end(rest) })
}

/// What follows `[  59] ` or `[00007fb05fe09ad7] `; `?` where strace knows neither.
fn number_column(text: &[u8]) -> Option<&[u8]> {
    let inner = text.strip_prefix(b"[")?;
    let close = memchr::memchr(b']', &inner[..inner.len().min(24)])?;
    let number = trim(&inner[..close]);
    let is_number = !number.is_empty() && number.iter().all(|b| b.is_ascii_hexdigit() || matches!(b, b'?' | b'x'));
    is_number.then(|| trim_start(&inner[close + 1..]))
}

/// `12` or, with `-Y`, `12<bash>`.
fn thread(text: &[u8]) -> Option<(i32, Option<&[u8]>)> {
    let (number, rest) = text.split_at(digits(text));
    let comm = match rest {
        b"" => None,
        rest => Some(rest.strip_prefix(b"<")?.strip_suffix(b">")?),
    };
    Some((whole_tid(number)?, comm))
}

/// What a line reports.
#[derive(Clone, Copy)]
pub(super) enum What<T> {
    /// A whole call: name, result, seconds it took.
    Call(T, Option<i64>, Option<u64>),
    Unfinished(T),
    Resumed(T, Option<i64>, Option<u64>),
    Point(T),
}

impl<T> What<T> {
    /// The same with its name in another form.
    #[inline]
    pub(super) fn map<U>(self, text: impl Fn(T) -> U) -> What<U> {
        match self {
            What::Call(name, ret, dur) => What::Call(text(name), ret, dur),
            What::Unfinished(name) => What::Unfinished(text(name)),
            What::Resumed(name, ret, dur) => What::Resumed(text(name), ret, dur),
            What::Point(name) => What::Point(text(name)),
        }
    }
}

/// What the text behind the time reports.
pub(super) fn what(text: &[u8]) -> Option<What<&[u8]>> {
    if let Some(inner) = text.strip_prefix(b"--- ") {
        // `SIGCHLD {..} ---`, `stopped by SIGSTOP ---`
        let inner = inner.strip_suffix(b" ---")?;
        return Some(What::Point(word(inner)));
    }
    if let Some(inner) = text.strip_prefix(b"+++ ") {
        return Some(What::Point(word(inner.strip_suffix(b" +++")?)));
    }
    if let Some(inner) = text.strip_prefix(b"<... ") {
        let end = find(inner, b" resumed")?;
        let (ret, dur) = result(&inner[end..]).unwrap_or((None, None));
        return Some(What::Resumed(&inner[..end], ret, dur));
    }
    let name = call_name(text)?;
    // strace leaves a thread in the middle of its call where it is ended itself.
    if text.ends_with(b"<unfinished ...>") || text.ends_with(b"<detached ...>") {
        return Some(What::Unfinished(name));
    }
    let (ret, dur) = result(&text[name.len()..])?;
    Some(What::Call(name, ret, dur))
}

/// The name of the call that a text begins with.
pub(super) fn call_name(text: &[u8]) -> Option<&[u8]> {
    let name = &text[..memchr::memchr(b'(', text)?];
    let is_name = !name.is_empty() && name.iter().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'?' | b'.'));
    is_name.then_some(name)
}

fn word(text: &[u8]) -> &[u8] {
    &text[..memchr::memchr(b' ', text).unwrap_or(text.len())]
}

/// Result and duration after the last `) = `.
fn result(text: &[u8]) -> Option<(Option<i64>, Option<u64>)> {
    let mut end = text.len();
    loop {
        let equals = memchr::memmem::rfind(&text[..end], b"= ")?;
        if trim_end(&text[..equals]).ends_with(b")") {
            let result = &text[equals + 2..];
            return Some((errno::result(result), duration(result)));
        }
        end = equals;
    }
}

/// `<0.000123>` at the end, with `-T`.
fn duration(text: &[u8]) -> Option<u64> {
    let inner = text.strip_suffix(b">")?;
    let open = memchr::memrchr(b'<', inner)?;
    let (ns, rest) = take_seconds(&inner[open + 1..])?;
    (rest.is_empty() && inner[open..].contains(&b'.')).then_some(ns as u64)
}

/// Whether a line is a call without a time: strace text, but not a trace.
pub(crate) fn is_timeless(line: &[u8]) -> bool {
    let line = trim(line);
    let after_pid = match line.strip_prefix(b"[pid") {
        Some(rest) => find(rest, b"] ").map(|close| &rest[close + 2..]),
        None => take_u64(line).map(|(_, rest)| rest),
    };
    let text = trim_start(after_pid.unwrap_or(line));
    matches!(what(text), Some(What::Call(..) | What::Unfinished(_) | What::Resumed(..)))
}
