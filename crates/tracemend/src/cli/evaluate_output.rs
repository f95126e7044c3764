//! What `tracemend evaluate` writes: tables on stdout, and beside them a report, pictures, and the answers themselves.

use super::globals::{Globals, stdout};
use super::repair_output::opened;
use anyhow::{Context as _, bail};
use clap::{Args, ValueEnum};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::{fs, io};
use tracemend::evaluation::{Dump, plots, save_arrays};
use tracemend::report::{Align, Table, count, evaluate_page};
use tracemend::scores::{COLUMNS, TableForm, csv, tables};
use tracemend_eval::answer::TracedAnswers;
use tracemend_eval::differences::differences;
use tracemend_eval::outcome::Answers;
use tracemend_eval::protocol::truth::{MethodShare, TruthGap};
use tracemend_eval::score::Score;
use tracemend_trace::AtomicFile;
use tracemend_trace::sink::JsonLines;

/// What is written beside the scores, and in which form these are.
#[derive(Args, Debug)]
pub struct OutputArgs {
    /// Form of the tables.
    #[arg(long, value_enum, value_name = "FORM", default_value = "text", conflicts_with = "json")]
    table: TableArg,
    /// Write a report too: one HTML file with every figure, its interval and a picture.
    #[arg(long, value_name = "FILE")]
    report: Option<PathBuf>,
    /// Write pictures into this folder (SVG): score against gap length, time against score, reliability.
    #[arg(long, value_name = "FOLDER")]
    plots: Option<PathBuf>,
    /// Write every answer too, one gap a line (JSON Lines): truth, answer, probabilities, and in windows alternatives.
    #[arg(long, value_name = "FILE")]
    dump: Option<PathBuf>,
    /// paper, cross-run: write the answers as arrays in the published layout below this folder.
    #[arg(long, value_name = "FOLDER")]
    save_arrays: Option<PathBuf>,
}

/// Names of table forms.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum TableArg {
    /// Aligned columns, for people.
    Text,
    /// Markdown.
    Markdown,
    /// One figure a line, comma-separated.
    Csv,
}

/// What is being written.
pub struct Output<'a> {
    args: &'a OutputArgs,
    report: Option<AtomicFile>,
    dump: Option<Dump>,
}

impl OutputArgs {
    /// Opens all there is to open; `windows`: whether the protocol's answers fill windows; `answers`: whether it has answers.
    pub fn open(&self, windows: bool, answers: bool) -> anyhow::Result<Output<'_>> {
        if !windows && self.save_arrays.is_some() {
            bail!("--save-arrays writes answers in windows: use it with --protocol paper on --data, or cross-run");
        }
        if !answers && self.dump.is_some() {
            bail!("--dump writes what methods answer, and --arrays is scored as it is: leave one of the two out");
        }
        for folder in self.plots.iter().chain(&self.save_arrays) {
            fs::create_dir_all(folder).with_context(|| format!("{} cannot be made", folder.display()))?;
        }
        Ok(Output {
            args: self,
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
    /// Writes a method's answers where that was asked for.
    pub fn answers(&mut self, answers: &Answers<'_>) -> io::Result<()> {
        if let Some(dump) = &mut self.dump {
            dump.add(answers)?;
        }
        self.args.save_arrays.as_deref().map_or(Ok(()), |folder| save_arrays(folder, answers))
    }

    /// What writes answers to gaps of a trace of many threads, where that was asked for.
    pub fn traced(&mut self) -> Option<impl FnMut(&TracedAnswers<'_>) -> io::Result<()> + '_> {
        self.dump.as_mut().map(|dump| |answers: &TracedAnswers<'_>| dump.add_traced(answers))
    }

    /// Writes the rest.
    pub fn finish(self, gaps: &[TruthGap], scores: &[Score], globals: &Globals) -> anyhow::Result<()> {
        let differences = differences(scores);
        let mut out = stdout();
        if globals.json {
            let mut lines = JsonLines::begin(&mut out, "tracemend.evaluate", 1)?;
            for gap in gaps {
                lines.row("truth", gap)?;
            }
            for score in scores {
                lines.row("score", score)?;
            }
            for difference in &differences {
                lines.row("difference", difference)?;
            }
        } else {
            let form = match self.args.table {
                TableArg::Text => Some(TableForm::Text),
                TableArg::Markdown => Some(TableForm::Markdown),
                TableArg::Csv => None,
            };
            let lines = match form {
                Some(form) => [truth_table(gaps, form), tables(scores, &differences, form)].concat(),
                None => csv(scores),
            };
            for line in lines {
                writeln!(out, "{line}")?;
            }
        }
        out.flush()?;
        if let Some(mut file) = self.report {
            file.write_all(evaluate_page(scores, &COLUMNS).as_bytes())?;
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

/// Gap by gap: counted and really lost events, and each method's share of them put right.
fn truth_table(gaps: &[TruthGap], form: TableForm) -> Vec<String> {
    let Some(first) = gaps.first() else {
        return Vec::new();
    };
    let mut heads =
        vec![("gap", Align::Right), ("stream", Align::Left), ("counted", Align::Right), ("lost", Align::Right)];
    heads.extend(first.thread_lcs.iter().map(|share| (share.method.as_str(), Align::Right)));
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
    let mut lines = form.lines(&table);
    lines.push(String::new());
    lines
}
