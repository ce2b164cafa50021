//! The pages of whoever runs the desk: a file each.

use axum::http::StatusCode;
use axum::response::Response;

use super::Signed;
use crate::web::language::Language;
use crate::web::routes::App;

pub(super) mod audit;
pub(super) mod coverage;
pub(super) mod desk;
pub(super) mod health;
pub(super) mod quarantine;
pub(super) mod settings;
pub(super) mod trial;

/// Which of two texts.
fn say<'t>(signed: &Signed, swedish: &'t str, english: &'t str) -> &'t str {
    if signed.language == Language::Swedish { swedish } else { english }
}

/// A form that cannot be done as it was filled in, and why.
fn refused(app: &App, template: &str, signed: &Signed, values: serde_json::Value) -> Response {
    app.staff.page_with(StatusCode::UNPROCESSABLE_ENTITY, template, signed, values)
}
