//! Options that every subcommand takes, and helpers that depend on them.

use super::choice::{Choices, choice};
use super::memory;
use super::messages::{self, ColorChoice};
use crate::report::plural;
use anyhow::Context as _;
use clap::{Args, ValueEnum};
use std::{
    io::{self, BufWriter, IsTerminal, StdoutLock, Write},
    path::{Path, PathBuf},
};
use tracemend_repair::{Params, RepairOptions};
use tracemend_trace::fs::named;
use tracemend_trace::{Arch, Format, MemoryBudget, OpenOptions, Source, Trace, TraceHeader, escaped};

/// Options of every subcommand.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Global options")]
pub(crate) struct Globals {
    /// Read the input as this format instead of recognising the format by the content.
    #[arg(long, visible_alias = "input-format", global = true, value_parser = choice(FORMATS), value_name = "FORMAT")]
    pub format: Option<Format>,
    /// Architecture of the traced machine, which gives system-call numbers their names; `none` leaves them numbers. By default
    /// what the file says, or else x86_64.
    #[arg(long, global = true, value_name = "ARCH",
          value_parser = clap::builder::PossibleValuesParser::new(Arch::ALL.map(|(_, name)| name)))]
    pub arch: Option<String>,
    /// File with the stderr of babeltrace2: its text output mentions no losses, its warnings do.
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
    /// Print errors only, no warnings and no summary.
    #[arg(short, long, global = true)]
    pub quiet: bool,
    /// Print more details.
    #[arg(short, long, global = true, conflicts_with = "quiet")]
    pub verbose: bool,
    /// Seed of all random draws; the same seed gives the same output, byte for byte.
    #[arg(long, global = true, value_name = "N", default_value_t = 0)]
    pub seed: u64,
    /// Change a constant of the repair, for experiments: `search.stay_tokens=8`. docs/parameters.md lists them. Repeatable.
    #[arg(long, global = true, value_name = "NAME=VALUE")]
    pub param: Vec<String>,
    /// Threads to use, at most one per core; 0 for one per core. The output does not depend on it.
    #[arg(long, global = true, value_name = "N", default_value_t = 0)]
    pub threads: usize,
    /// Memory that a trace may need, such as `500M` or `8G`; by default three quarters of what there is for the program.
    /// Larger traces are refused before they take it.
    #[arg(long, global = true, value_name = "SIZE", value_parser = memory::size)]
    pub max_memory: Option<u64>,
    /// Take defaults from this TOML file. Keys are the long option names; the options of a subcommand form a table, such as `[repair]` or `[dataset.build]`.
    #[arg(long, global = true, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Print the options in force as TOML, with the source of each value, and exit.
    #[arg(long, global = true)]
    pub print_config: bool,
}

/// How to show progress.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ProgressChoice {
    /// A bar, on a terminal only.
    Auto,
    /// Never.
    Never,
    /// One JSON object per line on stderr.
    Json,
}

/// The input formats.
const FORMATS: &Choices<Format> = &[
    (Format::Ftrace, "ftrace", "ftrace text: trace_pipe, trace, trace-cmd report"),
    (Format::PerfScript, "perf-script", "perf script text"),
    (Format::PerfTrace, "perf-trace", "perf trace text"),
    (Format::Bpftrace, "bpftrace", "bpftrace text"),
    (Format::Auditd, "auditd", "Linux audit log: audit.log, ausearch --raw"),
    (Format::Tracee, "tracee", "Tracee JSON: tracee --output json"),
    (Format::Tetragon, "tetragon", "Tetragon JSON: export file, tetra getevents -o json"),
    (Format::InspektorGadget, "inspektor-gadget", "Inspektor Gadget JSON: ig run … -o json"),
    (Format::Strace, "strace", "strace -f -ttt text"),
    (Format::Babeltrace, "babeltrace", "babeltrace2 text"),
    (Format::TraceCompass, "trace-compass", "Event table that Trace Compass exported"),
    (Format::Csv, "csv", "One call a row: timestamp_ns,cpu,tid,comm,syscall_name,ret,dur_ns"),
    (Format::Sequences, "sequences", "Plain sequences of names or numbers"),
    (Format::Npy, "npy", "NumPy windows"),
    (Format::Ctf, "ctf", "Folder of Common Trace Format, 1.8 or 2"),
    (Format::PerfData, "perf-data", "perf's own file, perf.data"),
    (Format::Perfetto, "perfetto", "Perfetto trace: ftrace events of a .pftrace, .perfetto-trace"),
    (Format::TraceDat, "trace-dat", "trace-cmd's own file, trace.dat"),
    (Format::Scap, "scap", "Capture of Falco or sysdig"),
    (Format::FtraceRaw, "ftrace-raw", "Folder of trace_pipe_raw files beside ftrace's events folder"),
];

impl Globals {
    /// Opens a trace; `-` is stdin.
    pub(crate) fn open(&self, path: &Path) -> anyhow::Result<Box<dyn Source>> {
        self.open_for(path, false)
    }

    /// Opens a trace to read only its losses.
    pub(crate) fn open_losses(&self, path: &Path) -> anyhow::Result<Box<dyn Source>> {
        self.open_for(path, true)
    }

    fn open_for(&self, path: &Path, losses_only: bool) -> anyhow::Result<Box<dyn Source>> {
        Ok(tracemend_trace::open(path, &OpenOptions { losses_only, ..self.open_options()? })?)
    }

    /// How to open a trace with these options.
    pub(crate) fn open_options(&self) -> anyhow::Result<OpenOptions> {
        Ok(OpenOptions {
            format: self.format,
            arch: self.arch.as_deref().map(str::parse::<Arch>).transpose().map_err(anyhow::Error::msg)?,
            warnings_file: self.warnings.clone(),
            threads: self.thread_count(),
            ..OpenOptions::default()
        })
    }

    /// Reads a whole trace.
    pub(crate) fn read(&self, path: &Path) -> anyhow::Result<Trace> {
        let mut source = self.open(path)?;
        let trace = Trace::read_within(source.as_mut(), &self.read_budget(path))?;
        self.reader_warnings(&trace.header);
        Ok(trace)
    }

    /// The memory that a trace may take that is only read and learned from.
    pub(crate) fn read_budget(&self, path: &Path) -> MemoryBudget {
        self.budget(path, MemoryBudget::READ_EVENT, MemoryBudget::READ_GAP)
    }

    /// The memory that a trace may take that is repaired.
    pub(crate) fn repair_budget(&self, path: &Path) -> MemoryBudget {
        self.budget(path, MemoryBudget::REPAIR_EVENT, MemoryBudget::REPAIR_GAP)
    }

    fn budget(&self, path: &Path, per_event: u64, per_gap: u64) -> MemoryBudget {
        let bytes = self.max_memory.or_else(memory::usual).unwrap_or(u64::MAX);
        MemoryBudget { path: path.to_owned(), bytes, per_event, per_gap }
    }

    /// Reads traces whole and reports to `progress` how many of how many are done.
    pub(crate) fn read_all(&self, paths: &[PathBuf], progress: &mut dyn FnMut(u64, u64)) -> anyhow::Result<Vec<Trace>> {
        let mut traces = Vec::with_capacity(paths.len());
        for (done, path) in paths.iter().enumerate() {
            progress(done as u64, paths.len() as u64);
            let trace = self.read(path)?;
            self.detail(&format!("read {} from {}", plural(trace.events.len() as u64, "event"), path.display()));
            traces.push(trace);
        }
        Ok(traces)
    }

    /// Prints what the reader skipped.
    pub(crate) fn reader_warnings(&self, header: &TraceHeader) {
        for warning in &header.warnings {
            self.warning(&escaped(warning));
        }
    }

    /// Prints a warning, unless `--quiet`.
    pub(crate) fn warning(&self, text: &str) {
        if !self.quiet {
            messages::warning(text);
        }
    }

    /// Prints a line of summary, unless `--quiet`.
    pub(crate) fn note(&self, text: &str) {
        if !self.quiet {
            messages::note(text);
        }
    }

    /// Prints a line with `--verbose` only.
    pub(crate) fn detail(&self, text: &str) {
        if self.verbose {
            messages::note(text);
        }
    }

    /// The constants of the repair, with those changed that were asked for.
    pub(crate) fn params(&self) -> anyhow::Result<Params> {
        let mut params = Params::default();
        for param in &self.param {
            let (name, value) = param
                .split_once('=')
                .with_context(|| format!("`{param}` changes nothing; write --param NAME=VALUE"))?;
            params.set(name, value).map_err(anyhow::Error::msg)?;
        }
        Ok(params)
    }

    /// How to repair with these options.
    pub(crate) fn repair_options(&self) -> anyhow::Result<RepairOptions> {
        let (seed, threads) = (self.seed, self.thread_count());
        Ok(RepairOptions { seed, threads, params: self.params()?, ..RepairOptions::default() })
    }

    /// Returns the number of threads to use.
    pub(crate) fn thread_count(&self) -> usize {
        match self.threads {
            0 => cores(),
            threads => threads,
        }
    }

    /// Lowers what was asked for to what the machine has, and says so.
    pub(crate) fn fit_to_machine(&mut self) {
        let cores = cores();
        if self.threads > cores {
            self.warning(&format!(
                "--threads {}: this machine has {}, and more threads than that gain nothing; {cores} used",
                self.threads,
                plural(cores as u64, "core")
            ));
            self.threads = cores;
        }
    }
}

fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

/// Stdout, buffered and locked; its errors name it.
pub(crate) struct Stdout(BufWriter<StdoutLock<'static>>);

impl Write for Stdout {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.write(bytes).map_err(named(Path::new("stdout")))
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush().map_err(named(Path::new("stdout")))
    }
}

/// Returns stdout, buffered and locked.
pub(crate) fn stdout() -> Stdout {
    Stdout(BufWriter::with_capacity(64 << 10, io::stdout().lock()))
}

/// Whether to colour text on stdout.
pub(crate) fn stdout_colored() -> bool {
    messages::colored(io::stdout().is_terminal())
}

#[cfg(test)]
mod tests {
    use super::super::choice::assert_names;
    use super::FORMATS;

    #[test]
    fn formats_have_one_name() {
        assert_names(FORMATS);
    }
}
