//! `tickets`: what came in and what became of it.

use super::{CliError, Common, assembly, left_out, output};
use crate::config::Settings;
use crate::store::{Listed, TicketFilter, TicketView};
use crate::ticket::{Fate, Standing};
use crate::types::Reason;
use crate::web::TicketObject;

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
        if common.json {
            output::json(&TicketObject::of(&view.ticket, &view.messages))?
        } else {
            output::line(&row(view))?
        }
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
