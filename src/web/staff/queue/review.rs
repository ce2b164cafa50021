//! Going through the tickets of one reason, one after the other, each open, acted on, and the next: no way back to
//! the list between them. Tickets that a colleague has or looks at are left to them, and so are those for which a
//! step was chosen already.

use std::sync::Arc;
use std::time::Instant;

use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use form_urlencoded::Serializer;
use serde::Deserialize;
use serde_json::{Value, json};

use super::super::Signed;
use super::asked::{PAGE, code_of, reason_of};
use crate::ticket::queue::{Cursor, Order, Pile, Row, Wanted, place_of};
use crate::types::{Reason, TicketNumber};
use crate::web::port::Unavailable;
use crate::web::routes::App;
use crate::web::words;

/// No more pages of rows are looked through for a ticket that is free.
const MOST_PAGES: usize = 20;

/// Which way, and from which ticket.
#[derive(Clone, Copy, Debug)]
pub(in crate::web::staff) enum From {
    /// From the beginning.
    Start,
    /// The next one after this.
    After(TicketNumber),
    /// The last one before this.
    Before(TicketNumber),
}

/// The address's parameters, as they were written.
#[derive(Default, Deserialize)]
pub(in crate::web::staff) struct Place {
    #[serde(default)]
    after: String,
    #[serde(default)]
    before: String,
}

/// `GET /queue/review/{reason}`: the next ticket of the reason that is free; the list, when there is none.
pub(in crate::web::staff) async fn review(
    State(app): State<Arc<App>>,
    signed: Signed,
    Path(code): Path<String>,
    place: Result<Query<Place>, QueryRejection>,
) -> Response {
    if reason_of(&code).is_none() {
        return app.staff.problem(StatusCode::NOT_FOUND, signed.language);
    }
    let place = place.map(|Query(place)| place).unwrap_or_default();
    let from = match (TicketNumber::parse(&place.after), TicketNumber::parse(&place.before)) {
        (Ok(after), _) => From::After(after),
        (_, Ok(before)) => From::Before(before),
        (Err(_), Err(_)) => From::Start,
    };
    match onward(&app, &signed, &code, from, None).await {
        Ok(to) => Redirect::to(&to).into_response(),
        Err(Unavailable) => app.staff.unavailable(signed.language),
    }
}

/// Where somebody goes on who reviews the reason `code`; `done` is the ticket that they have just decided.
pub(in crate::web::staff) async fn onward(
    app: &App,
    signed: &Signed,
    code: &str,
    from: From,
    done: Option<TicketNumber>,
) -> Result<String, Unavailable> {
    let base = &app.pages.site.base;
    let found = match reason_of(code) {
        Some(reason) => neighbour(app, signed, reason, from).await?,
        None => None,
    };
    let mut query = Serializer::new(String::new());
    query.append_pair(if found.is_some() { "review" } else { "reason" }, code);
    if let Some(done) = done {
        query.append_pair("done", &done.to_string());
    }
    let query = query.finish();
    // When colleagues are at all that are left, rather the list than somebody else's ticket.
    Ok(found
        .map_or_else(|| format!("{base}/queue?{query}"), |number| format!("{base}/tickets/{number}?{query}")))
}

/// The free ticket next to `from` in the list of the reason.
async fn neighbour(
    app: &App,
    signed: &Signed,
    reason: Option<Reason>,
    from: From,
) -> Result<Option<TicketNumber>, Unavailable> {
    let queue = app.ports.queue.as_ref();
    let at = match from {
        From::Start => None,
        From::After(number) | From::Before(number) => {
            // Where it stood in this list, whatever became of it.
            let place = place_of(reason);
            queue.row(number).await?.map(|row| Cursor { place, ..row.cursor(&Pile::Open) })
        }
    };
    let (mut after, until) = if matches!(from, From::Before(_)) { (None, at) } else { (at, None) };
    let mut last = None;
    for _ in 0..MOST_PAGES {
        let wanted =
            Wanted { pile: Pile::Open, order: Order::Reason, reason: Some(reason), after, limit: PAGE };
        let rows = queue.page(&wanted).await?;
        for row in &rows {
            let cursor = row.cursor(&wanted.pile);
            if until.is_some_and(|until| key(&cursor) >= key(&until)) {
                return Ok(last);
            }
            if is_free(app, signed, row) {
                if until.is_none() {
                    return Ok(Some(row.number));
                }
                last = Some(row.number);
            }
        }
        if rows.len() < PAGE as usize {
            return Ok(last);
        }
        after = rows.last().map(|row| row.cursor(&wanted.pile));
    }
    Ok(last)
}

/// In the order of the list.
fn key(cursor: &Cursor) -> (i64, i64, i64) {
    (cursor.calm, cursor.at.0, cursor.id.0)
}

fn is_free(app: &App, signed: &Signed, row: &Row) -> bool {
    let me = &signed.member;
    !row.acting
        && (row.assignee.is_empty() || row.assignee == me.name.as_str())
        && app.presence.beside(row.number, me, Instant::now()).is_empty()
}

/// What stands at the top of a ticket's page while its reason is reviewed: which reason, and where in its list the
/// ticket is, as far as the first page of the list tells; `null` for no review.
pub(in crate::web::staff) async fn shown(
    app: &App,
    signed: &Signed,
    code: &str,
    number: TicketNumber,
) -> Result<Value, Unavailable> {
    let Some(reason) = reason_of(code) else { return Ok(Value::Null) };
    let wanted =
        Wanted { pile: Pile::Open, order: Order::Reason, reason: Some(reason), after: None, limit: PAGE };
    let rows = app.ports.queue.page(&wanted).await?;
    let counted = app.ports.queue.snapshot().await?.counts.rows(|count| count.reason == reason) as usize;
    let nth = rows.iter().position(|row| row.number == number).map(|place| place + 1);
    Ok(value(reason, nth, counted.max(rows.len()), signed))
}

fn value(reason: Option<Reason>, nth: Option<usize>, of: usize, signed: &Signed) -> Value {
    let name = words::reason::title(reason).of(signed.language);
    json!({ "code": code_of(reason), "name": name, "nth": nth, "of": of })
}

/// The values of a review, for the look at start.
pub(in crate::web::staff) fn sample(signed: &Signed) -> Value {
    value(Some(Reason::PhoneMismatch), Some(1), 8, signed)
}
