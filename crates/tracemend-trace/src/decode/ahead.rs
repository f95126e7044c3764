//! Lines of an input, read and taken apart by other threads: as [`Lines`](super::lines::Lines) gives them, with their drafts.
//!
//! ```text
//! other threads   read, unpack, cut at line ends  ->  find lines, draft each   (pieces in any order)
//! this thread     takes the pieces in the order of the input
//! ```

use super::draft::Draft;
use super::input::Input;
use super::lines::{MAX_LINE, Position, Step};
use super::pool::{Pool, Queue};
use super::threads::Threads;
use std::collections::BTreeMap;
use std::io::{self, Read};
use std::ops::Range;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Bytes of a piece, where the input gives so many at once.
const PIECE: usize = 128 << 10;
/// Pieces for each thread that are on their way or wait for their turn. More gain nothing: a thread has its next one at hand.
const PIECES_A_THREAD: u64 = 3;

/// What follows the lines of a piece.
enum Then {
    /// The next piece.
    More,
    /// A line longer than [`MAX_LINE`], of so many bytes.
    TooLong(u64),
    Failed(io::Error),
    End,
}

/// Bytes of the input, in memory that is longer: clearing what will be overwritten takes time.
#[derive(Default)]
struct Bytes {
    memory: Vec<u8>,
    filled: usize,
}

impl Bytes {
    fn get(&self) -> &[u8] {
        &self.memory[..self.filled]
    }
}

/// Cuts an input into whole lines.
struct Cutter {
    input: Input,
    /// Bytes of a piece.
    size: usize,
    /// Bytes read behind the last line end.
    rest: Vec<u8>,
}

impl Cutter {
    /// Reads once, and on until a line ends. `bytes` is memory for it.
    fn cut(&mut self, mut bytes: Bytes) -> (Bytes, Then) {
        bytes.filled = self.rest.len();
        if bytes.memory.len() < bytes.filled {
            bytes.memory.resize(bytes.filled, 0);
        }
        bytes.memory[..bytes.filled].copy_from_slice(&self.rest);
        self.rest.clear();
        loop {
            let held = bytes.filled;
            if held > MAX_LINE {
                return self.pass_over(bytes);
            }
            match self.read(&mut bytes) {
                Err(error) => return (Bytes::default(), Then::Failed(error)),
                Ok(0) => return (bytes, Then::End),
                Ok(_) => {}
            }
            if let Some(last) = memchr::memrchr(b'\n', &bytes.get()[held..]) {
                self.rest.extend_from_slice(&bytes.get()[held + last + 1..]);
                bytes.filled = held + last + 1;
                return (bytes, Then::More);
            }
        }
    }

    /// Reads on to the next line feed and forgets everything before it.
    fn pass_over(&mut self, mut bytes: Bytes) -> (Bytes, Then) {
        let mut length = bytes.filled as u64;
        loop {
            bytes.filled = 0;
            match self.read(&mut bytes) {
                Err(error) => return (Bytes::default(), Then::Failed(error)),
                Ok(0) => return (Bytes::default(), Then::TooLong(length)),
                Ok(_) => {}
            }
            if let Some(end) = memchr::memchr(b'\n', bytes.get()) {
                self.rest.extend_from_slice(&bytes.get()[end + 1..]);
                return (Bytes::default(), Then::TooLong(length + end as u64 + 1));
            }
            length += bytes.filled as u64;
        }
    }

    fn read(&mut self, bytes: &mut Bytes) -> io::Result<usize> {
        let target = bytes.filled + self.size;
        if bytes.memory.len() < target {
            bytes.memory.resize(target, 0);
        }
        let read = self.input.read(&mut bytes.memory[bytes.filled..target])?;
        bytes.filled += read;
        Ok(read)
    }
}

/// A line of a piece.
struct Line<D> {
    /// Where its line feed is, or the piece ends.
    end: usize,
    draft: D,
}

/// Whole lines of the input.
struct Piece<D> {
    bytes: Bytes,
    lines: Vec<Line<D>>,
    then: Then,
}

impl<D: Draft> Piece<D> {
    fn new(memory: Bytes, mut lines: Vec<Line<D>>, then: Then) -> Self {
        lines.clear();
        let bytes = memory.get();
        let mut start = 0;
        while start < bytes.len() {
            let end = memchr::memchr(b'\n', &bytes[start..]).map_or(bytes.len(), |length| start + length);
            // A line that is too long says nothing.
            let line = if end - start > MAX_LINE { &[] } else { without_return(&bytes[start..end]) };
            lines.push(Line { end, draft: D::of(line) });
            start = end + 1;
        }
        Self { bytes: memory, lines, then }
    }
}

/// A line without the rest of a line ending of two characters.
fn without_return(line: &[u8]) -> &[u8] {
    line.strip_suffix(b"\r").unwrap_or(line)
}

/// What the threads share.
struct Shelf<D>(Mutex<Pieces<D>>);

struct Pieces<D> {
    /// Pieces that are done, by number.
    done: BTreeMap<u64, Piece<D>>,
    /// How many pieces were read and how many taken.
    read: u64,
    taken: u64,
    /// How many may be on their way.
    limit: u64,
    /// The input, while enough was read of it.
    paused: Option<Cutter>,
    /// Memory of pieces that were taken, to be used again.
    spare: Vec<(Bytes, Vec<Line<D>>)>,
}

impl<D: Draft> Shelf<D> {
    fn lock(&self) -> MutexGuard<'_, Pieces<D>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Starts to read the next piece, which goes on with those after it as far as there is room.
    fn read(self: &Arc<Self>, mut cutter: Cutter, queue: &Queue) {
        let shelf = self.clone();
        queue.start_read(move |queue| {
            let (memory, lines) = shelf.lock().spare.pop().unwrap_or_default();
            let (bytes, then) = cutter.cut(memory);
            let is_last = matches!(then, Then::Failed(_) | Then::End);
            let (number, goes_on) = {
                let mut pieces = shelf.lock();
                pieces.read += 1;
                (pieces.read - 1, !is_last && pieces.read < pieces.taken + pieces.limit)
            };
            let shelf_of_job = shelf.clone();
            queue.start(move |_| {
                let piece = Piece::new(bytes, lines, then);
                shelf_of_job.lock().done.insert(number, piece);
            });
            if goes_on {
                shelf.read(cutter, queue);
            } else if !is_last {
                shelf.pause(cutter, queue);
            }
        });
    }

    /// Keeps the input until there is room, if there is not by now.
    fn pause(self: &Arc<Self>, cutter: Cutter, queue: &Queue) {
        let mut pieces = self.lock();
        if pieces.read < pieces.taken + pieces.limit {
            drop(pieces);
            self.read(cutter, queue);
        } else {
            pieces.paused = Some(cutter);
        }
    }
}

/// Splits an input into lines, some pieces ahead.
pub(crate) struct Ahead<D: Draft> {
    pool: Pool,
    shelf: Arc<Shelf<D>>,
    piece: Piece<D>,
    /// Number of the next piece.
    number: u64,
    /// Number of the next line in the piece, and where it begins.
    next: usize,
    start: usize,
    last: Range<usize>,
    /// Offset in the input of the next line.
    offset: u64,
    line: u64,
}

impl<D: Draft> Ahead<D> {
    /// Begins to read with the threads of a pool.
    pub(crate) fn new(input: Input, pool: Pool, threads: Threads) -> Self {
        let offset = input.skipped;
        let shelf = Arc::new(Shelf(Mutex::new(Pieces {
            done: BTreeMap::new(),
            read: 0,
            taken: 0,
            limit: PIECES_A_THREAD * threads.count as u64,
            paused: None,
            spare: Vec::new(),
        })));
        let size = if threads.batch == 0 { PIECE } else { threads.batch };
        shelf.read(Cutter { input, size, rest: Vec::new() }, pool.queue());
        Self {
            pool,
            shelf,
            piece: Piece { bytes: Bytes::default(), lines: Vec::new(), then: Then::More },
            number: 0,
            next: 0,
            start: 0,
            last: 0..0,
            offset,
            line: 0,
        }
    }

    /// The bytes of the line last given out, without its line ending.
    #[inline]
    pub(crate) fn line(&self) -> &[u8] {
        &self.piece.bytes.get()[self.last.clone()]
    }

    /// The line last given out with its draft.
    #[inline]
    pub(crate) fn drafted(&self) -> Option<(&[u8], &D)> {
        let line = self.piece.lines.get(self.next.wrapping_sub(1))?;
        Some((self.line(), &line.draft))
    }

    /// Goes on to the next line.
    #[inline]
    pub(crate) fn step(&mut self) -> Step {
        loop {
            if let Some(&Line { end, .. }) = self.piece.lines.get(self.next) {
                let ended = end < self.piece.bytes.filled;
                self.line += 1;
                let position = Position { line: self.line, offset: self.offset, ended };
                let length = end - self.start;
                self.last = self.start..self.start + without_return(&self.piece.bytes.get()[self.start..end]).len();
                self.offset += (length + usize::from(ended)) as u64;
                self.start = end + 1;
                self.next += 1;
                if length > MAX_LINE {
                    self.last = 0..0;
                    return Step::TooLong(Position { ended: true, ..position });
                }
                return Step::Line(position);
            }
            self.last = 0..0;
            match std::mem::replace(&mut self.piece.then, Then::End) {
                Then::More => self.take(),
                Then::TooLong(length) => {
                    self.line += 1;
                    let position = Position { line: self.line, offset: self.offset, ended: true };
                    self.offset += length;
                    self.piece.then = Then::More;
                    return Step::TooLong(position);
                }
                Then::Failed(error) => {
                    let position = Position { line: self.line + 1, offset: self.offset, ended: false };
                    return Step::Failed(position, error);
                }
                Then::End => return Step::End,
            }
        }
    }

    /// Takes the next piece.
    #[cold]
    fn take(&mut self) {
        let (shelf, number) = (&self.shelf, self.number);
        let piece = self.pool.wait_for(|| shelf.lock().done.remove(&number));
        let used = std::mem::replace(&mut self.piece, piece);
        (self.number, self.next, self.start) = (number + 1, 0, 0);
        let mut pieces = shelf.lock();
        pieces.taken += 1;
        if pieces.spare.len() < pieces.limit as usize {
            pieces.spare.push((used.bytes, used.lines));
        }
        let paused = pieces.paused.take();
        drop(pieces);
        if let Some(cutter) = paused {
            shelf.read(cutter, self.pool.queue());
        }
    }
}
