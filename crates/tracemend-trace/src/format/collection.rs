//! Folders that hold several traces and are none themselves.

use super::ftrace_raw;
use super::open::{holds_metadata, open};
use super::options::OpenOptions;
use super::perf_data;
use crate::{Format, TraceError, TraceResult};
use std::ffi::OsStr;
use std::path::{Path, PathBuf};

/// Folders that hold parts of one trace: of an LTTng session, and of a trace of our own that keeps the recorded files.
const PARTS: [&str; 7] = ["kernel", "ust", "archives", "uid", "pid", "recorded", "inferred"];

/// The traces in a folder that is no trace itself, each file and folder in it, by name; `None` for everything else. A folder is
/// one trace where [`open`] reads it whole, except that CTF traces beside other files or each other are several.
///
/// ```
/// use std::path::Path;
/// use tracemend_trace::{OpenOptions, traces_in};
///
/// let fixtures = Path::new("tests/fixtures/ctf");
/// assert!(traces_in(fixtures, &OpenOptions::default())?.is_some());
/// assert!(traces_in(&fixtures.join("lttng-2"), &OpenOptions::default())?.is_none());
/// # Ok::<(), tracemend_trace::TraceError>(())
/// ```
///
/// # Errors
/// When the folder cannot be listed.
pub fn traces_in(path: &Path, options: &OpenOptions) -> TraceResult<Option<Vec<PathBuf>>> {
    if !path.is_dir() || path.join("metadata").is_file() {
        return Ok(None);
    }
    let entries = entries(path)?;
    if matches!(options.format, None | Some(Format::Ctf)) && holds_metadata(path, 0) {
        let is_one = entries.len() == 1 || entries.iter().any(|entry| is_part(entry));
        return Ok((!is_one).then_some(entries));
    }
    if entries.is_empty() || perf_data::is_of_threads(path) || ftrace_raw::find(path).is_some() {
        return Ok(None);
    }
    let refused = matches!(open(path, options), Err(TraceError::NotRead { .. }));
    Ok(refused.then_some(entries))
}

/// Whether the name is one for a part of a trace.
fn is_part(folder: &Path) -> bool {
    let name = folder.file_name().and_then(OsStr::to_str).unwrap_or_default();
    folder.is_dir() && (PARTS.contains(&name) || name.starts_with("snapshot-"))
}

/// The files and folders in a folder, without hidden ones; opening a pipe or a device could wait without end.
fn entries(folder: &Path) -> TraceResult<Vec<PathBuf>> {
    let io = TraceError::io(folder);
    let mut entries = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(io)? {
        let entry = entry.map_err(io)?;
        let path = entry.path();
        let hidden = entry.file_name().as_encoded_bytes().starts_with(b".");
        if !hidden && (path.is_file() || path.is_dir()) {
            entries.push(path);
        }
    }
    entries.sort();
    Ok(entries)
}
