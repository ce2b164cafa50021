//! What every style of password is made with: a fair draw, and the names that must not occur.

use rand::CryptoRng;
use zeroize::Zeroizing;

/// A name, or a part of one, shorter than this may occur: directories allow it, and avoiding it
/// would cost more guesses than it saves.
const SHORTEST_NAME: usize = 3;

/// A number below `end`, each equally likely: what lies at or above the largest multiple of `end` is
/// thrown away, because the rest of the division would favour the first numbers. `end` is from 1 to
/// 65,536.
pub(super) fn below(rng: &mut impl CryptoRng, end: usize) -> usize {
    const ALL: usize = 1 << u16::BITS;
    let limit = ALL - ALL % end;
    let mut octets = Zeroizing::new([0u8; 2]);
    loop {
        rng.fill_bytes(&mut *octets);
        let drawn = usize::from(u16::from_le_bytes(*octets));
        if drawn < limit {
            return drawn % end;
        }
    }
}

/// Names of an account, in lower case. Active Directory and Entra ID refuse passwords that hold them.
pub(super) struct Names {
    /// The names as they are: compared with the password as it is typed.
    whole: Vec<String>,
    /// Their parts: compared with the password without its hyphens, the stricter way.
    parts: Vec<String>,
}

impl Names {
    pub(super) fn new(avoid: &[&str]) -> Self {
        let long = |name: &&str| name.chars().count() >= SHORTEST_NAME;
        let parts = avoid.iter().flat_map(|name| name.split(|c: char| !c.is_alphanumeric()));
        Self {
            whole: avoid.iter().copied().filter(long).map(str::to_lowercase).collect(),
            parts: parts.filter(long).map(str::to_lowercase).collect(),
        }
    }

    /// Does a name, or a part of one, occur in this password?
    pub(super) fn occur_in(&self, grouped: &str) -> bool {
        let grouped = Zeroizing::new(grouped.to_ascii_lowercase());
        // As long as the whole at most: it does not grow, and leaves no copy behind.
        let mut plain = Zeroizing::new(String::with_capacity(grouped.len()));
        plain.extend(grouped.chars().filter(|c| *c != '-'));
        self.parts.iter().any(|part| plain.contains(part.as_str()))
            || self.whole.iter().any(|name| grouped.contains(name.as_str()))
    }

    /// Is this word, in lower case, a part of a name? `ring` is one of `Ringdal`.
    pub(super) fn hold(&self, word: &str) -> bool {
        self.parts.iter().any(|part| part.contains(word))
    }
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;
    use rand::rngs::StdRng;

    use super::*;

    /// Pearson's sum for `counts` that should all be equal.
    fn chi_square(counts: &[u32]) -> f64 {
        let total: u32 = counts.iter().sum();
        let expected = f64::from(total) / counts.len() as f64;
        counts.iter().map(|count| (f64::from(*count) - expected).powi(2) / expected).sum()
    }

    #[test]
    fn every_number_is_equally_likely() {
        let mut rng = StdRng::seed_from_u64(1);
        // Of the second, the rest of a division alone would draw the lower half twice as often. So many draws
        // of so many: 99.9 % of fair ones stay below the sums.
        for (end, draws, below_sum) in [(54, 540_000, 90.6), (43_691, 437_000, 44_700.0)] {
            let mut counts = vec![0u32; end];
            for _ in 0..draws {
                counts[below(&mut rng, end)] += 1;
            }
            let sum = chi_square(&counts);
            assert!(sum < below_sum, "{end}: {sum}");
        }
    }

    #[test]
    fn a_name_is_found_across_a_hyphen_and_with_its_own() {
        let names = Names::new(&["Berg", "an-b1", "å-ab"]);
        assert!(names.occur_in("x2Be-rgxx"));
        assert!(names.occur_in("xxAn-b1xx"));
        assert!(!names.occur_in("xAnb-1xxx"));
        assert!(!names.occur_in("xxxx-abxx"));
        let names = Names::new(&["Ann Ringdal"]);
        assert!(names.hold("ring") && !names.hold("dalar"));
    }
}
