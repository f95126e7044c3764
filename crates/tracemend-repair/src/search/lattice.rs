//! The ways to every hypothesis, and fillings drawn from them.
//!
//! A node is an event that some hypothesis ends with; its ways are the nodes before it, each with the log probability of all
//! fillings that come along it. A filling is drawn backwards from the end, a way in proportion to its probability (backward sampling:
//! Godsill, Doucet and West 2004, J. Am. Stat. Assoc. 99:156). Fillings so drawn differ from their first events on, where the
//! histories of a beam's last hypotheses have long become one.

use crate::log_prob::LogProb;
use crate::rng::SplitMix64;
use crate::search::filling::Placed;

/// No node: the beginning of the gap.
pub(super) const NONE: u32 = u32::MAX;

/// A way to a node.
#[derive(Clone, Copy, Debug)]
pub(super) struct Way {
    /// The node before.
    pub before: u32,
    /// The event.
    pub placed: Placed,
    /// Log probability of everything up to the event along this way.
    pub score: LogProb,
}

/// All nodes with their ways.
#[derive(Debug, Default)]
pub(super) struct Lattice {
    ways: Vec<Way>,
    /// `[node]` where its ways end in `ways`; they begin where those of the node before end.
    ends: Vec<u32>,
}

impl Lattice {
    /// Adds a node and returns its number.
    pub(super) fn add(&mut self, ways: impl Iterator<Item = Way>) -> u32 {
        self.ways.extend(ways);
        self.ends.push(self.ways.len() as u32);
        self.ends.len() as u32 - 1
    }

    fn ways(&self, node: u32) -> &[Way] {
        let node = node as usize;
        let begin = node.checked_sub(1).map_or(0, |before| self.ends[before]);
        &self.ways[begin as usize..self.ends[node] as usize]
    }

    /// The events up to a node: drawn, or along the likeliest ways.
    pub(super) fn path(&self, node: Option<u32>, mut random: Option<&mut SplitMix64>) -> Vec<Placed> {
        let mut placed = Vec::new();
        let mut node = node.unwrap_or(NONE);
        while node != NONE {
            let ways = self.ways(node);
            let likeliest = || ways.iter().reduce(|best, way| if way.score > best.score { way } else { best });
            let way = match &mut random {
                Some(random) if ways.len() > 1 => drawn(ways, random.unit()),
                _ => likeliest(),
            };
            let Some(way) = way else { break };
            placed.push(way.placed);
            node = way.before;
        }
        placed.reverse();
        placed
    }
}

/// The way at this share, 0 to below 1, of their summed probabilities.
fn drawn(ways: &[Way], share: f64) -> Option<&Way> {
    let total = LogProb::any(ways.iter().map(|way| way.score));
    let mut left = share;
    for way in ways {
        left -= (way.score - total).probability();
        if left < 0.0 {
            return Some(way);
        }
    }
    ways.last()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_drawn_as_often_as_they_are_likely() {
        let way = |before, token, p: f64| Way { before, placed: (0, token), score: LogProb::of(p) };
        let mut lattice = Lattice::default();
        let a = lattice.add([way(NONE, 1, 0.6)].into_iter());
        let b = lattice.add([way(NONE, 2, 0.4)].into_iter());
        // The second event is 3 after 1 or 2: 0.6 x 0.5 and 0.4 x 0.25.
        let end = lattice.add([way(a, 3, 0.3), way(b, 3, 0.1)].into_iter());
        let mut random = SplitMix64::new(1, &["test"]);
        let draws = 4000;
        let first = (0..draws).filter(|_| lattice.path(Some(end), Some(&mut random)) == [(0, 1), (0, 3)]).count();
        assert!((first as f64 / f64::from(draws) - 0.75).abs() < 0.03, "{first}");
        assert_eq!(lattice.path(Some(end), None), [(0, 1), (0, 3)]);
        assert_eq!(lattice.path(None, None), []);
    }
}
