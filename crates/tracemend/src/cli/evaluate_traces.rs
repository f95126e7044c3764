//! `evaluate burst`, `evaluate self` and `evaluate truth`: gaps in traces of many threads.

use super::evaluate_finished::Finished;
use super::evaluate_learning::LearnArgs;
use super::evaluate_output::Output;
use super::evaluate_shared::{ProtocolArgs, Settings, SharedArgs, advised, check_unseen};
use super::globals::Globals;
use super::progress::Progress;
use anyhow::{Context as _, bail};
use clap::Args;
use std::path::{Path, PathBuf};
use tracemend_eval::cache::Cache;
use tracemend_eval::prediction::trace::TakeGaps;
use tracemend_eval::protocol::burst::BurstConfig;
use tracemend_eval::protocol::truth::{TruthConfig, Twin};
use tracemend_eval::protocol::{burst, truth};
use tracemend_trace::Trace;

/// Options of the protocols that cut gaps into a trace.
#[derive(Args, Debug)]
pub(super) struct CutArgs {
    /// The trace whose events are hidden.
    #[arg(long, value_name = "TRACE", required = true)]
    test: PathBuf,
    /// Lengths of the artificial gaps in events, separated by commas; those of the protocol where absent.
    #[arg(long, value_name = "K", value_delimiter = ',')]
    blackout: Vec<usize>,
    /// Gaps to draw for each length.
    #[arg(long, value_name = "N", default_value_t = 300)]
    gaps: usize,
}

impl CutArgs {
    fn settings(&self, settings: &mut Settings) -> anyhow::Result<()> {
        settings.set("gaps", self.gaps);
        settings.files("test", [&self.test])
    }

    fn measure(
        &self,
        train: &[PathBuf],
        shared: &SharedArgs,
        globals: &Globals,
        cache: &dyn Cache,
        output: &mut Output<'_>,
    ) -> anyhow::Result<Finished> {
        check_unseen(&self.test, train, "--test")?;
        let test = globals.read(&self.test)?;
        let train: Vec<Trace> = train.iter().map(|path| globals.read(path)).collect::<anyhow::Result<_>>()?;
        let config = BurstConfig {
            train: train.iter().collect(),
            test: &test,
            data: self.test.display().to_string(),
            blackouts: self.blackout.clone(),
            gaps: self.gaps,
            methods: shared.method.clone(),
            seed: globals.seed,
            params: globals.params()?,
            threads: globals.threads,
        };
        let mut progress = Progress::new(globals, "measuring");
        let mut step = |done: usize, total: usize| progress.set(done as u64, total as u64);
        let mut take = output.gaps();
        let take = take.as_mut().map(|take| take as TakeGaps<'_>);
        let bursts = burst::run(&config, &mut step, cache, take).map_err(advised)?;
        progress.finish();
        Ok(Finished { scores: bursts.scores, strata: bursts.strata, ..Finished::default() })
    }
}

/// Bursts lost on one CPU of a trace of many threads, learned from other runs
#[derive(Args, Debug)]
pub(super) struct BurstArgs {
    /// Traces to learn from.
    #[arg(long, value_name = "TRACE", num_args = 1.., required = true)]
    train: Vec<PathBuf>,
    #[command(flatten)]
    cut: CutArgs,
    #[command(flatten)]
    shared: SharedArgs,
}

impl ProtocolArgs for BurstArgs {
    const NAME: &'static str = "burst";

    fn shared(&self) -> &SharedArgs {
        &self.shared
    }

    fn settings(&self, settings: &mut Settings) -> anyhow::Result<()> {
        settings.files("train", &self.train)?;
        self.cut.settings(settings)
    }

    fn measure(&self, globals: &Globals, cache: &dyn Cache, output: &mut Output<'_>) -> anyhow::Result<Finished> {
        self.cut.measure(&self.train, &self.shared, globals, cache, output)
    }
}

/// Bursts lost on one CPU of a trace of many threads, learned from the rest of the same trace
#[derive(Args, Debug)]
pub(super) struct SelfArgs {
    #[command(flatten)]
    cut: CutArgs,
    #[command(flatten)]
    shared: SharedArgs,
}

impl ProtocolArgs for SelfArgs {
    const NAME: &'static str = "self";

    fn shared(&self) -> &SharedArgs {
        &self.shared
    }

    fn settings(&self, settings: &mut Settings) -> anyhow::Result<()> {
        self.cut.settings(settings)
    }

    fn measure(&self, globals: &Globals, cache: &dyn Cache, output: &mut Output<'_>) -> anyhow::Result<Finished> {
        self.cut.measure(&[], &self.shared, globals, cache, output)
    }
}

/// Traces that really lost events, repaired and scored against their complete twins
///
/// All methods learn from the intact rest of the lossy trace, and from `--train` where it is given. With several twins, the
/// last table is that of all their gaps together. `latency_error_…` says how far the latencies of calls are from those of
/// the twin, with the recorded events alone (`…_before`) and as `repair` shows them.
#[derive(Args, Debug)]
pub(super) struct TruthArgs {
    /// Traces that lost events.
    #[arg(long, value_name = "TRACE", num_args = 1.., required = true)]
    lossy: Vec<PathBuf>,
    /// Their complete twins, in the same order. Repeat the path of a trace that holds a lossy channel and a complete one.
    #[arg(long, value_name = "TRACE", num_args = 1.., required = true)]
    full: Vec<PathBuf>,
    /// Keep only so many recorded events of each lossy trace, where it lost the most: how well are short traces repaired?
    #[arg(long, value_name = "EVENTS", value_parser = clap::value_parser!(u64).range(1..))]
    around_gaps: Option<u64>,
    #[command(flatten)]
    learn: LearnArgs,
    #[command(flatten)]
    shared: SharedArgs,
}

impl ProtocolArgs for TruthArgs {
    const NAME: &'static str = "truth";

    fn shared(&self) -> &SharedArgs {
        &self.shared
    }

    fn settings(&self, settings: &mut Settings) -> anyhow::Result<()> {
        // By pair: more twins are not another evaluation, another twin of the same name is.
        for (lossy, full) in self.lossy.iter().zip(&self.full) {
            settings.files(&format!("twins {}", lossy.display()), [lossy, full])?;
        }
        settings.set("around_gaps", self.around_gaps.map_or("all".to_owned(), |events| events.to_string()));
        self.learn.settings(settings)
    }

    fn measure(&self, globals: &Globals, cache: &dyn Cache, output: &mut Output<'_>) -> anyhow::Result<Finished> {
        if self.lossy.len() != self.full.len() {
            bail!(
                "--lossy names {} and --full {} traces; name a complete twin for each lossy trace, in the same order",
                self.lossy.len(),
                self.full.len()
            );
        }
        for path in self.lossy.iter().chain(&self.full) {
            check_unseen(path, &self.learn.train, "among the twins")?;
        }
        let twins = self.lossy.iter().zip(&self.full).map(|(lossy, full)| twins(lossy, full, globals));
        let mut twins: Vec<(Trace, Trace)> = twins.collect::<anyhow::Result<_>>()?;
        if let Some(events) = self.around_gaps {
            for (lossy, full) in &mut twins {
                (*lossy, *full) = truth::around_gaps(lossy, full, usize::try_from(events).unwrap_or(usize::MAX));
            }
        }
        let learned = self.learn.learned(&self.shared.method, globals)?;
        let twin = |(path, (lossy, full)): (&PathBuf, _)| Twin { lossy, full, data: path.display().to_string() };
        let twins = twins.iter().map(|(lossy, full)| (lossy, full));
        let config = TruthConfig {
            twins: self.lossy.iter().zip(twins).map(twin).collect(),
            train: learned.traces.iter().collect(),
            model: learned.model.as_ref(),
            methods: self.shared.method.clone(),
            seed: globals.seed,
            params: globals.params()?,
        };
        let mut take = output.gaps();
        let take = take.as_mut().map(|take| take as TakeGaps<'_>);
        let truth = truth::run(&config, cache, take).map_err(advised)?;
        truth.warnings.iter().for_each(|warning| globals.warning(warning));
        Ok(Finished { gaps: truth.gaps, ..Finished::of_losses(truth.figures) })
    }
}

/// Reads a lossy trace and its complete twin.
fn twins(lossy: &Path, full: &Path, globals: &Globals) -> anyhow::Result<(Trace, Trace)> {
    let trace = globals.read(lossy)?;
    match (lossy.canonicalize(), full.canonicalize()) {
        (Ok(a), Ok(b)) if a == b => truth::channels(&trace).with_context(|| {
            format!("{} does not hold a lossy channel and a complete one; name the twin with --full", lossy.display())
        }),
        _ => Ok((trace, globals.read(full)?)),
    }
}
