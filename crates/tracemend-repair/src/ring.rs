//! A tracer's ring buffers, simulated: which events overflow takes.
//!
//! Every CPU writes its records into a buffer of its own, and one reader empties them. Losses come in bursts because the reader
//! sleeps, is held up, and frees space in large pieces:
//!
//! ```text
//!            write ->                     reader asleep, held up, or copying: nothing is freed
//! | free | page 5 | page 4 | page 3 | page 2 | -> reader
//!                                              full: discard drops the new record (LTTng, perf),
//!                                                    overwrite drops page 2, the oldest unread one (ftrace)
//! ```
//!
//! A paged ring is read a page at a time. A ring of bytes wakes its reader when it is half full; the reader then takes all that is
//! there, again and again until nothing is left. What is being read cannot be overwritten, and its space is free when it was read.

use crate::blackout::Blackout;
use crate::rng::SplitMix64;
use std::collections::VecDeque;
use std::ops::Range;
use tracemend_trace::Phase;

/// One record, as a CPU writes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Record {
    /// When it is written.
    pub time_ns: i64,
    /// The stream, that is, the buffer that it is written to.
    pub stream: usize,
    /// Its size.
    pub bytes: u64,
}

/// What a full buffer does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WhenFull {
    /// Drops the new record, and so keeps the oldest.
    Discard,
    /// Drops the oldest page, or record where there are no pages, that is not being read, and so keeps the newest.
    Overwrite,
}

/// The ring buffers of a tracer, and their reader.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Ring {
    /// Bytes of each CPU's buffer.
    pub capacity: u64,
    /// Bytes of a page (ftrace) or sub-buffer (LTTng), which is written, read and overwritten as a whole; `None`: a ring of bytes
    /// (perf).
    pub page: Option<u64>,
    /// What a full buffer does.
    pub when_full: WhenFull,
    /// Bytes that the record which announces a loss takes, before the next record fits; 0: losses are announced elsewhere.
    pub announcement: u64,
    /// Bytes that the reader copies in a second.
    pub drain: f64,
    /// How long the reader is held up at a time, in the mean; 0: never.
    pub stall_ns: i64,
    /// From the begin of one stall to that of the next, in the mean.
    pub stall_every_ns: i64,
}

/// A tracer that a ring imitates.
///
/// ```
/// use tracemend_repair::ring::{Record, Ring, Tracer, lost};
///
/// // A fifth of a second, a record each 10 microseconds.
/// let records: Vec<Record> = (0..20_000).map(|n| Record { time_ns: 10_000 * n, stream: 0, bytes: 88 }).collect();
/// let ring = Tracer::Perf.ring();
/// // The reader keeps up, unless it is held up.
/// assert!(lost(&Ring { stall_ns: 0, ..ring }, &records, 1).is_empty());
/// assert!(lost(&ring, &records, 1).iter().any(|gap| gap.lost > 100));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tracer {
    /// Sub-buffers, discard.
    Lttng,
    /// Pages of 4096 bytes, overwrite.
    Ftrace,
    /// Bytes, discard, a record for the loss when space comes back.
    Perf,
}

impl Tracer {
    /// All tracers.
    pub const ALL: [Self; 3] = [Self::Lttng, Self::Ftrace, Self::Perf];

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Lttng => "lttng",
            Self::Ftrace => "ftrace",
            Self::Perf => "perf",
        }
    }

    /// Its ring: small buffers on a busy machine. Pages and what a full ring does are the tracer's. Capacity, drain and stalls are
    /// those of no one: with them, complete runs of ten programs (5,000 to 60,000 calls a second) lose 0 to 25 % of their calls, most
    /// of them 7 to 18 %, in gaps of 25 to 500 calls in the median.
    pub fn ring(self) -> Ring {
        let kib = 1024;
        let common = Ring {
            capacity: 64 * kib,
            page: None,
            when_full: WhenFull::Discard,
            announcement: 0,
            drain: 64e6,
            stall_ns: 20_000_000,
            stall_every_ns: 80_000_000,
        };
        match self {
            Self::Lttng => Ring { capacity: 16 * kib, page: Some(4 * kib), ..common },
            // `trace_pipe` writes text.
            Self::Ftrace => {
                Ring { capacity: 32 * kib, page: Some(4 * kib), when_full: WhenFull::Overwrite, drain: 16e6, ..common }
            }
            Self::Perf => Ring { announcement: 40, ..common },
        }
    }

    /// Bytes of a record of a system call, as measured in recordings: 128 and 88 in perf's ring (`sys_enter` has six
    /// arguments), 68 and 28 in ftrace's, 38 in LTTng's, with the thread and its name as context.
    pub fn record_bytes(self, phase: Phase) -> u64 {
        let (entry, exit) = match self {
            Self::Lttng => (38, 38),
            Self::Ftrace => (68, 28),
            Self::Perf => (128, 88),
        };
        match phase {
            Phase::Entry | Phase::Point => entry,
            Phase::Exit => exit,
            Phase::Call => entry + exit,
        }
    }
}

/// The records that are lost: stretches of a stream, by stream and place. `records` are in the order of time; `seed` decides when
/// the reader is held up.
///
/// The reader has all the time it needs after the last record, so what is in a buffer then is kept.
pub fn lost(ring: &Ring, records: &[Record], seed: u64) -> Vec<Blackout> {
    let (Some(first), Some(last)) = (records.first(), records.last()) else { return Vec::new() };
    let stalls = Stalls::draw(ring, first.time_ns..last.time_ns, seed);
    let streams = records.iter().map(|record| record.stream + 1).max().unwrap_or(0);
    let mut buffers: Vec<Buffer<'_>> = (0..streams).map(|_| Buffer::new(ring, &stalls)).collect();
    for record in records {
        buffers[record.stream].write(record.time_ns, record.bytes);
    }
    buffers.iter().enumerate().flat_map(|(stream, buffer)| buffer.lost_stretches(stream)).collect()
}

/// When the reader is held up: apart, in the order of time.
struct Stalls(Vec<Range<i64>>);

impl Stalls {
    /// Lengths and pauses vary by half around their means, so that stalls do not beat in time with the traced program.
    fn draw(ring: &Ring, span: Range<i64>, seed: u64) -> Self {
        let mut random = SplitMix64::new(seed, &["ring"]);
        let mut around = |mean: i64| (mean as f64 * (0.5 + random.unit())) as i64;
        let mut stalls = Vec::new();
        let pause = (ring.stall_every_ns - ring.stall_ns).max(1);
        let mut begin = span.start.saturating_add(around(pause));
        while ring.stall_ns > 0 && begin < span.end {
            let end = begin.saturating_add(around(ring.stall_ns).max(1));
            stalls.push(begin..end);
            begin = end.saturating_add(around(pause).max(1));
        }
        Self(stalls)
    }

    /// The first moment from `time` on at which the reader runs.
    fn next_running(&self, time: i64) -> i64 {
        let after = self.0.partition_point(|stall| stall.end <= time);
        self.0.get(after).filter(|stall| stall.start <= time).map_or(time, |stall| stall.end)
    }

    /// When work is done that begins at `begin`, while the reader runs, and takes `work` of running time.
    fn done(&self, begin: i64, work: i64) -> i64 {
        let mut done = begin.saturating_add(work);
        let after = self.0.partition_point(|stall| stall.end <= begin);
        for stall in &self.0[after..] {
            if stall.start >= done {
                break;
            }
            done = done.saturating_add(stall.end - stall.start);
        }
        done
    }
}

/// A page, or a single record where there are no pages.
struct Chunk {
    /// Its records, by number.
    records: Vec<usize>,
    /// What they take.
    used: u64,
    /// What it takes in the buffer.
    size: u64,
}

/// One CPU's buffer.
struct Buffer<'r> {
    ring: &'r Ring,
    stalls: &'r Stalls,
    /// Oldest first. The last one can be a page that is still written.
    chunks: VecDeque<Chunk>,
    /// Bytes of all chunks.
    taken: u64,
    /// Whether the last chunk is a page that is still written.
    open: bool,
    /// How many of the oldest chunks are being read, and until when.
    reading: Option<(usize, i64)>,
    /// Whether the reader looks for more after what it has read.
    awake: bool,
    /// Since when the reader reads nothing.
    idle_since: i64,
    /// `[records]`
    lost: Vec<bool>,
}

impl<'r> Buffer<'r> {
    fn new(ring: &'r Ring, stalls: &'r Stalls) -> Self {
        Self {
            ring,
            stalls,
            chunks: VecDeque::new(),
            taken: 0,
            open: false,
            reading: None,
            awake: false,
            idle_since: i64::MIN,
            lost: Vec::new(),
        }
    }

    fn write(&mut self, time: i64, bytes: u64) {
        self.read_until(time);
        let number = self.lost.len();
        let stored = self.store(number, bytes);
        self.lost.push(!stored);
        self.idle_since = self.idle_since.max(time);
        self.read_until(time);
    }

    /// Puts a record into the buffer; false where it finds no space.
    fn store(&mut self, number: usize, bytes: u64) -> bool {
        if let (Some(page), true, Some(last)) = (self.ring.page, self.open, self.chunks.back_mut())
            && last.used.saturating_add(bytes) <= page
        {
            last.records.push(number);
            last.used += bytes;
            return true;
        }
        if self.ring.page.is_some_and(|page| bytes > page) {
            return false;
        }
        let size = self.ring.page.unwrap_or(bytes);
        let announced = if self.lost.last() == Some(&true) { self.ring.announcement } else { 0 };
        let needed = size.saturating_add(announced);
        // Until there is a next page, this one stays open: a smaller record may fit.
        while self.taken.saturating_add(needed) > self.ring.capacity {
            if !self.drop_oldest() {
                return false;
            }
        }
        // The announcement is part of its record's chunk, and so is read and freed with it.
        self.chunks.push_back(Chunk { records: vec![number], used: bytes, size: needed });
        self.taken += needed;
        self.open = self.ring.page.is_some();
        true
    }

    /// Makes room where the ring overwrites.
    fn drop_oldest(&mut self) -> bool {
        if self.ring.when_full == WhenFull::Discard {
            return false;
        }
        let oldest = self.reading.map_or(0, |(chunks, _)| chunks);
        let Some(dropped) = self.chunks.remove(oldest) else { return false };
        self.open &= oldest < self.chunks.len();
        self.taken -= dropped.size;
        dropped.records.into_iter().for_each(|record| self.lost[record] = true);
        true
    }

    /// Lets the reader work until `now`.
    fn read_until(&mut self, now: i64) {
        loop {
            if let Some((chunks, done)) = self.reading {
                if done > now {
                    return;
                }
                let read = self.chunks.drain(..chunks).map(|chunk| chunk.size).sum::<u64>();
                self.taken -= read;
                self.reading = None;
                self.idle_since = done;
            }
            let readable = self.chunks.len() - usize::from(self.open);
            self.awake = readable > 0 && (self.awake || self.wakes());
            let begin = self.stalls.next_running(self.idle_since);
            if !self.awake || begin > now {
                return;
            }
            let chunks = if self.ring.page.is_some() { 1 } else { readable };
            let bytes: u64 = self.chunks.iter().take(chunks).map(|chunk| chunk.size).sum();
            let work = (bytes as f64 * 1e9 / self.ring.drain).ceil() as i64;
            self.reading = Some((chunks, self.stalls.done(begin, work)));
        }
    }

    /// Whether what can be read wakes the reader.
    fn wakes(&self) -> bool {
        self.ring.page.is_some() || self.taken >= self.ring.capacity / 2
    }

    fn lost_stretches(&self, stream: usize) -> Vec<Blackout> {
        let mut first = 0;
        let stretch = |stretch: &[bool]| {
            let blackout = Blackout { stream, first, lost: stretch.len() };
            first += stretch.len();
            stretch[0].then_some(blackout)
        };
        self.lost.chunk_by(|a, b| a == b).filter_map(stretch).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Never read: `drain` is nothing.
    fn unread(when_full: WhenFull, page: Option<u64>, capacity: u64) -> Ring {
        Ring { capacity, page, when_full, announcement: 0, drain: 0.0, stall_ns: 0, stall_every_ns: 0 }
    }

    fn even(count: i64) -> Vec<Record> {
        (0..count).map(|number| Record { time_ns: 10 * number, stream: 0, bytes: 10 }).collect()
    }

    fn stretch(first: usize, lost: usize) -> Blackout {
        Blackout { stream: 0, first, lost }
    }

    #[test]
    fn without_a_reader_discard_keeps_the_oldest_and_overwrite_the_newest() {
        let records = even(20);
        assert_eq!(lost(&unread(WhenFull::Discard, None, 70), &records, 0), [stretch(7, 13)]);
        assert_eq!(lost(&unread(WhenFull::Discard, Some(30), 60), &records, 0), [stretch(6, 14)]);
        // The reader began to copy what was there first, and never ends: seven records of bytes, the first page of pages.
        let overwritten = lost(&unread(WhenFull::Overwrite, None, 70), &records, 0);
        assert_eq!(overwritten, [stretch(4, 13)]);
        assert_eq!(lost(&unread(WhenFull::Overwrite, Some(30), 60), &records, 0), [stretch(3, 15)]);
    }

    #[test]
    fn gaps_are_as_long_as_the_reader_is_held_up() {
        // A record of 10 bytes each 10 ns, two pages of 30 bytes, a reader as fast as the writer.
        let ring = Ring { drain: 2e9, stall_ns: 400, stall_every_ns: 4000, ..unread(WhenFull::Discard, Some(30), 60) };
        let records = even(10_000);
        let gaps = lost(&ring, &records, 3);
        assert!((20..30).contains(&gaps.len()), "{}", gaps.len());
        // A stall of 200 to 600 ns, less the 3 to 6 records that the buffer still takes.
        assert!(gaps.iter().all(|gap| (12..=60).contains(&gap.lost)), "{gaps:?}");
    }

    #[test]
    fn a_loss_is_announced_before_the_next_record_fits() {
        // Room for four records. The reader copies the first two from 10 to 90 ns and the next two until 170.
        let ring = Ring { drain: 0.25e9, ..unread(WhenFull::Discard, None, 40) };
        assert_eq!(lost(&ring, &even(18), 0)[0], stretch(4, 5));
        // At 90 ns there is room for two records, but not for one and an announcement of 15 bytes.
        assert_eq!(lost(&Ring { announcement: 15, ..ring }, &even(18), 0)[0], stretch(4, 13));
    }

    /// A byte of the slow twin's buffer: its chunk, and the record that it belongs to.
    #[derive(Clone, Copy)]
    struct Byte {
        chunk: usize,
        record: Option<usize>,
    }

    /// Slow twin: every byte of the buffer is there, and the reader moves on by the nanosecond.
    fn slowly_lost(ring: &Ring, records: &[Record], ns_per_byte: i64, seed: u64) -> Vec<Vec<bool>> {
        let streams = records.iter().map(|record| record.stream + 1).max().unwrap_or(0);
        let last = records.last().map_or(0, |record| record.time_ns);
        let stalls = Stalls::draw(ring, records.first().map_or(0, |record| record.time_ns)..last, seed);
        let runs = |time: i64| !stalls.0.iter().any(|stall| stall.contains(&time));
        let one = |stream: usize| {
            let own: Vec<&Record> = records.iter().filter(|record| record.stream == stream).collect();
            let mut bytes: Vec<Byte> = Vec::new();
            let mut read: Vec<Byte> = Vec::new();
            let (mut next_chunk, mut open): (usize, Option<usize>) = (0, None);
            let mut reading: Option<(Vec<usize>, i64)> = None;
            let (mut awake, mut next, mut refused) = (false, 0, false);
            for time in 0..=last {
                if let Some((chunks, _)) = reading.take_if(|(_, left)| *left == 0) {
                    let (gone, stays) = bytes.iter().partition::<Vec<Byte>, _>(|byte| chunks.contains(&byte.chunk));
                    read.extend(gone);
                    bytes = stays;
                }
                let mut written = false;
                loop {
                    // The reader looks before and after every record.
                    if reading.is_none() {
                        let mut chunks: Vec<usize> =
                            bytes.iter().map(|byte| byte.chunk).filter(|&chunk| Some(chunk) != open).collect();
                        chunks.dedup();
                        let half_full = bytes.len() as u64 >= ring.capacity / 2;
                        awake = !chunks.is_empty() && (awake || ring.page.is_some() || half_full);
                        if awake && runs(time) {
                            chunks.truncate(if ring.page.is_some() { 1 } else { usize::MAX });
                            let size = bytes.iter().filter(|byte| chunks.contains(&byte.chunk)).count() as i64;
                            reading = Some((chunks, size * ns_per_byte));
                        }
                    }
                    if next == own.len() || own[next].time_ns != time {
                        break;
                    }
                    let size = own[next].bytes as usize;
                    let free = |bytes: &[Byte]| ring.capacity as usize - bytes.len();
                    let page_has_room = open.is_some_and(|chunk| {
                        size <= bytes.iter().filter(|byte| byte.chunk == chunk && byte.record.is_none()).count()
                    });
                    if page_has_room {
                        let room = bytes.iter_mut().filter(|byte| Some(byte.chunk) == open && byte.record.is_none());
                        room.take(size).for_each(|byte| byte.record = Some(next));
                        written = true;
                    } else if ring.page.is_none_or(|page| size as u64 <= page) {
                        let extra = if refused { ring.announcement as usize } else { 0 };
                        let needed = ring.page.map_or(size, |page| page as usize) + extra;
                        while free(&bytes) < needed && ring.when_full == WhenFull::Overwrite {
                            let held = reading.as_ref().map_or(&[][..], |(chunks, _)| chunks);
                            let Some(oldest) = bytes.iter().map(|byte| byte.chunk).find(|chunk| !held.contains(chunk))
                            else {
                                break;
                            };
                            bytes.retain(|byte| byte.chunk != oldest);
                            open = open.filter(|&chunk| chunk != oldest);
                        }
                        if free(&bytes) >= needed {
                            let record = |place: usize| (place < size).then_some(next);
                            bytes.extend((0..needed).map(|place| Byte { chunk: next_chunk, record: record(place) }));
                            open = ring.page.is_some().then_some(next_chunk);
                            next_chunk += 1;
                            written = true;
                        }
                    }
                    refused = !written;
                    written = false;
                    next += 1;
                }
                if let Some((_, left)) = reading.as_mut().filter(|_| runs(time)) {
                    *left -= 1;
                }
            }
            let kept: Vec<usize> = read.iter().chain(&bytes).filter_map(|byte| byte.record).collect();
            (0..own.len()).map(|record| !kept.contains(&record)).collect()
        };
        (0..streams).map(one).collect()
    }

    fn records() -> impl Strategy<Value = Vec<Record>> {
        proptest::collection::vec((0i64..7, 0usize..2, 1u64..12), 1..150).prop_map(|steps| {
            let mut time_ns = 0;
            let record = |(step, stream, bytes)| {
                time_ns += step;
                Record { time_ns, stream, bytes }
            };
            steps.into_iter().map(record).collect()
        })
    }

    prop_compose! {
        fn rings()(
            capacity in 24u64..90,
            page in proptest::option::of(prop_oneof![Just(8u64), Just(12)]),
            overwrite in any::<bool>(),
            announcement in 0u64..9,
            ns_per_byte in prop_oneof![Just(1i64), Just(2), Just(4)],
            stall_ns in 0i64..60,
            stall_every_ns in 1i64..120,
        ) -> (Ring, i64) {
            let when_full = if overwrite { WhenFull::Overwrite } else { WhenFull::Discard };
            // Pages announce losses elsewhere.
            let announcement = if page.is_some() { 0 } else { announcement };
            let drain = 1e9 / ns_per_byte as f64;
            (Ring { capacity, page, when_full, announcement, drain, stall_ns, stall_every_ns }, ns_per_byte)
        }
    }

    proptest! {
        #[test]
        fn the_losses_are_those_of_byte_by_byte((ring, ns_per_byte) in rings(), records in records(), seed in 0u64..9) {
            let slow = slowly_lost(&ring, &records, ns_per_byte, seed);
            let mut fast: Vec<Vec<bool>> = slow.iter().map(|stream| vec![false; stream.len()]).collect();
            for gap in lost(&ring, &records, seed) {
                fast[gap.stream][gap.first..gap.first + gap.lost].fill(true);
            }
            prop_assert_eq!(fast, slow);
        }

        #[test]
        fn what_is_kept_and_what_is_lost_is_all_and_gaps_do_not_touch(
            (ring, _) in rings(), records in records(), seed in 0u64..9,
        ) {
            let gaps = lost(&ring, &records, seed);
            for pair in gaps.windows(2) {
                prop_assert!(pair[0].stream < pair[1].stream || pair[0].first + pair[0].lost < pair[1].first);
            }
            for stream in 0..2 {
                let all = records.iter().filter(|record| record.stream == stream).count();
                let last = gaps.iter().filter(|gap| gap.stream == stream).map(|gap| gap.first + gap.lost).max();
                prop_assert!(last.unwrap_or(0) <= all);
            }
            prop_assert!(gaps.iter().all(|gap| gap.lost > 0));
        }

        #[test]
        fn a_ring_without_end_loses_nothing((ring, _) in rings(), records in records(), seed in 0u64..9) {
            // Pages hold the largest record.
            let endless = Ring { capacity: u64::MAX, page: ring.page.map(|page| 2 * page), ..ring };
            prop_assert_eq!(lost(&endless, &records, seed), []);
        }
    }
}
