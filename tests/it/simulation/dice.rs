//! Chance as a function of the seed and of what is thrown for. Nothing is drawn in the order of calls, so
//! one more call somewhere does not change what happens everywhere else.

use std::time::Duration;

/// The dice of one run.
#[derive(Clone, Copy, Debug)]
pub struct Dice(u64);

impl Dice {
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// The throws for `what`; the same every time.
    pub fn of(self, what: &str) -> Throws {
        // FNV-1a; what it lacks in quality is made good by the mixing of each throw.
        let hash = what.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, octet| {
            (hash ^ u64::from(octet)).wrapping_mul(0x0000_0100_0000_01b3)
        });
        let mut throws = Throws(hash ^ self.0.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        throws.next();
        throws
    }
}

/// One throw after the other.
pub struct Throws(u64);

impl Throws {
    /// SplitMix64.
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// Below `limit`, which is not 0.
    pub fn below(&mut self, limit: u64) -> u64 {
        self.next() % limit
    }

    /// True in so many of a hundred cases.
    pub fn percent(&mut self, percent: u64) -> bool {
        self.below(100) < percent
    }

    /// A span of milliseconds between these seconds; short ones are as likely as long ones.
    pub fn seconds(&mut self, from: u64, to: u64) -> Duration {
        Duration::from_millis(from * 1000 + self.below((to - from).max(1) * 1000))
    }

    /// One of these, by their weights.
    pub fn one<T: Copy>(&mut self, weighted: &[(u64, T)]) -> T {
        let all: u64 = weighted.iter().map(|(weight, _)| weight).sum();
        let mut left = self.below(all);
        for (weight, choice) in weighted {
            if left < *weight {
                return *choice;
            }
            left -= weight;
        }
        weighted[0].1
    }
}
