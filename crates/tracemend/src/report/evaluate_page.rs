//! The report of an evaluation: every figure with its interval, as tables and as pictures.

use super::page::{escaped, page};
use crate::scores::kind_of_gaps;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use tracemend_eval::Metric;
use tracemend_eval::measurement::Interval;
use tracemend_eval::score::{Score, methods, metrics};

/// Follows the reader's choice of colours.
const DARK: &str =
    "if (matchMedia(\"(prefers-color-scheme: dark)\").matches) document.documentElement.dataset.theme = \"dark\";";

/// The page.
pub(crate) fn evaluate_page(scores: &[Score]) -> String {
    let mut tables: BTreeMap<(&str, &str, usize), Vec<&Score>> = BTreeMap::new();
    for score in scores {
        tables.entry((&score.protocol, &score.data, score.blackout)).or_default().push(score);
    }
    let mut body = String::from(
        "<header><h1>Evaluation</h1><p class=\"quiet\">Figures on missing positions only, with 95 % bootstrap intervals \
         over gaps. A dot is the figure, the line its interval.</p></header><main>",
    );
    for ((protocol, data, blackout), scores) in tables {
        let gap = if blackout == 0 { kind_of_gaps(protocol).to_owned() } else { format!("gaps of {blackout}") };
        let _ = write!(body, "<h2>{} · {} · {gap}</h2>", escaped(protocol), escaped(data));
        let metrics = metrics(&scores);
        table(&mut body, &scores, &metrics);
        body.push_str(
            "<div class=\"tiles\" style=\"margin-top:14px;grid-template-columns:repeat(auto-fit,minmax(300px,1fr))\">",
        );
        metrics.iter().for_each(|metric| picture(&mut body, &scores, *metric));
        body.push_str("</div>");
    }
    body.push_str("</main>");
    page("Evaluation of repairs", &body, DARK)
}

fn table(out: &mut String, scores: &[&Score], metrics: &[Metric]) {
    out.push_str("<div class=\"scroll\"><table><tr><th scope=\"col\">method</th>");
    for metric in metrics {
        let title = escaped(metric.definition());
        let _ = write!(out, "<th class=\"n\" scope=\"col\" title=\"{title}\">{metric}</th>");
    }
    out.push_str("</tr>");
    for method in methods(scores) {
        let _ = write!(out, "<tr><th scope=\"row\">{}</th>", escaped(method));
        for metric in metrics {
            match scores.iter().find(|score| score.method == method && score.metric == *metric) {
                Some(score) => {
                    let _ = write!(
                        out,
                        "<td class=\"n\">{} <span class=\"quiet\">[{}, {}]</span></td>",
                        figure(score.interval.value),
                        figure(score.interval.low),
                        figure(score.interval.high)
                    );
                }
                None => out.push_str("<td class=\"n\">-</td>"),
            }
        }
        out.push_str("</tr>");
    }
    out.push_str("</table></div>");
}

/// Methods as rows, the figure as a dot on its interval.
fn picture(out: &mut String, scores: &[&Score], metric: Metric) {
    let own = |score: &&&Score| score.metric == metric && score.interval.value.is_finite();
    let rows: Vec<(&str, Interval)> =
        scores.iter().filter(own).map(|score| (score.method.as_str(), score.interval)).collect();
    let max = rows.iter().map(|(_, interval)| interval.high.max(interval.value)).fold(0.0, f64::max);
    if rows.is_empty() || max <= 0.0 {
        return;
    }
    // Shares are drawn on the whole scale, so that pictures can be compared.
    let scale = if max <= 1.0 && metric != Metric::SecondsPerGap { 1.0 } else { max };
    let at = |value: f64| 130.0 + 200.0 * (value / scale).clamp(0.0, 1.0);
    let height = rows.len() * 20 + 34;
    let _ = write!(
        out,
        "<svg viewBox=\"0 0 400 {height}\" width=\"100%\" role=\"img\" aria-label=\"{metric}\"><text x=\"0\" y=\"14\">{metric}</text>"
    );
    for (row, (method, interval)) in rows.iter().enumerate() {
        let y = row * 20 + 32;
        let _ = write!(
            out,
            "<text x=\"0\" y=\"{}\">{}</text><line class=\"axis\" x1=\"130\" x2=\"330\" y1=\"{y}\" y2=\"{y}\"/>\
             <line class=\"whisker\" x1=\"{:.1}\" x2=\"{:.1}\" y1=\"{y}\" y2=\"{y}\"/>\
             <circle class=\"dot\" cx=\"{:.1}\" cy=\"{y}\" r=\"4\"/><text x=\"340\" y=\"{}\">{}</text>",
            y + 4,
            escaped(method),
            at(interval.low),
            at(interval.high),
            at(interval.value),
            y + 4,
            figure(interval.value)
        );
    }
    out.push_str("</svg>");
}

fn figure(value: f64) -> String {
    if value != 0.0 && value.abs() < 0.01 { format!("{value:.5}") } else { format!("{value:.3}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_figure_stands_in_the_table_with_its_interval_and_in_a_picture() {
        let score = |method: &str, value: f64| Score {
            protocol: "burst".into(),
            data: "<x>".into(),
            method: method.into(),
            blackout: 10,
            metric: Metric::ThreadLcs,
            interval: Interval { value, low: value - 0.02, high: value + 0.02 },
            gaps: 30,
            resamples: None,
            bins: Vec::new(),
        };
        let page = evaluate_page(&[score("engine", 0.9), score("repeat", 0.3)]);
        assert!(page.contains("<h2>burst · &lt;x&gt; · gaps of 10</h2>"));
        assert!(page.contains("0.900 <span class=\"quiet\">[0.880, 0.920]</span>"));
        // 0.3 on a scale of 0 to 1, 200 wide from 130 on.
        assert!(page.contains("cx=\"190.0\"") && page.contains("cx=\"310.0\""));
    }
}
