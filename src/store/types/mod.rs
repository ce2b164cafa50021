//! What goes into the store and comes out of it. No type of the database is among them.

mod ledger;
mod mails;
mod messages;
mod reads;
mod work;

pub use ledger::{Found, LedgerEntry, MailId, Settled, Totals, UidScope};
pub use mails::{Incoming, KeptMail, MailsLimit, NewTicket, Recorded};
pub use messages::{Addressee, Channel, MessageClaim, MessageKind, NewMessage};
pub use reads::{AuditEntry, ChainReport, Switch, TicketFilter, TicketView};
pub use work::{
    Claim, Committed, Intent, IntentChange, IntentKind, SealedChange, Started, Step, StoredReceipt,
};
