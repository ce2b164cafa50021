//! The people of the world: what the register says of them, what opens their accounts, what they were told.

use nyckelbud::ticket::TicketId;
use nyckelbud::types::{AccountId, Credential};

use super::log::What;
use super::plan::{ASKING, Change, Plan};
use super::world::World;

/// Somebody in the register, with what they have been told.
#[derive(Clone, Debug)]
pub struct Person {
    pub id: AccountId,
    pub short: &'static str,
    pub name: &'static str,
    pub phone: Option<&'static str>,
    pub open: bool,
    pub privileged: bool,
    pub away: bool,
    pub credential: Credential,
    /// What opens the account beside its owner's own: a password of ours, or a pass.
    pub opens: Option<String>,
    /// What the owner was told.
    pub told: Vec<String>,
    /// Did the owner use what opens?
    pub used: bool,
}

const PEOPLE: [(&str, &str, Option<&str>, &str); 6] = [
    ("anna.andersson", "Anna Andersson", Some("+46701740605"), "+46701740645"),
    ("bo.berg", "Bo Berg", Some("+46701740606"), "+46701740646"),
    ("cilla.ceder", "Cilla Ceder", None, "+46701740647"),
    ("david.dahl", "David Dahl", Some("+46701740608"), "+46701740648"),
    ("eva.ek", "Eva Ek", Some("+46701740610"), "+46701740650"),
    ("filip.falk", "Filip Falk", Some("+46701740611"), "+46701740651"),
];

/// A number that nobody has.
pub const STRANGER: &str = "+46701740699";

pub fn people(plan: &Plan) -> Vec<Person> {
    let person = |place: usize| {
        let (short, name, phone, _) = PEOPLE[place];
        let passes = place == ASKING - 1 && plan.passes;
        let credential = if passes { Credential::TemporaryAccessPass } else { Credential::Password };
        Person {
            id: AccountId::new(format!("a-{short}")),
            short,
            name,
            phone,
            open: true,
            privileged: false,
            away: false,
            credential,
            opens: None,
            told: Vec::new(),
            used: false,
        }
    };
    (0..PEOPLE.len()).map(person).collect()
}

/// Whose number this is, or was: for people who read.
pub fn owner_of(number: &str) -> &'static str {
    let has =
        |(_, _, phone, other): &&(&str, &str, Option<&str>, &str)| *phone == Some(number) || *other == number;
    PEOPLE.iter().find(has).map_or("a stranger", |(short, ..)| *short)
}

/// The number that somebody writes into a mail.
pub fn number_of(who: usize, right: bool) -> &'static str {
    if right { PEOPLE[who].2.unwrap_or(PEOPLE[who].3) } else { STRANGER }
}

impl World {
    pub fn change(&self, change: Change) {
        let mut people = self.people.lock().unwrap();
        let person = |who: usize| (who, PEOPLE[who].0);
        let (who, what) = match change {
            Change::AnotherPhone(who) => {
                people[who].phone = Some(PEOPLE[who].3);
                (person(who), "has another phone")
            }
            Change::PhoneGone(who) => {
                people[who].phone = None;
                (person(who), "has no phone any more")
            }
            Change::SwitchedOff(who) => {
                people[who].open = false;
                (person(who), "is switched off")
            }
            Change::MadePrivileged(who) => {
                people[who].privileged = true;
                (person(who), "is privileged")
            }
            Change::Away(who) => {
                people[who].away = true;
                (person(who), "is away")
            }
            Change::Restored(who) => {
                let kept = people[who].clone();
                people[who] = Person {
                    opens: kept.opens,
                    told: kept.told,
                    used: kept.used,
                    ..new(who, &kept.credential)
                };
                (person(who), "is as in the beginning")
            }
        };
        drop(people);
        self.write(0, What::Changed(format!("{} {what}", who.1)));
    }

    /// The register takes a password, at the latest now.
    pub fn take(&self, account: &AccountId, value: &str, ticket: TicketId) {
        let mut people = self.people.lock().unwrap();
        let Some(person) = people.iter_mut().find(|person| person.id == *account) else { return };
        if person.opens.as_deref() != Some(value) {
            person.opens = Some(value.to_owned());
            person.used = false;
        }
        drop(people);
        let (account, value) = (account.clone(), value.to_owned());
        self.write(0, What::Holds { account, value, ticket });
    }

    /// The register puts `new` in the place of `old`, unless the owner has used that.
    pub fn exchange(&self, account: &AccountId, old: &str, new: &str) -> bool {
        let mut people = self.people.lock().unwrap();
        let Some(person) = people.iter_mut().find(|person| person.id == *account) else { return false };
        if person.opens.as_deref() != Some(old) || person.used {
            return false;
        }
        person.opens = Some(new.to_owned());
        drop(people);
        self.write(0, What::Replaced { account: account.clone() });
        true
    }

    /// Somebody tells the owner a password or pass, who will use it if it opens the account.
    pub fn tell(&self, account: &AccountId, value: &str) {
        let mut people = self.people.lock().unwrap();
        let Some(person) = people.iter_mut().find(|person| person.id == *account) else { return };
        person.told.push(value.to_owned());
        person.used |= person.opens.as_deref() == Some(value);
    }
}

fn new(who: usize, credential: &Credential) -> Person {
    let (short, name, phone, _) = PEOPLE[who];
    let (id, credential) = (AccountId::new(format!("a-{short}")), *credential);
    let (open, privileged, away, used) = (true, false, false, false);
    Person { id, short, name, phone, open, privileged, away, credential, opens: None, told: Vec::new(), used }
}
