//! What these tools log on their standard error, which stands between the events where both go to one file (`2>&1`).

use crate::decode::bytes::{find, take_u64, trim, trim_start};
use serde::Deserialize;
use serde::de::IgnoredAny;
use std::borrow::Cow;

/// A log line as a JSON object, as zap and slog write it.
#[derive(Deserialize)]
struct Logged<'a> {
    #[serde(rename = "level")]
    _level: IgnoredAny,
    #[serde(borrow)]
    msg: Cow<'a, str>,
}

/// A log line's message; `None` for any other line. A line that begins like an object and is no whole log line may be an event's rest.
fn message(line: &[u8]) -> Option<Cow<'_, str>> {
    let line = trim(line);
    if line.first() == Some(&b'{') {
        return serde_json::from_slice::<Logged<'_>>(line).ok().map(|logged| logged.msg);
    }
    is_plain(line).then(|| String::from_utf8_lossy(line))
}

/// Whether a line is a log line without JSON: `time="…" level=warning msg="…"`, `WARN[0005] …` with or without colours, or
/// columns with the level in the second.
fn is_plain(line: &[u8]) -> bool {
    const LEVELS: [&[u8]; 6] = [b"TRAC", b"DEBU", b"INFO", b"WARN", b"ERRO", b"FATA"];
    let line =
        line.strip_prefix(b"\x1b[").and_then(|rest| Some(&rest[memchr::memchr(b'm', rest)? + 1..])).unwrap_or(line);
    let is_level = |word: &[u8]| LEVELS.iter().any(|level| word.starts_with(level));
    let in_column = || line.split(|&byte| byte == b'\t').nth(1).is_some_and(is_level);
    (line.starts_with(b"time=") && find(line, b" level=").is_some())
        || (is_level(line) && line.get(4).is_some_and(|byte| matches!(byte, b'[' | 0x1b)))
        || (line.first().is_some_and(u8::is_ascii_digit) && in_column())
}

/// Whether a line is one of the tool's log.
pub(crate) fn is_log(line: &[u8]) -> bool {
    message(line).is_some()
}

/// How many events a log line says were lost: `Lost 12 events`, `lost 12 samples`. `noun` names what a tool counts; other
/// things that it loses (`Lost 3 capture events`) are none of the trace.
pub(crate) fn announced(line: &[u8], noun: &str) -> Option<u64> {
    // Nearly all lines are events, and a search costs less than their parsing.
    find(line, noun.as_bytes())?;
    let message = message(line)?;
    let text = message.as_bytes();
    let at = find(text, b"ost ").filter(|&at| at > 0 && matches!(text[at - 1], b'L' | b'l'))?;
    let (lost, rest) = take_u64(trim_start(&text[at + 4..]))?;
    let rest = rest.strip_prefix(b" ")?.strip_prefix(noun.as_bytes())?;
    rest.first().is_none_or(|byte| !byte.is_ascii_alphanumeric()).then_some(lost)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_log_lines_announce_losses() {
        let lines = [
            (r#"{"level":"warn","ts":1657290245.02,"msg":"Lost 12 events"}"#, Some(12)),
            ("2024-05-01T10:00:00.000Z\tWARN\tLost 12 events", Some(12)),
            (r#"{"level":"warn","msg":"Lost 3 capture events"}"#, None),
            (r#"{"level":"warn","msg":"Lost 3 ebpf logs events"}"#, None),
            (r#"{"eventName":"write","args":"Lost 12 events"}"#, None),
            (r#"{"eventName":"write","args":"Lost 12 events"#, None),
            ("Lost 12 events", None),
        ];
        for (line, lost) in lines {
            assert_eq!(announced(line.as_bytes(), "events"), lost, "{line}");
        }
        let samples = |line: &str| announced(line.as_bytes(), "samples");
        assert_eq!(
            samples(r#"time="2025-01-24T13:37:35Z" level=warning msg="reading event: lost 7 samples""#),
            Some(7)
        );
        assert_eq!(samples("\x1b[33mWARN\x1b[0m[0005] reading event: lost 7 samples"), Some(7));
        assert_eq!(samples("WARN[0005] reading event: lost 7 samples"), Some(7));
        assert!(is_log(b"INFO[0000] Experimental features enabled") && !is_log(b"hello"));
    }
}
