//! What comes by mail: links and codes for managers, and the notice by which an owner says that it was not them.

use std::sync::Arc;

use nyckelbud::store::TicketFilter;
use nyckelbud::ticket::TicketId;
use nyckelbud::web::PickupAnswer;

use super::log::What;
use super::world::{World, outside};

/// The code in these words: two groups of four.
pub fn code_in(text: &str) -> Option<&str> {
    text.lines().find(|line| line.len() == 9 && line.as_bytes()[4] == b'-')
}

impl World {
    /// A mail has come to this mailbox.
    pub fn comes_by_mail(self: &Arc<Self>, to: &str, text: &str) {
        let token = text.split_once("/p/").map(|(_, rest)| {
            rest.chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '-').collect::<String>()
        });
        let what = match (&token, code_in(text)) {
            (_, Some(_)) => "a code",
            (Some(token), None) if token.contains('-') => "a notice",
            (Some(_), None) => "a link",
            (None, None) if to == super::process::WATCH => "an alarm",
            (None, None) => "words",
        };
        self.write(0, What::InMailbox { to: to.to_owned(), what });
        if let Some(code) = code_in(text) {
            self.codes.lock().unwrap().insert(self.ticket_in(text), code.to_owned());
        }
        match token {
            Some(token) if token.contains('-') => self.reads_a_notice(token),
            Some(token) => {
                let ticket = self.ticket_in(text);
                self.gets_a_link(token, ticket);
            }
            None => {}
        }
    }

    /// Few say that it was not them.
    fn reads_a_notice(self: &Arc<Self>, token: String) {
        let (world, mut throws) = (Arc::clone(self), self.throws(&format!("notice {token}")));
        if throws.percent(12) && !self.plan.is_scripted() {
            self.act(async move {
                tokio::time::sleep(throws.seconds(5, 2400)).await;
                world.press(TicketId(0), &token, None, PickupAnswer::NotMe).await;
            });
        }
    }

    /// The ticket whose number stands at the end of a mail.
    fn ticket_in(&self, text: &str) -> TicketId {
        let tickets = outside(self.store.tickets(&TicketFilter::default())).expect("tickets");
        let named = |number: String| text.lines().any(|line| line.trim() == number);
        let found = tickets.iter().find(|view| named(format!("Case {}", view.ticket.number)));
        found.expect("a mail about a link names its ticket").ticket.id
    }
}
