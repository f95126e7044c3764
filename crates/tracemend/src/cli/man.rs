//! `tracemend man`: manual pages.

use super::globals::stdout;
use crate::exit;
use anyhow::Context as _;
use clap::{Args, Command};
use clap_mangen::Man;
use std::{fs, io::Write, path::PathBuf};

/// Write the manual pages
#[derive(Args, Debug)]
pub(super) struct ManArgs {
    /// Write one page per subcommand into this folder; without it, print the main page.
    #[arg(value_name = "FOLDER")]
    folder: Option<PathBuf>,
}

pub(super) fn run(args: &ManArgs, mut command: Command) -> anyhow::Result<u8> {
    command.build();
    let Some(folder) = &args.folder else {
        let mut page = Vec::new();
        Man::new(command).render(&mut page)?;
        let mut out = stdout();
        out.write_all(&page)?;
        out.flush()?;
        return Ok(exit::DONE);
    };
    let shown = folder.display();
    fs::create_dir_all(folder).with_context(|| format!("the folder {shown} cannot be created; choose another one"))?;
    clap_mangen::generate_to(command, folder)
        .with_context(|| format!("the pages cannot be written to {shown}; choose another folder"))?;
    Ok(exit::DONE)
}
