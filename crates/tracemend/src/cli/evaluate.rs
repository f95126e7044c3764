//! `tracemend evaluate`: how good repairs are, measured on artificial gaps.

use super::evaluate_output::{Output, OutputArgs};
use super::globals::Globals;
use super::progress::Progress;
use super::messages;
#[cfg(feature = "nets")]
use super::evaluate_networks::NetworkArgs;
use anyhow::{Context as _, bail};
use clap::{Args, ValueEnum};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use tracemend::evaluation::{Cells, fingerprint};
use tracemend::exit;
use tracemend::scores::Bound;
use tracemend_eval::answer::TakeTraced;
use tracemend_eval::cache::Keep;
use tracemend_eval::protocol::burst::BurstConfig;
use tracemend_eval::protocol::cross_run::CrossRunConfig;
use tracemend_eval::protocol::paper::{Around, PaperConfig};
use tracemend_eval::protocol::truth::{Truth, TruthConfig};
use tracemend_eval::protocol::{burst, cross_run, paper, truth};
use tracemend_eval::score::Score;
use tracemend_impute::window::models::Model;
use tracemend_impute::window::place::Place;
use tracemend_trace::Trace;

/// Measure how good repairs are, on artificial gaps of known length
///
/// Protocols: `paper` (windows of one flat sequence, as published, or anybody's imputed arrays), `cross-run` (windows of
/// one thread, learned from other runs), `burst` (bursts lost on one CPU of a trace of many threads, learned from other
/// runs), `self` (the same, learned from the rest of the very trace), `truth` (a trace that really lost events, repaired
/// from its own rest and held against its complete twin). Every method gets the same gaps. Prints each figure with its
/// 95 % bootstrap interval.
#[derive(Args, Debug)]
#[command(after_long_help = "Examples:\n  \
    tracemend evaluate --protocol self --test trace.dat --report self.html\n  \
    tracemend evaluate --protocol burst --train run1.dat run2.dat --test run3.dat --fail-under thread_lcs=0.8\n  \
    tracemend evaluate --protocol truth --lossy lossy.txt --full complete.txt")]
pub struct EvaluateArgs {
    /// The protocol.
    #[arg(long, value_enum, value_name = "PROTOCOL")]
    protocol: ProtocolArg,
    /// paper: the windows, `pts.npz` or a folder in the published layout.
    #[arg(long, value_name = "PATH")]
    data: Option<PathBuf>,
    /// paper: names of data sets, separated by commas; all where absent.
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    dataset: Vec<String>,
    /// paper: events per window.
    #[arg(long, value_name = "L", default_value_t = 200)]
    length: usize,
    /// Lengths of the artificial gaps in events, separated by commas; those of the protocol where absent.
    #[arg(long, value_name = "K", value_delimiter = ',')]
    blackout: Vec<usize>,
    /// paper: where in the window the gap lies.
    #[arg(long, alias = "place", value_enum, value_name = "PLACE", default_value = "middle")]
    gap_at: PlaceArg,
    /// paper: score the imputed arrays of this folder (original, imputation and mask), or of all such folders below it,
    /// instead of imputing.
    #[arg(long, value_name = "FOLDER", conflicts_with_all = ["data", "dataset"])]
    arrays: Option<PathBuf>,
    /// burst, cross-run: traces to learn from.
    #[arg(long, value_name = "TRACE", num_args = 1..)]
    train: Vec<PathBuf>,
    /// cross-run: one more trace to learn from, which the networks of --model did not learn from (`--valid` of their data
    /// set, say). By it is decided how the counts' answers are scored again by the time that gaps took and what the calls
    /// around them returned, and how each network takes part; they are measured as `counts-rescored` and `counts+NAME`.
    #[arg(long, value_name = "TRACE")]
    valid: Option<PathBuf>,
    /// burst, cross-run, self: the trace whose events are hidden.
    #[arg(long, value_name = "TRACE")]
    test: Option<PathBuf>,
    /// truth: the trace that lost events.
    #[arg(long, value_name = "TRACE")]
    lossy: Option<PathBuf>,
    /// truth: its complete twin; the same path where one trace holds a lossy channel and a complete one.
    #[arg(long, value_name = "TRACE")]
    full: Option<PathBuf>,
    /// Gaps to draw for each length.
    #[arg(long, value_name = "N", default_value_t = 300)]
    gaps: usize,
    /// Methods, separated by commas; all where absent.
    #[arg(long, value_name = "METHOD", value_delimiter = ',')]
    method: Vec<String>,
    #[cfg(feature = "nets")]
    #[command(flatten)]
    networks: NetworkArgs,
    /// Exit with code 1 if a figure of the engine is worse than this: `thread_lcs=0.8`, or `lookup:accuracy=0.9` for another
    /// method. For an error or a time (composition_tv, ece, seconds_per_gap, leakage) the value is the largest allowed.
    #[arg(long, value_name = "METRIC=VALUE")]
    fail_under: Vec<Bound>,
    /// Keep every finished cell (a method at one gap length) in this folder, and go on from those that are there: after an
    /// interruption, or with more lengths, methods or models.
    #[arg(long, value_name = "FOLDER")]
    resume: Option<PathBuf>,
    #[command(flatten)]
    output: OutputArgs,
}

/// Names of protocols.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum ProtocolArg {
    /// Windows of one flat sequence, as published.
    Paper,
    /// Windows of one thread, learned from other runs.
    CrossRun,
    /// Learn from the rest of the trace that is repaired.
    #[value(name = "self")]
    Itself,
    /// Bursts lost on one CPU of a trace of many threads.
    Burst,
    /// A trace with real loss, and its complete twin.
    Truth,
}

/// Where the gap lies in a window.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum PlaceArg {
    /// In the middle.
    Middle,
    /// At the end.
    End,
}

pub fn run(args: &EvaluateArgs, globals: &Globals) -> anyhow::Result<u8> {
    let flat = matches!(args.protocol, ProtocolArg::Paper | ProtocolArg::CrossRun) && args.arrays.is_none();
    // Before the work, so that what cannot be written costs nothing.
    let mut output = args.output.open(flat, args.arrays.is_none())?;
    let cells = args.cells(globals)?;
    let keep: &dyn Keep = cells.as_ref().map_or(&(), |cells| cells);
    let (gaps, scores) = match args.protocol {
        ProtocolArg::Paper => {
            let mut around = Around { keep, answers: &mut |answers| output.answers(answers) };
            (Vec::new(), paper_scores(args, globals, &mut around)?)
        }
        ProtocolArg::CrossRun | ProtocolArg::Itself | ProtocolArg::Burst => {
            (Vec::new(), trace_scores(args, globals, keep, &mut output)?)
        }
        ProtocolArg::Truth => {
            let truth = truth_scores(args, globals, keep, &mut output)?;
            (truth.gaps, truth.scores)
        }
    };
    output.finish(&gaps, &scores, globals)?;
    let broken: Vec<String> = args.fail_under.iter().flat_map(|bound| bound.broken_by(&scores)).collect();
    for line in &broken {
        // Not a note: it is why the exit code is 1, and so is said with --quiet as well.
        messages::note(&format!("failed: {line}"));
    }
    Ok(if broken.is_empty() { exit::DONE } else { exit::CONDITION_FAILED })
}

impl EvaluateArgs {
    /// The networks to measure.
    #[cfg(feature = "nets")]
    fn networks(&self, globals: &Globals) -> anyhow::Result<Vec<Model>> {
        self.networks.models(globals)
    }

    /// No networks: this build has none.
    #[cfg(not(feature = "nets"))]
    fn networks(&self, _: &Globals) -> anyhow::Result<Vec<Model>> {
        Ok(Vec::new())
    }

    /// Refuses networks where the protocol has no flat windows, which is all that they fill.
    fn no_networks(&self) -> anyhow::Result<()> {
        #[cfg(feature = "nets")]
        if !self.networks.is_empty() {
            bail!("--model measures networks on flat windows; use it with --protocol paper or cross-run");
        }
        Ok(())
    }

    /// The folder of finished cells, checked to be of this evaluation.
    fn cells(&self, globals: &Globals) -> anyhow::Result<Option<Cells>> {
        let Some(folder) = &self.resume else { return Ok(None) };
        if self.arrays.is_some() {
            bail!("--resume keeps what methods answer, and --arrays is scored as it is: leave one of the two out");
        }
        let mut settings: BTreeMap<String, String> = BTreeMap::new();
        let mut set = |name: &str, value: String| settings.insert(name.to_owned(), value);
        set("version", env!("CARGO_PKG_VERSION").to_owned());
        set("protocol", format!("{:?}", self.protocol));
        set("seed", globals.seed.to_string());
        set("length", self.length.to_string());
        set("gap-at", format!("{:?}", self.gap_at));
        set("gaps", self.gaps.to_string());
        let read = |path: &Path| fingerprint(path).with_context(|| format!("{} cannot be read", path.display()));
        for path in self.data.iter() {
            set("data", read(path)?);
        }
        for path in self.test.iter() {
            set("test", read(path)?);
        }
        // Said even where there is none: with one, all methods learn more.
        set("valid", self.valid.as_deref().map_or(Ok(String::new()), read)?);
        for path in self.lossy.iter() {
            set("lossy", read(path)?);
        }
        for path in self.full.iter() {
            set("full", read(path)?);
        }
        let train = self.train.iter().map(|path| read(path)).collect::<anyhow::Result<Vec<String>>>()?;
        set("train", train.join(" "));
        #[cfg(feature = "nets")]
        self.networks.settings(&mut settings)?;
        Ok(Some(Cells::open(folder, &settings)?))
    }
}

fn truth_scores(
    args: &EvaluateArgs,
    globals: &Globals,
    keep: &dyn Keep,
    output: &mut Output<'_>,
) -> anyhow::Result<Truth> {
    args.no_networks()?;
    let lossy_path = args.lossy.as_ref().context("name the trace that lost events with --lossy")?;
    let full_path = args.full.as_ref().context("name its complete twin with --full")?;
    let same = matches!((lossy_path.canonicalize(), full_path.canonicalize()), (Ok(a), Ok(b)) if a == b);
    let lossy = globals.read(lossy_path)?;
    let (lossy, full) = match same {
        true => truth::channels(&lossy).with_context(|| {
            format!(
                "{} holds no channel with losses beside a complete one; name the twin with --full",
                lossy_path.display()
            )
        })?,
        false => (lossy, globals.read(full_path)?),
    };
    let config = TruthConfig {
        lossy: &lossy,
        full: &full,
        data: lossy_path.display().to_string(),
        methods: args.method.clone(),
        seed: globals.seed,
    };
    let mut take = output.traced();
    let truth = truth::run(&config, keep, take.as_mut().map(|take| take as TakeTraced<'_>))?;
    truth.warnings.iter().for_each(|warning| globals.warning(warning));
    Ok(truth)
}

fn trace_scores(
    args: &EvaluateArgs,
    globals: &Globals,
    keep: &dyn Keep,
    output: &mut Output<'_>,
) -> anyhow::Result<Vec<Score>> {
    let path = args.test.as_ref().context("name the trace whose events are to be hidden with --test")?;
    let learns = args.protocol != ProtocolArg::Itself;
    if learns && args.train.is_empty() {
        bail!("name traces to learn from with --train, or use --protocol self, which learns from the rest of --test");
    }
    let same =
        |other: &&PathBuf| other.canonicalize().is_ok_and(|other| path.canonicalize().is_ok_and(|path| path == other));
    if args.train.iter().chain(&args.valid).find(same).is_some() {
        bail!(
            "{} is both among the traces to learn from and --test; what was learned cannot be tested, name another run",
            path.display()
        );
    }
    let test = globals.read(path)?;
    let train = match learns {
        // What no network knows comes first.
        true => args
            .valid
            .iter()
            .chain(&args.train)
            .map(|path| globals.read(path))
            .collect::<anyhow::Result<Vec<Trace>>>()?,
        false => Vec::new(),
    };
    let data = path.display().to_string();
    if args.protocol == ProtocolArg::CrossRun {
        let config = CrossRunConfig {
            train: train.iter().collect(),
            first_unseen: args.valid.is_some(),
            test: &test,
            data,
            length: args.length,
            blackouts: args.blackout.clone(),
            place: args.gap_at.into(),
            windows: args.gaps,
            methods: args.method.clone(),
            seed: globals.seed,
            threads: globals.threads,
        };
        let models = args.networks(globals)?;
        let mut around = Around { keep, answers: &mut |answers| output.answers(answers) };
        return Ok(cross_run::run(&config, &models, &mut around)?);
    }
    args.no_networks()?;
    let config = BurstConfig {
        train: train.iter().collect(),
        test: &test,
        data,
        blackouts: args.blackout.clone(),
        gaps: args.gaps,
        methods: args.method.clone(),
        seed: globals.seed,
        threads: globals.threads,
    };
    let mut progress = Progress::new(globals, "measuring");
    let mut step = |done: usize, total: usize| progress.set(done as u64, total as u64);
    let mut take = output.traced();
    let scores = burst::run(&config, &mut step, keep, take.as_mut().map(|take| take as TakeTraced<'_>))?;
    progress.finish();
    Ok(scores)
}

impl From<PlaceArg> for Place {
    fn from(place: PlaceArg) -> Self {
        match place {
            PlaceArg::Middle => Self::Middle,
            PlaceArg::End => Self::End,
        }
    }
}

fn paper_scores(args: &EvaluateArgs, globals: &Globals, around: &mut Around<'_>) -> anyhow::Result<Vec<Score>> {
    if let Some(folder) = &args.arrays {
        return paper::score_arrays(folder, globals.seed)
            .with_context(|| format!("the arrays in {} cannot be scored", folder.display()));
    }
    let data = args.data.clone().context("name the windows with --data, or imputed arrays with --arrays")?;
    let config = PaperConfig {
        data,
        datasets: args.dataset.clone(),
        length: args.length,
        blackouts: args.blackout.clone(),
        place: args.gap_at.into(),
        methods: args.method.clone(),
        seed: globals.seed,
        threads: globals.threads,
    };
    let models = args.networks(globals)?;
    Ok(paper::run(&config, &models, around)?)
}
