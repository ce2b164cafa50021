//! A desk of files in a folder, with the demo's invented people and mails.

use std::path::Path;

use nyckelbud::config::{Secrets, Settings};
use nyckelbud::delivery::notice::MailSpool;

/// Builds the folder: maildir, directory, spools, key, configuration.
pub fn build(folder: &Path) {
    build_with(folder, "");
}

/// As [`build`], with lines appended to the configuration.
pub fn build_with(folder: &Path, more: &str) {
    let demo = Path::new(env!("CARGO_MANIFEST_DIR")).join("deploy/demo");
    let config = std::fs::read_to_string(demo.join("nyckelbud.toml")).expect("the demo's configuration");
    build_from(folder, &format!("{config}\n{more}"));
}

/// As [`build`], with another configuration.
pub fn build_from(folder: &Path, config: &str) {
    for part in ["mailbox/tmp", "mailbox/new", "mailbox/cur", "sms", "mail", "var"] {
        std::fs::create_dir_all(folder.join(part)).expect("a folder");
    }
    let demo = Path::new(env!("CARGO_MANIFEST_DIR")).join("deploy/demo");
    std::fs::write(folder.join("nyckelbud.toml"), config).expect("a file");
    std::fs::copy(demo.join("directory.toml"), folder.join("directory.toml")).expect("a file");
    write_key(folder);
}

fn write_key(folder: &Path) {
    let key = nyckelbud::keyring::generate_key(&mut rand::rng());
    std::fs::write(folder.join("seal.key"), &key[..]).expect("a key");
    use std::os::unix::fs::PermissionsExt;
    let private = std::fs::Permissions::from_mode(0o600);
    std::fs::set_permissions(folder.join("seal.key"), private).expect("permissions");
}

/// One of the demo's mails, with the line ends of a mail. Its Date lies ahead, so that it is as old as its
/// arrival whenever the tests run.
pub fn mail(name: &str) -> Vec<u8> {
    let demo = Path::new(env!("CARGO_MANIFEST_DIR")).join("deploy/demo");
    let text = std::fs::read_to_string(demo.join(format!("{name}.eml"))).expect("a sample");
    text.replace("\nDate: Tue, 24 Nov 2026", "\nDate: Tue, 24 Nov 2099").replace('\n', "\r\n").into_bytes()
}

/// Delivers one of the demo's mails into the maildir.
pub fn deliver(folder: &Path, name: &str) {
    deliver_raw(folder, name, &mail(name));
}

/// Delivers any mail into the maildir, as a mail server does.
pub fn deliver_raw(folder: &Path, name: &str, raw: &[u8]) {
    let aside = folder.join("mailbox/tmp").join(name);
    std::fs::write(&aside, raw).expect("a mail");
    std::fs::rename(&aside, folder.join("mailbox/new").join(name)).expect("delivered");
}

/// Names of the mails that are still in the inbox.
pub fn inbox(folder: &Path) -> Vec<String> {
    files(&folder.join("mailbox/new")).into_iter().chain(files(&folder.join("mailbox/cur"))).collect()
}

/// Names of the files in a folder; none when it does not exist.
pub fn files(folder: &Path) -> Vec<String> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    let mut names: Vec<String> =
        entries.flatten().map(|e| e.file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

/// The settings that the folder's configuration gives.
pub fn settings(folder: &Path) -> Settings {
    let file = folder.join("nyckelbud.toml");
    let loaded = nyckelbud::config::load_with(Some(&file), std::iter::empty(), Secrets::Read);
    loaded.unwrap_or_else(|errors| panic!("the configuration: {errors}")).settings
}

/// The mail spool that the settings name.
pub fn mail_spool(settings: &Settings) -> MailSpool {
    MailSpool::new(settings.smtp.path.clone(), settings.desk.name.clone(), settings.desk.address.clone())
}

/// The words of every text in the spool.
pub fn texts(folder: &Path) -> Vec<String> {
    let read = |name: String| std::fs::read_to_string(folder.join("sms").join(name)).expect("a text");
    // One that is still being written has a name that begins with a dot.
    files(&folder.join("sms")).into_iter().filter(|name| !name.starts_with('.')).map(read).collect()
}

/// The token of the manager's link, once its text has left.
pub fn pickup_token(folder: &Path) -> Option<String> {
    texts(folder).iter().filter(|text| text.contains("behöver")).find_map(|text| {
        let (_, rest) = text.split_once("/p/")?;
        Some(rest.chars().take_while(|c| c.is_ascii_alphanumeric() || "-_".contains(*c)).collect())
    })
}

/// The token of the link in the warning to an account's owner.
pub fn stop_token(folder: &Path) -> Option<String> {
    texts(folder).iter().filter(|text| text.contains("Stoppa det")).find_map(|text| {
        let (_, rest) = text.split_once("/p/")?;
        Some(rest.chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '-').collect())
    })
}

/// A new key takes the old one's place, which may still open what it sealed.
pub fn rotate_key(folder: &Path) {
    std::fs::rename(folder.join("seal.key"), folder.join("old.key")).expect("renamed");
    write_key(folder);
    let path = folder.join("nyckelbud.toml");
    let config = std::fs::read_to_string(&path).expect("the configuration");
    let with = "[password]\nold_keys = [{ file = \"old.key\" }]";
    std::fs::write(&path, config.replacen("[password]", with, 1)).expect("written");
}

/// What looks like a temporary password in `text`: `Kf7m-Rq4x-Tw9b`.
pub fn password_in(text: &str) -> Option<&str> {
    let group = |part: &str| part.len() == 4 && part.bytes().all(|b| b.is_ascii_alphanumeric());
    text.split(|c: char| !(c.is_ascii_alphanumeric() || c == '-')).find(|word| {
        let parts: Vec<&str> = word.split('-').collect();
        parts.len() == 3 && parts.iter().all(|part| group(part))
    })
}
