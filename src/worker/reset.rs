//! The effect `SetPassword`: the sealed value is set; after an uncertain answer the same value is
//! set again, and only a definite refusal of the value makes a new one.

use std::time::Duration;

use super::breaker;
use super::decide::names_of;
use super::facts;
use super::work::{Draft, Due, Flow, Work, WorkError};
use crate::decision::Automation;
use crate::directory::{Account, Facts, Lookup, Who};
use crate::password::generate::generate;
use crate::password::seal::{Binding, Sealed, seal};
use crate::password::words::phrase;
use crate::password::{TemporaryPassword, ValueRefused};
use crate::store::{Intent, IntentKind};
use crate::ticket::{Event, Hand, Job, PasswordFact, State, Way};
use crate::types::{Credential, Outcome, Reason, UnixMillis};

/// At most this many resets of one generation (I10).
const MAX_RESETS: usize = 5;
/// Nothing is begun with less time left before the deadline (workflow.md): the text needs it.
pub(crate) const LEAST_TIME_LEFT: Duration = Duration::from_secs(10 * 60);
/// At most this many values for one request.
const MAX_GENERATIONS: u32 = 3;

/// A job that begins: the first of its ticket, or the one after those that came to nothing.
pub(crate) fn new_job(work: &Work, account: &Account, hand: Hand, way: Way, deadline: UnixMillis) -> Job {
    let before = work.claim.intents.iter().filter(|i| matches!(i.kind, IntentKind::Set | IntentKind::Pass));
    let generation = before.map(|intent| intent.generation).max().unwrap_or(0) + 1;
    // What was before goes along with the ticket's state.
    let before = PasswordFact::NotChanged;
    Job { generation, credential: account.credential, valid_until: None, hand, way, deadline, before }
}

/// What the commit that begins `job` carries: the intent, and a password, sealed. There is no pass yet.
pub(crate) fn begin(work: &Work, job: &Job, account: &Account, draft: &mut Draft) -> Result<(), WorkError> {
    let kind = match job.credential {
        Credential::Password => {
            draft.sealed = Some(seal_new(work, job, account)?);
            IntentKind::Set
        }
        Credential::TemporaryAccessPass => IntentKind::Pass,
    };
    draft.begin = Some(intent(work, kind, job));
    Ok(())
}

/// Makes a password for `job` and seals it.
fn seal_new(work: &Work, job: &Job, account: &Account) -> Result<Sealed, WorkError> {
    let keyring = work.parts.keyring.as_ref().ok_or(WorkError::Lacks("a sealing key"))?;
    let mut rng = rand::rng();
    let (rules, names) = (&work.parts.rules, names_of(account));
    // Words would be cut, wrapped and counted otherwise in a text: only a page shows them.
    let words = match job.way {
        Way::Page { .. } => rules.page_words,
        Way::Text => None,
    };
    let password = match words {
        Some(words) => phrase(&mut rng, words, &names),
        None => generate(&mut rng, rules.password_length, &names),
    };
    let binding = Binding {
        ticket: work.id().0,
        generation: job.generation,
        account: &account.id,
        expires_at: job.deadline,
    };
    seal(keyring, &mut rng, &password, &binding).map_err(|_| WorkError::Lacks("a seal"))
}

/// The same password under another expiry.
pub(crate) fn reseal(work: &Work, generation: u32, expires_at: UnixMillis) -> Result<Sealed, WorkError> {
    let keyring = work.parts.keyring.as_ref().ok_or(WorkError::Lacks("a sealing key"))?;
    let password = work.open_sealed(generation)?;
    let account = work.account()?;
    let binding = Binding { ticket: work.id().0, generation, account: &account, expires_at };
    seal(keyring, &mut rand::rng(), &password, &binding).map_err(|_| WorkError::Lacks("a seal"))
}

/// The intent of the next call of `kind` for `job`.
pub(crate) fn intent(work: &Work, kind: IntentKind, job: &Job) -> Intent {
    let number = work.intents(kind, job.generation).count() + 1;
    Intent {
        key: format!("n{}-{}-{}-{number}", work.id().0, kind.code(), job.generation),
        kind,
        generation: job.generation,
        gateway: String::new(),
        at: work.now(),
        outcome: None,
    }
}

/// The effect `SetPassword`.
pub(crate) async fn run(work: &mut Work) -> Result<Flow, WorkError> {
    let State::Sealed { job } = work.state() else { return Err(WorkError::Lacks("a sealed job")) };
    let job = job.clone();
    if let Some(flow) = settle_interrupted(work, IntentKind::Set, &job).await? {
        return Ok(flow);
    }
    let password = what_is_known(work);
    let nothing_begun = !may_have_set(work, job.generation);
    // People may have ordered another one after a call of unknown outcome.
    let quiet_from = quiet_from(work, IntentKind::Set);
    if nothing_begun && work.now() < quiet_from {
        return put_off(work, IntentKind::Set, &job, "an earlier call may still be under way", quiet_from)
            .await;
    }
    let last_moment = if nothing_begun { job.deadline.minus(LEAST_TIME_LEFT) } else { job.deadline };
    if work.now() >= last_moment {
        let probed = nothing_begun && work.lease_allows(work.parts.timing.gateway);
        if probed && !has_a_way(work, &job).await {
            return wait_for_a_way(work, IntentKind::Set, &job).await;
        }
        return work.commit(Event::TimeOver { password }, Draft::default()).await;
    }
    // Somebody may have turned the switch meanwhile; what was begun is brought to its end.
    if nothing_begun && work.parts.automation().await? != Automation::On {
        let event = Event::ResetGivenUp { reason: Reason::AutomationOff, password };
        return work.commit(event, Draft::default()).await;
    }
    if nothing_begun && facts::is_frozen(&work.parts, &work.claim.ticket).await? {
        let event = Event::ResetGivenUp { reason: Reason::AccountFrozen, password };
        return work.commit(event, Draft::default()).await;
    }
    // A gateway that failed may be probed.
    if !work.lease_allows(work.parts.timing.directory + work.parts.timing.gateway) {
        return put_off(work, IntentKind::Set, &job, "too little time was left for it", work.now()).await;
    }
    if nothing_begun && !has_a_way(work, &job).await {
        return wait_for_a_way(work, IntentKind::Set, &job).await;
    }
    // Without it there is nothing to intend.
    let value = work.open_sealed(job.generation)?;
    let open = work.intents(IntentKind::Set, job.generation).find(|i| i.outcome.is_none()).cloned();
    let intent = match open {
        // Committed a moment ago, by this very claim.
        Some(intent) => intent,
        None if work.intents(IntentKind::Set, job.generation).filter(may_have_left).count() >= MAX_RESETS => {
            let event = Event::ResetGivenUp { reason: Reason::ResetUncertain, password };
            return work.commit(event, Draft::default()).await;
        }
        None => {
            let intent = intent(work, IntentKind::Set, &job);
            let draft = Draft { begin: Some(intent.clone()), ..Draft::default() };
            match work.commit_same(draft).await? {
                Flow::On => intent,
                flow @ (Flow::Stop | Flow::Busy(_) | Flow::AskedEnough(_)) => return Ok(flow),
            }
        }
    };
    let answered = call(work, &value).await?;
    after(work, &job, intent.key, answered).await
}

/// Before anything is changed a way to its hand is known (workflow.md). A page needs no gateway.
pub(crate) async fn has_a_way(work: &Work, job: &Job) -> bool {
    match job.way {
        Way::Text => breaker::any_closed(&work.parts).await,
        Way::Page { .. } => true,
    }
}

/// No gateway can be reached: nothing is changed until one can, and at the last moment a technician hears that
/// nothing was.
pub(crate) async fn wait_for_a_way(work: &mut Work, kind: IntentKind, job: &Job) -> Result<Flow, WorkError> {
    let cause = "no SMS gateway can be reached";
    let again = work.now().plus(work.parts.timing.retry.saturating_mul(4));
    if again < job.deadline.minus(LEAST_TIME_LEFT) {
        return put_off(work, kind, job, cause, again).await;
    }
    let end = not_called(work, kind, job, cause);
    let event = Event::ResetGivenUp { reason: Reason::DeliveryFailed, password: PasswordFact::NotChanged };
    work.commit(event, Draft { end, ..Draft::default() }).await
}

/// Puts a call off that was intended under this claim: whoever comes next must not take it for one that was
/// broken off.
pub(crate) async fn put_off(
    work: &mut Work,
    kind: IntentKind,
    job: &Job,
    why: &str,
    again: UnixMillis,
) -> Result<Flow, WorkError> {
    match not_called(work, kind, job, why) {
        end @ Some(_) => work.commit_same(Draft { end, due: Due::At(again), ..Draft::default() }).await,
        None => work.give_back(again).await,
    }
}

fn not_called(work: &Work, kind: IntentKind, job: &Job, why: &str) -> Option<(String, Outcome)> {
    let open = work.intents(kind, job.generation).find(|i| i.outcome.is_none() && work.begun_here(&i.key))?;
    Some((open.key.clone(), Outcome::NotSent { cause: format!("the call was not made: {why}") }))
}

/// From when on no lost call can come through any more: it would take the place of
/// what somebody has by then.
pub(crate) fn quiet_from(work: &Work, kind: IntentKind) -> UnixMillis {
    let timing = work.parts.timing;
    let calls = work.claim.intents.iter().filter(|i| i.kind == kind);
    let lost = calls.filter(|i| matches!(i.outcome, Some(Outcome::Uncertain { .. }))).map(|i| i.at);
    // One that lies ahead was noted before the clock was set back: how long ago, nobody can tell.
    let lost = lost.filter(|at| *at <= work.now()).max();
    lost.map_or(UnixMillis(0), |at| at.plus(timing.directory + timing.quiesce))
}

/// An intent without outcome that an earlier owner left behind: its call may still be under way,
/// so nothing is set or issued before the old lease has ended and some time has passed.
pub(crate) async fn settle_interrupted(
    work: &mut Work,
    kind: IntentKind,
    job: &Job,
) -> Result<Option<Flow>, WorkError> {
    let left =
        work.intents(kind, job.generation).find(|i| i.outcome.is_none() && !work.begun_here(&i.key)).cloned();
    let Some(Intent { key, at, .. }) = left else { return Ok(None) };
    let timing = work.parts.timing;
    let now = work.now();
    let quiet_from = match work.claim.previous_lease_end {
        // Its owner's lease began before it; after a clock that was set back, one whole wait from now.
        Some(end) => end.plus(timing.quiesce).min(now.plus(timing.lease + timing.quiesce)),
        // Given back since, so that wait was begun; noted before the clock was set back, it has no other end.
        None if at > now => now,
        None => at.plus(timing.lease + timing.quiesce),
    };
    if now < quiet_from {
        return Ok(Some(work.give_back(quiet_from).await?));
    }
    let outcome = Outcome::Uncertain { cause: "the program was stopped during the call".to_owned() };
    let draft = Draft { end: Some((key, outcome)), ..Draft::default() };
    match work.commit_same(draft).await? {
        Flow::On => Ok(None),
        flow @ (Flow::Stop | Flow::Busy(_) | Flow::AskedEnough(_)) => Ok(Some(flow)),
    }
}

/// Does it count towards [`MAX_RESETS`]? A call that surely did not leave does not.
fn may_have_left(intent: &&Intent) -> bool {
    !matches!(intent.outcome, Some(Outcome::NotSent { .. }))
}

/// What came of a call: an outcome, or the word that another value may do.
type Answered = Result<Outcome, ValueRefused>;

async fn call(work: &Work, value: &TemporaryPassword) -> Result<Answered, WorkError> {
    let account = work.account()?;
    let set = work.parts.reset.set(&account, value);
    Ok(tokio::time::timeout(work.parts.timing.directory, set)
        .await
        .unwrap_or(Ok(Outcome::Uncertain { cause: "the directory did not answer in time".to_owned() })))
}

async fn after(work: &mut Work, job: &Job, key: String, answered: Answered) -> Result<Flow, WorkError> {
    let another_may_do = answered.is_err() && job.generation < MAX_GENERATIONS;
    let outcome = answered.unwrap_or_else(|ValueRefused(cause)| Outcome::Refused { cause });
    let mut draft = Draft { end: Some((key, outcome.clone())), ..Draft::default() };
    match outcome {
        Outcome::Accepted { .. } => work.commit(Event::PasswordSet, draft).await,
        Outcome::Refused { .. } if another_may_do => {
            let next = Job { generation: job.generation + 1, ..job.clone() };
            match account_now(work).await? {
                Some(account) => {
                    draft.sealed = Some(seal_new(work, &next, &account)?);
                    work.commit(Event::ValueRefused { generation: next.generation }, draft).await
                }
                None => give_up(work, draft).await,
            }
        }
        Outcome::Refused { .. } => give_up(work, draft).await,
        Outcome::NotSent { .. } | Outcome::Uncertain { .. } => {
            let tries = work.intents(IntentKind::Set, job.generation).count();
            draft.due = Due::At(work.now().plus(pause(work, tries)));
            work.commit_same(draft).await
        }
    }
}

/// How long to wait after so many tries.
pub(crate) fn pause(work: &Work, tries: usize) -> Duration {
    let pause = work.parts.timing.retry.saturating_mul(u32::try_from(tries).unwrap_or(1));
    pause.min(Duration::from_secs(300))
}

async fn give_up(work: &mut Work, draft: Draft) -> Result<Flow, WorkError> {
    let password = what_is_known(work);
    work.commit(Event::ResetGivenUp { reason: Reason::ResetRefused, password }, draft).await
}

async fn account_now(work: &Work) -> Result<Option<Account>, WorkError> {
    let facts = facts::read(&work.parts, &Who::Id(work.account()?)).await;
    Ok(match facts {
        Ok(Facts { lookup: Lookup::One(account), .. }) => Some(*account),
        Ok(Facts { lookup: Lookup::Nobody | Lookup::Several, .. }) | Err(_) => None,
    })
}

/// Not changed, as long as every call was surely refused or never left.
fn what_is_known(work: &Work) -> PasswordFact {
    let mut sets = work.claim.intents.iter().filter(|i| i.kind == IntentKind::Set);
    let uncertain = sets.any(|intent| may_have_come_through(work, intent));
    if uncertain { PasswordFact::MayHaveChanged } else { PasswordFact::NotChanged }
}

/// May the value of this generation be the account's by now?
fn may_have_set(work: &Work, generation: u32) -> bool {
    work.intents(IntentKind::Set, generation).any(|intent| may_have_come_through(work, intent))
}

fn may_have_come_through(work: &Work, intent: &Intent) -> bool {
    match &intent.outcome {
        // One of this claim has been answered, or was not called: its commit is under way.
        None => !work.begun_here(&intent.key),
        Some(Outcome::Uncertain { .. } | Outcome::Accepted { .. }) => true,
        Some(Outcome::Refused { .. } | Outcome::NotSent { .. }) => false,
    }
}
