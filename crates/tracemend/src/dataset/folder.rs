//! Reads and writes the folder of a data set.

use super::error::DatasetError;
use super::events;
use crate::npy;
use crate::sha256::sha256;
use serde::{Deserialize, Serialize};
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use tracemend_impute::window::dataset::report::windows;
use tracemend_impute::window::dataset::split::{Parts, Split};
use tracemend_impute::window::dataset::{By, Sequence, Vocabulary};
use tracemend_trace::AtomicFile;
use tracemend_trace::fs::AtomicFolder;

/// Schema that `manifest.json` names.
const SCHEMA: &str = "tracemend.dataset";
/// Its version.
const VERSION: u32 = 1;
const MANIFEST: &str = "manifest.json";

/// Names of a data set's parts, in the order of [`Parts`].
pub(crate) const PARTS: [&str; 3] = ["train", "valid", "test"];

/// Description of a data set.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Manifest {
    /// `tracemend.dataset`
    pub schema: String,
    /// Version of the schema.
    pub version: u32,
    /// Program that wrote it.
    pub tool: String,
    /// Name of the data set.
    pub name: String,
    /// What forms one sequence.
    pub by: By,
    /// How the parts are divided.
    pub split: Split,
    /// Events per window, `L`.
    pub length: usize,
    /// Events from the beginning of one window to the next.
    pub stride: usize,
    /// Maximum number of windows per part in the NumPy files; 0 for all.
    pub cap: usize,
    /// Names of tokens and processes.
    pub vocabulary: Vocabulary,
    /// The traces it was built from.
    pub sources: Vec<Source>,
    /// The parts, by name.
    pub parts: Vec<PartInfo>,
}

/// A trace that a data set was built from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Source {
    /// As given on the command line.
    pub path: String,
    /// Its part; `None` if sequences were divided.
    pub part: Option<String>,
    /// Events read.
    pub events: usize,
    /// Events that the tracer lost.
    pub lost: u64,
}

/// One part of a data set.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct PartInfo {
    /// `train`, `valid` or `test`.
    pub name: String,
    /// Number of sequences.
    pub sequences: usize,
    /// Number of events.
    pub events: usize,
    /// Windows in the NumPy file.
    pub windows: usize,
    /// Files, relative to the manifest, with the SHA-256 of each.
    pub files: Vec<(String, String)>,
}

/// Writes a data set beside the folder and moves it there when it is complete. The manifest comes last, so a folder with a
/// manifest is complete.
pub(super) fn write(target: &Path, mut manifest: Manifest, parts: &Parts) -> Result<Manifest, DatasetError> {
    let io = DatasetError::io(target);
    target.parent().map_or(Ok(()), fs::create_dir_all).map_err(&io)?;
    let staged = AtomicFolder::beside(target).map_err(&io)?;
    let folder = staged.path();
    manifest.schema = SCHEMA.to_owned();
    manifest.version = VERSION;
    manifest.tool = concat!("tracemend ", env!("CARGO_PKG_VERSION")).to_owned();
    let published = PathBuf::from("Datasets").join(&manifest.name).join(format!("sequence_length_{}", manifest.length));
    let inner = folder.join(&published);
    fs::create_dir_all(&inner).map_err(DatasetError::io(&inner))?;
    manifest.parts = Vec::new();
    for (name, sequences) in PARTS.into_iter().zip(parts) {
        let events_name = PathBuf::from(format!("{name}.parquet"));
        let windows_name = published.join(format!("{name}.npy"));
        let cut = || windows(sequences, manifest.length, manifest.stride, manifest.cap);
        let count = cut().count();
        let files = [
            whole(folder, &events_name, |file| events::write(file, sequences).map_err(std::io::Error::other))?,
            whole(folder, &windows_name, |file| {
                npy::write(&mut std::io::BufWriter::new(file), cut(), count, manifest.length)
            })?,
        ];
        manifest.parts.push(PartInfo {
            name: name.to_owned(),
            sequences: sequences.len(),
            events: sequences.iter().map(|sequence| sequence.tokens.len()).sum(),
            windows: count,
            files: files.to_vec(),
        });
    }
    let text = serde_json::to_string_pretty(&manifest).map_err(|error| DatasetError::damaged(folder, error))?;
    whole(folder, Path::new(MANIFEST), |file| file.write_all(text.as_bytes()))?;
    staged.commit_into(Path::new(MANIFEST)).map_err(io)?;
    Ok(manifest)
}

/// Writes one file under a temporary name, renames it, and returns its name and hash.
fn whole(
    folder: &Path,
    name: &Path,
    fill: impl FnOnce(&mut AtomicFile) -> std::io::Result<()>,
) -> Result<(String, String), DatasetError> {
    let path = folder.join(name);
    let io = DatasetError::io(&path);
    let mut file = AtomicFile::create(&path).map_err(&io)?;
    fill(&mut file).map_err(&io)?;
    file.commit().map_err(&io)?;
    Ok((name.to_string_lossy().replace('\\', "/"), sha256(&path).map_err(DatasetError::io(&path))?))
}

/// Reads the manifest of a data set.
///
/// # Errors
/// When there is no manifest, or it has another schema.
pub(crate) fn read_manifest(folder: &Path) -> Result<Manifest, DatasetError> {
    let path = folder.join(MANIFEST);
    if !path.exists() {
        return Err(DatasetError::NoDataset { path: folder.to_owned() });
    }
    let text = fs::read_to_string(&path).map_err(DatasetError::io(&path))?;
    let manifest: Manifest = serde_json::from_str(&text).map_err(|error| DatasetError::damaged(&path, error))?;
    if manifest.schema != SCHEMA || manifest.version != VERSION {
        let problem = format!("its schema is {} {}, expected {SCHEMA} {VERSION}", manifest.schema, manifest.version);
        return Err(DatasetError::damaged(&path, problem));
    }
    Ok(manifest)
}

/// Reads the sequences of one part, and checks them against the hash in the manifest.
///
/// # Errors
/// When the file cannot be read, or its hash is another one.
pub(crate) fn read_part(folder: &Path, manifest: &Manifest, part: &str) -> Result<Vec<Sequence>, DatasetError> {
    let info = manifest.parts.iter().find(|info| info.name == part);
    let file = info.and_then(|info| info.files.iter().find(|(name, _)| name.ends_with(".parquet")));
    let Some((name, expected)) = file else {
        return Err(DatasetError::damaged(&folder.join(MANIFEST), format!("it names no events of part {part}")));
    };
    let path = folder.join(name);
    if sha256(&path).map_err(DatasetError::io(&path))? != *expected {
        return Err(DatasetError::damaged(&path, "its hash differs from the manifest's"));
    }
    events::read(&path)
}
