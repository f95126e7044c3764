//! Tables, sequences and arrays: formats that no tracer writes itself.

pub(crate) mod array;
mod columns;
pub(crate) mod csv;
pub(crate) mod npy;
pub(crate) mod npz;
pub(crate) mod sequences;
pub(crate) mod trace_compass;
