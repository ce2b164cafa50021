//! What was chosen in the queue and seen in the preview is done: one act a ticket, each with a result of its own.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde_json::{Value, json};

use super::super::Signed;
use super::chosen::Chosen;
use crate::ticket::Act;
use crate::types::TicketNumber;
use crate::web::port::{ActForm, Performed};
use crate::web::routes::App;
use crate::web::words::Words;

/// No more tickets are dealt with at once than a preview shows.
const MOST: usize = super::chosen::MOST;

/// What the preview's form carries.
#[derive(Default)]
struct Posted {
    act: Option<Chosen>,
    /// The form's own key.
    key: String,
    /// Tickets, each with its version as it was seen.
    tickets: Vec<(TicketNumber, i64)>,
}

impl Posted {
    fn of(body: &[u8]) -> Self {
        let mut posted = Self::default();
        for (name, value) in form_urlencoded::parse(body) {
            match name.as_ref() {
                "act" => posted.act = Chosen::ALL.into_iter().find(|act| act.code() == value),
                "key" => posted.key = value.into_owned(),
                "ticket" => posted.tickets.extend(seen(&value)),
                _ => {}
            }
        }
        posted.tickets.truncate(MOST);
        posted
    }

    /// The forms: of a merge all but the oldest ticket, which the others join.
    fn forms(&self) -> Vec<ActForm> {
        let Some(chosen) = self.act else { return Vec::new() };
        let oldest = self.tickets.iter().map(|(number, _)| *number).min();
        let form = |(number, version): &(TicketNumber, i64)| {
            let act = match chosen {
                Chosen::Take => Act::Take,
                Chosen::Ask => Act::Ask,
                Chosen::Close => Act::Close,
                Chosen::Merge => Act::Merge { into: oldest.filter(|oldest| oldest != number)? },
            };
            let key = format!("{}-{number}", self.key);
            Some(ActForm { ticket: *number, version: *version, key, act })
        };
        self.tickets.iter().filter_map(form).collect()
    }
}

/// `26-1141:7`
fn seen(text: &str) -> Option<(TicketNumber, i64)> {
    let (number, version) = text.split_once(':')?;
    Some((TicketNumber::parse(number).ok()?, version.parse().ok()?))
}

/// `POST /queue/act`
pub(in crate::web::staff) async fn act(State(app): State<Arc<App>>, signed: Signed, body: Bytes) -> Response {
    let posted = Posted::of(&body);
    let performed = app.ports.acts.perform_all(&signed.member, posted.forms()).await;
    let mut left: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut done = 0;
    for (number, performed) in performed {
        match why_not(&signed, &performed) {
            None => done += 1,
            Some(why) => left.entry(why).or_default().push(number.to_string()),
        }
    }
    let left: Vec<Value> =
        left.into_iter().map(|(why, numbers)| json!({ "why": why, "numbers": numbers })).collect();
    let status = if done == 0 && !left.is_empty() { StatusCode::CONFLICT } else { StatusCode::OK };
    let act = posted.act.map_or("", Chosen::code);
    app.staff.page_with(status, "queue-done", &signed, json!({ "act": act, "done": done, "left": left }))
}

/// Why nothing was done with a ticket; `None`: it was, or will be in a few seconds.
fn why_not(signed: &Signed, performed: &Performed) -> Option<String> {
    let say = |words: [&'static str; 2]| Words(words[0], words[1]).of(signed.language).to_owned();
    match performed {
        Performed::Kept(_) | Performed::Colleague(_) | Performed::Done(_) => None,
        Performed::Changed(_) => {
            Some(say(["Ärendet har ändrats sedan du såg det.", "The ticket has changed since you saw it."]))
        }
        Performed::Waits(act) => Some(match signed.language {
            crate::web::language::Language::Swedish => format!("{} har redan valt ett steg.", act.by.shown),
            crate::web::language::Language::English => format!("{} has chosen a step already.", act.by.shown),
        }),
        Performed::Refused(refusal) => Some(say(refusal.words())),
        Performed::NotNow => {
            Some(say(["Databasen svarar inte just nu.", "The database does not answer right now."]))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_a_merge_the_oldest_is_kept_and_each_form_has_a_key_of_its_own() {
        let posted = Posted::of(b"act=merge&key=k&ticket=26-9:3&ticket=26-7:1&ticket=26-8:2&ticket=x");
        let forms = posted.forms();
        let into = TicketNumber::parse("26-7").unwrap();
        assert!(forms.iter().all(|form| form.act == Act::Merge { into }));
        let keys: Vec<(&str, i64)> = forms.iter().map(|form| (form.key.as_str(), form.version)).collect();
        assert_eq!(keys, [("k-26-9", 3), ("k-26-8", 2)]);
        assert!(Posted::of(b"act=erase&ticket=26-7:1").forms().is_empty());
    }
}
