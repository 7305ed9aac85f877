//! A random number generator as a value: it is seeded, so that a run can be repeated. SplitMix64
//! (Steele, Lea, Flood 2014). Not for secrets.

use std::time::Duration;

/// A generator of pseudo-random numbers.
#[derive(Clone, Debug)]
pub struct Rng {
    state: u64,
}

impl Rng {
    /// Makes a generator. The same seed gives the same numbers.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self { state: seed }
    }

    /// Returns the next 64 bits.
    pub fn bits(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        mix(self.state)
    }

    /// Returns a number in `0.0..1.0`.
    pub fn unit(&mut self) -> f64 {
        // A double holds exactly 53 bits.
        (self.bits() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// Returns a number below `end`; 0 if `end` is 0.
    pub fn below(&mut self, end: u64) -> u64 {
        // The bias is below end / 2^64, which does not matter for a back-off.
        ((u128::from(self.bits()) * u128::from(end)) >> 64) as u64
    }

    /// Returns true with this probability.
    pub fn happens(&mut self, probability: f64) -> bool {
        probability > 0.0 && self.unit() < probability
    }

    /// Returns a time between two others, evenly distributed.
    pub fn between(&mut self, from: Duration, to: Duration) -> Duration {
        from + to.saturating_sub(from).mul_f64(self.unit())
    }

    /// Returns a time below `max` by the truncated exponential distribution of RFC 5401, section
    /// 3.2.2.1. In a group of `members`, most wait long and very few are early, so that one asks
    /// and the others hear it and stay silent.
    pub fn back_off(&mut self, max: Duration, members: usize) -> Duration {
        let lambda = (members.max(1) as f64).ln() + 1.0;
        let x = self.unit();
        // The density grows towards `max`; this is the inverse of the distribution.
        let scaled = (1.0 + x * (lambda.exp() - 1.0)).ln() / lambda;
        max.mul_f64(scaled.clamp(0.0, 1.0))
    }
}

/// Scatters a number over all 64 bits: the finishing step of SplitMix64.
#[must_use]
pub fn mix(number: u64) -> u64 {
    let z = (number ^ (number >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_gives_the_same_numbers() {
        let (mut one, mut other) = (Rng::new(7), Rng::new(7));
        assert!((0..100).all(|_| one.bits() == other.bits()));
        // The first number for seed 0 in the authors' own implementation.
        assert_eq!(Rng::new(0).bits(), 0xe220_a839_7b1d_cdaf);
    }

    #[test]
    fn numbers_stay_within_their_limits() {
        let mut rng = Rng::new(1);
        let ms = Duration::from_millis;
        for _ in 0..1000 {
            assert!(rng.below(10) < 10);
            assert!((0.0..1.0).contains(&rng.unit()));
            assert!((ms(3)..=ms(5)).contains(&rng.between(ms(3), ms(5))));
            assert!(rng.back_off(ms(100), 50) <= ms(100));
        }
        assert_eq!(rng.below(0), 0);
        assert!(!rng.happens(0.0));
    }

    #[test]
    fn in_a_large_group_few_are_early() {
        let mut rng = Rng::new(2);
        let max = Duration::from_millis(100);
        let early = |rng: &mut Rng, members: usize| {
            let early = (0..1000).filter(|_| rng.back_off(max, members) < max / 4);
            early.count()
        };
        let (small, large) = (early(&mut rng, 2), early(&mut rng, 1000));
        assert!(large * 10 < small, "{large} of 1000, {small} of 1000");
    }
}
