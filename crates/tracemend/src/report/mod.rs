//! Text and pages for people: numbers, times, tables, reports.

#[cfg(feature = "eval")]
mod chart;
#[cfg(feature = "eval")]
mod evaluate_page;
mod numbers;
mod page;
mod repair_page;
mod table;

#[cfg(feature = "eval")]
pub use chart::{Axis, Chart, Line, Point};
#[cfg(feature = "eval")]
pub use evaluate_page::evaluate_page;
pub use numbers::{count, duration, plural, seconds};
pub use repair_page::{RepairReport, repair_page};
pub use table::{Align, Table};
