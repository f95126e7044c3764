//! Reads a trace, repairs it, and prints what it lost: `cargo run -p tracemend --example library -- TRACE`.

use std::path::PathBuf;
use tracemend::repair::{RepairOptions, repair, unwatched};
use tracemend::trace::{OpenOptions, Trace, open};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let path = std::env::args_os().nth(1).map_or_else(|| "samples/ftrace_pipe_lost.txt.zst".into(), PathBuf::from);
    let mut source = open(&path, &OpenOptions::default())?;
    let trace = Trace::read(source.as_mut())?;
    for repaired in repair(&trace, None, &RepairOptions::default(), &unwatched) {
        let sure = repaired.events.iter().filter(|event| event.confidence >= 0.9).count();
        println!("gap {}: {} events inferred, {sure} of them sure", repaired.gap.id, repaired.events.len());
        for kind in repaired.composition.by_event.iter().take(3) {
            println!("    {} x {:.0} ({:.0} to {:.0})", kind.name, kind.expected, kind.low, kind.high);
        }
    }
    Ok(())
}
