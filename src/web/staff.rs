//! The pages of whoever works at the desk. A request passes `gate`: who is signed in, may they (the table in
//! `access`, from which the routes are made), and does a POST come from a form of ours; then a handler answers
//! by one of the ports. None of them can show a password: there is no way to one but the pickup's.

use std::sync::Arc;

use axum::Router;
use axum::http::HeaderMap;
use axum::middleware::from_fn_with_state;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;

use super::pickup::TYPED_PATH;
use super::routes::{App, LARGEST_BODY, LARGEST_STAFF_BODY, bounded};

pub(super) mod access;
mod assets;
mod by_hand;
mod frame;
mod gate;
mod keys;
mod login;
mod operations;
mod overrides;
mod own;
mod presence;
mod queue;
mod sample;
mod status;
mod ticket;

pub(super) use frame::Pages;
pub(super) use gate::Signed;
pub(super) use presence::Presence;

/// Where people come back from the identity provider; registered there below the pages' address, beside the
/// one for managers.
pub const LOGIN_CALLBACK: &str = "/login/callback";

/// The routes of whoever works at the desk. What needs somebody who is signed in comes from the table of access
/// and from nowhere else.
pub(super) fn routes(app: &Arc<App>) -> Router<Arc<App>> {
    let open = Router::new()
        .route("/", get(first))
        .route("/accessibility", get(statement))
        .route("/login", get(login::show).post(login::local))
        .route("/login/provider", get(login::begin))
        .route(LOGIN_CALLBACK, get(login::returned))
        .merge(assets::routes());
    let open = open.layer(from_fn_with_state((Arc::clone(app), LARGEST_BODY), bounded));
    let signed_in = access::ROWS.iter().fold(Router::new(), |router, row| {
        router.route(row.path, (row.handler)().layer(from_fn_with_state((Arc::clone(app), row), gate::pass)))
    });
    open.merge(signed_in.layer(from_fn_with_state((Arc::clone(app), LARGEST_STAFF_BODY), bounded)))
}

/// `GET /accessibility`: for everybody, signed in or not.
async fn statement(
    axum::extract::State(app): axum::extract::State<Arc<App>>,
    language: super::language::Language,
) -> Response {
    app.staff.statement(language)
}

/// `GET /`
async fn first(axum::extract::State(app): axum::extract::State<Arc<App>>, headers: HeaderMap) -> Response {
    // Whoever has typed what stands in a text; who works here has been signed in before, in this browser.
    let secure = app.pages.site.secure;
    let works_here = gate::session_of(&headers, secure).is_some() || login::is_known(&headers, secure);
    if !works_here && app.ports.desk.has_codes().await {
        return Redirect::to(&format!("{}{TYPED_PATH}", app.pages.site.base)).into_response();
    }
    Redirect::to(&format!("{}{}", app.pages.site.base, access::FIRST)).into_response()
}
