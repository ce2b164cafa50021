//! `tickets`: what came in and what became of it.

use serde::Serialize;

use super::{CliError, Common, assembly, left_out, output};
use crate::clock::rfc3339;
use crate::config::Settings;
use crate::store::{Listed, TicketFilter, TicketView};
use crate::ticket::{Fate, Standing};
use crate::types::{EmailAddress, MessageId, Reason, Trail, Username};

/// The command line of `tickets`.
#[derive(Debug, clap::Args)]
pub(super) struct TicketsArgs {
    /// Only tickets in this state: new, working, open, pending, resolved, closed
    #[arg(long, value_parser = parse_standing, value_name = "S")]
    state: Option<Standing>,
    /// Only tickets of this mailbox
    #[arg(long, value_name = "M")]
    mailbox: Option<String>,
}

fn parse_standing(text: &str) -> Result<Standing, String> {
    Standing::ALL
        .into_iter()
        .find(|s| s.code() == text)
        .ok_or_else(|| format!("a state is one of {}", Standing::ALL.map(Standing::code).join(", ")))
}

pub(super) async fn run(common: &Common, args: TicketsArgs) -> Result<(), CliError> {
    let loaded = assembly::load_without_secrets(common)?;
    let settings = &loaded.settings;
    let store = assembly::existing_store(settings).await?;
    let filter = TicketFilter { standing: args.state, mailbox: args.mailbox };
    let Listed { tickets, unreadable } = store.list(&filter).await?;
    if tickets.is_empty() && unreadable.is_empty() {
        return nothing(settings, filter.mailbox.as_deref());
    }
    for view in &tickets {
        if common.json { output::json(&Object::of(view))? } else { output::line(&row(view))? }
    }
    left_out(&unreadable)
}

/// An empty list is an answer, unless the mailbox is a slip of the pen. One that is no longer
/// configured may still have tickets.
fn nothing(settings: &Settings, mailbox: Option<&str>) -> Result<(), CliError> {
    let names: Vec<&str> = settings.mailboxes.iter().map(|m| m.name.as_str()).collect();
    match mailbox {
        Some(name) if !names.contains(&name) => Err(CliError::Wrong(format!(
            "no mailbox is named {name:?}, and no ticket is from one; configured: {}",
            names.join(", ")
        ))),
        Some(_) | None => {
            output::note("No tickets.");
            Ok(())
        }
    }
}

/// The object that programs get, here and from the programming interface.
#[derive(Serialize)]
struct Object<'a> {
    number: String,
    state: &'static str,
    kind: &'static str,
    outcome: Option<&'static str>,
    reason: Option<&'static str>,
    account: Option<&'a Username>,
    mailbox: &'a str,
    message_id: Option<&'a MessageId>,
    subject: &'a str,
    from: Option<&'a EmailAddress>,
    received_at: String,
    settled_at: Option<String>,
    assignee: Option<&'a str>,
    mails: usize,
    /// `null` for a mail that has no Message-ID.
    messages: Vec<Option<&'a str>>,
    merged_into: Option<String>,
    /// Another writer's ticket that its first mail names.
    linked_to: Option<String>,
    /// Only there, and true, when it comes before others: an owner says that it was not them.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    urgent: bool,
    /// Only there, and true, when the automation observed: nothing of it was done.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    observed: bool,
    trail: &'a Trail,
}

impl<'a> Object<'a> {
    fn of(view: &'a TicketView) -> Self {
        let ticket = &view.ticket;
        Self {
            number: ticket.number.to_string(),
            state: ticket.state.standing().code(),
            kind: ticket.kind.code(),
            outcome: ticket.outcome.map(Fate::code),
            reason: ticket.reason.map(Reason::code),
            account: ticket.username.as_ref(),
            mailbox: &ticket.mailbox,
            message_id: ticket.message_id.as_ref(),
            subject: &ticket.subject,
            from: ticket.from.as_ref(),
            received_at: rfc3339(ticket.received_at),
            settled_at: ticket.settled_at.map(rfc3339),
            assignee: Some(ticket.assignee.as_str()).filter(|a| !a.is_empty()),
            mails: view.messages.len(),
            messages: view.messages.iter().map(|m| Some(m.as_str()).filter(|m| !m.is_empty())).collect(),
            merged_into: ticket.merged_into.map(|number| number.to_string()),
            linked_to: ticket.link.map(|link| link.to.to_string()),
            urgent: ticket.urgent,
            observed: ticket.observed,
            trail: &ticket.trail,
        }
    }
}

fn row(view: &TicketView) -> String {
    let ticket = &view.ticket;
    let who = ticket.username.as_ref().map(ToString::to_string);
    let who = who.or_else(|| ticket.from.as_ref().map(ToString::to_string)).unwrap_or_default();
    let outcome = ticket.outcome.map_or("-", Fate::code);
    let outcome = if ticket.observed { format!("({outcome})") } else { outcome.to_owned() };
    let row = format!(
        "{} {} {} {} {} {}",
        output::column(&ticket.number.to_string(), 8),
        output::column(ticket.state.standing().code(), 8),
        output::column(&outcome, 12),
        output::column(ticket.reason.map_or("-", Reason::code), 19),
        output::column(&who, 32),
        output::column(&ticket.subject, 40),
    );
    row.trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_state_is_one_of_the_six_words() {
        for standing in Standing::ALL {
            assert_eq!(parse_standing(standing.code()), Ok(standing));
        }
        for wrong in ["", "OPEN", "open ", "done", "technician"] {
            assert!(parse_standing(wrong).is_err_and(|e| e.contains("new, working, open")), "{wrong}");
        }
    }
}
