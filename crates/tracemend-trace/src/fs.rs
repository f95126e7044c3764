//! Output files and folders that appear whole or not at all.

use std::{
    ffi::OsString,
    fmt,
    fs::{self, File},
    io::{self, Write},
    path::{Path, PathBuf},
    sync::Mutex,
};

/// Temporary files and folders open now, so that an interrupted program can remove them.
static OPEN: Mutex<Vec<PathBuf>> = Mutex::new(Vec::new());

/// An error of writing an output, with its name.
#[derive(Debug)]
struct WriteError {
    target: PathBuf,
    source: io::Error,
}

impl fmt::Display for WriteError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { target, source } = self;
        write!(f, "{} cannot be written: {source}. Check its permissions and the room on its disk", target.display())
    }
}

impl std::error::Error for WriteError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.source)
    }
}

/// Turns an error of writing into one that names the output; its kind stays.
///
/// ```
/// use std::io;
/// use std::path::Path;
/// use tracemend_trace::fs::named;
///
/// let error = named(Path::new("out.csv"))(io::ErrorKind::StorageFull.into());
/// assert_eq!(error.kind(), io::ErrorKind::StorageFull);
/// assert!(error.to_string().starts_with("out.csv cannot be written: "));
/// ```
pub fn named(target: &Path) -> impl Fn(io::Error) -> io::Error + Copy {
    move |source| {
        let is_named = source.get_ref().is_some_and(|inner| inner.is::<WriteError>());
        if is_named { source } else { io::Error::new(source.kind(), WriteError { target: target.to_owned(), source }) }
    }
}

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
        hold(&file);
        Ok(Self { file, target, temporary: Some(temporary) })
    }

    /// The path to write to until the commit, for writers that want a path.
    pub fn path(&self) -> &Path {
        self.temporary.as_ref().unwrap_or(&self.target)
    }

    /// Gives the file its name, replacing what stood there.
    ///
    /// # Errors
    /// When the file cannot be flushed or renamed; the error names it.
    pub fn commit(mut self) -> io::Result<()> {
        self.flush()?;
        if let Some(temporary) = &self.temporary {
            // A disk or a quota that is full may say so only here.
            let renamed = self.file.sync_all().and_then(|()| fs::rename(temporary, &self.target));
            renamed.map_err(named(&self.target))?;
            forget(temporary);
            self.temporary = None;
        }
        Ok(())
    }

    /// Where the file will lie.
    pub fn target(&self) -> &Path {
        &self.target
    }

    /// Whether something stands at the target that the commit would replace.
    pub fn replaces(&self) -> bool {
        self.temporary.is_some() && self.target.exists()
    }
}

impl Write for AtomicFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file.write(bytes).map_err(named(&self.target))
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush().map_err(named(&self.target))
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
    /// The folder itself, open while it is written.
    _held: Option<File>,
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
        Self::beside(target)
    }

    /// Makes the temporary folder, whatever stands at the target; see [`AtomicFolder::commit_into`].
    ///
    /// # Errors
    /// When the temporary folder cannot be made.
    pub fn beside(target: &Path) -> io::Result<Self> {
        let temporary = hidden_beside(target)?;
        fs::create_dir(&temporary)?;
        lock().push(temporary.clone());
        let held = File::open(&temporary).ok();
        held.iter().for_each(hold);
        Ok(Self { target: target.to_owned(), _held: held, temporary: Some(temporary) })
    }

    /// The folder to write into until the commit.
    pub fn path(&self) -> &Path {
        self.temporary.as_ref().unwrap_or(&self.target)
    }

    /// Where the folder will lie.
    pub fn target(&self) -> &Path {
        &self.target
    }

    /// Gives the folder its name.
    ///
    /// # Errors
    /// When it cannot be renamed; the error names it.
    pub fn commit(mut self) -> io::Result<()> {
        if let Some(temporary) = &self.temporary {
            fs::rename(temporary, &self.target).map_err(named(&self.target))?;
            forget(temporary);
            self.temporary = None;
        }
        Ok(())
    }
}

impl AtomicFolder {
    /// Gives the folder its name, or, where a folder stands there that holds something, moves the files into it. `last` is the
    /// file whose presence says that the folder is complete: it goes first and comes last, so that an end in between leaves no
    /// mixture that looks whole.
    ///
    /// # Errors
    /// When a file cannot be moved; the error names the folder.
    pub fn commit_into(self, last: &Path) -> io::Result<()> {
        if fs::read_dir(&self.target).map_or(true, |mut entries| entries.next().is_none()) {
            return self.commit();
        }
        self.move_files(last).map_err(named(&self.target))
    }

    fn move_files(&self, last: &Path) -> io::Result<()> {
        match fs::remove_file(self.target.join(last)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let mut folders = vec![PathBuf::new()];
        while let Some(below) = folders.pop() {
            fs::create_dir_all(self.target.join(&below))?;
            for entry in fs::read_dir(self.path().join(&below))? {
                let entry = entry?;
                let inside = below.join(entry.file_name());
                if entry.file_type()?.is_dir() {
                    folders.push(inside);
                } else if inside != last {
                    fs::rename(entry.path(), self.target.join(inside))?;
                }
            }
        }
        fs::rename(self.path().join(last), self.target.join(last))
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

/// The temporary name of an output, once nothing of an earlier run stands there.
fn hidden_beside(target: &Path) -> io::Result<PathBuf> {
    let name = target
        .file_name()
        .ok_or_else(|| io::Error::new(io::ErrorKind::InvalidInput, "the output path names no file"))?;
    let mut hidden = OsString::from(".");
    hidden.push(name);
    hidden.push(".");
    remove_stale(target, &hidden);
    hidden.push(format!("{}.tmp", std::process::id()));
    Ok(target.with_file_name(hidden))
}

/// Locks a temporary file or folder for as long as it is open, so that other runs see that it is in use. Where a file system
/// knows no locks, nobody can tell, and nothing is removed.
fn hold(file: &File) {
    let _ = file.try_lock_shared();
}

/// Removes temporary files and folders of this output whose runs were killed: nobody holds them any more. Such a run left them
/// because nothing can be done on SIGKILL.
fn remove_stale(target: &Path, prefix: &OsString) {
    let folder = target.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let Ok(entries) = fs::read_dir(folder) else { return };
    for entry in entries.flatten() {
        let name = entry.file_name();
        let process = name.as_encoded_bytes().strip_prefix(prefix.as_encoded_bytes());
        let process = process.and_then(|rest| rest.strip_suffix(b".tmp"));
        if !process.is_some_and(|process| !process.is_empty() && process.iter().all(u8::is_ascii_digit)) {
            continue;
        }
        let path = entry.path();
        // Opening a pipe would wait for its writer.
        if !entry.file_type().is_ok_and(|kind| kind.is_file() || kind.is_dir()) {
            continue;
        }
        let is_free = File::open(&path).is_ok_and(|file| file.try_lock().is_ok());
        if is_free && !lock().contains(&path) {
            // It only takes room; the run itself does not depend on it.
            let _ = if path.is_dir() { fs::remove_dir_all(path) } else { fs::remove_file(path) };
        }
    }
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
    fn files_moved_into_a_folder_leave_others_there_and_come_with_the_last_one() {
        let parent = tempfile::tempdir().expect("temporary folder");
        let target = parent.path().join("set");
        let build = |text: &str| {
            let folder = AtomicFolder::beside(&target).expect("created");
            fs::create_dir_all(folder.path().join("deep/er")).expect("a folder");
            for name in ["manifest.json", "a.parquet", "deep/er/b.npy"] {
                fs::write(folder.path().join(name), text).expect("written");
            }
            folder
        };
        build("one").commit_into(Path::new("manifest.json")).expect("named");
        fs::write(target.join("notes"), "mine").expect("written");
        drop(build("abandoned"));
        build("two").commit_into(Path::new("manifest.json")).expect("moved");
        for (name, text) in
            [("manifest.json", "two"), ("a.parquet", "two"), ("deep/er/b.npy", "two"), ("notes", "mine")]
        {
            assert_eq!(fs::read_to_string(target.join(name)).expect("readable"), text, "{name}");
        }
        assert_eq!(fs::read_dir(parent.path()).expect("readable").count(), 1);
    }

    #[test]
    fn what_a_killed_run_left_goes_with_the_next_run_of_the_same_output() {
        let folder = tempfile::tempdir().expect("temporary folder");
        let target = folder.path().join("out.csv");
        let names = [".out.csv.1.tmp", ".out.csv.x.tmp", ".other.csv.1.tmp", ".out.csv.2.tmp"];
        names[..3].iter().for_each(|name| fs::write(folder.path().join(name), "left").expect("written"));
        fs::create_dir(folder.path().join(names[3])).expect("a folder of a killed run");
        let running = File::create(folder.path().join(".out.csv.3.tmp")).expect("created");
        hold(&running);
        drop(AtomicFile::create(&target).expect("created"));
        let mut left: Vec<String> = fs::read_dir(folder.path())
            .expect("readable")
            .map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned())
            .collect();
        left.sort();
        assert_eq!(left, [".other.csv.1.tmp", ".out.csv.3.tmp", ".out.csv.x.tmp"]);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn an_error_of_writing_names_the_file() {
        let mut file = AtomicFile::create(Path::new("/dev/full")).expect("opened");
        let error = file.write_all(&[0; 1 << 16]).expect_err("no room");
        assert_eq!(error.kind(), io::ErrorKind::StorageFull);
        assert!(error.to_string().starts_with("/dev/full cannot be written: "), "{error}");
    }

    #[test]
    fn an_abandoned_file_leaves_nothing_behind() {
        let folder = tempfile::tempdir().expect("temporary folder");
        drop(AtomicFile::create(&folder.path().join("out")).expect("created"));
        assert_eq!(fs::read_dir(folder.path()).expect("folder").count(), 0);
    }
}
