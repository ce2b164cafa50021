//! The decision trail: one line for every check, in the order the checks were made.

use serde::{Deserialize, Serialize};

/// What a line of the trail is about. Serialised in kebab case.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Check {
    /// Is the mail a person's, and what is it about?
    Reading,
    /// Who wrote it, and who vouches for that?
    Sender,
    /// Which ticket does it speak of that is another writer's?
    Thread,
    /// Was a username read, and where?
    Username,
    /// Was a phone read, and where?
    Phone,
    /// Is the automation on?
    Automation,
    /// Is the mail recent enough?
    Age,
    /// Could the directory be asked?
    Directory,
    /// Does exactly one account have the name?
    Account,
    /// Is the account switched on?
    Enabled,
    /// Is the account ordinary, not privileged?
    Protected,
    /// May this sender start a reset for this account?
    SenderAllowed,
    /// Has nobody tried wrong phones for the account?
    Frozen,
    /// Is no other request for the account under way?
    UnderWay,
    /// Is the cool-down over, and is the account below its daily limit?
    LimitAccount,
    /// Are sender and phone below their daily limits?
    LimitSender,
    /// Are unit and desk below their hourly limits?
    LimitDesk,
    /// Is the phone of the mail a registered one?
    PhoneRegistered,
    /// Does the registered phone take texts?
    PhoneType,
    /// Is it a number of a country that is texted?
    PhoneCountry,
    /// Was the phone registered long enough ago?
    PhoneAge,
    /// Who is the nearest manager that can be reached?
    Manager,
    /// Is there a way to hand over a password, and a key to seal it?
    Delivery,
    /// What did a person of the desk decide?
    Person,
    /// What was decided at last, or what happened later.
    Outcome,
}

/// How a check ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CheckResult {
    /// The check holds.
    Pass,
    /// The check does not hold.
    Fail,
    /// It could not be found out.
    Unknown,
    /// It was not needed.
    Skipped,
}

/// One check with its evidence. Written once, at decision time, never computed again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TrailLine {
    /// What was checked.
    pub check: Check,
    /// How it ended.
    pub result: CheckResult,
    /// What the answer rests on: a place in the mail, a header, a directory's answer, a rule.
    /// Phones are masked to their last two digits.
    pub evidence: String,
}

/// The lines of one decision, oldest first.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Trail(pub Vec<TrailLine>);

impl Trail {
    /// Adds a line.
    pub fn add(&mut self, check: Check, result: CheckResult, evidence: impl Into<String>) {
        self.0.push(TrailLine { check, result, evidence: evidence.into() });
    }
}
