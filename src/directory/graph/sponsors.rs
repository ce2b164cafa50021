//! Who speaks for people without a manager, for a walk over everybody. Only one relation can come along with
//! a list of people, and theirs is the manager, so this is a list of its own.

use std::collections::HashMap;

use serde::Deserialize;

use super::census::{Bound, PAGE, PATIENCE, Pace};
use super::client::{GraphClient, Mode, Until};
use super::failure::GraphError;
use super::user::User;
use crate::directory::{Part, Progress};
use crate::types::AccountId;

/// A person with those who speak for it.
#[derive(Deserialize)]
struct Sponsored {
    id: String,
    #[serde(default)]
    sponsors: Vec<User>,
}

impl GraphClient {
    /// Everybody's sponsors, who may be none (<https://learn.microsoft.com/graph/api/resources/user>, `sponsors`:
    /// supports `$expand`). Groups among them are left out: a look passes them over. `None` where Graph does not
    /// list sponsors, as in some national clouds.
    pub(super) async fn sponsors_of_all(
        &self,
        pace: &mut Pace,
        told: &(dyn Fn(Progress) + Send + Sync),
    ) -> Result<Option<HashMap<AccountId, Vec<AccountId>>>, GraphError> {
        let url = self.at(&["users"]).with_option("$select", "id");
        let url = url.with_option("$expand", "sponsors($select=id)").with_option("$top", PAGE);
        let (mut found, mut next, mut bound) = (HashMap::new(), Some(url), Bound::default());
        while let Some(url) = next {
            pace.turn().await;
            let page = self.page::<Sponsored>(&url, Mode::Plain, Until::within(PATIENCE)).await;
            let (page, rest, _) = match page {
                Err(error) if error.refusal().is_some_and(|refusal| refusal.status == 400) => {
                    return Ok(None);
                }
                answered => answered?,
            };
            let known = found.len();
            for Sponsored { id, sponsors } in page {
                let people = sponsors.iter().filter(|sponsor| sponsor.is_user()).map(User::id).collect();
                found.insert(AccountId::new(id), people);
            }
            bound.page(found.len() > known)?;
            next = rest;
            told(Progress::Read { what: Part::Sponsors, done: found.len(), all: None });
        }
        Ok(Some(found))
    }
}
