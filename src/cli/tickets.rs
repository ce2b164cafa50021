//! `tickets`: what came in and what became of it.

use std::io::Write;

use serde_json::{Value, json};

use super::{CliError, Common, assembly, output};
use crate::clock::rfc3339;
use crate::store::{TicketFilter, TicketView};
use crate::ticket::Standing;

/// The command line of `tickets`.
#[derive(Debug, clap::Args)]
pub(super) struct TicketsArgs {
    /// Only tickets in this state
    #[arg(long, value_parser = parse_standing, value_name = "new|working|open|pending|resolved|closed")]
    state: Option<Standing>,
    /// Only tickets of this mailbox
    #[arg(long)]
    mailbox: Option<String>,
}

fn parse_standing(text: &str) -> Result<Standing, String> {
    Standing::ALL
        .into_iter()
        .find(|s| s.code() == text)
        .ok_or_else(|| format!("a state is one of {}", Standing::ALL.map(Standing::code).join(", ")))
}

pub(super) async fn run(common: &Common, args: TicketsArgs) -> Result<(), CliError> {
    let loaded = assembly::load(common)?;
    let store = assembly::store(&loaded.settings).await?;
    let filter = TicketFilter { standing: args.state, mailbox: args.mailbox };
    let tickets = store.tickets(&filter).await?;
    if common.json {
        let mut out = std::io::BufWriter::new(std::io::stdout().lock());
        for view in &tickets {
            if writeln!(out, "{}", object(view)).is_err() {
                return Ok(());
            }
        }
        return out.flush().map_err(|e| CliError::No(format!("the answer cannot be written: {e}")));
    }
    if tickets.is_empty() {
        output::note("No tickets.");
    }
    for view in &tickets {
        output::line(&row(view))?;
    }
    Ok(())
}

/// The object that programs get, here and from the programming interface.
pub(super) fn object(view: &TicketView) -> Value {
    let ticket = &view.ticket;
    json!({
        "number": ticket.number,
        "state": ticket.state.standing().code(),
        "kind": ticket.kind.code(),
        "outcome": ticket.outcome.map(crate::ticket::Fate::code),
        "reason": ticket.reason.map(crate::types::Reason::code),
        "account": ticket.username,
        "mailbox": ticket.mailbox,
        "message_id": ticket.message_id,
        "subject": ticket.subject,
        "from": ticket.from,
        "received_at": rfc3339(ticket.received_at),
        "settled_at": ticket.settled_at.map(rfc3339),
        "assignee": Some(&ticket.assignee).filter(|a| !a.is_empty()),
        "mails": view.messages.len(),
        "messages": view.messages.iter().map(|m| Some(m).filter(|m| !m.is_empty())).collect::<Vec<_>>(),
        "merged_into": ticket.merged_into,
        "observed": ticket.observed,
        "trail": ticket.trail,
    })
}

fn row(view: &TicketView) -> String {
    let ticket = &view.ticket;
    let who = ticket
        .username
        .as_ref()
        .map(ToString::to_string)
        .or_else(|| ticket.from.as_ref().map(ToString::to_string));
    format!(
        "{} {} {} {} {} {}",
        output::column(&ticket.number.to_string(), 9),
        output::column(ticket.state.standing().code(), 8),
        output::column(ticket.outcome.map_or("-", crate::ticket::Fate::code), 10),
        output::column(ticket.reason.map_or("-", crate::types::Reason::code), 19),
        output::column(&who.unwrap_or_default(), 34),
        output::column(&ticket.subject, 40).trim_end(),
    )
}
