//! `tracemend lami`: runs as an external analysis for Trace Compass.

use super::globals::{Globals, stdout};
use crate::lami::{MI_VERSION, Range};
use crate::overlay::{OWN_MODEL, WriteOptions};
use crate::pipeline::{Repaired, load_within};
use crate::{exit, lami};
use anyhow::Context as _;
use clap::Args;
use std::io::Write;
use std::path::PathBuf;
use tracemend_repair::{repair, unwatched};

/// Run as an external analysis of Trace Compass (LAMI 1.0)
///
/// Prints one JSON object with tables of gaps, of their compositions, of inferred events, and of counts with and without
/// the inferred events. In Trace Compass, add `contrib/tracecompass/tracemend-lami` as an external analysis; it calls this.
#[derive(Args, Debug)]
pub(super) struct LamiArgs {
    /// Trace to analyse.
    #[arg(value_name = "TRACE", required_unless_present_any = ["mi_version", "metadata"])]
    trace: Option<PathBuf>,
    /// Print the version of the interface and exit.
    #[arg(long, exclusive = true)]
    mi_version: bool,
    /// Print the description of the analysis and its tables, and exit.
    #[arg(long, conflicts_with = "trace")]
    metadata: bool,
    /// Exit with code 0 if TRACE can be read.
    #[arg(long)]
    test_compatibility: bool,
    /// Leave out everything that ends before this time, in nanoseconds on the trace's clock.
    #[arg(long, value_name = "NS", allow_hyphen_values = true)]
    begin: Option<i64>,
    /// Leave out everything that begins after this time, in nanoseconds on the trace's clock.
    #[arg(long, value_name = "NS", allow_hyphen_values = true)]
    end: Option<i64>,
    /// Print lines of progress before the result.
    #[arg(long)]
    output_progress: bool,
}

pub(super) fn run(args: &LamiArgs, globals: &Globals) -> anyhow::Result<u8> {
    let mut out = stdout();
    if args.mi_version {
        writeln!(out, "{MI_VERSION}")?;
        out.flush()?;
        return Ok(exit::DONE);
    }
    if args.metadata {
        writeln!(out, "{}", lami::metadata())?;
        out.flush()?;
        return Ok(exit::DONE);
    }
    let path = args.trace.as_deref().context("name a trace")?;
    let mut source = globals.open(path)?;
    if args.test_compatibility {
        // A first item shows that there is something to analyse.
        source.next_item()?;
        return Ok(exit::DONE);
    }
    let mut progress = |share: f64, what: &str| -> std::io::Result<()> {
        if args.output_progress {
            writeln!(out, "{share:.2} {what}")?;
            out.flush()?;
        }
        Ok(())
    };
    progress(0.0, "reading the trace")?;
    let loaded = load_within(source.as_mut(), false, &globals.repair_budget(path))?;
    globals.reader_warnings(&loaded.trace.header);
    progress(0.3, "repairing")?;
    let options = globals.repair_options()?;
    let repairs = repair(&loaded.trace, None, &options, &unwatched);
    progress(0.9, "summing up")?;
    let repaired = Repaired::new(&loaded, &repairs, WriteOptions { min_confidence: 0.0, model: OWN_MODEL });
    let (first, last) = repaired.merged()?.span_ns();
    let range = Range { begin_ns: args.begin.unwrap_or(first), end_ns: args.end.unwrap_or(last) };
    let results = lami::results(&loaded.trace.header, &repairs, repaired.statistics()?, range);
    writeln!(out, "{results}")?;
    out.flush()?;
    Ok(exit::DONE)
}
