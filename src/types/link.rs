//! A ticket that a mail speaks of without belonging to it.

use super::TicketNumber;

/// How a mail names a ticket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NamedBy {
    /// Its number in the subject.
    Tag,
    /// The Message-ID of one of our own mails about it.
    OurMail,
    /// The Message-ID of a mail to it, whose requester has the writer's address, but surer.
    OwnMail,
    /// The Message-ID of a mail to it, whose requester is somebody else.
    TheirMail,
}

impl NamedBy {
    /// The stable word.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Tag => "tag",
            Self::OurMail => "our-mail",
            Self::OwnMail => "own-mail",
            Self::TheirMail => "their-mail",
        }
    }

    /// The way whose [`NamedBy::code`] is `code`.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        [Self::Tag, Self::OurMail, Self::OwnMail, Self::TheirMail].into_iter().find(|by| by.code() == code)
    }
}

/// A ticket's mail names another ticket, whose requester surely did not write it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Link {
    /// The other ticket.
    pub to: TicketNumber,
    /// How it is named.
    pub by: NamedBy,
}

impl Link {
    /// Does the writer speak as if the other ticket were theirs? Numbers and our Message-IDs are given
    /// to one person each, so somebody else who uses one is an open question, as is an address that was
    /// surer before. A mail of somebody else may have many readers: a whole organisation answers the one
    /// that says what to do. Answering or forwarding it claims nothing, and the answer stands on its own.
    #[must_use]
    pub fn claims(self) -> bool {
        match self.by {
            NamedBy::Tag | NamedBy::OurMail | NamedBy::OwnMail => true,
            NamedBy::TheirMail => false,
        }
    }

    /// The link in words, for the trail.
    #[must_use]
    pub fn words(self) -> String {
        let to = self.to;
        let how = match self.by {
            NamedBy::Tag => format!("the subject has the number {to}"),
            NamedBy::OurMail => format!("it answers our mail about {to}"),
            NamedBy::OwnMail => format!("it answers a mail of {to}, whose sender was surer"),
            NamedBy::TheirMail => format!("it answers or forwards a mail of {to}"),
        };
        format!("{how}, which is not surely this writer's: linked, nothing of it is shown or changed")
    }
}
