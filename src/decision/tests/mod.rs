//! The decision's tests: one question that is answered with a text, and what happens when one
//! thing about it is different.

use super::*;
use crate::directory::{Absence, Account, Lookup, Manager, Privilege, RegisteredPhone, Standing};
use crate::mail::Trust;
use crate::request::{Found, PasswordRequest};
use crate::types::{Check, EmailAddress, TrailLine, Username};

mod coverage;
mod managers;
mod ordered;
mod phones;
mod property;
mod reasons;

pub(super) const MOBILE: &str = "070-174 06 05";
pub(super) const OTHER_MOBILE: &str = "070-174 06 06";
pub(super) const MANAGERS_MOBILE: &str = "070-174 06 07";
pub(super) const LANDLINE: &str = "040-628 04 00";
pub(super) const HOUR: Duration = Duration::from_secs(3600);
pub(super) const NOW: UnixMillis = UnixMillis(1_795_511_645_000);

/// Why an account cannot be signed in to.
pub(super) fn closed() -> Standing {
    Standing::Closed("switched off".to_owned())
}

/// A question that owns what it asks about.
#[derive(Clone, Debug)]
pub(super) struct Asked {
    pub reading: Reading,
    pub sender: Sender,
    pub received_at: UnixMillis,
    pub delay: Duration,
    pub wants_no_answer: bool,
    pub facts: Option<Result<Facts, DirectoryError>>,
    pub history: History,
    pub automation: Automation,
    pub policy: Policy,
    pub asked_before: bool,
    pub link: Option<Link>,
    pub order: Option<Order>,
    pub chosen: Option<Manager>,
    pub deliverable: Result<(), &'static str>,
    pub texts: Result<(), &'static str>,
}

impl Asked {
    /// Anna asks from her own mailbox for her registered mobile; the rules are the defaults.
    pub fn fine() -> Self {
        Self {
            reading: request(MOBILE),
            sender: sender("anna@kommun.example", Trust::OwnDomain),
            received_at: NOW.minus(Duration::from_secs(60)),
            delay: Duration::from_secs(5),
            wants_no_answer: false,
            facts: Some(Ok(Facts { lookup: Lookup::One(Box::new(anna())), managers: vec![erik()] })),
            history: History::default(),
            automation: Automation::On,
            policy: policy(),
            asked_before: false,
            link: None,
            order: None,
            chosen: None,
            deliverable: Ok(()),
            texts: Ok(()),
        }
    }

    /// The same with something changed.
    pub fn but(change: impl FnOnce(&mut Self)) -> Self {
        let mut asked = Self::fine();
        change(&mut asked);
        asked
    }

    pub fn account(&mut self) -> &mut Account {
        match self.facts.as_mut().unwrap().as_mut().unwrap() {
            Facts { lookup: Lookup::One(account), .. } => account,
            other => panic!("{other:?}"),
        }
    }

    pub fn managers(&mut self) -> &mut Vec<Manager> {
        &mut self.facts.as_mut().unwrap().as_mut().unwrap().managers
    }

    pub fn decide(&self) -> Decided {
        decide(&Question {
            reading: &self.reading,
            sender: &self.sender,
            received_at: self.received_at,
            delay: self.delay,
            wants_no_answer: self.wants_no_answer,
            facts: self.facts.as_ref(),
            history: &self.history,
            automation: self.automation,
            policy: &self.policy,
            asked_before: self.asked_before,
            link: self.link,
            order: self.order.as_ref(),
            chosen: self.chosen.as_ref(),
            deliverable: self.deliverable,
            texts: self.texts,
            now: NOW,
        })
    }

    pub fn decision(&self) -> Decision {
        self.decide().decision
    }
}

impl Decided {
    /// The line about `check`, which must be there once.
    pub(super) fn line(&self, check: Check) -> &TrailLine {
        let mut lines = self.trail.0.iter().filter(|line| line.check == check);
        let line = lines.next().unwrap_or_else(|| panic!("no line about {check:?} in {self:?}"));
        assert_eq!(lines.next(), None);
        line
    }
}

pub(super) fn number(text: &str) -> PhoneNumber {
    PhoneNumber::parse(text).unwrap()
}

pub(super) fn phone(text: &str, kind: PhoneType) -> RegisteredPhone {
    let registered_at = Some(NOW.minus(1000 * HOUR));
    RegisteredPhone { number: PhoneNumber::parse(text).ok(), kind, registered_at }
}

pub(super) fn found<T>(value: T, line: usize) -> Found<T> {
    Found { value, place: format!("line {line}") }
}

pub(super) fn username() -> Username {
    Username::parse("anna.andersson@kommun.example").unwrap()
}

pub(super) fn request(phone: &str) -> Reading {
    Reading::Request(PasswordRequest { username: found(username(), 3), phone: found(number(phone), 4) })
}

pub(super) fn sender(address: &str, trust: Trust) -> Sender {
    Sender {
        address: EmailAddress::parse(address).ok(),
        trust,
        evidence: "dmarc=pass".to_owned(),
        alone: true,
    }
}

pub(super) fn anna() -> Account {
    Account {
        credential: crate::types::Credential::Password,
        id: AccountId::new("anna"),
        username: username(),
        aliases: vec![Username::parse("aand01@kommun.example").unwrap()],
        name: "Anna Andersson".to_owned(),
        mail: EmailAddress::parse("anna@kommun.example").ok(),
        unit: "Skolan".to_owned(),
        standing: Standing::Open,
        groups: vec!["Lärare".to_owned()],
        privilege: Privilege::Ordinary,
        phones: vec![phone(MOBILE, PhoneType::Mobile)],
    }
}

pub(super) fn erik() -> Manager {
    Manager {
        id: AccountId::new("erik"),
        name: "Erik Ek".to_owned(),
        mail: EmailAddress::parse("erik.ek@kommun.example").ok(),
        standing: Standing::Open,
        absence: Absence::Present,
        phones: vec![phone(MANAGERS_MOBILE, PhoneType::Mobile)],
    }
}

/// The defaults of `nyckelbud.toml`.
pub(super) fn policy() -> Policy {
    Policy {
        senders: Senders::OwnDomain,
        phone_mismatch: Fallback::Manager,
        no_phone: Fallback::Manager,
        phone_types: vec![PhoneType::Mobile, PhoneType::AlternateMobile],
        phone_age: Duration::ZERO,
        countries: vec!["SE".to_owned()],
        protected_groups: vec!["Domain Admins".to_owned()],
        max_mail_age: 24 * HOUR,
        acknowledge: Acknowledge::Vouched,
        cooldown: HOUR / 4,
        per_account_per_day: 3,
        per_sender_per_day: 5,
        per_phone_per_day: 3,
        per_unit_per_hour: 60,
        per_hour: 300,
        requester: RequesterDelivery::Password,
        manager: ManagerDelivery::Pickup,
        manager_depth: 3,
        manager_absent: ManagerAbsent::Skip,
        pickup: Pickup::Link,
        manager_told: ToldBy { text: true, mail: true },
    }
}

pub(super) fn technician(reason: Reason) -> Decision {
    Decision::HandToTechnician { reason, wait_first: false }
}

pub(super) fn wait_then_technician(reason: Reason) -> Decision {
    Decision::HandToTechnician { reason, wait_first: true }
}

pub(super) fn text_anna(handover: Handover) -> Decision {
    Decision::TextRequester { account: AccountId::new("anna"), phone: number(MOBILE), handover }
}

pub(super) fn offer_erik(reason: Reason) -> Decision {
    Decision::OfferManager {
        account: AccountId::new("anna"),
        manager: AccountId::new("erik"),
        phone: Some(number(MANAGERS_MOBILE)),
        reason,
        handover: Handover::Link,
    }
}
