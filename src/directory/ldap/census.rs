//! Walking over everybody, page by page, in few requests: groups are read once and followed here,
//! because what a server works out for one account (`tokenGroups`) would cost a request for each.

use std::collections::{HashMap, HashSet};

use super::Inner;
use super::entry::Entry;
use super::failure::Failure;
use super::groups::{GROUP, Group};
use super::look::PEOPLE;
use super::person::{Groups, PERSON, guid};
use super::session::Session;
use super::values::Sid;
use crate::directory::odd::Odd;
use crate::directory::{Listed, ListedPhones, Progress};
use crate::types::AccountId;

/// Progress is told after so many.
const STEP: usize = 500;

/// All groups of the domain, with those that they are in.
struct Nesting {
    groups: HashMap<String, (Group, Vec<String>)>,
    names: HashMap<Sid, String>,
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
        let nesting = nesting(session).await?;
        let asked = self.attributes(&[&PERSON[..], &["memberOf"]].concat());
        let asked: Vec<&str> = asked.iter().map(String::as_str).collect();
        let mut entries: Vec<Entry> = Vec::new();
        let add = |entry| {
            entries.push(entry);
            if entries.len().is_multiple_of(STEP) {
                told(Progress::Read { done: entries.len(), all: None });
            }
        };
        session.walk(&self.base_dn, &format!("(&{PEOPLE})"), &asked, add).await?;
        let ids: HashMap<String, AccountId> = entries
            .iter()
            .filter_map(|entry| Some((entry.dn.to_lowercase(), guid(entry).ok()?.account_id())))
            .collect();
        let (mut listed, mut odd) = (Vec::with_capacity(entries.len()), Odd::default());
        for entry in &entries {
            let mut one = match self.listed(entry, &nesting, &ids) {
                Err(Failure::Half(why)) => {
                    odd.add(format!("{}: {why}", entry.dn));
                    continue;
                }
                read => read?,
            };
            if !one.account.phones.is_empty() {
                listed.push(one);
                continue;
            }
            match self.phones_may_be_read(session, entry).await {
                Err(Failure::Half(why)) => one.phones = ListedPhones::Unknown(why),
                read => read?,
            }
            listed.push(one);
        }
        odd.tell(listed.len(), told).map_err(Failure::Half)?;
        told(Progress::Read { done: listed.len(), all: Some(listed.len()) });
        Ok(listed)
    }

    fn listed(
        &self,
        entry: &Entry,
        nesting: &Nesting,
        ids: &HashMap<String, AccountId>,
    ) -> Result<Listed, Failure> {
        let person = self.reading().person(entry, &nesting.of(entry))?;
        // One elsewhere in the domain is a manager all the same, only not one of this list.
        let manager = person.manager.map(|dn| {
            let known = ids.get(&dn.to_lowercase()).cloned();
            known.unwrap_or_else(|| AccountId::new(dn))
        });
        Ok(Listed { account: person.account, phones: ListedPhones::Numbers, manager })
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
