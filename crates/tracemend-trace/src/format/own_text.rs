//! This program's own outputs, read back: what was inferred stays inferred.
//!
//! The text of a repair holds the recorded lines as they were, and between them lines that begin with `~`: inferred events, which
//! are no events of the trace, and heads of gaps, which stand where the tracer had announced the loss.

use crate::decode::context::Context;
use crate::sink::{CsvSink, mark};
use crate::{Cause, Format, Gap, Lost, StreamId, StreamInfo};

/// What a marked line says after its mark; `None` for any other line.
pub(crate) fn marked(line: &[u8]) -> Option<&str> {
    // Most lines of most texts begin with a blank, a digit or a letter.
    if !matches!(line.first(), Some(b'~' | 0x1b)) {
        return None;
    }
    let line = line.strip_prefix(mark::COLOR.as_bytes()).unwrap_or(line);
    let text = std::str::from_utf8(line.strip_prefix(mark::MARK.as_bytes())?).ok()?;
    let text = text.strip_suffix(mark::PLAIN).unwrap_or(text);
    let first = text.split(' ').next()?;
    // A confidence has two digits after the point.
    let is_confidence = first.len() == 4 && first.starts_with(['0', '1']) && first.parse::<f32>().is_ok();
    let is_own = matches!(first, mark::LINES | mark::GAP | mark::SAMPLE) || is_confidence;
    is_own.then_some(text)
}

/// Says which output of this program an input is, if it is one that holds no trace to read.
pub(crate) fn output(beginning: &[u8]) -> Option<&'static str> {
    let is_rows = beginning.starts_with(br#"{"type":"schema","data":{"name":"tracemend."#);
    let is_csv = beginning.starts_with(CsvSink::<Vec<u8>>::COLUMNS.as_bytes());
    (is_rows || is_csv).then_some("an output of tracemend; give the trace that it was made from")
}

/// Takes what a marked line says: the head of a gap becomes that gap.
pub(crate) fn read(text: &str, context: &mut Context, offset: u64) {
    let Some(head) = text.strip_prefix(mark::GAP).and_then(gap) else {
        return;
    };
    let (stream, cpu) = stream(head.place, context);
    context.give_gap(Gap {
        stream,
        cpu,
        tid: head.tid,
        begin_ns: head.begin_ns,
        end_ns: head.end_ns,
        kept_ns: head.kept_ns,
        ..Gap::new(0, head.lost, head.cause, offset)
    });
}

/// Whether a marked line is an event of the reconstruction.
pub(crate) fn is_event(text: &str) -> bool {
    text.starts_with(|first: char| first.is_ascii_digit())
}

/// The format of the recorded lines, as the first line of a repaired text names it.
pub(crate) fn format(beginning: &[u8]) -> Option<Format> {
    let first = beginning.split(|&byte| byte == b'\n').next()?;
    let (name, _) = marked(first)?.strip_prefix(mark::LINES)?.trim_start().split_once(',')?;
    name.parse().ok()
}

/// A head, as `sink::text` writes it.
struct Head<'a> {
    place: &'a str,
    lost: Lost,
    tid: Option<i32>,
    cause: Cause,
    begin_ns: Option<i64>,
    end_ns: Option<i64>,
    kept_ns: Option<(i64, i64)>,
}

fn gap(text: &str) -> Option<Head<'_>> {
    let (_, text) = text.split_once(": ")?;
    // A stream may have any name.
    text.match_indices(mark::LOST).find_map(|(at, word)| after_place(&text[..at], &text[at + word.len()..]))
}

fn after_place<'a>(place: &'a str, text: &str) -> Option<Head<'a>> {
    let (lost, text) = match text.strip_prefix("an unknown number of events") {
        Some(text) => (Lost::Unknown, text),
        None => {
            let (count, text) = text.split_once(" events")?;
            let lost = match count.strip_prefix("at least ") {
                Some(count) => Lost::AtLeast(count.parse().ok()?),
                None => Lost::Exact(count.parse().ok()?),
            };
            (lost, text)
        }
    };
    let (thread, text) = text.split_once(" (")?;
    let tid = match thread.strip_prefix(" of thread ") {
        Some(tid) => Some(tid.parse().ok()?),
        None if thread.is_empty() => None,
        None => return None,
    };
    let (cause, text) = text.split_once(')')?;
    // What was inferred in it is no part of the trace.
    let text = text.split_once(';').map_or(text, |(text, _)| text);
    let (when, kept) = match text.split_once(", none of them") {
        Some((when, kept)) => (when, Some(kept)),
        None => (text, None),
    };
    let (begin_ns, end_ns) = if let Some(times) = when.strip_prefix(" between ") {
        let (begin, end) = pair(times)?;
        (Some(begin), Some(end))
    } else if let Some(begin) = when.strip_prefix(" after ") {
        (Some(nanoseconds(begin)?), None)
    } else if let Some(end) = when.strip_prefix(" before ") {
        (None, Some(nanoseconds(end)?))
    } else {
        (None, None)
    };
    let kept_ns = match kept {
        Some(kept) => Some(pair(kept.strip_prefix(" between ")?)?),
        None => None,
    };
    Some(Head { place, lost, tid, cause: cause_of(cause)?, begin_ns, end_ns, kept_ns })
}

fn pair(times: &str) -> Option<(i64, i64)> {
    let (one, other) = times.split_once(" and ")?;
    Some((nanoseconds(one)?, nanoseconds(other)?))
}

fn cause_of(word: &str) -> Option<Cause> {
    let details = || "as the repair that this text comes from says".to_owned();
    let causes = [
        Cause::Discarded,
        Cause::Overwritten,
        Cause::Truncated,
        Cause::Damaged(details()),
        Cause::Doubtful(details()),
        Cause::Evidence(details()),
    ];
    causes.into_iter().find(|cause| cause.word() == word)
}

/// Seconds with nine digits after the point.
fn nanoseconds(text: &str) -> Option<i64> {
    let (sign, digits) = text.strip_prefix('-').map_or((1, text), |digits| (-1, digits));
    let (seconds, fraction) = digits.split_once('.')?;
    let seconds: i128 = seconds.parse().ok()?;
    let fraction: i128 = (fraction.len() == 9).then(|| fraction.parse().ok())??;
    i64::try_from(sign * (seconds * 1_000_000_000 + fraction)).ok()
}

/// The stream that a head names: `cpu3`, `ring_3 on CPU 3`, or one without a CPU.
fn stream(place: &str, context: &mut Context) -> (Option<StreamId>, Option<u32>) {
    let known_cpu = place.strip_prefix("cpu").or_else(|| place.rsplit_once(mark::ON_CPU).map(|(_, cpu)| cpu));
    if let Some(cpu) = known_cpu.and_then(|cpu| cpu.parse().ok()).filter(|cpu| *cpu <= crate::decode::context::MAX_CPU)
    {
        return (Some(context.last_of(cpu).0), Some(cpu));
    }
    let stream = match place {
        mark::UNKNOWN_STREAM => None,
        "all" => Some(context.all()),
        name => {
            let header = &mut context.header;
            let known = header.streams.iter().position(|stream| stream.name == name);
            Some(known.map_or_else(
                || header.add_stream(StreamInfo { name: name.to_owned(), cpu: None }),
                |index| StreamId(index as u32),
            ))
        }
    };
    (stream, None)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sink::{GapRow, Sink, TextSink};
    use crate::{Item, TraceHeader};
    use proptest::prelude::*;

    fn a_gap() -> impl Strategy<Value = Gap> {
        let lost =
            prop_oneof![any::<u64>().prop_map(Lost::Exact), any::<u64>().prop_map(Lost::AtLeast), Just(Lost::Unknown)];
        let cause = prop::sample::select(vec![Cause::Discarded, Cause::Overwritten, Cause::Truncated]);
        let ends = (any::<Option<i64>>(), 0..1_i64 << 60);
        (lost, cause, ends, any::<bool>(), any::<Option<i32>>(), any::<Option<bool>>()).prop_map(
            |(lost, cause, (begin_ns, width), kept, tid, cpu)| Gap {
                stream: cpu.map(|second| StreamId(u32::from(second))),
                cpu: cpu.map(|second| if second { 7 } else { 0 }),
                tid,
                begin_ns,
                end_ns: begin_ns.map(|begin| begin.saturating_add(width)),
                kept_ns: begin_ns.filter(|_| kept).map(|begin| (begin, begin.saturating_add(width / 2))),
                ..Gap::new(0, lost, cause, 0)
            },
        )
    }

    proptest! {
        #[test]
        fn a_head_of_a_gap_is_read_as_it_was_written(gap in a_gap()) {
            let mut header = TraceHeader::new(Format::Ctf);
            header.cpu_stream(0);
            header.add_stream(StreamInfo { name: "ring lost 3 events".to_owned(), cpu: Some(7) });
            let mut line = Vec::new();
            let mut sink = TextSink::begin(&mut line, Format::Ctf, true).expect("writes to memory");
            sink.gap(&GapRow::new(&gap, &header)).expect("writes to memory");
            prop_assert_eq!(format(&line), Some(Format::Babeltrace));
            let line = line.split(|&byte| byte == b'\n').nth(1).expect("a second line");
            let mut context = Context::new(Format::Babeltrace, None, "x".into());
            read(marked(line).expect("a mark"), &mut context, 0);
            let Some((Item::Gap(back), _)) = context.queue.pop_front() else { panic!("a gap") };
            prop_assert_eq!(Gap { stream: None, ..back.clone() }, Gap { stream: None, ..gap });
            prop_assert_eq!(back.stream.is_some(), gap.stream.is_some());
        }
    }

    #[test]
    fn what_a_tracer_wrote_has_no_mark() {
        for line in ["  ~ 0.24 ls-1547", "~", "~ ", "~ home", "~sh-1 [000] 5.0: sys_enter: NR 0", "\u{1b}[31m~ 0.5 x"] {
            assert!(marked(line.as_bytes()).is_none(), "{line}");
        }
        assert!(marked(b"~ 0.24 ls-1547").is_some() && marked(b"~ sample 0: ls-1547").is_some());
    }
}
