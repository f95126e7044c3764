//! NumPy arrays: windows as sequences, and any array as numbers.
//!
//! Windows are arrays `[n, L]`, `[n, L, 1]` or `[n, 1, L]`: `n` sequences of `L` numbers. Each window is a stream of its own,
//! and a number is an event's name. An array of one dimension is one sequence, and so is each array of an archive (`.npz`). NaN is a
//! value that is missing.

use super::array::{Array, Layout, array, malformed};
use super::npz;
use crate::decode::input::Input;
use crate::source::Source;
use crate::{
    Cause, Event, Format, Gap, Item, Lost, Phase, StreamId, StreamInfo, Symbol, TraceError, TraceHeader, TraceResult,
};
use rustc_hash::FxHashMap;
use std::collections::VecDeque;
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

/// The numbers of one array, one after another.
struct Numbers {
    input: Box<dyn Read + Send>,
    layout: Layout,
    buffer: Vec<u8>,
    used: usize,
    /// Bytes of numbers read.
    offset: u64,
}

impl Numbers {
    fn new(mut input: Box<dyn Read + Send>) -> Result<Self, String> {
        let layout = Layout::read(&mut input)?;
        Ok(Self { input, layout, buffer: Vec::new(), used: 0, offset: 0 })
    }

    /// The next number; `None` where the input breaks off.
    fn next(&mut self) -> Option<f64> {
        let size = self.layout.kind.size();
        if self.used + size > self.buffer.len() {
            self.buffer.drain(..self.used);
            self.used = 0;
            while self.buffer.len() < size {
                let held = self.buffer.len();
                self.buffer.resize(1 << 16, 0);
                let read = self.input.read(&mut self.buffer[held..]).unwrap_or(0);
                self.buffer.truncate(held + read);
                if read == 0 {
                    return None;
                }
            }
        }
        let value = self.layout.kind.value(&self.buffer[self.used..self.used + size]);
        self.used += size;
        self.offset += size as u64;
        Some(value)
    }
}

/// Makes events and gaps of the numbers of streams. A number that is missing (NaN) is a lost event: imputers mask values so.
struct Series {
    header: TraceHeader,
    ready: VecDeque<Item>,
    names: FxHashMap<u64, Symbol>,
    /// Place before the values missing now, and how many they are.
    missing: Option<(Option<i64>, u64)>,
    gaps: u32,
}

impl Series {
    fn new() -> Self {
        Self {
            header: TraceHeader::new(Format::Npy),
            ready: VecDeque::new(),
            names: FxHashMap::default(),
            missing: None,
            gaps: 0,
        }
    }

    /// The next stream begins.
    fn begin(&mut self, name: String) {
        self.header.add_stream(StreamInfo { name, cpu: None });
    }

    fn stream(&self) -> Option<StreamId> {
        (self.header.streams.len() as u32).checked_sub(1).map(StreamId)
    }

    /// A value of the latest stream.
    fn value(&mut self, place: usize, value: f64, offset: u64) {
        let Some(stream) = self.stream() else { return };
        let time_ns = place as i64;
        if value.is_nan() {
            self.missing.get_or_insert((place.checked_sub(1).map(|before| before as i64), 0)).1 += 1;
            return;
        }
        self.end_missing(Some(time_ns), offset);
        let name = self.name(value);
        self.ready.push_back(Item::Event(Event { offset, ..Event::new(time_ns, stream, name, Phase::Point) }));
    }

    /// Values are missing no longer, or the stream ends.
    fn end_missing(&mut self, end_ns: Option<i64>, offset: u64) {
        if let Some((begin_ns, lost)) = self.missing.take() {
            let gap = Gap::new(0, Lost::Exact(lost), Cause::Discarded, offset);
            self.gap(Gap { stream: self.stream(), begin_ns, end_ns, ..gap });
        }
    }

    fn gap(&mut self, gap: Gap) {
        self.ready.push_back(Item::Gap(Gap { id: self.gaps, ..gap }));
        self.gaps = self.gaps.saturating_add(1);
    }

    /// The input breaks off before these numbers.
    fn break_off(&mut self, path: &Path, place: usize, missing: u64, offset: u64) {
        self.end_missing(None, offset);
        let gap = Gap::new(0, Lost::Exact(missing), Cause::Truncated, offset);
        self.gap(Gap { begin_ns: place.checked_sub(1).map(|before| before as i64), ..gap });
        let path = path.display();
        self.header.warnings.push(format!("{path}: {missing} numbers of the array are missing. Copy the file again"));
    }

    fn name(&mut self, value: f64) -> Symbol {
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

/// An array being read: each window is a stream.
pub(crate) struct Npy {
    input: Option<Input>,
    numbers: Option<Numbers>,
    series: Series,
    path: PathBuf,
    windows: (usize, usize),
    /// Window and place in it of the next number.
    at: (usize, usize),
    ended: bool,
}

impl Npy {
    pub(crate) fn new(input: Input, path: PathBuf) -> Self {
        let series = Series::new();
        Self { input: Some(input), numbers: None, series, path, windows: (0, 0), at: (0, 0), ended: false }
    }

    fn start(&mut self, input: Input) -> TraceResult<()> {
        let numbers = Numbers::new(Box::new(input)).map_err(|reason| malformed(&self.path, reason))?;
        self.windows = numbers.layout.windows().map_err(|reason| malformed(&self.path, reason))?;
        if self.windows.0 > MAX_WINDOWS {
            let n = self.windows.0;
            return Err(malformed(
                &self.path,
                format!("{n} windows; at most {MAX_WINDOWS} are read. Save a part of them"),
            ));
        }
        self.numbers = Some(numbers);
        Ok(())
    }

    /// Takes the next number in.
    fn step(&mut self) {
        let (windows, length) = self.windows;
        let (window, place) = self.at;
        let Some(numbers) = self.numbers.as_mut().filter(|_| window < windows && length > 0) else {
            self.ended = true;
            return;
        };
        let offset = numbers.offset;
        let Some(value) = numbers.next() else {
            self.ended = true;
            let missing = ((windows - window) as u64).saturating_mul(length as u64) - place as u64;
            self.series.break_off(&self.path, place, missing, offset);
            return;
        };
        if place == 0 {
            self.series.begin(format!("window{window}"));
        }
        self.series.value(place, value, offset);
        self.at = (window, place + 1);
        if place + 1 == length {
            self.series.end_missing(None, offset);
            self.at = (window + 1, 0);
        }
    }
}

impl Source for Npy {
    fn next_item(&mut self) -> TraceResult<Option<Item>> {
        if let Some(input) = self.input.take() {
            self.start(input)?;
        }
        loop {
            if let Some(item) = self.series.ready.pop_front() {
                return Ok(Some(item));
            }
            if self.ended {
                return Ok(None);
            }
            self.step();
        }
    }

    fn header(&self) -> &TraceHeader {
        &self.series.header
    }

    fn record(&mut self) -> &[u8] {
        b""
    }
}

/// An archive of arrays being read: each array is a stream.
pub(crate) struct Npz {
    members: std::vec::IntoIter<(String, Box<dyn Read + Send>)>,
    /// The array being read, and how many numbers it has and had so far.
    current: Option<(Numbers, usize, usize)>,
    series: Series,
    path: PathBuf,
}

impl Npz {
    pub(crate) fn open(mut input: Input, path: PathBuf) -> TraceResult<Self> {
        let mut bytes = Vec::new();
        (&mut input).take(npz::MAX_ARCHIVE).read_to_end(&mut bytes).map_err(TraceError::io(&path))?;
        let members = npz::readers(&path, bytes.into())?.into_iter();
        Ok(Self { members, current: None, series: Series::new(), path })
    }
}

impl Source for Npz {
    fn next_item(&mut self) -> TraceResult<Option<Item>> {
        loop {
            if let Some(item) = self.series.ready.pop_front() {
                return Ok(Some(item));
            }
            match &mut self.current {
                Some((numbers, count, place)) if *place < *count => {
                    let offset = numbers.offset;
                    match numbers.next() {
                        Some(value) => {
                            self.series.value(*place, value, offset);
                            *place += 1;
                        }
                        None => {
                            self.series.break_off(&self.path, *place, (*count - *place) as u64, offset);
                            self.current = None;
                        }
                    }
                }
                _ => {
                    if let Some((numbers, ..)) = self.current.take() {
                        self.series.end_missing(None, numbers.offset);
                        continue;
                    }
                    let Some((name, reader)) = self.members.next() else {
                        return Ok(None);
                    };
                    let fail = |reason: String| malformed(&self.path, format!("array `{name}`: {reason}"));
                    let numbers = Numbers::new(reader).map_err(fail)?;
                    let count = numbers.layout.count().map_err(fail)?;
                    self.series.begin(name);
                    self.current = Some((numbers, count, 0));
                }
            }
        }
    }

    fn header(&self) -> &TraceHeader {
        &self.series.header
    }

    fn record(&mut self) -> &[u8] {
        b""
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An array of `f8` numbers as NumPy writes it.
    fn npy(shape: &str, values: &[f64]) -> Vec<u8> {
        let mut header = format!("{{'descr': '<f8', 'fortran_order': False, 'shape': {shape}, }}");
        header.push_str(&" ".repeat(118 - header.len() - 1));
        header.push('\n');
        let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
        bytes.extend((header.len() as u16).to_le_bytes());
        bytes.extend(header.bytes());
        bytes.extend(values.iter().flat_map(|value| value.to_le_bytes()));
        bytes
    }

    #[test]
    fn missing_values_are_lost_events_at_their_places() {
        let nan = f64::NAN;
        let bytes = npy("(3, 4)", &[1.0, nan, nan, 2.0, nan, 3.0, 4.0, nan, nan, nan, nan, nan]);
        let input = Input::new(Box::new(std::io::Cursor::new(bytes))).expect("readable");
        let mut source = Npy::new(input, "x.npy".into());
        let (mut events, mut gaps) = (Vec::new(), Vec::new());
        while let Some(item) = source.next_item().expect("readable") {
            match item {
                Item::Event(event) => events.push((event.stream.0, event.time_ns)),
                Item::Gap(gap) => {
                    gaps.push((gap.stream.map(|stream| stream.0), gap.begin_ns, gap.end_ns, gap.lost.count()))
                }
            }
        }
        assert_eq!(events, [(0, 0), (0, 3), (1, 1), (1, 2)]);
        let expected = [
            (Some(0), Some(0), Some(3), Some(2)),
            (Some(1), None, Some(1), Some(1)),
            (Some(1), Some(2), None, Some(1)),
            (Some(2), None, None, Some(4)),
        ];
        assert_eq!(gaps, expected);
    }
}
