//! Options that every subcommand takes, and what follows from them.

use super::messages;
use clap::{Args, ValueEnum};
use std::{
    io::{self, BufWriter, IsTerminal, StdoutLock},
    path::{Path, PathBuf},
};
use tracemend::report::plural;
use tracemend_trace::{Arch, Format, OpenOptions, Source, Trace, TraceHeader};

/// Options of every subcommand.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Global options")]
pub struct Globals {
    /// Read the input as this format instead of recognising it by its content.
    #[arg(long, visible_alias = "input-format", global = true, value_enum, value_name = "FORMAT")]
    pub format: Option<FormatArg>,
    /// Architecture of the traced machine: it decides what a system-call number means.
    #[arg(long, global = true, value_name = "ARCH", default_value = "x86_64",
          value_parser = clap::builder::PossibleValuesParser::new(Arch::ALL.map(|(_, name)| name)))]
    pub arch: String,
    /// What babeltrace2 wrote to stderr: for its text output, this file alone tells of loss.
    #[arg(long, global = true, value_name = "FILE")]
    pub warnings: Option<PathBuf>,
    /// Write JSON Lines `{"type":…,"data":…}`; the first line names the schema and its version.
    #[arg(long, global = true)]
    pub json: bool,
    /// Colour the output; `auto` colours on a terminal unless NO_COLOR is set.
    #[arg(long, global = true, value_enum, value_name = "WHEN", default_value = "auto")]
    pub color: ColorChoice,
    /// Show progress on stderr: `auto` draws a bar on a terminal only, `json` writes one object a line.
    #[arg(long, global = true, value_enum, value_name = "HOW", default_value = "auto")]
    pub progress: ProgressChoice,
    /// Print no warnings and no summary, errors only.
    #[arg(short, long, global = true)]
    pub quiet: bool,
    /// Print more about what is done.
    #[arg(short, long, global = true, conflicts_with = "quiet")]
    pub verbose: bool,
    /// Seed of everything drawn at random; the same seed gives the same output, byte for byte.
    #[arg(long, global = true, value_name = "N", default_value_t = 0)]
    pub seed: u64,
    /// Threads to use; 0 is one for each core. The output does not depend on it.
    #[arg(long, global = true, value_name = "N", default_value_t = 0)]
    pub threads: usize,
    /// Take defaults from this TOML file. Its keys are the long option names, those of a subcommand in a table of its name.
    #[arg(long, global = true, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Print the options in force and where each comes from, as TOML, and do nothing else.
    #[arg(long, global = true)]
    pub print_config: bool,
}

/// When to colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ColorChoice {
    /// On a terminal, unless NO_COLOR is set.
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// How to show progress.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ProgressChoice {
    /// A bar, on a terminal only.
    Auto,
    /// Not at all.
    Never,
    /// One JSON object a line on stderr.
    Json,
}

/// Names of input formats.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum FormatArg {
    /// ftrace text: trace_pipe, trace, trace-cmd report.
    Ftrace,
    /// perf script text.
    PerfScript,
    /// perf trace text.
    PerfTrace,
    /// bpftrace text.
    Bpftrace,
    /// strace -f -ttt text.
    Strace,
    /// babeltrace2 text.
    Babeltrace,
    /// Trace Compass's event table as it exports it.
    TraceCompass,
    /// One call a row: timestamp_ns,cpu,tid,comm,syscall_name,ret,dur_ns.
    Csv,
    /// Plain sequences of names or numbers.
    Sequences,
    /// NumPy windows.
    Npy,
    /// Common Trace Format, 1.8 or 2: a folder.
    Ctf,
    /// perf's own file, perf.data.
    PerfData,
    /// trace-cmd's own file, trace.dat.
    TraceDat,
}

impl From<FormatArg> for Format {
    fn from(arg: FormatArg) -> Self {
        match arg {
            FormatArg::Ftrace => Format::Ftrace,
            FormatArg::PerfScript => Format::PerfScript,
            FormatArg::PerfTrace => Format::PerfTrace,
            FormatArg::Bpftrace => Format::Bpftrace,
            FormatArg::Strace => Format::Strace,
            FormatArg::Babeltrace => Format::Babeltrace,
            FormatArg::TraceCompass => Format::TraceCompass,
            FormatArg::Csv => Format::Csv,
            FormatArg::Sequences => Format::Sequences,
            FormatArg::Npy => Format::Npy,
            FormatArg::Ctf => Format::Ctf,
            FormatArg::PerfData => Format::PerfData,
            FormatArg::TraceDat => Format::TraceDat,
        }
    }
}

impl Globals {
    /// Opens a trace; `-` is stdin.
    pub fn open(&self, path: &Path) -> anyhow::Result<Box<dyn Source>> {
        self.open_for(path, false)
    }

    /// Opens a trace of which only the losses are wanted.
    pub fn open_losses(&self, path: &Path) -> anyhow::Result<Box<dyn Source>> {
        self.open_for(path, true)
    }

    fn open_for(&self, path: &Path, losses_only: bool) -> anyhow::Result<Box<dyn Source>> {
        let options = OpenOptions {
            format: self.format.map(Format::from),
            arch: self.arch.parse::<Arch>().map_err(anyhow::Error::msg)?,
            warnings_file: self.warnings.clone(),
            losses_only,
        };
        Ok(tracemend_trace::open(path, &options)?)
    }

    /// Reads a trace whole.
    pub fn read(&self, path: &Path) -> anyhow::Result<Trace> {
        let mut source = self.open(path)?;
        let trace = Trace::read(source.as_mut())?;
        self.reader_warnings(&trace.header);
        Ok(trace)
    }

    /// Reads traces whole; `progress` is told how many of how many are done.
    pub fn read_all(&self, paths: &[PathBuf], progress: &mut dyn FnMut(u64, u64)) -> anyhow::Result<Vec<Trace>> {
        let mut traces = Vec::with_capacity(paths.len());
        for (done, path) in paths.iter().enumerate() {
            progress(done as u64, paths.len() as u64);
            let trace = self.read(path)?;
            self.detail(&format!("read {} from {}", plural(trace.events.len() as u64, "event"), path.display()));
            traces.push(trace);
        }
        Ok(traces)
    }

    /// Passes on what the reader passed over.
    pub fn reader_warnings(&self, header: &TraceHeader) {
        for warning in &header.warnings {
            self.warning(warning);
        }
    }

    /// A warning, unless `--quiet`.
    pub fn warning(&self, text: &str) {
        if !self.quiet {
            messages::warning(text);
        }
    }

    /// A line of summary, unless `--quiet`.
    pub fn note(&self, text: &str) {
        if !self.quiet {
            messages::note(text);
        }
    }

    /// A line for `--verbose`.
    pub fn detail(&self, text: &str) {
        if self.verbose {
            messages::note(text);
        }
    }

    /// How many threads to use.
    pub fn thread_count(&self) -> usize {
        match self.threads {
            0 => std::thread::available_parallelism().map_or(1, usize::from),
            threads => threads,
        }
    }
}

/// Stdout, buffered and locked.
pub fn stdout() -> BufWriter<StdoutLock<'static>> {
    BufWriter::with_capacity(64 << 10, io::stdout().lock())
}

/// Whether text on stdout shall be coloured.
pub fn stdout_colored() -> bool {
    messages::colored(io::stdout().is_terminal())
}
