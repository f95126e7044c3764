//! What a trace.dat file says of itself before its pages.

use super::unpack::Packing;
use crate::decode::context::Context;
use crate::decode::order::Order;
use crate::kernel::page::PageFormat;
use crate::kernel::tracepoints::Tracepoints;
use crate::kernel::tracing_data::Parsed;

/// Maximum number of CPUs of one file.
pub(crate) const MAX_CPUS: u32 = 1 << 14;

/// The pages of one CPU in one buffer.
#[derive(Clone, Debug)]
pub(crate) struct CpuData {
    pub(crate) cpu: u32,
    /// Which of the trace's files they lie in: a `trace.dat` is one file.
    pub(crate) file: usize,
    pub(crate) offset: u64,
    pub(crate) size: u64,
    /// What the kernel counted for this CPU besides the marks in its pages, where that is known.
    pub(crate) stats: Option<Stats>,
}

/// What `per_cpu/cpuN/stats` counts.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Stats {
    /// Events that newer ones took the place of.
    pub(crate) overrun: u64,
    /// Events that a full ring refused (`options/overwrite=0`), which no page tells.
    pub(crate) dropped: u64,
}

/// One ring buffer: the main one, or an instance with a name.
#[derive(Clone, Debug)]
pub(crate) struct Buffer {
    pub(crate) name: String,
    pub(crate) page_size: usize,
    pub(crate) packing: Packing,
    pub(crate) cpus: Vec<CpuData>,
}

/// A file's own description, filled in part by part.
pub(crate) struct Layout {
    pub(crate) context: Context,
    pub(crate) order: Order,
    pub(crate) page: PageFormat,
    pub(crate) events: Tracepoints,
    pub(crate) buffers: Vec<Buffer>,
    /// Added to every time.
    pub(crate) shift_ns: i64,
    /// Multiplier and shift from ticks to nanoseconds.
    pub(crate) ticks: Option<(u32, u32)>,
}

/// A page's size, if it can be one.
pub(crate) fn page_size(size: u32) -> Option<usize> {
    (size.is_power_of_two() && (512..=1 << 20).contains(&size)).then_some(size as usize)
}

impl Layout {
    /// What the kernel's description fills in.
    pub(crate) fn parsed(&mut self) -> Parsed<'_> {
        let Layout { page, events, context, .. } = self;
        Parsed { page, events, context, name: |_, event| event.to_owned() }
    }

    /// A record's time in nanoseconds.
    #[inline]
    pub(crate) fn time_ns(&self, time: u64) -> i64 {
        let time = match self.ticks {
            Some((multiplier, shift)) => {
                let wide = (u128::from(time) * u128::from(multiplier)) >> shift.min(127);
                u64::try_from(wide).unwrap_or(u64::MAX)
            }
            None => time,
        };
        i64::try_from(time).unwrap_or(i64::MAX).saturating_add(self.shift_ns)
    }
}
