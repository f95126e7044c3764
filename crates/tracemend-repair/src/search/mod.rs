//! Joint search over which thread ran and which event it made.

pub mod caches;
pub mod lookahead;
pub mod resample;
mod search;

pub use caches::Caches;
pub use search::{Filling, Found, Length, Placed, SearchOptions, search};
