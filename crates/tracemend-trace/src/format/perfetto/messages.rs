//! Perfetto's messages, as far as they are read here.

use prost::Message;

#[derive(Clone, PartialEq, Message)]
pub(crate) struct ProcessTree {
    #[prost(message, repeated, tag = "1")]
    pub(crate) processes: Vec<Process>,
    #[prost(message, repeated, tag = "2")]
    pub(crate) threads: Vec<Thread>,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct Process {
    #[prost(int32, optional, tag = "1")]
    pub(crate) pid: Option<i32>,
    #[prost(string, repeated, tag = "3")]
    pub(crate) cmdline: Vec<String>,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct Thread {
    #[prost(int32, optional, tag = "1")]
    pub(crate) tid: Option<i32>,
    #[prost(string, optional, tag = "2")]
    pub(crate) name: Option<String>,
    #[prost(int32, optional, tag = "3")]
    pub(crate) tgid: Option<i32>,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct SystemInfo {
    #[prost(message, optional, tag = "1")]
    pub(crate) utsname: Option<Utsname>,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct Utsname {
    #[prost(string, optional, tag = "4")]
    pub(crate) machine: Option<String>,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct FtraceStats {
    /// 1 at the beginning of the trace, 2 at its end.
    #[prost(int32, optional, tag = "1")]
    pub(crate) phase: Option<i32>,
    #[prost(message, repeated, tag = "2")]
    pub(crate) cpu_stats: Vec<CpuStats>,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct CpuStats {
    #[prost(uint64, optional, tag = "1")]
    pub(crate) cpu: Option<u64>,
    #[prost(uint64, optional, tag = "3")]
    pub(crate) overrun: Option<u64>,
    #[prost(uint64, optional, tag = "4")]
    pub(crate) commit_overrun: Option<u64>,
    #[prost(uint64, optional, tag = "8")]
    pub(crate) dropped_events: Option<u64>,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct TraceStats {
    #[prost(message, repeated, tag = "1")]
    pub(crate) buffer_stats: Vec<BufferStats>,
    #[prost(message, repeated, tag = "18")]
    pub(crate) writer_stats: Vec<WriterStats>,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct BufferStats {
    #[prost(uint64, optional, tag = "3")]
    pub(crate) chunks_overwritten: Option<u64>,
    #[prost(uint64, optional, tag = "18")]
    pub(crate) chunks_discarded: Option<u64>,
    #[prost(uint64, optional, tag = "19")]
    pub(crate) trace_writer_packet_loss: Option<u64>,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct WriterStats {
    #[prost(uint64, optional, tag = "1")]
    pub(crate) sequence_id: Option<u64>,
    #[prost(uint32, optional, tag = "4")]
    pub(crate) buffer: Option<u32>,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct CompactSched {
    #[prost(uint64, repeated, tag = "1")]
    pub(crate) switch_timestamp: Vec<u64>,
    #[prost(int64, repeated, tag = "2")]
    pub(crate) switch_prev_state: Vec<i64>,
    #[prost(int32, repeated, tag = "3")]
    pub(crate) switch_next_pid: Vec<i32>,
    #[prost(int32, repeated, tag = "4")]
    pub(crate) switch_next_prio: Vec<i32>,
    #[prost(string, repeated, tag = "5")]
    pub(crate) intern_table: Vec<String>,
    #[prost(uint32, repeated, tag = "6")]
    pub(crate) switch_next_comm_index: Vec<u32>,
    #[prost(uint64, repeated, tag = "7")]
    pub(crate) waking_timestamp: Vec<u64>,
    #[prost(int32, repeated, tag = "8")]
    pub(crate) waking_pid: Vec<i32>,
    #[prost(uint32, repeated, tag = "11")]
    pub(crate) waking_comm_index: Vec<u32>,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct SysEnter {
    #[prost(int64, optional, tag = "1")]
    pub(crate) id: Option<i64>,
    #[prost(uint64, repeated, packed = "false", tag = "2")]
    pub(crate) args: Vec<u64>,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct SysExit {
    #[prost(int64, optional, tag = "1")]
    pub(crate) id: Option<i64>,
    #[prost(int64, optional, tag = "2")]
    pub(crate) ret: Option<i64>,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct SchedSwitch {
    #[prost(string, optional, tag = "1")]
    pub(crate) prev_comm: Option<String>,
    #[prost(int32, optional, tag = "2")]
    pub(crate) prev_pid: Option<i32>,
    #[prost(int32, optional, tag = "3")]
    pub(crate) prev_prio: Option<i32>,
    #[prost(int64, optional, tag = "4")]
    pub(crate) prev_state: Option<i64>,
    #[prost(string, optional, tag = "5")]
    pub(crate) next_comm: Option<String>,
    #[prost(int32, optional, tag = "6")]
    pub(crate) next_pid: Option<i32>,
    #[prost(int32, optional, tag = "7")]
    pub(crate) next_prio: Option<i32>,
}

/// `sched_wakeup`, `sched_wakeup_new` and `sched_waking`.
#[derive(Clone, PartialEq, Message)]
pub(crate) struct SchedWakeup {
    #[prost(string, optional, tag = "1")]
    pub(crate) comm: Option<String>,
    #[prost(int32, optional, tag = "2")]
    pub(crate) pid: Option<i32>,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct NewTask {
    #[prost(int32, optional, tag = "1")]
    pub(crate) pid: Option<i32>,
    #[prost(string, optional, tag = "2")]
    pub(crate) comm: Option<String>,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct TaskRename {
    #[prost(int32, optional, tag = "1")]
    pub(crate) pid: Option<i32>,
    #[prost(string, optional, tag = "3")]
    pub(crate) newcomm: Option<String>,
}

/// A message that begins with a name: a probe, a description.
#[derive(Clone, PartialEq, Message)]
pub(crate) struct NamedEvent {
    #[prost(string, optional, tag = "1")]
    pub(crate) name: Option<String>,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct GenericEventDescriptor {
    #[prost(int32, optional, tag = "1")]
    pub(crate) field_id: Option<i32>,
    /// A `DescriptorProto`, which begins with the event's name.
    #[prost(message, optional, tag = "2")]
    pub(crate) event_descriptor: Option<NamedEvent>,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct FtraceError {
    #[prost(uint64, optional, tag = "1")]
    pub(crate) timestamp: Option<u64>,
    #[prost(int32, optional, tag = "2")]
    pub(crate) status: Option<i32>,
}

/// An event that Perfetto has no message for, with its fields.
#[derive(Clone, PartialEq, Message)]
pub(crate) struct Generic {
    #[prost(string, optional, tag = "1")]
    pub(crate) event_name: Option<String>,
    #[prost(message, repeated, tag = "2")]
    pub(crate) fields: Vec<GenericField>,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct GenericField {
    #[prost(string, optional, tag = "1")]
    pub(crate) name: Option<String>,
    #[prost(int64, optional, tag = "4")]
    pub(crate) int_value: Option<i64>,
    #[prost(uint64, optional, tag = "5")]
    pub(crate) uint_value: Option<u64>,
}
