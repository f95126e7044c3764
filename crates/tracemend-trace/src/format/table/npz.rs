//! The archives `numpy.savez` writes: ZIP files of `.npy` files, stored or deflated.

use super::array::{Array, array, malformed};
use crate::TraceResult;
use std::io::Read;
use std::path::Path;

/// Largest array unpacked, in bytes.
const MAX_ARRAY: u64 = 1 << 31;

/// Whether bytes are a ZIP archive.
pub(crate) fn is_archive(bytes: &[u8]) -> bool {
    bytes.starts_with(b"PK\x03\x04") || bytes.starts_with(b"PK\x05\x06")
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
        members.push(Member { name: file_name, method, packed: bytes.get(data..data.checked_add(packed)?)? });
        at += 46 + name + extra + comment;
    }
    Some(members)
}

/// All wanted arrays of an archive.
pub(crate) fn arrays(path: &Path, bytes: &[u8], wanted: impl Fn(&str) -> bool) -> TraceResult<Vec<(String, Array)>> {
    let damaged =
        || malformed(path, "no whole ZIP archive (archives over 4 GiB are not read). Copy the file again".into());
    let mut found = Vec::new();
    for member in members(bytes).ok_or_else(damaged)? {
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
            _ => {
                return Err(fail("packed in a way not read here. Save it with numpy.savez_compressed"));
            }
        };
        found.push((name.to_string(), read?));
    }
    Ok(found)
}
