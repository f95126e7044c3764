//! Text and pages for people: numbers, times, tables, reports.

mod chart;
mod evaluate_page;
mod numbers;
mod page;
mod repair_page;
mod table;

pub use chart::{Axis, Chart, Line, Point};
pub use evaluate_page::evaluate_page;
pub use numbers::{count, duration, plural, seconds};
pub use repair_page::{RepairReport, repair_page};
pub use table::{Align, Table};
