//! What all streams of a trace share while they are read.

use super::window::Room;
use crate::decode::names::Names;
use crate::{Symbol, TraceHeader};
use std::path::PathBuf;

/// What all streams share while they are read.
pub(crate) struct Shared {
    pub(crate) header: TraceHeader,
    pub(crate) names: Names,
    pub(crate) room: Room,
    /// Symbols of event classes, by [`EventPlan::number`](super::plan::EventPlan::number).
    pub(crate) symbols: Vec<Option<Symbol>>,
    pub(crate) losses_only: bool,
    /// Whether every field is read in full: the slow twin, for tests.
    pub(crate) slowly: bool,
    /// Where the first damage was met, and what it is.
    pub(crate) damage: Option<(PathBuf, u64, String)>,
}

impl Shared {
    pub(super) fn warn(&mut self, warnings: Vec<String>) {
        const MAX_WARNINGS: usize = 64;
        for warning in warnings {
            if self.header.warnings.len() < MAX_WARNINGS && !self.header.warnings.contains(&warning) {
                self.header.warnings.push(warning);
            }
        }
    }
}
