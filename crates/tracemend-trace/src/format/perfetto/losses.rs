//! What Perfetto's counters say was lost: in the kernel's buffers, CPU by CPU, and in Perfetto's own.

use super::messages::{FtraceStats, TraceStats};
use crate::Lost;
use rustc_hash::FxHashSet;
use std::collections::BTreeMap;

/// What the kernel lost on one CPU.
#[derive(Clone, Copy, Debug, Default)]
struct OfCpu {
    /// The kernel's counters when the trace began, and when it ended.
    begin: Option<u64>,
    end: Option<u64>,
    /// How many bundles say that events were lost before them.
    marks: u64,
}

/// All losses that are counted.
#[derive(Debug, Default)]
pub(crate) struct Losses {
    cpus: BTreeMap<u32, OfCpu>,
    /// The last word on Perfetto's own buffers.
    buffers: Option<TraceStats>,
    /// Whether a part of the file cannot be read, which may have had marks.
    is_damaged: bool,
    own: OwnLosses,
    /// Writers of ftrace's events.
    pub(crate) writers: FxHashSet<u32>,
}

/// What Perfetto's own buffers lost of ftrace's events: how often, since packets are counted and events are not.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct OwnLosses {
    /// Parts of the buffer that were overwritten before they were read.
    pub(crate) overwritten: u64,
    /// Parts that the full buffer refused.
    pub(crate) discarded: u64,
    /// Packets for which the writer had no room.
    pub(crate) unwritten: u64,
}

impl OwnLosses {
    fn is_none(self) -> bool {
        self == Self::default()
    }
}

impl Losses {
    /// Takes the kernel's counters over. A flush writes them again, so the last ones count.
    pub(crate) fn count(&mut self, stats: &FtraceStats) {
        for cpu_stats in &stats.cpu_stats {
            let Some(cpu) = cpu_stats.cpu.and_then(crate::decode::context::possible_cpu) else { continue };
            let parts = [cpu_stats.overrun, cpu_stats.commit_overrun, cpu_stats.dropped_events];
            let lost = parts.into_iter().flatten().fold(0, u64::saturating_add);
            let of_cpu = self.cpus.entry(cpu).or_default();
            match stats.phase {
                Some(1) => of_cpu.begin = Some(lost),
                Some(2) => of_cpu.end = Some(lost),
                _ => {}
            }
        }
    }

    /// Takes the counters of Perfetto's buffers over.
    pub(crate) fn count_own(&mut self, stats: TraceStats) {
        self.buffers = Some(stats);
    }

    /// A bundle says that events were lost before it.
    pub(crate) fn mark(&mut self, cpu: u32) {
        self.cpus.entry(cpu).or_default().marks += 1;
    }

    /// Ends the counting.
    pub(crate) fn settle(&mut self, is_damaged: bool) {
        self.is_damaged = is_damaged;
        self.own = self.count_of_own();
    }

    /// What Perfetto's own buffers lost, as far as ftrace's events lay in them.
    pub(crate) fn own(&self) -> OwnLosses {
        self.own
    }

    fn count_of_own(&self) -> OwnLosses {
        let Some(stats) = &self.buffers else { return OwnLosses::default() };
        let of_ftrace: FxHashSet<u32> = stats
            .writer_stats
            .iter()
            .filter(|writer| writer.sequence_id.is_some_and(|id| self.writers.contains(&(id as u32))))
            .filter_map(|writer| writer.buffer)
            .collect();
        let mut own = OwnLosses::default();
        for (index, buffer) in (0..).zip(&stats.buffer_stats) {
            // Traces before Android U do not say which writer has which buffer.
            if of_ftrace.is_empty() || of_ftrace.contains(&index) {
                let add = |sum: &mut u64, part: Option<u64>| *sum = sum.saturating_add(part.unwrap_or(0));
                add(&mut own.overwritten, buffer.chunks_overwritten);
                add(&mut own.discarded, buffer.chunks_discarded);
                add(&mut own.unwritten, buffer.trace_writer_packet_loss);
            }
        }
        own
    }

    /// How many events the kernel lost on a CPU between beginning and end, where it counted both.
    fn counted(of_cpu: OfCpu) -> u64 {
        of_cpu.begin.zip(of_cpu.end).map_or(0, |(begin, end)| end.saturating_sub(begin))
    }

    /// Whether all marks are here: what Perfetto lost itself, or cannot be read, may have had more.
    pub(crate) fn has_all_marks(&self) -> bool {
        !self.is_damaged && self.own.is_none()
    }

    /// How many events a mark of this CPU stands for: all that were counted where it is the only one.
    pub(crate) fn of_mark(&self, cpu: u32) -> Lost {
        let of_cpu = self.cpus.get(&cpu).copied().unwrap_or_default();
        match Self::counted(of_cpu) {
            0 => Lost::AtLeast(1),
            count if of_cpu.marks == 1 && self.has_all_marks() => Lost::Exact(count),
            _ => Lost::AtLeast(1),
        }
    }

    /// CPUs that lost events by their counters, with how many, and how many marks say where.
    pub(crate) fn counted_cpus(&self) -> impl Iterator<Item = (u32, u64, u64)> {
        self.cpus
            .iter()
            .map(|(&cpu, &of_cpu)| (cpu, Self::counted(of_cpu), of_cpu.marks))
            .filter(|&(_, count, _)| count > 0)
    }
}
