//! Readers. Each format has one file; [`open`] recognises the format by content.

use crate::{Item, TraceHeader, TraceResult};

/// A trace being read, item by item, in bounded memory.
pub trait Source {
    /// The next event or gap in the order of the input; `None` at the end.
    ///
    /// # Errors
    /// When the input cannot be read further at all. Damage that leaves the rest readable is a [`Gap`](crate::Gap).
    fn next_item(&mut self) -> TraceResult<Option<Item>>;

    /// Names, streams and warnings met so far.
    fn header(&self) -> &TraceHeader;
}
