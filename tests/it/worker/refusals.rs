//! A register that refuses to set a password: another value where that may help, and else a technician at once.

use std::collections::HashSet;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use nyckelbud::directory::{DirectoryError, Finding};
use nyckelbud::password::{PasswordReset, TemporaryPassword, Used, ValueRefused};
use nyckelbud::types::{Outcome, UnixMillis};

use super::*;

/// Refuses the first values, in its way, and hands the next one on.
struct Refusing {
    first: usize,
    way: fn() -> Result<Outcome, ValueRefused>,
    /// The values that it was asked to set.
    values: Arc<Mutex<Vec<String>>>,
    behind: Arc<dyn PasswordReset>,
}

#[async_trait]
impl PasswordReset for Refusing {
    async fn set(&self, account: &AccountId, password: &TemporaryPassword) -> Result<Outcome, ValueRefused> {
        let asked = {
            let mut values = self.values.lock().unwrap();
            values.push(password.expose().to_owned());
            values.len()
        };
        if asked <= self.first { (self.way)() } else { self.behind.set(account, password).await }
    }

    async fn used(&self, account: &AccountId, since: UnixMillis) -> Result<Used, DirectoryError> {
        self.behind.used(account, since).await
    }

    async fn probe(&self) -> Result<String, DirectoryError> {
        self.behind.probe().await
    }

    async fn rights(&self) -> Vec<Finding> {
        self.behind.rights().await
    }
}

fn no_right() -> Result<Outcome, ValueRefused> {
    Ok(Outcome::Refused { cause: "not delegated".to_owned() })
}

fn too_simple() -> Result<Outcome, ValueRefused> {
    Err(ValueRefused("too simple".to_owned()))
}

/// Anna's request at a desk whose register refuses `first` values; how many different ones it was asked to set.
async fn refused(first: usize, way: fn() -> Result<Outcome, ValueRefused>) -> (Place, OpenDesk, usize) {
    let place = Place::new();
    place.deliver(TEXTED);
    let values = Arc::new(Mutex::new(Vec::new()));
    let desk = OpenDesk::open(&place.folder, &place.clock, |parts| {
        let (values, behind) = (Arc::clone(&values), Arc::clone(&parts.reset));
        parts.reset = Arc::new(Refusing { first, way, values, behind });
    })
    .await;
    desk.work().await;
    let values = values.lock().unwrap().clone();
    let different = values.iter().collect::<HashSet<_>>().len();
    assert!(different == values.len(), "{different} different ones of {}", values.len());
    (place, desk, different)
}

#[tokio::test]
async fn a_refusal_that_no_other_value_would_change_is_a_technicians_at_once() {
    let (place, desk, asked) = refused(usize::MAX, no_right).await;
    assert_eq!(asked, 1);
    technician_has(&desk, TEXTED, Reason::ResetRefused, PasswordFact::NotChanged).await;
    assert!(demo_desk::texts(&place.folder).is_empty() && !place.was_set("a-anna"));
}

#[tokio::test]
async fn a_value_that_is_refused_is_followed_by_another_twice_at_most() {
    let (place, desk, asked) = refused(usize::MAX, too_simple).await;
    assert_eq!(asked, 3);
    technician_has(&desk, TEXTED, Reason::ResetRefused, PasswordFact::NotChanged).await;
    assert!(demo_desk::texts(&place.folder).is_empty());

    let (place, desk, asked) = refused(2, too_simple).await;
    assert_eq!(asked, 3);
    assert!(matches!(desk.ticket(TEXTED).await.state, State::Done { .. }));
    let texts = demo_desk::texts(&place.folder);
    assert!(place.opens("a-anna", demo_desk::password_in(&texts[0]).unwrap()), "the last one is texted");
}
