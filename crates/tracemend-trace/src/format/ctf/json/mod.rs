//! CTF 2 metadata (CTF2-SPEC-2.0): a JSON text sequence of fragments.
//!
//! Field classes are turned into fields ([`fields`]) as soon as a fragment uses them; where one refers to another field,
//! that one has been made before ([`location`]). Nesting, the number of fields and the time spent stay bounded.

mod classes;
mod fields;
mod fragments;
mod location;
mod registers;
mod value;

use super::fault::Fault;
use super::schema::Schema;
use serde::de::DeserializeSeed;
use std::cell::Cell;
use value::{MAX_VALUES, Seed};

/// The byte in front of each text.
const RECORD_SEPARATOR: u8 = 0x1e;

/// What a JSON text sequence describes.
pub(super) fn schema(bytes: &[u8]) -> Result<Schema, Fault> {
    let left = Cell::new(MAX_VALUES);
    let mut reading = fragments::Reading::new();
    let mut at = 0;
    for text in bytes.split(|&b| b == RECORD_SEPARATOR) {
        let mut input = serde_json::Deserializer::from_slice(text);
        while input.end().is_err() {
            let fragment = Seed(&left).deserialize(&mut input).map_err(|error| {
                Fault::new(at + offset(text, &error), format!("this is no complete JSON text: {error}"))
            })?;
            let start = at + text.iter().position(|b| !b.is_ascii_whitespace()).unwrap_or(0);
            reading.fragment(&fragment).map_err(|reason| Fault::new(start, reason))?;
        }
        at += text.len() + 1;
    }
    reading.finish().map_err(|reason| Fault::new(0, reason))
}

/// Where in the text an error was met.
fn offset(text: &[u8], error: &serde_json::Error) -> usize {
    let lines = text.split_inclusive(|&b| b == b'\n').take(error.line().saturating_sub(1));
    (lines.map(<[u8]>::len).sum::<usize>() + error.column().saturating_sub(1)).min(text.len())
}

#[cfg(test)]
mod tests;
