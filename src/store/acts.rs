//! The part of the store in which people act on tickets.

use async_trait::async_trait;

use super::{ActMade, ByHand, DueAct, NewAct, SavedDraft, SecondWord, Seconded, StoreError};
use crate::ticket::{ActStatus, KeptAct, Note, Ticket};
use crate::types::{StaffName, TicketNumber, UnixMillis};

/// What people do to tickets, and what waits to be done. Fails as every method of [`super::Store`] does.
#[async_trait]
pub trait ActStore: Send + Sync {
    /// Keeps an act, with its audit row. What is done beside the machine, a note or who has the ticket, is done with it.
    async fn make_act(&self, new: NewAct) -> Result<ActMade, StoreError>;
    /// Its person, or the colleague who approved it, takes an act back. `false`: it is too late, or not theirs.
    async fn undo_act(&self, act: i64, by: &StaffName, now: UnixMillis) -> Result<bool, StoreError>;
    /// A colleague approves or declines an override.
    async fn second_act(&self, word: SecondWord) -> Result<Seconded, StoreError>;
    /// Up to `limit` acts that are to be carried out, or have lapsed, the longest due first. One that cannot be read
    /// is ended, and hides no other.
    async fn due_acts(&self, limit: u32, now: UnixMillis) -> Result<Vec<DueAct>, StoreError>;
    /// Ends an act that is not carried out, with its audit row, and why. Nothing when it does not stand any more as it
    /// `was`: a colleague may have approved it in this very moment. A reply that was not sent is its person's draft again.
    async fn end_act(
        &self,
        act: i64,
        was: ActStatus,
        ended: (ActStatus, &str),
        now: UnixMillis,
    ) -> Result<(), StoreError>;
    /// The acts of a ticket, oldest first.
    async fn acts_of(&self, ticket: TicketNumber) -> Result<Vec<KeptAct>, StoreError>;
    /// Overrides that wait for a colleague, oldest first. One that cannot be read, as one of a newer version, is told in
    /// the log, and hides no other.
    async fn acts_for_colleagues(&self) -> Result<Vec<KeptAct>, StoreError>;
    /// How many wait for a colleague, with those that cannot be read.
    async fn count_for_colleagues(&self) -> Result<u32, StoreError>;

    /// Makes a ticket for somebody who came in person. The same form gives the same ticket. `None`: the form was used
    /// for something else, and nothing was made.
    async fn make_by_hand(&self, made: ByHand) -> Result<Option<TicketNumber>, StoreError>;
    /// The ticket with this number.
    async fn numbered(&self, ticket: TicketNumber) -> Result<Option<Ticket>, StoreError>;
    /// What colleagues have noted of a ticket, oldest first.
    async fn notes_of(&self, ticket: TicketNumber) -> Result<Vec<Note>, StoreError>;

    /// Keeps what somebody has begun to write, in place of what they wrote before; an empty text is none. `false`:
    /// there is no such ticket.
    async fn save_draft(&self, ticket: TicketNumber, draft: &SavedDraft) -> Result<bool, StoreError>;
    /// What somebody has begun to write.
    async fn draft_of(&self, ticket: TicketNumber, by: &StaffName) -> Result<Option<SavedDraft>, StoreError>;
}
