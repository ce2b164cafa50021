//! The effect `IssuePass`. The directory makes a pass, so there is nothing to seal before: each try is a
//! generation of its own, and what was answered is sealed in the commit that says so, before anybody gets
//! it. An answer that was lost harms nobody: the old password still works, and the next pass ends the lost
//! one.

use super::facts;
use super::reset::{self, LEAST_TIME_LEFT};
use super::work::{Draft, Due, Flow, Work, WorkError};
use crate::decision::Automation;
use crate::directory::DirectoryError;
use crate::password::seal::{Binding, Sealed, seal};
use crate::password::{AccessPass, Used};
use crate::store::{Intent, IntentKind};
use crate::ticket::{Event, Hand, Job, PasswordFact, State, Way};
use crate::types::{AccountId, Outcome, Reason};

/// At most so many passes are asked for in one request.
const MAX_PASSES: u32 = 5;

/// The effect `IssuePass`.
pub(crate) async fn run(work: &mut Work) -> Result<Flow, WorkError> {
    let State::Issuing { job } = work.state() else { return Err(WorkError::Lacks("a pass to be issued")) };
    let job = job.clone();
    if let Some(flow) = reset::settle_interrupted(work, IntentKind::Pass, &job).await? {
        return Ok(flow);
    }
    if work.intents(IntentKind::Pass, job.generation).any(is_lost) {
        return next(work, &job, Draft::default()).await;
    }
    // Whoever takes the ticket on before its time: a press, a start of the program.
    let quiet_from = reset::quiet_from(work, IntentKind::Pass);
    if work.now() < quiet_from {
        return work.give_back(quiet_from).await;
    }
    if work.now() >= job.deadline.minus(LEAST_TIME_LEFT) {
        let event = Event::TimeOver { password: PasswordFact::NotChanged };
        return work.commit(event, Draft::default()).await;
    }
    // Somebody may have turned the switch meanwhile.
    if work.parts.automation().await? != Automation::On {
        return give_up(work, Reason::AutomationOff, Draft::default()).await;
    }
    if facts::is_frozen(&work.parts, &work.claim.ticket).await? {
        return give_up(work, Reason::AccountFrozen, Draft::default()).await;
    }
    // A pass that could not be sealed would end another for nothing.
    if work.parts.keyring.is_none() {
        return Err(WorkError::Lacks("a sealing key"));
    }
    // A gateway that failed may be probed.
    if !work.lease_allows(work.parts.timing.directory + work.parts.timing.gateway) {
        return reset::put_off(work, IntentKind::Pass, &job, "too little time was left for it", work.now())
            .await;
    }
    if !reset::has_a_way(work, &job).await {
        return reset::wait_for_a_way(work, IntentKind::Pass, &job).await;
    }
    let open = work.intents(IntentKind::Pass, job.generation).find(|i| i.outcome.is_none()).cloned();
    let intent = match open {
        // Committed a moment ago, by this very claim.
        Some(intent) => intent,
        None => {
            let intent = reset::intent(work, IntentKind::Pass, &job);
            let draft = Draft { begin: Some(intent.clone()), ..Draft::default() };
            match work.commit_same(draft).await? {
                Flow::On => intent,
                flow @ (Flow::Stop | Flow::Busy(_) | Flow::AskedEnough(_)) => return Ok(flow),
            }
        }
    };
    let issued = call(work, &work.account()?).await;
    after(work, &job, intent.key, issued).await
}

/// Does nobody know whether this call has issued a pass?
fn is_lost(intent: &Intent) -> bool {
    match &intent.outcome {
        Some(Outcome::Uncertain { .. } | Outcome::Accepted { .. }) => true,
        Some(Outcome::Refused { .. } | Outcome::NotSent { .. }) | None => false,
    }
}

async fn call(work: &Work, account: &AccountId) -> Result<AccessPass, Outcome> {
    let Some(passes) = &work.parts.passes else {
        let cause = "directory.graph.credential is no longer \"temporary-access-pass\"".to_owned();
        return Err(Outcome::Refused { cause });
    };
    tokio::time::timeout(work.parts.timing.directory, passes.issue(account)).await.unwrap_or_else(|_| {
        Err(Outcome::Uncertain { cause: "the directory did not answer in time".to_owned() })
    })
}

async fn after(
    work: &mut Work,
    job: &Job,
    key: String,
    issued: Result<AccessPass, Outcome>,
) -> Result<Flow, WorkError> {
    match issued {
        Ok(pass) => {
            let end = Some((key, Outcome::Accepted { reference: pass.id.clone() }));
            let draft = Draft { end, ..Draft::default() };
            if pass.valid_until < work.now().plus(LEAST_TIME_LEFT) {
                let note =
                    Some("the pass would end within minutes: raise the default lifetime in its policy");
                return give_up(work, Reason::ResetRefused, Draft { note, ..draft }).await;
            }
            if job.way == Way::Text && !fits_a_text(work, job, &pass) {
                return next(work, job, draft).await;
            }
            let sealed = Some(seal_issued(work, job, &pass)?);
            let event = Event::PassIssued { valid_until: pass.valid_until };
            work.commit(event, Draft { sealed, ..draft }).await
        }
        Err(outcome) => {
            let mut draft = Draft { end: Some((key, outcome.clone())), ..Draft::default() };
            match outcome {
                Outcome::Refused { .. } => give_up(work, Reason::ResetRefused, draft).await,
                Outcome::NotSent { .. } => {
                    let tries = work.intents(IntentKind::Pass, job.generation).count();
                    draft.due = Due::At(work.now().plus(reset::pause(work, tries)));
                    work.commit_same(draft).await
                }
                Outcome::Uncertain { .. } | Outcome::Accepted { .. } => next(work, job, draft).await,
            }
        }
    }
}

/// Entra ID may take any letter, and as many as its policy says; a text cannot.
fn fits_a_text(work: &Work, job: &Job, pass: &AccessPass) -> bool {
    let texts = &work.parts.texts;
    let made = match &job.hand {
        Hand::Requester => texts.access_pass(&pass.pass, pass.valid_until),
        // No name is longer in a text.
        Hand::Manager(_) | Hand::Chosen(_) => {
            texts.access_pass_for_manager(&"W".repeat(30), &pass.pass, pass.valid_until)
        }
    };
    made.is_ok()
}

/// The next pass, if there is still one to be asked for.
async fn next(work: &mut Work, job: &Job, draft: Draft) -> Result<Flow, WorkError> {
    if job.generation >= MAX_PASSES {
        return give_up(work, Reason::DirectoryFailed, draft).await;
    }
    work.commit(Event::PassLost { generation: job.generation + 1 }, draft).await
}

async fn give_up(work: &mut Work, reason: Reason, draft: Draft) -> Result<Flow, WorkError> {
    let draft = Draft { due: Due::Now, ..draft };
    work.commit(Event::ResetGivenUp { reason, password: PasswordFact::NotChanged }, draft).await
}

fn seal_issued(work: &Work, job: &Job, pass: &AccessPass) -> Result<Sealed, WorkError> {
    let keyring = work.parts.keyring.as_ref().ok_or(WorkError::Lacks("a sealing key"))?;
    let account = work.account()?;
    let binding = Binding {
        ticket: work.id().0,
        generation: job.generation,
        account: &account,
        expires_at: job.deadline.min(pass.valid_until),
    };
    seal(keyring, &mut rand::rng(), &pass.pass, &binding).map_err(|_| WorkError::Lacks("a seal"))
}

/// Was the pass of `generation` used?
///
/// # Errors
/// [`DirectoryError`]: nothing may be concluded.
pub(crate) async fn used(work: &Work, account: &AccountId, generation: u32) -> Result<Used, DirectoryError> {
    let mut answered = work.intents(IntentKind::Pass, generation).filter_map(|i| i.outcome.as_ref());
    let reference = answered.find_map(|outcome| match outcome {
        Outcome::Accepted { reference } => Some(reference),
        Outcome::Refused { .. } | Outcome::NotSent { .. } | Outcome::Uncertain { .. } => None,
    });
    match (&work.parts.passes, reference) {
        (Some(passes), Some(pass)) => passes.opened(account, pass).await,
        (None, _) | (_, None) => {
            Err(DirectoryError::Unavailable("nobody can be asked about passes any more".to_owned()))
        }
    }
}
