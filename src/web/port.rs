//! The ports of whoever works at the desk, a file each. The worker implements them; beside them stands
//! [`Desk`](super::desk::Desk), the port of whoever has a link.

mod view;

pub use view::{
    HappenedShown, MailBody, MailShown, RelatedBy, RelatedShown, SentShown, SentStatus, SentWhat,
    TicketShown, TicketView,
};

/// The store does not answer: nobody can be told from nobody.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unavailable;
