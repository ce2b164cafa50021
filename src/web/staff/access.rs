//! Who may do what (decisions, 19): one table, from which the routes are made. A page without a row here does
//! not exist.

use std::sync::Arc;

use axum::routing::{MethodRouter, get, post};

use super::ticket::acts;
use super::{own, ticket};
use crate::types::Role;
use crate::web::routes::App;

/// What somebody may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::web) enum Right {
    /// What everybody may who is signed in: their own settings, and to leave.
    Own,
    /// Looking at tickets.
    Read,
    /// Acting on tickets.
    Act,
}

impl Right {
    /// Has somebody with this role the right?
    pub fn is_of(self, role: Role) -> bool {
        match (self, role) {
            (Self::Own | Self::Read, Role::Technician | Role::Auditor | Role::Administrator) => true,
            (Self::Act, Role::Technician | Role::Administrator) => true,
            (Self::Act, Role::Auditor) => false,
        }
    }
}

/// A path, who may use it, and what answers.
pub(super) struct Row {
    /// The path, as axum writes it.
    pub path: &'static str,
    /// Who may use it.
    pub right: Right,
    /// What answers to which methods.
    pub handlers: fn() -> MethodRouter<Arc<App>>,
}

const fn row(path: &'static str, right: Right, handlers: fn() -> MethodRouter<Arc<App>>) -> Row {
    Row { path, right, handlers }
}

/// Every path that needs somebody who is signed in, and who may use it.
pub fn who_may_use() -> impl Iterator<Item = (&'static str, Vec<Role>)> {
    let roles = |right: Right| Role::ALL.into_iter().filter(|role| right.is_of(*role)).collect();
    ROWS.iter().map(move |row| (row.path, roles(row.right)))
}

/// Where somebody lands who has signed in.
pub(super) const FIRST: &str = "/account";

/// Every path that needs somebody who is signed in.
pub(super) const ROWS: &[Row] = &[
    row("/account", Right::Own, || get(own::show).post(own::prefer)),
    row("/logout", Right::Own, || post(own::sign_out)),
    row("/tickets/{number}", Right::Read, || get(ticket::show)),
    row("/tickets/{number}/act", Right::Act, || post(acts::act)),
    row("/tickets/{number}/draft", Right::Act, || post(acts::draft)),
    row("/tickets/{number}/undo", Right::Act, || post(acts::undo)),
    row("/tickets/{number}/second", Right::Act, || post(acts::second)),
    row("/tickets/{number}/mails/{mail}/html", Right::Read, || get(ticket::frame)),
    row("/tickets/{number}/attachments/{mail}/{place}", Right::Read, || get(ticket::attachment)),
];
