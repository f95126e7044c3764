//! What a trace is learned on top of.

use crate::model::TraceModel;
use crate::params::ModelParams;
use rustc_hash::FxHashMap;
use tracemend_trace::{Event, Symbol, Trace};

/// What one event of a trace counts for beside one of the traces that a model learned before, of the ways that are tried. A model
/// of the same program is worth as much as the trace itself; one of other programs is to speak only where the trace is silent.
const UNITS: [u32; 2] = [64, 1];

/// What a trace is learned on top of.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Base<'m> {
    /// What was learned before, if it is used.
    pub model: Option<&'m TraceModel>,
    /// What one event of the trace counts for beside one of the traces learned before.
    unit: u32,
}

impl<'m> Base<'m> {
    /// The ways to use a model.
    pub(crate) fn with(model: &'m TraceModel) -> [Self; UNITS.len()] {
        UNITS.map(|unit| Self { model: Some(model), unit })
    }

    /// A model whose traces count for as much as the trace, or nothing but the trace.
    pub(crate) fn equal(model: Option<&'m TraceModel>) -> Self {
        Self { model, unit: 1 }
    }

    /// Whether what was learned before counts for as much as the trace and knows the programs of most of its events.
    pub(crate) fn is_of_equals(&self, trace: &Trace) -> bool {
        let Some(model) = self.model.filter(|_| self.unit == 1) else { return false };
        let mut known: FxHashMap<Symbol, bool> = FxHashMap::default();
        let is_known = |event: &&Event| {
            event.comm.is_some_and(|comm| {
                let name = trace.header.symbols.name(comm);
                *known.entry(comm).or_insert_with(|| model.tokens.find_program(name).is_some())
            })
        };
        2 * trace.events.iter().filter(is_known).count() > trace.events.len()
    }

    /// What was learned before and what this trace shows.
    pub(crate) fn learned(&self, trace: &Trace, params: &ModelParams) -> TraceModel {
        let mut model = self.model.cloned().unwrap_or_default();
        model.on_base = self.model.is_some();
        model.params = params.in_units_of(self.unit);
        model.learn(trace, self.unit);
        model.trie.freeze();
        model
    }
}
