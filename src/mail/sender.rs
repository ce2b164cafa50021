//! Who wrote a mail, and who vouches for the address in From.
//!
//! A mail server puts its fields above those that a mail came with. So the fields are read from
//! the top, and only the first `Authentication-Results` of the configured authserv-id is looked at,
//! and only while no field of the author's (From, Subject, Date …) has been passed: a field with our
//! authserv-id further down came with the mail, and its sender wrote it. Results of other servers are
//! passed over: an inner hop may put its own above ours. RFC 8601 5 obliges the server that owns the
//! authserv-id to remove such fields from what it takes in; a site whose server does not, and does not
//! put its own result on every mail either, must not be configured to trust it.

use super::fields::Fields;
use super::shown::one_line;
use super::tokens::{Token, tokens};
use super::{Authentication, Sender, Trust};
use crate::types::EmailAddress;

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
const MAX_EVIDENCE: usize = 200;

/// Who wrote the mail with these fields.
pub(super) fn sender(fields: &Fields, authentication: &Authentication, own_domains: &[String]) -> Sender {
    let address = match from_address(fields) {
        Ok(address) => address,
        Err(why) => {
            let trust = Trust::Unverified;
            return Sender { address: None, trust, evidence: why.to_owned(), alone: true };
        }
    };
    let (vouched, evidence) = match authentication {
        Authentication::Trusted => (true, "only local users can write to this mailbox".to_owned()),
        Authentication::Exchange => (false, "what Exchange knows of the sender is not read yet".to_owned()),
        Authentication::Authserv(id) => match vouching(fields, id, address.domain()) {
            Ok(evidence) => (true, evidence),
            Err(evidence) => (false, evidence),
        },
    };
    let own = own_domains.iter().any(|d| d.eq_ignore_ascii_case(address.domain()));
    let trust = match (vouched, own) {
        (true, true) => Trust::OwnDomain,
        (true, false) => Trust::Vouched,
        (false, _) => Trust::Unverified,
    };
    Sender { address: Some(address), trust, evidence: one_line(&evidence, MAX_EVIDENCE), alone: true }
}

/// The one address in the one From field. Programs differ in which of several they show, so a From
/// that can be read in two ways belongs to nobody.
fn from_address(fields: &Fields) -> Result<EmailAddress, &'static str> {
    let mut values = fields.all("from");
    let value = values.next().ok_or("the mail has no From")?;
    if values.next().is_some() {
        return Err("the mail has several From fields");
    }
    single_address(value).ok_or("From does not hold exactly one well-formed address")
}

/// `name <address>` or `address` (RFC 5322 3.4), with nothing that looks like a second address.
fn single_address(value: &str) -> Option<EmailAddress> {
    let tokens = tokens(value, "<>,;:")?;
    let word = match tokens.as_slice() {
        [Token::Word(word)] => word,
        [name @ .., Token::Sign('<'), Token::Word(word), Token::Sign('>')] => {
            let plain = name.iter().all(|token| match token {
                Token::Word(word) => !word.contains('@'),
                Token::Quoted(_) => true,
                Token::Sign(_) => false,
            });
            plain.then_some(word)?
        }
        _ => return None,
    };
    EmailAddress::parse(word).ok()
}

/// Evidence that the server `id` vouches for `domain` as the author's, or why it does not.
fn vouching(fields: &Fields, id: &str, domain: &str) -> Result<String, String> {
    let Some(results) = topmost_results(fields, id) else {
        return Err(format!("no Authentication-Results of {id}"));
    };
    let Some((result, header_from)) = results.as_deref().and_then(dmarc) else {
        return Err(format!("Authentication-Results of {id} holds no single dmarc result"));
    };
    let evidence = format!("dmarc={result} header.from={header_from}");
    if result != "pass" {
        return Err(evidence);
    }
    if header_from != domain {
        return Err(format!("{evidence}, but From is of {domain}"));
    }
    Ok(evidence)
}

/// The tokens after the authserv-id of the topmost field of `id`; the inner `None` when that
/// field cannot be parsed.
fn topmost_results(fields: &Fields, id: &str) -> Option<Option<Vec<Token>>> {
    fields
        .iter()
        .take_while(|f| !AUTHORS_FIELDS.contains(&f.name.as_str()))
        .filter(|f| f.name == "authentication-results")
        .find_map(|f| match tokens(&f.value, ";=") {
            Some(tokens) => results_of(tokens, id),
            // It may be ours, so nothing below it may count.
            None => Some(None),
        })
}

/// `authserv-id [version] ; results` (RFC 8601 2.2), when the authserv-id is `id`; the inner `None`
/// when something else stands before the results.
fn results_of(mut tokens: Vec<Token>, id: &str) -> Option<Option<Vec<Token>>> {
    let end = tokens.iter().position(|t| *t == Token::Sign(';')).unwrap_or(tokens.len());
    let results = tokens.split_off(end);
    let (Token::Word(name) | Token::Quoted(name)) = tokens.first()? else { return None };
    if !name.eq_ignore_ascii_case(id) {
        return None;
    }
    let well_formed = match &tokens[1..] {
        [] => true,
        [Token::Word(version)] => version.bytes().all(|b| b.is_ascii_digit()),
        _ => false,
    };
    Some(well_formed.then_some(results))
}

/// Result and `header.from`, in lower case, of the only dmarc result among `results`.
fn dmarc(results: &[Token]) -> Option<(String, String)> {
    let mut found = results
        .split(|token| *token == Token::Sign(';'))
        .filter(|result| matches!(result.first(), Some(Token::Word(word)) if is_dmarc(word)));
    let only = found.next()?;
    if found.next().is_some() {
        return None;
    }
    let mut result = None;
    let mut header_from = None;
    for (place, pair) in only.chunks(3).enumerate() {
        let [Token::Word(key), Token::Sign('='), Token::Word(value) | Token::Quoted(value)] = pair else {
            return None;
        };
        let slot = match key.to_ascii_lowercase().as_str() {
            _ if place == 0 => &mut result,
            "header.from" => &mut header_from,
            _ => continue,
        };
        if slot.replace(value.to_ascii_lowercase()).is_some() {
            return None;
        }
    }
    Some((result?, header_from?))
}

/// `dmarc` or `dmarc/1` (a method may carry its version).
fn is_dmarc(word: &str) -> bool {
    word.split('/').next().is_some_and(|method| method.eq_ignore_ascii_case("dmarc"))
}

#[cfg(test)]
mod tests;
