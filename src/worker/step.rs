//! One claimed ticket, effect after effect, until it rests, waits, or its lease runs short.

use serde_json::json;

use super::Rules;
use super::facts;
use super::work::{Draft, Due, Flow, Work, WorkError};
use super::{decide, issue, offer, reset, scramble, texting};
use crate::directory::{Account, DirectoryError, Facts, Lookup, Who};
use crate::password::{Used, made_at};
use crate::store::{Addressee, IntentKind, MessageKind, NewMessage};
use crate::ticket::{Effect, Event, Hand, Job, PasswordFact, State};
use crate::types::{Credential, UnixMillis};
use std::time::Duration;

/// After a reveal the same browser may see the password again for this long (decisions, 20).
const SHOW_AGAIN: Duration = Duration::from_secs(15 * 60);
/// Without a confirmed handover the ticket is opened after this long (decisions, 20).
pub(crate) const CONFIRM_WITHIN: Duration = Duration::from_secs(60 * 60);
/// The use of a pass is looked up so long before its end.
const BEFORE_ITS_END: Duration = Duration::from_secs(2 * 60);
/// How often the use of a password is looked up when the directory fails.
const LOOK_AGAIN: Duration = Duration::from_secs(60 * 60);
/// And for how long.
const LOOK_FOR: Duration = Duration::from_secs(7 * 24 * 60 * 60);

/// Works on a claimed ticket as long as there is something to do.
pub(crate) async fn advance(work: &mut Work) -> Result<(), WorkError> {
    loop {
        let flow = match work.state().next() {
            Effect::Decide => decide::run(work).await?,
            Effect::SetPassword => reset::run(work).await?,
            Effect::IssuePass => issue::run(work).await?,
            Effect::BeginText | Effect::Text => texting::run(work).await?,
            Effect::OfferLink => offer::run(work).await?,
            Effect::AwaitBrowser => await_browser(work).await?,
            Effect::AwaitConfirmation => await_confirmation(work).await?,
            Effect::CheckUse => check_use(work).await?,
            Effect::Rest => {
                work.rest().await?;
                return Ok(());
            }
        };
        match flow {
            Flow::On => {}
            Flow::Stop | Flow::Busy(_) | Flow::AskedEnough(_) => return Ok(()),
        }
    }
}

/// The password is set and waits for the browser that opened the link.
async fn await_browser(work: &mut Work) -> Result<Flow, WorkError> {
    let Job { deadline, credential, .. } = *work.state().job().ok_or(WorkError::Lacks("a job"))?;
    if work.now() < deadline {
        return work.give_back(deadline).await;
    }
    let password = PasswordFact::after(credential);
    work.commit(Event::TimeOver { password }, Draft::default()).await
}

/// The password was shown: what can be seen again is erased in time, and without a confirmation
/// the ticket is opened.
async fn await_confirmation(work: &mut Work) -> Result<Flow, WorkError> {
    let State::Revealed { since, erased, job: Job { credential, valid_until, .. } } = *work.state() else {
        return Err(WorkError::Lacks("a shown password"));
    };
    let now = work.now();
    let confirm_until = since.plus(CONFIRM_WITHIN);
    if now >= confirm_until {
        let password = PasswordFact::after(credential);
        return work.commit(Event::TimeOver { password }, Draft::default()).await;
    }
    if erased {
        return work.give_back(confirm_until).await;
    }
    let show_until = shown_until(since, valid_until);
    if now < show_until {
        return work.give_back(show_until).await;
    }
    work.commit(Event::Erased, Draft { due: Due::At(confirm_until), ..Draft::default() }).await
}

/// When it is looked up whether what reached its hand was used: a password when its time is over, a pass
/// shortly before it ends, because nothing documents what Graph tells of it afterwards.
pub(crate) fn looked_up_at(rules: &Rules, since: UnixMillis, valid_until: Option<UnixMillis>) -> UnixMillis {
    let unused_after = since.plus(rules.password_valid);
    valid_until.map_or(unused_after, |end| unused_after.min(end.minus(BEFORE_ITS_END)))
}

/// Until when the browser that it was shown to may see it again.
pub(crate) fn shown_until(since: UnixMillis, valid_until: Option<UnixMillis>) -> UnixMillis {
    let until = since.plus(SHOW_AGAIN);
    valid_until.map_or(until, |end| until.min(end))
}

/// Was the password used, or the pass? One that was not opens its ticket again.
async fn check_use(work: &mut Work) -> Result<Flow, WorkError> {
    let State::Done { since, generation, credential, valid_until, .. } = *work.state() else {
        return Err(WorkError::Lacks("a delivery"));
    };
    let now = work.now();
    let due = looked_up_at(&work.parts.rules, since, valid_until);
    if now < due {
        return work.give_back(due).await;
    }
    if scramble::may_have_replaced(work, generation) {
        return scramble::unused(work, generation, credential).await;
    }
    let asked = was_used(work, generation, credential);
    match tokio::time::timeout(work.parts.timing.directory, asked).await {
        Ok(Ok(Used::Yes)) => work.commit(Event::UseKnown, Draft::default()).await,
        Ok(Ok(Used::No)) => scramble::unused(work, generation, credential).await,
        // A directory that cannot tell for so long will not tell any more; the owner may still wait.
        Ok(Err(_)) | Err(_) if now >= due.plus(LOOK_FOR) => {
            let note = Some("for seven days the directory could not tell whether it was used");
            work.commit(Event::Unused, Draft { note, ..Draft::default() }).await
        }
        Ok(Err(_)) | Err(_) => work.give_back(now.plus(LOOK_AGAIN)).await,
    }
}

/// Has the owner used what reached them?
pub(crate) async fn was_used(
    work: &Work,
    generation: u32,
    credential: Credential,
) -> Result<Used, DirectoryError> {
    let account = work.account().map_err(|error| DirectoryError::Half(error.to_string()))?;
    match credential {
        Credential::Password => {
            // By the register's clock, and of the last call: an owner may have been faster than the text's
            // receipt.
            let set = work.intents(IntentKind::Set, generation).filter_map(|i| i.outcome.as_ref());
            match set.filter_map(made_at).last() {
                Some(set_at) => work.parts.reset.used(&account, set_at).await,
                // Nobody can tell any more: a technician looks, and no owner is forgotten.
                None => Ok(Used::No),
            }
        }
        Credential::TemporaryAccessPass => issue::used(work, &account, generation).await,
    }
}

/// The mail that tells the owner that the password was changed (decisions, 8). Without an answer
/// from the directory there is no address to send it to; the delivery itself does not wait for it.
pub(crate) async fn owner_notice(work: &Work, job: &Job) -> Option<NewMessage> {
    let Facts { lookup: Lookup::One(account), managers } = facts_now(work).await? else { return None };
    let keyring = work.parts.keyring.as_ref()?;
    let mut values = match &job.hand {
        Hand::Requester => {
            let tail = account
                .phones
                .iter()
                .filter_map(|phone| phone.number.as_ref())
                .find(|number| keyring.is_hash_of(&work.claim.phone_hash, number))
                .map_or("", |number| number.tail());
            json!({ "name": account.name, "at": work.now(), "received": true, "tail": tail })
        }
        Hand::Manager(id) | Hand::Chosen(id) => {
            let manager = managers.iter().find(|m| m.id == *id).map_or("", |m| m.name.as_str());
            json!({ "name": account.name, "at": work.now(), "received": true, "manager": manager })
        }
    };
    values["credential"] = json!(job.credential);
    to_owner(work, &account, values)
}

/// The same mail when nobody received the new password, and a technician takes over.
pub(crate) async fn owner_of_a_changed_password(work: &Work) -> Option<NewMessage> {
    let Facts { lookup: Lookup::One(account), .. } = facts_now(work).await? else { return None };
    let credential = work.state().job().map(|job| job.credential).unwrap_or_default();
    to_owner(work, &account, json!({ "name": account.name, "at": work.now(), "credential": credential }))
}

/// The same mail when nobody used the new password in time and it was replaced, or may have been.
pub(crate) async fn owner_of_a_replaced_password(work: &Work) -> Option<NewMessage> {
    let Facts { lookup: Lookup::One(account), .. } = facts_now(work).await? else { return None };
    to_owner(work, &account, json!({ "name": account.name, "at": work.now(), "unused": true }))
}

async fn facts_now(work: &Work) -> Option<Facts> {
    facts::read(&work.parts, &Who::Id(work.account().ok()?)).await.ok()
}

fn to_owner(work: &Work, account: &Account, mut values: serde_json::Value) -> Option<NewMessage> {
    let to = Addressee::Mail(account.mail.clone()?);
    // The link by which the owner says that it was not them is made with it when the mail leaves.
    values["key"] = json!(work.parts.keyring.as_ref().map_or("", |keyring| keyring.current_id()));
    Some(NewMessage { kind: MessageKind::OwnerNotice, to, values: values.to_string() })
}
