//! Hashes of files.

use sha2::{Digest as _, Sha256};
#[cfg(any(feature = "nets", feature = "eval"))]
use std::{fs, io, path::Path};

/// The SHA-256 of a file in hexadecimal digits.
#[cfg(any(feature = "nets", feature = "eval"))]
pub(crate) fn sha256(path: &Path) -> io::Result<String> {
    let mut hasher = Sha256::new();
    io::copy(&mut fs::File::open(path)?, &mut hasher)?;
    Ok(hex(&hasher.finalize()))
}

/// The SHA-256 of texts, one after another, in hexadecimal digits.
pub(crate) fn sha256_of(texts: &[&str]) -> String {
    let mut hasher = Sha256::new();
    texts.iter().for_each(|text| hasher.update(text));
    hex(&hasher.finalize())
}

/// Bytes as hexadecimal digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
