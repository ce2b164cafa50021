//! [`ActsPort`] implements [`TicketActs`]: it looks whether an act makes sense, and keeps it. The worker carries it out.

use std::sync::Arc;

use async_trait::async_trait;

use crate::decision::Automation;
use crate::directory::{Lookup, Who};
use crate::store::{ActMade, ByHand, NewAct, NotAsked, SavedDraft, SecondWord, Seconded, StoreError};
use crate::ticket::act::{COLLEAGUE, LONGEST_TEXT, LONGEST_WHY, UNDO};
use crate::ticket::{Act, ActStatus, KeptAct, Note, Ticket};
use crate::types::{Override, Person, Role, StaffMember, TicketNumber, UnixMillis, Username, mask_phones};
use crate::web::port::{ActForm, ByHandForm, MadeByHand, Performed, Refusal, TicketActs, Undone};
use crate::worker::{Parts, acts, facts};

/// Letters of the name of somebody who came in person.
const LONGEST_NAME: usize = 200;
/// Letters of a form's key.
const LONGEST_KEY: usize = 100;

/// The desk's people over `parts`.
pub struct ActsPort {
    parts: Arc<Parts>,
}

fn person(who: &StaffMember) -> Person {
    Person { name: who.name.clone(), shown: who.shown.clone() }
}

/// The store has failed; whoever wanted something may try again.
fn failed(error: &StoreError) {
    tracing::error!("an act could not be kept: {error}; nothing was changed");
}

impl ActsPort {
    /// The port over `parts`.
    #[must_use]
    pub fn new(parts: Arc<Parts>) -> Self {
        Self { parts }
    }

    /// `many`: it is one of those that were chosen at once, of which nobody has read each mail.
    async fn try_to_perform(
        &self,
        who: &StaffMember,
        form: ActForm,
        many: bool,
    ) -> Result<Performed, StoreError> {
        if let Err(refusal) = is_written(&form) {
            return Ok(Performed::Refused(refusal));
        }
        if form.act.is_override() && self.parts.rules.four_eyes && who.name.is_token() {
            return Ok(Performed::Refused(Refusal::NeedsPeople));
        }
        let Some(ticket) = self.parts.store.numbered(form.ticket).await? else {
            return Ok(Performed::Refused(Refusal::NoTicket));
        };
        // What has changed is told before what is not possible any more. Who gets a ticket is looked at always: the store
        // takes that from whoever saw an older one.
        if (ticket.version == form.version || matches!(form.act, Act::Assign { .. }))
            && let Some(refusal) = self.refusal(&ticket, &form.act, who).await?
        {
            return Ok(Performed::Refused(refusal));
        }
        if many && form.act == Act::Close && ticket.state.known_password().locks_out() {
            return Ok(Performed::Refused(Refusal::PasswordChanged));
        }
        let ActForm { ticket: number, version, key, act } = form;
        let act = match self.with_manager(act).await {
            Ok(act) => act,
            Err(refusal) => return Ok(Performed::Refused(refusal)),
        };
        let (now, text) = (self.parts.now(), reply(&act).map(ToOwned::to_owned));
        let needs_colleague = act.is_override() && self.parts.rules.four_eyes;
        let due_at = now.plus(if needs_colleague { COLLEAGUE } else { act.waits() });
        let by = person(who);
        let new = NewAct { ticket: number, version, key, act, by, needs_colleague, many, due_at, now };
        let made = self.parts.store.make_act(new).await?;
        if let (ActMade::Changed(_) | ActMade::Waits(_) | ActMade::Used(_), Some(text), false) =
            (&made, text, who.name.is_token())
        {
            self.keep_draft(who, number, text, now).await?;
        }
        Ok(match made {
            ActMade::Made(act) | ActMade::Before(act) => {
                self.parts.acted.notify_one();
                kept(act)
            }
            ActMade::Used(_) => Performed::Refused(Refusal::FormUsed),
            ActMade::NotAsked(NotAsked::Unvouched) => Performed::Refused(Refusal::Unvouched),
            ActMade::NotAsked(NotAsked::Lately) => Performed::Refused(Refusal::AskedLately),
            ActMade::Changed(changed) => Performed::Changed(changed),
            ActMade::Waits(act) => Performed::Waits(act),
            ActMade::NoTicket => Performed::Refused(Refusal::NoTicket),
        })
    }

    /// The act with the manager whom somebody chose as the directory has them: whoever approves it must see a person,
    /// not an identifier, and a slip of the pen must not send a password to somebody else. They are found by their
    /// username, or by the directory's own identifier.
    async fn with_manager(&self, act: Act) -> Result<Act, Refusal> {
        let Act::Override { way: Override::ToManager(wanted), account, grounds, why, .. } = act else {
            return Ok(act);
        };
        let named = Username::parse(wanted.as_str()).ok().map(Who::Named);
        for who in named.into_iter().chain([Who::Id(wanted)]) {
            let facts = facts::read(&self.parts, &who).await.map_err(|error| {
                tracing::warn!(
                    "a manager whom somebody chose cannot be looked up: {error}; nothing was changed"
                );
                Refusal::NoDirectory
            })?;
            if let Lookup::One(manager) = facts.lookup {
                let whom = format!("{} ({})", manager.name, manager.username);
                return Ok(Act::Override {
                    way: Override::ToManager(manager.id),
                    account,
                    grounds,
                    why,
                    whom,
                });
            }
        }
        Err(Refusal::NoSuchManager)
    }

    /// Why this is not done to the ticket as it is.
    async fn refusal(
        &self,
        ticket: &Ticket,
        act: &Act,
        who: &StaffMember,
    ) -> Result<Option<Refusal>, StoreError> {
        if let Act::Assign { to } = act {
            let colleague = self.parts.store.staff(to).await?;
            let acts = colleague.is_some_and(|one| !one.disabled && one.member.role != Role::Auditor);
            return Ok((!acts).then_some(Refusal::NoSuchColleague));
        }
        let Some(event) = acts::event(act, &person(who), None, ticket) else { return Ok(None) };
        if let Some(refusal) = acts::not_possible(ticket, act, event, self.parts.automation().await?) {
            return Ok(Some(refusal));
        }
        let Act::Merge { into } = act else { return Ok(None) };
        if *into >= ticket.number {
            return Ok(Some(Refusal::OtherIsNewer));
        }
        Ok(match self.parts.store.numbered(*into).await? {
            None => Some(Refusal::NoTicket),
            Some(other) => acts::not_into(&other),
        })
    }

    fn answer(&self, tried: Result<Performed, StoreError>) -> Performed {
        tried.unwrap_or_else(|error| {
            failed(&error);
            Performed::NotNow
        })
    }

    async fn keep_draft(
        &self,
        who: &StaffMember,
        ticket: TicketNumber,
        text: String,
        at: UnixMillis,
    ) -> Result<bool, StoreError> {
        self.parts.store.save_draft(ticket, &SavedDraft { by: who.name.clone(), text, at }).await
    }

    /// Whoever undoes or decides has seen the act on its own ticket's page.
    async fn is_of(&self, ticket: TicketNumber, act: i64) -> Result<bool, StoreError> {
        Ok(self.parts.store.acts_of(ticket).await?.iter().any(|one| one.id == act))
    }

    async fn try_to_second(
        &self,
        who: &StaffMember,
        (ticket, act): (TicketNumber, i64),
        version: i64,
        approves: bool,
    ) -> Result<Performed, StoreError> {
        // Whatever program asks: the second pair of eyes is a person's.
        if who.name.is_token() {
            return Ok(Performed::Refused(Refusal::NeedsPeople));
        }
        let now = self.parts.now();
        if !self.is_of(ticket, act).await? {
            return Ok(Performed::Refused(Refusal::Gone));
        }
        if approves && self.parts.automation().await? != Automation::On {
            return Ok(Performed::Refused(Refusal::AutomationOff));
        }
        let word = SecondWord { act, by: person(who), version, approves, due_at: now.plus(UNDO), now };
        Ok(match self.parts.store.second_act(word).await? {
            Seconded::Kept(act) => {
                self.parts.acted.notify_one();
                kept(act)
            }
            Seconded::NotYourOwn => Performed::Refused(Refusal::NotYourOwn),
            Seconded::MayBeYou => Performed::Refused(Refusal::MayBeYou),
            Seconded::MayNot => Performed::Refused(Refusal::MayNot),
            Seconded::Changed(changed) => Performed::Changed(changed),
            Seconded::Waits(act) => Performed::Waits(act),
            Seconded::Gone => Performed::Refused(Refusal::Gone),
        })
    }
}

fn kept(act: KeptAct) -> Performed {
    match act.status {
        ActStatus::Waiting => Performed::Kept(act),
        ActStatus::Colleague => Performed::Colleague(act),
        ActStatus::Done
        | ActStatus::Undone
        | ActStatus::Refused
        | ActStatus::Declined
        | ActStatus::Lapsed => Performed::Done(act),
    }
}

/// What somebody wrote with it, and would not write again.
fn written(act: &Act) -> Option<&str> {
    match act {
        Act::Reply { text, .. } | Act::Note { text } => Some(text),
        Act::Approve
        | Act::Retry
        | Act::ToManager { .. }
        | Act::ChooseAccount { .. }
        | Act::Override { .. }
        | Act::Ask
        | Act::Canned { .. }
        | Act::Close
        | Act::Phishing
        | Act::Reopen
        | Act::Merge { .. }
        | Act::Take
        | Act::Release
        | Act::Assign { .. } => None,
    }
}

/// What would have gone to the writer.
fn reply(act: &Act) -> Option<&str> {
    if act.writes() { written(act) } else { None }
}

fn is_written(form: &ActForm) -> Result<(), Refusal> {
    let fits = |text: &str, most: usize| match text.trim().chars().count() {
        0 => Err(Refusal::Empty),
        letters if letters > most => Err(Refusal::TooLong),
        _ => Ok(()),
    };
    fits(&form.key, LONGEST_KEY)?;
    if let Act::Override { why, .. } = &form.act {
        fits(why, LONGEST_WHY)?;
    }
    written(&form.act).map_or(Ok(()), |text| fits(text, LONGEST_TEXT))
}

#[async_trait]
impl TicketActs for ActsPort {
    async fn perform(&self, who: &StaffMember, form: ActForm) -> Performed {
        self.answer(self.try_to_perform(who, form, false).await)
    }

    async fn perform_all(&self, who: &StaffMember, forms: Vec<ActForm>) -> Vec<(TicketNumber, Performed)> {
        let mut performed = Vec::with_capacity(forms.len());
        for form in forms {
            let ticket = form.ticket;
            performed.push((ticket, self.answer(self.try_to_perform(who, form, true).await)));
        }
        performed
    }

    async fn undo(&self, who: &StaffMember, ticket: TicketNumber, act: i64) -> Undone {
        let undone = match self.is_of(ticket, act).await {
            Ok(true) => self.parts.store.undo_act(act, &who.name, self.parts.now()).await,
            other => other,
        };
        match undone {
            Ok(true) => Undone::Yes,
            Ok(false) => Undone::TooLate,
            Err(error) => {
                failed(&error);
                Undone::NotNow
            }
        }
    }

    async fn second(
        &self,
        who: &StaffMember,
        ticket: TicketNumber,
        act: i64,
        version: i64,
        approves: bool,
    ) -> Performed {
        self.answer(self.try_to_second(who, (ticket, act), version, approves).await)
    }

    async fn make_by_hand(&self, who: &StaffMember, form: ByHandForm) -> MadeByHand {
        let (name, note) = (form.name.trim(), form.note.trim());
        let long = |text: &str, most: usize| text.chars().count() > most;
        if name.is_empty() || note.is_empty() || form.key.is_empty() {
            return MadeByHand::Refused(Refusal::Empty);
        }
        if long(name, LONGEST_NAME) || long(note, LONGEST_TEXT) || long(&form.key, LONGEST_KEY) {
            return MadeByHand::Refused(Refusal::TooLong);
        }
        let now = self.parts.now();
        let made = ByHand {
            by: person(who),
            key: form.key.clone(),
            subject: mask_phones(name),
            username: form.username.clone(),
            note: note.to_owned(),
            year: self.parts.texts.year(now),
            now,
        };
        match self.parts.store.make_by_hand(made).await {
            Ok(Some(number)) => MadeByHand::Made(number),
            Ok(None) => MadeByHand::Refused(Refusal::FormUsed),
            Err(error) => {
                failed(&error);
                MadeByHand::NotNow
            }
        }
    }

    async fn acts(&self, ticket: TicketNumber) -> Option<Vec<KeptAct>> {
        self.parts.store.acts_of(ticket).await.inspect_err(failed).ok()
    }

    async fn for_colleagues(&self) -> Option<Vec<KeptAct>> {
        self.parts.store.acts_for_colleagues().await.inspect_err(failed).ok()
    }

    async fn notes(&self, ticket: TicketNumber) -> Option<Vec<Note>> {
        self.parts.store.notes_of(ticket).await.inspect_err(failed).ok()
    }

    async fn save_draft(&self, who: &StaffMember, ticket: TicketNumber, text: &str) -> bool {
        if text.chars().count() > LONGEST_TEXT {
            return false;
        }
        let kept = self.keep_draft(who, ticket, text.to_owned(), self.parts.now()).await;
        kept.inspect_err(failed).unwrap_or(false)
    }

    async fn draft(&self, who: &StaffMember, ticket: TicketNumber) -> Option<(String, UnixMillis)> {
        let draft = self.parts.store.draft_of(ticket, &who.name).await.inspect_err(failed).ok()??;
        Some((draft.text, draft.at))
    }
}
