//! `tracemend query`: answers questions about what really happened, lost events included.

use super::globals::{Globals, stdout};
use super::repair::load_models;
use crate::exit;
use crate::pipeline::load_within;
use crate::query::{Answer, Measure, Quantity, Query, answer};
use crate::report::{count, duration};
use clap::Args;
use serde::Serialize;
use std::io::Write;
use std::path::PathBuf;
use tracemend_repair::{RepairOptions, repair, unwatched};
use tracemend_trace::sink::JsonLines;

/// Answer questions about a trace with its lost events, with 90 % intervals
///
/// Repairs the trace, and answers from the recorded events and what the gaps hold. A question is `count(NAME)`, `P(NAME)`
/// (the probability that it happened at all) or `latency(NAME, p50|p90|p95|p99)`, then any of `in gap N`, `in FROM..TO`
/// (seconds, or with a unit: `10200ms..10.4s`), `for comm NAME`, `for tid N` and `for cpu N`. Names with spaces or brackets
/// stand between double quotes.
#[derive(Args, Debug)]
#[command(after_long_help = "Examples:\n  \
    tracemend query trace.txt 'count(openat) in gap 12'\n  \
    tracemend query trace.dat 'P(execve) in 10.2s..10.4s' 'count(execve) for cpu 1'\n  \
    tracemend query lttng-session/ 'latency(read, p95) for comm nginx' --json")]
pub(super) struct QueryArgs {
    /// Trace to read, `-` for stdin; may be compressed with zstd or gzip.
    #[arg(value_name = "TRACE")]
    trace: PathBuf,
    /// Questions; the trace is repaired once for all of them.
    #[arg(value_name = "QUERY", required = true)]
    queries: Vec<String>,
    /// Model from `tracemend train`, as in `repair --model`. Repeatable.
    #[arg(short, long, value_name = "FILE")]
    model: Vec<PathBuf>,
    /// Random reconstructions of every gap that questions about a part of a gap are answered from.
    #[arg(long, value_name = "N", default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..))]
    samples: u32,
}

/// An answer as JSON.
#[derive(Serialize)]
struct AnswerRow<'a> {
    query: &'a str,
    #[serde(flatten)]
    answer: Answer,
}

pub(super) fn run(args: &QueryArgs, globals: &Globals) -> anyhow::Result<u8> {
    // What is not understood is said before the work.
    let queries: Vec<Query> = args.queries.iter().map(|query| query.parse()).collect::<Result<_, _>>()?;
    let model = load_models(&args.model)?;
    let mut source = globals.open(&args.trace)?;
    let trace = load_within(source.as_mut(), false, &globals.repair_budget(&args.trace))?.trace;
    globals.reader_warnings(&trace.header);
    let options = RepairOptions { samples: args.samples as usize, ..globals.repair_options()? };
    let repairs = repair(&trace, model.as_ref(), &options, &unwatched);
    let answers = queries.iter().map(|query| answer(query, &trace, &repairs));
    let mut out = stdout();
    if globals.json {
        let mut lines = JsonLines::begin(out, "tracemend.query", 1)?;
        for (query, answer) in args.queries.iter().zip(answers) {
            lines.row("answer", &AnswerRow { query, answer })?;
        }
        lines.flush()?;
    } else {
        for ((text, query), answer) in args.queries.iter().zip(&queries).zip(answers) {
            writeln!(out, "{text}: {}", sentence(&query.measure, &answer))?;
        }
        out.flush()?;
    }
    Ok(exit::DONE)
}

fn sentence(measure: &Measure, answer: &Answer) -> String {
    let (Some(value), Some(low), Some(high)) = (answer.value, answer.low, answer.high) else {
        let Measure::Latency(name, _) = measure else { return "unknown".to_owned() };
        return format!("unknown: no call of {name} was recorded from its entry to its exit there");
    };
    let recorded = count(answer.recorded);
    match answer.quantity {
        Quantity::Events => format!("{value:.1} ({low:.1} to {high:.1}, 90 %), {recorded} of them recorded"),
        Quantity::Probability if answer.recorded > 0 => format!("1, recorded {recorded} times"),
        Quantity::Probability => format!("{value:.3} ({low:.3} to {high:.3}, 90 %), none recorded"),
        Quantity::Ns => {
            let time = |ns: f64| duration(ns as u64);
            format!("{} ({} to {}, 90 %), of {recorded} recorded calls", time(value), time(low), time(high))
        }
    }
}
