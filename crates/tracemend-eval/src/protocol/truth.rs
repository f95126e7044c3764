//! Protocol `truth`: traces that really lost events, each scored against its complete twin.
//!
//! Methods learn from the lossy trace's intact rest, as in use, and from other traces where there are any. The seconds of
//! the engine include what it learns from the lossy trace.

use crate::cache::Cache;
use crate::error::Error;
use crate::methods::chosen;
use crate::prediction::trace::{TakeGaps, ThreadEvent};
pub use crate::protocol::loss_bench::LossFigures;
use crate::protocol::loss_bench::{Case, LossBench, Setup};
use crate::protocol::trace_bench::methods;
use crate::protocol::twins::lost_events;
pub use crate::protocol::twins::{around_gaps, channels};
use serde::Serialize;
use tracemend_repair::Params;
use tracemend_repair::model::TraceModel;
use tracemend_trace::{Gap, Trace};

/// A trace that lost events, and its complete twin.
#[derive(Clone, Debug)]
pub struct Twin<'t> {
    /// The trace with losses.
    pub lossy: &'t Trace,
    /// Its complete twin.
    pub full: &'t Trace,
    /// Their name in result tables.
    pub data: String,
}

/// What to measure.
#[derive(Clone, Debug)]
pub struct TruthConfig<'t> {
    /// The twins.
    pub twins: Vec<Twin<'t>>,
    /// Traces that the baselines learn from, besides the lossy trace; the engine uses `model`.
    pub train: Vec<&'t Trace>,
    /// The model that the engine repairs with, besides what it learns from the lossy trace.
    pub model: Option<&'t TraceModel>,
    /// Methods; empty: all.
    pub methods: Vec<String>,
    /// Decides the repair and the bootstrap.
    pub seed: u64,
    /// The constants of the engine.
    pub params: Params,
}

/// One real gap.
#[derive(Clone, Debug, Serialize)]
pub struct TruthGap {
    /// The name of the twins.
    pub data: String,
    /// Number of the gap in the lossy trace.
    pub gap: u32,
    /// Its stream.
    pub stream: Option<String>,
    /// How many events the tracer counted as lost there; null where it did not count.
    pub lost_found: Option<u64>,
    /// How many the twin holds there.
    pub lost_true: u64,
    /// Share of the lost events that each method put on their thread in their order, 0 to 1; null where nothing was lost.
    pub thread_lcs: Vec<MethodShare>,
}

/// A method's figure for one gap.
#[derive(Clone, Debug, Serialize)]
pub struct MethodShare {
    /// The method.
    pub method: String,
    /// Its `thread_lcs`.
    pub thread_lcs: Option<f64>,
}

/// What was measured.
#[derive(Clone, Debug, Default)]
pub struct Truth {
    /// By twin and gap.
    pub gaps: Vec<TruthGap>,
    /// The figures of each trace, then those of all.
    pub figures: LossFigures,
    /// What does not fit together.
    pub warnings: Vec<String>,
}

/// Repairs the lossy traces, and scores the predictions against their twins. `take` gets all predictions where it is
/// given.
///
/// # Errors
/// An unknown method, a trace without loss, traces that are not twins, a cache that cannot be used, or what `take` fails
/// with.
pub fn run(config: &TruthConfig<'_>, cache: &dyn Cache, mut take: Option<TakeGaps<'_>>) -> Result<Truth, Error> {
    let setup = Setup {
        protocol: "truth",
        methods: chosen(&config.methods, &methods())?,
        train: &config.train,
        model: config.model,
        seed: config.seed,
        params: &config.params,
    };
    if let Some(twin) = config.twins.iter().find(|twin| twin.lossy.gaps.is_empty()) {
        return Err(Error::NoLoss(twin.data.clone()));
    }
    let mut truth = Truth::default();
    let mut bench = LossBench::new(&setup);
    for twin in &config.twins {
        let case = case(&setup, twin, &mut truth.warnings)?;
        let mut gaps = gaps(&case);
        let shares = bench.add(case, cache, &mut take)?;
        for (method, shares) in setup.methods.iter().zip(shares) {
            for (gap, thread_lcs) in gaps.iter_mut().zip(shares) {
                gap.thread_lcs.push(MethodShare { method: (*method).to_owned(), thread_lcs });
            }
        }
        truth.gaps.extend(gaps);
    }
    truth.figures = bench.finish("twins");
    Ok(truth)
}

fn case<'c>(setup: &Setup<'_>, twin: &'c Twin<'_>, warnings: &mut Vec<String>) -> Result<Case<'c>, Error> {
    let Twin { lossy, full, ref data } = *twin;
    let mut types = setup.event_types([lossy, full]);
    let lost = lost_events(lossy, full, &mut types, data, warnings)?;
    let mut case = Case { data, lossy, full, lost, types, counts: Vec::new() };
    let known = lossy.gaps.iter().zip(&case.lost).enumerate().filter(|(gap, _)| case.is_known(*gap));
    case.counts = known.filter_map(|(_, (gap, lost))| Some((gap.lost.count()?, lost.len() as u64))).collect();
    Ok(case)
}

fn gaps(case: &Case<'_>) -> Vec<TruthGap> {
    let streams = &case.lossy.header.streams;
    let gap = |(gap, lost): (&Gap, &Vec<ThreadEvent>)| TruthGap {
        data: case.data.to_owned(),
        gap: gap.id,
        stream: gap.stream.map(|stream| streams[stream.0 as usize].name.clone()),
        lost_found: gap.lost.count(),
        lost_true: lost.len() as u64,
        thread_lcs: Vec::new(),
    };
    case.lossy.gaps.iter().zip(&case.lost).map(gap).collect()
}
