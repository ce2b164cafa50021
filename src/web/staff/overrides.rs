//! What waits for a colleague: overrides that somebody has asked for, and that another must approve.

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use serde_json::{Value, json};

use super::Signed;
use super::ticket::details;
use crate::clock::{Clock, SystemClock};
use crate::ticket::{Act, KeptAct};
use crate::types::UnixMillis;
use crate::web::routes::App;
use crate::web::words;

/// `GET /queue/overrides`
pub(super) async fn show(State(app): State<Arc<App>>, signed: Signed) -> Response {
    let Some(waiting) = app.ports.acts.for_colleagues().await else {
        return app.staff.unavailable(signed.language);
    };
    let now = SystemClock.now();
    let rows: Vec<Value> = waiting.iter().map(|act| row(act, &signed, now)).collect();
    app.staff.page("overrides", &signed, json!({ "rows": rows }))
}

fn row(act: &KeptAct, signed: &Signed, now: UnixMillis) -> Value {
    let language = signed.language;
    let given = if let Act::Override { why, .. } = &act.act { why.as_str() } else { "" };
    json!({
        "number": act.number.to_string(), "by": act.by.shown, "mine": act.by.name == signed.member.name,
        "what": words::acts::act(act.act.code()).map(|words| words.of(language)),
        "why": given, "details": details(language, &act.act),
        "lapsed": act.due_at <= now, "minutes": act.due_at.since(now).as_secs().div_ceil(60),
    })
}

/// Values for the template, for the look at start.
pub(super) fn sample() -> Value {
    let row = json!({
        "number": "26-1", "by": "Eva Lind", "mine": false, "what": "…", "why": "…", "details": ["…"],
        "minutes": 12, "lapsed": false,
    });
    json!({ "rows": [row] })
}
