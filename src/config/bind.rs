//! Settings meet the machine: relative paths start at the file's folder, and secrets are read.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::key_path::KeyPath;
use super::secrets::{SecretSetting, SecretSource};
use super::settings::{DirectoryKind, GraphSettings, OauthSettings, PickupMethod, Settings};
use super::validate::Checks;

/// Makes every relative path start at `folder`, and finds credentials and variables in `env`.
pub(super) fn to_machine(settings: &mut Settings, folder: &Path, env: &BTreeMap<String, String>) {
    for path in paths(settings) {
        if !path.as_os_str().is_empty() {
            *path = folder.join(&path);
        }
    }
    settings.store.url.bind(folder);
    for (_, secret) in secrets(settings) {
        secret.source_mut().bind(folder, env);
    }
    for key in std::iter::once(&mut settings.password.key).chain(&mut settings.password.old_keys) {
        key.bind(folder, env);
    }
}

/// Reads every secret that this version uses. The sealing keys are not among them: without them
/// the program runs, and passwords wait.
pub(super) fn read_secrets(settings: &mut Settings, checks: &mut Checks<'_>) {
    for (path, secret) in secrets(settings) {
        if let Err(error) = secret.resolve() {
            checks.refuse(&path, error.to_string());
        }
    }
    for (path, oauth) in oauths(settings) {
        if let Some(Err(why)) = oauth.read_certificate() {
            checks.refuse(&path.key("certificate"), why);
        }
    }
    let graph = settings.directory.graph.as_ref().filter(|_| uses_graph(settings));
    if let Some(Err(why)) = graph.and_then(GraphSettings::read_certificate) {
        checks.refuse(&KeyPath::of("directory.graph.certificate"), why);
    }
}

/// Warns of every secret that stands in the file itself.
pub(super) fn warn_of_literals(settings: &mut Settings, checks: &mut Checks<'_>) {
    let sources = secrets(settings).into_iter().map(|(path, secret)| (path, secret.source().clone()));
    for (path, source) in sources {
        if matches!(source, SecretSource::Literal(_)) {
            checks.warn_of_literal(&path);
        }
    }
    let password = KeyPath::of("password");
    let keys = settings.password.old_keys.iter().enumerate();
    let keys = keys.map(|(index, key)| (password.key("old_keys").index(index), key));
    for (path, key) in keys.chain([(password.key("key"), &settings.password.key)]) {
        if matches!(key, SecretSource::Literal(_)) {
            checks.warn_of_literal(&path);
        }
    }
}

fn uses_graph(settings: &Settings) -> bool {
    match settings.directory.kind {
        DirectoryKind::Graph | DirectoryKind::Hybrid => true,
        DirectoryKind::File | DirectoryKind::Ldap => false,
    }
}

fn uses_ldap(settings: &Settings) -> bool {
    match settings.directory.kind {
        DirectoryKind::Ldap | DirectoryKind::Hybrid => true,
        DirectoryKind::File | DirectoryKind::Graph => false,
    }
}

fn paths(settings: &mut Settings) -> Vec<&mut PathBuf> {
    let mut paths: Vec<&mut PathBuf> = Vec::new();
    for mailbox in &mut settings.mailboxes {
        paths.push(&mut mailbox.path);
        paths.extend(&mut mailbox.ca_file);
        paths.extend(mailbox.oauth.as_mut().and_then(|oauth| oauth.certificate.as_mut()));
    }
    for gateway in &mut settings.sms.gateways {
        paths.push(&mut gateway.path);
        paths.extend(&mut gateway.ca_file);
    }
    paths.push(&mut settings.smtp.path);
    paths.extend(&mut settings.smtp.ca_file);
    paths.extend(settings.smtp.oauth.as_mut().and_then(|oauth| oauth.certificate.as_mut()));
    paths.push(&mut settings.directory.file.path);
    paths.extend(settings.directory.graph.as_mut().and_then(|graph| graph.certificate.as_mut()));
    paths.extend(settings.directory.ldap.as_mut().and_then(|ldap| ldap.ca_file.as_mut()));
    paths.extend(&mut settings.templates.directory);
    paths
}

/// The secrets of mailboxes, gateways, webhooks, SMTP and the directory, with their keys. Those of parts that
/// are not used are not read.
fn secrets(settings: &mut Settings) -> Vec<(KeyPath, &mut SecretSetting)> {
    let mut secrets: Vec<(KeyPath, &mut SecretSetting)> = Vec::new();
    let (uses_graph, uses_ldap) = (uses_graph(settings), uses_ldap(settings));
    let graph = settings.directory.graph.as_mut().filter(|_| uses_graph);
    if let Some(secret) = graph.and_then(|graph| graph.client_secret.as_mut()) {
        secrets.push((KeyPath::of("directory.graph.client_secret"), secret));
    }
    if let Some(ldap) = settings.directory.ldap.as_mut().filter(|_| uses_ldap) {
        secrets.push((KeyPath::of("directory.ldap.bind_password"), &mut ldap.bind_password));
    }
    for (index, mailbox) in settings.mailboxes.iter_mut().enumerate() {
        let at = KeyPath::of("mailbox").index(index);
        secrets.extend(mailbox.password.as_mut().map(|secret| (at.key("password"), secret)));
        secrets.extend(mailbox.oauth.as_mut().and_then(|oauth| client_secret(&at, oauth)));
    }
    for (index, gateway) in settings.sms.gateways.iter_mut().enumerate() {
        let at = KeyPath::of("sms.gateway").index(index);
        secrets.extend(gateway.password.as_mut().map(|secret| (at.key("password"), secret)));
        secrets.extend(gateway.callback.as_mut().map(|secret| (at.key("callback"), secret)));
        secrets.extend(gateway.callback_auth.as_mut().map(|secret| (at.key("callback_auth"), secret)));
        secrets.extend(gateway.signature.as_mut().map(|secret| (at.key("signature"), secret)));
    }
    for (index, webhook) in settings.notify.webhooks.iter_mut().enumerate() {
        let at = KeyPath::of("notify.webhook").index(index);
        secrets.extend(webhook.secret.as_mut().map(|secret| (at.key("secret"), secret)));
    }
    let smtp = KeyPath::of("smtp");
    secrets.extend(settings.smtp.password.as_mut().map(|secret| (smtp.key("password"), secret)));
    secrets.extend(settings.smtp.oauth.as_mut().and_then(|oauth| client_secret(&smtp, oauth)));
    let signs_in = settings.delivery.pickup == PickupMethod::SignIn;
    let oidc = settings.web.oidc.as_mut().filter(|oidc| signs_in || oidc.roles().next().is_some());
    secrets.extend(oidc.map(|oidc| (KeyPath::of("web.oidc.client_secret"), &mut oidc.client_secret)));
    secrets
}

fn client_secret<'s>(at: &KeyPath, oauth: &'s mut OauthSettings) -> Option<(KeyPath, &'s mut SecretSetting)> {
    oauth.client_secret.as_mut().map(|secret| (at.key("oauth").key("client_secret"), secret))
}

/// Every `oauth` section, with its place.
fn oauths(settings: &Settings) -> Vec<(KeyPath, &OauthSettings)> {
    let mailboxes = settings.mailboxes.iter().enumerate();
    let of_mailboxes =
        mailboxes.map(|(index, mailbox)| (KeyPath::of("mailbox").index(index), mailbox.oauth.as_ref()));
    let all = of_mailboxes.chain([(KeyPath::of("smtp"), settings.smtp.oauth.as_ref())]);
    all.filter_map(|(at, oauth)| oauth.map(|oauth| (at.key("oauth"), oauth))).collect()
}
