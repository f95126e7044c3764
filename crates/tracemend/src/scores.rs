//! Result tables of evaluations, and the figures asked of them.

use crate::report::{Align, Table};
use std::fmt;
use std::str::FromStr;
use tracemend_eval::Metric;
use tracemend_eval::differences::Difference;
use tracemend_eval::measurement::Interval;
use tracemend_eval::methods::{ENGINE, PPM};
use tracemend_eval::score::{Score, methods, metrics};
use tracemend_trace::sink::quoted;

/// A condition on the scores: `thread_lcs=0.8`, or `lookup:accuracy=0.9` for another method than the measured one.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Bound {
    /// The method it applies to; `None`: the engine in traces, PPM in windows.
    pub method: Option<String>,
    /// The metric.
    pub metric: Metric,
    /// The smallest value allowed, or the largest one for a metric where less is better.
    pub limit: f64,
}

impl FromStr for Bound {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (name, limit) = text.split_once('=').ok_or("the form is metric=value or method:metric=value")?;
        let limit: f64 = limit.parse().map_err(|_| format!("`{limit}` is not a number"))?;
        if !limit.is_finite() {
            return Err(format!("`{limit}` is not a bound that a figure could miss"));
        }
        let (method, metric) = match name.split_once(':') {
            Some((method, metric)) => (Some(method.to_owned()), metric),
            None => (None, name),
        };
        let metric: Metric = metric.parse().map_err(|error| format!("{error}"))?;
        Ok(Self { method, metric, limit })
    }
}

/// The method that a protocol measures; the others are there for comparison.
pub(crate) fn measured_method(protocol: &str) -> &'static str {
    if is_flat(protocol) { PPM } else { ENGINE }
}

fn is_flat(protocol: &str) -> bool {
    matches!(protocol, "paper" | "cross-run")
}

impl Bound {
    /// Says which scores break the bound. A bound without a score is broken too: a condition that was not checked must not
    /// pass for one that holds.
    pub(crate) fn broken_by(&self, scores: &[Score]) -> Vec<String> {
        // Rows about the data have a method of their own, so there the metric alone decides.
        let applies = |score: &&Score| match &self.method {
            Some(method) => score.method == *method,
            None => self.metric.describes_data() || score.method == measured_method(&score.protocol),
        };
        let asked: Vec<&Score> = scores.iter().filter(|score| score.metric == self.metric).filter(applies).collect();
        if asked.is_empty() {
            let method = self.method.as_ref().map_or(String::new(), |method| format!("{method}:"));
            return vec![format!("no figure for {method}{} was measured", self.metric)];
        }
        let less = self.metric.less_is_better();
        let holds = |value: f64| {
            if less { value <= self.limit } else { value >= self.limit }
        };
        let word = if less { "above" } else { "under" };
        let broken = asked.into_iter().filter(|score| !holds(score.interval.value));
        broken
            .map(|Score { protocol, data, method, blackout, metric, interval, .. }| {
                let limit = self.limit;
                format!("{protocol} {data} k={blackout}: {method}:{metric} is {:.4}, {word} {limit}", interval.value)
            })
            .collect()
    }
}

/// What gaps of any length are called.
pub(crate) fn kind_of_gaps(protocol: &str) -> &'static str {
    if protocol == "ring" { "gaps of the ring" } else { "real gaps" }
}

/// The metric that methods are ranked by.
pub(crate) fn headline(protocol: &str) -> Metric {
    if is_flat(protocol) { Metric::Accuracy } else { Metric::ThreadLcs }
}

/// Compares the best method with the others by the protocol's headline metric: a sentence for each data set and gap length.
pub(crate) fn verdicts(differences: &[Difference]) -> Vec<String> {
    let ranked: Vec<&Difference> =
        differences.iter().filter(|found| found.metric == headline(&found.protocol)).collect();
    let table = |found: &Difference| (found.protocol.clone(), found.data.clone(), found.blackout);
    ranked.chunk_by(|a, b| table(a) == table(b)).filter_map(verdict).collect()
}

/// The sentence for all pairs of one table.
fn verdict(pairs: &[&Difference]) -> Option<String> {
    let best = pairs.iter().map(|pair| &pair.better).find(|method| pairs.iter().all(|pair| pair.worse != **method))?;
    let mut against: Vec<&Difference> = pairs.iter().copied().filter(|pair| pair.better == *best).collect();
    against.sort_by(|a, b| a.by.value.total_cmp(&b.by.value));
    let (beaten, equal): (Vec<&Difference>, Vec<&Difference>) = against.into_iter().partition(|pair| pair.real);
    let beaten: Vec<String> = beaten
        .iter()
        .map(|Difference { worse, by, .. }| format!("{worse} by {:.3} [{:.3} {:.3}]", by.value, by.low, by.high))
        .collect();
    let equal: Vec<String> = equal.iter().map(|pair| pair.worse.clone()).collect();
    let mut parts = Vec::new();
    if !beaten.is_empty() {
        parts.push(format!("{best} beats {}", listed(&beaten)));
    }
    if !equal.is_empty() {
        parts.push(format!("{best} differs from {} by no more than chance", listed(&equal)));
    }
    let Difference { protocol, metric, blackout, .. } = pairs[0];
    let gaps = if *blackout == 0 { format!("over the {}", kind_of_gaps(protocol)) } else { format!("at k={blackout}") };
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
pub(crate) enum TableForm {
    /// Aligned columns, for people.
    #[default]
    Text,
    /// Markdown.
    Markdown,
    /// One figure a line, comma-separated.
    Csv,
}

impl fmt::Display for TableForm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Text => "text",
            Self::Markdown => "markdown",
            Self::Csv => "csv",
        })
    }
}

impl FromStr for TableForm {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let unknown = || format!("unknown form `{text}`; choose text, markdown or csv");
        Self::ALL.into_iter().find(|form| form.to_string() == text).ok_or_else(unknown)
    }
}

impl TableForm {
    /// All forms.
    pub(crate) const ALL: [Self; 3] = [Self::Text, Self::Markdown, Self::Csv];

    /// A table's lines.
    pub(crate) fn lines(self, table: &Table) -> Vec<String> {
        match self {
            Self::Text | Self::Csv => table.lines(),
            Self::Markdown => table.markdown(),
        }
    }
}

/// The scores as comma-separated values, one figure a line, in the order of their fields.
pub(crate) fn csv(scores: &[Score]) -> Vec<String> {
    let line = |score: &Score| {
        let Score { protocol, data, method, blackout, metric, interval, gaps, .. } = score;
        let Interval { value, low, high } = interval;
        format!("{protocol},{},{},{blackout},{metric},{value},{low},{high},{gaps}", quoted(data), quoted(method))
    };
    let head = "protocol,data,method,blackout,metric,value,low,high,gaps".to_owned();
    [head].into_iter().chain(scores.iter().map(line)).collect()
}

/// The scores as lines of tables: one table for each protocol, data set and gap length, with methods as rows and metrics
/// as columns. Each figure stands with its 95 % interval. The lines below a table say which differences are real.
pub(crate) fn tables(scores: &[Score], differences: &[Difference], form: TableForm) -> Vec<String> {
    if form == TableForm::Csv {
        return csv(scores);
    }
    let mut keys: Vec<(&str, &str, usize)> = Vec::new();
    let (leakage, scores): (Vec<&Score>, Vec<&Score>) =
        scores.iter().partition(|score| score.metric == Metric::Leakage);
    for score in &scores {
        let key = (score.protocol.as_str(), score.data.as_str(), score.blackout);
        if !keys.contains(&key) {
            keys.push(key);
        }
    }
    let mut lines = Vec::new();
    for (protocol, data, blackout) in keys {
        let own_scores: Vec<&Score> = scores
            .iter()
            .filter(|score| {
                (score.protocol.as_str(), score.data.as_str(), score.blackout) == (protocol, data, blackout)
            })
            .copied()
            .collect();
        if !lines.is_empty() {
            lines.push(String::new());
        }
        let gaps = own_scores.iter().map(|score| score.gaps).max().unwrap_or(0);
        lines.push(match blackout {
            0 => format!("{protocol}, {data}: {gaps} {}", kind_of_gaps(protocol)),
            _ => format!("{protocol}, {data}: gaps of {blackout} events, {gaps} of them"),
        });
        if form == TableForm::Markdown {
            lines.push(String::new());
        }
        lines.extend(form.lines(&table(&own_scores)));
        let own = |found: &&Difference| (&*found.protocol, &*found.data, found.blackout) == (protocol, data, blackout);
        for verdict in verdicts(&differences.iter().filter(own).cloned().collect::<Vec<_>>()) {
            if form == TableForm::Markdown {
                lines.push(String::new());
            }
            lines.push(verdict);
        }
    }
    // A property of the data, not of a method, so it stands below the tables.
    for score in leakage {
        lines.push(String::new());
        let Score { protocol, data, .. } = score;
        lines.push(format!("{protocol}, {data}: share of the repaired windows met in training {}", figure(score)));
    }
    lines
}

fn table(scores: &[&Score]) -> Table {
    let metrics = metrics(scores);
    let heads: Vec<(&str, Align)> = [("method", Align::Left)]
        .into_iter()
        .chain(metrics.iter().map(|metric| (metric.name(), Align::Right)))
        .collect();
    let mut table = Table::new(&heads);
    for method in methods(scores) {
        let cell = |metric: &Metric| {
            let score = scores.iter().find(|score| score.method == method && score.metric == *metric);
            score.map_or("-".to_owned(), |score| figure(score))
        };
        table.row([method.to_owned()].into_iter().chain(metrics.iter().map(cell)).collect());
    }
    table
}

fn figure(score: &Score) -> String {
    let digits = score.metric.decimals();
    let Interval { value, low, high } = score.interval;
    if low == value && high == value {
        format!("{value:.digits$}")
    } else {
        format!("{value:.digits$} [{low:.digits$} {high:.digits$}]")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn score(method: &str, metric: Metric, value: f64) -> Score {
        Score {
            protocol: "burst".into(),
            data: "pgbench".into(),
            method: method.into(),
            blackout: 10,
            metric,
            interval: Interval { value, low: value - 0.01, high: value + 0.01 },
            gaps: 300,
            resamples: None,
            bins: Vec::new(),
        }
    }

    #[test]
    fn a_bound_applies_to_the_engine_unless_it_names_another_method() {
        let bound: Bound = "thread_lcs=0.9".parse().expect("a bound");
        assert_eq!(bound.method, None);
        let scores = [score("engine", Metric::ThreadLcs, 0.95), score("ngram", Metric::ThreadLcs, 0.5)];
        assert!(bound.broken_by(&scores).is_empty());
        let bound: Bound = "ngram:thread_lcs=0.9".parse().expect("a bound");
        assert_eq!(bound.broken_by(&scores), ["burst pgbench k=10: ngram:thread_lcs is 0.5000, under 0.9"]);
    }

    #[test]
    fn a_bound_on_an_error_is_broken_from_above() {
        let bound: Bound = "ece=0.05".parse().expect("a bound");
        assert!(bound.broken_by(&[score("engine", Metric::Ece, 0.04)]).is_empty());
        assert_eq!(bound.broken_by(&[score("engine", Metric::Ece, 0.06)]).len(), 1);
    }

    #[test]
    fn a_bound_on_a_figure_not_measured_or_not_a_number_does_not_hold() {
        let bound: Bound = "accuracy=0.5".parse().expect("a bound");
        assert_eq!(bound.broken_by(&[]).len(), 1);
        assert_eq!(bound.broken_by(&[score("engine", Metric::Accuracy, f64::NAN)]).len(), 1);
    }

    #[test]
    fn a_bound_without_a_method_finds_the_method_that_the_protocol_is_about() {
        let bound: Bound = "accuracy=0.9".parse().expect("a bound");
        let mut flat = score("ppm", Metric::Accuracy, 0.8);
        flat.protocol = "paper".into();
        assert_eq!(bound.broken_by(&[flat]), ["paper pgbench k=10: ppm:accuracy is 0.8000, under 0.9"]);
        let bound: Bound = "leakage=0.5".parse().expect("a bound");
        assert_eq!(bound.broken_by(&[score("-", Metric::Leakage, 0.8)]).len(), 1);
    }

    #[test]
    fn a_misspelt_metric_is_refused() {
        assert!("acuracy=0.5".parse::<Bound>().is_err());
        assert!("accuracy".parse::<Bound>().is_err());
    }

    #[test]
    fn methods_are_rows_and_metrics_columns() {
        let scores = [
            score("engine", Metric::ThreadLcs, 0.95),
            score("engine", Metric::Accuracy, 0.9),
            score("lookup", Metric::Accuracy, 0.8),
        ];
        let lines = tables(&scores, &[], TableForm::Text);
        assert_eq!(lines.len(), 4);
        assert!(lines[1].starts_with("method"), "{lines:?}");
        assert!(lines[1].find("accuracy") < lines[1].find("thread_lcs"), "{lines:?}");
        assert!(lines[3].ends_with('-'), "{lines:?}");
    }

    fn pair(better: &str, worse: &str, by: f64, real: bool) -> Difference {
        let (low, high) = if real { (by - 0.01, by + 0.01) } else { (-0.01, by + 0.02) };
        let by = Interval { value: by, low, high };
        Difference {
            protocol: "burst".into(),
            data: "pgbench".into(),
            blackout: 10,
            metric: Metric::ThreadLcs,
            better: better.into(),
            worse: worse.into(),
            by,
            real,
        }
    }

    #[test]
    fn a_sentence_says_whom_the_best_method_beats_and_whom_it_does_not() {
        let pairs = [
            pair("engine", "ngram", 0.031, true),
            pair("net", "engine", 0.002, false),
            pair("net", "ngram", 0.033, true),
            pair("engine", "repeat", 0.5, true),
            pair("net", "repeat", 0.502, true),
            pair("ngram", "repeat", 0.469, true),
        ];
        let expected = "thread_lcs at k=10: net beats ngram by 0.033 [0.023 0.043] and repeat by 0.502 [0.492 0.512]; \
                        net differs from engine by no more than chance";
        assert_eq!(verdicts(&pairs), [expected]);
        assert!(verdicts(&[]).is_empty());
    }

    #[test]
    fn tables_have_a_form_for_each_use() {
        let scores = [score("engine", Metric::ThreadLcs, 0.95), score("a,b", Metric::ThreadLcs, 0.5)];
        let differences = [pair("engine", "a,b", 0.45, true)];
        let text = tables(&scores, &differences, TableForm::Text);
        assert_eq!(text[2], "engine  0.950 [0.940 0.960]");
        assert!(text[4].starts_with("thread_lcs at k=10: engine beats a,b by 0.450"), "{text:?}");
        let markdown = tables(&scores, &differences, TableForm::Markdown);
        assert_eq!(markdown[2..5], ["| method | thread_lcs |", "| --- | ---: |", "| engine | 0.950 [0.940 0.960] |"]);
        let expected = "burst,pgbench,\"a,b\",10,thread_lcs,0.5,0.49,0.51,300";
        assert_eq!(csv(&scores)[2], expected);
    }
}
