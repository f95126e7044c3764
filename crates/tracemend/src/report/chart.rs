//! Line charts as self-contained SVG, legible on light and dark grounds.

use super::page::escaped;
use std::fmt::Write as _;
use tracemend_eval::measurement::Interval;

/// Inner left, right, top and bottom edges, in pixels.
const FRAME: [f64; 4] = [64.0, 484.0, 40.0, 340.0];
/// Colours for a light ground and for a dark one; further lines have the same again, dashed.
const COLORS: [(&str, &str); 8] = [
    ("#0b5cad", "#6cb2ff"),
    ("#b4500a", "#f0a35c"),
    ("#0a7a55", "#4fd1a1"),
    ("#8a1c5b", "#f08fc4"),
    ("#5b4bb5", "#b3a6ff"),
    ("#7a6a00", "#d9c84a"),
    ("#a01c1c", "#ff8f8f"),
    ("#45525f", "#b5c0cc"),
];

/// A figure at a place, with its interval.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Point {
    /// Where.
    pub x: f64,
    /// The figure.
    pub y: f64,
    /// Its interval, where it has one.
    pub interval: Option<Interval>,
}

/// What is drawn in one colour.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Line {
    /// What the legend calls it.
    pub name: String,
    /// From left to right.
    pub points: Vec<Point>,
}

/// One of the two axes.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Axis {
    /// What it shows, with its unit.
    pub label: String,
    /// Whether equal steps are equal factors.
    pub logarithmic: bool,
    /// Values with a tick and a number, ascending; the first and the last end the axis.
    pub ticks: Vec<f64>,
}

impl Axis {
    /// A share, from 0 to 1.
    pub(crate) fn share(label: &str) -> Self {
        Self { label: label.to_owned(), logarithmic: false, ticks: vec![0.0, 0.2, 0.4, 0.6, 0.8, 1.0] }
    }

    /// Where a value stands, 0 to 1; what lies beyond the ends stands at the end.
    fn at(&self, value: f64) -> f64 {
        let scale = |value: f64| if self.logarithmic { value.max(f64::MIN_POSITIVE).ln() } else { value };
        let (first, last) = (self.ticks.first().copied().unwrap_or(0.0), self.ticks.last().copied().unwrap_or(1.0));
        let (low, high) = (scale(first), scale(last));
        if high > low { ((scale(value) - low) / (high - low)).clamp(0.0, 1.0) } else { 0.5 }
    }
}

/// A chart.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Chart {
    /// What it shows.
    pub title: String,
    /// The horizontal axis.
    pub x: Axis,
    /// The vertical axis.
    pub y: Axis,
    /// The lines, in the order of the legend.
    pub lines: Vec<Line>,
    /// Whether the line on which both values are equal is drawn.
    pub diagonal: bool,
}

impl Chart {
    /// The chart as a document.
    pub(crate) fn svg(&self) -> String {
        let [left, right, top, bottom] = FRAME;
        let height = (bottom + 50.0).max(top + 18.0 * self.lines.len() as f64 + 10.0);
        let mut out = format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 680 {height}\" width=\"680\" height=\"{height}\" \
             role=\"img\" font-family=\"system-ui, sans-serif\" font-size=\"12\">\n<title>{}</title>\n<style>{}</style>\n\
             <rect class=\"ground\" width=\"100%\" height=\"100%\"/>\n\
             <text class=\"title\" x=\"{left}\" y=\"22\">{}</text>\n",
            escaped(&self.title),
            style(),
            escaped(&self.title),
        );
        self.axes(&mut out);
        if self.diagonal {
            _ = writeln!(out, "<line class=\"diagonal\" x1=\"{left}\" y1=\"{bottom}\" x2=\"{right}\" y2=\"{top}\"/>");
        }
        for (number, line) in self.lines.iter().enumerate() {
            self.line(&mut out, number, line);
        }
        out.push_str("</svg>\n");
        out
    }

    fn place(&self, x: f64, y: f64) -> (f64, f64) {
        let [left, right, top, bottom] = FRAME;
        (left + (right - left) * self.x.at(x), bottom - (bottom - top) * self.y.at(y))
    }

    fn axes(&self, out: &mut String) {
        let [left, right, top, bottom] = FRAME;
        for &tick in &self.x.ticks {
            let x = self.place(tick, 0.0).0;
            _ = writeln!(
                out,
                "<line class=\"grid\" x1=\"{x:.2}\" y1=\"{top}\" x2=\"{x:.2}\" y2=\"{bottom}\"/>\
                 <text class=\"tick x\" x=\"{x:.2}\" y=\"{}\" text-anchor=\"middle\">{}</text>",
                bottom + 18.0,
                number(tick)
            );
        }
        for &tick in &self.y.ticks {
            let y = self.place(1.0, tick).1;
            _ = writeln!(
                out,
                "<line class=\"grid\" x1=\"{left}\" y1=\"{y:.2}\" x2=\"{right}\" y2=\"{y:.2}\"/>\
                 <text class=\"tick y\" x=\"{}\" y=\"{:.2}\" text-anchor=\"end\">{}</text>",
                left - 8.0,
                y + 4.0,
                number(tick)
            );
        }
        let (middle, height) = ((left + right) / 2.0, (top + bottom) / 2.0);
        _ = writeln!(
            out,
            "<text x=\"{middle}\" y=\"{}\" text-anchor=\"middle\">{}</text>\n\
             <text transform=\"translate(18 {height}) rotate(-90)\" text-anchor=\"middle\">{}</text>",
            bottom + 38.0,
            escaped(&self.x.label),
            escaped(&self.y.label)
        );
    }

    fn line(&self, out: &mut String, number: usize, line: &Line) {
        let [_, right, top, _] = FRAME;
        let dash = if number >= COLORS.len() { " stroke-dasharray=\"5 3\"" } else { "" };
        let name = escaped(&line.name);
        _ = write!(out, "<g class=\"line c{}\"><title>{name}</title>", number % COLORS.len());
        let places: Vec<String> = line
            .points
            .iter()
            .map(|point| self.place(point.x, point.y))
            .map(|(x, y)| format!("{x:.2},{y:.2}"))
            .collect();
        _ = write!(out, "<polyline{dash} points=\"{}\"/>", places.join(" "));
        for point in &line.points {
            let (x, y) = self.place(point.x, point.y);
            if let Some(Interval { low, high, .. }) = point.interval {
                let (low, high) = (self.place(point.x, low).1, self.place(point.x, high).1);
                _ = write!(out, "<line x1=\"{x:.2}\" y1=\"{low:.2}\" x2=\"{x:.2}\" y2=\"{high:.2}\"/>");
            }
            _ = write!(out, "<circle cx=\"{x:.2}\" cy=\"{y:.2}\" r=\"3.5\"/>");
        }
        let y = top + 8.0 + 18.0 * number as f64;
        let (from, to, text) = (right + 16.0, right + 40.0, right + 46.0);
        _ = writeln!(out, "<path{dash} d=\"M{from} {y}H{to}\"/><text x=\"{text}\" y=\"{}\">{name}</text></g>", y + 4.0);
    }
}

/// Short: 0.2, 10, 1e-6.
fn number(value: f64) -> String {
    if value != 0.0 && value.abs() < 0.001 { format!("{value:e}") } else { format!("{value}") }
}

fn style() -> String {
    let colors = |pick: fn(&(&'static str, &'static str)) -> &'static str| -> String {
        let one = |(number, pair)| format!(".c{number}{{--c:{}}}", pick(pair));
        COLORS.iter().enumerate().map(one).collect()
    };
    format!(
        ".ground{{fill:#fff}}text{{fill:#1c2330}}.title{{font-size:15px;font-weight:600}}.grid{{stroke:#d5d9e0}}\
         .diagonal{{stroke:#5b6472;stroke-dasharray:2 3}}{}\
         .line polyline,.line line,.line path{{fill:none;stroke:var(--c);stroke-width:1.6}}.line circle{{fill:var(--c)}}\
         @media (prefers-color-scheme:dark){{.ground{{fill:#14171d}}text{{fill:#e6e9ee}}.grid{{stroke:#363d4a}}\
         .diagonal{{stroke:#9aa4b3}}{}}}",
        colors(|pair| pair.0),
        colors(|pair| pair.1)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_factors_are_equal_steps_and_nothing_leaves_the_frame() {
        let axis = Axis { label: String::new(), logarithmic: true, ticks: vec![1.0, 10.0, 100.0] };
        assert!((axis.at(10.0) - 0.5).abs() < 1e-9 && (axis.at(1.0), axis.at(100.0)) == (0.0, 1.0));
        assert_eq!((axis.at(0.0), axis.at(1e9)), (0.0, 1.0));
        let share = Axis::share("accuracy");
        assert_eq!((share.at(0.25), share.at(-1.0)), (0.25, 0.0));
    }

    #[test]
    fn every_line_differs_in_colour_or_dash_and_names_are_escaped() {
        let line = |number: usize| Line {
            name: format!("<{number}>"),
            points: vec![Point { x: 0.5, y: 0.5, interval: Some(Interval { value: 0.5, low: 0.4, high: 0.6 }) }],
        };
        let chart = Chart {
            title: "a & b".to_owned(),
            x: Axis::share("x"),
            y: Axis::share("y"),
            lines: (0..9).map(line).collect(),
            diagonal: true,
        };
        let svg = chart.svg();
        assert_eq!(svg.matches("class=\"line c0\"").count(), 2);
        assert_eq!(svg.matches("stroke-dasharray=\"5 3\" points").count(), 1);
        assert!(svg.contains("&lt;8&gt;") && svg.contains("a &amp; b") && !svg.contains("<8>"));
    }
}
