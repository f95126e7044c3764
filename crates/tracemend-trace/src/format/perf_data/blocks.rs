//! Records in memory: blocks of the input in which they lie side by side, freed when the last of a block's records is
//! given out.

use super::records::{HEAD, RecordHead};
use crate::decode::order::Order;
use std::io;

/// Bytes of a block.
pub(crate) const BLOCK: usize = 1 << 20;
/// A record has at most 64 KiB.
const MAX_RECORD: usize = 1 << 16;

/// Where a record lies.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Place {
    pub(crate) block: u32,
    pub(crate) at: u32,
}

#[derive(Default)]
struct Block {
    bytes: Vec<u8>,
    /// Records still needed, and one while it is being filled.
    users: u32,
}

/// All blocks in use.
#[derive(Default)]
pub(crate) struct Blocks {
    all: Vec<Block>,
    free: Vec<u32>,
}

impl Blocks {
    /// Bytes held by records that are still needed.
    pub(crate) fn held(&self) -> usize {
        (self.all.len() - self.free.len()) * BLOCK
    }

    /// The record at a place, head and all.
    #[inline]
    pub(crate) fn record(&self, place: Place, order: Order) -> &[u8] {
        let bytes = &self.all[place.block as usize].bytes[place.at as usize..];
        let size = RecordHead::read(bytes, order).map_or(0, |head| head.size);
        &bytes[..size.min(bytes.len())]
    }

    /// Keeps a record until [`Blocks::release`].
    #[inline]
    pub(crate) fn keep(&mut self, place: Place) {
        self.all[place.block as usize].users += 1;
    }

    /// Ends the need for a record.
    #[inline]
    pub(crate) fn release(&mut self, place: Place) {
        self.leave(place.block);
    }

    fn leave(&mut self, block: u32) {
        let users = &mut self.all[block as usize].users;
        *users -= 1;
        if *users == 0 {
            self.free.push(block);
        }
    }

    fn fresh(&mut self) -> u32 {
        let block = self.free.pop().unwrap_or_else(|| {
            self.all.push(Block { bytes: Vec::with_capacity(BLOCK), users: 0 });
            self.all.len() as u32 - 1
        });
        let fresh = &mut self.all[block as usize];
        fresh.bytes.clear();
        fresh.users = 1;
        block
    }
}

/// What a framer comes upon.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Framed {
    Record(Place, RecordHead),
    /// Bytes that begin no record.
    Bad(RecordHead),
    /// No more bytes; so many are left over.
    End(usize),
}

/// Cuts a stream of bytes into records.
pub(crate) struct Framer {
    order: Order,
    block: Option<u32>,
    at: usize,
    /// How many bytes of the stream lie before `at`.
    pub(crate) passed: u64,
}

impl Framer {
    pub(crate) fn new(order: Order) -> Self {
        Self { order, block: None, at: 0, passed: 0 }
    }

    fn rest<'b>(&self, blocks: &'b Blocks) -> &'b [u8] {
        match self.block {
            Some(block) => &blocks.all[block as usize].bytes[self.at..],
            None => &[],
        }
    }

    /// Goes on to the next record; `more` appends to a block, within its capacity, and says whether it could.
    #[inline]
    pub(crate) fn next(
        &mut self,
        blocks: &mut Blocks,
        mut more: impl FnMut(&mut Vec<u8>) -> io::Result<bool>,
    ) -> io::Result<Framed> {
        loop {
            if let Some(block) = self.block {
                let rest = &blocks.all[block as usize].bytes[self.at..];
                if let Some(head) = RecordHead::read(rest, self.order) {
                    if !head.plausible() {
                        return Ok(Framed::Bad(head));
                    }
                    if head.size <= rest.len() {
                        let place = Place { block, at: self.at as u32 };
                        self.pass(head.size);
                        return Ok(Framed::Record(place, head));
                    }
                }
            }
            if !self.fill(blocks, &mut more)? {
                return Ok(Framed::End(self.rest(blocks).len()));
            }
        }
    }

    /// Gets more bytes after those that are there.
    fn fill(
        &mut self,
        blocks: &mut Blocks,
        more: &mut impl FnMut(&mut Vec<u8>) -> io::Result<bool>,
    ) -> io::Result<bool> {
        let full = |block: u32| blocks.all[block as usize].bytes.len() + MAX_RECORD > BLOCK;
        if self.block.is_none_or(full) {
            let fresh = blocks.fresh();
            if let Some(old) = self.block {
                let rest = blocks.all[old as usize].bytes.split_off(self.at);
                blocks.all[fresh as usize].bytes.extend_from_slice(&rest);
                blocks.leave(old);
            }
            (self.block, self.at) = (Some(fresh), 0);
        }
        match self.block {
            Some(block) => more(&mut blocks.all[block as usize].bytes),
            None => Ok(false),
        }
    }

    fn pass(&mut self, bytes: usize) {
        self.at += bytes;
        self.passed += bytes as u64;
    }

    /// Looks for the next record after bytes that begin none; records are aligned to `step` bytes. Returns whether one
    /// follows.
    pub(crate) fn recover(
        &mut self,
        blocks: &mut Blocks,
        step: usize,
        mut more: impl FnMut(&mut Vec<u8>) -> io::Result<bool>,
    ) -> io::Result<bool> {
        self.pass_to(blocks, step);
        loop {
            let rest = self.rest(blocks);
            if let Some(head) = RecordHead::read(rest, self.order) {
                // One head may look right by chance; two in a row hardly do.
                let follower = rest.get(head.size..).and_then(|next| RecordHead::read(next, self.order));
                let enough = rest.len() >= head.size + HEAD;
                if head.plausible() && (!enough || follower.is_some_and(RecordHead::plausible)) {
                    if enough || !self.fill(blocks, &mut more)? {
                        return Ok(true);
                    }
                    continue;
                }
                self.pass_to(blocks, step);
            } else if !self.fill(blocks, &mut more)? {
                return Ok(false);
            }
        }
    }

    /// Passes to the next place of alignment `step` in the stream.
    fn pass_to(&mut self, blocks: &Blocks, step: usize) {
        let next = step - (self.passed % step as u64) as usize;
        self.pass(next.min(self.rest(blocks).len()));
    }

    /// Takes up to `len` bytes that are already here.
    pub(crate) fn take(&mut self, blocks: &Blocks, len: usize) -> Vec<u8> {
        let rest = self.rest(blocks);
        let taken = rest[..len.min(rest.len())].to_vec();
        self.pass(taken.len());
        taken
    }

    /// Drops bytes left over that no record will complete.
    pub(crate) fn drop_rest(&mut self, blocks: &Blocks) {
        self.pass(self.rest(blocks).len());
    }
}
