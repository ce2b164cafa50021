//! What is left at the gateways, watched while nothing happens: an account that is empty is found out in
//! an outage otherwise, when every text is needed. Said once each time that a balance falls low, in the
//! log and by mail to those whom `notify.mail` names.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::{Parts, watch};
use crate::delivery::Balance;

/// How often gateways are asked. A day of texts does not empty an account that was not low before.
const EVERY: Duration = Duration::from_secs(6 * 60 * 60);

/// Gateways whose balance was told as low.
#[derive(Debug, Default)]
struct Told(BTreeSet<String>);

impl Told {
    /// Is that news?
    fn is_news(&mut self, gateway: &str, low: bool) -> bool {
        if low {
            return self.0.insert(gateway.to_owned());
        }
        self.0.remove(gateway);
        false
    }
}

/// Asks every gateway now and then, until `stop`.
pub(super) async fn run(parts: Arc<Parts>, stop: CancellationToken) {
    let mut told = Told::default();
    while !stop.is_cancelled() {
        look(&parts, &mut told).await;
        tokio::select! {
            () = stop.cancelled() => {}
            () = tokio::time::sleep(EVERY) => {}
        }
    }
}

async fn look(parts: &Arc<Parts>, told: &mut Told) {
    for gateway in &parts.gateways {
        let name = gateway.name();
        // One that does not answer is no news of its account; texts show what works.
        let Ok(asked) = tokio::time::timeout(parts.timing.gateway, gateway.balance()).await else { continue };
        match asked {
            Ok(Some(balance)) if told.is_news(name, balance.low) => {
                let text = words(name, &balance);
                tracing::error!("{text}");
                watch::tell_all(parts, text);
            }
            Ok(Some(_) | None) => {}
            Err(error) => tracing::debug!("the balance at gateway {name} is not known: {error}"),
        }
    }
}

fn words(gateway: &str, balance: &Balance) -> String {
    let what = if balance.is_nothing() {
        "nothing. Unless the account is billed afterwards, no text leaves: fill it up"
    } else {
        "low. Texts still leave; fill the account up before an outage"
    };
    format!("The balance at gateway {gateway} is {balance}, which is {what}.")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_low_balance_is_news_once_and_again_after_it_was_filled_up() {
        let mut told = Told::default();
        assert!(!told.is_news("a", false));
        assert!(told.is_news("a", true));
        assert!(!told.is_news("a", true));
        assert!(told.is_news("b", true), "another account");
        assert!(!told.is_news("a", false));
        assert!(told.is_news("a", true));
    }
}
