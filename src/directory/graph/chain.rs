//! Who is above an account: the managers, one step at a time, and the sponsors of somebody who has none
//! (<https://learn.microsoft.com/graph/api/user-list-manager>, `user-list-sponsors`).

use tokio::task::JoinSet;

use super::client::{GraphClient, Mode, Until};
use super::failure::GraphError;
use super::rights::PEOPLE;
use super::user::User;
use super::{Origin, origin};
use crate::directory::{Absence, DirectoryError, Manager, Standing};
use crate::types::UnixMillis;

impl GraphClient {
    /// At most `depth` above `user`, nearest first, each with where the account is kept. Where a cycle closes, the
    /// chain ends with the one who comes again; so it does at somebody who is no account, because what is above
    /// a contact is not this organisation's.
    pub(super) async fn above(
        &self,
        user: &User,
        depth: u8,
        now: UnixMillis,
        until: Until,
    ) -> Result<Vec<(Manager, Origin)>, DirectoryError> {
        let chain = self.chain(user, depth, until).await.map_err(|error| error.without(PEOPLE))?;
        let mut looks = JoinSet::new();
        for (place, above) in chain.into_iter().enumerate() {
            let client = self.clone();
            let kept = origin(&above);
            looks.spawn(async move { (place, kept, client.manager(above, now, until).await) });
        }
        let mut found = Vec::new();
        while let Some(looked) = looks.join_next().await {
            let (place, kept, manager) = looked
                .map_err(|_| DirectoryError::Unavailable("a look at a manager broke off".to_owned()))?;
            found.push((place, (manager?, kept)));
        }
        found.sort_by_key(|(place, _)| *place);
        Ok(found.into_iter().map(|(_, one)| one).collect())
    }

    async fn chain(&self, user: &User, depth: u8, until: Until) -> Result<Vec<User>, GraphError> {
        let mut chain: Vec<User> = Vec::new();
        let mut seen = vec![user.id.clone()];
        while chain.len() < usize::from(depth) {
            let below = seen.last().map_or(user.id.as_str(), String::as_str);
            let url = self.select(self.at(&["users", below, "manager"]), until).await?;
            let found: Option<User> = self.find(&url, Mode::Plain, until).await?;
            let Some(above) = found else {
                // Only somebody without any manager is spoken for by sponsors.
                if chain.is_empty() {
                    chain = self.sponsors(user, until).await?;
                    chain.truncate(usize::from(depth));
                }
                break;
            };
            let ends = !above.is_user() || seen.contains(&above.id);
            seen.push(above.id.clone());
            chain.push(above);
            if ends {
                break;
            }
        }
        Ok(chain)
    }

    async fn sponsors(&self, user: &User, until: Until) -> Result<Vec<User>, GraphError> {
        let url = self.select(self.at(&["users", &user.id, "sponsors"]), until).await?;
        self.list(&url, Mode::Plain, until).await
    }

    async fn manager(&self, above: User, now: UnixMillis, until: Until) -> Result<Manager, DirectoryError> {
        let id = above.id();
        let unreachable = |why: &str| Manager {
            id: above.id(),
            name: above.name(),
            mail: above.mail(),
            standing: Standing::Closed(why.to_owned()),
            absence: Absence::Unknown,
            phones: Vec::new(),
        };
        if !above.is_user() {
            return Ok(unreachable("a contact or a group, not an account"));
        }
        if above.is_guest() {
            return Ok(unreachable("a guest of another organisation"));
        }
        // One who is told in half is passed over with the reason, and holds up nobody below; that is not
        // "no phone". An outage says nothing of anybody, and is waited for.
        let standing = match above.standing(now) {
            Ok(standing) => standing,
            Err(DirectoryError::Half(why)) => return Ok(unreachable(&format!("told in half: {why}"))),
            Err(error @ (DirectoryError::Unavailable(_) | DirectoryError::TimedOut)) => return Err(error),
        };
        let (phones, absence) = tokio::join!(self.phones(&id, until), self.absence(&id, now, until));
        let phones = match phones {
            Ok(phones) => phones,
            Err(DirectoryError::Half(why)) => {
                return Ok(unreachable(&format!("reachable at a phone that cannot be read: {why}")));
            }
            Err(error @ (DirectoryError::Unavailable(_) | DirectoryError::TimedOut)) => return Err(error),
        };
        Ok(Manager { id, name: above.name(), mail: above.mail(), standing, absence, phones })
    }
}
