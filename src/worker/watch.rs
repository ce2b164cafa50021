//! The watchdog: says which mailbox has not been looked through for how long, and why; in the log, and by
//! mail to those whom `notify.mail` names.

use std::sync::Arc;
use std::time::Instant;

use super::Parts;
use super::health::{Health, Trouble};
use crate::clock::rfc3339;
use crate::delivery::{AutoSubmitted, OutgoingMail};
use crate::types::{EmailAddress, MessageId, Outcome};

/// Tells of every mailbox whose alarm is due.
pub(super) fn look(parts: &Arc<Parts>, health: &Health) {
    for trouble in health.alarms(Instant::now()) {
        let text = words(parts, &trouble);
        tracing::error!("{text}");
        tell_all(parts, text);
    }
}

/// Mails an alarm to all who get them. A mail server that is slow, or down for the same reason, holds up
/// nothing.
pub(super) fn tell_all(parts: &Arc<Parts>, text: String) {
    let parts = Arc::clone(parts);
    tokio::spawn(async move {
        for to in &parts.rules.alarm_to {
            tell(&parts, to, &text).await;
        }
    });
}

fn words(parts: &Parts, trouble: &Trouble) -> String {
    let since = rfc3339(parts.now().minus(trouble.silent));
    format!(
        "{trouble}. There was no full look into it since {since}. Its mails are safe, they wait in the mailbox; \
         they are read as soon as it answers."
    )
}

/// Mails an alarm to one of them; did it leave? Not through the store, which keeps messages of tickets: this one has
/// none, and whoever tells comes again when it did not leave.
pub(super) async fn tell(parts: &Parts, to: &EmailAddress, text: &str) -> bool {
    let sent = match outgoing(parts, to, text) {
        Ok(mail) => tokio::time::timeout(parts.timing.mail, parts.mail.send(&mail))
            .await
            .unwrap_or(Outcome::NotSent { cause: "the mail server did not answer in time".to_owned() }),
        Err(cause) => Outcome::NotSent { cause },
    };
    match sent {
        Outcome::Accepted { .. } => true,
        Outcome::Refused { cause } | Outcome::NotSent { cause } | Outcome::Uncertain { cause } => {
            tracing::error!("an alarm may not have left by mail: {cause}");
            false
        }
    }
}

fn outgoing(parts: &Parts, to: &EmailAddress, text: &str) -> Result<OutgoingMail, String> {
    let text = parts.texts.alarm(text).map_err(|error| format!("its text cannot be made: {error}"))?;
    let id = format!("alarm.{:032x}@{}", rand::random::<u128>(), parts.rules.desk_address.domain());
    Ok(OutgoingMail {
        message_id: MessageId::parse(&id).map_err(|error| error.to_string())?,
        date: parts.now(),
        to: to.clone(),
        subject: text.subject,
        text: text.text,
        in_reply_to: None,
        references: Vec::new(),
        heard_of: false,
        auto_submitted: AutoSubmitted::Generated,
    })
}
