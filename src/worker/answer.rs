//! What becomes of a mail at its arrival: the ticket it makes, the acknowledgement, the folder.
//! A request waits for its facts; anything that needs none is settled here, in the transaction
//! that keeps the mail.

use sha2::{Digest, Sha256};

use super::reads::{ReadMail, Together, guarded, nobody};
use super::{Rules, decide};
use crate::decision::{Acknowledge, Automation};
use crate::mail::reading::earlier_hash;
use crate::mail::{Excerpt, Mail, Signatures, Trust, Unreadable, without_numbers};
use crate::mailbox::{Folder, RawMail, Shelf};
use crate::request::Reading;
use crate::store::{Incoming, NewTicket};
use crate::ticket::{Fate, Kind, Plan, State};
use crate::types::{Check, CheckResult, EmailAddress, Reason, Trail, UnixMillis};

/// What all mails of a round share.
pub(crate) struct Kept<'a> {
    pub(crate) mailbox: &'a str,
    /// Where they lie.
    pub(crate) shelf: Shelf,
    pub(crate) validity: u32,
    pub(crate) automation: Automation,
    pub(crate) rules: &'a Rules,
    pub(crate) year: i64,
    pub(crate) now: UnixMillis,
}

impl Kept<'_> {
    /// While the automation observes, people work the mailbox by hand: nothing is moved.
    fn folder(&self, folder: Folder) -> Option<Folder> {
        match self.automation {
            Automation::On | Automation::Off => Some(folder),
            Automation::Observe => None,
        }
    }
}

/// A mail as `read` reads it, with what was found of its signatures. One that cannot be read, or that makes anything here stumble, is
/// quarantined: it would stop the mails that come with it, again and again.
pub(crate) fn incoming(
    kept: &Kept<'_>,
    raw: RawMail,
    signatures: Option<Signatures>,
    read: impl FnOnce(&[u8], Option<&Signatures>) -> Result<ReadMail, Unreadable>,
) -> Incoming {
    let received_at = raw.received_at.unwrap_or(kept.now);
    let settled = guarded(|| {
        let ReadMail { mail, reading } = read(&raw.bytes, signatures.as_ref())?;
        let ticket = new_ticket(kept, &mail, &reading, received_at);
        let excerpt = Excerpt::of(&mail);
        Ok((mail, ticket, excerpt))
    });
    let (mail, ticket, excerpt) = match settled {
        Ok(settled) => settled,
        Err(unreadable) => return Incoming { signatures, ..quarantined(kept, raw, &unreadable.to_string()) },
    };
    Incoming {
        mailbox: kept.mailbox.to_owned(),
        validity: kept.validity,
        uid: raw.uid,
        received_at,
        earlier_hash: earlier_hash(&raw.bytes).filter(|earlier| *earlier != mail.content_hash),
        raw: raw.bytes,
        content_hash: mail.content_hash,
        message_id: mail.message_id,
        answers: mail.answers,
        tag: mail.tag,
        subject: without_numbers(&mail.subject),
        returned: mail.returned,
        from_desk: mail.sender.address.as_ref() == Some(&kept.rules.desk_address),
        from: mail.sender.address,
        trust: mail.sender.trust,
        signatures,
        folder: kept.folder(Folder::Handled),
        excerpt,
        ticket,
    }
}

/// What the trail says of a mail that could not be had: nothing moves it.
pub(crate) const STAYS: &str = "it stays where it lies";

/// A mail that cannot be read: kept as it came, for a technician.
pub(crate) fn quarantined(kept: &Kept<'_>, raw: RawMail, why: &str) -> Incoming {
    let missing = raw.bytes.is_empty();
    let octets = match (missing, raw.truncated) {
        (true, _) => "",
        (false, true) => "; its beginning is kept",
        (false, false) => "; its octets are kept",
    };
    let mut trail = Trail::default();
    trail.add(Check::Reading, CheckResult::Fail, format!("the mail cannot be read: {why}{octets}"));
    let state = Plan::Technician;
    let moved = State::requested().on(crate::ticket::Event::Decided { plan: state, reason: None });
    Incoming {
        mailbox: kept.mailbox.to_owned(),
        validity: kept.validity,
        received_at: raw.received_at.unwrap_or(kept.now),
        content_hash: hash_of_octets(kept, &raw),
        earlier_hash: None,
        uid: raw.uid,
        raw: raw.bytes,
        message_id: None,
        answers: Vec::new(),
        tag: None,
        subject: String::new(),
        from: nobody().address,
        returned: None,
        from_desk: false,
        trust: Trust::Unverified,
        signatures: None,
        // What the server did not hand over cannot be moved by us either.
        folder: if missing { None } else { kept.folder(Folder::Quarantine) },
        excerpt: Excerpt::default(),
        ticket: NewTicket {
            kind: Kind::Quarantine,
            state: moved.map_or(State::requested(), |m| m.to),
            outcome: Some(Fate::Technician),
            reason: None,
            trail,
            observed: false,
            year: kept.year,
            acknowledge: None,
        },
    }
}

/// A mail that lies in `folder` and that the store has no record of: a store from a backup has forgotten
/// it, or somebody put it there. A person has to look; the machine does nothing with it.
pub(crate) fn unrecorded(mail: Incoming, folder: Folder) -> Incoming {
    let reason = Reason::StoreRestored;
    let moved =
        State::requested().on(crate::ticket::Event::Decided { plan: Plan::Technician, reason: Some(reason) });
    let mut trail = match mail.ticket.kind {
        Kind::Quarantine => mail.ticket.trail,
        Kind::Password | Kind::General | Kind::Automatic => Trail::default(),
    };
    let words = format!(
        "{reason}: it lies in the {} folder, but this desk had no record of it; whether it was answered is not \
         known; nothing was done with it",
        word(folder)
    );
    trail.add(Check::Outcome, CheckResult::Fail, words);
    Incoming {
        answers: Vec::new(),
        tag: None,
        folder: None,
        ticket: NewTicket {
            kind: mail.ticket.kind,
            state: moved.map_or(State::requested(), |m| m.to),
            outcome: Some(Fate::Technician),
            reason: Some(reason),
            trail,
            observed: false,
            year: mail.ticket.year,
            acknowledge: None,
        },
        ..mail
    }
}

/// The folder in an English sentence.
pub(crate) fn word(folder: Folder) -> &'static str {
    match folder {
        Folder::Handled => "handled",
        Folder::Quarantine => "quarantine",
    }
}

/// Two unreadable mails are the same when their octets are; a mail that is not whole is only itself.
fn hash_of_octets(kept: &Kept<'_>, raw: &RawMail) -> String {
    if !raw.truncated && !raw.bytes.is_empty() {
        return hash_of(&raw.bytes);
    }
    let folder = match kept.shelf {
        Shelf::Inbox => String::new(),
        Shelf::Filed(folder) => format!("{}/", word(folder)),
    };
    let mut itself = format!("{}/{folder}{}/{}", kept.mailbox, kept.validity, raw.uid.as_str()).into_bytes();
    itself.extend_from_slice(&raw.bytes);
    hash_of(&itself)
}

/// SHA-256 in hexadecimal.
pub(crate) fn hash_of(octets: &[u8]) -> String {
    data_encoding::HEXLOWER.encode(&Sha256::digest(octets))
}

fn new_ticket(kept: &Kept<'_>, mail: &Mail, reading: &Reading, received_at: UnixMillis) -> NewTicket {
    let mut ticket = NewTicket {
        kind: kind_of(reading),
        state: State::requested(),
        outcome: None,
        reason: None,
        trail: Trail::default(),
        observed: kept.automation == Automation::Observe,
        year: kept.year,
        acknowledge: acknowledgement(kept, mail, received_at),
    };
    // What asks a question or needs the directory is decided by the worker, with this ticket's
    // number and history at hand; all else is over now.
    let settled_now = match reading {
        Reading::Request(_) | Reading::Incomplete { .. } => kept.automation == Automation::Off,
        Reading::Ambiguous { .. } | Reading::General | Reading::Automatic(_) => true,
    };
    if !settled_now {
        return ticket;
    }
    let together = Together::of(mail, reading.clone(), received_at);
    let decided = decide::without_facts(kept.rules, kept.automation, &together, kept.now);
    let plan = decide::plan_at_rest(&decided.decision, kept.automation);
    if let Some((plan, reason)) = plan
        && let Ok(moved) = ticket.state.on(crate::ticket::Event::Decided { plan, reason })
    {
        ticket.state = moved.to;
        ticket.outcome = moved.outcome;
        ticket.reason = moved.reason;
        ticket.trail = decided.trail;
    }
    ticket
}

/// What a ticket of a mail that says this is about.
pub(crate) fn kind_of(reading: &Reading) -> Kind {
    match reading {
        Reading::Request(_) | Reading::Incomplete { .. } | Reading::Ambiguous { .. } => Kind::Password,
        Reading::General => Kind::General,
        Reading::Automatic(_) => Kind::Automatic,
    }
}

/// To whom the acknowledgement goes: to every person alike (decisions, 7), never to machines, and
/// by default not to an address that may be forged. Nor for a mail of long ago: it comes from an archive or a
/// backup, and its writer waits for nothing any more.
pub(crate) fn acknowledgement(kept: &Kept<'_>, mail: &Mail, received_at: UnixMillis) -> Option<EmailAddress> {
    if kept.now.since(received_at) > kept.rules.policy.max_mail_age {
        return None;
    }
    if mail.automatic.is_some() || mail.wants_no_answer || kept.automation == Automation::Observe {
        return None;
    }
    let address = mail.sender.address.clone().filter(|a| *a != kept.rules.desk_address)?;
    match kept.rules.policy.acknowledge {
        Acknowledge::All => Some(address),
        Acknowledge::Vouched => (mail.sender.trust > Trust::Unverified).then_some(address),
        Acknowledge::None => None,
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::cli::assembly;
    use crate::config::{Secrets, load_with};
    use crate::mailbox::MailUid;

    #[test]
    fn a_mail_that_makes_its_reader_stumble_is_quarantined_with_its_octets() {
        let demo = Path::new(env!("CARGO_MANIFEST_DIR")).join("deploy/demo/nyckelbud.toml");
        let loaded = load_with(Some(&demo), std::iter::empty(), Secrets::Leave);
        let settings = loaded.unwrap_or_else(|errors| panic!("{errors}")).settings;
        let (rules, now) = (assembly::rules(&settings), UnixMillis(0));
        let automation = Automation::On;
        let (mailbox, shelf) = ("servicedesk", Shelf::Inbox);
        let kept = Kept { mailbox, shelf, validity: 1, automation, rules: &rules, year: 2026, now };
        let uid = MailUid::new("1");
        let raw = RawMail { uid, received_at: None, bytes: b"From: a".to_vec(), truncated: false };
        let incoming = incoming(&kept, raw, None, |_, _| panic!("it stumbles"));
        assert_eq!(incoming.ticket.kind, Kind::Quarantine);
        assert_eq!(incoming.raw, b"From: a");
        assert_eq!(incoming.folder, Some(Folder::Quarantine));
    }

    #[test]
    fn a_mail_carries_the_hash_of_earlier_versions_where_it_is_another() {
        let demo = Path::new(env!("CARGO_MANIFEST_DIR")).join("deploy/demo/nyckelbud.toml");
        let loaded = load_with(Some(&demo), std::iter::empty(), Secrets::Leave);
        let settings = loaded.unwrap_or_else(|errors| panic!("{errors}")).settings;
        let (rules, now) = (assembly::rules(&settings), UnixMillis(0));
        let automation = Automation::On;
        let (mailbox, shelf) = ("servicedesk", Shelf::Inbox);
        let kept = Kept { mailbox, shelf, validity: 1, automation, rules: &rules, year: 2026, now };
        let earlier = |bytes: &[u8]| {
            let uid = MailUid::new("1");
            let raw = RawMail { uid, received_at: None, bytes: bytes.to_vec(), truncated: false };
            let mail = incoming(&kept, raw, None, |octets, _| {
                super::super::reads::read_mail(octets, &crate::mail::Authentication::Trusted, None, &[])
            });
            mail.earlier_hash
        };
        assert_eq!(earlier(b"From: a@x\r\n\r\nHej\r\n"), None);
        let open = b"From: a@x\r\n\r\nHej \r\n\r\n";
        assert!(earlier(open).is_some() && earlier(open) == earlier_hash(open));
    }
}
