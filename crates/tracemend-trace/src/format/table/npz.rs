//! The archives `numpy.savez` writes: ZIP files of `.npy` files, stored or deflated.

use super::array::{Array, array, malformed};
use crate::{TraceError, TraceResult};
use std::io::Read;
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

/// Largest archive read, in bytes: larger ones have a directory of another form.
pub(super) const MAX_ARCHIVE: u64 = 1 << 32;
/// Largest array unpacked, in bytes.
const MAX_ARRAY: u64 = 1 << 31;

/// Whether bytes are a ZIP archive.
pub(crate) fn is_archive(bytes: &[u8]) -> bool {
    bytes.starts_with(b"PK\x03\x04") || bytes.starts_with(b"PK\x05\x06")
}

/// Whether an input begins as an archive of arrays: its first member is one.
pub(crate) fn is_of_arrays(beginning: &[u8]) -> bool {
    let name = u16_at(beginning, 26).and_then(|length| beginning.get(30..30 + length));
    is_archive(beginning) && name.is_some_and(|name| name.ends_with(b".npy"))
}

/// Each array of an archive with its name (without `.npy`), to be unpacked while it is read.
pub(super) fn readers(path: &Path, bytes: Arc<[u8]>) -> TraceResult<Vec<(String, Box<dyn Read + Send>)>> {
    let members = members(&bytes).ok_or_else(|| damaged(path))?;
    let readers = members.into_iter().filter(|member| member.name.ends_with(".npy")).map(|member| {
        let packed = Slice { bytes: bytes.clone(), rest: member.at..member.at + member.packed.len() };
        let name = member.name.strip_suffix(".npy").unwrap_or(&member.name).to_owned();
        let reader: Box<dyn Read + Send> = match member.method {
            0 => Box::new(packed),
            8 => Box::new(flate2::read::DeflateDecoder::new(packed)),
            _ => return Err(unknown_method(path, &name)),
        };
        Ok((name, reader))
    });
    readers.collect()
}

/// A part of an archive.
struct Slice {
    bytes: Arc<[u8]>,
    rest: Range<usize>,
}

impl Read for Slice {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let read = (&self.bytes[self.rest.clone()]).read(buffer)?;
        self.rest.start += read;
        Ok(read)
    }
}

fn damaged(path: &Path) -> TraceError {
    malformed(path, "no whole ZIP archive (archives over 4 GiB are not read). Copy the file again".into())
}

fn unknown_method(path: &Path, name: &str) -> TraceError {
    malformed(path, format!("array `{name}`: packed in a way not read here. Save it with numpy.savez_compressed"))
}

fn u16_at(bytes: &[u8], at: usize) -> Option<usize> {
    Some(usize::from(u16::from_le_bytes(bytes.get(at..at + 2)?.try_into().ok()?)))
}

fn u32_at(bytes: &[u8], at: usize) -> Option<usize> {
    usize::try_from(u32::from_le_bytes(bytes.get(at..at + 4)?.try_into().ok()?)).ok()
}

struct Member<'a> {
    name: String,
    method: usize,
    /// Where it begins in the archive.
    at: usize,
    packed: &'a [u8],
}

/// Members by the central directory at the end of the archive.
fn members(bytes: &[u8]) -> Option<Vec<Member<'_>>> {
    let end = memchr::memmem::rfind(bytes, b"PK\x05\x06")?;
    let count = u16_at(bytes, end + 10)?;
    let mut at = u32_at(bytes, end + 16)?;
    let mut members = Vec::new();
    for _ in 0..count {
        if bytes.get(at..at + 4)? != b"PK\x01\x02" {
            return None;
        }
        let method = u16_at(bytes, at + 10)?;
        let packed = u32_at(bytes, at + 20)?;
        let (name, extra, comment) = (u16_at(bytes, at + 28)?, u16_at(bytes, at + 30)?, u16_at(bytes, at + 32)?);
        let local = u32_at(bytes, at + 42)?;
        let file_name = String::from_utf8_lossy(bytes.get(at + 46..at + 46 + name)?).into_owned();
        // The name and extra field are repeated before the data, with lengths of their own.
        let data =
            local.checked_add(30)? + u16_at(bytes, local.checked_add(26)?)? + u16_at(bytes, local.checked_add(28)?)?;
        members.push(Member { name: file_name, method, at: data, packed: bytes.get(data..data.checked_add(packed)?)? });
        at += 46 + name + extra + comment;
    }
    Some(members)
}

/// All wanted arrays of an archive.
pub(crate) fn arrays(path: &Path, bytes: &[u8], wanted: impl Fn(&str) -> bool) -> TraceResult<Vec<(String, Array)>> {
    let mut found = Vec::new();
    for member in members(bytes).ok_or_else(|| damaged(path))? {
        let name = member.name.strip_suffix(".npy").unwrap_or(&member.name);
        if !wanted(name) {
            continue;
        }
        let fail = |what: &str| malformed(path, format!("array `{name}`: {what}"));
        let read = match member.method {
            0 => array(path, member.packed),
            8 => {
                let mut unpacked = Vec::new();
                flate2::read::DeflateDecoder::new(member.packed)
                    .take(MAX_ARRAY)
                    .read_to_end(&mut unpacked)
                    .map_err(|error| fail(&format!("{error}. Copy the file again")))?;
                array(path, &unpacked)
            }
            _ => return Err(unknown_method(path, name)),
        };
        found.push((name.to_string(), read?));
    }
    Ok(found)
}
