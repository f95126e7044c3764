//! The table of `tracemend gaps` for several traces.

use crate::{
    gap_totals::{TraceTotals, sum},
    losses::LossSummary,
    report::{Align, Table, count, plural},
};
use std::io::{self, Write};
use tracemend_trace::{escaped, sink::JsonLines};

/// Writes a line for each trace, and the sum.
pub(super) fn write_table(rows: &[TraceTotals], json: bool, mut out: impl Write) -> io::Result<()> {
    if json {
        let mut lines = JsonLines::begin(out, "tracemend.gaps", 1)?;
        rows.iter().try_for_each(|row| lines.row("trace", row))?;
        lines.row("summary", &sum(rows))?;
        return lines.flush();
    }
    for line in lines(rows) {
        writeln!(out, "{line}")?;
    }
    out.flush()
}

fn lines(rows: &[TraceTotals]) -> Vec<String> {
    let heads = ["trace", "events", "lost", "share", "gaps", "largest gap", "first cause"];
    let align = |head| if matches!(head, "trace" | "first cause") { Align::Left } else { Align::Right };
    let mut table = Table::new(&heads.map(|head| (head, align(head))));
    for row in rows {
        let (numbers, last) = match (&row.totals, &row.error) {
            (Some(totals), _) => (numbers(&totals.summary), totals.first_cause.unwrap_or("").to_owned()),
            (None, error) => ([const { String::new() }; 5], error_cell(&row.path, error.as_deref().unwrap_or("?"))),
        };
        table.row([row.path.clone()].into_iter().chain(numbers).chain([last]).collect());
    }
    let sum = sum(rows);
    let read = rows.iter().filter(|row| row.totals.is_some()).count();
    let of = if read < rows.len() { format!("{} of ", count(read as u64)) } else { String::new() };
    let total = format!("total of {of}{}", plural(rows.len() as u64, "trace"));
    table.row([total].into_iter().chain(numbers(&sum)).collect());
    let advice = sum.advice.iter().map(|advice| format!("to keep them next time: {}", escaped(advice)));
    table.lines().into_iter().chain(advice).collect()
}

/// An error in a line that begins with the path already.
fn error_cell(path: &str, error: &str) -> String {
    let without_path = error.strip_prefix(path).map(|rest| rest.trim_start_matches([':', ',', ' ']));
    format!("error: {}", without_path.unwrap_or(error))
}

/// Events, lost, share, gaps, largest gap.
fn numbers(summary: &LossSummary) -> [String; 5] {
    let [more, unknown] = ["at_least", "unknown"].map(|kind| summary.lost_kind == kind);
    let bound = if more { ">= " } else { "" };
    let lost = if unknown { "?".to_owned() } else { format!("{bound}{}", count(summary.lost_events)) };
    [
        summary.events.map_or_else(|| "?".to_owned(), count),
        lost,
        summary.lost_share().map_or_else(|| "?".to_owned(), |share| format!("{bound}{}", percent(share))),
        count(summary.gaps),
        count(summary.largest_gap),
    ]
}

/// A share in percent. A little is not nothing.
fn percent(share: f64) -> String {
    if share > 0.0 && share < 0.0001 { "< 0.01 %".to_owned() } else { format!("{:.2} %", 100.0 * share) }
}
