//! Makes a large CTF 1.8 trace of a small one, to measure reading speed:
//! `cargo run --release --example grow_ctf -- TRACE_FOLDER NEW_FOLDER MEGABYTES`
//!
//! The packets of every stream are written again and again, each round later in time and with the next sequence numbers.
//! It knows LTTng's packets only: magic, UUID, stream id and instance, then timestamps, sizes, number, discarded events.
//! Times move by a multiple of 2^32 cycles, so that the events' own 32-bit times stay as they are. A stream's very first
//! event, in LTTng's large headers, has all 64 bits: they are moved too.

use std::error::Error;
use std::fs;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

const BEGIN: usize = 32;
const END: usize = 40;
const SIZE: usize = 56;
const NUMBER: usize = 64;
const DISCARDED: usize = 72;
const HEADER: usize = 84;
/// A large event header's 64-bit time, where its 16-bit id is all ones.
const FIRST_TIME: usize = HEADER + 6;

struct Stream {
    name: String,
    packets: Vec<Vec<u8>>,
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut args = std::env::args_os().skip(1);
    let mut path = || args.next().map(PathBuf::from).ok_or("name a trace folder, a new folder and megabytes");
    let (from, to, megabytes) = (path()?, path()?, path()?);
    let megabytes: u64 = megabytes.to_str().ok_or("megabytes are a number")?.parse()?;
    fs::create_dir_all(&to)?;
    fs::copy(from.join("metadata"), to.join("metadata"))?;
    let streams = read(&from)?;
    let bytes: usize = streams.iter().flat_map(|stream| &stream.packets).map(Vec::len).sum();
    let rounds = (megabytes << 20).div_ceil(bytes.max(1) as u64);
    let times = || streams.iter().flat_map(|stream| &stream.packets).flat_map(|p| [number(p, BEGIN), number(p, END)]);
    let span = times().max().unwrap_or(0) - times().min().unwrap_or(0);
    let step = ((span >> 32) + 1) << 32;
    for stream in &streams {
        let mut out = BufWriter::new(fs::File::create(to.join(&stream.name))?);
        let discarded = stream.packets.last().map_or(0, |packet| number(packet, DISCARDED));
        for round in 0..rounds {
            for (index, packet) in stream.packets.iter().enumerate() {
                let mut packet = packet.clone();
                for place in [BEGIN, END] {
                    add(&mut packet, place, round * step);
                }
                if packet.get(HEADER..HEADER + 2) == Some(&[0xff; 2]) {
                    add(&mut packet, FIRST_TIME, round * step);
                }
                packet[NUMBER..NUMBER + 8]
                    .copy_from_slice(&(round * stream.packets.len() as u64 + index as u64).to_le_bytes());
                add(&mut packet, DISCARDED, round * discarded);
                out.write_all(&packet)?;
            }
        }
        out.flush()?;
    }
    Ok(())
}

fn read(folder: &Path) -> Result<Vec<Stream>, Box<dyn Error>> {
    let mut streams = Vec::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if name == "metadata" || !entry.file_type()?.is_file() {
            continue;
        }
        let bytes = fs::read(entry.path())?;
        let mut packets = Vec::new();
        let mut rest = &bytes[..];
        while rest.len() >= HEADER {
            let size = (number(rest, SIZE) / 8) as usize;
            packets.push(rest.get(..size).filter(|_| size >= HEADER).ok_or("a packet that is not whole")?.to_vec());
            rest = &rest[size..];
        }
        streams.push(Stream { name, packets });
    }
    Ok(streams)
}

fn number(packet: &[u8], at: usize) -> u64 {
    packet[at..at + 8].iter().rev().fold(0, |value, &byte| value << 8 | u64::from(byte))
}

fn add(packet: &mut [u8], at: usize, more: u64) {
    let sum = number(packet, at) + more;
    packet[at..at + 8].copy_from_slice(&sum.to_le_bytes());
}
