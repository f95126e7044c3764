//! The exception, and how errors of the library become one.

use pyo3::create_exception;
use pyo3::exceptions::PyException;
use pyo3::prelude::*;
use pyo3::types::PyType;
use std::path::{Path, PathBuf};
use tracemend::repair::model::ModelError;
use tracemend::trace::TraceError;

create_exception!(
    tracemend,
    TracemendError,
    PyException,
    "An input that cannot be read, or an output that cannot be written. The message says what to do next; `path`, `offset` (bytes in the \
     decompressed input) and `line` (from 1) say where, each None where it is not known."
);

/// The exception's class, whose attributes are there in every instance.
pub(crate) fn class(py: Python<'_>) -> PyResult<Bound<'_, PyType>> {
    let class = py.get_type::<TracemendError>();
    for attribute in ["path", "offset", "line"] {
        class.setattr(attribute, py.None())?;
    }
    Ok(class)
}

/// An error with its place, made without the interpreter.
#[derive(Debug)]
pub(crate) struct Failure {
    message: String,
    path: Option<PathBuf>,
    offset: Option<u64>,
    line: Option<u64>,
}

impl Failure {
    /// An error that concerns no file.
    pub(crate) fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), path: None, offset: None, line: None }
    }

    /// An error at a path.
    pub(crate) fn at(path: &Path, message: impl Into<String>) -> Self {
        Self { path: Some(path.to_owned()), ..Self::new(message) }
    }
}

impl From<TraceError> for Failure {
    fn from(error: TraceError) -> Self {
        let (path, offset, line) = match &error {
            TraceError::Io { path, .. } | TraceError::UnknownFormat { path, .. } => (Some(path), None, None),
            TraceError::Malformed { path, line, offset, .. } => (Some(path), Some(*offset), Some(*line)),
            TraceError::Corrupt { path, offset, .. } => (Some(path), Some(*offset), None),
            _ => (None, None, None),
        };
        // Line 0 stands for a binary format.
        let line = line.filter(|&line| line > 0);
        Self { message: error.to_string(), path: path.cloned(), offset, line }
    }
}

impl From<ModelError> for Failure {
    fn from(error: ModelError) -> Self {
        let path = match &error {
            ModelError::Io { path, .. }
            | ModelError::NotAModel { path, .. }
            | ModelError::Version { path, .. }
            | ModelError::Damaged { path, .. }
            | ModelError::TooLarge { path, .. } => Some(PathBuf::from(path)),
            _ => None,
        };
        Self { path, ..Self::new(error.to_string()) }
    }
}

impl From<Failure> for PyErr {
    fn from(failure: Failure) -> Self {
        Python::attach(|py| {
            let error = TracemendError::new_err(failure.message);
            let value = error.value(py);
            let set = value
                .setattr("path", failure.path.map(|path| path.into_os_string()))
                .and_then(|()| value.setattr("offset", failure.offset))
                .and_then(|()| value.setattr("line", failure.line));
            set.err().unwrap_or(error)
        })
    }
}
