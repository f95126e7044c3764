//! Small gaps for tests.

use crate::call_rules::CallRules;
use crate::engine::Engine;
use crate::index::TraceIndex;
use crate::model::TraceModel;
use crate::ngram_predictor::NgramPredictor;
use crate::params::SearchParams;
use crate::view::View;
use std::ops::Range;
use tracemend_trace::{Cause, Gap, Lost, Trace};

/// Takes events out of a trace and leaves a gap of their stream; all of them must be of one stream.
pub(crate) fn cut(mut trace: Trace, lost: Range<usize>) -> Trace {
    let stream = trace.events[lost.start].stream;
    let count = lost.len() as u64;
    let on_stream = |position: &usize| trace.events[*position].stream == stream;
    let gap = Gap {
        stream: Some(stream),
        cpu: trace.events[lost.start].cpu,
        begin_ns: (0..lost.start).rev().find(on_stream).map(|position| trace.events[position].time_ns),
        end_ns: (lost.end..trace.events.len()).find(on_stream).map(|position| trace.events[position].time_ns),
        ..Gap::new(trace.gaps.len() as u32, Lost::Exact(count), Cause::Discarded, 0)
    };
    trace.events.drain(lost);
    trace.gaps.push(gap);
    trace
}

/// Learns a trace and lends what its gaps are filled with.
pub(crate) fn with_engine<T>(trace: &Trace, work: impl FnOnce(&View<'_>, Engine<'_>) -> T) -> T {
    let mut model = TraceModel::default();
    model.learn(trace, 1);
    model.trie.freeze();
    let index = TraceIndex::new(trace, &mut model.tokens);
    let rules = CallRules::new(&model.tokens, &index.one_sided());
    let predictor = NgramPredictor::new(&model, &index);
    let params = SearchParams::default();
    let engine = Engine { predictor: &predictor, model: &model, rules: &rules, params: &params };
    work(&View::new(&index), engine)
}
