//! `quarantine list|show|retry`: mails that could not be read.

use std::io::Write;

use serde_json::json;

use super::{CliError, Common, actor, assembly, left_out, output, registers};
use crate::clock::{Clock, SystemClock, rfc3339};
use crate::config::Settings;
use crate::mail::reading::{Glance, glance};
use crate::store::{InQuarantine, Quarantined, Recorded, Store, StoreError};
use crate::types::{TicketNumber, TicketNumberError};
use crate::worker::{Rereading, Retried, retry, stays};

/// The commands of `quarantine`.
#[derive(Debug, clap::Subcommand)]
pub(super) enum QuarantineCommand {
    /// List the mails that could not be read, and why
    List,
    /// Show what can be said of one
    Show {
        /// Its ticket's number
        #[arg(value_name = "N", value_parser = parse_number)]
        number: TicketNumber,
        /// Write the mail itself, octet by octet; do not open what it carries
        #[arg(long, conflicts_with = "json")]
        raw: bool,
    },
    /// Read mails again, after an upgrade or a change of the configuration
    Retry {
        /// Their tickets' numbers
        #[arg(value_name = "N", required = true, value_parser = parse_number)]
        numbers: Vec<TicketNumber>,
    },
}

fn parse_number(text: &str) -> Result<TicketNumber, TicketNumberError> {
    TicketNumber::parse(text)
}

pub(super) async fn run(common: &Common, command: QuarantineCommand) -> Result<(), CliError> {
    // Nothing but the store: these mails are looked at while something else does not work.
    let loaded = assembly::load_without_secrets(common)?;
    let settings = &loaded.settings;
    let store = assembly::existing_store(settings).await?;
    match command {
        QuarantineCommand::List => list(common, store.as_ref()).await,
        QuarantineCommand::Show { number, raw } => show(common, store.as_ref(), number, raw).await,
        QuarantineCommand::Retry { numbers } => retry_all(common, settings, store.as_ref(), &numbers).await,
    }
}

async fn list(common: &Common, store: &dyn Store) -> Result<(), CliError> {
    let InQuarantine { mails, unreadable } = store.quarantine(None).await?;
    if mails.is_empty() && unreadable.is_empty() {
        output::note("No mail is in quarantine.");
    }
    for mail in &mails {
        if common.json { output::json(&object(mail))? } else { output::line(&row(mail))? }
    }
    left_out(&unreadable)
}

/// The mail of the ticket `number`, if there is one.
async fn held(store: &dyn Store, number: TicketNumber) -> Result<Option<Quarantined>, StoreError> {
    let mut listed = store.quarantine(Some(number)).await?;
    match listed.unreadable.pop() {
        Some((_, error)) => Err(error),
        None => Ok(listed.mails.pop()),
    }
}

async fn show(common: &Common, store: &dyn Store, number: TicketNumber, raw: bool) -> Result<(), CliError> {
    let mail = held(store, number).await?.ok_or_else(|| CliError::No(holds_none(number)))?;
    let octets = store.unread(mail.ticket.id).await?.map(|kept| kept.raw).unwrap_or_default();
    if raw {
        return match std::io::stdout().lock().write_all(&octets) {
            Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => {
                Err(CliError::No(format!("the mail cannot be written: {error}")))
            }
            Ok(()) | Err(_) => Ok(()),
        };
    }
    // It has made a reader stumble before.
    let header = std::panic::catch_unwind(|| glance(&octets)).ok().flatten();
    if common.json {
        let mut shown = object(&mail);
        shown["header"] = header.as_ref().map_or(serde_json::Value::Null, header_object);
        return output::json(&shown);
    }
    for line in lines(&mail, header.as_ref()) {
        output::line(&line)?;
    }
    Ok(())
}

async fn retry_all(
    common: &Common,
    settings: &Settings,
    store: &dyn Store,
    numbers: &[TicketNumber],
) -> Result<(), CliError> {
    let (actor, rules, zone) = (actor(), assembly::rules(settings), registers::zone(settings)?);
    let dkim = assembly::dkim(settings);
    let mut left = Vec::new();
    for number in numbers {
        let mut let_out = 0;
        let ended = loop {
            let mail = match held(store, *number).await {
                Ok(Some(mail)) => mail,
                Ok(None) if let_out == 0 => break Some(holds_none(*number)),
                Ok(None) => break None,
                Err(error) => break Some(broke_off(*number, &error, let_out)),
            };
            let now = SystemClock.now();
            let with = Rereading { store, rules: &rules, dkim: dkim.as_ref(), year: zone.year(now), now };
            let retried = match retry(&with, &mail, &actor).await {
                Ok(retried) => retried,
                Err(error) => break Some(broke_off(*number, &error, let_out)),
            };
            let (word, words) = told(&retried, *number, stays(&mail));
            if common.json {
                output::json(&json!({ "number": number, "result": word, "words": words }))?;
            } else {
                output::line(&format!("{number}: {}", output::plain(&words)))?;
            }
            match retried {
                // Of mails that are kept together, the next one.
                Retried::LetOut(_) => let_out += 1,
                Retried::Unreadable(_) | Retried::Partial | Retried::Gone => {
                    break Some(unchanged(*number, let_out));
                }
            }
        };
        left.extend(ended);
    }
    if left.is_empty() { Ok(()) } else { Err(CliError::No(left.join("\n"))) }
}

fn holds_none(number: TicketNumber) -> String {
    format!("{number} holds no mail in quarantine; `nyckelbud quarantine list` names them")
}

/// What a retry leaves behind that could not let a mail out.
fn unchanged(number: TicketNumber, let_out: u32) -> String {
    match let_out {
        0 => format!("nothing was changed for {number}"),
        _ => format!("{number}: {let_out} of its mails were let out, and no others"),
    }
}

/// The same where the store failed: each mail that was let out stays so.
fn broke_off(number: TicketNumber, error: &StoreError, let_out: u32) -> String {
    match let_out {
        0 => format!("{number}: {error}; nothing was changed for it"),
        _ => format!("{number}: {error}; {let_out} of its mails were let out before, and no others"),
    }
}

/// How a further reading ended: a stable word, and words for people.
fn told(retried: &Retried, number: TicketNumber, stays: bool) -> (&'static str, String) {
    match retried {
        Retried::Unreadable(why) => ("unreadable", format!("still in quarantine: {why}")),
        Retried::Partial if stays => (
            "partial",
            "still in quarantine, because the mailbox did not hand it over; it lies where it lay, and its ticket \
             says where: move it out of that folder and back, and the desk tries again"
                .to_owned(),
        ),
        Retried::Partial => (
            "partial",
            "still in quarantine, because only a part of it is kept: raise max_mail_size if it was too large, \
             and move the mail itself from the quarantine folder back to the inbox"
                .to_owned(),
        ),
        Retried::LetOut(Recorded::Made(_, number)) => {
            ("let-out", format!("read; the ticket {number} goes on"))
        }
        Retried::LetOut(Recorded::Known) => ("let-out", format!("read; the ticket {number} goes on")),
        Retried::LetOut(Recorded::Joined(_, into)) => ("joined", format!("read; it is a reply in {into}")),
        Retried::LetOut(Recorded::Duplicate(_, into)) => {
            ("duplicate", format!("read; it is another copy of the mail in {into}"))
        }
        Retried::Gone => ("gone", "it is not in quarantine any more".to_owned()),
    }
}

/// Why it cannot be read.
fn why(mail: &Quarantined) -> &str {
    mail.ticket.trail.0.last().map_or("no reason is kept", |line| line.evidence.as_str())
}

fn row(mail: &Quarantined) -> String {
    let ticket = &mail.ticket;
    let (number, came) = (ticket.number.to_string(), rfc3339(ticket.received_at));
    let (state, octets) = (ticket.state.standing().code(), mail.octets.to_string());
    let columns = [(number.as_str(), 8), (state, 8), (&came, 20), (&ticket.mailbox, 16), (&octets, 10)];
    let columns: Vec<String> = columns.into_iter().map(|(text, width)| output::column(text, width)).collect();
    format!("{} {}", columns.join(" "), output::plain(why(mail)))
}

fn object(mail: &Quarantined) -> serde_json::Value {
    let ticket = &mail.ticket;
    json!({
        "number": ticket.number,
        "state": ticket.state.standing().code(),
        "mailbox": ticket.mailbox,
        "received_at": rfc3339(ticket.received_at),
        "why": why(mail),
        "tries": mail.tries,
        "octets": mail.octets,
    })
}

fn header_object(header: &Glance) -> serde_json::Value {
    json!({
        "from": header.from,
        "to": header.to,
        "date": header.date,
        "subject": header.subject,
        "message_id": header.message_id,
        "attachments": header.attachments,
    })
}

fn lines(mail: &Quarantined, header: Option<&Glance>) -> Vec<String> {
    let ticket = &mail.ticket;
    let tries = if mail.tries == 1 { "time" } else { "times" };
    let mut facts = vec![
        ("Ticket", format!("{}, {}", ticket.number, ticket.state.standing().code())),
        ("Came", format!("{} to {}", rfc3339(ticket.received_at), ticket.mailbox)),
        ("Why", why(mail).to_owned()),
        ("Kept", format!("{} octets; its reading was begun {} {tries}", mail.octets, mail.tries)),
    ];
    match header {
        None => facts.push(("Header", "none that can be read".to_owned())),
        Some(header) => {
            let fields = [
                ("From", &header.from),
                ("To", &header.to),
                ("Date", &header.date),
                ("Subject", &header.subject),
                ("Message-ID", &header.message_id),
            ];
            facts
                .extend(fields.into_iter().filter(|(_, text)| !text.is_empty()).map(|(n, t)| (n, t.clone())));
            facts.extend(header.attachments.iter().map(|name| ("Attachment", name.clone())));
        }
    }
    let shown =
        |(name, text): &(&str, String)| format!("{}  {}", output::column(name, 10), output::plain(text));
    let mut lines: Vec<String> = facts.iter().map(shown).collect();
    lines.push(String::new());
    lines.push(format!("the mail itself:  nyckelbud quarantine show {} --raw > mail.eml", ticket.number));
    lines.push(format!("read it again:    nyckelbud quarantine retry {}", ticket.number));
    lines
}
