//! The Python module: classes and functions over the library, without rules of their own.
//!
//! `package/tracemend/_tracemend.pyi` has the documented interface. Whatever takes long runs on a thread of its own while the interpreter is
//! released (`work.rs`), so that other Python threads go on and Ctrl-C is heard.

mod error;
mod imputer;
mod model;
mod picture;
mod repair;
mod table;
mod trace;
mod work;

use pyo3::prelude::*;
use std::ffi::OsString;

/// Runs the command with these arguments, the program's name first, and returns its exit code.
#[pyfunction]
fn main(py: Python<'_>, args: Vec<OsString>) -> u8 {
    py.detach(|| tracemend::run(args.into_iter()))
}

/// Finds where tracers lost events, and reconstructs them.
#[pymodule]
fn _tracemend(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add("__version__", env!("CARGO_PKG_VERSION"))?;
    module.add("TracemendError", error::class(module.py())?)?;
    module.add_class::<trace::Trace>()?;
    module.add_class::<repair::Repair>()?;
    module.add_class::<model::Model>()?;
    module.add_class::<imputer::Imputer>()?;
    module.add_class::<table::Table>()?;
    module.add_function(wrap_pyfunction!(trace::open, module)?)?;
    module.add_function(wrap_pyfunction!(trace::gaps, module)?)?;
    module.add_function(wrap_pyfunction!(repair::repair, module)?)?;
    module.add_function(wrap_pyfunction!(model::train, module)?)?;
    module.add_function(wrap_pyfunction!(model::merge, module)?)?;
    module.add_function(wrap_pyfunction!(main, module)?)
}
