//! Cells of a result table: one method at one blackout on one data set.

use rustc_hash::FxHashSet;

use crate::measurement::{Estimate, Plan, estimate};
use crate::metric::{GapTally, METRICS};
use crate::protocol::paper::NO_METHOD;
use crate::score::{Detail, Score};

/// All figures of one method at one blackout on one data set.
pub(crate) struct Cell {
    pub data: String,
    pub method: String,
    pub blackout: usize,
    pub gaps: usize,
    pub figures: Vec<(&'static str, Estimate)>,
    /// See [`Detail::bins`].
    pub bins: Vec<[f64; 3]>,
}

impl Cell {
    /// The rows of this cell; `label` is appended to the name of the data.
    pub fn rows<'a>(&'a self, protocol: &'a str, label: &'a str) -> impl Iterator<Item = Score> + 'a {
        self.figures.iter().map(move |(metric, estimate)| {
            let (low, high) = estimate.interval();
            Score {
                protocol: protocol.to_owned(),
                data: format!("{} {label}", self.data),
                method: self.method.clone(),
                blackout: self.blackout,
                metric: (*metric).to_owned(),
                value: estimate.value,
                low,
                high,
                gaps: self.gaps,
                detail: Detail {
                    resampled: estimate.resampled.clone(),
                    bins: if *metric == "ece" { self.bins.clone() } else { Vec::new() },
                },
            }
        })
    }
}

/// Names the estimates and drops what was not measured.
pub(crate) fn figures(estimates: [Option<Estimate>; METRICS.len()]) -> Vec<(&'static str, Estimate)> {
    let named = METRICS.into_iter().zip(estimates);
    named.filter_map(|(m, e)| Some((m, e?))).collect()
}

/// Share of the test windows that stand, whole and at any offset, in the training text.
///
/// `windows`: the distinct ones and how often each occurs, in the order of `plan`.
pub(crate) fn leakage<W: AsRef<[u32]>, S: AsRef<[u32]>>(
    name: &str,
    training: &[S],
    windows: impl Iterator<Item = (W, usize)> + Clone,
    plan: &Plan,
) -> Cell {
    let lengths: FxHashSet<usize> = windows.clone().map(|w| w.0.as_ref().len()).collect();
    let known: FxHashSet<&[u32]> = lengths
        .iter()
        .filter(|length| **length > 0)
        .flat_map(|length| training.iter().flat_map(|t| t.as_ref().windows(*length)))
        .collect();
    let mut gaps = 0;
    let tallies: Vec<GapTally> = windows
        .map(|(window, copies)| {
            gaps += copies;
            let stands = i64::from(known.contains(window.as_ref()));
            GapTally::new(&[1], &[stands], None).times(copies)
        })
        .collect();
    let [share, ..] = estimate(&tallies, plan);
    Cell {
        data: name.to_owned(),
        method: NO_METHOD.to_owned(),
        blackout: 0,
        gaps,
        figures: share.map(|s| ("leakage", s)).into_iter().collect(),
        bins: Vec::new(),
    }
}

/// Means over the data sets, each weighing the same; intervals from resampling all data sets at once.
pub(crate) fn means(cells: &[Cell]) -> Vec<Cell> {
    let mut groups: Vec<((usize, &str), Vec<&Cell>)> = Vec::new();
    for cell in cells {
        let key = (cell.blackout, cell.method.as_str());
        match groups.iter_mut().find(|g| g.0 == key) {
            Some((_, group)) => group.push(cell),
            None => groups.push((key, vec![cell])),
        }
    }
    groups
        .into_iter()
        .map(|((blackout, method), group)| Cell {
            data: "mean".to_owned(),
            method: method.to_owned(),
            blackout,
            gaps: group.iter().map(|c| c.gaps).sum(),
            figures: METRICS
                .into_iter()
                .chain(["leakage"])
                .filter_map(|metric| {
                    let of_metric: Vec<&Estimate> =
                        group.iter().flat_map(|c| &c.figures).filter(|f| f.0 == metric).map(|f| &f.1).collect();
                    Some((metric, Estimate::mean(&of_metric)?))
                })
                .collect(),
            bins: summed(group.iter().map(|cell| cell.bins.as_slice())),
        })
        .collect()
}

/// Bins of confidences added up.
pub(crate) fn summed<'a>(all: impl Iterator<Item = &'a [[f64; 3]]>) -> Vec<[f64; 3]> {
    let mut sum: Vec<[f64; 3]> = Vec::new();
    for bins in all {
        sum.resize(sum.len().max(bins.len()), [0.0; 3]);
        for (sum, bin) in sum.iter_mut().zip(bins) {
            (0..3).for_each(|part| sum[part] += bin[part]);
        }
    }
    sum
}
