//! What to fetch next, and how carefully.

use std::collections::HashMap;

use crate::mailbox::MailUid;
use crate::store::LedgerEntry;

/// A mail whose reading was begun this often and never ended goes to quarantine: it stops the
/// program.
const MAX_TRIES: u32 = 3;
/// One that was begun this often is not even fetched any more: it was not its reading.
const MAX_FETCHES: u32 = MAX_TRIES + 2;
/// A mail that this process could not get so often, while others came, is given up.
const MAX_BREAKS: u32 = 5;

/// What this process remembers of fetches that brought a mail not. The ledger's tries count only
/// what stopped the program; a connection that breaks, or a server that withholds a mail, is no
/// reason to think that reading it is dangerous, but it must not hold up the others either.
#[derive(Debug, Default)]
pub(super) struct Breaks {
    validity: u32,
    counts: HashMap<MailUid, u32>,
}

impl Breaks {
    /// UIDs mean other mails under another UIDVALIDITY.
    pub(super) fn under(&mut self, validity: u32) {
        if self.validity != validity {
            *self = Self { validity, counts: HashMap::new() };
        }
    }

    /// The fetch that should have brought this mail did not.
    pub(super) fn count(&mut self, uid: &MailUid) {
        *self.counts.entry(uid.clone()).or_default() += 1;
    }

    /// It came.
    pub(super) fn clear(&mut self, uid: &MailUid) {
        self.counts.remove(uid);
    }

    fn of(&self, uid: &MailUid) -> u32 {
        self.counts.get(uid).copied().unwrap_or_default()
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
}

impl Plan {
    pub(super) fn new(listed: &[MailUid], ledger: &[LedgerEntry], breaks: &Breaks) -> Self {
        let known: HashMap<&MailUid, &LedgerEntry> = ledger.iter().map(|e| (&e.uid, e)).collect();
        let mut plan = Self::default();
        for uid in listed {
            let (tries, kept) = known.get(uid).map_or((0, false), |entry| (entry.tries, entry.kept));
            if kept {
                continue;
            }
            let group = match (tries, breaks.of(uid)) {
                (MAX_FETCHES.., _) => &mut plan.deadly,
                (_, MAX_BREAKS..) => &mut plan.withheld,
                (MAX_TRIES.., _) => &mut plan.poison,
                (0, 0) => &mut plan.fresh,
                (_, _) => &mut plan.alone,
            };
            group.push(uid.clone());
        }
        plan
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn uid(n: u32) -> MailUid {
        MailUid(n.to_string())
    }

    fn entry(n: u32, tries: u32, kept: bool) -> LedgerEntry {
        LedgerEntry { uid: uid(n), tries, kept, folder: None }
    }

    #[test]
    fn a_mail_that_was_trouble_waits_behind_the_others() {
        let listed: Vec<MailUid> = (1..=6).map(uid).collect();
        let ledger = [entry(1, 0, false), entry(2, 1, false), entry(3, 3, false), entry(4, 1, true)];
        let mut breaks = Breaks::default();
        breaks.under(7);
        breaks.count(&uid(5));
        let plan = Plan::new(&listed, &ledger, &breaks);
        assert_eq!(plan.fresh, [uid(1), uid(6)]);
        assert_eq!(plan.alone, [uid(2), uid(5)]);
        assert_eq!(plan.poison, [uid(3)]);
        for _ in 1..MAX_BREAKS {
            breaks.count(&uid(5));
        }
        assert_eq!(Plan::new(&listed, &ledger, &breaks).withheld, [uid(5)]);
        breaks.clear(&uid(5));
        assert_eq!(Plan::new(&listed, &ledger, &breaks).fresh, [uid(1), uid(5), uid(6)]);
    }

    #[test]
    fn a_mail_that_stops_the_program_is_not_fetched_for_ever() {
        let plan = |tries| Plan::new(&[uid(1)], &[entry(1, tries, false)], &Breaks::default());
        for tries in [3, 4] {
            assert_eq!(plan(tries).poison, [uid(1)], "{tries} tries");
        }
        for tries in [5, 6, 100] {
            assert_eq!(plan(tries), Plan { deadly: vec![uid(1)], ..Plan::default() }, "{tries} tries");
        }
    }

    #[test]
    fn what_is_remembered_of_a_mail_ends_with_its_uidvalidity() {
        let mut breaks = Breaks::default();
        breaks.under(7);
        breaks.count(&uid(1));
        breaks.under(7);
        assert_eq!(breaks.of(&uid(1)), 1);
        breaks.under(8);
        assert_eq!(breaks.of(&uid(1)), 0);
    }
}
