//! The packets of a file, one after the other, packed ones unpacked.

use super::fields::varint;
use super::magic::PACKET;
use super::packet::{Packet, Packing};
use crate::decode::store::Store;
use std::io::{self, Read};

/// Longest packet read, packed or not. Perfetto writes some ten thousand bytes.
const MAX_PACKET: usize = 16 << 20;
/// Maximum number of bytes that one packed packet unpacks to.
const MAX_UNPACKED: u64 = 64 << 20;
/// Maximum number of bytes read at a time.
const PIECE: usize = 256 << 10;
/// What Perfetto writes now and then, so that readers find the next packet (`TracePacket.synchronization_marker`): the marker ends its
/// packet.
const MARKER: [u8; 16] =
    [0x82, 0x47, 0x7a, 0x76, 0xb2, 0x8d, 0x42, 0xba, 0x81, 0xdc, 0x33, 0x32, 0x6d, 0x57, 0xa0, 0x79];

/// What comes next.
pub(crate) enum Next {
    /// A packet, in [`Packets::bytes`].
    Packet(Packet),
    /// A part that cannot be read, and why.
    Bad(u64, String),
    /// The file ends within a packet.
    CutOff(u64),
    End,
}

/// A file's packets.
pub(crate) struct Packets {
    store: Store,
    /// Where in the file the next packet begins.
    at: u64,
    /// A part of the file, and where it begins.
    piece: Vec<u8>,
    piece_at: u64,
    /// Unpacked packets, and how far they were given out.
    unpacked: Vec<u8>,
    unpacked_at: usize,
    packet: Vec<u8>,
    /// Where the present packet begins; for an unpacked one, where the packet around it does.
    offset: u64,
}

impl Packets {
    pub(crate) fn new(store: Store) -> Self {
        Self {
            store,
            at: 0,
            piece: Vec::new(),
            piece_at: 0,
            unpacked: Vec::new(),
            unpacked_at: 0,
            packet: Vec::new(),
            offset: 0,
        }
    }

    /// Begins again at the first packet.
    pub(crate) fn rewind(&mut self) {
        self.at = 0;
        self.unpacked.clear();
        self.unpacked_at = 0;
    }

    /// The present packet.
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.packet
    }

    /// Where in the file it begins.
    pub(crate) fn offset(&self) -> u64 {
        self.offset
    }

    /// Goes on to the next packet.
    pub(crate) fn advance(&mut self) -> io::Result<Next> {
        loop {
            let is_unpacked = self.unpacked_at < self.unpacked.len();
            let found = if is_unpacked { self.next_unpacked() } else { self.next_of_file()? };
            if let Some(end) = found {
                return Ok(end);
            }
            let packet = match Packet::of(&self.packet) {
                Ok(packet) => packet,
                Err(fault) => {
                    let at = if is_unpacked { self.offset } else { self.offset + fault.at as u64 };
                    if !is_unpacked {
                        self.go_behind_marker();
                    }
                    return Ok(Next::Bad(at, format!("a packet with {}", fault.what)));
                }
            };
            let Some((packing, range)) = packet.packed.clone() else { return Ok(Next::Packet(packet)) };
            if is_unpacked {
                // Perfetto packs once; twice is what a bomb does.
                return Ok(Next::Bad(self.offset, "packed packets within packed packets".to_owned()));
            }
            if let Err(why) = self.unpack(packing, range.start, range.end) {
                return Ok(Next::Bad(self.offset, why));
            }
        }
    }

    /// Takes the next packet of those unpacked; says what is there where it is none.
    fn next_unpacked(&mut self) -> Option<Next> {
        let rest = &self.unpacked[self.unpacked_at..];
        let head = rest.strip_prefix(&[PACKET]).and_then(varint);
        let packet = head.and_then(|(length, used)| {
            let start = 1 + used;
            rest.get(start..start.checked_add(usize::try_from(length).ok()?)?)
        });
        let Some(packet) = packet else {
            self.unpacked_at = self.unpacked.len();
            return Some(Next::Bad(self.offset, "unpacked bytes that are no packet".to_owned()));
        };
        self.packet.clear();
        self.packet.extend_from_slice(packet);
        self.unpacked_at += 1 + head.map_or(0, |(_, used)| used) + packet.len();
        None
    }

    /// Takes the next packet of the file; says what is there where it is none.
    fn next_of_file(&mut self) -> io::Result<Option<Next>> {
        self.offset = self.at;
        let head = self.piece(self.at, 11)?;
        if head.is_empty() {
            return Ok(Some(Next::End));
        }
        let length = head.strip_prefix(&[PACKET]).and_then(varint);
        if length.is_none() && head.len() < 11 && head[0] == PACKET {
            self.at = self.store.len();
            return Ok(Some(Next::CutOff(self.offset)));
        }
        let length = length.filter(|&(length, _)| length <= MAX_PACKET as u64);
        let Some((length, used)) = length else {
            let reason = "bytes that begin no packet, or one longer than any".to_owned();
            self.find_marker()?;
            return Ok(Some(Next::Bad(self.offset, reason)));
        };
        let (start, length) = (self.at + 1 + used as u64, length as usize);
        let mut packet = std::mem::take(&mut self.packet);
        packet.clear();
        packet.extend_from_slice(self.piece(start, length)?);
        self.packet = packet;
        self.at = start + self.packet.len() as u64;
        if self.packet.len() == length {
            return Ok(None);
        }
        if self.go_behind_marker() {
            return Ok(Some(Next::Bad(self.offset, "a packet that is longer than the file".to_owned())));
        }
        Ok(Some(Next::CutOff(self.offset)))
    }

    /// The `len` bytes of the file at `at`, or fewer where it ends before.
    fn piece(&mut self, at: u64, len: usize) -> io::Result<&[u8]> {
        let within = |piece_at: u64, piece: &[u8]| {
            at >= piece_at && at.saturating_add(len as u64) <= piece_at + piece.len() as u64
        };
        if !within(self.piece_at, &self.piece) {
            let there = self.store.len().saturating_sub(at).min(len.max(PIECE) as u64);
            self.piece.resize(there as usize, 0);
            let read = self.store.read_at(at, &mut self.piece)?;
            self.piece.truncate(read);
            self.piece_at = at;
        }
        let start = (at - self.piece_at) as usize;
        Ok(&self.piece[start..self.piece.len().min(start + len)])
    }

    /// Goes on behind the next marker of the file, or to its end.
    fn find_marker(&mut self) -> io::Result<()> {
        loop {
            let at = self.at;
            let piece = self.piece(at, PIECE)?;
            if let Some(found) = memchr::memmem::find(piece, &MARKER) {
                self.at = at + (found + MARKER.len()) as u64;
                return Ok(());
            }
            if piece.len() < PIECE {
                self.at = self.store.len();
                return Ok(());
            }
            // A marker may lie across the border.
            self.at = at + (piece.len() - (MARKER.len() - 1)) as u64;
        }
    }

    /// A packet that cannot be read may have a damaged length, and reach over packets that can: goes back to the first marker in
    /// it, if there is one.
    fn go_behind_marker(&mut self) -> bool {
        let Some(found) = memchr::memmem::find(&self.packet, &MARKER) else { return false };
        let start = self.at - self.packet.len() as u64;
        self.at = start + (found + MARKER.len()) as u64;
        true
    }

    fn unpack(&mut self, packing: Packing, start: usize, end: usize) -> Result<(), String> {
        let packed = &self.packet[start..end];
        self.unpacked.clear();
        self.unpacked_at = 0;
        let read = match packing {
            Packing::Zlib => {
                flate2::read::ZlibDecoder::new(packed).take(MAX_UNPACKED + 1).read_to_end(&mut self.unpacked)
            }
            Packing::Zstd => zstd::Decoder::new(packed)
                .and_then(|decoder| decoder.take(MAX_UNPACKED + 1).read_to_end(&mut self.unpacked)),
        };
        if self.unpacked.len() as u64 > MAX_UNPACKED {
            self.unpacked = Vec::new();
            return Err(format!("packed packets of more than {} MiB", MAX_UNPACKED >> 20));
        }
        read.map(|_| ()).map_err(|error| {
            self.unpacked.clear();
            format!("packed packets that cannot be unpacked ({error})")
        })
    }
}
