//! Walking over everybody, page by page, in few requests: groups are read once and followed here,
//! because what a server works out for one account (`tokenGroups`) would cost a request for each. Of an
//! entry nothing is kept but what is asked for, because there may be tens of thousands. Whether a phone that is
//! not shown could be seen is asked of each account that shows none, and of each that is privileged, because its
//! access list is its own. Of the others that lack one of several attributes one is asked for each place, and the
//! rest only where something is hidden from that one.

use std::collections::{HashMap, HashSet};

use super::entry::{Entry, parent};
use super::failure::Failure;
use super::groups::{GROUP, Group};
use super::look::PEOPLE;
use super::person::{Groups, PERSON, Person, guid};
use super::session::Session;
use super::values::{ObjectGuid, Sid};
use super::{Inner, LdapDirectory};
use crate::directory::odd::Odd;
use crate::directory::{DirectoryError, Listed, ListedPhones, Part, Privilege, Progress};
use crate::types::AccountId;

/// Progress is told after so many.
const STEP: usize = 500;

/// What Entra Connect takes an account's identifier from, where it is set.
const CONSISTENCY_GUID: &str = "mS-DS-ConsistencyGuid";

/// All groups of the domain, with those that they are in.
struct Nesting {
    groups: HashMap<String, (Group, Vec<String>)>,
    names: HashMap<Sid, String>,
}

/// Whom a walk has met.
#[derive(Default)]
struct Met {
    listed: Vec<Listed>,
    /// The distinguished names of their managers, in the same order.
    above: Vec<Option<String>>,
    /// Entries in which an attribute that holds phones is empty, and where they stand in the list: those that
    /// what is found of the first may be believed of.
    empty: Vec<Vec<(usize, Entry)>>,
    /// Which of `empty` a place has for those that lack the same.
    places: HashMap<(String, Vec<String>), usize>,
    /// Everybody's identifier by distinguished name.
    ids: HashMap<String, AccountId>,
    odd: Odd,
}

impl LdapDirectory {
    /// Meets everybody below `base_dn`, each under the identifier by which Entra ID knows the account (see
    /// [`LdapDirectory::by_immutable_id`]): the account, or in words why it cannot be made out. Nobody's phones
    /// are asked for.
    ///
    /// # Errors
    /// [`DirectoryError`]: the walk is not complete.
    pub(in crate::directory) async fn meet_all(
        &self,
        told: &(dyn Fn(Progress) + Send + Sync),
        mut each: impl FnMut(ObjectGuid, Result<Person, String>) + Send,
    ) -> Result<(), DirectoryError> {
        let inner = self.inner();
        let session = inner.session().await?;
        let by_anchor = |entry: &Entry, read: Result<Person, String>| {
            let own = entry.octets(CONSISTENCY_GUID).first();
            let anchor = match own {
                Some(octets) => ObjectGuid::of_octets(octets),
                None => guid(entry).ok(),
            };
            if let Some(anchor) = anchor {
                each(anchor, read);
            }
        };
        let met = inner.each_person(&session, &[CONSISTENCY_GUID], Part::OnPremises, told, by_anchor).await;
        Ok(inner.settle(&session, met).await?)
    }
}

impl Inner {
    pub(super) async fn census(
        &self,
        told: &(dyn Fn(Progress) + Send + Sync),
    ) -> Result<Vec<Listed>, Failure> {
        let session = self.session().await?;
        let read = self.read_all(&session, told).await;
        self.settle(&session, read).await
    }

    async fn read_all(
        &self,
        session: &Session,
        told: &(dyn Fn(Progress) + Send + Sync),
    ) -> Result<Vec<Listed>, Failure> {
        let mut met = Met::default();
        let add = |entry: &Entry, read| met.add(entry, read, &self.phone_attributes);
        self.each_person(session, &[], Part::Accounts, told, add).await?;
        let Met { mut listed, above, empty, places: _, ids, odd } = met;
        for (one, dn) in listed.iter_mut().zip(above) {
            // One elsewhere in the domain is a manager all the same, only not one of this list.
            one.manager = dn.map(|dn| {
                let known = ids.get(&dn.to_lowercase()).cloned();
                known.unwrap_or_else(|| AccountId::new(dn))
            });
        }
        self.look_for_hidden(session, &mut listed, &empty, told).await?;
        odd.tell(listed.len(), told).map_err(Failure::Half)?;
        told(Progress::Read { what: Part::Accounts, done: listed.len(), all: Some(listed.len()) });
        Ok(listed)
    }

    /// Marks those whose phones may not be seen in an attribute that is `empty`.
    async fn look_for_hidden(
        &self,
        session: &Session,
        listed: &mut [Listed],
        empty: &[Vec<(usize, Entry)>],
        told: &(dyn Fn(Progress) + Send + Sync),
    ) -> Result<(), Failure> {
        let (all, who) = (empty.iter().map(Vec::len).sum(), self.own_identifiers(session).await?);
        let (mut done, mut asked) = (0_usize, 0_usize);
        for alike in empty {
            for (nth, (place, entry)) in alike.iter().enumerate() {
                match self.phones_may_be_read_by(session, entry, &who).await {
                    Err(Failure::Half(why)) => listed[*place].phones = ListedPhones::Unknown(why),
                    read => {
                        read?;
                        // What can be seen of the first can be seen of all that are like it.
                        if nth == 0 {
                            break;
                        }
                    }
                }
                asked += 1;
                if asked.is_multiple_of(STEP) {
                    told(Progress::Read { what: Part::Phones, done: done + nth + 1, all: Some(all) });
                }
            }
            done += alike.len();
        }
        Ok(())
    }

    /// Meets everybody below `base_dn`, with the attributes `more` beside the usual ones.
    async fn each_person(
        &self,
        session: &Session,
        more: &[&str],
        what: Part,
        told: &(dyn Fn(Progress) + Send + Sync),
        mut each: impl FnMut(&Entry, Result<Person, String>) + Send,
    ) -> Result<(), Failure> {
        let nesting = nesting(session).await?;
        let asked = self.attributes(&[&PERSON[..], &["memberOf"], more].concat());
        let asked: Vec<&str> = asked.iter().map(String::as_str).collect();
        let mut done = 0_usize;
        let meet = |entry: Entry| {
            let read = self.reading().person(&entry, &nesting.of(&entry));
            each(&entry, read.map_err(|failure| failure.words()));
            done += 1;
            if done.is_multiple_of(STEP) {
                told(Progress::Read { what, done, all: None });
            }
        };
        session.walk(&self.base_dn, &format!("(&{PEOPLE})"), &asked, meet).await
    }
}

impl Met {
    fn add(&mut self, entry: &Entry, read: Result<Person, String>, phones: &[String]) {
        if let Ok(guid) = guid(entry) {
            self.ids.insert(entry.dn.to_lowercase(), guid.account_id());
        }
        let person = match read {
            Ok(person) => person,
            Err(why) => return self.odd.add(format!("{}: {why}", entry.dn)),
        };
        let lacks = phones.iter().filter(|name| entry.octets(name).is_empty());
        let lacks: Vec<String> = lacks.cloned().collect();
        if !lacks.is_empty() {
            let alike = person.account.privilege == Privilege::Ordinary && !person.account.phones.is_empty();
            let own = self.empty.len();
            let at = match alike {
                true => *self.places.entry((parent(&entry.dn).to_lowercase(), lacks)).or_insert(own),
                false => own,
            };
            if at == own {
                self.empty.push(Vec::new());
            }
            self.empty[at].push((self.listed.len(), entry.only(phones)));
        }
        self.above.push(person.manager);
        let (account, phones) = (person.account, ListedPhones::Numbers);
        // Active Directory knows of no sponsors, and of no guests.
        let (manager, sponsors, passed_over) = (None, Some(Vec::new()), false);
        self.listed.push(Listed { account, phones, manager, sponsors, passed_over });
    }
}

impl Nesting {
    /// The groups of the account, nested ones and the primary one included.
    fn of(&self, entry: &Entry) -> Groups {
        let mut groups = Groups::default();
        let mut waiting: Vec<String> = entry.texts("memberOf").iter().map(|dn| dn.to_lowercase()).collect();
        let own = entry.octets("objectSid").first().and_then(|octets| Sid::of_octets(octets));
        match (own, entry.number("primaryGroupID").map(u32::try_from)) {
            (Some(own), Some(Ok(primary))) => {
                let primary = own.sibling(primary);
                match self.names.get(&primary) {
                    Some(dn) => waiting.push(dn.clone()),
                    None => groups.nameless.push(primary),
                }
            }
            (_, _) => groups.unread = Some("its primary group (primaryGroupID) cannot be read".to_owned()),
        }
        let mut seen: HashSet<String> = HashSet::new();
        while let Some(dn) = waiting.pop() {
            if !seen.insert(dn.clone()) {
                continue;
            }
            match self.groups.get(&dn) {
                Some((group, above)) => {
                    groups.known.push(group.clone());
                    waiting.extend(above.iter().cloned());
                }
                None => groups.unread = Some(format!("one of its groups cannot be read: {dn}")),
            }
        }
        groups
    }
}

async fn nesting(session: &Session) -> Result<Nesting, Failure> {
    let mut nesting = Nesting { groups: HashMap::new(), names: HashMap::new() };
    let asked = [&GROUP[..], &["memberOf"]].concat();
    let add = |entry: Entry| {
        let (dn, group) = (entry.dn.to_lowercase(), Group::of(&entry));
        if let Some(sid) = &group.sid {
            nesting.names.insert(sid.clone(), dn.clone());
        }
        let above = entry.texts("memberOf").iter().map(|dn| dn.to_lowercase()).collect();
        nesting.groups.insert(dn, (group, above));
    };
    session.walk(&session.domain, "(objectCategory=group)", &asked, add).await?;
    Ok(nesting)
}
