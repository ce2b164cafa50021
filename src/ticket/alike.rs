//! Tickets whose texts are nearly the same, put together: in an outage the same request comes two
//! hundred times, and is dealt with once.

use std::collections::{BTreeMap, HashMap};

use super::TicketId;
use super::queue::Likeness;

/// Texts that differ in no more bits than this are alike.
const MOST_BITS: u32 = 6;
/// Two that differ in so few bits are the same in one of these parts at least: there is one more of them
/// than bits may differ. Each is a shift and a width.
const PARTS: [(u32, u32); 7] = [(0, 10), (10, 9), (19, 9), (28, 9), (37, 9), (46, 9), (55, 9)];

/// Tickets of nearly the same text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cluster {
    /// The subject that most of them have.
    pub subject: String,
    /// They, in the order in which they were given.
    pub tickets: Vec<TicketId>,
}

/// Puts together what is alike, directly or by others in between. `bare` takes from a subject what answering
/// puts before it. The largest first; what is like nothing else is not among them.
#[must_use]
pub fn clusters(all: &[Likeness], bare: impl Fn(&str) -> &str) -> Vec<Cluster> {
    let mut members: BTreeMap<u64, Vec<usize>> = BTreeMap::new();
    for (place, one) in all.iter().enumerate().filter(|(_, one)| one.bits != 0) {
        members.entry(one.bits).or_default().push(place);
    }
    let texts: Vec<u64> = members.keys().copied().collect();
    let mut groups: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    let mut heads = joined(&texts);
    for (text, places) in members.into_values().enumerate() {
        groups.entry(head_of(&mut heads, text)).or_default().extend(places);
    }
    let mut clusters: Vec<(usize, Cluster)> = Vec::new();
    for mut places in groups.into_values().filter(|places| places.len() > 1) {
        places.sort_unstable();
        let tickets = places.iter().filter_map(|place| all.get(*place)).map(|one| one.id).collect();
        let subjects = places.iter().filter_map(|place| all.get(*place)).map(|one| bare(&one.subject));
        clusters.push((places[0], Cluster { subject: most_common(subjects), tickets }));
    }
    clusters.sort_by_key(|(first, cluster)| (std::cmp::Reverse(cluster.tickets.len()), *first));
    clusters.into_iter().map(|(_, cluster)| cluster).collect()
}

/// For each text the one that it hangs on; a text that hangs on itself heads a group.
fn joined(texts: &[u64]) -> Vec<usize> {
    let mut heads: Vec<usize> = (0..texts.len()).collect();
    for (shift, width) in PARTS {
        let mut same: HashMap<u64, Vec<usize>> = HashMap::new();
        for (place, text) in texts.iter().enumerate() {
            same.entry(text >> shift & ((1 << width) - 1)).or_default().push(place);
        }
        for near in same.values() {
            for (at, one) in near.iter().enumerate() {
                for other in near.iter().skip(at + 1) {
                    if (texts[*one] ^ texts[*other]).count_ones() <= MOST_BITS {
                        let (one, other) = (head_of(&mut heads, *one), head_of(&mut heads, *other));
                        heads[one.max(other)] = one.min(other);
                    }
                }
            }
        }
    }
    heads
}

fn head_of(heads: &mut [usize], mut place: usize) -> usize {
    while heads[place] != place {
        heads[place] = heads[heads[place]];
        place = heads[place];
    }
    place
}

/// As most people write it; of equally many the first.
fn most_common<'a>(subjects: impl Iterator<Item = &'a str>) -> String {
    let mut counted: Vec<(&str, String, usize)> = Vec::new();
    for subject in subjects {
        let folded = subject.to_lowercase();
        match counted.iter_mut().find(|(_, known, _)| *known == folded) {
            Some((_, _, times)) => *times += 1,
            None => counted.push((subject, folded, 1)),
        }
    }
    let most = counted.iter().map(|(_, _, times)| *times).max();
    let found = counted.iter().find(|(_, _, times)| Some(*times) == most);
    found.map_or_else(String::new, |(subject, _, _)| (*subject).to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn likeness(id: i64, subject: &str, bits: u64) -> Likeness {
        Likeness { id: TicketId(id), subject: subject.to_owned(), bits }
    }

    fn found(all: &[Likeness]) -> Vec<(String, Vec<i64>)> {
        let clusters = clusters(all, |subject| subject.trim_start_matches("SV: "));
        let ids = |cluster: &Cluster| cluster.tickets.iter().map(|id| id.0).collect();
        clusters.iter().map(|cluster| (cluster.subject.clone(), ids(cluster))).collect()
    }

    #[test]
    fn six_bits_are_alike_and_seven_are_not_wherever_they_lie() {
        let base = 0x9e37_79b9_7f4a_7c15;
        for shift in 0..64 {
            let differs = |bits: u64| base ^ ((1_u64 << bits) - 1).rotate_left(shift);
            assert_eq!(found(&[likeness(1, "a", base), likeness(2, "a", differs(6))]).len(), 1, "{shift}");
            assert_eq!(found(&[likeness(1, "a", base), likeness(2, "a", differs(7))]).len(), 0, "{shift}");
        }
        // One bit of each part but one: the one that is left is the same.
        let spread = PARTS.iter().skip(1).fold(base, |bits, (shift, _)| bits ^ 1 << shift);
        assert_eq!(found(&[likeness(1, "a", base), likeness(2, "a", spread)]).len(), 1);
    }

    #[test]
    fn what_is_alike_by_others_is_together_under_the_subject_of_most() {
        let all = [
            likeness(5, "Hjälp", 0b1),
            likeness(6, "SV: glömt", 0b111_1111),
            likeness(7, "Glömt", 0b1_1111_1111_1111),
            likeness(8, "Skrivaren", u64::MAX),
            likeness(9, "Skrivaren", u64::MAX),
            likeness(10, "", 0),
            likeness(11, "", 0),
            likeness(12, "Allena", 0xffff_ffff),
        ];
        let wanted = vec![("glömt".to_owned(), vec![5, 6, 7]), ("Skrivaren".to_owned(), vec![8, 9])];
        assert_eq!(found(&all), wanted);
    }
}
