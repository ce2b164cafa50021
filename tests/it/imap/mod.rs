//! The IMAP mailbox: against a scripted server, for everything that goes wrong, and against
//! Dovecot, for everything that goes right.

use nyckelbud::mailbox::imap::ImapMailbox;
use nyckelbud::mailbox::{MailUid, Mailbox, MailboxError, RawMail};
use tokio::sync::mpsc;

mod commands;
mod cuts;
mod dovecot;
mod dovecot_tokens;
mod filing;
mod idling;
mod sign_in;
mod tokens;

fn uids(numbers: &[u32]) -> Vec<MailUid> {
    numbers.iter().map(|number| MailUid(number.to_string())).collect()
}

/// Fetches, and gives back what came and how it ended.
async fn fetch_all(mailbox: &mut ImapMailbox, uids: &[MailUid]) -> (Vec<RawMail>, Result<(), MailboxError>) {
    let (to, mut from) = mpsc::channel(1);
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
