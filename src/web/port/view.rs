//! A ticket as it is shown: what came, what the machine made of it, what left, what happened.

use std::sync::Arc;

use async_trait::async_trait;

use super::Unavailable;
use crate::mail::display::{Displayed, Download, Formatted};
use crate::request::marks::Mark;
use crate::ticket::{Canned, Fate, Kind, Proposal, Standing, State};
use crate::types::{CheckResult, Reason, StaffMember, TicketNumber, TrailLine, UnixMillis};

/// What is shown of tickets. Whoever looks stands in the audit log before anything is shown, once an hour
/// for a ticket.
#[async_trait]
pub trait TicketView: Send + Sync {
    /// The ticket with this number; `None` when there is none. Its newest mails are opened as far as that is quick; the
    /// mail `asked` in any case.
    async fn ticket(
        &self,
        number: TicketNumber,
        asked: i64,
        who: &StaffMember,
    ) -> Result<Option<TicketShown>, Unavailable>;
    /// The HTML form of one of its mails; `None` when there is no such mail, or it has none.
    async fn frame(
        &self,
        number: TicketNumber,
        mail: i64,
        who: &StaffMember,
    ) -> Result<Option<Formatted>, Unavailable>;
    /// An attachment of one of its mails, by its place; `None` when there is none, or it is blocked.
    async fn attachment(
        &self,
        number: TicketNumber,
        mail: i64,
        place: usize,
        who: &StaffMember,
    ) -> Result<Option<Download>, Unavailable>;

    /// The mail that would leave with a text that lies ready; `None` for a template that cannot be filled.
    fn ready(&self, number: TicketNumber, which: Ready) -> Option<ReadyText>;
}

/// A text that lies ready.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ready {
    /// The question about details.
    Ask,
    /// An answer.
    Canned(Canned),
}

/// What would leave, word by word.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReadyText {
    /// The subject.
    pub subject: String,
    /// The text, in both languages.
    pub text: String,
}

/// A ticket as it is shown. Of phones it holds the last two digits, but for those in the mails themselves.
#[derive(Clone, Debug)]
pub struct TicketShown {
    /// The number people quote.
    pub number: TicketNumber,
    /// What it is about.
    pub kind: Kind,
    /// Its subject.
    pub subject: String,
    /// Who wrote it; empty when that is not one address.
    pub from: String,
    /// When its first mail came.
    pub received_at: UnixMillis,
    /// When the machine was done with it.
    pub settled_at: Option<UnixMillis>,
    /// Where it stands.
    pub state: State,
    /// The same in one word.
    pub standing: Standing,
    /// What became of it.
    pub outcome: Option<Fate>,
    /// Why a person is involved.
    pub reason: Option<Reason>,
    /// The account's username, once the directory has named it.
    pub username: Option<String>,
    /// The account that people have named since its newest mail; what they decide next is about that one.
    pub named: Option<String>,
    /// Who has taken it; empty for nobody.
    pub assignee: String,
    /// It came while the automation only observed.
    pub observed: bool,
    /// It goes before all others.
    pub urgent: bool,
    /// Rises with every change; a form carries the one that its person saw.
    pub version: i64,
    /// What is proposed; `None` while the machine is at work.
    pub proposal: Option<Proposal>,
    /// Its mails, oldest first.
    pub mails: Vec<MailShown>,
    /// There are older mails.
    pub more_mails: bool,
    /// Why it was decided so.
    pub trail: Vec<TrailLine>,
    /// What left, or shall leave, oldest first.
    pub sent: Vec<SentShown>,
    /// What happened, oldest first.
    pub history: Vec<HappenedShown>,
    /// More happened, earlier.
    pub more_history: bool,
    /// Tickets that belong to it.
    pub related: Vec<RelatedShown>,
}

/// A mail of a ticket.
#[derive(Clone, Debug)]
pub struct MailShown {
    /// The store's name for it.
    pub id: i64,
    /// The merged ticket that it came to, when it was not this one.
    pub of: Option<TicketNumber>,
    /// When it came.
    pub received_at: UnixMillis,
    /// Somebody vouches for the address of its sender.
    pub vouched: bool,
    /// A machine wrote it.
    pub machine: bool,
    /// Its sender's address as the store keeps it; empty when that is not one.
    pub sender: String,
    /// What it says; `None` when it is one of the older ones, which are only named.
    pub body: Option<Arc<MailBody>>,
}

/// What a mail says, and where in it values were read.
#[derive(Clone, Debug)]
pub struct MailBody {
    /// The mail.
    pub displayed: Displayed,
    /// What was read of it.
    pub marks: Vec<Mark>,
}

/// Words that left, or shall leave.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SentShown {
    /// Which.
    pub what: SentWhat,
    /// By text rather than by mail.
    pub by_text: bool,
    /// To which mailbox; empty for a text.
    pub to: String,
    /// Through which gateway; empty for a mail.
    pub gateway: String,
    /// When the fact below became one.
    pub at: UnixMillis,
    /// What became of them.
    pub status: SentStatus,
    /// Why, in the words of whoever said so.
    pub detail: String,
}

/// Which words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SentWhat {
    /// "We have received your mail."
    Acknowledgement,
    /// "We need one more detail."
    AskForDetails,
    /// What a person of the desk wrote.
    Reply,
    /// The text with the password.
    Password,
    /// The text with a link.
    Link,
    /// To the manager: a link came by text.
    ManagerNotice,
    /// To the manager: the link itself.
    ManagerLink,
    /// To the manager: the code to the link.
    ManagerCode,
    /// To the manager: the link again.
    Reminder,
    /// To the manager: the link is closed.
    LinkClosed,
    /// To the owner: the password was changed.
    OwnerNotice,
    /// To the owner's phone: a manager was asked.
    OwnerWarning,
    /// To the people of `notify.mail`.
    Alarm,
    /// Another mail.
    OtherMail,
}

/// What became of words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SentStatus {
    /// They wait to leave.
    Queued,
    /// They did not leave yet, and will be tried again.
    Retrying,
    /// Whoever carries them has taken them.
    Sent,
    /// They arrived.
    Delivered,
    /// A server on their way holds them, and tries on.
    Delayed,
    /// They did not arrive, and will not.
    Failed,
    /// They surely did not leave.
    NotSent,
    /// Nobody knows whether they left.
    Unknown,
}

/// A row of the audit log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HappenedShown {
    /// When.
    pub at: UnixMillis,
    /// Who, as the log calls them.
    pub actor: String,
    /// What.
    pub event: String,
    /// More, as JSON text; no secret, and no full number.
    pub data: String,
}

/// A ticket that belongs to another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RelatedShown {
    /// Its number.
    pub number: TicketNumber,
    /// How.
    pub how: RelatedBy,
    /// Its subject.
    pub subject: String,
    /// Where it stands.
    pub standing: Standing,
}

/// How two tickets belong together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RelatedBy {
    /// The other was merged into this one.
    MergedHere,
    /// This one was merged into the other.
    MergedInto,
    /// The other's mail names this one.
    NamesThis,
    /// This one's mail names the other.
    NamedByThis,
}

impl TicketShown {
    /// The first check that did not hold: what a person looks at first.
    #[must_use]
    pub fn stopped_at(&self) -> Option<&TrailLine> {
        self.trail.iter().find(|line| line.result == CheckResult::Fail)
    }
}
