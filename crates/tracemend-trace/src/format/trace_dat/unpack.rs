//! Compressed parts of a version 7 file.

use flate2::read::ZlibDecoder;
use std::io::Read;
use zstd::bulk::Decompressor;

/// How a file packs what it packs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Packing {
    None,
    Zstd,
    Zlib,
}

impl Packing {
    /// By its name in the file's head.
    pub(crate) fn of(name: &[u8]) -> Option<Self> {
        match name {
            b"none" | b"" => Some(Packing::None),
            b"zstd" => Some(Packing::Zstd),
            b"zlib" => Some(Packing::Zlib),
            _ => None,
        }
    }
}

/// Unpacks parts of a file, with its working memory kept from one to the next.
#[derive(Default)]
pub(crate) struct Unpacker {
    zstd: Option<Decompressor<'static>>,
}

impl Unpacker {
    /// Unpacks into `out`, which must come out `size` bytes long; else says what is wrong. The caller bounds `size`.
    pub(crate) fn unpack(
        &mut self,
        packing: Packing,
        packed: &[u8],
        size: usize,
        out: &mut Vec<u8>,
    ) -> Result<(), String> {
        out.clear();
        let damaged = |error| format!("packed data is damaged ({error})");
        let read = match packing {
            Packing::None => packed.take(size as u64).read_to_end(out).map_err(damaged)?,
            Packing::Zlib => ZlibDecoder::new(packed).take(size as u64).read_to_end(out).map_err(damaged)?,
            Packing::Zstd => {
                let decompressor = match &mut self.zstd {
                    Some(decompressor) => decompressor,
                    none => none.insert(Decompressor::new().map_err(damaged)?),
                };
                out.reserve(size);
                decompressor.decompress_to_buffer(packed, out).map_err(damaged)?
            }
        };
        if read == size {
            return Ok(());
        }
        out.truncate(size);
        Err(format!("{read} bytes come out of packed data that should hold {size}"))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use std::io::Write;

    #[test]
    fn every_packing_unpacks_to_the_size_it_tells() {
        let plain: Vec<u8> = (0..50_000u32).flat_map(|n| (n / 7).to_le_bytes()).collect();
        let mut zlib = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::fast());
        zlib.write_all(&plain).unwrap();
        let zlib = zlib.finish().unwrap();
        let zstd = zstd::encode_all(&plain[..], 1).unwrap();
        let (mut unpacker, mut out) = (Unpacker::default(), Vec::new());
        for (packing, packed) in [(Packing::Zlib, &zlib), (Packing::Zstd, &zstd), (Packing::None, &plain)] {
            unpacker.unpack(packing, packed, plain.len(), &mut out).unwrap();
            assert!(out == plain, "{packing:?}");
            let wrong = unpacker.unpack(packing, packed, plain.len() + 1, &mut out).unwrap_err();
            assert!(wrong.contains("200000 bytes"), "{wrong}");
            assert!(unpacker.unpack(packing, &packed[..packed.len() / 2], plain.len(), &mut out).is_err());
        }
    }
}
