//! The `tracemend` command.

mod cli;

use std::process::ExitCode;
use tracemend::exit;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    cli::interrupt::install();
    match cli::run(std::env::args_os()) {
        Ok(code) => ExitCode::from(code),
        // The reader of a closed pipe has what it wanted.
        Err(error) if cli::messages::is_closed_pipe(&error) => ExitCode::from(exit::DONE),
        Err(error) => {
            cli::messages::error(&error);
            ExitCode::from(exit::ERROR)
        }
    }
}
