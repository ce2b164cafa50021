//! From, and the other fields that name a hand: one address, or the reason why it cannot be relied
//! on. A reader that is stricter than the mail programs, because they differ in what they show.

use super::super::fields::Fields;
use super::super::reading::unstructured;
use super::super::tokens::{Token, tokens};
use crate::types::EmailAddress;

/// Whom From names.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Author {
    /// Nobody, or not exactly one: why.
    Nobody(&'static str),
    /// One address, beside something that may fool a reader: what.
    Doubtful(EmailAddress, &'static str),
    /// One address.
    One(EmailAddress),
}

/// The one address in the one From field. A From that can be read in two ways belongs to nobody.
pub(super) fn author(fields: &Fields) -> Author {
    let mut values = fields.all("from");
    let Some(value) = values.next() else { return Author::Nobody("the mail has no From") };
    if values.next().is_some() {
        return Author::Nobody("the mail has several From fields");
    }
    match single_address(value) {
        Err(why) => Author::Nobody(why),
        Ok(address) => match doubt(value, &address) {
            Some(why) => Author::Doubtful(address, why),
            None => Author::One(address),
        },
    }
}

/// The name that stands before the address in the first From; empty when there is none, or an address in
/// its place.
pub(super) fn name(fields: &Fields) -> String {
    let shown = fields.first("from").map(unstructured).unwrap_or_default();
    let name = shown.rsplit_once('<').map_or("", |(name, _)| name);
    let name = name.trim().trim_matches(['"', '\'']).replace("\\\"", "\"");
    if name.contains('@') { String::new() } else { name }
}

/// `name <address>` or `address` (RFC 5322 3.4), with nothing that looks like a second address.
fn single_address(value: &str) -> Result<EmailAddress, &'static str> {
    const MALFORMED: &str = "From does not hold one well-formed address";
    let tokens = tokens(value, "<>,;:").ok_or(MALFORMED)?;
    if tokens.contains(&Token::Sign(',')) {
        return Err("From holds several addresses");
    }
    if tokens.iter().any(|token| matches!(token, Token::Sign(':' | ';'))) {
        return Err("From holds a group of addresses");
    }
    let (name, word) = match tokens.as_slice() {
        [Token::Word(word)] => (&[][..], word),
        [name @ .., Token::Sign('<'), Token::Word(word), Token::Sign('>')] => (name, word),
        _ => return Err(MALFORMED),
    };
    for token in name {
        match token {
            Token::Word(other) if is_address(other) && !other.eq_ignore_ascii_case(word) => {
                return Err("From holds several addresses");
            }
            Token::Word(_) | Token::Quoted(_) => {}
            Token::Sign(_) => return Err(MALFORMED),
        }
    }
    if !word.is_ascii() {
        return Err(
            "the address in From holds letters other than a to z, which may only look like known ones",
        );
    }
    EmailAddress::parse(word).map_err(|_| MALFORMED)
}

/// What of From may make a reader see another person than the one who wrote.
fn doubt(value: &str, address: &EmailAddress) -> Option<&'static str> {
    let is_idn = |label: &str| label.get(..4).is_some_and(|start| start.eq_ignore_ascii_case("xn--"));
    if address.domain().split('.').any(is_idn) {
        return Some(
            "the domain in From stands for other letters than a to z (xn--), which may only look known",
        );
    }
    // Comments too: some programs show them as the name.
    let shown = unstructured(value).replace(['\u{ff20}', '\u{fe6b}'], "@");
    let mut words = shown.split(|c: char| c.is_whitespace() || "<>()[]\"',;:".contains(c));
    let other = words.any(|word| is_address(word) && !word.eq_ignore_ascii_case(address.as_str()));
    other.then_some("the name in From is another address than the one that wrote")
}

/// Would a person take this word for an address?
fn is_address(word: &str) -> bool {
    word.split_once('@').is_some_and(|(name, domain)| !name.is_empty() && !domain.is_empty())
}

/// Said when another hand than From's sent the mail (RFC 5322 3.6.2), as delegates do.
pub(super) fn other_hand(fields: &Fields, address: &EmailAddress) -> Option<String> {
    let senders: Vec<_> = fields.all("sender").map(single_address).collect();
    match senders.as_slice() {
        [] => None,
        [Ok(sender)] if sender == address => None,
        [Ok(sender)] => Some(format!("sent by {sender} on behalf of From")),
        _ => Some("its Sender cannot be read".to_owned()),
    }
}
