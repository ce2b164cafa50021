//! Who wrote a mail, and who vouches for the address in From.
//!
//! What a server says of a mail, and what the mail's own sender wrote, stand in the same header.
//! Each way to tell them apart has its file: `authserv` for servers that follow RFC 8601, `exchange`
//! for Exchange, `signatures` for what this desk has checked itself.

use super::automatic::HANDED_ON;
use super::fields::Fields;
use super::shown::one_line;
use super::{Authentication, Sender, Trust};
use crate::types::EmailAddress;
use from::Author;

mod authserv;
mod exchange;
mod from;
mod results;
mod signatures;
#[cfg(test)]
mod tests;

pub use signatures::Signatures;

/// Fields that come with a mail and that no server puts on top of it.
const AUTHORS_FIELDS: [&str; 12] = [
    "from",
    "to",
    "cc",
    "subject",
    "date",
    "message-id",
    "in-reply-to",
    "references",
    "reply-to",
    "sender",
    "mime-version",
    "content-type",
];

/// Evidence is shown to people; a server's words are not taken at any length.
const MAX_EVIDENCE: usize = 240;

/// What the writer of the mail with these fields calls themselves; empty when nothing.
pub(super) fn writer(fields: &Fields) -> String {
    one_line(&from::name(fields), MAX_EVIDENCE)
}

/// Who wrote the mail with these fields. `signatures` is what this desk itself found of them.
pub(super) fn sender(
    fields: &Fields,
    authentication: &Authentication,
    signatures: Option<&Signatures>,
    own_domains: &[String],
) -> Sender {
    let (address, verdict) = match from::author(fields) {
        Author::Nobody(why) => (None, Err(why.to_owned())),
        Author::Doubtful(address, why) => (Some(address), Err(why.to_owned())),
        Author::One(address) => {
            let own = own_domains.iter().any(|d| d.eq_ignore_ascii_case(address.domain()));
            let verdict = verdict(fields, authentication, signatures, &address, own);
            let trust = if own { Trust::OwnDomain } else { Trust::Vouched };
            (Some(address), verdict.map(|evidence| (trust, evidence)))
        }
    };
    let (trust, evidence) = match verdict {
        Ok((trust, evidence)) => (trust, evidence),
        Err(why) => (Trust::Unverified, why),
    };
    let evidence = match address.as_ref().and_then(|address| from::other_hand(fields, address)) {
        Some(other) => format!("{evidence}; {other}"),
        None => evidence,
    };
    Sender { address, trust, evidence: one_line(&evidence, MAX_EVIDENCE), alone: true }
}

/// The one address in From; for whoever looks at signatures.
///
/// # Errors
/// In words, why there is none that can be relied on.
pub(super) fn author(fields: &Fields) -> Result<EmailAddress, &'static str> {
    match from::author(fields) {
        Author::One(address) => Ok(address),
        Author::Doubtful(_, why) | Author::Nobody(why) => Err(why),
    }
}

/// What vouches for `address`, or why nobody does, in words.
fn verdict(
    fields: &Fields,
    authentication: &Authentication,
    signatures: Option<&Signatures>,
    address: &EmailAddress,
    own: bool,
) -> Result<String, String> {
    if fields.first(HANDED_ON).is_some() {
        return Err(
            "an inbox rule handed it on; nobody vouches for what came to the rule's mailbox".to_owned()
        );
    }
    match authentication {
        Authentication::Trusted => Ok("only local users can write to this mailbox".to_owned()),
        Authentication::Exchange => exchange::vouching(fields, address.domain(), own),
        Authentication::Authserv(id) => authserv::vouching(fields, id, address.domain()),
        Authentication::Dkim => signatures::vouching(signatures, address.domain()),
    }
}
