//! Freezes that people lift. Lifting one is an override: where those need four eyes, so does it (decisions, 18).

use serde_json::json;

use super::entry;
use crate::store::{StoreError, Unfreezing, Unfrozen};
use crate::ticket::act::COLLEAGUE;
use crate::types::{StaffMember, UnixMillis};
use crate::web::{FrozenAccount, Lifted};
use crate::worker::Parts;

/// Every frozen account, and who wants to lift its freeze.
pub(super) async fn list(parts: &Parts) -> Result<Vec<FrozenAccount>, StoreError> {
    let now = parts.now();
    let asked = parts.store.unfreezings(now.minus(COLLEAGUE)).await?;
    let account = |one: crate::store::Frozen| {
        let said_at = one.said_at();
        let whom = if one.username.is_empty() { one.account.as_str().to_owned() } else { one.username };
        let asked = asked.iter().find(|asked| asked.whom.eq_ignore_ascii_case(&whom));
        let asked = asked.map(|asked| (asked.by.clone(), asked.why.clone()));
        FrozenAccount { whom, ticket: one.ticket, why: one.why, at: said_at, asked }
    };
    Ok(parts.store.frozen(now).await?.into_iter().map(account).collect())
}

/// Lifts a freeze, or asks a colleague to. Not one that is younger than what was seen of it.
pub(super) async fn lift(
    parts: &Parts,
    by: &StaffMember,
    whom: &str,
    seen: UnixMillis,
    why: &str,
) -> Result<Lifted, StoreError> {
    let is_it = |one: &FrozenAccount| one.whom.eq_ignore_ascii_case(whom) && one.at == seen;
    let Some(frozen) = list(parts).await?.into_iter().find(is_it).filter(|_| !why.is_empty()) else {
        return Ok(Lifted::No);
    };
    let now = parts.now();
    if parts.rules.four_eyes {
        let (whom, by, why) = (frozen.whom, by.name.clone(), why.to_owned());
        let wanted = Unfreezing { whom, by, why, at: now };
        return Ok(match parts.store.ask_unfreeze(&wanted, now.minus(COLLEAGUE)).await? {
            Unfrozen::Asked => Lifted::Asked,
            Unfrozen::Lifted => Lifted::Yes,
            Unfrozen::Gone => Lifted::No,
        });
    }
    let audit = entry(by, "account.unfrozen", json!({ "account": frozen.whom, "why": why }));
    let lifted = parts.store.unfreeze(&frozen.whom, audit, now).await?;
    Ok(if lifted.is_some() { Lifted::Yes } else { Lifted::No })
}
