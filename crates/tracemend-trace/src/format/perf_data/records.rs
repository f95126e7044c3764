//! Numbers of perf's records and what stands at their beginning.

use crate::decode::order::Order;

/// Bytes of a record's head: type, flags, size.
pub(crate) const HEAD: usize = 8;

pub(crate) const LOST: u32 = 2;
pub(crate) const COMM: u32 = 3;
pub(crate) const THROTTLE: u32 = 5;
pub(crate) const FORK: u32 = 7;
pub(crate) const SAMPLE: u32 = 9;
pub(crate) const LOST_SAMPLES: u32 = 13;
/// A flag of it: a filter left the samples out on purpose.
pub(crate) const FILTERED: u16 = 1 << 15;
/// From here on perf itself writes the records, not the kernel.
pub(crate) const FIRST_OF_PERF: u32 = 64;
pub(crate) const HEADER_ATTR: u32 = 64;
pub(crate) const HEADER_TRACING_DATA: u32 = 66;
pub(crate) const FINISHED_ROUND: u32 = 68;
pub(crate) const ID_INDEX: u32 = 69;
pub(crate) const AUXTRACE: u32 = 71;
pub(crate) const EVENT_UPDATE: u32 = 78;
pub(crate) const HEADER_FEATURE: u32 = 80;
pub(crate) const COMPRESSED: u32 = 81;
pub(crate) const COMPRESSED2: u32 = 83;
/// Records of Android's simpleperf, which are passed over.
const SIMPLEPERF: std::ops::Range<u32> = 32768..32800;

/// A record's head.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct RecordHead {
    pub(crate) kind: u32,
    pub(crate) size: usize,
}

impl RecordHead {
    /// Reads a head; `None` where fewer bytes are there.
    #[inline]
    pub(crate) fn read(bytes: &[u8], order: Order) -> Option<Self> {
        Some(Self { kind: order.u32(bytes, 0)?, size: usize::from(order.u16(bytes, 6)?) })
    }

    /// Whether perf or the kernel can have written it.
    #[inline]
    pub(crate) fn plausible(self) -> bool {
        self.size >= HEAD
            && ((1..128).contains(&self.kind) || SIMPLEPERF.contains(&self.kind))
            && (self.size.is_multiple_of(8) || self.kind >= FIRST_OF_PERF)
            && (self.kind != SAMPLE || self.size > HEAD)
    }
}
