//! A walk over everybody, for `coverage` and `directory export`. Which phones are registered is read from
//! the registration report where that is enough, because it takes one call for many people; numbers
//! take a call for each.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use async_trait::async_trait;
use serde::Deserialize;
use serde_json::Value;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until};

use super::client::{GraphClient, Mode, PAGES_MAX, Until};
use super::failure::GraphError;
use super::privilege::GROUPS;
use super::report::Report;
use super::rights::PEOPLE;
use super::user::User;
use super::{GraphDirectory, GraphError as Error, Origin, origin, out_of_reach};
use crate::directory::odd::Odd;
use crate::directory::{Account, Census, DirectoryError, Listed, ListedPhones, Part, Privilege};
use crate::directory::{Progress, RegisteredPhone, Standing, Walk};
use crate::types::{AccountId, Credential, UnixMillis};

/// Managers, and sponsors, come along with at most so many people a page
/// (<https://learn.microsoft.com/graph/api/user-list-manager>, known limits of `$expand`).
pub(super) const PAGE: &str = "100";
/// Nobody waits for a walk, so a page may be asked for again and again.
pub(super) const PATIENCE: Duration = Duration::from_secs(180);
/// So many pages in a row may bring nobody new.
const IDLE_PAGES_MAX: usize = 10;
/// So many calls are under way at once, at most.
const AT_ONCE: usize = 4;

/// Those of the accounts that are synchronised from Active Directory, and where they are there.
pub(in crate::directory) type Origins = HashMap<AccountId, Origin>;

#[async_trait]
impl Census for GraphDirectory {
    async fn walk(
        &self,
        walk: Walk,
        told: &(dyn Fn(Progress) + Send + Sync),
    ) -> Result<Vec<Listed>, DirectoryError> {
        let (mut listed, synchronised) = self.walk_over(walk, told).await?;
        for one in listed.iter_mut().filter(|one| synchronised.contains_key(&one.account.id)) {
            out_of_reach(&mut one.account.privilege);
        }
        Ok(listed)
    }
}

/// Everybody, as the list of people has them.
#[derive(Default)]
struct Everybody {
    listed: Vec<Listed>,
    synchronised: Origins,
    odd: Odd,
}

impl GraphDirectory {
    /// Everybody, and who of them is synchronised from Active Directory: what that means, the caller knows.
    ///
    /// # Errors
    /// [`DirectoryError`]: the walk is not complete.
    pub(in crate::directory) async fn walk_over(
        &self,
        walk: Walk,
        told: &(dyn Fn(Progress) + Send + Sync),
    ) -> Result<(Vec<Listed>, Origins), DirectoryError> {
        let client = self.client();
        let mut pace = Pace::new(Duration::from_secs(1) / self.0.per_second.max(1));
        let report = match walk {
            Walk::Coverage => client.report(told).await?,
            Walk::Export => None,
        };
        let everybody = client.everybody(self.now(), &mut pace, told).await;
        let Everybody { mut listed, synchronised, odd } = everybody.map_err(|e| e.without(PEOPLE))?;
        odd.tell(listed.len(), told).map_err(|why| DirectoryError::Half(format!("Graph: {why}")))?;
        let mut sponsors = client.sponsors_of_all(&mut pace, told).await.map_err(|e| e.without(PEOPLE))?;
        let privileged = client.privileged(&listed, &mut pace).await?;
        let watched =
            client.watched(&self.0.watched_groups, &mut pace).await.map_err(|error| error.without(GROUPS))?;
        for one in &mut listed {
            let id = one.account.id.clone();
            let known = report.as_ref().and_then(|report| report.of(id.as_str()));
            let is_admin = known.is_some_and(|known| known.is_admin);
            privileged.mark(one, is_admin);
            one.sponsors = sponsors.as_mut().and_then(|sponsors| sponsors.remove(&id));
            let own = watched.iter().filter(|(_, members)| members.contains(id.as_str()));
            one.account.groups.extend(own.map(|(name, _)| name.clone()));
        }
        let asked = match report {
            None => (0..listed.len()).collect(),
            Some(report) => types(&mut listed, &report),
        };
        self.numbers(&mut listed, &asked, &mut pace, told).await?;
        for one in listed.iter_mut().filter(|one| !synchronised.contains_key(&one.account.id)) {
            one.account.credential = self.credential();
        }
        Ok((listed, synchronised))
    }

    /// Asks for the phones of those at the places `asked`, at a bounded rate.
    async fn numbers(
        &self,
        listed: &mut Vec<Listed>,
        asked: &[usize],
        pace: &mut Pace,
        told: &(dyn Fn(Progress) + Send + Sync),
    ) -> Result<(), DirectoryError> {
        let all = asked.len();
        let mut asking = JoinSet::new();
        let (mut next, mut done) = (0, 0);
        let mut gone = HashSet::new();
        while done < all {
            if let Some(&place) = asked.get(next).filter(|_| asking.len() < AT_ONCE) {
                pace.turn().await;
                let (client, id) = (self.client().clone(), listed[place].account.id.clone());
                asking.spawn(async move { (place, client.phones_of(&id).await) });
                next += 1;
                continue;
            }
            let Some(answered) = asking.join_next().await else { break };
            let (place, phones) =
                answered.map_err(|_| DirectoryError::Unavailable("a look at phones broke off".to_owned()))?;
            match phones? {
                Numbers::Known(phones) => {
                    listed[place].account.phones = phones;
                    listed[place].phones = ListedPhones::Numbers;
                }
                Numbers::Unknown(why) => listed[place].phones = ListedPhones::Unknown(why),
                Numbers::Gone => {
                    gone.insert(listed[place].account.id.clone());
                }
            }
            done += 1;
            told(Progress::Read { what: Part::Phones, done, all: Some(all) });
        }
        listed.retain(|one| !gone.contains(&one.account.id));
        Ok(())
    }
}

impl Everybody {
    fn add(&mut self, person: &User, now: UnixMillis) {
        match listed(person, now) {
            Ok(one) => {
                if person.is_synchronised() {
                    self.synchronised.insert(one.account.id.clone(), origin(person));
                }
                self.listed.push(one);
            }
            Err(why) => self.odd.add(format!("{}: {why}", person.id)),
        }
    }
}

/// What asking for one person's phones brought.
enum Numbers {
    Known(Vec<RegisteredPhone>),
    Unknown(String),
    /// Deleted since the list was read.
    Gone,
}

/// Keeps calls apart: none begins sooner than this after the one before, so that no second has more of them
/// than are permitted, whatever was late before.
pub(super) struct Pace {
    every: Duration,
    next: Instant,
}

impl Pace {
    pub(super) fn new(every: Duration) -> Self {
        Self { every, next: Instant::now() }
    }

    /// Waits until another call may begin, which then does.
    pub(super) async fn turn(&mut self) {
        sleep_until(self.next).await;
        self.next = Instant::now() + self.every;
    }
}

/// Keeps a list that does not end from being read for ever.
#[derive(Default)]
pub(super) struct Bound {
    pages: usize,
    idle: usize,
}

impl Bound {
    /// One page more. Graph may send a few that bring nobody new.
    pub(super) fn page(&mut self, brought_somebody: bool) -> Result<(), GraphError> {
        self.pages += 1;
        self.idle = if brought_somebody { 0 } else { self.idle + 1 };
        if self.pages > PAGES_MAX || self.idle > IDLE_PAGES_MAX {
            return Err(GraphError::Half("a list has no end".to_owned()));
        }
        Ok(())
    }
}

impl GraphClient {
    async fn phones_of(&self, id: &AccountId) -> Result<Numbers, DirectoryError> {
        let until = Until::within(PATIENCE);
        match self.phones(id, until).await {
            Ok(phones) => Ok(Numbers::Known(phones)),
            Err(DirectoryError::Half(why)) => Ok(Numbers::Unknown(why)),
            Err(error) => match self.user(id, until).await? {
                None => Ok(Numbers::Gone),
                Some(_) => Err(error),
            },
        }
    }

    async fn everybody(
        &self,
        now: UnixMillis,
        pace: &mut Pace,
        told: &(dyn Fn(Progress) + Send + Sync),
    ) -> Result<Everybody, Error> {
        let url = self.select(self.at(&["users"]), Until::within(PATIENCE)).await?;
        let url = url.with_option("$expand", "manager($select=id)");
        let url = url.with_option("$count", "true").with_option("$top", PAGE);
        let (mut everybody, mut all, mut next) = (Everybody::default(), None, Some(url));
        let (mut seen, mut half, mut bound) = (HashSet::new(), 0, Bound::default());
        while let Some(url) = next {
            pace.turn().await;
            let (page, rest, count) =
                self.page::<Value>(&url, Mode::Advanced, Until::within(PATIENCE)).await?;
            let known = seen.len() + half;
            for one in page {
                match User::deserialize(one) {
                    Ok(person) if seen.insert(person.id.clone()) => everybody.add(&person, now),
                    Ok(_) => {}
                    // The parser's words may quote the answer.
                    Err(_) => {
                        half += 1;
                        everybody.odd.add(format!("after {} others: not as documented", seen.len()));
                    }
                }
            }
            let done = seen.len() + half;
            bound.page(done > known)?;
            all = count.or(all);
            next = rest;
            told(Progress::Read { what: Part::Accounts, done, all });
        }
        Ok(everybody)
    }
}

/// Everybody's types of phones, by the report. Answers who must be asked about, because the report does not
/// know them although they are switched on: it is some hours old.
fn types(listed: &mut [Listed], report: &Report) -> Vec<usize> {
    let mut asked = Vec::new();
    for (place, one) in listed.iter_mut().enumerate() {
        one.phones = report.phones(one.account.id.as_str());
        if matches!(one.phones, ListedPhones::Unknown(_)) && one.account.standing == Standing::Open {
            asked.push(place);
        }
    }
    asked
}

fn listed(person: &User, now: UnixMillis) -> Result<Listed, DirectoryError> {
    let account = Account {
        // The walk knows what cloud accounts are handed.
        credential: Credential::Password,
        id: person.id(),
        username: person.username()?,
        aliases: person.aliases(),
        name: person.name(),
        mail: person.mail(),
        unit: person.unit(),
        standing: person.standing(now)?,
        groups: Vec::new(),
        privilege: by_itself(person),
        phones: Vec::new(),
    };
    let manager = person.manager.as_ref().map(|manager| AccountId::new(manager.id.as_str()));
    let (phones, passed_over) = (ListedPhones::Numbers, person.is_guest());
    Ok(Listed { account, phones, manager, sponsors: None, passed_over })
}

/// What makes an account privileged, whatever roles it has.
fn by_itself(person: &User) -> Privilege {
    if person.is_guest() {
        Privilege::Privileged("a guest, whose password lives in another organisation".to_owned())
    } else if person.is_management_restricted() {
        Privilege::Privileged("in a restricted management administrative unit".to_owned())
    } else {
        Privilege::Ordinary
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_has_a_bound_whether_or_not_it_brings_somebody() {
        let mut bound = Bound::default();
        assert!((0..PAGES_MAX).all(|_| bound.page(true).is_ok()));
        assert!(bound.page(true).is_err());
        let mut bound = Bound::default();
        for _ in 0..3 {
            assert!((0..IDLE_PAGES_MAX).all(|_| bound.page(false).is_ok()));
            assert!(bound.page(true).is_ok(), "a few bring nobody");
        }
        assert!((0..IDLE_PAGES_MAX).all(|_| bound.page(false).is_ok()));
        assert!(bound.page(false).is_err());
    }
}
