//! The audit log: a page at a time, whether its chain is whole, and to take along.

use std::sync::Arc;

use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;
use serde_json::json;

use super::super::Signed;
use super::refused;
use crate::clock::rfc3339;
use crate::types::TicketNumber;
use crate::web::port::{AuditLine, AuditWish, ChainState, Unavailable};
use crate::web::routes::App;

/// Rows of a page.
const PAGE: usize = 50;
/// Rows that are taken along in one file; more are `nyckelbud audit export`'s.
const MOST: usize = 20_000;

/// What the form asks for.
#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub(in crate::web::staff) struct Wish {
    from: String,
    to: String,
    actor: String,
    event: String,
    ticket: String,
    before: String,
}

/// The same, understood; `Err` is the field that was not.
fn understood(app: &App, wish: &Wish) -> Result<AuditWish, &'static str> {
    let time = |text: &str, field| match text.trim() {
        "" => Ok(None),
        text => app.staff.instant(&format!("{text}T00:00")).map(Some).ok_or(field),
    };
    let ticket = match wish.ticket.trim() {
        "" => None,
        text => Some(TicketNumber::parse(text).map_err(|_| "ticket")?),
    };
    let day = std::time::Duration::from_secs(24 * 60 * 60);
    Ok(AuditWish {
        from: time(&wish.from, "from")?,
        // The day is meant, and it ends a day later.
        to: time(&wish.to, "to")?.map(|at| at.plus(day)),
        actor: wish.actor.trim().to_owned(),
        event: wish.event.trim().to_owned(),
        ticket,
        before: wish.before.parse().ok(),
    })
}

fn written(wish: &Wish, more: &[(&str, &str)]) -> String {
    let fields = [
        ("from", &wish.from),
        ("to", &wish.to),
        ("actor", &wish.actor),
        ("event", &wish.event),
        ("ticket", &wish.ticket),
    ];
    let mut query = form_urlencoded::Serializer::new(String::new());
    for (name, value) in fields.into_iter().filter(|(_, value)| !value.is_empty()) {
        query.append_pair(name, value);
    }
    query.extend_pairs(more).finish()
}

fn values(app: &App, signed: &Signed, wish: &Wish, chain: &ChainState) -> serde_json::Value {
    let when = |at| app.staff.when(at, signed.language);
    let chain = match chain {
        ChainState::Unknown => json!({ "state": "unknown" }),
        ChainState::Looking => json!({ "state": "looking" }),
        ChainState::Whole { rows, head, at } => {
            json!({ "state": "whole", "rows": rows, "head": head.get(..16).unwrap_or(head), "at": when(*at) })
        }
        ChainState::Broken { place, what, at } => {
            json!({ "state": "broken", "place": place, "what": what, "at": when(*at) })
        }
        ChainState::Untold { why } => json!({ "state": "untold", "why": why }),
    };
    json!({
        "chain": chain, "wish": { "from": wish.from, "to": wish.to, "actor": wish.actor, "event": wish.event,
        "ticket": wish.ticket }, "wrong": "", "rows": [], "more": "", "export": written(wish, &[]), "filtered": !written(wish, &[]).is_empty(),
    })
}

fn row(app: &App, signed: &Signed, line: &AuditLine) -> serde_json::Value {
    json!({
        "id": line.id, "at": app.staff.when(line.at, signed.language), "at_exact": rfc3339(line.at),
        "ticket": line.ticket.map(|number| number.to_string()), "actor": line.actor, "event": line.event,
        "data": if line.data == "{}" { "" } else { &line.data }, "place": line.place,
        "hash": line.hash.get(..8).unwrap_or_default(),
    })
}

/// `GET /audit`
pub(in crate::web::staff) async fn show(
    State(app): State<Arc<App>>,
    signed: Signed,
    wish: Result<Query<Wish>, QueryRejection>,
) -> Response {
    let wish = wish.map(|Query(wish)| wish).unwrap_or_default();
    let chain = app.ports.operations.chain().await;
    let mut page = values(&app, &signed, &wish, &chain);
    let understood = match understood(&app, &wish) {
        Ok(understood) => understood,
        Err(field) => {
            page["wrong"] = json!(field);
            return refused(&app, "audit", &signed, page);
        }
    };
    let limit = u32::try_from(PAGE + 1).unwrap_or(u32::MAX);
    let Ok(rows) = app.ports.operations.audit(&understood, limit).await else {
        return app.staff.unavailable(signed.language);
    };
    if let (true, Some(last)) = (rows.len() > PAGE, rows.get(PAGE - 1)) {
        page["more"] = json!(written(&wish, &[("before", &last.id.to_string())]));
    }
    page["rows"] = rows.iter().take(PAGE).map(|line| row(&app, &signed, line)).collect();
    app.staff.page("audit", &signed, page)
}

/// `POST /audit/verify`
pub(in crate::web::staff) async fn verify(State(app): State<Arc<App>>) -> Response {
    app.ports.operations.verify().await;
    Redirect::to(&app.staff.path("/audit")).into_response()
}

/// `GET /audit/export`: a table of what the form asks for, one row a line.
pub(in crate::web::staff) async fn export(
    State(app): State<Arc<App>>,
    signed: Signed,
    wish: Result<Query<Wish>, QueryRejection>,
) -> Response {
    let wish = wish.map(|Query(wish)| wish).unwrap_or_default();
    let mut page = values(&app, &signed, &wish, &ChainState::Unknown);
    let wanted = match understood(&app, &wish) {
        Ok(wanted) => wanted,
        Err(field) => {
            page["wrong"] = json!(field);
            return refused(&app, "audit", &signed, page);
        }
    };
    let limit = u32::try_from(MOST + 1).unwrap_or(u32::MAX);
    let rows = match app.ports.operations.audit(&wanted, limit).await {
        Ok(rows) => rows,
        Err(Unavailable) => return app.staff.unavailable(signed.language),
    };
    if rows.len() > MOST {
        page["wrong"] = json!("many");
        return refused(&app, "audit", &signed, page);
    }
    app.ports.operations.note_export(&signed.member, &wanted, rows.len()).await;
    let head = [
        (header::CONTENT_TYPE, "application/x-ndjson; charset=utf-8"),
        (header::CONTENT_DISPOSITION, "attachment; filename=\"audit.ndjson\""),
    ];
    (StatusCode::OK, head, lines(&rows)).into_response()
}

/// One JSON object a line, the oldest first.
fn lines(rows: &[AuditLine]) -> String {
    let object = |line: &AuditLine| {
        let data: serde_json::Value = serde_json::from_str(&line.data).unwrap_or_else(|_| json!(line.data));
        json!({
            "id": line.id, "at": rfc3339(line.at), "ticket": line.ticket.map(|number| number.to_string()),
            "actor": line.actor, "event": line.event, "data": data, "place": line.place, "hash": line.hash,
        })
    };
    rows.iter().rev().map(|line| format!("{}\n", object(line))).collect()
}
