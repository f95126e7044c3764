//! Blocks, one after the other: type, length, content, and the length once more. Where they do not fit together, the next one is looked for.

use super::magic::{SECTION, order_of};
use crate::decode::input::Input;
use crate::decode::order::Order;
use std::io::{self, Read};
use std::ops::Range;

/// Longest block kept in memory: a list of all processes is one block.
const MAX_BLOCK: usize = 64 << 20;
/// Longest block of an event of the usual kind: the recorder's own buffer.
const MAX_EVENT: usize = 128 << 10;
/// Bytes of a block before its content, and beside it altogether.
pub(crate) const HEAD: usize = 8;
const AROUND: usize = HEAD + 4;
/// Read at a time.
const CHUNK: usize = 256 << 10;

/// Types of the blocks that hold an event.
pub(crate) mod event {
    pub(crate) const V1: [u32; 2] = [0x204, 0x8010_abcd];
    pub(crate) const V2: u32 = 0x216;
    pub(crate) const V2_LARGE: u32 = 0x221;
    pub(crate) const FLAGS_V1: u32 = 0x208;
    pub(crate) const FLAGS_V2: u32 = 0x217;
    pub(crate) const FLAGS_V2_LARGE: u32 = 0x222;
}

/// What comes next.
pub(crate) enum Next {
    Block(Block),
    /// Bytes that are no block, and why.
    Damaged {
        offset: u64,
        reason: String,
    },
    /// The file ends within a block that begins here.
    CutOff(u64),
    End,
}

/// A block.
#[derive(Clone, Debug)]
pub(crate) struct Block {
    pub(crate) kind: u32,
    /// Where in the file it begins.
    pub(crate) offset: u64,
    /// Where its content lies in [`Blocks::bytes`].
    pub(crate) content: Range<usize>,
}

impl Block {
    /// Where in the buffer the next one begins.
    pub(crate) fn end(&self) -> usize {
        self.content.end + 4
    }
}

/// Whether a block holds an event.
pub(crate) fn is_event(kind: u32) -> bool {
    event::V1.contains(&kind)
        || matches!(kind, event::V2 | event::V2_LARGE | event::FLAGS_V1 | event::FLAGS_V2 | event::FLAGS_V2_LARGE)
}

/// A file's blocks.
pub(crate) struct Blocks {
    input: Input,
    pub(crate) order: Order,
    buffer: Vec<u8>,
    /// Where in the buffer the next block begins, and where in the file the buffer does.
    at: usize,
    origin: u64,
    ended: bool,
    /// Why the input cannot be unpacked any further.
    failure: Option<String>,
}

impl Blocks {
    pub(crate) fn new(input: Input, order: Order) -> Self {
        Self { input, order, buffer: Vec::new(), at: 0, origin: 0, ended: false, failure: None }
    }

    /// The bytes in memory.
    pub(crate) fn bytes(&self, range: Range<usize>) -> &[u8] {
        self.buffer.get(range).unwrap_or_default()
    }

    /// Why a packed input ended early, if it did.
    pub(crate) fn failure(&self) -> Option<&str> {
        self.failure.as_deref()
    }

    /// Where in the file the next block begins.
    pub(crate) fn offset(&self) -> u64 {
        self.origin + self.at as u64
    }

    /// Goes on to the next block.
    pub(crate) fn next(&mut self) -> io::Result<Next> {
        self.forget();
        let offset = self.offset();
        let there = self.fill(self.at + AROUND)? - self.at;
        if there < AROUND {
            self.at += there;
            return Ok(if there == 0 { Next::End } else { Next::CutOff(offset) });
        }
        if let Some(order) = order_of(self.bytes(self.at..self.at + AROUND)) {
            self.order = order;
        }
        match self.block(self.at)? {
            Ok(block) => {
                self.at = block.end();
                Ok(Next::Block(block))
            }
            Err(Fault { reason, cut_off }) => {
                let found = self.look_on()?;
                Ok(if cut_off && !found { Next::CutOff(offset) } else { Next::Damaged { offset, reason } })
            }
        }
    }

    /// The block at a place of the buffer, or the next whole one that begins before `limit`, without going on to it.
    pub(crate) fn peek(&mut self, at: usize, limit: usize) -> io::Result<Option<Block>> {
        for place in at..limit {
            if self.fill(place + AROUND)? < place + AROUND {
                break;
            }
            if (place == at || self.is_known(place))
                && let Ok(block) = self.block(place)?
            {
                return Ok(Some(block));
            }
        }
        Ok(None)
    }

    /// Whether the type of a block known here stands at a place of the buffer.
    fn is_known(&self, at: usize) -> bool {
        let kind = self.order.u32(&self.buffer, at).unwrap_or(0);
        matches!(kind, 0x201..=0x222) || kind == SECTION
    }

    /// Checks the block at a place of the buffer, where its head is there.
    fn block(&mut self, at: usize) -> io::Result<Result<Block, Fault>> {
        let number = |blocks: &Self, at| blocks.order.u32(&blocks.buffer, at).unwrap_or(0);
        let (kind, length) = (number(self, at), number(self, at + 4) as usize);
        let longest = if is_event(kind) && !matches!(kind, event::V2_LARGE | event::FLAGS_V2_LARGE) {
            MAX_EVENT
        } else {
            MAX_BLOCK
        };
        if !(AROUND..=longest).contains(&length) || length % 4 != 0 {
            return Ok(Err(Fault::of(format!("no block of type {kind:#x} has {length} bytes"))));
        }
        if self.fill(at + length)? < at + length {
            let reason = format!("a block of {length} bytes ends beyond the file");
            return Ok(Err(Fault { cut_off: true, reason }));
        }
        let again = number(self, at + length - 4) as usize;
        if again != length {
            let reason = format!("a block of type {kind:#x} begins with the length {length} and ends with {again}");
            return Ok(Err(Fault::of(reason)));
        }
        Ok(Ok(Block { kind, offset: self.origin + at as u64, content: at + HEAD..at + length - 4 }))
    }

    /// Gives up what lies behind, where it is most of the buffer: what is kept has to move.
    fn forget(&mut self) {
        if self.at >= CHUNK && self.at * 2 >= self.buffer.len() {
            self.buffer.drain(..self.at);
            self.origin += self.at as u64;
            self.at = 0;
        }
    }

    /// Goes on to the next place at which a whole block of a known type begins, or to the end; says which.
    fn look_on(&mut self) -> io::Result<bool> {
        loop {
            self.at += 1;
            self.forget();
            if self.fill(self.at + AROUND)? < self.at + AROUND {
                self.at = self.buffer.len();
                return Ok(false);
            }
            if self.is_known(self.at) && self.block(self.at)?.is_ok() {
                return Ok(true);
            }
        }
    }

    /// Gets bytes until the buffer holds `wanted`, or to the end; answers how many it holds.
    fn fill(&mut self, wanted: usize) -> io::Result<usize> {
        while self.buffer.len() < wanted && !self.ended {
            let before = self.buffer.len();
            self.buffer.resize(before + CHUNK, 0);
            let read = match self.input.read(&mut self.buffer[before..]) {
                Ok(read) => read,
                // What the system refuses is an error; what cannot be unpacked is a damaged input.
                Err(error) if error.raw_os_error().is_some() || self.input.compression.is_none() => return Err(error),
                Err(error) => {
                    self.failure = Some(error.to_string());
                    0
                }
            };
            self.buffer.truncate(before + read);
            self.ended = read == 0;
        }
        Ok(self.buffer.len())
    }
}

/// Why bytes are no block.
struct Fault {
    reason: String,
    cut_off: bool,
}

impl Fault {
    fn of(reason: String) -> Self {
        Self { reason, cut_off: false }
    }
}
