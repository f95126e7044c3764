//! From a path to a reader.

use super::archive::{Archive, is_tar};
use super::cpu_files::{cpu_of, cpu_stats};
use super::folder::{self, Folder};
use super::json_lines::{inspektor_gadget, tetragon, tracee};
use super::options::OpenOptions;
use super::several::Several;
use super::table::{csv, npy, npz, sequences, trace_compass};
use super::text::babeltrace_loss::Loss;
use super::text::{auditd, babeltrace, bpftrace, ftrace, perf_script, perf_trace, strace};
use super::text_source::{LineFormat, Text};
use super::{ctf, detect, ftrace_raw, perf_data, perfetto, scap, trace_dat};
use crate::decode::context::Context;
use crate::decode::feed::Feed;
use crate::decode::input::Input;
use crate::decode::threads::Threads;
use crate::source::Source;
use crate::{Format, TraceError, TraceResult};
use std::fs::File;
use std::io::Read;
use std::path::Path;

/// Opens a trace: a file, a folder (a CTF trace, the files of `strace -ff`, ftrace's `per_cpu`
/// as text or raw, or sequences), or `-` for the standard input. Compression (Zstandard,
/// gzip) is recognised by the first bytes, and the format by the first lines unless `options` name it.
///
/// ```no_run
/// use std::path::Path;
/// use tracemend_trace::{Item, OpenOptions, open};
///
/// let mut source = open(Path::new("lttng-session"), &OpenOptions::default())?;
/// while let Some(item) = source.next_item()? {
///     if let Item::Gap(gap) = item {
///         println!("{:?} events lost from {:?} to {:?}", gap.lost, gap.begin_ns, gap.end_ns);
///     }
/// }
/// # Ok::<(), tracemend_trace::TraceError>(())
/// ```
///
/// # Errors
/// When the path cannot be read, or its content is in no format known here.
pub fn open(path: &Path, options: &OpenOptions) -> TraceResult<Box<dyn Source>> {
    if path.as_os_str() == "-" {
        return from_reader(Box::new(std::io::stdin()), path, options);
    }
    let io = TraceError::io(path);
    if path.is_dir() {
        return directory(path, options);
    }
    let file = File::open(path).map_err(io)?;
    from_input(Input::of_file(file).map_err(io)?, path, options)
}

/// Reads a trace from anywhere; `path` is its name in messages.
///
/// # Errors
/// As [`open`].
pub fn from_reader(reader: Box<dyn Read + Send>, path: &Path, options: &OpenOptions) -> TraceResult<Box<dyn Source>> {
    from_input(Input::new(reader).map_err(TraceError::io(path))?, path, options)
}

fn from_input(input: Input, path: &Path, options: &OpenOptions) -> TraceResult<Box<dyn Source>> {
    if is_tar(input.beginning()) {
        let archive = Archive::unpack(input, path)?;
        let source = open(&archive.inside, options)?;
        return Ok(archive.reader(source));
    }
    let format = match options.format {
        Some(format) => format,
        None => detect::detect(input.beginning()).map_err(|unrecognised| match input.damage() {
            // Damaged before anything could be unpacked, it only seems to be empty.
            Some(seen) => TraceError::UnknownFormat { path: path.to_path_buf(), seen },
            None => unrecognised.of(path),
        })?,
    };
    let threads = options.threads();
    let parts = Parts { context: Context::new(format, options.arch, path.to_path_buf()), input, threads };
    Ok(match format {
        Format::Ftrace => parts.text(ftrace::Ftrace::default()),
        Format::PerfScript => parts.text_of(perf_script::PerfScript::new),
        Format::PerfTrace => parts.text(perf_trace::PerfTrace::default()),
        Format::Auditd => parts.text(auditd::Auditd::default()),
        Format::Tracee => parts.text(tracee::Tracee),
        Format::Tetragon => parts.text(tetragon::Tetragon::default()),
        Format::InspektorGadget => parts.text(inspektor_gadget::InspektorGadget),
        Format::Bpftrace => parts.text(bpftrace::Bpftrace::default()),
        Format::Strace => parts.text(strace::Strace::new(path)),
        Format::Babeltrace => {
            let loss = options.warnings_file.as_deref().map(warnings).transpose()?;
            parts.text(babeltrace::Babeltrace::new(loss))
        }
        Format::TraceCompass => parts.text(trace_compass::TraceCompass::default()),
        Format::Csv => parts.text(csv::Csv::default()),
        Format::Sequences => {
            let layout = sequences::layout(parts.input.beginning());
            parts.text(sequences::Sequences::new(path, layout))
        }
        Format::Npy if npz::is_archive(parts.input.beginning()) => {
            Box::new(npy::Npz::open(parts.input, parts.context.path)?)
        }
        Format::Npy => Box::new(npy::Npy::new(parts.input, parts.context.path)),
        Format::PerfData => return perf_data::open(parts.input, path, options),
        Format::Perfetto => return perfetto::open(parts.input, path, options),
        Format::TraceDat => return trace_dat::open(parts.input, path, options),
        Format::Scap => return scap::open(parts.input, path, options),
        Format::FtraceRaw => return Err(ftrace_raw::refuse(path)),
        Format::Ctf => {
            return Err(TraceError::UnknownFormat {
                path: path.to_path_buf(),
                seen: "one file; a CTF trace is a folder".into(),
            });
        }
    })
}

fn warnings(path: &Path) -> TraceResult<Loss> {
    let io = TraceError::io(path);
    Loss::read(Input::new(Box::new(File::open(path).map_err(io)?)).map_err(io)?).map_err(io)
}

fn directory(path: &Path, options: &OpenOptions) -> TraceResult<Box<dyn Source>> {
    if matches!(options.format, None | Some(Format::Ctf)) && (options.format.is_some() || holds_metadata(path, 0)) {
        return ctf::open(path, options);
    }
    if options.format.is_none()
        && let Some(reason) = perf_data::folder(path)
    {
        return Err(TraceError::NotRead { path: path.to_path_buf(), reason: reason.to_owned() });
    }
    if matches!(options.format, None | Some(Format::FtraceRaw))
        && let Some(found) = ftrace_raw::find(path)
        && (options.format.is_some() || found.tracing.is_some() || !folder::has_text_by_cpu(path))
    {
        return ftrace_raw::open(path, found, options);
    }
    let found = match options.format {
        Some(Format::Sequences) => Folder::Sequences(sequences::files(path)?),
        None | Some(Format::Ftrace | Format::Strace) => folder::look(path)?,
        Some(Format::FtraceRaw) => {
            let reason = ftrace_raw::nothing_found();
            return Err(TraceError::NotRead { path: path.to_path_buf(), reason });
        }
        Some(format) => {
            let reason = format!("a folder, which no trace of format {format} is. Open a file in it");
            return Err(TraceError::NotRead { path: path.to_path_buf(), reason });
        }
    };
    let options = options.clone();
    Ok(match found {
        Folder::Sequences(files) => Box::new(sequences::Directory::new(files, &options)),
        Folder::Strace(files) => {
            let options = OpenOptions { format: Some(Format::Strace), ..options };
            Box::new(Several::new(Format::Strace, files, Box::new(move |file| open(file, &options))))
        }
        Folder::PerCpu(files) => {
            let open_cpu = move |file: &Path| -> TraceResult<Box<dyn Source>> {
                let io = TraceError::io(file);
                let input = Input::of_file(File::open(file).map_err(io)?).map_err(io)?;
                let context = Context::new(Format::Ftrace, options.arch, file.to_path_buf());
                let cpu = cpu_of(file).unwrap_or(0);
                let threads = options.threads();
                Ok(Parts { context, input, threads }.text(ftrace::Ftrace::of_cpu(cpu, cpu_stats(file))))
            };
            Box::new(Several::new(Format::Ftrace, files, Box::new(open_cpu)))
        }
    })
}

/// Whether a folder is, or holds, a CTF trace: its streams lie beside a file `metadata`.
pub(crate) fn holds_metadata(folder: &Path, depth: usize) -> bool {
    const MAX_DEPTH: usize = 6;
    if folder.join("metadata").is_file() {
        return true;
    }
    depth < MAX_DEPTH
        && std::fs::read_dir(folder).is_ok_and(|entries| {
            entries
                .flatten()
                .any(|entry| entry.file_type().is_ok_and(|t| t.is_dir()) && holds_metadata(&entry.path(), depth + 1))
        })
}

struct Parts {
    context: Context,
    input: Input,
    threads: Threads,
}

impl Parts {
    /// A text whose reader looks at its first lines.
    fn text_of<F: LineFormat + 'static>(self, format: fn(&[&[u8]]) -> F) -> Box<dyn Source> {
        let lines: Vec<&[u8]> = self.input.beginning().split(|&b| b == b'\n').collect();
        let format = format(&lines);
        self.text(format)
    }

    fn text<F: LineFormat + 'static>(self, format: F) -> Box<dyn Source> {
        let compression = self.input.compression;
        Box::new(Text::new(Feed::new(self.input, self.threads), self.context, format, compression))
    }
}
