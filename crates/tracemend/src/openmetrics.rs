//! What traces lost as text of OpenMetrics, which Prometheus and its node exporter read too.

use crate::gap_totals::TraceTotals;
use std::{
    collections::BTreeMap,
    io::{self, Write},
};
use tracemend_trace::escaped;

/// A metric: its name, what it says, and its values by their labels.
struct Family {
    name: &'static str,
    help: &'static str,
    /// No two have the same labels, also where names of different bytes are shown alike.
    values: BTreeMap<Vec<(&'static str, String)>, u64>,
}

impl Family {
    fn new(name: &'static str, help: &'static str) -> Self {
        Self { name, help, values: BTreeMap::new() }
    }

    fn add(&mut self, labels: &[(&'static str, &str)], value: u64) {
        let labels = labels.iter().map(|(label, value)| (*label, (*value).to_owned())).collect();
        let sum = self.values.entry(labels).or_insert(0);
        *sum = sum.saturating_add(value);
    }
}

/// Writes the metrics of all traces.
pub(crate) fn write(rows: &[TraceTotals], mut out: impl Write) -> io::Result<()> {
    let mut readable = Family::new("tracemend_trace_readable", "Whether the trace can be read, 1 or 0.");
    let mut recorded = Family::new("tracemend_events_recorded", "Events in the trace.");
    let mut lost = Family::new("tracemend_events_lost", "Events that the trace lost, as far as they were counted.");
    let mut gaps = Family::new("tracemend_gaps", "Places where the trace lost events.");
    let mut uncounted = Family::new("tracemend_gaps_uncounted", "Places where nobody counted the lost events.");
    for row in rows {
        let trace = [("trace", row.path.as_str())];
        readable.add(&trace, u64::from(row.totals.is_some()));
        let Some(totals) = &row.totals else { continue };
        recorded.add(&trace, totals.summary.events.unwrap_or(0));
        gaps.add(&trace, totals.summary.gaps);
        uncounted.add(&trace, totals.summary.uncounted_gaps);
        for ((stream, cause), events) in &totals.lost_by_stream {
            lost.add(&[trace[0], ("stream", stream), ("cause", cause)], *events);
        }
    }
    for family in [readable, recorded, lost, gaps, uncounted] {
        writeln!(out, "# TYPE {} gauge\n# HELP {} {}", family.name, family.name, family.help)?;
        for (labels, value) in &family.values {
            let labels: Vec<String> =
                labels.iter().map(|(label, value)| format!("{label}=\"{}\"", label_value(value))).collect();
            writeln!(out, "{}{{{}}} {value}", family.name, labels.join(","))?;
        }
    }
    writeln!(out, "# EOF")?;
    out.flush()
}

/// The value of a label as the standard escapes it. It leaves other control characters alone; they are shown as everywhere
/// else, because the output can go to a terminal.
fn label_value(value: &str) -> String {
    let mut text = String::with_capacity(value.len());
    for line in value.split_inclusive('\n') {
        let (line, end) = line.strip_suffix('\n').map_or((line, ""), |line| (line, "\\n"));
        // A backslash that the name had and one that shows a control character are both characters of the value.
        text.push_str(&escaped(line).replace('\\', "\\\\").replace('"', "\\\""));
        text.push_str(end);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_are_escaped_by_the_standard_and_show_control_characters() {
        assert_eq!(label_value("a\"b\\c\nd\n"), r#"a\"b\\c\nd\n"#);
        assert_eq!(label_value("\u{1b}[2J"), r"\\u{1b}[2J");
    }
}
