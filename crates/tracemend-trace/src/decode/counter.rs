//! Counters of lost events that can fall and come back.

/// A counter of which tracers have been seen to write a value too low: what it rises by is a loss only above its highest value.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Counter {
    /// By how much it is below its highest value.
    pub(crate) fallen: u64,
}

impl Counter {
    /// It rose. How far above its highest value before.
    pub(crate) fn rise(&mut self, by: u64) -> u64 {
        let back = by.min(self.fallen);
        self.fallen -= back;
        by - back
    }

    /// It fell.
    pub(crate) fn fall(&mut self, by: u64) {
        self.fallen = self.fallen.saturating_add(by);
    }
}
