//! What a repair learns, and from what.

use crate::calibrate::{Wanted, calibrate, like};
use crate::model::TraceModel;
use crate::model::calibration::Calibration;
use crate::options::RepairOptions;
use rayon::prelude::*;
use tracemend_trace::{Gap, Trace};

/// Traces of a training set that calibrate, each repaired by a model of the others.
const CALIBRATING_TRACES: usize = 3;

/// Adapts a model to a trace: learns what is intact there, and calibrates on blackouts there, which count for more than those of
/// the traces learned before.
pub fn adapt(trace: &Trace, gaps: &[Gap], model: Option<&TraceModel>, options: &RepairOptions) -> TraceModel {
    let own = calibrate(trace, model, &like(trace, gaps), options);
    let mut adapted = model.cloned().unwrap_or_default();
    adapted.rescoring = own.rescoring;
    let before = std::mem::replace(&mut adapted.calibration, own.calibration);
    adapted.calibration.merge_prior(&before, options.params.model.trained_blackouts);
    adapted.params = options.params.model.clone();
    adapted.learn(trace, 1);
    adapted.trie.freeze();
    adapted
}

/// Learns from traces, and calibrates on blackouts of up to three of them, each repaired by a model of the others.
///
/// ```
/// use tracemend_repair::{RepairOptions, train};
/// use tracemend_trace::{Format, Trace, TraceHeader};
///
/// let trace = Trace { header: TraceHeader::new(Format::Csv), events: Vec::new(), gaps: Vec::new() };
/// let model = train(&[&trace], &RepairOptions::default());
/// assert_eq!(model.events, 0);
/// ```
pub fn train(traces: &[&Trace], options: &RepairOptions) -> TraceModel {
    let params = &options.params.model;
    let empty = || TraceModel { params: params.clone(), ..TraceModel::default() };
    let mut model = empty();
    for trace in traces {
        model.learn(trace, 1);
    }
    let wanted = params.blackouts.trained_lengths.map(|lost| Wanted { lost, places: Vec::new() });
    let calibrations: Vec<Calibration> = (0..traces.len().min(CALIBRATING_TRACES))
        .into_par_iter()
        .map(|held_out| {
            let mut others = empty();
            for (number, trace) in traces.iter().enumerate() {
                if number != held_out {
                    others.learn(trace, 1);
                }
            }
            let base = (traces.len() > 1).then_some(&others);
            calibrate(traces[held_out], base, &wanted, options).calibration
        })
        .collect();
    for calibration in &calibrations {
        model.calibration.merge(calibration);
    }
    // What is used at once is to be what a file would give.
    model.canonical()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::testing::{bytes, trace};
    use tracemend_trace::Event;

    #[test]
    fn what_the_tracer_caused_is_learned_as_little_as_what_never_happened() {
        let names = ["open", "read", "close"];
        let calls: Vec<(u32, i32, &str)> =
            (0..90).map(|place| (place % 2, 1 + (place % 4) as i32, names[place as usize % 3])).collect();
        let mut with = trace(&calls);
        let without = with.clone();
        let write = with.header.symbols.intern("write");
        for place in [70, 40, 10] {
            let event = Event { name: write, by_tracer: true, ..with.events[place].clone() };
            with.events.insert(place + 1, Event { time_ns: event.time_ns + 400, ..event });
        }
        let learned = |trace: &Trace| {
            let mut model = TraceModel::default();
            model.learn(trace, 1);
            bytes(&model)
        };
        assert_eq!(learned(&with), learned(&without));
        with.events.iter_mut().for_each(|event| event.by_tracer = false);
        assert_ne!(learned(&with), learned(&without));
    }
}
