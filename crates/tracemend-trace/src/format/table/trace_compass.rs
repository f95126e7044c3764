//! Trace Compass's event table, as its command "Export To Text" writes it: the names of the visible columns in the first
//! line, then one event a line, columns separated by tabs, no quotes.
//!
//! ```text
//! Timestamp\tTrace\tChannel\tCPU\tEvent type\tContents\tTID\tPrio\tPID\tSource
//! 15:27:02.811 666 181\tkernel\tchannel0_1\t1\tsyscall_exit_read\tret=3, context._tid=9\t9\t20\t9\t
//! ```
//!
//! Which columns there are depends on the kind of trace and on the user; only `Timestamp` and `Event type` must be there. The
//! time's form is a preference too: by default a time of day with spaces between milli-, micro- and nanoseconds; dates,
//! other separators and plain seconds are understood. CTF losses appear as events of type `Lost event`.

use super::columns::{Columns, FirstRow, names};
use crate::decode::bytes::{find, take_i64, take_ret, trim, whole_tid, whole_u64};
use crate::decode::clock::{DayClock, take_date_time, take_time_of_day};
use crate::decode::context::{Context, whole_cpu};
use crate::decode::lines::Position;
use crate::format::text_source::{LineFormat, Parsed};
use crate::kernel::call_names::{Name, name};
use crate::{Cause, Event, Lost, Phase};

/// The columns read.
const NAMES: [&[u8]; 5] = [b"Timestamp", b"CPU", b"Event type", b"Contents", b"TID"];
const TIME: usize = 0;
const CPU: usize = 1;
const TYPE: usize = 2;
const CONTENTS: usize = 3;
const TID: usize = 4;
/// The type of the events that stand for lost ones.
const LOST: &[u8] = b"Lost event";

/// The reader's state.
#[derive(Default)]
pub(crate) struct TraceCompass {
    /// What each column of the file is, once the first line is read.
    first_row: FirstRow,
    clock: DayClock,
    /// A time with its fraction in one piece.
    joined: Vec<u8>,
}

/// The columns of a first line; `None` for any other line.
pub(crate) fn columns(line: &[u8]) -> Option<Columns> {
    Columns::of(names(line, b'\t'), &NAMES, [TIME, TYPE])
}

impl TraceCompass {
    /// A date and time of day, a time of day, or seconds, whatever separates the groups of the fraction's digits.
    fn time(&mut self, text: &[u8]) -> Option<i64> {
        let text = trim(text);
        let (whole, fraction) = text.split_at(memchr::memchr(b'.', text).unwrap_or(text.len()));
        self.joined.clear();
        self.joined.extend_from_slice(whole);
        self.joined.extend(fraction.iter().filter(|byte| !matches!(byte, b' ' | b'\'' | b',' | b'_')));
        let text = &self.joined[..];
        if let Some((ns, rest)) = take_date_time(text, b' ') {
            return rest.is_empty().then_some(ns);
        }
        if let Some((of_day, rest)) = take_time_of_day(text) {
            return rest.is_empty().then(|| self.clock.since_first_midnight(of_day));
        }
        let (ns, rest) = crate::decode::bytes::take_seconds(text)?;
        rest.is_empty().then_some(ns)
    }
}

/// The value after `key=`, where that begins the contents or follows a comma; up to the next comma.
fn field<'a>(contents: &'a [u8], key: &[u8]) -> Option<&'a [u8]> {
    let mut rest = contents;
    loop {
        if let Some(value) = rest.strip_prefix(key).and_then(|rest| rest.strip_prefix(b"=")) {
            return Some(&value[..find(value, b", ").unwrap_or(value.len())]);
        }
        rest = &rest[find(rest, b", ")? + 2..];
    }
}

impl LineFormat for TraceCompass {
    const NOUN: &'static str = "Trace Compass's event table";
    type Draft = ();

    fn line(&mut self, context: &mut Context, line: &[u8], _draft: &(), at: Position) -> Parsed {
        if line.is_empty() {
            return Parsed::Nothing;
        }
        let columns = match self.first_row.columns(line, columns) {
            Ok(columns) => columns,
            Err(parsed) => return parsed,
        };
        let Some(cells) = columns.fields::<5>(line.split(|&b| b == b'\t').map(trim)) else {
            return Parsed::Unknown;
        };
        let kind = cells[TYPE];
        let (Some(time_ns), false) = (self.time(cells[TIME]), kind.is_empty()) else { return Parsed::Unknown };
        let cpu = whole_cpu(cells[CPU]);
        let contents = cells[CONTENTS];
        if kind == LOST {
            let lost = field(contents, b"Lost events").and_then(whole_u64).map_or(Lost::AtLeast(1), Lost::Exact);
            match cpu {
                Some(cpu) => context.lose(cpu, lost, Cause::Discarded, at.offset),
                None => context.lose_anywhere(lost, Cause::Discarded, at.offset),
            }
            return Parsed::Nothing;
        }
        let of_context = |keys: [&[u8]; 2]| keys.into_iter().find_map(|key| field(contents, key));
        let tid = whole_tid(cells[TID]).or_else(|| of_context([b"context._tid", b"context._vtid"]).and_then(whole_tid));
        let comm = of_context([b"context._procname", b"context.procname"]).filter(|comm| !comm.is_empty());
        let ret = || field(contents, b"ret").and_then(take_ret);
        let (phase, name, ret) = match name(kind) {
            Name::Call(Phase::Entry, call) => (Phase::Entry, context.name(call), None),
            Name::Call(phase, call) => (phase, context.name(call), ret()),
            Name::Number(phase) => match field(contents, b"id").and_then(take_i64) {
                Some((number, _)) => (phase, context.call(number), if phase == Phase::Exit { ret() } else { None }),
                None => (Phase::Point, context.name(kind), None),
            },
            Name::EndOfCall => (Phase::Exit, context.name(kind), ret()),
            Name::Other => (Phase::Point, context.name(kind), None),
        };
        let comm = comm.map(|comm| context.name(comm));
        let stream = context.stream_of(cpu, time_ns);
        Parsed::Event(Event { cpu, tid, comm, ret, offset: at.offset, ..Event::new(time_ns, stream, name, phase) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decode::clock::DAY_NS;

    #[test]
    fn times_in_any_form_the_preferences_offer() {
        let of = |text: &str| TraceCompass::default().time(text.as_bytes());
        let noon = 43_200_000_000_000;
        assert_eq!(of("12:00:00.000 000 001"), Some(noon + 1));
        assert_eq!(of("12:00:00.000,000'001"), Some(noon + 1));
        assert_eq!(of("1970-01-02 12:00:00.5"), Some(DAY_NS + noon + 500_000_000));
        assert_eq!(of("1795361765.147 212 000"), Some(1_795_361_765_147_212_000));
        assert_eq!(of("12:00"), None);
        assert_eq!(of(""), None);
    }

    #[test]
    fn fields_are_found_by_their_whole_name() {
        assert_eq!(field(b"prev_tid=1, tid=2, x=a b", b"tid"), Some(&b"2"[..]));
        assert_eq!(field(b"x=a b", b"x"), Some(&b"a b"[..]));
        assert_eq!(field(b"tidy=1", b"tid"), None);
    }
}
