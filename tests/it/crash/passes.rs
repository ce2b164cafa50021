//! The same world, in which accounts are handed passes: what issues them is a file, so it survives the
//! kill, and the newest line of an account is the only pass that opens it.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use nyckelbud::clock::{Clock, SystemClock};
use nyckelbud::directory::{Directory, DirectoryError, Facts, Finding, Found, Lookup, Who};
use nyckelbud::password::generate::generate;
use nyckelbud::password::{AccessPass, AccessPasses, Used};
use nyckelbud::types::{AccountId, Credential, Outcome};

use super::stops::Stopper;

/// Issues passes into a file; the program is stopped before and after.
pub struct FilePasses {
    pub folder: PathBuf,
    pub stopper: Stopper,
}

fn file(folder: &Path) -> PathBuf {
    folder.join("passes.log")
}

/// Every pass that was ever issued, with its account, oldest first.
pub fn issued(folder: &Path) -> Vec<(String, String)> {
    let text = std::fs::read_to_string(file(folder)).unwrap_or_default();
    let words = |line: &str| line.split_once(' ').map(|(who, pass)| (who.to_owned(), pass.to_owned()));
    text.lines().filter_map(words).collect()
}

/// Does `pass` open the account? The newest does.
pub fn opens(folder: &Path, account: &str, pass: &str) -> bool {
    issued(folder).iter().rfind(|(who, _)| who == account).is_some_and(|(_, newest)| newest == pass)
}

#[async_trait]
impl AccessPasses for FilePasses {
    async fn issue(&self, account: &AccountId) -> Result<AccessPass, Outcome> {
        self.stopper.point("before issue");
        let pass = generate(&mut rand::rng(), 12, &[]);
        let number = issued(&self.folder).len() + 1;
        super::stops::CallLog(file(&self.folder)).write(&format!("{account} {}", pass.expose()));
        self.stopper.point("after issue");
        let valid_until = SystemClock.now().plus(Duration::from_secs(3600));
        Ok(AccessPass { pass, id: format!("pass-{number}"), valid_until })
    }

    async fn opened(&self, _: &AccountId, _: &str) -> Result<Used, DirectoryError> {
        Err(DirectoryError::TimedOut)
    }
}

/// A directory whose people are handed passes.
pub struct OfPasses(pub Arc<dyn Directory>);

#[async_trait]
impl Directory for OfPasses {
    async fn facts(&self, who: &Who, depth: u8) -> Result<Facts, DirectoryError> {
        let mut facts = self.0.facts(who, depth).await?;
        if let Lookup::One(account) = &mut facts.lookup {
            account.credential = Credential::TemporaryAccessPass;
        }
        Ok(facts)
    }

    async fn people(&self, name: &str, most: u8) -> Result<Vec<Found>, DirectoryError> {
        self.0.people(name, most).await
    }

    async fn probe(&self) -> Result<String, DirectoryError> {
        self.0.probe().await
    }

    async fn rights(&self) -> Vec<Finding> {
        self.0.rights().await
    }
}
