//! Mails that leave: over SMTP, or as files into a spool. lettre is used only in this folder.

mod compose;
mod failure;
mod login;
mod smtp;
mod spool;

pub use smtp::{SmtpError, SmtpSender, SmtpSettings, Timeouts};
pub use spool::MailSpool;
