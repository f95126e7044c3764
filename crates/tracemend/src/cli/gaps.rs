//! `tracemend gaps`: lists where events were lost, how many, why, and what would have kept them.

use super::{
    gaps_table::write_table,
    globals::{Globals, stdout},
    loss_limit::{excess, share},
    messages::{self, error_text},
};
use crate::{
    exit,
    gap_totals::{GapTotals, Tally, TraceTotals},
    losses::{LossSummary, gap_row, lost_words, stream_gaps_from, with_evidence},
    openmetrics,
    report::{count, duration, plural, seconds},
};
use clap::Args;
use std::{
    io::{self, Write},
    path::{Path, PathBuf},
};
use tracemend_trace::sink::{GapRow, JsonLines};
use tracemend_trace::{Format, Gap, Lost, Source, Trace, TraceHeader, escaped, traces_in};

/// List the gaps of a trace: where, how much, why, and the tracer option that prevents them
///
/// Reads the trace in one pass and in bounded memory. For CTF and trace.dat it reads only the heads of packets and pages, so it
/// counts no recorded events and finds no damage among them; `--fail-on-loss` and `--evidence` read the events. Some tracers drop events without a record of it; `--evidence` loads the whole trace and finds losses
/// by contradictions among the recorded events.
///
/// Several traces, or a folder of traces, become a table with a line for each, by the time of its first event. A trace that
/// cannot be read is a line with its error; the others are read, and the exit code is 2.
#[derive(Args, Debug)]
#[command(after_long_help = "Examples:\n  \
    tracemend gaps trace.dat\n  \
    tracemend gaps lttng-session/ --fail-on-loss || echo lossy\n  \
    tracemend gaps nightly/ --openmetrics > traces.prom.new; mv traces.prom.new traces.prom\n  \
    tracemend gaps nightly/ other/trace.dat --max-loss 1%\n  \
    tracemend gaps trace.txt --evidence --json | jq 'select(.type == \"gap\")'")]
pub(super) struct GapsArgs {
    /// Traces to read, or folders of traces; `-` for stdin. They may be compressed with zstd or gzip.
    #[arg(value_name = "TRACE", required = true)]
    traces: Vec<PathBuf>,
    /// Also list gaps that the recorded events of a thread prove (such as an exit without an entry); loads the whole trace.
    #[arg(long)]
    evidence: bool,
    /// Exit with code 1 if events were lost; a gap that is doubtful does not count. With --max-loss: if more were lost, or nobody
    /// knows how many.
    #[arg(long)]
    fail_on_loss: bool,
    /// Exit with code 1 if a trace lost more than this share of its events, such as `1%` or `0.01`, and say by how much.
    #[arg(long, value_name = "SHARE", value_parser = share)]
    max_loss: Option<f64>,
    /// Write metrics in the text of OpenMetrics, for Prometheus: events recorded, events lost by stream and cause, gaps.
    #[arg(long, conflicts_with = "json")]
    openmetrics: bool,
}

pub(super) fn run(args: &GapsArgs, globals: &Globals) -> anyhow::Result<u8> {
    match &traces(args, globals)?[..] {
        // A folder with one trace in it is a table too, as it will be tomorrow with two.
        [trace] if args.traces == [trace.clone()] && !args.openmetrics => list(trace, args, globals),
        traces => tabulate(traces, args, globals),
    }
}

/// The traces named, and those in the folders named.
fn traces(args: &GapsArgs, globals: &Globals) -> anyhow::Result<Vec<PathBuf>> {
    let options = globals.open_options()?;
    let mut traces = Vec::new();
    for path in &args.traces {
        match traces_in(path, &options) {
            Ok(Some(inside)) => traces.extend(inside),
            // What is wrong with it is said where it is read.
            Ok(None) | Err(_) => traces.push(path.clone()),
        }
    }
    Ok(traces)
}

/// Lists the gaps of one trace.
fn list(trace: &Path, args: &GapsArgs, globals: &Globals) -> anyhow::Result<u8> {
    // A script that asks for an exit code wants to know of damage inside of packets too.
    let reads_events = args.evidence || args.fail_on_loss || args.max_loss.is_some();
    let source = if reads_events { globals.open(trace)? } else { globals.open_losses(trace)? };
    let out = stdout();
    let mut listing = if globals.json {
        Listing::Json(JsonLines::begin(out, "tracemend.gaps", 1)?)
    } else {
        Listing::Text(out, false)
    };
    let (mut totals, header) = read(source, trace, args, globals, |gap, header| Ok(listing.gap(gap, header)?))?;
    if !reads_events && totals.format.tells_losses_apart() {
        totals.summary.events = None;
    }
    listing.finish(&totals.summary, totals.format, args.evidence)?;
    globals.reader_warnings(&header);
    Ok(if fails(trace, &totals, args, globals) { exit::CONDITION_FAILED } else { exit::DONE })
}

/// Prints a line for each trace. One that cannot be read does not keep the others from it.
fn tabulate(traces: &[PathBuf], args: &GapsArgs, globals: &Globals) -> anyhow::Result<u8> {
    let mut rows = Vec::with_capacity(traces.len());
    for trace in traces {
        let totals = globals.open(trace).and_then(|source| read(source, trace, args, globals, |_, _| Ok(())));
        let path = trace.display().to_string();
        rows.push(match totals {
            Ok((totals, header)) => {
                for warning in &header.warnings {
                    globals.warning(&escaped(&format!("{path}: {warning}")));
                }
                TraceTotals { path, error: None, totals: Some(totals) }
            }
            Err(error) => TraceTotals { path, error: Some(error_text(&error)), totals: None },
        });
    }
    // Of one time, or of none, they stay in the order they came in.
    rows.sort_by_key(|row| {
        let first_ns = row.totals.as_ref().and_then(|totals| totals.first_ns);
        (first_ns.is_none(), first_ns)
    });
    if args.openmetrics {
        openmetrics::write(&rows, stdout())?;
        rows.iter().filter_map(|row| row.error.as_ref()).for_each(|error| messages::error_line(&escaped(error)));
    } else {
        write_table(&rows, globals.json, stdout())?;
    }
    let mut failed = false;
    for row in &rows {
        failed |= row.totals.as_ref().is_some_and(|totals| fails(Path::new(&row.path), totals, args, globals));
    }
    Ok(if rows.iter().any(|row| row.error.is_some()) {
        exit::ERROR
    } else if failed {
        exit::CONDITION_FAILED
    } else {
        exit::DONE
    })
}

/// Whether a trace lost what it must not; says by how much it lost more than `--max-loss`.
fn fails(trace: &Path, totals: &GapTotals, args: &GapsArgs, globals: &Globals) -> bool {
    let Some(max) = args.max_loss else {
        return args.fail_on_loss && totals.summary.any_certain();
    };
    let excess = excess(totals, max, args.fail_on_loss);
    if let Some(excess) = &excess {
        globals.warning(&escaped(&format!("{}: {excess}", trace.display())));
    }
    excess.is_some()
}

/// Reads a trace to its end, passes each gap to `each`, and sums them up.
fn read(
    mut source: Box<dyn Source>,
    path: &Path,
    args: &GapsArgs,
    globals: &Globals,
    mut each: impl FnMut(&Gap, &TraceHeader) -> anyhow::Result<()>,
) -> anyhow::Result<(GapTotals, TraceHeader)> {
    let mut tally = Tally::default();
    if !args.evidence {
        let (summary, first_ns) = stream_gaps_from::<anyhow::Error>(source.as_mut(), |gap, header| {
            tally.add(gap);
            each(gap, header)
        })?;
        return Ok((tally.totals(source.header(), summary, first_ns), source.header().clone()));
    }
    let (trace, gaps) = with_evidence(Trace::read_within(source.as_mut(), &globals.read_budget(path))?);
    let mut summary = LossSummary { events: Some(trace.events.len() as u64), ..LossSummary::default() };
    for gap in &gaps {
        summary.add(gap);
        tally.add(gap);
        each(gap, &trace.header)?;
    }
    let first_ns = trace.events.iter().map(|event| event.time_ns).min();
    Ok((tally.totals(&trace.header, summary, first_ns), trace.header))
}

/// Writes gaps as they are found, so that a trace of any length needs no memory for them.
enum Listing<W> {
    Json(JsonLines<W>),
    /// Whether the table has its heads.
    Text(W, bool),
}

impl<W: Write> Listing<W> {
    fn gap(&mut self, gap: &Gap, header: &TraceHeader) -> io::Result<()> {
        match self {
            Listing::Json(lines) => lines.row("gap", &gap_row(gap, header)),
            Listing::Text(out, started) => {
                if !*started {
                    *started = true;
                    let [begin, end] =
                        if header.ticks { ["begin (ticks)", "end (ticks)"] } else { ["begin (s)", "end (s)"] };
                    writeln!(out, "{}", text_row(["gap", "stream", begin, end, "span", "lost", "why"]))?;
                }
                let row = GapRow::new(gap, header);
                writeln!(out, "{}", text_row(text_cells(&row, gap, header.ticks).each_ref().map(String::as_str)))
            }
        }
    }

    fn finish(&mut self, summary: &LossSummary, format: Format, evidence: bool) -> io::Result<()> {
        match self {
            Listing::Json(lines) => {
                lines.row("summary", summary)?;
                lines.flush()
            }
            Listing::Text(out, started) => {
                if *started {
                    writeln!(out)?;
                }
                for line in summary_lines(summary, format, evidence) {
                    writeln!(out, "{line}")?;
                }
                out.flush()
            }
        }
    }
}

fn text_row(cells: [&str; 7]) -> String {
    let [id, stream, begin, end, span, lost, why] = cells;
    let row = format!("{id:>5}  {stream:<8}  {begin:>18}  {end:>18}  {span:>9}  {lost:>9}  {why}");
    escaped(row.trim_end()).into_owned()
}

fn text_cells(row: &GapRow<'_>, gap: &Gap, ticks: bool) -> [String; 7] {
    let seconds = |time: i64| if ticks { time.to_string() } else { seconds(time) };
    let duration = |span: u64| if ticks { count(span) } else { duration(span) };
    let span = match (row.begin_ns, row.end_ns) {
        (Some(begin), Some(end)) => duration(end.saturating_sub(begin).unsigned_abs()),
        _ => "?".to_owned(),
    };
    let lost = match gap.lost {
        Lost::Exact(lost) => count(lost),
        Lost::AtLeast(lost) => format!(">= {}", count(lost)),
        Lost::Unknown => "?".to_owned(),
    };
    let thread = row.tid.map_or(String::new(), |tid| format!(" (thread {tid})"));
    let details = row.details.map_or(String::new(), |details| format!(": {details}"));
    let kept = gap
        .kept_ns
        .map_or(String::new(), |(first, last)| format!(", before {} or after {}", seconds(first), seconds(last)));
    [
        row.id.to_string(),
        row.stream.unwrap_or("?").to_owned(),
        row.begin_ns.map_or("start".to_owned(), seconds),
        row.end_ns.map_or("end".to_owned(), seconds),
        span,
        lost,
        format!("{}{details}{kept}{thread}", row.cause),
    ]
}

/// What reading the heads of packets alone leaves out; nothing where the events were read.
fn headers_only(summary: &LossSummary, format: Format) -> Option<&'static str> {
    match format {
        _ if summary.events.is_some() => None,
        Format::Ctf => Some(
            "from packet headers only: damage inside of packets is not looked for, and recorded events may lie inside a gap; \
             --evidence or --fail-on-loss reads the events",
        ),
        _ => Some(
            "from the heads of pages only: damage inside of pages is not looked for; --evidence or --fail-on-loss reads the events",
        ),
    }
}

fn summary_lines(summary: &LossSummary, format: Format, evidence: bool) -> Vec<String> {
    let events = summary.events.map(|events| plural(events, "event"));
    if !summary.any() {
        let among = events.map_or(String::new(), |events| format!(" in {events}"));
        let mut lines = vec![format!("no loss: the trace reports none{among}")];
        // Only traces that record entries and exits can contradict themselves.
        let single = matches!(
            format,
            Format::Ftrace
                | Format::TraceDat
                | Format::FtraceRaw
                | Format::Scap
                | Format::PerfScript
                | Format::PerfData
                | Format::Perfetto
                | Format::Babeltrace
                | Format::Bpftrace
        );
        lines.extend(headers_only(summary, format).map(str::to_owned));
        if !evidence && single {
            lines.push(
                "some tracers drop events without a record of it: --evidence checks the events of each thread"
                    .to_owned(),
            );
        }
        return lines;
    }
    let uncounted = match summary.uncounted_gaps {
        0 => String::new(),
        gaps if gaps == summary.gaps => String::new(),
        gaps => format!(", {} uncounted", count(gaps)),
    };
    let doubtful = match summary.doubtful_gaps {
        0 => String::new(),
        gaps => format!(", {} doubtful", count(gaps)),
    };
    let mut lines = vec![format!(
        "{} lost in {}{uncounted}{doubtful}{}",
        lost_words(summary.lost_events, summary.lost_kind),
        plural(summary.gaps, "gap"),
        events.map_or(String::new(), |events| format!("; {events} recorded")),
    )];
    lines.extend(headers_only(summary, format).map(str::to_owned));
    lines.extend(summary.advice.iter().map(|advice| format!("to keep them next time: {advice}")));
    lines
}
