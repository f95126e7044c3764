//! Where the published work hides events.
//!
//! Positions 0..L are cut into consecutive segments of k (the last one shorter if k does not divide L) and one segment
//! is hidden (`get_mask_bm` of the SSSD implementation, AI4HealthUOL/SSSD, MIT). The published masks always hide the
//! same one: the segment at index floor(count / 2) for a gap in the middle, the last for a gap at the end. So at L = 200
//! the gap of 30 in the middle begins at 90, and "30 at the end" hides only the 20 positions of the short last segment.

use std::fmt;
use std::ops::Range;

/// Which segment is hidden.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Place {
    /// The segment at index floor(count / 2).
    #[default]
    Middle,
    /// The last segment.
    End,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Middle => "middle",
            Self::End => "end",
        })
    }
}

impl Place {
    /// The hidden positions of a window of `length` events for blackouts of `k`; empty if either is 0.
    pub fn hidden(self, length: usize, k: usize) -> Range<usize> {
        if k == 0 || length == 0 {
            return 0..0;
        }
        let count = length.div_ceil(k);
        let index = match self {
            Self::Middle => count / 2,
            Self::End => count - 1,
        };
        // A single segment (k >= L) has index 0 of 1 in both cases.
        let start = index.min(count - 1) * k;
        start..start.saturating_add(k).min(length)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn published_places() {
        let middle = |length, k| Place::Middle.hidden(length, k);
        let end = |length, k| Place::End.hidden(length, k);
        for k in [1, 5, 10, 20] {
            assert_eq!(middle(200, k), 100..100 + k);
            assert_eq!(end(200, k), 200 - k..200);
        }
        assert_eq!(middle(200, 30), 90..120);
        assert_eq!(middle(200, 40), 80..120);
        assert_eq!(end(200, 30), 180..200);
        assert_eq!(end(200, 40), 160..200);
        // Short windows: the middle segment may be the short last one.
        assert_eq!(middle(50, 30), 30..50);
        assert_eq!(middle(50, 40), 40..50);
        assert_eq!(middle(100, 40), 40..80);
        assert_eq!(middle(10, 99), 0..10);
        assert_eq!(middle(0, 5), 0..0);
    }
}
