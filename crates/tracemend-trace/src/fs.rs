//! Output files and folders that appear whole or not at all.

use std::{
    ffi::OsString,
    fs::{self, File},
    io::{self, Write},
    path::{Path, PathBuf},
    sync::Mutex,
};

/// Temporary files and folders open now, so that an interrupted program can remove them.
static OPEN: Mutex<Vec<PathBuf>> = Mutex::new(Vec::new());

/// A file written under a temporary name in the folder of its target, renamed by [`AtomicFile::commit`].
/// Dropped without a commit, it is removed. A target that is a device or a pipe is written to directly.
#[derive(Debug)]
pub struct AtomicFile {
    file: File,
    target: PathBuf,
    /// The temporary name, until the file got its own.
    temporary: Option<PathBuf>,
}

impl AtomicFile {
    /// Opens the temporary file, so that a folder that cannot be written to is noticed before the work.
    ///
    /// # Errors
    /// When the temporary file cannot be made.
    pub fn create(target: &Path) -> io::Result<Self> {
        // A rename would put a file in the place of the link, or of /dev/null.
        let target = fs::canonicalize(target).unwrap_or_else(|_| target.to_owned());
        if fs::metadata(&target).is_ok_and(|found| !found.is_file() && !found.is_dir()) {
            let file = File::options().write(true).open(&target)?;
            return Ok(Self { file, target, temporary: None });
        }
        let temporary = temporary_name(&target)?;
        let file = File::create(&temporary)?;
        lock().push(temporary.clone());
        Ok(Self { file, target, temporary: Some(temporary) })
    }

    /// The path to write to until the commit, for writers that want a path.
    pub fn path(&self) -> &Path {
        self.temporary.as_ref().unwrap_or(&self.target)
    }

    /// Gives the file its name, replacing what stood there.
    ///
    /// # Errors
    /// When the file cannot be flushed or renamed.
    pub fn commit(mut self) -> io::Result<()> {
        self.file.flush()?;
        if let Some(temporary) = &self.temporary {
            fs::rename(temporary, &self.target)?;
            forget(temporary);
            self.temporary = None;
        }
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
        if let Some(temporary) = &self.temporary {
            forget(temporary);
            // Nothing can be done about a file that does not go, and the reason for the drop matters more.
            let _ = fs::remove_file(temporary);
        }
    }
}

/// A folder filled under a temporary name beside its target and renamed by [`AtomicFolder::commit`]. Dropped without a
/// commit, it is removed.
#[derive(Debug)]
pub struct AtomicFolder {
    target: PathBuf,
    /// The temporary name, until the folder got its own.
    temporary: Option<PathBuf>,
}

impl AtomicFolder {
    /// Makes the temporary folder. What stands at the target must be an empty folder, or nothing.
    ///
    /// # Errors
    /// When the target is there and is no empty folder, or the temporary folder cannot be made.
    pub fn create(target: &Path) -> io::Result<Self> {
        let found = match fs::read_dir(target) {
            Ok(mut entries) => entries.next().is_some(),
            Err(error) if error.kind() == io::ErrorKind::NotFound => false,
            Err(error) => return Err(error),
        };
        if found {
            return Err(io::Error::new(io::ErrorKind::DirectoryNotEmpty, "the folder is there already and not empty"));
        }
        let temporary = hidden_beside(target)?;
        fs::create_dir(&temporary)?;
        lock().push(temporary.clone());
        Ok(Self { target: target.to_owned(), temporary: Some(temporary) })
    }

    /// The folder to write into until the commit.
    pub fn path(&self) -> &Path {
        self.temporary.as_ref().unwrap_or(&self.target)
    }

    /// Gives the folder its name.
    ///
    /// # Errors
    /// When it cannot be renamed.
    pub fn commit(mut self) -> io::Result<()> {
        if let Some(temporary) = &self.temporary {
            fs::rename(temporary, &self.target)?;
            forget(temporary);
            self.temporary = None;
        }
        Ok(())
    }
}

impl Drop for AtomicFolder {
    fn drop(&mut self) {
        if let Some(temporary) = &self.temporary {
            forget(temporary);
            let _ = fs::remove_dir_all(temporary);
        }
    }
}

fn forget(temporary: &Path) {
    lock().retain(|path| path != temporary);
}

/// Removes the temporary files and folders open now. For a program about to end on a signal.
pub fn remove_temporaries() {
    for path in lock().drain(..) {
        let _ = if path.is_dir() { fs::remove_dir_all(path) } else { fs::remove_file(path) };
    }
}

fn lock() -> std::sync::MutexGuard<'static, Vec<PathBuf>> {
    OPEN.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

fn temporary_name(target: &Path) -> io::Result<PathBuf> {
    if target.is_dir() {
        return Err(io::Error::new(io::ErrorKind::IsADirectory, "the output path is a folder"));
    }
    hidden_beside(target)
}

fn hidden_beside(target: &Path) -> io::Result<PathBuf> {
    let name = target
        .file_name()
        .ok_or_else(|| io::Error::new(io::ErrorKind::InvalidInput, "the output path names no file"))?;
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

    #[cfg(unix)]
    #[test]
    fn a_link_stays_a_link_and_a_device_a_device() {
        use std::os::unix::fs::{FileTypeExt, symlink};
        let folder = tempfile::tempdir().expect("temporary folder");
        let (real, link) = (folder.path().join("real"), folder.path().join("link"));
        fs::write(&real, "old").expect("written");
        symlink(&real, &link).expect("linked");
        let mut file = AtomicFile::create(&link).expect("created");
        file.write_all(b"new").expect("written");
        file.commit().expect("committed");
        assert_eq!(fs::read(&real).expect("readable"), b"new");
        assert!(fs::symlink_metadata(&link).expect("there").is_symlink());
        let null = Path::new("/dev/null");
        AtomicFile::create(null).expect("opened").commit().expect("committed");
        assert!(fs::metadata(null).expect("there").file_type().is_char_device());
    }

    #[test]
    fn a_folder_appears_with_all_that_is_in_it_or_not_at_all() {
        let parent = tempfile::tempdir().expect("temporary folder");
        let target = parent.path().join("trace");
        let folder = AtomicFolder::create(&target).expect("created");
        fs::write(folder.path().join("metadata"), "x").expect("written");
        assert!(!target.exists());
        drop(folder);
        assert_eq!(fs::read_dir(parent.path()).expect("readable").count(), 0);
        let folder = AtomicFolder::create(&target).expect("created");
        fs::write(folder.path().join("metadata"), "x").expect("written");
        folder.commit().expect("committed");
        assert!(target.join("metadata").is_file());
        let refused = AtomicFolder::create(&target).expect_err("something is there");
        assert_eq!(refused.kind(), io::ErrorKind::DirectoryNotEmpty);
    }

    #[test]
    fn an_abandoned_file_leaves_nothing_behind() {
        let folder = tempfile::tempdir().expect("temporary folder");
        drop(AtomicFile::create(&folder.path().join("out")).expect("created"));
        assert_eq!(fs::read_dir(folder.path()).expect("folder").count(), 0);
    }
}
