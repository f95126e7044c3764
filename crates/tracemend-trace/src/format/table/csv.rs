//! The corpus CSV: one system call a row, columns by the names in the first row.
//!
//! `timestamp_ns,cpu,tid,comm,syscall_name,ret,dur_ns`; the times are of the entry. Only `timestamp_ns` and
//! `syscall_name` must be there.

use super::columns::{Columns, FirstRow, names};
use crate::decode::bytes::{trim, whole_i64, whole_tid, whole_u64};
use crate::decode::context::{Context, whole_cpu};
use crate::decode::lines::Position;
use crate::format::text_source::{LineFormat, Parsed};
use crate::{Event, Phase};

/// The columns read.
const NAMES: [&[u8]; 7] = [b"timestamp_ns", b"cpu", b"tid", b"comm", b"syscall_name", b"ret", b"dur_ns"];
const TIME: usize = 0;
const CPU: usize = 1;
const TID: usize = 2;
const COMM: usize = 3;
const NAME: usize = 4;
const RET: usize = 5;
const DUR: usize = 6;

/// The reader's state.
#[derive(Default)]
pub(crate) struct Csv {
    /// What each column of the file is, once the first row is read.
    first_row: FirstRow,
    /// A quoted field with its doubled quotes undone.
    unquoted: Vec<u8>,
}

/// The columns of a header row; `None` for any other row.
pub(crate) fn columns(line: &[u8]) -> Option<Columns> {
    let names = names(line, b',');
    let unquoted = names.map(|name| name.strip_prefix(b"\"").and_then(|name| name.strip_suffix(b"\"")).unwrap_or(name));
    Columns::of(unquoted, &NAMES, [TIME, NAME])
}

/// The fields of a row, quotes kept.
fn row_fields(row: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut rest = Some(row);
    std::iter::from_fn(move || {
        let (value, after) = field(rest?);
        rest = after;
        Some(value)
    })
}

/// The next field of a row and what follows its comma; quotes are kept.
fn field(row: &[u8]) -> (&[u8], Option<&[u8]>) {
    let mut end = 0;
    if row.first() == Some(&b'"') {
        end = 1;
        loop {
            match memchr::memchr(b'"', &row[end..]) {
                None => return (row, None),
                Some(at) if row.get(end + at + 1) == Some(&b'"') => end += at + 2,
                Some(at) => break end += at + 1,
            }
        }
    }
    match memchr::memchr(b',', &row[end..]) {
        Some(at) => (&row[..end + at], Some(&row[end + at + 1..])),
        None => (row, None),
    }
}

fn unquote<'a>(field: &'a [u8], buffer: &'a mut Vec<u8>) -> &'a [u8] {
    let Some(inner) = field.strip_prefix(b"\"").and_then(|f| f.strip_suffix(b"\"")) else {
        return field;
    };
    buffer.clear();
    let mut rest = inner;
    while let Some((&b, tail)) = rest.split_first() {
        buffer.push(b);
        rest = if b == b'"' { tail.strip_prefix(b"\"").unwrap_or(tail) } else { tail };
    }
    buffer
}

impl LineFormat for Csv {
    const NOUN: &'static str = "the calls CSV";
    type Draft = ();

    fn line(&mut self, context: &mut Context, line: &[u8], _draft: &(), at: Position) -> Parsed {
        if line.is_empty() {
            return Parsed::Nothing;
        }
        let columns = match self.first_row.columns(line, columns) {
            Ok(columns) => columns,
            Err(parsed) => return parsed,
        };
        let Some(fields) = columns.fields::<7>(row_fields(line)) else {
            return Parsed::Unknown;
        };
        let Some(time_ns) = whole_i64(trim(fields[TIME])) else {
            return Parsed::Unknown;
        };
        // An empty field is not known; one that is no number is damage.
        let cpu = match trim(fields[CPU]) {
            b"" => None,
            text => match whole_cpu(text) {
                Some(cpu) => Some(cpu),
                None => return Parsed::Unknown,
            },
        };
        let name = unquote(trim(fields[NAME]), &mut self.unquoted);
        if name.is_empty() {
            return Parsed::Unknown;
        }
        let name = context.name(name);
        let comm = match unquote(fields[COMM], &mut self.unquoted) {
            b"" => None,
            comm => Some(context.name(comm)),
        };
        let stream = context.stream_of(cpu, time_ns);
        Parsed::Event(Event {
            cpu,
            tid: whole_tid(trim(fields[TID])),
            comm,
            ret: whole_i64(trim(fields[RET])),
            dur_ns: whole_u64(trim(fields[DUR])),
            offset: at.offset,
            ..Event::new(time_ns, stream, name, Phase::Call)
        })
    }
}
