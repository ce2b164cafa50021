//! Microsoft Entra ID by Microsoft Graph (<https://learn.microsoft.com/graph/api/overview>): a thin client
//! of a dozen calls. `docs/entra.md` says what must be set up there, and why.
//!
//! Whoever was found by a search is read again by identifier; calls about one person run side by side; and
//! whatever fails is an error, never "no phone is registered".

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;

use super::protected_groups::{ENTRA_ID, misspelt};
use super::{Account, Directory, DirectoryError, Facts, Finding, Found, Lookup, Privilege, Standing, Who};
use crate::clock::Clock;
use crate::http::{HttpSetupError, ServiceUrl, ServiceUrlError};
use crate::token::TokenSource;
use crate::types::{AccountId, Credential, UnixMillis};

mod absence;
mod census;
mod chain;
mod client;
mod failure;
mod lookup;
mod members;
mod passes;
mod people;
mod phones;
mod privilege;
mod report;
mod rights;
mod sponsors;
mod user;

use lookup::Named;
use user::User;

pub use client::{GraphClient, Until};
pub use failure::{GraphError, Refusal};
pub(crate) use passes::PASSES;
pub(crate) use rights::{PASSWORDS, may_set_passwords};

/// How to reach Graph.
#[derive(Clone, Debug)]
pub struct GraphSettings {
    /// Where it is: `https://graph.microsoft.com/v1.0`; national clouds have their own.
    pub base_url: String,
    /// Tokens for it.
    pub tokens: TokenSource,
    /// How long a whole answer may take.
    pub timeout: Duration,
    /// The organisation's domains: a name without one is looked for under each of them.
    pub domains: Vec<String>,
    /// How many people a walk asks about in a second.
    pub per_second: u32,
    /// `policy.protected_groups`: a walk shall know their members, and `check` the names that no group has.
    pub watched_groups: Vec<String>,
    /// What owners of cloud accounts are handed. For an account that is synchronised it is always a
    /// password: a pass would not open its computer.
    pub credential: Credential,
}

/// Why Graph cannot be used with the settings.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum GraphSetupError {
    /// No address of a service.
    #[error("directory.graph.base_url: {0}")]
    BaseUrl(#[from] ServiceUrlError),
    /// No HTTP client.
    #[error(transparent)]
    Http(#[from] HttpSetupError),
}

/// The people of a tenant; cheap to clone.
#[derive(Clone)]
pub struct GraphDirectory(Arc<Inner>);

struct Inner {
    client: GraphClient,
    clock: Arc<dyn Clock>,
    timeout: Duration,
    domains: Vec<String>,
    per_second: u32,
    watched_groups: Vec<String>,
    credential: Credential,
}

/// Where a person's account is kept, for whoever must find the same person in Active Directory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin {
    /// Is it synchronised from there? Then its password lives there.
    pub synchronised: bool,
    /// The base64 of its objectGUID or ms-DS-ConsistencyGuid there.
    pub immutable_id: Option<String>,
    /// Its name there.
    pub sam_account_name: Option<String>,
}

/// Where the accounts of a look are kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origins {
    /// That of the person.
    pub account: Origin,
    /// Those of the managers, in their order.
    pub managers: Vec<Origin>,
}

/// What must be known of an account before its password is changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Changeable {
    /// Where it is kept.
    pub origin: Origin,
    /// May it be signed in to?
    pub standing: Standing,
    /// Is it privileged, or a guest?
    pub privilege: Privilege,
    /// Names of all groups, nested ones included.
    pub groups: Vec<String>,
    /// When its password was last changed, as far as Graph says.
    pub password_changed_at: Option<UnixMillis>,
}

impl GraphDirectory {
    /// A directory that has not been tried yet.
    ///
    /// # Errors
    /// [`GraphSetupError`] says which setting is wrong.
    pub fn new(settings: GraphSettings, clock: Arc<dyn Clock>) -> Result<Self, GraphSetupError> {
        let GraphSettings { base_url, tokens, timeout, domains, per_second, watched_groups, credential } =
            settings;
        let client = GraphClient::new(ServiceUrl::parse(&base_url)?, tokens, timeout)?;
        let inner = Inner { client, clock, timeout, domains, per_second, watched_groups, credential };
        Ok(Self(Arc::new(inner)))
    }

    /// The way to Graph.
    #[must_use]
    pub fn client(&self) -> &GraphClient {
        &self.0.client
    }

    /// The end of a look that begins now: a little before whoever asked gives up, so that they learn why.
    #[must_use]
    pub fn until(&self) -> Until {
        Until::within(self.0.timeout * 9 / 10)
    }

    /// The groups whose members a walk knows.
    pub(in crate::directory) fn watched_groups(&self) -> &[String] {
        &self.0.watched_groups
    }

    /// The time, as the desk sees it.
    pub(crate) fn now(&self) -> UnixMillis {
        self.0.clock.now()
    }

    /// Where the account is kept; `None` when there is none.
    ///
    /// # Errors
    /// [`DirectoryError`]: nothing may be concluded.
    pub async fn origin(&self, account: &AccountId, until: Until) -> Result<Option<Origin>, DirectoryError> {
        let user = self.client().user(account, until).await.map_err(unread)?;
        Ok(user.as_ref().map(origin))
    }

    /// What must be known before the password of `account` is changed; `None` when there is no such account.
    ///
    /// # Errors
    /// [`DirectoryError`]: nothing may be concluded.
    pub async fn changeable(
        &self,
        account: &AccountId,
        until: Until,
    ) -> Result<Option<Changeable>, DirectoryError> {
        let Some(user) = self.client().user(account, until).await.map_err(unread)? else { return Ok(None) };
        let powers = self.client().powers(&user, until).await?;
        Ok(Some(Changeable {
            origin: origin(&user),
            standing: user.standing(self.now())?,
            privilege: powers.privilege,
            groups: powers.groups,
            password_changed_at: user.password_changed_at(),
        }))
    }

    /// When the password of `account` was last changed, as far as Graph says.
    ///
    /// # Errors
    /// [`DirectoryError`]: nothing may be concluded.
    pub async fn password_changed_at(
        &self,
        account: &AccountId,
    ) -> Result<Option<UnixMillis>, DirectoryError> {
        let user = self.client().user(account, self.until()).await.map_err(unread)?;
        user.map(|user| user.password_changed_at())
            .ok_or_else(|| DirectoryError::Half("Graph: the account is not there any more".to_owned()))
    }

    /// The rights that reading needs, and those beyond.
    pub(super) async fn rights_to_read(&self) -> Vec<Finding> {
        rights::reading(self).await
    }

    async fn account(&self, user: &User, until: Until) -> Result<Account, DirectoryError> {
        let (id, client) = (user.id(), self.client());
        let (phones, powers) = tokio::try_join!(client.phones(&id, until), client.powers(user, until))?;
        Ok(Account {
            id,
            username: user.username()?,
            aliases: user.aliases(),
            name: user.name(),
            mail: user.mail(),
            unit: user.unit(),
            standing: user.standing(self.now())?,
            groups: powers.groups,
            privilege: powers.privilege,
            phones,
            credential: self.credential_of(user),
        })
    }

    /// What owners of cloud accounts are handed.
    #[must_use]
    pub fn credential(&self) -> Credential {
        self.0.credential
    }

    fn credential_of(&self, user: &User) -> Credential {
        if user.is_synchronised() { Credential::Password } else { self.0.credential }
    }
}

/// What it means that a person could not be read.
fn unread(error: GraphError) -> DirectoryError {
    error.without(rights::PEOPLE)
}

fn origin(user: &User) -> Origin {
    Origin {
        synchronised: user.is_synchronised(),
        immutable_id: user.on_premises_immutable_id.clone(),
        sam_account_name: user.on_premises_sam_account_name.clone(),
    }
}

impl GraphDirectory {
    /// [`Directory::facts`], and where the accounts are kept, when there is one.
    ///
    /// # Errors
    /// [`DirectoryError`]: nothing may be concluded.
    pub async fn facts_and_origins(
        &self,
        who: &Who,
        depth: u8,
        until: Until,
    ) -> Result<(Facts, Option<Origins>), DirectoryError> {
        let client = self.client();
        let found = match who {
            Who::Named(name) => client.named(name, &self.0.domains, until).await.map_err(unread)?,
            Who::Id(id) => client
                .user(id, until)
                .await
                .map_err(unread)?
                .map_or(Named::Nobody, |user| Named::One(Box::new(user))),
        };
        let user = match found {
            Named::One(user) => user,
            Named::Nobody => return Ok((nothing(Lookup::Nobody), None)),
            Named::Several => return Ok((nothing(Lookup::Several), None)),
        };
        let above = client.above(&user, depth, self.now(), until);
        let (account, above) = tokio::try_join!(self.account(&user, until), above)?;
        let (managers, kept) = above.into_iter().unzip();
        let origins = Origins { account: origin(&user), managers: kept };
        Ok((Facts { lookup: Lookup::One(Box::new(account)), managers }, Some(origins)))
    }
}

/// Without Active Directory beside it, nobody here can set the password of an account that is synchronised
/// from there: whoever decides shall know before anything is promised. What protects it more stays.
fn out_of_reach(privilege: &mut Privilege) {
    match privilege {
        Privilege::Privileged(_) => {}
        Privilege::Ordinary | Privilege::Unknown(_) => {
            *privilege = Privilege::Privileged(
                "synchronised from Active Directory, where its password lives and this program does not reach"
                    .to_owned(),
            );
        }
    }
}

fn nothing(lookup: Lookup) -> Facts {
    Facts { lookup, managers: Vec::new() }
}

#[async_trait]
impl Directory for GraphDirectory {
    async fn facts(&self, who: &Who, depth: u8) -> Result<Facts, DirectoryError> {
        let (mut facts, origins) = self.facts_and_origins(who, depth, self.until()).await?;
        if let (Lookup::One(account), Some(origins)) = (&mut facts.lookup, origins)
            && origins.account.synchronised
        {
            out_of_reach(&mut account.privilege);
        }
        Ok(facts)
    }

    async fn people(&self, name: &str, most: u8) -> Result<Vec<Found>, DirectoryError> {
        self.client().people(name, most, self.until()).await.map_err(unread)
    }

    async fn probe(&self) -> Result<String, DirectoryError> {
        rights::probe(self).await
    }

    async fn rights(&self) -> Vec<Finding> {
        let mut found = self.rights_to_read().await;
        found.extend(self.unknown_groups().await.iter().map(|name| misspelt(name, &[ENTRA_ID])));
        found
    }
}
