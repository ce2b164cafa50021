//! What goes into the store and comes out of it. No type of the database is among them.

mod mails;
mod messages;
mod quarantine;
mod reads;
mod work;

pub use mails::{Incoming, KeptMail, LedgerEntry, MailsLimit, NewTicket, Recorded};
pub use messages::{Addressee, Channel, MessageClaim, MessageKind, NewMessage};
pub use quarantine::{LetOut, Quarantined};
pub use reads::{AuditEntry, ChainReport, Switch, TicketFilter, TicketView};
pub use work::{
    Claim, Committed, Intent, IntentChange, IntentKind, SealedChange, Started, Step, StoredReceipt,
};
