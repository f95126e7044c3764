//! The pages of one CPU, one after the other, from a bounded piece of the file.

use super::layout::CpuData;
use super::unpack::{Packing, Unpacker};
use crate::decode::order::Order;
use crate::decode::store::Store;
use std::io;

/// What all CPUs together may hold in memory.
const BUDGET: usize = 64 << 20;
/// Maximum number of bytes read at a time.
const MAX_PIECE: usize = 256 << 10;

/// What comes next.
pub(crate) enum Next {
    /// A page, at [`Pages::page`].
    Page,
    /// A part that cannot be read, and why.
    Bad(u64, String),
    /// The file ends before the table of CPUs says so.
    CutOff(u64),
    End,
}

/// A CPU's pages.
pub(crate) struct Pages {
    order: Order,
    packing: Packing,
    page_size: usize,
    /// Maximum number of bytes of a packed chunk, unpacked.
    max_chunk: usize,
    /// Maximum number of bytes of pages read at a time.
    piece: usize,
    /// Where in the file the next piece begins, and where the last one ends.
    at: u64,
    end: u64,
    /// Packed chunks left, once their number is known.
    chunks: Option<u32>,
    /// The last page before, if there is one, then a piece.
    buffer: Vec<u8>,
    packed: Vec<u8>,
    /// Where in the buffer the present page begins, and how much of it is there.
    page: usize,
    page_len: usize,
    /// End of the page before it, 0 for none.
    before: usize,
    /// Where the rest of the buffer begins.
    rest: usize,
    /// Where in the file the buffer's first new byte comes from; for a packed chunk, the chunk.
    origin: u64,
    /// Where in the buffer that byte lies.
    origin_at: usize,
    cut_off: bool,
}

impl Pages {
    /// `shares` is how many CPUs share the memory.
    pub(crate) fn new(order: Order, packing: Packing, page_size: usize, data: &CpuData, shares: usize) -> Self {
        let share = BUDGET / shares.max(1);
        // The size of packed pages leaves out the number of chunks in front.
        let uncounted = if packing == Packing::None { 0 } else { 4 };
        Self {
            order,
            packing,
            page_size,
            // trace-cmd packs ten pages a chunk.
            max_chunk: share.max(16 * page_size),
            piece: share.min(MAX_PIECE).max(page_size) / page_size * page_size,
            at: data.offset,
            end: data.offset.saturating_add(data.size).saturating_add(uncounted),
            chunks: None,
            buffer: Vec::new(),
            packed: Vec::new(),
            page: 0,
            page_len: 0,
            before: 0,
            rest: 0,
            origin: data.offset,
            origin_at: 0,
            cut_off: false,
        }
    }

    /// The present page: all of it, or what the file has of it.
    #[inline]
    pub(crate) fn page(&self) -> &[u8] {
        &self.buffer[self.page..self.page + self.page_len]
    }

    /// Whether the file ends with the present piece, earlier than it should.
    pub(crate) fn cut_off(&self) -> bool {
        self.cut_off
    }

    /// The page before the present one.
    pub(crate) fn page_before(&self) -> Option<&[u8]> {
        (self.before >= self.page_size).then(|| &self.buffer[self.before - self.page_size..self.before])
    }

    /// Where in the file a byte of the present page lies; for packed pages, where their chunk lies.
    #[inline]
    pub(crate) fn offset(&self, at: usize) -> u64 {
        match self.packing {
            Packing::None => self.origin + (self.page + at).saturating_sub(self.origin_at) as u64,
            _ => self.origin,
        }
    }

    /// Goes on to the next page.
    pub(crate) fn advance(&mut self, store: &mut Store, unpacker: &mut Unpacker) -> io::Result<Next> {
        self.before = if self.page_len == self.page_size { self.page + self.page_size } else { 0 };
        if self.rest >= self.buffer.len() {
            match self.fill(store, unpacker)? {
                Next::Page => {}
                other => return Ok(other),
            }
        }
        self.page = self.rest;
        self.page_len = self.page_size.min(self.buffer.len() - self.rest);
        self.rest += self.page_len;
        Ok(Next::Page)
    }

    /// Gets the next piece, after the page last given out.
    fn fill(&mut self, store: &mut Store, unpacker: &mut Unpacker) -> io::Result<Next> {
        if self.before > 0 {
            self.buffer.copy_within(self.before - self.page_size..self.before, 0);
            self.before = self.page_size;
        }
        self.buffer.truncate(self.before);
        (self.page, self.page_len, self.rest, self.origin_at) = (self.before, 0, self.before, self.before);
        if self.packing == Packing::None { self.fill_plain(store) } else { self.fill_packed(store, unpacker) }
    }

    fn fill_plain(&mut self, store: &mut Store) -> io::Result<Next> {
        if self.cut_off {
            // The part of a page before was the last of what is there.
            self.cut_off = false;
            return Ok(Next::CutOff(self.at));
        }
        let left = self.end.saturating_sub(self.at);
        if left == 0 {
            return Ok(Next::End);
        }
        let wanted = usize::try_from(left).unwrap_or(usize::MAX).min(self.piece);
        self.origin = self.at;
        self.buffer.resize(self.before + wanted, 0);
        let read = store.read_at(self.at, &mut self.buffer[self.before..])?;
        self.buffer.truncate(self.before + read);
        self.at += read as u64;
        if read < wanted {
            self.end = self.at;
            if read == 0 {
                return Ok(Next::CutOff(self.at));
            }
            self.cut_off = true;
        }
        Ok(Next::Page)
    }

    fn fill_packed(&mut self, store: &mut Store, unpacker: &mut Unpacker) -> io::Result<Next> {
        let left = match self.chunks {
            Some(left) => left,
            None if self.at >= self.end => return Ok(Next::End),
            None => {
                let head = store.bytes_at(self.at, 4)?;
                let Some(count) = self.order.u32(&head, 0) else {
                    self.chunks = Some(0);
                    return Ok(Next::CutOff(self.at));
                };
                self.at += 4;
                self.chunks = Some(count);
                count
            }
        };
        if left == 0 || self.at >= self.end {
            return Ok(Next::End);
        }
        self.chunks = Some(left - 1);
        self.origin = self.at;
        let head = store.bytes_at(self.at, 8)?;
        let (Some(packed), Some(unpacked)) = (self.order.u32(&head, 0), self.order.u32(&head, 4)) else {
            self.chunks = Some(0);
            return Ok(Next::CutOff(self.at));
        };
        let next = self.at + 8 + u64::from(packed);
        if next > self.end || unpacked as usize > self.max_chunk || packed as usize > 2 * self.max_chunk {
            // Where the next chunk begins is not known any more.
            self.chunks = Some(0);
            let reason = format!(
                "a chunk of {packed} bytes that should unpack to {unpacked} cannot be; the rest of this CPU's pages is lost"
            );
            return Ok(Next::Bad(self.at, reason));
        }
        self.packed.resize(packed as usize, 0);
        let read = store.read_at(self.at + 8, &mut self.packed)?;
        if read < packed as usize {
            self.chunks = Some(0);
            return Ok(Next::CutOff(self.at));
        }
        let at = std::mem::replace(&mut self.at, next);
        let mut pages = Vec::new();
        if let Err(why) = unpacker.unpack(self.packing, &self.packed, unpacked as usize, &mut pages) {
            return Ok(Next::Bad(at, why));
        }
        if pages.is_empty() {
            return Ok(Next::Bad(at, "a chunk without pages".to_owned()));
        }
        self.buffer.extend_from_slice(&pages);
        Ok(Next::Page)
    }
}
