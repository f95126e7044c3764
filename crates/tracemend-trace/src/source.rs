//! A trace being read.

use crate::{Item, TraceHeader, TraceResult};

/// A trace being read, item by item, in bounded memory.
pub trait Source {
    /// The next event or gap in the order of the input; `None` at the end.
    ///
    /// # Errors
    /// When nothing more can be read. Damage that leaves the rest readable is a [`Gap`](crate::Gap).
    fn next_item(&mut self) -> TraceResult<Option<Item>>;

    /// Names, streams and warnings met so far.
    fn header(&self) -> &TraceHeader;

    /// The record the last item came from, as text: in a text format its line without the line ending, in a binary one
    /// the line that the format's own tool prints, made when asked for. Empty after a gap, and where the format has no
    /// record of its own for the item.
    fn record(&mut self) -> &[u8];
}
