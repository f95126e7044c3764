//! What a perf.data says of itself: the events recorded, their names and their formats.

use super::attr::Attr;
use super::fields::Attrs;
use super::lost_samples::Role;
use crate::decode::bytes::trim_start;
use crate::decode::context::Context;
use crate::decode::order::Order;
use crate::decode::store::Store;
use crate::format::options::OpenOptions;
use crate::kernel::page::PageFormat;
use crate::kernel::tracepoints::Tracepoints;
use crate::kernel::tracing_data::{self, MAGIC};
use crate::kernel::tracing_data::{Fault, Parsed, Part};
use crate::{Format, Phase, TraceResult};
use std::path::Path;

/// Bytes of a file's head and of a pipe's.
pub(crate) const FILE_HEAD: usize = 104;
pub(crate) const PIPE_HEAD: usize = 16;
/// Largest list of names or formats taken.
pub(crate) const MAX_SECTION: usize = 64 << 20;
/// Numbers of the sections read here.
const TRACING_DATA: u32 = 1;
const ARCH: u32 = 6;
const EVENT_DESC: u32 = 12;
/// Number of the feature of a file whose samples lie in other files beside it.
const DIR_FORMAT: u32 = 24;
/// Systems whose events are known by their own name, as in `perf script` text.
const BARE: [&str; 7] = ["sched", "irq", "timer", "signal", "power", "block", "net"];

/// What all records need to be understood.
pub(crate) struct Layout {
    pub(crate) context: Context,
    pub(crate) order: Order,
    pub(crate) attrs: Attrs,
    pub(crate) events: Tracepoints,
}

/// The part of a file with the records.
pub(crate) struct Data {
    pub(crate) start: u64,
    pub(crate) end: u64,
}

impl Layout {
    pub(crate) fn new(path: &Path, order: Order, options: &OpenOptions) -> Self {
        Self {
            context: Context::new(Format::PerfData, options.arch, path.to_path_buf()),
            order,
            attrs: Attrs::default(),
            events: Tracepoints::new(order),
        }
    }

    /// Reads all that a file has besides its records.
    pub(crate) fn read_file(&mut self, store: &mut Store) -> TraceResult<Data> {
        let order = self.order;
        let head = store.bytes_at(0, FILE_HEAD).map_err(|error| self.context.io(error))?;
        let word = |at: usize| order.u64(&head, at).unwrap_or(0);
        if head.len() < FILE_HEAD {
            return Err(self.context.corrupt(head.len() as u64, "the file ends within its head; copy it again"));
        }
        let (attr_size, attrs_at, attrs_size) = (word(16), word(24), word(32));
        self.read_attrs(store, attr_size, attrs_at, attrs_size)?;
        if word(72) >> DIR_FORMAT & 1 == 1 {
            return Err(self.context.corrupt(
                72,
                "the head of a recording of `perf record --threads`, whose samples are in the files beside it. Print the folder \
                 with `perf script --ns --show-lost-events -i FOLDER` and read that text",
            ));
        }
        let (start, size) = (word(40), word(48));
        let end = start.saturating_add(size);
        if start < FILE_HEAD as u64 || start > store.len() {
            return Err(self.context.corrupt(
                40,
                format!("the records should begin at byte {start}, which the file does not have; copy it again"),
            ));
        }
        if size == 0 {
            self.context.warn_at(48, "perf was stopped before it finished this file: event formats and names that perf writes last are missing. Stop `perf record` with an interrupt and record again");
            return Ok(Data { start, end: store.len() });
        }
        if end > store.len() {
            self.context.warn_at(
                store.len(),
                "the file ends before its records do; event formats and names behind them are missing. Copy it again",
            );
            return Ok(Data { start, end: store.len() });
        }
        match self.read_sections(store, &head, end) {
            Ok(()) => {}
            Err(Fault::Io(error)) => return Err(self.context.io(error)),
            Err(Fault::Bad(offset, why)) => {
                self.context.warn_at(
                    offset,
                    &format!(
                        "{why}; the records are read all the same, but events may lack their names. Copy the file again"
                    ),
                );
            }
        }
        Ok(Data { start, end })
    }

    fn read_attrs(&mut self, store: &mut Store, size: u64, at: u64, all: u64) -> TraceResult<()> {
        // Behind each event lies where its ids are.
        if !(64 + 16..=4096).contains(&size) || all < size || all / size > Attrs::MAX as u64 {
            let reason = format!("{all} bytes of events of {size} bytes each cannot be; copy the file again");
            return Err(self.context.corrupt(16, reason));
        }
        for number in 0..all / size {
            let offset = at.saturating_add(number * size);
            let bytes = store.bytes_at(offset, size as usize).map_err(|error| self.context.io(error))?;
            let body = size as usize - 16;
            let place = self.order.u64(&bytes, body).zip(self.order.u64(&bytes, body + 8));
            let Some((ids_at, ids_size)) = place else {
                return Err(self.context.corrupt(offset, "the file ends within its list of events; copy it again"));
            };
            let ids_size = usize::try_from(ids_size).unwrap_or(usize::MAX).min(8 * self.attrs.room());
            let ids = store.bytes_at(ids_at, ids_size).map_err(|error| self.context.io(error))?;
            let ids = ids.chunks_exact(8).filter_map(|id| self.order.u64(id, 0)).collect();
            if let Some(attr) = Attr::read(&bytes[..body], self.order, ids) {
                self.attrs.add(attr);
            }
        }
        Ok(())
    }

    /// Reads the sections after the records, by the table that precedes them.
    fn read_sections(&mut self, store: &mut Store, head: &[u8], table: u64) -> Result<(), Fault> {
        let order = self.order;
        let features = (0..4).map(|word| order.u64(head, 72 + 8 * word).unwrap_or(0)).collect::<Vec<_>>();
        let present = (0..256).filter(|bit| features[bit / 64] >> (bit % 64) & 1 == 1);
        for (index, feature) in present.enumerate() {
            let place = table + 16 * index as u64;
            let mut part = Part::of_store(store, order, place);
            let (at, size) = (part.u64("the table of sections")?, part.u64("the table of sections")?);
            let feature = feature as u32;
            if !matches!(feature, TRACING_DATA | ARCH | EVENT_DESC) {
                continue;
            }
            let bytes = Part::of_store(store, order, at).bytes(size, MAX_SECTION as u64, "a section")?;
            self.section(feature, &bytes, at)?;
        }
        Ok(())
    }

    /// What its count of lost samples says.
    pub(crate) fn role(&self, attr: usize) -> Role {
        let end = |attr: &Attr| attr.tracepoint().and_then(|id| self.events.get(id)?.end_of_calls());
        match self.attrs.all.get(attr) {
            Some(one) if one.asks && one.is_dummy() => Role::AsksOnly,
            Some(one) if one.asks => {
                let Some(own) = end(one) else { return Role::Asks };
                let is_other = |attr: &Attr| !attr.asks && end(attr).is_some_and(|end| end != own);
                match self.attrs.all.iter().position(is_other) {
                    Some(other) => Role::AsksAtOneEnd { other, entries: own == Phase::Entry },
                    None => Role::Asks,
                }
            }
            _ => Role::Plain,
        }
    }

    /// Whether some event's losses follow from the calls of threads.
    pub(crate) fn pairs_calls(&self) -> bool {
        (0..self.attrs.all.len()).any(|attr| matches!(self.role(attr), Role::AsksAtOneEnd { .. }))
    }

    /// One section, of a file or of a pipe.
    pub(crate) fn section(&mut self, feature: u32, bytes: &[u8], offset: u64) -> Result<(), Fault> {
        match feature {
            TRACING_DATA => self.tracing_data(bytes, offset),
            EVENT_DESC => self.event_names(bytes, offset),
            ARCH => {
                let text = trim_start(bytes.get(4..).unwrap_or_default());
                let text = &text[..memchr::memchr(0, text).unwrap_or(text.len())];
                self.context.recorded_on(&String::from_utf8_lossy(text));
                Ok(())
            }
            _ => Ok(()),
        }
    }

    /// Names and ids of events.
    fn event_names(&mut self, bytes: &[u8], offset: u64) -> Result<(), Fault> {
        let mut part = Part::of_memory(bytes, self.order, offset);
        let count = part.u32("the list of event names")?;
        let size = part.u32("the list of event names")?;
        for _ in 0..count {
            part.bytes(u64::from(size), 4096, "an event's description")?;
            let ids = part.u32("an event's ids")?;
            let len = part.u32("an event's name")?;
            let name = part.bytes(u64::from(len), 4096, "an event's name")?;
            let name = String::from_utf8_lossy(&name[..memchr::memchr(0, &name).unwrap_or(name.len())]).into_owned();
            for _ in 0..ids {
                let id = part.u64("an event's ids")?;
                if let Some(attr) = self.attrs.of_id(id) {
                    attr.name = Some(name.as_str().into());
                }
            }
        }
        Ok(())
    }

    /// A name that a record in a pipe gives an event.
    pub(crate) fn name_event(&mut self, id: u64, name: &[u8]) {
        let name = String::from_utf8_lossy(&name[..memchr::memchr(0, name).unwrap_or(name.len())]).into_owned();
        if let Some(attr) = self.attrs.of_id(id).filter(|_| !name.is_empty()) {
            attr.name = Some(name.into());
        }
    }

    /// The formats of the events, as trace-cmd stores them.
    pub(crate) fn tracing_data(&mut self, bytes: &[u8], offset: u64) -> Result<(), Fault> {
        let bad = |why: &str| Err(Fault::Bad(offset, why.to_owned()));
        let Some(rest) = bytes.strip_prefix(MAGIC) else {
            return bad("the event formats do not begin as they should");
        };
        let Some(end) = memchr::memchr(0, rest) else {
            return bad("the event formats have no version");
        };
        let order = match rest.get(end + 1) {
            Some(0) => Order::Little,
            Some(1) => Order::Big,
            _ => return bad("the event formats have no byte order"),
        };
        let Some(rest) = rest.get(end + 1 + 6..) else {
            return bad("the event formats end too early");
        };
        self.events.order = order;
        // perf has no pages; the description of one is passed over.
        let mut page = PageFormat::usual(order, 4096, 8);
        let mut parsed =
            Parsed { page: &mut page, events: &mut self.events, context: &mut self.context, name: event_name };
        let mut part = Part::of_memory(rest, order, offset);
        tracing_data::headers(&mut parsed, &mut part)?;
        tracing_data::ftrace_formats(&mut parsed, &mut part)?;
        tracing_data::event_formats(&mut parsed, &mut part)
    }
}

/// An event's name here: bare for well-known systems and for system calls, `system:event` for others.
pub(crate) fn event_name(system: &str, event: &str) -> String {
    if BARE.contains(&system) { event.to_owned() } else { format!("{system}:{event}") }
}
