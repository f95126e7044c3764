//! Prints the record of each event and each gap: `cargo run --release -p tracemend-trace --example records FILE...`

use std::io::Write;
use std::path::Path;
use tracemend_trace::source::{OpenOptions, open};
use tracemend_trace::{Item, TraceResult};

fn main() -> TraceResult<()> {
    let options = OpenOptions { losses_only: std::env::var_os("LOSSES_ONLY").is_some(), ..OpenOptions::default() };
    let mut out = std::io::BufWriter::new(std::io::stdout().lock());
    for path in std::env::args().skip(1) {
        let mut source = open(Path::new(&path), &options)?;
        while let Some(item) = source.next_item()? {
            let written = match item {
                Item::Event(_) => out.write_all(source.record()).and_then(|()| out.write_all(b"\n")),
                Item::Gap(gap) => writeln!(out, "{gap:?}"),
            };
            if written.is_err() {
                break;
            }
        }
        for warning in &source.header().warnings {
            eprintln!("{warning}");
        }
    }
    Ok(())
}
