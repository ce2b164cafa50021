//! Each account's password through the register that owns it: Active Directory for those that are
//! synchronised from there, Entra ID for all others.

use std::sync::Arc;

use async_trait::async_trait;

use super::graph::GraphPasswordReset;
use super::ldap::LdapPasswordReset;
use super::{PasswordReset, TemporaryPassword, Used, ValueRefused};
use crate::directory::graph::{GraphDirectory, Until};
use crate::directory::hybrid::{HybridDirectory, Owner};
use crate::directory::{DirectoryError, Finding};
use crate::types::{AccountId, Outcome, UnixMillis};

/// Sets passwords of the people of a [`HybridDirectory`].
pub struct HybridPasswordReset {
    people: HybridDirectory,
    graph: GraphDirectory,
    cloud: Arc<GraphPasswordReset>,
    on_premises: LdapPasswordReset,
}

/// The register that is asked, and by which identifier.
enum Way {
    Cloud,
    OnPremises(AccountId),
    /// Neither; in words, why.
    Neither(String),
}

impl HybridPasswordReset {
    /// The right to set passwords for `people`, who are found by `graph`.
    #[must_use]
    pub fn new(
        people: HybridDirectory,
        graph: GraphDirectory,
        cloud: Arc<GraphPasswordReset>,
        on_premises: LdapPasswordReset,
    ) -> Self {
        Self { people, graph, cloud, on_premises }
    }

    async fn way(&self, account: &AccountId, until: Until) -> Result<Way, DirectoryError> {
        let Some(origin) = self.graph.origin(account, until).await? else {
            return Ok(Way::Neither("the account is not in Entra ID any more".to_owned()));
        };
        Ok(match self.people.owner(&origin, until).await? {
            Owner::Cloud => Way::Cloud,
            Owner::OnPremises(person) => Way::OnPremises(person.account.id),
            Owner::Doubtful(why) => Way::Neither(why),
        })
    }
}

#[async_trait]
impl PasswordReset for HybridPasswordReset {
    async fn set(&self, account: &AccountId, password: &TemporaryPassword) -> Result<Outcome, ValueRefused> {
        // One end for both registers: whoever waits learns in time that nothing was sent.
        let until = self.graph.until();
        match self.way(account, until).await {
            // Nothing was sent to be changed.
            Err(error) => Ok(Outcome::NotSent { cause: error.to_string() }),
            Ok(Way::Neither(why)) => {
                Ok(Outcome::Refused { cause: format!("{why}; the password was not changed") })
            }
            Ok(Way::Cloud) => self.cloud.set_until(account, password, until).await,
            Ok(Way::OnPremises(id)) => self.on_premises.set_within(&id, password, until.left()).await,
        }
    }

    fn exchanges(&self) -> bool {
        true
    }

    async fn exchange(
        &self,
        account: &AccountId,
        old: &TemporaryPassword,
        new: &TemporaryPassword,
    ) -> Outcome {
        let until = self.graph.until();
        match self.way(account, until).await {
            Err(error) => Outcome::NotSent { cause: error.to_string() },
            Ok(Way::Neither(why)) => {
                Outcome::Refused { cause: format!("{why}; the password was not changed") }
            }
            Ok(Way::Cloud) => self.cloud.exchange(account, old, new).await,
            Ok(Way::OnPremises(id)) => self.on_premises.exchange_within(&id, old, new, until.left()).await,
        }
    }

    async fn used(&self, account: &AccountId, set_at: UnixMillis) -> Result<Used, DirectoryError> {
        match self.way(account, self.graph.until()).await? {
            Way::Neither(why) => Err(DirectoryError::Half(why)),
            Way::Cloud => self.cloud.used(account, set_at).await,
            Way::OnPremises(id) => self.on_premises.used(&id, set_at).await,
        }
    }

    async fn probe(&self) -> Result<String, DirectoryError> {
        let (cloud, on_premises) = tokio::try_join!(self.cloud.probe(), self.on_premises.probe())?;
        Ok(format!("{cloud}; {on_premises}"))
    }

    async fn rights(&self) -> Vec<Finding> {
        let (mut cloud, on_premises) = tokio::join!(self.cloud.rights(), self.on_premises.rights());
        cloud.extend(on_premises);
        cloud
    }
}
