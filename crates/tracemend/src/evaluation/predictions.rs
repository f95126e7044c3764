//! The predictions of an evaluation, gap by gap.

use super::slug::slug;
use crate::npy;
use serde::Serialize;
use std::io::{BufWriter, Write};
use std::path::Path;
use std::{fs, io};
use tracemend_eval::prediction::trace::{GapPrediction, GapPredictions};
use tracemend_eval::prediction::window::WindowPredictions;
use tracemend_impute::window::dataset::UNKNOWN;
use tracemend_trace::AtomicFile;
use tracemend_trace::sink::JsonLines;

/// One method's prediction for the gap of a window.
#[derive(Serialize)]
struct Row<'a> {
    protocol: &'a str,
    data: &'a str,
    method: &'a str,
    blackout: usize,
    window: usize,
    truth: Vec<&'a str>,
    prediction: Vec<&'a str>,
    probability: &'a [f32],
    alternatives: Vec<Vec<(&'a str, f32)>>,
}

/// One method's prediction for one gap of a trace of many threads.
#[derive(Serialize)]
struct TracedRow<'a> {
    protocol: &'a str,
    data: &'a str,
    method: &'a str,
    blackout: usize,
    #[serde(flatten)]
    prediction: &'a GapPrediction,
}

/// The name of an event that the data set has no name for.
const NAMELESS: &str = "unknown";

/// All predictions as JSON Lines of schema `tracemend.predictions`, one gap of one method a line.
pub(crate) struct Dump {
    lines: JsonLines<BufWriter<AtomicFile>>,
}

impl Dump {
    /// Begins the file, which appears when it is finished.
    ///
    /// # Errors
    /// When the file cannot be made.
    pub(crate) fn create(path: &Path) -> io::Result<Self> {
        let file = BufWriter::new(AtomicFile::create(path)?);
        Ok(Self { lines: JsonLines::begin(file, "tracemend.predictions", 1)? })
    }

    /// Adds predictions, in the order of the windows.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub(crate) fn add(&mut self, predictions: &WindowPredictions<'_>) -> io::Result<()> {
        let names = &predictions.data.vocabulary.tokens;
        let name = |token: &u32| names.get(*token as usize).map_or(NAMELESS, String::as_str);
        for (window, predicted) in predictions.by_window() {
            let named = |others: &Vec<(u32, f32)>| others.iter().map(|(token, p)| (name(token), *p)).collect();
            let row = Row {
                protocol: predictions.protocol,
                data: &predictions.data.name,
                method: predictions.method,
                blackout: predictions.blackout,
                window,
                truth: predictions.truth(window).iter().map(name).collect(),
                prediction: predicted.tokens.iter().map(name).collect(),
                probability: &predicted.confidence,
                alternatives: predicted.alternatives.iter().map(named).collect(),
            };
            self.lines.row("prediction", &row)?;
        }
        Ok(())
    }

    /// Adds predictions for gaps of a trace of many threads.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub(crate) fn add_traced(&mut self, predictions: &GapPredictions<'_>) -> io::Result<()> {
        let &GapPredictions { protocol, data, method, blackout, predictions } = predictions;
        for prediction in predictions {
            self.lines.row("traced", &TracedRow { protocol, data, method, blackout, prediction })?;
        }
        Ok(())
    }

    /// Gives the file its name.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub(crate) fn finish(self) -> io::Result<()> {
        self.lines.into_inner().into_inner().map_err(io::IntoInnerError::into_error)?.commit()
    }
}

/// Writes predictions in the published layout below `folder`: `Results/<method>/results_<data>_<k>/` with `original0.npy`,
/// `imputation0.npy` and `mask0.npy`, `[windows, 1, L]` 32-bit floats, mask 1 where observed. An imputed event that the
/// data set has no number for is NaN.
///
/// # Errors
/// When a file cannot be written.
pub(crate) fn save_arrays(folder: &Path, predictions: &WindowPredictions<'_>) -> io::Result<()> {
    let name = format!("results_{}_{}", slug(&predictions.data.name), predictions.blackout);
    let folder = folder.join("Results").join(slug(predictions.method)).join(name);
    fs::create_dir_all(&folder)?;
    let by_window = predictions.by_window();
    let shape = [by_window.len(), 1, predictions.data.length];
    let write = |kind: &str, value: &dyn Fn(usize, &[u32], usize) -> f32| -> io::Result<()> {
        let mut out = BufWriter::new(AtomicFile::create(&folder.join(format!("{kind}0.npy")))?);
        npy::begin(&mut out, "<f4", shape)?;
        for (window, predicted) in &by_window {
            for at in 0..predictions.data.length {
                out.write_all(&value(*window, &predicted.tokens, at).to_le_bytes())?;
            }
        }
        out.into_inner().map_err(io::IntoInnerError::into_error)?.commit()
    };
    let original = |window: usize, at: usize| predictions.data.test[window][at] as f32;
    let hidden = predictions.hidden;
    write("original", &|window, _, at| original(window, at))?;
    write(
        "imputation",
        &|window, tokens, at| match at.checked_sub(hidden.start).and_then(|place| tokens.get(place)) {
            Some(&UNKNOWN) => f32::NAN,
            Some(&token) => token as f32,
            None => original(window, at),
        },
    )?;
    write("mask", &|_, _, at| f32::from(u8::from(!hidden.contains(&at))))
}
