//! N-gram models: learning, merging, files.

use crate::error::Failure;
use crate::trace::Trace;
use crate::work::run;
use pyo3::prelude::*;
use std::path::PathBuf;
use std::sync::Arc;
use tracemend::repair::model::TraceModel;
use tracemend::repair::{RepairOptions, with_threads};

/// What was learned from traces.
#[pyclass(frozen, from_py_object, module = "tracemend")]
#[derive(Clone, Debug)]
pub(crate) struct Model {
    pub(crate) model: Arc<TraceModel>,
    /// The file it was read from.
    pub(crate) path: Option<PathBuf>,
}

#[pymethods]
impl Model {
    /// Reads a model file.
    #[staticmethod]
    fn load(py: Python<'_>, path: PathBuf) -> PyResult<Self> {
        run(py, None, move |_| Ok(Self { model: Arc::new(TraceModel::load(&path)?), path: Some(path) }))
    }

    /// Writes the model to a file, which appears whole or not at all.
    fn save(&self, py: Python<'_>, path: PathBuf) -> PyResult<()> {
        Ok(py.detach(|| self.model.save(&path).map_err(Failure::from))?)
    }

    /// Events learned from.
    #[getter]
    fn events(&self) -> u64 {
        self.model.events
    }

    fn __repr__(&self) -> String {
        format!("<Model of {} events>", self.model.events)
    }
}

/// A trace, or where one lies.
#[derive(FromPyObject)]
pub(crate) enum TraceOrPath {
    Trace(Trace),
    Path(PathBuf),
}

/// A model, or where one lies.
#[derive(FromPyObject)]
pub(crate) enum ModelOrPath {
    Model(Model),
    Path(PathBuf),
}

impl ModelOrPath {
    /// The model, read now if it is not in memory.
    pub(crate) fn get(self) -> Result<Model, Failure> {
        match self {
            Self::Model(model) => Ok(model),
            Self::Path(path) => Ok(Model { model: Arc::new(TraceModel::load(&path)?), path: Some(path) }),
        }
    }
}

/// Learns a model from traces.
#[pyfunction]
#[pyo3(signature = (traces, *, seed=0, threads=0))]
pub(crate) fn train(py: Python<'_>, traces: Vec<TraceOrPath>, seed: u64, threads: usize) -> PyResult<Model> {
    run(py, None, move |watch| {
        let read = |trace| match trace {
            TraceOrPath::Trace(trace) => Ok(trace),
            TraceOrPath::Path(path) => Trace::read(path, None, false, watch),
        };
        let traces = traces.into_iter().map(read).collect::<Result<Vec<Trace>, Failure>>()?;
        let traces: Vec<_> = traces.iter().map(|trace| &trace.loaded.trace).collect();
        let options = RepairOptions { seed, threads, ..RepairOptions::default() };
        let model = with_threads(threads, || tracemend::repair::train(&traces, &options));
        Ok(Model { model: Arc::new(model), path: None })
    })
}

/// Adds models up.
#[pyfunction]
pub(crate) fn merge(py: Python<'_>, models: Vec<ModelOrPath>) -> PyResult<Model> {
    run(py, None, move |_| {
        let mut sum = TraceModel::default();
        for model in models {
            sum.merge(&model.get()?.model);
        }
        // In the form of its file: the order of merging must not show in a repair's last digits.
        Ok(Model { model: Arc::new(sum.canonical()), path: None })
    })
}
