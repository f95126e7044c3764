//! What `tracemend evaluate` writes: tables on stdout, and on request a report, pictures, and the predictions.

use super::evaluate_finished::Finished;
use super::globals::{Globals, stdout};
use super::repair_output::opened;
use crate::evaluation::{Dump, plots, save_arrays};
use crate::report::{Align, Table, count, evaluate_page};
use crate::scores::{TableForm, tables};
use anyhow::Context as _;
use clap::Args;
use clap::builder::{PossibleValuesParser, TypedValueParser as _};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::{fs, io};
use tracemend_eval::differences::differences;
use tracemend_eval::prediction::trace::GapPredictions;
use tracemend_eval::prediction::window::WindowPredictions;
use tracemend_eval::protocol::ring::RingLoss;
use tracemend_eval::protocol::truth::{MethodShare, TruthGap};
use tracemend_eval::strata::{By, Stratum};
use tracemend_trace::AtomicFile;
use tracemend_trace::sink::JsonLines;

/// What is written besides the scores, and in which form these are.
#[derive(Args, Debug)]
pub(super) struct OutputArgs {
    /// Form of the tables: aligned columns, Markdown, or one figure a line, comma-separated.
    #[arg(long, value_name = "FORM", default_value_t, conflicts_with = "json", value_parser = table_parser())]
    table: TableForm,
    /// Write a report too: one HTML file with every figure, its interval and a picture.
    #[arg(long, value_name = "FILE")]
    report: Option<PathBuf>,
    /// Write pictures into this folder (SVG): score against gap length, time against score, reliability.
    #[arg(long, value_name = "FOLDER")]
    plots: Option<PathBuf>,
    /// Write every prediction too, one gap a line (JSON Lines): truth, prediction, probabilities, and in windows
    /// alternatives.
    #[arg(long, value_name = "FILE")]
    dump: Option<PathBuf>,
}

fn table_parser() -> impl clap::builder::TypedValueParser<Value = TableForm> {
    PossibleValuesParser::new(TableForm::ALL.map(|form| form.to_string())).try_map(|name| name.parse::<TableForm>())
}

/// What is being written.
pub(super) struct Output<'a> {
    args: &'a OutputArgs,
    save_arrays: Option<&'a Path>,
    report: Option<AtomicFile>,
    dump: Option<Dump>,
}

impl OutputArgs {
    /// Opens all that will be written. `save_arrays`: the folder for predictions as arrays.
    pub(super) fn open<'a>(&'a self, save_arrays: Option<&'a Path>) -> anyhow::Result<Output<'a>> {
        for folder in self.plots.as_deref().into_iter().chain(save_arrays) {
            fs::create_dir_all(folder).with_context(|| format!("{} cannot be made", folder.display()))?;
        }
        Ok(Output {
            args: self,
            save_arrays,
            report: self
                .report
                .as_deref()
                .map(|path| opened(path, AtomicFile::create(path), "--report"))
                .transpose()?,
            dump: self.dump.as_deref().map(|path| opened(path, Dump::create(path), "--dump")).transpose()?,
        })
    }
}

impl Output<'_> {
    /// Writes a method's predictions for windows where that was asked for.
    pub(super) fn windows(&mut self, predictions: &WindowPredictions<'_>) -> io::Result<()> {
        if let Some(dump) = &mut self.dump {
            dump.add(predictions)?;
        }
        self.save_arrays.map_or(Ok(()), |folder| save_arrays(folder, predictions))
    }

    /// Returns the writer of predictions for gaps of a trace of many threads, where that was asked for.
    pub(super) fn gaps(&mut self) -> Option<impl FnMut(&GapPredictions<'_>) -> io::Result<()> + '_> {
        self.dump.as_mut().map(|dump| |predictions: &GapPredictions<'_>| dump.add_traced(predictions))
    }

    /// Writes the rest.
    pub(super) fn finish(self, finished: &Finished, globals: &Globals) -> anyhow::Result<()> {
        let Finished { gaps, rings, scores, strata, latencies } = finished;
        let differences = differences(scores);
        let mut out = stdout();
        if globals.json {
            let mut lines = JsonLines::begin(&mut out, "tracemend.evaluate", 1)?;
            for gap in gaps {
                lines.row("truth", gap)?;
            }
            for ring in rings {
                lines.row("ring", ring)?;
            }
            for score in scores {
                lines.row("score", score)?;
            }
            for stratum in strata {
                lines.row("stratum", stratum)?;
            }
            for latency in latencies {
                lines.row("latency", latency)?;
            }
            for difference in &differences {
                lines.row("difference", difference)?;
            }
        } else {
            let form = self.args.table;
            let mut lines = truth_tables(gaps, form);
            lines.extend(ring_lines(rings, form));
            lines.extend(tables(scores, &differences, form));
            lines.extend(strata_tables(strata, form));
            for line in lines {
                writeln!(out, "{line}")?;
            }
        }
        out.flush()?;
        if let Some(mut file) = self.report {
            file.write_all(evaluate_page(scores).as_bytes())?;
            file.commit()?;
        }
        if let Some(dump) = self.dump {
            dump.finish()?;
        }
        if let Some(folder) = &self.args.plots {
            for (name, picture) in plots(scores) {
                write(&folder.join(name), &picture)?;
            }
        }
        Ok(())
    }
}

fn write(path: &Path, text: &str) -> anyhow::Result<()> {
    let mut file = AtomicFile::create(path).with_context(|| format!("{} cannot be written", path.display()))?;
    file.write_all(text.as_bytes())?;
    Ok(file.commit()?)
}

/// A table for each pair of twins: gap by gap, counted and really lost events, and each method's share put right.
fn truth_tables(gaps: &[TruthGap], form: TableForm) -> Vec<String> {
    if form == TableForm::Csv {
        return Vec::new();
    }
    let twins: Vec<&[TruthGap]> = gaps.chunk_by(|a, b| a.data == b.data).collect();
    let mut lines = Vec::new();
    for gaps in &twins {
        if twins.len() > 1 {
            lines.extend([gaps[0].data.clone(), String::new()]);
        }
        lines.extend(form.lines(&truth_table(gaps)));
        lines.push(String::new());
    }
    lines
}

/// What the ring lost of each trace.
fn ring_lines(rings: &[RingLoss], form: TableForm) -> Vec<String> {
    if form == TableForm::Csv || rings.is_empty() {
        return Vec::new();
    }
    let heads = ["events", "lost", "share", "gaps", "median", "max"].map(|head| (head, Align::Right));
    let mut table = Table::new(&[&[("trace", Align::Left)], &heads[..]].concat());
    for RingLoss { data, events, lost, share, gaps, median, max } in rings {
        let number = |number: &usize| count(*number as u64);
        let percent = format!("{:.1} %", 100.0 * share);
        table.row(vec![data.clone(), number(events), number(lost), percent, number(gaps), number(median), number(max)]);
    }
    form.lines(&table).into_iter().chain([String::new()]).collect()
}

/// How reliable probabilities are in gaps of each length and of each event rate: of all gaps together where there are several traces,
/// because a single one has few in each part.
fn strata_tables(strata: &[Stratum], form: TableForm) -> Vec<String> {
    let Some(last) = strata.last().filter(|_| form != TableForm::Csv) else { return Vec::new() };
    let mut lines = Vec::new();
    for (by, head, title) in [
        (By::Length, "events lost", "by length"),
        (By::EventRate, "decile", "by event rate, in deciles from the slowest stretches to the fastest"),
    ] {
        let own =
            strata.iter().filter(|one| one.by == by && (&one.protocol, &one.data) == (&last.protocol, &last.data));
        lines.extend([String::new(), format!("{}, {}: probabilities {title}", last.protocol, last.data)]);
        if form == TableForm::Markdown {
            lines.push(String::new());
        }
        lines.extend(form.lines(&strata_table(own, head)));
    }
    lines
}

fn strata_table<'s>(strata: impl Iterator<Item = &'s Stratum>, head: &str) -> Table {
    let numbers = [head, "gaps", "lost", "predicted", "probability", "right", "ece", "thread_lcs", "recall_at_90"];
    let numbers = numbers.map(|head| (head, Align::Right));
    let mut table = Table::new(&[&[("method", Align::Left)], &numbers[..]].concat());
    for stratum in strata {
        let range = match stratum.to {
            Some(to) if to == stratum.from => to.to_string(),
            Some(to) => format!("{}-{to}", stratum.from),
            None => format!("{}-", stratum.from),
        };
        let counts = [stratum.gaps, stratum.lost, stratum.predicted].map(|number| count(number as u64));
        let figures = [stratum.probability, stratum.right, stratum.ece, stratum.thread_lcs, stratum.recall_at_90];
        let cells = [stratum.method.clone(), range].into_iter().chain(counts);
        table.row(cells.chain(figures.map(|figure| format!("{figure:.3}"))).collect());
    }
    table
}

fn truth_table(gaps: &[TruthGap]) -> Table {
    let mut heads =
        vec![("gap", Align::Right), ("stream", Align::Left), ("counted", Align::Right), ("lost", Align::Right)];
    let methods = gaps.first().map_or(&[][..], |gap| &gap.thread_lcs);
    heads.extend(methods.iter().map(|share| (share.method.as_str(), Align::Right)));
    let mut table = Table::new(&heads);
    for gap in gaps {
        let mut cells = vec![
            gap.gap.to_string(),
            gap.stream.clone().unwrap_or_else(|| "?".to_owned()),
            gap.lost_found.map_or("?".to_owned(), count),
            count(gap.lost_true),
        ];
        let share = |share: &MethodShare| share.thread_lcs.map_or(String::new(), |value| format!("{value:.3}"));
        cells.extend(gap.thread_lcs.iter().map(share));
        table.row(cells);
    }
    table
}
