//! The part of the store from which the status page is counted. Each answer is for whoever keeps it for many requests.

use async_trait::async_trait;

use super::StoreError;
use crate::ticket::TicketId;
use crate::types::UnixMillis;

/// A ticket that has come to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ended {
    /// The ticket.
    pub id: TicketId,
    /// Since when somebody waited for it.
    pub waits_since: UnixMillis,
    /// When it ended.
    pub at: UnixMillis,
}

/// Texts with passwords and links.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TextCounts {
    /// Those that a gateway has taken, or may have.
    pub sent: u32,
    /// Those of which a receipt says that they are in the phone.
    pub delivered: u32,
    /// Those that surely never will be.
    pub failed: u32,
}

/// Passwords that wait for whoever has the link.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct OfferCounts {
    /// Nobody has opened them.
    pub waiting: u32,
    /// They were shown, and nobody has said that they were handed over.
    pub shown: u32,
}

/// What the status page is counted from. Fails as every method of [`super::Store`] does.
#[async_trait]
pub trait StatusStore: Send + Sync {
    /// Up to `limit` tickets that ended after the place `after` and not later than `until`, in that order: those that
    /// a person of the desk has acted on, or all others.
    async fn ended(
        &self,
        by_people: bool,
        after: (UnixMillis, TicketId),
        until: UnixMillis,
        limit: u32,
    ) -> Result<Vec<Ended>, StoreError>;
    /// Texts that were begun since then.
    async fn texts_since(&self, since: UnixMillis) -> Result<TextCounts, StoreError>;
    /// Links that are out now.
    async fn offers(&self) -> Result<OfferCounts, StoreError>;
}
