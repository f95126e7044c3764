//! Reliability of the answers in flat windows.

use tracemend_repair::model::calibration::{SUPPORT, support_group};

/// Answers that the expected confidence counts as.
const BACKING: f64 = 12.0;

/// A reliability diagram: what share of answers of each confidence was right.
#[derive(Clone, Debug, Default)]
pub struct Reliability {
    /// Right and all, by confidence.
    bins: [[f64; 2]; SUPPORT.len()],
}

impl Reliability {
    /// Counts one answer.
    pub fn note(&mut self, confidence: f32, right: bool) {
        let bin = &mut self.bins[support_group(confidence)];
        *bin = [bin[0] + f64::from(u8::from(right)), bin[1] + 1.0];
    }

    /// The share that was right among answers of this confidence; where few were counted, `expected` counts as well.
    pub fn calibrated(&self, confidence: f32, expected: f32) -> f32 {
        let [right, all] = self.bins[support_group(confidence)];
        ((right + BACKING * f64::from(expected)) / (all + BACKING)) as f32
    }
}
