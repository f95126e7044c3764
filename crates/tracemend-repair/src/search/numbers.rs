//! How many of a gap's lost events each thread made.

use crate::model::Token;
use crate::rng::SplitMix64;
use std::collections::BTreeMap;

/// A thread's own pause and continuation may speak for lost events by this many nats, and not by more.
pub(super) const MAX_NEED: f64 = 14.0;
/// Numbers of events looked at for one thread at the most, besides the one that can take any.
const MAX_NUMBERS: usize = 160;
/// Standard deviation of the logarithm of a number of events around that of a simulation.
const SPREAD: f64 = 0.5;
/// The same around what the recording around a gap says.
const SPREAD_AROUND: f64 = 0.25;
/// Events on each side over which a meeting is compared with others of the same walk.
const NEAR: usize = 32;
/// Cells of the logarithm of a number of events: so many for a factor of e.
const CELLS: f64 = 16.0;
/// Simulations in which a thread made no event, before any is looked at.
const NEVER: f64 = 0.25;
/// Share of threads that make a number of events unlike that of any simulation.
const UNUSUAL: f64 = 0.05;
/// Weight of a number of events at which no walk meets what is recorded.
const UNMET: f64 = 1e-5;

/// Weight below which a number is not looked at.
const LEAST: f64 = 1e-30;

/// One thread's way through a gap.
#[derive(Default)]
pub(super) struct Walk {
    pub tokens: Vec<Token>,
    /// `[events so far]` how much likelier the recorded continuation is there than if nothing was lost; 0 where it cannot follow.
    pub meets: Vec<f64>,
}

/// A number of events of one thread, and how likely it is.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Number {
    events: usize,
    weight: f64,
}

/// The numbers of events that one thread may have made; 0 is the first.
pub(super) struct ThreadNumbers {
    /// Number of its insertion point.
    point: usize,
    numbers: Vec<Number>,
}

/// What simulations say of the number of events that a thread makes, before its recorded ones are looked at.
pub(super) struct Prior {
    lost: usize,
    /// The point with the most events in simulations: it can have any number, so that all numbers can add up.
    flexible: Option<usize>,
    /// `[events]` cell of its logarithm.
    cells: Vec<usize>,
    /// `[events]` density of the number of any thread that makes some.
    usual: Vec<f64>,
    /// Whether numbers are as around the gap.
    around: bool,
}

impl Prior {
    /// `simulated`: `[point][simulation]` numbers of events.
    /// `around`: they are not of simulations, but what the recording around the gap says.
    pub(super) fn new(simulated: &[Vec<usize>], lost: usize, around: bool) -> Self {
        let made = |point: usize| simulated[point].iter().sum::<usize>();
        let cells = (0..=lost).map(|events| ((events.max(1) as f64).ln() * CELLS).round() as usize).collect();
        let flexible = (0..simulated.len()).rev().max_by_key(|&point| made(point));
        let mut prior = Self { lost, flexible, cells, usual: Vec::new(), around };
        let all = || simulated.iter().flatten().copied().filter(|&events| events > 0);
        let density = prior.density(all());
        let threads = all().count().max(1) as f64;
        let flat = UNUSUAL / (lost as f64 + 1.0);
        prior.usual = density.into_iter().map(|density| density / threads + flat).collect();
        prior
    }

    /// `[events]` how often a thread makes each number of events, spread over numbers of like size.
    fn density(&self, made: impl Iterator<Item = usize>) -> Vec<f64> {
        let mut by_cell: BTreeMap<usize, f64> = BTreeMap::new();
        made.for_each(|events| *by_cell.entry(self.cells[events]).or_default() += 1.0);
        let spread = if self.around { SPREAD_AROUND } else { SPREAD };
        let last = self.cells.last().copied().unwrap_or(0);
        let near = |cell: usize| -> f64 {
            let kernel = |(&other, times): (&usize, &f64)| {
                let apart = (cell as f64 - other as f64) / CELLS / spread;
                times * (-0.5 * apart * apart).exp()
            };
            by_cell.iter().map(kernel).sum()
        };
        let near: Vec<f64> = (0..=last).map(near).collect();
        // The normal density over logarithms.
        let scale = 1.0 / ((2.0 * std::f64::consts::PI).sqrt() * spread);
        (0..=self.lost).map(|events| near[self.cells[events]] * scale / events.max(1) as f64).collect()
    }

    /// The numbers of events of a point. `leaves`: how likely the CPU leaves its thread after an event; `made`: how many events it
    /// made in each simulation; `need`: how much likelier it is that the thread lost events than that it lost none,
    /// infinite where entries and exits do not meet otherwise.
    pub(super) fn numbers(
        &self,
        point: usize,
        walks: &[Walk],
        leaves: f64,
        made: &[usize],
        need: f64,
    ) -> ThreadNumbers {
        let longest = walks.iter().map(|walk| walk.meets.len()).max().unwrap_or(1).min(self.lost + 1);
        let own = self.density(made.iter().copied().filter(|&events| events > 0));
        let none = made.iter().filter(|&&events| events == 0).count() as f64;
        // How many there are is better told by what lies around than by walks, which lose their way; where they can end is not.
        let known = self.around && made.iter().any(|&made| made > 0);
        // A walk is one of many: that none meets the recording does not mean that the thread did not.
        let unmet = if known { UNMET } else { UNMET * need.min(MAX_NEED.exp()) };
        let met =
            |events: usize| walks.iter().filter_map(|walk| walk.meets.get(events)).sum::<f64>() / walks.len() as f64;
        let mut met: Vec<f64> = (0..longest).map(met).collect();
        let (none, leaves) = if known { ((none + NEVER) / need, 1.0) } else { (none + NEVER, leaves) };
        let none = if need.is_finite() { none } else { 0.0 };
        if known {
            met = relative(&met);
        }
        let mut numbers: Vec<Number> = vec![Number { events: 0, weight: none }];
        let like_others = if known { UNUSUAL } else { 1.0 };
        let density = own.iter().zip(&self.usual).map(|(own, usual)| own + like_others * usual);
        for (events, density) in density.enumerate().take(longest).skip(1) {
            let met = met[events];
            let weight = density * (met / leaves + unmet);
            // Where no walk can go on as recorded, nobody can.
            if met > 0.0 && weight > LEAST {
                numbers.push(Number { events, weight });
            }
        }
        if self.flexible != Some(point) && numbers.len() > MAX_NUMBERS {
            numbers[1..].sort_by(|a, b| b.weight.total_cmp(&a.weight).then(a.events.cmp(&b.events)));
            numbers.truncate(MAX_NUMBERS);
        }
        ThreadNumbers { point, numbers }
    }
}

/// Each number as a share of the mean of those near it.
fn relative(met: &[f64]) -> Vec<f64> {
    let mut sums = vec![0.0];
    met.iter().for_each(|met| sums.push(sums[sums.len() - 1] + met));
    let of = |(place, here): (usize, &f64)| {
        let near = place.saturating_sub(NEAR)..(place + NEAR + 1).min(met.len());
        let mean = (sums[near.end] - sums[near.start]) / near.len() as f64;
        if mean > 0.0 { here / mean } else { 0.0 }
    };
    met.iter().enumerate().map(of).collect()
}

impl ThreadNumbers {
    /// The numbers of events of a thread without any recorded one, in its whole life. `never`: how likely it is that there was no
    /// such thread.
    pub(super) fn of_life(point: usize, walks: &[Walk], never: f64) -> Self {
        let mut lives: BTreeMap<usize, usize> = BTreeMap::new();
        for walk in walks {
            let events = walk.tokens.len();
            if walk.meets.len() == events + 1 && walk.meets[events] > 0.0 && events > 0 {
                *lives.entry(events).or_default() += 1;
            }
        }
        let each = (1.0 - never) / walks.len() as f64;
        let mut numbers = vec![Number { events: 0, weight: never }];
        numbers.extend(lives.into_iter().map(|(events, walks)| Number { events, weight: each * walks as f64 }));
        Self { point, numbers }
    }
}

/// All ways in which the threads' numbers add up to the number lost.
pub(super) struct Sums {
    lost: usize,
    /// `[thread][events]` weight of all ways in which this thread and those after it make so many events.
    ways: Vec<Vec<f64>>,
}

impl Sums {
    /// `None` if the numbers cannot add up to `lost`.
    pub(super) fn new(threads: &[ThreadNumbers], lost: usize) -> Option<Self> {
        let mut ways = vec![vec![0.0; lost + 1]; threads.len() + 1];
        ways[threads.len()][0] = 1.0;
        for (thread, ThreadNumbers { numbers, .. }) in threads.iter().enumerate().rev() {
            let (here, after) = ways.split_at_mut(thread + 1);
            let (here, after) = (&mut here[thread], &after[0]);
            for number in numbers.iter().filter(|number| number.events <= lost) {
                for (sum, rest) in here[number.events..].iter_mut().zip(after) {
                    *sum += number.weight * rest;
                }
            }
            // Only ratios matter.
            let highest = here.iter().copied().fold(0.0, f64::max);
            if highest == 0.0 {
                return None;
            }
            here.iter_mut().for_each(|sum| *sum /= highest);
        }
        (ways[0][lost] > 0.0).then_some(Self { lost, ways })
    }

    /// A number of events for each point, drawn by their weights among all that add up.
    pub(super) fn draw(&self, threads: &[ThreadNumbers], random: &mut SplitMix64) -> Vec<(usize, usize)> {
        let mut left = self.lost;
        let mut drawn = Vec::with_capacity(threads.len());
        for (ThreadNumbers { point, numbers }, after) in threads.iter().zip(&self.ways[1..]) {
            let way = |number: &Number| left.checked_sub(number.events).map_or(0.0, |rest| number.weight * after[rest]);
            let events = random.choose(numbers, way).map_or(0, |number| number.events);
            drawn.push((*point, events));
            left -= events;
        }
        drawn
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn threads(of: &[&[(usize, f64)]]) -> Vec<ThreadNumbers> {
        let number = |&(events, weight): &(usize, f64)| Number { events, weight };
        of.iter()
            .enumerate()
            .map(|(point, numbers)| ThreadNumbers { point, numbers: numbers.iter().map(number).collect() })
            .collect()
    }

    #[test]
    fn numbers_are_drawn_as_often_as_all_ways_to_add_up_say() {
        let threads =
            threads(&[&[(0, 0.5), (2, 0.3), (5, 0.2)], &[(0, 0.25), (3, 0.75)], &[(0, 0.6), (2, 0.1), (5, 0.3)]]);
        let sums = Sums::new(&threads, 5).expect("they add up");
        // The slow twin: every combination.
        let mut ways: BTreeMap<Vec<usize>, f64> = BTreeMap::new();
        for a in &threads[0].numbers {
            for b in &threads[1].numbers {
                for c in &threads[2].numbers {
                    if a.events + b.events + c.events == 5 {
                        ways.insert(vec![a.events, b.events, c.events], a.weight * b.weight * c.weight);
                    }
                }
            }
        }
        let total: f64 = ways.values().sum();
        let mut random = SplitMix64::new(1, &["numbers"]);
        let mut drawn: BTreeMap<Vec<usize>, usize> = BTreeMap::new();
        for _ in 0..20_000 {
            let numbers = sums.draw(&threads, &mut random).into_iter().map(|(_, events)| events).collect();
            *drawn.entry(numbers).or_default() += 1;
        }
        assert_eq!(drawn.keys().collect::<Vec<_>>(), ways.keys().collect::<Vec<_>>());
        for (numbers, weight) in ways {
            let (want, found) = (weight / total, drawn[&numbers] as f64 / 20_000.0);
            // Four standard errors.
            assert!(
                (want - found).abs() < 4.0 * (want * (1.0 - want) / 20_000.0).sqrt(),
                "{numbers:?}: {want} {found}"
            );
        }
    }

    #[test]
    fn numbers_that_cannot_add_up_are_no_answer() {
        assert!(Sums::new(&threads(&[&[(0, 1.0), (2, 1.0)], &[(0, 1.0), (4, 1.0)]]), 3).is_none());
        assert!(Sums::new(&[], 1).is_none());
    }

    #[test]
    fn a_number_is_likelier_the_nearer_it_is_to_those_of_simulations_and_where_the_recording_is_met() {
        let simulated = [vec![40; 8], vec![0, 0, 0, 0, 10, 10, 10, 10]];
        let prior = Prior::new(&simulated, 50, false);
        let walk = |meets: &dyn Fn(usize) -> f64| Walk { tokens: vec![0; 50], meets: (0..=50).map(meets).collect() };
        let of = |meets: &dyn Fn(usize) -> f64| prior.numbers(1, &[walk(meets)], 1.0, &simulated[1], 1.0).numbers;
        let weight = |numbers: &[Number], events: usize| {
            numbers.iter().find(|number| number.events == events).map_or(0.0, |number| number.weight)
        };
        let everywhere = of(&|_| 1.0);
        assert!(weight(&everywhere, 10) > weight(&everywhere, 25) && weight(&everywhere, 25) > 0.0);
        // Half of the simulations had none.
        let some: f64 = everywhere[1..].iter().map(|number| number.weight).sum();
        assert!((0.4..0.6).contains(&(weight(&everywhere, 0) / (weight(&everywhere, 0) + some))), "{some}");
        // Only every fourth event is followed by what is recorded.
        let fourth = of(&|events| f64::from(u8::from(events % 4 == 0)));
        assert!(fourth.iter().all(|number| number.events % 4 == 0));
    }

    #[test]
    fn around_a_gap_numbers_are_as_recorded_there_and_walks_say_where_they_can_end() {
        let made = [vec![40], vec![10]];
        let prior = Prior::new(&made, 50, true);
        // The longer the walk, the less often it meets the recording, and only after every second event.
        let meets = |events: usize| if events.is_multiple_of(2) { (-(events as f64) / 20.0).exp() } else { 0.0 };
        let walk = Walk { tokens: vec![0; 50], meets: (0..=50).map(meets).collect() };
        let numbers = |need| prior.numbers(0, std::slice::from_ref(&walk), 1.0, &made[0], need).numbers;
        let likeliest =
            numbers(1.0).into_iter().skip(1).max_by(|a, b| a.weight.total_cmp(&b.weight)).expect("some number");
        assert!((34..=44).contains(&likeliest.events), "{likeliest:?}");
        assert!(numbers(1.0).iter().all(|number| number.events % 2 == 0));
        // A thread that must have lost some is hardly given none.
        assert!(numbers(1e6)[0].weight < 1e-5 * numbers(1e6)[1..].iter().map(|number| number.weight).sum::<f64>());
    }
}
