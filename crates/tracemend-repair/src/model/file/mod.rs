//! One file for a model: documented, versioned, self-describing (`docs/model-format.md`).

mod error;
mod model_file;

pub use error::ModelError;
pub use model_file::{FORMAT_VERSION, KIND};
