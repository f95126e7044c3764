//! Common Trace Format, 1.8 and 2.
//!
//! `metadata` describes what the streams beside it hold; it is read into a [`schema`], and that is made into a [`plan`].
//! Each stream file is a row of packets, read one after another through a bounded [`window`]. Of every event only what
//! the trace model wants is decoded; [`Source::record`](crate::source::Source::record) decodes the rest when asked for.

mod audit;
mod bits;
mod check;
mod clock;
mod event_header;
mod events;
mod facts;
mod fault;
mod folder;
mod json;
mod loss;
mod metadata;
mod ops;
#[cfg(test)]
mod outline;
mod packet;
mod plan;
mod reader;
mod recovery;
mod render;
mod schema;
mod shared;
mod stream;
mod tsdl;
mod wakeup;
mod walk;
mod window;

pub(crate) use check::check_streams;
pub(crate) use metadata::check as check_metadata;
pub(crate) use reader::open;
