//! Methods and models on the windows of one data set, each with the same gap.

use crate::cache::{Cache, cached, load};
use crate::error::Error;
use crate::leakage::leakage;
use crate::measurement::{Measurement, Plan, RESAMPLES};
use crate::methods::{PPM, PPM_RESCORED, chosen};
use crate::prediction::window::{TakeWindows, WindowPrediction, WindowPredictions};
use crate::protocol::held_out::{Calibrator, HeldOut, judged};
use crate::protocol::settings::WindowSettings;
use crate::tally::GapTally;
use cpu_time::{ProcessTime, ThreadTime};
use rayon::prelude::*;
use std::io;
use std::ops::Range;
use std::sync::{Arc, OnceLock};
use tracemend_impute::window::baselines::{LeftNgram, PeriodCopy, RepeatPrevious, TwoSidedLookup};
use tracemend_impute::window::clusters::clusters;
use tracemend_impute::window::context_index::ContextIndex;
use tracemend_impute::window::dataset::Sequence;
use tracemend_impute::window::ensemble::{Combined, Judge, PLAIN, PlacedPpm};
use tracemend_impute::window::imputer::{Imputation, Imputer};
use tracemend_impute::window::models::{FillAll, Model, Tested, impute};
use tracemend_impute::window::ngram::NgramCounts;
use tracemend_impute::window::ppm::{Ppm, PpmConfig};
use tracemend_impute::window::windows::Dataset;

/// The methods that learn within a protocol, first the one that is measured, then the baselines.
pub(crate) const METHODS: [&str; 5] = [PPM, "lookup", "ngram", "period", "repeat"];

/// Everything the methods learn within a protocol, shared between them.
struct Learned {
    index: Arc<ContextIndex>,
    ngrams: Arc<NgramCounts>,
}

impl Learned {
    fn new(training: &[Sequence]) -> Self {
        let (index, ngrams) =
            rayon::join(|| ContextIndex::new(training), || NgramCounts::new(training, PpmConfig::default().order));
        Self { index: Arc::new(index), ngrams: Arc::new(ngrams) }
    }

    fn ppm(&self) -> Ppm {
        Ppm::with_parts(PpmConfig::default(), self.index.clone(), self.ngrams.clone())
    }

    /// The method of this name, one of [`METHODS`]; any other name gives `repeat`.
    fn method(&self, name: &str) -> Box<dyn Imputer + Send> {
        match name {
            PPM => Box::new(self.ppm()),
            "lookup" => Box::new(TwoSidedLookup::new(self.index.clone())),
            "ngram" => Box::new(LeftNgram::new(self.ngrams.clone())),
            "period" => Box::new(PeriodCopy),
            _ => Box::new(RepeatPrevious),
        }
    }
}

/// What one method predicts for gaps of one length.
struct Predicted {
    method: String,
    blackout: usize,
    predictions: Vec<WindowPrediction>,
}

/// The windows of one data set, ready to be filled.
pub(crate) struct Bench<'a> {
    protocol: &'static str,
    settings: &'a WindowSettings,
    methods: Vec<&'static str>,
    blackouts: Vec<usize>,
    data: &'a Dataset,
    held_out: Option<&'a HeldOut>,
    cache: &'a dyn Cache,
    /// Distinct windows, and the numbers under which each occurs.
    clusters: Vec<(&'a [u32], Vec<usize>)>,
    /// Learning takes as long as predicting, so it is done once, and not at all where every prediction is cached.
    learned: OnceLock<Learned>,
}

impl<'a> Bench<'a> {
    /// Prepares the windows of `data`; gaps are as long as the settings say, or as `default_blackouts`.
    ///
    /// # Errors
    /// An unknown method, or a gap that does not fit.
    pub(crate) fn new(
        protocol: &'static str,
        settings: &'a WindowSettings,
        default_blackouts: &[usize],
        data: &'a Dataset,
        held_out: Option<&'a HeldOut>,
        cache: &'a dyn Cache,
    ) -> Result<Self, Error> {
        Ok(Self {
            protocol,
            settings,
            methods: chosen(&settings.methods, &METHODS)?,
            blackouts: settings.blackouts_or(default_blackouts)?,
            data,
            held_out,
            cache,
            clusters: clusters(data.test.iter().map(Vec::as_slice)),
            learned: OnceLock::new(),
        })
    }

    /// Measures methods and models; the leakage comes last. `take` gets all predictions.
    ///
    /// # Errors
    /// A cache that cannot be used, or what `take` fails with.
    pub(crate) fn run(&self, models: &[Model], take: TakeWindows<'_>) -> Result<Vec<Measurement>, Error> {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(self.settings.threads).build()?;
        let predicted = pool.install(|| self.predictions(models))?;
        self.measurements(&predicted, take)
    }

    /// What the methods learn.
    ///
    /// Do not call this first from inside a rayon loop: `get_or_init` blocks the waiting workers, and learning needs
    /// them.
    fn learned(&self) -> &Learned {
        self.learned.get_or_init(|| Learned::new(&self.data.training))
    }

    fn hidden(&self, blackout: usize) -> Range<usize> {
        self.settings.place.hidden(self.data.length, blackout)
    }

    /// The name under which predictions are cached.
    fn cache_name(&self, blackout: usize, method: &str) -> String {
        format!("{} k={blackout} {method}", self.data.name)
    }

    /// The predictions of all methods and models, by gap length and method, the models' last.
    fn predictions(&self, models: &[Model]) -> Result<Vec<Predicted>, Error> {
        let mut predicted = self.by_methods(&self.blackouts, &self.methods)?;
        // One after the other: a model uses all threads by itself, and its seconds are those of the process.
        for &blackout in &self.blackouts {
            for model in models {
                let predictions = self.by_model(model, blackout)?;
                predicted.push(Predicted { method: model.name.clone(), blackout, predictions });
            }
        }
        let together = self.together(models, &predicted)?;
        predicted.extend(together);
        Ok(predicted)
    }

    /// PPM scored again, without a network and with each model that gives every token a probability; nothing where there
    /// is no run to weigh them by. `known`: what has been predicted already.
    fn together(&self, models: &[Model], known: &[Predicted]) -> Result<Vec<Predicted>, Error> {
        let Some(unseen) = self.held_out.and_then(|held_out| held_out.unseen.as_ref()) else { return Ok(Vec::new()) };
        let able: Vec<&Model> = models.iter().filter(|model| model.imputer.conditionals(&[]).is_some()).collect();
        let placed = || PlacedPpm::new(self.learned().ppm(), &self.data.training);
        let (placed, without) = rayon::join(placed, || PlacedPpm::learn(&unseen.training));
        let mut predicted = Vec::new();
        for &blackout in &self.blackouts {
            let judge = Judge::new(unseen, &without, self.hidden(blackout));
            let weights = |name: &str| format!("{} weights", self.cache_name(blackout, name));
            let rescoring = cached(self.cache, &weights(PPM_RESCORED), || judge.rescoring())?;
            let fill = |name: &str, network| Combined {
                name: name.to_owned(),
                ppm: &placed,
                rescoring: rescoring.unwrap_or(PLAIN),
                network,
            };
            let alone = match rescoring {
                Some(_) => self.by_model(&fill(PPM_RESCORED, None), blackout)?,
                // Rescoring does not pay: what counts is PPM as it is, which may not be among the methods asked for.
                None => match known.iter().find(|known| known.method == PPM && known.blackout == blackout) {
                    Some(alone) => alone.predictions.clone(),
                    None => {
                        let alone = self.by_methods(&[blackout], &[PPM])?;
                        alone.into_iter().flat_map(|alone| alone.predictions).collect()
                    }
                },
            };
            let mut both = Vec::new();
            for &model in &able {
                let method = format!("{PPM}+{}", model.name);
                let predictions = match cached(self.cache, &weights(&method), || judge.weights(model, rescoring))? {
                    Some(weights) => self.by_model(&fill(&method, Some((model, weights))), blackout)?,
                    None => alone.clone(),
                };
                both.push(Predicted { method, blackout, predictions });
            }
            predicted.push(Predicted { method: PPM_RESCORED.to_owned(), blackout, predictions: alone });
            predicted.extend(both);
        }
        Ok(predicted)
    }

    fn by_methods(&self, blackouts: &[usize], methods: &[&'static str]) -> Result<Vec<Predicted>, Error> {
        let jobs: Vec<(usize, &str)> =
            blackouts.iter().flat_map(|&blackout| methods.iter().map(move |&method| (blackout, method))).collect();
        let name = |&(blackout, method): &(usize, &str)| self.cache_name(blackout, method);
        let found: Vec<Option<Vec<WindowPrediction>>> =
            jobs.iter().map(|job| load(self.cache, &name(job))).collect::<io::Result<_>>()?;
        let missing = || jobs.iter().zip(&found).filter(|(_, found)| found.is_none()).map(|(job, _)| *job);
        let learned = missing().next().map(|_| self.learned());
        let calibrators = match learned {
            Some(learned) => self.calibrators(learned, missing().filter(|job| job.1 == PPM).map(|job| job.0)),
            None => Vec::new(),
        };
        let predictions: Vec<Vec<WindowPrediction>> = jobs
            .par_iter()
            .zip(found)
            .map(|(job, found)| -> Result<Vec<WindowPrediction>, Error> {
                let (Some(learned), None) = (learned, &found) else { return Ok(found.unwrap_or_default()) };
                let method = learned.method(job.1);
                let calibrator = calibrators.iter().find(|(blackout, _)| *job == (*blackout, PPM));
                let predict = || self.by_method(&*method, &self.hidden(job.0), calibrator.map(|(_, known)| known));
                Ok(cached(self.cache, &name(job), predict)?)
            })
            .collect::<Result<_, _>>()?;
        let predicted = |((blackout, method), predictions): ((usize, &str), _)| Predicted {
            method: method.to_owned(),
            blackout,
            predictions,
        };
        Ok(jobs.into_iter().zip(predictions).map(predicted).collect())
    }

    /// PPM's calibrators by gap length, where there are windows to calibrate on.
    fn calibrators(&self, learned: &Learned, blackouts: impl Iterator<Item = usize>) -> Vec<(usize, Calibrator<'a>)> {
        let blackouts: Vec<usize> = blackouts.collect();
        let Some(held_out) = self.held_out.filter(|_| !blackouts.is_empty()) else { return Vec::new() };
        let others: Vec<Ppm> = held_out.runs.par_iter().map(|run| Ppm::learn(&run.training)).collect();
        let ppm = learned.ppm();
        let of = |&blackout: &usize| (blackout, Calibrator::of_ppm(&ppm, &others, held_out, self.hidden(blackout)));
        blackouts.par_iter().map(of).collect()
    }

    fn by_method(
        &self,
        method: &dyn Imputer,
        hidden: &Range<usize>,
        calibrator: Option<&Calibrator<'_>>,
    ) -> Vec<WindowPrediction> {
        let predict = |(window, members): &(&[u32], Vec<usize>)| {
            let clock = ThreadTime::now();
            let filled = impute(method, window, hidden);
            let seconds = clock.elapsed().as_secs_f64();
            predicted(members.clone(), filled, hidden, seconds, calibrator)
        };
        self.clusters.par_iter().map(predict).collect()
    }

    /// Predictions of a model. Where more than tokens is known, windows of equal tokens can differ, so each is filled by
    /// itself.
    fn by_model(&self, model: &dyn FillAll, blackout: usize) -> Result<Vec<WindowPrediction>, Error> {
        let hidden = self.hidden(blackout);
        let vocabulary = &self.data.vocabulary;
        let name = self.cache_name(blackout, model.name());
        let calibrator = match self.held_out {
            Some(held_out) => {
                let judge = || -> Vec<Vec<(f32, bool)>> {
                    let windows = held_out.own_windows();
                    let filled = model.fill(&windows, vocabulary, &hidden);
                    filled.iter().zip(&windows).map(|(filled, own)| judged(filled, own.tokens, &hidden)).collect()
                };
                let own = cached(self.cache, &format!("{name} calibration"), judge)?;
                Some(Calibrator::new(own, held_out, hidden.clone()))
            }
            None => None,
        };
        let members: Vec<Vec<usize>> = match self.data.known.is_empty() {
            true => self.clusters.iter().map(|(_, members)| members.clone()).collect(),
            false => (0..self.data.test.len()).map(|number| vec![number]).collect(),
        };
        let predict = || {
            let windows: Vec<Tested<'_>> = members
                .iter()
                .map(|members| Tested { tokens: &self.data.test[members[0]], known: self.data.known.get(members[0]) })
                .collect();
            let clock = ProcessTime::now();
            let filled = model.fill(&windows, vocabulary, &hidden);
            let seconds = clock.elapsed().as_secs_f64() / windows.len().max(1) as f64;
            let one = |(filled, members): (Imputation, &Vec<usize>)| {
                predicted(members.clone(), filled, &hidden, seconds, calibrator.as_ref())
            };
            filled.into_iter().zip(&members).map(one).collect()
        };
        Ok(cached(self.cache, &name, predict)?)
    }

    fn measurements(&self, predicted: &[Predicted], take: TakeWindows<'_>) -> Result<Vec<Measurement>, Error> {
        // Both protocols draw alike, so that saved arrays get the same intervals when they are scored.
        let plan = Plan::new(self.clusters.len(), RESAMPLES, self.settings.seed, &["paper", self.data.name.as_str()]);
        let mut cluster_of = vec![0; self.data.test.len()];
        for (number, (_, members)) in self.clusters.iter().enumerate() {
            members.iter().for_each(|&member| cluster_of[member] = number);
        }
        let mut measurements = Vec::new();
        for Predicted { method, blackout, predictions } in predicted {
            let hidden = self.hidden(*blackout);
            let (protocol, data, blackout) = (self.protocol, self.data, *blackout);
            let all = WindowPredictions { protocol, data, method, blackout, hidden: &hidden, predictions };
            take(&all).map_err(Error::Predictions)?;
            let mut tallies = vec![GapTally::default(); self.clusters.len()];
            for prediction in predictions {
                let Some(&first) = prediction.windows.first() else { continue };
                tallies[cluster_of[first]].merge(&prediction.tally(all.truth(first)));
            }
            measurements.push(Measurement {
                data: data.name.clone(),
                method: method.clone(),
                blackout,
                gaps: data.test.len(),
                ..Measurement::of_tallies(&tallies, &plan)
            });
        }
        let windows: Vec<(&[u32], usize)> = self.clusters.iter().map(|(window, all)| (*window, all.len())).collect();
        measurements.push(leakage(&self.data.name, 0, &self.data.training, &windows, &plan));
        Ok(measurements)
    }
}

/// Takes a prediction out of a filled window, its confidences calibrated where there is a calibrator.
fn predicted(
    members: Vec<usize>,
    filled: Imputation,
    hidden: &Range<usize>,
    seconds: f64,
    calibrator: Option<&Calibrator<'_>>,
) -> WindowPrediction {
    let known = calibrator.map(|known| known.for_windows(&members));
    let calibrate = |confidence| known.as_ref().map_or(confidence, |known| known(confidence));
    WindowPrediction::new(members, filled, hidden, seconds, calibrate)
}
