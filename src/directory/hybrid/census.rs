//! A walk over everybody in both registers: each is read once, and joined by the identifier that Entra
//! Connect wrote, so that a walk says of an account what a look at it would.

use std::collections::HashMap;

use async_trait::async_trait;

use super::{HybridDirectory, NO_IDENTIFIER, NOT_FOUND, SEVERAL, agree, join, worst};
use crate::directory::graph::Origin;
use crate::directory::ldap::{ObjectGuid, Person};
use crate::directory::odd::Odd;
use crate::directory::{Census, DirectoryError, Listed, Privilege, Progress, Standing, Walk};
use crate::types::Username;

/// All that is kept of an account in Active Directory: there are tens of thousands.
struct Kept {
    names: Vec<Username>,
    standing: Standing,
    privilege: Privilege,
    /// Only those that a walk knows of.
    groups: Vec<String>,
}

/// What Active Directory has under one identifier.
enum There {
    One(Box<Kept>),
    /// It cannot be made out; in words, why.
    Odd(String),
}

/// Everybody in Active Directory.
struct OnPremises(HashMap<ObjectGuid, There>);

/// What Active Directory says of an account that comes from there.
enum Said<'a> {
    This(&'a Kept),
    /// Nobody can tell; in words, why.
    Doubtful(&'static str),
    /// It cannot be made out; in words, why.
    Odd(&'a str),
}

#[async_trait]
impl Census for HybridDirectory {
    async fn walk(
        &self,
        walk: Walk,
        told: &(dyn Fn(Progress) + Send + Sync),
    ) -> Result<Vec<Listed>, DirectoryError> {
        // First the register that takes seconds: if it fails, nobody has waited for the other.
        let there = self.on_premises(told).await?;
        let (mut listed, synchronised) = self.graph.walk_over(walk, told).await?;
        let mut odd = Odd::default();
        listed.retain_mut(|one| {
            let account = &mut one.account;
            // Whoever is synchronised can be helped here: through Active Directory.
            let Some(origin) = synchronised.get(&account.id) else { return true };
            match there.of(origin) {
                Said::This(kept) => join(account, &kept.standing, &kept.privilege, &kept.groups),
                Said::Doubtful(why) => worst(&mut account.privilege, &Privilege::Unknown(why.to_owned())),
                Said::Odd(why) => {
                    odd.add(format!("{}, in Active Directory: {why}", account.username.as_str()));
                    return false;
                }
            }
            true
        });
        odd.tell(listed.len(), told).map_err(DirectoryError::Half)?;
        Ok(listed)
    }
}

impl HybridDirectory {
    async fn on_premises(
        &self,
        told: &(dyn Fn(Progress) + Send + Sync),
    ) -> Result<OnPremises, DirectoryError> {
        let watched: Vec<String> =
            self.graph.watched_groups().iter().map(|name| name.to_lowercase()).collect();
        let mut all = HashMap::new();
        let keep = |id: ObjectGuid, read: Result<Person, String>| {
            let met = match read {
                Ok(person) => There::One(Box::new(Kept::of(person, &watched))),
                Err(why) => There::Odd(why),
            };
            // Two with one identifier are nobody's.
            all.entry(id).and_modify(|there| *there = There::Odd(SEVERAL.to_owned())).or_insert(met);
        };
        self.ldap.meet_all(told, keep).await?;
        Ok(OnPremises(all))
    }
}

impl Kept {
    fn of(person: Person, watched: &[String]) -> Self {
        let account = person.account;
        let mut names = vec![account.username];
        names.extend(account.aliases);
        let mut groups = account.groups;
        groups.retain(|group| watched.contains(&group.to_lowercase()));
        groups.shrink_to_fit();
        Self { names, standing: account.standing, privilege: account.privilege, groups }
    }
}

impl OnPremises {
    /// As [`HybridDirectory::owner`] has it.
    fn of(&self, origin: &Origin) -> Said<'_> {
        let Some(id) = &origin.immutable_id else { return Said::Doubtful(NO_IDENTIFIER) };
        let Some(id) = ObjectGuid::of_immutable_id(id) else {
            return Said::Odd("onPremisesImmutableId is no identifier");
        };
        match self.0.get(&id) {
            None => Said::Doubtful(NOT_FOUND),
            Some(There::Odd(why)) => Said::Odd(why),
            Some(There::One(kept)) => match agree(origin, kept.names.iter()) {
                Ok(()) => Said::This(kept),
                Err(why) => Said::Doubtful(why),
            },
        }
    }
}
