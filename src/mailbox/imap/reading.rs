//! What lies in the inbox, and its mails' octets.

use std::collections::{HashMap, HashSet};

use tracing::warn;

use super::answer::{Answer, MailData};
use super::connection::Connection;
use super::failure::{is_for_now, refused_with};
use super::filing::removes_filed_mails;
use super::folders::Selected;
use super::mark::{ImapMark, parse_internal_date};
use super::uid_set::sets;
use crate::mailbox::{MailUid, MailboxError, RawMail, RawMailSender, Shelf};
use crate::types::UnixMillis;

/// Mails asked for by one FETCH; they stream, so this bounds only the command's line.
const FETCH_MAX: usize = 10_000;

/// Octets of a header that are asked for, when the whole mail does not come.
const HEADER_MAX: usize = 8000;

/// Mails that one SEARCH of the whole folder asks for, so that no answer grows with it.
const SEARCH_MAX: u32 = 5000;

/// The UIDs in the inbox, ascending; with a mark only those that came after it.
pub(super) async fn list(
    connection: &mut Connection,
    selected: Selected,
    after: Option<&ImapMark>,
    whose: &str,
) -> Result<Vec<u32>, MailboxError> {
    match after {
        None => all(connection, selected).await,
        Some(mark) if mark.counts(selected.validity, selected.next, whose) => {
            since_uid(connection, selected, mark.next).await
        }
        Some(mark) => since_time(connection, selected, mark).await,
    }
}

/// A mark of what lies in the inbox, begun `at` this time.
pub(super) async fn mark(
    connection: &mut Connection,
    selected: Selected,
    at: UnixMillis,
    whose: String,
) -> Result<ImapMark, MailboxError> {
    let (validity, next) = (selected.validity, selected.next.unwrap_or(1));
    let arrived = since_uid(connection, selected, next).await?;
    let next = arrived.last().map_or(next, |last| last.saturating_add(1));
    Ok(ImapMark { validity, next, at, whose: Some(whose) })
}

/// All mails. In a large folder those with the highest numbers first: when somebody removes a mail
/// meanwhile, the numbers behind it fall, so that mails may be told twice, but none is left out.
async fn all(connection: &mut Connection, selected: Selected) -> Result<Vec<u32>, MailboxError> {
    let mut high = connection.exists();
    if high <= SEARCH_MAX {
        return search(connection, selected, "ALL").await;
    }
    let mut uids = Vec::new();
    while high > 0 {
        let low = high.saturating_sub(SEARCH_MAX - 1).max(1);
        uids.extend(search(connection, selected, &format!("{low}:{high}")).await?);
        high = connection.exists().min(low - 1);
    }
    uids.sort_unstable();
    uids.dedup();
    Ok(uids)
}

async fn since_uid(
    connection: &mut Connection,
    selected: Selected,
    next: u32,
) -> Result<Vec<u32>, MailboxError> {
    let mut uids = search(connection, selected, &format!("UID {next}:*")).await?;
    // `n:*` names the last mail even when its UID is below n (RFC 3501 6.4.8).
    uids.retain(|uid| *uid >= next);
    Ok(uids)
}

/// Mails received at the mark's time or later. One whose time cannot be read counts as new.
async fn since_time(
    connection: &mut Connection,
    selected: Selected,
    mark: &ImapMark,
) -> Result<Vec<u32>, MailboxError> {
    let criteria = mark.since().map_or_else(|| "ALL".to_owned(), |day| format!("SINCE {day}"));
    let uids = search(connection, selected, &criteria).await?;
    let received = received_times(connection, &uids).await?;
    let second = |at: UnixMillis| at.0.div_euclid(1000);
    let is_new = |uid: &u32| received.get(uid).is_none_or(|at| second(*at) >= second(mark.at));
    Ok(uids.into_iter().filter(is_new).collect())
}

async fn received_times(
    connection: &mut Connection,
    uids: &[u32],
) -> Result<HashMap<u32, UnixMillis>, MailboxError> {
    let mut times = HashMap::new();
    for set in sets(uids, FETCH_MAX) {
        connection
            .command("UID FETCH", &format!("UID FETCH {set} (UID INTERNALDATE)"), |answer| {
                if let Answer::Mail(MailData { uid: Some(uid), received: Some(date), .. }) = answer {
                    times.extend(parse_internal_date(&date).map(|at| (uid, at)));
                }
            })
            .await?;
    }
    Ok(times)
}

/// When the server received a mail, if it tells.
pub(super) async fn received(
    connection: &mut Connection,
    uid: u32,
) -> Result<Option<UnixMillis>, MailboxError> {
    Ok(received_times(connection, &[uid]).await?.remove(&uid))
}

/// The header of a mail, up to [`HEADER_MAX`] octets of it.
pub(super) async fn header(connection: &mut Connection, uid: u32) -> Result<Vec<u8>, MailboxError> {
    let mut header = Vec::new();
    let command = format!("UID FETCH {uid} (UID BODY.PEEK[HEADER]<0.{HEADER_MAX}>)");
    connection
        .command("UID FETCH", &command, |answer| {
            if let Answer::Mail(MailData { header: Some(octets), .. }) = answer {
                header = octets;
            }
        })
        .await?;
    header.truncate(HEADER_MAX);
    Ok(header)
}

async fn search(
    connection: &mut Connection,
    selected: Selected,
    criteria: &str,
) -> Result<Vec<u32>, MailboxError> {
    // Where filed mails can only be marked as deleted, the inbox must not list them again.
    let lists_all = selected.shelf != Shelf::Inbox || removes_filed_mails(connection);
    let kept = if lists_all { "" } else { " UNDELETED" };
    let mut uids = Vec::new();
    connection
        .command("UID SEARCH", &format!("UID SEARCH {criteria}{kept}"), |answer| {
            if let Answer::Found(found) = answer {
                uids.extend(found);
            }
        })
        .await?;
    uids.sort_unstable();
    uids.dedup();
    Ok(uids)
}

/// Reads `uids` (ascending) and hands them over; false when nobody takes them any more, and then
/// the connection holds the rest of an answer and must be dropped.
pub(super) async fn fetch(
    connection: &mut Connection,
    uids: &[u32],
    mail_max: u32,
    to: &RawMailSender,
) -> Result<bool, MailboxError> {
    let mut fetch = Fetch { connection, mail_max, to, wanted: uids.iter().copied().collect() };
    let mut refusal = None;
    for set in sets(uids, FETCH_MAX) {
        match fetch.set(&set).await {
            Ok(true) => {}
            Err(error) if uids.len() > 1 && may_concern_one_mail(&error) => refusal = Some(error),
            ended => return ended,
        }
    }
    match refusal {
        Some(refusal) => fetch.one_by_one(refusal, uids.len()).await,
        None => Ok(true),
    }
}

/// A fetch under way.
struct Fetch<'a> {
    connection: &'a mut Connection,
    mail_max: u32,
    to: &'a RawMailSender,
    /// What has not come yet.
    wanted: HashSet<u32>,
}

impl Fetch<'_> {
    /// Fetches with one command; false when nobody takes the mails any more.
    async fn set(&mut self, set: &str) -> Result<bool, MailboxError> {
        const NAME: &str = "UID FETCH";
        let items = format!("(UID INTERNALDATE RFC822.SIZE BODY.PEEK[]<0.{}>)", self.mail_max);
        let tag = self.connection.send(NAME, &format!("{NAME} {set} {items}")).await?;
        let mut due = self.connection.mail_due();
        loop {
            let answer = match self.connection.next_mail(NAME, &tag, due).await {
                Ok(Some(answer)) => answer,
                Ok(None) => return Ok(true),
                // Some were removed by others meanwhile (RFC 5530 3); the rest has come.
                Err(error) if refused_with(&error, "EXPUNGEISSUED") => return Ok(true),
                Err(error) => return Err(error),
            };
            let Answer::Mail(data) = answer else { continue };
            let Some(mail) = raw_mail(data, self.mail_max, &mut self.wanted) else { continue };
            if self.to.send(mail).await.is_err() {
                return Ok(false);
            }
            due = self.connection.mail_due();
        }
    }

    /// After a refusal of many mails: a server that cannot give one of them may refuse them all, and
    /// the others must not wait for it. It is the server's refusal when none of the `asked` comes.
    async fn one_by_one(&mut self, refusal: MailboxError, asked: usize) -> Result<bool, MailboxError> {
        let mut left: Vec<u32> = self.wanted.iter().copied().collect();
        left.sort_unstable();
        for uid in left {
            match self.set(&uid.to_string()).await {
                Ok(true) => {}
                Err(error) if may_concern_one_mail(&error) => {
                    warn!(uid, "the server does not give a mail, which stays in the inbox: {error}");
                }
                ended => return ended,
            }
        }
        if self.wanted.len() == asked { Err(refusal) } else { Ok(true) }
    }
}

fn may_concern_one_mail(error: &MailboxError) -> bool {
    matches!(error, MailboxError::Refused { cause, .. } if !is_for_now(cause))
}

/// The mail of a FETCH answer; `None` for an answer without a body (a flag change by somebody
/// else) and for a mail that was not asked for or has been handed over already.
fn raw_mail(data: MailData, mail_max: u32, wanted: &mut HashSet<u32>) -> Option<RawMail> {
    let (uid, mut bytes) = (data.uid?, data.body?);
    if !wanted.remove(&uid) {
        return None;
    }
    let limit = usize::try_from(mail_max).unwrap_or(usize::MAX);
    let whole = data.size.is_some_and(|size| u64::try_from(bytes.len()) == Ok(size));
    // The size alone proves nothing, a server may only estimate it; a mail shorter than the limit
    // is whole whatever the size says.
    let truncated = bytes.len() > limit || (bytes.len() == limit && !whole);
    bytes.truncate(limit);
    Some(RawMail {
        uid: MailUid::from(uid),
        received_at: data.received.as_deref().and_then(parse_internal_date),
        bytes,
        truncated,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn data(body: &[u8], size: u64) -> MailData {
        MailData { uid: Some(1), size: Some(size), body: Some(body.to_vec()), ..MailData::default() }
    }

    fn truncated(body: &[u8], size: u64) -> bool {
        raw_mail(data(body, size), 4, &mut HashSet::from([1])).unwrap().truncated
    }

    #[test]
    fn only_a_mail_that_fills_the_limit_and_is_larger_is_truncated() {
        assert!(truncated(b"abcd", 9));
        assert!(!truncated(b"abcd", 4));
        assert!(!truncated(b"abc", 9), "an estimated size is no proof");
        assert!(truncated(b"abcd", 3), "a size below the body's is wrong, and the rest unknown");
        assert!(truncated(b"abcdef", 6), "a server may ignore the limit");
    }

    #[test]
    fn a_server_that_ignores_the_limit_brings_no_more_than_it() {
        let mail = raw_mail(data(b"abcdef", 6), 4, &mut HashSet::from([1])).unwrap();
        assert_eq!((mail.bytes.as_slice(), mail.truncated), (b"abcd".as_slice(), true));
    }

    #[test]
    fn a_mail_comes_once_and_only_if_it_was_asked_for() {
        let mut wanted = HashSet::from([1]);
        assert!(raw_mail(data(b"a", 1), 4, &mut wanted).is_some());
        assert!(raw_mail(data(b"a", 1), 4, &mut wanted).is_none());
        assert!(raw_mail(data(b"a", 1), 4, &mut HashSet::from([2])).is_none());
    }
}
