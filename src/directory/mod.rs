//! Stage 4: what is known of the person. A directory answers with facts and judges nothing. An
//! error, a timeout or half an answer is never "not registered".

use async_trait::async_trait;

use crate::types::{AccountId, Credential, EmailAddress, PhoneNumber, UnixMillis, Username};

pub mod file;
pub mod graph;
pub mod hybrid;
pub mod ldap;
pub mod register;

mod odd;
mod protected_groups;

/// Whom to look up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Who {
    /// By a name as somebody wrote it: username, alias or mail address.
    Named(Username),
    /// By the directory's own identifier: the second and every later look.
    Id(AccountId),
}

/// The user principal names that a `name` without a domain may stand for: one under each of `domains`, those
/// of the organisation. None for a name that has a domain.
fn under_each(name: &Username, domains: &[String]) -> Vec<String> {
    if name.as_str().contains('@') {
        return Vec::new();
    }
    domains.iter().map(|domain| format!("{name}@{domain}")).collect()
}

/// What kind of phone is registered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PhoneType {
    /// The person's mobile.
    Mobile,
    /// A second mobile.
    AlternateMobile,
    /// A desk phone.
    Office,
}

impl PhoneType {
    /// The stable word, as in the configuration.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Mobile => "mobile",
            Self::AlternateMobile => "alternate-mobile",
            Self::Office => "office",
        }
    }
}

/// A phone registered for an account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RegisteredPhone {
    /// The number; `None` when the directory holds a text that is no number.
    pub number: Option<PhoneNumber>,
    /// Its type.
    pub kind: PhoneType,
    /// Since when, if the directory knows. Unknown is not old.
    pub registered_at: Option<UnixMillis>,
}

/// May the account be signed in to at all?
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Yes.
    Open,
    /// No; in words, why: "switched off", "expired on 2026-10-31". A new password would not open it.
    Closed(String),
}

/// Is the account privileged?
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Privilege {
    /// Surely not.
    Ordinary,
    /// Yes; in words, by what.
    Privileged(String),
    /// It could not be found out, which counts as privileged.
    Unknown(String),
}

/// Is somebody away?
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Absence {
    /// No automatic replies.
    Present,
    /// Automatic replies are on.
    Absent,
    /// It could not be found out.
    Unknown,
}

/// One account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// The directory's identifier.
    pub id: AccountId,
    /// The canonical username.
    pub username: Username,
    /// Other names it answers to.
    pub aliases: Vec<Username>,
    /// The person's name, as people write it.
    pub name: String,
    /// The person's mailbox.
    pub mail: Option<EmailAddress>,
    /// The unit the person works in; empty when unknown.
    pub unit: String,
    /// May it be signed in to?
    pub standing: Standing,
    /// Names of all groups, nested ones included.
    pub groups: Vec<String>,
    /// Privileged by role, or protected in the directory?
    pub privilege: Privilege,
    /// All registered phones.
    pub phones: Vec<RegisteredPhone>,
    /// What its owner is handed.
    pub credential: Credential,
}

/// Somebody above an account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Manager {
    /// The directory's identifier.
    pub id: AccountId,
    /// The person's name.
    pub name: String,
    /// The person's mailbox.
    pub mail: Option<EmailAddress>,
    /// May the manager's own account be signed in to?
    pub standing: Standing,
    /// Away?
    pub absence: Absence,
    /// All registered phones.
    pub phones: Vec<RegisteredPhone>,
}

/// What the look-up of a name gave.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Lookup {
    /// Exactly one account.
    One(Box<Account>),
    /// No account.
    Nobody,
    /// Several accounts.
    Several,
}

/// All that a decision may look at, read in one attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Facts {
    /// The account.
    pub lookup: Lookup,
    /// The chain above it, nearest first, at most the asked depth; where a cycle closes, it ends with the
    /// one who comes again.
    pub managers: Vec<Manager>,
}

/// Somebody whom a search by name has found, for a person to choose from. It holds no phone: whoever looks for a
/// manager need not know them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// The canonical username, by which [`Who::Named`] finds the account.
    pub username: Username,
    /// The person's name, as people write it.
    pub name: String,
    /// What the person does; empty when unknown.
    pub title: String,
    /// The unit the person works in; empty when unknown.
    pub unit: String,
    /// The person's mailbox.
    pub mail: Option<EmailAddress>,
    /// May the account be signed in to?
    pub open: bool,
}

/// The directory could not answer, or answered half. It means: wait, then a technician.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DirectoryError {
    /// It cannot be reached or used.
    #[error("the directory cannot be used: {0}")]
    Unavailable(String),
    /// No answer in time.
    #[error("the directory did not answer in time")]
    TimedOut,
    /// An answer that contradicts itself or lacks something.
    #[error("the directory answered half: {0}")]
    Half(String),
}

/// A register of people that can be asked. Writing to it is [`crate::password::PasswordReset`], on
/// purpose another trait.
#[async_trait]
pub trait Directory: Send + Sync {
    /// Reads everything a decision needs about one person, and the chain above up to `depth`.
    ///
    /// # Errors
    /// [`DirectoryError`]: nothing may be concluded.
    async fn facts(&self, who: &Who, depth: u8) -> Result<Facts, DirectoryError>;

    /// Looks for people by `name`, in whole or by the beginnings of its words, for somebody to choose from: at most
    /// `most`, in no order. Nothing is decided by it.
    ///
    /// # Errors
    /// [`DirectoryError`]: nothing may be concluded.
    async fn people(&self, name: &str, most: u8) -> Result<Vec<Found>, DirectoryError>;

    /// Tries the connection without asking for anybody; answers with what was found, in words.
    ///
    /// # Errors
    /// [`DirectoryError`]: why it cannot be used.
    async fn probe(&self) -> Result<String, DirectoryError>;

    /// Tries each right that reading needs, by itself and without changing anything, and looks for
    /// rights beyond them. Empty when there is none to be had beside what [`Directory::probe`] tried.
    async fn rights(&self) -> Vec<Finding>;
}

/// What trying one right showed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The right, by the name that whoever grants it sees.
    pub right: String,
    /// Is it as it should be?
    pub verdict: Verdict,
    /// What was tried, and what came of it.
    pub text: String,
    /// What to do, in the words of the place where it is done. Empty when all is well.
    pub todo: String,
}

/// Is a right as it should be?
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It is there, and no more than is needed.
    Good,
    /// More than is needed, or it could not be found out; nothing fails for it.
    Care,
    /// It is missing: something will fail.
    Bad,
}

/// One account in a walk over all of them: for `coverage` and `directory export`, never for a decision.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// The account, with its phones as far as they were asked for.
    pub account: Account,
    /// What is known of its phones.
    pub phones: ListedPhones,
    /// The account above it.
    pub manager: Option<AccountId>,
    /// Those who speak for it where it has no manager, in their order; `None` when nobody knows.
    pub sponsors: Option<Vec<AccountId>>,
    /// Is it passed over as a manager, whatever phones it has? A guest of another organisation is.
    pub passed_over: bool,
}

/// What a walk found of somebody's phones.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ListedPhones {
    /// The numbers are in the account.
    Numbers,
    /// Only which types are registered, as a report tells it; it may be a day old.
    Types(Vec<PhoneType>),
    /// They could not be read; in words, why.
    Unknown(String),
}

/// What a walk is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Walk {
    /// Whom could the desk help? Types of phones do, where numbers cost a call for each person.
    Coverage,
    /// Everybody's numbers, whatever they cost: a copy of the register needs them.
    Export,
}

/// What a walk tells on its way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Progress {
    /// How far it has come.
    Read {
        /// With what.
        what: Part,
        /// So many are read.
        done: usize,
        /// So many there are in all, once that is known.
        all: Option<usize>,
    },
    /// Accounts that could not be made out, and are not in what it brings.
    LeftOut {
        /// How many.
        accounts: usize,
        /// Which one was the first, and why.
        first: String,
    },
    /// Types of phones cannot be had in few calls, so that everybody's numbers are asked for; in words, why.
    EachAsked(String),
}

/// What a walk reads, one after the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// Accounts.
    Accounts,
    /// What Active Directory knows of accounts of another register.
    OnPremises,
    /// People in a report on types of phones.
    Report,
    /// Those who speak for people without a manager.
    Sponsors,
    /// Phones, person by person.
    Phones,
}

/// A register whose accounts can be walked over.
#[async_trait]
pub trait Census: Send + Sync {
    /// Reads every account, and tells how far it has come.
    ///
    /// # Errors
    /// [`DirectoryError`]: the walk is not complete, and what was read says nothing.
    async fn walk(
        &self,
        walk: Walk,
        told: &(dyn Fn(Progress) + Send + Sync),
    ) -> Result<Vec<Listed>, DirectoryError>;
}
