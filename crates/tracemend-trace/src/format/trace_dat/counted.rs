//! What a CPU's `stats` say beyond the marks in its pages.

use super::layout::{CpuData, Stats};
use crate::Lost;
use crate::decode::store::Store;
use crate::kernel::page::PageFormat;
use std::io;

/// What of a CPU's overwritten events no mark counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Rest {
    /// What a mark without a number stands for.
    pub(crate) uncounted: Lost,
    /// Events that were overwritten after the last page was read.
    pub(crate) after: u64,
    /// Events that belong to several marks without a number, or to pages that cannot be read: nobody knows how many to which.
    pub(crate) undivided: u64,
}

impl Rest {
    /// Where the marks are all that is known.
    pub(crate) const NONE: Self = Self { uncounted: Lost::Unknown, after: 0, undivided: 0 };

    /// What is left of the count of all when the marks' counts are taken away.
    fn of(overrun: u64, counted: u64, uncounted: u64, unread: u64) -> Self {
        let rest = overrun.saturating_sub(counted);
        match (uncounted, unread) {
            _ if rest == 0 => Self::NONE,
            (0, 0) => Self { after: rest, ..Self::NONE },
            (1, 0) => Self { uncounted: Lost::Exact(rest), ..Self::NONE },
            _ => Self { undivided: rest, ..Self::NONE },
        }
    }

    /// Adds up the marks in a CPU's pages.
    pub(crate) fn read(store: &mut Store, data: &CpuData, format: &PageFormat, stats: Stats) -> io::Result<Self> {
        if stats.overrun == 0 {
            return Ok(Self::NONE);
        }
        let (mut counted, mut uncounted, mut unread) = (0_u64, 0, 0);
        let mut page = vec![0; format.size];
        let mut at = data.offset;
        while at < data.offset.saturating_add(data.size) {
            let read = store.read_at(at, &mut page)?;
            match format.head(&page[..read]).map(|head| head.missed) {
                Ok(Some(Lost::Exact(count))) => counted = counted.saturating_add(count),
                Ok(Some(_)) => uncounted += 1,
                Ok(None) => {}
                // It may have had a mark.
                Err(_) => unread += 1,
            }
            at += format.size as u64;
        }
        Ok(Self::of(stats.overrun, counted, uncounted, unread))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_no_mark_counts_is_placed_where_it_can_only_be() {
        assert_eq!(Rest::of(168, 168, 0, 0), Rest::NONE);
        // Tracing went on after the count was taken.
        assert_eq!(Rest::of(100, 168, 0, 0), Rest::NONE);
        assert_eq!(Rest::of(200, 168, 0, 0), Rest { after: 32, ..Rest::NONE });
        assert_eq!(Rest::of(200, 168, 1, 0), Rest { uncounted: Lost::Exact(32), ..Rest::NONE });
        for (uncounted, unread) in [(2, 0), (1, 1), (0, 1)] {
            assert_eq!(Rest::of(200, 168, uncounted, unread), Rest { undivided: 32, ..Rest::NONE });
        }
    }
}
