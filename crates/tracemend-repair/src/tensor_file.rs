//! Named arrays and strings in one file, in the safetensors layout.
//!
//! Length of the header as 8 bytes little-endian; the header, a JSON object of
//! `name: {dtype, shape, data_offsets}` and `__metadata__: {string: string}`, padded with spaces to a multiple of 8;
//! the data, little-endian, without holes (<https://huggingface.co/docs/safetensors>). The `safetensors` crate reads
//! what is written here (test below). It does not write it, because it puts the metadata in a different order each
//! time, and the same model must be the same bytes; nor read it, because an offset near 2^64 overflows in it.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Longest header that is read.
const MAX_HEADER: usize = 1 << 27;
const LENGTH_BYTES: usize = 8;
/// The metadata entry that holds the CRC-32 of the data; files without one are read all the same.
const CHECKSUM: &str = "crc32";

/// Element types.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum Dtype {
    F32,
    U32,
    U64,
}

impl Dtype {
    fn bytes(self) -> u64 {
        match self {
            Dtype::F32 | Dtype::U32 => 4,
            Dtype::U64 => 8,
        }
    }
}

#[derive(Debug, Serialize, Deserialize)]
struct Entry {
    dtype: Dtype,
    shape: Vec<u64>,
    data_offsets: [u64; 2],
}

#[derive(Debug, Serialize, Deserialize)]
struct Header {
    #[serde(rename = "__metadata__", default)]
    metadata: BTreeMap<String, String>,
    #[serde(flatten)]
    entries: BTreeMap<String, Entry>,
}

/// A file being put together. Arrays of 8-byte elements have to come before those of 4, so that all are aligned.
#[derive(Default)]
pub struct TensorWriter {
    metadata: BTreeMap<String, String>,
    entries: BTreeMap<String, Entry>,
    data: Vec<u8>,
}

impl TensorWriter {
    /// Adds a string.
    pub fn text(&mut self, name: &str, value: impl ToString) {
        self.metadata.insert(name.to_owned(), value.to_string());
    }

    pub(crate) fn u64s(&mut self, name: &str, shape: &[usize], values: impl Iterator<Item = u64>) {
        self.array(name, Dtype::U64, shape, |data| values.for_each(|value| data.extend(value.to_le_bytes())));
    }

    pub(crate) fn u32s(&mut self, name: &str, shape: &[usize], values: impl Iterator<Item = u32>) {
        self.array(name, Dtype::U32, shape, |data| values.for_each(|value| data.extend(value.to_le_bytes())));
    }

    /// Adds an array of `f32`, in row-major order.
    pub fn f32s(&mut self, name: &str, shape: &[usize], values: &[f32]) {
        self.array(name, Dtype::F32, shape, |data| values.iter().for_each(|value| data.extend(value.to_le_bytes())));
    }

    fn array(&mut self, name: &str, dtype: Dtype, shape: &[usize], fill: impl FnOnce(&mut Vec<u8>)) {
        let begin = self.data.len() as u64;
        fill(&mut self.data);
        let shape: Vec<u64> = shape.iter().map(|&size| size as u64).collect();
        debug_assert_eq!(shape.iter().product::<u64>() * dtype.bytes(), self.data.len() as u64 - begin);
        self.entries.insert(name.to_owned(), Entry { dtype, shape, data_offsets: [begin, self.data.len() as u64] });
    }

    /// The two parts of the file: the header with its length, and the data; an error says what is too large.
    pub fn finish(mut self) -> Result<(Vec<u8>, Vec<u8>), String> {
        let sum = crc32fast::hash(&self.data);
        self.text(CHECKSUM, format!("{sum:08x}"));
        let header = Header { metadata: self.metadata, entries: self.entries };
        let json = serde_json::to_vec(&header).map_err(|error| error.to_string())?;
        let padded = json.len().next_multiple_of(8);
        if padded > MAX_HEADER {
            return Err(format!("its names take {} bytes of at most {MAX_HEADER}", json.len()));
        }
        let mut head = (padded as u64).to_le_bytes().to_vec();
        head.extend(json);
        head.resize(LENGTH_BYTES + padded, b' ');
        Ok((head, self.data))
    }
}

/// A file taken apart; every array lies within the data.
#[derive(Debug)]
pub struct TensorReader<'a> {
    header: Header,
    data: &'a [u8],
}

impl<'a> TensorReader<'a> {
    /// Takes a file apart; an error says why it is no file of this layout.
    pub fn new(bytes: &'a [u8]) -> Result<Self, String> {
        let Some((length, rest)) = bytes.split_first_chunk::<LENGTH_BYTES>() else {
            return Err(format!("it has only {} bytes", bytes.len()));
        };
        let length = u64::from_le_bytes(*length);
        let Some((header, data)) = usize::try_from(length)
            .ok()
            .filter(|&length| length <= MAX_HEADER)
            .and_then(|length| rest.split_at_checked(length))
        else {
            return Err(format!("its header would take {length} bytes of {}", rest.len()));
        };
        let header: Header =
            serde_json::from_slice(header).map_err(|error| format!("its header is no JSON: {error}"))?;
        let mut places: Vec<(&[u64; 2], &str)> =
            header.entries.iter().map(|(name, entry)| (&entry.data_offsets, name.as_str())).collect();
        places.sort_unstable();
        let mut end = 0;
        for (&[from, to], name) in places {
            if from != end || to < from {
                return Err(format!("`{name}` lies at {from}..{to}, expected from {end}"));
            }
            end = to;
        }
        if end != data.len() as u64 {
            return Err(format!("its data takes {end} bytes but {} are there", data.len()));
        }
        for (name, entry) in &header.entries {
            let [from, to] = entry.data_offsets;
            let bytes = entry.shape.iter().try_fold(entry.dtype.bytes(), |bytes, &size| bytes.checked_mul(size));
            if bytes != Some(to - from) {
                return Err(format!("`{name}` takes {} bytes, which is not its shape", to - from));
            }
        }
        let sum = format!("{:08x}", crc32fast::hash(data));
        if header.metadata.get(CHECKSUM).is_some_and(|stated| *stated != sum) {
            return Err("its checksum does not fit its data".to_owned());
        }
        Ok(Self { header, data })
    }

    /// A string of the file.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.header.metadata.get(name).map(String::as_str)
    }

    /// An array and its shape; an error says what is wrong with it.
    pub(crate) fn u32s(&self, name: &str) -> Result<(&[u64], Vec<u32>), String> {
        let (shape, bytes) = self.array(name, Dtype::U32)?;
        Ok((shape, bytes.as_chunks::<4>().0.iter().map(|&chunk| u32::from_le_bytes(chunk)).collect()))
    }

    pub(crate) fn u64s(&self, name: &str) -> Result<(&[u64], Vec<u64>), String> {
        let (shape, bytes) = self.array(name, Dtype::U64)?;
        Ok((shape, bytes.as_chunks::<8>().0.iter().map(|&chunk| u64::from_le_bytes(chunk)).collect()))
    }

    /// Shape and values of an array of `f32`.
    ///
    /// # Errors
    /// The file has no such array.
    pub fn f32s(&self, name: &str) -> Result<(&[u64], Vec<f32>), String> {
        let (shape, bytes) = self.array(name, Dtype::F32)?;
        Ok((shape, bytes.as_chunks::<4>().0.iter().map(|&chunk| f32::from_le_bytes(chunk)).collect()))
    }

    /// Names of all arrays, sorted.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.header.entries.keys().map(String::as_str)
    }

    fn array(&self, name: &str, dtype: Dtype) -> Result<(&[u64], &'a [u8]), String> {
        let entry = self.header.entries.get(name).ok_or("it is missing")?;
        if entry.dtype != dtype {
            return Err(format!("its type is {:?}, expected {dtype:?}", entry.dtype));
        }
        let [from, to] = entry.data_offsets;
        let bytes = self.data.get(from as usize..to as usize).ok_or("it lies outside of the file")?;
        Ok((&entry.shape, bytes))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file() -> Vec<u8> {
        let mut writer = TensorWriter::default();
        writer.text("b", "x");
        writer.text("a", 7);
        writer.u64s("long", &[2], [1, u64::MAX].into_iter());
        writer.u32s("wide", &[2, 3], 0..6);
        let (mut bytes, data) = writer.finish().unwrap();
        bytes.extend(data);
        bytes
    }

    #[test]
    fn the_crate_reads_it() {
        let bytes = file();
        let read = safetensors::SafeTensors::deserialize(&bytes).unwrap();
        assert_eq!(read.tensor("wide").unwrap().shape(), [2, 3]);
        assert_eq!(read.tensor("long").unwrap().data()[8..], u64::MAX.to_le_bytes());
        let (_, metadata) = safetensors::SafeTensors::read_metadata(&bytes).unwrap();
        assert_eq!(metadata.metadata().as_ref().unwrap()["a"], "7");
    }

    #[test]
    fn reads_back() {
        let bytes = file();
        let read = TensorReader::new(&bytes).unwrap();
        assert_eq!(read.text("b"), Some("x"));
        assert_eq!(read.u32s("wide").unwrap(), (&[2, 3][..], vec![0, 1, 2, 3, 4, 5]));
        assert_eq!(read.u64s("long").unwrap(), (&[2][..], vec![1, u64::MAX]));
        assert_eq!(read.u32s("long").unwrap_err(), "its type is U64, expected U32");
        assert_eq!(read.u32s("none").unwrap_err(), "it is missing");
    }

    #[test]
    fn a_flipped_bit_in_the_data_is_noticed() {
        let mut bytes = file();
        *bytes.last_mut().unwrap() ^= 1;
        assert_eq!(TensorReader::new(&bytes).unwrap_err(), "its checksum does not fit its data");
    }

    #[test]
    fn refuses_offsets_that_overflow() {
        for header in [
            r#"{"a":{"dtype":"U32","shape":[4611686018427387903],"data_offsets":[0,18446744073709551612]}}"#,
            r#"{"a":{"dtype":"U32","shape":[9223372036854775807,9223372036854775807],"data_offsets":[0,0]}}"#,
            r#"{"a":{"dtype":"U32","shape":[0],"data_offsets":[8,0]}}"#,
        ] {
            let mut bytes = (header.len() as u64).to_le_bytes().to_vec();
            bytes.extend(header.as_bytes());
            TensorReader::new(&bytes).unwrap_err();
        }
    }
}
