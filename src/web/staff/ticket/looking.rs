//! Who looks at a ticket tells so.

use std::sync::Arc;
use std::time::Instant;

use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::json;

use crate::types::TicketNumber;
use crate::web::routes::App;
use crate::web::staff::{Signed, presence};

/// `POST /tickets/{number}/presence`: somebody looks at the ticket, has begun to write, or leaves it. Answers who else
/// does, in words.
pub(in crate::web::staff) async fn beat(
    State(app): State<Arc<App>>,
    signed: Signed,
    Path(number): Path<String>,
    body: Bytes,
) -> Response {
    let Ok(number) = TicketNumber::parse(&number) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let does = form_urlencoded::parse(&body).find(|(name, _)| name == "does").map(|(_, value)| value);
    match does.as_deref() {
        Some("leave") => app.presence.leaves(number, &signed.member),
        does => app.presence.looks(number, &signed.member, does == Some("write"), Instant::now()),
    }
    let value = json!({ "others": others(&app, &signed, number) });
    ([(header::CONTENT_TYPE, "application/json")], value.to_string()).into_response()
}

/// Who else looks at the ticket, in words; empty for nobody.
pub(super) fn others(app: &App, signed: &Signed, number: TicketNumber) -> String {
    let others = app.presence.beside(number, &signed.member, Instant::now());
    presence::on_page(&others, signed.language)
}
