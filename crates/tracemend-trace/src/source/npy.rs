//! NumPy arrays: windows as sequences, and any array as numbers.
//!
//! Windows are arrays `[n, L]`, `[n, L, 1]` or `[n, 1, L]`: `n` sequences of `L` numbers. Each window is a stream of its own,
//! and a number is an event's name. An array of one dimension is one sequence.

use super::Source;
use super::input::Input;
use super::npz;
use crate::{
    Event, Format, Item, Phase, StreamId, StreamInfo, TraceError, TraceHeader, TraceResult, source::context::blank,
};
use rustc_hash::FxHashMap;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

/// First bytes of every file.
pub(crate) const MAGIC: &[u8] = b"\x93NUMPY";
/// Longest header read.
const MAX_HEADER: usize = 1 << 16;
/// Most windows given out: each is a stream in the header.
const MAX_WINDOWS: usize = 1 << 20;

/// Numbers in rows: the last dimension runs fastest.
#[derive(Clone, Debug, PartialEq)]
pub struct Array {
    /// Length of each dimension.
    pub shape: Vec<usize>,
    /// The numbers, whatever type the file stores them in.
    pub data: Vec<f64>,
}

/// Reads a `.npy` file, or the first array of a `.npz` file, compressed or not.
///
/// # Errors
/// When the file cannot be read or is no NumPy array of numbers.
pub fn load_array(path: &Path) -> TraceResult<Array> {
    let bytes = read_all(path)?;
    if npz::is_archive(&bytes) {
        let mut arrays = npz::arrays(path, &bytes, |_| true)?;
        arrays.truncate(1);
        return arrays.pop().map(|(_, array)| array).ok_or_else(|| malformed(path, "an archive without arrays".into()));
    }
    array(path, &bytes)
}

/// Reads all arrays of a `.npz` file whose names (without `.npy`) `wanted` accepts, in the order of the file.
///
/// # Errors
/// When the file cannot be read or holds something else than NumPy arrays of numbers.
pub fn load_npz(path: &Path, wanted: impl Fn(&str) -> bool) -> TraceResult<Vec<(String, Array)>> {
    npz::arrays(path, &read_all(path)?, wanted)
}

fn read_all(path: &Path) -> TraceResult<Vec<u8>> {
    let io = |source| TraceError::Io { path: path.to_path_buf(), source };
    let mut input = Input::new(Box::new(File::open(path).map_err(io)?)).map_err(io)?;
    let mut bytes = Vec::new();
    input.read_to_end(&mut bytes).map_err(io)?;
    Ok(bytes)
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
enum Kind {
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

    fn size(self) -> usize {
        match self {
            Kind::Signed(size) | Kind::Unsigned(size) | Kind::Float(size) => size,
        }
    }

    fn value(self, bytes: &[u8]) -> f64 {
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
struct Layout {
    kind: Kind,
    shape: Vec<usize>,
}

impl Layout {
    fn read(reader: &mut dyn Read) -> Result<Self, String> {
        let mut exact = |length: usize| {
            let mut bytes = Vec::new();
            let read = reader.take(length as u64).read_to_end(&mut bytes).unwrap_or(0);
            if read == length { Ok(bytes) } else { Err("the NumPy header is cut off. Copy the file again".to_string()) }
        };
        let start = exact(8)?;
        if !start.starts_with(MAGIC) {
            return Err("no NumPy array: it does not begin with \\x93NUMPY. Name its true format with --format".into());
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

    fn count(&self) -> Result<usize, String> {
        let product = self.shape.iter().try_fold(1usize, |product, &n| product.checked_mul(n));
        product.ok_or_else(|| format!("the shape {:?} is impossible", self.shape))
    }

    /// Number and length of the windows.
    fn windows(&self) -> Result<(usize, usize), String> {
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

/// Windows being read, number by number.
pub(crate) struct Npy {
    input: Input,
    header: TraceHeader,
    path: PathBuf,
    layout: Option<Layout>,
    windows: (usize, usize),
    /// Window and place in it of the next number.
    at: (usize, usize),
    offset: u64,
    buffer: Vec<u8>,
    used: usize,
    names: FxHashMap<u64, crate::Symbol>,
    ended: bool,
}

impl Npy {
    pub(crate) fn new(input: Input, path: PathBuf) -> Self {
        Self {
            input,
            header: TraceHeader::new(Format::Npy),
            path,
            layout: None,
            windows: (0, 0),
            at: (0, 0),
            offset: 0,
            buffer: Vec::new(),
            used: 0,
            names: FxHashMap::default(),
            ended: false,
        }
    }

    fn start(&mut self) -> TraceResult<Kind> {
        if let Some(layout) = &self.layout {
            return Ok(layout.kind);
        }
        let layout = Layout::read(&mut self.input).map_err(|reason| malformed(&self.path, reason))?;
        self.windows = layout.windows().map_err(|reason| malformed(&self.path, reason))?;
        if self.windows.0 > MAX_WINDOWS {
            let n = self.windows.0;
            return Err(malformed(
                &self.path,
                format!("{n} windows; at most {MAX_WINDOWS} are read. Save a part of them"),
            ));
        }
        let kind = layout.kind;
        self.layout = Some(layout);
        Ok(kind)
    }

    /// The next number's bytes; `None` where the input breaks off.
    fn number(&mut self, size: usize) -> TraceResult<Option<f64>> {
        if self.used + size > self.buffer.len() {
            self.buffer.drain(..self.used);
            self.used = 0;
            while self.buffer.len() < size {
                let held = self.buffer.len();
                self.buffer.resize(1 << 16, 0);
                let read = self.input.read(&mut self.buffer[held..]).unwrap_or(0);
                self.buffer.truncate(held + read);
                if read == 0 {
                    return Ok(None);
                }
            }
        }
        let Some(layout) = &self.layout else {
            return Ok(None);
        };
        let value = layout.kind.value(&self.buffer[self.used..self.used + size]);
        self.used += size;
        self.offset += size as u64;
        Ok(Some(value))
    }

    fn name(&mut self, value: f64) -> crate::Symbol {
        // Random numbers must not fill the memory with names.
        const MAX_NAMES: usize = 1 << 18;
        if let Some(&known) = self.names.get(&value.to_bits()) {
            return known;
        }
        if self.names.len() >= MAX_NAMES {
            return self.header.symbols.intern("<other>");
        }
        let symbol = self.header.symbols.intern(&value.to_string());
        self.names.insert(value.to_bits(), symbol);
        symbol
    }
}

impl Source for Npy {
    fn next_item(&mut self) -> TraceResult<Option<Item>> {
        if self.ended {
            return Ok(None);
        }
        let kind = self.start()?;
        let (windows, length) = self.windows;
        if self.at.0 >= windows || length == 0 {
            self.ended = true;
            return Ok(None);
        }
        let (window, place) = self.at;
        let Some(value) = self.number(kind.size())? else {
            self.ended = true;
            let missing = ((windows - window) as u64).saturating_mul(length as u64) - place as u64;
            let mut gap = blank(crate::Lost::Exact(missing), crate::Cause::Truncated, self.offset);
            gap.begin_ns = place.checked_sub(1).map(|place| place as i64);
            let path = self.path.display();
            self.header
                .warnings
                .push(format!("{path}: {missing} numbers of the array are missing. Copy the file again"));
            return Ok(Some(Item::Gap(gap)));
        };
        if place == 0 {
            self.header.add_stream(StreamInfo { name: format!("window{window}"), cpu: None });
        }
        self.at = if place + 1 == length { (window + 1, 0) } else { (window, place + 1) };
        Ok(Some(Item::Event(Event {
            time_ns: place as i64,
            stream: StreamId(window as u32),
            cpu: None,
            tid: None,
            comm: None,
            name: self.name(value),
            phase: Phase::Point,
            ret: None,
            dur_ns: None,
            offset: self.offset - kind.size() as u64,
        })))
    }

    fn header(&self) -> &TraceHeader {
        &self.header
    }

    fn record(&mut self) -> &[u8] {
        b""
    }
}
