//! The parts of a trace.dat that are not pages. Version 6 has them one after the other, version 7 each in a section of
//! its own; their content is the same.

use super::event_format::MAX_FORMAT;
use crate::decode::order::Order;
use crate::decode::store::Store;
use std::io;

/// The first bytes of every `trace.dat`, and of the `TRACING_DATA` in a `perf.data`.
pub(crate) const MAGIC: &[u8] = b"\x17\x08\x44tracing";
/// Longest list of process names read.
pub(crate) const MAX_NAMES: u64 = 64 << 20;
/// Maximum number of events in one system, and of systems.
const MAX_COUNT: u32 = 1 << 16;

/// Why a part could not be read.
pub(crate) enum Fault {
    Io(io::Error),
    /// What is wrong, and where.
    Bad(u64, String),
}

impl From<io::Error> for Fault {
    fn from(error: io::Error) -> Self {
        Fault::Io(error)
    }
}

/// Where a part's bytes come from.
enum Place<'a> {
    Store(&'a mut Store),
    /// Unpacked from the section at this offset.
    Memory(&'a [u8], u64),
}

/// A part being read, from front to back.
pub(crate) struct Part<'a> {
    place: Place<'a>,
    order: Order,
    at: u64,
}

impl<'a> Part<'a> {
    /// The file itself from `at` on.
    pub(crate) fn of_store(store: &'a mut Store, order: Order, at: u64) -> Self {
        Self { place: Place::Store(store), order, at }
    }

    /// Unpacked bytes of the section at `offset`.
    pub(crate) fn of_memory(bytes: &'a [u8], order: Order, offset: u64) -> Self {
        Self { place: Place::Memory(bytes, offset), order, at: 0 }
    }

    /// Where in the file the reading is.
    pub(crate) fn offset(&self) -> u64 {
        match &self.place {
            Place::Store(_) => self.at,
            Place::Memory(_, offset) => *offset,
        }
    }

    pub(crate) fn bad<T>(&self, what: impl Into<String>) -> Result<T, Fault> {
        Err(Fault::Bad(self.offset(), what.into()))
    }

    /// The next `len` bytes, at most `limit`.
    pub(crate) fn bytes(&mut self, len: u64, limit: u64, what: &str) -> Result<Vec<u8>, Fault> {
        if len > limit {
            return self.bad(format!("{what} of {len} bytes is longer than any"));
        }
        let bytes = match &mut self.place {
            Place::Store(store) => store.bytes_at(self.at, len as usize)?,
            Place::Memory(bytes, _) => {
                let start = usize::try_from(self.at).unwrap_or(usize::MAX).min(bytes.len());
                bytes[start..bytes.len().min(start + len as usize)].to_vec()
            }
        };
        if (bytes.len() as u64) < len {
            return self.bad(format!("it ends within {what}"));
        }
        self.at += len;
        Ok(bytes)
    }

    pub(crate) fn skip(&mut self, len: u64) {
        self.at = self.at.saturating_add(len);
    }

    pub(crate) fn u16(&mut self, what: &str) -> Result<u16, Fault> {
        let bytes = self.bytes(2, 2, what)?;
        Ok(self.order.u16(&bytes, 0).unwrap_or(0))
    }

    pub(crate) fn u32(&mut self, what: &str) -> Result<u32, Fault> {
        let bytes = self.bytes(4, 4, what)?;
        Ok(self.order.u32(&bytes, 0).unwrap_or(0))
    }

    pub(crate) fn u64(&mut self, what: &str) -> Result<u64, Fault> {
        let bytes = self.bytes(8, 8, what)?;
        Ok(self.order.u64(&bytes, 0).unwrap_or(0))
    }

    /// Text up to its end mark.
    pub(crate) fn text(&mut self, what: &str) -> Result<String, Fault> {
        const LONGEST: usize = 1 << 12;
        let there = match &mut self.place {
            Place::Store(store) => store.bytes_at(self.at, LONGEST)?,
            Place::Memory(bytes, _) => {
                let start = usize::try_from(self.at).unwrap_or(usize::MAX).min(bytes.len());
                bytes[start..bytes.len().min(start + LONGEST)].to_vec()
            }
        };
        let Some(end) = memchr::memchr(0, &there) else {
            return self.bad(format!("{what} has no end"));
        };
        self.at += end as u64 + 1;
        Ok(String::from_utf8_lossy(&there[..end]).into_owned())
    }

    fn expect(&mut self, mark: &str) -> Result<(), Fault> {
        let found = self.text(mark)?;
        if found == mark { Ok(()) } else { self.bad(format!("`{mark}` should stand here")) }
    }
}

/// `header_page` and `header_event`: how pages and the heads of events look.
pub(crate) fn headers(layout: &mut Parsed<'_>, part: &mut Part<'_>) -> Result<(), Fault> {
    part.expect("header_page")?;
    let len = part.u64("the page's description")?;
    let text = part.bytes(len, MAX_FORMAT as u64, "the page's description")?;
    layout.page.describe(&text);
    part.expect("header_event")?;
    let len = part.u64("the description of an event's head")?;
    let text = part.bytes(len, MAX_FORMAT as u64, "the description of an event's head")?;
    match old_heads(&text) {
        Some(reason) => part.bad(reason),
        None => Ok(()),
    }
}

/// What to say of a `header_event` whose events cannot be read.
pub(crate) fn old_heads(text: &[u8]) -> Option<&'static str> {
    let is_old = !text.is_empty() && memchr::memmem::find(text, b"type_len").is_none();
    is_old.then_some("events with heads as Linux had them before 2.6.31")
}

/// What the sections fill in.
pub(crate) struct Parsed<'a> {
    pub(crate) page: &'a mut super::page::PageFormat,
    pub(crate) events: &'a mut super::tracepoints::Tracepoints,
    pub(crate) context: &'a mut crate::decode::context::Context,
    /// What an event is called here, from its system and its name.
    pub(crate) name: fn(&str, &str) -> String,
}

/// The formats of ftrace's own events.
pub(crate) fn ftrace_formats(parsed: &mut Parsed<'_>, part: &mut Part<'_>) -> Result<(), Fault> {
    let count = part.u32("the number of ftrace's events")?;
    formats(parsed, part, "ftrace", count)
}

/// The formats of all other events, system by system.
pub(crate) fn event_formats(parsed: &mut Parsed<'_>, part: &mut Part<'_>) -> Result<(), Fault> {
    let systems = part.u32("the number of event systems")?;
    if systems > MAX_COUNT {
        return part.bad(format!("{systems} event systems are more than a kernel has"));
    }
    for _ in 0..systems {
        let system = part.text("the name of an event system")?;
        let count = part.u32("the number of events")?;
        formats(parsed, part, &system, count)?;
    }
    Ok(())
}

fn formats(parsed: &mut Parsed<'_>, part: &mut Part<'_>, system: &str, count: u32) -> Result<(), Fault> {
    if count > MAX_COUNT {
        return part.bad(format!("{count} events in one system are more than a kernel has"));
    }
    for _ in 0..count {
        let len = part.u64("an event's format")?;
        let text = part.bytes(len, MAX_FORMAT as u64, "an event's format")?;
        parsed.events.add(parsed.context, system, &text, parsed.name);
    }
    Ok(())
}

/// A part that is not needed here: symbols of functions, texts of `trace_printk`.
pub(crate) fn skip_u32(part: &mut Part<'_>, what: &str) -> Result<(), Fault> {
    let len = part.u32(what)?;
    part.skip(u64::from(len));
    Ok(())
}

/// `saved_cmdlines`: lines of a thread's number and name.
pub(crate) fn names(parsed: &mut Parsed<'_>, part: &mut Part<'_>) -> Result<(), Fault> {
    let len = part.u64("the list of process names")?;
    let text = part.bytes(len, MAX_NAMES, "the list of process names")?;
    name_threads(parsed, &text);
    Ok(())
}

/// Names threads by the lines of `saved_cmdlines`.
pub(crate) fn name_threads(parsed: &mut Parsed<'_>, text: &[u8]) {
    for line in text.split(|&byte| byte == b'\n') {
        if let Some((tid, rest)) = crate::decode::bytes::take_u64(crate::decode::bytes::trim_start(line))
            && let (Ok(tid), Some(name)) = (i32::try_from(tid), rest.strip_prefix(b" "))
            && tid != 0
        {
            let name = parsed.context.name(&name[..memchr::memchr(0, name).unwrap_or(name.len())]);
            parsed.events.name_thread(tid, name);
        }
    }
}
