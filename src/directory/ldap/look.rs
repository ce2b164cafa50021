//! Looking somebody up: the entry by a name or an identifier, its groups, and the chain above it.

use super::Inner;
use super::entry::{Entry, common_name};
use super::failure::{Failure, code};
use super::groups::{GROUP, Group, has_a_name, is_known_by_number};
use super::person::{self, CONSTRUCTED, Groups, PERSON, Person};
use super::phone_attributes::{MANAGER, missing_right};
use super::session::Session;
use super::values::{ObjectGuid, Sid, escaped, escaped_binary};
use crate::directory::{Absence, Manager, Standing, Who, under_each};
use crate::types::{AccountId, Username};

/// People's accounts; computers and contacts are none.
pub(crate) const PEOPLE: &str = "(objectCategory=person)(objectClass=user)";

/// Whoever has the name, in a chain of any length (MS-ADTS 3.1.1.3.4.4.3).
const IN_CHAIN: &str = "1.2.840.113556.1.4.1941";

/// What each name is looked for in; all of them have an index.
const NAMES: [&str; 5] = ["objectGUID", "sAMAccountName", "userPrincipalName", "mail", "proxyAddresses"];

/// So many groups are asked for at once.
const GROUPS_AT_ONCE: usize = 50;

/// Two accounts are nobody's.
pub(super) const SEVERAL: &str = "several accounts have this identifier";

/// What is asked of somebody whom another register names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Known {
    /// What the account is called.
    pub names: Vec<Username>,
    /// May it be signed in to?
    pub standing: Standing,
}

/// Who has the name.
pub(crate) enum Hit {
    /// This entry, by its identifier.
    One(String),
    Nobody,
    Several,
}

impl Inner {
    /// The one entry below `base_dn` that is meant.
    pub(crate) async fn find(&self, session: &Session, who: &Who) -> Result<Hit, Failure> {
        match who {
            Who::Named(name) => self.find_named(session, name).await,
            Who::Id(id) => match ObjectGuid::parse(id.as_str()) {
                Some(guid) => self.find_by(session, &guid_filter("objectGUID", &guid)).await,
                // The register never gave it out.
                None => Ok(Hit::Nobody),
            },
        }
    }

    async fn find_named(&self, session: &Session, name: &Username) -> Result<Hit, Failure> {
        let value = escaped(name.as_str().as_bytes());
        let whole = under_each(name, &self.domains);
        let own: String =
            whole.iter().map(|upn| format!("(userPrincipalName={})", escaped(upn.as_bytes()))).collect();
        let filter = format!(
            "(&{PEOPLE}(|(sAMAccountName={value})(userPrincipalName={value})(mail={value})\
             (proxyAddresses=smtp:{value}){own}))"
        );
        // Two tell that there are several; which more there are is nobody's business.
        let found = session.search(&self.base_dn, &filter, &NAMES, 2).await?;
        if found.more {
            return Ok(Hit::Several);
        }
        let mut called = found.entries.into_iter().filter(|entry| person::is_called(entry, name, &whole));
        Ok(match (called.next(), called.next()) {
            (None, _) => Hit::Nobody,
            (Some(entry), None) => Hit::One(by_identifier(&entry)?),
            (Some(_), Some(_)) => Hit::Several,
        })
    }

    /// The one entry that `filter` finds.
    pub(crate) async fn find_by(&self, session: &Session, filter: &str) -> Result<Hit, Failure> {
        let filter = format!("(&{PEOPLE}{filter})");
        let mut found = session.search(&self.base_dn, &filter, &["objectGUID"], 2).await?;
        Ok(match (found.entries.len(), found.more) {
            (0, false) => Hit::Nobody,
            (1, false) => match found.entries.pop() {
                Some(entry) => Hit::One(by_identifier(&entry)?),
                None => Hit::Nobody,
            },
            (_, _) => Hit::Several,
        })
    }

    /// The one account that `filter` finds, wherever in the domain it is.
    pub(super) async fn known(&self, session: &Session, filter: &str) -> Result<Option<Known>, Failure> {
        let found = session.search(&session.domain, &format!("(&{PEOPLE}{filter})"), &PERSON, 2).await?;
        match (found.entries.as_slice(), found.more) {
            ([], false) => Ok(None),
            ([entry], false) => {
                Ok(Some(Known { names: person::names(entry), standing: self.reading().standing(entry)? }))
            }
            (_, _) => Err(Failure::Half(SEVERAL.to_owned())),
        }
    }

    /// Those of the configured names that no group of the domain is called by, as membership is compared.
    /// Of the groups that every domain has, the name does not matter.
    pub(super) async fn unknown_groups(&self) -> Result<Vec<String>, Failure> {
        let session = self.session().await?;
        let mut unknown = Vec::new();
        for name in self.watched_groups.iter().filter(|name| !is_known_by_number(name)) {
            let value = escaped(name.as_bytes());
            let filter = format!("(&(objectCategory=group)(|(sAMAccountName={value})(cn={value})))");
            let looked = session.search(&session.domain, &filter, &GROUP, 0).await;
            let found = self.settle(&session, looked).await?.entries;
            if !found.iter().map(Group::of).any(|group| group.is_called(name)) {
                unknown.push(name.clone());
            }
        }
        Ok(unknown)
    }

    /// Everything about the account at `dn`.
    pub(crate) async fn person(&self, session: &Session, dn: &str) -> Result<Person, Failure> {
        let asked = self.attributes(&[&PERSON[..], &CONSTRUCTED].concat());
        let asked: Vec<&str> = asked.iter().map(String::as_str).collect();
        let entry = session.entry(dn, &asked).await?.ok_or_else(moved)?;
        self.phones_may_be_read(session, &entry).await?;
        let groups = groups(session, &entry).await?;
        self.reading().person(&entry, &groups)
    }

    /// These attributes, and those that hold phones.
    pub(crate) fn attributes(&self, names: &[&str]) -> Vec<String> {
        let own = names.iter().map(|&name| name.to_owned());
        own.chain(self.phone_attributes.iter().cloned()).collect()
    }

    /// Those above `person`, nearest first, at most `depth`. Where a cycle closes, the last one comes again.
    pub(crate) async fn managers(
        &self,
        session: &Session,
        person: &Person,
        depth: u8,
    ) -> Result<Vec<Manager>, Failure> {
        let mut seen = vec![person.account.id.clone()];
        let mut managers: Vec<Manager> = Vec::new();
        let mut above = person.manager.clone();
        while managers.len() < usize::from(depth) {
            let Some(dn) = above.take() else {
                managers.extend(self.unseen_above(session, person, managers.last()).await?);
                break;
            };
            let asked = self.attributes(&PERSON);
            let asked: Vec<&str> = asked.iter().map(String::as_str).collect();
            let entry = match session.entry(&dn, &asked).await {
                Ok(Some(entry)) => entry,
                // It is there, or the directory would have taken the name out: what may not be seen is
                // answered like what does not exist, by noSuchObject or by no entry.
                Ok(None) => {
                    managers.push(out_of_reach(&dn, "the service account may not see it there (List, Read)"));
                    break;
                }
                Err(failure) if failure.is(code::REFERRAL) => {
                    managers.push(out_of_reach(&dn, "an account of another domain"));
                    break;
                }
                Err(failure) => return Err(failure),
            };
            let manager = match self.manager(session, &entry).await {
                Ok(manager) => manager,
                // Without an identifier nobody knows who it is: the chain ends, and says why.
                Err(failure @ Failure::Half(_)) => {
                    managers.push(out_of_reach(&dn, &failure.words()));
                    break;
                }
                Err(failure) => return Err(failure),
            };
            let comes_again = seen.contains(&manager.id);
            seen.push(manager.id.clone());
            managers.push(manager);
            if comes_again {
                break;
            }
            above = entry.text("manager").map(ToOwned::to_owned);
        }
        Ok(managers)
    }

    /// A word in place of whoever is above the last of the chain, where no manager is shown because none may
    /// be read: that is not "nobody is above".
    async fn unseen_above(
        &self,
        session: &Session,
        person: &Person,
        last: Option<&Manager>,
    ) -> Result<Option<Manager>, Failure> {
        let (id, name) = match last {
            Some(manager) => (&manager.id, &manager.name),
            None => (&person.account.id, &person.account.name),
        };
        let Some(guid) = ObjectGuid::parse(id.as_str()) else { return Ok(None) };
        if self.manager_may_be_read(session, &person::name_by(&guid)).await? {
            return Ok(None);
        }
        let why = format!("the service account may not read who it is: {}", missing_right(MANAGER));
        let unseen = out_of_reach(&format!("manager of {id}"), &why);
        Ok(Some(Manager { name: format!("the manager of {name}"), ..unseen }))
    }

    async fn manager(&self, session: &Session, entry: &Entry) -> Result<Manager, Failure> {
        if entry.octets("objectClass").is_empty() {
            return Err(Failure::Half("the service account may not read it there (Read)".to_owned()));
        }
        Ok(Manager {
            id: person::guid(entry)?.account_id(),
            name: person::display_name(entry),
            mail: person::mail(entry),
            standing: self.standing_of_manager(session, entry).await?,
            // Active Directory knows of no automatic replies: nobody is passed over for them.
            absence: Absence::Present,
            phones: self.reading().phones(entry),
        })
    }

    /// One who is told in half is passed over with the reason, as by Graph, and holds up nobody below; that is
    /// not "no phone". An outage says nothing of anybody, and is waited for.
    async fn standing_of_manager(&self, session: &Session, entry: &Entry) -> Result<Standing, Failure> {
        if !entry.is_a("user") || entry.is_a("computer") {
            let what = if entry.is_a("contact") { "a contact" } else { "no person" };
            return Ok(Standing::Closed(format!("{what}, without an account")));
        }
        let standing = match self.reading().standing(entry) {
            Err(Failure::Half(why)) => Standing::Closed(format!("told in half: {why}")),
            told => told?,
        };
        if standing != Standing::Open {
            return Ok(standing);
        }
        Ok(match self.phones_may_be_read(session, entry).await {
            Err(Failure::Half(why)) => {
                Standing::Closed(format!("reachable at a phone that cannot be read: {why}"))
            }
            read => read.map(|()| standing)?,
        })
    }
}

/// A manager of whom nothing but the name is known; nobody is told that there is none.
fn out_of_reach(dn: &str, why: &str) -> Manager {
    Manager {
        id: AccountId::new(dn),
        name: common_name(dn),
        mail: None,
        standing: Standing::Closed(why.to_owned()),
        absence: Absence::Present,
        phones: Vec::new(),
    }
}

/// The name of an entry by what never changes (MS-ADTS 3.1.1.3.1.2.4): its distinguished name may be another
/// person's a moment later.
fn by_identifier(entry: &Entry) -> Result<String, Failure> {
    Ok(person::name_by(&person::guid(entry)?))
}

fn moved() -> Failure {
    Failure::Half("the account was moved or deleted while it was read".to_owned())
}

/// A filter for the entry that has these octets.
pub(crate) fn guid_filter(attribute: &str, guid: &ObjectGuid) -> String {
    format!("({attribute}={})", escaped_binary(guid.octets()))
}

/// The groups of the account: those that a sign-in would carry (`tokenGroups`, which has the primary
/// group, too), and those for mail alone, which no sign-in carries.
async fn groups(session: &Session, entry: &Entry) -> Result<Groups, Failure> {
    let mut sids: Vec<Sid> =
        entry.octets("tokenGroups").iter().filter_map(|octets| Sid::of_octets(octets)).collect();
    let mut groups = Groups::default();
    // Everybody has at least the primary group.
    if sids.is_empty() {
        groups.unread = Some("its groups (tokenGroups) cannot be read".to_owned());
    }
    let own = entry.octets("objectSid").first().and_then(|octets| Sid::of_octets(octets));
    match (own, entry.number("primaryGroupID").map(u32::try_from)) {
        (Some(own), Some(Ok(primary))) => sids.push(own.sibling(primary)),
        (_, _) => groups.unread = Some("its primary group (primaryGroupID) cannot be read".to_owned()),
    }
    sids.sort_unstable();
    sids.dedup();
    let mut add = |entry: Entry| {
        let group = Group::of(&entry);
        if !groups.known.contains(&group) {
            groups.known.push(group);
        }
    };
    for some in sids.chunks(GROUPS_AT_ONCE) {
        let any: String =
            some.iter().map(|sid| format!("(objectSid={})", escaped_binary(sid.octets()))).collect();
        session.walk(&session.domain, &format!("(|{any})"), &GROUP, &mut add).await?;
    }
    let nested = format!("(&(objectCategory=group)(member:{IN_CHAIN}:={}))", escaped(entry.dn.as_bytes()));
    session.walk(&session.domain, &nested, &GROUP, &mut add).await?;
    let is_known = |sid: &Sid| groups.known.iter().any(|group| group.sid.as_ref() == Some(sid));
    groups.nameless = sids.into_iter().filter(|sid| !is_known(sid) && has_a_name(sid)).collect();
    Ok(groups)
}
