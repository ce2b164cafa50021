//! What a `directory.toml` says: accounts with their names, phones and managers. Pure: text goes
//! in, facts come out. The crate `toml` is used here and in [`crate::password::file`] beside its
//! door in `config/`, because these two files are this directory's own database.
//!
//! A file that cannot be understood completely is refused completely: half of it would make the
//! people in the other half "not registered".

use std::collections::HashMap;

use serde::Deserialize;
use toml::Spanned;
use toml::value::{Datetime, Value};

use super::{
    Absence, Account, DirectoryError, Facts, Found, Listed, ListedPhones, Lookup, Manager, PhoneType,
};
use super::{Privilege, RegisteredPhone, Standing, Who, under_each};
use crate::clock::parse_rfc3339;
use crate::types::{AccountId, Credential, EmailAddress, PhoneNumber, UnixMillis, Username};

/// Why a text is no register. Holds no phone number.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {problem}")]
pub struct RegisterError {
    /// The line it was noticed in, from 1.
    pub line: usize,
    /// What is wrong, in words.
    pub problem: String,
}

/// All accounts of a `directory.toml`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Register {
    people: Vec<Person>,
    /// Folded username, alias or mail address → places in `people`.
    names: HashMap<String, Vec<usize>>,
    /// Folded username → places in `people`.
    usernames: HashMap<String, Vec<usize>>,
    /// Identifier → places in `people`.
    ids: HashMap<AccountId, Vec<usize>>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Person {
    account: Account,
    /// A username or an identifier, as written.
    manager: Option<String>,
    absent: Absent,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Absent {
    No,
    Always,
    /// Until the end of this day, `2026-11-24`.
    Until(String),
}

/// Reads the text of a `directory.toml`.
///
/// # Errors
/// [`RegisterError`] with the line: no TOML, an unknown or missing key, a username, mail address or
/// date that is none, or no account at all (a file that was emptied before it is written anew).
pub fn parse(text: &str) -> Result<Register, RegisterError> {
    let file: FileEntry = toml::from_str(text).map_err(|error| RegisterError {
        line: line_of(text, error.span().map_or(0, |span| span.start)),
        // The message may quote a value, and a value may be a phone number.
        problem: error.message().replace(|c: char| c.is_ascii_digit(), "•"),
    })?;
    if file.account.is_empty() {
        return Err(RegisterError { line: 1, problem: "the file holds no [[account]]".to_owned() });
    }
    let people = file.account.into_iter().map(|entry| person(text, entry));
    Ok(Register::new(people.collect::<Result<_, _>>()?))
}

impl Register {
    fn new(people: Vec<Person>) -> Self {
        let mut register =
            Self { people, names: HashMap::new(), usernames: HashMap::new(), ids: HashMap::new() };
        for (place, Person { account, .. }) in register.people.iter().enumerate() {
            let username = account.username.folded();
            let aliases = account.aliases.iter().map(Username::folded);
            let mail = account.mail.iter().map(|mail| mail.as_str().to_owned());
            for name in std::iter::once(username.clone()).chain(aliases).chain(mail) {
                let places = register.names.entry(name).or_default();
                if places.last() != Some(&place) {
                    places.push(place);
                }
            }
            register.usernames.entry(username).or_default().push(place);
            register.ids.entry(account.id.clone()).or_default().push(place);
        }
        register
    }

    /// How many accounts there are, and how many of them have a phone that is a number.
    #[must_use]
    pub fn counts(&self) -> (usize, usize) {
        let reachable = |person: &&Person| person.account.phones.iter().any(|phone| phone.number.is_some());
        (self.people.len(), self.people.iter().filter(reachable).count())
    }

    /// Every account, with the one above it.
    ///
    /// # Errors
    /// As for [`Register::facts`].
    pub fn listed(&self) -> Result<Vec<Listed>, DirectoryError> {
        let listed = |(place, person): (usize, &Person)| {
            let above = person.manager.as_ref().map(|reference| self.resolve(place, reference));
            let manager = above.transpose()?.map(|above| self.people[above].account.id.clone());
            let (account, phones) = (person.account.clone(), ListedPhones::Numbers);
            Ok(Listed { account, phones, manager, sponsors: Some(Vec::new()), passed_over: false })
        };
        self.people.iter().enumerate().map(listed).collect()
    }

    /// Those in whose names each word of `name` is the beginning of a word; at most `most`.
    #[must_use]
    pub fn people(&self, name: &str, most: u8) -> Vec<Found> {
        let wanted = words(name);
        let has = |account: &Account| {
            let names = account.aliases.iter().chain([&account.username]).map(Username::as_str);
            let own: Vec<String> = names.chain([account.name.as_str()]).flat_map(words).collect();
            !wanted.is_empty()
                && wanted.iter().all(|word| own.iter().any(|own| own.starts_with(word.as_str())))
        };
        let accounts = self.people.iter().map(|person| &person.account).filter(|account| has(account));
        accounts.take(usize::from(most)).map(found).collect()
    }

    /// Everything about one person and the chain above up to `depth`, on the day `today`
    /// (`2026-11-24`), by which absences end. A name without a domain is looked for under each of `domains`.
    ///
    /// # Errors
    /// [`DirectoryError::Half`] when a manager in the chain does not exist or could be several.
    pub fn facts(
        &self,
        who: &Who,
        domains: &[String],
        depth: u8,
        today: &str,
    ) -> Result<Facts, DirectoryError> {
        let places = match who {
            Who::Named(name) => self.named(name, domains),
            Who::Id(id) => self.ids.get(id).cloned().unwrap_or_default(),
        };
        let nothing = |lookup| Ok(Facts { lookup, managers: Vec::new() });
        let place = match places.as_slice() {
            [] => return nothing(Lookup::Nobody),
            [place] => *place,
            _ => return nothing(Lookup::Several),
        };
        let person = &self.people[place];
        // A name may be clear while the identifier is not, and a password is set by identifier.
        if self.ids.get(&person.account.id).is_some_and(|places| places.len() > 1) {
            return nothing(Lookup::Several);
        }
        let managers = self.chain(place, depth)?;
        let managers = managers.into_iter().map(|place| self.people[place].as_manager(today));
        Ok(Facts { lookup: Lookup::One(Box::new(person.account.clone())), managers: managers.collect() })
    }

    /// The places of those who are called `name`, or have it under one of `domains` as their username.
    fn named(&self, name: &Username, domains: &[String]) -> Vec<usize> {
        let own = self.names.get(&name.folded());
        let whole = under_each(name, domains);
        let whole = whole.iter().filter_map(|name| self.usernames.get(&name.to_ascii_lowercase()));
        let mut places: Vec<usize> = own.into_iter().chain(whole).flatten().copied().collect();
        places.sort_unstable();
        places.dedup();
        places
    }

    /// The places of those above `start`, nearest first; where a cycle closes, the last one comes again.
    fn chain(&self, start: usize, depth: u8) -> Result<Vec<usize>, DirectoryError> {
        let mut seen = vec![start];
        let mut current = start;
        while seen.len() <= usize::from(depth) {
            let Some(reference) = &self.people[current].manager else { break };
            current = self.resolve(current, reference)?;
            let comes_again = seen.contains(&current);
            seen.push(current);
            if comes_again {
                break;
            }
        }
        seen.remove(0);
        Ok(seen)
    }

    fn resolve(&self, employee: usize, reference: &str) -> Result<usize, DirectoryError> {
        let by_id = self.ids.get(&AccountId::new(reference)).into_iter().flatten();
        let by_name = self.usernames.get(&reference.to_ascii_lowercase()).into_iter().flatten();
        let mut places: Vec<usize> = by_id.chain(by_name).copied().collect();
        // Whoever shares an identifier with them could be meant as well.
        let ids: Vec<&AccountId> = places.iter().map(|place| &self.people[*place].account.id).collect();
        places.extend(ids.into_iter().filter_map(|id| self.ids.get(id)).flatten());
        places.sort_unstable();
        places.dedup();
        let whose = &self.people[employee].account.username;
        match places.as_slice() {
            [place] => Ok(*place),
            [] => Err(DirectoryError::Half(format!("the manager of {whose} is not in it"))),
            _ => Err(DirectoryError::Half(format!("the manager of {whose} could be several accounts"))),
        }
    }
}

/// The words of a name as they are compared.
fn words(name: &str) -> Vec<String> {
    let words = name.split(|c: char| c.is_whitespace() || "@.,-".contains(c)).filter(|word| !word.is_empty());
    words.map(str::to_lowercase).collect()
}

fn found(account: &Account) -> Found {
    Found {
        username: account.username.clone(),
        name: account.name.clone(),
        title: String::new(),
        unit: account.unit.clone(),
        mail: account.mail.clone(),
        open: account.standing == Standing::Open,
    }
}

impl Person {
    fn as_manager(&self, today: &str) -> Manager {
        let absence = match &self.absent {
            Absent::Always => Absence::Absent,
            // Dates of one form sort as texts.
            Absent::Until(last_day) if today <= last_day.as_str() => Absence::Absent,
            Absent::No | Absent::Until(_) => Absence::Present,
        };
        let Account { id, name, mail, standing, phones, .. } = self.account.clone();
        Manager { id, name, mail, standing, absence, phones }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FileEntry {
    #[serde(default)]
    account: Vec<AccountEntry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AccountEntry {
    id: Spanned<String>,
    username: Spanned<String>,
    #[serde(default)]
    aliases: Vec<Spanned<String>>,
    #[serde(default)]
    name: String,
    mail: Option<Spanned<String>>,
    #[serde(default)]
    unit: String,
    #[serde(default = "yes")]
    enabled: bool,
    /// Why the account is never automated.
    protected: Option<String>,
    #[serde(default)]
    groups: Vec<String>,
    manager: Option<String>,
    absent: Option<Spanned<Value>>,
    #[serde(default)]
    phone: Vec<PhoneEntry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PhoneEntry {
    number: String,
    #[serde(rename = "type")]
    kind: PhoneType,
    registered_at: Option<Spanned<Value>>,
}

fn yes() -> bool {
    true
}

fn person(text: &str, entry: AccountEntry) -> Result<Person, RegisterError> {
    let username = |name: &Spanned<String>| {
        Username::parse(name.get_ref()).map_err(|error| problem(text, name, error.to_string()))
    };
    if entry.id.get_ref().trim().is_empty() {
        return Err(problem(text, &entry.id, "an id is not empty"));
    }
    let mail = entry.mail.as_ref().map(|mail| {
        EmailAddress::parse(mail.get_ref()).map_err(|error| problem(text, mail, error.to_string()))
    });
    let absent = match &entry.absent {
        None => Absent::No,
        Some(value) => absent(value.get_ref())
            .ok_or_else(|| problem(text, value, "absent is true, false or the date it ends"))?,
    };
    let account = Account {
        username: username(&entry.username)?,
        aliases: entry.aliases.iter().map(username).collect::<Result<_, _>>()?,
        mail: mail.transpose()?,
        phones: entry.phone.iter().map(|phone| phone_of(text, phone)).collect::<Result<_, _>>()?,
        id: AccountId::new(entry.id.into_inner()),
        name: entry.name,
        unit: entry.unit,
        standing: if entry.enabled { Standing::Open } else { Standing::Closed("switched off".to_owned()) },
        groups: entry.groups,
        // Which groups protect is the site's policy.
        privilege: entry.protected.map_or(Privilege::Ordinary, Privilege::Privileged),
        credential: Credential::Password,
    };
    Ok(Person { account, manager: entry.manager, absent })
}

fn phone_of(text: &str, entry: &PhoneEntry) -> Result<RegisteredPhone, RegisterError> {
    let registered_at = entry.registered_at.as_ref().map(|value| {
        point_in_time(value.get_ref())
            .ok_or_else(|| problem(text, value, "registered_at is a date-time such as 2026-11-24T09:00:00Z"))
    });
    Ok(RegisteredPhone {
        number: PhoneNumber::parse(&entry.number).ok(),
        kind: entry.kind,
        registered_at: registered_at.transpose()?,
    })
}

fn absent(value: &Value) -> Option<Absent> {
    match value {
        Value::Boolean(true) => Some(Absent::Always),
        Value::Boolean(false) => Some(Absent::No),
        value => {
            let date = datetime(value)?.date?;
            Some(Absent::Until(format!("{:04}-{:02}-{:02}", date.year, date.month, date.day)))
        }
    }
}

/// A TOML date-time, or the same as a text. What it leaves open is filled so that the phone counts
/// as younger: the end of a day, and UTC, which lies behind Swedish time.
pub(crate) fn point_in_time(value: &Value) -> Option<UnixMillis> {
    let datetime = datetime(value)?;
    datetime.date?;
    let mut text = datetime.to_string();
    if datetime.time.is_none() {
        text.push_str("T23:59:59");
    }
    if datetime.offset.is_none() {
        text.push('Z');
    }
    parse_rfc3339(&text)
}

fn datetime(value: &Value) -> Option<Datetime> {
    match value {
        Value::Datetime(datetime) => Some(*datetime),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    }
}

fn problem<T>(text: &str, place: &Spanned<T>, problem: impl Into<String>) -> RegisterError {
    RegisterError { line: line_of(text, place.span().start), problem: problem.into() }
}

/// The line, from 1, of the octet at `offset`.
pub(crate) fn line_of(text: &str, offset: usize) -> usize {
    1 + text.bytes().take(offset).filter(|octet| *octet == b'\n').count()
}

mod write;

pub use write::write;

#[cfg(test)]
mod tests;
