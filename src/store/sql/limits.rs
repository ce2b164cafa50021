//! How often the desk writes to an address by itself, so that two machines never thank each other all
//! night (RFC 3834 2).

use std::time::Duration;

use super::dialect::Dialect;
use super::tx::Tx;
use super::value::values;
use crate::store::{Enough, MessageKind, StoreError};
use crate::types::{EmailAddress, UnixMillis};

const HOUR: Duration = Duration::from_secs(60 * 60);
const DAY: Duration = Duration::from_secs(24 * 60 * 60);
/// Messages of a kind in a day, while nothing changes.
const A_DAY: i64 = 3;

/// How many of a kind were written to a correspondent within the hour, and how many within the day
/// that still count. What lies in the future was written under a clock that was wrong by then.
pub(super) const WRITTEN: &str = "SELECT COUNT(CASE WHEN created_at > $3 THEN 1 END),
         COUNT(CASE WHEN acted = 0 THEN 1 END)
     FROM message WHERE correspondent = $1 AND kind = $2 AND created_at > $4 AND created_at < $5";
pub(super) const ACTED: &str = "UPDATE message SET acted = 1
     WHERE correspondent = $1 AND created_at > $2 AND acted = 0";

/// Why no mail of `kind` that another mail causes may be written to `to` now, if so. At most one an hour, and
/// three a day while nothing changes.
///
/// Something changes when a person acts on a ticket of that correspondent: a manager, an owner, a
/// technician ([`a_person_acted`]). What a machine can cause alone does not count: neither further
/// mails, however many tickets they make, nor what we ourselves decide about them.
///
/// Exact when the caller holds the turn `intake`: who counts and who writes then come one by one.
pub(super) async fn enough<DB: Dialect>(
    tx: &mut Tx<DB>,
    to: &EmailAddress,
    kind: MessageKind,
    now: UnixMillis,
) -> Result<Option<Enough>, StoreError> {
    let (hour, day, ahead) = (now.minus(HOUR), now.minus(DAY), now.plus(HOUR));
    let values = values![to.correspondent(), kind.code(), hour, day, ahead];
    let mut row = tx.one(WRITTEN, values).await?;
    let (in_hour, in_day) = (row.number()?, row.number()?);
    Ok(match () {
        () if in_day >= A_DAY => Some(Enough::ThreeInTheDay),
        () if in_hour > 0 => Some(Enough::OneInTheHour),
        () => None,
    })
}

/// A person has acted on a ticket that `from` wrote: the three of the day begin anew.
pub(super) async fn a_person_acted<DB: Dialect>(
    tx: &mut Tx<DB>,
    from: &EmailAddress,
    now: UnixMillis,
) -> Result<(), StoreError> {
    tx.run(ACTED, values![from.correspondent(), now.minus(DAY)]).await
}
