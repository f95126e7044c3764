//! The lines of an input: read where they are used, or ahead by other threads.

use super::ahead::Ahead;
use super::draft::Draft;
use super::input::Input;
use super::lines::{Lines, Step};
use super::pool::Pool;
use super::threads::Threads;

/// Lines, one after the other.
pub(crate) enum Feed<D: Draft> {
    Here(Lines),
    Ahead(Box<Ahead<D>>),
}

impl<D: Draft> Feed<D> {
    /// The lines of an input.
    pub(crate) fn new(input: Input, threads: Threads) -> Self {
        // Less than was looked at already is read sooner than a thread starts.
        let is_worth_it = input.goes_on() || threads.batch > 0;
        match Pool::new(if is_worth_it { threads.count } else { 1 }) {
            Some(pool) => Self::Ahead(Box::new(Ahead::new(input, pool, threads))),
            None => Self::Here(Lines::new(input)),
        }
    }

    /// Goes on to the next line.
    #[inline]
    pub(crate) fn step(&mut self) -> Step {
        match self {
            Self::Here(lines) => lines.step(),
            Self::Ahead(ahead) => ahead.step(),
        }
    }

    /// The bytes of the line last given out, without its line ending.
    #[inline]
    pub(crate) fn line(&self) -> &[u8] {
        match self {
            Self::Here(lines) => lines.line(),
            Self::Ahead(ahead) => ahead.line(),
        }
    }

    /// The line last given out with its draft, where it was made already.
    #[inline]
    pub(crate) fn drafted(&self) -> Option<(&[u8], &D)> {
        match self {
            Self::Here(_) => None,
            Self::Ahead(ahead) => ahead.drafted(),
        }
    }
}
