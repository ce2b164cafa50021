//! `user add|list|passwd|totp|disable|enable|role|person`: accounts of the pages' own, for sites without an identity provider,
//! and for the day on which that is down, too. Passwords are made here and shown once.

use serde_json::json;
use zeroize::Zeroizing;

use super::{CliError, Common, actor, assembly, output};
use crate::clock::{Clock, SystemClock, rfc3339};
use crate::config::Settings;
use crate::keyring::Keyring;
use crate::password::generate;
use crate::store::{AuditEntry, Staff, StaffChange, Store};
use crate::totp;
use crate::types::{Role, StaffMember, StaffName, TotpKey};

/// Symbols of a password: 92 bits. Nobody reads it over a telephone.
const PASSWORD_LENGTH: usize = 16;

/// The commands of `user`.
#[derive(Debug, clap::Subcommand)]
pub(super) enum UserCommand {
    /// Add an account; its password, and what an app makes its one-time codes from, are shown once
    Add {
        /// The name to sign in by
        name: String,
        /// technician, auditor or administrator
        #[arg(long, value_parser = role)]
        role: Role,
        /// How people call them [default: the name]
        #[arg(long, value_name = "TEXT")]
        shown: Option<String>,
        /// Without one-time codes: whoever learns the password comes in
        #[arg(long)]
        without_codes: bool,
    },
    /// List the accounts
    List,
    /// Make a new password, show it once, and end the account's sessions
    Passwd {
        /// Whose
        name: String,
    },
    /// Make new one-time codes, show once what an app makes them from, and end the account's sessions
    Totp {
        /// Whose
        name: String,
    },
    /// Let nobody sign in by this name any more, and end its sessions; holds for the identity provider, too
    Disable {
        /// Whose
        name: String,
    },
    /// Let them sign in again
    Enable {
        /// Whose
        name: String,
    },
    /// Say whose an account is: accounts with the same word are one person's, who approves nothing of their own with another
    /// one; accounts with other words are other people's, whatever they are called. An empty word: nobody says so
    Person {
        /// Whose
        name: String,
        /// A word of your own for the person, such as a number of staff
        #[arg(value_parser = person)]
        word: String,
    },
    /// Make them something else, and end their sessions; the identity provider's groups come before it
    Role {
        /// Whose
        name: String,
        /// technician, auditor or administrator
        #[arg(value_parser = role)]
        role: Role,
    },
}

/// A word that says which person has an account.
fn person(text: &str) -> Result<String, String> {
    let word = text.trim().to_lowercase();
    if word.chars().count() > 100 || word.chars().any(char::is_control) {
        return Err("expected one word or a few, of at most 100 letters".to_owned());
    }
    Ok(word)
}

fn role(text: &str) -> Result<Role, String> {
    Role::of_code(text).ok_or_else(|| "expected technician, auditor or administrator".to_owned())
}

fn name(text: &str) -> Result<StaffName, CliError> {
    StaffName::parse(text).map_err(|error| CliError::Wrong(format!("{text:?}: {error}; nothing was changed")))
}

pub(super) async fn run(common: &Common, command: UserCommand) -> Result<(), CliError> {
    let settings = assembly::load_without_secrets(common)?.settings;
    let store = assembly::existing_store(&settings).await?;
    let store = store.as_ref();
    match command {
        UserCommand::Add { name: text, role, shown, without_codes } => {
            let name = name(&text)?;
            let shown = shown.unwrap_or_else(|| name.to_string());
            let member = StaffMember { name, shown, role };
            let ring = if without_codes { None } else { Some(keyring(&settings)?) };
            add(common, store, member, ring.as_ref()).await
        }
        UserCommand::List => list(common, store).await,
        UserCommand::Passwd { name: text } => passwd(common, store, &name(&text)?).await,
        UserCommand::Totp { name: text } => {
            new_codes(common, store, &name(&text)?, &keyring(&settings)?).await
        }
        UserCommand::Disable { name: text } => {
            let said = "is disabled, and signed in nowhere any more";
            change(common, store, &name(&text)?, &StaffChange::Disabled(true), ("user.disabled", said)).await
        }
        UserCommand::Enable { name: text } => {
            let said = "may sign in again";
            change(common, store, &name(&text)?, &StaffChange::Disabled(false), ("user.enabled", said)).await
        }
        UserCommand::Person { name: text, word } => {
            let said = if word.is_empty() { "is nobody's in particular" } else { "is whose you said" };
            change(common, store, &name(&text)?, &StaffChange::Person(word), ("user.person", said)).await
        }
        UserCommand::Role { name: text, role } => {
            let said = format!("is {} from the next sign-in on", role.code());
            change(common, store, &name(&text)?, &StaffChange::Role(role), ("user.role", &said)).await
        }
    }
}

fn keyring(settings: &Settings) -> Result<Keyring, CliError> {
    assembly::keyring(settings).map_err(|error| {
        CliError::No(format!(
            "one-time codes are made from the sealing key, and it cannot be read: {error}; nothing was changed; \
             `--without-codes` adds an account without them"
        ))
    })
}

fn audit(event: &str, name: &StaffName, role: Option<Role>) -> AuditEntry {
    let data = json!({ "user": name.as_str(), "role": role.map(Role::code) }).to_string();
    AuditEntry { actor: actor(), event: event.to_owned(), data }
}

/// Adds an account without one-time codes, for the demo; its password.
pub(super) async fn add_for_demo(
    store: &dyn Store,
    member: StaffMember,
) -> Result<Zeroizing<String>, CliError> {
    let (password, hash) = new_password()?;
    let entry = audit("user.added", &member.name, Some(member.role));
    let staff = new_staff(member, hash, None);
    store.add_staff(&staff, &entry, SystemClock.now()).await?;
    Ok(password)
}

fn new_staff(member: StaffMember, password: String, totp: Option<TotpKey>) -> Staff {
    Staff {
        member,
        provider: String::new(),
        password,
        totp,
        disabled: false,
        signed_in_at: None,
        person: String::new(),
    }
}

/// A password or codes are for accounts of the pages' own: whoever signs in at the identity provider has theirs there.
async fn is_local(store: &dyn Store, name: &StaffName) -> Result<(), CliError> {
    match store.staff(name).await? {
        Some(staff) if !staff.provider.is_empty() => Err(CliError::No(format!(
            "{name} signs in at the identity provider, and has password and codes there; nothing was changed"
        ))),
        Some(_) | None => Ok(()),
    }
}

/// A new password, and its hash.
fn new_password() -> Result<(Zeroizing<String>, String), CliError> {
    let password = generate::generate(&mut rand::rng(), PASSWORD_LENGTH, &[]);
    let password = Zeroizing::new(password.expose().to_owned());
    let hash = crate::worker::password_hash(&password);
    let hash = hash.map_err(|error| CliError::No(format!("{error}; nothing was changed")))?;
    Ok((password, hash))
}

async fn add(
    common: &Common,
    store: &dyn Store,
    member: StaffMember,
    ring: Option<&Keyring>,
) -> Result<(), CliError> {
    let (password, hash) = new_password()?;
    let totp = ring.map(totp::new_key);
    let address = match (ring, &totp) {
        (Some(ring), Some(key)) => totp::codes(ring, key, &member.name).and_then(|codes| codes.address()),
        (None, _) | (_, None) => None,
    };
    let (name, role) = (member.name.clone(), member.role);
    let staff = new_staff(member, hash, totp);
    let entry = audit("user.added", &name, Some(role));
    if !store.add_staff(&staff, &entry, SystemClock.now()).await? {
        return Err(CliError::No(format!(
            "{name} has an account already; nothing was changed; `nyckelbud user list` lists all"
        )));
    }
    show(common, &name, Some(&password), address.as_ref())
}

/// Shows what is shown once.
fn show(
    common: &Common,
    name: &StaffName,
    password: Option<&Zeroizing<String>>,
    codes: Option<&Zeroizing<String>>,
) -> Result<(), CliError> {
    let text = |value: Option<&Zeroizing<String>>| value.map(|value| value.as_str().to_owned());
    if common.json {
        return output::json(
            &json!({ "name": name.as_str(), "password": text(password), "codes": text(codes) }),
        );
    }
    output::line(&format!("name      {name}"))?;
    if let Some(password) = password {
        output::line(&format!("password  {}", password.as_str()))?;
    }
    if let Some(codes) = codes {
        output::line(&format!("codes     {}", codes.as_str()))?;
        output::note(
            "Give the line `codes` to an app for one-time codes: by hand (the secret), or as a QR code of it.",
        );
    }
    output::note("This is shown once and kept nowhere.");
    Ok(())
}

async fn passwd(common: &Common, store: &dyn Store, name: &StaffName) -> Result<(), CliError> {
    is_local(store, name).await?;
    let (password, hash) = new_password()?;
    changed(store, name, &StaffChange::Password(hash), "user.password").await?;
    show(common, name, Some(&password), None)
}

async fn new_codes(
    common: &Common,
    store: &dyn Store,
    name: &StaffName,
    ring: &Keyring,
) -> Result<(), CliError> {
    is_local(store, name).await?;
    let key = totp::new_key(ring);
    let address = totp::codes(ring, &key, name).and_then(|codes| codes.address());
    changed(store, name, &StaffChange::Totp(Some(key)), "user.codes").await?;
    show(common, name, None, address.as_ref())
}

async fn change(
    common: &Common,
    store: &dyn Store,
    name: &StaffName,
    change: &StaffChange,
    (event, said): (&str, &str),
) -> Result<(), CliError> {
    changed(store, name, change, event).await?;
    if common.json {
        return output::json(&json!({ "name": name.as_str(), "event": event }));
    }
    output::line(&format!("{name} {said}"))
}

async fn changed(
    store: &dyn Store,
    name: &StaffName,
    change: &StaffChange,
    event: &str,
) -> Result<(), CliError> {
    let role = if let StaffChange::Role(role) = change { Some(*role) } else { None };
    let mut entry = audit(event, name, role);
    if let StaffChange::Person(person) = change {
        entry.data = json!({ "user": name.as_str(), "person": person }).to_string();
    }
    if store.change_staff(name, change, &entry, SystemClock.now()).await? {
        return Ok(());
    }
    Err(CliError::No(format!(
        "there is no account {name}; nothing was changed; `nyckelbud user list` lists all"
    )))
}

async fn list(common: &Common, store: &dyn Store) -> Result<(), CliError> {
    let all = store.all_staff().await?;
    for Staff { member, provider, totp, disabled, signed_in_at, person, .. } in &all {
        let StaffMember { name, shown, role } = member;
        let last = signed_in_at.map(rfc3339);
        if common.json {
            output::json(&json!({
                "name": name.as_str(), "shown": shown, "role": role.code(), "local": provider.is_empty(),
                "codes": totp.is_some(), "disabled": disabled, "signed_in_at": last, "person": person,
            }))?;
            continue;
        }
        let how = match (!provider.is_empty(), totp) {
            (true, _) => "identity provider",
            (false, Some(_)) => "password and code",
            (false, None) => "password only",
        };
        let disabled = if *disabled { "disabled" } else { "" };
        let person = if person.is_empty() { String::new() } else { format!("person {person}") };
        let state = format!("{disabled} {person}");
        let last = last.unwrap_or_else(|| "never".to_owned());
        let (name, role) = (output::column(name.as_str(), 28), output::column(role.code(), 14));
        let (shown, how) = (output::column(shown, 24), output::column(how, 18));
        output::line(format!("{name} {role} {shown} {how} {last} {}", state.trim()).trim_end())?;
    }
    if all.is_empty() && !common.json {
        output::note(
            "Nobody has an account yet: `nyckelbud user add NAME --role administrator` makes the first one.",
        );
    }
    Ok(())
}
