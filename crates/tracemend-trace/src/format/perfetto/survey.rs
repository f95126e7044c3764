//! The first pass over a trace: what all of it says of threads, of losses, and of what kind of trace it is.

use super::bundle;
use super::fields::{Field, Fields, Value};
use super::losses::Losses;
use super::messages::{FtraceStats, ProcessTree, SystemInfo, TraceStats};
use super::packet::Packet;
use super::packets::{Next, Packets};
use super::threads::Threads;
use crate::decode::context::Context;
use crate::sink::mark;
use prost::Message;
use std::io;
use std::ops::Range;

/// What a trace says as a whole.
#[derive(Default)]
pub(crate) struct Survey {
    pub(crate) threads: Threads,
    pub(crate) losses: Losses,
    pub(crate) bundles: u64,
    /// Events of programs, which are not read.
    pub(crate) track_events: u64,
    /// Those among them that a repair wrote, and that it inferred.
    pub(crate) own: u64,
    pub(crate) inferred: u64,
    /// The first part that cannot be read.
    pub(crate) fault: Option<(u64, String)>,
}

/// Reads all packets once.
pub(crate) fn survey(packets: &mut Packets, context: &mut Context) -> io::Result<Survey> {
    let mut survey = Survey::default();
    loop {
        match packets.advance()? {
            Next::Packet(packet) => survey.take(&packet, packets.bytes(), context),
            Next::Bad(offset, why) => survey.fault = survey.fault.or(Some((offset, why))),
            Next::CutOff(offset) => {
                survey.fault = survey.fault.or_else(|| Some((offset, "the file ends within a packet".to_owned())));
            }
            Next::End => break,
        }
    }
    survey.losses.settle(survey.fault.is_some());
    packets.rewind();
    Ok(survey)
}

/// The message in a part of a packet; none where it cannot be read.
fn message<M: Message + Default>(bytes: &[u8], range: Option<&Range<usize>>) -> Option<M> {
    M::decode(&bytes[range?.clone()]).ok()
}

impl Survey {
    fn take(&mut self, packet: &Packet, bytes: &[u8], context: &mut Context) {
        if let Some(range) = &packet.bundle {
            let head = bundle::head(&bytes[range.clone()]);
            self.bundles += 1;
            self.losses.writers.insert(packet.sequence);
            if let Some(cpu) = head.cpu.or(Some(0)).filter(|_| head.lost) {
                self.losses.mark(cpu);
            }
        }
        if let Some(tree) = message::<ProcessTree>(bytes, packet.process_tree.as_ref()) {
            self.threads.learn(context, &tree);
        }
        if let Some(stats) = message::<FtraceStats>(bytes, packet.ftrace_stats.as_ref()) {
            self.losses.count(&stats);
        }
        if let Some(stats) = message::<TraceStats>(bytes, packet.trace_stats.as_ref()) {
            self.losses.count_own(stats);
        }
        let machine = || message::<SystemInfo>(bytes, packet.system_info.as_ref())?.utsname?.machine;
        if context.header.machine.is_none()
            && let Some(machine) = machine()
        {
            context.recorded_on(&machine);
        }
        if let Some(range) = &packet.track_event {
            self.track_events += 1;
            let category = category(&bytes[range.clone()]);
            self.own +=
                u64::from(category.is_some_and(|word| mark::CATEGORIES.iter().any(|own| own.as_bytes() == word)));
            self.inferred += u64::from(category == Some(mark::INFERRED.as_bytes()));
        }
    }
}

/// The first category of a program's event.
fn category(event: &[u8]) -> Option<&[u8]> {
    Fields::new(event).map_while(Result::ok).find_map(|field| match field {
        Field { number: 22, value: Value::Bytes(word), .. } => Some(word),
        _ => None,
    })
}
