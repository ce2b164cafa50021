//! Sets of UIDs as IMAP writes them (RFC 3501 9, `sequence-set`).

use crate::mailbox::{MailUid, MailboxError};

/// A set is never written longer than this (octets): servers limit a command line to 8 kB, and
/// the command and a folder's name stand beside it.
const SET_MAX: usize = 6 * 1024;

/// So many UIDs always fit into one set: each has at most ten digits and a comma.
pub(super) const ONE_SET_MAX: usize = SET_MAX / 11;

/// The set that names exactly `uids` (ascending, at most [`ONE_SET_MAX`]).
pub(super) fn one_set(uids: &[u32]) -> String {
    sets(uids, uids.len()).concat()
}

/// The numbers of `uids`, ascending, each once.
pub(super) fn numbers(command: &'static str, uids: &[MailUid]) -> Result<Vec<u32>, MailboxError> {
    let mut numbers = uids
        .iter()
        .map(|uid| uid.0.parse::<u32>().ok().filter(|number| *number > 0))
        .collect::<Option<Vec<_>>>()
        .ok_or(MailboxError::Refused { command, cause: "a mail's name is no IMAP UID".to_owned() })?;
    numbers.sort_unstable();
    numbers.dedup();
    Ok(numbers)
}

/// The number of `uid`.
pub(super) fn number(command: &'static str, uid: &MailUid) -> Result<u32, MailboxError> {
    Ok(numbers(command, std::slice::from_ref(uid))?.into_iter().next().unwrap_or_default())
}

/// The sets that name exactly `uids` (ascending), each of at most `count_max` mails. Neighbours
/// become a range; a range never spans a UID that was not asked for.
pub(super) fn sets(uids: &[u32], count_max: usize) -> Vec<String> {
    let mut sets = Vec::new();
    let mut set = String::new();
    for chunk in uids.chunks(count_max.max(1)) {
        for run in chunk.chunk_by(|a, b| a.checked_add(1) == Some(*b)) {
            let range = match run {
                [only] => only.to_string(),
                [first, .., last] => format!("{first}:{last}"),
                [] => continue,
            };
            if !set.is_empty() && set.len() + 1 + range.len() > SET_MAX {
                sets.push(std::mem::take(&mut set));
            }
            if !set.is_empty() {
                set.push(',');
            }
            set.push_str(&range);
        }
        sets.push(std::mem::take(&mut set));
    }
    sets
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neighbours_become_ranges_and_gaps_stay_gaps() {
        assert_eq!(sets(&[1, 2, 3, 5, 8, 9], 500), ["1:3,5,8:9"]);
        assert_eq!(sets(&[u32::MAX - 1, u32::MAX], 500), ["4294967294:4294967295"]);
        assert!(sets(&[], 500).is_empty());
    }

    #[test]
    fn a_set_is_split_by_count_and_by_length() {
        assert_eq!(sets(&[1, 2, 3, 4, 5], 2), ["1:2", "3:4", "5"]);
        let scattered: Vec<u32> = (0..5000).map(|n| 4_000_000_000 + n * 2).collect();
        let split = sets(&scattered, 100_000);
        assert!(split.iter().all(|set| set.len() <= SET_MAX));
        let named: usize = split.iter().map(|set| set.split(',').count()).sum();
        assert_eq!(named, scattered.len());
    }

    #[test]
    fn the_longest_names_of_as_many_mails_as_may_be_are_one_set() {
        let most = u32::try_from(ONE_SET_MAX).unwrap();
        let longest: Vec<u32> = (0..most).map(|n| 4_000_000_000 + n * 2).collect();
        assert_eq!(sets(&longest, ONE_SET_MAX), [one_set(&longest)]);
    }

    #[test]
    fn only_numbers_above_zero_are_uids() {
        let uid = |text: &str| MailUid::new(text);
        assert_eq!(numbers("UID FETCH", &[uid("7"), uid("3"), uid("7")]), Ok(vec![3, 7]));
        for wrong in ["0", "", "1:*", "x", "4294967296"] {
            assert!(numbers("UID FETCH", &[uid(wrong)]).is_err(), "{wrong}");
        }
    }
}
