//! What goes into the store and comes out of it. No type of the database is among them.

mod acts;
mod ledger;
mod mails;
mod messages;
mod quarantine;
mod reads;
mod view;
mod work;

pub use acts::{ActMade, ByHand, DueAct, NewAct, NotAsked, SavedDraft, SecondWord, Seconded};
pub use ledger::{Found, LedgerEntry, MailId, Settled, Totals, UidScope};
pub use mails::{Arrival, Incoming, KeptMail, MailsLimit, NewTicket, Recorded, Thread};
pub use messages::{Addressee, Begun, Channel, MessageClaim, MessageKind, NewMessage, TextSent, TextSoFar};
pub use quarantine::{InQuarantine, LetOut, Quarantined};
pub(crate) use reads::MACHINE;
pub use reads::{AuditEntry, ChainReport, Frozen, Listed, Switch, TicketFilter, TicketView};
pub use view::{Call, MailHead, MailOctets, Related, RelatedHow, SentMessage, TicketFile};
pub use work::{
    Claim, Committed, Enough, Freeze, Intent, IntentChange, IntentKind, Pause, SealedChange, Started, Step,
    StoredReceipt, TextCap,
};
