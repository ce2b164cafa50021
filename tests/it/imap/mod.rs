//! The IMAP mailbox: against a scripted server, for everything that goes wrong, and against
//! Dovecot, for everything that goes right.

use nyckelbud::mailbox::imap::ImapMailbox;
use nyckelbud::mailbox::{Filed, MailUid, Mailbox, MailboxError, RawMail, channel};

mod answers;
mod commands;
mod crowd;
mod cuts;
mod dovecot;
mod dovecot_tokens;
mod exchange;
mod filing;
mod idling;
mod looking;
mod others;
mod places;
mod refusals;
mod sign_in;
mod steps;
mod tokens;

fn uids(numbers: &[u32]) -> Vec<MailUid> {
    numbers.iter().map(|number| MailUid::new(number.to_string())).collect()
}

/// The places of filed mails: UIDVALIDITY and UID, or `None` when they are not known.
fn places(filed: &[Filed]) -> Vec<Option<(u32, u32)>> {
    filed
        .iter()
        .map(|mail| mail.now.as_ref().map(|spot| (spot.validity, spot.uid.as_str().parse().unwrap())))
        .collect()
}

/// Fetches, and gives back what came and how it ended.
async fn fetch_all(mailbox: &mut ImapMailbox, uids: &[MailUid]) -> (Vec<RawMail>, Result<(), MailboxError>) {
    let (to, mut from) = channel();
    let taking = async {
        let mut mails = Vec::new();
        while let Some(mail) = from.recv().await {
            mails.push(mail);
        }
        mails
    };
    let (ended, mails) = tokio::join!(mailbox.fetch(uids, to), taking);
    (mails, ended)
}
