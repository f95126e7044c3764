//! `tracemend evaluate`: how good repairs are, measured on artificial gaps.

use super::{
    globals::{Globals, stdout},
    messages, network,
    progress::Progress,
    repair_output::opened,
};
use anyhow::{Context as _, bail};
use clap::{Args, ValueEnum};
use std::{io::Write, path::PathBuf};
use tracemend::{
    exit,
    report::{Align, Table, count, evaluate_page},
    scores::{Bound, COLUMNS, tables},
};
use tracemend_impute::protocol::{
    Score,
    blackout::Place,
    burst::{self, BurstConfig},
    cross_run::{self, CrossRunConfig},
    paper::{self, PaperConfig},
    truth::{self, MethodShare, Truth, TruthConfig, TruthGap},
};
use tracemend_trace::{
    Trace,
    sink::{JsonLines, atomic::AtomicFile},
};

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
    /// paper: score the imputed arrays of this folder (original, imputation and mask) instead of imputing.
    #[arg(long, value_name = "FOLDER", conflicts_with_all = ["data", "dataset"])]
    arrays: Option<PathBuf>,
    /// burst, cross-run: traces to learn from.
    #[arg(long, value_name = "TRACE", num_args = 1..)]
    train: Vec<PathBuf>,
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
    /// paper, cross-run: measure this trained network too, on the same windows; `NAME=FILE` says what to call it. Repeatable.
    #[arg(long, value_name = "[NAME=]FILE")]
    model: Vec<String>,
    /// How networks of Gaussian diffusion fill windows.
    #[arg(long, value_enum, value_name = "HOW", default_value = "quick")]
    sampling: network::SamplingArg,
    /// Where networks compute.
    #[arg(long, value_enum, value_name = "DEVICE", default_value = "auto")]
    device: network::DeviceArg,
    /// Exit with code 1 if a figure of the engine is worse than this: `thread_lcs=0.8`, or `lookup:accuracy=0.9` for another
    /// method. For an error or a time (composition_tv, ece, seconds_per_gap, leakage) the value is the largest allowed.
    #[arg(long, value_name = "METRIC=VALUE")]
    fail_under: Vec<Bound>,
    /// Write a report too: one HTML file with every figure, its interval and a picture.
    #[arg(long, value_name = "FILE")]
    report: Option<PathBuf>,
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
    // Before the work, so that a report that cannot be written costs nothing.
    let report = args.report.as_deref().map(|path| opened(path, AtomicFile::create(path), "--report")).transpose()?;
    let (gaps, scores) = match args.protocol {
        ProtocolArg::Paper => (Vec::new(), paper_scores(args, globals)?),
        ProtocolArg::CrossRun | ProtocolArg::Itself | ProtocolArg::Burst => (Vec::new(), trace_scores(args, globals)?),
        ProtocolArg::Truth => {
            let truth = truth_scores(args, globals)?;
            (truth.gaps, truth.scores)
        }
    };
    let mut out = stdout();
    if globals.json {
        let mut lines = JsonLines::begin(&mut out, "tracemend.evaluate", 1)?;
        for gap in &gaps {
            lines.row("truth", gap)?;
        }
        for score in &scores {
            lines.row("score", score)?;
        }
    } else {
        for line in truth_table(&gaps) {
            writeln!(out, "{line}")?;
        }
        for line in tables(&scores) {
            writeln!(out, "{line}")?;
        }
    }
    out.flush()?;
    if let Some(mut file) = report {
        file.write_all(evaluate_page(&scores, &COLUMNS).as_bytes())?;
        file.commit()?;
    }
    let broken: Vec<String> = args.fail_under.iter().flat_map(|bound| bound.broken_by(&scores)).collect();
    for line in &broken {
        // Not a note: it is why the exit code is 1, and so is said with --quiet as well.
        messages::note(&format!("failed: {line}"));
    }
    Ok(if broken.is_empty() { exit::DONE } else { exit::CONDITION_FAILED })
}

fn truth_scores(args: &EvaluateArgs, globals: &Globals) -> anyhow::Result<Truth> {
    no_models(args)?;
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
    let truth = truth::run(&config)?;
    truth.warnings.iter().for_each(|warning| globals.warning(warning));
    Ok(truth)
}

/// Gap by gap: counted and really lost events, and each method's share of them put right.
fn truth_table(gaps: &[TruthGap]) -> Vec<String> {
    let Some(first) = gaps.first() else {
        return Vec::new();
    };
    let mut heads =
        vec![("gap", Align::Right), ("stream", Align::Left), ("counted", Align::Right), ("lost", Align::Right)];
    heads.extend(first.thread_lcs.iter().map(|share| (share.method.as_str(), Align::Right)));
    let mut table = Table::new(&heads);
    for gap in gaps {
        let mut cells = vec![
            gap.gap.to_string(),
            gap.stream.clone().unwrap_or_else(|| "?".to_owned()),
            gap.lost_found.map_or("?".to_owned(), count),
            count(gap.lost_true),
        ];
        let share = |share: &MethodShare| share.thread_lcs.map_or(String::new(), |value| format!("{value:.3}"));
        cells.extend(gap.thread_lcs.iter().map(share));
        table.row(cells);
    }
    let mut lines = table.lines();
    lines.push(String::new());
    lines
}

/// Networks fill flat windows, which two of the protocols have.
fn no_models(args: &EvaluateArgs) -> anyhow::Result<()> {
    if !args.model.is_empty() {
        bail!("--model measures networks on flat windows; use it with --protocol paper or cross-run");
    }
    Ok(())
}

fn trace_scores(args: &EvaluateArgs, globals: &Globals) -> anyhow::Result<Vec<Score>> {
    let path = args.test.as_ref().context("name the trace whose events are to be hidden with --test")?;
    let learns = args.protocol != ProtocolArg::Itself;
    if learns && args.train.is_empty() {
        bail!("name traces to learn from with --train, or use --protocol self, which learns from the rest of --test");
    }
    let same =
        |other: &&PathBuf| other.canonicalize().is_ok_and(|other| path.canonicalize().is_ok_and(|path| path == other));
    if args.train.iter().find(same).is_some() {
        bail!("{} is both in --train and --test; what was learned cannot be tested, name another run", path.display());
    }
    let test = globals.read(path)?;
    let train = match learns {
        true => args.train.iter().map(|path| globals.read(path)).collect::<anyhow::Result<Vec<Trace>>>()?,
        false => Vec::new(),
    };
    let data = path.display().to_string();
    if args.protocol == ProtocolArg::CrossRun {
        let config = CrossRunConfig {
            train: train.iter().collect(),
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
        return Ok(cross_run::run(&config, &network::models(&args.model, args.sampling, args.device)?)?);
    }
    no_models(args)?;
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
    let scores = burst::run(&config, &mut |done, total| progress.set(done as u64, total as u64))?;
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

fn paper_scores(args: &EvaluateArgs, globals: &Globals) -> anyhow::Result<Vec<Score>> {
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
    Ok(paper::run(&config, &network::models(&args.model, args.sampling, args.device)?)?)
}
