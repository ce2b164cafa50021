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
/// each part that has not.
pub(super) async fn readyz(State(app): State<Arc<App>>) -> Response {
    let ready = app.desk.ready().await;
    let refused = ready.refused.iter().map(|part| format!("{part} refuses the sign-in: sign in again\n"));
    let missing = ready.missing.iter().map(|part| format!("{part} has not answered\n"));
    let lines: String = refused.chain(missing).collect();
    if lines.is_empty() {
        return "ready\n".into_response();
    }
    (StatusCode::SERVICE_UNAVAILABLE, lines).into_response()
}
