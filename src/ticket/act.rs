//! What people of the desk do to a ticket.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::Ticket;
use super::by_people::Closing;
use super::event::Event;
use crate::types::{Order, Ordered, Override, Person, Reason, StaffName, TicketNumber, UnixMillis, Username};

/// What an act that leaves something waits, so that it can be undone.
pub const UNDO: Duration = Duration::from_secs(10);
/// How long an override waits for a colleague.
pub const COLLEAGUE: Duration = Duration::from_secs(15 * 60);
/// An act that was not carried out so long after its time is not carried out any more: the program was stopped, or its
/// database came out of a backup, and its person thinks of something else by now.
pub const LATEST: Duration = Duration::from_secs(15 * 60);
/// Letters of a reply or a note: more than anybody writes, and a form cannot fill the store.
pub const LONGEST_TEXT: usize = 20_000;
/// Letters of the sentence that an override is given for.
pub const LONGEST_WHY: usize = 500;

/// One act.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "act", rename_all = "kebab-case")]
pub enum Act {
    /// Whoever wrote may ask: it is decided again, and everything else is checked as always.
    Approve,
    /// It is decided again as it is.
    Retry,
    /// The nearest manager is asked.
    ToManager {
        /// Whose account, where the mails do not say.
        account: Option<Username>,
    },
    /// The account is this one, and it is decided as always.
    ChooseAccount {
        /// Whose.
        account: Username,
    },
    /// It goes on although a check fails (decisions, 18).
    Override {
        /// Where to.
        way: Override,
        /// Whose account, where the mails do not say.
        account: Option<Username>,
        /// How the person was made out.
        grounds: Grounds,
        /// Why, in a sentence.
        why: String,
        /// Who is to hand it over, as the directory called them when it was wanted; empty for nobody whom people chose.
        #[serde(default)]
        whom: String,
    },
    /// The writer is asked for username and phone.
    Ask,
    /// A text of one's own goes to the writer.
    Reply {
        /// The language of the words around it: `sv` or `en`.
        language: String,
        /// The text.
        text: String,
        /// The ticket ends with it; else it waits for the answer.
        closes: bool,
    },
    /// A text that lies ready goes to the writer, in both languages.
    Canned {
        /// Which.
        reply: Canned,
        /// The time that it tells, where it tells one.
        at: Option<UnixMillis>,
        /// The ticket ends with it; else it waits for the answer.
        closes: bool,
    },
    /// It is solved.
    Close,
    /// It was phishing.
    Phishing,
    /// It is taken up again.
    Reopen,
    /// It is put together with an older one, which goes on.
    Merge {
        /// That one.
        into: TicketNumber,
    },
    /// Whoever acts takes it.
    Take,
    /// Nobody has it any more.
    Release,
    /// Somebody is given it.
    Assign {
        /// Who.
        to: StaffName,
    },
    /// A word to colleagues.
    Note {
        /// The word.
        text: String,
    },
}

/// How whoever asks was made out, for an override.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Grounds {
    /// They stand here, and showed who they are.
    InPerson,
    /// They were called at a number that the desk knows.
    CalledBack,
    /// A manager or colleague whom the desk knows says so.
    Vouched,
    /// As the sentence says.
    Other,
}

/// A text that lies ready.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Canned {
    /// The telephones are down, mail works; since when, where that is told.
    PhonesAreDown,
    /// Help comes through the manager.
    ThroughManager,
    /// Passwords come first now; until when the answer comes, where that is told.
    OtherMatter,
    /// It cannot be solved by mail. The words are the same whatever account it is about.
    Refusal,
}

impl Canned {
    /// Every one.
    pub const ALL: [Self; 4] = [Self::PhonesAreDown, Self::ThroughManager, Self::OtherMatter, Self::Refusal];

    /// The stable word, which is also its template's name.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::PhonesAreDown => "phones-are-down",
            Self::ThroughManager => "through-manager",
            Self::OtherMatter => "other-matter",
            Self::Refusal => "refusal",
        }
    }
}

impl Act {
    /// The stable word.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Approve => "approve",
            Self::Retry => "retry",
            Self::ToManager { .. } => "to-manager",
            Self::ChooseAccount { .. } => "choose-account",
            Self::Override { way: Override::AsUsual, .. } => "override",
            Self::Override { way: Override::ToRegisteredPhone, .. } => "override-to-registered-phone",
            Self::Override { way: Override::ToManager(_), .. } => "override-to-another-manager",
            Self::Ask => "ask",
            Self::Reply { .. } => "reply",
            Self::Canned { .. } => "canned-reply",
            Self::Close => "close",
            Self::Phishing => "phishing",
            Self::Reopen => "reopen",
            Self::Merge { .. } => "merge",
            Self::Take => "take",
            Self::Release => "release",
            Self::Assign { .. } => "assign",
            Self::Note { .. } => "note",
        }
    }

    /// Does it need a second person, where that is the rule?
    #[must_use]
    pub fn is_override(&self) -> bool {
        matches!(self, Self::Override { .. })
    }

    /// Is it carried out at once, beside whatever the machine does: a word, or who has it?
    #[must_use]
    pub fn is_beside(&self) -> bool {
        matches!(self, Self::Take | Self::Release | Self::Assign { .. } | Self::Note { .. })
    }

    /// Does it have the request decided again?
    #[must_use]
    pub fn orders(&self) -> bool {
        matches!(
            self,
            Self::Approve
                | Self::Retry
                | Self::ToManager { .. }
                | Self::ChooseAccount { .. }
                | Self::Override { .. }
        )
    }

    /// Does a mail go to the writer?
    #[must_use]
    pub fn writes(&self) -> bool {
        matches!(self, Self::Ask | Self::Reply { .. } | Self::Canned { .. })
    }

    /// How long it waits to be undone.
    #[must_use]
    pub fn waits(&self) -> Duration {
        // What can be taken back by its opposite, at any time, does not wait.
        if *self == Self::Reopen || self.is_beside() { Duration::ZERO } else { UNDO }
    }

    /// What it is to `ticket`; `None` for what is done beside it. An account that people have named stays named until a mail
    /// comes that they have not seen.
    #[must_use]
    pub fn event(&self, by: &Person, with: Option<&Person>, ticket: &Ticket) -> Option<Event> {
        let order = |what: Ordered, account: Option<&Username>| {
            let named_before = account.is_none() && ticket.named.is_some();
            let account = account.or(ticket.named.as_ref()).cloned();
            let because = ticket.reason.unwrap_or(Reason::OtherSubject);
            let aside = set_aside(&what, account.as_ref(), because, ticket);
            let (by, with, of) = (by.clone(), with.cloned(), ticket.account.clone());
            Event::Ordered { order: Order { by, with, what, account, named_before, because, aside, of } }
        };
        Some(match self {
            Self::Approve => order(Ordered::SenderApproved, None),
            Self::Retry => order(Ordered::Again, None),
            Self::ToManager { account } => order(Ordered::ToManager, account.as_ref()),
            Self::ChooseAccount { account } => order(Ordered::Again, Some(account)),
            Self::Override { way, account, .. } => order(Ordered::Override(way.clone()), account.as_ref()),
            Self::Ask => Event::Questioned,
            Self::Reply { closes, .. } | Self::Canned { closes, .. } => Event::Answered { closes: *closes },
            Self::Close => Event::Closed { how: Closing::Resolved },
            Self::Phishing => Event::Closed { how: Closing::Phishing },
            Self::Reopen => Event::Reopened,
            Self::Merge { into } => Event::Merged { into: *into },
            Self::Take | Self::Release | Self::Assign { .. } | Self::Note { .. } => return None,
        })
    }
}

/// What an override sets aside: the check that the ticket came back with, and those that overrides of the same request for
/// the same account have set aside before. Each of them was seen.
fn set_aside(what: &Ordered, account: Option<&Username>, because: Reason, ticket: &Ticket) -> Vec<Reason> {
    match what {
        Ordered::Again | Ordered::SenderApproved | Ordered::ToManager => Vec::new(),
        Ordered::Override(_) => {
            let before = ticket.set_aside.iter().filter(|_| account == ticket.named.as_ref());
            let mut aside: Vec<Reason> = before.copied().filter(|reason| *reason != because).collect();
            aside.push(because);
            aside
        }
    }
}
