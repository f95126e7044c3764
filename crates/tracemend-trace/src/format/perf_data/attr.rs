//! One event that perf was told to record, and where its records have their fields.

use crate::decode::order::Order;

/// `PERF_SAMPLE_*`: which fields a sample has.
mod has {
    pub(super) const IP: u64 = 1 << 0;
    pub(super) const TID: u64 = 1 << 1;
    pub(super) const TIME: u64 = 1 << 2;
    pub(super) const ADDR: u64 = 1 << 3;
    pub(super) const READ: u64 = 1 << 4;
    pub(super) const CALLCHAIN: u64 = 1 << 5;
    pub(super) const ID: u64 = 1 << 6;
    pub(super) const CPU: u64 = 1 << 7;
    pub(super) const PERIOD: u64 = 1 << 8;
    pub(super) const STREAM_ID: u64 = 1 << 9;
    pub(super) const RAW: u64 = 1 << 10;
    pub(super) const IDENTIFIER: u64 = 1 << 16;
}

/// `PERF_FORMAT_*`: what a counter read into a sample consists of.
mod format {
    pub(super) const TIMES: u64 = 1 << 0 | 1 << 1;
    pub(super) const GROUP: u64 = 1 << 3;
    /// The parts that come once a counter, beside its value: its id and its losses.
    pub(super) const EACH: u64 = 1 << 2 | 1 << 4;
}

/// All other records end with fields of a sample too.
const SAMPLE_ID_ALL: u64 = 1 << 18;
/// Bytes of the first published `perf_event_attr`, which has all that is needed here.
const SMALLEST: usize = 64;
/// The type of tracepoints.
const TRACEPOINT: u32 = 2;
/// The type and number of the event that has no samples.
const DUMMY: (u32, u64) = (1, 9);
/// Flags that ask for records beside the samples: mappings, names, threads, switches, namespaces, symbols, control groups.
const ASKS: u64 = 1 << 8 | 1 << 9 | 1 << 13 | 1 << 17 | 1 << 23 | 1 << 24 | 1 << 26 | 0b11_0111 << 28;

/// Places of the fields in a sample, from its body's beginning, and in the end of other records, from its end.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Places {
    pub(crate) identifier: Option<usize>,
    pub(crate) ip: Option<usize>,
    pub(crate) tid: Option<usize>,
    pub(crate) time: Option<usize>,
    pub(crate) id: Option<usize>,
    pub(crate) cpu: Option<usize>,
    /// End of these fields in a sample; their length in another record.
    pub(crate) len: usize,
}

/// One recorded event.
#[derive(Clone, Debug)]
pub(crate) struct Attr {
    kind: u32,
    pub(crate) config: u64,
    sample: u64,
    read_format: u64,
    pub(crate) name: Option<Box<str>>,
    pub(crate) ids: Vec<u64>,
    /// Whether the kernel writes other records than samples in its name.
    pub(crate) asks: bool,
    pub(crate) in_sample: Places,
    /// `None` where other records do not end with such fields.
    pub(crate) in_others: Option<Places>,
}

impl Attr {
    /// Reads a `perf_event_attr`; `None` where it is too short to be one.
    pub(crate) fn read(bytes: &[u8], order: Order, ids: Vec<u64>) -> Option<Self> {
        if bytes.len() < SMALLEST {
            return None;
        }
        let sample = order.u64(bytes, 24)?;
        let flags = order.u64(bytes, 40)?;
        let all = flags & SAMPLE_ID_ALL != 0;
        Some(Self {
            kind: order.u32(bytes, 0)?,
            config: order.u64(bytes, 8)?,
            sample,
            read_format: order.u64(bytes, 32)?,
            name: None,
            ids,
            asks: flags & ASKS != 0,
            in_sample: in_sample(sample),
            in_others: all.then(|| in_others(sample)),
        })
    }

    /// The number of the tracepoint, if it is one.
    pub(crate) fn tracepoint(&self) -> Option<u32> {
        (self.kind == TRACEPOINT).then(|| u32::try_from(self.config).ok()).flatten()
    }

    /// Whether it has no samples.
    pub(crate) fn is_dummy(&self) -> bool {
        (self.kind, self.config) == DUMMY
    }

    /// A name for an event that the file gives none.
    pub(crate) fn number_name(&self) -> String {
        match self.tracepoint() {
            Some(id) => format!("tracepoint_{id}"),
            None => format!("event_{}_{:x}", self.kind, self.config),
        }
    }

    /// The tracepoint's record within a sample's body.
    #[inline]
    pub(crate) fn raw<'b>(&self, body: &'b [u8], order: Order) -> Option<&'b [u8]> {
        if self.sample & has::RAW == 0 {
            return None;
        }
        let mut at = self.in_sample.len;
        if self.sample & has::READ != 0 {
            at = at.checked_add(self.counters(body, at, order)?)?;
        }
        if self.sample & has::CALLCHAIN != 0 {
            let count = usize::try_from(order.u64(body, at)?).ok()?;
            at = at.checked_add(8)?.checked_add(count.checked_mul(8)?)?;
        }
        let size = order.u32(body, at)? as usize;
        body.get(at + 4..)?.get(..size)
    }

    /// Bytes of the counters read into a sample.
    fn counters(&self, body: &[u8], at: usize, order: Order) -> Option<usize> {
        let times = (self.read_format & format::TIMES).count_ones() as usize * 8;
        let each = 8 + (self.read_format & format::EACH).count_ones() as usize * 8;
        if self.read_format & format::GROUP == 0 {
            return Some(times + each);
        }
        let count = usize::try_from(order.u64(body, at)?).ok()?;
        count.checked_mul(each)?.checked_add(8 + times)
    }
}

fn in_sample(sample: u64) -> Places {
    let mut places = Places::default();
    let mut take = |bit: u64| {
        (sample & bit != 0).then(|| {
            let at = places.len;
            places.len += 8;
            at
        })
    };
    let identifier = take(has::IDENTIFIER);
    let ip = take(has::IP);
    let tid = take(has::TID);
    let time = take(has::TIME);
    take(has::ADDR);
    let id = take(has::ID);
    take(has::STREAM_ID);
    let cpu = take(has::CPU);
    take(has::PERIOD);
    Places { identifier, ip, tid, time, id, cpu, ..places }
}

/// Distances from the end of a record: the last field first.
fn in_others(sample: u64) -> Places {
    let mut places = Places::default();
    let mut take = |bit: u64| {
        (sample & bit != 0).then(|| {
            places.len += 8;
            places.len
        })
    };
    let identifier = take(has::IDENTIFIER);
    let cpu = take(has::CPU);
    take(has::STREAM_ID);
    let id = take(has::ID);
    let time = take(has::TIME);
    let tid = take(has::TID);
    Places { identifier, ip: None, tid, time, id, cpu, ..places }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn fields_lie_where_the_kernel_writes_them() {
        let sample = has::IP | has::TID | has::TIME | has::ID | has::CPU | has::PERIOD | has::RAW;
        let places = in_sample(sample);
        assert_eq!(
            (places.tid, places.time, places.id, places.cpu, places.len),
            (Some(8), Some(16), Some(24), Some(32), 48)
        );
        let places = in_others(sample);
        assert_eq!((places.cpu, places.id, places.time, places.tid), (Some(8), Some(16), Some(24), Some(32)));
    }

    #[test]
    fn a_call_chain_and_a_group_of_counters_come_before_the_raw_record() {
        let sample = has::READ | has::CALLCHAIN | has::RAW;
        let mut bytes = vec![0; 64];
        bytes[24..32].copy_from_slice(&sample.to_le_bytes());
        bytes[32..40].copy_from_slice(&(format::GROUP | 1 << 4).to_le_bytes());
        let attr = Attr::read(&bytes, Order::Little, Vec::new()).unwrap();
        // One counter: value and losses; a chain of two; three bytes.
        let body: Vec<u8> =
            [1u64, 7, 0, 2, 9, 9].iter().flat_map(|n| n.to_le_bytes()).chain([3, 0, 0, 0, 1, 2, 3]).collect();
        assert_eq!(attr.raw(&body, Order::Little), Some(&[1, 2, 3][..]));
        let endless: Vec<u8> = [u64::MAX; 6].iter().flat_map(|n| n.to_le_bytes()).collect();
        assert_eq!(attr.raw(&endless, Order::Little), None);
    }
}
