//! A mail in quarantine is read again, after the program or a setting has changed.

use std::sync::Arc;

use tokio::task::JoinError;

use super::answer::{Kept, STAYS, hash_of, incoming};
use super::{Parts, Rules, reads, signatures};
use crate::dkim::Dkim;
use crate::mailbox::{MailUid, RawMail, Shelf};
use crate::store::{KeptMail, LetOut, Quarantined, Recorded, Store, StoreError};
use crate::ticket::Kind;
use crate::types::UnixMillis;

/// How a further reading ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Retried {
    /// It still cannot be read, for this reason. Nothing was changed.
    Unreadable(String),
    /// The store does not hold the whole mail. Nothing was changed.
    Partial,
    /// It is read, and became this.
    LetOut(Recorded),
    /// It was not in quarantine any more. Nothing was changed.
    Gone,
}

/// Whether it was never had, so that it lies where it lay, and not in the quarantine folder.
#[must_use]
pub fn stays(quarantined: &Quarantined) -> bool {
    quarantined.ticket.trail.0.iter().any(|line| line.evidence.contains(STAYS))
}

/// What a further reading needs: no mailbox, gateway, directory or secret.
pub struct Rereading<'a> {
    /// Where the mail is kept.
    pub store: &'a dyn Store,
    /// How it is read and what is decided.
    pub rules: &'a Rules,
    /// Checks signatures, where a mailbox has nobody else who vouches.
    pub dkim: Option<&'a Arc<Dkim>>,
    /// The year of its ticket, should it need a new one.
    pub year: i64,
    /// The time.
    pub now: UnixMillis,
}

impl Parts {
    /// What a further reading needs of these.
    #[must_use]
    pub fn rereading(&self) -> Rereading<'_> {
        let now = self.now();
        let (rules, dkim) = (&self.rules, self.dkim.as_ref());
        Rereading { store: self.store.as_ref(), rules, dkim, year: self.texts.year(now), now }
    }
}

/// Reads the mail of a quarantine ticket again. If it can be read now, it becomes what it would have
/// become at its arrival; its age counts from then. `actor` is who wants it, for the audit log.
///
/// # Errors
/// The store failed: nothing was changed, or all of it.
pub async fn retry(
    with: &Rereading<'_>,
    quarantined: &Quarantined,
    actor: &str,
) -> Result<Retried, StoreError> {
    let Some(mail) = with.store.unread(quarantined.ticket.id).await? else { return Ok(Retried::Partial) };
    // What is not whole has a hash of its own.
    if mail.raw.is_empty() || hash_of(&mail.raw) != quarantined.content_hash {
        return Ok(Retried::Partial);
    }
    let (now, year) = (with.now, with.year);
    let turned = with.store.switch(now).await?;
    let automation = turned.map_or(with.rules.automation, |switch| switch.automation);
    let rules = with.rules.clone();
    let broken_off = |_| StoreError::Unavailable("the reading of a mail was broken off".to_owned());
    let mail = with_signatures(with, mail).await.map_err(broken_off)?;
    let reading = tokio::task::spawn_blocking(move || {
        let KeptMail { received_at, mailbox: name, raw, signatures } = mail;
        let (mailbox, shelf) = (name.as_str(), Shelf::Inbox);
        let kept = Kept { mailbox, shelf, validity: 0, automation, rules: &rules, year, now };
        incoming(&kept, again(raw, received_at), signatures, |octets, found| {
            reads::read_of(mailbox, octets, found, &rules.authentications, &rules.own_domains)
        })
    });
    let mail = reading.await.map_err(broken_off)?;
    if mail.ticket.kind == Kind::Quarantine {
        let why = mail.ticket.trail.0.last().map(|line| line.evidence.clone());
        return Ok(Retried::Unreadable(why.unwrap_or_default()));
    }
    Ok(match with.store.let_out(quarantined.ticket.id, mail, actor, now).await? {
        LetOut::Recorded(recorded) => Retried::LetOut(recorded),
        LetOut::Gone => Retried::Gone,
    })
}

/// A mail that was dangerous to read was not checked when it came.
async fn with_signatures(with: &Rereading<'_>, mut mail: KeptMail) -> Result<KeptMail, JoinError> {
    let known = with.rules.authentications.iter().find(|(name, _)| *name == mail.mailbox);
    if let (None, Some((_, how))) = (&mail.signatures, known) {
        let checked = signatures::checked_with(with.dkim, how, vec![std::mem::take(&mut mail.raw)]).await?;
        for (raw, found) in checked {
            (mail.raw, mail.signatures) = (raw, found);
        }
    }
    Ok(mail)
}

/// As it came; its place is known to the store.
fn again(bytes: Vec<u8>, received_at: UnixMillis) -> RawMail {
    let uid = MailUid::new("");
    RawMail { uid, received_at: Some(received_at), bytes, truncated: false }
}
