//! Stage 5: what shall happen, and why. One pure function over request, facts, history and policy.

use std::time::Duration;

use crate::directory::{DirectoryError, Facts, Manager, PhoneType};
use crate::mail::Sender;
use crate::request::Reading;
use crate::types::{AccountId, History, Link, Order, PhoneNumber, Reason, TicketNumber, Trail, UnixMillis};

pub mod coverage;
mod decide;
mod manager;
mod ordered;
mod phone;
mod ways;
#[cfg(test)]
mod tests;

pub use decide::{decide, is_protected};
pub use manager::{Reach, nearest_manager, reachable_at};
pub use phone::texting_number;

/// The switch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Automation {
    /// Decide and act.
    On,
    /// Decide and record, change and send nothing.
    Observe,
    /// Every mail to the queue.
    Off,
}

/// Whose mails may start a reset.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Senders {
    /// Anybody whom the organisation's own mail system vouches for.
    OwnDomain,
    /// Only the account's own addresses and its manager's, vouched for.
    AccountOrManager,
    /// Anybody.
    Any,
}

/// What to do when the phone does not help.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fallback {
    /// Ask the nearest manager.
    Manager,
    /// Let a technician look.
    Review,
}

/// How the password reaches the requester's registered phone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RequesterDelivery {
    /// The password itself.
    Password,
    /// A link; nothing changes until it is used.
    Pickup,
    /// The password when the account's own mailbox asked, else a link.
    PasswordIfOwnMailbox,
}

/// How the password reaches a manager.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ManagerDelivery {
    /// A link; nothing changes until it is used.
    Pickup,
    /// The password itself, to the manager's registered phone.
    Password,
}

/// What a manager's link asks for beside itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pickup {
    /// Nothing: it goes by text alone.
    Link,
    /// A code that comes by the other way.
    LinkAndCode,
    /// Nothing, and there is no link: a code by text, which is typed at the desk's page.
    Code,
    /// A sign-in.
    SignIn,
}

/// By which ways managers are told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ToldBy {
    /// By text.
    pub text: bool,
    /// By mail.
    pub mail: bool,
}

/// What to do with a manager who is away.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ManagerAbsent {
    /// Take the next one up.
    Skip,
    /// Ask all the same.
    AskAnyway,
}

/// Who gets the acknowledgement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Acknowledge {
    /// Senders somebody vouches for.
    Vouched,
    /// Every person.
    All,
    /// Nobody.
    None,
}

/// The rules of the site: `[policy]` and what of `[delivery]` a decision rests on.
#[derive(Clone, Debug)]
pub struct Policy {
    /// Whose mails may start a reset.
    pub senders: Senders,
    /// When the phone in the mail is not a registered one.
    pub phone_mismatch: Fallback,
    /// When no phone is registered.
    pub no_phone: Fallback,
    /// Types of registered phones that may be texted.
    pub phone_types: Vec<PhoneType>,
    /// A phone registered more recently than this goes to review.
    pub phone_age: Duration,
    /// ISO codes of the countries whose numbers may be texted.
    pub countries: Vec<String>,
    /// Groups whose members are never automated.
    pub protected_groups: Vec<String>,
    /// Older mails go to the queue.
    pub max_mail_age: Duration,
    /// Who gets the acknowledgement.
    pub acknowledge: Acknowledge,
    /// Per account, between two.
    pub cooldown: Duration,
    /// Limit per account in a day.
    pub per_account_per_day: u32,
    /// Limit per sender in a day.
    pub per_sender_per_day: u32,
    /// Limit per phone in a day.
    pub per_phone_per_day: u32,
    /// Limit per unit in an hour.
    pub per_unit_per_hour: u32,
    /// Limit of the whole desk in an hour.
    pub per_hour: u32,
    /// How the requester gets it.
    pub requester: RequesterDelivery,
    /// How the manager gets it.
    pub manager: ManagerDelivery,
    /// How far up the chain a manager is sought.
    pub manager_depth: u8,
    /// A manager who is away.
    pub manager_absent: ManagerAbsent,
    /// What a manager's link asks for.
    pub pickup: Pickup,
    /// By which ways a manager is told.
    pub manager_told: ToldBy,
}

/// What a decision rests on.
#[derive(Clone, Copy, Debug)]
pub struct Question<'a> {
    /// What the mails of the ticket say together.
    pub reading: &'a Reading,
    /// Who wrote them: the newest writer, with the lowest trust of all of them.
    pub sender: &'a Sender,
    /// When the newest of them came.
    pub received_at: UnixMillis,
    /// The longest time between a mail's own Date and its arrival. Whoever has somebody's mail can have it
    /// come a second time, but cannot make it younger.
    pub delay: Duration,
    /// One of them must get no automatic answer.
    pub wants_no_answer: bool,
    /// What the directory says; `None` when it was not asked, because the reading names nobody.
    pub facts: Option<&'a Result<Facts, DirectoryError>>,
    /// What happened lately.
    pub history: &'a History,
    /// The switch.
    pub automation: Automation,
    /// The rules.
    pub policy: &'a Policy,
    /// Have the details been asked for once already?
    pub asked_before: bool,
    /// Another writer's ticket that the first of them names.
    pub link: Option<Link>,
    /// What a person has decided about it.
    pub order: Option<&'a Order>,
    /// The manager whom that person chose, as the directory has them.
    pub chosen: Option<&'a Manager>,
    /// `Err`, in words, when no password can be handed over now: no key to seal it with, no text left for the day.
    pub deliverable: Result<(), &'a str>,
    /// `Err`, in words, when no text can leave now: no gateway works.
    pub texts: Result<(), &'a str>,
    /// Now.
    pub now: UnixMillis,
}

/// How a password shall reach a hand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Handover {
    /// The password itself by text.
    Password,
    /// A link by text; the password is made when it is used.
    Link,
}

/// What shall happen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decision {
    /// To the registered phone of the requester.
    TextRequester {
        /// Whose password.
        account: AccountId,
        /// The registered phone, as the directory has it.
        phone: PhoneNumber,
        /// How.
        handover: Handover,
    },
    /// To the nearest manager.
    OfferManager {
        /// Whose password.
        account: AccountId,
        /// The nearest manager that can be reached.
        manager: AccountId,
        /// The manager's registered phone, as the directory has it; `None` when only a mail goes.
        phone: Option<PhoneNumber>,
        /// Why not to the requester.
        reason: Reason,
        /// How.
        handover: Handover,
    },
    /// Another request for the account is under way; this one adds nothing to it.
    Merge {
        /// The ticket of the other request.
        into: TicketNumber,
    },
    /// Ask the writer for what is missing.
    AskForDetails,
    /// A technician takes over.
    HandToTechnician {
        /// Why.
        reason: Reason,
        /// True when waiting may help (the directory is down): the worker waits first.
        wait_first: bool,
    },
    /// A machine's mail: kept, never answered.
    File,
}

/// A decision with its reasons.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decided {
    /// What shall happen.
    pub decision: Decision,
    /// Every check in the order it was made, with its evidence.
    pub trail: Trail,
}
