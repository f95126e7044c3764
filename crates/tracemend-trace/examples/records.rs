//! Prints every recorded event of a trace as its format's own tool would, and its gaps on the standard error:
//! `cargo run --release --example records -- TRACE`. With `LOSSES_ONLY` set, its gaps alone.

use std::error::Error;
use std::io::{Write, stdout};
use std::path::PathBuf;
use tracemend_trace::Item;

fn main() -> Result<(), Box<dyn Error>> {
    let path = PathBuf::from(std::env::args_os().nth(1).ok_or("name a trace")?);
    let mut source = tracemend_trace::open(
        &path,
        &tracemend_trace::OpenOptions { losses_only: std::env::var_os("LOSSES_ONLY").is_some(), ..Default::default() },
    )?;
    let mut out = std::io::BufWriter::new(stdout().lock());
    while let Some(item) = source.next_item()? {
        match item {
            Item::Event(_) => {
                out.write_all(source.record())?;
                out.write_all(b"\n")?;
            }
            Item::Gap(gap) => eprintln!("{gap:?}"),
        }
    }
    out.flush()?;
    for warning in &source.header().warnings {
        eprintln!("{warning}");
    }
    Ok(())
}
