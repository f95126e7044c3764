//! The metrics: each is defined here, once, for every protocol.

use serde::{Deserialize, Serialize, Serializer};
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
    /// What a model that treats ids as numbers is good at. Windows only.
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
    /// What a reader of sure events meets.
    PrecisionAt90,
    /// What a reader of sure events can rely on.
    RecallAt90,
    /// Repairs only.
    Validity,
    /// See [`crate::latency`]. Protocol `truth` only, like the next three.
    LatencyErrorMedianBefore,
    /// After the repair.
    LatencyErrorMedian,
    /// Before the repair.
    LatencyErrorP95Before,
    /// After the repair.
    LatencyErrorP95,
    /// Learning not included.
    SecondsPerGap,
    /// A property of the data: a high share means that a method may know the truth by heart.
    Leakage,
    /// A property of the tracer. Protocol `truth` only.
    CountExact,
    /// A property of the tracer. Protocol `truth` only.
    CountError,
}

/// What is to be known of a metric: name, definition, whether less is better, whether methods are compared by it.
struct Facts(&'static str, &'static str, bool, bool);

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

    fn facts(self) -> Facts {
        match self {
            Self::Accuracy => Facts("accuracy", "positions predicted right / all positions", false, true),
            Self::PerfectRate => Facts(
                "perfect_rate",
                "gaps predicted wholly right / all gaps; in traces each thread's events have to be right in their order",
                false,
                true,
            ),
            Self::RougeL => Facts(
                "rouge_l",
                "mean over gaps of the length of the longest common subsequence of truth and prediction / gap length",
                false,
                true,
            ),
            Self::MacroAccuracy => {
                Facts("macro_accuracy", "mean over the lost event types of the accuracy on that type", false, true)
            }
            Self::WithinOne => {
                Facts("within_one", "positions with |id - predicted id| <= 1 / all positions", false, true)
            }
            Self::ThreadLcs => Facts(
                "thread_lcs",
                "sum over threads of the longest common subsequence of truth and prediction / all positions",
                false,
                true,
            ),
            Self::CompositionTv => Facts(
                "composition_tv",
                "mean over gaps of half the summed differences between true and predicted counts of each event type / \
                 gap length",
                true,
                true,
            ),
            // Wider intervals raise it and are not better.
            Self::Coverage => Facts(
                "coverage",
                "rows of the compositions whose 90 % interval holds the true count / all rows; a lost event type \
                 without a row is a row missed",
                false,
                false,
            ),
            Self::Ece => Facts(
                "ece",
                "sum over 15 bins of equal width of the probability of |share right - mean probability|, each weighted \
                 by its share of the predicted events",
                true,
                true,
            ),
            Self::PrecisionAt90 => Facts(
                "precision_at_90",
                "right events with probability >= 0.9 / all events with probability >= 0.9",
                false,
                true,
            ),
            Self::RecallAt90 => {
                Facts("recall_at_90", "right events with probability >= 0.9 / all positions", false, true)
            }
            Self::Validity => Facts(
                "validity",
                "gaps whose inferred events obey the entry/exit rules of their threads / all gaps",
                false,
                false,
            ),
            Self::LatencyErrorMedianBefore => Facts(
                "latency_error_median_before",
                "mean over calls of |ln(median latency of the recorded events alone / median latency in the twin)|",
                true,
                false,
            ),
            Self::LatencyErrorMedian => Facts(
                "latency_error_median",
                "mean over calls of |ln(median latency after the repair / median latency in the twin)|",
                true,
                false,
            ),
            Self::LatencyErrorP95Before => Facts(
                "latency_error_p95_before",
                "mean over calls of |ln(95th percentile of the recorded events' latencies / that of the twin)|",
                true,
                false,
            ),
            Self::LatencyErrorP95 => Facts(
                "latency_error_p95",
                "mean over calls of |ln(95th percentile of the latencies after the repair / that of the twin)|",
                true,
                false,
            ),
            // The spread over gaps says little about the spread over runs.
            Self::SecondsPerGap => Facts("seconds_per_gap", "CPU seconds of one thread to fill one gap", true, false),
            Self::Leakage => Facts(
                "leakage",
                "tested windows, or lost stretches, that occur word for word in the training data / all",
                true,
                false,
            ),
            Self::CountExact => {
                Facts("count_exact", "gaps whose counted loss is what the twin holds / all counted gaps", false, false)
            }
            Self::CountError => Facts(
                "count_error",
                "summed differences between counted and true losses / all lost events",
                true,
                false,
            ),
        }
    }

    /// Its name in tables, options and files.
    pub fn name(self) -> &'static str {
        self.facts().0
    }

    /// Its definition: a noun phrase.
    pub fn definition(self) -> &'static str {
        self.facts().1
    }

    /// Whether a smaller figure is a better one.
    pub fn less_is_better(self) -> bool {
        self.facts().2
    }

    /// Whether methods are compared by it.
    pub fn compares_methods(self) -> bool {
        self.facts().3
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

/// The text is no metric's name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("there is no metric `{0}`; choose among {list}", list = Metric::ALL.map(Metric::name).join(", "))]
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

impl<'de> Deserialize<'de> for Metric {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
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
