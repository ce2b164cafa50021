//! Active Directory, played by a real Samba domain.

use std::sync::Arc;
use std::time::Duration;

use nyckelbud::clock::{SystemClock, Zone};
use nyckelbud::directory::ldap::{LdapDirectory, LdapServers, LdapSettings};
use nyckelbud::directory::{Account, Directory, Facts, Lookup, Who};
use nyckelbud::password::TemporaryPassword;
use nyckelbud::password::generate::{MIN_LENGTH, generate};
use nyckelbud::password::ldap::LdapPasswordReset;
use nyckelbud::secret::Secret;
use nyckelbud::types::{AccountId, Username};

use crate::support::samba::{SERVICE, SERVICE_PASSWORD, Unit, domain};

mod cuts;
mod journey;
mod looking;
mod managers;
mod names;
mod protected;
mod resets;
mod rights;
mod servers;
mod unreadable;

/// The settings that reach the domain's own server.
fn settings(base_dn: &str) -> LdapSettings {
    settings_of(&[format!("ldaps://127.0.0.1:{}", domain().ldaps_port())], base_dn)
}

fn settings_of(addresses: &[String], base_dn: &str) -> LdapSettings {
    LdapSettings {
        servers: LdapServers {
            addresses: addresses.to_vec(),
            ca_file: Some(domain().ca_file()),
            bind_dn: SERVICE.to_owned(),
            bind_password: Secret::new(SERVICE_PASSWORD.to_owned()),
            // The machine has other things to do.
            timeout: Duration::from_secs(25),
        },
        base_dn: base_dn.to_owned(),
        phone_attributes: vec!["mobile".to_owned(), "otherMobile".to_owned()],
        domains: vec!["annan.example".to_owned(), "kommun.example".to_owned()],
        watched_groups: Vec::new(),
        reads_managers: true,
    }
}

fn directory(settings: LdapSettings) -> LdapDirectory {
    LdapDirectory::new(settings, Arc::new(SystemClock), Zone::named("Europe/Stockholm").unwrap())
}

/// The people of `unit`.
pub fn people(unit: &Unit) -> LdapDirectory {
    directory(settings(&unit.dn()))
}

/// The same where another register has their phones and managers.
pub fn people_beside_another_register(unit: &Unit) -> LdapDirectory {
    directory(LdapSettings { phone_attributes: Vec::new(), reads_managers: false, ..settings(&unit.dn()) })
}

fn reset_of(directory: &LdapDirectory) -> LdapPasswordReset {
    LdapPasswordReset::new(directory.clone(), vec!["Skyddade".to_owned()])
}

fn named(name: &str) -> Who {
    Who::Named(Username::parse(name).unwrap())
}

async fn facts(directory: &LdapDirectory, name: &str, depth: u8) -> Facts {
    directory.facts(&named(name), depth).await.unwrap()
}

#[track_caller]
fn one(facts: Facts) -> Account {
    match facts.lookup {
        Lookup::One(account) => *account,
        other => panic!("not one account: {other:?}"),
    }
}

async fn id_of(directory: &LdapDirectory, name: &str) -> AccountId {
    one(facts(directory, name, 0).await).id
}

fn a_password() -> TemporaryPassword {
    generate(&mut rand::rng(), MIN_LENGTH, &[])
}
