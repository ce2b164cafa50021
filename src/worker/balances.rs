//! What is left at the gateways, watched while nothing happens: an account that is empty is found out in
//! an outage otherwise, when every text is needed. Said once each time that a balance falls low, in the
//! log and by mail to those whom `notify.mail` names.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::{Parts, watch};
use crate::delivery::Balance;
use crate::types::EmailAddress;

/// When somebody could not be told, it is tried again so soon.
const AGAIN: Duration = Duration::from_secs(60 * 60);

/// Low balances that were told, by gateway: to whom. A mail that did not leave is tried again with the next look.
/// In memory: after a start it is told once more, which is better than not at all.
#[derive(Debug, Default)]
struct Told(BTreeMap<String, BTreeSet<EmailAddress>>);

impl Told {
    /// Is that news? A balance that is not low is forgotten.
    fn is_news(&mut self, gateway: &str, low: bool) -> bool {
        if !low {
            self.0.remove(gateway);
            return false;
        }
        let news = !self.0.contains_key(gateway);
        self.0.entry(gateway.to_owned()).or_default();
        news
    }

    /// Who has not been told yet that it is low.
    fn missing(&self, gateway: &str, all: &[EmailAddress]) -> Vec<EmailAddress> {
        let Some(told) = self.0.get(gateway) else { return Vec::new() };
        all.iter().filter(|to| !told.contains(to)).cloned().collect()
    }

    /// How long until the next look: a mail that did not leave waits for no whole round.
    fn next_look(&self, parts: &Parts) -> Duration {
        let every = parts.timing.balances;
        let owed = self.0.keys().any(|gateway| !self.missing(gateway, &parts.rules.alarm_to).is_empty());
        if owed { every.min(AGAIN) } else { every }
    }

    fn has_heard(&mut self, gateway: &str, to: EmailAddress) {
        self.0.entry(gateway.to_owned()).or_default().insert(to);
    }
}

/// Asks every gateway now and then, until `stop`.
pub(super) async fn run(parts: Arc<Parts>, stop: CancellationToken) {
    let mut told = Told::default();
    while !stop.is_cancelled() {
        tokio::select! {
            () = stop.cancelled() => {}
            () = look(&parts, &mut told) => {}
        }
        tokio::select! {
            () = stop.cancelled() => {}
            () = tokio::time::sleep(told.next_look(&parts)) => {}
        }
    }
}

async fn look(parts: &Parts, told: &mut Told) {
    for gateway in &parts.gateways {
        let name = gateway.name();
        // One that does not answer is no news of its account; texts show what works.
        let Ok(asked) = tokio::time::timeout(parts.timing.gateway, gateway.balance()).await else { continue };
        match asked {
            Ok(Some(balance)) => {
                let text = words(name, &balance);
                if told.is_news(name, balance.low) {
                    tracing::error!("{text}");
                }
                for to in told.missing(name, &parts.rules.alarm_to) {
                    if watch::tell(parts, &to, &text).await {
                        told.has_heard(name, to);
                    }
                }
            }
            Ok(None) => {}
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

    fn address(text: &str) -> EmailAddress {
        EmailAddress::parse(text).unwrap()
    }

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

    #[test]
    fn who_has_not_heard_of_it_is_told_again_and_nobody_else() {
        let all = ["drift@kommun.example", "eva@kommun.example"].map(address);
        let mut told = Told::default();
        assert_eq!(told.missing("a", &all), [], "it is not low");
        told.is_news("a", true);
        told.has_heard("a", all[0].clone());
        assert_eq!(told.missing("a", &all), all[1..]);
        told.is_news("a", false);
        told.is_news("a", true);
        assert_eq!(told.missing("a", &all), all, "it was filled up meanwhile");
    }
}
