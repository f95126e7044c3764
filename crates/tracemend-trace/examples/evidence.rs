//! Lists what the threads of a trace tell of loss: `cargo run -p tracemend-trace --example evidence FILE...`

use std::path::Path;
use tracemend_trace::{OpenOptions, open};
use tracemend_trace::{Trace, TraceResult};

fn main() -> TraceResult<()> {
    for path in std::env::args().skip(1) {
        let trace = Trace::read(&mut *open(Path::new(&path), &OpenOptions::default())?)?;
        let found = tracemend_trace::evidence(&trace);
        println!("{path}: {} events, {} gaps, {} more by evidence", trace.events.len(), trace.gaps.len(), found.len());
        for gap in found {
            println!("  {gap:?}");
        }
    }
    Ok(())
}
