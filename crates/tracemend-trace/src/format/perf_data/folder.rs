//! Folders that perf writes in place of one file.

use super::magic::order_of;
use std::fs::{self, File};
use std::io::Read;
use std::path::Path;

/// Says what a folder is, if perf wrote it: what lies in it is no trace by itself.
pub(crate) fn folder(path: &Path) -> Option<&'static str> {
    if is_of_threads(path) {
        return Some(
            "a folder of `perf record --threads`; print it with `perf script --ns --show-lost-events -i FOLDER` and read that text",
        );
    }
    let files = fs::read_dir(path).ok()?.flatten().take(MAX_FILES);
    files
        .map(|entry| entry.path())
        .any(|file| is_perf_data(&file))
        .then_some("a folder of perf.data files, as `perf record --switch-output` leaves them; read them one by one")
}

/// Whether a folder is one recording of `perf record --threads`.
pub(crate) fn is_of_threads(path: &Path) -> bool {
    is_perf_data(&path.join("data"))
}

/// Files looked at: a folder of sequences can have many.
const MAX_FILES: usize = 1000;

fn is_perf_data(path: &Path) -> bool {
    let mut magic = [0; 8];
    let read = path.is_file() && File::open(path).and_then(|mut file| file.read_exact(&mut magic)).is_ok();
    read && order_of(&magic).is_some()
}
