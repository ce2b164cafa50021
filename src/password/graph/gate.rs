//! Who may be given anything in Entra ID, asked right before it is given, and how long Graph wants to be
//! left alone.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::super::{LEAST_TIME, why_not};
use crate::directory::graph::{Changeable, GraphDirectory, Until};
use crate::types::{AccountId, Outcome};

/// A longer wish to be left alone is not believed.
const LONGEST_PAUSE: Duration = Duration::from_secs(10 * 60);

/// What stands before every change in a [`GraphDirectory`].
pub(super) struct Gate {
    pub(super) directory: GraphDirectory,
    protected_groups: Vec<String>,
    /// Until when Graph asked for no changes.
    paused_until: Mutex<Option<Instant>>,
}

impl Gate {
    /// Keeps everybody out who is closed, privileged, synchronised, or in one of `protected_groups`.
    pub(super) fn new(directory: GraphDirectory, protected_groups: Vec<String>) -> Self {
        Self { directory, protected_groups, paused_until: Mutex::new(None) }
    }

    /// Why nothing can be changed for `account` now, if it cannot. Read anew: much may have happened since
    /// the decision.
    pub(super) async fn refusal(&self, account: &AccountId, until: Until) -> Option<Outcome> {
        let not_sent = |cause: String| Some(Outcome::NotSent { cause });
        let paused = *self.paused_until.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(left) = paused.and_then(|end| end.checked_duration_since(Instant::now())) {
            return not_sent(format!("Graph has asked to wait, for {} s more", left.as_secs() + 1));
        }
        let found = match self.directory.changeable(account, until).await {
            Ok(found) => found,
            Err(error) => return not_sent(error.to_string()),
        };
        let refused = |cause: String| Some(Outcome::Refused { cause });
        let Some(Changeable { origin, standing, privilege, groups, .. }) = found else {
            return refused("the account is not in the directory any more".to_owned());
        };
        if let Some(why) = why_not(&standing, &privilege, &groups, &self.protected_groups) {
            return refused(format!("{why}; nothing was changed"));
        }
        if origin.synchronised {
            return refused("the account is synchronised: its password lives in Active Directory".to_owned());
        }
        if until.left() < LEAST_TIME {
            return not_sent("reading the account took all the time there was".to_owned());
        }
        None
    }

    /// Graph wants to be left alone for so long.
    pub(super) fn pause(&self, wish: Option<Duration>) {
        if let Some(wish) = wish {
            let end = Instant::now() + wish.min(LONGEST_PAUSE);
            *self.paused_until.lock().unwrap_or_else(PoisonError::into_inner) = Some(end);
        }
    }
}
