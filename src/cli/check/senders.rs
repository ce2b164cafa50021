//! Is anybody vouched for? A mailbox whose mails nobody vouches for works, and sends every request to a
//! technician; better seen before the phones go down.

use std::time::{Duration, Instant};

use super::report::{Line, Verdict};
use crate::config::{MailboxSettings, Settings};
use crate::dkim::Dkim;
use crate::mail::{Authentication, Trust, reading};
use crate::mailbox::{self, MailUid, Mailbox, MailboxError, RawMail};

/// So many of the newest mails are looked at.
const NEWEST: usize = 5;

/// What the newest of the inbox's mails (`uids`, oldest first) say; `None` when there are none. They are
/// read as at their arrival, and stay as they are.
pub(super) async fn look(
    inbox: &mut dyn Mailbox,
    uids: &[MailUid],
    of: &MailboxSettings,
    settings: &Settings,
) -> Result<Option<Line>, MailboxError> {
    let began = Instant::now();
    let newest = &uids[uids.len().saturating_sub(NEWEST)..];
    if newest.is_empty() || of.authentication == Authentication::Trusted {
        return Ok(None);
    }
    let (to, mut from) = mailbox::channel();
    let dkim = (of.authentication == Authentication::Dkim).then(Dkim::of_this_machine);
    let (mut seen, mut vouched, mut evidence) = (0, 0, String::new());
    let look = async {
        while let Some(mail) = from.recv().await {
            let Some((trust, said)) = judged(&mail, of, settings, dkim.as_ref()).await else { continue };
            seen += 1;
            vouched += usize::from(trust > Trust::Unverified);
            evidence = said;
        }
    };
    let (fetched, ()) = tokio::join!(inbox.fetch(newest, to), look);
    fetched?;
    Ok((seen > 0).then(|| line(&of.name, seen, vouched, &evidence, began.elapsed())))
}

/// Who vouches for the mail's sender, in words; `None` when it cannot be read.
async fn judged(
    mail: &RawMail,
    of: &MailboxSettings,
    settings: &Settings,
    dkim: Option<&Dkim>,
) -> Option<(Trust, String)> {
    let signatures = match dkim {
        Some(dkim) => Some(dkim.check(&mail.bytes).await),
        None => None,
    };
    let read = reading::read(&mail.bytes, &of.authentication, signatures.as_ref(), &settings.policy.domains);
    read.ok().map(|mail| (mail.sender.trust, mail.sender.evidence))
}

fn line(mailbox: &str, seen: usize, vouched: usize, evidence: &str, took: Duration) -> Line {
    let part = format!("senders {mailbox}");
    if vouched > 0 {
        let text = format!("{vouched} of the newest {seen} mails are vouched for");
        return Line::new(Verdict::Good, &part, text, took);
    }
    let text = format!(
        "nobody vouches for any of the newest {seen} mails, so such requests go to a technician; of the newest: \
         {evidence}; is this mailbox's `authentication` right?"
    );
    Line::new(Verdict::Care, &part, text, took)
}
