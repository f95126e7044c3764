//! `evaluate ring`: complete traces, replayed through a simulated ring buffer.

use super::choice::{Choices, choice};
use super::evaluate_finished::Finished;
use super::evaluate_learning::LearnArgs;
use super::evaluate_output::Output;
use super::evaluate_shared::{ProtocolArgs, Settings, SharedArgs, advised, check_unseen};
use super::globals::Globals;
use clap::Args;
use std::path::PathBuf;
use tracemend_eval::cache::Cache;
use tracemend_eval::prediction::trace::TakeGaps;
use tracemend_eval::protocol::ring::{RingConfig, RingTest};
use tracemend_eval::protocol::{ring, truth};
use tracemend_repair::ring::{Ring, Tracer, WhenFull};
use tracemend_trace::{Format, Trace};

const TRACERS: &Choices<Tracer> = &[
    (Tracer::Lttng, "lttng", "sub-buffers of 4 KiB, discard"),
    (Tracer::Ftrace, "ftrace", "pages of 4 KiB, overwrite"),
    (Tracer::Perf, "perf", "a ring of bytes, discard, a record for the loss when space comes back"),
];

const WHEN_FULL: &Choices<WhenFull> = &[
    (WhenFull::Discard, "discard", "drop the new event"),
    (WhenFull::Overwrite, "overwrite", "drop the oldest page that is not being read"),
];

/// Complete traces, replayed through a simulated ring buffer that overflows
///
/// Every CPU has a ring; one reader empties them and is held up now and then. What the rings lose are the gaps, all of a trace at
/// once. All methods learn from the intact rest of the trace, and from `--train` where it is given. Prints what was lost of each
/// trace, then the figures of each, and with several traces those of all their gaps together. Options change single values of the
/// preset.
#[derive(Args, Debug)]
pub(super) struct RingArgs {
    /// Complete traces to replay. Of a trace with a lossy channel and a complete one, the complete one.
    #[arg(long, value_name = "TRACE", num_args = 1.., required = true)]
    test: Vec<PathBuf>,
    /// The tracer to imitate: its ring, and the sizes of its records. The tracer that recorded the trace where absent, perf for
    /// other formats.
    #[arg(long, value_name = "TRACER", value_parser = choice(TRACERS))]
    preset: Option<Tracer>,
    /// Bytes of each CPU's ring.
    #[arg(long, value_name = "BYTES")]
    capacity: Option<u64>,
    /// Bytes of a page or sub-buffer; 0: a ring of bytes.
    #[arg(long, value_name = "BYTES")]
    page: Option<u64>,
    /// What a full ring does.
    #[arg(long, value_name = "WHAT", value_parser = choice(WHEN_FULL))]
    when_full: Option<WhenFull>,
    /// Bytes that the reader copies in a second.
    #[arg(long, value_name = "BYTES", value_parser = positive)]
    drain: Option<f64>,
    /// Milliseconds that the reader is held up at a time, in the mean; 0: never.
    #[arg(long, value_name = "MS", value_parser = not_negative)]
    stall: Option<f64>,
    /// Milliseconds from the begin of one stall to that of the next, in the mean.
    #[arg(long, value_name = "MS", value_parser = positive)]
    stall_every: Option<f64>,
    #[command(flatten)]
    learn: LearnArgs,
    #[command(flatten)]
    shared: SharedArgs,
}

fn not_negative(text: &str) -> Result<f64, String> {
    let number: f64 = text.parse().map_err(|_| format!("`{text}` is not a number"))?;
    if number.is_finite() && number >= 0.0 { Ok(number) } else { Err(format!("`{text}` is not a number from 0 up")) }
}

fn positive(text: &str) -> Result<f64, String> {
    not_negative(text).and_then(|number| if number > 0.0 { Ok(number) } else { Err("it must be above 0".to_owned()) })
}

impl ProtocolArgs for RingArgs {
    const NAME: &'static str = "ring";

    fn shared(&self) -> &SharedArgs {
        &self.shared
    }

    fn settings(&self, settings: &mut Settings) -> anyhow::Result<()> {
        // By trace: more traces are not another evaluation, another trace of the same name is.
        for test in &self.test {
            settings.files(&format!("test {}", test.display()), [test])?;
        }
        settings.set("preset", self.preset.map_or("of the trace", Tracer::name));
        settings.set("ring", format!("{:?}", self.ring(Tracer::Perf)));
        self.learn.settings(settings)
    }

    fn measure(&self, globals: &Globals, cache: &dyn Cache, output: &mut Output<'_>) -> anyhow::Result<Finished> {
        for test in &self.test {
            check_unseen(test, &self.learn.train, "--test")?;
        }
        let tests: Vec<Trace> =
            self.test.iter().map(|path| Ok(complete(globals.read(path)?))).collect::<anyhow::Result<_>>()?;
        let learned = self.learn.learned(&self.shared.method, globals)?;
        let test = |(path, trace): (&PathBuf, _)| self.replay(trace, path.display().to_string());
        let config = RingConfig {
            tests: self.test.iter().zip(&tests).map(test).collect(),
            train: learned.traces.iter().collect(),
            model: learned.model.as_ref(),
            methods: self.shared.method.clone(),
            seed: globals.seed,
            params: globals.params()?,
        };
        let mut take = output.gaps();
        let take = take.as_mut().map(|take| take as TakeGaps<'_>);
        let rings = ring::run(&config, cache, take).map_err(advised)?;
        Ok(Finished { rings: rings.losses, ..Finished::of_losses(rings.figures) })
    }
}

impl RingArgs {
    fn replay<'t>(&self, trace: &'t Trace, data: String) -> RingTest<'t> {
        let tracer = self.preset.unwrap_or(match trace.header.format {
            Format::Ftrace | Format::TraceDat | Format::FtraceRaw => Tracer::Ftrace,
            Format::Ctf | Format::Babeltrace => Tracer::Lttng,
            _ => Tracer::Perf,
        });
        RingTest { trace, data, tracer, ring: self.ring(tracer) }
    }

    /// The ring of a tracer, with the values that options give.
    fn ring(&self, tracer: Tracer) -> Ring {
        let nanoseconds = |milliseconds: f64| (milliseconds * 1e6) as i64;
        let preset = tracer.ring();
        Ring {
            capacity: self.capacity.unwrap_or(preset.capacity),
            page: self.page.map_or(preset.page, |page| (page > 0).then_some(page)),
            when_full: self.when_full.unwrap_or(preset.when_full),
            announcement: preset.announcement,
            drain: self.drain.unwrap_or(preset.drain),
            stall_ns: self.stall.map_or(preset.stall_ns, nanoseconds),
            stall_every_ns: self.stall_every.map_or(preset.stall_every_ns, nanoseconds),
        }
    }
}

/// The complete channel of a trace that has a lossy one too; else the trace.
fn complete(trace: Trace) -> Trace {
    match truth::channels(&trace) {
        Some((_, complete)) => complete,
        None => trace,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn presets_have_the_names_of_their_tracers() {
        let names: Vec<&str> = TRACERS.iter().map(|(_, name, _)| *name).collect();
        assert_eq!(names, Tracer::ALL.map(Tracer::name));
        assert!(TRACERS.iter().all(|(tracer, name, _)| tracer.name() == *name));
    }
}
