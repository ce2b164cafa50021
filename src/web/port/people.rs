//! People of the directory, for somebody of the desk to choose a manager or an account from.

use async_trait::async_trait;

use crate::types::{StaffMember, TicketNumber};

/// Somebody who was found. No phone is told: nobody needs one to choose by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PersonFound {
    /// What the form takes.
    pub username: String,
    /// The name, as people write it.
    pub name: String,
    /// What the person does, and where; empty when unknown.
    pub works: String,
    /// The mailbox; empty for none.
    pub mail: String,
    /// May the account be signed in to?
    pub open: bool,
}

/// What became of a search.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sought {
    /// These were found, by their names; `more` were than are told.
    Found {
        /// Who.
        people: Vec<PersonFound>,
        /// There are more.
        more: bool,
    },
    /// So few letters mean everybody.
    TooShort,
    /// There is no such ticket.
    NoTicket,
    /// The directory does not answer.
    NoDirectory,
    /// The store does not answer, so that it could not be written down who looks for whom: nobody was looked for.
    NotNow,
}

/// The directory, as far as pages may ask it.
#[async_trait]
pub trait People: Send + Sync {
    /// Looks for somebody by the beginnings of the words of their name, for a step of `ticket`. Who looks for whom stands
    /// in the audit log before anybody is looked for.
    async fn search(&self, who: &StaffMember, ticket: TicketNumber, name: &str) -> Sought;
}
