//! Perfetto traces (`.pftrace`, `.perfetto-trace`): the kernel's events that Perfetto reads from ftrace.
//!
//! A trace is a row of packets, each a protobuf message; bundles of one CPU's events are some of them. The file is read twice, packet
//! by packet: the counters of losses stand at its end, and names of threads anywhere ([`survey`]). Messages and numbers of fields are
//! those of [Perfetto's `.proto` files](https://github.com/google/perfetto/tree/main/protos/perfetto/trace).

mod bundle;
mod event;
mod fields;
mod losses;
mod magic;
mod messages;
mod packet;
mod packets;
mod reader;
mod survey;
mod text;
mod threads;

pub(crate) use magic::is_trace;
pub(crate) use reader::open;
