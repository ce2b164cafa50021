//! Managers who come from Active Directory: whoever has expired there is still enabled in Entra ID, and must not
//! get a link to somebody's password.

use tokio::task::JoinSet;

use super::{HybridDirectory, NO_IDENTIFIER, agree, closed_there, in_time};
use crate::directory::graph::{Origin, Until};
use crate::directory::{DirectoryError, Manager, Standing};

/// They may be outside `base_dn`.
const NOT_FOUND: &str = "the account is synchronised, but not found in the domain of Active Directory";

impl HybridDirectory {
    /// Asks Active Directory about each of `managers` who is open and comes from there, side by side. Whoever is
    /// closed there, or cannot be made out, is passed over with the reason; an outage says nothing of anybody.
    pub(super) async fn close_above(
        &self,
        managers: &mut [Manager],
        origins: Vec<Origin>,
        until: Until,
    ) -> Result<(), DirectoryError> {
        let mut looks = JoinSet::new();
        for (place, (manager, origin)) in managers.iter().zip(origins).enumerate() {
            if manager.standing == Standing::Open && origin.synchronised {
                let people = self.clone();
                looks.spawn(async move { (place, people.standing_there(&origin, until).await) });
            }
        }
        while let Some(looked) = looks.join_next().await {
            let (place, standing) = looked
                .map_err(|_| DirectoryError::Unavailable("a look at a manager broke off".to_owned()))?;
            managers[place].standing = standing?;
        }
        Ok(())
    }

    /// May the account of `origin` be signed in to, as far as Active Directory knows?
    async fn standing_there(&self, origin: &Origin, until: Until) -> Result<Standing, DirectoryError> {
        let closed = |why: &str| Ok(Standing::Closed(why.to_owned()));
        let Some(id) = &origin.immutable_id else { return closed(NO_IDENTIFIER) };
        let known = match in_time(until, self.ldap.known_by_immutable_id(id)).await {
            Ok(Some(known)) => known,
            Ok(None) => return closed(NOT_FOUND),
            Err(DirectoryError::Half(why)) => {
                return closed(&format!("told in half by Active Directory: {why}"));
            }
            Err(error @ (DirectoryError::Unavailable(_) | DirectoryError::TimedOut)) => return Err(error),
        };
        if let Err(why) = agree(origin, known.names.iter()) {
            return closed(why);
        }
        Ok(match known.standing {
            Standing::Open => Standing::Open,
            Standing::Closed(why) => closed_there(&why),
        })
    }
}
