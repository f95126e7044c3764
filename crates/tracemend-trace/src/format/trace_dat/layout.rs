//! What a trace.dat file says of itself before its pages.

use super::unpack::Packing;
use crate::decode::context::Context;
use crate::decode::order::Order;
use crate::decode::store::Store;
use crate::kernel::page::PageFormat;
use crate::kernel::tracepoints::Tracepoints;
use crate::kernel::tracing_data::Parsed;

/// Maximum number of CPUs of one file.
pub(crate) const MAX_CPUS: u32 = 1 << 14;

/// The pages of one CPU in one buffer.
#[derive(Clone, Debug)]
pub(crate) struct CpuData {
    pub(crate) cpu: u32,
    pub(crate) offset: u64,
    pub(crate) size: u64,
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
    pub(crate) store: Store,
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
    /// Splits it into what the kernel's description fills in and the file that it comes from.
    pub(crate) fn parts(&mut self) -> (Parsed<'_>, &mut Store) {
        let Layout { store, page, events, context, .. } = self;
        (Parsed { page, events, context, name: |_, event| event.to_owned() }, store)
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
