//! How a perf.data begins.

use crate::decode::order::Order;

/// The byte order of a perf.data that begins so; `None` if none begins so.
pub(crate) fn order_of(beginning: &[u8]) -> Option<Order> {
    if beginning.starts_with(b"PERFILE2") {
        Some(Order::Little)
    } else if beginning.starts_with(b"2ELIFREP") {
        Some(Order::Big)
    } else {
        None
    }
}
