//! Traces in tar archives: unpacked into a folder of their own for as long as they are read.

use super::open::open;
use super::options::OpenOptions;
use crate::decode::input::Input;
use crate::fs::AtomicFolder;
use crate::source::Source;
use crate::{Item, TraceError, TraceHeader, TraceResult};
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

/// Largest archive unpacked, in bytes of its files: a small packed one can hold more than a disk.
const MAX_BYTES: u64 = 64 << 30;
/// Maximum number of files of an archive.
const MAX_FILES: usize = 1 << 20;

/// Archives unpacked so far by this program: each has a folder of its own.
static UNPACKED: AtomicUsize = AtomicUsize::new(0);

/// Whether an input begins as a tar archive does.
pub(crate) fn is_tar(beginning: &[u8]) -> bool {
    beginning.get(257..262) == Some(b"ustar")
}

/// Unpacks an archive and opens the trace in it. The folder goes when the reader does.
pub(crate) fn open_tar(input: Input, path: &Path, options: &OpenOptions) -> TraceResult<Box<dyn Source>> {
    let number = UNPACKED.fetch_add(1, Ordering::Relaxed);
    let target = std::env::temp_dir().join(format!("tracemend-unpacked-{number}"));
    let folder = AtomicFolder::create(&target).map_err(TraceError::io(&target))?;
    let files = unpack(input, path, folder.path())?;
    let inside = match &files[..] {
        [] => {
            let seen = "an archive without files".to_owned();
            return Err(TraceError::UnknownFormat { path: path.to_path_buf(), seen });
        }
        // An archive can hold itself.
        [only]
            if Input::new(Box::new(File::open(only).map_err(TraceError::io(only))?))
                .is_ok_and(|inner| is_tar(inner.beginning())) =>
        {
            let seen = "an archive in an archive; unpack it first".to_owned();
            return Err(TraceError::UnknownFormat { path: path.to_path_buf(), seen });
        }
        [only] => only.clone(),
        _ => folder.path().to_path_buf(),
    };
    Ok(Box::new(Unpacked { source: open(&inside, options)?, _folder: folder }))
}

/// Unpacks plain files, and returns where they lie. Links, devices and paths that lead elsewhere are no part of a trace.
fn unpack(input: Input, path: &Path, folder: &Path) -> TraceResult<Vec<PathBuf>> {
    let failed = TraceError::io(path);
    let mut files = Vec::new();
    let mut bytes: u64 = 0;
    let mut archive = tar::Archive::new(input);
    for entry in archive.entries().map_err(failed)? {
        let mut entry = entry.map_err(failed)?;
        if !entry.header().entry_type().is_file() {
            continue;
        }
        bytes = bytes.saturating_add(entry.size());
        if bytes > MAX_BYTES || files.len() == MAX_FILES {
            let reason = format!(
                "an archive of more than {MAX_FILES} files or {} GiB; unpack it yourself and read the folder",
                MAX_BYTES >> 30
            );
            return Err(TraceError::Corrupt { path: path.to_path_buf(), offset: 0, reason });
        }
        let inside = entry.path().map_err(failed)?.into_owned();
        // Answers false for a path that leads out of the folder.
        if entry.unpack_in(folder).map_err(failed)? {
            files.push(folder.join(inside));
        }
    }
    Ok(files)
}

/// A reader, and the folder that it reads.
struct Unpacked {
    source: Box<dyn Source>,
    _folder: AtomicFolder,
}

impl Source for Unpacked {
    fn next_item(&mut self) -> TraceResult<Option<Item>> {
        self.source.next_item()
    }

    fn header(&self) -> &TraceHeader {
        self.source.header()
    }

    fn record(&mut self) -> &[u8] {
        self.source.record()
    }
}
