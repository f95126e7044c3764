//! `trace.dat`.

use super::{OpenOptions, Source, input::Input};
use crate::{TraceError, TraceResult};
use std::path::Path;

/// The first bytes of every `trace.dat`.
pub(crate) const MAGIC: &[u8] = b"\x17\x08\x44tracing";

pub(crate) fn open(_input: Input, path: &Path, _options: &OpenOptions) -> TraceResult<Box<dyn Source>> {
    Err(TraceError::Corrupt { path: path.to_path_buf(), offset: 0, reason: "trace.dat is not read yet".into() })
}
