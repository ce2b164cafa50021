//! A claimed ticket in the worker's hands: its commits, its lease, and what every commit has to
//! keep true.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::json;

use super::Parts;
pub(crate) use super::draft::{Draft, Due};
use crate::password::TemporaryPassword;
use crate::password::seal::{Binding, open};
use crate::store::{
    AuditEntry, Claim, Committed, Enough, Freeze, Intent, IntentChange, IntentKind, MACHINE, SealedChange,
    Started, Step, StoreError,
};
use crate::ticket::{Event, Illegal, Move, PasswordFact, State, TicketId};
use crate::types::{AccountId, Check, CheckResult, Limits, Outcome, Trail, UnixMillis, Username};

/// Why work on a ticket ended.
#[derive(Debug, thiserror::Error)]
pub(crate) enum WorkError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Illegal(#[from] Illegal),
    #[error("the ticket lacks {0}; nothing was changed")]
    Lacks(&'static str),
    #[error("the text cannot be made: {0}")]
    Text(String),
}

/// What to do after a commit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Flow {
    /// Go on with the next effect.
    On,
    /// The ticket is given back, at rest, or somebody else's.
    Stop,
    /// The account has another live ticket.
    Busy(crate::types::TicketNumber),
    /// The writer was asked often enough.
    AskedEnough(Enough),
}

/// A claimed ticket.
pub(crate) struct Work {
    pub(crate) parts: Arc<Parts>,
    pub(crate) claim: Claim,
    taken: Instant,
    /// False once a commit has given the lease back.
    held: bool,
    /// Keys of the intents that this very claim has begun.
    begun: HashSet<String>,
}

impl Work {
    /// `taken` lies before the claim was asked for, so that the lease is never thought longer than it is.
    pub(crate) fn new(parts: Arc<Parts>, claim: Claim, taken: Instant) -> Self {
        Self { parts, claim, taken, held: true, begun: HashSet::new() }
    }

    pub(crate) fn id(&self) -> TicketId {
        self.claim.ticket.id
    }

    pub(crate) fn state(&self) -> &State {
        &self.claim.ticket.state
    }

    pub(crate) fn now(&self) -> UnixMillis {
        self.parts.now()
    }

    pub(crate) fn account(&self) -> Result<AccountId, WorkError> {
        self.claim.ticket.account.clone().ok_or(WorkError::Lacks("an account"))
    }

    /// May an outside call of at most `limit` start under this lease?
    pub(crate) fn lease_allows(&self, limit: Duration) -> bool {
        self.parts.lease_allows(self.taken, limit)
    }

    /// Gives the ticket back without a change, unless a commit has done so already and said when it
    /// is due again.
    pub(crate) async fn give_back(&mut self, due_at: UnixMillis) -> Result<Flow, WorkError> {
        if std::mem::take(&mut self.held) {
            self.parts.store.release(self.id(), self.claim.fence, due_at).await?;
        }
        Ok(Flow::Stop)
    }

    /// Gives back a ticket that wants nothing.
    pub(crate) async fn rest(&mut self) -> Result<(), WorkError> {
        self.held = false;
        Ok(self.parts.store.rest(self.id(), self.claim.fence).await?)
    }

    /// Commits `event` with everything it means: the state, the intent, the audit rows. Whatever
    /// ends a request erases its sealed password in the same transaction.
    pub(crate) async fn commit(&mut self, event: Event, mut draft: Draft) -> Result<Flow, WorkError> {
        let name = event.name();
        let closed = super::left::closed(self, &event).await?;
        let moved = self.state().on(event)?;
        if moved.to.name() != self.state().name() && self.end_left_intents(&draft).await? != Flow::On {
            return Ok(Flow::Stop);
        }
        if self.ends_unreceived(&moved.to) {
            draft.messages.extend(super::step::owner_of_a_changed_password(self).await);
        }
        draft.messages.extend(closed.filter(|_| !moved.to.live()));
        self.write(Some(name), moved, draft).await
    }

    /// Nobody will come back to an intent whose state is left, and every effect has its outcome in
    /// the audit log (I17): a link may be used before the gateway's answer to its text was kept.
    async fn end_left_intents(&mut self, draft: &Draft) -> Result<Flow, WorkError> {
        let ended = draft.end.as_ref().map(|(key, _)| key);
        let open = self.claim.intents.iter().filter(|i| i.outcome.is_none() && Some(&i.key) != ended);
        let left: Vec<String> = open.map(|i| i.key.clone()).collect();
        for key in left {
            let outcome = if self.begun_here(&key) {
                Outcome::NotSent { cause: "the call was not made".to_owned() }
            } else {
                Outcome::Uncertain { cause: "the program was stopped during the call".to_owned() }
            };
            let flow = self.commit_same(Draft { end: Some((key, outcome)), ..Draft::default() }).await?;
            if flow != Flow::On {
                return Ok(flow);
            }
        }
        Ok(Flow::On)
    }

    /// Does a password that we set, or may have set, now wait for a technician before anybody got
    /// it? Its owner is told of every change (decisions, 8); of the others they know already.
    fn ends_unreceived(&self, to: &State) -> bool {
        let State::Technician { password } = to else { return false };
        let changed = match password {
            PasswordFact::Changed | PasswordFact::MayHaveChanged | PasswordFact::PassIssued => true,
            PasswordFact::NotChanged => false,
        };
        // Of a change before the one that is under way, or of none since.
        let told = self.state().job().is_none() && !self.state().known_password().is_not_changed();
        changed && !told && !matches!(self.state(), State::Revealed { .. } | State::Done { .. })
    }

    /// Commits an intent or its outcome; the state stays.
    pub(crate) async fn commit_same(&mut self, draft: Draft) -> Result<Flow, WorkError> {
        let moved = Move { to: self.state().clone(), outcome: None, reason: None };
        self.write(None, moved, draft).await
    }

    async fn write(&mut self, event: Option<&str>, moved: Move, mut draft: Draft) -> Result<Flow, WorkError> {
        let from = self.state().clone();
        let begin = draft.begin.take();
        let end = draft.end.take();
        let mut audit = self.audit(event, &moved, &draft, begin.as_ref(), end.as_ref());
        audit.append(&mut draft.told);
        let now = self.now();
        let (freeze, limits) = (self.freeze(&draft), self.limits(&draft));
        let keeps = super::scramble::keeps(self, &moved.to);
        let sealed = match draft.sealed.take() {
            Some(sealed) if moved.to.live() || keeps => SealedChange::Put(sealed),
            Some(_) | None if !moved.to.keeps_password() && !keeps => SealedChange::Erase,
            Some(_) | None => SealedChange::Keep,
        };
        let trail = self.trail(&moved, draft.trail.take(), draft.note);
        let (due_at, release) = when_due(&moved.to, draft.due, now);
        let step = Step {
            state: moved.to.clone(),
            outcome: moved.outcome,
            reason: moved.reason,
            account: draft.account.clone(),
            trail: trail.clone(),
            observed: moved.to == State::Observed,
            asked: draft.asked,
            sealed: sealed.clone(),
            intent: intent_change(begin.as_ref(), end.as_ref(), now),
            pickup_hash: draft.pickup_hash,
            pickup_browser: draft.pickup_browser.clone(),
            started: draft.started.clone(),
            limits,
            act: draft.act,
            freeze_lifted_at: draft.lifts_freeze,
            named: draft.named.clone(),
            set_aside: draft.set_aside.clone(),
            text_cap: begin.as_ref().map(|_| self.parts.rules.text_cap(now, from.text_until())),
            pause: draft.pause,
            urgent: draft.freeze.is_some(),
            freeze,
            messages: draft.messages,
            audit,
            due_at,
            release,
            now,
        };
        match self.parts.store.commit(self.id(), self.claim.fence, &from, step).await? {
            Committed::Done => self.held = !release,
            // Somebody else has it, or the store has given it back already.
            Committed::Lost | Committed::TextsUsedUp => {
                self.held = false;
                return Ok(Flow::Stop);
            }
            // Somebody was faster by a moment: it is decided anew, with what they have begun.
            Committed::OverLimit => return self.give_back(now).await,
            Committed::AccountBusy(number) => return Ok(Flow::Busy(number)),
            Committed::AskedEnough(enough) => return Ok(Flow::AskedEnough(enough)),
        }
        self.remember(&moved, sealed, begin, end, draft.started, draft.account, trail);
        Ok(if release { Flow::Stop } else { Flow::On })
    }

    /// What the delivery that begins must not exceed.
    fn limits(&self, draft: &Draft) -> Option<Limits> {
        let limits = || draft.limits.unwrap_or_else(|| self.parts.rules.limits());
        draft.started.as_ref().map(|_| limits())
    }

    fn freeze(&self, draft: &Draft) -> Option<Freeze> {
        let username = self.claim.ticket.username.as_ref().map(ToString::to_string).unwrap_or_default();
        let by = draft.actor.clone().unwrap_or_else(|| MACHINE.to_owned());
        let account = self.claim.ticket.account.clone()?;
        draft.freeze.map(|why| Freeze { account, username, why: why.to_owned(), by })
    }

    /// What the store now holds, so that the next effect need not read it again.
    #[allow(clippy::too_many_arguments)] // each is one column of the commit that has just happened
    fn remember(
        &mut self,
        moved: &Move,
        sealed: SealedChange,
        begin: Option<Intent>,
        end: Option<(String, Outcome)>,
        started: Option<Started>,
        account: Option<(AccountId, Username)>,
        trail: Option<Trail>,
    ) {
        let ticket = &mut self.claim.ticket;
        ticket.state = moved.to.clone();
        ticket.outcome = moved.outcome.or(ticket.outcome);
        ticket.reason = moved.reason.or(ticket.reason);
        if let Some((id, username)) = account {
            ticket.account = Some(id);
            ticket.username = Some(username);
        }
        if let Some(trail) = trail {
            ticket.trail = trail;
        }
        match sealed {
            SealedChange::Keep => {}
            SealedChange::Put(sealed) => self.claim.sealed = Some(sealed),
            SealedChange::Erase => self.claim.sealed = None,
        }
        if let Some((key, outcome)) = end
            && let Some(intent) = self.claim.intents.iter_mut().find(|i| i.key == key)
        {
            intent.outcome = Some(outcome);
        }
        self.begun.extend(begin.iter().map(|i| i.key.clone()));
        self.claim.intents.extend(begin);
        if let Some(started) = started {
            self.claim.phone_hash = started.phone_hash;
        }
    }

    /// The trail's last line says what was decided or what happened, in words.
    fn trail(&self, moved: &Move, decided: Option<Trail>, note: Option<&str>) -> Option<Trail> {
        let mut trail = decided.clone().unwrap_or_else(|| self.claim.ticket.trail.clone());
        let State::Technician { password } = &moved.to else { return decided };
        if matches!(self.state(), State::Technician { .. }) {
            return decided;
        }
        if let Some(note) = note {
            trail.add(Check::Outcome, CheckResult::Fail, note);
        }
        let reason = moved.reason.or(self.claim.ticket.reason).map_or("other", crate::types::Reason::code);
        trail.add(
            Check::Outcome,
            CheckResult::Fail,
            format!("{reason}: a technician takes over; {}", password.words()),
        );
        Some(trail)
    }

    fn audit(
        &self,
        event: Option<&str>,
        moved: &Move,
        draft: &Draft,
        begin: Option<&Intent>,
        end: Option<&(String, Outcome)>,
    ) -> Vec<AuditEntry> {
        let actor = draft.actor.clone().unwrap_or_else(|| MACHINE.to_owned());
        let mut rows = Vec::new();
        rows.extend(event.map(|event| {
            AuditEntry {
                actor: actor.clone(),
                event: format!("ticket.{event}"),
                data: json!({
                    "from": self.state().name(),
                    "to": moved.to.name(),
                    "outcome": moved.outcome.map(crate::ticket::Fate::code),
                    "reason": moved.reason.map(crate::types::Reason::code),
                })
                .to_string(),
            }
        }));
        rows.extend(draft.freeze.map(|why| AuditEntry {
            actor: actor.clone(),
            event: "account.frozen".to_owned(),
            data: json!({ "account": self.claim.ticket.account, "why": why }).to_string(),
        }));
        if let Some(intent) = begin {
            rows.push(AuditEntry {
                actor: actor.clone(),
                event: format!("{}.intended", intent.kind.code()),
                data: json!({"key": intent.key, "gateway": intent.gateway, "generation": intent.generation})
                    .to_string(),
            });
        }
        if let Some((key, outcome)) = end {
            let kind = self.claim.intents.iter().find(|i| i.key == *key).map_or("call", |i| i.kind.code());
            rows.push(AuditEntry {
                actor,
                event: format!("{kind}.{}", outcome.code()),
                data: json!({"key": key, "detail": outcome.detail()}).to_string(),
            });
        }
        rows
    }

    /// Was this intent begun under this claim, and not left behind by an earlier owner?
    pub(crate) fn begun_here(&self, key: &str) -> bool {
        self.begun.contains(key)
    }

    /// The intents of one kind and generation, oldest first.
    pub(crate) fn intents(&self, kind: IntentKind, generation: u32) -> impl Iterator<Item = &Intent> {
        self.claim.intents.iter().filter(move |i| i.kind == kind && i.generation == generation)
    }

    /// The last generation, or number, of an intent of this kind; 0 for none.
    pub(crate) fn last_generation(&self, kind: IntentKind) -> u32 {
        let of_kind = self.claim.intents.iter().filter(|i| i.kind == kind);
        of_kind.map(|intent| intent.generation).max().unwrap_or(0)
    }

    /// Opens the sealed password of `generation`.
    pub(crate) fn open_sealed(&self, generation: u32) -> Result<TemporaryPassword, WorkError> {
        let keyring = self.parts.keyring.as_ref().ok_or(WorkError::Lacks("a sealing key"))?;
        let sealed = self.claim.sealed.as_ref().ok_or(WorkError::Lacks("a sealed password"))?;
        let account = self.account()?;
        let binding =
            Binding { ticket: self.id().0, generation, account: &account, expires_at: sealed.expires_at };
        open(keyring, sealed, &binding, self.now())
            .map_err(|_| WorkError::Lacks("a sealed password that can be opened"))
    }
}

/// When a ticket that comes into this state is due, and whether its lease is given back.
fn when_due(state: &State, due: Due, now: UnixMillis) -> (Option<UnixMillis>, bool) {
    match due {
        _ if state.next() == crate::ticket::Effect::Rest => (None, true),
        Due::Now => (Some(now), false),
        Due::At(at) => (Some(at), true),
    }
}

fn intent_change(begin: Option<&Intent>, end: Option<&(String, Outcome)>, now: UnixMillis) -> IntentChange {
    match (begin, end) {
        (Some(intent), _) => IntentChange::Begin(intent.clone()),
        (None, Some((key, outcome))) => {
            IntentChange::End { key: key.clone(), outcome: outcome.clone(), at: now }
        }
        (None, None) => IntentChange::None,
    }
}
