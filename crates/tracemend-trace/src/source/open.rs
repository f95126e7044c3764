//! From a path to a reader.

use super::context::Context;
use super::input::Input;
use super::lines::Lines;
use super::text::{LineFormat, Text};
use super::{Arch, Source, csv, detect, ftrace, perf_script};
use crate::{Format, TraceError, TraceResult};
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

/// How an input is to be read.
#[derive(Clone, Debug, Default)]
pub struct OpenOptions {
    /// The format, where it is not to be recognised by content.
    pub format: Option<Format>,
    /// The traced machine, for system call numbers.
    pub arch: Arch,
    /// What `babeltrace2` wrote to its standard error: it alone tells of loss.
    pub warnings_file: Option<PathBuf>,
}

/// Opens a trace: a file, a directory of sequences, or `-` for the standard input. Zstandard and gzip are recognised
/// by their first bytes, and the format by the first lines unless `options` name it.
///
/// # Errors
/// When the path cannot be read, or what it holds is no format known here.
pub fn open(path: &Path, options: &OpenOptions) -> TraceResult<Box<dyn Source>> {
    if path.as_os_str() == "-" {
        return from_reader(Box::new(std::io::stdin()), path, options);
    }
    let io = |source| TraceError::Io { path: path.to_path_buf(), source };
    let file = File::open(path).map_err(io)?;
    from_reader(Box::new(file), path, options)
}

/// Reads a trace from anywhere; `path` is its name in messages.
///
/// # Errors
/// As [`open`].
pub fn from_reader(reader: Box<dyn Read + Send>, path: &Path, options: &OpenOptions) -> TraceResult<Box<dyn Source>> {
    let input = Input::new(reader).map_err(|source| TraceError::Io { path: path.to_path_buf(), source })?;
    let format = match options.format {
        Some(format) => format,
        None => detect::detect(input.beginning())
            .map_err(|seen| TraceError::UnknownFormat { path: path.to_path_buf(), seen })?,
    };
    let parts = Parts { context: Context::new(format, options.arch), path: path.to_path_buf(), input };
    match format {
        Format::Ftrace => Ok(parts.text(ftrace::Ftrace::default())),
        Format::PerfScript => Ok(parts.text(perf_script::PerfScript::default())),
        Format::Csv => Ok(parts.text(csv::Csv::default())),
        other => Err(TraceError::UnknownFormat { path: path.to_path_buf(), seen: format!("{other}") }),
    }
}

struct Parts {
    context: Context,
    path: PathBuf,
    input: Input,
}

impl Parts {
    fn text<F: LineFormat + 'static>(self, format: F) -> Box<dyn Source> {
        let compression = self.input.compression;
        Box::new(Text::new(Lines::new(self.input), self.context, format, self.path, compression))
    }
}
