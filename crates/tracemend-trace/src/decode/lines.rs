//! Lines of an input of any size, with their byte offsets, in one bounded buffer.

use super::input::Input;
use std::io::Read;
use std::ops::Range;

/// Longest line read, in bytes. A longer one is damage: no tracer writes it, and memory stays bounded.
pub const MAX_LINE: usize = 1 << 20;
/// How much is asked of the input at a time.
const CHUNK: usize = 1 << 16;

/// Where a line begins.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Position {
    /// Line from 1.
    pub line: u64,
    /// Byte offset in the decompressed input.
    pub offset: u64,
    /// Whether a line feed ends it: false on the last line of a file cut in the middle.
    pub ended: bool,
}

/// One step of the reader.
pub(crate) enum Step {
    /// A line: ask [`Lines::line`] for its bytes.
    Line(Position),
    /// A line longer than [`MAX_LINE`], passed over.
    TooLong(Position),
    /// The input broke off or is damaged from here on.
    Failed(Position, std::io::Error),
    /// The end.
    End,
}

/// Splits an input into lines.
pub(crate) struct Lines {
    input: Input,
    buffer: Vec<u8>,
    /// What of `buffer` is read and not yet given out.
    rest: Range<usize>,
    last: Range<usize>,
    /// Offset in the input of `rest.start`.
    offset: u64,
    line: u64,
    ended: bool,
}

impl Lines {
    pub(crate) fn new(input: Input) -> Self {
        let offset = input.skipped;
        Self { input, buffer: Vec::new(), rest: 0..0, last: 0..0, offset, line: 0, ended: false }
    }

    /// The bytes of the line last given out, without its line ending.
    pub(crate) fn line(&self) -> &[u8] {
        &self.buffer[self.last.clone()]
    }

    /// Goes on to the next line.
    #[inline]
    pub(crate) fn step(&mut self) -> Step {
        match memchr::memchr(b'\n', &self.buffer[self.rest.clone()]) {
            Some(length) if length <= MAX_LINE => Step::Line(self.take(length, true)),
            Some(length) => self.too_long(length),
            None => self.step_slowly(),
        }
    }

    #[cold]
    fn step_slowly(&mut self) -> Step {
        let mut searched = self.rest.len();
        loop {
            if searched > MAX_LINE {
                return self.pass_over();
            }
            match self.fill() {
                Err(error) => {
                    let position = Position { line: self.line + 1, offset: self.offset, ended: false };
                    self.rest = 0..0;
                    self.last = 0..0;
                    self.ended = true;
                    return Step::Failed(position, error);
                }
                Ok(0) if self.rest.is_empty() => {
                    self.last = 0..0;
                    return Step::End;
                }
                Ok(0) => return Step::Line(self.take(self.rest.len(), false)),
                Ok(_) => {}
            }
            let new = self.rest.start + searched..self.rest.end;
            if let Some(length) = memchr::memchr(b'\n', &self.buffer[new]) {
                let length = searched + length;
                return if length > MAX_LINE { self.too_long(length) } else { Step::Line(self.take(length, true)) };
            }
            searched = self.rest.len();
        }
    }

    fn take(&mut self, length: usize, ended: bool) -> Position {
        self.line += 1;
        let position = Position { line: self.line, offset: self.offset, ended };
        let used = length + usize::from(ended);
        let line = &self.buffer[self.rest.start..self.rest.start + length];
        let shown = if line.last() == Some(&b'\r') { length - 1 } else { length };
        self.last = self.rest.start..self.rest.start + shown;
        self.rest.start += used;
        self.offset += used as u64;
        position
    }

    /// A line that is held in full, and too long all the same.
    #[cold]
    fn too_long(&mut self, length: usize) -> Step {
        let position = self.take(length, true);
        self.last = 0..0;
        Step::TooLong(position)
    }

    /// Reads on to the next line feed and forgets everything before it.
    fn pass_over(&mut self) -> Step {
        self.line += 1;
        let position = Position { line: self.line, offset: self.offset, ended: true };
        self.last = 0..0;
        loop {
            if let Some(length) = memchr::memchr(b'\n', &self.buffer[self.rest.clone()]) {
                self.rest.start += length + 1;
                self.offset += length as u64 + 1;
                return Step::TooLong(position);
            }
            self.offset += self.rest.len() as u64;
            self.rest = 0..0;
            match self.fill() {
                Ok(0) => return Step::TooLong(position),
                Ok(_) => {}
                Err(error) => {
                    self.ended = true;
                    return Step::Failed(position, error);
                }
            }
        }
    }

    /// Reads more after `rest`; 0 at the end of the input.
    fn fill(&mut self) -> std::io::Result<usize> {
        if self.ended {
            return Ok(0);
        }
        if self.rest.start > 0 {
            self.buffer.copy_within(self.rest.clone(), 0);
            self.rest = 0..self.rest.len();
        }
        if self.buffer.len() - self.rest.end < CHUNK {
            self.buffer.resize(self.rest.end + CHUNK, 0);
        }
        let read = self.input.read(&mut self.buffer[self.rest.end..])?;
        self.rest.end += read;
        self.ended = read == 0;
        Ok(read)
    }
}
