//! The entry/exit rules of [`tracemend_trace::calls`] for the tokens of a model.

use crate::model::{END, FIRST_EVENT, Token, TokenTable};
use rustc_hash::{FxHashMap, FxHashSet};
use tracemend_trace::calls::{CallKind, CallState};

/// A call, by number.
pub(crate) type CallId = u32;

/// What each token of a table does to its thread.
pub(crate) struct CallRules {
    /// `[token]`; `None` for marks, which are no events.
    kinds: Vec<Option<CallKind<CallId>>>,
    /// Whether calls come as entries and exits, so that a thread can need more events.
    pub paired: bool,
}

impl CallRules {
    /// The rules of all tokens of a table. `one_sided`: calls that the trace recorded by their entries alone, or exits alone.
    pub(crate) fn new(table: &TokenTable, one_sided: &FxHashSet<&str>) -> Self {
        let mut calls: FxHashMap<&str, CallId> = FxHashMap::default();
        let mut kinds = Vec::with_capacity(table.len());
        for (token, kind) in table.kinds().iter().enumerate() {
            if (token as Token) < FIRST_EVENT || TokenTable::is_program(kind) {
                kinds.push(None);
                continue;
            }
            let next = calls.len() as CallId;
            let call = *calls.entry(&kind.name).or_insert(next);
            let of_call = CallKind::of(&kind.name, kind.phase, call);
            kinds.push(Some(if one_sided.contains(kind.name.as_str()) { of_call.one_sided() } else { of_call }));
        }
        let paired = kinds.iter().any(|kind| matches!(kind, Some(CallKind::Exit(_))));
        Self { kinds, paired }
    }

    fn kind(&self, token: Token) -> Option<CallKind<CallId>> {
        self.kinds.get(token as usize).copied().flatten()
    }

    /// The call that an event leaves; `None` if it is no exit.
    pub(crate) fn leaves(&self, token: Token) -> Option<CallId> {
        match self.kind(token)? {
            CallKind::Exit(call) => Some(call),
            _ => None,
        }
    }

    /// The call state of a thread after its recorded tokens, oldest first.
    pub(crate) fn after_recorded(&self, tokens: &[Token]) -> CallState<CallId> {
        tokens.iter().filter_map(|&token| self.kind(token)).fold(CallState::Unknown, CallState::after)
    }

    /// The state after an inferred event; `None` if it cannot be.
    pub(crate) fn after_inferred(&self, before: CallState<CallId>, token: Token) -> Option<CallState<CallId>> {
        before.next(self.kind(token)?)
    }

    /// The minimum number of events that a thread needs before what is recorded next can follow; `None` if it never can.
    /// `right`: the tokens recorded next, [`END`] where the thread ends.
    pub(crate) fn min_events(&self, state: CallState<CallId>, right: &[Token]) -> Option<usize> {
        let next = right
            .iter()
            .map(|&token| (token, self.kind(token)))
            .find(|(token, kind)| *token == END || !matches!(kind, None | Some(CallKind::Point)));
        state.min_events_to(next.and_then(|(_, kind)| kind))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{ReturnClass, TokenKind};
    use tracemend_trace::Phase;

    fn table() -> (TokenTable, [Token; 5]) {
        let mut table = TokenTable::default();
        let mut token =
            |name: &str, phase| table.intern(TokenKind { name: name.to_owned(), phase, class: ReturnClass::None });
        let tokens = [
            token("read", Phase::Entry),
            token("read", Phase::Exit),
            token("close", Phase::Entry),
            token("close", Phase::Exit),
            token("exit_group", Phase::Entry),
        ];
        (table, tokens)
    }

    #[test]
    fn an_exit_needs_its_own_entry() {
        let (table, [read, read_exit, close, close_exit, _]) = table();
        let rules = CallRules::new(&table, &FxHashSet::default());
        let inside = rules.after_inferred(CallState::Idle, read);
        assert_eq!(inside.and_then(|inside| rules.after_inferred(inside, read_exit)), Some(CallState::Idle));
        assert_eq!(inside.and_then(|inside| rules.after_inferred(inside, close_exit)), None);
        assert_eq!(inside.and_then(|inside| rules.after_inferred(inside, close)), None);
        assert_eq!(rules.after_inferred(CallState::Idle, close_exit), None);
    }

    #[test]
    fn of_a_call_recorded_by_entry_alone_no_exit_is_awaited() {
        let (table, [read, _, close, ..]) = table();
        let rules = CallRules::new(&table, &FxHashSet::from_iter(["read"]));
        let idle = CallState::Idle;
        assert_eq!(rules.after_inferred(idle, read), Some(idle));
        assert_eq!(rules.min_events(idle, &[read, close]), Some(0));
        assert_eq!(rules.after_inferred(idle, close).and_then(|inside| rules.min_events(inside, &[close])), Some(1));
    }

    #[test]
    fn what_is_recorded_after_the_gap_must_be_met() {
        let (table, [read, read_exit, close, _, exit]) = table();
        let rules = CallRules::new(&table, &FxHashSet::default());
        let reading = rules.after_recorded(&[read]);
        assert_eq!(rules.min_events(reading, &[read_exit]), Some(0));
        assert_eq!(rules.min_events(reading, &[close]), Some(1));
        assert_eq!(rules.min_events(CallState::Idle, &[read_exit]), Some(1));
        assert_eq!(rules.min_events(rules.after_recorded(&[close]), &[read_exit]), Some(2));
        assert_eq!(rules.after_inferred(CallState::Idle, exit), Some(CallState::Ended));
        assert_eq!(rules.min_events(CallState::Ended, &[close]), None);
        assert_eq!(rules.min_events(CallState::Ended, &[END]), Some(0));
    }
}
