//! What an event's number means.

use super::event_pair::{EventPair, Kind};
use super::table::EVENTS;
use crate::Phase;

/// A type of event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Type(pub(crate) u16);

impl Type {
    /// What is known of it; newer recorders have more types.
    #[inline]
    pub(crate) fn pair(self) -> Option<&'static EventPair> {
        EVENTS.get(usize::from(self.0 / 2))
    }

    /// Even numbers are entries, odd ones exits.
    #[inline]
    pub(crate) fn phase(self) -> Phase {
        if self.0.is_multiple_of(2) { Phase::Entry } else { Phase::Exit }
    }

    /// Whether it is an end of a system call.
    pub(crate) fn is_call(self) -> bool {
        self.pair().is_some_and(|pair| matches!(pair.kind, Kind::Call | Kind::Generic))
    }

    /// How many parameters it has at most.
    pub(crate) fn max_parameters(self) -> usize {
        self.pair().map_or(0, |pair| usize::from(pair.parameters[usize::from(self.0 % 2)]))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::format::scap::table::CALLS;

    /// Numbers as `driver/ppm_events_public.h` and the recordings in falcosecurity/libs have them.
    #[test]
    fn the_table_has_the_numbers_of_the_documentation() {
        for (number, name, phase) in [
            (2, "open", Phase::Entry),
            (3, "open", Phase::Exit),
            (7, "read", Phase::Exit),
            (22, "connect", Phase::Entry),
            (223, "clone", Phase::Exit),
            (293, "execve", Phase::Exit),
            (307, "openat", Phase::Exit),
        ] {
            let event = Type(number);
            assert_eq!((event.pair().unwrap().name, event.phase(), event.is_call()), (name, phase, true), "{number}");
        }
        assert_eq!(Type(148).pair().unwrap().kind, Kind::Drop);
        assert_eq!(Type(244).pair().unwrap().kind, Kind::Hotplug);
        assert_eq!((Type(1).pair().unwrap().kind, Type(293).max_parameters()), (Kind::Generic, 31));
        assert!(Type(u16::MAX).pair().is_none());
        let calls: Vec<&str> = CALLS.split_whitespace().collect();
        for (code, name) in [(2, "exit"), (3, "read"), (75, "mprotect"), (164, "exit_group"), (296, "arch_prctl")] {
            assert_eq!(calls[code], name);
        }
    }
}
