//! The bytes of an input, decompressed on the way, with a look at the beginning before anything is read.

use encoding_rs_io::DecodeReaderBytes;
use std::fs::File;
use std::io::{self, Cursor, Read};

/// How much of an input is looked at to recognise its format.
pub(crate) const LOOK: usize = 64 << 10;

/// The mark with which Windows begins text in UTF-8: three bytes that belong to no line.
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// What is said where compressed data cannot be unpacked any further.
pub(crate) fn packed_end(failure: impl std::fmt::Display) -> String {
    format!("the compressed data ends here ({failure}); copy the file again to get the rest")
}

type Reader = Box<dyn Read + Send>;

/// An input as its format sees it: plain bytes.
pub(crate) struct Input {
    reader: Reader,
    /// `zstd` or `gzip`.
    pub(crate) compression: Option<&'static str>,
    beginning: Vec<u8>,
    /// Bytes of a mark in front of the text, which are not given out.
    pub(crate) skipped: u64,
    given: usize,
    /// A failure met while looking, kept until the bytes before it are given out.
    failure: Option<io::Error>,
    /// The file behind the reader, where the reader is one.
    file: Option<File>,
}

impl Input {
    /// Recognises compression by its magic bytes and looks at the decompressed beginning.
    pub(crate) fn new(mut raw: Reader) -> io::Result<Self> {
        let mut magic = Vec::new();
        raw.by_ref().take(4).read_to_end(&mut magic)?;
        let compression = match magic.as_slice() {
            [0x28, 0xb5, 0x2f, 0xfd] => Some("zstd"),
            // Skippable frames (pzstd, seekable zstd) come before the first frame of data.
            [0x50..=0x5f, 0x2a, 0x4d, 0x18] => Some("zstd"),
            [0x1f, 0x8b, ..] => Some("gzip"),
            _ => None,
        };
        let raw = Cursor::new(magic).chain(raw);
        let mut reader: Reader = match compression {
            Some("zstd") => Box::new(zstd::Decoder::new(raw)?),
            Some(_) => Box::new(flate2::read::MultiGzDecoder::new(raw)),
            None => Box::new(raw),
        };
        let (mut beginning, mut failure) = look(&mut reader, compression)?;
        if failure.is_none() && (beginning.starts_with(b"\xff\xfe") || beginning.starts_with(b"\xfe\xff")) {
            // UTF-16, which PowerShell writes: the formats see it as UTF-8, and offsets count that.
            reader = Box::new(DecodeReaderBytes::new(Cursor::new(beginning).chain(reader)));
            (beginning, failure) = look(&mut reader, compression)?;
        }
        let skipped = if beginning.starts_with(BYTE_ORDER_MARK) { BYTE_ORDER_MARK.len() } else { 0 };
        beginning.drain(..skipped);
        Ok(Self { reader, compression, beginning, skipped: skipped as u64, given: 0, failure, file: None })
    }

    /// The input of a file, which a format may then read at any place.
    pub(crate) fn of_file(file: File) -> io::Result<Self> {
        let plain = if file.metadata()?.is_file() { Some(file.try_clone()?) } else { None };
        Ok(Self { file: plain, ..Self::new(Box::new(file))? })
    }

    /// The file itself, where it is one and not compressed; its position is anywhere.
    pub(crate) fn plain_file(&mut self) -> Option<File> {
        self.file.take().filter(|_| self.compression.is_none())
    }

    /// What is wrong with an input of which nothing could be read.
    pub(crate) fn damage(&self) -> Option<String> {
        let (compression, failure) = (self.compression?, self.failure.as_ref()?);
        self.beginning.is_empty().then(|| format!("its {compression} data is damaged from the start: {failure}"))
    }

    /// Whether there may be more than the beginning.
    pub(crate) fn goes_on(&self) -> bool {
        self.skipped as usize + self.beginning.len() >= LOOK
    }

    /// The first [`LOOK`] bytes, or all where there are fewer.
    pub(crate) fn beginning(&self) -> &[u8] {
        &self.beginning
    }
}

/// Reads the beginning of an input, and up to a failure where compressed data is damaged.
fn look(reader: &mut Reader, compression: Option<&str>) -> io::Result<(Vec<u8>, Option<io::Error>)> {
    let mut beginning = Vec::new();
    match reader.by_ref().take(LOOK as u64).read_to_end(&mut beginning) {
        Err(error) if compression.is_none() || error.raw_os_error().is_some() => Err(error),
        result => Ok((beginning, result.err())),
    }
}

impl Read for Input {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        if self.given < self.beginning.len() {
            let n = out.len().min(self.beginning.len() - self.given);
            out[..n].copy_from_slice(&self.beginning[self.given..self.given + n]);
            self.given += n;
            return Ok(n);
        }
        if let Some(error) = self.failure.take() {
            return Err(error);
        }
        loop {
            match self.reader.read(out) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                result => return result,
            }
        }
    }
}
