//! The one random generator: the same numbers on every platform, for ever.

/// SplitMix64 (Steele, Lea and Flood 2014).
///
/// ```
/// use tracemend_repair::rng::SplitMix64;
///
/// let draw = |purpose| SplitMix64::new(7, &[purpose]).below(100);
/// assert_eq!(draw("gaps"), draw("gaps"));
/// assert!(draw("gaps") < 100);
/// ```
#[derive(Clone, Debug)]
pub struct SplitMix64(u64);

impl SplitMix64 {
    /// A generator for one purpose: `seed` and the words that name the purpose.
    pub fn new(seed: u64, words: &[&str]) -> Self {
        let mut state = Self(seed);
        for byte in words.iter().flat_map(|w| w.bytes().chain([0xff])) {
            state.0 = state.next_u64() ^ u64::from(byte);
        }
        state
    }

    /// The next number.
    pub fn next_u64(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number from 0 to below 1.
    pub fn unit(&mut self) -> f64 {
        (self.next_u64() >> 11) as f64 / (1u64 << 53) as f64
    }

    /// One of several, drawn by their weights, which need not sum to 1; `None` if none has any.
    pub(crate) fn choose<'t, T>(&mut self, all: &'t [T], weight: impl Fn(&T) -> f64) -> Option<&'t T> {
        let mut ahead = self.unit() * all.iter().map(&weight).sum::<f64>();
        let mut last = None;
        for one in all {
            let weight = weight(one);
            if weight > 0.0 {
                ahead -= weight;
                last = Some(one);
                if ahead < 0.0 {
                    break;
                }
            }
        }
        last
    }

    /// A number from 0 to `bound - 1`; its bias is at most bound / 2^64.
    pub fn below(&mut self, bound: usize) -> usize {
        ((u128::from(self.next_u64()) * bound as u128) >> 64) as usize
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn splitmix_is_the_published_one() {
        let mut random = SplitMix64(1234567);
        assert_eq!(random.next_u64(), 6_457_827_717_110_365_317);
        assert_eq!(random.next_u64(), 3_203_168_211_198_807_973);
    }
}
