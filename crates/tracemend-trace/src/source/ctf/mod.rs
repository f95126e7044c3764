//! Common Trace Format, 1.8 and 2.

mod audit;
mod json;
mod metadata;
#[cfg(test)]
mod outline;
mod schema;
mod tsdl;

pub(crate) use metadata::check as check_metadata;

use super::{OpenOptions, Source};
use crate::{TraceError, TraceResult};
use std::path::Path;

pub(crate) fn open(path: &Path, _options: &OpenOptions) -> TraceResult<Box<dyn Source>> {
    Err(TraceError::Corrupt { path: path.to_path_buf(), offset: 0, reason: "CTF is not read yet".into() })
}
