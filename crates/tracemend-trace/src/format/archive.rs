//! Traces in tar archives: unpacked into a folder of their own for as long as they are read.

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

/// An archive, unpacked. The folder goes when this does.
pub(crate) struct Archive {
    folder: AtomicFolder,
    /// The trace in it: its only file, or the folder.
    pub(crate) inside: PathBuf,
}

impl Archive {
    /// Unpacks an archive.
    pub(crate) fn unpack(input: Input, path: &Path) -> TraceResult<Self> {
        let number = UNPACKED.fetch_add(1, Ordering::Relaxed);
        let target = std::env::temp_dir().join(format!("tracemend-unpacked-{number}"));
        let folder = AtomicFolder::create(&target).map_err(TraceError::io(&target))?;
        let files = unpack(input, path, folder.path())?;
        let refused = |seen: &str| Err(TraceError::UnknownFormat { path: path.to_path_buf(), seen: seen.to_owned() });
        let inside = match &files[..] {
            [] => return refused("an archive without files"),
            // An archive can hold itself.
            [only] if is_archive(only)? => return refused("an archive in an archive; unpack it first"),
            [only] => only.clone(),
            _ => folder.path().to_path_buf(),
        };
        Ok(Self { folder, inside })
    }

    /// A reader of the trace that keeps the folder for as long as it reads.
    pub(crate) fn reader(self, source: Box<dyn Source>) -> Box<dyn Source> {
        Box::new(Unpacked { source, _folder: self.folder })
    }
}

fn is_archive(path: &Path) -> TraceResult<bool> {
    let io = TraceError::io(path);
    let input = Input::new(Box::new(File::open(path).map_err(io)?)).map_err(io)?;
    Ok(is_tar(input.beginning()))
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
