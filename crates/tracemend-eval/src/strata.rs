//! Figures of a part of the gaps: those of like length, or those in places of like event rate.
//!
//! Losses happen in busy moments and last long. A probability that means what it says over all gaps may still say too much in these.

use crate::metric::{Figures, Metric};
use crate::tally::{Bin, GapTally, Totals};
use serde::Serialize;

/// Shortest gap of each group of lengths, in events.
const LENGTHS: [usize; 5] = [1, 10, 40, 168, 700];
/// Groups of event rates.
const DECILES: usize = 10;

/// What decides to which parts a gap belongs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct GapPlace {
    /// Events lost in it.
    pub lost: usize,
    /// Decile of its event rate, 0 (slowest) to 9; `None` where it is not known.
    pub rate_decile: Option<usize>,
}

/// What the gaps of a part have in common.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum By {
    /// Events lost.
    Length,
    /// Decile of the event rate of the gap's stream during the gap, among all stretches of as many events of the complete stream.
    EventRate,
}

/// One method's figures for a part of the gaps.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Stratum {
    /// The protocol.
    pub protocol: String,
    /// What was repaired.
    pub data: String,
    /// The method; only methods that give probabilities have rows.
    pub method: String,
    /// What the gaps have in common.
    pub by: By,
    /// Least and greatest length in events, or the decile twice, 1 (slowest) to 10; no greatest length where there is none.
    pub from: usize,
    /// See `from`.
    pub to: Option<usize>,
    /// Gaps in this part.
    pub gaps: usize,
    /// Events lost in them.
    pub lost: usize,
    /// Events predicted for them.
    pub predicted: usize,
    /// Mean probability of the predicted events.
    pub probability: f64,
    /// Share of them that is right.
    pub right: f64,
    /// Expected calibration error ([`Metric::Ece`]).
    pub ece: f64,
    /// [`Metric::ThreadLcs`].
    pub thread_lcs: f64,
    /// [`Metric::RecallAt90`].
    pub recall_at_90: f64,
}

/// The decile of the rate between two times, among all stretches of as many steps of a complete stream. `times`: of all events of
/// that stream, ascending.
pub(crate) fn rate_decile(times: &[i64], begin_ns: Option<i64>, end_ns: Option<i64>) -> Option<usize> {
    let (begin, end) = (begin_ns?, end_ns?);
    let steps = times.partition_point(|&time| time <= end) - times.partition_point(|&time| time < begin);
    let steps = steps.checked_sub(1).filter(|&steps| steps > 0)?;
    let duration = end - begin;
    let (mut slower, mut equal) = (0, 0);
    for (first, last) in times.iter().zip(&times[steps..]) {
        slower += usize::from(last - first > duration);
        equal += usize::from(last - first == duration);
    }
    let rank = (slower as f64 + equal as f64 / 2.0) / (times.len() - steps) as f64;
    Some(((rank * DECILES as f64) as usize).min(DECILES - 1))
}

/// The parts of the gaps that hold any, for a method that gives probabilities; no parts for another one. `tallies` and `places` are
/// of the same gaps in the same order.
pub(crate) fn strata([protocol, data, method]: [&str; 3], places: &[GapPlace], tallies: &[GapTally]) -> Vec<Stratum> {
    let part = |by: By, from: usize, to: Option<usize>, belongs: &dyn Fn(&GapPlace) -> bool| {
        let own: Vec<(&GapPlace, &GapTally)> = places.iter().zip(tallies).filter(|(place, _)| belongs(place)).collect();
        let mut totals = Totals::for_tallies(own.iter().map(|(_, tally)| *tally));
        own.iter().for_each(|(_, tally)| totals.add(tally, 1.0));
        let mut all = Bin::default();
        totals.bins().into_iter().for_each(|bin| all.add(bin, 1.0));
        let figures: Figures = totals.figures();
        let figure = |metric: Metric| figures.get(metric).unwrap_or(0.0);
        (all.events > 0.0).then(|| Stratum {
            protocol: protocol.to_owned(),
            data: data.to_owned(),
            method: method.to_owned(),
            by,
            from,
            to,
            gaps: own.len(),
            lost: own.iter().map(|(place, _)| place.lost).sum(),
            predicted: all.events as usize,
            probability: all.confidence / all.events,
            right: all.right / all.events,
            ece: figure(Metric::Ece),
            thread_lcs: figure(Metric::ThreadLcs),
            recall_at_90: figure(Metric::RecallAt90),
        })
    };
    let lengths = LENGTHS.iter().enumerate().map(|(number, &from)| {
        let next = LENGTHS.get(number + 1).copied();
        part(By::Length, from, next.map(|next| next - 1), &|place| {
            place.lost >= from && next.is_none_or(|next| place.lost < next)
        })
    });
    let rates = (0..DECILES)
        .map(|decile| part(By::EventRate, decile + 1, Some(decile + 1), &|place| place.rate_decile == Some(decile)));
    lengths.chain(rates).flatten().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_gap_among_the_quickest_stretches_is_in_the_last_decile() {
        // A hundred steps of 1 to 100 ns; stretches of one step, of two, and of all.
        let times: Vec<i64> = (0..=100).map(|n| n * (n + 1) / 2).collect();
        let decile = |first: usize, last: usize| rate_decile(&times, Some(times[first]), Some(times[last]));
        assert_eq!([decile(0, 1), decile(50, 51), decile(99, 100)], [Some(9), Some(4), Some(0)]);
        assert_eq!([decile(0, 2), decile(98, 100)], [Some(9), Some(0)]);
        // All there is: neither quick nor slow.
        assert_eq!(decile(0, 100), Some(5));
        assert_eq!(rate_decile(&times, None, Some(7)), None);
        assert_eq!(rate_decile(&times, Some(7), Some(8)), None);
    }

    #[test]
    fn parts_by_hand() {
        let gap = |right: bool, probability| GapTally::new(&[1], &[if right { 1 } else { 2 }], Some(&[probability]));
        let place = |lost, rate_decile| GapPlace { lost, rate_decile };
        let places = [place(1, Some(9)), place(9, Some(9)), place(10, Some(0)), place(5000, None)];
        let tallies = [gap(true, 0.9), gap(false, 0.7), gap(true, 1.0), gap(false, 0.5)];
        let found = strata(["truth", "data", "method"], &places, &tallies);
        let parts: Vec<_> = found.iter().map(|part| (part.by, part.from, part.to, part.gaps, part.lost)).collect();
        let expected = [
            (By::Length, 1, Some(9), 2, 10),
            (By::Length, 10, Some(39), 1, 10),
            (By::Length, 700, None, 1, 5000),
            (By::EventRate, 1, Some(1), 1, 10),
            (By::EventRate, 10, Some(10), 2, 10),
        ];
        assert_eq!(parts, expected);
        assert!((found[0].probability - 0.8).abs() < 1e-6 && found[0].right == 0.5);
        assert!((found[0].ece - (0.1 + 0.7) / 2.0).abs() < 1e-6);
        // A method without probabilities has no parts.
        assert!(strata(["truth", "data", "method"], &places[..1], &[GapTally::new(&[1], &[1], None)]).is_empty());
    }
}
