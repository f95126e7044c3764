//! Output files that appear whole or not at all.

use std::{
    ffi::OsString,
    fs::{self, File},
    io::{self, Write},
    path::{Path, PathBuf},
    sync::Mutex,
};

/// Temporary files open now, so that an interrupted program can remove them.
static OPEN: Mutex<Vec<PathBuf>> = Mutex::new(Vec::new());

/// A file written under a temporary name in the folder of its target, renamed by [`AtomicFile::commit`].
/// Dropped without a commit it leaves nothing behind.
#[derive(Debug)]
pub struct AtomicFile {
    file: File,
    temporary: PathBuf,
    target: PathBuf,
    committed: bool,
}

impl AtomicFile {
    /// Opens the temporary file, so that a folder that cannot be written to is noticed before the work.
    ///
    /// # Errors
    /// When the temporary file cannot be made.
    pub fn create(target: &Path) -> io::Result<Self> {
        let temporary = temporary_name(target)?;
        let file = File::create(&temporary)?;
        lock().push(temporary.clone());
        Ok(Self { file, temporary, target: target.to_owned(), committed: false })
    }

    /// The temporary file's path, for writers that want a path.
    pub fn path(&self) -> &Path {
        &self.temporary
    }

    /// Gives the file its name, replacing what stood there.
    ///
    /// # Errors
    /// When the file cannot be flushed or renamed.
    pub fn commit(mut self) -> io::Result<()> {
        self.file.flush()?;
        fs::rename(&self.temporary, &self.target)?;
        self.committed = true;
        Ok(())
    }
}

impl Write for AtomicFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

impl Drop for AtomicFile {
    fn drop(&mut self) {
        lock().retain(|path| *path != self.temporary);
        if !self.committed {
            // Nothing can be done about a file that does not go, and the reason for the drop matters more.
            let _ = fs::remove_file(&self.temporary);
        }
    }
}

/// Removes the temporary files open now. For a program about to end on a signal.
pub fn remove_temporaries() {
    for path in lock().drain(..) {
        let _ = fs::remove_file(path);
    }
}

fn lock() -> std::sync::MutexGuard<'static, Vec<PathBuf>> {
    OPEN.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

fn temporary_name(target: &Path) -> io::Result<PathBuf> {
    let name = target
        .file_name()
        .ok_or_else(|| io::Error::new(io::ErrorKind::InvalidInput, "the output path names no file"))?;
    if target.is_dir() {
        return Err(io::Error::new(io::ErrorKind::IsADirectory, "the output path is a folder"));
    }
    let mut hidden = OsString::from(".");
    hidden.push(name);
    hidden.push(format!(".{}.tmp", std::process::id()));
    Ok(target.with_file_name(hidden))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_stands_at_the_target_before_the_commit() {
        let folder = tempfile::tempdir().expect("temporary folder");
        let target = folder.path().join("out.jsonl");
        let mut file = AtomicFile::create(&target).expect("created");
        file.write_all(b"x").expect("written");
        assert!(!target.exists());
        file.commit().expect("committed");
        assert_eq!(fs::read(&target).expect("readable"), b"x");
    }

    #[test]
    fn an_abandoned_file_leaves_nothing_behind() {
        let folder = tempfile::tempdir().expect("temporary folder");
        drop(AtomicFile::create(&folder.path().join("out")).expect("created"));
        assert_eq!(fs::read_dir(folder.path()).expect("folder").count(), 0);
    }
}
