//! A manager signs in before the link shows anything (`pickup = "sign-in"`). Nothing of a sign-in is kept
//! here: what ties it to one browser and one link is derived from the sealing key and from what the browser
//! brings back, so any node can end it, also after a restart.

use std::sync::Arc;
use std::time::Duration;

use serde_json::json;

use super::facts;
use super::handover::{actor, claim_soon};
use super::work::{Draft, Due, WorkError};
use super::{Parts, offer};
use crate::directory::{Account, Lookup, Standing, Who};
use crate::oidc::{Flow, OidcError, Person};
use crate::store::AuditEntry;
use crate::ticket::{Guard, Hand, Offer, State, Ticket, TicketId};
use crate::types::{AccountId, UnixMillis};
use crate::web::{Browser, SignedIn};

/// A sign-in ends, and a link is used after it, within this time.
const WITHIN: Duration = Duration::from_secs(10 * 60);

/// What a browser keeps while its person is away at the provider: `{random}.{when}`.
struct Kept<'a> {
    random: &'a str,
    at: UnixMillis,
}

fn kept(text: &str) -> Option<Kept<'_>> {
    let (random, at) = text.split_once('.')?;
    let plain = random.len() == 32 && random.bytes().all(|b| b.is_ascii_hexdigit());
    Some(Kept { random, at: UnixMillis(at.parse().ok().filter(|_| plain)?) })
}

/// Did it begin a short while ago? Nor ahead of a clock that was set back.
fn is_fresh(at: UnixMillis, now: UnixMillis) -> bool {
    at <= now && now < at.plus(WITHIN)
}

/// What a new sign-in leaves in the browser.
pub(crate) fn begun(now: UnixMillis) -> String {
    format!("{}.{}", data_encoding::HEXLOWER.encode(&rand::random::<[u8; 16]>()), now.0)
}

/// What ties the sign-in to this browser and this offer.
fn flow(
    parts: &Parts,
    ticket: TicketId,
    offer: &Offer,
    browser: &Browser,
    kept: &Kept<'_>,
) -> Result<Flow, WorkError> {
    let place = format!("{}/{}/{}", kept.random, kept.at.0, browser.hash());
    let derived = |purpose| {
        let mac = offer::derived(parts, ticket, offer, &format!("{purpose}/{place}"))?;
        Ok::<_, WorkError>(data_encoding::HEXLOWER.encode(&mac))
    };
    Ok(Flow { state: derived("state")?, nonce: derived("nonce")?, verifier: derived("verifier")? })
}

/// The offer of `ticket`, if it asks for a sign-in and still stands.
fn asking<'t>(parts: &Parts, ticket: &'t Ticket) -> Option<(&'t Offer, &'t AccountId)> {
    let State::Offered { offer, .. } = &ticket.state else { return None };
    let (Guard::SignIn { .. }, Hand::Manager(manager)) = (offer.guard, &offer.hand) else { return None };
    (parts.now() < offer.expires_at).then_some((offer, manager))
}

/// Where the person signs in, with what the browser keeps meanwhile; `None` when the link asks for none.
pub(crate) async fn address(
    parts: &Parts,
    ticket: &Ticket,
    browser: &Browser,
    left: &str,
) -> Result<Option<String>, SignInError> {
    let Some((offer, _)) = asking(parts, ticket) else { return Ok(None) };
    let provider = parts.provider.as_ref().ok_or(SignInError::NoProvider)?;
    let kept = kept(left).ok_or(SignInError::NoProvider)?;
    Ok(Some(provider.address(&flow(parts, ticket.id, offer, browser, &kept)?).await?))
}

/// Why a sign-in did not come to its end. The link stays as it was.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SignInError {
    #[error("[web.oidc] is not configured any more")]
    NoProvider,
    #[error(transparent)]
    Provider(#[from] OidcError),
    #[error(transparent)]
    Work(#[from] WorkError),
    #[error("{0}")]
    Directory(#[from] crate::directory::DirectoryError),
    #[error(transparent)]
    Store(#[from] crate::store::StoreError),
}

/// The person comes back with a code: is it the manager that the link is for? Only then the browser gets
/// what opens it. Anybody else is noted in the audit log, and nothing changes.
pub(crate) async fn returned(
    parts: &Arc<Parts>,
    ticket: &Ticket,
    browser: &Browser,
    left: &str,
    code: &str,
    state: &str,
) -> Result<SignedIn, SignInError> {
    let Some((offer, manager)) = asking(parts, ticket) else { return Ok(SignedIn::Look) };
    let provider = parts.provider.as_ref().ok_or(SignInError::NoProvider)?;
    let Some(kept) = kept(left).filter(|kept| is_fresh(kept.at, parts.now())) else {
        return Ok(SignedIn::Failed);
    };
    let flow = flow(parts, ticket.id, offer, browser, &kept)?;
    if !bool::from(subtle::ConstantTimeEq::ct_eq(flow.state.as_bytes(), state.as_bytes())) {
        tracing::warn!("a sign-in came back that this browser did not begin; nothing was changed");
        return Ok(SignedIn::Failed);
    }
    let person = provider.person(code, &flow).await?;
    let facts = facts::read(parts, &Who::Id(manager.clone())).await?;
    let is_manager = match &facts.lookup {
        Lookup::One(account) => account.standing == Standing::Open && is(&person, account),
        Lookup::Nobody | Lookup::Several => false,
    };
    let row = if is_manager { "pickup.signed-in" } else { "pickup.sign-in-refused" };
    note(parts, ticket.id, row, &person, is_manager.then(|| actor(&offer.hand))).await?;
    if !is_manager {
        return Ok(SignedIn::SomebodyElse);
    }
    let now = parts.now();
    Ok(SignedIn::Yes { proof: format!("{}.{}", now.0, proof(parts, ticket.id, offer, browser, now)?) })
}

/// Is `person` whose account this is? Names are compared as the directory compares them, without regard
/// to case; identifiers of Entra ID are GUIDs, which are written in either.
fn is(person: &Person, account: &Account) -> bool {
    match person {
        Person::Id(id) => id.eq_ignore_ascii_case(account.id.as_str()),
        Person::Username(name) => name.eq_ignore_ascii_case(account.username.as_str()),
        Person::Mail(mail) => {
            account.mail.as_ref().is_some_and(|own| own.as_str().eq_ignore_ascii_case(mail))
        }
    }
}

async fn note(
    parts: &Arc<Parts>,
    ticket: TicketId,
    event: &str,
    person: &Person,
    who: Option<String>,
) -> Result<(), WorkError> {
    let entry = AuditEntry {
        actor: who.unwrap_or_else(|| "link".to_owned()),
        event: event.to_owned(),
        data: json!({ "person": person.value() }).to_string(),
    };
    let Some(mut work) = claim_soon(parts, ticket).await? else {
        return Err(WorkError::Lacks("a moment in which nobody works on it"));
    };
    let draft = Draft { told: vec![entry], due: Due::At(parts.now()), ..Draft::default() };
    work.commit_same(draft).await?;
    work.give_back(parts.now()).await?;
    parts.wake.notify_one();
    Ok(())
}

fn proof(
    parts: &Parts,
    ticket: TicketId,
    offer: &Offer,
    browser: &Browser,
    at: UnixMillis,
) -> Result<String, WorkError> {
    proof_for(parts, ticket, offer, &browser.hash(), at)
}

fn proof_for(
    parts: &Parts,
    ticket: TicketId,
    offer: &Offer,
    browser: &str,
    at: UnixMillis,
) -> Result<String, WorkError> {
    let purpose = format!("signed-in/{}/{browser}/{}", actor(&offer.hand), at.0);
    Ok(data_encoding::HEXLOWER.encode(&offer::derived(parts, ticket, offer, &purpose)?))
}

/// Does `given` prove that the manager has signed in, in the browser with this hash, a short while ago?
pub(crate) fn is_proof(
    parts: &Parts,
    ticket: TicketId,
    offer: &Offer,
    browser: &str,
    given: &str,
) -> Result<bool, WorkError> {
    let Some((at, mac)) = given.split_once('.') else { return Ok(false) };
    let Some(at) = at.parse().ok().map(UnixMillis).filter(|at| is_fresh(*at, parts.now())) else {
        return Ok(false);
    };
    let right = proof_for(parts, ticket, offer, browser, at)?;
    Ok(subtle::ConstantTimeEq::ct_eq(right.as_bytes(), mac.as_bytes()).into())
}
