//! The baselines by name.

use crate::baselines::baseline::Baseline;
use crate::baselines::joint_beam::JointBeam;
use crate::baselines::lookup::Lookup;
use crate::baselines::ngram::Ngram;
use crate::baselines::ngram_model::NgramModel;
use crate::baselines::repeat::Repeat;
use crate::baselines::stream_ngram::StreamNgram;
use crate::baselines::thread_dp::ThreadDp;
use std::sync::Arc;

/// The names of all baselines.
pub(crate) const NAMES: [&str; 6] = ["repeat", "ngram", "lookup", "stream_ngram", "thread_dp", "joint_beam"];

/// The baseline of this name (one of [`NAMES`]; any other name gives `repeat`).
pub(crate) fn baseline(name: &str, model: &Arc<NgramModel>) -> Box<dyn Baseline> {
    let model = model.clone();
    match name {
        "ngram" => Box::new(Ngram::new(model)),
        "lookup" => Box::new(Lookup::new(model)),
        "stream_ngram" => Box::new(StreamNgram::new(model)),
        "thread_dp" => Box::new(ThreadDp::new(model)),
        "joint_beam" => Box::new(JointBeam::new(model)),
        _ => Box::new(Repeat::new(model)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::baselines::testing::fill_with;
    use crate::baselines::testing_trace::trace;

    #[test]
    fn every_baseline_has_its_name() {
        let model = NgramModel::learned(&[&trace(&[(0, 1, "a")])]);
        for name in NAMES {
            assert_eq!(baseline(name, &model).name(), name);
        }
    }

    #[test]
    fn gaps_at_both_ends_and_names_never_seen() {
        let (train, test) = ([(0, 1, "a"), (0, 1, "b")], [(0, 1, "x"), (0, 2, "y"), (0, 1, "z"), (0, 3, "x")]);
        let model = NgramModel::learned(&[&trace(&train)]);
        for name in NAMES {
            let method = baseline(name, &model);
            for cut in [0..1, 0..2, 1..3, 2..4, 0..4] {
                let max = cut.len();
                assert!(fill_with(&*method, &test, cut).len() <= max);
            }
        }
        assert_eq!(fill_with(&*baseline("repeat", &model), &test, 1..3), [(1, "x"), (1, "x")]);
    }
}
