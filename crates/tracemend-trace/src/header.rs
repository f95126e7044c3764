//! What all events of a trace share.

use crate::{Gap, Lost, Recount, StreamId, StreamInfo, Symbols};
use rustc_hash::FxHashMap;
use serde::Serialize;
use std::{fmt, path::PathBuf, str::FromStr};

/// The format an input was recognised as.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Format {
    /// ftrace text: `trace_pipe`, `trace`, `trace-cmd report`.
    Ftrace,
    /// `perf script` text.
    PerfScript,
    /// `perf trace` text.
    PerfTrace,
    /// bpftrace text: `time cpu tid comm number` per line.
    Bpftrace,
    /// Linux audit log.
    Auditd,
    /// Tracee's JSON lines.
    Tracee,
    /// Tetragon's JSON lines.
    Tetragon,
    /// Inspektor Gadget's JSON lines.
    InspektorGadget,
    /// `strace -f -ttt` text.
    Strace,
    /// `babeltrace2` text.
    Babeltrace,
    /// Trace Compass's event table as it exports it: columns separated by tabs.
    TraceCompass,
    /// The corpus CSV: one call a row.
    Csv,
    /// Plain sequences of names or numbers.
    Sequences,
    /// NumPy windows.
    Npy,
    /// Common Trace Format 1.8 or 2: a folder of streams beside their metadata, or folders of such.
    Ctf,
    /// perf's own file, `perf.data`.
    PerfData,
    /// Perfetto's own file: packets with bundles of ftrace's events.
    Perfetto,
    /// trace-cmd's own file, `trace.dat`.
    TraceDat,
    /// Captures of Falco and sysdig.
    Scap,
    /// ftrace's raw pages, a file for each CPU, beside the formats of their events: a folder.
    FtraceRaw,
}

impl Format {
    /// All formats with their names, as [`FromStr`] reads them.
    pub const ALL: [(Format, &'static str); 20] = [
        (Format::Ftrace, "ftrace"),
        (Format::PerfScript, "perf-script"),
        (Format::PerfTrace, "perf-trace"),
        (Format::Bpftrace, "bpftrace"),
        (Format::Auditd, "auditd"),
        (Format::Tracee, "tracee"),
        (Format::Tetragon, "tetragon"),
        (Format::InspektorGadget, "inspektor-gadget"),
        (Format::Strace, "strace"),
        (Format::Babeltrace, "babeltrace"),
        (Format::TraceCompass, "trace-compass"),
        (Format::Csv, "csv"),
        (Format::Sequences, "sequences"),
        (Format::Npy, "npy"),
        (Format::Ctf, "ctf"),
        (Format::PerfData, "perf-data"),
        (Format::TraceDat, "trace-dat"),
        (Format::Perfetto, "perfetto"),
        (Format::FtraceRaw, "ftrace-raw"),
        (Format::Scap, "scap"),
    ];

    /// Whether the tracer counts its losses once more at the end ([`TraceHeader::recounts`]).
    pub fn counts_again(self) -> bool {
        matches!(self, Format::PerfData)
    }

    /// Whether its records are no lines: `Source::record` makes some of them.
    pub fn is_binary(self) -> bool {
        matches!(
            self,
            Format::Npy
                | Format::Ctf
                | Format::PerfData
                | Format::TraceDat
                | Format::Perfetto
                | Format::FtraceRaw
                | Format::Scap
        )
    }

    /// The text format that its records are lines of.
    pub(crate) fn of_lines(self) -> Format {
        match self {
            Format::Ctf => Format::Babeltrace,
            Format::PerfData => Format::PerfScript,
            Format::TraceDat | Format::Perfetto | Format::FtraceRaw | Format::Scap => Format::Ftrace,
            text => text,
        }
    }

    /// Whether the losses can be read without the events ([`OpenOptions::losses_only`](crate::OpenOptions)).
    pub fn tells_losses_apart(self) -> bool {
        matches!(self, Format::Ctf | Format::TraceDat | Format::FtraceRaw)
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(Self::ALL.iter().find(|(format, _)| format == self).map_or("", |(_, name)| name))
    }
}

impl FromStr for Format {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let known = Self::ALL.iter().find(|(_, name)| *name == text).map(|(format, _)| *format);
        known.ok_or_else(|| {
            let names: Vec<&str> = Self::ALL.iter().map(|(_, name)| *name).collect();
            format!("no format `{text}` here; use one of {}", names.join(", "))
        })
    }
}

/// Which process each thread belongs to.
#[derive(Clone, Debug, Default)]
pub struct Processes {
    of: FxHashMap<i32, i32>,
    /// The thread noted last: threads make many events in a row.
    last: Option<(i32, i32)>,
}

impl Processes {
    /// Notes the process of a thread.
    #[inline]
    pub(crate) fn note(&mut self, tid: i32, pid: i32) {
        // Hostile input must not fill the memory with threads.
        const MAX: usize = 1 << 20;
        if self.last != Some((tid, pid)) && (self.of.len() < MAX || self.of.contains_key(&tid)) {
            self.of.insert(tid, pid);
            self.last = Some((tid, pid));
        }
    }

    /// The process of a thread, if it is known.
    pub fn of(&self, tid: i32) -> Option<i32> {
        self.of.get(&tid).copied()
    }
}

/// A file of a trace that is a folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordedFile {
    /// Where it lies.
    pub path: PathBuf,
    /// Its path within the folder that was opened.
    pub below: PathBuf,
}

/// What all events of a trace share. A source fills it in while it reads.
#[derive(Clone, Debug)]
pub struct TraceHeader {
    /// The format the input was recognised as.
    pub format: Format,
    /// Event and process names.
    pub symbols: Symbols,
    /// Whether times are ticks of a clock whose unit the trace does not say, and no nanoseconds.
    pub ticks: bool,
    /// Loss domains, by [`StreamId`].
    pub streams: Vec<StreamInfo>,
    /// The process of each thread, where the format names both.
    pub processes: Processes,
    /// The files of a CTF 1.8 trace whose streams were read, metadata included, so that a merged trace can keep them as they are.
    pub recorded_files: Vec<RecordedFile>,
    /// The machine that was traced, as the file calls it (`x86_64`); `None` where it does not say.
    pub machine: Option<String>,
    /// What the reader passed over: sentences that say what to do next.
    pub warnings: Vec<String>,
    /// What gaps lost by the tracer's last count, where that is less than was announced in their places. Complete at the
    /// end of the input; [`Trace::read`](crate::Trace::read) applies it.
    pub recounts: Vec<Recount>,
}

impl TraceHeader {
    /// The name of a stream, if the trace has it.
    pub fn stream_name(&self, stream: StreamId) -> Option<&str> {
        self.streams.get(stream.0 as usize).map(|info| info.name.as_str())
    }

    /// A header with no names, streams or warnings yet.
    pub fn new(format: Format) -> Self {
        Self {
            format,
            symbols: Symbols::default(),
            ticks: false,
            streams: Vec::new(),
            processes: Processes::default(),
            recorded_files: Vec::new(),
            machine: None,
            warnings: Vec::new(),
            recounts: Vec::new(),
        }
    }

    /// Gives gaps the numbers of the tracer's last count.
    ///
    /// ```
    /// use tracemend_trace::{Cause, Format, Gap, Lost, Recount, TraceHeader};
    ///
    /// let mut header = TraceHeader::new(Format::PerfData);
    /// header.recounts.push(Recount { gap: 1, stream: None, announced: 50, lost: 49 });
    /// let mut gaps = [0, 1].map(|id| Gap::new(id, Lost::Exact(50), Cause::Discarded, 0));
    /// header.recount(&mut gaps);
    /// assert_eq!(gaps.map(|gap| gap.lost), [Lost::Exact(50), Lost::Exact(49)]);
    /// ```
    pub fn recount(&self, gaps: &mut [Gap]) {
        // Both are in the order of the gaps' numbers.
        let mut recounts = self.recounts.iter().peekable();
        for gap in gaps {
            while recounts.next_if(|recount| recount.gap < gap.id).is_some() {}
            if let Some(recount) = recounts.next_if(|recount| recount.gap == gap.id) {
                gap.lost = Lost::Exact(recount.lost);
            }
        }
    }

    /// The stream of `cpu`. A new one is added under the name `cpuN`.
    pub fn cpu_stream(&mut self, cpu: u32) -> StreamId {
        let name = format!("cpu{cpu}");
        match self.streams.iter().position(|stream| stream.cpu == Some(cpu) && stream.name == name) {
            Some(index) => StreamId(index as u32),
            None => self.add_stream(StreamInfo { name, cpu: Some(cpu) }),
        }
    }

    /// Adds a stream.
    pub(crate) fn add_stream(&mut self, info: StreamInfo) -> StreamId {
        self.streams.push(info);
        StreamId(self.streams.len() as u32 - 1)
    }
}
