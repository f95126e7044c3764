//! The door through which a model enters that fills a thread's stretch at once.
//!
//! A [`Predictor`](crate::Predictor) is asked event by event while the search goes on. A network that fills windows cannot be: it
//! sees both sides of a loss and names all lost events together. So the engine decides first, by rules and scheduler, which
//! threads ran in a gap and how many events each lost; the imputer then says which events these were.

use crate::model::{EventTypes, ReturnClass};
use tracemend_trace::{EventType, EventTypeId};

/// A recorded event of a thread, as an imputer is shown it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shown {
    /// Name and phase, by number.
    pub event_type: EventTypeId,
    /// How the call ended.
    pub class: ReturnClass,
    /// Time, ns.
    pub time_ns: i64,
}

/// A stretch of one thread's sequence in which events were lost.
#[derive(Clone, Debug)]
pub struct Stretch<'s> {
    /// Process name of the thread, where known.
    pub program: Option<&'s str>,
    /// Events before the loss, oldest first; [`ThreadImputer::reach`] at the most.
    pub before: Vec<Shown>,
    /// How many events were lost, 1 or more.
    pub lost: usize,
    /// Events after the loss, oldest first; [`ThreadImputer::reach`] at the most.
    pub after: Vec<Shown>,
}

/// What one lost event can have been: event types and their probabilities, the imputer's choice first.
pub type Candidates = Vec<(EventTypeId, f32)>;

/// A model that fills stretches of single threads.
pub trait ThreadImputer: Sync {
    /// How many events on each side of a loss can matter to it.
    fn reach(&self) -> usize;

    /// Whether it can name events of this type.
    fn knows(&self, event_type: &EventType) -> bool;

    /// Fills stretches. Returns `[stretch][lost event]` candidates; an event type that is none of `event_types` is left out, so a
    /// list can be empty. The same stretches get the same answer.
    fn impute(&self, event_types: &EventTypes, stretches: &[Stretch<'_>]) -> Vec<Vec<Candidates>>;
}

/// When an imputer's events take the place of the engine's.
#[derive(Clone, Copy)]
pub struct Imputing<'i> {
    /// What fills threads.
    pub imputer: &'i dyn ThreadImputer,
    /// Whether it fills all gaps; otherwise only where more events of blackouts in the trace are right with it.
    pub always: bool,
}
