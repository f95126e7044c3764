//! The door through which a model enters the search.
//!
//! The search asks a predictor for a thread's next event, given what the thread did before. Whatever can answer that (an n-gram
//! model, a network that reads from left to right) can fill gaps. Two further questions are optional: the probability of an event
//! given what *follows* it, and a second opinion on whole fillings ([`Predictor::rescore`]).

use crate::context::{Context, ThreadPast};
use crate::gap_context::GapContext;
use crate::log_prob::LogProb;
use crate::model::Token;
use crate::search::Filling;

/// A model of what threads do next. Tokens are those of the [`TraceModel`](crate::model::TraceModel) that fills the gap.
pub trait Predictor: Sync {
    /// Number of tokens, marks included; every token is smaller.
    fn vocabulary(&self) -> usize;

    /// How many tokens of a thread's past can matter to it.
    fn reach(&self) -> usize;

    /// Begins to answer questions. A worker thread has a session of its own, which may remember what was asked.
    fn session(&self) -> Box<dyn Session + '_>;

    /// A second opinion on the fillings of a gap: what is added to the log weight of each. `None`: no opinion.
    fn rescore(&self, gap: &GapContext, fillings: &[Filling]) -> Option<Vec<LogProb>> {
        let _ = (gap, fillings);
        None
    }
}

/// One worker's questions to a [`Predictor`]. Contexts are valid in the session that made them.
pub trait Session {
    /// The context of a thread after its recorded past.
    fn begin(&mut self, past: &ThreadPast<'_>) -> Context;

    /// The context after one more event.
    fn after(&mut self, context: Context, token: Token) -> Context;

    /// Probability that a thread in this context makes this event next.
    fn probability(&mut self, context: Context, token: Token) -> f64;

    /// The likeliest next tokens, best first: `max` at the most, fewer where they hold the share `mass` of the probability.
    fn next(&mut self, context: Context, max: usize, mass: f64) -> Vec<(Token, LogProb)>;

    /// Probability that the CPU's next event is another thread's.
    fn leave(&mut self, context: Context) -> f64;

    /// Logarithm of [`Session::probability`].
    fn log_p(&mut self, context: Context, token: Token) -> LogProb {
        LogProb::of(self.probability(context, token))
    }

    /// Log probability of an event given the tokens that follow it, the next first. `None`: the model reads in one direction.
    fn log_p_before(&mut self, following: &[Token], token: Token) -> Option<LogProb> {
        let _ = (following, token);
        None
    }
}
