//! From the facts of an event to what the trace model makes of it.

use super::facts::{Facts, Slot};
use super::plan::{EventPlan, Kind};
use super::shared::Shared;
use crate::decode::context::MAX_CPU;
use crate::{Event, Phase, Symbol};

/// A context switch: the threads before and after.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Switch {
    pub(crate) previous: (Option<i32>, Option<Symbol>),
    pub(crate) next: (Option<i32>, Option<Symbol>),
}

/// Makes events of facts.
pub(crate) struct Maker<'m> {
    pub(crate) shared: &'m mut Shared,
    pub(crate) facts: &'m Facts,
    /// The event's bytes.
    pub(crate) bytes: &'m [u8],
    /// The process name used last.
    pub(crate) comm: &'m mut (Vec<u8>, Option<Symbol>),
}

impl Maker<'_> {
    /// The event, on top of what is known of its packet.
    #[inline]
    pub(crate) fn event(&mut self, class: &EventPlan, event: Event) -> Event {
        let cpu = |value| u32::try_from(value).ok().filter(|&cpu| cpu < MAX_CPU);
        let (phase, name) = match class.kind {
            Kind::Call(phase) => (phase, self.name(class)),
            Kind::EndOfCall => (Phase::Exit, self.name(class)),
            Kind::Number(phase) => match self.facts.get(Slot::Number) {
                Some(number) => (phase, self.shared.names.call(&mut self.shared.header.symbols, number as i64)),
                None => (Phase::Point, self.name(class)),
            },
            Kind::Switch | Kind::Point => (Phase::Point, self.name(class)),
        };
        if let (Some(tid), Some(pid)) = (self.tid(Slot::Tid), self.tid(Slot::Pid)) {
            self.shared.header.processes.note(tid, pid);
        }
        Event {
            cpu: event.cpu.or_else(|| self.facts.get(Slot::Cpu).and_then(cpu)),
            tid: self.tid(Slot::Tid),
            comm: self.comm(Slot::Comm),
            name,
            phase,
            ret: self.facts.get(Slot::Ret).map(|ret| ret as i64),
            ..event
        }
    }

    /// The threads before and after a context switch.
    pub(crate) fn switch(&mut self) -> Switch {
        Switch {
            previous: (self.tid(Slot::PreviousTid), self.comm(Slot::PreviousComm)),
            next: (self.tid(Slot::NextTid), self.comm(Slot::NextComm)),
        }
    }

    #[inline]
    fn name(&mut self, class: &EventPlan) -> Symbol {
        match self.shared.symbols.get(class.number) {
            Some(Some(symbol)) => *symbol,
            _ => self.new_name(class),
        }
    }

    #[cold]
    fn new_name(&mut self, class: &EventPlan) -> Symbol {
        let symbol = self.shared.names.symbol(&mut self.shared.header.symbols, class.name.as_bytes());
        if self.shared.symbols.len() <= class.number {
            self.shared.symbols.resize(class.number + 1, None);
        }
        self.shared.symbols[class.number] = Some(symbol);
        symbol
    }

    #[inline]
    fn tid(&self, slot: Slot) -> Option<i32> {
        self.facts.get(slot).and_then(|tid| i32::try_from(tid as i64).ok())
    }

    /// The last name is remembered: threads make many events in a row.
    #[inline]
    fn comm(&mut self, slot: Slot) -> Option<Symbol> {
        let comm = self.facts.get_text(slot, self.bytes)?;
        if self.comm.1.is_none() || self.comm.0 != comm {
            self.comm.1 = Some(self.shared.names.symbol(&mut self.shared.header.symbols, comm));
            self.comm.0.clear();
            self.comm.0.extend_from_slice(comm);
        }
        self.comm.1
    }
}
