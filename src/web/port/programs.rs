//! Programs that ask over the programming interface: who they are, and what they have asked once already.

use std::time::Duration;

use async_trait::async_trait;

use super::Unavailable;
use crate::ticket::{Ticket, TicketId};
use crate::types::{Scope, StaffMember, StaffName, TicketNumber, TokenName};

/// A program with a token that holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Program {
    /// The token's name.
    pub name: TokenName,
    /// What it may do.
    pub scopes: Vec<Scope>,
    /// As whom it acts.
    pub member: StaffMember,
}

/// A request that is to be carried out once, however often it is sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Once {
    /// Whose.
    pub token: TokenName,
    /// Its `Idempotency-Key`.
    pub key: String,
    /// SHA-256 of what is asked.
    pub fingerprint: String,
}

/// An answer as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GivenAnswer {
    /// Its status.
    pub status: u16,
    /// Its `Location`; empty for none.
    pub location: String,
    /// Its body, which is JSON.
    pub body: String,
}

/// What is known of such a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Known {
    /// It is carried out now.
    New,
    /// It is being carried out.
    UnderWay,
    /// It was answered.
    Answered(GivenAnswer),
    /// Something else was asked with this key.
    Another,
}

/// What became of a token's request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LetIn {
    /// This program asks.
    Yes(Program),
    /// No token of ours, or one that is over.
    No,
    /// It asks too often: the next may be asked in so long.
    Wait(Duration),
}

/// A ticket, with the Message-IDs of its mails.
#[derive(Clone, Debug)]
pub struct TicketListed {
    /// The ticket.
    pub ticket: Ticket,
    /// Empty for a mail that has none.
    pub messages: Vec<String>,
}

/// Programs that ask.
#[async_trait]
pub trait Programs: Send + Sync {
    /// Who has this token.
    async fn let_in(&self, token: &str) -> Result<LetIn, Unavailable>;
    /// Begins a request that is carried out once.
    async fn begin(&self, once: &Once) -> Result<Known, Unavailable>;
    /// Keeps its answer for a day; with `None` it was not carried out, and may be tried again.
    async fn end(&self, once: &Once, answer: Option<&GivenAnswer>) -> Result<(), Unavailable>;
    /// The ticket with this number; `None` when there is none.
    async fn numbered(&self, number: TicketNumber) -> Result<Option<TicketId>, Unavailable>;
    /// These tickets in their order; those that are not there are left out.
    async fn tickets(&self, ids: &[TicketId]) -> Result<Vec<TicketListed>, Unavailable>;
    /// Writes down that somebody reads the audit log, once an hour.
    async fn note_reading(&self, by: &StaffName) -> Result<(), Unavailable>;
}
