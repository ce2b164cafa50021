//! The configuration as it holds, value by value. It is changed in its file, never here.

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use serde_json::json;

use super::super::Signed;
use crate::web::port::Setting;
use crate::web::routes::App;

/// `GET /settings`
pub(in crate::web::staff) async fn show(State(app): State<Arc<App>>, signed: Signed) -> Response {
    let line = |setting: Setting| {
        let Setting { key, value, source } = setting;
        json!({ "key": key, "value": value, "default": source == "default", "source": source })
    };
    let settings: Vec<_> = app.ports.operations.settings().into_iter().map(line).collect();
    app.staff.page("settings", &signed, json!({ "settings": settings }))
}
