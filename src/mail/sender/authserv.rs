//! `authentication = "authserv:ID"`: what a server that follows RFC 8601 says.
//!
//! A mail server puts its fields above those that a mail came with. So the fields are read from
//! the top, and only while no field of the author's (From, Subject, Date …) has been passed: a field
//! with our authserv-id further down came with the mail, and its sender wrote it. Results of other
//! servers above ours are passed over: an inner hop may put its own there. A server may write a field
//! a filter, so all of its fields count together, down to the next hop or another server's field.
//! RFC 8601 5 obliges the server that owns the authserv-id to remove such fields from what it takes
//! in; a site whose server does not, and does not put its own result on every mail either, must not be
//! configured to trust it.

use super::super::fields::Fields;
use super::super::tokens::{Token, tokens};
use super::AUTHORS_FIELDS;
use super::results::{NoStatement, statement};

/// Where the fields of one server end: an earlier server's stamp, or what the mail came with.
const EARLIER: [&str; 6] = [
    "received",
    "return-path",
    "dkim-signature",
    "arc-seal",
    "arc-message-signature",
    "arc-authentication-results",
];

/// Evidence that the server `id` vouches for `domain` as the author's, or why it does not.
pub(super) fn vouching(fields: &Fields, id: &str, domain: &str) -> Result<String, String> {
    let results = results(fields, id)?;
    let dmarc = statement(&results, "dmarc").map_err(|why| match why {
        NoStatement::Missing => format!("{id} says nothing of DMARC"),
        NoStatement::Malformed => format!("what {id} says of DMARC cannot be read"),
        NoStatement::Contradiction => format!("{id} says two things of DMARC"),
    })?;
    let Some(header_from) = dmarc.value("header.from") else {
        return Err(format!("{id} does not say once of whom its dmarc={} is", dmarc.result()));
    };
    let evidence = format!("dmarc={} header.from={header_from}, said by {id}", dmarc.result());
    if dmarc.result() != "pass" {
        return Err(evidence);
    }
    if header_from != domain {
        return Err(format!("{evidence}, but From is of {domain}"));
    }
    Ok(evidence)
}

/// All results in the topmost fields of `id`.
fn results(fields: &Fields, id: &str) -> Result<Vec<Token>, String> {
    let mut ours: Option<Vec<Token>> = None;
    for field in fields.iter().take_while(|f| !AUTHORS_FIELDS.contains(&f.name.as_str())) {
        if field.name != "authentication-results" {
            if ours.is_some() && EARLIER.contains(&field.name.as_str()) {
                break;
            }
            continue;
        }
        // What cannot be read may be ours, so nothing below it may count.
        let tokens = tokens(&field.value, ";=")
            .ok_or_else(|| format!("an Authentication-Results cannot be read; it may be of {id}"))?;
        match (results_of(tokens, id), &mut ours) {
            (Of::Ours(results), ours) => ours.get_or_insert_default().extend(results),
            (Of::Unknown, _) => return Err(format!("Authentication-Results of {id} cannot be read")),
            (Of::Another, Some(_)) => break,
            (Of::Another, None) => {}
        }
    }
    ours.ok_or_else(|| format!("no Authentication-Results of {id}"))
}

/// Whose a field is.
enum Of {
    /// Ours, with these results.
    Ours(Vec<Token>),
    /// Ours, in a form or version that we do not know.
    Unknown,
    /// Another server's.
    Another,
}

/// `authserv-id [version] ; results` (RFC 8601 2.2).
fn results_of(mut tokens: Vec<Token>, id: &str) -> Of {
    let end = tokens.iter().position(|t| *t == Token::Sign(';')).unwrap_or(tokens.len());
    let results = tokens.split_off(end);
    match tokens.as_slice() {
        [Token::Word(name) | Token::Quoted(name), rest @ ..] if name.eq_ignore_ascii_case(id) => match rest {
            [] => Of::Ours(results),
            [Token::Word(version)] if version == "1" => Of::Ours(results),
            _ => Of::Unknown,
        },
        _ => Of::Another,
    }
}
