//! Traces: reading them, and their losses.

use crate::error::Failure;
use crate::table::{Rows, Table, gap_table};
use crate::work::{Watch, run};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tracemend::losses::{gap_row, stream_gaps};
use tracemend::overlay::WriteOptions;
use tracemend::pipeline::{Loaded, Repaired, load};
use tracemend::trace::{Format, Gap, Item, OpenOptions, Source, TraceHeader, TraceResult};

/// A trace in memory.
#[pyclass(frozen, from_py_object, module = "tracemend")]
#[derive(Clone, Debug)]
pub(crate) struct Trace {
    pub(crate) path: PathBuf,
    pub(crate) format: Option<Format>,
    pub(crate) loaded: Arc<Loaded>,
}

impl Trace {
    /// Reads a trace to its end, with the lines of its records if `lines`.
    pub(crate) fn read(path: PathBuf, format: Option<Format>, lines: bool, watch: &Watch) -> Result<Self, Failure> {
        let source = tracemend::trace::open(&path, &OpenOptions { format, ..OpenOptions::default() })?;
        let loaded = Arc::new(load(&mut Stoppable { source, watch }, lines)?);
        Ok(Self { path, format, loaded })
    }

    fn gap_table(gaps: &[Gap], header: &TraceHeader) -> Result<Table, Failure> {
        gap_table(&gaps.iter().map(|gap| gap_row(gap, header)).collect::<Vec<_>>())
    }
}

#[pymethods]
impl Trace {
    /// The recorded events.
    #[getter]
    fn events(&self, py: Python<'_>) -> PyResult<Table> {
        let table = || {
            let mut rows = Rows::new();
            let repaired = Repaired::new(&self.loaded, &[], WriteOptions { min_confidence: 0.0, model: "" });
            repaired.write_to(true, &mut rows).map_err(|error| Failure::at(&self.path, error.to_string()))?;
            rows.recorded()
        };
        Ok(py.detach(table)?)
    }

    /// Where events were lost.
    #[getter]
    fn gaps(&self) -> PyResult<Table> {
        Ok(Self::gap_table(&self.loaded.trace.gaps, &self.loaded.trace.header)?)
    }

    /// Format, streams, and what the reader passed over.
    #[getter]
    fn header<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let header = &self.loaded.trace.header;
        let streams = PyList::empty(py);
        for stream in &header.streams {
            let row = PyDict::new(py);
            row.set_item("name", &stream.name)?;
            row.set_item("cpu", stream.cpu)?;
            streams.append(row)?;
        }
        let dict = PyDict::new(py);
        dict.set_item("format", header.format.to_string())?;
        dict.set_item("streams", streams)?;
        dict.set_item("warnings", &header.warnings)?;
        Ok(dict)
    }

    /// Where it was read from.
    #[getter]
    fn path(&self) -> String {
        self.path.display().to_string()
    }

    fn __len__(&self) -> usize {
        self.loaded.trace.events.len()
    }

    fn __repr__(&self) -> String {
        let trace = &self.loaded.trace;
        format!("<Trace {}: {} events, {} gaps>", self.path(), trace.events.len(), trace.gaps.len())
    }
}

/// A source that ends when its trace is no longer wanted.
struct Stoppable<'w> {
    source: Box<dyn Source>,
    watch: &'w Watch,
}

impl Source for Stoppable<'_> {
    fn next_item(&mut self) -> TraceResult<Option<Item>> {
        if self.watch.stopped() { Ok(None) } else { self.source.next_item() }
    }

    fn header(&self) -> &TraceHeader {
        self.source.header()
    }

    fn record(&mut self) -> &[u8] {
        self.source.record()
    }
}

/// The format of this name.
pub(crate) fn format_of(name: Option<&str>) -> Result<Option<Format>, Failure> {
    name.map(|name| name.parse::<Format>().map_err(Failure::new)).transpose()
}

/// Reads a trace.
#[pyfunction]
#[pyo3(signature = (path, format=None))]
pub(crate) fn open(py: Python<'_>, path: PathBuf, format: Option<&str>) -> PyResult<Trace> {
    let format = format_of(format)?;
    run(py, None, move |watch| Trace::read(path, format, false, watch))
}

/// Lists the gaps of a trace in one pass, without keeping its events.
#[pyfunction]
#[pyo3(signature = (path, format=None))]
pub(crate) fn gaps(py: Python<'_>, path: PathBuf, format: Option<&str>) -> PyResult<Table> {
    let format = format_of(format)?;
    run(py, None, move |watch| read_gaps(&path, format, watch))
}

fn read_gaps(path: &Path, format: Option<Format>, watch: &Watch) -> Result<Table, Failure> {
    let source = tracemend::trace::open(path, &OpenOptions { format, losses_only: true, ..OpenOptions::default() })?;
    let mut source = Stoppable { source, watch };
    let mut gaps = Vec::new();
    stream_gaps::<Failure>(&mut source, |gap, _| {
        gaps.push(gap.clone());
        Ok(())
    })?;
    Trace::gap_table(&gaps, source.header())
}
