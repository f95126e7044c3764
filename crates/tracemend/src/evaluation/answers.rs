//! The answers of an evaluation, gap by gap.

use super::slug;
use crate::dataset::npy;
use serde::Serialize;
use std::io::{BufWriter, Write};
use std::path::Path;
use std::{fs, io};
use tracemend_eval::answer::{TracedAnswer, TracedAnswers};
use tracemend_eval::outcome::Answers;
use tracemend_impute::window::dataset::vocabulary::UNKNOWN;
use tracemend_trace::AtomicFile;
use tracemend_trace::sink::JsonLines;

/// One method's answer to one gap.
#[derive(Serialize)]
struct Row<'a> {
    protocol: &'a str,
    data: &'a str,
    method: &'a str,
    blackout: usize,
    window: usize,
    truth: Vec<&'a str>,
    answer: Vec<&'a str>,
    probability: &'a [f32],
    alternatives: Vec<Vec<(&'a str, f32)>>,
}

/// One method's answer to one gap of a trace of many threads.
#[derive(Serialize)]
struct TracedRow<'a> {
    protocol: &'a str,
    data: &'a str,
    method: &'a str,
    blackout: usize,
    #[serde(flatten)]
    answer: &'a TracedAnswer,
}

/// What an event is called that the data set has no name for.
const NAMELESS: &str = "unknown";

/// All answers as JSON Lines of schema `tracemend.answers`, one gap of one method a line.
pub struct Dump {
    lines: JsonLines<BufWriter<AtomicFile>>,
}

impl Dump {
    /// Begins the file, which appears when it is finished.
    ///
    /// # Errors
    /// When the file cannot be made.
    pub fn create(path: &Path) -> io::Result<Self> {
        let file = BufWriter::new(AtomicFile::create(path)?);
        Ok(Self { lines: JsonLines::begin(file, "tracemend.answers", 1)? })
    }

    /// Adds answers, by the number of the window.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn add(&mut self, answers: &Answers<'_>) -> io::Result<()> {
        let names = &answers.data.vocabulary.tokens;
        let name = |token: &u32| names.get(*token as usize).map_or(NAMELESS, String::as_str);
        for (window, outcome) in answers.by_window() {
            let named = |others: &Vec<(u32, f32)>| others.iter().map(|(token, p)| (name(token), *p)).collect();
            let row = Row {
                protocol: answers.protocol,
                data: &answers.data.name,
                method: answers.method,
                blackout: answers.blackout,
                window,
                truth: answers.truth(window).iter().map(name).collect(),
                answer: outcome.guess.iter().map(name).collect(),
                probability: &outcome.confidence,
                alternatives: outcome.alternatives.iter().map(named).collect(),
            };
            self.lines.row("answer", &row)?;
        }
        Ok(())
    }

    /// Adds answers to gaps of a trace of many threads.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn add_traced(&mut self, answers: &TracedAnswers<'_>) -> io::Result<()> {
        let &TracedAnswers { protocol, data, method, blackout, answers } = answers;
        for answer in answers {
            self.lines.row("traced", &TracedRow { protocol, data, method, blackout, answer })?;
        }
        Ok(())
    }

    /// Gives the file its name.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn finish(self) -> io::Result<()> {
        self.lines.into_inner().into_inner().map_err(io::IntoInnerError::into_error)?.commit()
    }
}

/// Writes answers in the published layout below `folder`: `Results/<method>/results_<data>_<k>/` with `original0.npy`,
/// `imputation0.npy` and `mask0.npy`, `[windows, 1, L]` 32-bit floats, mask 1 where observed. An imputed event that the
/// data set has no number for is NaN.
///
/// # Errors
/// When a file cannot be written.
pub fn save_arrays(folder: &Path, answers: &Answers<'_>) -> io::Result<()> {
    let name = format!("results_{}_{}", slug(&answers.data.name), answers.blackout);
    let folder = folder.join("Results").join(slug(answers.method)).join(name);
    fs::create_dir_all(&folder)?;
    let by_window = answers.by_window();
    let shape = [by_window.len(), 1, answers.data.length];
    let write = |kind: &str, value: &dyn Fn(usize, &[u32], usize) -> f32| -> io::Result<()> {
        let mut out = BufWriter::new(AtomicFile::create(&folder.join(format!("{kind}0.npy")))?);
        npy::begin(&mut out, "<f4", shape)?;
        for (window, outcome) in &by_window {
            for at in 0..answers.data.length {
                out.write_all(&value(*window, &outcome.guess, at).to_le_bytes())?;
            }
        }
        out.into_inner().map_err(io::IntoInnerError::into_error)?.commit()
    };
    let original = |window: usize, at: usize| answers.data.test[window][at] as f32;
    let hidden = answers.hidden;
    write("original", &|window, _, at| original(window, at))?;
    write("imputation", &|window, guess, at| match at.checked_sub(hidden.start).and_then(|place| guess.get(place)) {
        Some(&UNKNOWN) => f32::NAN,
        Some(&token) => token as f32,
        None => original(window, at),
    })?;
    write("mask", &|_, _, at| f32::from(u8::from(!hidden.contains(&at))))
}
