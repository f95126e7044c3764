//! The event in a block: a head of time, thread, length and type, the lengths of its parameters, and the parameters.

use super::blocks::event::{FLAGS_V1, FLAGS_V2, FLAGS_V2_LARGE, V1, V2_LARGE};
use super::event_type::Type;
use crate::decode::order::Order;
use std::ops::Range;

/// Bytes of a head before version 1.2: time, thread, length, type.
const HEAD: usize = 22;
/// Maximum number of parameters of an event (`PPM_MAX_EVENT_PARAMS`); a damaged number is not believed.
const MAX_PARAMETERS: usize = 1 << 8;
/// The event serves to keep track of processes and was not asked for (`SCAP_DF_STATE_ONLY`).
const STATE_ONLY: u32 = 1;

/// An event as it is stored.
#[derive(Clone, Debug)]
pub(crate) struct Stored {
    pub(crate) cpu: u16,
    pub(crate) time_ns: u64,
    pub(crate) tid: i64,
    pub(crate) kind: Type,
    /// Whether a filter left it out, and it was kept for what it says of processes.
    pub(crate) state_only: bool,
    /// Number of parameters.
    count: usize,
    /// Bytes of a parameter's length.
    width: usize,
    /// Where in the content of its block the lengths begin, and where the event ends.
    body: Range<usize>,
}

/// The type of the event in a block, without a check of the rest.
pub(crate) fn type_of(block: u32, content: &[u8], order: Order) -> Option<Type> {
    order.u16(content, start(block) + 20).map(Type)
}

/// Where in a block's content its event begins: behind the CPU, and the flags where there are some.
fn start(block: u32) -> usize {
    if matches!(block, FLAGS_V1 | FLAGS_V2 | FLAGS_V2_LARGE) { 6 } else { 2 }
}

impl Stored {
    /// Reads the event in the content of a block of this type; else says what is wrong.
    pub(crate) fn read(block: u32, content: &[u8], order: Order) -> Result<Self, String> {
        let short = || "an event that ends within its head".to_owned();
        let start = start(block);
        let cpu = order.u16(content, 0).ok_or_else(short)?;
        let flags = if start == 6 { order.u32(content, 2).ok_or_else(short)? } else { 0 };
        let time_ns = order.u64(content, start).ok_or_else(short)?;
        let tid = order.u64(content, start + 8).ok_or_else(short)? as i64;
        let length = order.u32(content, start + 16).ok_or_else(short)? as usize;
        let kind = Type(order.u16(content, start + 20).ok_or_else(short)?);
        let end = start.checked_add(length).filter(|&end| end <= content.len()).ok_or_else(|| {
            format!(
                "an event of {length} bytes does not fit into its block, which has {} for it",
                content.len() - start
            )
        })?;
        let has_count = !V1.contains(&block) && block != FLAGS_V1;
        let body = start + if has_count { HEAD + 4 } else { HEAD }..end;
        if body.start > body.end {
            return Err(format!("an event of {length} bytes is shorter than its head"));
        }
        let large = matches!(block, V2_LARGE | FLAGS_V2_LARGE);
        let mut event = Self {
            cpu,
            time_ns,
            tid,
            kind,
            state_only: flags & STATE_ONLY != 0,
            count: 0,
            width: if large { 4 } else { 2 },
            body,
        };
        event.count = if has_count {
            order.u32(content, start + HEAD).ok_or_else(short)? as usize
        } else {
            event.guess_count(content, order)
        };
        if has_count && (event.count > MAX_PARAMETERS || event.parameters(content, order) > event.body.len()) {
            return Err(format!("{} parameters are longer than their event of {length} bytes", event.count));
        }
        Ok(event)
    }

    /// Bytes of the parameters and their lengths.
    fn parameters(&self, content: &[u8], order: Order) -> usize {
        let lengths = (0..self.count).map(|at| self.length(content, order, at).unwrap_or(usize::MAX));
        lengths.fold(self.count * self.width, usize::saturating_add)
    }

    /// How many parameters there are where the file does not say: as many as fill the event.
    fn guess_count(&self, content: &[u8], order: Order) -> usize {
        let most = self.kind.max_parameters();
        let fits = |count: &usize| Self { count: *count, ..self.clone() }.parameters(content, order) == self.body.len();
        (0..=most).rev().find(fits).unwrap_or(0)
    }

    fn length(&self, content: &[u8], order: Order, at: usize) -> Option<usize> {
        let place = self.body.start + at * self.width;
        (place + self.width <= self.body.end)
            .then(|| order.number(content, place, self.width))?
            .map(|length| length as usize)
    }

    /// A parameter, from 0.
    pub(crate) fn parameter<'c>(&self, content: &'c [u8], order: Order, at: usize) -> Option<&'c [u8]> {
        if at >= self.count {
            return None;
        }
        let mut start = self.body.start + self.count * self.width;
        for before in 0..at {
            start = start.checked_add(self.length(content, order, before)?)?;
        }
        let end = start.checked_add(self.length(content, order, at)?)?;
        content[..self.body.end].get(start..end)
    }

    /// A parameter as a number, with a sign where it has eight bytes.
    pub(crate) fn number(&self, content: &[u8], order: Order, at: usize) -> Option<i64> {
        let bytes = self.parameter(content, order, at)?;
        order.number(bytes, 0, bytes.len()).map(|number| number as i64)
    }

    /// A parameter as text, up to its end mark.
    pub(crate) fn text<'c>(&self, content: &'c [u8], order: Order, at: usize) -> Option<&'c [u8]> {
        let bytes = self.parameter(content, order, at)?;
        Some(&bytes[..memchr::memchr(0, bytes).unwrap_or(bytes.len())])
    }
}
