//! The programming interface, `/api/v1`: what the pages do, for programs. Routes and their document come from one table
//! (`access`); a request passes `gate` (whose token, may it, does it ask too often, was it asked before), then a handler
//! answers by the ports of the pages. No cookie is read here, so no other site can make a browser ask. No handler has a
//! way to a password: there is none but the pickup's.
#![allow(clippy::result_large_err)] // a problem is made once for a request that is refused; boxed it would save nothing

use std::sync::Arc;

use axum::Router;
use axum::middleware::from_fn_with_state;
use axum::routing::{any, get};

use super::routes::App;
use problem::{Code, Problem};

pub(super) mod access;
mod act;
mod asked;
mod desk;
mod document;
mod gate;
mod object;
mod problem;
mod shown;
mod tickets;

pub use object::TicketObject;

/// Where the interface begins.
const BASE: &str = "/api/v1";
/// Where its document is; the second name is the one that stands beside the interface.
const DOCUMENTS: [&str; 2] = ["/api/openapi.json", "/api/v1/openapi.json"];

/// The routes of programs.
pub(super) fn routes(app: &Arc<App>) -> Router<Arc<App>> {
    let rows = access::ROWS.iter().fold(Router::new(), |router, row| {
        let gate = from_fn_with_state((Arc::clone(app), row), gate::pass);
        router.route(&format!("{BASE}{}", row.path), (row.handler)().layer(gate))
    });
    let documents = DOCUMENTS.into_iter().fold(rows, |router, path| router.route(path, get(document::show)));
    documents
        .method_not_allowed_fallback(async || Problem::of(Code::MethodNotAllowed))
        .route("/api", any(nothing))
        .route("/api/", any(nothing))
        .route("/api/{*rest}", any(nothing))
}

async fn nothing() -> Problem {
    Problem::of(Code::NotFound)
}
