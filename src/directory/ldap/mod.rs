//! Active Directory, asked over LDAP with TLS. ldap3 is used only in this folder.
//!
//! People are looked for below one place (`base_dn`); managers and groups are wherever they are in the
//! domain. Hints at other servers are never followed. Everything of one call is read on one
//! connection, and a second server is tried once when the first fails.
//!
//! Active Directory knows of no automatic replies, so every manager counts as present: to count them
//! as unknown would pass over all of them wherever `delivery.manager_absent` is `skip`.

use std::sync::Arc;

use async_trait::async_trait;
use tokio::sync::OnceCell;

use super::protected_groups::{ACTIVE_DIRECTORY, misspelt};
use super::{Census, Directory, DirectoryError, Facts, Finding, Found, Listed, Lookup, Progress, Walk, Who};
use crate::clock::{Clock, Zone};
use crate::types::{AccountId, UnixMillis};

mod access;
mod census;
mod client;
mod entry;
pub(crate) mod failure;
mod groups;
mod look;
mod people;
mod person;
mod phone_attributes;
mod rights;
pub(crate) mod session;
mod values;

use client::Client;
pub use client::LdapServers;
use failure::Failure;
pub use look::Known;
use look::{Hit, SEVERAL, guid_filter};
pub use person::Person;
use person::Reading;
use phone_attributes::Attribute;
use session::Session;
pub use values::ObjectGuid;

/// What is read, and where.
#[derive(Clone, Debug)]
pub struct LdapSettings {
    /// How the servers are reached.
    pub servers: LdapServers,
    /// Where people are.
    pub base_dn: String,
    /// Attributes that hold registered phones; none where another register has them.
    pub phone_attributes: Vec<String>,
    /// The organisation's domains: a name without one is looked for under each of them.
    pub domains: Vec<String>,
    /// `policy.protected_groups`: `check` tells the names that no group has.
    pub watched_groups: Vec<String>,
    /// Are managers read here? Not where another register has them: then nothing fails because they may not be.
    pub reads_managers: bool,
}

/// The people of an Active Directory. Cheap to clone; clones share the connection.
#[derive(Clone)]
pub struct LdapDirectory(Arc<Inner>);

pub(crate) struct Inner {
    pub(crate) client: Client,
    base_dn: String,
    phone_attributes: Vec<String>,
    domains: Vec<String>,
    watched_groups: Vec<String>,
    reads_managers: bool,
    clock: Arc<dyn Clock>,
    zone: Zone,
    /// Attributes that may be empty are looked up in the schema once.
    schema: OnceCell<Vec<Attribute>>,
}

impl LdapDirectory {
    /// Connects to nothing yet. Accounts expire by `clock`, on days in `zone`.
    #[must_use]
    pub fn new(settings: LdapSettings, clock: Arc<dyn Clock>, zone: Zone) -> Self {
        let LdapSettings { servers, base_dn, phone_attributes, domains, watched_groups, reads_managers } =
            settings;
        let (client, schema) = (Client::new(servers), OnceCell::new());
        Self(Arc::new(Inner {
            client,
            base_dn,
            phone_attributes,
            domains,
            watched_groups,
            reads_managers,
            clock,
            zone,
            schema,
        }))
    }

    /// The account with this `objectGUID`, when it lies below `base_dn`.
    ///
    /// # Errors
    /// [`DirectoryError`]: nothing may be concluded.
    pub async fn by_guid(&self, guid: &ObjectGuid) -> Result<Option<Person>, DirectoryError> {
        self.one(&guid_filter("objectGUID", guid)).await
    }

    /// The account that Entra ID knows by this `onPremisesImmutableId`: the base64 of its
    /// `mS-DS-ConsistencyGuid`, or where none is set of its `objectGUID` (Entra Connect, "Design
    /// concepts", sourceAnchor). Two accounts are an error.
    ///
    /// # Errors
    /// [`DirectoryError`]: nothing may be concluded.
    pub async fn by_immutable_id(&self, id: &str) -> Result<Option<Person>, DirectoryError> {
        self.one(&anchor_filter(id)?).await
    }

    /// The same anywhere in the domain, where managers may be: what it is called there, and whether it is open.
    ///
    /// # Errors
    /// [`DirectoryError`]: nothing may be concluded.
    pub async fn known_by_immutable_id(&self, id: &str) -> Result<Option<Known>, DirectoryError> {
        let filter = anchor_filter(id)?;
        let asked = async |inner: &Inner| inner.known_once(&filter).await;
        Ok(match asked(&self.0).await {
            Err(failure) if failure.is_of_this_server() => asked(&self.0).await?,
            answered => answered?,
        })
    }

    /// Every server, and what is needed for reading.
    pub(super) async fn rights_to_read(&self) -> Vec<Finding> {
        self.0.reading_rights().await
    }

    /// The names in `policy.protected_groups` that surely no group of the domain has.
    pub(super) async fn unknown_groups(&self) -> Vec<String> {
        // Without an answer nothing is known of any name; the lines of the servers say why there is none.
        self.0.unknown_groups().await.unwrap_or_default()
    }

    async fn one(&self, filter: &str) -> Result<Option<Person>, DirectoryError> {
        let asked = async |inner: &Inner| inner.one_once(filter).await;
        Ok(match asked(&self.0).await {
            Err(failure) if failure.is_of_this_server() => asked(&self.0).await?,
            answered => answered?,
        })
    }

    pub(crate) fn inner(&self) -> &Inner {
        &self.0
    }
}

/// A filter for the account that Entra ID knows by this `onPremisesImmutableId`.
fn anchor_filter(id: &str) -> Result<String, DirectoryError> {
    let Some(guid) = ObjectGuid::of_immutable_id(id) else {
        return Err(DirectoryError::Half("onPremisesImmutableId is no identifier".to_owned()));
    };
    let consistency = guid_filter("mS-DS-ConsistencyGuid", &guid);
    let own = guid_filter("objectGUID", &guid);
    Ok(format!("(|{consistency}(&{own}(!(mS-DS-ConsistencyGuid=*))))"))
}

impl Inner {
    fn reading(&self) -> Reading<'_> {
        Reading { phone_attributes: &self.phone_attributes, zone: &self.zone, now: self.clock.now() }
    }

    /// A connection on which the configured attributes are known to exist.
    pub(crate) async fn session(&self) -> Result<Session, Failure> {
        let session = self.client.session().await?;
        let looked = self.schema.get_or_try_init(|| self.look_at_the_schema(&session)).await.map(|_| ());
        self.settle(&session, looked).await?;
        Ok(session)
    }

    /// Hands `result` on; what lies with the server ends the use of its connection.
    pub(crate) async fn settle<T>(
        &self,
        session: &Session,
        result: Result<T, Failure>,
    ) -> Result<T, Failure> {
        if let Err(failure) = &result {
            self.client.blame(session, failure).await;
        }
        result
    }

    async fn facts_once(&self, who: &Who, depth: u8) -> Result<Facts, Failure> {
        let session = self.session().await?;
        let read = self.read(&session, who, depth).await;
        self.settle(&session, read).await
    }

    async fn read(&self, session: &Session, who: &Who, depth: u8) -> Result<Facts, Failure> {
        let dn = match self.find(session, who).await? {
            Hit::One(dn) => dn,
            Hit::Nobody => return Ok(Facts { lookup: Lookup::Nobody, managers: Vec::new() }),
            Hit::Several => return Ok(Facts { lookup: Lookup::Several, managers: Vec::new() }),
        };
        let person = self.person(session, &dn).await?;
        let managers = self.managers(session, &person, depth).await?;
        Ok(Facts { lookup: Lookup::One(Box::new(person.account)), managers })
    }

    async fn one_once(&self, filter: &str) -> Result<Option<Person>, Failure> {
        let session = self.session().await?;
        let read = async {
            match self.find_by(&session, filter).await? {
                Hit::One(dn) => self.person(&session, &dn).await.map(Some),
                Hit::Nobody => Ok(None),
                Hit::Several => Err(Failure::Half(SEVERAL.to_owned())),
            }
        };
        let read = read.await;
        self.settle(&session, read).await
    }

    async fn known_once(&self, filter: &str) -> Result<Option<Known>, Failure> {
        let session = self.session().await?;
        let read = self.known(&session, filter).await;
        self.settle(&session, read).await
    }

    /// When the account's password was last changed, by whomever. `None` when that may not be read.
    pub(crate) async fn password_changed(
        &self,
        session: &Session,
        person: &Person,
    ) -> Result<Option<UnixMillis>, Failure> {
        let entry = session.entry(&person.dn, &["replPropertyMetaData"]).await?.unwrap_or_default();
        let blob = entry.octets("replPropertyMetaData").first();
        Ok(blob.and_then(|blob| values::changed_at(blob, values::UNICODE_PWD)))
    }

    /// The account `id` on `session`, read now.
    pub(crate) async fn account(&self, session: &Session, id: &AccountId) -> Result<Option<Person>, Failure> {
        match self.find(session, &Who::Id(id.clone())).await? {
            Hit::One(dn) => self.person(session, &dn).await.map(Some),
            Hit::Nobody => Ok(None),
            Hit::Several => Err(Failure::Half(SEVERAL.to_owned())),
        }
    }
}

#[async_trait]
impl Directory for LdapDirectory {
    async fn facts(&self, who: &Who, depth: u8) -> Result<Facts, DirectoryError> {
        match self.0.facts_once(who, depth).await {
            Err(failure) if failure.is_of_this_server() => {
                tracing::info!("the directory is asked again: {}", failure.words());
                Ok(self.0.facts_once(who, depth).await?)
            }
            answered => Ok(answered?),
        }
    }

    async fn people(&self, name: &str, most: u8) -> Result<Vec<Found>, DirectoryError> {
        Ok(match self.0.people_once(name, most).await {
            Err(failure) if failure.is_of_this_server() => self.0.people_once(name, most).await?,
            answered => answered?,
        })
    }

    async fn probe(&self) -> Result<String, DirectoryError> {
        Ok(self.0.probe().await?)
    }

    async fn rights(&self) -> Vec<Finding> {
        let mut found = self.rights_to_read().await;
        found.extend(self.unknown_groups().await.iter().map(|name| misspelt(name, &[ACTIVE_DIRECTORY])));
        found
    }
}

#[async_trait]
impl Census for LdapDirectory {
    async fn walk(
        &self,
        _: Walk,
        told: &(dyn Fn(Progress) + Send + Sync),
    ) -> Result<Vec<Listed>, DirectoryError> {
        Ok(self.0.census(told).await?)
    }
}
