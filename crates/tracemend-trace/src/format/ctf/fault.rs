//! What is wrong with metadata, and what its two languages share.

/// What is wrong with a metadata text, and where in it.
#[derive(Debug)]
pub(super) struct Fault {
    /// Byte in the text; the reader of the file turns it into one in the file.
    pub(super) at: usize,
    /// A sentence.
    pub(super) reason: String,
}

impl Fault {
    pub(super) fn new(at: usize, reason: impl Into<String>) -> Self {
        Self { at, reason: reason.into() }
    }
}

/// The beginning of a name out of the metadata, fit for a message.
pub(super) fn excerpt(name: &str) -> String {
    name.chars().take(80).map(|letter| if letter.is_control() { '?' } else { letter }).collect()
}

/// A UUID in its usual notation.
pub(super) fn uuid(text: &str) -> Option<[u8; 16]> {
    let bytes = text.as_bytes();
    let digits: Vec<u8> = (0..).zip(bytes).filter(|(at, _)| !matches!(at, 8 | 13 | 18 | 23)).map(|(_, &b)| b).collect();
    if bytes.len() != 36 || [8, 13, 18, 23].iter().any(|&at| bytes[at] != b'-') {
        return None;
    }
    let mut uuid = [0; 16];
    for (byte, pair) in uuid.iter_mut().zip(digits.chunks_exact(2)) {
        let digit = |b: u8| (b as char).to_digit(16);
        *byte = (digit(pair[0])? << 4 | digit(pair[1])?) as u8;
    }
    Some(uuid)
}
