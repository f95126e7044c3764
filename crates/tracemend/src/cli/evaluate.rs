//! `tracemend evaluate`: how good repairs are, measured on gaps whose events are known.

use super::evaluate_ring::RingArgs;
use super::evaluate_shared::{ProtocolArgs, cache};
use super::evaluate_traces::{BurstArgs, SelfArgs, TruthArgs};
use super::evaluate_windows::{CrossRunArgs, PaperArgs};
use super::globals::Globals;
use super::messages;
use crate::exit;
use clap::builder::PossibleValuesParser;
use clap::{Args, Subcommand};
use tracemend_eval::cache::Cache;

/// Measure how good repairs are, on artificial gaps of known length
///
/// Each subcommand is a protocol, which says what is hidden and what methods may learn from. Every method gets the same
/// gaps. Prints each figure with its 95 % bootstrap interval. `evaluate --protocol NAME` means `evaluate NAME`.
#[derive(Args, Debug)]
#[command(arg_required_else_help = true, subcommand_required = true, disable_help_subcommand = true)]
#[command(after_long_help = "Examples:\n  \
    tracemend evaluate self --test trace.dat --report self.html\n  \
    tracemend evaluate burst --train run1.dat run2.dat --test run3.dat --fail-under thread_lcs=0.8\n  \
    tracemend evaluate ring --test complete.dat --preset ftrace\n  \
    tracemend evaluate truth --lossy lossy.txt --full complete.txt")]
pub(super) struct EvaluateArgs {
    /// The older way to name the protocol. What comes here is a wrong name: right ones became the subcommand before.
    #[arg(long = "protocol", value_name = "PROTOCOL", hide = true, value_parser = PossibleValuesParser::new(NAMES))]
    _protocol: Option<String>,
    #[command(subcommand)]
    protocol: Protocol,
}

/// The names of the protocols.
const NAMES: [&str; 6] =
    [PaperArgs::NAME, CrossRunArgs::NAME, BurstArgs::NAME, SelfArgs::NAME, RingArgs::NAME, TruthArgs::NAME];

#[derive(Subcommand, Debug)]
enum Protocol {
    Paper(Box<PaperArgs>),
    CrossRun(Box<CrossRunArgs>),
    Burst(Box<BurstArgs>),
    #[command(name = "self")]
    Itself(Box<SelfArgs>),
    Ring(Box<RingArgs>),
    Truth(Box<TruthArgs>),
}

pub(super) fn run(args: &EvaluateArgs, globals: &Globals) -> anyhow::Result<u8> {
    match &args.protocol {
        Protocol::Paper(args) => evaluate(&**args, globals),
        Protocol::CrossRun(args) => evaluate(&**args, globals),
        Protocol::Burst(args) => evaluate(&**args, globals),
        Protocol::Itself(args) => evaluate(&**args, globals),
        Protocol::Ring(args) => evaluate(&**args, globals),
        Protocol::Truth(args) => evaluate(&**args, globals),
    }
}

fn evaluate<P: ProtocolArgs>(args: &P, globals: &Globals) -> anyhow::Result<u8> {
    let shared = args.shared();
    // Before the work, so that what cannot be written costs nothing.
    let mut output = shared.output.open(args.save_arrays())?;
    let folder = cache(args, globals)?;
    let cache: &dyn Cache = folder.as_ref().map_or(&(), |folder| folder);
    let finished = args.measure(globals, cache, &mut output)?;
    output.finish(&finished, globals)?;
    let broken: Vec<String> = shared.fail_under.iter().flat_map(|bound| bound.broken_by(&finished.scores)).collect();
    for line in &broken {
        // It is the reason for exit code 1, so --quiet does not silence it.
        messages::note(&format!("failed: {line}"));
    }
    Ok(if broken.is_empty() { exit::DONE } else { exit::CONDITION_FAILED })
}
