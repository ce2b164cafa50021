//! The checks in their order. Each adds its line to the trail; the first that does not hold ends
//! the matter, and the checks after it are not made, so the trail ends where the decision fell.

use std::ops::ControlFlow;
use std::time::Duration;

use super::{Automation, Decided, Decision, Handover, Policy, Question, Senders};
use crate::directory::{Account, Facts, Lookup, Manager, Privilege, Standing};
use crate::mail::{Sender, Trust};
use crate::request::Reading;
use crate::types::{Check, CheckResult, FROZEN_AFTER, PhoneNumber, Reason, Trail, Username};

/// Decides what shall happen. Pure: the same question gives the same answer. Whether it is acted
/// upon is the caller's matter: under [`Automation::Observe`] the decision is the same.
#[must_use]
pub fn decide(question: &Question<'_>) -> Decided {
    let mut case = Case { question, trail: Trail::default() };
    let decision = match case.walk() {
        ControlFlow::Break(decision) | ControlFlow::Continue(decision) => decision,
    };
    case.pass(Check::Outcome, in_words(&decision));
    Decided { decision, trail: case.trail }
}

/// The end of the matter, or what the next check needs.
pub(super) type Step<T = ()> = ControlFlow<Decision, T>;

/// A question while it is being answered.
pub(super) struct Case<'a> {
    pub(super) question: &'a Question<'a>,
    trail: Trail,
}

impl<'a> Case<'a> {
    fn walk(&mut self) -> Step<Decision> {
        self.a_person_wrote_it()?;
        self.show_the_link();
        self.automation_is_on()?;
        self.mail_is_recent()?;
        let wanted = self.what_is_wanted()?;
        self.no_other_ticket_is_claimed()?;
        self.sender_is_vouched_for()?;
        let facts = self.directory_answered()?;
        let account = self.one_account_has_the_name(facts, wanted.username)?;
        self.sender_belongs_to(account, &facts.managers)?;
        self.account_is_enabled(account)?;
        self.account_is_ordinary(account)?;
        self.account_is_not_frozen(account)?;
        self.no_other_is_under_way()?;
        self.account_is_below_its_limits(account)?;
        self.sender_is_below_their_limits()?;
        self.desk_is_below_its_limits(account)?;
        self.can_hand_over()?;
        self.hand(&wanted, account, &facts.managers)
    }

    pub(super) fn add(&mut self, check: Check, result: CheckResult, evidence: impl Into<String>) {
        self.trail.add(check, result, evidence);
    }

    pub(super) fn pass(&mut self, check: Check, evidence: impl Into<String>) {
        self.add(check, CheckResult::Pass, evidence);
    }

    /// Ends the matter: the check does not hold, a technician takes over.
    pub(super) fn fail<T>(&mut self, check: Check, evidence: impl Into<String>, reason: Reason) -> Step<T> {
        self.add(check, CheckResult::Fail, evidence);
        ControlFlow::Break(Decision::HandToTechnician { reason, wait_first: false })
    }

    /// Passes or fails by `holds`, with the same evidence.
    pub(super) fn check(&mut self, holds: bool, check: Check, evidence: String, reason: Reason) -> Step {
        if !holds {
            return self.fail(check, evidence, reason);
        }
        self.pass(check, evidence);
        ControlFlow::Continue(())
    }

    fn a_person_wrote_it(&mut self) -> Step {
        let reading = self.question.reading;
        match reading {
            Reading::Automatic(kind) if self.question.order.is_none() => {
                self.pass(Check::Reading, format!("automatic: {}", kind.code()));
                return ControlFlow::Break(Decision::File);
            }
            Reading::Automatic(_)
            | Reading::Request(_)
            | Reading::Incomplete { .. }
            | Reading::Ambiguous { .. }
            | Reading::General => {
                self.pass(Check::Reading, reading.code());
            }
        }
        let sender = self.question.sender;
        let address = sender.address.as_ref().map_or("no single address", |address| address.as_str());
        let result = if self.is_vouched() { CheckResult::Pass } else { CheckResult::Fail };
        self.add(Check::Sender, result, format!("{address}, {}: {}", sender.trust.code(), sender.evidence));
        ControlFlow::Continue(())
    }

    fn show_the_link(&mut self) {
        if let Some(link) = self.question.link {
            let result = if link.claims() { CheckResult::Fail } else { CheckResult::Pass };
            self.add(Check::Thread, result, link.words());
        }
    }

    /// Who uses another ticket's number or one of our mails about it may be its requester with another
    /// address, or somebody who speaks in their name. Only a person can tell.
    pub(super) fn no_other_ticket_is_claimed(&mut self) -> Step {
        match self.question.link {
            Some(link) if link.claims() => {
                let evidence = format!("who the writer is to {} is for a person to find out", link.to);
                let reason = Reason::SenderUnverified;
                self.check_unless(self.approved(), false, Check::SenderAllowed, evidence, reason)
            }
            Some(_) | None => ControlFlow::Continue(()),
        }
    }

    fn automation_is_on(&mut self) -> Step {
        match self.question.automation {
            Automation::On => self.pass(Check::Automation, "on"),
            Automation::Observe => {
                self.pass(Check::Automation, "observe: decided and recorded, nothing is changed or sent");
            }
            Automation::Off => return self.fail(Check::Automation, "off", Reason::AutomationOff),
        }
        ControlFlow::Continue(())
    }

    fn mail_is_recent(&mut self) -> Step {
        let age = self.question.now.since(self.question.received_at);
        let (delay, limit) = (self.question.delay, self.question.policy.max_mail_age);
        let evidence = if age <= limit && delay > limit {
            format!("{} old by its Date when it came, at most {}", span(delay), span(limit))
        } else {
            format!("{} old, at most {}", span(age), span(limit))
        };
        let recent = age.max(delay) <= limit;
        self.check_unless(
            self.set_aside(Reason::MailTooOld),
            recent,
            Check::Age,
            evidence,
            Reason::MailTooOld,
        )
    }

    /// What is missing is asked for once, and only of an address that is surely the writer's: a
    /// forged one would make the desk write to strangers. Who wants no automatic answer gets no question.
    pub(super) fn ask_or_hand_over(&self) -> Decision {
        // Whoever of the desk has decided is told what is missing.
        let told = self.question.order.is_some();
        if told || self.question.asked_before || self.question.wants_no_answer || !self.is_vouched() {
            Decision::HandToTechnician { reason: Reason::FieldsMissing, wait_first: false }
        } else {
            Decision::AskForDetails
        }
    }

    fn is_vouched(&self) -> bool {
        self.question.sender.address.is_some() && self.question.sender.trust >= Trust::Vouched
    }

    /// Is `name` the address that somebody vouches for, and that alone made the request?
    pub(super) fn sender_is(&self, name: &str) -> bool {
        let Sender { address, alone, .. } = self.question.sender;
        *alone
            && self.is_vouched()
            && address.as_ref().is_some_and(|address| address.as_str().eq_ignore_ascii_case(name))
    }

    fn sender_is_vouched_for(&mut self) -> Step {
        let own = self.question.sender.address.is_some() && self.question.sender.trust == Trust::OwnDomain;
        let (holds, rule) = match self.question.policy.senders {
            Senders::Any => (true, "anybody may ask"),
            Senders::OwnDomain => (own, "a vouched-for address of the organisation may ask"),
            // Whose address it is comes after the account is known.
            Senders::AccountOrManager if self.is_vouched() || self.approved().is_some() => {
                return ControlFlow::Continue(());
            }
            Senders::AccountOrManager => (false, "nobody vouches for the sender"),
        };
        let (approved, reason) = (self.approved(), Reason::SenderUnverified);
        self.check_unless(approved, holds, Check::SenderAllowed, rule.to_owned(), reason)
    }

    fn sender_belongs_to(&mut self, account: &Account, managers: &[Manager]) -> Step {
        match self.question.policy.senders {
            Senders::Any | Senders::OwnDomain => return ControlFlow::Continue(()),
            Senders::AccountOrManager => {}
        }
        let mut own = account.mail.iter().map(|mail| mail.as_str());
        let mut names = std::iter::once(&account.username).chain(&account.aliases).map(Username::as_str);
        let mut above = managers
            .iter()
            .filter(|manager| manager.standing == Standing::Open)
            .filter_map(|m| m.mail.as_ref());
        let whose = if own.any(|mail| self.sender_is(mail)) || names.any(|name| self.sender_is(name)) {
            "the account's own address"
        } else if above.any(|mail| self.sender_is(mail.as_str())) {
            "the address of a manager above the account"
        } else {
            let evidence = "neither the account's address nor a manager's above it".to_owned();
            let (approved, reason) = (self.approved(), Reason::SenderUnverified);
            return self.check_unless(approved, false, Check::SenderAllowed, evidence, reason);
        };
        self.pass(Check::SenderAllowed, whose);
        ControlFlow::Continue(())
    }

    fn directory_answered(&mut self) -> Step<&'a Facts> {
        let why = match self.question.facts {
            Some(Ok(facts)) => {
                self.pass(Check::Directory, "answered");
                return ControlFlow::Continue(facts);
            }
            Some(Err(error)) => error.to_string(),
            None => "the directory was not asked".to_owned(),
        };
        self.add(Check::Directory, CheckResult::Unknown, why);
        ControlFlow::Break(Decision::HandToTechnician { reason: Reason::DirectoryFailed, wait_first: true })
    }

    fn one_account_has_the_name(&mut self, facts: &'a Facts, name: &Username) -> Step<&'a Account> {
        match &facts.lookup {
            Lookup::One(account) => {
                self.pass(Check::Account, format!("{name} is {}", account.username));
                ControlFlow::Continue(account)
            }
            Lookup::Nobody => {
                self.fail(Check::Account, format!("nobody is called {name}"), Reason::AccountUnknown)
            }
            Lookup::Several => {
                self.fail(Check::Account, format!("several are called {name}"), Reason::AccountAmbiguous)
            }
        }
    }

    fn account_is_enabled(&mut self, account: &Account) -> Step {
        match &account.standing {
            Standing::Open => self.pass(Check::Enabled, "switched on"),
            Standing::Closed(why) => {
                return self.fail(Check::Enabled, why.clone(), Reason::AccountDisabled);
            }
        }
        ControlFlow::Continue(())
    }

    fn account_is_ordinary(&mut self, account: &Account) -> Step {
        match &account.privilege {
            Privilege::Ordinary => {}
            Privilege::Privileged(by) => {
                return self.fail(Check::Protected, format!("privileged: {by}"), Reason::AccountProtected);
            }
            Privilege::Unknown(why) => {
                self.add(Check::Protected, CheckResult::Unknown, format!("counts as privileged: {why}"));
                let reason = Reason::AccountProtected;
                return ControlFlow::Break(Decision::HandToTechnician { reason, wait_first: false });
            }
        }
        if let Some(group) = protected_group(account, self.question.policy) {
            let evidence = format!("member of the protected group {group}");
            return self.fail(Check::Protected, evidence, Reason::AccountProtected);
        }
        self.pass(Check::Protected, "neither privileged nor in a protected group");
        ControlFlow::Continue(())
    }

    fn account_is_not_frozen(&mut self, account: &Account) -> Step {
        let reason = Reason::AccountFrozen;
        let aside = self.set_aside_of(reason, account);
        let history = self.question.history;
        if history.frozen {
            let evidence = "its owner said that it was not them; frozen until a person lifts it".to_owned();
            // What the owner says after people have decided counts.
            let aside = aside.filter(|_| history.lifted);
            return self.check_unless(aside, false, Check::Frozen, evidence, reason);
        }
        let wrong = history.account_mismatches_day;
        let evidence = format!("{wrong} requests with a wrong phone in a day, frozen at {FROZEN_AFTER}");
        self.check_unless(aside, wrong < FROZEN_AFTER, Check::Frozen, evidence, reason)
    }

    /// Comes before the limits: somebody who writes twice while the first request is under way has
    /// reached no limit, and needs no technician.
    fn no_other_is_under_way(&mut self) -> Step {
        if let Some(into) = self.question.history.live {
            let evidence = format!("{into} is under way for the account");
            // What a person has decided does not vanish into another ticket.
            if let Some(order) = self.question.order {
                return self.fail(Check::UnderWay, evidence, order.because);
            }
            self.add(Check::UnderWay, CheckResult::Fail, evidence);
            return ControlFlow::Break(Decision::Merge { into });
        }
        self.pass(Check::UnderWay, "no other request for the account is under way");
        ControlFlow::Continue(())
    }

    fn account_is_below_its_limits(&mut self, account: &Account) -> Step {
        let reason = Reason::LimitAccount;
        let aside = self.set_aside_of(reason, account);
        let Question { history, policy, now, .. } = *self.question;
        if let Some(ago) = history.account_last.map(|last| now.since(last)).filter(|a| *a < policy.cooldown) {
            let evidence = format!("the last one was {} ago, at least {}", span(ago), span(policy.cooldown));
            self.check_unless(aside, false, Check::LimitAccount, evidence, reason)?;
        }
        let (count, limit) = (history.account_day, policy.per_account_per_day);
        let evidence = format!("{count} of {limit} in a day");
        self.check_unless(aside, count < limit, Check::LimitAccount, evidence, reason)
    }

    fn sender_is_below_their_limits(&mut self) -> Step {
        let Question { history, policy, .. } = *self.question;
        let below =
            history.sender_day < policy.per_sender_per_day && history.phone_day < policy.per_phone_per_day;
        let evidence = format!(
            "sender {} of {}, phone {} of {} in a day",
            history.sender_day, policy.per_sender_per_day, history.phone_day, policy.per_phone_per_day
        );
        let reason = Reason::LimitSender;
        self.check_unless(self.set_aside(reason), below, Check::LimitSender, evidence, reason)
    }

    fn desk_is_below_its_limits(&mut self, account: &Account) -> Step {
        let Question { history, policy, .. } = *self.question;
        // People without a known unit are no unit together; the desk's limit holds for them.
        let unit_below = account.unit.is_empty() || history.unit_hour < policy.per_unit_per_hour;
        let evidence = format!(
            "unit {} of {}, desk {} of {} in an hour",
            history.unit_hour, policy.per_unit_per_hour, history.desk_hour, policy.per_hour
        );
        let below = unit_below && history.desk_hour < policy.per_hour;
        let reason = Reason::LimitDesk;
        self.check_unless(self.set_aside(reason), below, Check::LimitDesk, evidence, reason)
    }
}

fn protected_group<'a>(account: &'a Account, policy: &Policy) -> Option<&'a String> {
    let member =
        |group: &&String| policy.protected_groups.iter().any(|p| p.to_lowercase() == group.to_lowercase());
    account.groups.iter().find(member)
}

/// Is the account privileged, protected, or could nobody tell? Such an account is never automated.
#[must_use]
pub fn is_protected(account: &Account, policy: &Policy) -> bool {
    account.privilege != Privilege::Ordinary || protected_group(account, policy).is_some()
}

/// A span of time in whole hours and minutes.
pub(super) fn span(span: Duration) -> String {
    let minutes = span.as_secs() / 60;
    match (minutes / 60, minutes % 60) {
        (0, minutes) => format!("{minutes}m"),
        (hours, 0) => format!("{hours}h"),
        (hours, minutes) => format!("{hours}h {minutes}m"),
    }
}

fn in_words(decision: &Decision) -> String {
    let what = |handover: &Handover| match handover {
        Handover::Password => "the password",
        Handover::Link => "a link",
    };
    match decision {
        Decision::TextRequester { phone, handover, .. } => {
            format!("{} to the registered phone {}", what(handover), phone.masked())
        }
        Decision::OfferManager { phone, handover, reason, .. } => {
            let at = phone.as_ref().map_or("their mailbox".to_owned(), PhoneNumber::masked);
            format!("{} to the nearest manager at {at} ({reason})", what(handover))
        }
        Decision::Merge { into } => format!("merged into {into}, which is under way"),
        Decision::AskForDetails => "the writer is asked for what is missing".to_owned(),
        Decision::HandToTechnician { reason, wait_first: false } => format!("a technician ({reason})"),
        Decision::HandToTechnician { reason, wait_first: true } => {
            format!("wait, then a technician ({reason})")
        }
        Decision::File => "filed, not answered".to_owned(),
    }
}
