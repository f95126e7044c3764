//! What a predictor knows of a thread.

use crate::model::Token;

/// What a predictor knows of one thread at one place. Only the predictor that made it can read it; equal contexts give equal
/// answers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Context(pub u64);

/// What is known of a thread where its context begins.
#[derive(Clone, Copy, Debug)]
pub struct ThreadPast<'a> {
    /// Its last tokens before the place, oldest first: [`Predictor::reach`](crate::Predictor::reach) of them, or all.
    pub tokens: &'a [Token],
    /// Name of its program, where the trace gives it.
    pub program: Option<&'a str>,
    /// Whether the first of the tokens is the thread's first event.
    pub from_birth: bool,
}
