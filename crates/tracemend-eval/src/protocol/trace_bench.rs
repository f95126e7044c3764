//! One method on the gaps of a trace of many threads: cached, handed on, and measured.

use crate::baselines;
use crate::cache::{Cache, cached};
use crate::error::Error;
use crate::latency::CallErrors;
use crate::measurement::{Measurement, Plan};
use crate::methods::ENGINE;
use crate::prediction::trace::{EventTypes, GapPrediction, GapPredictions, TakeGaps, ThreadEvent, TracePrediction};
use crate::tally::GapTally;
use serde::{Deserialize, Serialize};

/// The methods on traces of many threads, the engine first, then the baselines.
pub(crate) fn methods() -> Vec<&'static str> {
    std::iter::once(ENGINE).chain(baselines::NAMES).collect()
}

/// One gap, measured.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct MeasuredGap {
    /// `None` where nothing can be measured.
    pub tally: Option<GapTally>,
    /// `None` where nothing is known of the gap, or predictions are not asked for.
    pub prediction: Option<GapPrediction>,
}

/// One method on all gaps, measured.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Measured {
    /// In the order of the gaps.
    pub gaps: Vec<MeasuredGap>,
    /// By call, for methods that say when the lost events happened.
    pub latencies: Vec<CallErrors>,
}

impl MeasuredGap {
    /// Scores a prediction; `named`: whether the prediction itself is asked for.
    pub(crate) fn new(
        gap: usize,
        prediction: &TracePrediction,
        truth: &[ThreadEvent],
        types: &EventTypes,
        named: bool,
    ) -> Self {
        Self {
            // Where nothing was lost there is nothing to be right.
            tally: (!truth.is_empty()).then(|| prediction.tally(truth)),
            prediction: named.then(|| prediction.named(gap, truth, types)),
        }
    }
}

/// What is measured.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Job<'a> {
    pub protocol: &'static str,
    pub data: &'a str,
    pub method: &'a str,
    /// Length of the gaps; 0: real gaps of any length.
    pub blackout: usize,
}

impl Job<'_> {
    /// Takes the measured gaps from the cache, or measures and caches them, and hands their predictions on.
    /// `measure` is told whether predictions are asked for.
    pub(crate) fn run(
        self,
        cache: &dyn Cache,
        take: &mut Option<TakeGaps<'_>>,
        measure: impl FnOnce(bool) -> Measured,
    ) -> Result<Measured, Error> {
        let Self { protocol, data, method, blackout } = self;
        let named = take.is_some();
        // Predictions make the cached file many times larger, so they are stored only where they are asked for.
        let with = if named { " with predictions" } else { "" };
        let measured = cached(cache, &format!("{data} k={blackout} {method}{with}"), || measure(named))?;
        if let Some(take) = take {
            let all: Vec<GapPrediction> = measured.gaps.iter().filter_map(|gap| gap.prediction.clone()).collect();
            take(&GapPredictions { protocol, data, method, blackout, predictions: &all })
                .map_err(Error::Predictions)?;
        }
        Ok(measured)
    }

    /// The figures of measured gaps, each a cluster of its own.
    pub(crate) fn measurement(self, tallies: &[GapTally], seed: u64) -> Measurement {
        let plan = Plan::over_gaps(tallies.len(), seed, self.blackout);
        Measurement {
            data: self.data.to_owned(),
            method: self.method.to_owned(),
            blackout: self.blackout,
            gaps: tallies.len(),
            ..Measurement::of_tallies(tallies, &plan)
        }
    }
}
