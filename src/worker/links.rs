//! Words about a link beside the text that carries it: the mail with the link or its code, the one
//! reminder, and the word that the link is closed (when and by which way: `left`). Everything secret in them is derived when they leave,
//! and whoever gets them is read from the directory once more.

use std::time::{Duration, Instant};

use serde::Deserialize;
use serde_json::json;

use super::Parts;
use super::facts::{self, StillGood};
use super::left::TIME_TO_USE;
use super::message_texts::{nowhere, through_gateways};
use super::messages::too_late;
use super::offer;
use super::stop;
use super::work::{Work, WorkError};
use crate::decision::texting_number;
use crate::delivery::SmsText;
use crate::delivery::texts::{MailText, TextError};
use crate::directory::{Account, Lookup, Manager, Standing, Who};
use crate::store::{Addressee, MessageClaim, MessageKind, NewMessage, StoreError, TextSent};
use crate::ticket::{Guard, Offer, State, Ticket};
use crate::types::{AccountId, EmailAddress, Outcome, PhoneNumber, UnixMillis};

/// What the words are made of, beside what is derived; never a secret.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Values {
    /// The number of the offer.
    offer: u32,
    manager: String,
    unit: String,
    until: UnixMillis,
    /// Was it a code in place of a link?
    typed: bool,
}

/// The mails of a new offer: one carries the link or the code, or says that the link came by text.
pub(crate) fn mails(
    work: &Work,
    account: &Account,
    offer: &Offer,
    managers: &[Manager],
) -> Option<NewMessage> {
    let id = offer.hand.manager()?;
    let kind = match offer.guard {
        Guard::Nothing | Guard::TypedCode if work.parts.rules.policy.manager_told.mail => {
            MessageKind::ManagerNotice
        }
        Guard::Nothing | Guard::TypedCode | Guard::SignIn { by_mail: false, .. } => return None,
        Guard::CodeByText | Guard::SignIn { by_mail: true, .. } => MessageKind::ManagerLink,
        Guard::CodeByMail => MessageKind::ManagerCode,
    };
    let manager = managers.iter().find(|m| m.id == *id)?;
    let values = json!({
        "offer": offer.number,
        "manager": manager.name,
        "name": account.name,
        "unit": account.unit,
        "until": offer.expires_at,
        "typed": offer.guard == Guard::TypedCode,
    });
    Some(NewMessage { kind, to: Addressee::Mail(manager.mail.clone()?), values: values.to_string() })
}

/// Does the ticket lose a way to its manager with this message?
pub(crate) fn is_a_way(state: &State, claim: &MessageClaim) -> bool {
    let State::Offered { offer, .. } = state else { return false };
    carries(claim.message.kind) && offer.number == values(claim).offer && offer.guard.mails()
}

/// Does a message of this kind carry a link that is open, or its code?
pub(crate) fn carries(kind: MessageKind) -> bool {
    match kind {
        MessageKind::ManagerLink | MessageKind::ManagerCode => true,
        MessageKind::Acknowledgement
        | MessageKind::AskForDetails
        | MessageKind::ManagerNotice
        | MessageKind::Reminder
        | MessageKind::LinkClosed
        | MessageKind::OwnerNotice
        | MessageKind::OwnerWarning
        | MessageKind::Reply
        | MessageKind::Alarm => false,
    }
}

/// Why a message about an offer shall not leave any more; `None` when it shall.
pub(crate) async fn over(parts: &Parts, claim: &MessageClaim) -> Result<Option<&'static str>, StoreError> {
    let least = match claim.message.kind {
        MessageKind::OwnerWarning => return stop::over(parts, claim.ticket).await,
        MessageKind::Reminder => TIME_TO_USE,
        MessageKind::ManagerLink | MessageKind::ManagerCode => Duration::ZERO,
        MessageKind::Acknowledgement
        | MessageKind::AskForDetails
        | MessageKind::ManagerNotice
        | MessageKind::LinkClosed
        | MessageKind::OwnerNotice
        | MessageKind::Reply
        | MessageKind::Alarm => return Ok(None),
    };
    let open = offer_of(parts, claim).await?;
    // A way that was given up carries nothing any more, though the other one is still open.
    let by_mail = carries(claim.message.kind);
    let open = open.is_some_and(|(_, offer)| {
        parts.now().plus(least) <= offer.expires_at && (!by_mail || offer.guard.mails())
    });
    Ok((!open).then_some("its link was used or closed, or ends soon"))
}

async fn offer_of(parts: &Parts, claim: &MessageClaim) -> Result<Option<(Ticket, Offer)>, StoreError> {
    let Some(ticket) = parts.store.ticket(claim.ticket).await? else { return Ok(None) };
    let State::Offered { offer, .. } = &ticket.state else { return Ok(None) };
    let offer = offer.clone();
    Ok((offer.number == values(claim).offer).then_some((ticket, offer)))
}

fn values(claim: &MessageClaim) -> Values {
    serde_json::from_str(&claim.message.values).unwrap_or_default()
}

/// Who an offer is for, and how they are reached, as the directory has them now.
pub(crate) enum Reach {
    /// They may have it.
    Yes { account: Box<Account>, phone: Option<PhoneNumber>, mail: Option<EmailAddress> },
    /// Nobody may have it any more.
    Gone,
    /// The directory does not answer, and nothing follows from that.
    Unknown,
}

pub(crate) async fn reach(parts: &Parts, ticket: &Ticket, offer: &Offer) -> Result<Reach, WorkError> {
    let id = ticket.account.clone().ok_or(WorkError::Lacks("an account"))?;
    let keyring = parts.keyring.as_ref().ok_or(WorkError::Lacks("a sealing key"))?;
    let Ok(facts) = facts::read_for(parts, &Who::Id(id.clone()), &offer.hand).await else {
        return Ok(Reach::Unknown);
    };
    let policy = &parts.rules.policy;
    // Only a requester is compared with the phone of the mail.
    let good = facts::still_good(&facts, &id, &offer.hand, "", keyring, policy, parts.now());
    Ok(match good {
        StillGood::Yes { account, phone, mail } => Reach::Yes { account, phone, mail },
        StillGood::AccountOut(_) | StillGood::HandGone(_) => Reach::Gone,
    })
}

/// The account and the ways to its manager, for words that are about to leave.
async fn reached(
    parts: &Parts,
    ticket: &Ticket,
    offer: &Offer,
) -> Result<(Box<Account>, Option<PhoneNumber>, Option<EmailAddress>), Outcome> {
    match reach(parts, ticket, offer).await.map_err(not_now)? {
        Reach::Yes { account, phone, mail } => Ok((account, phone, mail)),
        Reach::Gone => Err(refused("the manager cannot be reached any more")),
        Reach::Unknown => Err(not_now("the directory does not answer")),
    }
}

/// Somebody as the directory has them; `Err` when it does not answer.
pub(crate) async fn person(parts: &Parts, id: &AccountId) -> Result<Option<Box<Account>>, Outcome> {
    let facts = facts::read(parts, &Who::Id(id.clone())).await;
    let facts = facts.map_err(|error| Outcome::NotSent { cause: error.to_string() })?;
    Ok(match facts.lookup {
        Lookup::One(account) if account.standing == Standing::Open => Some(account),
        Lookup::One(_) | Lookup::Nobody | Lookup::Several => None,
    })
}

/// Sends a text about a link to its manager's registered mobile.
pub(crate) async fn text(
    parts: &Parts,
    claim: &MessageClaim,
    manager: &AccountId,
    taken: Instant,
) -> TextSent {
    let reminds = claim.message.kind == MessageKind::Reminder;
    // Who is to be told, and of whom.
    let calls = if reminds { 1 } else { 2 };
    if !parts.lease_allows(taken, parts.timing.directory.saturating_mul(calls)) {
        return nowhere(too_late());
    }
    let made =
        if reminds { reminding_text(parts, claim).await } else { closing_text(parts, claim, manager).await };
    match made {
        Ok((number, text)) => through_gateways(parts, claim, &number, &text, taken).await,
        Err(outcome) => nowhere(outcome),
    }
}

type Text = (PhoneNumber, SmsText);

async fn reminding_text(parts: &Parts, claim: &MessageClaim) -> Result<Text, Outcome> {
    let (ticket, offer) = wanted(parts, claim).await?;
    let (account, phone, _) = reached(parts, &ticket, &offer).await?;
    let phone = phone.ok_or_else(|| refused("the manager cannot be reached by text any more"))?;
    let (texts, name, until) = (&parts.texts, &account.name, offer.expires_at);
    if !offer::may_text(offer.guard, &parts.rules.policy) {
        return Err(refused("its link may not be sent any more: delivery.pickup is \"code\""));
    }
    let text = if offer.guard == Guard::TypedCode {
        let code = offer::typed_code(parts, ticket.id, &offer).map_err(refused)?;
        texts.typed_code_reminder(name, until, &code.written())
    } else {
        let token = offer::token(parts, ticket.id, &offer).map_err(refused)?;
        texts.reminder(name, until, &token.url(&parts.rules.public_url))
    };
    Ok((phone, text.map_err(unmade)?))
}

/// Whoever got the link hears that it is closed, away or not.
async fn closing_text(parts: &Parts, claim: &MessageClaim, manager: &AccountId) -> Result<Text, Outcome> {
    let manager = person(parts, manager).await?.ok_or_else(|| refused("the manager's account is closed"))?;
    let (policy, now) = (&parts.rules.policy, parts.now());
    let number = manager.phones.iter().find_map(|phone| texting_number(phone, policy, now).cloned());
    let number = number.ok_or_else(|| refused("no registered phone of the manager takes texts any more"))?;
    let (texts, name) = (&parts.texts, whose(parts, claim).await?);
    let text = if values(claim).typed { texts.typed_code_closed(&name) } else { texts.link_closed(&name) };
    Ok((number, text.map_err(unmade)?))
}

/// The name of the person whom the link was about.
async fn whose(parts: &Parts, claim: &MessageClaim) -> Result<String, Outcome> {
    let ticket = parts.store.ticket(claim.ticket).await.map_err(not_now)?;
    let id = ticket.and_then(|ticket| ticket.account).ok_or_else(|| refused("its ticket has no account"))?;
    let facts = facts::read(parts, &Who::Id(id)).await.map_err(not_now)?;
    match facts.lookup {
        Lookup::One(account) => Ok(account.name),
        Lookup::Nobody | Lookup::Several => Err(refused("the account is gone")),
    }
}

async fn wanted(parts: &Parts, claim: &MessageClaim) -> Result<(Ticket, Offer), Outcome> {
    offer_of(parts, claim).await.map_err(not_now)?.ok_or_else(|| refused("its link is not open any more"))
}

/// The words of a mail about a link to `to`; `None` for any other mail.
pub(crate) async fn letter(
    parts: &Parts,
    claim: &MessageClaim,
    to: &EmailAddress,
    taken: Instant,
) -> Option<Result<MailText, Outcome>> {
    let in_time = parts.lease_allows(taken, parts.timing.directory);
    Some(match claim.message.kind {
        MessageKind::ManagerLink
        | MessageKind::ManagerCode
        | MessageKind::Reminder
        | MessageKind::LinkClosed
            if !in_time =>
        {
            Err(too_late())
        }
        MessageKind::ManagerLink | MessageKind::ManagerCode | MessageKind::Reminder => {
            with_secret(parts, claim, to).await
        }
        MessageKind::LinkClosed => closing_letter(parts, claim).await,
        MessageKind::Acknowledgement
        | MessageKind::AskForDetails
        | MessageKind::ManagerNotice
        | MessageKind::OwnerNotice
        | MessageKind::OwnerWarning
        | MessageKind::Reply
        | MessageKind::Alarm => return None,
    })
}

async fn with_secret(parts: &Parts, claim: &MessageClaim, to: &EmailAddress) -> Result<MailText, Outcome> {
    let (ticket, offer) = wanted(parts, claim).await?;
    let (account, _, mail) = reached(parts, &ticket, &offer).await?;
    if mail.as_ref() != Some(to) {
        return Err(refused("the manager has another mailbox by now"));
    }
    let values = values(claim);
    let url = offer::token(parts, ticket.id, &offer).map_err(refused)?.url(&parts.rules.public_url);
    let (texts, number) = (&parts.texts, claim.number);
    let made = match claim.message.kind {
        MessageKind::ManagerCode => {
            let code = offer::code(parts, ticket.id, &offer).map_err(refused)?.written();
            texts.manager_code(&values.manager, &account.name, number, offer.expires_at, &code)
        }
        MessageKind::Reminder => texts.reminder_by_mail(&account.name, number, offer.expires_at, &url),
        MessageKind::ManagerLink
        | MessageKind::ManagerNotice
        | MessageKind::LinkClosed
        | MessageKind::Acknowledgement
        | MessageKind::AskForDetails
        | MessageKind::OwnerNotice
        | MessageKind::OwnerWarning
        | MessageKind::Reply
        | MessageKind::Alarm => {
            let code = offer.guard.is_code();
            let who = [values.manager.as_str(), &account.name, &values.unit];
            texts.manager_link(who, number, values.until, &url, code)
        }
    };
    made.map_err(unmade)
}

async fn closing_letter(parts: &Parts, claim: &MessageClaim) -> Result<MailText, Outcome> {
    let name = whose(parts, claim).await?;
    parts.texts.link_closed_by_mail(&name, claim.number).map_err(unmade)
}

fn refused(cause: impl ToString) -> Outcome {
    Outcome::Refused { cause: cause.to_string() }
}

fn not_now(error: impl ToString) -> Outcome {
    Outcome::NotSent { cause: error.to_string() }
}

#[allow(clippy::needless_pass_by_value)] // as `map_err` hands it on
fn unmade(error: TextError) -> Outcome {
    Outcome::Refused { cause: format!("its text cannot be made: {error}") }
}
