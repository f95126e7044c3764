//! Recognising a Perfetto trace, which has no magic number: it begins with a packet.

use super::fields::{Field, Fields, Value, varint};

/// The tag of a packet: field 1, with a length.
pub(crate) const PACKET: u8 = 0x0a;

/// Far above the fields that packets have, so that later versions are known too.
const MAX_FIELD: u32 = 1000;
/// Bytes in which text has no control characters and packets have some: lengths, and numbers of users and writers.
const LOOK: usize = 256;

/// Whether a file begins with whole packets: two of them, or one up to the file's end or beyond the part that was looked at.
pub(crate) fn is_trace(beginning: &[u8]) -> bool {
    if is_text(beginning) || begins_object(beginning) {
        return false;
    }
    let mut rest = beginning;
    for _ in 0..2 {
        if rest.is_empty() {
            // One packet, and no more.
            return !beginning.is_empty();
        }
        let Some((length, used)) = rest.strip_prefix(&[PACKET]).and_then(varint) else { return false };
        let Ok(length) = usize::try_from(length) else { return false };
        let content = &rest[1 + used..];
        if length == 0 || !is_packet(&content[..length.min(content.len())], length) {
            return false;
        }
        if content.len() <= length {
            return true;
        }
        rest = &content[length..];
    }
    true
}

/// Whether bytes begin as text, which by chance can be packets too: it may begin with an empty line, and letters are lengths.
fn is_text(beginning: &[u8]) -> bool {
    let is_of_text = |byte: &u8| !byte.is_ascii_control() || byte.is_ascii_whitespace();
    beginning.iter().take(LOOK).all(is_of_text)
}

/// Whether bytes begin with an object of JSON, which coloured log lines may follow.
fn begins_object(beginning: &[u8]) -> bool {
    let key =
        beginning.trim_ascii_start().strip_prefix(b"{").and_then(|rest| rest.trim_ascii_start().strip_prefix(b"\""));
    key.is_some_and(|key| {
        let word = key.iter().take_while(|&&byte| byte.is_ascii_alphanumeric() || byte == b'_').count();
        word > 0 && key[word..].strip_prefix(b"\"").is_some_and(|rest| rest.trim_ascii_start().starts_with(b":"))
    })
}

/// Whether bytes are fields of a packet of this length, of which they may be the beginning.
fn is_packet(bytes: &[u8], length: usize) -> bool {
    // Messages, whatever the version; pprof's profiles have numbers there.
    let is_message = |number| matches!(number, 1 | 2 | 4..=7 | 9 | 11 | 12);
    let mut fields = Fields::new(bytes);
    let mut any = false;
    loop {
        let at = fields.at();
        match fields.next() {
            None => return any,
            Some(Ok(Field { number, value: Value::Number(_), .. })) if is_message(number) => return false,
            Some(Ok(Field { number, value, .. })) if number <= MAX_FIELD && value != Value::Fixed => any = true,
            Some(Ok(_)) => return false,
            // What is cut must begin as a field that the packet has room for.
            Some(Err(_)) => return bytes.len() < length && begins_field(&bytes[at..], length - at),
        }
    }
}

/// Whether bytes begin a field of bytes that takes `room` at most.
fn begins_field(bytes: &[u8], room: usize) -> bool {
    let Some((tag, tag_len)) = varint(bytes) else { return false };
    let Some((length, length_len)) = varint(&bytes[tag_len..]) else { return false };
    let fits = usize::try_from(length).is_ok_and(|length| length.saturating_add(tag_len + length_len) <= room);
    fits && tag & 7 == 2 && (1..=MAX_FIELD).contains(&u32::try_from(tag >> 3).unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_whose_letters_spell_a_packet_is_no_packet() {
        // The packet's length is `{`; a field `\"` of the length `A`, and one named `b` of the length `6` up to the line's end.
        let line =
            |begin: &str| format!("\n{{\"{begin}{}b6{}}}", "x".repeat(66 - begin.len()), "x".repeat(53)).into_bytes();
        let spelt = line("A\":1,\"a\":\"");
        assert!(is_packet(&spelt[2..], spelt.len() - 2) && spelt[1] as usize == spelt.len() - 2);
        assert!(!is_trace(&spelt) && !is_trace(&[&spelt[..], b"\n\x1b[33mWARN\x1b[0m"].concat()));
        // A log's coloured line behind it leaves only the object; control characters elsewhere leave a packet.
        let mut packet = line("A:");
        packet[100] = 1;
        assert!(is_trace(&packet));
    }

    #[test]
    fn text_that_begins_with_an_empty_line_is_no_packet() {
        assert!(!is_trace(b"\nls-12 [000] 5.0: sys_enter: NR 0\nls-12 [000] 5.1: sys_exit: NR 0 = 0\n"));
        assert!(!is_trace(b"") && !is_trace(b"\n") && !is_trace(b"\n\n\n") && !is_trace(&[b'\n'; 40]));
        // A timestamp, and a clock's number behind it.
        assert!(is_trace(&[0x0a, 2, 0x40, 5]) && is_trace(&[0x0a, 2, 0x40, 5, 0x0a, 2, 0x50, 5]));
        assert!(!is_trace(&[0x0a, 2, 0x40, 5, b'x']));
        // The first value type of a pprof profile.
        assert!(!is_trace(&[0x0a, 4, 8, 1, 16, 2, 0x12, 2, 8, 1]));
        // Packed packets beyond the part that was looked at.
        assert!(is_trace(&[0x0a, 0xff, 0x7f, 0x92, 0x03, 0xf0, 0x7f, 0x78, 0x9c]));
    }
}
