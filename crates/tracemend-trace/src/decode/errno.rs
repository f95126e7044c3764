//! Error names as the negative numbers kernel return values carry: strace and `perf trace` print `-1 ENOENT`.

use super::bytes::{take_ret, trim_start};
use rustc_hash::FxHashMap;
use std::sync::LazyLock;
use syscalls::Errno;

static NUMBERS: LazyLock<FxHashMap<&'static str, i64>> = LazyLock::new(|| {
    let mut numbers = FxHashMap::default();
    for number in 1..=530 {
        if let Some(name) = Errno::new(number).name() {
            numbers.entry(name).or_insert(i64::from(number));
        }
    }
    // Never returned to a program, but shown by strace when a signal interrupts a call.
    for (name, number) in
        [("ERESTARTSYS", 512), ("ERESTARTNOINTR", 513), ("ERESTARTNOHAND", 514), ("ERESTART_RESTARTBLOCK", 516)]
    {
        numbers.insert(name, number);
    }
    numbers.insert("EWOULDBLOCK", 11);
    numbers
});

/// A result as strace and `perf trace` print it: `3`, `0x7f87a13e7000`, `-1 ENOENT (No such ..)`, `? ERESTARTSYS (..)`;
/// `None` for `?` alone.
pub(crate) fn result(text: &[u8]) -> Option<i64> {
    let text = trim_start(text);
    let Some(after) = text.strip_prefix(b"-1 ").or(text.strip_prefix(b"? ")) else {
        return take_ret(text);
    };
    let after = trim_start(after);
    let end = after.iter().position(|b| !b.is_ascii_alphanumeric() && *b != b'_').unwrap_or(after.len());
    let name = std::str::from_utf8(&after[..end]).ok()?;
    NUMBERS.get(name).map(|number| -number).or_else(|| take_ret(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_are_negative_numbers() {
        assert_eq!(result(b"-1 ENOENT (No such file or directory)"), Some(-2));
        assert_eq!(result(b"? ERESTARTSYS (To be restarted if SA_RESTART is set)"), Some(-512));
        assert_eq!(result(b"0xffffffffffffffff"), Some(-1));
        assert_eq!(result(b"?"), None);
        assert_eq!(result(b"-1 EAGAIN (x)"), Some(-11));
    }
}
