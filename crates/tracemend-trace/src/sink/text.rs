//! Readable text: the recorded lines as they stand in the input, inferred ones between them, marked `~` and their
//! probability, under a header for each gap.

use super::mark;
use super::rows::Sink;
use super::{CompositionPart, CompositionRow, EventRow, GapRow};
use crate::{Format, Phase, escaped};
use std::io::{self, Write};

/// How many kinds of lost events a gap's header lists before it says "and n more".
const KINDS_SHOWN: usize = 6;

/// A repaired trace as text.
#[derive(Debug)]
pub struct TextSink<W> {
    out: W,
    format: Format,
    color: bool,
}

impl<W: Write> TextSink<W> {
    /// Begins text in the manner of `format`; `color` colours the inferred lines.
    ///
    /// # Errors
    /// When the output cannot be written.
    pub fn begin(out: W, format: Format, color: bool) -> io::Result<Self> {
        let mut sink = Self { out, format, color };
        sink.marked(&format!("{} {}, and between them what tracemend says", mark::LINES, format.of_lines()))?;
        Ok(sink)
    }

    /// One line that is no recorded one.
    fn marked(&mut self, text: &str) -> io::Result<()> {
        let (color, plain) = if self.color { (mark::COLOR, mark::PLAIN) } else { ("", "") };
        writeln!(self.out, "{color}{}{}{plain}", mark::MARK, escaped(text))
    }

    fn event_text(&self, event: &EventRow<'_>) -> String {
        let comm = escaped(event.comm.unwrap_or("<...>"));
        let tid = event.tid.map_or("?".to_owned(), |tid| tid.to_string());
        let time = event.time_ns.map_or("?".to_owned(), seconds);
        if self.format == Format::Ftrace {
            let cpu = event.cpu.map_or("[???]".to_owned(), |cpu| format!("[{cpu:03}]"));
            return format!("{:>16}-{tid:<7} {cpu} {time:>18}: {}", comm, call_text(event));
        }
        let cpu = event.cpu.map_or(String::new(), |cpu| format!("[{cpu:03}] "));
        format!("{comm:>16} {tid:>7} {cpu}{time:>18}: {}", call_text(event))
    }
}

impl<'a, W: Write> Sink<'a> for TextSink<W> {
    fn gap(&mut self, gap: &GapRow<'a>) -> io::Result<()> {
        let place = match (gap.stream, gap.cpu) {
            (None, _) => mark::UNKNOWN_STREAM.to_owned(),
            (Some(name), Some(cpu)) if name != format!("cpu{cpu}") => format!("{name}{}{cpu}", mark::ON_CPU),
            (Some(name), _) => name.to_owned(),
        };
        let lost = match (gap.lost, gap.lost_kind) {
            (Some(count), "exact") => format!("{count} events"),
            (Some(count), _) => format!("at least {count} events"),
            (None, _) => "an unknown number of events".to_owned(),
        };
        let thread = gap.tid.map_or(String::new(), |tid| format!(" of thread {tid}"));
        let when = match (gap.begin_ns, gap.end_ns) {
            (Some(begin), Some(end)) => format!(" between {} and {}", seconds(begin), seconds(end)),
            (Some(begin), None) => format!(" after {}", seconds(begin)),
            (None, Some(end)) => format!(" before {}", seconds(end)),
            (None, None) => String::new(),
        };
        let kept = match (gap.kept_begin_ns, gap.kept_end_ns) {
            (Some(first), Some(last)) => format!(", none of them between {} and {}", seconds(first), seconds(last)),
            _ => String::new(),
        };
        let outcome = gap.outcome.as_ref().map_or(String::new(), |outcome| match outcome.left_open {
            Some(reason) if outcome.inferred > 0 => format!("; {} inferred, but {reason}", outcome.inferred),
            Some(reason) => format!("; left open: {reason}"),
            None if outcome.withheld > 0 => {
                format!("; {} inferred, {} left open below the asked confidence", outcome.inferred, outcome.withheld)
            }
            None => format!("; {} inferred", outcome.inferred),
        });
        let head = format!("{} {}: {place}{}{lost}{thread}", mark::GAP, gap.id, mark::LOST);
        self.marked(&format!("{head} ({}){when}{kept}{outcome}", gap.cause))
    }

    fn composition(&mut self, composition: &CompositionRow<'a>) -> io::Result<()> {
        let parts = composition.by_event;
        if parts.is_empty() {
            return Ok(());
        }
        let mut kinds: Vec<String> = parts.iter().take(KINDS_SHOWN).map(part_text).collect();
        if parts.len() > KINDS_SHOWN {
            kinds.push(format!("and {} more kinds", parts.len() - KINDS_SHOWN));
        }
        self.marked(&format!(
            "{} {}: lost by kind, with 90 % intervals: {}",
            mark::GAP,
            composition.gap,
            kinds.join(", ")
        ))
    }

    fn event(&mut self, event: &EventRow<'a>) -> io::Result<()> {
        let text = self.event_text(event);
        match &event.inference {
            Some(inference) => self.marked(&format!("{:.2} {text}", inference.confidence)),
            None => writeln!(self.out, "{}", escaped(&text)),
        }
    }

    fn sample(&mut self, sample: u32, event: &EventRow<'a>) -> io::Result<()> {
        let text = self.event_text(event);
        self.marked(&format!("{} {sample}: {text}", mark::SAMPLE))
    }

    fn raw_line(&mut self, line: &[u8]) -> io::Result<()> {
        // A line of a binary format is made of names; one of a text format was a line before.
        if self.format.is_binary() && line.iter().any(u8::is_ascii_control) {
            return writeln!(
                self.out,
                "{}",
                escaped(&String::from_utf8_lossy(line.strip_suffix(b"\n").unwrap_or(line)))
            );
        }
        self.out.write_all(line)?;
        if !line.ends_with(b"\n") {
            self.out.write_all(b"\n")?;
        }
        Ok(())
    }

    fn finish(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

fn call_text(event: &EventRow<'_>) -> String {
    let ret = event.ret.map_or(String::new(), |ret| format!(" = {ret}"));
    match event.phase {
        Phase::Entry => format!("sys_enter: {}", event.name),
        Phase::Exit => format!("sys_exit: {}{ret}", event.name),
        Phase::Call => format!("{}(){ret}", event.name),
        Phase::Point => event.name.to_owned(),
    }
}

fn part_text(part: &CompositionPart) -> String {
    let phase = match part.phase {
        Phase::Entry | Phase::Exit => format!(" {}", part.phase.word()),
        Phase::Call | Phase::Point => String::new(),
    };
    format!("{}{phase} x {:.0} ({:.0}-{:.0})", part.name, part.expected, part.low, part.high)
}

/// Nanoseconds as seconds with all nine digits.
fn seconds(time_ns: i64) -> String {
    let sign = if time_ns < 0 { "-" } else { "" };
    let magnitude = time_ns.unsigned_abs();
    format!("{sign}{}.{:09}", magnitude / 1_000_000_000, magnitude % 1_000_000_000)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sink::Inference;

    #[test]
    fn times_keep_their_nanoseconds() {
        assert_eq!(seconds(5_098_317_513_000), "5098.317513000");
        assert_eq!(seconds(-1), "-0.000000001");
    }

    #[test]
    fn a_gap_around_recorded_events_says_where_nothing_was_lost() {
        let mut row = GapRow {
            id: 0,
            stream: Some("small_1"),
            cpu: Some(1),
            tid: None,
            begin_ns: Some(1_000_000_000),
            end_ns: Some(4_000_000_000),
            kept_begin_ns: Some(2_000_000_000),
            kept_end_ns: Some(3_000_000_000),
            lost: Some(5),
            lost_kind: "exact",
            cause: "discarded",
            details: None,
            advice: None,
            outcome: None,
        };
        let text = |row: &GapRow<'_>| {
            let mut out = Vec::new();
            TextSink::begin(&mut out, Format::Ctf, false).and_then(|mut sink| sink.gap(row)).expect("writes to memory");
            let text = String::from_utf8(out).expect("text");
            text.strip_prefix("~ lines babeltrace, and between them what tracemend says\n").expect("a head").to_owned()
        };
        let line = "~ gap 0: small_1 on CPU 1 lost 5 events (discarded) between 1.000000000 and 4.000000000";
        assert_eq!(text(&row), format!("{line}, none of them between 2.000000000 and 3.000000000\n"));
        (row.kept_begin_ns, row.kept_end_ns) = (None, None);
        assert_eq!(text(&row), format!("{line}\n"));
    }

    #[test]
    fn every_line_that_is_not_recorded_is_marked() {
        let mut out = Vec::new();
        let mut sink = TextSink::begin(&mut out, Format::Ftrace, false).expect("writes to memory");
        let mut event = EventRow {
            time_ns: Some(1),
            stream: None,
            cpu: Some(1),
            tid: Some(7),
            comm: Some("ls"),
            name: "read",
            phase: Phase::Entry,
            ret: None,
            dur_ns: None,
            inference: Some(Box::new(Inference {
                time_err_ns: Some(1),
                confidence: 0.97,
                alternatives: &[],
                gap: 0,
                model: "engine:self",
            })),
        };
        sink.event(&event).expect("writes to memory");
        // The traced program chooses its names.
        let forged = EventRow { name: "fake\n[09:00:00] recorded\n~ 0.99 forged \u{1b}[2J", ..event.clone() };
        sink.event(&forged).expect("writes to memory");
        event.inference = None;
        sink.event(&event).expect("writes to memory");
        sink.raw_line(b"recorded").expect("writes to memory");
        let text = String::from_utf8(out).expect("text");
        let marks: Vec<bool> = text.lines().map(|line| line.starts_with('~')).collect();
        assert_eq!(marks, [true, true, true, false, false]);
        assert!(!text.contains('\u{1b}'), "{text}");
    }
}
