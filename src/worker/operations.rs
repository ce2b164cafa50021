//! What whoever runs the desk sees and turns: [`OperationsPort`] implements [`Operations`].

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use serde_json::json;

use self::at_end::{AtEnd, NO_ANSWER};
use self::probes::{Known, Looks};
use super::Parts;
use super::quarantine::{self, Retried};
use crate::decision::Automation;
use crate::directory::Census;
use crate::store::{AuditEntry, AuditFilter, AuditRow, Outage, Recorded, StoreError, Switch};
use crate::types::{StaffMember, TicketNumber, UnixMillis, mask_phones};
use crate::web::{
    AuditLine, AuditWish, ChainState, Coverage, FrozenAccount, Held, Lifted, Operations, OutageNow,
    PartHealth, ReadAgain, Setting, SwitchNow, Trial, Tried, Turned, Unavailable,
};

mod at_end;
mod coverage;
mod freezes;
mod probes;
mod trial;

pub use probes::Probe;

/// Letters of a reason.
const LONGEST_WHY: usize = 200;
/// Outages that a page shows.
const OUTAGES: u32 = 20;

/// What the port needs beside the desk's parts.
pub struct OperationsParts {
    /// Dependencies that the desk's parts do not hold, and how they are tried.
    pub probes: Vec<Arc<dyn Probe>>,
    /// Walks over everybody.
    pub census: Arc<dyn Census>,
    /// The configuration, value by value.
    pub settings: Vec<Setting>,
}

/// What whoever runs the desk sees and turns.
pub struct OperationsPort {
    parts: Arc<Parts>,
    own: OperationsParts,
    looks: Arc<Looks>,
    chain: Arc<Mutex<ChainState>>,
    coverage: Arc<Mutex<Coverage>>,
}

impl OperationsPort {
    /// The port over `parts`. Nothing is asked yet.
    #[must_use]
    pub fn new(parts: Arc<Parts>, own: OperationsParts) -> Self {
        let looks = Arc::new(Looks::over(&parts, &own.probes));
        let chain = Arc::new(Mutex::new(ChainState::Unknown));
        Self { parts, own, looks, chain, coverage: Arc::default() }
    }

    async fn note(&self, by: &StaffMember, event: &str, data: serde_json::Value) {
        if let Err(error) = self.parts.store.note(&entry(by, event, data), self.parts.now()).await {
            tracing::error!("{event} could not be written into the audit log: {error}");
        }
    }

    fn chain_now(&self) -> std::sync::MutexGuard<'_, ChainState> {
        self.chain.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

/// What somebody wrote beside what they did: no whole number of a phone, and no more than fits a line.
pub(crate) fn said(why: &str) -> String {
    mask_phones(why.trim()).chars().take(LONGEST_WHY).collect()
}

fn entry(by: &StaffMember, event: &str, data: serde_json::Value) -> AuditEntry {
    AuditEntry { actor: by.name.actor(), event: event.to_owned(), data: data.to_string() }
}

fn unavailable(doing: &'static str) -> impl Fn(StoreError) -> Unavailable {
    move |error| {
        tracing::error!("{doing}: {error}; nothing was changed");
        Unavailable
    }
}

fn code(automation: Automation) -> &'static str {
    match automation {
        Automation::On => "on",
        Automation::Observe => "observe",
        Automation::Off => "off",
    }
}

/// Where the switch stands.
pub(super) async fn switch_now(parts: &Parts) -> Result<SwitchNow, StoreError> {
    let turned = parts.store.switch(parts.now()).await?;
    let configured = parts.rules.automation;
    let automation = turned.as_ref().map_or(configured, |switch| switch.automation);
    Ok(SwitchNow {
        automation: code(automation).to_owned(),
        configured: code(configured).to_owned(),
        turned: turned.map(|Switch { why, by, at, until, .. }| Turned { by, at, why, until }),
    })
}

/// An outage as it is shown.
pub(super) fn outage_now(outage: Outage) -> OutageNow {
    let Outage { began_at, ended_at, why, begun_by } = outage;
    OutageNow { began_at, ended_at, why, by: begun_by }
}

fn line(row: AuditRow) -> AuditLine {
    let AuditRow { id, at, ticket, entry: AuditEntry { actor, event, data }, place, hash } = row;
    AuditLine { id, at, ticket, actor, event, data, place, hash }
}

/// Looks whether the chain is whole; a long one takes a while.
async fn look_at_chain(parts: &Parts) -> ChainState {
    use crate::store::ChainReport;
    let Some(keyring) = &parts.keyring else {
        return ChainState::Untold { why: "the sealing key cannot be read".to_owned() };
    };
    let report = parts.store.verify_audit(keyring).await;
    let at = parts.now();
    match report {
        Ok(ChainReport::Whole { sealed, head, .. }) => ChainState::Whole { rows: sealed, head, at },
        Ok(ChainReport::Broken { position, what }) => {
            tracing::error!(
                "the audit chain is broken at row {position}: {what}; change nothing, keep a copy"
            );
            ChainState::Broken { place: position, what, at }
        }
        Ok(ChainReport::KeyMissing { key_id }) => {
            ChainState::Untold { why: format!("rows were chained with key {key_id}, which is not at hand") }
        }
        Err(error) => ChainState::Untold { why: error.to_string() },
    }
}

#[async_trait]
impl Operations for OperationsPort {
    async fn health(&self) -> Vec<PartHealth> {
        self.looks.refresh(&self.parts);
        self.looks.all().into_iter().map(Known::health).collect()
    }

    async fn test(&self, part: &str) -> Option<PartHealth> {
        self.looks.now(part, &self.parts).await.map(Known::health)
    }

    async fn switch(&self) -> Result<SwitchNow, Unavailable> {
        switch_now(&self.parts).await.map_err(unavailable("the switch could not be read"))
    }

    async fn turn(
        &self,
        by: &StaffMember,
        to: &str,
        why: &str,
        until: Option<UnixMillis>,
    ) -> Result<bool, Unavailable> {
        let now = self.parts.now();
        let all = [Automation::On, Automation::Observe, Automation::Off];
        let Some(automation) = all.into_iter().find(|automation| code(*automation) == to) else {
            return Ok(false);
        };
        let why = said(why);
        if why.is_empty() || until.is_some_and(|until| until <= now) {
            return Ok(false);
        }
        let switch = Switch { automation, why: why.clone(), by: by.name.actor(), at: now, until };
        let data = json!({ "why": why, "until": until.map(crate::clock::rfc3339) });
        let audit = entry(by, &format!("automation.{to}"), data);
        let turned = self.parts.store.turn(&switch, audit).await;
        turned.map_err(unavailable("the switch could not be turned"))?;
        self.parts.wake.notify_one();
        Ok(true)
    }

    async fn frozen(&self) -> Result<Vec<FrozenAccount>, Unavailable> {
        freezes::list(&self.parts).await.map_err(unavailable("frozen accounts could not be listed"))
    }

    async fn unfreeze(
        &self,
        by: &StaffMember,
        whom: &str,
        seen: UnixMillis,
        why: &str,
    ) -> Result<Lifted, Unavailable> {
        let lifted = freezes::lift(&self.parts, by, whom, seen, &said(why)).await;
        lifted.map_err(unavailable("a freeze could not be lifted"))
    }

    async fn outages(&self) -> Result<Vec<OutageNow>, Unavailable> {
        let outages = self.parts.store.outages(OUTAGES).await;
        Ok(outages.map_err(unavailable("outages could not be listed"))?.into_iter().map(outage_now).collect())
    }

    async fn begin_outage(
        &self,
        by: &StaffMember,
        at: Option<UnixMillis>,
        why: &str,
    ) -> Result<bool, Unavailable> {
        let now = self.parts.now();
        let began_at = at.unwrap_or(now);
        if began_at > now {
            return Ok(false);
        }
        let why = said(why);
        let outage = Outage { began_at, ended_at: None, why: why.clone(), begun_by: by.name.actor() };
        let data = json!({ "at": crate::clock::rfc3339(began_at), "why": why });
        let begun = self.parts.store.begin_outage(&outage, &entry(by, "outage.begun", data), now).await;
        begun.map_err(unavailable("an outage could not be begun"))
    }

    async fn end_outage(&self, by: &StaffMember, at: Option<UnixMillis>) -> Result<bool, Unavailable> {
        let now = self.parts.now();
        let ended_at = at.unwrap_or(now);
        if ended_at > now {
            return Ok(false);
        }
        let data = json!({ "at": crate::clock::rfc3339(ended_at) });
        let ended = self.parts.store.end_outage(ended_at, &entry(by, "outage.ended", data), now).await;
        Ok(ended.map_err(unavailable("an outage could not be ended"))?.is_some())
    }

    async fn audit(&self, wish: &AuditWish, limit: u32) -> Result<Vec<AuditLine>, Unavailable> {
        let AuditWish { from, to, actor, event, ticket, before } = wish.clone();
        let filter = AuditFilter { from, to, actor, event, ticket, before };
        let rows = self.parts.store.audit_rows(&filter, limit).await;
        Ok(rows.map_err(unavailable("the audit log could not be read"))?.into_iter().map(line).collect())
    }

    async fn note_export(&self, by: &StaffMember, wish: &AuditWish, rows: usize) {
        let AuditWish { from, to, actor, event, ticket, .. } = wish;
        let at = |time: &Option<UnixMillis>| time.map(crate::clock::rfc3339);
        let data = json!({
            "rows": rows, "from": at(from), "to": at(to), "actor": actor, "event": event,
            "ticket": ticket.map(|number| number.to_string()),
        });
        self.note(by, "audit.exported", data).await;
    }

    async fn chain(&self) -> ChainState {
        self.chain_now().clone()
    }

    async fn verify(&self) {
        if std::mem::replace(&mut *self.chain_now(), ChainState::Looking) == ChainState::Looking {
            return;
        }
        let (parts, chain) = (Arc::clone(&self.parts), Arc::clone(&self.chain));
        tokio::spawn(async move {
            let _ends = AtEnd(|| {
                let mut chain = chain.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
                if *chain == ChainState::Looking {
                    *chain = ChainState::Untold { why: NO_ANSWER.to_owned() };
                }
            });
            let found = look_at_chain(&parts).await;
            *chain.lock().unwrap_or_else(std::sync::PoisonError::into_inner) = found;
        });
    }

    fn settings(&self) -> Vec<Setting> {
        self.own.settings.clone()
    }

    async fn trial(&self, by: &StaffMember, trial: Trial) -> Result<Tried, String> {
        self.note(by, "mail.tried", json!({})).await;
        trial::try_mail(&self.parts, trial).await
    }

    async fn quarantine(&self) -> Result<Vec<Held>, Unavailable> {
        let found = self.parts.store.quarantine(None).await;
        let found = found.map_err(unavailable("the quarantine could not be listed"))?;
        let held = |mail: crate::store::Quarantined| Held {
            ticket: mail.ticket.number,
            mailbox: mail.ticket.mailbox.clone(),
            at: mail.ticket.received_at,
            why: mail.ticket.trail.0.last().map(|line| line.evidence.clone()).unwrap_or_default(),
        };
        Ok(found.mails.into_iter().map(held).collect())
    }

    async fn read_again(&self, by: &StaffMember, number: TicketNumber) -> Result<ReadAgain, Unavailable> {
        let doing = "a mail in quarantine could not be read again";
        let found = self.parts.store.quarantine(Some(number)).await.map_err(unavailable(doing))?;
        let Some(mail) = found.mails.into_iter().next() else { return Ok(ReadAgain::Gone) };
        let retried = quarantine::retry(&self.parts.rereading(), &mail, &by.name.actor()).await;
        self.parts.wake.notify_one();
        Ok(match retried.map_err(unavailable(doing))? {
            Retried::Unreadable(why) => ReadAgain::Still(why),
            Retried::Partial => ReadAgain::Partial,
            Retried::Gone => ReadAgain::Gone,
            Retried::LetOut(recorded) => ReadAgain::Read(number_of(&recorded).unwrap_or(number)),
        })
    }

    async fn coverage(&self) -> Coverage {
        coverage::now(&self.coverage)
    }

    async fn look_up_coverage(&self, by: &StaffMember) {
        if coverage::begin(&self.coverage, &self.parts, Arc::clone(&self.own.census)) {
            self.note(by, "coverage.looked-up", json!({})).await;
        }
    }
}

/// The ticket that a mail let out of quarantine belongs to, where it says so.
fn number_of(recorded: &Recorded) -> Option<TicketNumber> {
    match recorded {
        Recorded::Made(_, number) | Recorded::Joined(_, number) | Recorded::Duplicate(_, number) => {
            Some(*number)
        }
        Recorded::Known => None,
    }
}
