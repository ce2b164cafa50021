//! The mark of a maildir's first connection: which mails were there, in bounded space.
//!
//! Up to [`NAMES_MAX`] names it is exact. Of a larger maildir the newest names are kept, and a time:
//! what was received before it counts as old. So of all mails that come later, only one is taken for
//! old that was received before the newest thousand of the first connection's, such as an old mail that
//! somebody moves into the inbox.

use std::collections::HashSet;
use std::path::Path;

use super::shown;
use crate::mailbox::{MailboxError, Mark};
use crate::types::UnixMillis;

/// No more names than this are kept: some 70 kB, as mail servers name files.
const NAMES_MAX: usize = 1000;

/// The first word of a mark.
const KIND: &str = "maildir";

/// What a [`Mark`] of a maildir says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct MaildirMark {
    /// What was received earlier is old.
    before: Option<UnixMillis>,
    /// These are old, too.
    names: HashSet<String>,
}

impl MaildirMark {
    /// The mark of `mails`, oldest first.
    pub(super) fn of(mut mails: Vec<(&str, UnixMillis)>) -> Self {
        let named = mails.split_off(mails.len().saturating_sub(NAMES_MAX));
        let before = mails.last().map(|(_, received)| UnixMillis(received.0.saturating_add(1)));
        Self { before, names: named.into_iter().map(|(name, _)| name.to_owned()).collect() }
    }

    /// Whether the mail `name` was there.
    pub(super) fn knows(&self, name: &str, received: UnixMillis) -> bool {
        self.before.is_some_and(|before| received < before) || self.names.contains(name)
    }

    /// In words parted by `/`, the one character that no file's name holds.
    pub(super) fn to_mark(&self) -> Mark {
        let before = self.before.map_or_else(String::new, |before| before.0.to_string());
        let names: String = self.names.iter().flat_map(|name| ["/", name]).collect();
        Mark(format!("{KIND}/{before}{names}"))
    }

    /// Reads a mark back. One that cannot be read is an error: to take it for none would let every
    /// old mail in. `path` is the maildir, for the error.
    pub(super) fn from_mark(mark: &Mark, path: &Path) -> Result<Self, MailboxError> {
        Self::parse(&mark.0).ok_or_else(|| MailboxError::File {
            path: shown(path),
            cause: "the stored mark of the first connection is not one of a maildir".to_owned(),
        })
    }

    fn parse(text: &str) -> Option<Self> {
        let mut words = text.strip_prefix(KIND)?.strip_prefix('/')?.split('/');
        let before = match words.next()? {
            "" => None,
            number => Some(UnixMillis(number.parse().ok()?)),
        };
        Some(Self { before, names: words.map(str::to_owned).collect() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_back(mark: &MaildirMark) -> MaildirMark {
        MaildirMark::from_mark(&mark.to_mark(), Path::new("/var/mail/desk")).unwrap()
    }

    #[test]
    fn a_mark_survives_the_store() {
        let few = MaildirMark::of(vec![("a b", UnixMillis(1)), ("ö\n", UnixMillis(2))]);
        assert_eq!(read_back(&few), few);
        assert_eq!(read_back(&MaildirMark::of(Vec::new())), MaildirMark::of(Vec::new()));
    }

    #[test]
    fn a_small_maildir_is_known_by_name_whatever_the_times() {
        let mark = MaildirMark::of(vec![("old", UnixMillis(1)), ("newer", UnixMillis(2))]);
        assert!(mark.knows("old", UnixMillis(9)));
        assert!(!mark.knows("later", UnixMillis(0)));
    }

    #[test]
    fn the_mark_of_a_hundred_thousand_mails_is_small_and_leaves_out_all_of_them() {
        let names: Vec<String> =
            (0..100_000).map(|n| format!("1795511645.M{n:06}P1.kommun.example")).collect();
        // Ten mails a millisecond: one with the boundary's very time must not get through.
        let times = (0..).map(|n: i64| UnixMillis(1_795_511_645_000 + n / 10));
        let mails: Vec<_> = names.iter().map(String::as_str).zip(times).collect();
        let mark = read_back(&MaildirMark::of(mails.clone()));
        assert!(mark.to_mark().0.len() < 100_000, "{}", mark.to_mark().0.len());
        assert!(mails.iter().all(|(name, received)| mark.knows(name, *received)));
        let newest = mails.last().unwrap().1;
        assert!(!mark.knows("later", newest), "of the newest mail's time, but not there then");
    }

    #[test]
    fn a_mark_that_cannot_be_read_is_an_error_and_not_the_whole_mailbox() {
        for text in ["", "maildir", "maildir/x/a", "uidvalidity=1 uidnext=1 at=2026-11-24T09:14:05Z"] {
            let error =
                MaildirMark::from_mark(&Mark(text.to_owned()), Path::new("/var/mail/desk")).unwrap_err();
            assert!(error.to_string().contains("/var/mail/desk"), "{error}");
        }
    }
}
