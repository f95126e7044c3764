//! An input that can be read at any place: formats with tables of offsets need one.

use super::input::Input;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};
use tempfile::SpooledTempFile;

/// Inputs that are no plain file are kept in memory up to this size, then in an unlinked temporary file.
const IN_MEMORY: usize = 4 << 20;
const CHUNK: usize = 1 << 18;

enum Bytes {
    File(File),
    Spooled(SpooledTempFile),
}

/// The decompressed bytes of an input, at any offset.
pub(crate) struct Store {
    bytes: Bytes,
    len: u64,
    /// Where the next read would go on by itself.
    position: u64,
}

impl Store {
    /// Takes a plain file as it is and copies anything else. A compressed input that breaks off is kept as far as it
    /// goes, with what is wrong with it.
    pub(crate) fn new(mut input: Input) -> io::Result<(Self, Option<io::Error>)> {
        if let Some(mut file) = input.plain_file() {
            let len = file.seek(SeekFrom::End(0))?;
            return Ok((Self { bytes: Bytes::File(file), len, position: len }, None));
        }
        let mut spooled = SpooledTempFile::new(IN_MEMORY);
        let mut chunk = vec![0; CHUNK];
        let mut len = 0;
        let failure = loop {
            match input.read(&mut chunk) {
                Ok(0) => break None,
                Ok(read) => {
                    spooled.write_all(&chunk[..read])?;
                    len += read as u64;
                }
                // What the system refuses is an error; what cannot be unpacked is a damaged input.
                Err(error) if error.raw_os_error().is_some() || input.compression.is_none() => return Err(error),
                Err(error) => break Some(error),
            }
        };
        Ok((Self { bytes: Bytes::Spooled(spooled), len, position: len }, failure))
    }

    /// Size of the decompressed input.
    pub(crate) fn len(&self) -> u64 {
        self.len
    }

    /// Fills `out` from `offset` on; says how much of it the input has.
    pub(crate) fn read_at(&mut self, offset: u64, out: &mut [u8]) -> io::Result<usize> {
        if offset >= self.len {
            return Ok(0);
        }
        if self.position != offset {
            match &mut self.bytes {
                Bytes::File(file) => file.seek(SeekFrom::Start(offset))?,
                Bytes::Spooled(file) => file.seek(SeekFrom::Start(offset))?,
            };
            self.position = offset;
        }
        let mut filled = 0;
        while filled < out.len() {
            let read = match &mut self.bytes {
                Bytes::File(file) => file.read(&mut out[filled..]),
                Bytes::Spooled(file) => file.read(&mut out[filled..]),
            };
            match read {
                Ok(0) => break,
                Ok(read) => {
                    filled += read;
                    self.position += read as u64;
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(filled)
    }

    /// The `len` bytes at `offset`, or fewer where the input ends before.
    pub(crate) fn bytes_at(&mut self, offset: u64, len: usize) -> io::Result<Vec<u8>> {
        let there = usize::try_from(self.len.saturating_sub(offset)).unwrap_or(usize::MAX);
        let mut bytes = vec![0; len.min(there)];
        let read = self.read_at(offset, &mut bytes)?;
        bytes.truncate(read);
        Ok(bytes)
    }
}
