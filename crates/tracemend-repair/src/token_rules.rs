//! The entry/exit rules of [`tracemend_trace::rules`], in terms of token numbers, for the search.

use crate::model::{END, FIRST_EVENT, Token, TokenTable};
use rustc_hash::{FxHashMap, FxHashSet};
use tracemend_trace::{Phase, rules};

/// What a token does to its thread.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Enters the call of this number.
    Entry(u32),
    /// Leaves it.
    Exit(u32),
    /// Leaves a call that may be another than the one entered (`execve`, a signal handler's return).
    AnyExit,
    /// A whole call.
    Call,
    /// Ends the thread.
    Ends,
    /// No call.
    Point,
    /// Not an event.
    Mark,
}

/// Where a thread stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Flight {
    /// Not known.
    Unknown,
    /// In no call.
    Idle,
    /// In the call of this number.
    In(u32),
    /// Ended.
    Ended,
}

/// The roles of a table's tokens.
pub struct TokenRules {
    roles: Vec<Role>,
    /// Whether calls come as entries and exits, so that a thread can need more events.
    pub paired: bool,
}

impl TokenRules {
    /// The roles of all tokens of a table, where these calls were recorded by their entries alone, or exits alone.
    pub fn new(table: &TokenTable, one_sided: &FxHashSet<&str>) -> Self {
        let mut calls: FxHashMap<&str, u32> = FxHashMap::default();
        let mut roles = Vec::with_capacity(table.len());
        for (token, kind) in table.kinds().iter().enumerate() {
            let next = calls.len() as u32;
            roles.push(if (token as Token) < FIRST_EVENT || TokenTable::is_program(kind) {
                Role::Mark
            } else {
                match kind.phase {
                    Phase::Point => Role::Point,
                    Phase::Entry | Phase::Call if rules::NEVER_RETURN.contains(&kind.name.as_str()) => Role::Ends,
                    Phase::Call => Role::Call,
                    _ if one_sided.contains(kind.name.as_str()) => Role::Point,
                    Phase::Entry => Role::Entry(*calls.entry(&kind.name).or_insert(next)),
                    Phase::Exit if matches!(kind.name.as_str(), "execve" | "execveat" | "syscall_-1") => Role::AnyExit,
                    Phase::Exit => Role::Exit(*calls.entry(&kind.name).or_insert(next)),
                }
            });
        }
        let paired = roles.iter().any(|role| matches!(role, Role::Exit(_)));
        Self { roles, paired }
    }

    /// What a token does.
    pub fn role(&self, token: Token) -> Role {
        self.roles.get(token as usize).copied().unwrap_or(Role::Point)
    }

    /// Where a thread stands after a recorded event, whatever was before.
    pub fn after_recorded(&self, before: Flight, token: Token) -> Flight {
        match self.role(token) {
            Role::Entry(call) => Flight::In(call),
            Role::Exit(_) | Role::AnyExit | Role::Call => Flight::Idle,
            Role::Ends => Flight::Ended,
            Role::Point | Role::Mark => before,
        }
    }

    /// Where a thread stands after an event put there; `None`: the event cannot be.
    pub fn after_inferred(&self, before: Flight, token: Token) -> Option<Flight> {
        match (before, self.role(token)) {
            (_, Role::Mark) => None,
            (Flight::Ended, _) => None,
            (_, Role::Point) => Some(before),
            (Flight::Unknown | Flight::Idle, Role::Entry(call)) => Some(Flight::In(call)),
            (Flight::Unknown | Flight::Idle, Role::Call) => Some(Flight::Idle),
            (Flight::Unknown | Flight::Idle, Role::Ends) => Some(Flight::Ended),
            (Flight::Unknown, Role::Exit(_) | Role::AnyExit) => Some(Flight::Idle),
            (Flight::In(_), Role::AnyExit) => Some(Flight::Idle),
            (Flight::In(call), Role::Exit(other)) if call == other => Some(Flight::Idle),
            _ => None,
        }
    }

    /// How many more events a thread needs at least before what is recorded next can follow; `None`: it never can.
    pub fn needs(&self, flight: Flight, right: &[Token]) -> Option<usize> {
        let next = right.iter().map(|&token| (token, self.role(token))).find(|&(_, role)| role != Role::Point);
        match (flight, next) {
            (Flight::Ended, Some((END, _)) | None) => Some(0),
            (Flight::Ended, Some(_)) => None,
            (_, None | Some((_, Role::Mark | Role::AnyExit | Role::Point))) => Some(0),
            (Flight::In(_), Some((_, Role::Entry(_) | Role::Call | Role::Ends))) => Some(1),
            (_, Some((_, Role::Entry(_) | Role::Call | Role::Ends))) => Some(0),
            (Flight::Unknown, Some((_, Role::Exit(_)))) => Some(0),
            (Flight::Idle, Some((_, Role::Exit(_)))) => Some(1),
            (Flight::In(call), Some((_, Role::Exit(other)))) => Some(if call == other { 0 } else { 2 }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{ReturnClass, TokenKind};

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
        let rules = TokenRules::new(&table, &FxHashSet::default());
        let inside = rules.after_inferred(Flight::Idle, read);
        assert_eq!(inside.and_then(|inside| rules.after_inferred(inside, read_exit)), Some(Flight::Idle));
        assert_eq!(inside.and_then(|inside| rules.after_inferred(inside, close_exit)), None);
        assert_eq!(inside.and_then(|inside| rules.after_inferred(inside, close)), None);
        assert_eq!(rules.after_inferred(Flight::Idle, close_exit), None);
    }

    #[test]
    fn of_a_call_recorded_by_entry_alone_no_exit_is_awaited() {
        let (table, [read, _, close, ..]) = table();
        let rules = TokenRules::new(&table, &FxHashSet::from_iter(["read"]));
        assert_eq!(rules.after_inferred(rules.after_recorded(Flight::Idle, read), read), Some(Flight::Idle));
        assert_eq!(rules.needs(Flight::Idle, &[read, close]), Some(0));
        assert_eq!(rules.after_inferred(Flight::Idle, close).and_then(|inside| rules.needs(inside, &[close])), Some(1));
    }

    #[test]
    fn what_is_recorded_after_the_gap_must_be_met() {
        let (table, [read, read_exit, close, _, exit]) = table();
        let rules = TokenRules::new(&table, &FxHashSet::default());
        let reading = rules.after_recorded(Flight::Unknown, read);
        assert_eq!(rules.needs(reading, &[read_exit]), Some(0));
        assert_eq!(rules.needs(reading, &[close]), Some(1));
        assert_eq!(rules.needs(Flight::Idle, &[read_exit]), Some(1));
        assert_eq!(rules.needs(rules.after_recorded(Flight::Idle, close), &[read_exit]), Some(2));
        assert_eq!(rules.after_inferred(Flight::Idle, exit), Some(Flight::Ended));
        assert_eq!(rules.needs(Flight::Ended, &[close]), None);
        assert_eq!(rules.needs(Flight::Ended, &[END]), Some(0));
    }
}
