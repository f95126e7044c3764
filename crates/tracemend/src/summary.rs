//! A repair in words.

use crate::losses::lost_in_gaps;
use crate::overlay::RepairSummary;
use crate::report::{count, plural};

impl RepairSummary {
    /// What the repair reached and what it left open, one sentence a line; nothing for a trace without gaps.
    pub fn lines(&self) -> Vec<String> {
        if self.gaps == 0 {
            return Vec::new();
        }
        let mut lines = vec![format!(
            "repaired {} of {}: {} lost, {} inferred, {}",
            count(self.filled),
            plural(self.gaps, "gap"),
            lost_in_gaps(self.lost_events),
            count(self.inferred),
            sure(self),
        )];
        if self.withheld > 0 {
            lines.push(format!("left open: {} below the minimum confidence", plural(self.withheld, "event")));
        }
        for (reason, gaps) in &self.left_open {
            lines.push(format!("left open: {}: {reason}", plural(*gaps, "gap")));
        }
        lines
    }
}

/// How many inferred events a user can rely on, and how far.
fn sure(summary: &RepairSummary) -> String {
    let (sure, right) = (summary.inferred_sure, summary.sure_right);
    let right = if right < 99.95 { format!("{right:.1}") } else { count(right.round() as u64) };
    match sure {
        0 => "none of them with confidence >= 0.90".to_owned(),
        _ => format!("{} of them with confidence >= 0.90, of which {right} are expected to be right", count(sure)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_summary_says_how_many_sure_events_are_expected_to_be_right() {
        let summary = RepairSummary { gaps: 1, filled: 1, lost_events: 9, inferred: 8, ..RepairSummary::default() };
        let line = |inferred_sure, sure_right| {
            RepairSummary { inferred_sure, sure_right, ..summary.clone() }.lines().swap_remove(0)
        };
        let head = "repaired 1 of 1 gap: 9 events lost, 8 inferred, ";
        assert_eq!(line(0, 0.0), format!("{head}none of them with confidence >= 0.90"));
        assert_eq!(
            line(5, 4.79),
            format!("{head}5 of them with confidence >= 0.90, of which 4.8 are expected to be right")
        );
        assert!(line(1300, 1234.4).ends_with("of which 1 234 are expected to be right"), "{}", line(1300, 1234.4));
    }
}
