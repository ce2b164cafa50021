//! People from Entra ID, of whom many are synchronised from Active Directory: phones, managers and roles come
//! from Graph, and what only Active Directory knows (an account that has expired, a protected group) is
//! added. The two are asked about the same person by the identifier that the synchronisation wrote.

use async_trait::async_trait;

use super::graph::{GraphDirectory, Origin, Origins, Until};
use super::ldap::{LdapDirectory, Person};
use super::protected_groups::{ACTIVE_DIRECTORY, ENTRA_ID, misspelt};
use super::{Account, Directory, DirectoryError, Facts, Finding, Found, Lookup, Privilege, Standing, Who};
use crate::types::Username;

mod census;
mod joined;
mod managers;

/// Why nobody can tell who owns an account.
const NO_IDENTIFIER: &str = "it is synchronised, but Entra ID has no onPremisesImmutableId of it";
const NOT_FOUND: &str = "it is synchronised, but not found below base_dn in Active Directory";
const NO_NAME: &str = "it is synchronised, but Entra ID has no onPremisesSamAccountName of it";
const OTHER_NAMES: &str = "Entra ID and Active Directory give it different names";
/// Why an account in Active Directory cannot be made out.
const SEVERAL: &str = "several accounts have this identifier";

/// The people of a tenant and of the domain that many of them come from; cheap to clone.
#[derive(Clone)]
pub struct HybridDirectory {
    graph: GraphDirectory,
    ldap: LdapDirectory,
}

/// Which register owns the password of an account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Owner {
    /// Entra ID.
    Cloud,
    /// Active Directory: this account there.
    OnPremises(Box<Person>),
    /// Nobody can tell; in words, why. Only a person can find that out.
    Doubtful(String),
}

impl HybridDirectory {
    /// The people of `graph`, with what `ldap` knows of those who come from there.
    #[must_use]
    pub fn new(graph: GraphDirectory, ldap: LdapDirectory) -> Self {
        Self { graph, ldap }
    }

    /// Finds the account of `origin` in Active Directory, by the identifier that Entra Connect wrote and
    /// never by a name: names are given anew. That the names agree is asked for beside it. It ends by `until`,
    /// which is that of the look at Entra ID: whoever asked both waits no longer than for one.
    ///
    /// # Errors
    /// [`DirectoryError`]: nothing may be concluded.
    pub async fn owner(&self, origin: &Origin, until: Until) -> Result<Owner, DirectoryError> {
        if !origin.synchronised {
            return Ok(Owner::Cloud);
        }
        let doubtful = |why: &str| Ok(Owner::Doubtful(why.to_owned()));
        let Some(id) = &origin.immutable_id else { return doubtful(NO_IDENTIFIER) };
        let looked = in_time(until, self.ldap.by_immutable_id(id)).await?;
        let Some(person) = looked else { return doubtful(NOT_FOUND) };
        let names = std::iter::once(&person.account.username).chain(&person.account.aliases);
        if let Err(why) = agree(origin, names) {
            return doubtful(why);
        }
        Ok(Owner::OnPremises(Box::new(person)))
    }
}

#[async_trait]
impl Directory for HybridDirectory {
    async fn facts(&self, who: &Who, depth: u8) -> Result<Facts, DirectoryError> {
        let until = self.graph.until();
        let (mut facts, origins) = self.graph.facts_and_origins(who, depth, until).await?;
        if let (Lookup::One(account), Some(Origins { account: origin, managers: above })) =
            (&mut facts.lookup, origins)
        {
            let closing = self.close_above(&mut facts.managers, above, until);
            let (owner, ()) = tokio::try_join!(self.owner(&origin, until), closing)?;
            match owner {
                Owner::Cloud => {}
                Owner::OnPremises(person) => {
                    let there = &person.account;
                    join(account, &there.standing, &there.privilege, &there.groups);
                }
                Owner::Doubtful(why) => worst(&mut account.privilege, &Privilege::Unknown(why)),
            }
        }
        Ok(facts)
    }

    async fn people(&self, name: &str, most: u8) -> Result<Vec<Found>, DirectoryError> {
        // Everybody who is helped is there.
        self.graph.people(name, most).await
    }

    async fn probe(&self) -> Result<String, DirectoryError> {
        let (graph, ldap) = tokio::try_join!(self.graph.probe(), self.ldap.probe())?;
        Ok(format!("{graph}; {ldap}"))
    }

    async fn rights(&self) -> Vec<Finding> {
        let read = (self.graph.rights_to_read(), self.ldap.rights_to_read());
        let (mut found, ldap, joined) = tokio::join!(read.0, read.1, self.joined());
        found.extend(ldap);
        found.push(joined);
        let (cloud, ground) = tokio::join!(self.graph.unknown_groups(), self.ldap.unknown_groups());
        // A group of either protects: somebody's groups are those of both.
        let neither = cloud.iter().filter(|name| ground.contains(name));
        found.extend(neither.map(|name| misspelt(name, &[ENTRA_ID, ACTIVE_DIRECTORY])));
        found
    }
}

/// What Active Directory answers before the end of the look that it belongs to.
async fn in_time<T>(
    until: Until,
    look: impl Future<Output = Result<T, DirectoryError>>,
) -> Result<T, DirectoryError> {
    let late = |_| DirectoryError::Unavailable("Active Directory did not answer in time".to_owned());
    tokio::time::timeout(until.left(), look).await.map_err(late)?
}

/// Do the two registers mean the same person, whom Active Directory calls by `names`? If not, why.
fn agree<'a>(origin: &Origin, mut names: impl Iterator<Item = &'a Username>) -> Result<(), &'static str> {
    let name = origin.sam_account_name.as_ref().ok_or(NO_NAME)?.to_lowercase();
    if names.any(|known| known.as_str().to_lowercase() == name) { Ok(()) } else { Err(OTHER_NAMES) }
}

/// Adds to `account` what Active Directory knows: whatever closes or protects it in either closes or
/// protects it.
fn join(account: &mut Account, standing: &Standing, privilege: &Privilege, groups: &[String]) {
    if let (Standing::Open, Standing::Closed(why)) = (&account.standing, standing) {
        account.standing = closed_there(why);
    }
    worst(&mut account.privilege, privilege);
    for group in groups {
        if !account.groups.contains(group) {
            account.groups.push(group.clone());
        }
    }
}

/// What Active Directory alone knows says so: Entra ID shows the account as open.
fn closed_there(why: &str) -> Standing {
    Standing::Closed(format!("{why} (in Active Directory)"))
}

fn worst(known: &mut Privilege, other: &Privilege) {
    match (&*known, other) {
        (Privilege::Privileged(_), _)
        | (_, Privilege::Ordinary)
        | (Privilege::Unknown(_), Privilege::Unknown(_)) => {}
        (Privilege::Ordinary | Privilege::Unknown(_), Privilege::Privileged(_))
        | (Privilege::Ordinary, Privilege::Unknown(_)) => *known = other.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_protects_in_either_register_protects() {
        let ordinary = || Privilege::Ordinary;
        let privileged = || Privilege::Privileged("role".to_owned());
        let unknown = || Privilege::Unknown("no right".to_owned());
        for (here, there, both) in [
            (ordinary(), ordinary(), ordinary()),
            (ordinary(), privileged(), privileged()),
            (privileged(), ordinary(), privileged()),
            (ordinary(), unknown(), unknown()),
            (unknown(), ordinary(), unknown()),
            (unknown(), privileged(), privileged()),
            (privileged(), unknown(), privileged()),
        ] {
            let mut known = here.clone();
            worst(&mut known, &there);
            assert_eq!(known, both, "{here:?} and {there:?}");
        }
    }
}
