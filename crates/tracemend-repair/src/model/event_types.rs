//! The event types of a model's tokens: what a token is without the class of its return value.

use crate::model::token::{Token, TokenTable};
use rustc_hash::FxHashMap;
use tracemend_trace::{Event, EventType, EventTypeId, Phase, Symbols};

/// The event type of each token of a table.
#[derive(Clone, Debug)]
pub struct EventTypes {
    of_token: Vec<EventTypeId>,
    types: Vec<EventType>,
    ids: FxHashMap<EventType, EventTypeId>,
}

impl EventTypes {
    /// The event types of a table, numbered in the order of its tokens.
    pub fn new(table: &TokenTable) -> Self {
        let mut types =
            Self { of_token: Vec::with_capacity(table.len()), types: Vec::new(), ids: FxHashMap::default() };
        for kind in table.kinds() {
            let event_type = EventType { name: kind.name.clone(), phase: kind.phase };
            let next = EventTypeId(types.types.len() as u32);
            let id = *types.ids.entry(event_type.clone()).or_insert(next);
            if id == next {
                types.types.push(event_type);
            }
            types.of_token.push(id);
        }
        types
    }

    /// The event type of a token of the table.
    pub(crate) fn of(&self, token: Token) -> EventTypeId {
        self.of_token[token as usize]
    }

    /// Name and phase of an event type of the table.
    pub fn get(&self, id: EventTypeId) -> &EventType {
        &self.types[id.index()]
    }

    /// The number of a name and phase; `None` if no token has them.
    pub(crate) fn find(&self, name: &str, phase: Phase) -> Option<EventTypeId> {
        self.ids.get(&EventType { name: name.to_owned(), phase }).copied()
    }

    /// The event type of an event. An event type that no token has gets a number that no token's type has.
    pub(crate) fn of_event(&self, event: &Event, symbols: &Symbols) -> EventTypeId {
        self.find(symbols.name(event.name), event.phase).unwrap_or(EventTypeId(u32::MAX - event.name.0))
    }

    /// All event types, by number.
    pub fn all(&self) -> &[EventType] {
        &self.types
    }
}
