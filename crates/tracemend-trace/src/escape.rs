//! Names on one line: what they hold that would end it, or command a terminal, is written as an escape.

use std::borrow::Cow;
use std::fmt::Write as _;

/// The text with its control characters escaped: `\n`, `\u{1b}`. The traced program chooses its names, and one with a line
/// break would forge lines of its own. Characters that change the direction of what follows count as control characters.
///
/// ```
/// use tracemend_trace::escaped;
///
/// assert_eq!(escaped("read"), "read");
/// assert_eq!(escaped("read\n~ 0.99 \u{1b}[2J"), "read\\n~ 0.99 \\u{1b}[2J");
/// ```
pub fn escaped(text: &str) -> Cow<'_, str> {
    if !text.contains(breaks_lines) {
        return text.into();
    }
    let mut safe = String::with_capacity(text.len() + 8);
    for letter in text.chars() {
        match letter {
            '\n' => safe.push_str("\\n"),
            '\r' => safe.push_str("\\r"),
            letter if breaks_lines(letter) => {
                // Writing to a string does not fail.
                let _ = write!(safe, "{}", letter.escape_unicode());
            }
            letter => safe.push(letter),
        }
    }
    safe.into()
}

fn breaks_lines(letter: char) -> bool {
    letter != '\t' && letter.is_control()
        || matches!(letter, '\u{2028}' | '\u{2029}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}
