//! The reader: all records in the order of time, as events and gaps.

use super::attr::Attr;
use super::blocks::{BLOCK, Blocks, Place};
use super::feed::{Feed, Found};
use super::layout::{self, Layout};
use super::line;
use super::lost_samples::{LostSamples, ends};
use super::magic::order_of;
use super::records::{self, HEAD, RecordHead};
use super::rounds::{Entry, Rounds, What};
use super::sample::{sample, time_ns};
use super::threads::Threads;
use crate::decode::context::MAX_CPU;
use crate::decode::input::{Input, packed_end};
use crate::decode::order::Order;
use crate::decode::store::Store;
use crate::format::options::OpenOptions;
use crate::source::Source;
use crate::{Cause, Event, Gap, Item, Lost, Symbol, TraceHeader, TraceResult};
use rustc_hash::FxHashMap;
use std::path::Path;

/// Maximum number of bytes kept while no round ends.
const MAX_HELD: usize = 96 << 20;

/// A damaged part of the file.
struct Damage {
    reason: Option<String>,
    /// How many more damaged parts follow right after.
    more: u64,
    begin: u64,
}

/// A perf.data being read.
struct PerfData {
    layout: Layout,
    feed: Feed,
    blocks: Blocks,
    rounds: Rounds,
    threads: Threads,
    damages: FxHashMap<u32, Damage>,
    /// Number of the damaged part found last.
    last_damage: u32,
    /// Samples right after each other that cannot be understood, and how many.
    bad_samples: Option<(Gap, u64)>,
    /// The last thing found was damage: more of it belongs to it.
    in_damage: bool,
    /// The latest time of a record in the order of the file.
    near: u64,
    ended: bool,
    /// Whether a gap reports the early end already.
    cut_off: bool,
    /// Lost samples by event and CPU.
    counts: LostSamples,
    started: bool,
    /// Lost events announced in the rings, and lost samples counted at the end of whose CPU nothing is known.
    lost: u64,
    lost_samples: u64,
    lost_samples_at: u64,
    /// Names of events that have no format, by number.
    names: Vec<Option<Symbol>>,
    given: Option<Place>,
    event_given: bool,
    record: Vec<u8>,
}

/// Opens a perf.data.
pub(crate) fn open(mut input: Input, path: &Path, options: &OpenOptions) -> TraceResult<Box<dyn Source>> {
    let begun = order_of(input.beginning());
    let order = begun.unwrap_or(Order::Little);
    let mut layout = Layout::new(path, order, options);
    if begun.is_none() {
        return Err(layout
            .context
            .corrupt(0, "no perf.data begins like this; name the true format with the option `format`"));
    }
    let size = order.u64(input.beginning(), 8).unwrap_or(0);
    let feed = if size == layout::PIPE_HEAD as u64 {
        let mut head = [0; layout::PIPE_HEAD];
        std::io::Read::read_exact(&mut input, &mut head).map_err(|error| layout.context.io(error))?;
        Feed::of_pipe(input, order, layout::PIPE_HEAD as u64)
    } else if size == layout::FILE_HEAD as u64 {
        let (mut store, failure) = Store::new(input).map_err(|error| layout.context.io(error))?;
        let data = layout.read_file(&mut store)?;
        if let Some(failure) = failure {
            layout.context.warn_at(store.len(), &packed_end(&failure));
        }
        Feed::of_store(store, order, data.start, data.end)
    } else {
        return Err(layout.context.corrupt(8, format!("perf writes no head of {size} bytes; copy the file again")));
    };
    Ok(Box::new(PerfData {
        layout,
        feed,
        blocks: Blocks::default(),
        rounds: Rounds::default(),
        threads: Threads::default(),
        damages: FxHashMap::default(),
        last_damage: 0,
        bad_samples: None,
        in_damage: false,
        near: 0,
        ended: false,
        cut_off: false,
        counts: LostSamples::default(),
        started: false,
        lost: 0,
        lost_samples: 0,
        lost_samples_at: 0,
        names: Vec::new(),
        given: None,
        event_given: false,
        record: Vec::new(),
    }))
}

impl PerfData {
    /// Reads until something is ready to be given out.
    fn pump(&mut self) -> TraceResult<()> {
        loop {
            let found = self.feed.next(&mut self.blocks).map_err(|error| self.layout.context.io(error))?;
            let (place, head, offset) = match found {
                Found::Record(place, head, offset) => (place, head, offset),
                Found::Bad(offset, reason) => {
                    self.damage(offset, Some(reason));
                    continue;
                }
                Found::CutOff(offset) => {
                    (self.in_damage, self.cut_off) = (false, true);
                    self.damage(offset, None);
                    continue;
                }
                Found::End => {
                    self.end();
                    return Ok(());
                }
            };
            self.in_damage = false;
            // Records that change what later samples mean (names, forks) wait for their turn in time like samples; what
            // describes events takes effect at once.
            match head.kind {
                records::SAMPLE
                | records::LOST
                | records::COMM
                | records::FORK
                | records::LOST_SAMPLES
                | records::THROTTLE => {
                    let record = self.blocks.record(place, self.layout.order);
                    let time = self.layout.attrs.time(record, head, self.layout.order);
                    // A record without a time belongs where it stands in the file.
                    let time = time.filter(|&time| time != u64::MAX).unwrap_or(self.near);
                    self.near = time;
                    self.blocks.keep(place);
                    self.rounds.push(Entry { time, offset, what: What::Record(place) });
                }
                records::FINISHED_ROUND => {
                    self.rounds.finish_round();
                    return Ok(());
                }
                kind if kind >= records::FIRST_OF_PERF => self.own(place, head, offset)?,
                _ => {}
            }
            if self.blocks.held() > MAX_HELD {
                self.layout.context.warn_at(
                    offset,
                    &format!(
                        "perf marked no end of a round in {} MiB of records: events may come out of order. Record with smaller rings (`perf record -m`)",
                        MAX_HELD / BLOCK
                    ),
                );
                self.rounds.finish();
                return Ok(());
            }
        }
    }

    /// A record that perf itself wrote.
    fn own(&mut self, place: Place, head: RecordHead, offset: u64) -> TraceResult<()> {
        let order = self.layout.order;
        let body = &self.blocks.record(place, order)[HEAD..];
        let number = |at: usize| order.u64(body, at).unwrap_or(0);
        let read = match head.kind {
            records::HEADER_ATTR => {
                let size = order.u32(body, 4).unwrap_or(0) as usize;
                let (attr, ids) = body.split_at(size.min(body.len()));
                let ids = ids.chunks_exact(8).filter_map(|id| order.u64(id, 0)).collect();
                if let Some(attr) = Attr::read(attr, order, ids) {
                    self.layout.attrs.add(attr);
                }
                Ok(())
            }
            records::EVENT_UPDATE => {
                const NAME: u64 = 2;
                if number(0) == NAME {
                    self.layout.name_event(number(8), body.get(16..).unwrap_or_default());
                }
                Ok(())
            }
            records::ID_INDEX => {
                for entry in body.get(8..).unwrap_or_default().chunks_exact(32) {
                    if let (Some(id), Some(cpu)) = (order.u64(entry, 0), order.u64(entry, 16)) {
                        self.counts.id(id, cpu);
                    }
                }
                Ok(())
            }
            records::HEADER_FEATURE => {
                let feature = u32::try_from(number(0)).unwrap_or(0);
                let body = body.get(8..).unwrap_or_default().to_vec();
                self.layout.section(feature, &body, offset)
            }
            records::HEADER_TRACING_DATA => {
                let len = u64::from(order.u32(body, 0).unwrap_or(0)).next_multiple_of(8);
                let bytes = self
                    .feed
                    .payload(&self.blocks, len, layout::MAX_SECTION)
                    .map_err(|error| self.layout.context.io(error))?;
                self.layout.tracing_data(&bytes, offset)
            }
            records::AUXTRACE => {
                let len = number(0);
                self.feed.skip(&self.blocks, len).map_err(|error| self.layout.context.io(error))?;
                Ok(())
            }
            _ => Ok(()),
        };
        if let Err(crate::kernel::tracing_data::Fault::Bad(offset, why)) = read {
            self.layout.context.warn_at(offset, &format!("{why}; events may lack their names. Record again"));
        }
        Ok(())
    }

    /// A part that cannot be read; without a reason, the end of a file cut off.
    #[cold]
    fn damage(&mut self, offset: u64, reason: Option<String>) {
        // One hole in the file is one gap, however many attempts to read on fail in it.
        if let (true, Some(last)) = (self.in_damage, self.damages.get_mut(&self.last_damage)) {
            last.more += 1;
            return;
        }
        self.in_damage = true;
        let (begin, _) = self.rounds.span();
        self.last_damage = self.last_damage.wrapping_add(1);
        self.damages.insert(self.last_damage, Damage { reason, more: 0, begin });
        let what = What::Damage(self.last_damage);
        self.rounds.push(Entry { time: self.near, offset, what });
    }

    fn end(&mut self) {
        self.rounds.finish();
        self.ended = true;
    }

    /// What is left to say when all records are given out.
    fn last_words(&mut self) {
        self.give_bad_samples();
        if let Some((error, offset)) = self.feed.broken() {
            self.layout.context.warn_at(
                offset,
                &format!("the compressed data breaks off ({error}); copy the file again to get the rest"),
            );
            if !std::mem::replace(&mut self.cut_off, true) {
                self.layout.context.break_off(Cause::Truncated, offset);
            }
        }
        let context = &mut self.layout.context;
        for (cpu, lost) in self.counts.unannounced() {
            context.lose(cpu, Lost::Exact(lost), Cause::Discarded, self.counts.offset);
        }
        // The total repeats the announced losses: it is news only where nothing was announced, or less.
        if self.lost == 0 && self.lost_samples > 0 {
            let lost = Lost::Exact(self.lost_samples);
            context.give_gap(Gap::new(0, lost, Cause::Discarded, self.lost_samples_at));
            context.warn(format!(
                "{} samples were lost, but no record tells where: the gap spans the whole trace. Raise the rings with `perf record -m`",
                self.lost_samples
            ));
        } else if self.lost_samples > self.lost {
            context.warn(format!(
                "the kernel counted {} lost samples, {} more than the records of loss announce; the position of the rest is unknown",
                self.lost_samples,
                self.lost_samples - self.lost
            ));
        }
        if self.layout.attrs.all.is_empty() {
            context.warn("the file names no recorded event; copy it again".to_owned());
        }
        context.finish();
    }

    /// Handles what has come to its turn; an event where it is one.
    #[inline]
    fn handle(&mut self, entry: Entry) -> Option<Event> {
        let place = match entry.what {
            What::Record(place) => place,
            What::Damage(number) => {
                self.give_damage(entry, number);
                return None;
            }
        };
        let order = self.layout.order;
        let record = self.blocks.record(place, order);
        let head = RecordHead::read(record, order)?;
        if head.kind == records::SAMPLE {
            let event = sample(&mut self.layout, &self.threads, &mut self.names, record, head, &entry);
            if event.is_some() {
                self.given = Some(place);
            } else {
                self.blocks.release(place);
                self.bad_sample(entry);
            }
            return event;
        }
        self.side_band(place, head, &entry);
        self.blocks.release(place);
        None
    }

    /// Any record but a sample.
    fn side_band(&mut self, place: Place, head: RecordHead, entry: &Entry) {
        let Layout { order, context, attrs, .. } = &mut self.layout;
        let order = *order;
        let record = self.blocks.record(place, order);
        let body = &record[HEAD..];
        let word = |at: usize| order.u32(body, at).unwrap_or(0) as i32;
        match head.kind {
            records::COMM => {
                let name = body.get(8..).unwrap_or_default();
                let name = context.name(&name[..memchr::memchr(0, name).unwrap_or(name.len()).min(16)]);
                self.threads.rename(word(4), name);
                self.counts.thread(word(4));
            }
            records::FORK => {
                self.threads.fork(word(12), word(8));
                self.counts.thread(word(8));
            }
            records::LOST => {
                let lost = order.u64(body, 8).unwrap_or(0);
                self.lost = self.lost.saturating_add(lost);
                let fields = attrs.fields(record, head, order).unwrap_or_default();
                let lost = Lost::Exact(lost);
                match fields.cpu.filter(|&cpu| cpu < MAX_CPU) {
                    Some(cpu) => {
                        self.counts.announce(cpu, lost.count().unwrap_or(0));
                        context.lose_before(cpu, time_ns(entry.time), lost, Cause::Discarded, entry.offset);
                    }
                    None => context.lose_anywhere(lost, Cause::Discarded, entry.offset),
                }
            }
            records::LOST_SAMPLES => {
                // They repeat, at the end, what the records of loss announced.
                let lost = order.u64(body, 0).unwrap_or(0);
                let filtered = order.u16(record, 4).unwrap_or(0) & records::FILTERED != 0;
                let attr = attrs.fields(record, head, order).map_or(0, |fields| fields.attr);
                let id = attrs.id(record, head, order);
                if !filtered && !self.counts.count(id, attr, lost, entry.offset) {
                    self.lost_samples = self.lost_samples.saturating_add(lost);
                    self.lost_samples_at = entry.offset;
                }
            }
            records::THROTTLE => context.warn(
                "the kernel held samples back (PERF_RECORD_THROTTLE): less was recorded than happened. Lower the frequency with `perf record -F`".to_owned(),
            ),
            _ => {}
        }
    }

    fn give_damage(&mut self, entry: Entry, number: u32) {
        let (_, latest) = self.rounds.span();
        let ended = self.ended;
        let Some(damage) = self.damages.remove(&number) else {
            return;
        };
        let begin_ns = (damage.begin > 0).then(|| time_ns(damage.begin));
        let (cause, end_ns) = match damage.reason {
            Some(reason) => {
                let more =
                    if damage.more == 0 { String::new() } else { format!(" and {} more right behind", damage.more) };
                let end = (!ended || latest > entry.time).then(|| time_ns(latest));
                (Cause::Damaged(format!("byte {}{more}: {reason}", entry.offset)), end)
            }
            None => (Cause::Truncated, None),
        };
        let gap = Gap { begin_ns, end_ns, ..Gap::new(0, Lost::Unknown, cause, entry.offset) };
        self.layout.context.give_gap(gap);
    }

    #[cold]
    fn bad_sample(&mut self, entry: Entry) {
        let at = Some(time_ns(entry.time));
        match &mut self.bad_samples {
            Some((gap, count)) => {
                gap.end_ns = gap.end_ns.max(at);
                *count += 1;
            }
            none => {
                let gap = Gap::new(0, Lost::Exact(1), Cause::Discarded, entry.offset);
                *none = Some((Gap { begin_ns: at, end_ns: at, ..gap }, 1));
            }
        }
    }

    #[cold]
    fn give_bad_samples(&mut self) {
        let Some((mut gap, count)) = self.bad_samples.take() else {
            return;
        };
        let more = if count == 1 { String::new() } else { format!(" and {} more behind", count - 1) };
        gap.lost = Lost::Exact(count);
        gap.cause =
            Cause::Damaged(format!("byte {}{more}: a sample that its event's description does not fit", gap.offset));
        self.layout.context.give_gap(gap);
    }
}

impl Source for PerfData {
    fn next_item(&mut self) -> TraceResult<Option<Item>> {
        loop {
            if let Some((item, record)) = self.layout.context.queue.pop_front() {
                self.event_given = record.is_none();
                if let Item::Gap(gap) = &item {
                    self.counts.gap(gap);
                }
                return Ok(Some(item));
            }
            if let Some(place) = self.given.take() {
                self.blocks.release(place);
            }
            self.event_given = false;
            if let Some(entry) = self.rounds.pop() {
                if let Some(event) = self.handle(entry) {
                    if self.bad_samples.is_some() {
                        self.give_bad_samples();
                    }
                    if !std::mem::replace(&mut self.started, true) {
                        self.counts.follows = self.layout.pairs_calls();
                    }
                    if self.counts.follows {
                        let symbols = &self.layout.context.header.symbols;
                        self.counts.event(&event, |name| ends(symbols.name(name)));
                    }
                    self.layout.context.before(&event);
                    if let Some(event) = self.layout.context.give(event) {
                        self.event_given = true;
                        return Ok(Some(Item::Event(event)));
                    }
                }
                continue;
            }
            if self.ended {
                self.last_words();
                if self.layout.context.queue.is_empty() {
                    self.layout.context.header.recounts = self.counts.recount(|attr| self.layout.role(attr));
                    return Ok(None);
                }
                (self.lost, self.lost_samples) = (0, 0);
                continue;
            }
            self.pump()?;
        }
    }

    fn header(&self) -> &TraceHeader {
        &self.layout.context.header
    }

    /// The line `perf script --ns` prints; fields one by one for other events than system calls.
    fn record(&mut self) -> &[u8] {
        self.record.clear();
        if let Some((place, true)) = self.given.map(|place| (place, self.event_given)) {
            let bytes = self.blocks.record(place, self.layout.order);
            line::write(&mut self.record, &self.layout, &self.threads, bytes);
        }
        &self.record
    }
}
