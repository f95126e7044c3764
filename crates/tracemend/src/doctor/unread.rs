//! What could not be read.

use serde::Serialize;
use std::{io, path::Path};

/// Something that could not be read.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct Unread {
    /// Its path, or the command that would tell it.
    pub what: String,
    /// Why, and what to do next.
    pub reason: String,
}

impl Unread {
    /// A file or folder that the system refused.
    pub(crate) fn file(path: &Path, error: &io::Error) -> Self {
        let next = match error.kind() {
            io::ErrorKind::PermissionDenied => ". Run `tracemend doctor` as root to read it",
            _ => "",
        };
        Self { what: path.display().to_string(), reason: format!("{error}{next}") }
    }
}
