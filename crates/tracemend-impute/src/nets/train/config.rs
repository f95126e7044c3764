//! What a training run is told.

use crate::nets::train::masks::Mask;
use serde::{Deserialize, Serialize};

/// Settings of a training run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct TrainConfig {
    /// Updates of the weights.
    pub steps: usize,
    /// Windows of each update.
    pub batch: usize,
    /// `L`, events of a window.
    pub length: usize,
    /// What is hidden in a window.
    pub mask: Mask,
    /// The highest learning rate.
    pub learning_rate: f64,
    /// The same for parameters of state-space models, which do not decay either.
    pub state_space_rate: f64,
    /// Decoupled weight decay of matrices (Loshchilov and Hutter 2019); vectors do not decay.
    pub weight_decay: f64,
    /// Updates in which the rate grows to its highest; afterwards it falls to 0 along half a cosine.
    pub warmup: usize,
    /// Longest gradient over all parameters together; longer ones are scaled down to it. 0: no limit.
    pub clip: f64,
    /// Share of the averaged weights that each update keeps; 0: no averaging.
    pub ema: f64,
    /// Updates between two looks at the validation windows, and between two checkpoints.
    pub validate_every: usize,
    /// Windows to validate on.
    pub validation_windows: usize,
    /// Looks without improvement after which training ends; 0: never.
    pub patience: usize,
    /// Decides windows, masks, noise and first weights.
    pub seed: u64,
}

impl Default for TrainConfig {
    fn default() -> Self {
        Self {
            steps: 2000,
            batch: 32,
            length: 200,
            mask: Mask::Mixed,
            learning_rate: 1e-3,
            state_space_rate: 1e-3,
            weight_decay: 0.01,
            warmup: 100,
            clip: 1.0,
            ema: 0.995,
            validate_every: 100,
            validation_windows: 64,
            patience: 0,
            seed: 0,
        }
    }
}

impl TrainConfig {
    /// The factor of the learning rate at an update, counted from 0.
    pub(crate) fn schedule(&self, step: usize) -> f64 {
        let warm = (step + 1) as f64 / self.warmup.max(1) as f64;
        let rest = self.steps.saturating_sub(self.warmup).max(1) as f64;
        let done = step.saturating_sub(self.warmup) as f64 / rest;
        warm.min(0.5 * (1.0 + (std::f64::consts::PI * done.min(1.0)).cos()))
    }

    /// What is wrong with the settings, in words.
    pub(crate) fn problem(&self) -> Option<String> {
        let zero = [
            ("steps", self.steps),
            ("batch", self.batch),
            ("length", self.length),
            ("validate_every", self.validate_every),
            ("validation_windows", self.validation_windows),
        ];
        if let Some((name, _)) = zero.iter().find(|(_, value)| *value == 0) {
            return Some(format!("{name} has to be at least 1"));
        }
        let rates = [("learning_rate", self.learning_rate), ("state_space_rate", self.state_space_rate)];
        if let Some((name, value)) = rates.iter().find(|(_, value)| !(value.is_finite() && *value > 0.0)) {
            return Some(format!("{name} is {value}; it has to be above 0"));
        }
        if !(0.0..1.0).contains(&self.ema) {
            return Some(format!("ema is {}; it has to be at least 0 and below 1", self.ema));
        }
        if !(self.weight_decay >= 0.0 && self.clip >= 0.0) {
            return Some("weight_decay and clip have to be at least 0".to_owned());
        }
        self.mask.problem(self.length)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rate_grows_then_falls_to_nothing() {
        let config = TrainConfig { steps: 100, warmup: 10, ..TrainConfig::default() };
        assert!((config.schedule(0) - 0.1).abs() < 1e-9);
        assert!((config.schedule(9) - 1.0).abs() < 1e-9);
        assert!((config.schedule(55) - 0.5).abs() < 1e-9);
        assert!(config.schedule(99) < 0.001);
        assert!((10..99).all(|step| config.schedule(step + 1) < config.schedule(step)));
    }
}
