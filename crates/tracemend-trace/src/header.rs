//! What all events of a trace share.

use crate::{Gap, Lost, Recount, StreamId, StreamInfo, Symbols};
use serde::Serialize;
use std::{fmt, str::FromStr};

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
    /// trace-cmd's own file, `trace.dat`.
    TraceDat,
}

impl Format {
    /// All formats with their names, as [`FromStr`] reads them.
    pub const ALL: [(Format, &'static str); 13] = [
        (Format::Ftrace, "ftrace"),
        (Format::PerfScript, "perf-script"),
        (Format::PerfTrace, "perf-trace"),
        (Format::Bpftrace, "bpftrace"),
        (Format::Strace, "strace"),
        (Format::Babeltrace, "babeltrace"),
        (Format::TraceCompass, "trace-compass"),
        (Format::Csv, "csv"),
        (Format::Sequences, "sequences"),
        (Format::Npy, "npy"),
        (Format::Ctf, "ctf"),
        (Format::PerfData, "perf-data"),
        (Format::TraceDat, "trace-dat"),
    ];

    /// Whether the tracer counts its losses once more at the end ([`TraceHeader::recounts`]).
    pub fn counts_again(self) -> bool {
        matches!(self, Format::PerfData)
    }

    /// Whether its records are no lines: `Source::record` makes some of them.
    pub fn is_binary(self) -> bool {
        matches!(self, Format::Npy | Format::Ctf | Format::PerfData | Format::TraceDat)
    }

    /// Whether the losses can be read without the events ([`OpenOptions::losses_only`](crate::OpenOptions)).
    pub fn tells_losses_apart(self) -> bool {
        matches!(self, Format::Ctf)
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

/// What all events of a trace share. A source fills it in while it reads.
#[derive(Clone, Debug)]
pub struct TraceHeader {
    /// The format the input was recognised as.
    pub format: Format,
    /// Event and process names.
    pub symbols: Symbols,
    /// Loss domains, by [`StreamId`].
    pub streams: Vec<StreamInfo>,
    /// What the reader passed over: sentences that say what to do next.
    pub warnings: Vec<String>,
    /// What gaps lost by the tracer's last count, where that is less than was announced in their places. Complete at the
    /// end of the input; [`Trace::read`](crate::Trace::read) applies it.
    pub recounts: Vec<Recount>,
}

impl TraceHeader {
    /// A header with no names, streams or warnings yet.
    pub fn new(format: Format) -> Self {
        Self { format, symbols: Symbols::default(), streams: Vec::new(), warnings: Vec::new(), recounts: Vec::new() }
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
        match self.streams.iter().position(|stream| stream.cpu == Some(cpu)) {
            Some(index) => StreamId(index as u32),
            None => self.add_stream(StreamInfo { name: format!("cpu{cpu}"), cpu: Some(cpu) }),
        }
    }

    /// Adds a stream.
    pub(crate) fn add_stream(&mut self, info: StreamInfo) -> StreamId {
        self.streams.push(info);
        StreamId(self.streams.len() as u32 - 1)
    }
}
