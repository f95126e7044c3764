//! `tracemend completions`: completion scripts for shells.

use super::globals::stdout;
use crate::exit;
use clap::{Args, Command};
use clap_complete::Shell;
use std::io::Write;

/// Print the completion script of a shell
#[derive(Args, Debug)]
pub(super) struct CompletionsArgs {
    /// The shell.
    #[arg(value_enum)]
    shell: Shell,
}

pub(super) fn run(args: &CompletionsArgs, mut command: Command) -> anyhow::Result<u8> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut command, "tracemend", &mut script);
    let mut out = stdout();
    out.write_all(&script)?;
    out.flush()?;
    Ok(exit::DONE)
}
