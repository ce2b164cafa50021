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
use crate::ticket::{Guard, Offer, State, Ticket, TicketId};
use crate::types::{AccountId, Check, CheckResult, Trail, UnixMillis};
use crate::web::{Browser, SignedIn};

/// A sign-in ends, and a link is used after it, within this time.
const WITHIN: Duration = Duration::from_secs(10 * 60);

/// Clocks of two nodes may be so far apart.
const APART: Duration = Duration::from_secs(60);
/// Of what a token says of a person, so much is written down, in characters.
const NAME_MAX: usize = 120;

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

/// Did it begin a short while ago? Not ahead of a clock that was set back, either.
fn is_fresh(at: UnixMillis, now: UnixMillis) -> bool {
    at <= now.plus(APART) && now < at.plus(WITHIN)
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
    let (Guard::SignIn { .. }, Some(manager)) = (offer.guard, offer.hand.manager()) else { return None };
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
    if !is_manager {
        note(parts, ticket, "pickup.sign-in-refused", &person, None).await?;
        return Ok(SignedIn::SomebodyElse);
    }
    note(parts, ticket, "pickup.signed-in", &person, Some(actor(&offer.hand))).await?;
    let now = parts.now();
    Ok(SignedIn::Yes { proof: format!("{}.{}", now.0, proof(parts, ticket.id, offer, browser, now)?) })
}

/// Is `person` whose account this is? Names are compared as the directory compares them, without regard
/// to case; identifiers exactly.
fn is(person: &Person, account: &Account) -> bool {
    match person {
        Person::Id(id) => is_same(id, account.id.as_str()),
        Person::Username(name) => name.eq_ignore_ascii_case(account.username.as_str()),
        Person::Mail(mail) => {
            account.mail.as_ref().is_some_and(|own| own.as_str().eq_ignore_ascii_case(mail))
        }
    }
}

/// GUIDs are written in either case (RFC 9562 4); of other identifiers two may differ in nothing else (`sub`:
/// OpenID Connect Core 2).
fn is_same(one: &str, other: &str) -> bool {
    one == other || (is_guid(one) && is_guid(other) && one.eq_ignore_ascii_case(other))
}

fn is_guid(text: &str) -> bool {
    let hyphen = |at: usize| [8, 13, 18, 23].contains(&at);
    let fits = |(at, b): (usize, u8)| if hyphen(at) { b == b'-' } else { b.is_ascii_hexdigit() };
    text.len() == 36 && text.bytes().enumerate().all(fits)
}

/// Somebody has come back. One who is not the manager is in the trail, and so noted once a link.
async fn note(
    parts: &Arc<Parts>,
    ticket: &Ticket,
    event: &str,
    person: &Person,
    manager: Option<String>,
) -> Result<(), WorkError> {
    let name: String = person.value().chars().take(NAME_MAX).collect();
    let line = format!("somebody else signed in at the manager's link, and was shown nothing: {name}");
    let known = |trail: &Trail| manager.is_none() && trail.0.iter().any(|one| one.evidence == line);
    if known(&ticket.trail) {
        return Ok(());
    }
    let Some(mut work) = claim_soon(parts, ticket.id).await? else {
        return Err(WorkError::Lacks("a moment in which nobody works on it"));
    };
    let mut trail = work.claim.ticket.trail.clone();
    if !known(&trail) {
        let entry = AuditEntry {
            actor: manager.clone().unwrap_or_else(|| "link".to_owned()),
            event: event.to_owned(),
            data: json!({ "person": name }).to_string(),
        };
        if manager.is_none() {
            trail.add(Check::Outcome, CheckResult::Fail, line);
        }
        let due = Due::At(parts.now());
        let draft = Draft { trail: Some(trail), told: vec![entry], due, ..Draft::default() };
        work.commit_same(draft).await?;
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identifiers_are_compared_exactly_and_only_guids_in_either_case() {
        let guid = "5f1c3b1e-8a2d-4c6f-9e0b-7d3a1c5e9f42";
        assert!(is_same(guid, &guid.to_uppercase()));
        assert!(is_same("a-karin", "a-karin"));
        for (one, other) in [("a-karin", "A-Karin"), (guid, &guid.replace('-', "_")), ("", "a")] {
            assert!(!is_same(one, other), "{one} {other}");
        }
        let odd = "5f1c3b1e08a2d-4c6f-9e0b-7d3a1c5e9f42";
        assert!(!is_same(odd, &odd.to_uppercase()), "no GUID");
    }

    #[test]
    fn what_another_node_began_with_a_clock_ahead_is_fresh_and_what_is_old_is_not() {
        let now = UnixMillis(1_795_511_645_000);
        for (at, fresh) in [
            (now, true),
            (now.plus(APART), true),
            (now.plus(APART + Duration::from_millis(1)), false),
            (now.minus(WITHIN), false),
            (now.minus(WITHIN - Duration::from_millis(1)), true),
        ] {
            assert_eq!(is_fresh(at, now), fresh, "{at:?}");
        }
    }
}
