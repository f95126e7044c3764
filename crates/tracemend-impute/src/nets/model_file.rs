//! A trained network as one file: safetensors with its kind, settings, vocabulary and history (`docs/model-format.md`).

use crate::nets::state_dict::{StateDict, Values};
use crate::window::dataset::Vocabulary;
use serde::{Deserialize, Serialize};
use std::io::Write;
use std::path::Path;
use tracemend_repair::model::ModelError;
use tracemend_repair::tensor_file::{TensorReader, TensorWriter};
use tracemend_trace::AtomicFile;

/// The entry `kind` begins with this; the network's name follows.
pub(crate) const KIND_PREFIX: &str = "tracemend-net-";
/// The entry `format_version` that this version writes and reads.
pub const FORMAT_VERSION: u32 = 1;
/// The entry `tool`.
const TOOL: &str = concat!("tracemend ", env!("CARGO_PKG_VERSION"));

/// How a model came to be.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Training {
    /// `trained`, or the file it was imported from.
    pub origin: String,
    /// Updates of the weights.
    pub steps: usize,
    /// Loss on the validation windows, where there were any.
    pub validation_loss: Option<f64>,
    /// Events of the training text.
    pub events: usize,
    /// `L`, events of a training window.
    pub length: usize,
}

/// A network's file, taken apart.
#[derive(Clone, Debug, PartialEq)]
pub struct ModelFile {
    /// The network's name, such as `masked_diffusion`.
    pub network: String,
    /// Its settings as JSON.
    pub config: String,
    /// Names of the tokens and processes, by number; empty where they have none.
    pub vocabulary: Vocabulary,
    /// How it came to be.
    pub training: Training,
    /// All tensors, buffers included.
    pub tensors: StateDict,
}

impl ModelFile {
    /// Writes the file under a temporary name and renames it. The same model gives the same bytes.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn save(&self, path: &Path) -> Result<(), ModelError> {
        let shown = || path.display().to_string();
        let (header, data) = self.write().map_err(|reason| ModelError::TooLarge { path: shown(), reason })?;
        write_whole(path, &[&header, &data]).map_err(|source| ModelError::Io { path: shown(), source })
    }

    /// Reads a file that [`ModelFile::save`] wrote; everything but the numbers' values is checked.
    ///
    /// # Errors
    /// When the file cannot be read, is no network, is of another version, or is damaged.
    pub fn load(path: &Path) -> Result<Self, ModelError> {
        let shown = path.display().to_string();
        let bytes = std::fs::read(path).map_err(|source| ModelError::Io { path: shown.clone(), source })?;
        Self::read(&bytes, &shown)
    }

    fn write(&self) -> Result<(Vec<u8>, Vec<u8>), String> {
        let json = |value: Result<String, serde_json::Error>| value.map_err(|error| error.to_string());
        let mut file = TensorWriter::default();
        file.text("kind", format!("{KIND_PREFIX}{}", self.network));
        file.text("format_version", FORMAT_VERSION);
        file.text("tool", TOOL);
        file.text("config", &self.config);
        file.text("vocabulary", json(serde_json::to_string(&self.vocabulary))?);
        file.text("training", json(serde_json::to_string(&self.training))?);
        write_tensors(&mut file, "", &self.tensors);
        file.finish()
    }

    fn read(bytes: &[u8], path: &str) -> Result<Self, ModelError> {
        let path = || path.to_owned();
        let file = TensorReader::new(bytes).map_err(|reason| ModelError::NotAModel { path: path(), reason })?;
        let damaged =
            |entry: &str, reason: String| ModelError::Damaged { path: path(), entry: entry.to_owned(), reason };
        let Some(network) = file.text("kind").and_then(|kind| kind.strip_prefix(KIND_PREFIX)) else {
            let reason = format!("its kind is {:?}, expected {KIND_PREFIX}…", file.text("kind"));
            return Err(ModelError::NotAModel { path: path(), reason });
        };
        let text = |entry: &str| file.text(entry).ok_or_else(|| damaged(entry, "it is missing".to_owned()));
        let version = text("format_version")?;
        if version.parse() != Ok(FORMAT_VERSION) {
            return Err(ModelError::Version {
                path: path(),
                entry: "format_version",
                found: version.to_owned(),
                supported: FORMAT_VERSION.to_string(),
                tool: file.text("tool").unwrap_or("unknown").to_owned(),
            });
        }
        let vocabulary =
            serde_json::from_str(text("vocabulary")?).map_err(|error| damaged("vocabulary", error.to_string()))?;
        let training =
            serde_json::from_str(text("training")?).map_err(|error| damaged("training", error.to_string()))?;
        let tensors = read_tensors(&file, "").map_err(|(entry, reason)| damaged(&entry, reason))?;
        Ok(Self { network: network.to_owned(), config: text("config")?.to_owned(), vocabulary, training, tensors })
    }
}

/// Writes these bytes under a temporary name, sees them on the disk, and renames the file.
pub(super) fn write_whole(path: &Path, parts: &[&[u8]]) -> std::io::Result<()> {
    let mut file = AtomicFile::create(path)?;
    parts.iter().try_for_each(|part| file.write_all(part))?;
    file.flush()?;
    std::fs::File::open(file.path())?.sync_all()?;
    file.commit()
}

/// Adds tensors under a prefix.
pub(super) fn write_tensors(file: &mut TensorWriter, prefix: &str, tensors: &StateDict) {
    for (name, tensor) in tensors {
        file.f32s(&format!("{prefix}{name}"), &tensor.shape, &tensor.values);
    }
}

/// Name of an entry, and what is wrong with it.
type Problem = (String, String);

/// All tensors under a prefix, by the rest of their names.
pub(super) fn read_tensors(file: &TensorReader<'_>, prefix: &str) -> Result<StateDict, Problem> {
    let mut tensors = StateDict::new();
    for name in file.names() {
        if let Some(rest) = name.strip_prefix(prefix) {
            let (shape, values) = file.f32s(name).map_err(|reason| (name.to_owned(), reason))?;
            let shape = shape.iter().map(|&size| size as usize).collect();
            tensors.insert(rest.to_owned(), Values { shape, values });
        }
    }
    Ok(tensors)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn model() -> ModelFile {
        let values = vec![0.5, f32::MIN_POSITIVE, -0.0, f32::NAN];
        ModelFile {
            network: "lstm".to_owned(),
            config: "{}".to_owned(),
            vocabulary: Vocabulary::numbers(2),
            training: Training { steps: 7, validation_loss: Some(0.1), ..Training::default() },
            tensors: StateDict::from([("a.b".to_owned(), Values { shape: vec![2, 2], values })]),
        }
    }

    #[test]
    fn a_file_reads_back_bit_for_bit() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("m");
        model().save(&path).unwrap();
        let read = ModelFile::load(&path).unwrap();
        let bits = |model: &ModelFile| model.tensors["a.b"].values.iter().map(|v| v.to_bits()).collect::<Vec<_>>();
        assert_eq!(bits(&read), bits(&model()));
        assert_eq!((read.vocabulary, read.training), (model().vocabulary, model().training));
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn every_truncation_and_any_flipped_bit_in_the_data_is_refused() {
        let (header, data) = model().write().unwrap();
        let whole = [header.clone(), data].concat();
        for length in 0..whole.len() {
            assert!(ModelFile::read(&whole[..length], "m").is_err(), "{length} bytes");
        }
        for at in header.len()..whole.len() {
            let mut flipped = whole.clone();
            flipped[at] ^= 4;
            let error = ModelFile::read(&flipped, "m").unwrap_err().to_string();
            assert!(error.contains("checksum"), "{error}");
        }
    }
}
