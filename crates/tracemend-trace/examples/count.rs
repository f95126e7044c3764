//! Counts what a reader yields, and how fast: `cargo run --release -p tracemend-trace --example count FILE...`
//! The variable `THREADS` says how many threads read.

use std::path::Path;
use std::time::Instant;
use tracemend_trace::{Item, TraceResult};
use tracemend_trace::{OpenOptions, open};

fn main() -> TraceResult<()> {
    let threads = std::env::var("THREADS").ok().and_then(|threads| threads.parse().ok()).unwrap_or(1);
    let warnings_file = std::env::var_os("WARNINGS").map(Into::into);
    let options = OpenOptions { warnings_file, threads, ..OpenOptions::default() };
    let (prints_events, prints_gaps) = (std::env::var_os("EVENTS").is_some(), std::env::var_os("GAPS").is_some());
    for path in std::env::args().skip(1) {
        let start = Instant::now();
        let mut source = open(Path::new(&path), &options)?;
        let (mut events, mut gaps, mut lost) = (0u64, 0u64, 0u64);
        while let Some(item) = source.next_item()? {
            match item {
                Item::Event(event) => {
                    events += 1;
                    if prints_events {
                        println!("{event:?} {}", source.header().symbols.name(event.name));
                    }
                }
                Item::Gap(gap) => {
                    gaps += 1;
                    lost += gap.lost.count().unwrap_or(0);
                    if prints_gaps {
                        println!("{gap:?}");
                    }
                }
            }
        }
        let seconds = start.elapsed().as_secs_f64();
        let header = source.header();
        println!(
            "{path}: {} events={events} gaps={gaps} lost={lost} streams={} names={} {:.2} M events/s",
            header.format,
            header.streams.len(),
            header.symbols.len(),
            events as f64 / seconds / 1e6
        );
        for warning in &header.warnings {
            println!("  {warning}");
        }
    }
    Ok(())
}
