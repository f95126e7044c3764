//! Plain sequences of names or numbers, without times: time is the place in the sequence.
//!
//! - one sequence a line, words separated by spaces, tabs, commas or semicolons (ADFA-LD: one line a file);
//! - one word a line, the file one sequence (PLAID);
//! - `pid number` pairs, one a line (UNM): a sequence for each process, numbered through the file.
//!
//! Each sequence is its own stream, named after the file and, where the file holds several, the line or process. In a
//! directory each file is one sequence. Numbers stay numbers: without knowing the machine they name nothing.

use crate::decode::arch::Arch;
use crate::decode::bytes::{trim, whole_i64, whole_tid};
use crate::decode::context::Context;
use crate::decode::feed::Feed;
use crate::decode::input::Input;
use crate::decode::lines::Position;
use crate::format::options::OpenOptions;
use crate::format::text_source::{LineFormat, Parsed, Text};
use crate::source::Source;
use crate::{Cause, Event, Format, Item, Phase, StreamId, StreamInfo, TraceError, TraceHeader, TraceResult};
use rustc_hash::FxHashMap;
use std::fs::File;
use std::path::{Path, PathBuf};

/// Maximum number of sequences of one input: each is a stream in the header.
const MAX_SEQUENCES: usize = 1 << 20;
/// Deepest folder entered below a directory of sequences.
const MAX_DEPTH: usize = 8;

/// How sequences lie in a file.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Layout {
    Lines,
    Whole,
    Pairs,
}

fn words(line: &[u8]) -> impl Iterator<Item = &[u8]> {
    line.split(|b| matches!(b, b' ' | b'\t' | b',' | b';')).filter(|word| !word.is_empty())
}

/// How sequences lie in the lines at the beginning of a file.
pub(crate) fn layout(beginning: &[u8]) -> Layout {
    let cut = beginning.iter().rposition(|&b| b == b'\n').map_or(beginning.len(), |end| end + 1);
    let mut lines = beginning[..cut].split(|&b| b == b'\n').map(trim_line).filter(|line| !line.is_empty());
    let (mut all_single, mut all_pairs, mut count) = (true, true, 0);
    for line in lines.by_ref().take(400) {
        count += 1;
        let mut words = words(line);
        let (first, second, third) = (words.next(), words.next(), words.next());
        all_single &= second.is_none();
        all_pairs &= third.is_none() && [first, second].iter().all(|w| w.and_then(whole_i64).is_some());
    }
    match count {
        0 | 1 => Layout::Lines,
        _ if all_single => Layout::Whole,
        // Two numbers a line, many times: pairs. Two or three lines could as well be sequences of two.
        _ if all_pairs && count > 3 => Layout::Pairs,
        _ => Layout::Lines,
    }
}

fn trim_line(line: &[u8]) -> &[u8] {
    trim(line.strip_suffix(b"\r").unwrap_or(line))
}

/// What a beginning's words are.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Words {
    Numbers,
    /// Nearly all are names of system calls.
    Calls,
    Others,
}

/// What the words of a beginning are; the last one may be cut off and does not count.
pub(crate) fn words_of(beginning: &[u8]) -> Words {
    let cut = beginning.iter().rposition(|b| b.is_ascii_whitespace()).unwrap_or(beginning.len());
    let mut numbers = 0;
    let mut names = 0;
    let mut others = 0;
    for line in beginning[..cut].split(|&b| b == b'\n').map(trim_line).filter(|line| !line.is_empty()) {
        for word in words(line).take(1000) {
            if whole_i64(word).is_some_and(|n| (-1..100_000).contains(&n) || word.len() < 8) {
                numbers += 1;
            } else if std::str::from_utf8(word)
                .is_ok_and(|word| Arch::knows_name(word.strip_prefix("sys_").unwrap_or(word)))
            {
                names += 1;
            } else {
                others += 1;
            }
        }
    }
    let all = numbers + names + others;
    if all > 1 && numbers == all {
        Words::Numbers
    } else if names > 1 && names * 10 >= (names + others) * 9 && numbers * 10 < all {
        Words::Calls
    } else {
        Words::Others
    }
}

/// The reader's state.
pub(crate) struct Sequences {
    layout: Layout,
    /// Name of the file, for streams.
    name: String,
    whole: Option<StreamId>,
    by_pid: FxHashMap<i32, StreamId>,
    /// Words so far, where the sequence is longer than a line.
    count: i64,
    full: bool,
}

impl Sequences {
    pub(crate) fn new(path: &Path, layout: Layout) -> Self {
        let name = path.file_stem().map_or_else(|| "-".into(), |name| name.to_string_lossy().into_owned());
        Self { layout, name, whole: None, by_pid: FxHashMap::default(), count: 0, full: false }
    }

    /// A new stream, unless there are too many.
    fn stream(&mut self, context: &mut Context, name: String) -> Option<StreamId> {
        if context.header.streams.len() >= MAX_SEQUENCES {
            if !self.full {
                self.full = true;
                context.warn(format!("more than {MAX_SEQUENCES} sequences: the rest was not read. Split the file"));
            }
            return None;
        }
        Some(context.header.add_stream(StreamInfo { name, cpu: None }))
    }

    fn pair(&mut self, context: &mut Context, line: &[u8], at: Position) -> Parsed {
        let mut parts = words(line);
        let (Some(pid), Some(call), None) = (parts.next().and_then(whole_tid), parts.next(), parts.next()) else {
            return Parsed::Unknown;
        };
        let stream = match self.by_pid.get(&pid) {
            Some(&stream) => stream,
            None => {
                let name = format!("{}:{pid}", self.name);
                let Some(stream) = self.stream(context, name) else {
                    return Parsed::Nothing;
                };
                self.by_pid.insert(pid, stream);
                stream
            }
        };
        let time_ns = self.count;
        self.count += 1;
        Parsed::Event(Event { tid: Some(pid), ..point(context, call, stream, time_ns, at.offset) })
    }
}

fn point(context: &mut Context, word: &[u8], stream: StreamId, time_ns: i64, offset: u64) -> Event {
    Event { offset, ..Event::new(time_ns, stream, context.name(word), Phase::Point) }
}

impl LineFormat for Sequences {
    const NOUN: &'static str = "plain sequences";
    type Draft = ();

    fn line(&mut self, context: &mut Context, line: &[u8], _draft: &(), at: Position) -> Parsed {
        let text = trim(line);
        if text.is_empty() || text.starts_with(b"#") {
            return Parsed::Nothing;
        }
        if text.contains(&0) {
            return Parsed::Unknown;
        }
        if self.layout == Layout::Pairs {
            return self.pair(context, text, at);
        }
        let (stream, mut time_ns) = match (self.layout, self.whole) {
            (Layout::Whole, Some(stream)) => (stream, self.count),
            _ => {
                let name = match self.layout {
                    Layout::Whole => self.name.clone(),
                    _ => format!("{}:{}", self.name, at.line),
                };
                let Some(stream) = self.stream(context, name) else {
                    return Parsed::Nothing;
                };
                self.whole = Some(stream);
                (stream, 0)
            }
        };
        // The last event is handed back: the line is its record. Those before it share the line and have none.
        let mut held: Option<Event> = None;
        for word in words(text) {
            let event = point(context, word, stream, time_ns, at.offset);
            time_ns += 1;
            if let Some(before) = held.replace(event) {
                context.give_event(before, Vec::new());
            }
        }
        self.count = time_ns;
        held.map_or(Parsed::Nothing, Parsed::Event)
    }
}

/// A directory of sequences, one a file.
pub(crate) struct Directory {
    files: std::vec::IntoIter<PathBuf>,
    header: TraceHeader,
    /// The file being read, and where its streams begin among all.
    current: Option<Box<dyn Source>>,
    streams: u32,
    symbols: Vec<Option<crate::Symbol>>,
    gaps: u32,
    options: OpenOptions,
}

impl Directory {
    /// Of these files, in their order.
    pub(crate) fn new(files: Vec<PathBuf>, options: &OpenOptions) -> Self {
        Self {
            files: files.into_iter(),
            header: TraceHeader::new(Format::Sequences),
            current: None,
            streams: 0,
            symbols: Vec::new(),
            gaps: 0,
            options: options.clone(),
        }
    }

    fn open(&self, path: PathBuf) -> TraceResult<Box<dyn Source>> {
        let io = TraceError::io(&path);
        let input = Input::new(Box::new(File::open(&path).map_err(io)?)).map_err(io)?;
        if input.beginning().contains(&0) {
            let seen = "binary data among files of sequences; give a folder of text files alone".to_owned();
            return Err(TraceError::UnknownFormat { path, seen });
        }
        let layout = match layout(input.beginning()) {
            Layout::Pairs => Layout::Pairs,
            _ => Layout::Whole,
        };
        let compression = input.compression;
        let context = Context::new(Format::Sequences, self.options.arch, path.clone());
        let format = Sequences::new(&path, layout);
        Ok(Box::new(Text::new(Feed::new(input, self.options.threads()), context, format, compression)))
    }

    /// Numbers of one file's reader made numbers of the whole.
    fn renumber(&mut self, item: Item) -> Item {
        let Some(source) = &self.current else {
            return item;
        };
        let own = source.header();
        for stream in &own.streams[self.header.streams.len() - self.streams as usize..] {
            self.header.streams.push(stream.clone());
        }
        match item {
            Item::Gap(mut gap) => {
                gap.stream = gap.stream.map(|stream| StreamId(stream.0 + self.streams));
                gap.id = self.gaps;
                self.gaps += 1;
                Item::Gap(gap)
            }
            Item::Event(mut event) => {
                event.stream = StreamId(event.stream.0 + self.streams);
                let index = event.name.0 as usize;
                if index >= self.symbols.len() {
                    self.symbols.resize(index + 1, None);
                }
                let header = &mut self.header;
                event.name =
                    *self.symbols[index].get_or_insert_with(|| header.symbols.intern(own.symbols.name(event.name)));
                Item::Event(event)
            }
        }
    }
}

/// The files below a folder, by name.
///
/// # Errors
/// When the folder cannot be listed, or holds no file.
pub(crate) fn files(folder: &Path) -> TraceResult<Vec<PathBuf>> {
    let mut files = Vec::new();
    list(folder, 0, &mut files)?;
    if files.is_empty() {
        return Err(TraceError::UnknownFormat { path: folder.into(), seen: "a directory without files".into() });
    }
    Ok(files)
}

fn list(folder: &Path, depth: usize, files: &mut Vec<PathBuf>) -> TraceResult<()> {
    let io = TraceError::io(folder);
    let mut entries: Vec<PathBuf> = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(io)? {
        entries.push(entry.map_err(io)?.path());
    }
    entries.sort();
    for entry in entries {
        let hidden = entry.file_name().is_some_and(|name| name.to_string_lossy().starts_with('.'));
        if hidden || files.len() >= MAX_SEQUENCES {
            continue;
        }
        if entry.is_dir() {
            if depth < MAX_DEPTH {
                list(&entry, depth + 1, files)?;
            }
        } else if entry.is_file() {
            // Opening a pipe or a device could wait without end.
            files.push(entry);
        }
    }
    Ok(())
}

impl Source for Directory {
    fn next_item(&mut self) -> TraceResult<Option<Item>> {
        loop {
            if let Some(source) = &mut self.current {
                match source.next_item() {
                    Ok(Some(item)) => return Ok(Some(self.renumber(item))),
                    Ok(None) => {}
                    // One file that is no sequence leaves the others readable.
                    Err(error @ TraceError::Malformed { .. }) => {
                        self.header.warnings.push(error.to_string());
                        let mut gap = crate::Gap::new(0, crate::Lost::Unknown, Cause::Damaged(error.to_string()), 0);
                        gap.id = self.gaps;
                        self.gaps += 1;
                        self.current = None;
                        return Ok(Some(Item::Gap(gap)));
                    }
                    Err(error) => return Err(error),
                }
                self.header.warnings.extend(source.header().warnings.iter().cloned());
                self.current = None;
            }
            let Some(path) = self.files.next() else {
                return Ok(None);
            };
            self.streams = self.header.streams.len() as u32;
            self.symbols.clear();
            self.current = Some(self.open(path)?);
        }
    }

    fn header(&self) -> &TraceHeader {
        &self.header
    }

    fn record(&mut self) -> &[u8] {
        self.current.as_mut().map_or(b"", |source| source.record())
    }
}
