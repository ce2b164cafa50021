//! Who may do what (decisions, 19): one table, from which the routes are made. A page without a row here does
//! not exist.

use std::sync::Arc;

use axum::routing::{MethodRouter, get, post};

use super::operations::{audit, coverage, desk, health, quarantine, settings, trial};
use super::ticket::{acting, looking, step};
use super::{by_hand, overrides, own, queue, status, ticket};
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
    /// See how the desk and what it depends on are, and try that harmlessly.
    Health,
    /// See how things are just now: the queue's numbers, what is slow and what does not answer.
    Status,
    /// See what would be done with a mail.
    Try,
    /// Read, check and take along the audit log.
    Audit,
    /// See who could be helped.
    Coverage,
    /// What runs the desk: the switch, outages, freezes, the quarantine, the settings.
    Run,
}

impl Right {
    /// Has somebody with this role the right?
    pub fn is_of(self, role: Role) -> bool {
        match (self, role) {
            (
                Self::Own | Self::Read | Self::Status,
                Role::Technician | Role::Auditor | Role::Administrator,
            )
            | (Self::Act | Self::Health | Self::Try, Role::Technician | Role::Administrator)
            | (Self::Audit | Self::Coverage, Role::Auditor | Role::Administrator)
            | (Self::Run, Role::Administrator) => true,
            (Self::Act | Self::Health | Self::Try, Role::Auditor)
            | (Self::Audit | Self::Coverage, Role::Technician)
            | (Self::Run, Role::Technician | Role::Auditor) => false,
        }
    }
}

/// A method and a path, who may use it, and what answers.
pub(super) struct Row {
    /// `GET` (and `HEAD` with it), or `POST`.
    pub method: &'static str,
    /// The path, as axum writes it.
    pub path: &'static str,
    /// Who may use it.
    pub right: Right,
    /// A program of a page asks it by itself: that keeps no session alive, and nobody is sent to sign in.
    pub quiet: bool,
    /// What answers.
    pub handler: fn() -> MethodRouter<Arc<App>>,
}

const fn look(path: &'static str, right: Right, handler: fn() -> MethodRouter<Arc<App>>) -> Row {
    Row { method: "GET", path, right, quiet: false, handler }
}

/// What a program of a page asks by itself.
const fn quiet(
    method: &'static str,
    path: &'static str,
    right: Right,
    handler: fn() -> MethodRouter<Arc<App>>,
) -> Row {
    Row { method, path, right, quiet: true, handler }
}

const fn act(path: &'static str, right: Right, handler: fn() -> MethodRouter<Arc<App>>) -> Row {
    Row { method: "POST", path, right, quiet: false, handler }
}

/// Every method and path that needs somebody who is signed in, and who may use it.
pub fn who_may_use() -> impl Iterator<Item = (&'static str, &'static str, Vec<Role>)> {
    let roles = |right: Right| Role::ALL.into_iter().filter(|role| right.is_of(*role)).collect();
    ROWS.iter().map(move |row| (row.method, row.path, roles(row.right)))
}

/// Where somebody lands who has signed in.
pub(super) const FIRST: &str = "/queue";

/// Every page and act that needs somebody who is signed in.
pub(super) const ROWS: &[Row] = &[
    look("/account", Right::Own, || get(own::show)),
    act("/account", Right::Own, || post(own::prefer)),
    quiet("GET", "/account/session", Right::Own, || get(own::left)),
    act("/account/sessions", Right::Own, || post(own::end_others)),
    act("/logout", Right::Own, || post(own::sign_out)),
    look("/status", Right::Status, || get(status::show)),
    look("/health", Right::Health, || get(health::show)),
    act("/health", Right::Health, || post(health::test)),
    look("/try", Right::Try, || get(trial::show)),
    act("/try", Right::Try, || post(trial::judge)),
    look("/audit", Right::Audit, || get(audit::show)),
    act("/audit/verify", Right::Audit, || post(audit::verify)),
    look("/audit/export", Right::Audit, || get(audit::export)),
    look("/coverage", Right::Coverage, || get(coverage::show)),
    act("/coverage", Right::Coverage, || post(coverage::look_up)),
    look("/desk", Right::Run, || get(desk::show)),
    act("/desk/automation", Right::Run, || post(desk::turn)),
    act("/desk/outage", Right::Run, || post(desk::outage)),
    act("/desk/unfreeze", Right::Run, || post(desk::unfreeze)),
    look("/quarantine", Right::Run, || get(quarantine::show)),
    act("/quarantine", Right::Run, || post(quarantine::read_again)),
    look("/settings", Right::Run, || get(settings::show)),
    look("/queue", Right::Read, || get(queue::show)),
    quiet("GET", "/queue/delta", Right::Read, || get(queue::delta)),
    act("/queue/preview", Right::Act, || post(queue::preview)),
    act("/queue/act", Right::Act, || post(queue::act)),
    look("/queue/overrides", Right::Read, || get(overrides::show)),
    look("/tickets/new", Right::Act, || get(by_hand::show)),
    act("/tickets/new", Right::Act, || post(by_hand::make)),
    look("/queue/review/{reason}", Right::Act, || get(queue::review)),
    quiet("POST", "/tickets/{number}/presence", Right::Act, || post(looking::beat)),
    look("/tickets/{number}", Right::Read, || get(ticket::show)),
    act("/tickets/{number}/act", Right::Act, || post(acting::act)),
    act("/tickets/{number}/people", Right::Act, || post(step::people)),
    act("/tickets/{number}/draft", Right::Act, || post(acting::draft)),
    act("/tickets/{number}/undo", Right::Act, || post(acting::undo)),
    act("/tickets/{number}/second", Right::Act, || post(acting::second)),
    look("/tickets/{number}/mails/{mail}/html", Right::Read, || get(ticket::frame)),
    look("/tickets/{number}/attachments/{mail}/{place}", Right::Read, || get(ticket::attachment)),
];
