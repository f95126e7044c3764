//! Text for people: numbers, times, tables.

mod numbers;
mod table;

pub use numbers::{count, duration, plural, seconds};
pub use table::{Align, Table};
