//! What to fetch next, and how carefully.

use std::collections::{HashMap, HashSet};
use std::time::{Duration, Instant};

use super::returns::Returns;
use crate::mailbox::MailUid;
use crate::store::LedgerEntry;

/// A mail whose reading was begun this often and never ended goes to quarantine: it stops the
/// program.
const MAX_TRIES: u32 = 3;
/// One that was begun this often is not even fetched any more: it was not its reading.
const MAX_FETCHES: u32 = MAX_TRIES + 2;
/// A mail that this process could not get so often, while others came, is given up …
const MAX_BREAKS: u32 = 5;
/// … when that has been going on for so long.
const BREAKS_LAST: Duration = Duration::from_secs(30 * 60);
/// One that did not come for so long, while the mailbox answered otherwise, is given up, too.
const ALONE_LASTS: Duration = Duration::from_secs(6 * 60 * 60);
/// After its second break a mail is left out for so long, then for twice as long …
const FIRST_REST: Duration = Duration::from_secs(60);
/// … and never longer than this.
const LONGEST_REST: Duration = Duration::from_secs(5 * 60);

/// What this process remembers of fetches that brought a mail not. The ledger's tries count only
/// what stopped the program; a connection that breaks, or a server that withholds a mail, is no
/// reason to think that reading it is dangerous, but it must not hold up the others either.
///
/// A break counts against a mail only when something else came since its last one: in a bad network,
/// or when it lies in the inbox alone, nobody can tell whose fault it is, and it is tried for much longer.
///
/// A mail that breaks the connection rests between its tries, so that the others come in meanwhile.
#[derive(Debug, Default)]
pub(super) struct Breaks {
    validity: u32,
    /// When the connection was last seen to do its work.
    good: Option<Instant>,
    /// When the folder was last listed.
    listed: Option<Instant>,
    /// Mails that were moved and lie there again.
    pub(super) returns: Returns,
    troubles: HashMap<MailUid, Trouble>,
}

/// A mail that did not come.
#[derive(Debug)]
struct Trouble {
    since: Instant,
    last: Instant,
    /// Breaks that count against it.
    count: u32,
    /// All of them.
    tries: u32,
    /// It rests until then.
    again: Instant,
}

impl Breaks {
    /// UIDs mean other mails under another UIDVALIDITY.
    pub(super) fn under(&mut self, validity: u32) {
        if self.validity != validity {
            *self = Self { validity, ..Self::default() };
        }
    }

    /// The fetch that should have brought this mail did not.
    pub(super) fn count(&mut self, uid: &MailUid, now: Instant) {
        let good = self.good;
        let trouble = self.troubles.entry(uid.clone()).or_insert(Trouble {
            since: now,
            last: now,
            count: 0,
            tries: 0,
            again: now,
        });
        if let Some(doubled) = trouble.tries.checked_sub(1) {
            trouble.again = now + FIRST_REST.saturating_mul(1 << doubled.min(8)).min(LONGEST_REST);
        }
        trouble.tries += 1;
        if trouble.count == 0 || good.is_some_and(|good| good > trouble.last) {
            trouble.count += 1;
            trouble.last = now;
        }
    }

    /// The connection did what it is for: a mail came, or a fetch was answered to its end.
    pub(super) fn good(&mut self, now: Instant) {
        self.good = Some(now);
    }

    /// These lie in the folder: the mailbox answers, and of what has left it nothing needs to be known.
    pub(super) fn listed(&mut self, listed: &[MailUid], now: Instant) {
        self.listed = Some(now);
        if !self.troubles.is_empty() || !self.returns.is_empty() {
            let listed: HashSet<&MailUid> = listed.iter().collect();
            self.troubles.retain(|uid, _| listed.contains(uid));
            self.returns.retain(&listed);
        }
    }

    /// It came.
    pub(super) fn clear(&mut self, uid: &MailUid) {
        self.troubles.remove(uid);
    }

    fn are_many(&self, uid: &MailUid, now: Instant) -> bool {
        let Some(trouble) = self.troubles.get(uid) else { return false };
        let lasts = now.saturating_duration_since(trouble.since);
        let alone = trouble.tries >= MAX_BREAKS && self.listed.is_some_and(|listed| listed > trouble.since);
        (trouble.count >= MAX_BREAKS && lasts >= BREAKS_LAST) || (alone && lasts >= ALONE_LASTS)
    }

    fn rests(&self, uid: &MailUid, now: Instant) -> bool {
        self.troubles.get(uid).is_some_and(|trouble| now < trouble.again)
    }
}

/// Mails to fetch, oldest first, in the order of the groups.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Plan {
    /// Many at once.
    pub(super) fresh: Vec<MailUid>,
    /// One by one, so that a mail that is the trouble harms no other.
    pub(super) alone: Vec<MailUid>,
    /// Kept without being read.
    pub(super) poison: Vec<MailUid>,
    /// Not fetched any more, because the server does not hand them over; a ticket says so.
    pub(super) withheld: Vec<MailUid>,
    /// Not fetched any more, because that stops the program; a ticket says so.
    pub(super) deadly: Vec<MailUid>,
    /// Of these the ones that were moved before, and lie there all the same.
    pub(super) returned: Vec<MailUid>,
    /// There are more fresh ones.
    pub(super) more: bool,
}

impl Plan {
    /// Adds mails, oldest first, of which the ledger has these entries. `false`: `limit` fresh ones are
    /// enough for a round, and there are more. What needs care then waits for the last round.
    pub(super) fn add(
        &mut self,
        listed: &[MailUid],
        ledger: &[LedgerEntry],
        breaks: &Breaks,
        limit: usize,
        now: Instant,
    ) -> bool {
        let known: HashMap<&MailUid, &LedgerEntry> = ledger.iter().map(|e| (&e.uid, e)).collect();
        for uid in listed {
            let entry = known.get(uid);
            let kept = entry.filter(|entry| entry.mail.is_some());
            if kept.is_some_and(|kept| !kept.moved || breaks.returns.rests(uid, now)) {
                continue;
            }
            let group = match entry.map_or(0, |entry| begun(entry)) {
                MAX_FETCHES.. => &mut self.deadly,
                _ if breaks.are_many(uid, now) => &mut self.withheld,
                _ if breaks.rests(uid, now) => continue,
                MAX_TRIES.. => &mut self.poison,
                0 if !breaks.troubles.contains_key(uid) => &mut self.fresh,
                _ => &mut self.alone,
            };
            group.push(uid.clone());
            self.returned.extend(kept.map(|kept| kept.uid.clone()));
            if self.fresh.len() > limit {
                self.fresh.truncate(limit);
                let fresh = std::mem::take(&mut self.fresh);
                let mut returned = std::mem::take(&mut self.returned);
                returned.retain(|uid| fresh.contains(uid));
                *self = Self { fresh, returned, more: true, ..Self::default() };
                return false;
            }
        }
        true
    }
}

/// Fetches that never ended. A mail that was moved and lies there again came once.
fn begun(entry: &LedgerEntry) -> u32 {
    entry.tries.saturating_sub(u32::from(entry.mail.is_some()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::MailId;

    fn uid(n: u32) -> MailUid {
        MailUid::from(n)
    }

    fn entry(n: u32, tries: u32, kept: bool) -> LedgerEntry {
        let mail = kept.then_some(MailId(1));
        LedgerEntry { uid: uid(n), tries, mail, folder: None, moved: false }
    }

    /// All of it, in one round.
    fn plan_of(listed: &[MailUid], ledger: &[LedgerEntry], breaks: &Breaks, now: Instant) -> Plan {
        let mut plan = Plan::default();
        assert!(plan.add(listed, ledger, breaks, usize::MAX, now));
        plan
    }

    #[test]
    fn a_mail_that_lies_there_after_its_move_is_taken_in_once_more_and_then_rests() {
        let there = LedgerEntry { moved: true, ..entry(2, 1, true) };
        let (listed, mut breaks, now) = ([uid(1), uid(2), uid(3)], Breaks::default(), Instant::now());
        let plan = |breaks: &Breaks, limit| {
            let mut plan = Plan::default();
            plan.add(&listed, std::slice::from_ref(&there), breaks, limit, now);
            (plan.fresh, plan.returned)
        };
        assert_eq!(plan(&breaks, 3), (listed.to_vec(), vec![uid(2)]));
        assert_eq!(plan(&breaks, 1), (vec![uid(1)], vec![]), "it is left to the next round");
        breaks.returns.count(&uid(2), now);
        breaks.returns.count(&uid(2), now);
        assert_eq!(plan(&breaks, 3), (vec![uid(1), uid(3)], vec![]));
        breaks.listed(&[uid(1), uid(3)], now);
        assert_eq!(plan(&breaks, 3).1, [uid(2)], "it was away meanwhile");
    }

    #[test]
    fn a_round_has_its_limit_and_leaves_what_needs_care_to_the_last_one() {
        let listed: Vec<MailUid> = (1..=6).map(uid).collect();
        let (ledger, breaks, now) = ([entry(2, 1, false)], Breaks::default(), Instant::now());
        let mut plan = Plan::default();
        assert!(!plan.add(&listed, &ledger, &breaks, 3, now));
        let first = Plan { fresh: vec![uid(1), uid(3), uid(4)], more: true, ..Plan::default() };
        assert_eq!(plan, first);
        let mut plan = Plan::default();
        assert!(plan.add(&listed[..3], &ledger, &breaks, 3, now));
        assert!(plan.add(&listed[3..4], &ledger, &breaks, 3, now), "as many as the limit are not too many");
        assert_eq!((plan.fresh.len(), plan.alone.len(), plan.more), (3, 1, false));
    }

    #[test]
    fn a_mail_that_somebody_moved_back_is_fetched_unless_it_is_dangerous() {
        let back = |n, tries| LedgerEntry { moved: true, ..entry(n, tries, true) };
        let plan = plan_of(&[uid(1), uid(2)], &[back(1, 1), back(2, 4)], &Breaks::default(), Instant::now());
        let returned = vec![uid(1), uid(2)];
        assert_eq!(plan, Plan { fresh: vec![uid(1)], poison: vec![uid(2)], returned, ..Plan::default() });
    }

    #[test]
    fn a_mail_that_was_trouble_waits_behind_the_others() {
        let listed: Vec<MailUid> = (1..=6).map(uid).collect();
        let ledger = [entry(1, 0, false), entry(2, 1, false), entry(3, 3, false), entry(4, 1, true)];
        let mut breaks = Breaks::default();
        breaks.under(7);
        let now = Instant::now();
        breaks.count(&uid(5), now);
        let plan = plan_of(&listed, &ledger, &breaks, now);
        assert_eq!(plan.fresh, [uid(1), uid(6)]);
        assert_eq!(plan.alone, [uid(2), uid(5)]);
        assert_eq!(plan.poison, [uid(3)]);
        breaks.clear(&uid(5));
        assert_eq!(plan_of(&listed, &ledger, &breaks, now).fresh, [uid(1), uid(5), uid(6)]);
    }

    /// The plan for a mail that was tried once a minute and did not come; `others` did before each try, or not.
    fn after_breaks(minutes: u64, others: bool) -> Plan {
        let mut breaks = Breaks::default();
        let mut now = Instant::now();
        for _ in 0..=minutes {
            if others {
                breaks.good(now);
            }
            now += Duration::from_secs(30);
            breaks.count(&uid(1), now);
            now += Duration::from_secs(30);
        }
        plan_of(&[uid(1)], &[], &breaks, now + LONGEST_REST)
    }

    #[test]
    fn a_mail_that_never_comes_while_others_do_is_given_up() {
        assert_eq!(after_breaks(31, true).withheld, [uid(1)]);
    }

    #[test]
    fn no_mail_is_given_up_for_a_bad_network_or_within_minutes() {
        for (minutes, others) in [(10_000, false), (10, true)] {
            let plan = after_breaks(minutes, others);
            assert_eq!(plan, Plan { alone: vec![uid(1)], ..Plan::default() }, "{minutes} {others}");
        }
    }

    #[test]
    fn a_mail_that_breaks_the_connection_again_rests_while_the_others_come() {
        let (mut breaks, begun) = (Breaks::default(), Instant::now());
        let plan = |breaks: &Breaks, seconds: u64| {
            plan_of(&[uid(1), uid(2)], &[], breaks, begun + Duration::from_secs(seconds))
        };
        breaks.count(&uid(1), begun);
        assert_eq!(plan(&breaks, 0).alone, [uid(1)], "anything may break a connection once");
        for (now, rest) in [(0, 60), (100, 120), (300, 240), (1000, 300), (2000, 300)] {
            breaks.count(&uid(1), begun + Duration::from_secs(now));
            assert_eq!(plan(&breaks, now + rest - 1), Plan { fresh: vec![uid(2)], ..Plan::default() });
            assert_eq!(plan(&breaks, now + rest).alone, [uid(1)]);
        }
    }

    #[test]
    fn a_mail_that_lies_alone_and_never_comes_is_given_up_once_that_is_no_outage_any_more() {
        for (hours, answers, given_up) in [(5, true, false), (7, true, true), (100, false, false)] {
            let (mut breaks, mut now) = (Breaks::default(), Instant::now());
            for _ in 0..hours * 12 {
                breaks.count(&uid(1), now);
                now += Duration::from_secs(300);
                if answers {
                    breaks.listed(&[uid(1)], now);
                }
            }
            let plan = plan_of(&[uid(1)], &[], &breaks, now);
            assert_eq!(!plan.withheld.is_empty(), given_up, "{hours} {answers}");
        }
    }

    #[test]
    fn a_mail_that_stops_the_program_is_not_fetched_for_ever() {
        let plan = |tries| plan_of(&[uid(1)], &[entry(1, tries, false)], &Breaks::default(), Instant::now());
        for tries in [3, 4] {
            assert_eq!(plan(tries).poison, [uid(1)], "{tries} tries");
        }
        for tries in [5, 6, 100] {
            assert_eq!(plan(tries), Plan { deadly: vec![uid(1)], ..Plan::default() }, "{tries} tries");
        }
    }

    #[test]
    fn what_is_remembered_of_a_mail_ends_when_it_is_not_listed_any_more() {
        let (mut breaks, now) = (Breaks::default(), Instant::now());
        [1, 2].map(uid).iter().for_each(|uid| breaks.count(uid, now));
        breaks.listed(&[uid(2), uid(3)], now);
        assert_eq!(breaks.troubles.keys().collect::<Vec<_>>(), [&uid(2)]);
    }

    #[test]
    fn what_is_remembered_of_a_mail_ends_with_its_uidvalidity() {
        let mut breaks = Breaks::default();
        breaks.under(7);
        breaks.count(&uid(1), Instant::now());
        breaks.under(7);
        assert!(breaks.troubles.contains_key(&uid(1)));
        breaks.under(8);
        assert!(!breaks.troubles.contains_key(&uid(1)));
    }
}
