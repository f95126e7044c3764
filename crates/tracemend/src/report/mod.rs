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
pub(crate) use chart::{Axis, Chart, Line, Point};
#[cfg(feature = "eval")]
pub(crate) use evaluate_page::evaluate_page;
pub(crate) use numbers::{count, duration, plural, seconds};
pub(crate) use repair_page::{RepairReport, repair_page};
pub(crate) use table::{Align, Table};
