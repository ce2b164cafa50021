//! Bytes to readings, off the async threads: parsing is work for the processor, and a mail that
//! makes the reader stumble must not take the program along.

use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::mail::{Authentication, Mail, Sender, Trust, Unreadable};
use crate::request::{self, Reading};
use crate::store::{KeptMail, MailsLimit};
use crate::types::UnixMillis;

/// A person's request is one mail or a few small ones; whoever keeps writing to a ticket must not fill
/// the memory with it.
pub(crate) const READ_TOGETHER: MailsLimit = MailsLimit { count: 20, octets: 32 * 1024 * 1024 };
/// Said of a ticket that is over it.
pub(crate) const TOO_MANY: &str = "the ticket holds more mails, or larger ones, than are read together";

/// One mail with what it says.
pub(crate) struct ReadMail {
    pub(crate) mail: Mail,
    pub(crate) reading: Reading,
}

/// All mails of a ticket together.
#[derive(Debug)]
pub(crate) struct Together {
    /// What they say.
    pub(crate) reading: Reading,
    /// The sender with the lowest trust (decisions, 17).
    pub(crate) sender: Sender,
    /// When the newest came.
    pub(crate) received_at: UnixMillis,
}

impl Together {
    /// For a ticket whose mails were not read.
    pub(crate) fn unread(reading: Reading, received_at: UnixMillis) -> Self {
        Self { reading, sender: nobody(), received_at }
    }
}

/// Does `read`, which is about one mail; what makes it panic must not stop the others.
pub(crate) fn guarded<T>(read: impl FnOnce() -> Result<T, Unreadable>) -> Result<T, Unreadable> {
    catch_unwind(AssertUnwindSafe(read)).unwrap_or(Err(Unreadable::Panicked))
}

/// Reads one mail; never panics.
pub(crate) fn read_mail(
    raw: &[u8],
    authentication: &Authentication,
    own_domains: &[String],
) -> Result<ReadMail, Unreadable> {
    guarded(|| {
        let mail = crate::mail::reading::read(raw, authentication, own_domains)?;
        let reading = request::template::read(&mail);
        Ok(ReadMail { mail, reading })
    })
}

/// Reads the mails of a ticket, oldest first. Machines' mails among them say nothing, unless they
/// are all there is.
pub(crate) fn read_together(
    mails: &[KeptMail],
    authentications: &[(String, Authentication)],
    own_domains: &[String],
) -> Option<Together> {
    let mut readings = Vec::new();
    let mut sender: Option<Sender> = None;
    let mut received_at = UnixMillis(0);
    let mut automatic = None;
    for kept in mails {
        let authentication = authentications
            .iter()
            .find(|(name, _)| *name == kept.mailbox)
            .map_or(Authentication::Exchange, |(_, how)| how.clone());
        let Ok(read) = read_mail(&kept.raw, &authentication, own_domains) else { continue };
        if let Reading::Automatic(kind) = read.reading {
            automatic = Some((Reading::Automatic(kind), read.mail.sender, kept.received_at));
            continue;
        }
        received_at = received_at.max(kept.received_at);
        let lower = sender.as_ref().is_none_or(|s| read.mail.sender.trust < s.trust);
        if lower {
            sender = Some(read.mail.sender);
        }
        readings.push(read.reading);
    }
    match sender {
        Some(sender) => {
            Some(Together { reading: request::template::combine(&readings), sender, received_at })
        }
        None => automatic.map(|(reading, sender, received_at)| Together { reading, sender, received_at }),
    }
}

/// A sender of whom nothing is known.
pub(crate) fn nobody() -> Sender {
    Sender { address: None, trust: Trust::Unverified, evidence: "no mail was read".to_owned() }
}
