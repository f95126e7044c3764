//! Files of one CPU as they lie in ftrace's `per_cpu/cpuN`.

use crate::decode::context::whole_cpu;
use std::fs::File;
use std::path::Path;

/// The CPU of a file in a folder `cpuN`.
pub(crate) fn cpu_of(file: &Path) -> Option<u32> {
    whole_cpu(file.parent()?.file_name()?.to_str()?.strip_prefix("cpu")?.as_bytes())
}

/// Events that a CPU's ring overwrote and dropped, by the file `stats` beside its trace.
pub(crate) fn cpu_stats(trace: &Path) -> Option<(u64, u64)> {
    const MAX_STATS: u64 = 1 << 16;
    let mut text = Vec::new();
    let file = File::open(trace.with_file_name("stats")).ok()?;
    std::io::Read::read_to_end(&mut std::io::Read::take(file, MAX_STATS), &mut text).ok()?;
    let text = String::from_utf8_lossy(&text).into_owned();
    let number =
        |name: &str| -> Option<u64> { text.lines().find_map(|line| line.strip_prefix(name)?.trim().parse().ok()) };
    Some((number("overrun:")?, number("dropped events:").unwrap_or(0)))
}
