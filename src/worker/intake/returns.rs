//! Mails that the mailbox said it had moved, and that lie there all the same: somebody has put them back, or
//! the mailbox says OK and does nothing. The second must cost neither a fetch a round nor go unsaid.

use std::collections::{HashMap, HashSet};
use std::time::{Duration, Instant};

use super::Intake;
use super::complaint::Say;
use crate::mailbox::MailUid;
use crate::store::UidScope;

/// A mail that was moved and lies there for the second time is left alone for so long, then for twice as long …
const FIRST_REST: Duration = Duration::from_secs(5 * 60);
/// … and never longer than this.
const LONGEST_REST: Duration = Duration::from_secs(60 * 60);

/// What is remembered of them, in one folder.
#[derive(Debug, Default)]
pub(super) struct Returns(HashMap<MailUid, Return>);

#[derive(Debug)]
struct Return {
    times: u32,
    /// It rests until then.
    again: Instant,
}

impl Returns {
    /// It lies there although it was moved. Answers whether that is so for more than the first time: a
    /// person puts a mail back once.
    pub(super) fn count(&mut self, uid: &MailUid, now: Instant) -> bool {
        let found = self.0.entry(uid.clone()).or_insert(Return { times: 0, again: now });
        found.times += 1;
        let Some(doubled) = found.times.checked_sub(2) else { return false };
        found.again = now + FIRST_REST.saturating_mul(1 << doubled.min(8)).min(LONGEST_REST);
        true
    }

    /// Is it left alone now?
    pub(super) fn rests(&self, uid: &MailUid, now: Instant) -> bool {
        self.0.get(uid).is_some_and(|found| now < found.again)
    }

    /// Of those that have left the folder nothing needs to be known.
    pub(super) fn retain(&mut self, listed: &HashSet<&MailUid>) {
        self.0.retain(|uid, _| listed.contains(uid));
    }

    /// There are none.
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl Intake {
    /// Takes account of mails that are to be taken in once more, because they lie there after a move.
    pub(super) fn note_returns(&mut self, scope: &UidScope, returned: &[MailUid]) {
        let now = self.parts.moment();
        let returns = &mut self.breaks(scope).returns;
        let stay = returned.iter().filter(|uid| returns.count(uid, now)).count();
        let all_gone = returns.is_empty();
        let mailbox = &scope.mailbox;
        if stay == 0 {
            if all_gone && let Some(past) = self.idle_moves.works(now) {
                tracing::info!(%mailbox, "mails leave the inbox again when they are moved, after {past}");
            }
            return;
        }
        match self.idle_moves.failed("", now) {
            Say::News => {
                tracing::error!(%mailbox, mails = stay, "the mailbox says that it moves mails out of the inbox, and \
                    they lie there still; they are kept, and new ones are read; move them by hand or mend the \
                    mailbox, it is tried again after a pause");
            }
            Say::Still(past) => {
                tracing::error!(%mailbox, mails = stay, "mails still lie in the inbox after they were moved, for \
                    {past}; they are kept; move them by hand or mend the mailbox");
            }
            Say::Nothing => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mail_that_is_put_back_is_read_at_once_and_one_that_never_leaves_ever_more_seldom() {
        let (mut returns, mut now, uid) = (Returns::default(), Instant::now(), MailUid::from(1));
        assert!(!returns.count(&uid, now), "a person put it back");
        assert!(!returns.rests(&uid, now));
        let mut rests = Vec::new();
        for _ in 0..6 {
            assert!(returns.count(&uid, now));
            let minutes = (0..).find(|m| !returns.rests(&uid, now + Duration::from_secs(60 * m))).unwrap();
            rests.push(minutes);
            now += Duration::from_secs(60 * minutes);
        }
        assert_eq!(rests, [5, 10, 20, 40, 60, 60]);
        returns.retain(&HashSet::new());
        assert!(returns.is_empty());
    }
}
