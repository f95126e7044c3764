//! Methods and models on the windows of one data set, each with the same gap.

use crate::cache::{Keep, kept, load};
use crate::cells::{Cell, figures, leakage};
use crate::measurement::{Plan, RESAMPLES, estimate};
use crate::metric::{GapTally, Totals};
use crate::outcome::{Answers, Outcome};
use crate::protocol::held_out::{Calibrator, HeldOut, judged};
use crate::protocol::paper::{Error, PaperConfig};
use cpu_time::{ProcessTime, ThreadTime};
use rayon::prelude::*;
use std::io;
use std::ops::Range;
use std::sync::{Arc, OnceLock};
use tracemend_impute::window::baselines::{LeftNgram, PeriodCopy, RepeatPrevious, TwoSidedLookup};
use tracemend_impute::window::clusters::clusters;
use tracemend_impute::window::context_index::ContextIndex;
use tracemend_impute::window::dataset::Sequence;
use tracemend_impute::window::ensemble::{Combined, Judge, PLAIN, PlacedCounts, RESCORED};
use tracemend_impute::window::imputer::{Imputation, Imputer};
use tracemend_impute::window::models::{FillAll, Model, Tested, impute};
use tracemend_impute::window::ngram::NgramCounts;
use tracemend_impute::window::ppm::{SequenceConfig, SequenceCounts};
use tracemend_impute::window::windows::Dataset;

/// What is done beside measuring.
pub struct Around<'a> {
    /// Keeps finished cells, and knows those of before.
    pub keep: &'a dyn Keep,
    /// Gets the answers of every method, in the order of the rows.
    pub answers: &'a mut dyn FnMut(&Answers<'_>) -> io::Result<()>,
}

/// Everything the methods learn within a protocol, shared between them.
struct Learned {
    index: Arc<ContextIndex>,
    ngrams: Arc<NgramCounts>,
}

impl Learned {
    fn new(training: &[Sequence]) -> Self {
        let (index, ngrams) =
            rayon::join(|| ContextIndex::new(training), || NgramCounts::new(training, SequenceConfig::default().order));
        Self { index: Arc::new(index), ngrams: Arc::new(ngrams) }
    }

    fn engine(&self) -> SequenceCounts {
        SequenceCounts::with_parts(SequenceConfig::default(), self.index.clone(), self.ngrams.clone())
    }

    fn method(&self, name: &str) -> Result<Box<dyn Imputer + Send>, Error> {
        Ok(match name {
            ENGINE => Box::new(self.engine()),
            "lookup" => Box::new(TwoSidedLookup::new(self.index.clone())),
            "ngram" => Box::new(LeftNgram::new(self.ngrams.clone())),
            "period" => Box::new(PeriodCopy),
            "repeat" => Box::new(RepeatPrevious),
            _ => return Err(Error::UnknownMethod(name.to_owned())),
        })
    }
}

/// Name of the engine in result tables.
const ENGINE: &str = "counts";

/// What one method answered to gaps of one length.
pub(crate) struct Answered {
    method: String,
    blackout: usize,
    outcomes: Vec<Outcome>,
}

/// The windows of one data set, ready to be filled.
pub(crate) struct Bench<'a> {
    protocol: &'static str,
    config: &'a PaperConfig,
    data: &'a Dataset,
    held_out: Option<&'a HeldOut>,
    keep: &'a dyn Keep,
    /// Distinct windows, and the numbers under which each occurs.
    clusters: Vec<(&'a [u32], Vec<usize>)>,
    /// Learning takes as long as answering: once, and not where all cells are kept.
    learned: OnceLock<Learned>,
}

impl<'a> Bench<'a> {
    pub(crate) fn new(
        protocol: &'static str,
        config: &'a PaperConfig,
        data: &'a Dataset,
        held_out: Option<&'a HeldOut>,
        keep: &'a dyn Keep,
    ) -> Self {
        let clusters = clusters(data.test.iter().map(Vec::as_slice));
        Self { protocol, config, data, held_out, keep, clusters, learned: OnceLock::new() }
    }

    /// Not to be asked for first within a parallel loop: learning is parallel itself, and whoever waits for it cannot help.
    fn learned(&self) -> &Learned {
        self.learned.get_or_init(|| Learned::new(&self.data.training))
    }

    fn hidden(&self, blackout: usize) -> Range<usize> {
        self.config.place.hidden(self.data.length, blackout)
    }

    /// Under what name a cell is kept.
    fn cell(&self, blackout: usize, method: &str) -> String {
        format!("{} k={blackout} {method}", self.data.name)
    }

    /// The answers of all methods and models, by gap length and method, the models' last.
    pub(crate) fn answers(
        &self,
        blackouts: &[usize],
        methods: &[String],
        models: &[Model],
    ) -> Result<Vec<Answered>, Error> {
        let mut answered = self.by_methods(blackouts, methods)?;
        // One after the other: a model uses all threads by itself, and its seconds are those of the process.
        for &blackout in blackouts {
            for model in models {
                let outcomes = self.by_model(model, blackout)?;
                answered.push(Answered { method: model.name.clone(), blackout, outcomes });
            }
        }
        let together = self.together(blackouts, models, &answered)?;
        answered.extend(together);
        Ok(answered)
    }

    /// Counts scored again, without a network and with each model that gives every token a probability; nothing where there
    /// is no run to weigh them by. `known`: what has been answered already.
    fn together(&self, blackouts: &[usize], models: &[Model], known: &[Answered]) -> Result<Vec<Answered>, Error> {
        let Some(unseen) = self.held_out.and_then(|held_out| held_out.unseen.as_ref()) else { return Ok(Vec::new()) };
        let able: Vec<&Model> = models.iter().filter(|model| model.imputer.conditionals(&[]).is_some()).collect();
        let counts = || PlacedCounts::new(self.learned().engine(), &self.data.training);
        let (counts, without) = rayon::join(counts, || PlacedCounts::learn(&unseen.training));
        let mut answered = Vec::new();
        for &blackout in blackouts {
            let judge = Judge::new(unseen, &without, self.hidden(blackout));
            let weights = |name: &str| format!("{} weights", self.cell(blackout, name));
            let rescoring = kept(self.keep, &weights(RESCORED), || judge.rescoring())?;
            let fill = |name: &str, network| Combined {
                name: name.to_owned(),
                counts: &counts,
                rescoring: rescoring.unwrap_or(PLAIN),
                network,
            };
            let alone = match rescoring {
                Some(_) => self.by_model(&fill(RESCORED, None), blackout)?,
                None => match known.iter().find(|known| known.method == ENGINE && known.blackout == blackout) {
                    Some(alone) => alone.outcomes.clone(),
                    None => {
                        let alone = self.by_methods(&[blackout], &[ENGINE.to_owned()])?;
                        alone.into_iter().flat_map(|alone| alone.outcomes).collect()
                    }
                },
            };
            let mut both = Vec::new();
            for &model in &able {
                let name = format!("{ENGINE}+{}", model.name);
                let outcomes = match kept(self.keep, &weights(&name), || judge.weights(model, rescoring))? {
                    Some(weights) => self.by_model(&fill(&name, Some((model, weights))), blackout)?,
                    None => alone.clone(),
                };
                both.push(Answered { method: name, blackout, outcomes });
            }
            answered.push(Answered { method: RESCORED.to_owned(), blackout, outcomes: alone });
            answered.extend(both);
        }
        Ok(answered)
    }

    fn by_methods(&self, blackouts: &[usize], methods: &[String]) -> Result<Vec<Answered>, Error> {
        let jobs: Vec<(usize, &str)> = blackouts
            .iter()
            .flat_map(|&blackout| methods.iter().map(move |method| (blackout, method.as_str())))
            .collect();
        let name = |&(blackout, method): &(usize, &str)| self.cell(blackout, method);
        let found: Vec<Option<Vec<Outcome>>> =
            jobs.iter().map(|job| load(self.keep, &name(job))).collect::<io::Result<_>>()?;
        let missing = || jobs.iter().zip(&found).filter(|(_, found)| found.is_none()).map(|(job, _)| *job);
        let learned = missing().next().map(|_| self.learned());
        let calibrators = match learned {
            Some(learned) => self.calibrators(learned, missing().filter(|job| job.1 == ENGINE).map(|job| job.0)),
            None => Vec::new(),
        };
        let outcomes: Vec<Vec<Outcome>> = jobs
            .par_iter()
            .zip(found)
            .map(|(job, found)| -> Result<Vec<Outcome>, Error> {
                let (Some(learned), None) = (learned, &found) else { return Ok(found.unwrap_or_default()) };
                let method = learned.method(job.1)?;
                let calibrator = calibrators.iter().find(|(blackout, _)| *job == (*blackout, ENGINE));
                let answer = || self.by_method(&*method, &self.hidden(job.0), calibrator.map(|(_, known)| known));
                Ok(kept(self.keep, &name(job), answer)?)
            })
            .collect::<Result<_, _>>()?;
        let answered = |((blackout, method), outcomes): ((usize, &str), _)| Answered {
            method: method.to_owned(),
            blackout,
            outcomes,
        };
        Ok(jobs.into_iter().zip(outcomes).map(answered).collect())
    }

    /// The engine's calibrators where there are windows to calibrate on, by gap length.
    fn calibrators(&self, learned: &Learned, blackouts: impl Iterator<Item = usize>) -> Vec<(usize, Calibrator<'a>)> {
        let blackouts: Vec<usize> = blackouts.collect();
        let Some(held_out) = self.held_out.filter(|_| !blackouts.is_empty()) else { return Vec::new() };
        let others: Vec<SequenceCounts> =
            held_out.runs.par_iter().map(|run| SequenceCounts::learn(&run.training)).collect();
        let engine = learned.engine();
        let of =
            |&blackout: &usize| (blackout, Calibrator::of_counts(&engine, &others, held_out, self.hidden(blackout)));
        blackouts.par_iter().map(of).collect()
    }

    fn by_method(
        &self,
        method: &dyn Imputer,
        hidden: &Range<usize>,
        calibrator: Option<&Calibrator<'_>>,
    ) -> Vec<Outcome> {
        let answer = |(window, members): &(&[u32], Vec<usize>)| {
            let clock = ThreadTime::now();
            let filled = impute(method, window, hidden);
            let seconds = clock.elapsed().as_secs_f64();
            let known = calibrator.map(|known| known.for_windows(members));
            let calibrated = |confidence| known.as_ref().map_or(confidence, |known| known(confidence));
            Outcome::new(members.clone(), filled, hidden, seconds, calibrated)
        };
        self.clusters.par_iter().map(answer).collect()
    }

    /// What is known beside the tokens can differ between windows of equal tokens, so where anything is known every window
    /// is filled by itself.
    fn by_model(&self, model: &dyn FillAll, blackout: usize) -> Result<Vec<Outcome>, Error> {
        let hidden = self.hidden(blackout);
        let vocabulary = &self.data.vocabulary;
        let cell = self.cell(blackout, model.name());
        let calibrator = match self.held_out {
            Some(held_out) => {
                let judge = || -> Vec<Vec<(f32, bool)>> {
                    let windows = held_out.own_windows();
                    let filled = model.fill(&windows, vocabulary, &hidden);
                    filled.iter().zip(&windows).map(|(filled, own)| judged(filled, own.tokens, &hidden)).collect()
                };
                let own = kept(self.keep, &format!("{cell} calibration"), judge)?;
                Some(Calibrator::new(own, held_out, hidden.clone()))
            }
            None => None,
        };
        let alone = !self.data.known.is_empty();
        let members: Vec<Vec<usize>> = match alone {
            true => (0..self.data.test.len()).map(|number| vec![number]).collect(),
            false => self.clusters.iter().map(|(_, members)| members.clone()).collect(),
        };
        let answer = || {
            let windows: Vec<Tested<'_>> = members
                .iter()
                .map(|members| Tested { tokens: &self.data.test[members[0]], known: self.data.known.get(members[0]) })
                .collect();
            let clock = ProcessTime::now();
            let filled = model.fill(&windows, vocabulary, &hidden);
            let seconds = clock.elapsed().as_secs_f64() / windows.len().max(1) as f64;
            let outcome = |(filled, members): (Imputation, &Vec<usize>)| {
                let known = calibrator.as_ref().map(|known| known.for_windows(members));
                let calibrated = |confidence| known.as_ref().map_or(confidence, |known| known(confidence));
                Outcome::new(members.clone(), filled, &hidden, seconds, calibrated)
            };
            filled.into_iter().zip(&members).map(outcome).collect()
        };
        Ok(kept(self.keep, &cell, answer)?)
    }

    /// Scores all answers; the leakage comes last.
    pub(crate) fn cells(&self, answered: &[Answered], around: &mut Around<'_>) -> Result<Vec<Cell>, Error> {
        let plan = Plan::new(self.clusters.len(), RESAMPLES, self.config.seed, &["paper", self.data.name.as_str()]);
        let mut cluster_of = vec![0; self.data.test.len()];
        for (number, (_, members)) in self.clusters.iter().enumerate() {
            members.iter().for_each(|&member| cluster_of[member] = number);
        }
        let mut cells = Vec::new();
        for Answered { method, blackout, outcomes } in answered {
            let hidden = self.hidden(*blackout);
            let (protocol, data, blackout) = (self.protocol, self.data, *blackout);
            let answers = Answers { protocol, data, method, blackout, hidden: &hidden, outcomes };
            (around.answers)(&answers)?;
            let mut tallies = vec![GapTally::empty(); self.clusters.len()];
            for outcome in outcomes {
                let Some(&first) = outcome.windows.first() else { continue };
                tallies[cluster_of[first]].merge(&outcome.tally(answers.truth(first)));
            }
            let mut totals = Totals::for_tallies(&tallies);
            tallies.iter().for_each(|tally| totals.add(tally, 1.0));
            cells.push(Cell {
                data: data.name.clone(),
                method: method.clone(),
                blackout,
                gaps: data.test.len(),
                figures: figures(estimate(&tallies, &plan)),
                bins: totals.bins(),
            });
        }
        let ids = self.clusters.iter().map(|c| (c.0, c.1.len()));
        cells.push(leakage(&self.data.name, &self.data.training, ids, &plan));
        Ok(cells)
    }
}
