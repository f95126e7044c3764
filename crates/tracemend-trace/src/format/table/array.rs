//! NumPy's array files: a header in Python's notation, then the numbers.

use crate::{TraceError, TraceResult};
use std::io::Read;
use std::path::Path;

/// First bytes of every file.
pub(crate) const MAGIC: &[u8] = b"\x93NUMPY";
/// Longest header read.
const MAX_HEADER: usize = 1 << 16;

/// Numbers in rows: the last dimension runs fastest.
#[derive(Clone, Debug, PartialEq)]
pub struct Array {
    /// Length of each dimension.
    pub shape: Vec<usize>,
    /// The numbers, whatever type the file stores them in.
    pub data: Vec<f64>,
}

pub(crate) fn malformed(path: &Path, reason: String) -> TraceError {
    TraceError::Corrupt { path: path.into(), offset: 0, reason }
}

/// Reads one array from the bytes of its file.
pub(crate) fn array(path: &Path, bytes: &[u8]) -> TraceResult<Array> {
    let mut reader = bytes;
    let layout = Layout::read(&mut reader).map_err(|reason| malformed(path, reason))?;
    let count = layout.count().map_err(|reason| malformed(path, reason))?;
    // The shape is not believed before the bytes are seen to be there.
    if count.checked_mul(layout.kind.size()).is_none_or(|needed| needed > reader.len()) {
        let (shape, left) = (&layout.shape, reader.len());
        return Err(malformed(
            path,
            format!("the shape {shape:?} needs more than the {left} bytes left. Copy the file again"),
        ));
    }
    let data = reader.chunks_exact(layout.kind.size()).take(count).map(|bytes| layout.kind.value(bytes)).collect();
    Ok(Array { shape: layout.shape, data })
}

/// How a file stores one number.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Kind {
    Signed(usize),
    Unsigned(usize),
    Float(usize),
}

impl Kind {
    fn parse(descr: &str) -> Option<Self> {
        let (order, rest) = descr.split_at_checked(1)?;
        let (kind, size) = rest.split_at_checked(1)?;
        let size: usize = size.parse().ok()?;
        let known = match (kind, size) {
            ("i", 1 | 2 | 4 | 8) => Kind::Signed(size),
            ("u", 1 | 2 | 4 | 8) | ("b", 1) => Kind::Unsigned(size),
            ("f", 4 | 8) => Kind::Float(size),
            _ => return None,
        };
        (order == "<" || order == "=" || (order == "|" && size == 1)).then_some(known)
    }

    pub(super) fn size(self) -> usize {
        match self {
            Kind::Signed(size) | Kind::Unsigned(size) | Kind::Float(size) => size,
        }
    }

    pub(super) fn value(self, bytes: &[u8]) -> f64 {
        let mut wide = [0u8; 8];
        let size = self.size().min(bytes.len());
        wide[..size].copy_from_slice(&bytes[..size]);
        let bits = u64::from_le_bytes(wide);
        match self {
            Kind::Unsigned(_) => bits as f64,
            Kind::Signed(size) => {
                let unused = 64 - 8 * size as u32;
                ((bits << unused) as i64 >> unused) as f64
            }
            Kind::Float(4) => f64::from(f32::from_bits(bits as u32)),
            Kind::Float(_) => f64::from_bits(bits),
        }
    }
}

/// What the header of a file says.
#[derive(Debug)]
pub(super) struct Layout {
    pub(super) kind: Kind,
    shape: Vec<usize>,
}

impl Layout {
    pub(super) fn read(reader: &mut dyn Read) -> Result<Self, String> {
        let mut exact = |length: usize| {
            let mut bytes = Vec::new();
            let read = reader.take(length as u64).read_to_end(&mut bytes).unwrap_or(0);
            if read == length { Ok(bytes) } else { Err("the NumPy header is cut off. Copy the file again".to_string()) }
        };
        let start = exact(8)?;
        if !start.starts_with(MAGIC) {
            return Err(
                "no NumPy array: it does not begin with \\x93NUMPY. Name its true format with the option `format`"
                    .into(),
            );
        }
        let length = match start[6] {
            1 => exact(2)?.iter().rev().fold(0, |n, &b| n << 8 | usize::from(b)),
            2 | 3 => exact(4)?.iter().rev().fold(0, |n, &b| n << 8 | usize::from(b)),
            version => {
                return Err(format!(
                    "version {version} of the NumPy format is not known. Save it with a newer numpy.save"
                ));
            }
        };
        if length > MAX_HEADER {
            return Err(format!("a NumPy header of {length} bytes, which no array of numbers has"));
        }
        let header = exact(length)?;
        let header = String::from_utf8_lossy(&header);
        let descr = value(&header, "descr").and_then(|v| v.strip_prefix(['\'', '"'])?.split(['\'', '"']).next());
        let kind = descr.and_then(Kind::parse).ok_or_else(|| {
            format!("the array's type {descr:?} is not read here. Save little-endian integers or floats (numpy.int32, numpy.float32)")
        })?;
        let shape = value(&header, "shape").and_then(|v| v.strip_prefix('(')?.split(')').next());
        let shape = shape.ok_or("the NumPy header names no shape. Save the array again")?;
        let shape: Result<Vec<usize>, _> =
            shape.split(',').map(str::trim).filter(|n| !n.is_empty()).map(str::parse).collect();
        let shape = shape.map_err(|_| "the NumPy header's shape is no list of numbers. Save the array again")?;
        let fortran = value(&header, "fortran_order").is_some_and(|v| v.starts_with("True"));
        if fortran && shape.iter().filter(|&&n| n > 1).count() > 1 {
            return Err("the array is stored column by column. Save it with numpy.ascontiguousarray".into());
        }
        Ok(Self { kind, shape })
    }

    pub(super) fn count(&self) -> Result<usize, String> {
        let product = self.shape.iter().try_fold(1usize, |product, &n| product.checked_mul(n));
        product.ok_or_else(|| format!("the shape {:?} is impossible", self.shape))
    }

    /// Number and length of the windows.
    pub(super) fn windows(&self) -> Result<(usize, usize), String> {
        self.count()?;
        match self.shape[..] {
            [length] => Ok((1, length)),
            [n, length] | [n, length, 1] | [n, 1, length] => Ok((n, length)),
            _ => Err(format!("the shape {:?} is none of windows: [n, L], [n, L, 1] or [n, 1, L]", self.shape)),
        }
    }
}

/// What follows `'key':` in the header's dictionary.
fn value<'a>(header: &'a str, key: &str) -> Option<&'a str> {
    let at = header.find(&format!("'{key}'")).or_else(|| header.find(&format!("\"{key}\"")))?;
    header[at + key.len() + 2..].trim_start().strip_prefix(':').map(str::trim_start)
}
