//! What leaves beside passwords and links: acknowledgements, questions, notices, warnings. Sent at
//! least once; a repeat carries the same Message-ID or key.

use std::sync::Arc;
use std::time::{Duration, Instant};

use serde::Deserialize;
use zeroize::Zeroizing;

use super::Parts;
use super::breaker;
use super::facts;
use super::offer::stop_mac;
use crate::delivery::pickup::StopToken;
use crate::delivery::texts::{HandedOver, MailText, TextError};
use crate::delivery::{AutoSubmitted, OutgoingMail, SmsText};
use crate::directory::{Lookup, Who};
use crate::store::{Addressee, Channel, MessageClaim, MessageKind, StoreError};
use crate::types::{AccountId, EmailAddress, Outcome, PhoneNumber, UnixMillis};

/// A message that could not be sent so often is given up, and the log says so.
const MAX_TRIES: u32 = 8;
/// After an unclear answer a mail is sent again at most so often.
const MAX_UNCERTAIN: u32 = 3;

/// Messages of one way that leave at the same time.
const AT_ONCE: u32 = 16;

/// Sends the messages that are due by this way. Answers how many there were.
pub(crate) async fn send_due(parts: &Arc<Parts>, channel: Channel) -> Result<usize, StoreError> {
    // Before the claim is asked for, so that the lease is never thought longer than it is.
    let taken = Instant::now();
    let (store, lease) = (&parts.store, parts.timing.lease);
    let claims = store.claim_messages(channel, &parts.owner, lease, AT_ONCE, parts.now()).await?;
    let count = claims.len();
    let mut sending = tokio::task::JoinSet::new();
    for claim in claims {
        let parts = Arc::clone(parts);
        sending.spawn(async move { send_one(&parts, claim, taken).await });
    }
    while let Some(sent) = sending.join_next().await {
        match sent {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::error!("a message waits: {error}"),
            Err(error) => {
                let how = crate::telemetry::how_it_ended(&error);
                tracing::error!("sending a message broke off, {how}; it is sent again");
            }
        }
    }
    Ok(count)
}

async fn send_one(parts: &Arc<Parts>, claim: MessageClaim, taken: Instant) -> Result<(), StoreError> {
    if !parts.store.begin_message(claim.id, claim.fence, parts.now()).await? {
        return Ok(());
    }
    let outcome = match &claim.message.to {
        Addressee::Mail(to) => mail(parts, &claim, to, taken).await,
        Addressee::Phone(account) => warn_owner(parts, &claim, account, taken).await,
    };
    let tries = claim.tries + 1;
    let again = match &outcome {
        Outcome::Accepted { .. } | Outcome::Refused { .. } => None,
        Outcome::NotSent { .. } => (tries < MAX_TRIES).then(|| pause(tries)),
        Outcome::Uncertain { .. } => (tries < MAX_UNCERTAIN).then(|| pause(tries)),
    };
    match (&outcome, again) {
        (Outcome::Accepted { .. }, _) => {}
        (Outcome::Refused { .. } | Outcome::NotSent { .. } | Outcome::Uncertain { .. }, None) => {
            tracing::error!(ticket = %claim.number, kind = claim.message.kind.code(),
                "a message was given up: {}", outcome.detail());
        }
        (Outcome::Refused { .. } | Outcome::NotSent { .. } | Outcome::Uncertain { .. }, Some(pause)) => {
            tracing::warn!(ticket = %claim.number, kind = claim.message.kind.code(),
                pause_s = pause.as_secs(), "a message waits: {}", outcome.detail());
        }
    }
    let now = parts.now();
    parts.store.end_message(claim.id, claim.fence, &outcome, again.map(|p| now.plus(p)), now).await
}

fn pause(tries: u32) -> Duration {
    Duration::from_secs(15).saturating_mul(1 << tries.min(8)).min(Duration::from_secs(3600))
}

/// Past its lease somebody else may send the same message: no call starts that could last so long.
fn too_late() -> Outcome {
    Outcome::NotSent { cause: "too little time was left for it".to_owned() }
}

async fn mail(parts: &Parts, claim: &MessageClaim, to: &EmailAddress, taken: Instant) -> Outcome {
    let text = match words(parts, claim) {
        Ok(text) => text,
        Err(error) => return Outcome::Refused { cause: format!("its text cannot be made: {error}") },
    };
    let answers = match claim.message.kind {
        MessageKind::Acknowledgement | MessageKind::AskForDetails => claim.answers.clone(),
        MessageKind::ManagerNotice
        | MessageKind::OwnerNotice
        | MessageKind::OwnerWarning
        | MessageKind::Alarm => None,
    };
    let outgoing = OutgoingMail {
        message_id: claim.message_id.clone(),
        date: claim.created_at,
        to: to.clone(),
        subject: text.subject,
        text: text.text,
        auto_submitted: if answers.is_some() { AutoSubmitted::Replied } else { AutoSubmitted::Generated },
        references: answers.iter().cloned().collect(),
        in_reply_to: answers,
    };
    if !parts.timing.lease_allows(taken, parts.timing.mail) {
        return too_late();
    }
    tokio::time::timeout(parts.timing.mail, parts.mail.send(&outgoing))
        .await
        .unwrap_or(Outcome::Uncertain { cause: "the mail server did not answer in time".to_owned() })
}

/// Values of the templates, as the worker wrote them beside the message.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Values {
    name: String,
    manager: String,
    unit: String,
    tail: String,
    /// Did somebody receive the password? The name or tail of who did may be unknown by now.
    received: bool,
    until: UnixMillis,
    at: UnixMillis,
    text: String,
    key: String,
}

impl Values {
    fn handed_over(&self) -> HandedOver {
        match (self.received, self.manager.as_str()) {
            (false, _) => HandedOver::Nobody,
            (true, "") => HandedOver::Phone { tail: self.tail.clone() },
            (true, name) => HandedOver::Manager { name: name.to_owned() },
        }
    }
}

fn words(parts: &Parts, claim: &MessageClaim) -> Result<MailText, TextError> {
    let texts = &parts.texts;
    let values: Values = serde_json::from_str(&claim.message.values).unwrap_or_default();
    let number = claim.number;
    match claim.message.kind {
        MessageKind::Acknowledgement => texts.acknowledgement(number, claim.created_at),
        MessageKind::AskForDetails => texts.ask_for_details(number),
        MessageKind::ManagerNotice => {
            texts.manager_notice(&values.manager, &values.name, &values.unit, number, values.until)
        }
        MessageKind::OwnerNotice => {
            texts.owner_notice(&values.name, values.at, number, &values.handed_over())
        }
        MessageKind::OwnerWarning | MessageKind::Alarm => texts.alarm(&values.text),
    }
}

/// A text to the owner's registered mobile, as the directory has it now: a manager was asked.
async fn warn_owner(parts: &Parts, claim: &MessageClaim, account: &AccountId, taken: Instant) -> Outcome {
    if !parts.timing.lease_allows(taken, parts.timing.directory) {
        return too_late();
    }
    let facts = match facts::read(parts, &Who::Id(account.clone())).await {
        Ok(facts) => facts,
        Err(error) => return Outcome::NotSent { cause: error.to_string() },
    };
    let Lookup::One(account) = facts.lookup else {
        return Outcome::Refused { cause: "the account is gone".to_owned() };
    };
    let policy = &parts.rules.policy;
    let number =
        account.phones.iter().find_map(|p| crate::decision::texting_number(p, policy, parts.now()).cloned());
    let Some(number) = number else {
        return Outcome::Refused { cause: "no registered phone takes texts any more".to_owned() };
    };
    let url = match stop_url(parts, claim).await {
        Ok(Some(url)) => url,
        Ok(None) => {
            return Outcome::Refused { cause: "the key of its link is not at hand".to_owned() };
        }
        Err(error) => return Outcome::NotSent { cause: error.to_string() },
    };
    match parts.texts.owner_warning(&url) {
        Ok(text) => through_gateways(parts, &number, &text, claim.id, taken).await,
        Err(error) => Outcome::Refused { cause: format!("its text cannot be made: {error}") },
    }
}

async fn stop_url(parts: &Parts, claim: &MessageClaim) -> Result<Option<Zeroizing<String>>, StoreError> {
    let values: Values = serde_json::from_str(&claim.message.values).unwrap_or_default();
    let Some(ticket) = parts.store.ticket(claim.ticket).await? else { return Ok(None) };
    let mac = parts.keyring.as_ref().and_then(|keyring| stop_mac(keyring, &values.key, &ticket));
    Ok(mac.map(|mac| StopToken::from_mac(ticket.id.0, mac).url(&parts.rules.public_url)))
}

/// The next gateway is used only when the one before surely did not take it.
async fn through_gateways(
    parts: &Parts,
    to: &PhoneNumber,
    text: &SmsText,
    message: i64,
    taken: Instant,
) -> Outcome {
    let mut last = Outcome::NotSent { cause: "no SMS gateway is configured".to_owned() };
    for gateway in &parts.gateways {
        if !parts.timing.lease_allows(taken, parts.timing.gateway) {
            return too_late();
        }
        let key = format!("m{message}");
        last = breaker::send(parts, gateway.as_ref(), to, text, &key).await;
        match last {
            Outcome::Accepted { .. } | Outcome::Uncertain { .. } => break,
            Outcome::Refused { .. } | Outcome::NotSent { .. } => {}
        }
    }
    last
}
