//! `--max-loss`: the share of its events that a trace may have lost.

use crate::gap_totals::GapTotals;
use crate::losses::share_lost;

/// Reads a share: `1%` or `0.01`.
pub(super) fn share(text: &str) -> Result<f64, String> {
    let number = |text: &str| text.trim().parse::<f64>().ok().filter(|share| *share >= 0.0);
    let share = match text.trim().strip_suffix('%') {
        Some(percent) => number(percent).map(|percent| percent / 100.0).filter(|share| *share <= 1.0),
        // A whole number without a sign can be meant either way.
        None => number(text).filter(|share| *share < 1.0),
    };
    share.ok_or_else(|| "write a share of all events, such as 1% or 0.01".to_owned())
}

/// Says by how much a trace lost more than the share `max`, or that nobody counted what it lost, if `uncounted_counts`; `None` where
/// it keeps within. A gap that is doubtful does not count.
pub(super) fn excess(totals: &GapTotals, max: f64, uncounted_counts: bool) -> Option<String> {
    let share = share_lost(totals.summary.events.unwrap_or(0), totals.certain_lost);
    // `0.3%` is divided by 100, and is not a bit less than 3 of 1000.
    if share > max + f64::EPSILON {
        let (share, over, max) = (percent(share), percent(share - max), percent(max));
        let bound = if totals.certain_inexact { "at least " } else { "" };
        return Some(format!(
            "{bound}{share} % of its events were lost, {over} percentage points more than --max-loss allows ({max} %)"
        ));
    }
    (uncounted_counts && totals.certain_inexact).then(|| {
        "how many events were lost is not known, which --max-loss with --fail-on-loss does not allow".to_owned()
    })
}

/// A share in percent with the digits that it needs, up to four.
fn percent(share: f64) -> String {
    let text = format!("{:.4}", 100.0 * share);
    let short = text.trim_end_matches('0').trim_end_matches('.');
    if short == "0" && share > 0.0 { "less than 0.0001".to_owned() } else { short.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_read_with_and_without_a_percent_sign() {
        assert_eq!(
            [share("1%"), share("0.01"), share("2.5 %"), share("100%")].map(Result::unwrap),
            [0.01, 0.01, 0.025, 1.0]
        );
        for text in ["1", "5", "101%", "-1%", "nan", "inf%", "%", "one"] {
            assert!(share(text).is_err(), "{text}");
        }
    }

    #[test]
    fn percentages_have_the_digits_they_need() {
        assert_eq!(
            [percent(0.05), percent(0.012345), percent(1e-9), percent(0.0)],
            ["5", "1.2345", "less than 0.0001", "0"]
        );
    }
}
