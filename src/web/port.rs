//! The ports of whoever works at the desk, a file each. The worker implements them; beside them stands
//! [`Desk`](super::desk::Desk), the port of whoever has a link.

mod accounts;
mod acts;
mod operations;
mod people;
mod programs;
mod queue;
mod view;

pub use accounts::{
    Accounts, LocalSignIn, LoginFlow, Session, SessionShown, SignInAnswer, Unavailable, WaysIn,
};
pub use acts::{ActForm, ByHandForm, MadeByHand, Performed, Refusal, TicketActs, Undone};
pub use operations::{
    AuditLine, AuditWish, ChainState, Coverage, FrozenAccount, Held, Lifted, Operations, OutageNow,
    PartHealth, ReadAgain, Setting, SwitchNow, Trial, Tried, Turned,
};
pub use people::{People, PersonFound, Sought};
pub use programs::{GivenAnswer, Known, LetIn, Once, Program, Programs, TicketListed};
pub use queue::{Alike, Found, Pulse, Queue, Snapshot};
pub use view::{
    HappenedShown, MailBody, MailShown, Ready, ReadyText, RelatedBy, RelatedShown, SentShown, SentStatus,
    SentWhat, TicketShown, TicketView,
};
