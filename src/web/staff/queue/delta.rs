//! What has changed while a page of the queue is open: numbers, ages, who has taken what. It never inserts, moves or
//! removes a row.

use std::sync::Arc;
use std::time::Instant;

use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::super::Signed;
use super::super::frame::initials;
use super::super::presence;
use super::words as shown_words;
use crate::ticket::{Standing, TicketId};
use crate::types::UnixMillis;
use crate::web::port::Unavailable;
use crate::web::routes::App;
use crate::web::words;

/// No page has more rows.
const MOST_ROWS: usize = 100;

/// What the page knows: the version of its numbers, the newest ticket that it could show, and its rows.
#[derive(Default, Deserialize)]
pub(in crate::web::staff) struct Known {
    #[serde(default)]
    v: String,
    #[serde(default)]
    seen: i64,
    #[serde(default)]
    ids: String,
}

/// `GET /queue/delta`
pub(in crate::web::staff) async fn delta(
    State(app): State<Arc<App>>,
    signed: Signed,
    known: Result<Query<Known>, QueryRejection>,
) -> Response {
    let known = known.map(|Query(known)| known).unwrap_or_default();
    let made = changes(&app, &signed, &known).await;
    made.unwrap_or_else(|Unavailable| StatusCode::SERVICE_UNAVAILABLE.into_response())
}

async fn changes(app: &App, signed: &Signed, known: &Known) -> Result<Response, Unavailable> {
    let queue = app.ports.queue.as_ref();
    let snapshot = queue.snapshot().await?;
    // A minute later every age is another one.
    let looking = app.presence.version(Instant::now());
    let minute = snapshot.at.0 / 60_000;
    let version = format!("{}.{minute}.{looking}.{}", snapshot.version, snapshot.overrides);
    if version == known.v {
        return Ok(StatusCode::NO_CONTENT.into_response());
    }
    let shown = shown_words(app, signed, &snapshot);
    let ids: Vec<TicketId> =
        known.ids.split(',').filter_map(|id| id.parse().ok()).map(TicketId).take(MOST_ROWS).collect();
    let mut rows = Map::new();
    for row in queue.rows(&ids).await? {
        let colleagues = app.presence.beside(row.number, &signed.member, Instant::now());
        let (age, level) = shown.age(row.waits_since);
        let person = shown.person(&row.assignee);
        let over = match row.standing {
            Standing::Open => "",
            standing => words::ticket::over(standing).of(signed.language),
        };
        let over = match (over, person) {
            ("", _) => String::new(),
            (over, "") => format!("{over} {}", shown.clock(row.settled_at)),
            (over, person) => format!("{over}, {person} {}", shown.clock(row.settled_at)),
        };
        let value = json!({
            "age": age, "level": level, "late": words::time::late(level).of(signed.language), "who": person,
            "initials": initials(person), "looking": presence::in_row(&colleagues, signed.language),
            "over": over, "acting": row.acting,
        });
        rows.insert(row.id.0.to_string(), value);
    }
    let new = snapshot.counts.opened_after(UnixMillis(known.seen));
    let fresh = match new {
        0 => String::new(),
        1 => shown.say(["Visa 1 nytt ärende", "Show 1 new ticket"]).to_owned(),
        new => format!("{} {new} {}", shown.say(["Visa", "Show"]), shown.say(["nya ärenden", "new tickets"])),
    };
    let said = format!(
        "{} {}{}",
        shown.count(super::Tab::All),
        shown.say(["väntar", "are waiting"]),
        if new == 0 { String::new() } else { format!(", {new} {}", shown.say(["nya", "new"])) }
    );
    let value: Value =
        json!({ "v": version, "numbers": shown.numbers(), "rows": rows, "fresh": fresh, "said": said });
    Ok(answer(&value))
}

/// A small answer for the script.
fn answer(value: &Value) -> Response {
    ([(header::CONTENT_TYPE, "application/json")], value.to_string()).into_response()
}
