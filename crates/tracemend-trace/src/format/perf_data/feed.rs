//! The records of a perf.data in the order they were written, those in compressed records among them.

use super::blocks::{Blocks, Framed, Framer, Place};
use super::records::{COMPRESSED, COMPRESSED2, HEAD, RecordHead};
use crate::decode::input::Input;
use crate::decode::order::Order;
use crate::decode::store::Store;
use std::io::{self, Read};
use zstd::stream::raw::{Decoder, InBuffer, Operation, OutBuffer};

/// How much is asked of a pipe at a time.
const PIECE: usize = 64 << 10;
/// The first bytes of a Zstandard frame.
const FRAME: &[u8] = &[0x28, 0xb5, 0x2f, 0xfd];

enum Bytes {
    Store(Store),
    Pipe(Input),
}

/// Where the records come from.
struct Origin {
    bytes: Bytes,
    at: u64,
    end: u64,
    /// The compression around the whole input, which may break off.
    broken: Option<io::Error>,
}

impl Origin {
    /// Appends to a block as much as it takes; `false` at the end.
    fn more(&mut self, block: &mut Vec<u8>) -> io::Result<bool> {
        let len = block.len();
        let room =
            (block.capacity() - len).min(usize::try_from(self.end.saturating_sub(self.at)).unwrap_or(usize::MAX));
        if room == 0 {
            return Ok(false);
        }
        let read = match &mut self.bytes {
            Bytes::Store(store) => {
                block.resize(len + room, 0);
                store.read_at(self.at, &mut block[len..])?
            }
            Bytes::Pipe(input) => {
                block.resize(len + room.min(PIECE), 0);
                match input.read(&mut block[len..]) {
                    Ok(read) => read,
                    Err(error) if input.compression.is_some() && error.raw_os_error().is_none() => {
                        self.broken = Some(error);
                        0
                    }
                    Err(error) => return Err(error),
                }
            }
        };
        block.truncate(len + read);
        self.at += read as u64;
        Ok(read > 0)
    }

    fn skip(&mut self, len: u64) -> io::Result<()> {
        let len = len.min(self.end.saturating_sub(self.at));
        if let Bytes::Pipe(input) = &mut self.bytes {
            let skipped = io::copy(&mut input.by_ref().take(len), &mut io::sink())?;
            self.at += skipped;
            return Ok(());
        }
        self.at += len;
        Ok(())
    }
}

/// A compressed record being unpacked.
struct Packed {
    bytes: Vec<u8>,
    at: usize,
    offset: u64,
}

/// What comes next.
pub(crate) enum Found {
    /// A record, and where in the file it, or the compressed one around it, lies.
    Record(Place, RecordHead, u64),
    /// Bytes that are no records, and why.
    Bad(u64, String),
    /// The input ends within a record.
    CutOff(u64),
    End,
}

/// All records of a file or a pipe.
pub(crate) struct Feed {
    order: Order,
    origin: Origin,
    start: u64,
    outer: Framer,
    inner: Framer,
    packed: Option<Packed>,
    zstd: Option<Decoder<'static>>,
    /// Unpacking failed and no new frame has begun since.
    zstd_lost: bool,
    /// Records lie at any place after a compressed one.
    unaligned: bool,
}

impl Feed {
    /// The records from `start` to `end` of a file.
    pub(crate) fn of_store(store: Store, order: Order, start: u64, end: u64) -> Self {
        Self::new(Origin { bytes: Bytes::Store(store), at: start, end, broken: None }, order, start)
    }

    /// The records of a pipe of which `start` bytes are read.
    pub(crate) fn of_pipe(input: Input, order: Order, start: u64) -> Self {
        Self::new(Origin { bytes: Bytes::Pipe(input), at: start, end: u64::MAX, broken: None }, order, start)
    }

    fn new(origin: Origin, order: Order, start: u64) -> Self {
        Self {
            order,
            origin,
            start,
            outer: Framer::new(order),
            inner: Framer::new(order),
            packed: None,
            zstd: None,
            zstd_lost: false,
            unaligned: false,
        }
    }

    /// What broke the compression around the input, once it ends early, and where.
    pub(crate) fn broken(&mut self) -> Option<(io::Error, u64)> {
        let error = self.origin.broken.take()?;
        Some((error, self.origin.at))
    }

    /// The next record.
    #[inline]
    pub(crate) fn next(&mut self, blocks: &mut Blocks) -> io::Result<Found> {
        loop {
            if self.packed.is_some() {
                match self.next_packed(blocks)? {
                    Some(found) => return Ok(found),
                    None => continue,
                }
            }
            let offset = self.start + self.outer.passed;
            let origin = &mut self.origin;
            match self.outer.next(blocks, |block| origin.more(block))? {
                Framed::Record(place, head) if matches!(head.kind, COMPRESSED | COMPRESSED2) => {
                    self.open_packed(blocks, place, head, offset);
                }
                Framed::Record(place, head) => return Ok(Found::Record(place, head, offset)),
                Framed::Bad(head) => {
                    let step = if self.unaligned { 1 } else { 8 };
                    self.outer.recover(blocks, step, |block| origin.more(block))?;
                    return Ok(Found::Bad(offset, bad(head)));
                }
                Framed::End(0) => return Ok(Found::End),
                Framed::End(_) => {
                    self.outer.drop_rest(blocks);
                    return Ok(Found::CutOff(offset));
                }
            }
        }
    }

    fn open_packed(&mut self, blocks: &Blocks, place: Place, head: RecordHead, offset: u64) {
        self.unaligned = true;
        let body = &blocks.record(place, self.order)[HEAD..];
        let body = if head.kind == COMPRESSED2 {
            // The size of the packed data, which padding follows.
            let size = self.order.u64(body, 0).and_then(|size| usize::try_from(size).ok());
            let rest = body.get(8..).unwrap_or_default();
            &rest[..size.unwrap_or(0).min(rest.len())]
        } else {
            body
        };
        self.packed = Some(Packed { bytes: body.to_vec(), at: 0, offset });
    }

    /// The next record within the compressed one; `None` when it has no more.
    fn next_packed(&mut self, blocks: &mut Blocks) -> io::Result<Option<Found>> {
        let Some(packed) = &mut self.packed else {
            return Ok(None);
        };
        let offset = packed.offset;
        if self.zstd_lost {
            if !packed.bytes.starts_with(FRAME) {
                self.packed = None;
                return Ok(Some(Found::Bad(
                    offset,
                    "compressed records behind damaged ones cannot be unpacked".to_owned(),
                )));
            }
            (self.zstd, self.zstd_lost) = (None, false);
            self.inner.drop_rest(blocks);
        }
        let zstd = match &mut self.zstd {
            Some(zstd) => zstd,
            none => none.insert(Decoder::new()?),
        };
        let mut failure = None;
        let framed = self.inner.next(blocks, |block| match unpack(zstd, packed, block) {
            Ok(more) => Ok(more),
            Err(error) => {
                failure = Some(error);
                Ok(false)
            }
        })?;
        match framed {
            Framed::Record(place, head) => return Ok(Some(Found::Record(place, head, offset))),
            Framed::Bad(head) => {
                self.inner.recover(blocks, 8, |block| Ok(unpack(zstd, packed, block).unwrap_or(false)))?;
                return Ok(Some(Found::Bad(offset, format!("{} in a compressed record", bad(head)))));
            }
            Framed::End(_) => {}
        }
        self.packed = None;
        Ok(failure.map(|error| {
            self.zstd_lost = true;
            Found::Bad(offset, format!("a compressed record is damaged ({error})"))
        }))
    }

    /// Bytes that follow a record without being one.
    pub(crate) fn payload(&mut self, blocks: &Blocks, len: u64, limit: usize) -> io::Result<Vec<u8>> {
        let wanted = usize::try_from(len).unwrap_or(usize::MAX).min(limit);
        let mut bytes = self.outer.take(blocks, wanted);
        let mut left = wanted - bytes.len();
        while left > 0 {
            let mut piece = Vec::with_capacity(left.min(PIECE));
            if !self.origin.more(&mut piece)? {
                break;
            }
            left = left.saturating_sub(piece.len());
            self.outer.passed += piece.len() as u64;
            bytes.append(&mut piece);
        }
        self.skip(blocks, len - wanted as u64)?;
        Ok(bytes)
    }

    /// Passes over bytes that follow a record without being one.
    pub(crate) fn skip(&mut self, blocks: &Blocks, len: u64) -> io::Result<()> {
        let here = self.outer.take(blocks, usize::try_from(len).unwrap_or(usize::MAX)).len() as u64;
        let left = len - here;
        if left > 0 {
            self.outer.passed = self.outer.passed.saturating_add(left);
            self.origin.skip(left)?;
        }
        Ok(())
    }
}

fn bad(head: RecordHead) -> String {
    format!("no record has type {} and {} bytes", head.kind, head.size)
}

/// Unpacks more into a block, as far as it has room; `false` when nothing comes any more.
fn unpack(zstd: &mut Decoder<'static>, packed: &mut Packed, block: &mut Vec<u8>) -> io::Result<bool> {
    let before = block.len();
    loop {
        let mut input = InBuffer::around(&packed.bytes[packed.at..]);
        let mut output = OutBuffer::around_pos(block, before);
        let rest = zstd.run(&mut input, &mut output)?;
        let (read, written) = (input.pos(), output.pos() - before);
        packed.at += read;
        if rest == 0 && packed.at < packed.bytes.len() {
            // A frame ended and another follows.
            zstd.reinit()?;
        }
        if written > 0 {
            return Ok(true);
        }
        if read == 0 {
            return Ok(false);
        }
    }
}
