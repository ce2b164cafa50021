//! What a token needs for each request: one table, from which the routes are made. What has no row here does not exist.

use std::sync::Arc;

use axum::routing::{MethodRouter, get, post};

use super::{act, desk, tickets};
use crate::types::Scope;
use crate::web::routes::App;

/// A method and a path, the scope that it needs, and what answers.
pub(super) struct Row {
    /// `GET` (and `HEAD` with it), or `POST`.
    pub method: &'static str,
    /// The path below the interface's, as axum writes it.
    pub path: &'static str,
    /// What the token must let its program do.
    pub scope: Scope,
    /// What answers.
    pub handler: fn() -> MethodRouter<Arc<App>>,
}

const fn look(path: &'static str, scope: Scope, handler: fn() -> MethodRouter<Arc<App>>) -> Row {
    Row { method: "GET", path, scope, handler }
}

const fn act(path: &'static str, scope: Scope, handler: fn() -> MethodRouter<Arc<App>>) -> Row {
    Row { method: "POST", path, scope, handler }
}

/// Every method and path of the interface, and the scope that it needs.
pub fn what_tokens_may() -> impl Iterator<Item = (&'static str, String, Scope)> {
    ROWS.iter().map(|row| (row.method, format!("{}{}", super::BASE, row.path), row.scope))
}

/// Every request that the interface answers.
pub(super) const ROWS: &[Row] = &[
    look("/tickets", Scope::Read, || get(tickets::list)),
    act("/tickets", Scope::Act, || post(act::make)),
    look("/tickets/{number}", Scope::Read, || get(tickets::one)),
    look("/tickets/{number}/acts", Scope::Read, || get(tickets::acts)),
    act("/tickets/{number}/acts", Scope::Act, || post(act::act)),
    act("/tickets/{number}/acts/{act}/undo", Scope::Act, || post(act::undo)),
    look("/search", Scope::Read, || get(tickets::search)),
    look("/status", Scope::Read, || get(desk::status)),
    look("/health", Scope::Health, || get(desk::health)),
    look("/audit", Scope::Audit, || get(desk::audit)),
    act("/try", Scope::Try, || post(desk::judge)),
];
