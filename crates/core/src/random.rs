//! Dice whose every throw can be repeated: a seed gives the same row of numbers on every machine.

use core::ops::RangeInclusive;

/// `SplitMix64` (Steele, Lea, Flood 2014, "Fast splittable pseudorandom number generators"). For draws and jitter,
/// never for secrets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Random(u64);

impl Random {
    /// Dice for a seed; any seed is as good as any other.
    pub const fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// The next throw: any number, all equally likely.
    pub fn throw(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// The next throw, below a bound; 0 where the bound is 0.
    pub fn below(&mut self, bound: u64) -> u64 {
        scale(self.throw(), bound)
    }

    /// Whether something happens that happens `times` in `of`.
    pub fn chance(&mut self, times: u64, of: u64) -> bool {
        self.below(of) < times
    }
}

/// A throw brought below a bound: the high half of their product, even enough for any bound that fits in memory.
fn scale(throw: u64, bound: u64) -> u64 {
    let high = (u128::from(throw) * u128::from(bound)) >> 64;
    u64::try_from(high).expect("invariant: the high half of a product of two 64-bit numbers has 64 bits")
}

/// A throw brought into a range; its start where the range is empty.
pub(crate) fn within(throw: u64, range: RangeInclusive<u64>) -> u64 {
    let (start, end) = range.into_inner();
    // A range of all numbers loses its last one; nobody misses it.
    start.saturating_add(scale(throw, end.saturating_sub(start).saturating_add(1)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_row_of_seed_0_is_the_published_one() {
        let mut dice = Random::new(0);
        // The reference implementation's first three (Vigna, splitmix64.c).
        let row = [dice.throw(), dice.throw(), dice.throw()];
        assert_eq!(row, [0xe220_a839_7b1d_cdaf, 0x6e78_9e6a_a1b9_65f4, 0x06c4_5d18_8009_454f]);
    }

    #[test]
    fn a_throw_below_a_bound_reaches_every_number_and_no_other() {
        let mut dice = Random::new(7);
        let mut seen = [0_u32; 6];
        for _ in 0..6_000 {
            seen[usize::try_from(dice.below(6)).expect("small")] += 1;
        }
        assert!(seen.iter().all(|times| (850..1_150).contains(times)), "{seen:?}");
        assert_eq!(dice.below(0), 0);
    }

    #[test]
    fn a_range_holds_its_throws_ends_included() {
        assert_eq!((within(0, 3..=5), within(u64::MAX, 3..=5)), (3, 5));
        let empty = RangeInclusive::new(5, 3);
        assert_eq!((within(u64::MAX, 5..=5), within(1, empty)), (5, 5));
        assert!(within(u64::MAX, 0..=u64::MAX) >= u64::MAX - 1);
    }
}
