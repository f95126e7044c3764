//! The reader: all CPUs' events in the order of time.

use super::chunks::Pages;
use super::counted::Rest;
use super::head;
use super::lane::{Head, Lane};
use super::layout::Layout;
use super::unpack::Unpacker;
use crate::decode::input::{Input, packed_end};
use crate::decode::store::Store;
use crate::format::options::OpenOptions;
use crate::kernel::event_text;
use crate::source::Source;
use crate::{Cause, Event, Gap, Item, Lost, StreamInfo, Symbol, TraceError, TraceHeader, TraceResult};
use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::collections::binary_heap::PeekMut;
use std::io::Write;
use std::path::Path;

/// Maximum number of lanes of one file.
const MAX_LANES: usize = 1 << 16;

/// A file with pages.
pub(crate) struct PageFile {
    pub(crate) store: Store,
    /// What messages call it, where it is one of several.
    pub(crate) name: Option<String>,
}

/// Ring buffers being read.
struct RingBuffers {
    layout: Layout,
    files: Vec<PageFile>,
    unpacker: Unpacker,
    lanes: Vec<Lane>,
    /// Time and number of each lane that stands at an event.
    order: BinaryHeap<Reverse<(u64, u32)>>,
    /// The lane whose event was given out last; it has not gone on yet, so that its record can be asked for.
    given: Option<u32>,
    /// Whether the item given out last is that event.
    event_given: bool,
    losses_only: bool,
    record: Vec<u8>,
    unnamed: Symbol,
    idle: Symbol,
}

/// Opens a trace.dat.
pub(crate) fn open(input: Input, path: &Path, options: &OpenOptions) -> TraceResult<Box<dyn Source>> {
    let io = TraceError::io(path);
    let (mut store, failure) = Store::new(input).map_err(io)?;
    let end = store.len();
    let mut layout = head::read(&mut store, path, options)?;
    if let Some(failure) = failure {
        layout.context.warn_at(end, &packed_end(&failure));
    }
    read(layout, vec![PageFile { store, name: None }], options.losses_only)
}

/// Reads the ring buffers that a layout describes in these files.
pub(crate) fn read(mut layout: Layout, mut files: Vec<PageFile>, losses_only: bool) -> TraceResult<Box<dyn Source>> {
    let unnamed = layout.context.name(b"<...>");
    let idle = layout.context.name(b"<idle>");
    let mut lanes = lanes(&mut layout, &mut files, losses_only)?;
    let mut unpacker = Unpacker::default();
    let mut order = BinaryHeap::new();
    for (number, lane) in lanes.iter_mut().enumerate() {
        lane.advance(&mut files[lane.file].store, &mut unpacker).map_err(|error| layout.context.io(error))?;
        match lane.head {
            Some(head) => order.push(Reverse((head.time, number as u32))),
            None => close(&mut layout, lane),
        }
    }
    Ok(Box::new(RingBuffers {
        layout,
        files,
        unpacker,
        lanes,
        order,
        given: None,
        event_given: false,
        losses_only,
        record: Vec::new(),
        unnamed,
        idle,
    }))
}

/// A lane for every CPU of every buffer that has pages.
fn lanes(layout: &mut Layout, files: &mut [PageFile], losses_only: bool) -> TraceResult<Vec<Lane>> {
    let buffers = std::mem::take(&mut layout.buffers);
    let shares = buffers.iter().map(|buffer| buffer.cpus.iter().filter(|data| data.size > 0).count()).sum();
    let mut lanes = Vec::new();
    for buffer in &buffers {
        for data in buffer.cpus.iter().filter(|data| data.size > 0) {
            if lanes.len() >= MAX_LANES {
                layout
                    .context
                    .warn_at(data.offset, "more ring buffers than can be read; split the file with `trace-cmd split`");
                return Ok(lanes);
            }
            let cpu = Some(data.cpu);
            let name = if buffer.name.is_empty() {
                format!("cpu{}", data.cpu)
            } else {
                format!("{}/cpu{}", buffer.name, data.cpu)
            };
            let stream = layout.context.header.add_stream(StreamInfo { name, cpu });
            let mut format = layout.page;
            format.size = buffer.page_size;
            let pages = Pages::new(layout.order, buffer.packing, buffer.page_size, data, shares);
            let file = &mut files[data.file];
            let mut lane = Lane::new(data, stream, pages, format, losses_only);
            lane.file_name.clone_from(&file.name);
            if let Some(stats) = data.stats {
                let rest =
                    Rest::read(&mut file.store, data, &format, stats).map_err(|error| layout.context.io(error))?;
                if rest.undivided > 0 {
                    layout.context.warn(undivided(lane.file_name.as_deref().unwrap_or_default(), rest.undivided));
                }
                lane.rest = rest;
                lane.dropped = stats.dropped;
            }
            lanes.push(lane);
        }
    }
    Ok(lanes)
}

fn undivided(file: &str, lost: u64) -> String {
    format!(
        "{file}: the file `stats` beside it counts {lost} overwritten events more than the pages do; they belong to losses without \
         a number, or to pages that cannot be read. Read `trace_pipe_raw` while the trace runs to get a number for each loss"
    )
}

/// Gives out what was lost at the end of a lane.
fn close(layout: &mut Layout, lane: &mut Lane) {
    give_gaps(layout, lane);
    if lane.dropped > 0 {
        // No page says when the ring was full.
        let (stream, cpu) = (Some(lane.stream), Some(lane.cpu));
        layout.context.give_gap(Gap { stream, cpu, ..Gap::new(0, Lost::Exact(lane.dropped), Cause::Discarded, 0) });
    }
}

#[cold]
fn give_gaps(layout: &mut Layout, lane: &mut Lane) {
    for gap in lane.gaps(|time| layout.time_ns(time)) {
        layout.context.give_gap(gap);
    }
}

impl RingBuffers {
    /// Lets the lane given out last go on.
    #[inline]
    fn go_on(&mut self, number: u32) -> TraceResult<()> {
        let lane = &mut self.lanes[number as usize];
        lane.advance(&mut self.files[lane.file].store, &mut self.unpacker)
            .map_err(|error| self.layout.context.io(error))?;
        let Some(mut first) = self.order.peek_mut() else {
            return Ok(());
        };
        match lane.head {
            Some(head) => *first = Reverse((head.time, number)),
            None => {
                PeekMut::pop(first);
                close(&mut self.layout, lane);
            }
        }
        Ok(())
    }

    #[inline]
    fn event(&mut self, number: u32, head: Head) -> Event {
        let lane = &self.lanes[number as usize];
        let record = lane.record(head);
        let Layout { context, events, .. } = &mut self.layout;
        let tid = events.pid(record);
        let comm = tid.map(|tid| match events.thread(tid) {
            _ if tid == 0 => self.idle,
            Some(comm) => comm,
            None => self.unnamed,
        });
        let told = events.tell(context, record);
        // As trace-cmd does: a name learned from an event counts for the events after it.
        events.learn(context, record);
        let (name, phase, ret) = match told {
            Some(told) => (told.name, told.phase, told.ret),
            None => (context.name(b"event_?"), crate::Phase::Point, None),
        };
        Event {
            cpu: Some(lane.cpu),
            tid,
            comm,
            ret,
            offset: lane.offset(head),
            ..Event::new(self.layout.time_ns(head.time), lane.stream, name, phase)
        }
    }
}

impl Source for RingBuffers {
    fn next_item(&mut self) -> TraceResult<Option<Item>> {
        loop {
            if let Some((item, record)) = self.layout.context.queue.pop_front() {
                self.event_given = record.is_none();
                return Ok(Some(item));
            }
            if let Some(number) = self.given.take() {
                self.go_on(number)?;
                if !self.layout.context.queue.is_empty() {
                    continue;
                }
            }
            let Some(&Reverse((_, number))) = self.order.peek() else {
                self.event_given = false;
                return Ok(None);
            };
            let Some(head) = self.lanes[number as usize].head else {
                self.order.pop();
                continue;
            };
            self.given = Some(number);
            if self.lanes[number as usize].lost() {
                give_gaps(&mut self.layout, &mut self.lanes[number as usize]);
            }
            if self.losses_only {
                continue;
            }
            let event = self.event(number, head);
            if let Some(event) = self.layout.context.give(event) {
                self.event_given = true;
                return Ok(Some(Item::Event(event)));
            }
        }
    }

    fn header(&self) -> &TraceHeader {
        &self.layout.context.header
    }

    /// The line `trace-cmd report -t` prints; `-R` for other events than system calls.
    fn record(&mut self) -> &[u8] {
        self.record.clear();
        let Some((number, true)) = self.given.map(|number| (number, self.event_given)) else {
            return &self.record;
        };
        let lane = &self.lanes[number as usize];
        let Some(head) = lane.head else {
            return &self.record;
        };
        let bytes = lane.record(head);
        let Layout { context, events, .. } = &self.layout;
        let tid = events.pid(bytes).unwrap_or(-1);
        let comm = match events.thread(tid) {
            _ if tid == 0 => self.idle,
            Some(comm) => comm,
            None => self.unnamed,
        };
        let comm = context.header.symbols.name(comm);
        let time = self.layout.time_ns(head.time).max(0) as u64;
        let (seconds, nanos) = (time / 1_000_000_000, time % 1_000_000_000);
        let out = &mut self.record;
        let _ = write!(out, "{comm:>16}-{tid:<5} [{:03}] {seconds:5}.{nanos:09}: ", lane.cpu);
        match events.id(bytes).and_then(|id| events.get(id)) {
            Some(event) => {
                let head = format!("{}:", event.format.name);
                let _ = write!(out, "{head:<21} ");
                event_text::write(out, event, bytes, events.order, " ");
            }
            None => {
                let _ =
                    write!(out, "an event of number {} that the file does not describe", events.id(bytes).unwrap_or(0));
            }
        }
        &self.record
    }
}
