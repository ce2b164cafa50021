//! Words that several stages share. Each is parsed once, has a private field and an error of its
//! own, and is never checked again.

mod account_id;
mod callback_request;
mod credential;
mod email_address;
mod history;
mod limits;
mod link;
mod masking;
mod message_id;
mod order;
mod outcome;
mod phone_number;
mod program;
mod reason;
mod returned;
mod staff;
mod ticket_number;
mod time;
mod trail;
mod username;

pub use account_id::AccountId;
pub use callback_request::CallbackRequest;
pub use credential::Credential;
pub use email_address::{EmailAddress, EmailAddressError};
pub use history::History;
pub use limits::{FROZEN_AFTER, Limits};
pub use link::{Link, NamedBy};
pub use masking::mask_phones;
pub use message_id::{MessageId, MessageIdError};
pub use order::{Order, Ordered, Override, Person};
pub use outcome::Outcome;
pub use phone_number::{PhoneNumber, PhoneNumberError};
pub use program::{Scope, TokenName, TokenNameError};
pub use reason::{Reason, UnknownReason};
pub use returned::{Returned, ReturnedFate};
pub use staff::{Preferences, Role, Shortcuts, StaffMember, StaffName, StaffNameError, Theme, TotpKey};
pub use ticket_number::{TicketNumber, TicketNumberError};
pub use time::UnixMillis;
pub use trail::{Check, CheckResult, Trail, TrailLine};
pub use username::{Username, UsernameError};
