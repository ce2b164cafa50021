//! A register written as a `directory.toml`, so that what another directory holds can be tried, or used
//! when that directory cannot be asked.

use serde::Serialize;

use crate::clock::rfc3339;
use crate::directory::{Account, DirectoryError, Listed, ListedPhones, PhoneType, Privilege, Standing};

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

/// The text of a `directory.toml` with these accounts. A manager who is not among them is left out.
///
/// # Errors
/// [`DirectoryError::Half`] when somebody's phones are not known: in the file they would look as if
/// none were registered.
pub fn write(listed: &[Listed]) -> Result<String, DirectoryError> {
    let ids: std::collections::HashSet<_> = listed.iter().map(|one| &one.account.id).collect();
    let entry = |one: &'_ Listed| -> Result<(), DirectoryError> {
        match &one.phones {
            ListedPhones::Numbers => Ok(()),
            ListedPhones::Types(_) => Err(unknown(&one.account, "only their types were read")),
            ListedPhones::Unknown(why) => Err(unknown(&one.account, why)),
        }
    };
    listed.iter().try_for_each(entry)?;
    let account = listed
        .iter()
        .map(|one| {
            account(&one.account, one.manager.as_ref().filter(|id| ids.contains(id)).map(|id| id.as_str()))
        })
        .collect();
    let text = toml::to_string(&Written { account })
        .map_err(|error| DirectoryError::Half(format!("it cannot be written as TOML: {error}")))?;
    Ok(format!("{HEAD}\n{text}"))
}

fn unknown(account: &Account, why: &str) -> DirectoryError {
    DirectoryError::Half(format!("the phones of {} are not known: {why}", account.username))
}

fn account<'a>(account: &'a Account, manager: Option<&'a str>) -> AccountEntry<'a> {
    let phones = account.phones.iter().map(|phone| PhoneEntry {
        // A phone that is no number is not the same as no phone.
        number: phone.number.as_ref().map_or("unreadable", |number| number.e164()),
        kind: phone.kind,
        registered_at: phone.registered_at.map(rfc3339),
    });
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
        phone: phones.collect(),
    }
}
