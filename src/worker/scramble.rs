//! A password that nobody used in time is replaced by a random one that nobody knows (`password.unused =
//! "scramble"`), and its ticket is opened. Only where the register compares before it changes: an owner who has
//! just chosen a password keeps it. The value stays sealed until then, which is the one exception to "erased when
//! its delivery ends" (workflow.md).

use std::time::Duration;

use super::reset;
use super::step::looked_up_at;
use super::work::{Draft, Due, Flow, Work, WorkError};
use crate::password::generate::generate;
use crate::password::seal::Sealed;
use crate::password::{TemporaryPassword, Used};
use crate::store::{Intent, IntentKind};
use crate::ticket::{Event, Job, State};
use crate::types::{Credential, Outcome, UnixMillis};

/// So often it is tried when nothing was changed for sure.
const TRIES: usize = 5;
/// Pauses of [`super::Timing::retry`] between two tries: five minutes, and all of them fit before the sealed value
/// is erased.
const PAUSES: u32 = 150;
/// The value is kept for so long after its use was to be looked up.
const KEPT_FOR: Duration = Duration::from_secs(60 * 60);

const REPLACED: &str = "it was replaced by one that nobody knows";
const MAY_BE_REPLACED: &str = "it may have been replaced by one that nobody knows";
const NO_TRY_ANSWERED: &str = "it could not be replaced: no try was answered";

/// Until when a password that reaches its hand at `since` stays sealed; `None` when it does not.
pub(crate) fn kept_until(work: &Work, credential: Credential, since: UnixMillis) -> Option<UnixMillis> {
    let wanted = work.parts.rules.scramble && credential.is_password() && work.parts.reset.exchanges();
    wanted.then(|| looked_up_at(&work.parts.rules, since, None).plus(KEPT_FOR))
}

/// Seals it for so long, where its delivery ends. One that is erased by then is not replaced when nobody uses it;
/// the delivery itself stands all the same.
pub(crate) fn keep(work: &Work, job: &Job, since: UnixMillis) -> Option<Sealed> {
    let until = kept_until(work, job.credential, since)?;
    reset::reseal(work, job.generation, until).ok()
}

/// May a call of ours have replaced the password of `generation`, though nobody knows it? Then the register cannot
/// tell whether its owner used it: our own change looks the same.
pub(crate) fn may_have_replaced(work: &Work, generation: u32) -> bool {
    work.intents(IntentKind::Scramble, generation).any(|intent| match &intent.outcome {
        None | Some(Outcome::Uncertain { .. }) => true,
        Some(Outcome::Accepted { .. } | Outcome::Refused { .. } | Outcome::NotSent { .. }) => false,
    })
}

/// Does a ticket in this state keep its sealed password for that?
pub(crate) fn keeps(work: &Work, to: &State) -> bool {
    let credential = match to {
        State::Done { checked: false, credential, .. } => *credential,
        State::Revealed { job, .. } => job.credential,
        State::Done { checked: true, .. }
        | State::Requested { .. }
        | State::Sealed { .. }
        | State::Issuing { .. }
        | State::Applied { .. }
        | State::Sending { .. }
        | State::Sent { .. }
        | State::Offered { .. }
        | State::Asked
        | State::Technician { .. }
        | State::Filed
        | State::Observed
        | State::Coalesced { .. }
        | State::Held
        | State::Waiting { .. }
        | State::Closed { .. }
        | State::Merged { .. } => return false,
    };
    kept_until(work, credential, work.now()).is_some()
}

/// Nobody has used the password of `generation`: its ticket is opened, and before that it is replaced, if it
/// can be.
pub(crate) async fn unused(
    work: &mut Work,
    generation: u32,
    credential: Credential,
) -> Result<Flow, WorkError> {
    if let Some(left) = left_behind(work, generation) {
        let outcome = Outcome::Uncertain { cause: "the program was stopped during the call".to_owned() };
        let draft = Draft { end: Some((left, outcome)), ..Draft::default() };
        return work.commit_same(draft).await;
    }
    let may_have_replaced = may_have_replaced(work, generation);
    let old = match kept_until(work, credential, work.now()) {
        Some(_) => work.open_sealed(generation).ok(),
        None => None,
    };
    let Some(old) = old else {
        if may_have_replaced {
            return open(work, MAY_BE_REPLACED, None).await;
        }
        return work.commit(Event::Unused, Draft::default()).await;
    };
    if !work.lease_allows(work.parts.timing.directory) {
        return work.give_back(work.now()).await;
    }
    if work.intents(IntentKind::Scramble, generation).count() >= TRIES {
        let note = if may_have_replaced { MAY_BE_REPLACED } else { NO_TRY_ANSWERED };
        return open(work, note, None).await;
    }
    replace(work, generation, &old).await
}

/// A call that an earlier owner began. It compared, too, so another one does no harm beside it.
fn left_behind(work: &Work, generation: u32) -> Option<String> {
    let mut left = work.intents(IntentKind::Scramble, generation).filter(|i| i.outcome.is_none());
    left.find(|i| !work.begun_here(&i.key)).map(|i| i.key.clone())
}

async fn replace(work: &mut Work, generation: u32, old: &TemporaryPassword) -> Result<Flow, WorkError> {
    let number = work.intents(IntentKind::Scramble, generation).count() + 1;
    let intent = Intent {
        key: format!("n{}-scramble-{generation}-{number}", work.id().0),
        kind: IntentKind::Scramble,
        generation,
        gateway: String::new(),
        at: work.now(),
        outcome: None,
    };
    let key = intent.key.clone();
    match work.commit_same(Draft { begin: Some(intent), ..Draft::default() }).await? {
        Flow::On => {}
        flow @ (Flow::Stop | Flow::Busy(_) | Flow::AskedEnough(_)) => return Ok(flow),
    }
    // Nobody ever learns it, so it is neither sealed nor kept.
    let new = generate(&mut rand::rng(), work.parts.rules.password_length, &[]);
    let account = work.account()?;
    let asked = work.parts.reset.exchange(&account, old, &new);
    let outcome = tokio::time::timeout(work.parts.timing.directory, asked)
        .await
        .unwrap_or(Outcome::Uncertain { cause: "the directory did not answer in time".to_owned() });
    let end = Some((key, outcome.clone()));
    match outcome {
        Outcome::Accepted { .. } => open(work, REPLACED, end).await,
        Outcome::Refused { .. } => refused(work, generation, end).await,
        Outcome::NotSent { .. } | Outcome::Uncertain { .. } => {
            let due = Due::At(work.now().plus(work.parts.timing.retry.saturating_mul(PAUSES)));
            work.commit_same(Draft { end, due, ..Draft::default() }).await
        }
    }
}

/// The old one does not open the account any more, or may not be changed. After a call of which nobody knows
/// what it did, that may be our own doing, and the owner stands outside.
async fn refused(
    work: &mut Work,
    generation: u32,
    end: Option<(String, Outcome)>,
) -> Result<Flow, WorkError> {
    let earlier = |i: &&Intent| end.as_ref().is_none_or(|(key, _)| i.key != *key);
    let uncertain = |i: &Intent| matches!(i.outcome, Some(Outcome::Uncertain { .. }));
    if work.intents(IntentKind::Scramble, generation).filter(earlier).any(uncertain) {
        return open(work, MAY_BE_REPLACED, end).await;
    }
    let asked = super::step::was_used(work, generation, Credential::Password);
    match tokio::time::timeout(work.parts.timing.directory, asked).await {
        Ok(Ok(Used::Yes)) => work.commit(Event::UseKnown, Draft { end, ..Draft::default() }).await,
        Ok(Ok(Used::No) | Err(_)) | Err(_) => open(work, "it could not be replaced", end).await,
    }
}

/// Opens the ticket. An owner whose password was replaced, or may have been, is told, as of every change
/// (decisions, 8).
async fn open(
    work: &mut Work,
    note: &'static str,
    end: Option<(String, Outcome)>,
) -> Result<Flow, WorkError> {
    let mut draft = Draft { note: Some(note), end, ..Draft::default() };
    if note == REPLACED || note == MAY_BE_REPLACED {
        draft.messages.extend(super::step::owner_of_a_replaced_password(work).await);
    }
    work.commit(Event::Unused, draft).await
}
