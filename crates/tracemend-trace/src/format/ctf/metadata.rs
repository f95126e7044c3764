//! Reads the file `metadata` of a CTF trace, in whichever of the three forms it comes: CTF 2 (a JSON text sequence),
//! CTF 1.8 as plain text (TSDL), and the same text cut into packets, as LTTng writes it.

use super::fault::Fault;
use super::schema::Schema;
use super::{json, tsdl};
use crate::{TraceError, TraceResult};
use std::fs::File;
use std::io::Read;
use std::path::Path;

/// Longest metadata read. The largest in use, of kernel traces with every event, have about 2 MiB.
const MAX_BYTES: u64 = 64 << 20;

/// First four bytes of a packet of CTF 1.8 metadata, in the byte order of the trace.
const PACKET_MAGIC: u32 = 0x75D1_1D57;

/// Bytes of a packet's header: magic, UUID, checksum, content and packet size in bits, three schemes, version.
const PACKET_HEADER: usize = 37;

/// Reads the metadata in the file `path`.
pub(crate) fn read(path: &Path) -> TraceResult<Schema> {
    let io = TraceError::io(path);
    let mut bytes = Vec::new();
    File::open(path).and_then(|file| file.take(MAX_BYTES + 1).read_to_end(&mut bytes)).map_err(io)?;
    parse(&bytes, path)
}

/// Reads metadata from memory; `path` is only named in errors.
pub(crate) fn parse(bytes: &[u8], path: &Path) -> TraceResult<Schema> {
    let corrupt = |offset: u64, reason: String| TraceError::Corrupt { path: path.to_path_buf(), offset, reason };
    if bytes.len() as u64 > MAX_BYTES {
        let reason = format!("the metadata is longer than {} MiB; is this the file `metadata`?", MAX_BYTES >> 20);
        return Err(corrupt(MAX_BYTES, reason));
    }
    if let Some(order) = PacketOrder::of(bytes) {
        let packets = Packets::read(bytes, order).map_err(|fault| corrupt(fault.at as u64, fault.reason))?;
        return tsdl::schema(&packets.text).map_err(|fault| corrupt(packets.file_offset(fault.at), fault.reason));
    }
    let text = match bytes.iter().find(|b| !b.is_ascii_whitespace()) {
        Some(b'\x1e' | b'{') => json::schema(bytes),
        Some(_) => tsdl::schema(bytes),
        None => Err(Fault::new(0, "the metadata is empty; the tracer wrote none, or it was not copied whole")),
    };
    text.map_err(|fault| corrupt(fault.at as u64, fault.reason))
}

/// Reads metadata for the fuzzer and the tests: errors lie in the text, and what is read is sound.
pub(crate) fn check(bytes: &[u8]) -> TraceResult<Schema> {
    let result = parse(bytes, Path::new("metadata"));
    match &result {
        Ok(schema) => assert!(super::audit::fields(schema) <= 2 << 20, "more fields than allowed"),
        Err(TraceError::Corrupt { offset, reason, .. }) => {
            assert!(*offset <= bytes.len() as u64, "an error beyond the metadata");
            assert!(reason.len() < 1 << 15, "an endless reason");
        }
        Err(error) => panic!("{error}"),
    }
    result
}

/// Byte order of packet headers.
#[derive(Clone, Copy)]
enum PacketOrder {
    Little,
    Big,
}

impl PacketOrder {
    /// The order in which `bytes` begin with the magic number, if they do.
    fn of(bytes: &[u8]) -> Option<Self> {
        let magic = bytes.first_chunk::<4>()?;
        if u32::from_le_bytes(*magic) == PACKET_MAGIC {
            Some(Self::Little)
        } else {
            (u32::from_be_bytes(*magic) == PACKET_MAGIC).then_some(Self::Big)
        }
    }

    fn number(self, bytes: &[u8], at: usize) -> u32 {
        let word = bytes.get(at..).and_then(|bytes| bytes.first_chunk::<4>()).copied().unwrap_or_default();
        match self {
            Self::Little => u32::from_le_bytes(word),
            Self::Big => u32::from_be_bytes(word),
        }
    }
}

/// The text of packetised metadata, without the headers and paddings.
struct Packets {
    text: Vec<u8>,
    /// Where each packet's text begins: in `text` and in the file.
    starts: Vec<(usize, usize)>,
}

impl Packets {
    fn read(bytes: &[u8], order: PacketOrder) -> Result<Self, Fault> {
        let mut packets = Self { text: Vec::with_capacity(bytes.len()), starts: Vec::new() };
        let mut uuid = None;
        let mut at = 0;
        while at < bytes.len() {
            let packet = &bytes[at..];
            let fault = |field: usize, reason: String| Err(Fault::new(at + field, reason));
            if packet.len() < PACKET_HEADER {
                // Tracers that were killed leave less than a header behind; all text before it counts.
                break;
            }
            if order.number(packet, 0) != PACKET_MAGIC {
                return fault(0, "no metadata packet begins here; the file was cut or overwritten before this".into());
            }
            let own = &packet[4..20];
            if *uuid.get_or_insert(own) != own {
                return fault(4, "this metadata packet has another UUID; packets of two traces were mixed".into());
            }
            if order.number(packet, 20) != 0 || packet[34] != 0 {
                return fault(34, "metadata packets with checksums are not known here".into());
            }
            if packet[32] != 0 {
                return fault(32, "metadata packets with compression are not known here; decompress them first".into());
            }
            if packet[33] != 0 {
                return fault(33, "metadata packets with encryption are not known here; decrypt them first".into());
            }
            if packet[35..37] != [1, 8] {
                let reason = format!("metadata packet of CTF {}.{}, where 1.8 is known", packet[35], packet[36]);
                return fault(35, reason);
            }
            let content = order.number(packet, 24) as usize / 8;
            let total = order.number(packet, 28) as usize / 8;
            if content < PACKET_HEADER || total < content {
                let reason = format!(
                    "a metadata packet claims {content} bytes of content in {total} bytes; the file is damaged"
                );
                return fault(24, reason);
            }
            if content > packet.len() {
                let reason =
                    format!("the last metadata packet has {content} bytes of content, but the file ends before");
                return fault(24, reason);
            }
            packets.starts.push((packets.text.len(), at + PACKET_HEADER));
            packets.text.extend_from_slice(&packet[PACKET_HEADER..content]);
            at = at.saturating_add(total);
        }
        Ok(packets)
    }

    /// Where in the file the byte `at` of the text lies.
    fn file_offset(&self, at: usize) -> u64 {
        let next = self.starts.partition_point(|&(text, _)| text <= at);
        let (text, file) = self.starts.get(next.saturating_sub(1)).copied().unwrap_or_default();
        (file + (at - text)) as u64
    }
}

#[cfg(test)]
#[path = "metadata_tests.rs"]
mod tests;

#[cfg(test)]
#[path = "details_tests.rs"]
pub(super) mod details_tests;
