//! Result tables of evaluations, and the figures asked of them.

use crate::report::{Align, Table};
use std::str::FromStr;
use tracemend_eval::differences::{Difference, LESS_IS_BETTER};
use tracemend_eval::score::{Score, methods, metrics};
use tracemend_trace::sink::quoted;

/// Metrics in the order of the table's columns; others follow by name.
pub const COLUMNS: [&str; 15] = [
    "accuracy",
    "perfect_rate",
    "rouge_l",
    "macro_accuracy",
    "within_one",
    "thread_lcs",
    "composition_tv",
    "coverage",
    "ece",
    "precision_at_90",
    "validity",
    "seconds_per_gap",
    "leakage",
    "count_exact",
    "count_error",
];

/// A condition on the scores: `thread_lcs=0.8`, or `lookup:accuracy=0.9` for another method than the engine.
#[derive(Clone, Debug, PartialEq)]
pub struct Bound {
    /// The method it applies to.
    pub method: String,
    /// The metric.
    pub metric: String,
    /// The least value, or the largest one for a metric of which less is better.
    pub limit: f64,
}

impl FromStr for Bound {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (name, limit) = text.split_once('=').ok_or("the form is metric=value or method:metric=value")?;
        let limit: f64 = limit.parse().map_err(|_| format!("`{limit}` is no number"))?;
        if !limit.is_finite() {
            return Err(format!("`{limit}` is no bound that a figure could miss"));
        }
        let (method, metric) = name.split_once(':').unwrap_or(("counts", name));
        if !COLUMNS.contains(&metric) {
            return Err(format!("no metric `{metric}`; known are {}", COLUMNS.join(", ")));
        }
        Ok(Self { method: method.to_owned(), metric: metric.to_owned(), limit })
    }
}

impl Bound {
    /// What of `scores` breaks the bound, in words. A bound that no score answers is broken too: a condition that is
    /// not checked must not pass for one that holds.
    pub fn broken_by(&self, scores: &[Score]) -> Vec<String> {
        let asked: Vec<&Score> =
            scores.iter().filter(|score| score.method == self.method && score.metric == self.metric).collect();
        if asked.is_empty() {
            return vec![format!("no figure for {}:{} was measured", self.method, self.metric)];
        }
        // A bound on a metric of which less is better is an upper one.
        let less = LESS_IS_BETTER.contains(&self.metric.as_str());
        let holds = |value: f64| {
            if less { value <= self.limit } else { value >= self.limit }
        };
        let word = if less { "above" } else { "under" };
        asked
            .iter()
            .filter(|score| !holds(score.value))
            .map(|score| {
                format!(
                    "{} {} k={}: {}:{} is {:.4}, {word} {}",
                    score.protocol, score.data, score.blackout, self.method, self.metric, score.value, self.limit
                )
            })
            .collect()
    }
}

/// The metric that methods are ranked by.
pub fn headline(protocol: &str) -> &'static str {
    if matches!(protocol, "paper" | "cross-run") { "accuracy" } else { "thread_lcs" }
}

/// Which differences in a protocol's first metric are real, in a sentence for each cell: the best method against the others.
pub fn verdicts(differences: &[Difference]) -> Vec<String> {
    let ranked: Vec<&Difference> =
        differences.iter().filter(|found| found.metric == headline(&found.protocol)).collect();
    let cell = |found: &Difference| (found.protocol.clone(), found.data.clone(), found.blackout);
    ranked.chunk_by(|a, b| cell(a) == cell(b)).filter_map(verdict).collect()
}

/// Of all pairs of one cell.
fn verdict(pairs: &[&Difference]) -> Option<String> {
    let best = pairs.iter().map(|pair| &pair.better).find(|method| pairs.iter().all(|pair| pair.worse != **method))?;
    let mut against: Vec<&Difference> = pairs.iter().copied().filter(|pair| pair.better == *best).collect();
    against.sort_by(|a, b| a.by.total_cmp(&b.by));
    let (beaten, equal): (Vec<&Difference>, Vec<&Difference>) = against.into_iter().partition(|pair| pair.real);
    let beaten: Vec<String> = beaten
        .iter()
        .map(|Difference { worse, by, low, high, .. }| format!("{worse} by {by:.3} [{low:.3} {high:.3}]"))
        .collect();
    let equal: Vec<String> = equal.iter().map(|pair| pair.worse.clone()).collect();
    let mut parts = Vec::new();
    if !beaten.is_empty() {
        parts.push(format!("{best} beats {}", listed(&beaten)));
    }
    if !equal.is_empty() {
        parts.push(format!("{best} differs from {} by no more than chance", listed(&equal)));
    }
    let Difference { metric, blackout, .. } = pairs[0];
    let gaps = if *blackout == 0 { "over the real gaps".to_owned() } else { format!("at k={blackout}") };
    Some(format!("{metric} {gaps}: {}", parts.join("; ")))
}

fn listed(words: &[String]) -> String {
    match words {
        [all @ .., last] if !all.is_empty() => format!("{} and {last}", all.join(", ")),
        _ => words.concat(),
    }
}

/// Forms of tables.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TableForm {
    /// Aligned columns.
    #[default]
    Text,
    /// Markdown.
    Markdown,
}

impl TableForm {
    /// A table's lines.
    pub fn lines(self, table: &Table) -> Vec<String> {
        match self {
            Self::Text => table.lines(),
            Self::Markdown => table.markdown(),
        }
    }
}

/// The scores as comma-separated values, one figure a line, in the order of their fields.
pub fn csv(scores: &[Score]) -> Vec<String> {
    let line = |score: &Score| {
        let Score { protocol, data, method, blackout, metric, value, low, high, gaps, .. } = score;
        format!("{protocol},{},{},{blackout},{metric},{value},{low},{high},{gaps}", quoted(data), quoted(method))
    };
    let head = "protocol,data,method,blackout,metric,value,low,high,gaps".to_owned();
    [head].into_iter().chain(scores.iter().map(line)).collect()
}

/// The scores as tables: one for each protocol, data set and blackout, methods as rows, metrics as columns, each
/// figure with its 95 % interval; below each, which of the differences are real.
pub fn tables(scores: &[Score], differences: &[Difference], form: TableForm) -> Vec<String> {
    let mut cells: Vec<(&str, &str, usize)> = Vec::new();
    let (leakage, scores): (Vec<&Score>, Vec<&Score>) = scores.iter().partition(|score| score.metric == "leakage");
    for score in &scores {
        let cell = (score.protocol.as_str(), score.data.as_str(), score.blackout);
        if !cells.contains(&cell) {
            cells.push(cell);
        }
    }
    let mut lines = Vec::new();
    for (protocol, data, blackout) in cells {
        let of_cell: Vec<&Score> = scores
            .iter()
            .filter(|score| {
                (score.protocol.as_str(), score.data.as_str(), score.blackout) == (protocol, data, blackout)
            })
            .copied()
            .collect();
        if !lines.is_empty() {
            lines.push(String::new());
        }
        let gaps = of_cell.iter().map(|score| score.gaps).max().unwrap_or(0);
        lines.push(match blackout {
            0 => format!("{protocol}, {data}: {gaps} real gaps"),
            _ => format!("{protocol}, {data}: gaps of {blackout} events, {gaps} of them"),
        });
        if form == TableForm::Markdown {
            lines.push(String::new());
        }
        lines.extend(form.lines(&table(&of_cell)));
        let own = |found: &&Difference| (&*found.protocol, &*found.data, found.blackout) == (protocol, data, blackout);
        for verdict in verdicts(&differences.iter().filter(own).cloned().collect::<Vec<_>>()) {
            if form == TableForm::Markdown {
                lines.push(String::new());
            }
            lines.push(verdict);
        }
    }
    // A property of the data, not of a method: a high share means that a method may know its answers by heart.
    for score in leakage {
        lines.push(String::new());
        let Score { protocol, data, .. } = score;
        lines.push(format!("{protocol}, {data}: share of the repaired windows met in training {}", figure(score)));
    }
    lines
}

fn table(scores: &[&Score]) -> Table {
    let metrics = metrics(scores, &COLUMNS);
    let heads: Vec<(&str, Align)> =
        [("method", Align::Left)].into_iter().chain(metrics.iter().map(|metric| (*metric, Align::Right))).collect();
    let mut table = Table::new(&heads);
    for method in methods(scores) {
        let cell = |metric: &&str| {
            let score = scores.iter().find(|score| score.method == method && score.metric == **metric);
            score.map_or("-".to_owned(), |score| figure(score))
        };
        table.row([method.to_owned()].into_iter().chain(metrics.iter().map(cell)).collect());
    }
    table
}

fn figure(score: &Score) -> String {
    // Times of microseconds would round to nothing.
    let digits = if score.metric == "seconds_per_gap" { 6 } else { 3 };
    let Score { value, low, high, .. } = score;
    if low == value && high == value {
        format!("{value:.digits$}")
    } else {
        format!("{value:.digits$} [{low:.digits$} {high:.digits$}]")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn score(method: &str, metric: &str, value: f64) -> Score {
        Score {
            protocol: "burst".into(),
            data: "pgbench".into(),
            method: method.into(),
            blackout: 10,
            metric: metric.into(),
            value,
            low: value - 0.01,
            high: value + 0.01,
            gaps: 300,
            ..Score::default()
        }
    }

    #[test]
    fn a_bound_applies_to_the_engine_unless_it_names_another_method() {
        let bound: Bound = "thread_lcs=0.9".parse().expect("a bound");
        assert_eq!(bound.method, "counts");
        let scores = [score("counts", "thread_lcs", 0.95), score("ngram", "thread_lcs", 0.5)];
        assert!(bound.broken_by(&scores).is_empty());
        let bound: Bound = "ngram:thread_lcs=0.9".parse().expect("a bound");
        assert_eq!(bound.broken_by(&scores), ["burst pgbench k=10: ngram:thread_lcs is 0.5000, under 0.9"]);
    }

    #[test]
    fn a_bound_on_an_error_is_broken_from_above() {
        let bound: Bound = "ece=0.05".parse().expect("a bound");
        assert!(bound.broken_by(&[score("counts", "ece", 0.04)]).is_empty());
        assert_eq!(bound.broken_by(&[score("counts", "ece", 0.06)]).len(), 1);
    }

    #[test]
    fn a_bound_on_a_figure_not_measured_or_not_a_number_does_not_hold() {
        let bound: Bound = "accuracy=0.5".parse().expect("a bound");
        assert_eq!(bound.broken_by(&[]).len(), 1);
        assert_eq!(bound.broken_by(&[score("counts", "accuracy", f64::NAN)]).len(), 1);
    }

    #[test]
    fn a_misspelt_metric_is_refused() {
        assert!("acuracy=0.5".parse::<Bound>().is_err());
        assert!("accuracy".parse::<Bound>().is_err());
    }

    #[test]
    fn methods_are_rows_and_metrics_columns() {
        let scores =
            [score("counts", "thread_lcs", 0.95), score("counts", "accuracy", 0.9), score("lookup", "accuracy", 0.8)];
        let lines = tables(&scores, &[], TableForm::Text);
        assert_eq!(lines.len(), 4);
        assert!(lines[1].starts_with("method"), "{lines:?}");
        assert!(lines[1].find("accuracy") < lines[1].find("thread_lcs"), "{lines:?}");
        assert!(lines[3].ends_with('-'), "{lines:?}");
    }

    fn pair(better: &str, worse: &str, by: f64, real: bool) -> Difference {
        let (low, high) = if real { (by - 0.01, by + 0.01) } else { (-0.01, by + 0.02) };
        Difference {
            protocol: "burst".into(),
            data: "pgbench".into(),
            blackout: 10,
            metric: "thread_lcs".into(),
            better: better.into(),
            worse: worse.into(),
            by,
            low,
            high,
            real,
        }
    }

    #[test]
    fn a_sentence_says_whom_the_best_method_beats_and_whom_it_does_not() {
        let pairs = [
            pair("counts", "ngram", 0.031, true),
            pair("net", "counts", 0.002, false),
            pair("net", "ngram", 0.033, true),
            pair("counts", "repeat", 0.5, true),
            pair("net", "repeat", 0.502, true),
            pair("ngram", "repeat", 0.469, true),
        ];
        let expected = "thread_lcs at k=10: net beats ngram by 0.033 [0.023 0.043] and repeat by 0.502 [0.492 0.512]; \
                        net differs from counts by no more than chance";
        assert_eq!(verdicts(&pairs), [expected]);
        assert!(verdicts(&[]).is_empty());
    }

    #[test]
    fn tables_have_a_form_for_each_use() {
        let scores = [score("counts", "thread_lcs", 0.95), score("a,b", "thread_lcs", 0.5)];
        let differences = [pair("counts", "a,b", 0.45, true)];
        let text = tables(&scores, &differences, TableForm::Text);
        assert_eq!(text[2], "counts  0.950 [0.940 0.960]");
        assert!(text[4].starts_with("thread_lcs at k=10: counts beats a,b by 0.450"), "{text:?}");
        let markdown = tables(&scores, &differences, TableForm::Markdown);
        assert_eq!(markdown[2..5], ["| method | thread_lcs |", "| --- | ---: |", "| counts | 0.950 [0.940 0.960] |"]);
        let expected = "burst,pgbench,\"a,b\",10,thread_lcs,0.5,0.49,0.51,300";
        assert_eq!(csv(&scores)[2], expected);
    }
}
