//! Weights from PyTorch checkpoints, and back into a plain safetensors file.
//!
//! Checkpoints are read by `pytorch-reader`, which interprets the pickle as data and runs none of it.

use crate::nets::model_file::{write_tensors, write_whole};
use crate::nets::state_dict::{StateDict, Values};
use pytorch_reader::{DType, PytorchReader};
use std::path::{Path, PathBuf};
use tracemend_repair::model::ModelError;
use tracemend_repair::tensor_file::TensorWriter;

/// Keys under which training scripts keep the weights, in the order they are looked for.
const KEYS: [&str; 2] = ["model_state_dict", "state_dict"];

/// Why a checkpoint could not be imported.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ImportError {
    /// No checkpoint, or a damaged one.
    #[error("{}: not a PyTorch checkpoint that can be read: {reason}; give the file that torch.save wrote", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the reader said.
        reason: String,
    },
    /// A tensor that is no array of real numbers.
    #[error("{}: the tensor {name} cannot be imported: {reason}", path.display())]
    Tensor {
        /// The file.
        path: PathBuf,
        /// The tensor's name.
        name: String,
        /// What is wrong with it.
        reason: String,
    },
}

/// The weights of a checkpoint: those under `model_state_dict` or `state_dict`, or all tensors of the file.
///
/// # Errors
/// A file that cannot be read or is no checkpoint, or a tensor of other numbers than 32- or 64-bit floats.
pub fn read_checkpoint(path: &Path) -> Result<StateDict, ImportError> {
    let unreadable = |reason: String| ImportError::Unreadable { path: path.to_owned(), reason };
    // The file as a whole first: a damaged one must not pass for one without the key.
    let whole = PytorchReader::new(path).map_err(|error| unreadable(error.to_string()))?;
    let inner = KEYS.iter().find_map(|key| PytorchReader::with_top_level_key(path, key).ok().filter(|r| !r.is_empty()));
    let mut tensors = StateDict::new();
    for (name, tensor) in inner.unwrap_or(whole).into_tensors() {
        let wrong = |reason: String| ImportError::Tensor { path: path.to_owned(), name: name.clone(), reason };
        let bytes = tensor.read().map_err(|error| wrong(error.to_string()))?;
        let values: Vec<f32> = match tensor.dtype() {
            DType::F32 => bytes.as_chunks::<4>().0.iter().map(|&chunk| f32::from_le_bytes(chunk)).collect(),
            DType::F64 => bytes.as_chunks::<8>().0.iter().map(|&chunk| f64::from_le_bytes(chunk) as f32).collect(),
            other => return Err(wrong(format!("its numbers are {other:?}, expected 32- or 64-bit floats"))),
        };
        if values.len() != tensor.num_elements() {
            return Err(wrong(format!("it holds {} numbers instead of {}", values.len(), tensor.num_elements())));
        }
        tensors.insert(name.clone(), Values { shape: tensor.shape().to_vec(), values });
    }
    if tensors.is_empty() {
        return Err(unreadable("it holds no tensors".to_owned()));
    }
    Ok(tensors)
}

/// Writes tensors alone as a safetensors file, for `safetensors.torch.load_file`.
///
/// # Errors
/// When the file cannot be written.
pub fn export(tensors: &StateDict, path: &Path) -> Result<(), ModelError> {
    let shown = || path.display().to_string();
    let mut file = TensorWriter::default();
    file.text("format", "pt");
    write_tensors(&mut file, "", tensors);
    let (header, data) = file.finish().map_err(|reason| ModelError::TooLarge { path: shown(), reason })?;
    write_whole(path, &[&header, &data]).map_err(|source| ModelError::Io { path: shown(), source })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A checkpoint as `torch.save({'model_state_dict': …, 'optimizer_state_dict': …})` writes it.
    fn fixture() -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/torch/succeed/linear.pkl")
    }

    #[test]
    fn the_weights_of_a_training_checkpoint_are_read_and_its_optimiser_left() {
        let tensors = read_checkpoint(&fixture()).unwrap();
        let names: Vec<&str> = tensors.keys().map(String::as_str).collect();
        assert_eq!(names, ["layers.0.bias", "layers.0.weight"]);
        assert_eq!(
            tensors["layers.0.weight"],
            Values { shape: vec![2, 3], values: vec![0.0, 0.5, 1.0, 1.5, 2.0, 2.5] }
        );
        assert_eq!(tensors["layers.0.bias"].values, [-1.0, 1e-30]);
    }

    #[test]
    fn every_truncation_is_an_error_that_names_the_file() {
        let bytes = std::fs::read(fixture()).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("cut.pkl");
        for length in (0..bytes.len()).step_by(7) {
            std::fs::write(&path, &bytes[..length]).unwrap();
            let error = read_checkpoint(&path).unwrap_err().to_string();
            assert!(error.contains("cut.pkl"), "{error}");
        }
    }

    #[test]
    fn code_in_a_pickle_is_not_run() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/torch/fail/runs_a_command.pkl");
        let marker = Path::new("/tmp/tracemend-pickle-ran");
        assert!(read_checkpoint(&path).is_err());
        assert!(!marker.exists());
    }

    #[test]
    fn what_is_exported_is_plain_safetensors() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.safetensors");
        let tensors = read_checkpoint(&fixture()).unwrap();
        export(&tensors, &path).unwrap();
        let bytes = std::fs::read(&path).unwrap();
        let read = safetensors::SafeTensors::deserialize(&bytes).unwrap();
        assert_eq!(read.len(), 2);
        let weight = read.tensor("layers.0.weight").unwrap();
        assert_eq!(weight.shape(), [2, 3]);
        assert_eq!(weight.data()[4..8], 0.5f32.to_le_bytes());
    }
}
