//! What a folder without CTF metadata holds: it is looked into before anything is read.

use super::cpu_files::cpu_of;
use super::detect::detect;
use super::table::sequences::{self, Layout};
use super::text::strace::file_tid;
use crate::decode::input::Input;
use crate::{Format, TraceError, TraceResult};
use std::ffi::OsStr;
use std::fs::File;
use std::path::{Path, PathBuf};

/// Maximum number of files looked into before it is decided what a folder holds.
const MAX_LOOKED: usize = 64;

/// What a folder holds.
pub(crate) enum Folder {
    /// `strace -ff`: a file for each thread.
    Strace(Vec<PathBuf>),
    /// ftrace's `per_cpu/cpuN/trace`: a file for each CPU.
    PerCpu(Vec<PathBuf>),
    /// Sequences, one or more a file.
    Sequences(Vec<PathBuf>),
}

/// Looks into a folder.
///
/// # Errors
/// When it cannot be listed, or holds what is no trace as a whole.
pub(crate) fn look(path: &Path) -> TraceResult<Folder> {
    let files = sequences::files(path)?;
    let cpus = per_cpu(&files);
    if !cpus.is_empty() {
        return Ok(Folder::PerCpu(cpus));
    }
    let mut seen: Vec<(&Path, Option<Format>)> = Vec::new();
    for file in &files {
        if seen.len() >= MAX_LOOKED {
            break;
        }
        let io = TraceError::io(file);
        let input = Input::new(Box::new(File::open(file).map_err(io)?)).map_err(io)?;
        if !input.beginning().is_empty() {
            seen.push((file, format_of(input.beginning())));
        }
    }
    let count = |wanted: Format| seen.iter().filter(|(_, format)| *format == Some(wanted)).count();
    if count(Format::Strace) * 2 > seen.len() {
        return strace(path, files);
    }
    // Where nothing is recognised, the files may be sequences of few or of unknown words only if asked for.
    if count(Format::Sequences) * 2 > seen.len() {
        return Ok(Folder::Sequences(files));
    }
    if seen.is_empty() {
        let reason = "a folder of empty files. Record again, or open the folder of a trace".to_owned();
        return Err(TraceError::NotRead { path: path.to_path_buf(), reason });
    }
    let reason = match seen.iter().find_map(|(file, format)| format.map(|format| (file, format))) {
        Some((file, format)) if files.len() == 1 => {
            format!("a folder with one file of format {format}, {}. Open the file itself", file.display())
        }
        Some((file, format)) => format!(
            "a folder of files that are no trace together; {} in it is one of format {format}. Open its files one by one",
            file.display()
        ),
        None => format!(
            "a folder, and {} in it is in no format known here. Open a file, or the folder of a CTF trace; for sequences of \
             other words name the format `sequences`",
            seen.first().map_or(path, |(file, _)| *file).display()
        ),
    };
    Err(TraceError::NotRead { path: path.to_path_buf(), reason })
}

/// The format of a file by its beginning; sequences too where the words are of no known kind, but one stands in each line.
fn format_of(beginning: &[u8]) -> Option<Format> {
    if let Ok(format) = detect(beginning) {
        return Some(format);
    }
    let is_word = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b':' | b'.' | b'-' | b'\n' | b'\r');
    let one_a_line = sequences::layout(beginning) == Layout::Whole || !beginning.contains(&b' ');
    (one_a_line && beginning.iter().all(is_word)).then_some(Format::Sequences)
}

/// The files of `strace -ff -o NAME`: `NAME.PID`.
fn strace(folder: &Path, files: Vec<PathBuf>) -> TraceResult<Folder> {
    let name = files.iter().find(|file| file_tid(file).is_some()).map(|file| file.with_extension(""));
    let (of_run, others): (Vec<PathBuf>, Vec<PathBuf>) =
        files.into_iter().partition(|file| file_tid(file).is_some() && Some(file.with_extension("")) == name);
    match others.first() {
        Some(other) => Err(TraceError::NotRead {
            path: folder.to_path_buf(),
            reason: format!(
                "a folder with files of strace and others ({}); a folder can be read where all its files are those of one \
                 `strace -ff -o NAME`: NAME.PID",
                other.display()
            ),
        }),
        None => Ok(Folder::Strace(of_run)),
    }
}

/// Whether a folder has ftrace's text, a file for each CPU.
pub(crate) fn has_text_by_cpu(path: &Path) -> bool {
    sequences::files(path).is_ok_and(|files| !per_cpu(&files).is_empty())
}

/// The files `cpuN/trace`, or `cpuN/trace_pipe` where there is no other, by CPU.
fn per_cpu(files: &[PathBuf]) -> Vec<PathBuf> {
    let named = |name: &str| -> Vec<PathBuf> {
        let of_name = files.iter().filter(|file| file.file_name() == Some(OsStr::new(name)));
        let mut cpus: Vec<_> = of_name.filter(|file| cpu_of(file).is_some()).cloned().collect();
        cpus.sort_by_cached_key(|file| (cpu_of(file), file.clone()));
        cpus
    };
    let traces = named("trace");
    if traces.is_empty() { named("trace_pipe") } else { traces }
}
