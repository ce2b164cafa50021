//! How a desk is of which every page has something to tell, for the look at start.

use std::collections::BTreeMap;

use crate::ticket::queue::Counts;
use crate::types::UnixMillis;
use crate::web::port::{OutageNow, Snapshot, SwitchNow, Turned};

/// The automation is off, and the phones are down.
pub(super) fn snapshot() -> Snapshot {
    let at = UnixMillis(0);
    let turned = Turned { by: "user:eva.lind".to_owned(), at, why: "…".to_owned(), until: Some(at) };
    let people = BTreeMap::from([("eva.lind".to_owned(), "Eva Lind".to_owned())]);
    Snapshot {
        counts: Counts::default(),
        version: 1,
        at,
        today: at,
        late: [at; 2],
        colleagues: people.clone(),
        people,
        automation: SwitchNow {
            automation: "off".to_owned(),
            configured: "on".to_owned(),
            turned: Some(turned),
        },
        outage: Some(OutageNow {
            began_at: at,
            ended_at: None,
            why: "…".to_owned(),
            by: "user:eva.lind".to_owned(),
        }),
        overrides: 1,
    }
}
