//! Questions about a repaired trace, answered with intervals.
//!
//! ```text
//! query    = measure { "in" place | "for" whom }
//! measure  = "count(" name ")" | "P(" name ")" | "latency(" name "," quantile ")"
//! quantile = "p50" | "p90" | "p95" | "p99" | "median"
//! place    = "gap" number | time ".." time
//! time     = number [ "s" | "ms" | "us" | "ns" ]        seconds without a unit; as the trace shows its times
//! whom     = "comm" name | "tid" number | "cpu" number
//! ```
//!
//! A name is a word, or any text between double quotes.
//!
//! - `count`: how many events of that name happened, recorded and lost. A call recorded as entry and exit counts once.
//! - `P`: the probability that at least one happened. What was recorded is certain.
//! - `latency`: a quantile of the latencies of recorded calls, without the pairs that lost events part. Inferred calls have none.

mod answer;
mod grammar;

pub use answer::{Answer, Quantity, answer};
pub use grammar::{Measure, Query, QueryError, Scope};
