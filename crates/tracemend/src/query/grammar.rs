//! Reads questions.

use std::str::FromStr;
use thiserror::Error;

/// A question about a repaired trace. [`crate::query`] has the grammar.
#[derive(Clone, Debug, PartialEq)]
pub struct Query {
    /// What is asked.
    pub measure: Measure,
    /// Which events it is asked of.
    pub scope: Scope,
}

/// What is asked.
#[derive(Clone, Debug, PartialEq)]
pub enum Measure {
    /// How many events of this name.
    Count(String),
    /// How likely at least one event of this name.
    Probability(String),
    /// The latency that this share of the calls of this name does not exceed.
    Latency(String, f64),
}

/// Which events a question is asked of. What is not given is not restricted.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Scope {
    /// Number of a gap.
    pub gap: Option<u32>,
    /// First and last time in nanoseconds.
    pub between_ns: Option<(i64, i64)>,
    /// Process name.
    pub comm: Option<String>,
    /// Thread.
    pub tid: Option<i32>,
    /// CPU.
    pub cpu: Option<u32>,
}

/// What is wrong with a question.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[error("the query `{query}` is not understood at column {column}: expected {expected}")]
pub struct QueryError {
    query: String,
    /// Place of the first character that does not fit, from 1.
    pub column: usize,
    expected: String,
}

impl FromStr for Query {
    type Err = QueryError;

    /// ```
    /// use tracemend::query::{Measure, Query};
    ///
    /// let query: Query = "latency(read, p95) for comm nginx".parse()?;
    /// assert_eq!(query.measure, Measure::Latency("read".to_owned(), 0.95));
    /// assert_eq!(query.scope.comm.as_deref(), Some("nginx"));
    /// let error = "count(read) of gap 3".parse::<Query>().expect_err("`of` is no word of it");
    /// assert_eq!(error.column, 13);
    /// # Ok::<(), tracemend::query::QueryError>(())
    /// ```
    fn from_str(text: &str) -> Result<Self, QueryError> {
        let mut reader = Reader { text, at: 0 };
        let measure = reader.measure()?;
        let mut scope = Scope::default();
        while !reader.rest().is_empty() {
            reader.part_of_scope(&mut scope)?;
        }
        Ok(Self { measure, scope })
    }
}

struct Reader<'t> {
    text: &'t str,
    /// Byte offset of what is not read yet.
    at: usize,
}

impl<'t> Reader<'t> {
    fn error(&self, expected: &str) -> QueryError {
        self.error_at(self.at, expected)
    }

    fn error_at(&self, at: usize, expected: &str) -> QueryError {
        let column = self.text[..at].chars().count() + 1;
        QueryError { query: self.text.to_owned(), column, expected: expected.to_owned() }
    }

    /// What is not read yet, without the spaces before it.
    fn rest(&mut self) -> &'t str {
        let rest = &self.text[self.at..];
        self.at += rest.len() - rest.trim_start().len();
        &self.text[self.at..]
    }

    /// Where the next word begins.
    fn begin(&mut self) -> usize {
        self.rest();
        self.at
    }

    fn take(&mut self, sign: &str) -> bool {
        let found = self.rest().starts_with(sign);
        self.at += if found { sign.len() } else { 0 };
        found
    }

    fn expect(&mut self, sign: &str) -> Result<(), QueryError> {
        if self.take(sign) { Ok(()) } else { Err(self.error(&format!("`{sign}`"))) }
    }

    /// The longest run of characters that belong together.
    fn run(&mut self, belongs: impl Fn(char) -> bool) -> &'t str {
        let rest = self.rest();
        let run = &rest[..rest.find(|sign| !belongs(sign)).unwrap_or(rest.len())];
        self.at += run.len();
        run
    }

    /// One of these words.
    fn word<T: Copy>(&mut self, words: &[(&str, T)], expected: &str) -> Result<T, QueryError> {
        let begin = self.begin();
        let found = self.run(|sign| sign.is_ascii_alphanumeric());
        let known = words.iter().find(|(word, _)| *word == found);
        known.map(|&(_, meaning)| meaning).ok_or_else(|| self.error_at(begin, expected))
    }

    fn name(&mut self, what: &str) -> Result<String, QueryError> {
        if self.take("\"") {
            let rest = &self.text[self.at..];
            let end = rest.find('"').ok_or_else(|| self.error("a closing `\"`"))?;
            self.at += end + 1;
            return Ok(rest[..end].to_owned());
        }
        let name = self.run(|sign| !sign.is_whitespace() && !"(),\"".contains(sign));
        if name.is_empty() { Err(self.error(what)) } else { Ok(name.to_owned()) }
    }

    fn number<T: FromStr>(&mut self, what: &str) -> Result<T, QueryError> {
        let begin = self.begin();
        let digits = self.run(|sign| sign.is_ascii_digit());
        digits.parse().map_err(|_| self.error_at(begin, what))
    }

    fn measure(&mut self) -> Result<Measure, QueryError> {
        #[derive(Clone, Copy)]
        enum Kind {
            Count,
            Probability,
            Latency,
        }
        let kinds = [("count", Kind::Count), ("P", Kind::Probability), ("latency", Kind::Latency)];
        let kind = self.word(&kinds, "`count`, `P` or `latency`")?;
        self.expect("(")?;
        let name = self.name("the name of an event")?;
        let measure = match kind {
            Kind::Count => Measure::Count(name),
            Kind::Probability => Measure::Probability(name),
            Kind::Latency => {
                self.expect(",")?;
                let quantiles = [("p50", 0.5), ("median", 0.5), ("p90", 0.9), ("p95", 0.95), ("p99", 0.99)];
                Measure::Latency(name, self.word(&quantiles, "`p50`, `p90`, `p95`, `p99` or `median`")?)
            }
        };
        self.expect(")")?;
        Ok(measure)
    }

    fn part_of_scope(&mut self, scope: &mut Scope) -> Result<(), QueryError> {
        if self.word(&[("in", true), ("for", false)], "`in` or `for`")? {
            if self.rest().starts_with("gap") {
                self.at += "gap".len();
                scope.gap = Some(self.number("the number of a gap")?);
            } else {
                let from = self.time()?;
                self.expect("..")?;
                let begin = self.begin();
                let to = self.time()?;
                if to < from {
                    return Err(self.error_at(begin, "a time that is not before the first"));
                }
                scope.between_ns = Some((from, to));
            }
            return Ok(());
        }
        match self.word(&[("comm", 0), ("tid", 1), ("cpu", 2)], "`comm`, `tid` or `cpu`")? {
            0 => scope.comm = Some(self.name("the name of a process")?),
            1 => scope.tid = Some(self.number("the number of a thread")?),
            _ => scope.cpu = Some(self.number("the number of a CPU")?),
        }
        Ok(())
    }

    /// A time in nanoseconds.
    fn time(&mut self) -> Result<i64, QueryError> {
        let expected = "`gap` or a time such as `10.2s`";
        let begin = self.begin();
        let whole = self.run(|sign| sign.is_ascii_digit());
        // Two points are the sign between two times.
        let fraction = match &self.text[self.at..] {
            rest if rest.starts_with('.') && !rest.starts_with("..") => {
                self.at += 1;
                self.run(|sign| sign.is_ascii_digit())
            }
            _ => "",
        };
        let units = [("ns", 1i64), ("us", 1000), ("ms", 1_000_000), ("s", 1_000_000_000)];
        let unit = units.into_iter().find(|(unit, _)| self.text[self.at..].starts_with(unit));
        self.at += unit.map_or(0, |(unit, _)| unit.len());
        let unit = unit.map_or(1_000_000_000, |(_, unit)| unit);
        // In whole numbers: a time since 1970 in nanoseconds has more digits than a float.
        let whole: i64 = whole.parse().map_err(|_| self.error_at(begin, expected))?;
        let fraction: String = fraction.chars().take(9).collect();
        let part: i64 =
            if fraction.is_empty() { 0 } else { fraction.parse().map_err(|_| self.error_at(begin, expected))? };
        let part = i128::from(part) * i128::from(unit) / 10i128.pow(fraction.len() as u32);
        let time = i128::from(whole) * i128::from(unit) + part;
        i64::try_from(time).map_err(|_| self.error_at(begin, expected))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn column(query: &str) -> usize {
        query.parse::<Query>().expect_err("no query").column
    }

    #[test]
    fn every_part_of_the_grammar_is_understood() {
        let query: Query = "count(openat) in gap 12".parse().expect("a query");
        assert_eq!(query.measure, Measure::Count("openat".to_owned()));
        assert_eq!(query.scope, Scope { gap: Some(12), ..Scope::default() });
        let query: Query = "P( execve ) in 10.2s..10400ms for cpu 3 for tid 7".parse().expect("a query");
        assert_eq!(query.measure, Measure::Probability("execve".to_owned()));
        let between_ns = Some((10_200_000_000, 10_400_000_000));
        assert_eq!(query.scope, Scope { between_ns, cpu: Some(3), tid: Some(7), ..Scope::default() });
        let query: Query = "latency(\"my (odd) name\", median) for comm \"a b\"".parse().expect("a query");
        assert_eq!(query.measure, Measure::Latency("my (odd) name".to_owned(), 0.5));
        assert_eq!(query.scope.comm.as_deref(), Some("a b"));
        let query: Query = "count(read) in 1760000000.123456789..1760000001".parse().expect("a query");
        assert_eq!(query.scope.between_ns, Some((1_760_000_000_123_456_789, 1_760_000_001_000_000_000)));
    }

    #[test]
    fn an_error_names_the_place() {
        assert_eq!(column("sum(read)"), 1);
        assert_eq!(column("count read"), 7);
        assert_eq!(column("count()"), 7);
        assert_eq!(column("latency(read, p42)"), 15);
        assert_eq!(column("count(read) in gap x"), 20);
        assert_eq!(column("count(read) in 5..4"), 19);
        assert_eq!(column("count(read) for pid 3"), 17);
        assert_eq!(column("count(\"é"), 8);
    }

    proptest! {
        #[test]
        fn no_text_is_too_much_for_it(text in "(count|P|latency|in|for|gap|[ -~é]){0,12}") {
            let _ = text.parse::<Query>();
        }
    }
}
