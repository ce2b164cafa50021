//! What runs the desk: the automation switch, outages, and freezes that a person lifts.

use std::sync::Arc;

use axum::extract::{Form, State};
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;
use serde_json::json;

use super::super::Signed;
use super::refused;
use crate::web::port::{OutageNow, SwitchNow, Turned, Unavailable};
use crate::web::routes::App;

/// `GET /desk`
pub(in crate::web::staff) async fn show(State(app): State<Arc<App>>, signed: Signed) -> Response {
    match values(&app, &signed, "").await {
        Ok(values) => app.staff.page("desk", &signed, values),
        Err(Unavailable) => app.staff.unavailable(signed.language),
    }
}

async fn values(app: &App, signed: &Signed, wrong: &str) -> Result<serde_json::Value, Unavailable> {
    let operations = &app.ports.operations;
    let when = |at| app.staff.when(at, signed.language);
    let SwitchNow { automation, configured, turned } = operations.switch().await?;
    let turned = turned.map(|Turned { by, at, why, until }| {
        json!({ "by": by, "at": when(at), "why": why, "until": until.map(when) })
    });
    let outage = |outage: OutageNow| {
        let OutageNow { began_at, ended_at, why, by } = outage;
        json!({ "began": when(began_at), "ended": ended_at.map(when), "why": why, "by": by })
    };
    let outages: Vec<_> = operations.outages().await?.into_iter().map(outage).collect();
    let down = outages.first().is_some_and(|outage| outage["ended"].is_null());
    let frozen = operations.frozen().await?.into_iter();
    let frozen: Vec<_> = frozen
        .map(|one| {
            json!({ "whom": one.whom, "ticket": one.ticket.to_string(), "why": one.why, "at": when(one.at) })
        })
        .collect();
    Ok(json!({
        "automation": automation, "configured": configured, "turned": turned, "outages": outages, "down": down,
        "frozen": frozen, "wrong": wrong,
    }))
}

/// Back to the page, or why it was not done.
async fn done(app: &App, signed: &Signed, done: Result<bool, Unavailable>, wrong: &str) -> Response {
    match done {
        Ok(true) => Redirect::to(&app.staff.path("/desk")).into_response(),
        Ok(false) => match values(app, signed, wrong).await {
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
    let until = match until.as_str() {
        "" => None,
        text => match app.staff.instant(text) {
            Some(until) => Some(until),
            None => return done(&app, &signed, Ok(false), "until").await,
        },
    };
    let turned = app.ports.operations.turn(&signed.member, &to, why.trim(), until).await;
    let wrong = if why.trim().is_empty() { "why" } else { "until" };
    done(&app, &signed, turned, wrong).await
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
    let at = match form.at.as_str() {
        "" => None,
        text => match app.staff.instant(text) {
            Some(at) => Some(at),
            None => return done(&app, &signed, Ok(false), "at").await,
        },
    };
    let operations = &app.ports.operations;
    let said = match form.phones.as_str() {
        "down" => operations.begin_outage(&signed.member, at, form.why.trim()).await,
        "up" => operations.end_outage(&signed.member, at).await,
        _ => Ok(false),
    };
    done(&app, &signed, said, "at").await
}

/// The form that lifts a freeze.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(in crate::web::staff) struct Lift {
    whom: String,
    why: String,
}

/// `POST /desk/unfreeze`
pub(in crate::web::staff) async fn unfreeze(
    State(app): State<Arc<App>>,
    signed: Signed,
    Form(form): Form<Lift>,
) -> Response {
    let lifted = app.ports.operations.unfreeze(&signed.member, &form.whom, form.why.trim()).await;
    let wrong = if form.why.trim().is_empty() { "why" } else { "frozen" };
    done(&app, &signed, lifted, wrong).await
}
