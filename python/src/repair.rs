//! Repairs.

use crate::error::Failure;
use crate::model::{Model, ModelOrPath, TraceOrPath};
use crate::picture::picture;
use crate::table::{Rows, Table, statistics_table};
use crate::trace::{Trace, format_of};
use crate::work::{Watch, run};
use pyo3::prelude::*;
use pyo3::types::PyDict;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};
use tracemend::overlay::{WriteOptions, model_id};
use tracemend::pipeline::{Loaded, OutputForm, OutputFormat, Repaired};
use tracemend::repair::{GapRepair, Params, RepairOptions};

/// A repaired trace.
#[pyclass(frozen, module = "tracemend")]
pub(crate) struct Repair {
    trace: Trace,
    repairs: Vec<GapRepair>,
    min_confidence: f32,
    model: String,
    /// Events, gaps and compositions, once they were asked for.
    tables: OnceLock<[Table; 3]>,
}

impl Repair {
    fn of<'a>(&'a self, loaded: &'a Loaded) -> Repaired<'a> {
        let options = WriteOptions { min_confidence: self.min_confidence, model: &self.model };
        Repaired::new(loaded, &self.repairs, options)
    }

    fn repaired(&self) -> Repaired<'_> {
        self.of(&self.trace.loaded)
    }

    fn rows(&self, merge: bool) -> Result<Rows<'_>, Failure> {
        let mut rows = Rows::new();
        self.repaired().write_to(merge, &mut rows).map_err(|error| Failure::at(&self.trace.path, error.to_string()))?;
        Ok(rows)
    }

    fn table(&self, py: Python<'_>, number: usize) -> PyResult<Table> {
        if self.tables.get().is_none() {
            let tables = py.detach(|| self.rows(false)?.tables())?;
            // Another thread may have been first; both have the same.
            let _ = self.tables.set(tables);
        }
        self.tables.get().map(|tables| tables[number].clone()).ok_or_else(|| Failure::new("no table was made").into())
    }

    fn save(&self, path: &Path, form: OutputForm) -> Result<(), Failure> {
        let failed = |error: std::io::Error| {
            Failure::at(path, format!("{}: {error}; choose another place to write to", path.display()))
        };
        // Text shows the lines as they were recorded. Few ask for it, so they are read when they do.
        if form.format == OutputFormat::Text {
            let Trace { path: source, format, .. } = &self.trace;
            let with_lines = Trace::read(source.clone(), *format, true, &Watch::default())?;
            return self.of(&with_lines.loaded).save(form, path).map_err(failed);
        }
        self.repaired().save(form, path).map_err(failed)
    }
}

#[pymethods]
impl Repair {
    /// The inferred events.
    #[getter]
    fn events(&self, py: Python<'_>) -> PyResult<Table> {
        self.table(py, 0)
    }

    /// The gaps, and how the repair of each went.
    #[getter]
    fn gaps(&self, py: Python<'_>) -> PyResult<Table> {
        self.table(py, 1)
    }

    /// What each gap lost, by kind of event.
    #[getter]
    fn composition(&self, py: Python<'_>) -> PyResult<Table> {
        self.table(py, 2)
    }

    /// Recorded and inferred events, by time.
    #[getter]
    fn merged(&self, py: Python<'_>) -> PyResult<Table> {
        Ok(py.detach(|| self.rows(true)?.events())?)
    }

    /// Counts and latencies, before the repair and after.
    #[getter]
    fn statistics(&self, py: Python<'_>) -> PyResult<Table> {
        let table = || {
            let repaired = self.repaired();
            let rows = repaired.statistics().map_err(|error| Failure::at(&self.trace.path, error.to_string()))?;
            statistics_table(rows)
        };
        Ok(py.detach(table)?)
    }

    /// The repair in words.
    #[getter]
    fn summary(&self) -> String {
        match self.repairs.is_empty() {
            true => "the trace reports no loss, so there is nothing to repair".to_owned(),
            false => self.repaired().summary().lines().join("\n"),
        }
    }

    /// Writes the repair; the suffix of `path` says how, or else `format`.
    #[pyo3(signature = (path, format=None, *, merge=false))]
    fn write(&self, py: Python<'_>, path: PathBuf, format: Option<&str>, merge: bool) -> PyResult<()> {
        let form = OutputForm { format: output_format(&path, format)?, merge, color: false, neutral: false };
        Ok(py.detach(|| self.save(&path, form))?)
    }

    /// Writes the report, one HTML page that works offline.
    fn report(&self, py: Python<'_>, path: PathBuf) -> PyResult<()> {
        let write = || {
            let failed = |error: std::io::Error| Failure::at(&path, format!("{}: {error}", path.display()));
            let name = self.trace.path.file_name().map(|name| name.to_string_lossy());
            let page = self.repaired().report(name.as_deref().unwrap_or("a trace")).map_err(failed)?;
            let mut file = tracemend::trace::AtomicFile::create(&path).map_err(failed)?;
            std::io::Write::write_all(&mut file, page.as_bytes()).map_err(failed)?;
            file.commit().map_err(failed)
        };
        Ok(py.detach(write)?)
    }

    fn __repr__(&self) -> String {
        format!("<Repair of {}: {}>", self.trace.path.display(), self.summary().replace('\n', "; "))
    }

    fn _repr_html_(&self) -> String {
        picture(&self.summary(), &self.trace.loaded.trace, &self.repairs)
    }
}

fn output_format(path: &Path, name: Option<&str>) -> Result<OutputFormat, Failure> {
    let known = || OutputFormat::names().collect::<Vec<_>>().join(", ");
    match name {
        Some(name) => OutputFormat::of_name(name)
            .ok_or_else(|| Failure::new(format!("no output format is called `{name}`; use one of {}", known()))),
        None => OutputFormat::of_suffix(path).ok_or_else(|| {
            let shown = path.display();
            Failure::at(path, format!("{shown}: the suffix stands for no output format; give one of {}", known()))
        }),
    }
}

/// Constants of the repair by their dotted names, each value as JSON has it.
fn params(given: Option<&Bound<'_, PyDict>>) -> PyResult<Params> {
    let mut params = Params::default();
    let Some(given) = given else { return Ok(params) };
    let json = given.py().import("json")?;
    for (name, value) in given {
        let value: String = json.call_method1("dumps", (value,))?.extract()?;
        params.set(&name.extract::<String>()?, &value).map_err(Failure::new)?;
    }
    Ok(params)
}

/// Repairs a trace.
#[pyfunction]
#[pyo3(signature = (
    trace, *, model=None, seed=0, threads=0, params=None, samples=0, max_lost=None, min_confidence=0.0, format=None,
    progress=None
))]
#[expect(clippy::too_many_arguments, reason = "they are Python's keywords")]
pub(crate) fn repair(
    py: Python<'_>,
    trace: TraceOrPath,
    model: Option<ModelOrPath>,
    seed: u64,
    threads: usize,
    params: Option<&Bound<'_, PyDict>>,
    samples: usize,
    max_lost: Option<u64>,
    min_confidence: f32,
    format: Option<&str>,
    progress: Option<&Bound<'_, PyAny>>,
) -> PyResult<Repair> {
    if !(0.0..=1.0).contains(&min_confidence) {
        return Err(Failure::new(format!("min_confidence is {min_confidence}; give a number from 0 to 1")).into());
    }
    let format = format_of(format)?;
    let max_lost = max_lost.unwrap_or(RepairOptions::default().max_lost);
    let options =
        RepairOptions { seed, threads, samples, max_lost, params: self::params(params)?, ..RepairOptions::default() };
    run(py, progress, move |watch| {
        let trace = match trace {
            TraceOrPath::Trace(trace) => trace,
            TraceOrPath::Path(path) => Trace::read(path, format, false, watch)?,
        };
        let model: Option<Model> = model.map(ModelOrPath::get).transpose()?;
        let name = model.as_ref().map(|model| model.path.as_deref().unwrap_or(Path::new("model")));
        let report = |done: usize, total: usize| {
            watch.set(done, total);
            if watch.stopped() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        };
        let learned = model.as_ref().map(|model| Arc::as_ref(&model.model));
        let repairs = tracemend::repair::repair(&trace.loaded.trace, learned, &options, &report);
        let used = repairs.iter().any(|repair| repair.from_model);
        let model = model_id(name.filter(|_| used).as_slice());
        Ok(Repair { trace, repairs, min_confidence, model, tables: OnceLock::new() })
    })
}
