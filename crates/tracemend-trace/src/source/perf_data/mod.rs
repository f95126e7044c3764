//! `perf.data`.

use super::{OpenOptions, Source, input::Input};
use crate::{TraceError, TraceResult};
use std::path::Path;

pub(crate) fn open(_input: Input, path: &Path, _options: &OpenOptions) -> TraceResult<Box<dyn Source>> {
    Err(TraceError::Corrupt { path: path.to_path_buf(), offset: 0, reason: "perf.data is not read yet".into() })
}
