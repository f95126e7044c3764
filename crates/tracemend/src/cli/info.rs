//! `tracemend info`: describes a trace.

use super::globals::{Globals, stdout};
use crate::{
    exit,
    losses::lost_words,
    report::{Align, Table, count, duration, plural, seconds},
    survey::{Survey, survey},
};
use clap::Args;
use std::{io::Write, path::PathBuf};
use tracemend_trace::escaped;
use tracemend_trace::sink::JsonLines;

/// Describe a trace: format, events, streams, threads, losses
#[derive(Args, Debug)]
#[command(after_long_help = "Examples:\n  \
    tracemend info perf.data\n  \
    tracemend info trace.txt.zst --json | jq .data.lost_share")]
pub(super) struct InfoArgs {
    /// Trace to read, `-` for stdin; may be compressed with zstd or gzip.
    #[arg(value_name = "TRACE")]
    trace: PathBuf,
}

pub(super) fn run(args: &InfoArgs, globals: &Globals) -> anyhow::Result<u8> {
    let mut source = globals.open(&args.trace)?;
    let survey = survey(source.as_mut())?;
    globals.reader_warnings(source.header());
    let mut out = stdout();
    if globals.json {
        JsonLines::begin(&mut out, "tracemend.info", 1)?.row("info", &survey)?;
    } else {
        for line in lines(&survey, globals.verbose) {
            writeln!(out, "{line}")?;
        }
    }
    out.flush()?;
    Ok(exit::DONE)
}

fn lines(survey: &Survey, verbose: bool) -> Vec<String> {
    let format = serde_json::to_value(survey.format).ok();
    let format = format.as_ref().and_then(|name| name.as_str()).unwrap_or("?");
    let mut lines = vec![
        format!("format   {format}"),
        format!("events   {}, {} distinct names", count(survey.events), count(survey.distinct_names)),
        format!("threads  {}", count(survey.threads)),
    ];
    lines.extend(survey.machine.as_ref().map(|machine| format!("machine  {}", escaped(machine))));
    if let (Some(first), Some(last)) = (survey.first_ns, survey.last_ns) {
        let span = last.saturating_sub(first).unsigned_abs();
        lines.push(if survey.ticks {
            format!("time     {first} to {last} ticks of a clock without unit ({} ticks)", count(span))
        } else {
            format!("time     {} to {} s ({})", seconds(first), seconds(last), duration(span))
        });
    }
    lines.push(format!("lost     {}", lost(survey)));
    let mut table = Table::new(&[
        ("stream", Align::Left),
        ("events", Align::Right),
        ("gaps", Align::Right),
        ("lost events", Align::Right),
    ]);
    for stream in &survey.per_stream {
        let numbers = [stream.events, stream.gaps, stream.lost_events].map(count);
        table.row([stream.stream.clone()].into_iter().chain(numbers).collect());
    }
    if !table.is_empty() {
        lines.push(String::new());
        lines.extend(table.lines());
    }
    if verbose {
        lines.push(String::new());
        lines.extend(survey.names.iter().map(|name| format!("{:>10}  {}", count(name.events), escaped(&name.name))));
    }
    lines
}

fn lost(survey: &Survey) -> String {
    if survey.gaps == 0 {
        return "nothing that the trace reports".to_owned();
    }
    let uncounted = match survey.uncounted_gaps {
        0 => String::new(),
        gaps => format!(", {} uncounted", count(gaps)),
    };
    let lost = lost_words(survey.lost_events, survey.lost_kind);
    let gaps = plural(survey.gaps, "gap");
    match survey.lost_share {
        Some(share) => format!("{lost} in {gaps}{uncounted} ({:.1} % of all)", 100.0 * share),
        None => format!("{lost} in {gaps}"),
    }
}
