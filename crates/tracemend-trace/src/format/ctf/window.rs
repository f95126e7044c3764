//! A bounded part of a stream's file in memory.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::PathBuf;
use std::sync::Arc;

/// Largest event: one that is longer is damage.
pub(crate) const MAX_EVENT: usize = 16 << 20;
/// Bytes that all windows together may hold beyond their usual sizes.
const SPARE: usize = 32 << 20;
/// Bytes that all windows together usually hold.
const USUAL: usize = 48 << 20;
/// Largest and smallest usual size of a window.
const SIZES: (usize, usize) = (256 << 10, 8 << 10);
/// Maximum number of files kept open; beyond, each is opened whenever it is read.
const MAX_OPEN_FILES: usize = 200;

/// What all windows share.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Room {
    /// Usual size of a window.
    size: usize,
    /// Bytes by which windows may still outgrow it.
    spare: usize,
    keep_open: bool,
}

impl Room {
    /// Room for so many streams.
    pub(crate) fn new(streams: usize) -> Self {
        let size = (USUAL / streams.max(1)).clamp(SIZES.1, SIZES.0);
        Self { size, spare: SPARE, keep_open: streams <= MAX_OPEN_FILES }
    }
}

/// Where a stream's bytes are.
#[derive(Clone, Debug)]
pub(crate) enum Data {
    File(PathBuf),
    Bytes(Arc<[u8]>),
}

/// A window on one file.
#[derive(Debug)]
pub(crate) struct Window {
    data: Data,
    file: Option<File>,
    /// Length of the file when it was opened; what is appended later is not read.
    pub(crate) length: u64,
    /// Offset of the first byte held.
    base: u64,
    bytes: Vec<u8>,
    /// How many of them are the file's.
    filled: usize,
    /// Bytes beyond the usual size, taken from the room's spare ones.
    borrowed: usize,
}

impl Window {
    /// A window that holds nothing yet.
    pub(crate) fn new(data: Data, length: u64) -> Self {
        Self { data, file: None, length, base: 0, bytes: Vec::new(), filled: 0, borrowed: 0 }
    }

    /// Goes on with another file, keeping the memory.
    pub(crate) fn open(&mut self, data: Data, length: u64) {
        (self.data, self.file, self.length, self.base, self.filled) = (data, None, length, 0, 0);
    }

    /// The bytes held from an offset on.
    #[inline]
    pub(crate) fn from(&self, offset: u64) -> &[u8] {
        let start = offset.checked_sub(self.base).map_or(self.filled, |start| start.min(self.filled as u64) as usize);
        &self.bytes[start..self.filled]
    }

    /// Whether the file goes on after the bytes held.
    pub(crate) fn continues(&self) -> bool {
        self.base + (self.filled as u64) < self.length
    }

    /// Makes the `count` bytes from `offset` on available, as far as the file has them. `false`: so many cannot be held.
    pub(crate) fn ensure(&mut self, offset: u64, count: usize, room: &mut Room) -> io::Result<bool> {
        let held = self.from(offset).len();
        let wanted = (count as u64).min(self.length.saturating_sub(offset)) as usize;
        if held >= wanted {
            return Ok(true);
        }
        // What is held of the wanted bytes moves to the front.
        self.bytes.copy_within(self.filled - held..self.filled, 0);
        (self.base, self.filled) = (offset, held);
        if !self.resize(wanted, room) {
            return Ok(false);
        }
        let target = (self.bytes.len() as u64).min(self.length - offset) as usize;
        while self.filled < target {
            match self.read(target)? {
                0 => {
                    // The file became shorter while it was read.
                    self.length = self.base + self.filled as u64;
                    break;
                }
                count => self.filled += count,
            }
        }
        if !room.keep_open {
            self.file = None;
        }
        Ok(true)
    }

    fn resize(&mut self, wanted: usize, room: &mut Room) -> bool {
        if wanted <= room.size {
            if self.borrowed > 0 && self.filled <= room.size {
                room.spare += std::mem::take(&mut self.borrowed);
                self.bytes.truncate(room.size);
                self.bytes.shrink_to_fit();
            }
            if self.bytes.is_empty() {
                self.bytes = vec![0; room.size.min(self.length as usize).max(wanted)];
            } else if self.bytes.len() < room.size && self.bytes.len() < wanted.max(self.length.min(1 << 30) as usize) {
                self.bytes.resize(room.size, 0);
            }
            return true;
        }
        let beyond = wanted - room.size;
        if beyond > self.borrowed {
            let more = beyond - self.borrowed;
            if wanted > MAX_EVENT || more > room.spare {
                return false;
            }
            room.spare -= more;
            self.borrowed = beyond;
        }
        if self.bytes.len() < wanted {
            self.bytes.resize(wanted, 0);
        }
        true
    }

    fn read(&mut self, target: usize) -> io::Result<usize> {
        let offset = self.base + self.filled as u64;
        let into = &mut self.bytes[self.filled..target];
        match &self.data {
            Data::Bytes(bytes) => {
                let from = usize::try_from(offset).ok().and_then(|start| bytes.get(start..)).unwrap_or(&[]);
                let count = from.len().min(into.len());
                into[..count].copy_from_slice(&from[..count]);
                Ok(count)
            }
            Data::File(path) => {
                let file = match &mut self.file {
                    Some(file) => file,
                    none => none.insert(File::open(path)?),
                };
                file.seek(SeekFrom::Start(offset))?;
                loop {
                    match file.read(into) {
                        Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                        other => return other,
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_part_of_a_file_is_held_and_memory_is_given_back() {
        let bytes: Arc<[u8]> = (0..1_000_000u32).map(|n| (n % 251) as u8).collect();
        let mut room = Room { size: 1000, spare: 20_000, keep_open: true };
        let mut window = Window::new(Data::Bytes(bytes.clone()), bytes.len() as u64);
        for (offset, count) in [(0, 10), (5, 900), (700, 800), (650, 10), (999_990, 100), (3, 15_000), (20, 5), (0, 1)]
        {
            assert!(window.ensure(offset, count, &mut room).unwrap());
            let wanted = count.min(bytes.len() - offset as usize);
            assert_eq!(window.from(offset)[..wanted], bytes[offset as usize..offset as usize + wanted]);
        }
        assert!(window.ensure(999_000, 10, &mut room).unwrap());
        assert_eq!((room.spare, window.bytes.len()), (20_000, 1000));
        assert!(!window.ensure(0, 30_000, &mut room).unwrap());
    }
}
