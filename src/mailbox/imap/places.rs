//! Where filed mails lie now, from what the server told (COPYUID, RFC 4315 3). A place is named only
//! when it can be no other: what does not fit is not guessed at.

use std::collections::{HashMap, HashSet};
use std::ops::RangeInclusive;

use crate::mailbox::{Filed, MailUid, Spot};

/// One COPYUID: the nth mail of `from` lies at the nth place of `to`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Copied {
    /// UIDVALIDITY of the folder that they lie in.
    pub(super) validity: u32,
    /// UIDs in the selected folder, in the order of the answer.
    pub(super) from: Vec<RangeInclusive<u32>>,
    /// UIDs in the other folder.
    pub(super) to: Vec<RangeInclusive<u32>>,
}

impl Copied {
    /// From and to, mail by mail; `None` when the server cannot mean that: the counts differ, a UID is
    /// 0 or named twice, or there are more mails than the `asked`.
    fn pairs(&self, asked: usize) -> Option<Vec<(u32, u32)>> {
        let count = |set: &[RangeInclusive<u32>]| {
            set.iter().map(|range| u64::from(range.end().saturating_sub(*range.start())) + 1).sum::<u64>()
        };
        let all = count(&self.from);
        if self.validity == 0 || all != count(&self.to) || all > u64::try_from(asked).ok()? {
            return None;
        }
        let (from, to) = (self.from.iter().cloned().flatten(), self.to.iter().cloned().flatten());
        let pairs: Vec<(u32, u32)> = from.zip(to).collect();
        let distinct = |uids: HashSet<u32>| uids.len() == pairs.len() && !uids.contains(&0);
        let is_sound = u64::try_from(pairs.len()) == Ok(all)
            && distinct(pairs.iter().map(|(from, _)| *from).collect())
            && distinct(pairs.iter().map(|(_, to)| *to).collect());
        is_sound.then_some(pairs)
    }
}

/// What became of `uids`, by all that the server told while they were filed.
pub(super) fn filed(uids: &[u32], told: &[Copied]) -> Vec<Filed> {
    let asked: HashSet<u32> = uids.iter().copied().collect();
    let (mut places, mut taken) = (HashMap::new(), HashMap::new());
    for copied in told {
        let pairs =
            copied.pairs(uids.len()).filter(|pairs| pairs.iter().all(|(from, _)| asked.contains(from)));
        for (from, to) in pairs.unwrap_or_default() {
            let place = (copied.validity, to);
            // Two places of one mail, or two mails at one place: then neither is known.
            let other = places.insert(from, Some(place)).is_some();
            let rival = taken.insert(place, from).filter(|rival| *rival != from);
            if other || rival.is_some() {
                places.insert(from, None);
                rival.and_then(|rival| places.insert(rival, None));
            }
        }
    }
    let spot = |(validity, uid): (u32, u32)| Spot { validity, uid: MailUid::from(uid) };
    let now = |uid: &u32| places.get(uid).copied().flatten().map(spot);
    uids.iter().map(|uid| Filed { uid: MailUid::from(*uid), now: now(uid) }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn copied(from: &[(u32, u32)], to: &[(u32, u32)]) -> Copied {
        let ranges = |set: &[(u32, u32)]| set.iter().map(|(first, last)| *first..=*last).collect();
        Copied { validity: 7, from: ranges(from), to: ranges(to) }
    }

    /// The places of mails 1 to 4 by what was told; 0 stands for an unknown one.
    fn places(told: &[Copied]) -> Vec<u32> {
        let filed = filed(&[1, 2, 3, 4], told);
        assert!(filed.iter().flat_map(|mail| &mail.now).all(|spot| spot.validity == 7));
        filed.into_iter().map(|mail| mail.now.map_or(0, |spot| spot.uid.0.parse().unwrap())).collect()
    }

    #[test]
    fn places_follow_the_order_of_the_sets() {
        assert_eq!(places(&[copied(&[(1, 4)], &[(11, 14)])]), [11, 12, 13, 14]);
        assert_eq!(places(&[copied(&[(3, 4), (1, 2)], &[(11, 11), (20, 21), (5, 5)])]), [21, 5, 11, 20]);
        assert_eq!(places(&[copied(&[(4, 4)], &[(11, 11)]), copied(&[(1, 2)], &[(7, 8)])]), [7, 8, 0, 11]);
        assert_eq!(places(&[]), [0, 0, 0, 0]);
    }

    #[test]
    fn an_answer_that_does_not_fit_names_no_place() {
        for wrong in [
            copied(&[(1, 4)], &[(11, 13)]),
            copied(&[(1, 3)], &[(11, 14)]),
            copied(&[(1, 2), (2, 2)], &[(11, 13)]),
            copied(&[(1, 2)], &[(11, 11), (11, 11)]),
            copied(&[(1, 2), (9, 9)], &[(11, 13)]),
            copied(&[(1, 1)], &[(0, 0)]),
            copied(&[(0, u32::MAX)], &[(0, u32::MAX)]),
            Copied { validity: 0, ..copied(&[(1, 1)], &[(11, 11)]) },
        ] {
            assert_eq!(places(std::slice::from_ref(&wrong)), [0, 0, 0, 0], "{wrong:?}");
        }
    }

    #[test]
    fn answers_that_contradict_each_other_name_no_place() {
        let one = copied(&[(1, 2)], &[(11, 12)]);
        assert_eq!(places(&[one.clone(), copied(&[(1, 1)], &[(15, 15)])]), [0, 12, 0, 0]);
        assert_eq!(places(&[one.clone(), copied(&[(3, 3)], &[(12, 12)])]), [11, 0, 0, 0]);
        let twice = [one.clone(), one.clone(), one.clone()];
        assert_eq!(places(&twice), [0, 0, 0, 0], "said more than once: which one is meant?");
        // Another UIDVALIDITY is another folder of the same name: no contradiction.
        let elsewhere = Copied { validity: 8, ..copied(&[(3, 3)], &[(12, 12)]) };
        let now: Vec<_> =
            filed(&[1, 2, 3], &[one, elsewhere]).into_iter().flat_map(|mail| mail.now).collect();
        assert_eq!(now.iter().map(|spot| spot.validity).collect::<Vec<_>>(), [7, 7, 8]);
    }
}
