//! Intervals in which events were lost.

use crate::StreamId;
use serde::{Deserialize, Serialize};

/// How many events a gap lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lost {
    /// The tracer counted them.
    Exact(u64),
    /// At least this many; the evidence gives no upper bound.
    AtLeast(u64),
    /// The tracer did not count them.
    Unknown,
}

impl Lost {
    /// The number that the tracer gave, exact or a lower bound; `None` if it gave none.
    pub fn count(self) -> Option<u64> {
        match self {
            Lost::Exact(n) | Lost::AtLeast(n) => Some(n),
            Lost::Unknown => None,
        }
    }

    /// What two losses are together. A damaged count can be as large as numbers go: the sum stays there.
    ///
    /// ```
    /// use tracemend_trace::Lost;
    ///
    /// assert_eq!(Lost::Exact(u64::MAX).plus(Lost::Exact(3)), Lost::Exact(u64::MAX));
    /// assert_eq!(Lost::Exact(2).plus(Lost::Unknown), Lost::AtLeast(2));
    /// ```
    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        let sum = || self.count().unwrap_or(0).saturating_add(other.count().unwrap_or(0));
        match (self, other) {
            (Lost::Exact(_), Lost::Exact(_)) => Lost::Exact(sum()),
            (Lost::Unknown, Lost::Unknown) => Lost::Unknown,
            _ => Lost::AtLeast(sum()),
        }
    }

    /// What gaps lost together, as far as the tracer counted it.
    pub fn total<'g>(gaps: impl IntoIterator<Item = &'g Gap>) -> u64 {
        gaps.into_iter().filter_map(|gap| gap.lost.count()).fold(0, u64::saturating_add)
    }

    /// The word used in output: `exact`, `at_least` or `unknown`.
    pub fn kind(self) -> &'static str {
        match self {
            Lost::Exact(_) => "exact",
            Lost::AtLeast(_) => "at_least",
            Lost::Unknown => "unknown",
        }
    }
}

/// Why the events are missing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Cause {
    /// The buffer was full and new events were dropped (LTTng discard mode, perf).
    Discarded,
    /// Old events were overwritten by newer ones (ftrace, flight recorder).
    Overwritten,
    /// The input ends, or begins, in the middle.
    Truncated,
    /// A part of the input could not be read, for the reason given.
    Damaged(String),
    /// It is not known whether anything was lost, for the reason given: the events may lie in a part of the recording that is not here.
    Doubtful(String),
    /// The tracer reported nothing, but the events of a thread contradict each other (an exit without its entry, say).
    Evidence(String),
}

impl Cause {
    /// Whether a buffer was full, so that a larger one would have kept the events.
    pub fn is_full_buffer(&self) -> bool {
        matches!(self, Cause::Discarded | Cause::Overwritten)
    }

    /// The word used in output, without the details.
    pub fn word(&self) -> &'static str {
        match self {
            Cause::Discarded => "discarded",
            Cause::Overwritten => "overwritten",
            Cause::Truncated => "truncated",
            Cause::Damaged(_) => "damaged",
            Cause::Doubtful(_) => "doubtful",
            Cause::Evidence(_) => "evidence",
        }
    }

    /// The reason in words, where the cause has one.
    pub fn details(&self) -> Option<&str> {
        match self {
            Cause::Damaged(details) | Cause::Doubtful(details) | Cause::Evidence(details) => Some(details),
            _ => None,
        }
    }
}

/// An interval of one stream in which events were lost. In CTF some of the stream's events can have been recorded inside:
/// small ones that still fitted into a packet where others did not.
#[derive(Clone, Debug, PartialEq)]
pub struct Gap {
    /// Number of the gap in its trace, from 0 in the order of the input.
    pub id: u32,
    /// The stream that lost them; `None` where the tracer does not say (`perf trace`, bpftrace).
    pub stream: Option<StreamId>,
    /// CPU of that stream, if it has one.
    pub cpu: Option<u32>,
    /// The thread, for gaps found in the events of one thread alone.
    pub tid: Option<i32>,
    /// Time of the last event before which nothing of the gap was lost, nanoseconds; `None`: the gap begins before the
    /// first event.
    pub begin_ns: Option<i64>,
    /// Time of the first event after the gap, nanoseconds; `None`: no event follows.
    pub end_ns: Option<i64>,
    /// Times of two recorded events inside the interval, where the tracer counts per packet (CTF): the packet's first one,
    /// and the one from which on not every event fitted. The lost events lie before the first or after the last of them,
    /// and how they divide is unknown. `None`: they can lie anywhere in the interval.
    pub kept_ns: Option<(i64, i64)>,
    /// How many events.
    pub lost: Lost,
    /// How many lines of text could not be read, where nothing else speaks of a loss: there were at most as many events.
    pub unread_lines: Option<u64>,
    /// Why.
    pub cause: Cause,
    /// Byte offset in the (decompressed) input where the loss was announced or found.
    pub offset: u64,
}

/// A correction of how many events a gap lost, by what the tracer counted at the end of the recording.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Recount {
    /// Number of the gap.
    pub gap: u32,
    /// Its stream.
    pub stream: Option<StreamId>,
    /// What was announced for it.
    pub announced: u64,
    /// What it lost.
    pub lost: u64,
}

impl Gap {
    /// A gap with all other fields unset; struct update syntax sets what else is known.
    ///
    /// ```
    /// use tracemend_trace::{Cause, Gap, Lost};
    ///
    /// let gap = Gap { begin_ns: Some(100), ..Gap::new(0, Lost::Exact(3), Cause::Discarded, 0) };
    /// assert!(gap.is_one_sided());
    /// ```
    pub fn new(id: u32, lost: Lost, cause: Cause, offset: u64) -> Self {
        Self {
            id,
            stream: None,
            cpu: None,
            tid: None,
            begin_ns: None,
            end_ns: None,
            kept_ns: None,
            lost,
            unread_lines: None,
            cause,
            offset,
        }
    }

    /// Whether nobody knows if events are missing at all.
    pub fn is_doubtful(&self) -> bool {
        matches!(self.cause, Cause::Doubtful(_))
    }

    /// Whether its stream recorded nothing before the gap or nothing after it.
    pub fn is_one_sided(&self) -> bool {
        self.begin_ns.is_none() || self.end_ns.is_none()
    }
}
