//! Flat windows: the n-gram look-up imputer.

use crate::error::Failure;
use crate::work::run;
use pyo3::prelude::*;
use std::sync::Arc;
use tracemend::impute::window::ppm::Ppm;
use tracemend::impute::{Imputer as _, Window};

/// Counts of a training text, ready to fill windows.
#[pyclass(frozen, module = "tracemend")]
pub(crate) struct Imputer {
    ppm: Arc<Ppm>,
}

/// Filled windows, and the probability of each token.
type Filled = (Vec<Vec<u32>>, Vec<Vec<f32>>);

#[pymethods]
impl Imputer {
    /// Learns from sequences of tokens.
    #[new]
    fn new(py: Python<'_>, sequences: Vec<Vec<u32>>) -> PyResult<Self> {
        run(py, None, move |_| Ok(Self { ppm: Arc::new(Ppm::learn(&sequences)) }))
    }

    /// Fills windows of tokens where `observed` is false.
    fn fill(&self, py: Python<'_>, windows: Vec<Vec<u32>>, observed: Vec<Vec<bool>>) -> PyResult<Filled> {
        let fits = windows.iter().map(Vec::len).eq(observed.iter().map(Vec::len));
        if !fits {
            return Err(Failure::new("array and mask have different shapes; give one flag for each token").into());
        }
        let ppm = Arc::clone(&self.ppm);
        run(py, None, move |watch| {
            let mut filled = Filled::default();
            for (tokens, observed) in windows.iter().zip(&observed) {
                if watch.stopped() {
                    break;
                }
                let imputation = ppm.impute(Window::new(tokens, observed));
                filled.1.push((0..tokens.len()).map(|at| imputation.confidence(at)).collect());
                filled.0.push(imputation.tokens);
            }
            Ok(filled)
        })
    }
}
