//! Who could be helped if the phones of the desk went down now. The rules of a decision, held against
//! everybody in the register before anybody asks.

use std::collections::{BTreeMap, HashMap};

use super::decide::is_protected;
use super::phone::{is_a_technicians, may_be_texted};
use super::{Fallback, ManagerDelivery, Pickup, Policy};
use crate::directory::{Account, Listed, ListedPhones, Standing};
use crate::types::{AccountId, UnixMillis, Username};

/// How somebody would be helped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Help {
    /// By a text to a registered phone.
    Text,
    /// By the nearest manager.
    Manager,
    /// Not at all: no phone is registered, and no manager can be reached.
    NoPhone,
    /// Not at all: no registered phone takes a text that is allowed, and no manager can be reached, or a
    /// technician is asked before any manager.
    NoTexts,
    /// Not by the automation: privileged, protected, or nobody could tell.
    Protected,
    /// Nobody knows: the phones could not be read, or no manager who could be reached was among those read.
    Unknown,
}

impl Help {
    /// All of them, in the order in which they are told.
    pub const ALL: [Self; 6] =
        [Self::Text, Self::Manager, Self::NoPhone, Self::NoTexts, Self::Protected, Self::Unknown];

    /// The stable word.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Manager => "manager",
            Self::NoPhone => "no-phone",
            Self::NoTexts => "no-texts",
            Self::Protected => "protected",
            Self::Unknown => "unknown",
        }
    }

    /// Would they get a password without a technician?
    #[must_use]
    pub fn helps(self) -> bool {
        match self {
            Self::Text | Self::Manager => true,
            Self::NoPhone | Self::NoTexts | Self::Protected | Self::Unknown => false,
        }
    }
}

/// Somebody, and how they would be helped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Covered<'a> {
    /// The unit they work in; empty when unknown.
    pub unit: &'a str,
    /// Their username.
    pub username: &'a Username,
    /// Their name.
    pub name: &'a str,
    /// How they would be helped.
    pub help: Help,
    /// Of their phones only the types are known: whether a number is a mobile's, of a country that is texted
    /// and registered for long enough is not.
    pub by_type: bool,
}

/// Everybody who can sign in, by unit and then by username. Whether a manager is away on the day is left
/// out: the question is who could never be helped.
#[must_use]
pub fn coverage<'a>(listed: &'a [Listed], policy: &Policy, now: UnixMillis) -> Vec<Covered<'a>> {
    let register = Register { by_id: listed.iter().map(|one| (&one.account.id, one)).collect(), policy, now };
    let can_sign_in = listed.iter().filter(|one| one.account.standing == Standing::Open);
    let mut all: Vec<Covered<'a>> = can_sign_in
        .map(|one| {
            let Account { unit, username, name, .. } = &one.account;
            let by_type = matches!(one.phones, ListedPhones::Types(_));
            Covered { unit, username, name, help: register.help(one), by_type }
        })
        .collect();
    all.sort_by(|one, other| (one.unit, one.username.as_str()).cmp(&(other.unit, other.username.as_str())));
    all
}

/// How many of each unit would be helped in which way.
#[must_use]
pub fn by_unit<'a>(all: &[Covered<'a>]) -> BTreeMap<&'a str, BTreeMap<Help, usize>> {
    let mut units: BTreeMap<&str, BTreeMap<Help, usize>> = BTreeMap::new();
    for one in all {
        *units.entry(one.unit).or_default().entry(one.help).or_default() += 1;
    }
    units
}

/// What is known of those above somebody.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Above {
    Reachable,
    Nobody,
    /// One of them was not among those read, or has phones that could not be read.
    Unknown,
}

/// What is known of a phone that could be texted.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Reach {
    Texts,
    NoTexts,
    /// Nor is a manager asked: a technician looks at it.
    Technician,
    NoPhone,
    Unknown,
}

struct Register<'a> {
    by_id: HashMap<&'a AccountId, &'a Listed>,
    policy: &'a Policy,
    now: UnixMillis,
}

impl Register<'_> {
    fn help(&self, one: &Listed) -> Help {
        if is_protected(&one.account, self.policy) {
            return Help::Protected;
        }
        let (reach, fallback) = match self.reach(one) {
            Reach::Texts => return Help::Text,
            Reach::Unknown => return Help::Unknown,
            Reach::NoPhone => (Help::NoPhone, self.policy.no_phone),
            // Whose phone takes no texts is always the manager's.
            Reach::NoTexts => (Help::NoTexts, Fallback::Manager),
            Reach::Technician => (Help::NoTexts, Fallback::Review),
        };
        match (fallback, self.above(one)) {
            (Fallback::Manager, Above::Reachable) => Help::Manager,
            (Fallback::Manager, Above::Unknown) => Help::Unknown,
            (Fallback::Manager, Above::Nobody) | (Fallback::Review, _) => reach,
        }
    }

    fn above(&self, one: &Listed) -> Above {
        if one.manager.is_none() {
            return self.sponsors(one);
        }
        let mut seen = vec![&one.account.id];
        let mut above = one.manager.as_ref();
        let mut known = Above::Nobody;
        while let Some(id) = above.filter(|id| !seen.contains(id)) {
            if seen.len() > usize::from(self.policy.manager_depth) {
                break;
            }
            seen.push(id);
            // A walk reads those below one place, and the manager may sit elsewhere.
            let Some(manager) = self.by_id.get(id) else { return Above::Unknown };
            match self.asked(manager) {
                Above::Reachable => return Above::Reachable,
                Above::Unknown => known = Above::Unknown,
                Above::Nobody => {}
            }
            above = manager.manager.as_ref();
        }
        known
    }

    /// The same of those who speak for somebody without a manager: they stand side by side.
    fn sponsors(&self, one: &Listed) -> Above {
        let Some(sponsors) = &one.sponsors else { return Above::Unknown };
        let mut known = Above::Nobody;
        for id in sponsors.iter().take(usize::from(self.policy.manager_depth)) {
            match self.by_id.get(id).map_or(Above::Unknown, |sponsor| self.asked(sponsor)) {
                Above::Reachable => return Above::Reachable,
                Above::Unknown => known = Above::Unknown,
                Above::Nobody => {}
            }
        }
        known
    }

    /// Can this one be handed somebody's password?
    fn asked(&self, manager: &Listed) -> Above {
        if manager.passed_over || manager.account.standing != Standing::Open {
            return Above::Nobody;
        }
        let mailbox = manager.account.mail.is_some();
        match (self.policy.manager, self.policy.pickup) {
            (ManagerDelivery::Pickup, Pickup::SignIn) if mailbox && self.policy.manager_told.mail => {
                return Above::Reachable;
            }
            (ManagerDelivery::Pickup, Pickup::LinkAndCode) if !mailbox => return Above::Nobody,
            (ManagerDelivery::Pickup, Pickup::SignIn) if !self.policy.manager_told.text => {
                return Above::Nobody;
            }
            (ManagerDelivery::Pickup | ManagerDelivery::Password, _) => {}
        }
        match self.reach(manager) {
            Reach::Texts => Above::Reachable,
            Reach::Unknown => Above::Unknown,
            Reach::NoTexts | Reach::Technician | Reach::NoPhone => Above::Nobody,
        }
    }

    fn reach(&self, one: &Listed) -> Reach {
        match &one.phones {
            ListedPhones::Numbers if one.account.phones.is_empty() => Reach::NoPhone,
            ListedPhones::Numbers => {
                let phones = &one.account.phones;
                if phones.iter().any(|phone| may_be_texted(phone, self.policy, self.now)) {
                    Reach::Texts
                } else if phones.iter().any(|phone| is_a_technicians(phone, self.policy, self.now)) {
                    Reach::Technician
                } else {
                    Reach::NoTexts
                }
            }
            ListedPhones::Types(types) if types.is_empty() => Reach::NoPhone,
            ListedPhones::Types(types) => {
                let texted = types.iter().any(|kind| self.policy.phone_types.contains(kind));
                if texted { Reach::Texts } else { Reach::NoTexts }
            }
            ListedPhones::Unknown(_) => Reach::Unknown,
        }
    }
}
