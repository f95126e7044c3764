//! One trace in several files, read one after the other: streams of one name are one stream.

use crate::source::Source;
use crate::{Cause, Format, Gap, Item, Lost, StreamId, Symbol, TraceError, TraceHeader, TraceResult};
use rustc_hash::FxHashMap;
use std::path::{Path, PathBuf};

type Open = Box<dyn Fn(&Path) -> TraceResult<Box<dyn Source>>>;

/// A trace in several files.
pub(crate) struct Several {
    files: std::vec::IntoIter<PathBuf>,
    open: Open,
    current: Option<Box<dyn Source>>,
    header: TraceHeader,
    streams: FxHashMap<String, StreamId>,
    /// Streams and symbols of the current file as those of the whole.
    own_streams: Vec<StreamId>,
    own_symbols: Vec<Option<Symbol>>,
    gaps: u32,
    /// Whether the loss of all CPUs together was given out: each CPU's file tells it.
    total_given: bool,
}

impl Several {
    /// A trace in these files, each opened by `open`.
    pub(crate) fn new(format: Format, files: Vec<PathBuf>, open: Open) -> Self {
        Self {
            files: files.into_iter(),
            open,
            current: None,
            header: TraceHeader::new(format),
            streams: FxHashMap::default(),
            own_streams: Vec::new(),
            own_symbols: Vec::new(),
            gaps: 0,
            total_given: false,
        }
    }

    /// An item of the current file as one of the whole; `None` for what an earlier file gave out.
    fn of_whole(&mut self, item: Item, own: &TraceHeader) -> Option<Item> {
        for info in &own.streams[self.own_streams.len()..] {
            let header = &mut self.header;
            let stream = *self.streams.entry(info.name.clone()).or_insert_with(|| header.add_stream(info.clone()));
            self.own_streams.push(stream);
        }
        match item {
            Item::Event(mut event) => {
                event.stream = self.own_streams[event.stream.0 as usize];
                event.name = self.symbol(event.name, own);
                event.comm = event.comm.map(|comm| self.symbol(comm, own));
                Some(Item::Event(event))
            }
            Item::Gap(mut gap) => {
                if gap.stream.is_none()
                    && gap.cause == Cause::Overwritten
                    && std::mem::replace(&mut self.total_given, true)
                {
                    return None;
                }
                gap.stream = gap.stream.map(|stream| self.own_streams[stream.0 as usize]);
                Some(Item::Gap(self.numbered(gap)))
            }
        }
    }

    fn numbered(&mut self, mut gap: Gap) -> Gap {
        gap.id = self.gaps;
        self.gaps = self.gaps.saturating_add(1);
        gap
    }

    fn symbol(&mut self, own_symbol: Symbol, own: &TraceHeader) -> Symbol {
        let index = own_symbol.0 as usize;
        if index >= self.own_symbols.len() {
            self.own_symbols.resize(index + 1, None);
        }
        let header = &mut self.header;
        *self.own_symbols[index].get_or_insert_with(|| header.symbols.intern(own.symbols.name(own_symbol)))
    }

    /// Keeps what the current file's reader had to say.
    fn close(&mut self, source: &dyn Source) {
        for warning in &source.header().warnings {
            if !self.header.warnings.contains(warning) {
                self.header.warnings.push(warning.clone());
            }
        }
        self.header.ticks |= source.header().ticks;
        self.own_streams.clear();
        self.own_symbols.clear();
    }
}

impl Source for Several {
    fn next_item(&mut self) -> TraceResult<Option<Item>> {
        loop {
            if let Some(mut source) = self.current.take() {
                match source.next_item() {
                    Ok(Some(item)) => {
                        let item = self.of_whole(item, source.header());
                        self.current = Some(source);
                        match item {
                            Some(item) => return Ok(Some(item)),
                            None => continue,
                        }
                    }
                    Ok(None) => self.close(&*source),
                    // One file that cannot be read leaves the others readable.
                    Err(error @ TraceError::Malformed { .. }) => {
                        self.close(&*source);
                        self.header.warnings.push(error.to_string());
                        let gap = self.numbered(Gap::new(0, Lost::Unknown, Cause::Damaged(error.to_string()), 0));
                        return Ok(Some(Item::Gap(gap)));
                    }
                    Err(error) => return Err(error),
                }
            }
            let Some(path) = self.files.next() else {
                return Ok(None);
            };
            self.current = Some((self.open)(&path)?);
        }
    }

    fn header(&self) -> &TraceHeader {
        &self.header
    }

    fn record(&mut self) -> &[u8] {
        self.current.as_mut().map_or(b"", |source| source.record())
    }
}
