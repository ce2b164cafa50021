//! What runs the desk: the automation switch, outages, and freezes that a person lifts.

use std::sync::Arc;

use axum::extract::{Form, State};
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;
use serde_json::json;

use super::super::Signed;
use super::refused;
use crate::types::UnixMillis;
use crate::web::port::{Lifted, OutageNow, SwitchNow, Turned, Unavailable};
use crate::web::routes::App;
use crate::web::words::history;

/// `GET /desk`
pub(in crate::web::staff) async fn show(State(app): State<Arc<App>>, signed: Signed) -> Response {
    match values(&app, &signed, "", &Typed::default()).await {
        Ok(values) => app.staff.page("desk", &signed, values),
        Err(Unavailable) => app.staff.unavailable(signed.language),
    }
}

/// How people call whoever the audit log calls so.
fn person(signed: &Signed, actor: &str) -> String {
    let name = history::actor(actor, signed.language);
    signed.now.as_ref().and_then(|now| now.people.get(&name)).cloned().unwrap_or(name)
}

/// What somebody has typed into a form that was refused, so that it is not lost.
#[derive(Default)]
struct Typed {
    to: String,
    why: String,
    until: String,
    at: String,
    what: String,
}

async fn values(
    app: &App,
    signed: &Signed,
    wrong: &str,
    typed: &Typed,
) -> Result<serde_json::Value, Unavailable> {
    let operations = &app.ports.operations;
    let when = |at| app.staff.when(at, signed.language);
    let SwitchNow { automation, configured, turned } = operations.switch().await?;
    let turned = turned.map(|Turned { by, at, why, until }| {
        json!({ "by": person(signed, &by), "at": when(at), "why": why, "until": until.map(when) })
    });
    let outage = |outage: OutageNow| {
        let OutageNow { began_at, ended_at, why, by } = outage;
        json!({ "began": when(began_at), "ended": ended_at.map(when), "why": why, "by": person(signed, &by) })
    };
    let outages: Vec<_> = operations.outages().await?.into_iter().map(outage).collect();
    let down = outages.first().is_some_and(|outage| outage["ended"].is_null());
    let frozen = operations.frozen().await?.into_iter();
    let frozen: Vec<_> = frozen
        .map(|one| {
            let asked = one.asked.map(|(by, why)| {
                json!({ "by": person(signed, &by.actor()), "why": why, "mine": by == signed.member.name })
            });
            let number = one.ticket.to_string();
            json!({ "whom": one.whom, "ticket": number, "why": one.why, "at": when(one.at), "seen": one.at.0, "asked": asked })
        })
        .collect();
    Ok(json!({
        "automation": automation, "configured": configured, "turned": turned, "outages": outages, "down": down,
        "frozen": frozen, "wrong": wrong,
        "typed": {
            "to": typed.to, "why": typed.why, "until": typed.until, "at": typed.at, "what": typed.what,
        },
    }))
}

/// Back to the page, or why it was not done.
async fn done(
    app: &App,
    signed: &Signed,
    done: Result<bool, Unavailable>,
    wrong: &str,
    typed: &Typed,
) -> Response {
    match done {
        Ok(true) => {
            // Every page tells of it from now on.
            app.ports.queue.outdate();
            Redirect::to(&app.staff.path("/desk")).into_response()
        }
        Ok(false) => match values(app, signed, wrong, typed).await {
            Ok(values) => refused(app, "desk", signed, values),
            Err(Unavailable) => app.staff.unavailable(signed.language),
        },
        Err(Unavailable) => app.staff.unavailable(signed.language),
    }
}

/// The form of the switch.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(in crate::web::staff) struct Turn {
    to: String,
    why: String,
    until: String,
}

/// `POST /desk/automation`
pub(in crate::web::staff) async fn turn(
    State(app): State<Arc<App>>,
    signed: Signed,
    Form(form): Form<Turn>,
) -> Response {
    let Turn { to, why, until } = form;
    let typed = Typed { to: to.clone(), why: why.clone(), until: until.clone(), ..Typed::default() };
    let until = match until.as_str() {
        "" => None,
        text => match app.staff.instant(text) {
            Some(until) => Some(until),
            None => return done(&app, &signed, Ok(false), "until", &typed).await,
        },
    };
    let turned = app.ports.operations.turn(&signed.member, &to, why.trim(), until).await;
    let wrong = if why.trim().is_empty() { "why" } else { "until" };
    done(&app, &signed, turned, wrong, &typed).await
}

/// The form of an outage.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(in crate::web::staff) struct Phones {
    /// `down` or `up`.
    phones: String,
    at: String,
    why: String,
}

/// `POST /desk/outage`
pub(in crate::web::staff) async fn outage(
    State(app): State<Arc<App>>,
    signed: Signed,
    Form(form): Form<Phones>,
) -> Response {
    let typed = Typed { at: form.at.clone(), what: form.why.clone(), ..Typed::default() };
    let at = match form.at.as_str() {
        "" => None,
        text => match app.staff.instant(text) {
            Some(at) => Some(at),
            None => return done(&app, &signed, Ok(false), "at", &typed).await,
        },
    };
    let operations = &app.ports.operations;
    let said = match form.phones.as_str() {
        "down" => operations.begin_outage(&signed.member, at, form.why.trim()).await,
        "up" => operations.end_outage(&signed.member, at).await,
        _ => Ok(false),
    };
    done(&app, &signed, said, "at", &typed).await
}

/// The form that lifts a freeze.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(in crate::web::staff) struct Lift {
    whom: String,
    /// When the freeze began that the page has shown, in milliseconds.
    seen: i64,
    why: String,
}

/// `POST /desk/unfreeze`
pub(in crate::web::staff) async fn unfreeze(
    State(app): State<Arc<App>>,
    signed: Signed,
    Form(form): Form<Lift>,
) -> Response {
    let lifted = app
        .ports
        .operations
        .unfreeze(&signed.member, &form.whom, UnixMillis(form.seen), form.why.trim())
        .await;
    let wrong = if form.why.trim().is_empty() { "why" } else { "frozen" };
    // The page shows who is asked for.
    let lifted = lifted.map(|lifted| matches!(lifted, Lifted::Yes | Lifted::Asked));
    done(&app, &signed, lifted, wrong, &Typed::default()).await
}
