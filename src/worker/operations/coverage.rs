//! Who could be helped without a technician: the walk over everybody takes minutes, so it runs by itself and its
//! result is kept in memory.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use super::at_end::{AtEnd, NO_ANSWER};
use crate::decision::coverage::{Help, by_unit, coverage};
use crate::directory::{Census, Walk};
use crate::web::Coverage;
use crate::worker::Parts;

fn locked(state: &Mutex<Coverage>) -> std::sync::MutexGuard<'_, Coverage> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

pub(super) fn now(state: &Mutex<Coverage>) -> Coverage {
    locked(state).clone()
}

/// Begins to look; `false` when somebody does already.
pub(super) fn begin(state: &Arc<Mutex<Coverage>>, parts: &Arc<Parts>, census: Arc<dyn Census>) -> bool {
    if std::mem::replace(&mut locked(state).looking, true) {
        return false;
    }
    let (state, parts) = (Arc::clone(state), Arc::clone(parts));
    tokio::spawn(async move {
        let _ends = AtEnd(|| {
            let mut found = locked(&state);
            if std::mem::take(&mut found.looking) {
                found.failed = Some(NO_ANSWER.to_owned());
            }
        });
        let walked = census.walk(Walk::Coverage, &|_| {}).await;
        let mut found = locked(&state);
        match walked {
            Ok(listed) => {
                let at = parts.now();
                let all = coverage(&listed, &parts.rules.policy, at);
                let counts = |helped: BTreeMap<Help, usize>| {
                    helped.into_iter().map(|(help, count)| (help.code(), count)).collect()
                };
                let units = by_unit(&all).into_iter();
                found.units = units.map(|(unit, helped)| (unit.to_owned(), counts(helped))).collect();
                found.by_type = all.iter().any(|one| one.by_type);
                (found.at, found.failed) = (Some(at), None);
            }
            Err(error) => found.failed = Some(error.to_string()),
        }
        found.looking = false;
    });
    true
}
