//! Parsing of numbers and words straight from bytes: lines are not always UTF-8, and most of a line is never needed.

/// `bytes` without the spaces and tabs in front.
pub(crate) fn trim_start(bytes: &[u8]) -> &[u8] {
    let start = bytes.iter().position(|&b| b != b' ' && b != b'\t').unwrap_or(bytes.len());
    &bytes[start..]
}

/// `bytes` without the spaces and tabs at the end.
pub(crate) fn trim_end(bytes: &[u8]) -> &[u8] {
    let end = bytes.iter().rposition(|&b| b != b' ' && b != b'\t').map_or(0, |last| last + 1);
    &bytes[..end]
}

/// `bytes` without surrounding spaces and tabs.
pub(crate) fn trim(bytes: &[u8]) -> &[u8] {
    trim_end(trim_start(bytes))
}

/// How many decimal digits `bytes` starts with.
pub(crate) fn digits(bytes: &[u8]) -> usize {
    bytes.iter().position(|b| !b.is_ascii_digit()).unwrap_or(bytes.len())
}

/// The decimal number `bytes` starts with and what follows it; `None` without a digit or beyond 64 bits.
pub(crate) fn take_u64(bytes: &[u8]) -> Option<(u64, &[u8])> {
    let mut value = 0u64;
    let mut used = 0;
    for &b in bytes {
        let digit = b.wrapping_sub(b'0');
        if digit > 9 {
            break;
        }
        value = value.checked_mul(10)?.checked_add(u64::from(digit))?;
        used += 1;
    }
    (used > 0).then(|| (value, &bytes[used..]))
}

/// The signed decimal number `bytes` starts with and what follows it.
pub(crate) fn take_i64(bytes: &[u8]) -> Option<(i64, &[u8])> {
    match bytes.strip_prefix(b"-") {
        Some(rest) => {
            let (value, rest) = take_u64(rest)?;
            (value <= 1 << 63).then(|| ((value as i64).wrapping_neg(), rest))
        }
        None => {
            let (value, rest) = take_u64(bytes)?;
            Some((i64::try_from(value).ok()?, rest))
        }
    }
}

/// A whole field as an unsigned number.
pub(crate) fn whole_u64(bytes: &[u8]) -> Option<u64> {
    take_u64(bytes).and_then(|(value, rest)| rest.is_empty().then_some(value))
}

/// A whole field as a signed number.
pub(crate) fn whole_i64(bytes: &[u8]) -> Option<i64> {
    take_i64(bytes).and_then(|(value, rest)| rest.is_empty().then_some(value))
}

/// The hexadecimal number after `0x` that `bytes` starts with, as the 64 bits it stands for.
pub(crate) fn take_hex(bytes: &[u8]) -> Option<(u64, &[u8])> {
    take_hex_digits(bytes.strip_prefix(b"0x").or_else(|| bytes.strip_prefix(b"0X"))?)
}

/// The hexadecimal number that `digits` starts with.
pub(crate) fn take_hex_digits(digits: &[u8]) -> Option<(u64, &[u8])> {
    let used = digits.iter().position(|b| !b.is_ascii_hexdigit()).unwrap_or(digits.len());
    if used == 0 || used > 16 {
        return None;
    }
    let value =
        digits[..used].iter().fold(0u64, |value, &b| value << 4 | u64::from((b as char).to_digit(16).unwrap_or(0)));
    Some((value, &digits[used..]))
}

/// A return value, decimal or hexadecimal: `-2`, `0x3`, `0xfffffffffffffffe`.
pub(crate) fn take_ret(bytes: &[u8]) -> Option<i64> {
    let bytes = trim_start(bytes);
    match take_hex(bytes) {
        Some((value, _)) => Some(value as i64),
        None => take_i64(bytes).map(|(value, _)| value),
    }
}

/// Seconds with an optional fraction as nanoseconds, and what follows; digits beyond the ninth are dropped.
pub(crate) fn take_seconds(bytes: &[u8]) -> Option<(i64, &[u8])> {
    let (seconds, rest) = take_u64(bytes)?;
    let (fraction, rest) = match rest.strip_prefix(b".") {
        Some(fraction) => take_fraction(fraction)?,
        None => (0, rest),
    };
    let seconds = i64::try_from(seconds).ok()?.checked_mul(1_000_000_000)?;
    Some((seconds.checked_add(fraction)?, rest))
}

/// The digits after a decimal point of seconds, as nanoseconds.
pub(crate) fn take_fraction(bytes: &[u8]) -> Option<(i64, &[u8])> {
    const SCALE: [i64; 10] = [1_000_000_000, 100_000_000, 10_000_000, 1_000_000, 100_000, 10_000, 1_000, 100, 10, 1];
    let used = digits(bytes);
    if used == 0 {
        return None;
    }
    let kept = used.min(9);
    let value = bytes[..kept].iter().fold(0i64, |value, &b| value * 10 + i64::from(b - b'0'));
    Some((value * SCALE[kept], &bytes[used..]))
}

/// A thread id as the tracers print it.
pub(crate) fn whole_tid(bytes: &[u8]) -> Option<i32> {
    whole_i64(bytes).and_then(|tid| i32::try_from(tid).ok())
}

/// Where `needle` first occurs.
pub(crate) fn find(bytes: &[u8], needle: &[u8]) -> Option<usize> {
    memchr::memmem::find(bytes, needle)
}

/// A short readable piece of `bytes` for a message.
pub(crate) fn excerpt(bytes: &[u8]) -> String {
    const SHOWN: usize = 60;
    let text: String = String::from_utf8_lossy(&bytes[..bytes.len().min(4 * SHOWN)])
        .chars()
        .map(|c| if c.is_control() { '\u{fffd}' } else { c })
        .take(SHOWN)
        .collect();
    if text.len() < bytes.len() { format!("{text}...") } else { text }
}

/// Every `[digits]` of a line, with what stands before and after it. A process name may hold brackets, so readers take
/// the first one whose surroundings fit.
pub(crate) fn bracketed_numbers(line: &[u8]) -> impl Iterator<Item = (&[u8], u64, &[u8])> {
    memchr::memchr_iter(b'[', line).filter_map(|at| {
        let (number, rest) = take_u64(&line[at + 1..])?;
        Some((&line[..at], number, rest.strip_prefix(b"]")?))
    })
}
