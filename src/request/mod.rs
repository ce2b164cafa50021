//! Stage 3: a [`Mail`](crate::mail::Mail) becomes a [`PasswordRequest`], or is classified as
//! something else. Pure. Reading never fails, and a wrong reading is worse than none.
//!
//! `template` reads one mail and `together` those of a ticket; `fields` collects what is tied to a
//! label (`label`), to a number (`item`) or stands alone (`loose`); `username` and `phone` judge a
//! field's text; `marks` shows where it stood; `doubts`, `matter` and `refusal` look at everything else that was written, `own` and
//! `closing` at whose matter it is.

use crate::mail::AutomaticKind;
use crate::types::{PhoneNumber, Username};

mod closing;
mod doubts;
mod fields;
mod label;
mod item;
mod line;
mod loose;
pub mod marks;
mod matter;
mod own;
mod pattern;
mod phone;
mod refusal;
mod table;
mod tail;
pub mod template;
#[cfg(test)]
mod tests;
mod together;
mod username;
mod value;
mod vocabulary;

/// A value with the place it was read from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found<T> {
    /// What was read.
    pub value: T,
    /// Where: `line 3`.
    pub place: String,
}

/// A username and a phone, each tied to its label or number in the mail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PasswordRequest {
    /// Whose password.
    pub username: Found<Username>,
    /// The phone it should go to. Only ever compared, never texted.
    pub phone: Found<PhoneNumber>,
}

/// What a mail, or all mails of a ticket together, say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reading {
    /// Username and phone, both without doubt.
    Request(PasswordRequest),
    /// It is about a password, but something is missing. A reply may hold both fields and not say
    /// what it is about: then an earlier mail of the ticket has to.
    Incomplete {
        /// The username, when it was read.
        username: Option<Found<Username>>,
        /// The phone, when it was read.
        phone: Option<Found<PhoneNumber>>,
    },
    /// It is about a password, but several values could be meant, or one cannot be understood.
    Ambiguous {
        /// In words, without the values themselves: `two phones, lines 2 and 5`.
        why: String,
    },
    /// A person's mail about something else.
    General,
    /// A machine's mail.
    Automatic(AutomaticKind),
}

impl Reading {
    /// The stable word: `request`, `incomplete`, `ambiguous`, `general`, `automatic`.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Request(_) => "request",
            Self::Incomplete { .. } => "incomplete",
            Self::Ambiguous { .. } => "ambiguous",
            Self::General => "general",
            Self::Automatic(_) => "automatic",
        }
    }
}
