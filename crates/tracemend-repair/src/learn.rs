//! What a repair learns, and from what.

use crate::base::Base;
use crate::calibrate::{Wanted, calibrate, choose_base, like};
use crate::model::TraceModel;
use crate::model::calibration::Calibration;
use crate::options::RepairOptions;
use crate::thread_imputer::{Imputing, ThreadImputer};
use rayon::prelude::*;
use tracemend_trace::{Gap, Trace};

/// Traces of a training set that calibrate, each repaired by a model of the others.
const CALIBRATING_TRACES: usize = 3;

/// Adapts to a trace: learns what is intact there, on top of a model where blackouts in the trace say that this pays, and
/// calibrates on blackouts there, which count for more than those of the traces learned before.
pub fn adapt(trace: &Trace, gaps: &[Gap], model: Option<&TraceModel>, options: &RepairOptions) -> TraceModel {
    adapt_with(trace, gaps, model, None, options).0
}

/// Adapts as [`adapt`] does, and returns the imputer too if it is to name events in this trace. Confidences are then those of its
/// answers in blackouts.
pub fn adapt_with<'i>(
    trace: &Trace,
    gaps: &[Gap],
    model: Option<&TraceModel>,
    imputing: Option<Imputing<'i>>,
    options: &RepairOptions,
) -> (TraceModel, Option<&'i dyn ThreadImputer>) {
    let wanted = like(trace, gaps);
    let base = match model {
        Some(model) => choose_base(trace, &Base::with(model), &wanted, options),
        None => Base::equal(None),
    };
    let own = calibrate(trace, base, imputing, &wanted, options);
    let mut adapted = base.learned(trace, &options.params.model);
    adapted.rescoring = own.rescoring;
    adapted.shares = own.shares;
    adapted.calibration = own.calibration;
    // What became of beliefs in the model's own traces says nothing about an imputer's.
    if let (Some(model), None) = (base.model, own.imputer) {
        adapted.calibration.merge_prior(&model.calibration, options.params.model.trained_blackouts);
    }
    (adapted, own.imputer)
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
            calibrate(traces[held_out], Base::equal(base), None, &wanted, options).calibration
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
    use crate::inferred::GapRepair;
    use crate::model::testing::{bytes, trace};
    use crate::options::unwatched;
    use crate::repair::repair;
    use crate::testing::cut;
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

    /// Threads 1 to 3 go through six calls in an order that `step` decides.
    fn rounds(step: usize, calls: usize) -> Trace {
        let names = ["open", "fstat", "mmap", "read", "write", "close", "poll"];
        let call = |place: usize| (0, 1 + (place / 5 % 3) as i32, names[place * step % 7]);
        trace(&(0..calls).map(call).collect::<Vec<_>>())
    }

    fn repaired(trace: &Trace, model: Option<&TraceModel>) -> Vec<GapRepair> {
        let mut options = RepairOptions { threads: 1, ..RepairOptions::default() };
        options.params.model.blackouts.max_gaps = 20;
        repair(trace, model, &options, &unwatched)
    }

    #[test]
    fn a_model_of_other_programs_changes_nothing_where_it_does_not_help() {
        let lossy = cut(rounds(2, 4000), 2001..2041);
        let mut others = rounds(3, 6000);
        let another = Some(others.header.symbols.intern("another"));
        others.events.iter_mut().for_each(|event| event.comm = another);
        let model = train(&[&others], &RepairOptions::default());
        assert_eq!(repaired(&lossy, Some(&model)), repaired(&lossy, None));
    }

    #[test]
    fn a_model_of_the_program_is_used_where_the_trace_is_too_short_to_teach_it() {
        let lossy = cut(rounds(2, 260), 120..140);
        let complete = rounds(2, 4000);
        let model = train(&[&complete], &RepairOptions::default());
        let repairs = repaired(&lossy, Some(&model));
        assert!(repairs[0].from_model);
        assert!(repaired(&lossy, None).iter().all(|repair| !repair.from_model));
    }
}
