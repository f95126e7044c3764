//! The first block of a capture.

use crate::decode::order::Order;

/// Type of the block that begins a section, in any byte order; network captures (pcapng) begin with it too.
pub(crate) const SECTION: u32 = 0x0a0d_0d0a;
/// Follows the length of that block, in the recorder's byte order.
const ORDER: u32 = 0x1a2b_3c4d;
/// Highest block type of a network capture; those of scap begin at 0x201.
const NETWORK: std::ops::RangeInclusive<u32> = 1..=0x1f;

/// What a file with a section block at its beginning is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Capture {
    /// Events.
    Scap,
    /// Packets of a network.
    Network,
}

/// The byte order of a section block.
pub(crate) fn order_of(block: &[u8]) -> Option<Order> {
    [Order::Little, Order::Big]
        .into_iter()
        .find(|order| order.u32(block, 0) == Some(SECTION) && order.u32(block, 8) == Some(ORDER))
}

/// Recognises a capture by its beginning.
pub(crate) fn recognise(beginning: &[u8]) -> Option<Capture> {
    let order = order_of(beginning)?;
    let next = order.u32(beginning, 4).and_then(|length| order.u32(beginning, length as usize));
    Some(if next.is_some_and(|kind| NETWORK.contains(&kind)) { Capture::Network } else { Capture::Scap })
}
