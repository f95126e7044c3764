//! What a line says by itself: the part of reading text that other threads do ahead.

/// What a line of a format says by itself, whatever stands before it.
pub(crate) trait Draft: Send + 'static {
    /// Takes a line apart.
    fn of(line: &[u8]) -> Self;
}

/// A format whose lines are taken apart where they are read.
impl Draft for () {
    fn of(_line: &[u8]) {}
}

/// A part of a line, kept without the line.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Span {
    start: u32,
    end: u32,
}

impl Span {
    /// Where `part`, a slice of `line`, lies in it. Lines are far shorter than 4 GiB.
    #[inline]
    pub(crate) fn of(part: &[u8], line: &[u8]) -> Self {
        let start = (part.as_ptr() as usize).wrapping_sub(line.as_ptr() as usize);
        debug_assert!(start <= line.len() && part.len() <= line.len() - start, "a part of another line");
        Self { start: start as u32, end: (start + part.len()) as u32 }
    }

    /// The part of the same line.
    #[inline]
    pub(crate) fn in_line(self, line: &[u8]) -> &[u8] {
        line.get(self.start as usize..self.end as usize).unwrap_or_default()
    }
}
