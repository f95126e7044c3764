//! What filling a gap needs besides the gap: the models and the constants.

use crate::call_rules::CallRules;
use crate::model::TraceModel;
use crate::params::SearchParams;
use crate::predictor::Predictor;
use crate::times::Steps;

/// The models and constants of one repair, borrowed.
#[derive(Clone, Copy)]
pub(crate) struct Engine<'m> {
    /// Says what threads do next.
    pub predictor: &'m dyn Predictor,
    /// Says whom a CPU turns to, how long things take, and what tokens are.
    pub model: &'m TraceModel,
    /// The entry/exit rules of the model's tokens.
    pub rules: &'m CallRules,
    /// The constants of the search.
    pub params: &'m SearchParams,
}

impl<'m> Engine<'m> {
    /// How long steps take.
    pub(crate) fn steps(&self) -> Steps<'m> {
        Steps { timing: &self.model.timing, model_params: &self.model.params, params: self.params }
    }
}
