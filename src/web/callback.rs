//! Delivery receipts: a gateway tells what became of a text.

use std::sync::Arc;

use axum::extract::rejection::{FormRejection, PathRejection, QueryRejection};
use axum::extract::{Form, Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;

use super::desk::ReceiptAnswer;
use super::language::Language;
use super::routes::App;

/// The part of the address that names the attempt; some gateways' addresses have none.
#[derive(Deserialize)]
pub(super) struct Attempt {
    key: Option<String>,
}

/// `POST /callbacks/sms/{gateway}/{secret}?key=…`. Whoever does not know the secret gets the page
/// of an address that does not exist.
pub(super) async fn receipt(
    State(app): State<Arc<App>>,
    language: Language,
    path: Result<Path<(String, String)>, PathRejection>,
    attempt: Result<Query<Attempt>, QueryRejection>,
    form: Result<Form<Vec<(String, String)>>, FormRejection>,
) -> Response {
    let Ok(Path((gateway, secret))) = path else {
        return app.pages.problem(StatusCode::NOT_FOUND, language);
    };
    let key = attempt.ok().and_then(|Query(attempt)| attempt.key);
    // What is no form holds no fields; the desk says what that is worth, after the secret.
    let fields = form.map(|Form(fields)| fields).unwrap_or_default();
    match app.desk.receipt(&gateway, &secret, key.as_deref(), &fields).await {
        ReceiptAnswer::Taken => StatusCode::NO_CONTENT.into_response(),
        ReceiptAnswer::Unknown => app.pages.problem(StatusCode::NOT_FOUND, language),
        ReceiptAnswer::Malformed => {
            tracing::warn!(gateway, "a receipt could not be understood; nothing was changed");
            (StatusCode::BAD_REQUEST, "the receipt cannot be understood\n").into_response()
        }
        ReceiptAnswer::TryAgain => {
            (StatusCode::SERVICE_UNAVAILABLE, "please send the receipt again\n").into_response()
        }
    }
}
