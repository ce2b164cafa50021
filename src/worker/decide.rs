//! The effect `Decide`: read the ticket's mails, ask the directory, decide, and commit what
//! follows in one transaction.

use std::time::Duration;

use super::Rules;
use super::limits;
use super::links;
use super::looked::{Looked, account_of, look, managers_of};
use super::offer;
use super::reads::{self, Together};
use super::reset;
use super::work::{Draft, Due, Flow, Work, WorkError};
use crate::decision::{Automation, Decided, Decision, Handover, Question, decide};
use crate::directory::{Account, Manager};
use crate::mail::Sender;
use crate::request::Reading;
use crate::store::{Addressee, Enough, MessageKind, NewMessage};
use crate::ticket::{Event, Fate, Hand, Plan, State, Way};
use crate::types::{Check, Credential, History, Order, Reason, Trail, UnixMillis};

/// Between two looks of a request that waits.
const LONGEST_PAUSE: Duration = Duration::from_secs(60);

/// A decision about what needs no directory.
pub(crate) fn without_facts(
    rules: &Rules,
    automation: Automation,
    together: &Together,
    now: UnixMillis,
) -> Decided {
    decide(&Question {
        reading: &together.reading,
        sender: &together.sender,
        received_at: together.received_at,
        delay: together.delay,
        wants_no_answer: together.wants_no_answer,
        facts: None,
        history: &History::default(),
        automation,
        policy: &rules.policy,
        asked_before: false,
        // What is settled without facts is settled without the link as well.
        link: None,
        order: None,
        chosen: None,
        deliverable: Ok(()),
        texts: Ok(()),
        now,
    })
}

/// The plan for a decision that sets no password; `None` for one that does, or asks.
pub(crate) fn plan_at_rest(decision: &Decision, automation: Automation) -> Option<(Plan, Option<Reason>)> {
    if automation == Automation::Observe {
        let (fate, reason) = would_be(decision);
        return Some((Plan::Observe(fate), reason));
    }
    match decision {
        Decision::HandToTechnician { reason, .. } => Some((Plan::Technician, Some(*reason))),
        Decision::File => Some((Plan::File, None)),
        Decision::TextRequester { .. }
        | Decision::OfferManager { .. }
        | Decision::Merge { .. }
        | Decision::AskForDetails => None,
    }
}

/// What would become of the ticket, for the page and for `explain`.
pub(crate) fn would_be(decision: &Decision) -> (Fate, Option<Reason>) {
    match decision {
        Decision::TextRequester { .. } => (Fate::Sms, None),
        Decision::OfferManager { reason, .. } => (Fate::Manager, Some(*reason)),
        Decision::Merge { .. } => (Fate::Merged, None),
        Decision::AskForDetails => (Fate::Asked, Some(Reason::FieldsMissing)),
        Decision::HandToTechnician { reason, .. } => (Fate::Technician, Some(*reason)),
        Decision::File => (Fate::Filed, None),
    }
}

/// The trail of a decision, behind what people have decided.
fn after_people(work: &Work, decided: &Trail) -> Trail {
    let mut trail = work.claim.ticket.trail.clone();
    trail.0.retain(|line| line.check == Check::Person);
    trail.0.extend(decided.0.iter().cloned());
    trail
}

/// The effect `Decide`.
pub(crate) async fn run(work: &mut Work) -> Result<Flow, WorkError> {
    let parts = std::sync::Arc::clone(&work.parts);
    // A gateway that failed may be probed.
    if !work.lease_allows(parts.timing.directory + parts.timing.gateway) {
        return work.give_back(work.now()).await;
    }
    let together = read_mails(work).await?;
    let automation = mode(work.claim.ticket.observed, parts.automation().await?);
    let (asked_before, link) = (work.claim.ticket.asked_before, work.claim.ticket.link);
    let order = work.state().order().cloned();
    let lifted_at = work.claim.ticket.freeze_lifted_at;
    let looked = look(&parts, together, automation, asked_before, link, order.as_ref(), lifted_at).await?;
    act(work, looked, automation, order.as_ref()).await
}

/// What came while the automation observed lies in the inbox, where people work by hand: it is never
/// acted on later. What came before is with us alone, so somebody must see it.
fn mode(came_observed: bool, now: Automation) -> Automation {
    match (came_observed, now) {
        (true, _) => Automation::Observe,
        (false, Automation::Observe) => Automation::Off,
        (false, Automation::On | Automation::Off) => now,
    }
}

async fn read_mails(work: &Work) -> Result<Together, WorkError> {
    let rules = &work.parts.rules;
    let received_at = work.claim.ticket.received_at;
    let Some(mails) = work.parts.store.mails_of(work.id(), reads::READ_TOGETHER).await? else {
        return Ok(Together::unread(Reading::Ambiguous { why: reads::TOO_MANY.to_owned() }, received_at));
    };
    let (authentications, domains) = (rules.authentications.clone(), rules.own_domains.clone());
    let reading =
        tokio::task::spawn_blocking(move || reads::read_together(&mails, &authentications, &domains));
    let read = reading.await.ok().flatten();
    Ok(read.unwrap_or_else(|| Together::unread(Reading::General, received_at)))
}

async fn act(
    work: &mut Work,
    looked: Looked,
    automation: Automation,
    order: Option<&Order>,
) -> Result<Flow, WorkError> {
    if automation != Automation::Observe && must_wait(&looked.decided.decision) {
        let now = work.now();
        let since =
            if let State::Requested { waiting_since: Some(since), .. } = work.state() { *since } else { now };
        // What lies ahead was written before the clock was set back: nobody would hear of it until then.
        let since = since.min(now);
        if now.since(since) < work.parts.timing.patience {
            let plan = Plan::Wait { since };
            let pause = pause(work.parts.timing.retry.saturating_mul(4), now.since(since));
            let messages =
                if looked.texts_are_used_up { work.parts.rules.texts_used_up() } else { Vec::new() };
            let draft = Draft { due: Due::At(now.plus(pause)), messages, ..Draft::default() };
            return work.commit(Event::Decided { plan, reason: None }, draft).await;
        }
    }
    let account = looked.facts.as_ref().and_then(account_of).cloned();
    let trail = after_people(work, &looked.decided.trail);
    let mut draft = Draft { trail: Some(trail), ..Draft::default() };
    draft.account = account.as_ref().map(|a| (a.id.clone(), a.username.clone()));
    let known_before = work.claim.ticket.account.is_some();
    draft.started = limits::started(&looked, account.as_ref(), order, known_before);
    draft.limits =
        order.zip(account.as_ref()).map(|(order, account)| work.parts.rules.limits_under(order, &account.id));
    if let Some((plan, reason)) = plan_at_rest(&looked.decided.decision, automation) {
        if automation == Automation::Observe {
            draft.started = None;
        }
        draft.pause = limits::breaker(&work.parts, automation, reason, looked.desk_is_over);
        return work.commit(Event::Decided { plan, reason }, draft).await;
    }
    let as_decided = draft.merged();
    match begin(work, draft, &looked, account, order).await? {
        // Another request for the account was faster by a moment.
        Flow::Busy(into) => match order {
            None => work.commit(Event::Coalesced { into }, as_decided).await,
            Some(order) => {
                let note = Some("another request for the account is under way by now");
                let event = Event::Decided { plan: Plan::Technician, reason: Some(order.because) };
                work.commit(event, Draft { note, ..as_decided }).await
            }
        },
        Flow::AskedEnough(enough) => {
            let event = Event::Decided { plan: Plan::Technician, reason: Some(Reason::FieldsMissing) };
            work.commit(event, Draft { note: Some(asked_enough(enough)), ..as_decided }).await
        }
        flow @ (Flow::On | Flow::Stop) => Ok(flow),
    }
}

/// Begins what was decided: a question, a delivery, or nothing beside another one.
async fn begin(
    work: &mut Work,
    mut draft: Draft,
    looked: &Looked,
    account: Option<Account>,
    order: Option<&Order>,
) -> Result<Flow, WorkError> {
    match (&looked.decided.decision, account) {
        (Decision::AskForDetails, _) => ask(work, draft, &looked.together.sender).await,
        (Decision::Merge { into }, _) => work.commit(Event::Coalesced { into: *into }, draft).await,
        (Decision::TextRequester { handover, .. }, Some(account)) => {
            hand_over(work, draft, &account, Hand::Requester, *handover, None, &[]).await
        }
        (Decision::OfferManager { manager, handover, reason, .. }, Some(account)) => {
            draft.messages.extend(offer::owner_warning(work, &account));
            let id = manager.clone();
            let hand = match order.and_then(Order::chosen) {
                Some(_) => Hand::Chosen(id),
                None => Hand::Manager(id),
            };
            let managers = managers_of(looked);
            hand_over(work, draft, &account, hand, *handover, Some(*reason), &managers).await
        }
        (Decision::TextRequester { .. } | Decision::OfferManager { .. }, None)
        | (Decision::HandToTechnician { .. } | Decision::File, _) => {
            Err(WorkError::Lacks("a plan for its decision"))
        }
    }
}

/// A directory that has not answered for long, or texts that are used up, are not asked for every few seconds.
fn pause(shortest: Duration, waited: Duration) -> Duration {
    (waited / 8).min(LONGEST_PAUSE).max(shortest)
}

fn must_wait(decision: &Decision) -> bool {
    match decision {
        Decision::HandToTechnician { wait_first, .. } => *wait_first,
        Decision::TextRequester { .. }
        | Decision::OfferManager { .. }
        | Decision::Merge { .. }
        | Decision::AskForDetails
        | Decision::File => false,
    }
}

/// Whoever got a question within the hour, or three within the day, is not asked by a machine again: it
/// may be another machine that answers.
fn asked_enough(enough: Enough) -> &'static str {
    match enough {
        Enough::OneInTheHour => {
            "not asked after all: the writer got such a question within the last hour, in another ticket"
        }
        Enough::ThreeInTheDay => {
            "not asked after all: the writer got three such questions within the last day, in other tickets, and \
             nobody has acted on any of the writer's tickets since"
        }
    }
}

async fn ask(work: &mut Work, mut draft: Draft, sender: &Sender) -> Result<Flow, WorkError> {
    let to = sender.address.clone().ok_or(WorkError::Lacks("an address to ask"))?;
    draft.messages.push(NewMessage {
        kind: MessageKind::AskForDetails,
        to: Addressee::Mail(to),
        values: "{}".to_owned(),
    });
    draft.asked = true;
    let reason = Some(Reason::FieldsMissing);
    work.commit(Event::Decided { plan: Plan::Ask, reason }, draft).await
}

/// Begins the delivery: a sealed password whose reset is intended in the same commit, or an offer.
async fn hand_over(
    work: &mut Work,
    mut draft: Draft,
    account: &Account,
    hand: Hand,
    handover: Handover,
    reason: Option<Reason>,
    managers: &[Manager],
) -> Result<Flow, WorkError> {
    let plan = match handover {
        Handover::Link => {
            let offer = offer::make(work, hand, None, managers)?;
            draft.messages.extend(links::mails(work, account, &offer, managers));
            draft.pickup_hash = Some(offer::token(&work.parts, work.id(), &offer)?.hash());
            Plan::Offer(offer)
        }
        Handover::Password => {
            let deadline = work.now().plus(work.parts.rules.deadline);
            let job = reset::new_job(work, account, hand, Way::Text, deadline);
            reset::begin(work, &job, account, &mut draft)?;
            match job.credential {
                Credential::Password => Plan::Seal(job),
                Credential::TemporaryAccessPass => Plan::Issue(job),
            }
        }
    };
    work.commit(Event::Decided { plan, reason }, draft).await
}

/// Names of an account that no part of its password may hold.
pub(crate) fn names_of(account: &Account) -> Vec<&str> {
    let mut names = vec![account.name.as_str(), account.username.as_str()];
    names.extend(account.aliases.iter().map(crate::types::Username::as_str));
    names
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::directory::{Privilege, Standing};
    use crate::types::{AccountId, Username};

    #[test]
    fn what_waits_for_long_is_looked_at_each_minute() {
        let seconds = Duration::from_secs;
        for (waited, expected) in [(0, 8), (60, 8), (240, 30), (1800, 60)] {
            assert_eq!(pause(seconds(8), seconds(waited)), seconds(expected), "{waited}");
        }
        assert_eq!(pause(seconds(90), seconds(1800)), seconds(90), "never sooner than at first");
    }

    #[test]
    fn no_name_of_an_account_is_left_out() {
        let username = |text: &str| Username::parse(text).unwrap();
        let account = Account {
            id: AccountId::new("a-anna"),
            username: username("anna.andersson@kommun.example"),
            aliases: vec![username("annand12"), username("anna.berg@kommun.example")],
            name: "Anna Andersson".to_owned(),
            mail: None,
            unit: String::new(),
            standing: Standing::Open,
            groups: Vec::new(),
            privilege: Privilege::Ordinary,
            phones: Vec::new(),
            credential: Credential::Password,
        };
        let all = ["Anna Andersson", "anna.andersson@kommun.example", "annand12", "anna.berg@kommun.example"];
        assert_eq!(names_of(&account), all);
    }
}
