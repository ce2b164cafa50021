//! How the desk and what it depends on are.

use std::sync::Arc;

use axum::extract::{Form, State};
use axum::response::Response;
use serde::Deserialize;
use serde_json::json;

use super::super::Signed;
use crate::web::port::PartHealth;
use crate::web::routes::App;
use crate::web::words;

/// `GET /health`
pub(in crate::web::staff) async fn show(State(app): State<Arc<App>>, signed: Signed) -> Response {
    page(&app, &signed, None).await
}

/// What is to be tried.
#[derive(Deserialize)]
pub(in crate::web::staff) struct Wish {
    #[serde(default)]
    part: String,
}

/// `POST /health`: tries one part now.
pub(in crate::web::staff) async fn test(
    State(app): State<Arc<App>>,
    signed: Signed,
    Form(wish): Form<Wish>,
) -> Response {
    let tried = app.ports.operations.test(&wish.part).await;
    page(&app, &signed, tried.as_ref()).await
}

async fn page(app: &App, signed: &Signed, tried: Option<&PartHealth>) -> Response {
    let all = app.ports.operations.health().await;
    let parts: Vec<_> = all.iter().map(|part| row(app, signed, part)).collect();
    let tried = tried.map(|part| row(app, signed, part));
    let well = all.iter().all(|part| part.well != Some(false));
    app.staff.page("health", signed, json!({ "parts": parts, "tried": tried, "well": well }))
}

fn row(app: &App, signed: &Signed, part: &PartHealth) -> serde_json::Value {
    let PartHealth { part, answered_at, took, said, well } = part;
    json!({
        "part": part,
        "name": words::part::name(part, signed.language),
        "answered": answered_at.map(|at| app.staff.when(at, signed.language)),
        "took": took.map(|took| took.as_millis() as u64),
        "said": said,
        "well": well,
    })
}
