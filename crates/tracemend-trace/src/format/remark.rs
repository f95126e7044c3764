//! Lines that belong to a trace and hold no event: what the tracer and its tools say between events, and lines that go on
//! with the event before them (stacks). Each text format lists its own in a table, and `docs/formats.md` shows them all.

use crate::decode::bytes::{find, trim, trim_end};

/// One sort of such lines.
pub(crate) struct Remark {
    /// What it is, as `docs/formats.md` has it.
    pub(crate) what: &'static str,
    /// How its lines are known.
    pub(crate) shape: Shape,
}

/// How a line is known. Spaces around it do not count.
pub(crate) enum Shape {
    /// By its beginning.
    Begins(&'static str),
    /// By its end.
    Ends(&'static str),
    /// By a part of it.
    Holds(&'static str),
    /// By a test of its own, which sees the spaces too.
    Like(fn(&[u8]) -> bool),
}

impl Remark {
    /// A remark with its description.
    pub(crate) const fn new(what: &'static str, shape: Shape) -> Self {
        Self { what, shape }
    }

    fn is(&self, line: &[u8]) -> bool {
        let text = trim(line);
        match self.shape {
            Shape::Begins(start) => text.starts_with(start.as_bytes()),
            Shape::Ends(end) => text.ends_with(end.as_bytes()),
            Shape::Holds(part) => find(text, part.as_bytes()).is_some(),
            Shape::Like(test) => test(line),
        }
    }
}

/// Whether a line is one of a table's.
pub(crate) fn is_remark(table: &[Remark], line: &[u8]) -> bool {
    trim(line).is_empty() || table.iter().any(|remark| remark.is(line))
}

/// A row of a summary: at least four numbers, and one word at most, before or behind them.
pub(crate) fn is_row(line: &[u8]) -> bool {
    let mut words = trim_end(line).split(|&b| b == b' ').filter(|word| !word.is_empty());
    let number = |word: &[u8]| {
        word.first().is_some_and(u8::is_ascii_digit)
            && word.iter().all(|b| b.is_ascii_digit() || matches!(b, b'.' | b'%' | b','))
    };
    let Some(first) = words.next() else { return false };
    let name = |word: &[u8]| word.iter().all(|b| b.is_ascii_alphanumeric() || *b == b'_');
    let (numbers, others) = words.fold((usize::from(number(first)), 0), |(numbers, others), word| {
        if number(word) { (numbers + 1, others) } else { (numbers, others + 1) }
    });
    // strace names the call at the end, perf at the beginning.
    numbers >= 4 && others <= 1 && (number(first) || (name(first) && others == 0))
}

/// A line of dashes or equals signs, which parts a summary's head from its rows.
pub(crate) fn is_rule(line: &[u8]) -> bool {
    let text = trim(line);
    text.len() >= 6 && text.iter().all(|b| matches!(b, b'-' | b' ' | b'='))
}
