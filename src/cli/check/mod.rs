//! `check`: tries everything outside for real; a line each, what was tried, how long it took, and
//! what to do. Every part is made and tried by itself, so that one that fails hides no other.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::{CliError, Common, assembly, gateways, registers};
use crate::clock::{Clock, SystemClock};
use crate::config::{
    DirectoryKind, GatewayKind, GatewaySettings, MailboxKind, MailboxSettings, PickupMethod, SecretSource,
    Settings, SmtpKind,
};
use crate::delivery::Balance;
use crate::directory::Finding;
use crate::dkim::Dkim;
use crate::token::Tokens;

mod address;
mod machine;
mod report;
mod senders;

use report::{Line, Report, Verdict};

/// The steps in the order in which they are taken at Microsoft.
const BY_TOKEN: &str = "correct host, port, username or oauth; docs/exchange-online.md has every step";

const GRAPH_SETTINGS: &str = "correct [directory.graph]; docs/entra.md has every step";
const GRAPH_RIGHTS: &str = "docs/entra.md has every permission and role";
const LDAP_SETTINGS: &str = "correct [directory.ldap]; docs/active-directory.md has every step";
const LDAP_RIGHTS: &str = "docs/active-directory.md has every right and how it is delegated";

const GATEWAY_SETTINGS: &str =
    "correct address, username or password of this gateway; docs/sms-gateways.md says what each needs";

/// Longer than any single wait inside a part.
const LIMIT: Duration = Duration::from_secs(40);

pub(super) async fn run(common: &Common) -> Result<(), CliError> {
    let loaded = assembly::load(common)?;
    let settings = &loaded.settings;
    let mut report = Report::new(common.json);
    let tokens = Tokens::default();
    for mailbox in &settings.mailboxes {
        let todo = match (mailbox.kind, &mailbox.oauth) {
            (MailboxKind::Maildir, _) => None,
            (MailboxKind::Imap, None) => Some("correct host, port, username or password of this mailbox"),
            (MailboxKind::Imap, Some(_)) => Some(BY_TOKEN),
        };
        let mut senders = None;
        let tried = try_mailbox(settings, mailbox, &tokens, &mut senders);
        report.add(timed(&format!("mailbox {}", mailbox.name), todo, tried).await)?;
        senders.map_or(Ok(()), |line| report.add(line))?;
    }
    if settings.mailboxes.iter().any(assembly::checks_dkim) {
        let todo = "correct /etc/resolv.conf, or let the program reach the name servers in it";
        report.add(timed("name servers", todo, ask_dns(settings)).await)?;
    }
    people(settings, &tokens, &mut report).await?;
    ways_out(settings, &tokens, &mut report).await?;
    if settings.delivery.pickup == PickupMethod::SignIn {
        let todo = "correct [web.oidc]; docs/sign-in.md has every step";
        report.add(timed("sign-in", todo, ask_provider(settings)).await)?;
    }
    report.add(store(settings).await)?;
    report.add(key(settings))?;
    report.add(machine::port(settings).await)?;
    report.add(address::public(settings).await)?;
    address::typed(settings).await.map_or(Ok(()), |line| report.add(line))?;
    report.add(machine::disk(settings))?;
    report.add(machine::clock())?;
    report.end()
}

async fn people(settings: &Settings, tokens: &Tokens, report: &mut Report) -> Result<(), CliError> {
    let (unread, todo_read, todo_set) = match settings.directory.kind {
        DirectoryKind::File => (
            "put the file there and correct it, or correct directory.file.path",
            "correct the file",
            "let the program's user write into this folder",
        ),
        DirectoryKind::Graph => (GRAPH_SETTINGS, GRAPH_RIGHTS, GRAPH_RIGHTS),
        DirectoryKind::Ldap => (LDAP_SETTINGS, LDAP_RIGHTS, LDAP_RIGHTS),
        DirectoryKind::Hybrid => (GRAPH_SETTINGS, GRAPH_RIGHTS, LDAP_RIGHTS),
    };
    let began = Instant::now();
    let register = match registers::register(settings, tokens) {
        Ok(register) => register,
        Err(error) => return report.add(Line::bad("directory", &error.to_string(), unread, began.elapsed())),
    };
    let asked = async { register.directory.probe().await.map_err(|e| e.to_string()) };
    report.add(timed("directory", todo_read, asked).await)?;
    rights(register.directory.rights(), report).await?;
    let tried = async { register.reset.probe().await.map_err(|e| e.to_string()) };
    report.add(timed("password reset", todo_set, tried).await)?;
    rights(register.reset.rights(), report).await
}

/// A line for each right that was tried by itself.
async fn rights(tried: impl Future<Output = Vec<Finding>>, report: &mut Report) -> Result<(), CliError> {
    let began = Instant::now();
    let Ok(findings) = tokio::time::timeout(LIMIT, tried).await else {
        let text = format!("no answer within {} s", LIMIT.as_secs());
        return report.add(Line::bad("rights", &text, None, began.elapsed()));
    };
    // One time for all of them: they are tried side by side.
    findings.into_iter().try_for_each(|finding| report.add(Line::of(finding, began.elapsed())))
}

async fn ways_out(settings: &Settings, tokens: &Tokens, report: &mut Report) -> Result<(), CliError> {
    if settings.sms.gateways.is_empty() {
        let text = "none is configured, so no password can be handed over";
        report.add(Line::bad("gateway", text, "add a [[sms.gateway]]", Duration::ZERO))?;
    }
    const FOLDER: &str = "make the folder, and let the program's user write into it";
    for gateway in &settings.sms.gateways {
        let todo = match gateway.kind {
            GatewayKind::Spool => FOLDER,
            GatewayKind::FortySixElks
            | GatewayKind::Twilio
            | GatewayKind::Sinch
            | GatewayKind::GatewayApi
            | GatewayKind::Kannel
            | GatewayKind::Smpp
            | GatewayKind::Http => GATEWAY_SETTINGS,
        };
        let part = format!("gateway {}", gateway.name);
        let mut care = None;
        let line = timed(&part, todo, try_gateway(settings, gateway, &mut care)).await;
        report.add(match care {
            Some(care) => line.with_care(&care),
            None => line,
        })?;
    }
    let todo = match (settings.smtp.kind, &settings.smtp.oauth) {
        (SmtpKind::Spool, _) => FOLDER,
        (SmtpKind::Smtp, None) => "correct host, port, tls, username or password under [smtp]",
        (SmtpKind::Smtp, Some(_)) => BY_TOKEN,
    };
    let tried = async { assembly::mail_sender(settings, tokens).map_err(|e| e.to_string())?.probe().await };
    report.add(timed("mail out", todo, tried).await)?;
    let made = async {
        let renderer = assembly::renderer(settings).map_err(|e| e.to_string())?;
        assembly::texts(settings, renderer).map_err(|e| e.to_string())?;
        Ok("each was made with its longest values, and fits".to_owned())
    };
    report.add(timed("texts", "correct the template, or take it out of [templates] directory", made).await)
}

/// `senders` becomes what its newest mails say of who vouches for them.
async fn try_mailbox(
    settings: &Settings,
    one: &MailboxSettings,
    tokens: &Tokens,
    senders: &mut Option<Line>,
) -> Result<String, String> {
    let mut mailbox = assembly::mailbox(one, tokens).map_err(|e| e.to_string())?;
    mailbox.open().await.map_err(|e| e.to_string())?;
    let uids = mailbox.list(None).await.map_err(|e| e.to_string())?;
    *senders = senders::look(&mut *mailbox, &uids, one, settings).await.map_err(|e| e.to_string())?;
    let mails = uids.len();
    Ok(match (one.kind, &one.oauth) {
        (MailboxKind::Maildir, _) => format!("{mails} mails in {}", one.path.display()),
        (MailboxKind::Imap, None) => format!("signed in, {mails} mails in {}", one.inbox),
        (MailboxKind::Imap, Some(_)) => format!("signed in by token, {mails} mails in {}", one.inbox),
    })
}

/// Signatures are checked with keys that lie in the DNS.
async fn ask_dns(settings: &Settings) -> Result<String, String> {
    let own = settings.policy.domains.first().map_or(settings.desk.address.domain(), String::as_str);
    Dkim::of_this_machine().probe(own).await
}

/// Where managers sign in: its document and keys are read.
async fn ask_provider(settings: &Settings) -> Result<String, String> {
    let provider = assembly::provider(settings).map_err(|e| e.to_string())?;
    let provider = provider.ok_or("nothing is configured")?;
    provider.probe().await.map_err(|e| e.to_string())
}

/// `care` becomes what should be done about its account. Whether a gateway takes texts is another question.
async fn try_gateway(
    settings: &Settings,
    one: &GatewaySettings,
    care: &mut Option<String>,
) -> Result<String, String> {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let gateway = gateways::one_gateway(settings, one, &clock).map_err(|e| e.to_string())?;
    let (said, balance) = gateway.check().await?;
    match balance {
        Ok(None) => Ok(said),
        Ok(Some(balance)) => {
            *care = balance.low.then(|| fill_up(&balance));
            Ok(format!("{said}, the balance is {balance}"))
        }
        Err(error) => {
            let blind =
                "balance_low finds nothing out: let this sign-in read the balance, or take the key out";
            *care = (one.balance_low > 0).then(|| blind.to_owned());
            Ok(format!("{said}; its balance is not known ({error})"))
        }
    }
}

fn fill_up(balance: &Balance) -> String {
    if balance.is_nothing() {
        return format!(
            "fill the account up: {balance} is nothing, and unless it is billed afterwards no text leaves"
        );
    }
    format!("fill the account up before an outage: {balance} is low")
}

/// A database that is not there yet is made by the first start; that it can be is all there is to try.
async fn store(settings: &Settings) -> Line {
    let todo = "correct store.url, or what it names";
    let began = Instant::now();
    if let Some(path) = settings.store.url.sqlite_path().filter(|path| !path.exists()) {
        return match machine::may_make(path) {
            Ok(()) => {
                let text = format!("none at {} yet: the first `nyckelbud run` makes it", path.display());
                Line::new(Verdict::Care, "store", text, began.elapsed())
            }
            Err(why) => Line::bad("store", &why, todo, began.elapsed()),
        };
    }
    let tried = async {
        let store = assembly::existing_store(settings).await.map_err(|e| e.to_string())?;
        store.probe().await.map_err(|e| e.to_string())
    };
    timed("store", todo, tried).await
}

fn key(settings: &Settings) -> Line {
    let began = Instant::now();
    match assembly::keyring(settings) {
        Ok(keyring) => {
            let text = format!("key {} seals", keyring.current_id());
            Line::new(Verdict::Good, "key", text, began.elapsed())
        }
        Err(error) => {
            let todo = match &settings.password.key {
                SecretSource::File(path) if !path.exists() => "make the key with `nyckelbud key new`",
                SecretSource::File(_)
                | SecretSource::Credential { .. }
                | SecretSource::Environment { .. }
                | SecretSource::Literal(_) => "correct password.key and password.old_keys, or what they name",
            };
            let text = format!("{error}: tickets work, passwords wait");
            Line::bad("key", &text, todo, began.elapsed())
        }
    }
}

async fn timed(
    part: &str,
    todo: impl Into<Option<&'static str>>,
    work: impl Future<Output = Result<String, String>>,
) -> Line {
    let began = Instant::now();
    let answer = tokio::time::timeout(LIMIT, work)
        .await
        .unwrap_or_else(|_| Err(format!("no answer within {} s", LIMIT.as_secs())));
    match answer {
        Ok(text) => Line::new(Verdict::Good, part, text, began.elapsed()),
        Err(text) => Line::bad(part, &text, todo, began.elapsed()),
    }
}
