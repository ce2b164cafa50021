//! For supervisors and load balancers. Nothing secret.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};

use super::routes::App;

/// `GET /livez`: the program answers.
pub(super) async fn livez() -> &'static str {
    "alive\n"
}

/// `GET /readyz`: 200 when everything that the desk needs has answered, else 503 with a line for
/// each part that has not, how long and why.
pub(super) async fn readyz(State(app): State<Arc<App>>) -> Response {
    let lines: String =
        app.ports.desk.ready().await.troubles.iter().map(|trouble| format!("{trouble}\n")).collect();
    if lines.is_empty() {
        return "ready\n".into_response();
    }
    (StatusCode::SERVICE_UNAVAILABLE, lines).into_response()
}
