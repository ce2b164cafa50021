//! The mark of a mailbox's first connection, and times as IMAP writes them.
//!
//! UIDNEXT tells old mails from new ones as long as UIDVALIDITY stands. When that changes, every
//! UID is void; then the time of the mark decides, so that the old mails of a full mailbox do not
//! come in as new.

use std::time::Duration;

use crate::clock::{parse_rfc3339, rfc3339};
use crate::mailbox::{MailboxError, Mark};
use crate::types::UnixMillis;

const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// What a [`Mark`] of an IMAP mailbox says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ImapMark {
    /// UIDVALIDITY then.
    pub(super) validity: u32,
    /// The first UID that was not there yet.
    pub(super) next: u32,
    /// When it was made, to the second as INTERNALDATE is: a mail of that same second counts as
    /// new, because none may be lost.
    pub(super) at: UnixMillis,
    /// Whose inbox it is of, in one word; marks of older versions do not say.
    pub(super) whose: Option<String>,
}

impl ImapMark {
    pub(super) fn to_mark(&self) -> Mark {
        let whose = self.whose.as_ref().map_or_else(String::new, |whose| format!(" of={whose}"));
        let (validity, next, at) = (self.validity, self.next, rfc3339(self.at));
        Mark(format!("uidvalidity={validity} uidnext={next} at={at}{whose}"))
    }

    /// Whether UIDs tell old mails from new ones in a folder of this account with these UIDVALIDITY and
    /// UIDNEXT. UIDNEXT never falls (RFC 3501 2.3.1.1): below the mark's it is another folder's.
    pub(super) fn counts(&self, validity: u32, next: Option<u32>, whose: &str) -> bool {
        self.validity == validity && next.is_none_or(|next| next >= self.next) && !self.is_of_another(whose)
    }

    /// Whether it is of somebody else's mailbox.
    pub(super) fn is_of_another(&self, whose: &str) -> bool {
        self.whose.as_ref().is_some_and(|known| known != whose)
    }

    /// The same mark for another inbox: only the time tells there.
    pub(super) fn only_time(self, whose: &str) -> Self {
        // No folder has this UIDVALIDITY (RFC 3501 9).
        Self { validity: 0, next: 1, whose: Some(whose.to_owned()), ..self }
    }

    /// Reads a mark back. One that cannot be read is an error: to take it for none would let every
    /// old mail in.
    pub(super) fn from_mark(mark: &Mark) -> Result<Self, MailboxError> {
        Self::parse(&mark.0).ok_or(MailboxError::Refused {
            command: "the list of mails",
            cause: "the stored mark of the first connection is not one of an IMAP mailbox".to_owned(),
        })
    }

    fn parse(text: &str) -> Option<Self> {
        let mut words = text.split(' ');
        let mut value = |name: &str| words.next()?.strip_prefix(name)?.strip_prefix('=');
        Some(Self {
            validity: value("uidvalidity")?.parse().ok()?,
            next: value("uidnext")?.parse().ok()?,
            at: parse_rfc3339(value("at")?)?,
            whose: value("of").map(str::to_owned),
        })
    }

    /// The argument of SEARCH SINCE that surely covers the mark: the server compares days in its
    /// own time zone, so it is the day before.
    pub(super) fn since(&self) -> Option<String> {
        let text = rfc3339(self.at.minus(Duration::from_hours(24)));
        let mut parts = text.get(..10)?.split('-');
        let (year, month, day) = (parts.next()?, parts.next()?.parse::<usize>().ok()?, parts.next()?);
        Some(format!("{day}-{}-{year}", MONTHS.get(month.checked_sub(1)?)?))
    }
}

/// INTERNALDATE (RFC 3501 9, `date-time`): ` 7-Feb-1994 21:52:25 -0800`. `None` when it is none.
pub(super) fn parse_internal_date(text: &str) -> Option<UnixMillis> {
    let mut words = text.split_ascii_whitespace();
    let mut date = words.next()?.split('-');
    let (day, month, year) = (date.next()?.parse::<u8>().ok()?, date.next()?, date.next()?);
    let month = MONTHS.iter().position(|name| name.eq_ignore_ascii_case(month))? + 1;
    let time = words.next()?;
    let (hours, minutes) = words.next()?.split_at_checked(3)?;
    parse_rfc3339(&format!("{year}-{month:02}-{day:02}T{time}{hours}:{minutes}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mark_survives_the_store() {
        for whose in [None, Some("imap.kommun.example/desk/INBOX".to_owned())] {
            let at = parse_rfc3339("2026-11-24T09:14:05Z").unwrap();
            let mark = ImapMark { validity: 7, next: 4711, at, whose };
            assert_eq!(ImapMark::from_mark(&mark.to_mark()), Ok(mark));
        }
    }

    #[test]
    fn a_mark_counts_only_in_the_folder_that_it_was_made_in() {
        let mark = ImapMark { validity: 14, next: 40, at: UnixMillis(0), whose: Some("desk".to_owned()) };
        assert!(mark.counts(14, Some(40), "desk") && mark.counts(14, None, "desk"));
        assert!(!mark.counts(15, Some(40), "desk"), "renumbered");
        assert!(!mark.counts(14, Some(39), "desk"), "made again");
        assert!(!mark.counts(14, Some(90), "annex"), "somebody else's");
        assert!(ImapMark { whose: None, ..mark.clone() }.counts(14, Some(90), "annex"), "it does not say");
        let anew = mark.only_time("annex");
        assert!(!anew.is_of_another("annex") && !anew.counts(14, Some(90), "annex"));
    }

    #[test]
    fn a_mark_that_cannot_be_read_is_an_error_and_not_the_whole_mailbox() {
        for text in ["", "uidvalidity=1", "uidvalidity=1 uidnext=x at=2026-11-24T09:14:05Z", "maildir"] {
            assert!(ImapMark::from_mark(&Mark(text.to_owned())).is_err(), "{text}");
        }
    }

    #[test]
    fn the_search_after_a_change_starts_a_day_early() {
        let at = parse_rfc3339("2026-03-01T00:30:00Z").unwrap();
        assert_eq!(
            ImapMark { validity: 1, next: 1, at, whose: None }.since().as_deref(),
            Some("28-Feb-2026")
        );
    }

    #[test]
    fn an_internal_date_is_read_with_its_zone() {
        let expected = parse_rfc3339("1994-02-08T05:52:25Z");
        assert_eq!(parse_internal_date(" 7-Feb-1994 21:52:25 -0800"), expected);
        assert_eq!(parse_internal_date("07-Feb-1994 21:52:25 -0800"), expected);
        for wrong in ["", "7-Foo-1994 21:52:25 -0800", "7-Feb-1994", "7-Feb-1994 21:52:25 ö800"] {
            assert_eq!(parse_internal_date(wrong), None, "{wrong}");
        }
    }
}
