//! NumPy arrays: windows as sequences, and any array as numbers.
//!
//! Windows are arrays `[n, L]`, `[n, L, 1]` or `[n, 1, L]`: `n` sequences of `L` numbers. Each window is a stream of its own,
//! and a number is an event's name. An array of one dimension is one sequence.

use super::array::{Array, Kind, Layout, array, malformed};
use super::npz;
use crate::decode::input::Input;
use crate::source::Source;
use crate::{Event, Format, Gap, Item, Phase, StreamId, StreamInfo, TraceError, TraceHeader, TraceResult};
use rustc_hash::FxHashMap;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

/// Maximum number of windows given out: each is a stream in the header.
const MAX_WINDOWS: usize = 1 << 20;

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
    let io = TraceError::io(path);
    let mut input = Input::new(Box::new(File::open(path).map_err(io)?)).map_err(io)?;
    let mut bytes = Vec::new();
    input.read_to_end(&mut bytes).map_err(io)?;
    Ok(bytes)
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
            let mut gap = Gap::new(0, crate::Lost::Exact(missing), crate::Cause::Truncated, self.offset);
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
            offset: self.offset - kind.size() as u64,
            ..Event::new(place as i64, StreamId(window as u32), self.name(value), Phase::Point)
        })))
    }

    fn header(&self) -> &TraceHeader {
        &self.header
    }

    fn record(&mut self) -> &[u8] {
        b""
    }
}
