//! From the attributes of an entry to an account. Pure: what was read goes in, facts come out. What
//! may not be read is an error or "unknown", never "no": a right that is missing would otherwise
//! make everybody ordinary.

use super::entry::Entry;
use super::failure::Failure;
use super::groups::{Group, has_a_name};
use super::values::{ObjectGuid, Sid, file_time};
use crate::clock::Zone;
use crate::directory::{Account, PhoneType, Privilege, RegisteredPhone, Standing};
use crate::types::{Credential, EmailAddress, PhoneNumber, UnixMillis, Username};

/// Attributes of a person that can be read many at a time. Those with phones come beside them.
pub(crate) const PERSON: [&str; 18] = [
    "objectGUID",
    "objectSid",
    "objectClass",
    "sAMAccountName",
    "userPrincipalName",
    "mail",
    "proxyAddresses",
    "displayName",
    "name",
    "department",
    "userAccountControl",
    "accountExpires",
    "adminCount",
    "primaryGroupID",
    "servicePrincipalName",
    "manager",
    "lockoutTime",
    "pwdLastSet",
];

/// Those that a server works out for one entry at a time.
pub(crate) const CONSTRUCTED: [&str; 2] = ["tokenGroups", "msDS-User-Account-Control-Computed"];

/// Bits of `userAccountControl` (MS-ADTS 2.2.16).
mod bit {
    pub(super) const DISABLED: i64 = 0x2;
    pub(super) const LOCKED: i64 = 0x10;
    pub(super) const ORDINARY: i64 = 0x200;
    pub(super) const NEVER_EXPIRES: i64 = 0x1_0000;
    pub(super) const SMARTCARD: i64 = 0x4_0000;
    pub(super) const DELEGATION: i64 = 0x8_0000;
    pub(super) const DELEGATION_BY_ANY_PROTOCOL: i64 = 0x100_0000;
}

/// The built-in Administrator, and the account of the Kerberos service.
const BUILT_IN_ACCOUNTS: [u32; 2] = [500, 502];

/// One account, with what only Active Directory knows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    /// What every register tells.
    pub account: Account,
    /// When the account ends (`accountExpires`). Entra ID does not know it.
    pub expires: Option<UnixMillis>,
    /// Is it locked after wrong passwords? A reset lifts that. `None` when it may not be read.
    pub locked: Option<bool>,
    /// Must the password be changed at the next sign-in (`pwdLastSet` is 0)?
    pub must_change: bool,
    /// The distinguished name of the manager.
    pub(crate) manager: Option<String>,
    /// The entry's name by its identifier, under which it is changed.
    pub(crate) dn: String,
}

/// What is needed beside the entry.
pub(crate) struct Reading<'a> {
    pub(crate) phone_attributes: &'a [String],
    pub(crate) zone: &'a Zone,
    pub(crate) now: UnixMillis,
}

impl Reading<'_> {
    /// The account that `entry` describes, a member of `groups`.
    ///
    /// # Errors
    /// [`Failure::Half`] when something is missing that every account has.
    pub(crate) fn person(&self, entry: &Entry, groups: &Groups) -> Result<Person, Failure> {
        let guid = guid(entry)?;
        let control = entry.needed("userAccountControl")?;
        let computed = entry.number("msDS-User-Account-Control-Computed");
        let expires = self.expires(entry)?;
        let names = names(entry);
        let (username, aliases) = names
            .split_first()
            .ok_or_else(|| Failure::Half(format!("the names of {} are no usernames", entry.common_name())))?;
        let account = Account {
            id: guid.account_id(),
            username: username.clone(),
            aliases: aliases.to_vec(),
            name: display_name(entry),
            mail: mail(entry),
            unit: entry.text("department").unwrap_or_default().to_owned(),
            standing: self.standing(entry)?,
            groups: groups.names(),
            privilege: privilege(entry, control, groups),
            phones: self.phones(entry),
            credential: Credential::Password,
        };
        Ok(Person {
            account,
            expires,
            locked: computed.map(|bits| bits & bit::LOCKED != 0),
            must_change: entry.needed("pwdLastSet")? == 0,
            manager: entry.text("manager").map(str::to_owned),
            dn: name_by(&guid),
        })
    }

    /// May the account be signed in to?
    pub(crate) fn standing(&self, entry: &Entry) -> Result<Standing, Failure> {
        if entry.needed("userAccountControl")? & bit::DISABLED != 0 {
            return Ok(Standing::Closed("switched off".to_owned()));
        }
        Ok(match self.expires(entry)? {
            // The tools of Active Directory ask for the last day and keep the midnight after it.
            Some(end) if end <= self.now => {
                let last_day = self.zone.date(UnixMillis(end.0 - 1));
                Standing::Closed(format!("expired on {last_day}"))
            }
            Some(_) | None => Standing::Open,
        })
    }

    fn expires(&self, entry: &Entry) -> Result<Option<UnixMillis>, Failure> {
        entry.needed("accountExpires").map(file_time)
    }

    /// The phones in the configured attributes, in their order. A text that is no number is a phone
    /// that cannot be compared, not no phone.
    pub(crate) fn phones(&self, entry: &Entry) -> Vec<RegisteredPhone> {
        let mut phones = Vec::new();
        for attribute in self.phone_attributes {
            for octets in entry.octets(attribute) {
                let text = String::from_utf8_lossy(octets);
                if !text.trim().is_empty() {
                    let number = PhoneNumber::parse(&text).ok();
                    phones.push(RegisteredPhone { number, kind: kind_of(attribute), registered_at: None });
                }
            }
        }
        phones
    }
}

/// The distinguished name of the entry with this identifier.
pub(crate) fn name_by(guid: &ObjectGuid) -> String {
    format!("<GUID={guid}>")
}

/// The groups of somebody, nested ones and the primary one included.
#[derive(Clone, Debug, Default)]
pub(crate) struct Groups {
    pub(crate) known: Vec<Group>,
    /// Groups of which only the number is known.
    pub(crate) nameless: Vec<Sid>,
    /// Why nobody can say what the groups are, if so.
    pub(crate) unread: Option<String>,
}

impl Groups {
    fn names(&self) -> Vec<String> {
        let mut names: Vec<String> = self.known.iter().flat_map(|group| group.names.clone()).collect();
        names.sort_unstable();
        names.dedup();
        names
    }
}

/// Is the account privileged? The first reason found is told.
fn privilege(entry: &Entry, control: i64, groups: &Groups) -> Privilege {
    let Some(sid) = entry.octets("objectSid").first().and_then(|octets| Sid::of_octets(octets)) else {
        return Privilege::Unknown("objectSid cannot be read".to_owned());
    };
    let own = own_privilege(entry, control, &sid).map(ToOwned::to_owned);
    // Domain Admins are in Administrators, too; the nearer group says more.
    let of_the_domain = |group: &&Group| group.sid.as_ref().is_some_and(Sid::is_of_a_domain);
    let by_group = || {
        let nearer = groups.known.iter().filter(of_the_domain).find_map(Group::privilege);
        nearer.or_else(|| groups.known.iter().find_map(Group::privilege))
    };
    let by_number = || {
        groups.nameless.iter().find_map(super::groups::protected_by_number).map(|n| format!("member of {n}"))
    };
    if let Some(why) = own.or_else(by_group).or_else(by_number) {
        return Privilege::Privileged(why);
    }
    if let Some(why) = &groups.unread {
        return Privilege::Unknown(why.clone());
    }
    if let Some(sid) = groups.nameless.iter().find(|sid| has_a_name(sid)) {
        return Privilege::Unknown(format!("the name of its group {sid} cannot be read"));
    }
    Privilege::Ordinary
}

/// What makes the account privileged by itself.
fn own_privilege(entry: &Entry, control: i64, sid: &Sid) -> Option<&'static str> {
    let has = |bits: i64| control & bits != 0;
    let reasons = [
        (sid.rid().is_some_and(|rid| BUILT_IN_ACCOUNTS.contains(&rid)), "a built-in account"),
        (entry.number("adminCount").is_some_and(|n| n > 0), "Active Directory protects it (adminCount)"),
        (!has(bit::ORDINARY) || entry.is_a("computer"), "no person's account"),
        (has(bit::SMARTCARD), "a smart card is required to sign in"),
        (has(bit::NEVER_EXPIRES), "a service account: its password never expires"),
        (
            !entry.octets("servicePrincipalName").is_empty(),
            "a service account: it has a servicePrincipalName",
        ),
        (has(bit::DELEGATION | bit::DELEGATION_BY_ANY_PROTOCOL), "a service account: trusted for delegation"),
    ];
    reasons.into_iter().find_map(|(holds, why)| holds.then_some(why))
}

/// The identifier of an entry.
pub(crate) fn guid(entry: &Entry) -> Result<ObjectGuid, Failure> {
    let octets = entry.octets("objectGUID").first();
    octets
        .and_then(|octets| ObjectGuid::of_octets(octets))
        .ok_or_else(|| Failure::Half(format!("objectGUID of {} cannot be read", entry.common_name())))
}

/// The person's name, as people write it.
pub(crate) fn display_name(entry: &Entry) -> String {
    let name = entry.text("displayName").or_else(|| entry.text("name"));
    name.map_or_else(|| entry.common_name(), ToOwned::to_owned)
}

/// The person's mailbox.
pub(crate) fn mail(entry: &Entry) -> Option<EmailAddress> {
    entry.text("mail").and_then(|mail| EmailAddress::parse(mail).ok())
}

/// Every name that somebody may call the account by, the one of the domain first.
pub(crate) fn names(entry: &Entry) -> Vec<Username> {
    let mut names: Vec<Username> = Vec::new();
    for text in spellings(entry) {
        if let Ok(name) = Username::parse(text)
            && !names.contains(&name)
        {
            names.push(name);
        }
    }
    names
}

/// Does the entry itself have this name, letter by letter but for case, or one of the `whole` ones as its user
/// principal name? A server finds `björn` when `bjorn` is asked for.
pub(crate) fn is_called(entry: &Entry, name: &Username, whole: &[String]) -> bool {
    let is_whole = |upn: &str| whole.iter().any(|name| name.eq_ignore_ascii_case(upn));
    spellings(entry).any(|own| own.eq_ignore_ascii_case(name.as_str()))
        || entry.text("userPrincipalName").is_some_and(is_whole)
}

fn spellings(entry: &Entry) -> impl Iterator<Item = &str> {
    let single = ["sAMAccountName", "userPrincipalName", "mail"].into_iter().filter_map(|n| entry.text(n));
    let proxies = entry.texts("proxyAddresses").into_iter().filter_map(|address| {
        let (kind, rest) = address.split_once(':')?;
        kind.eq_ignore_ascii_case("smtp").then_some(rest)
    });
    single.chain(proxies)
}

/// What kind of phone an attribute holds. Of those that are not Active Directory's own, a site says
/// itself that mobiles are in them.
fn kind_of(attribute: &str) -> PhoneType {
    const DESK: [&str; 8] = [
        "telephoneNumber",
        "otherTelephone",
        "ipPhone",
        "otherIpPhone",
        "homePhone",
        "otherHomePhone",
        "pager",
        "facsimileTelephoneNumber",
    ];
    if attribute.eq_ignore_ascii_case("otherMobile") {
        PhoneType::AlternateMobile
    } else if DESK.iter().any(|desk| desk.eq_ignore_ascii_case(attribute)) {
        PhoneType::Office
    } else {
        PhoneType::Mobile
    }
}

#[cfg(test)]
mod tests;
