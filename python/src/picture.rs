//! What a notebook shows of a repair: its summary, and a small picture of the gaps.

use std::fmt::Write as _;
use tracemend::repair::GapRepair;
use tracemend::trace::{Gap, Trace};

/// Width of the picture in pixels, without the names.
const WIDTH: f64 = 720.0;
/// Room for the streams' names.
const LEFT: f64 = 90.0;
/// Height of a stream's row.
const ROW: f64 = 18.0;
/// Narrowest gap that is seen.
const THINNEST: f64 = 1.5;
/// Streams shown; the others are counted.
const STREAMS: usize = 16;
/// Gaps drawn: as many as a page can take.
const GAPS: usize = 2000;

/// A fragment of HTML: the summary, and per stream its gaps over time. The darker a gap, the surer its inferred events are; hollow ones
/// stay open.
pub(crate) fn picture(summary: &str, trace: &Trace, repairs: &[GapRepair]) -> String {
    let mut html = format!("<div><pre>{}</pre>", escaped(summary));
    let ends = [trace.events.first(), trace.events.last()].map(|event| event.map(|event| event.time_ns));
    if let ([Some(first), Some(last)], false) = (ends, repairs.is_empty()) {
        draw(&mut html, trace, repairs, (first, last));
    }
    html.push_str("</div>");
    html
}

fn draw(html: &mut String, trace: &Trace, repairs: &[GapRepair], (first, last): (i64, i64)) {
    let mut streams: Vec<&str> = Vec::new();
    for repair in repairs {
        let name = stream(trace, &repair.gap);
        if !streams.contains(&name) {
            streams.push(name);
        }
    }
    let hidden = streams.len().saturating_sub(STREAMS);
    streams.truncate(STREAMS);
    let height = ROW * (streams.len() as f64 + 1.0);
    let span = (last - first).max(1) as f64;
    let place = |time: i64| LEFT + WIDTH * ((time - first) as f64 / span).clamp(0.0, 1.0);
    // Writing to a string does not fail.
    let _ = write!(
        html,
        "<svg width=\"{}\" height=\"{height}\" font-family=\"sans-serif\" font-size=\"11\" fill=\"currentColor\">",
        LEFT + WIDTH
    );
    for (row, name) in streams.iter().enumerate() {
        let y = ROW * row as f64;
        let _ = write!(
            html,
            "<text x=\"0\" y=\"{:.0}\">{}</text><line x1=\"{LEFT}\" x2=\"{:.0}\" y1=\"{:.0}\" y2=\"{:.0}\" \
             stroke=\"currentColor\" stroke-opacity=\"0.3\"/>",
            y + 13.0,
            escaped(name),
            LEFT + WIDTH,
            y + 9.0,
            y + 9.0
        );
    }
    for repair in repairs.iter().take(GAPS) {
        let gap = &repair.gap;
        let Some(row) = streams.iter().position(|name| *name == stream(trace, gap)) else { continue };
        let (begin, end) = (place(gap.begin_ns.unwrap_or(first)), place(gap.end_ns.unwrap_or(last)));
        let events = repair.events.len();
        let mean = repair.events.iter().map(|event| f64::from(event.confidence)).sum::<f64>() / events.max(1) as f64;
        let _ = write!(
            html,
            "<rect x=\"{begin:.1}\" y=\"{:.0}\" width=\"{:.1}\" height=\"12\" fill=\"#c2410c\" fill-opacity=\"{mean:.2}\" \
             stroke=\"#c2410c\" stroke-width=\"0.5\"><title>gap {}: {} lost, {events} inferred, mean confidence {mean:.2}\
             </title></rect>",
            ROW * row as f64 + 3.0,
            (end - begin).max(THINNEST),
            gap.id,
            gap.lost.count().map_or("an unknown number".to_owned(), |lost| lost.to_string()),
        );
    }
    let more = if hidden > 0 { format!("; {hidden} more streams") } else { String::new() };
    let _ = write!(
        html,
        "<text x=\"{LEFT}\" y=\"{:.0}\">{:.3} s; the darker a gap, the higher the mean confidence{more}</text></svg>",
        height - 5.0,
        span / 1e9
    );
}

fn stream<'t>(trace: &'t Trace, gap: &Gap) -> &'t str {
    gap.stream.and_then(|stream| trace.header.stream_name(stream)).unwrap_or("?")
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
