//! Every constant of a repair that is not part of a file's layout: its unit, where it comes from, how much it matters.
//!
//! *Origin* names how a value was chosen. `cross-validation`: the best of a few values when runs 3 and 4 of a workload are
//! learned and run 2 is repaired. `cost`: the largest value that keeps a 1,000-event gap below its time budget. `guard`: any
//! value of this order serves; it keeps rare input from costing time or precision. `definition`: part of what a figure means.
//!
//! *Sensitivity* is measured, not remembered: `tools/sensitivity.py` repairs the same gaps with each value halved and
//! doubled and writes `docs/parameters.md`, which has the changes of `thread_lcs` and of the calibration error next to each name.

use serde::{Deserialize, Serialize};

/// The constants of one repair.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Params {
    /// What is learned.
    pub model: ModelParams,
    /// How gaps are filled.
    pub search: SearchParams,
}

/// Constants of the n-gram model, the scheduler model, the timing model and the calibration.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ModelParams {
    /// Mass that one distinct follower of a context gives to the shorter context, in observations. Cross-validation.
    pub escape: f64,
    /// Probability that a CPU leaves a thread, before any observation. Guard.
    pub leave_prior: f64,
    /// Observations that the shorter context stands for in the probability of leaving. Guard.
    pub leave_backing: f64,
    /// The probability of leaving stays this far from 0 and 1. Guard.
    pub leave_floor: f64,
    /// Probability that a thread on the run list is the next, before any observation. Guard.
    pub scheduler_prior: f64,
    /// Observations that the coarser description of a thread stands for in the scheduler model. Guard.
    pub scheduler_backing: f64,
    /// Observations that the pauses of all tokens stand for in those of one token. Guard.
    pub pause_backing: f64,
    /// Binary logarithm of the nanoseconds of a step of which nothing is known. Guard.
    pub step_prior_log2: f64,
    /// Observations that the mean step of all tokens stands for in that of one token. Guard.
    pub step_backing: f64,
    /// Observations that the coarser cell of beliefs stands for in the finer one. Cross-validation.
    pub belief_backing: f64,
    /// Share of its support that a belief is given before any blackout. Guard.
    pub belief_prior: f64,
    /// Confidences stay this far from 0 and 1. Guard.
    pub confidence_floor: f64,
    /// Share of the true counts that an interval is to hold. Definition: 90 %.
    pub interval: f64,
    /// Counts of errors below which intervals also use the other sizes of counts. Guard.
    pub enough_errors: f64,
    /// Weight of errors of other sizes of counts, and of other gap lengths, where few were seen. Guard.
    pub borrowed_errors: [f64; 2],
    /// Counts of errors below which an interval is [`ModelParams::wide_interval`] deviations wide. Guard.
    pub too_few_errors: f64,
    /// Half width of an interval of which nothing is known, in deviations. Guard.
    pub wide_interval: f64,
    /// Largest share of the observed errors that an interval covers. Guard: the tail is never known.
    pub max_interval_share: f64,
    /// Largest error, in deviations, that an interval is stretched to. Guard.
    pub max_error: f64,
    /// Squared time error that stands for a gap's estimated times before any blackout, as a share of its width squared. Guard.
    pub time_error_prior: f64,
    /// Blackouts that this prior stands for. Guard.
    pub time_error_backing: f64,
    /// Blackouts of the trace itself that those of the training traces count as, at the most: traces differ in how far they
    /// can be predicted. Cross-validation.
    pub trained_blackouts: f64,
    /// Share of the confidence of a two-sided gap that events of a one-sided gap get: no blackout can be cut that is like
    /// one. Guard.
    pub one_sided_share: f64,
    /// How blackouts for the calibration are cut.
    pub blackouts: BlackoutParams,
}

/// How artificial gaps are cut for the calibration.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct BlackoutParams {
    /// Events of a trace that the calibration looks at. Cost.
    pub max_events: usize,
    /// Events lost in all gaps of one length. Cost.
    pub lost_per_length: usize,
    /// Fewest gaps of one length. Guard.
    pub min_gaps: usize,
    /// Largest number of gaps of one length. Cost.
    pub max_gaps: usize,
    /// Gap lengths that `train` calibrates for. One for each group of lengths.
    pub trained_lengths: [usize; 5],
}

/// The share of the weight that fillings of each origin have ([`crate::Origin`], in its order).
pub type Shares = [f64; 3];

/// Constants of the search, the choice among fillings, and what is told of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SearchParams {
    /// Hypotheses kept of each search in gaps of up to 100 and more lost events.
    pub beam: [usize; 2],
    /// Searches of a gap of known length that know nothing of each other. Cost.
    pub islands: usize,
    /// Tokens tried when a thread goes on. Cost.
    pub stay_tokens: usize,
    /// Threads tried when the CPU switches. Cost.
    pub switch_threads: usize,
    /// Tokens tried on each of them. Cost.
    pub switch_tokens: usize,
    /// Tokens are tried until they hold this share of the probability. Cost.
    pub token_mass: f64,
    /// Steps gone back when no hypothesis can be completed. Guard.
    pub back_steps: usize,
    /// Events left besides those that threads need, at which completing threads is tried at any price. Guard.
    pub completing_room: usize,
    /// Log probability of turning to a thread only to complete it. Guard.
    pub completing_log_p: f64,
    /// Share of its pending cost that a thread counts for which was ready before the gap began. Cross-validation.
    pub ready_share: f64,
    /// Log probability above which an insertion point needs no event. Guard.
    pub needs_below: f64,
    /// Lowest log probability that an insertion point stayed empty. Guard.
    pub min_empty_log_p: f64,
    /// Share of the pending cost that ranks threads when few can be tried. Guard.
    pub rank_share: f64,
    /// Largest cost of a switch at an unlikely time, in nats. Guard.
    pub max_lag: f64,
    /// Lag that costs one nat: this many nanoseconds and this share of the gap. Guard.
    pub lag_scale: [f64; 2],
    /// Probability that a thread of which nothing is known is the one recorded after the gap. Guard.
    pub unknown_next: f64,
    /// Probability added to the end of a thread: it may fall silent without ending. Guard.
    pub silent_end: f64,
    /// Tokens that the look-ahead sees. Cost.
    pub horizon: usize,
    /// What meeting the recorded continuation one token later is worth. Cross-validation.
    pub lookahead_discount: f64,
    /// Lowest probability of meeting the recorded continuation. Guard.
    pub lookahead_floor: f64,
    /// Lowest probability of a follower in the look-ahead's chain. Guard.
    pub chain_floor: f64,
    /// Log probability below the best length at which an unknown length is no longer extended, and the length from which on.
    /// Guard.
    pub stop_length: (f64, usize),
    /// Recorded events after an insertion point that a filling is compared with. Cost.
    pub right_context: usize,
    /// Buckets of the pause histogram that a pause explained by lost events is spread over. Guard: it can have any length.
    pub pause_buckets: f64,
    /// Threads looked for on each side of a gap. Cost.
    pub threads_each_side: usize,
    /// Events searched for them on each side. Cost.
    pub events_each_side: usize,
    /// Insertion points of one thread; the widest are kept. Cost.
    pub points_per_thread: usize,
    /// Fillings drawn from a gap's lattice. Cost.
    pub draws: usize,
    /// Simulations of a gap that say how many events each thread makes, in gaps of up to 100 and more lost events. Cost.
    pub simulations: [usize; 2],
    /// Ways of one thread through a gap that are looked at besides the simulations', in the same gaps. Cost.
    pub walks: [usize; 2],
    /// Fillings drawn thread by thread, by simulations and as many by what lies around the gap. Cost.
    pub bridged: usize,
    /// Share of the weight that fillings have which come from the joint search, are drawn thread by thread by simulations, and by what
    /// lies around the gap. Cross-validation; blackouts of the trace choose where there are enough.
    pub shares: Shares,
    /// Fillings compared for the consensus in gaps of up to 2,000 and more lost events. Cost.
    pub compared: [usize; 2],
    /// Events recorded around a gap from which a stream's usual rate is taken. Guard.
    pub rate_events: usize,
    /// Longest gap of unknown length that is looked at, in events. Cost.
    pub max_unknown: usize,
    /// An unknown length is looked at up to this many times the usual one, plus this many events. Guard.
    pub unknown_span: (f64, usize),
    /// A lower bound is looked at up to this many times itself, plus this many events. Guard.
    pub bound_span: (usize, usize),
    /// Standard deviation of the logarithm of an unknown length around the usual one. Guard.
    pub length_deviation: f64,
    /// Lost events where neither rate nor count is known. Guard.
    pub default_length: f64,
    /// Usual number of lost events where the stream shows no rate. Guard.
    pub default_usual: f64,
    /// Events recorded on each side of a gap that make up its background. Cross-validation.
    pub background: usize,
    /// Events from the recorded side of a one-sided gap that the fillings say more about than the background. Guard.
    pub near_events: f64,
    /// Rows of a composition expected more rarely are left out. Definition.
    pub min_expected: f64,
    /// Variance of a count that all fillings share: this much, and this much per expected event. Guard.
    pub shared_variance: [f64; 2],
    /// Time after the last event of a gap without an end, as a multiple of all its steps. Guard.
    pub open_end: f64,
    /// Largest factor by which steps are stretched to fill a gap. Guard.
    pub max_stretch: f64,
    /// Alternatives reported for each event. Definition.
    pub alternatives: usize,
    /// Whether fillings are scored again by similar places of the recording, where blackouts say that this pays.
    pub rescoring: bool,
}

impl Default for ModelParams {
    fn default() -> Self {
        Self {
            escape: 0.35,
            leave_prior: 0.1,
            leave_backing: 2.0,
            leave_floor: 1e-4,
            scheduler_prior: 0.02,
            scheduler_backing: 2.0,
            pause_backing: 3.0,
            step_prior_log2: 12.0,
            step_backing: 2.0,
            belief_backing: 12.0,
            belief_prior: 0.6,
            confidence_floor: 0.001,
            interval: 0.9,
            enough_errors: 50.0,
            borrowed_errors: [0.2, 0.1],
            too_few_errors: 20.0,
            wide_interval: 2.0,
            max_interval_share: 0.98,
            max_error: 20.0,
            time_error_prior: 0.09,
            time_error_backing: 10.0,
            trained_blackouts: 20.0,
            one_sided_share: 0.3,
            blackouts: BlackoutParams::default(),
        }
    }
}

impl Default for BlackoutParams {
    fn default() -> Self {
        Self {
            max_events: 400_000,
            lost_per_length: 12_000,
            min_gaps: 10,
            max_gaps: 200,
            trained_lengths: [3, 10, 40, 168, 700],
        }
    }
}

impl Default for SearchParams {
    fn default() -> Self {
        Self {
            beam: [24, 12],
            islands: 8,
            stay_tokens: 6,
            switch_threads: 8,
            switch_tokens: 3,
            token_mass: 0.995,
            back_steps: 4,
            completing_room: 2,
            completing_log_p: -9.0,
            ready_share: 0.3,
            needs_below: -1.0,
            min_empty_log_p: -12.0,
            rank_share: 0.5,
            max_lag: 6.0,
            lag_scale: [20_000.0, 0.05],
            unknown_next: 0.01,
            silent_end: 0.02,
            horizon: 24,
            lookahead_discount: 0.95,
            lookahead_floor: 1e-6,
            chain_floor: 1e-7,
            stop_length: (30.0, 64),
            right_context: 8,
            pause_buckets: 12.0,
            threads_each_side: 48,
            events_each_side: 4000,
            points_per_thread: 24,
            draws: 32,
            simulations: [24, 64],
            walks: [12, 32],
            bridged: 32,
            shares: [0.34, 0.33, 0.33],
            compared: [112, 48],
            rate_events: 200,
            max_unknown: 1500,
            unknown_span: (4.0, 20),
            bound_span: (2, 8),
            length_deviation: 1.2,
            default_length: 8.0,
            default_usual: 2.0,
            background: 400,
            near_events: 100.0,
            min_expected: 0.05,
            shared_variance: [0.25, 0.15],
            open_end: 2.0,
            max_stretch: 50.0,
            alternatives: 5,
            rescoring: true,
        }
    }
}

impl BlackoutParams {
    /// Those that choose between models: fewer, for each is repaired with every model.
    pub(crate) fn for_choices(&self) -> Self {
        Self { lost_per_length: self.lost_per_length / 2, max_gaps: self.max_gaps.min(60), ..self.clone() }
    }
}

impl ModelParams {
    /// The same constants where each event of the trace counts `unit` times: what stands against counts is multiplied.
    pub(crate) fn in_units_of(&self, unit: u32) -> Self {
        let unit = f64::from(unit);
        Self {
            escape: self.escape * unit,
            leave_backing: self.leave_backing * unit,
            scheduler_backing: self.scheduler_backing * unit,
            pause_backing: self.pause_backing * unit,
            step_backing: self.step_backing * unit,
            ..self.clone()
        }
    }
}

impl SearchParams {
    /// Hypotheses kept of each search of a gap of `lost` events.
    pub(crate) fn beam_for(&self, lost: usize) -> usize {
        self.beam[is_long(lost)]
    }

    /// Simulations of a gap of `lost` events, and walks of one thread besides them.
    pub(crate) fn bridges_for(&self, lost: usize) -> [usize; 2] {
        [self.simulations, self.walks].map(|numbers| numbers[is_long(lost)])
    }

    /// Fillings compared for the consensus of a gap of `lost` events.
    pub(crate) fn compared_for(&self, lost: usize) -> usize {
        self.compared[usize::from(lost > 2000)]
    }
}

/// 1 for gaps of more than 100 lost events, 0 for others.
fn is_long(lost: usize) -> usize {
    usize::from(lost > 100)
}

impl Params {
    /// Changes one constant by its dotted name: `search.stay_tokens`, `8`.
    ///
    /// # Errors
    /// No constant has this name, or the value does not fit it.
    ///
    /// ```
    /// use tracemend_repair::Params;
    ///
    /// let mut params = Params::default();
    /// params.set("search.stay_tokens", "8")?;
    /// assert_eq!(params.search.stay_tokens, 8);
    /// assert!(params.set("search.stay", "8").is_err());
    /// # Ok::<(), String>(())
    /// ```
    pub fn set(&mut self, name: &str, value: &str) -> Result<(), String> {
        let mut all = serde_json::to_value(&*self).map_err(|error| error.to_string())?;
        let mut place = &mut all;
        for word in name.split('.') {
            place = place
                .as_object_mut()
                .and_then(|members| members.get_mut(word))
                .ok_or_else(|| format!("no parameter is called `{name}`; docs/parameters.md lists them all"))?;
        }
        *place =
            serde_json::from_str(value).map_err(|_| format!("`{value}` is no value for the parameter `{name}`"))?;
        *self = serde_json::from_value(all).map_err(|error| format!("`{value}` does not fit `{name}`: {error}"))?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_constant_is_set_by_name_and_nothing_else_changes() {
        let mut params = Params::default();
        params.set("search.lag_scale", "[1.0, 0.5]").expect("a known name");
        params.set("model.blackouts.max_gaps", "7").expect("a known name");
        let want = Params {
            search: SearchParams { lag_scale: [1.0, 0.5], ..SearchParams::default() },
            model: ModelParams {
                blackouts: BlackoutParams { max_gaps: 7, ..BlackoutParams::default() },
                ..ModelParams::default()
            },
        };
        assert_eq!(params, want);
        assert!(params.set("search.beam", "wide").is_err());
        assert!(params.set("model.escape", "[1]").is_err());
    }
}
