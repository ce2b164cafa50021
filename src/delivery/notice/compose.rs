//! From an [`OutgoingMail`] to the octets of a mail (RFC 5322): headers as `interfaces.md` promises
//! them, one part of plain text in UTF-8.

use lettre::Message;
use lettre::message::header::{HeaderName, HeaderValue};
use lettre::message::{Mailbox, SinglePart};

use crate::clock;
use crate::delivery::{AutoSubmitted, OutgoingMail};
use crate::types::{EmailAddress, MessageId};

/// A Message-ID of the writer that is longer than this is left out: with its header's name and angle
/// brackets it must fit a line of 998 octets (RFC 5322 2.1.1).
const THREAD_ID_MAX: usize = 900;

/// Whom the mails come from.
#[derive(Clone, Debug)]
pub(super) struct Desk {
    /// The desk's name as people know it.
    pub(super) name: String,
    /// The desk's address.
    pub(super) address: EmailAddress,
}

/// The mail as it leaves.
///
/// # Errors
/// In words, when a part cannot be written as a mail.
pub(super) fn compose(mail: &OutgoingMail, desk: &Desk) -> Result<Vec<u8>, String> {
    let from = Mailbox::new(Some(one_line(&desk.name)), address(&desk.address)?);
    let submitted = match mail.auto_submitted {
        AutoSubmitted::Replied => "auto-replied",
        AutoSubmitted::Generated => "auto-generated",
    };
    let mut builder = Message::builder()
        .from(from)
        .to(Mailbox::new(None, address(&mail.to)?))
        .subject(one_line(&mail.subject))
        .message_id(Some(format!("<{}>", mail.message_id)))
        .raw_header(header("Date", clock::rfc5322(mail.date)))
        .raw_header(header("Auto-Submitted", submitted.to_owned()))
        // Exchange and Outlook heed this one (MS-OXCMAIL 2.2.3.2.14).
        .raw_header(header("X-Auto-Response-Suppress", "All".to_owned()));
    if let Some(id) = mail.in_reply_to.as_ref().filter(|id| fits(id)) {
        builder = builder.in_reply_to(format!("<{id}>"));
    }
    let thread: Vec<String> =
        mail.references.iter().filter(|id| fits(id)).map(|id| format!("<{id}>")).collect();
    if !thread.is_empty() {
        builder = builder.references(thread.join(" "));
    }
    // lettre ends the part with a line break of its own.
    let message = builder.singlepart(SinglePart::plain(mail.text.trim_end_matches('\n').to_owned()));
    Ok(message.map_err(|error| format!("the mail cannot be written: {error}"))?.formatted())
}

/// lettre's form of an address.
pub(super) fn address(address: &EmailAddress) -> Result<lettre::Address, String> {
    address.as_str().parse().map_err(|error| format!("the address {address} cannot be written to: {error}"))
}

fn header(name: &'static str, value: String) -> HeaderValue {
    HeaderValue::new(HeaderName::new_from_ascii_str(name), value)
}

/// A header is one line, whatever was put into it.
fn one_line(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

/// Its writer chose it: only one that needs no encoding is repeated as it is.
fn fits(id: &MessageId) -> bool {
    id.as_str().is_ascii() && id.as_str().len() <= THREAD_ID_MAX
}
