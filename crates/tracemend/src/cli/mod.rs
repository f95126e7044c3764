//! The command line, one file per subcommand. clap's types stay here; the library does the work.

mod choice;
mod completions;
#[cfg(feature = "nets")]
mod dataset;
mod doctor;
#[cfg(feature = "eval")]
mod evaluate;
#[cfg(feature = "eval")]
mod evaluate_alias;
#[cfg(feature = "eval")]
mod evaluate_finished;
#[cfg(feature = "eval")]
mod evaluate_learning;
#[cfg(all(feature = "eval", feature = "nets"))]
mod evaluate_networks;
#[cfg(feature = "eval")]
mod evaluate_output;
#[cfg(feature = "eval")]
mod evaluate_ring;
#[cfg(feature = "eval")]
mod evaluate_shared;
#[cfg(feature = "eval")]
mod evaluate_traces;
#[cfg(feature = "eval")]
mod evaluate_windows;
mod gaps;
mod gaps_table;
pub(crate) mod globals;
mod info;
pub(crate) mod interrupt;
mod lami;
mod loss_limit;
mod man;
mod memory;
mod merge;
pub(crate) mod messages;
#[cfg(feature = "nets")]
mod models;
#[cfg(feature = "nets")]
mod network;
mod progress;
mod query;
mod reference;
mod repair;
mod repair_network;
mod repair_output;
mod settings;
mod train;
#[cfg(all(feature = "eval", feature = "nets"))]
mod trained;

use crate::exit;
use clap::{CommandFactory, FromArgMatches, Parser, Subcommand, error::ErrorKind};
use globals::Globals;
use std::{ffi::OsString, io::Write};

/// Repairs execution traces that lost events: finds the gaps, reconstructs the lost events, and gives each a probability.
#[derive(Parser, Debug)]
#[command(
    name = "tracemend",
    version,
    max_term_width = 110,
    subcommand_required = true,
    arg_required_else_help = true,
    disable_help_subcommand = true
)]
#[command(
    after_help = "Exit codes: 0 done; 1 a condition failed (gaps --fail-on-loss or --max-loss, evaluate --fail-under, a broken tracer in doctor); 2 error; \
                        130 interrupted.\nEvery option has an environment variable: TRACEMEND_SEED sets --seed, \
                        TRACEMEND_REPAIR_MODEL sets --model of repair."
)]
struct Cli {
    #[command(flatten)]
    globals: Globals,
    #[command(subcommand)]
    command: Task,
}

#[derive(Subcommand, Debug)]
enum Task {
    Info(info::InfoArgs),
    Gaps(gaps::GapsArgs),
    Repair(repair::RepairArgs),
    Query(query::QueryArgs),
    Train(train::TrainArgs),
    Merge(merge::MergeArgs),
    #[cfg(feature = "eval")]
    Evaluate(evaluate::EvaluateArgs),
    #[cfg(feature = "nets")]
    Dataset(dataset::DatasetArgs),
    #[cfg(feature = "nets")]
    Models(models::ModelsArgs),
    Lami(lami::LamiArgs),
    Doctor(doctor::DoctorArgs),
    Completions(completions::CompletionsArgs),
    Man(man::ManArgs),
    #[command(hide = true)]
    Reference(reference::ReferenceArgs),
}

/// The whole command with its environment variables, before any config file.
fn command() -> clap::Command {
    settings::with_environment(Cli::command())
}

/// Runs the program and returns its exit code.
pub(crate) fn run(args: impl Iterator<Item = OsString>) -> anyhow::Result<u8> {
    let args = repair_output::with_output_format(args.collect(), Task::has_subcommand);
    #[cfg(feature = "eval")]
    let args = evaluate_alias::with_subcommand(args, &Cli::command());
    let (mut command, from_file) = match settings::config_path(&args) {
        Some(path) => settings::with_config(command(), &path)?,
        None => (command(), settings::FromFile::new()),
    };
    let parsed = command.try_get_matches_from_mut(&args);
    let matches = match parsed {
        Ok(matches) => matches,
        Err(error) => return usage(&error, !from_file.is_empty()),
    };
    let mut cli = Cli::from_arg_matches(&matches)?;
    messages::set_color(cli.globals.color);
    if cli.globals.print_config {
        globals::stdout().write_all(settings::printed(&command, &matches, &from_file).as_bytes())?;
        return Ok(exit::DONE);
    }
    cli.globals.fit_to_machine();
    match cli.command {
        Task::Info(args) => info::run(&args, &cli.globals),
        Task::Gaps(args) => gaps::run(&args, &cli.globals),
        Task::Repair(args) => repair::run(&args, &cli.globals),
        Task::Query(args) => query::run(&args, &cli.globals),
        Task::Train(args) => train::run(&args, &cli.globals),
        Task::Merge(args) => merge::run(&args, &cli.globals),
        #[cfg(feature = "eval")]
        Task::Evaluate(args) => evaluate::run(&args, &cli.globals),
        #[cfg(feature = "nets")]
        Task::Dataset(args) => dataset::run(&args, &cli.globals),
        #[cfg(feature = "nets")]
        Task::Models(args) => models::run(&args, &cli.globals),
        Task::Lami(args) => lami::run(&args, &cli.globals),
        Task::Doctor(args) => doctor::run(&args, &cli.globals),
        Task::Completions(args) => completions::run(&args, self::command()),
        Task::Man(args) => man::run(&args, self::command()),
        Task::Reference(args) => reference::run(&args, self::command()),
    }
}

/// Prints what clap has to say: help and version are no error, everything else is.
fn usage(error: &clap::Error, config: bool) -> anyhow::Result<u8> {
    error.print()?;
    match error.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => return Ok(exit::DONE),
        // clap names only the option, but the value may come from the file.
        ErrorKind::InvalidValue | ErrorKind::ValueValidation if config => {
            messages::note("if no flag sets this value, correct it in the config file");
        }
        _ => {}
    }
    Ok(exit::ERROR)
}
