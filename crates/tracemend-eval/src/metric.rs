//! The metrics: each is defined here, once, for every protocol.

use serde::{Serialize, Serializer};
use std::fmt;
use std::str::FromStr;

/// A figure of a result table.
///
/// All are measured on the missing positions only. A *position* is one lost event. In windows it is right if the token
/// is; in traces of many threads if event and thread are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Metric {
    /// ICSE 2025 reconstruction paper.
    Accuracy,
    /// ICSE 2025 reconstruction paper.
    PerfectRate,
    /// Lin, *ROUGE*, 2004. Truth and prediction of a window have one length, so recall, precision and F-score coincide;
    /// in traces this is the recall.
    RougeL,
    /// Balanced accuracy, Brodersen et al. 2010: rare event types weigh as much as frequent ones.
    MacroAccuracy,
    /// The strength of models that treat ids as numbers. Windows only.
    WithinOne,
    /// Traces only.
    ThreadLcs,
    /// Total variation distance of the two multisets. The denominator is the true number of lost events even where more
    /// or fewer were predicted: surplus events count, and 1 can be exceeded.
    CompositionTv,
    /// Repairs only.
    Coverage,
    /// Expected calibration error, Guo et al. 2017.
    Ece,
    /// Trust in the sure events.
    PrecisionAt90,
    /// The part of the loss that a reader can rely on.
    RecallAt90,
    /// Repairs only.
    Validity,
    /// Latencies before the repair; calls with at least 5 latencies in the twin. Protocols `truth` and `ring` only, as
    /// the next three.
    LatencyErrorMedianBefore,
    /// Latencies after the repair.
    LatencyErrorMedian,
    /// Long latencies before the repair.
    LatencyErrorP95Before,
    /// Long latencies after the repair.
    LatencyErrorP95,
    /// Learning not included, except what the engine learns from the lossy trace in protocol `truth`.
    SecondsPerGap,
    /// A property of the data: a high share means that a method may know the truth by heart.
    Leakage,
    /// A property of the tracer. Protocol `truth` only.
    CountExact,
    /// A property of the tracer. Protocol `truth` only.
    CountError,
}

impl Metric {
    /// All metrics, in the order of a table's columns.
    pub const ALL: [Self; 20] = [
        Self::Accuracy,
        Self::PerfectRate,
        Self::RougeL,
        Self::MacroAccuracy,
        Self::WithinOne,
        Self::ThreadLcs,
        Self::CompositionTv,
        Self::Coverage,
        Self::Ece,
        Self::PrecisionAt90,
        Self::RecallAt90,
        Self::Validity,
        Self::LatencyErrorMedianBefore,
        Self::LatencyErrorMedian,
        Self::LatencyErrorP95Before,
        Self::LatencyErrorP95,
        Self::SecondsPerGap,
        Self::Leakage,
        Self::CountExact,
        Self::CountError,
    ];

    /// Its name in tables, options and files.
    pub fn name(self) -> &'static str {
        match self {
            Self::Accuracy => "accuracy",
            Self::PerfectRate => "perfect_rate",
            Self::RougeL => "rouge_l",
            Self::MacroAccuracy => "macro_accuracy",
            Self::WithinOne => "within_one",
            Self::ThreadLcs => "thread_lcs",
            Self::CompositionTv => "composition_tv",
            Self::Coverage => "coverage",
            Self::Ece => "ece",
            Self::PrecisionAt90 => "precision_at_90",
            Self::RecallAt90 => "recall_at_90",
            Self::Validity => "validity",
            Self::LatencyErrorMedianBefore => "latency_error_median_before",
            Self::LatencyErrorMedian => "latency_error_median",
            Self::LatencyErrorP95Before => "latency_error_p95_before",
            Self::LatencyErrorP95 => "latency_error_p95",
            Self::SecondsPerGap => "seconds_per_gap",
            Self::Leakage => "leakage",
            Self::CountExact => "count_exact",
            Self::CountError => "count_error",
        }
    }

    /// Its definition: a noun phrase.
    pub fn definition(self) -> &'static str {
        match self {
            Self::Accuracy => "positions predicted right / all positions",
            Self::PerfectRate => {
                "gaps predicted wholly right / all gaps; in traces each thread's events have to be right in their order"
            }
            Self::RougeL => {
                "mean over gaps of the length of the longest common subsequence of truth and prediction / gap length"
            }
            Self::MacroAccuracy => "mean over the lost event types of the accuracy on that type",
            Self::WithinOne => "positions with |id - predicted id| <= 1 / all positions",
            Self::ThreadLcs => {
                "sum over threads of the longest common subsequence of truth and prediction / all positions"
            }
            Self::CompositionTv => {
                "mean over gaps of half the summed differences between true and predicted counts of each event type / \
                 gap length"
            }
            Self::Coverage => {
                "rows of the compositions whose 90 % interval holds the true count / all rows; a lost event type \
                 without a row is a row missed"
            }
            Self::Ece => {
                "sum over 15 bins of equal width of the probability of |share right - mean probability|, each weighted \
                 by its share of the predicted events"
            }
            Self::PrecisionAt90 => "right events with probability >= 0.9 / all events with probability >= 0.9",
            Self::RecallAt90 => "right events with probability >= 0.9 / all positions",
            Self::Validity => "gaps whose inferred events obey the entry/exit rules of their threads / all gaps",
            Self::LatencyErrorMedianBefore => {
                "mean over calls of |ln(median latency of the recorded events alone / median latency in the twin)|"
            }
            Self::LatencyErrorMedian => {
                "mean over calls of |ln(median latency after the repair / median latency in the twin)|"
            }
            Self::LatencyErrorP95Before => {
                "mean over calls of |ln(95th percentile of the recorded events' latencies / that of the twin)|"
            }
            Self::LatencyErrorP95 => {
                "mean over calls of |ln(95th percentile of the latencies after the repair / that of the twin)|"
            }
            Self::SecondsPerGap => "CPU seconds of one thread to fill one gap",
            Self::Leakage => "tested windows, or lost stretches, that occur word for word in the training data / all",
            Self::CountExact => "gaps whose counted loss is what the twin holds / all counted gaps",
            Self::CountError => "summed differences between counted and true losses / all lost events",
        }
    }

    /// Whether a smaller figure is a better one.
    pub fn less_is_better(self) -> bool {
        matches!(
            self,
            Self::CompositionTv
                | Self::Ece
                | Self::LatencyErrorMedianBefore
                | Self::LatencyErrorMedian
                | Self::LatencyErrorP95Before
                | Self::LatencyErrorP95
                | Self::SecondsPerGap
                | Self::Leakage
                | Self::CountError
        )
    }

    /// Whether methods are compared by it. Wider intervals raise the coverage and are not better, and the spread of times
    /// over gaps says little about their spread over runs.
    pub fn compares_methods(self) -> bool {
        matches!(
            self,
            Self::Accuracy
                | Self::PerfectRate
                | Self::RougeL
                | Self::MacroAccuracy
                | Self::WithinOne
                | Self::ThreadLcs
                | Self::CompositionTv
                | Self::Ece
                | Self::PrecisionAt90
                | Self::RecallAt90
        )
    }

    /// Decimals in tables. Times of microseconds would vanish in three.
    pub fn decimals(self) -> usize {
        if self == Self::SecondsPerGap { 6 } else { 3 }
    }

    /// Whether the figure is a property of the data or the tracer, not of a method.
    pub fn describes_data(self) -> bool {
        matches!(self, Self::Leakage | Self::CountExact | Self::CountError)
    }
}

impl fmt::Display for Metric {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// The text is not the name of a metric.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown metric `{0}`; choose among {list}", list = Metric::ALL.map(Metric::name).join(", "))]
pub struct UnknownMetric(String);

impl FromStr for Metric {
    type Err = UnknownMetric;

    fn from_str(text: &str) -> Result<Self, UnknownMetric> {
        Self::ALL.into_iter().find(|metric| metric.name() == text).ok_or_else(|| UnknownMetric(text.to_owned()))
    }
}

impl Serialize for Metric {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

/// A figure for each metric that was measured.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Figures([Option<f64>; Metric::ALL.len()]);

impl Figures {
    /// The figure of a metric, or `None` where it was not measured.
    pub fn get(&self, metric: Metric) -> Option<f64> {
        self.0[metric as usize]
    }

    pub(crate) fn set(&mut self, metric: Metric, figure: Option<f64>) {
        self.0[metric as usize] = figure;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_lead_back_to_their_metrics_in_the_order_of_the_enum() {
        for (place, metric) in Metric::ALL.into_iter().enumerate() {
            assert_eq!(metric as usize, place);
            assert_eq!(metric.name().parse(), Ok(metric));
            assert!(!metric.definition().is_empty());
        }
        assert!("acuracy".parse::<Metric>().is_err());
    }
}
