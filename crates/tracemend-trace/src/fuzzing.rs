//! Entries for the fuzzer into what no reader leads to directly. Not part of the interface: nothing else may rely on it.

use crate::format::ctf;

/// Reads CTF metadata and checks what holds of every schema.
///
/// # Panics
/// When it does not hold: a finding.
pub fn ctf_metadata(bytes: &[u8]) {
    let _ = ctf::check_metadata(bytes);
}

/// Reads CTF streams by a trace's metadata, the quick way and the slow way.
///
/// # Panics
/// When both differ, or something that holds of every stream does not: a finding.
pub fn ctf_packets(metadata: &[u8], streams: &[&[u8]]) {
    ctf::check_streams(metadata, streams);
}
