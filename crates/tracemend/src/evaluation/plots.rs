//! Pictures of scores: every method a line.

use super::slug;
use crate::report::{Axis, Chart, Line, Point};
use crate::scores::headline;
use tracemend_eval::score::{Score, methods};

/// For each protocol and data set a picture of the score against the gap's length, one of the time against the score,
/// and, where methods say how sure they are, a reliability diagram. Names of files, and SVG documents.
pub fn plots(scores: &[Score]) -> Vec<(String, String)> {
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

/// Nothing where the gaps have no length of their own.
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
            .map(|s| Point { x: s.blackout as f64, y: s.value, interval: Some((s.low, s.high)) })
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
        y: Axis::share(metric),
        lines: lines(scores, points),
        diagonal: false,
    })
}

/// Nothing where no time was measured.
fn by_time(scores: &[&Score], protocol: &str) -> Option<Chart> {
    let metric = headline(protocol);
    let points = |own: &[&Score]| {
        let mut points: Vec<(usize, Point)> = own
            .iter()
            .filter(|score| score.metric == metric)
            .filter_map(|score| {
                let same = |time: &&&Score| time.metric == "seconds_per_gap" && time.blackout == score.blackout;
                let time = own.iter().find(same).filter(|time| time.value > 0.0)?;
                let interval = Some((score.low, score.high));
                Some((score.blackout, Point { x: time.value, y: score.value, interval }))
            })
            .collect();
        points.sort_by_key(|(blackout, _)| *blackout);
        points.into_iter().map(|(_, point)| point).collect()
    };
    let lines = lines(scores, points);
    let times = || lines.iter().flat_map(|line| line.points.iter().map(|point| point.x));
    let (least, most) = (times().fold(f64::MAX, f64::min), times().fold(0.0, f64::max));
    if most <= 0.0 {
        return None;
    }
    let (first, last) =
        (least.log10().floor() as i32, (most.log10().ceil() as i32).max(least.log10().floor() as i32 + 1));
    Some(Chart {
        title: format!("{metric} against time"),
        x: Axis {
            label: "CPU seconds per gap; each line joins one method's gap lengths".to_owned(),
            logarithmic: true,
            ticks: (first..=last).map(|power| 10f64.powi(power)).collect(),
        },
        y: Axis::share(metric),
        lines,
        diagonal: false,
    })
}

/// All gap lengths together.
fn reliability(scores: &[&Score]) -> Chart {
    let points = |own: &[&Score]| {
        let mut sum: Vec<[f64; 3]> = Vec::new();
        for bins in own.iter().map(|score| &score.detail.bins) {
            sum.resize(sum.len().max(bins.len()), [0.0; 3]);
            sum.iter_mut().zip(bins).for_each(|(sum, bin)| (0..3).for_each(|part| sum[part] += bin[part]));
        }
        let filled = sum.into_iter().filter(|[events, ..]| *events > 0.0);
        filled
            .map(|[events, confidence, right]| Point { x: confidence / events, y: right / events, interval: None })
            .collect()
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
    use tracemend_eval::score::Detail;

    fn score(method: &str, blackout: usize, metric: &str, value: f64) -> Score {
        Score {
            protocol: "burst".into(),
            data: "a/b".into(),
            method: method.into(),
            blackout,
            metric: metric.into(),
            value,
            low: value - 0.05,
            high: value + 0.05,
            gaps: 30,
            detail: Detail::default(),
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
            [("counts", [(700, 0.4), (1, 0.9), (40, 0.65)]), ("repeat", [(1, 0.3), (40, 0.1), (700, 0.0)])]
        {
            for (blackout, value) in by_length {
                scores.push(score(method, blackout, "thread_lcs", value));
                scores.push(score(method, blackout, "seconds_per_gap", 0.003 * blackout as f64));
                let mut ece = score(method, blackout, "ece", 0.1);
                ece.detail.bins = vec![[0.0; 3], [2.0, 1.0, 1.0], [6.0, 5.4, 3.0]];
                scores.push(ece);
            }
        }
        let drawn = plots(&scores);
        let names: Vec<&str> = drawn.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["length-burst-a-b.svg", "time-burst-a-b.svg", "reliability-burst-a-b.svg"]);
        assert_close(&points(&drawn[0].1, "counts", true), &[(1.0, 0.9), (40.0, 0.65), (700.0, 0.4)]);
        assert_close(&points(&drawn[0].1, "repeat", true), &[(1.0, 0.3), (40.0, 0.1), (700.0, 0.0)]);
        assert_close(&points(&drawn[1].1, "counts", true), &[(0.003, 0.9), (0.12, 0.65), (2.1, 0.4)]);
        // Three lengths: 6 events of mean probability 0.5, half right; 18 of 0.9, half right.
        assert_close(&points(&drawn[2].1, "repeat", false), &[(0.5, 0.5), (0.9, 0.5)]);
    }

    #[test]
    fn what_was_not_measured_is_not_drawn() {
        assert!(plots(&[]).is_empty());
        let drawn = plots(&[score("counts", 0, "thread_lcs", 0.5)]);
        assert!(drawn.is_empty(), "{drawn:?}");
    }
}
