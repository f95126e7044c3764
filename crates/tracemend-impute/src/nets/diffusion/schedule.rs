//! How fast a window is corrupted.

use serde::{Deserialize, Serialize};

/// Most steps that make sense; a file that asks for more is damaged.
const MOST_STEPS: usize = 100_000;

/// How beta grows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Growth {
    /// Evenly.
    Linear,
    /// The square root of beta evenly (CSDI).
    Quadratic,
}

/// A schedule of variances.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Schedule {
    /// `T`
    pub steps: usize,
    /// beta of step 0.
    pub first: f64,
    /// beta of step T - 1.
    pub last: f64,
    /// What lies between.
    pub growth: Growth,
}

/// A schedule's numbers, `[T]` each, in double precision.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Table {
    /// Variance added by each step.
    pub beta: Vec<f64>,
    /// 1 - beta.
    pub alpha: Vec<f64>,
    /// Running product of alpha: the share of the window's variance that is left.
    pub alpha_bar: Vec<f64>,
    /// Standard deviation of the noise that a step backwards adds; of step 0 nothing is added.
    pub sigma: Vec<f64>,
}

impl Schedule {
    /// What is wrong with it, in words.
    pub(crate) fn problem(&self) -> Option<String> {
        let range = 0.0..1.0;
        let sensible = range.contains(&self.first) && range.contains(&self.last) && self.first > 0.0 && self.last > 0.0;
        if !sensible {
            return Some("the schedule's first and last beta have to lie between 0 and 1".to_owned());
        }
        (self.steps == 0 || self.steps > MOST_STEPS)
            .then(|| format!("the schedule has to have 1 to {MOST_STEPS} steps"))
    }

    /// Its numbers.
    pub(crate) fn table(&self) -> Table {
        let share = |t: usize| t as f64 / (self.steps.max(2) - 1) as f64;
        let between = |from: f64, to: f64, t: usize| from + (to - from) * share(t);
        let beta: Vec<f64> = (0..self.steps)
            .map(|t| match self.growth {
                Growth::Linear => between(self.first, self.last, t),
                Growth::Quadratic => between(self.first.sqrt(), self.last.sqrt(), t).powi(2),
            })
            .collect();
        let alpha: Vec<f64> = beta.iter().map(|beta| 1.0 - beta).collect();
        let alpha_bar: Vec<f64> = alpha
            .iter()
            .scan(1.0, |product, alpha| {
                *product *= alpha;
                Some(*product)
            })
            .collect();
        let sigma = (0..self.steps)
            .map(|t| match t.checked_sub(1) {
                None => beta[0].sqrt(),
                Some(before) => (beta[t] * (1.0 - alpha_bar[before]) / (1.0 - alpha_bar[t])).sqrt(),
            })
            .collect();
        Table { beta, alpha, alpha_bar, sigma }
    }
}
