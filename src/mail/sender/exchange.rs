//! `authentication = "exchange"`: what Exchange Online says, for a mailbox that lies in it.
//!
//! Its `Authentication-Results` names no authserv-id (Microsoft, "Anti-spam message headers in
//! Microsoft 365"), so it is told from a sender's by its place: the topmost one, right above the
//! `Received` of the protection host that took the mail in, and below nothing but Exchange's own hops.
//! Colleagues' mails never pass that host. They carry `X-MS-Exchange-Organization-AuthAs: Internal`,
//! which Exchange removes from whatever comes in from outside (its "header firewall"); outside
//! Exchange anybody can write it.

use super::super::fields::{Field, Fields};
use super::super::tokens::{Token, tokens};
use super::AUTHORS_FIELDS;
use super::results::{NoStatement, Statement, statement};

const AUTH_AS: &str = "X-MS-Exchange-Organization-AuthAs";
const AUTH_SOURCE: &str = "X-MS-Exchange-Organization-AuthSource";
const DIRECTION: &str = "X-MS-Exchange-Organization-MessageDirectionality";
const REPRESENTING: &str = "X-MS-Exchange-MessageSentRepresentingType";

/// The hosts that take mails in.
const PROTECTION: &str = ".protection.outlook.com";
/// The hosts of Exchange Online.
const HOSTS: [&str; 3] = [".outlook.com", ".office365.com", ".exchangelabs.com"];

/// Evidence that Exchange vouches for `domain` as the author's, or why it does not. `own` says that
/// the domain is one of the organisation's.
pub(super) fn vouching(fields: &Fields, domain: &str, own: bool) -> Result<String, String> {
    let not_internal = match internal(fields) {
        Internal::Yes if own => return Ok(format!("Exchange: internal{}", on_behalf(fields))),
        // Somebody in the organisation sent it, but not from an address that is its to give.
        Internal::Yes => {
            return Err(format!("Exchange: internal, but {domain} is no domain of the organisation"));
        }
        Internal::No => String::new(),
        Internal::Odd(what) => format!("{what}; "),
    };
    external(fields, domain).map_err(|why| format!("{not_internal}{why}"))
}

/// Did a session of the organisation itself send it?
enum Internal {
    Yes,
    No,
    /// Something says so in a way in which Exchange does not.
    Odd(&'static str),
}

fn internal(fields: &Fields) -> Internal {
    match exact(fields, AUTH_AS) {
        Ok("Internal") => {}
        Ok("Anonymous") | Err(None) => return Internal::No,
        Ok(_) => return Internal::Odd("AuthAs is neither Internal nor Anonymous"),
        Err(Some(odd)) => return Internal::Odd(odd),
    }
    let by_exchange = |host: &str| host.to_ascii_lowercase().ends_with(".outlook.com");
    let (source, direction) = (exact(fields, AUTH_SOURCE), exact(fields, DIRECTION));
    if matches!(source, Err(Some(_))) || matches!(direction, Err(Some(_))) {
        return Internal::Odd(
            "AuthAs says Internal, and AuthSource or MessageDirectionality is not Exchange's",
        );
    }
    if source.is_ok_and(by_exchange) || direction == Ok("Originating") {
        return Internal::Yes;
    }
    Internal::Odd("AuthAs says Internal, but neither AuthSource nor MessageDirectionality confirms it")
}

/// The value of a field that Exchange writes: once, under exactly this name, on one line. `Err(None)`
/// when it is not there at all.
fn exact<'a>(fields: &'a Fields, name: &str) -> Result<&'a str, Option<&'static str>> {
    let lower = name.to_ascii_lowercase();
    let mut found = fields.iter().filter(|field| field.name == lower);
    let field = found.next().ok_or(None)?;
    if found.next().is_some() {
        return Err(Some("AuthAs or what belongs to it stands more than once"));
    }
    if field.written != name || field.folded {
        return Err(Some("AuthAs or what belongs to it is not written as Exchange writes it"));
    }
    Ok(&field.value)
}

/// Said of delegates' mails.
fn on_behalf(fields: &Fields) -> &'static str {
    if exact(fields, REPRESENTING) == Ok("1") { ", sent on behalf of From" } else { "" }
}

/// A mail from outside: DMARC and the composite authentication must both have passed.
fn external(fields: &Fields, domain: &str) -> Result<String, String> {
    let field = results(fields)?;
    let unreadable = || "Exchange's Authentication-Results cannot be read".to_owned();
    let tokens = tokens(&field.value, ";=").ok_or_else(unreadable)?;
    // With an authserv-id it is another server's.
    if !matches!(tokens.as_slice(), [Token::Word(_), Token::Sign('='), ..]) {
        return Err("the topmost Authentication-Results is not Exchange's".to_owned());
    }
    let dmarc = said(&tokens, "dmarc")?;
    let header_from = dmarc.value("header.from").ok_or_else(unreadable)?;
    let said_of_dmarc = format!("dmarc={} header.from={header_from}, said by Exchange", dmarc.result());
    match dmarc.result() {
        "pass" => {}
        "bestguesspass" => return Err(format!("{said_of_dmarc}: the domain has no DMARC record")),
        _ => {
            let compound = said(&tokens, "compauth").ok();
            let why =
                compound.as_ref().and_then(|c| c.value("reason")).map(words_of).map(|w| format!(": {w}"));
            return Err(said_of_dmarc + &why.unwrap_or_default());
        }
    }
    let compound = said(&tokens, "compauth")?;
    let reason = compound.value("reason").unwrap_or("none");
    let evidence = format!("{said_of_dmarc}, compauth={} reason={reason}", compound.result());
    if compound.result() != "pass" || !is_a_pass(reason) {
        return Err(format!("{evidence}: {}", words_of(reason)));
    }
    if header_from != domain {
        return Err(format!("{evidence}, but From is of {domain}"));
    }
    Ok(evidence)
}

fn said(results: &[Token], method: &str) -> Result<Statement, String> {
    statement(results, method).map_err(|why| match why {
        NoStatement::Missing => format!("Exchange says nothing of {method}"),
        NoStatement::Malformed => format!("what Exchange says of {method} cannot be read"),
        NoStatement::Contradiction => format!("Exchange says two things of {method}"),
    })
}

/// The topmost `Authentication-Results`, when it stands where Exchange puts it.
fn results(fields: &Fields) -> Result<&Field, String> {
    let mut found = None;
    for field in fields.iter() {
        match field.name.as_str() {
            "authentication-results" if found.is_none() => found = Some(field),
            "received" => {
                let host = receiving_host(&field.value);
                let by = host.as_deref().unwrap_or("an unnamed host");
                return match (found, host.as_deref().map_or(Hop::Foreign, Hop::of)) {
                    (Some(field), Hop::Protection) => Ok(field),
                    (None, Hop::Inner) => continue,
                    (None, Hop::Protection) => Err("Exchange wrote no Authentication-Results".to_owned()),
                    (None, Hop::Foreign) => Err(format!("{by} took it in, which is no host of Exchange")),
                    // A colleague's mail, on which the sending side writes its own.
                    (Some(_), Hop::Inner | Hop::Foreign) => {
                        Err("its Authentication-Results is not of the host that takes mails in".to_owned())
                    }
                };
            }
            name if AUTHORS_FIELDS.contains(&name) => break,
            _ => {}
        }
    }
    Err("no host of Exchange says that it took it in from outside".to_owned())
}

/// Whose hop a `Received` is.
enum Hop {
    /// A protection host's: the door of the tenant.
    Protection,
    /// Exchange's own, behind the door.
    Inner,
    /// Anybody else's.
    Foreign,
}

impl Hop {
    fn of(host: &str) -> Self {
        if host.ends_with(PROTECTION) {
            Self::Protection
        } else if HOSTS.iter().any(|own| host.ends_with(own)) {
            Self::Inner
        } else {
            Self::Foreign
        }
    }
}

/// The host after `by` (RFC 5321 4.4), in lower case.
fn receiving_host(value: &str) -> Option<String> {
    let tokens = tokens(value, ";")?;
    let mut words =
        tokens.iter().skip_while(|t| !matches!(t, Token::Word(w) if w.eq_ignore_ascii_case("by")));
    match words.nth(1)? {
        Token::Word(host) => Some(host.to_ascii_lowercase()),
        Token::Quoted(_) | Token::Sign(_) => None,
    }
}

/// Reasons 1xx and 7xx are passes; 130 is one only because an ARC chain was believed, which any
/// server on the way could have written.
fn is_a_pass(reason: &str) -> bool {
    reason.len() == 3
        && reason.bytes().all(|b| b.is_ascii_digit())
        && reason.starts_with(['1', '7'])
        && reason != "130"
}

/// What Microsoft's reason codes mean.
fn words_of(reason: &str) -> &'static str {
    match reason {
        "000" => "it failed explicitly, and its domain asks to reject such mails",
        "001" => "it failed implicitly: its domain publishes no records, or weak ones",
        "002" => "a policy of the organisation forbids this sender to spoof",
        "010" => "it failed DMARC, and calls itself one of the organisation's own domains",
        "130" => "DMARC failed, and only an ARC chain overrode that",
        _ => match reason.as_bytes().first() {
            Some(b'1' | b'7') => "it passed",
            Some(b'2') => "it passed only softly",
            Some(b'3') => "it was not checked",
            Some(b'4' | b'9') => "the check was bypassed",
            Some(b'6') => "it failed implicitly, and calls itself one of the organisation's own domains",
            _ => "the reason is not known",
        },
    }
}
