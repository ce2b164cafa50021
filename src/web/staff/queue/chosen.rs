//! What somebody has chosen in the queue, before anything is done with it: each ticket, by name, and what would be done.

use std::collections::BTreeSet;
use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use serde_json::{Value, json};

use super::super::Signed;
use super::asked::reason_of;
use super::{row_value, words};
use crate::ticket::queue::{Cursor, Order, Pile, Wanted};
use crate::ticket::{Standing, TicketId};
use crate::web::form::key;
use crate::web::port::{Queue, Ready, Unavailable};
use crate::web::routes::App;

/// So many tickets are dealt with at once; more are left for the next time.
pub(super) const MOST: usize = 500;
/// Rows that are read at a time.
const AT_ONCE: u32 = 100;

/// What can be done with many tickets at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Chosen {
    Take,
    Ask,
    Merge,
    Close,
}

impl Chosen {
    pub const ALL: [Self; 4] = [Self::Take, Self::Ask, Self::Merge, Self::Close];

    pub fn code(self) -> &'static str {
        match self {
            Self::Take => "take",
            Self::Ask => "ask",
            Self::Merge => "merge",
            Self::Close => "close",
        }
    }
}

/// What was posted.
#[derive(Debug, Default, PartialEq, Eq)]
struct Ticked {
    act: Option<Chosen>,
    /// Tickets that were ticked.
    ids: Vec<TicketId>,
    /// A reason of which all are chosen, in its word.
    all_of: Option<String>,
}

impl Ticked {
    fn of(body: &[u8]) -> Self {
        let mut chosen = Self::default();
        for (name, value) in form_urlencoded::parse(body) {
            match name.as_ref() {
                "id" if chosen.ids.len() < MOST => chosen.ids.extend(value.parse().ok().map(TicketId)),
                "act" => chosen.act = Chosen::ALL.into_iter().find(|act| act.code() == value),
                "all" => chosen.all_of = Some(value.into_owned()),
                // A button has one name: what is done, and with which group.
                "group" => {
                    if let Some((act, reason)) = value.split_once(':') {
                        chosen.act = Chosen::ALL.into_iter().find(|known| known.code() == act);
                        chosen.all_of = Some(reason.to_owned());
                    }
                }
                _ => {}
            }
        }
        chosen
    }
}

/// `POST /queue/preview`
pub(in crate::web::staff) async fn preview(
    State(app): State<Arc<App>>,
    signed: Signed,
    body: Bytes,
) -> Response {
    let chosen = Ticked::of(&body);
    let made = show(&app, &signed, &chosen).await;
    made.unwrap_or_else(|Unavailable| app.staff.unavailable(signed.language))
}

async fn show(app: &App, signed: &Signed, chosen: &Ticked) -> Result<Response, Unavailable> {
    let base = app.pages.site.base.as_str();
    let queue = app.ports.queue.as_ref();
    let (ids, all) = match chosen.all_of.as_deref() {
        Some(code) => (all_of(queue, code, signed.member.name.as_str()).await?, true),
        None => (queue.behind(&chosen.ids).await?, false),
    };
    let (Some(act), false) = (chosen.act, ids.is_empty()) else {
        return Ok(Redirect::to(&format!("{base}/queue")).into_response());
    };
    let snapshot = queue.snapshot().await?;
    let more = match chosen.all_of.as_deref().and_then(reason_of) {
        // All that is left is more than was read.
        Some(reason) if ids.len() > MOST => {
            let counted = snapshot.counts.rows(|count| count.reason == reason) as usize;
            counted.max(ids.len()) - MOST
        }
        Some(_) | None => ids.len().saturating_sub(MOST),
    };
    let ids: Vec<TicketId> = ids.into_iter().take(MOST).collect();
    let shown = words(app, signed, &snapshot);
    let (open, over): (Vec<_>, Vec<_>) =
        queue.rows(&ids).await?.into_iter().partition(|row| row.standing == Standing::Open);
    let values: Vec<Value> = open.iter().map(|row| row_value(app, &shown, row)).collect();
    let left_out: Vec<String> = over.iter().map(|row| row.number.to_string()).collect();
    // Of one reason all can be chosen, also those of other pages.
    let reasons: BTreeSet<_> = open.iter().map(|row| row.reason).collect();
    let whole = match reasons.first() {
        Some(reason) if reasons.len() == 1 && !all => {
            let count = snapshot.counts.rows(|count| count.reason == *reason);
            let title = crate::web::words::reason::title(*reason).of(signed.language);
            json!({ "code": super::code_of(*reason), "count": count, "title": title })
        }
        _ => Value::Null,
    };
    // Word by word what leaves, with the number of the first; and what becomes of the tickets of others.
    let ready = open.first().filter(|_| act == Chosen::Ask);
    let ready = ready.and_then(|row| app.ports.view.ready(row.number, Ready::Ask));
    let text = ready.map(|ready| json!({ "subject": ready.subject, "text": ready.text }));
    let kept = open.iter().map(|row| row.number).min().map(|number| number.to_string());
    let me = signed.member.name.as_str();
    let others = open.iter().filter(|row| !row.assignee.is_empty() && row.assignee != me);
    let whose: BTreeSet<&str> = others.map(|row| shown.person(&row.assignee)).collect();
    let values = json!({
        "text": text, "kept": kept, "whose": whose,
        "key": key(), "act": act.code(), "rows": values, "count": open.len(), "left_out": left_out, "more": more, "whole": whole,
    });
    Ok(app.staff.page("queue-preview", signed, values))
}

/// Every open ticket of the reason, page by page; more than are dealt with at once are only counted.
async fn all_of(queue: &dyn Queue, code: &str, me: &str) -> Result<Vec<TicketId>, Unavailable> {
    let Some(reason) = reason_of(code) else { return Ok(Vec::new()) };
    let mut ids: Vec<TicketId> = Vec::new();
    let mut after: Option<Cursor> = None;
    loop {
        let (pile, order) = (Pile::Open, Order::Reason);
        let wanted = Wanted { pile, order, reason: Some(reason), after, limit: AT_ONCE };
        let rows = queue.page(&wanted).await?;
        after = rows.last().map(|row| row.cursor(&wanted.pile));
        // What a colleague has taken is theirs.
        let free = rows.iter().filter(|row| row.assignee.is_empty() || row.assignee == me);
        ids.extend(queue.behind(&free.map(|row| row.id).collect::<Vec<_>>()).await?);
        if rows.len() < AT_ONCE as usize || ids.len() > MOST {
            return Ok(ids);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_button_says_what_is_done_with_what_was_ticked_or_with_a_whole_group() {
        let chosen = Ticked::of(b"form=x&id=7&id=8&id=x&act=close");
        assert_eq!(
            chosen,
            Ticked { act: Some(Chosen::Close), ids: vec![TicketId(7), TicketId(8)], all_of: None }
        );
        let chosen = Ticked::of(b"id=7&group=ask%3Afields-missing");
        assert_eq!((chosen.act, chosen.all_of.as_deref()), (Some(Chosen::Ask), Some("fields-missing")));
        assert_eq!(Ticked::of(b"act=erase").act, None);
    }
}
