//! Finds the files of a folder that hold raw pages, and the folder that describes their events.

use crate::decode::context::whole_cpu;
use crate::decode::input::Input;
use crate::decode::order::Order;
use crate::kernel::page::PageFormat;
use std::fs::{self, File};
use std::path::{Path, PathBuf};

/// How far below a folder its parts lie: `FOLDER/tracing/instances/NAME/per_cpu/cpuN/trace_pipe_raw`.
const MAX_DEPTH: usize = 6;
/// Maximum number of entries looked at: a folder of sequences can have many.
const MAX_ENTRIES: usize = 1 << 16;
/// Bytes of a page before Linux 6.8, and by default since.
pub(crate) const USUAL_PAGE: usize = 4096;

/// A file with the pages of one CPU.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct RawFile {
    pub(crate) path: PathBuf,
    /// Name of the ring buffer instance, empty for the main buffer.
    pub(crate) buffer: String,
    pub(crate) cpu: u32,
}

/// The raw files of a folder.
#[derive(Debug)]
pub(crate) struct RawFiles {
    /// By buffer and CPU.
    pub(crate) files: Vec<RawFile>,
    /// What stands in for `/sys/kernel/tracing`: the folder that `events` lies in.
    pub(crate) tracing: Option<PathBuf>,
}

/// What a file's path says.
struct Named {
    path: PathBuf,
    cpu: u32,
    /// What is left of the path: it tells buffers apart.
    label: String,
    instance: bool,
}

/// Looks for raw files; `None` where there are none.
pub(crate) fn find(folder: &Path) -> Option<RawFiles> {
    let mut named = Vec::new();
    let mut entries = 0;
    let mut tracing = None;
    walk(folder, folder, 0, &mut entries, &mut named, &mut tracing);
    named.retain(|named| is_raw(&named.path));
    let main = named.iter().filter(|named| !named.instance).map(|named| named.label.clone()).min_by_key(String::len);
    let mut files: Vec<RawFile> = named
        .into_iter()
        .map(|Named { path, cpu, label, instance }| {
            let rest = main.as_ref().filter(|_| !instance).and_then(|main| label.strip_prefix(main.as_str()));
            let buffer = rest.unwrap_or(&label).trim_start_matches(|c: char| !c.is_alphanumeric()).to_owned();
            RawFile { path, buffer, cpu }
        })
        .collect();
    files.sort_by(|a, b| (&a.buffer, a.cpu, &a.path).cmp(&(&b.buffer, b.cpu, &b.path)));
    (!files.is_empty()).then_some(RawFiles { files, tracing })
}

fn walk(
    root: &Path,
    folder: &Path,
    depth: usize,
    entries: &mut usize,
    named: &mut Vec<Named>,
    tracing: &mut Option<PathBuf>,
) {
    let Ok(list) = fs::read_dir(folder) else { return };
    let mut paths: Vec<PathBuf> = list.flatten().take(MAX_ENTRIES).map(|entry| entry.path()).collect();
    paths.sort();
    for path in paths {
        *entries += 1;
        if *entries > MAX_ENTRIES {
            return;
        }
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if path.is_dir() {
            if name == "events" {
                // Some thousand files, of which none is raw.
                if tracing.is_none() && (path.join("header_page").is_file() || has_format(&path)) {
                    *tracing = Some(folder.to_path_buf());
                }
            } else if depth < MAX_DEPTH && name != "options" && !name.starts_with('.') {
                walk(root, &path, depth + 1, entries, named, tracing);
            }
        } else if let Some(file) = name_of(root, &path) {
            named.push(file);
        }
    }
}

/// Whether a folder holds `SYSTEM/EVENT/format`.
fn has_format(events: &Path) -> bool {
    let below = |folder: &Path| fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
    let mut systems = below(events).take(MAX_ENTRIES);
    systems.any(|system| below(&system).take(MAX_ENTRIES).any(|event| event.join("format").is_file()))
}

/// The CPU of a file and what else its path says; `None` where it names no CPU.
fn name_of(root: &Path, path: &Path) -> Option<Named> {
    let below = path.strip_prefix(root).ok()?;
    let mut parts: Vec<String> = below.iter().map(|part| part.to_string_lossy().into_owned()).collect();
    let file = parts.pop()?;
    let packed = [".zst", ".gz"].iter().find_map(|suffix| file.strip_suffix(suffix));
    let file = packed.unwrap_or(&file);
    // The folder that was opened can itself be `cpuN`.
    if file == "trace_pipe_raw" && parts.is_empty() {
        parts.extend(root.file_name().map(|name| name.to_string_lossy().into_owned()));
    }
    let (cpu, rest) = if file == "trace_pipe_raw" {
        (whole_cpu(parts.pop()?.strip_prefix("cpu")?.as_bytes())?, String::new())
    } else {
        let stem = [".raw", ".bin", ".dat"].iter().find_map(|suffix| file.strip_suffix(suffix)).unwrap_or(file);
        let at = stem.rfind("cpu")?;
        let (before, cpu) = (&stem[..at], whole_cpu(&stem.as_bytes()[at + 3..])?);
        if before.ends_with(char::is_alphanumeric) {
            return None;
        }
        (cpu, before.trim_end_matches(['.', '_', '-']).to_owned())
    };
    let instance = parts.iter().any(|part| part == "instances");
    let after = parts.iter().position(|part| part == "instances").map_or(0, |at| at + 1);
    let mut label: Vec<&str> = parts[after..].iter().map(String::as_str).filter(|&part| part != "per_cpu").collect();
    label.extend(Some(rest.as_str()).filter(|rest| !rest.is_empty()));
    Some(Named { path: path.to_path_buf(), cpu, label: label.join("/"), instance })
}

/// Whether a file holds pages. Files of a running tracer have no length: reading them would wait, and take what they hold.
fn is_raw(path: &Path) -> bool {
    if !fs::metadata(path).is_ok_and(|data| data.is_file() && data.len() > 0) {
        return false;
    }
    let by_name = path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("trace_pipe_raw"));
    by_name
        || File::open(path)
            .and_then(|file| Input::new(Box::new(file)))
            .is_ok_and(|input| holds_pages(input.beginning()))
}

/// Whether bytes begin with pages of a ring buffer of any usual machine.
pub(crate) fn holds_pages(beginning: &[u8]) -> bool {
    kinds().any(|format| votes(&format, beginning) > 0)
}

/// Whether bytes are whole pages of a ring buffer, and nothing else.
pub(crate) fn is_pages(beginning: &[u8]) -> bool {
    let pages = beginning.len() / USUAL_PAGE;
    pages > 0 && beginning.len().is_multiple_of(USUAL_PAGE) && kinds().any(|format| votes(&format, beginning) == pages)
}

fn kinds() -> impl Iterator<Item = PageFormat> {
    let orders = [Order::Little, Order::Big];
    orders.into_iter().flat_map(|order| [8, 4].map(|long| PageFormat::usual(order, USUAL_PAGE, long)))
}

/// How many of the pages in these bytes are pages by this format.
pub(crate) fn votes(format: &PageFormat, bytes: &[u8]) -> usize {
    bytes.chunks_exact(format.size).filter(|page| format.is_page(page)).count()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn files_tell_their_cpu_and_buffer_by_their_names() {
        let named = |below: &str| {
            let root = Path::new("out");
            name_of(root, &root.join(below)).map(|named| (named.cpu, named.label))
        };
        for (path, cpu, label) in [
            ("per_cpu/cpu3/trace_pipe_raw", 3, ""),
            ("per_cpu/cpu3/trace_pipe_raw.zst", 3, ""),
            ("instances/extra/per_cpu/cpu0/trace_pipe_raw", 0, "extra"),
            ("cpu12.raw", 12, ""),
            ("cpu1", 1, ""),
            ("trace.dat.cpu1", 1, "trace.dat"),
            ("trace.dat.extra.cpu1", 1, "trace.dat.extra"),
            ("trace_pipe_raw.cpu0", 0, "trace_pipe_raw"),
        ] {
            assert_eq!(named(path), Some((cpu, label.to_owned())), "{path}");
        }
        for other in ["per_cpu/cpu0/stats", "cpu", "mycpu0", "cpu0.txt", "cpux"] {
            assert_eq!(named(other), None, "{other}");
        }
    }
}
