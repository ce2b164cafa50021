//! What happened lately, as far as a decision may look at it.

use super::{TicketNumber, UnixMillis};

/// Counts of automatic password deliveries, read in one go before a decision and again in the commit that
/// begins one. A delivery counts from the moment it is begun, whatever becomes of it, but for one of which
/// surely no text has left: who got nothing has used up nothing. "Day" is the last 24 hours, "hour" the last
/// 60 minutes; what is exactly that old no longer counts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct History {
    /// When the account last had one started for it.
    pub account_last: Option<UnixMillis>,
    /// For the account, in a day.
    pub account_day: u32,
    /// Asked for by the same sender's address, in a day.
    pub sender_day: u32,
    /// With the same phone in the mail, in a day.
    pub phone_day: u32,
    /// For accounts of the same unit, in an hour.
    pub unit_hour: u32,
    /// For the whole desk, in an hour, and since a person last turned the automation on.
    pub desk_hour: u32,
    /// Texts to anybody that left, or may have left, in a day.
    pub texts_day: u32,
    /// Texts that are sure to follow: of requests under way, and of warnings that wait.
    pub texts_owed: u32,
    /// Requests for the account whose phone was not a registered one, in a day.
    pub account_mismatches_day: u32,
    /// Was the account frozen, and nobody has lifted that?
    pub frozen: bool,
    /// Have people set that freeze aside for the ticket, and its owner has not said so again since?
    pub lifted: bool,
    /// The ticket of the account that is under way, if there is one (I7).
    pub live: Option<TicketNumber>,
}
