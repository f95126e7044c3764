//! Recognising a Perfetto trace, which has no magic number: it begins with a packet.

use super::fields::{Value, varint};

/// The tag of a packet: field 1, with a length.
pub(crate) const PACKET: u8 = 0x0a;

/// Whether a file begins with whole packets: two of them, or one up to the file's end or beyond the part that was looked at.
pub(crate) fn is_trace(beginning: &[u8]) -> bool {
    let mut rest = beginning;
    for _ in 0..2 {
        if rest.is_empty() {
            // One packet, and no more.
            return !beginning.is_empty();
        }
        let Some((length, used)) = rest.strip_prefix(&[PACKET]).and_then(varint) else { return false };
        let Ok(length) = usize::try_from(length) else { return false };
        let content = &rest[1 + used..];
        if length == 0 || !is_packet(&content[..length.min(content.len())], content.len() < length) {
            return false;
        }
        if content.len() <= length {
            return true;
        }
        rest = &content[length..];
    }
    true
}

/// Whether bytes are fields of a packet; where they are `cut`, the last one may be too.
fn is_packet(bytes: &[u8], cut: bool) -> bool {
    // Far above the fields that packets have, so that later versions are known too.
    const MAX_FIELD: u32 = 1000;
    let mut fields = super::fields::Fields::new(bytes);
    let mut any = false;
    loop {
        let at = fields.at();
        match fields.next() {
            None => return any,
            Some(Ok(field)) if field.number <= MAX_FIELD && field.value != Value::Fixed => any = true,
            Some(Ok(_)) => return false,
            // The tag of what is cut tells a packet from anything else.
            Some(Err(_)) => {
                return cut
                    && varint(&bytes[at..]).is_some_and(|(tag, _)| tag >> 3 <= u64::from(MAX_FIELD) && tag & 7 == 2);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_that_begins_with_an_empty_line_is_no_packet() {
        assert!(!is_trace(b"\nls-12 [000] 5.0: sys_enter: NR 0\nls-12 [000] 5.1: sys_exit: NR 0 = 0\n"));
        assert!(!is_trace(b"") && !is_trace(b"\n") && !is_trace(b"\n\n\n"));
        // A timestamp, and a clock's number behind it.
        assert!(is_trace(&[0x0a, 2, 0x40, 5]) && is_trace(&[0x0a, 2, 0x40, 5, 0x0a, 2, 0x50, 5]));
        assert!(!is_trace(&[0x0a, 2, 0x40, 5, b'x']));
        // Packed packets beyond the part that was looked at.
        assert!(is_trace(&[0x0a, 0xff, 0x7f, 0x92, 0x03, 0xf0, 0x7f, 0x78, 0x9c]));
    }
}
