//! ftrace's ring buffers: one for each CPU of each instance, with the kernel's counters of what was lost.

use super::unread::Unread;
use crate::advice::{FTRACE_DEFAULT_KIB, ftrace_ring};
use serde::Serialize;
use std::{
    fs::{self, File},
    io::{self, Read},
    path::{Path, PathBuf},
};

/// Where the kernel shows its tracing, below the root. The second is the old place.
const TRACING: [&str; 2] = ["sys/kernel/tracing", "sys/kernel/debug/tracing"];
/// Largest file of counters that is read; those of the kernel have some hundred bytes.
const MAX_STATS: u64 = 1 << 16;

/// The ring buffer of one CPU.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct Ring {
    /// Instance it belongs to; `None` for the one that is always there.
    pub instance: Option<String>,
    /// Its CPU.
    pub cpu: u32,
    /// Its size; `None` where the kernel does not say.
    pub size_kib: Option<u64>,
    /// Events in it.
    pub entries: u64,
    /// Bytes of these events.
    pub bytes: u64,
    /// Events that newer ones overwrote.
    pub overrun: u64,
    /// Events lost because an interrupt filled the whole ring.
    pub commit_overrun: u64,
    /// Events dropped because the ring was full.
    pub dropped_events: u64,
    /// What to raise; `None` where nothing was lost.
    pub advice: Option<String>,
}

impl Ring {
    /// Events lost since the ring was cleared.
    pub(crate) fn lost(&self) -> u64 {
        self.overrun.saturating_add(self.commit_overrun).saturating_add(self.dropped_events)
    }
}

/// Reads the counters of every ring below `root`.
pub(crate) fn rings(root: &Path, unread: &mut Vec<Unread>) -> Vec<Ring> {
    let Some(tracing) =
        TRACING.map(|folder| root.join(folder)).into_iter().find(|folder| is_there(&folder.join("per_cpu")))
    else {
        let what = root.join(TRACING[0]).display().to_string();
        let reason =
            "no tracing of a kernel is there. On Linux, run `mount -t tracefs nodev /sys/kernel/tracing` as root";
        unread.push(Unread { what, reason: reason.to_owned() });
        return Vec::new();
    };
    let mut rings = of_instance(&tracing, None, unread);
    let instances = tracing.join("instances");
    // Old kernels have none.
    if is_there(&instances) {
        for (name, folder) in folders(&instances, unread) {
            rings.extend(of_instance(&folder, Some(&name), unread));
        }
    }
    rings
}

/// Whether something is there, or may be: what is hidden is not missing.
fn is_there(path: &Path) -> bool {
    !matches!(fs::metadata(path), Err(error) if error.kind() == io::ErrorKind::NotFound)
}

/// The folders in a folder by name.
fn folders(folder: &Path, unread: &mut Vec<Unread>) -> Vec<(String, PathBuf)> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) => {
            unread.push(Unread::file(folder, &error));
            return Vec::new();
        }
    };
    let inner = entries.flatten().filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir()));
    let mut named: Vec<_> =
        inner.map(|entry| (entry.file_name().to_string_lossy().into_owned(), entry.path())).collect();
    named.sort();
    named
}

fn of_instance(folder: &Path, instance: Option<&str>, unread: &mut Vec<Unread>) -> Vec<Ring> {
    let cpus = folders(&folder.join("per_cpu"), unread);
    let mut cpus: Vec<(u32, PathBuf)> =
        cpus.into_iter().filter_map(|(name, cpu)| Some((name.strip_prefix("cpu")?.parse().ok()?, cpu))).collect();
    cpus.sort();
    let mut rings = Vec::new();
    for (cpu, folder) in cpus {
        let stats = folder.join("stats");
        match text_of(&stats) {
            Ok(text) => match ring(&text, cpu, size_kib(&folder.join("buffer_size_kb")), instance) {
                Some(ring) => rings.push(ring),
                None => {
                    let reason = "the kernel's counters `entries:` and `overrun:` are not in it";
                    unread.push(Unread { what: stats.display().to_string(), reason: reason.to_owned() });
                }
            },
            Err(error) => unread.push(Unread::file(&stats, &error)),
        }
    }
    rings
}

fn text_of(path: &Path) -> io::Result<String> {
    let mut bytes = Vec::new();
    File::open(path)?.take(MAX_STATS).read_to_end(&mut bytes)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// The size that the file names. A ring that was never used is smaller: `7 (expanded: 1408)`.
fn size_kib(path: &Path) -> Option<u64> {
    let text = text_of(path).ok()?;
    let size = text.split_once("expanded:").map_or(text.as_str(), |(_, size)| size.trim().trim_end_matches(')'));
    size.trim().parse().ok()
}

/// A ring by the text of its file `stats`; `None` where the text has other lines.
fn ring(stats: &str, cpu: u32, size_kib: Option<u64>, instance: Option<&str>) -> Option<Ring> {
    let number =
        |name: &str| -> Option<u64> { stats.lines().find_map(|line| line.strip_prefix(name)?.trim().parse().ok()) };
    let mut ring = Ring {
        instance: instance.map(str::to_owned),
        cpu,
        size_kib,
        entries: number("entries:")?,
        overrun: number("overrun:")?,
        // These came with later kernels.
        bytes: number("bytes:").unwrap_or(0),
        commit_overrun: number("commit overrun:").unwrap_or(0),
        dropped_events: number("dropped events:").unwrap_or(0),
        advice: None,
    };
    if ring.lost() > 0 {
        ring.advice = Some(ftrace_ring(instance, size_kib.unwrap_or(FTRACE_DEFAULT_KIB), ring.lost()));
    }
    Some(ring)
}
