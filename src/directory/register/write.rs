//! A register written as a `directory.toml`, so that what another directory holds can be tried, or used
//! when that directory cannot be asked.

use std::collections::HashMap;

use serde::Serialize;

use crate::clock::rfc3339;
use crate::directory::{DirectoryError, Listed, ListedPhones, PhoneType, Privilege, Standing};
use crate::types::AccountId;

/// A phone that is no number is not the same as no phone.
const UNREADABLE: &str = "unreadable";

const HEAD: &str = "# Written by `nyckelbud directory export`. What the register knows of\n\
    # absences is not in here, because it changes with the day.\n";

#[derive(Serialize)]
struct Written<'a> {
    account: Vec<AccountEntry<'a>>,
}

/// As [`super::parse`] reads it.
#[derive(Serialize)]
struct AccountEntry<'a> {
    id: &'a str,
    username: &'a str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    aliases: Vec<&'a str>,
    name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    mail: Option<&'a str>,
    unit: &'a str,
    enabled: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    protected: Option<&'a str>,
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    groups: &'a [String],
    #[serde(skip_serializing_if = "Option::is_none")]
    manager: Option<&'a str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    phone: Vec<PhoneEntry<'a>>,
}

#[derive(Serialize)]
struct PhoneEntry<'a> {
    number: &'a str,
    #[serde(rename = "type")]
    kind: PhoneType,
    #[serde(skip_serializing_if = "Option::is_none")]
    registered_at: Option<String>,
}

/// The text of a `directory.toml` with these accounts. A manager who is not among them is left out; where there
/// is none, the first sponsor stands there. Whose phones could not be read has one of every type that is no
/// number, so that whichever types are texted a technician looks at it, as where they came from. Whoever is
/// passed over as a manager has none: nobody is to be texted there.
///
/// # Errors
/// [`DirectoryError::Half`] when of somebody's phones only the types were read: in the file they would look as
/// if none were registered.
pub fn write(listed: &[Listed]) -> Result<String, DirectoryError> {
    let by_id: HashMap<&AccountId, &Listed> = listed.iter().map(|one| (&one.account.id, one)).collect();
    let account = listed.iter().map(|one| Ok(account(one, above(one, &by_id), phones(one)?)));
    let account = account.collect::<Result<_, DirectoryError>>()?;
    let text = toml::to_string(&Written { account })
        .map_err(|error| DirectoryError::Half(format!("it cannot be written as TOML: {error}")))?;
    Ok(format!("{HEAD}\n{text}"))
}

/// Who stands in the file as the manager.
fn above<'a>(one: &'a Listed, by_id: &HashMap<&AccountId, &Listed>) -> Option<&'a str> {
    let found = match &one.manager {
        Some(manager) => Some(manager).filter(|id| by_id.contains_key(id)),
        None => {
            let mut sponsors = one.sponsors.iter().flatten();
            sponsors.find(|id| by_id.get(id).is_some_and(|sponsor| !sponsor.passed_over))
        }
    };
    found.map(AccountId::as_str)
}

fn phones(one: &Listed) -> Result<Vec<PhoneEntry<'_>>, DirectoryError> {
    if one.passed_over {
        return Ok(Vec::new());
    }
    match &one.phones {
        ListedPhones::Numbers => {
            let phones = one.account.phones.iter().map(|phone| PhoneEntry {
                number: phone.number.as_ref().map_or(UNREADABLE, |number| number.e164()),
                kind: phone.kind,
                registered_at: phone.registered_at.map(rfc3339),
            });
            Ok(phones.collect())
        }
        ListedPhones::Unknown(_) => {
            let kinds = [PhoneType::Mobile, PhoneType::AlternateMobile, PhoneType::Office];
            Ok(kinds.map(|kind| PhoneEntry { number: UNREADABLE, kind, registered_at: None }).into())
        }
        ListedPhones::Types(_) => Err(DirectoryError::Half(format!(
            "the phones of {} are not known: only their types were read",
            one.account.username
        ))),
    }
}

fn account<'a>(one: &'a Listed, manager: Option<&'a str>, phone: Vec<PhoneEntry<'a>>) -> AccountEntry<'a> {
    let account = &one.account;
    AccountEntry {
        id: account.id.as_str(),
        username: account.username.as_str(),
        aliases: account.aliases.iter().map(|alias| alias.as_str()).collect(),
        name: &account.name,
        mail: account.mail.as_ref().map(|mail| mail.as_str()),
        unit: &account.unit,
        enabled: account.standing == Standing::Open,
        protected: match &account.privilege {
            Privilege::Ordinary => None,
            Privilege::Privileged(why) | Privilege::Unknown(why) => Some(why),
        },
        groups: &account.groups,
        manager,
        phone,
    }
}
