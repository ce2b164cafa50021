//! Delivery receipts: a gateway tells what became of a text. Nothing of a request is believed here;
//! whether the gateway has sent it, the desk finds out.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use axum::response::{IntoResponse, Response};

use super::desk::ReceiptAnswer;
use super::language::Language;
use super::routes::App;
use crate::types::CallbackRequest;

/// `/callbacks/sms/{gateway}/{secret}`, by GET or POST as the gateway does. Whoever does not know the
/// secret, or cannot sign, gets the page of an address that does not exist.
pub(super) async fn receipt(
    State(app): State<Arc<App>>,
    language: Language,
    path: Result<Path<(String, String)>, PathRejection>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let Ok(Path((gateway, secret))) = path else {
        return app.pages.problem(StatusCode::NOT_FOUND, language);
    };
    let headers = texts(&headers);
    let request = CallbackRequest {
        method: method.as_str(),
        query: uri.query().unwrap_or_default(),
        headers: &headers,
        body: &body,
    };
    match app.ports.desk.receipt(&gateway, &secret, &request).await {
        // Kannel counts 200 and 202 as a success, and sends the receipt again after any other.
        ReceiptAnswer::Taken => StatusCode::OK.into_response(),
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

/// Headers that are text; their names are in small letters.
fn texts(headers: &HeaderMap) -> Vec<(String, String)> {
    let text = |(name, value): (&axum::http::HeaderName, &axum::http::HeaderValue)| {
        Some((name.as_str().to_owned(), value.to_str().ok()?.to_owned()))
    };
    headers.iter().filter_map(text).collect()
}
