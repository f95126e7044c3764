//! A gap in a small trace, filled by a baseline.

use crate::baselines::baseline::Baseline;
use crate::baselines::ngram_model::NgramModel;
use crate::baselines::testing_trace::trace;
use std::ops::Range;
use std::sync::Arc;
use tracemend_repair::index::TraceIndex;
use tracemend_trace::{Cause, Gap, Lost, StreamId};

/// A call: CPU, thread, name.
pub(crate) type Call = (u32, i32, &'static str);

/// These calls over and over.
pub(crate) fn cycle(calls: &[Call], length: usize) -> Vec<Call> {
    calls.iter().copied().cycle().take(length).collect()
}

/// Makes a baseline that has learned `train`, and lets it fill in the calls of CPU 0 in `cut`.
pub(crate) fn fill<B: Baseline>(
    make: impl FnOnce(Arc<NgramModel>) -> B,
    train: &[Call],
    test: &[Call],
    cut: Range<usize>,
) -> Vec<(i32, &'static str)> {
    fill_with(&make(NgramModel::learned(&[&trace(train)])), test, cut)
}

/// Cuts the calls of CPU 0 in `cut` out of `test` and lets a baseline fill them in.
pub(crate) fn fill_with(method: &dyn Baseline, test: &[Call], cut: Range<usize>) -> Vec<(i32, &'static str)> {
    let mut damaged = trace(test);
    let whole = damaged.clone();
    let lost: Vec<usize> = cut.clone().filter(|&place| test[place].0 == 0).collect();
    let on_cpu = |place: &usize| test[*place].0 == 0;
    let gap = Gap {
        id: 0,
        stream: Some(StreamId(0)),
        cpu: Some(0),
        tid: None,
        begin_ns: (0..cut.start).rev().find(on_cpu).map(|place| whole.events[place].time_ns),
        end_ns: (cut.end..test.len()).find(on_cpu).map(|place| whole.events[place].time_ns),
        kept_ns: None,
        unread_lines: None,
        lost: Lost::Exact(lost.len() as u64),
        cause: Cause::Discarded,
        offset: 0,
    };
    damaged.events.retain(|event| !lost.iter().any(|&place| whole.events[place] == *event));
    damaged.gaps.push(gap);
    let mut tokens = method.tokens().clone();
    let index = TraceIndex::new(&damaged, &mut tokens);
    let fills = method.fill(&index, &damaged.gaps[0], lost.len());
    fills.iter().map(|fill| (fill.thread.tid().unwrap_or(-1), name(&tokens.kind(fill.token).name))).collect()
}

fn name(name: &str) -> &'static str {
    ["a", "b", "c", "d", "e", "x", "y", "z", "end1", "end2"].into_iter().find(|known| *known == name).unwrap()
}
