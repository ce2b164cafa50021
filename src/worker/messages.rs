//! What leaves beside passwords and links: acknowledgements, questions, notices, warnings. Sent at
//! least once; a repeat carries the same Message-ID or key.

use std::sync::Arc;
use std::time::{Duration, Instant};

use serde::Deserialize;
use zeroize::Zeroizing;

use super::Parts;
use super::links;
use super::message_texts::{self, nowhere};
use super::offer::{OwnersLink, owners_mac};
use super::typed;
use super::work::{Draft, Due, Work, WorkError};
use crate::delivery::pickup::StopToken;
use crate::delivery::texts::{HandedOver, MailText, TextError};
use crate::delivery::{AutoSubmitted, OutgoingMail};
use crate::store::{Addressee, Begun, Channel, MessageClaim, MessageKind, StoreError, TextSent};
use crate::ticket::{Closing, Event, State};
use crate::types::{Check, CheckResult, Credential, EmailAddress, Outcome, UnixMillis};

/// What surely did not leave is tried again for so long: a mail server may be down over a weekend.
const UNSENT_FOR: Duration = Duration::from_secs(3 * 24 * 60 * 60);
/// And in any case so often, whatever the clock does.
const LEAST_TRIES: u32 = 5;
/// What may have left is sent at most so often: every time, somebody may get it once more.
const MAX_UNCLEAR: u32 = 6;
/// The longest pause between two tries.
const LONGEST_PAUSE: Duration = Duration::from_secs(60 * 60);

/// What is known of a try that was begun and never ended.
const STOPPED: &str = "the program was stopped during the call";

/// Messages of one way that leave at the same time.
const AT_ONCE: u32 = 16;

/// Sends the messages that are due by this way. Answers how many there were.
pub(crate) async fn send_due(parts: &Arc<Parts>, channel: Channel) -> Result<usize, StoreError> {
    // Before the claim is asked for, so that the lease is never thought longer than it is.
    let taken = parts.moment();
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

async fn send_one(parts: &Arc<Parts>, mut claim: MessageClaim, taken: Instant) -> Result<(), WorkError> {
    if let Some(status) = &claim.returned {
        return came_back(parts, &claim, status).await;
    }
    if message_texts::is_waited_for(parts, &mut claim, taken).await? {
        return Ok(());
    }
    if let Some(outcome) = ends_unsent(parts, &claim).await? {
        if claim.text.taken.is_some() {
            return Ok(parts.store.release_message(claim.id, claim.fence, None).await?);
        }
        return Ok(parts.store.end_message(claim.id, claim.fence, &outcome, None, parts.now()).await?);
    }
    if claim.interrupted && claim.unclear + 1 >= MAX_UNCLEAR {
        return give_up_what_stops_us(parts, &claim).await;
    }
    let (now, cap) = (parts.now(), parts.rules.text_cap(parts.now(), None));
    let sent = match parts.store.begin_message(claim.id, claim.fence, &cap, now).await? {
        Begun::Lost => return Ok(()),
        Begun::TextsUsedUp => {
            let (ticket, kind) = (claim.number, claim.message.kind.code());
            tracing::warn!(%ticket, kind, "a message waits: the texts of the day are used up (sms.per_day)");
            return Ok(());
        }
        Begun::Yes => match &claim.message.to {
            Addressee::Mail(to) => nowhere(mail(parts, &claim, to, taken).await),
            Addressee::Phone(account) if claim.message.kind == MessageKind::OwnerWarning => {
                message_texts::warn_owner(parts, &claim, account, taken).await
            }
            Addressee::Phone(manager) => links::text(parts, &claim, manager, taken).await,
        },
    };
    let outcome = &sent.outcome;
    let next = next_try(parts, &claim, outcome).map(|again| message_texts::not_before(parts, &sent, again));
    let mut again = message_texts::looks_at(parts, &sent).or(next);
    if let Outcome::Refused { cause } | Outcome::NotSent { cause } | Outcome::Uncertain { cause } = outcome {
        let (ticket, kind) = (claim.number, claim.message.kind.code());
        match again {
            Some(_) => tracing::warn!(%ticket, kind, "a message waits: {cause}"),
            None if goes_once(claim.message.kind) && matches!(outcome, Outcome::Uncertain { .. }) => {
                tracing::warn!(%ticket, kind, "it may not have left: {cause}")
            }
            None if give_up(parts, &claim, not_sent(kind, cause)).await? => {
                tracing::error!(%ticket, kind, "a message was given up, its ticket says so: {cause}");
            }
            // Somebody works on its ticket just now.
            None => again = Some(parts.now().plus(pause(0))),
        }
    }
    let (store, now) = (&parts.store, parts.now());
    match claim.message.to {
        Addressee::Mail(_) => store.end_message(claim.id, claim.fence, outcome, again, now).await?,
        Addressee::Phone(_) => {
            let sent = TextSent { failed_by: claim.text.failed_by, ..sent };
            store.end_text(claim.id, claim.fence, &sent, again, now).await?;
        }
    }
    Ok(())
}

/// How a message ends without being sent, or sent again; `None` when it shall leave.
async fn ends_unsent(parts: &Parts, claim: &MessageClaim) -> Result<Option<Outcome>, StoreError> {
    let (ticket, kind) = (claim.number, claim.message.kind.code());
    if claim.interrupted && goes_once(claim.message.kind) {
        tracing::warn!(%ticket, kind, "it may not have left: {STOPPED}");
        return Ok(Some(Outcome::Uncertain { cause: STOPPED.to_owned() }));
    }
    Ok(links::over(parts, claim).await?.map(|why| {
        if claim.interrupted {
            return Outcome::Uncertain { cause: format!("{STOPPED}; it is not sent again: {why}") };
        }
        Outcome::NotSent { cause: why.to_owned() }
    }))
}

/// Each time that it was begun the program was stopped, and each time it may have left.
async fn give_up_what_stops_us(parts: &Arc<Parts>, claim: &MessageClaim) -> Result<(), WorkError> {
    let (ticket, kind) = (claim.number, claim.message.kind.code());
    if !give_up(parts, claim, not_sent(kind, STOPPED)).await? {
        // Somebody works on its ticket just now.
        let again = parts.now().plus(pause(0));
        return Ok(parts.store.release_message(claim.id, claim.fence, Some(again)).await?);
    }
    tracing::error!(%ticket, kind, "a message was given up, its ticket says so: {STOPPED} each time");
    let outcome = Outcome::Uncertain { cause: STOPPED.to_owned() };
    Ok(parts.store.end_message(claim.id, claim.fence, &outcome, None, parts.now()).await?)
}

/// A mail has come back from its way: what follows is what follows when it cannot be sent at all.
async fn came_back(parts: &Arc<Parts>, claim: &MessageClaim, status: &str) -> Result<(), WorkError> {
    let (ticket, line) = (claim.number, returned(claim.message.kind, status));
    let told = give_up(parts, claim, line.clone()).await?;
    if told {
        tracing::error!(%ticket, "{line}; its ticket says so");
    }
    // Else somebody works on its ticket just now.
    let again = (!told).then(|| parts.now().plus(pause(0)));
    Ok(parts.store.end_returned(claim.id, claim.fence, again, parts.now()).await?)
}

fn not_sent(kind: &str, cause: &str) -> String {
    format!("a message could not be sent ({kind}): {cause}")
}

fn returned(kind: MessageKind, status: &str) -> String {
    let whom = match kind {
        MessageKind::Acknowledgement | MessageKind::AskForDetails | MessageKind::Reply => "writer",
        MessageKind::ManagerNotice
        | MessageKind::ManagerLink
        | MessageKind::ManagerCode
        | MessageKind::Reminder
        | MessageKind::LinkClosed => "manager",
        MessageKind::OwnerNotice | MessageKind::OwnerWarning => "account's owner",
        MessageKind::Alarm => "people of notify.mail",
    };
    let status = if status.is_empty() { "no code was given" } else { status };
    format!("the mail to the {whom} came back ({}): {status}", kind.code())
}

/// When a message is tried again; `None` when it has left, or never will.
fn next_try(parts: &Parts, claim: &MessageClaim, outcome: &Outcome) -> Option<UnixMillis> {
    let (now, tries) = (parts.now(), claim.tries + 1);
    match outcome {
        Outcome::Accepted { .. } | Outcome::Refused { .. } => None,
        // Somebody waits for it by now.
        Outcome::NotSent { .. } if links::carries(claim.message.kind) && !may_have_left(claim) => {
            let until = claim.created_at.plus(parts.rules.deadline);
            (now < until).then(|| now.plus(pause(tries)).min(until))
        }
        Outcome::NotSent { .. } => {
            let on = tries < LEAST_TRIES || now.since(claim.created_at) < UNSENT_FOR;
            on.then(|| now.plus(pause(tries)))
        }
        Outcome::Uncertain { .. } if goes_once(claim.message.kind) => None,
        // Few copies, over a longer time.
        Outcome::Uncertain { .. } => {
            (claim.unclear + 1 < MAX_UNCLEAR).then(|| now.plus(pause(tries + 2 * claim.unclear)))
        }
    }
}

/// Did a try before this one end so that nobody knows?
fn may_have_left(claim: &MessageClaim) -> bool {
    claim.unclear > 0 || claim.interrupted
}

/// Is a second one worse than none, when the first may have left? Nobody is reminded twice.
fn goes_once(kind: MessageKind) -> bool {
    matches!(kind, MessageKind::Reminder | MessageKind::LinkClosed)
}

fn pause(tries: u32) -> Duration {
    Duration::from_secs(15).saturating_mul(1 << tries.min(8)).min(LONGEST_PAUSE)
}

/// The ticket says that a message will not arrive, before that is kept. Who never got our question does
/// not answer it: a technician takes over. `false`: somebody works on the ticket just now.
async fn give_up(parts: &Arc<Parts>, claim: &MessageClaim, line: String) -> Result<bool, WorkError> {
    let taken = parts.moment();
    let claimed = parts.store.claim_ticket(claim.ticket, &parts.owner, parts.timing.lease).await?;
    let Some(ticket) = claimed else { return Ok(false) };
    let mut trail = ticket.ticket.trail.clone();
    let lines = trail.0.len();
    trail.add(Check::Outcome, CheckResult::Fail, line);
    let mut work = Work::new(Arc::clone(parts), ticket, taken);
    let draft = Draft { trail: Some(trail), due: Due::At(parts.now()), ..Draft::default() };
    let asks = claim.message.kind == MessageKind::AskForDetails && *work.state() == State::Asked;
    let answers = claim.message.kind == MessageKind::Reply
        && matches!(work.state(), State::Waiting { .. } | State::Closed { how: Closing::Resolved, .. });
    if asks || answers {
        work.commit(Event::QuestionLost, draft).await?;
    } else if links::is_a_way(work.state(), claim) {
        work.commit(Event::LinkNotMailed, draft).await?;
    } else {
        work.commit_same(draft).await?;
    }
    // What was not committed is not remembered either.
    Ok(work.claim.ticket.trail.0.len() > lines)
}

/// Past its lease somebody else may send the same message: no call starts that could last so long.
pub(crate) fn too_late() -> Outcome {
    Outcome::NotSent { cause: "too little time was left for it".to_owned() }
}

async fn mail(parts: &Parts, claim: &MessageClaim, to: &EmailAddress, taken: Instant) -> Outcome {
    let text = match links::letter(parts, claim, to, taken).await {
        Some(Ok(text)) => text,
        Some(Err(outcome)) => return outcome,
        None => match own_words(parts, claim).await {
            Ok(text) => text,
            Err(outcome) => return outcome,
        },
    };
    let (auto_submitted, heard_of) = match claim.message.kind {
        // RFC 3834 3.3: an answer to a mail leaves no trace when it is lost.
        MessageKind::Acknowledgement => (AutoSubmitted::Replied, false),
        // But the ticket of a question waits for its answer, and people do not write in vain.
        MessageKind::AskForDetails | MessageKind::Reply => (AutoSubmitted::Replied, true),
        MessageKind::ManagerNotice
        | MessageKind::ManagerLink
        | MessageKind::ManagerCode
        | MessageKind::Reminder
        | MessageKind::LinkClosed
        | MessageKind::OwnerNotice
        | MessageKind::OwnerWarning
        | MessageKind::Alarm => (AutoSubmitted::Generated, true),
    };
    let answers = claim.answers.clone().filter(|_| auto_submitted == AutoSubmitted::Replied);
    let outgoing = OutgoingMail {
        message_id: claim.message_id.clone(),
        date: claim.created_at,
        to: to.clone(),
        subject: text.subject,
        text: text.text,
        heard_of,
        auto_submitted,
        references: answers.iter().cloned().collect(),
        in_reply_to: answers,
    };
    if !parts.lease_allows(taken, parts.timing.mail) {
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
    /// Was what they received replaced because nobody used it?
    unused: bool,
    until: UnixMillis,
    at: UnixMillis,
    text: String,
    /// Was a code texted in place of a link?
    typed: bool,
    key: String,
    credential: Credential,
}

impl Values {
    fn handed_over(&self) -> HandedOver {
        if self.unused {
            return HandedOver::Unused;
        }
        match (self.received, self.manager.as_str()) {
            (false, _) => HandedOver::Nobody,
            (true, "") => HandedOver::Phone { tail: self.tail.clone() },
            (true, name) => HandedOver::Manager { name: name.to_owned() },
        }
    }
}

/// The words of a mail that carries no link of a manager's.
async fn own_words(parts: &Parts, claim: &MessageClaim) -> Result<MailText, Outcome> {
    let url = match claim.message.kind {
        MessageKind::OwnerNotice => owners_url(parts, claim, OwnersLink::Disown)
            .await
            .map_err(|error| Outcome::NotSent { cause: error.to_string() })?,
        MessageKind::Acknowledgement
        | MessageKind::AskForDetails
        | MessageKind::ManagerNotice
        | MessageKind::ManagerLink
        | MessageKind::ManagerCode
        | MessageKind::Reminder
        | MessageKind::LinkClosed
        | MessageKind::OwnerWarning
        | MessageKind::Reply
        | MessageKind::Alarm => None,
    };
    words(parts, claim, url.as_deref().map(String::as_str))
        .map_err(|error| Outcome::Refused { cause: format!("its text cannot be made: {error}") })
}

fn words(parts: &Parts, claim: &MessageClaim, url: Option<&str>) -> Result<MailText, TextError> {
    let texts = &parts.texts;
    let values: Values = serde_json::from_str(&claim.message.values).unwrap_or_default();
    let number = claim.number;
    match claim.message.kind {
        MessageKind::Acknowledgement => texts.acknowledgement(number, claim.created_at),
        MessageKind::AskForDetails => texts.ask_for_details(number),
        MessageKind::ManagerNotice => {
            let who = [values.manager.as_str(), &values.name, &values.unit];
            texts.manager_notice(who, number, values.until, values.typed)
        }
        MessageKind::OwnerNotice => {
            let how = values.handed_over();
            texts.owner_notice(&values.name, values.at, number, values.credential, &how, url)
        }
        MessageKind::Reply => super::acts::letter(texts, claim),
        MessageKind::OwnerWarning
        | MessageKind::ManagerLink
        | MessageKind::ManagerCode
        | MessageKind::Reminder
        | MessageKind::LinkClosed
        | MessageKind::Alarm => texts.alarm(&values.text),
    }
}

/// The code that stops a request, in a text to an account's owner; `None` without its key, as for a link.
pub(crate) async fn owners_code(
    parts: &Parts,
    claim: &MessageClaim,
) -> Result<Option<Zeroizing<String>>, StoreError> {
    let values: Values = serde_json::from_str(&claim.message.values).unwrap_or_default();
    let Some(ticket) = parts.store.ticket(claim.ticket).await? else { return Ok(None) };
    let keyring = parts.keyring.as_ref();
    let code = keyring.and_then(|keyring| typed::owners_code(keyring, &values.key, &ticket));
    Ok(code.map(|code| code.written_for(ticket.id.0)))
}

/// The link of a message to an account's owner; `None` without the key that it was meant to be made with.
pub(crate) async fn owners_url(
    parts: &Parts,
    claim: &MessageClaim,
    link: OwnersLink,
) -> Result<Option<Zeroizing<String>>, StoreError> {
    let values: Values = serde_json::from_str(&claim.message.values).unwrap_or_default();
    let Some(ticket) = parts.store.ticket(claim.ticket).await? else { return Ok(None) };
    let mac = parts.keyring.as_ref().and_then(|keyring| owners_mac(keyring, &values.key, link, &ticket));
    Ok(mac.map(|mac| StopToken::from_mac(ticket.id.0, mac).url(&parts.rules.public_url)))
}
