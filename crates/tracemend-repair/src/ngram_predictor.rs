//! The n-gram model as a predictor.

use crate::context::{Context, ThreadPast};
use crate::gap_context::GapContext;
use crate::index::TraceIndex;
use crate::kernel::Rescoring;
use crate::log_prob::LogProb;
use crate::model::{FIRST_EVENT, MAX_ORDER, Node, State, Token, TokenTable, TraceModel};
use crate::predictor::{Predictor, Session};
use crate::rescoring::Recall;
use crate::search::Filling;

/// Predicts from the n-grams of a [`TraceModel`], over all programs and within the thread's own.
pub(crate) struct NgramPredictor<'m> {
    model: &'m TraceModel,
    /// The recording, where the model's rescoring asks for it.
    recall: Option<(Recall, Rescoring)>,
}

impl<'m> NgramPredictor<'m> {
    /// A predictor over a model that has learned. It rescores by the recorded events of `index` where blackouts said that this
    /// pays ([`TraceModel::rescoring`]).
    pub(crate) fn new(model: &'m TraceModel, index: &TraceIndex<'_>) -> Self {
        let recall = model.rescoring.map(|rescoring| (Recall::new(index, &index.trace.gaps), rescoring));
        Self { model, recall }
    }
}

/// Both nodes of a state in one number.
fn context(state: State) -> Context {
    Context(u64::from(state.all) << 32 | u64::from(state.program))
}

fn state(Context(packed): Context) -> State {
    State { all: (packed >> 32) as Node, program: packed as Node }
}

impl Predictor for NgramPredictor<'_> {
    fn vocabulary(&self) -> usize {
        self.model.tokens.len()
    }

    fn reach(&self) -> usize {
        MAX_ORDER
    }

    fn session(&self) -> Box<dyn Session + '_> {
        Box::new(NgramSession { model: self.model })
    }

    fn rescore(&self, gap: &GapContext, fillings: &[Filling]) -> Option<Vec<LogProb>> {
        let (recall, Rescoring { kernel, exponent }) = self.recall.as_ref()?;
        let opinions = recall.opinions(gap, fillings, &[*kernel]).pop()?;
        Some(opinions.into_iter().map(|opinion| LogProb(exponent * opinion.0)).collect())
    }
}

/// Contexts are nodes of the trie, so there is nothing to remember.
struct NgramSession<'m> {
    model: &'m TraceModel,
}

impl Session for NgramSession<'_> {
    fn begin(&mut self, past: &ThreadPast<'_>) -> Context {
        let empty = self.model.empty_state(past.program, past.from_birth);
        context(past.tokens.iter().fold(empty, |state, &token| self.model.trie.advance(state, token)))
    }

    fn after(&mut self, before: Context, token: Token) -> Context {
        context(self.model.trie.advance(state(before), token))
    }

    fn probability(&mut self, context: Context, token: Token) -> f64 {
        self.model.trie.probability(state(context), token, self.model.tokens.len(), &self.model.params)
    }

    fn next(&mut self, context: Context, max: usize, mass: f64) -> Vec<(Token, LogProb)> {
        let tokens = &self.model.tokens;
        self.model
            .trie
            .predict(state(context), tokens.len(), mass, max, &self.model.params)
            .into_iter()
            .filter(|&(token, _)| token >= FIRST_EVENT && !TokenTable::is_program(tokens.kind(token)))
            .map(|(token, p)| (token, LogProb::of(p)))
            .collect()
    }

    fn leave(&mut self, context: Context) -> f64 {
        self.model.trie.leave_probability(state(context), &self.model.params)
    }
}
