//! Settings that the protocols on flat windows share.

use crate::error::Error;
use tracemend_impute::window::place::Place;

/// Which windows and gaps are measured, and how.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct WindowSettings {
    /// Events per window.
    pub length: usize,
    /// Gap lengths, in events; empty: the protocol's own.
    pub blackouts: Vec<usize>,
    /// Where the gap lies.
    pub place: Place,
    /// Method names; empty: all.
    pub methods: Vec<String>,
    /// Decides the windows drawn and the bootstrap. The methods use no randomness.
    pub seed: u64,
    /// Worker threads; 0: one per core. Changes no figure but `seconds_per_gap`.
    pub threads: usize,
}

impl WindowSettings {
    /// The gap lengths, or `default` where none are given.
    ///
    /// # Errors
    /// A gap that does not fit the window.
    pub(crate) fn blackouts_or(&self, default: &[usize]) -> Result<Vec<usize>, Error> {
        let blackouts = if self.blackouts.is_empty() { default } else { &self.blackouts };
        match blackouts.iter().find(|blackout| !(1..self.length).contains(*blackout)) {
            Some(&blackout) => Err(Error::Blackout { blackout, length: self.length }),
            None => Ok(blackouts.to_vec()),
        }
    }

    /// What the rows of result tables add to the name of the data.
    pub(crate) fn label(&self) -> String {
        format!("L={} {}", self.length, self.place)
    }
}
