//! The few values of an event that the trace model wants.

use super::clock::advance;

/// Which value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Slot {
    Tid,
    Ret,
    /// Number of a system call.
    Number,
    Cpu,
    PreviousTid,
    NextTid,
    Comm,
    PreviousComm,
    NextComm,
    /// How many bytes a `write` is asked for.
    Count,
    /// Process of the thread.
    Pid,
    /// A clock value: moves the stream's clock forward.
    Clock,
}

const SLOTS: usize = 12;

/// Values found so far in one event. Texts are ranges of the bytes that the event begins.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Facts {
    have: u16,
    values: [u64; SLOTS],
    /// The stream's clock, cycles.
    pub(crate) clock: u64,
}

impl Facts {
    /// Forgets the event before; the clock goes on.
    #[inline]
    pub(crate) fn clear(&mut self) {
        self.have = 0;
    }

    /// Takes a number that was stored in `bits` bits.
    #[inline]
    pub(crate) fn number(&mut self, slot: Slot, value: u64, bits: u32) {
        if slot == Slot::Clock {
            self.clock = advance(self.clock, value, bits);
        } else {
            self.have |= 1 << slot as u8;
            self.values[slot as usize] = value;
        }
    }

    /// Takes a text that begins at byte `start` of the event.
    #[inline]
    pub(crate) fn text(&mut self, slot: Slot, start: usize, length: usize) {
        self.have |= 1 << slot as u8;
        self.values[slot as usize] = (start as u64) << 32 | length as u64 & 0xffff_ffff;
    }

    /// A value, if the event has it.
    #[inline]
    pub(crate) fn get(&self, slot: Slot) -> Option<u64> {
        (self.have & 1 << slot as u8 != 0).then(|| self.values[slot as usize])
    }

    /// A text, if the event has it.
    #[inline]
    pub(crate) fn get_text<'a>(&self, slot: Slot, event: &'a [u8]) -> Option<&'a [u8]> {
        let range = self.get(slot)?;
        let start = (range >> 32) as usize;
        event.get(start..start + (range & 0xffff_ffff) as usize)
    }
}
