//! Pictures of scores: every method a line.

use super::slug::slug;
use crate::report::{Axis, Chart, Line, Point};
use crate::scores::headline;
use tracemend_eval::Metric;
use tracemend_eval::score::{Score, methods};
use tracemend_eval::tally::summed;

/// Draws for each protocol and data set the score against the gap length, the time against the score, and a reliability
/// diagram where methods give probabilities. Returns names of files, and SVG documents.
pub(crate) fn plots(scores: &[Score]) -> Vec<(String, String)> {
    let mut sets: Vec<(&str, &str)> = Vec::new();
    for score in scores.iter().filter(|score| score.metric == headline(&score.protocol)) {
        if !sets.contains(&(&score.protocol, &score.data)) {
            sets.push((&score.protocol, &score.data));
        }
    }
    let mut drawn = Vec::new();
    for (protocol, data) in sets {
        let own: Vec<&Score> = scores.iter().filter(|s| (&*s.protocol, &*s.data) == (protocol, data)).collect();
        let charts = [
            ("length", by_length(&own, protocol)),
            ("time", by_time(&own, protocol)),
            ("reliability", Some(reliability(&own))),
        ];
        for (kind, chart) in charts {
            let Some(mut chart) = chart.filter(|chart| chart.lines.iter().any(|line| !line.points.is_empty())) else {
                continue;
            };
            chart.title = format!("{}, {protocol}, {data}", chart.title);
            drawn.push((format!("{kind}-{}.svg", slug(&format!("{protocol}-{data}"))), chart.svg()));
        }
    }
    drawn
}

/// A line for each method that has points.
fn lines<'a>(scores: &[&'a Score], points: impl Fn(&[&'a Score]) -> Vec<Point>) -> Vec<Line> {
    let line = |method: &str| {
        let own: Vec<&Score> = scores.iter().copied().filter(|score| score.method == method).collect();
        Line { name: method.to_owned(), points: points(&own) }
    };
    methods(scores).into_iter().map(line).filter(|line| !line.points.is_empty()).collect()
}

/// The score against the gap length; `None` for real gaps, which have no common length.
fn by_length(scores: &[&Score], protocol: &str) -> Option<Chart> {
    let metric = headline(protocol);
    let mut lengths: Vec<usize> =
        scores.iter().filter(|s| s.metric == metric && s.blackout > 0).map(|s| s.blackout).collect();
    lengths.sort_unstable();
    lengths.dedup();
    let points = |own: &[&Score]| {
        let mut points: Vec<Point> = own
            .iter()
            .filter(|score| score.metric == metric && score.blackout > 0)
            .map(|s| Point { x: s.blackout as f64, y: s.interval.value, interval: Some(s.interval) })
            .collect();
        points.sort_by(|a, b| a.x.total_cmp(&b.x));
        points
    };
    (!lengths.is_empty()).then(|| Chart {
        title: format!("{metric} against gap length"),
        x: Axis {
            label: "events lost".to_owned(),
            logarithmic: true,
            ticks: lengths.iter().map(|&length| length as f64).collect(),
        },
        y: Axis::share(metric.name()),
        lines: lines(scores, points),
        diagonal: false,
    })
}

/// The time against the score; `None` where no time was measured.
fn by_time(scores: &[&Score], protocol: &str) -> Option<Chart> {
    let metric = headline(protocol);
    let points = |own: &[&Score]| {
        let mut points: Vec<(usize, Point)> = own
            .iter()
            .filter(|score| score.metric == metric)
            .filter_map(|score| {
                let same = |time: &&&Score| time.metric == Metric::SecondsPerGap && time.blackout == score.blackout;
                let time = own.iter().find(same).filter(|time| time.interval.value > 0.0)?;
                let Score { interval, .. } = score;
                let point = Point { x: time.interval.value, y: interval.value, interval: Some(*interval) };
                Some((score.blackout, point))
            })
            .collect();
        points.sort_by_key(|(blackout, _)| *blackout);
        points.into_iter().map(|(_, point)| point).collect()
    };
    let lines = lines(scores, points);
    let times = || lines.iter().flat_map(|line| line.points.iter().map(|point| point.x));
    let (min, max) = (times().fold(f64::MAX, f64::min), times().fold(0.0, f64::max));
    if max <= 0.0 {
        return None;
    }
    let (first, last) = (min.log10().floor() as i32, (max.log10().ceil() as i32).max(min.log10().floor() as i32 + 1));
    Some(Chart {
        title: format!("{metric} against time"),
        x: Axis {
            label: "CPU seconds per gap; each line joins one method's gap lengths".to_owned(),
            logarithmic: true,
            ticks: (first..=last).map(|power| 10f64.powi(power)).collect(),
        },
        y: Axis::share(metric.name()),
        lines,
        diagonal: false,
    })
}

/// The reliability diagram, over all gap lengths.
fn reliability(scores: &[&Score]) -> Chart {
    let points = |own: &[&Score]| {
        let sum = summed(own.iter().map(|score| score.bins.as_slice()));
        let filled = sum.into_iter().filter(|bin| bin.events > 0.0);
        filled.map(|bin| Point { x: bin.confidence / bin.events, y: bin.right / bin.events, interval: None }).collect()
    };
    Chart {
        title: "Reliability".to_owned(),
        x: Axis::share("mean probability given"),
        y: Axis::share("share that was right"),
        lines: lines(scores, points),
        diagonal: true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tracemend_eval::measurement::Interval;
    use tracemend_eval::tally::Bin;

    fn score(method: &str, blackout: usize, metric: Metric, value: f64) -> Score {
        Score {
            protocol: "burst".into(),
            data: "a/b".into(),
            method: method.into(),
            blackout,
            metric,
            interval: Interval { value, low: value - 0.05, high: value + 0.05 },
            gaps: 30,
            resamples: None,
            bins: Vec::new(),
        }
    }

    fn attribute(tag: &str, name: &str) -> f64 {
        let at = tag.find(&format!(" {name}=\"")).expect("the attribute") + name.len() + 3;
        tag[at..].split('"').next().and_then(|text| text.parse().ok()).expect("a number")
    }

    /// Pixels of an axis to values, by the places of its first and last tick.
    fn scale(svg: &str, axis: &str, logarithmic: bool) -> impl Fn(f64) -> f64 {
        let (place, shift) = if axis == "x" { ("x", 0.0) } else { ("y", 4.0) };
        let ticks: Vec<(f64, f64)> = svg
            .split("<text ")
            .filter(|tag| tag.starts_with(&format!("class=\"tick {axis}\"")))
            .map(|tag| {
                let text = tag.split('>').nth(1).and_then(|rest| rest.split('<').next()).expect("a number");
                let value: f64 = text.parse().expect("a number");
                (attribute(tag, place) - shift, if logarithmic { value.ln() } else { value })
            })
            .collect();
        let (first, last) = (ticks[0], *ticks.last().expect("ticks"));
        move |pixel| {
            let value = first.1 + (pixel - first.0) / (last.0 - first.0) * (last.1 - first.1);
            if logarithmic { value.exp() } else { value }
        }
    }

    /// The points of a line, read off the picture.
    fn points(svg: &str, name: &str, logarithmic: bool) -> Vec<(f64, f64)> {
        let (x, y) = (scale(svg, "x", logarithmic), scale(svg, "y", false));
        let line = svg.split("<g class=\"line").find(|part| part.contains(&format!("<title>{name}<"))).expect("a line");
        let circles = line.split("<circle").skip(1);
        circles.map(|circle| (x(attribute(circle, "cx")), y(attribute(circle, "cy")))).collect()
    }

    fn assert_close(found: &[(f64, f64)], expected: &[(f64, f64)]) {
        assert_eq!(found.len(), expected.len(), "{found:?}");
        for (found, expected) in found.iter().zip(expected) {
            // A hundredth of a pixel of 300.
            assert!((found.0 / expected.0 - 1.0).abs() < 1e-3 && (found.1 - expected.1).abs() < 1e-4, "{found:?}");
        }
    }

    #[test]
    fn points_stand_where_the_scores_say() {
        let mut scores = Vec::new();
        for (method, by_length) in
            [("engine", [(700, 0.4), (1, 0.9), (40, 0.65)]), ("repeat", [(1, 0.3), (40, 0.1), (700, 0.0)])]
        {
            for (blackout, value) in by_length {
                scores.push(score(method, blackout, Metric::ThreadLcs, value));
                scores.push(score(method, blackout, Metric::SecondsPerGap, 0.003 * blackout as f64));
                let mut ece = score(method, blackout, Metric::Ece, 0.1);
                let bin = |events, confidence, right| Bin { events, confidence, right };
                ece.bins = vec![bin(0.0, 0.0, 0.0), bin(2.0, 1.0, 1.0), bin(6.0, 5.4, 3.0)];
                scores.push(ece);
            }
        }
        let drawn = plots(&scores);
        let names: Vec<&str> = drawn.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["length-burst-a-b.svg", "time-burst-a-b.svg", "reliability-burst-a-b.svg"]);
        assert_close(&points(&drawn[0].1, "engine", true), &[(1.0, 0.9), (40.0, 0.65), (700.0, 0.4)]);
        assert_close(&points(&drawn[0].1, "repeat", true), &[(1.0, 0.3), (40.0, 0.1), (700.0, 0.0)]);
        assert_close(&points(&drawn[1].1, "engine", true), &[(0.003, 0.9), (0.12, 0.65), (2.1, 0.4)]);
        // Three lengths: 6 events of mean probability 0.5, half right; 18 of 0.9, half right.
        assert_close(&points(&drawn[2].1, "repeat", false), &[(0.5, 0.5), (0.9, 0.5)]);
    }

    #[test]
    fn what_was_not_measured_is_not_drawn() {
        assert!(plots(&[]).is_empty());
        let drawn = plots(&[score("engine", 0, Metric::ThreadLcs, 0.5)]);
        assert!(drawn.is_empty(), "{drawn:?}");
    }
}
