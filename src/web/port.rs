//! The ports of whoever works at the desk, a file each. The worker implements them; beside them stands
//! [`Desk`](super::desk::Desk), the port of whoever has a link.

mod acts;

pub use acts::{ActForm, ByHandForm, MadeByHand, Performed, Refusal, TicketActs, Undone};
