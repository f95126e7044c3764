//! The door through which a model enters the search.
//!
//! The search asks a predictor for a thread's next event, given what the thread did before. Whatever can answer that (an n-gram
//! model, a network that reads from left to right) can fill gaps. Two further questions are optional: the probability of an event
//! given what *follows* it, and a second opinion on whole fillings ([`Predictor::rescore`]).

use crate::insertion_points::GapContext;
use crate::log_prob::LogProb;
use crate::model::Token;
use crate::search::Filling;

/// What a predictor knows of one thread at one place. Only the predictor that made it can read it; equal contexts give equal
/// answers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Context(pub u64);

/// What is known of a thread where its context begins.
#[derive(Clone, Copy, Debug)]
pub struct ThreadPast<'a> {
    /// Its last tokens before the place, oldest first: [`Predictor::reach`] of them, or all.
    pub tokens: &'a [Token],
    /// Name of its program, where the trace gives it.
    pub program: Option<&'a str>,
    /// Whether the first of the tokens is the thread's first event.
    pub from_birth: bool,
}

/// A model of what threads do next. Tokens are those of the [`TraceModel`](crate::model::TraceModel) that fills the gap.
pub trait Predictor: Sync {
    /// Number of tokens, marks included; every token is smaller.
    fn vocabulary(&self) -> usize;

    /// How many tokens of a thread's past can matter to it.
    fn reach(&self) -> usize;

    /// The context of a thread after its recorded past.
    fn begin(&self, past: &ThreadPast<'_>) -> Context;

    /// The context after one more event.
    fn after(&self, context: Context, token: Token) -> Context;

    /// Probability that a thread in this context makes this event next.
    fn probability(&self, context: Context, token: Token) -> f64;

    /// Its logarithm.
    fn log_p(&self, context: Context, token: Token) -> LogProb {
        LogProb::of(self.probability(context, token))
    }

    /// The likeliest next tokens, best first: `max` at the most, fewer where they hold the share `mass` of the probability.
    fn next(&self, context: Context, max: usize, mass: f64) -> Vec<(Token, LogProb)>;

    /// Probability that the CPU's next event is another thread's.
    fn leave(&self, context: Context) -> f64;

    /// Log probability of an event given the tokens that follow it, the next first. `None`: the model reads in one direction.
    fn log_p_before(&self, following: &[Token], token: Token) -> Option<LogProb> {
        let _ = (following, token);
        None
    }

    /// A second opinion on the fillings of a gap: what is added to the log weight of each. `None`: no opinion.
    fn rescore(&self, gap: &GapContext, fillings: &[Filling]) -> Option<Vec<LogProb>> {
        let _ = (gap, fillings);
        None
    }
}
