//! Arrays of NumPy's `.npy` and `.npz` formats, read with bounds and without trust in their headers.
//!
//! Format: NumPy enhancement proposal 1. A `.npz` file is a zip archive of `.npy` members.

use std::fs::File;
use std::io::{BufReader, Read};
use std::path::{Path, PathBuf};

/// Longest header that is read; real ones take 118 bytes.
const MAX_HEADER: usize = 1 << 16;
/// Most elements that are read; the published files have 2^21.
const MAX_ELEMENTS: usize = 1 << 26;

/// Why an array could not be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ArrayError {
    /// The file system said no.
    #[error("cannot read {}: {source}; check the path and its permissions", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What it said.
        source: std::io::Error,
    },
    /// Not a zip archive, or a damaged one.
    #[error("{} is not a readable .npz archive: {source}; save it again with numpy.savez", path.display())]
    Archive {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        source: zip::result::ZipError,
    },
    /// Not an array, or not one that is supported here.
    #[error("{} is not an array that can be used: {problem}", path.display())]
    Invalid {
        /// The file, with the member's name appended for a member of an archive.
        path: PathBuf,
        /// What is wrong and what to do.
        problem: String,
    },
}

impl ArrayError {
    /// An [`ArrayError::Invalid`].
    pub(super) fn invalid(path: &Path, problem: impl Into<String>) -> Self {
        Self::Invalid { path: path.to_owned(), problem: problem.into() }
    }
}

/// A dense array in row-major order; every element type is widened to `f64`.
#[derive(Clone, Debug, PartialEq)]
pub struct Array {
    /// Extent of each axis.
    pub shape: Vec<usize>,
    /// `[product of shape]` elements, the last axis fastest.
    pub data: Vec<f64>,
}

impl Array {
    /// Reads a `.npy` file.
    pub fn read(path: &Path) -> Result<Self, ArrayError> {
        let file = File::open(path).map_err(|source| ArrayError::Io { path: path.to_owned(), source })?;
        parse(BufReader::new(file), path)
    }

    /// The elements as event ids. Fails on what is no whole number from 0 to 2^32 - 2.
    pub fn ids(&self, path: &Path) -> Result<Vec<u32>, ArrayError> {
        let id = |x: &f64| {
            let whole = x.fract() == 0.0 && (0.0..f64::from(u32::MAX)).contains(x);
            whole
                .then_some(*x as u32)
                .ok_or_else(|| ArrayError::invalid(path, format!("{x} is no event id; ids are whole numbers from 0")))
        };
        self.data.iter().map(id).collect()
    }
}

/// The members of a `.npz` archive, opened one at a time.
pub struct Archive {
    path: PathBuf,
    zip: zip::ZipArchive<BufReader<File>>,
}

impl Archive {
    /// Opens an archive and reads its directory.
    pub fn open(path: &Path) -> Result<Self, ArrayError> {
        let file = File::open(path).map_err(|source| ArrayError::Io { path: path.to_owned(), source })?;
        let zip = zip::ZipArchive::new(BufReader::new(file))
            .map_err(|source| ArrayError::Archive { path: path.to_owned(), source })?;
        Ok(Self { path: path.to_owned(), zip })
    }

    /// Names of the arrays, without their `.npy`, sorted.
    pub fn names(&self) -> Vec<String> {
        let names = self.zip.file_names();
        let mut names: Vec<String> = names.filter_map(|n| Some(n.strip_suffix(".npy")?.to_owned())).collect();
        names.sort_unstable();
        names
    }

    /// Reads one array by its name without `.npy`; `None` if the archive has none of that name.
    pub fn read(&mut self, name: &str) -> Result<Option<Array>, ArrayError> {
        let member = format!("{name}.npy");
        let path = self.path.join(&member);
        match self.zip.by_name(&member) {
            Ok(file) => parse(file, &path).map(Some),
            Err(zip::result::ZipError::FileNotFound) => Ok(None),
            Err(source) => Err(ArrayError::Archive { path, source }),
        }
    }
}

/// Kind and width in bytes of an element, and its byte order.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Element {
    kind: u8,
    width: usize,
    big_endian: bool,
}

/// Parses a `.npy` stream; `path` is for errors only.
fn parse(mut input: impl Read, path: &Path) -> Result<Array, ArrayError> {
    let broken = |problem: &str| ArrayError::invalid(path, problem);
    let cut = || broken("it ends within its header; copy the file again");
    let mut magic = [0u8; 8];
    input.read_exact(&mut magic).map_err(|_| cut())?;
    if &magic[..6] != b"\x93NUMPY" {
        return Err(broken("it does not begin as .npy files do; save it with numpy.save"));
    }
    let mut size = [0u8; 4];
    let wide = magic[6] >= 2;
    let size_bytes = if wide { 4 } else { 2 };
    input.read_exact(&mut size[..size_bytes]).map_err(|_| cut())?;
    let length = u32::from_le_bytes(size) as usize;
    if length > MAX_HEADER {
        return Err(broken("its header is longer than 64 KiB"));
    }
    let mut header = vec![0u8; length];
    input.read_exact(&mut header).map_err(|_| cut())?;
    let header = String::from_utf8_lossy(&header);
    let (element, shape) = parse_header(&header).map_err(|p| ArrayError::invalid(path, p))?;
    let count = shape
        .iter()
        .try_fold(1usize, |n, extent| n.checked_mul(*extent))
        .filter(|n| *n <= MAX_ELEMENTS)
        .ok_or_else(|| broken("it has more than 2^26 elements; split it"))?;
    let wanted = count * element.width;
    // The buffer grows with what is really there, not with what the header claims.
    let mut bytes = Vec::new();
    let got = input
        .take(wanted as u64)
        .read_to_end(&mut bytes)
        .map_err(|e| broken(&format!("its data cannot be read: {e}")))?;
    if got < wanted {
        return Err(ArrayError::invalid(path, format!("it holds {got} of {wanted} data bytes; copy the file again")));
    }
    let data = bytes.chunks_exact(element.width).map(|b| value(b, element)).collect();
    Ok(Array { shape, data })
}

/// Reads `{'descr': '<i4', 'fortran_order': False, 'shape': (500, 200, 1), }`.
fn parse_header(header: &str) -> Result<(Element, Vec<usize>), String> {
    let after = |key: &str| {
        let (_, rest) = header.split_once(&format!("'{key}'")).ok_or_else(|| format!("its header has no '{key}'"))?;
        Ok::<&str, String>(rest.trim_start().trim_start_matches(':').trim_start())
    };
    let descr = after("descr")?;
    let descr = descr
        .strip_prefix('\'')
        .and_then(|d| d.split_once('\''))
        .map(|(d, _)| d)
        .ok_or("its element type is a record; save plain numbers")?;
    let unsupported = || format!("its element type is {descr}; save integers or 32/64-bit floats");
    let (order, code) = descr.split_at_checked(1).ok_or_else(unsupported)?;
    let element = match (code.as_bytes().first(), code.get(1..).map(str::parse::<usize>)) {
        (Some(&kind @ (b'i' | b'u')), Some(Ok(width @ (1 | 2 | 4 | 8)))) => (kind, width),
        (Some(&kind @ b'f'), Some(Ok(width @ (4 | 8)))) => (kind, width),
        (Some(&kind @ b'b'), Some(Ok(width @ 1))) => (kind, width),
        _ => return Err(unsupported()),
    };
    if !matches!(order, "<" | ">" | "|" | "=") {
        return Err(unsupported());
    }
    if !after("fortran_order")?.starts_with("False") {
        return Err("it is in column-major order; save numpy.ascontiguousarray(it)".to_owned());
    }
    let shape = after("shape")?
        .strip_prefix('(')
        .and_then(|s| s.split_once(')'))
        .map(|(s, _)| s)
        .ok_or("its shape is not a tuple")?;
    let shape = shape
        .split(',')
        .map(str::trim)
        .filter(|s| !s.is_empty())
        .map(|s| s.parse().map_err(|_| format!("its shape has the extent {s}")))
        .collect::<Result<_, _>>()?;
    let element = Element { kind: element.0, width: element.1, big_endian: order == ">" };
    Ok((element, shape))
}

fn value(bytes: &[u8], element: Element) -> f64 {
    let mut le = [0u8; 8];
    for (i, byte) in bytes.iter().take(8).enumerate() {
        le[if element.big_endian { bytes.len() - 1 - i } else { i }] = *byte;
    }
    let raw = u64::from_le_bytes(le);
    let shift = 64 - 8 * bytes.len().clamp(1, 8) as u32;
    match (element.kind, element.width) {
        (b'f', 4) => f64::from(f32::from_bits(raw as u32)),
        (b'f', _) => f64::from_bits(raw),
        // Sign extension.
        (b'i', _) => (((raw << shift) as i64) >> shift) as f64,
        _ => raw as f64,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn npy(descr: &str, shape: &str, data: &[u8]) -> Vec<u8> {
        let header = format!("{{'descr': '{descr}', 'fortran_order': False, 'shape': {shape}, }}\n");
        let mut file = b"\x93NUMPY\x01\x00".to_vec();
        file.extend((header.len() as u16).to_le_bytes());
        file.extend(header.as_bytes());
        file.extend(data);
        file
    }

    fn read(file: &[u8]) -> Result<Array, ArrayError> {
        parse(file, Path::new("x.npy"))
    }

    #[test]
    fn element_types() {
        let of = |descr: &str, data: &[u8]| read(&npy(descr, "(1,)", data)).expect("valid").data[0];
        assert_eq!(of("<i2", &[0xfe, 0xff]), -2.0);
        assert_eq!(of(">i4", &[0, 0, 1, 2]), 258.0);
        assert_eq!(of("|u1", &[200]), 200.0);
        assert_eq!(of("|b1", &[1]), 1.0);
        assert_eq!(of("<f4", &1.5f32.to_le_bytes()), 1.5);
        assert_eq!(of(">f8", &(-2.5f64).to_be_bytes()), -2.5);
        assert_eq!(of("<i8", &(-7i64).to_le_bytes()), -7.0);
    }

    #[test]
    fn shapes() {
        assert_eq!(read(&npy("|u1", "(2, 3)", &[0; 6])).expect("valid").shape, [2, 3]);
        assert_eq!(read(&npy("|u1", "()", &[9])).expect("valid").data, [9.0]);
        let ids = |data: &[u8]| read(&npy("|i1", "(1,)", data)).expect("valid").ids(Path::new("x"));
        assert_eq!(ids(&[3]).expect("an id"), [3]);
        assert!(ids(&[0xff]).is_err());
    }

    #[test]
    fn says_what_is_wrong() {
        let problem = |file: &[u8]| read(file).expect_err("damaged").to_string();
        assert!(problem(b"PK").contains("header"));
        assert!(problem(b"0123456789").contains("numpy.save"));
        assert!(problem(&npy("<c8", "(1,)", &[0; 8])).contains("<c8"));
        assert!(problem(&npy("<f4", "(9,)", &[0; 8])).contains("8 of 36"));
        assert!(problem(&npy("<f4", "(4294967296, 4294967296)", &[])).contains("2^26"));
    }

    fn archive() -> Vec<u8> {
        use std::io::Write;
        let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
        for (name, method) in [
            ("b.npy", zip::CompressionMethod::Deflated),
            ("a.npy", zip::CompressionMethod::Stored),
            ("notes.txt", zip::CompressionMethod::Stored),
        ] {
            let options = zip::write::SimpleFileOptions::default().compression_method(method);
            zip.start_file(name, options).expect("a member");
            zip.write_all(&npy("|u1", "(3,)", &[1, 2, 3])).expect("its data");
        }
        zip.finish().expect("the directory").into_inner()
    }

    fn open(bytes: &[u8]) -> (tempfile::TempDir, Result<Archive, ArrayError>) {
        let dir = tempfile::tempdir().expect("a folder");
        let path = dir.path().join("x.npz");
        std::fs::write(&path, bytes).expect("writable");
        let archive = Archive::open(&path);
        (dir, archive)
    }

    #[test]
    fn archives() {
        let (_dir, archive) = open(&archive());
        let mut archive = archive.expect("valid");
        assert_eq!(archive.names(), ["a", "b"]);
        for name in ["a", "b"] {
            let array = archive.read(name).expect("readable").expect("there");
            assert_eq!(array.data, [1.0, 2.0, 3.0]);
        }
        assert!(archive.read("c").expect("readable").is_none());
    }

    proptest! {
        #[test]
        fn damaged_archives_never_panic(
            damage in proptest::collection::vec((any::<proptest::sample::Index>(), any::<u8>()), 1..6),
            cut in 0usize..40,
        ) {
            let mut bytes = archive();
            for (at, byte) in damage {
                let at = at.index(bytes.len());
                bytes[at] = byte;
            }
            bytes.truncate(bytes.len() - cut);
            let (_dir, archive) = open(&bytes);
            if let Ok(mut archive) = archive {
                for name in archive.names() {
                    let _ = archive.read(&name);
                }
            }
        }

        #[test]
        fn never_panics(
            mut at in proptest::collection::vec((0usize..90, any::<u8>()), 0..4),
            cut in 0usize..100,
        ) {
            let mut file = npy("<i4", "(3, 1)", &[0; 12]);
            at.retain(|(i, _)| *i < file.len());
            for (i, byte) in at {
                file[i] = byte;
            }
            file.truncate(file.len().saturating_sub(cut % 7));
            let _ = read(&file);
        }
    }
}
