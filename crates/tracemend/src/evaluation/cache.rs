//! Cached measurements of an evaluation, each a file, so that an interrupted one goes on where it was.

use super::slug::slug;
use crate::sha256::{hex, sha256};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::{fs, io};
use tracemend_eval::cache::Cache;
use tracemend_trace::AtomicFile;

/// The file that describes the evaluation to which a folder belongs.
const SETTINGS: &str = "settings.json";

/// Why measurements cannot be cached.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub(crate) enum CacheError {
    /// The file system refused.
    #[error("cannot use {}: {source}; check the path and its permissions", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// Its error.
        source: io::Error,
    },
    /// The folder's measurements would not fit together with new ones.
    #[error(
        "{} holds measurements of another evaluation: {setting} was {before} and is {now} now; name another folder, or delete this one",
        path.display()
    )]
    Other {
        /// The folder.
        path: PathBuf,
        /// What differs.
        setting: String,
        /// Its value for the measurements that are there.
        before: String,
        /// Its value now.
        now: String,
    },
}

impl CacheError {
    /// Makes a [`CacheError::Io`] at this path.
    fn io(path: &Path) -> impl Fn(io::Error) -> Self {
        move |source| Self::Io { path: path.to_owned(), source }
    }
}

/// A folder of cached measurements.
#[derive(Debug)]
pub(crate) struct CacheFolder {
    folder: PathBuf,
}

impl CacheFolder {
    /// Opens a folder, new or used before by an evaluation with the same `settings`. Settings that only one of the two has
    /// do not matter: a model that is measured in addition, for example.
    ///
    /// # Errors
    /// A folder that cannot be used, or that holds measurements of another evaluation.
    pub(crate) fn open(folder: &Path, settings: &BTreeMap<String, String>) -> Result<Self, CacheError> {
        let path = folder.join(SETTINGS);
        fs::create_dir_all(folder).map_err(CacheError::io(folder))?;
        let mut all: BTreeMap<String, String> = match fs::read_to_string(&path) {
            Ok(text) => serde_json::from_str(&text).map_err(|error| CacheError::io(&path)(error.into()))?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => BTreeMap::new(),
            Err(error) => return Err(CacheError::io(&path)(error)),
        };
        for (setting, now) in settings {
            if let Some(before) = all.get(setting).filter(|before| *before != now) {
                let (path, setting) = (folder.to_owned(), setting.clone());
                return Err(CacheError::Other { path, setting, before: before.clone(), now: now.clone() });
            }
            all.insert(setting.clone(), now.clone());
        }
        let text = serde_json::to_string_pretty(&all).map_err(|error| CacheError::io(&path)(error.into()))?;
        whole(&path, &text).map_err(CacheError::io(&path))?;
        Ok(Self { folder: folder.to_owned() })
    }

    /// Two names may look alike once they are names of files, so their hash is added.
    fn path(&self, name: &str) -> PathBuf {
        let hash = hex(&Sha256::digest(name)[..6]);
        let slug = slug(name);
        let end: String = slug.chars().skip(slug.chars().count().saturating_sub(80)).collect();
        self.folder.join(format!("{end}-{hash}.json"))
    }
}

impl Cache for CacheFolder {
    fn load(&self, name: &str) -> io::Result<Option<String>> {
        match fs::read_to_string(self.path(name)) {
            Ok(text) => Ok(Some(text)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn save(&self, name: &str, text: &str) -> io::Result<()> {
        whole(&self.path(name), text)
    }
}

fn whole(path: &Path, text: &str) -> io::Result<()> {
    let mut file = AtomicFile::create(path)?;
    file.write_all(text.as_bytes())?;
    file.commit()
}

/// SHA-256 of a file, or of all files of a folder and their names.
///
/// # Errors
/// A file that cannot be read.
pub(crate) fn fingerprint(path: &Path) -> Result<String, CacheError> {
    if !path.is_dir() {
        return sha256(path).map_err(CacheError::io(path));
    }
    let mut entries: Vec<PathBuf> = fs::read_dir(path)
        .and_then(|entries| entries.map(|entry| Ok(entry?.path())).collect())
        .map_err(CacheError::io(path))?;
    entries.sort_unstable();
    let mut all = Sha256::new();
    for entry in entries {
        all.update(entry.file_name().unwrap_or_default().as_encoded_bytes());
        all.update([0]);
        all.update(fingerprint(&entry)?);
    }
    Ok(hex(&all.finalize()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn measurements_come_back_under_their_own_names() {
        let folder = tempfile::tempdir().expect("a folder");
        let cache = CacheFolder::open(&folder.path().join("run"), &settings(&[("seed", "1")])).expect("new");
        assert_eq!(cache.load("a/b k=1").expect("read"), None);
        cache.save("a/b k=1", "[1]").expect("saved");
        cache.save("a:b k=1", "[2]").expect("saved");
        assert_eq!(cache.load("a/b k=1").expect("read").as_deref(), Some("[1]"));
        assert_eq!(cache.load("a:b k=1").expect("read").as_deref(), Some("[2]"));
    }

    #[test]
    fn another_evaluation_is_refused_and_a_wider_one_is_not() {
        let folder = tempfile::tempdir().expect("a folder");
        let open = |pairs: &[(&str, &str)]| CacheFolder::open(folder.path(), &settings(pairs));
        open(&[("seed", "1")]).expect("new");
        open(&[("seed", "1"), ("model net", "abc")]).expect("wider");
        let error = open(&[("seed", "1"), ("model net", "abd")]).expect_err("another model").to_string();
        assert!(error.contains("model net was abc and is abd"), "{error}");
        open(&[("seed", "1")]).expect("as before");
    }

    #[test]
    fn a_folders_fingerprint_knows_names_and_contents() {
        let folder = tempfile::tempdir().expect("a folder");
        let write = |name: &str, text: &str| fs::write(folder.path().join(name), text).expect("written");
        let print = || fingerprint(folder.path()).expect("read");
        write("a", "x");
        let first = print();
        write("a", "y");
        let second = print();
        fs::rename(folder.path().join("a"), folder.path().join("b")).expect("renamed");
        assert!(first != second && second != print());
        write("b", "x");
        fs::rename(folder.path().join("b"), folder.path().join("a")).expect("renamed");
        assert_eq!(first, print());
    }
}
