//! From the configuration to a desk: every part that the settings name is made here.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Notify;

use super::gateways::gateways;
use super::registers::{Register, register, zone};
use super::{CliError, Common, output};
use crate::clock::{Clock, OpeningHours, SystemClock};
use crate::config::{
    self, Loaded, MailboxKind, MailboxSettings, OauthSettings, PasswordStyle, PickupMethod, SecretSetting,
    Settings, Shown, SmtpKind, Start, Unused, WebhookFormat,
};
use crate::delivery::MailSender;
use crate::delivery::notice::{MailSpool, SmtpSender, SmtpSettings};
use crate::delivery::texts::{DeskWords, Texts};
use crate::delivery::webhook::{HookEvent, HookFormat, Webhook};
use crate::dkim::Dkim;
use crate::http::ServiceUrl;
use crate::keyring::{self, Keyring};
use crate::mail::Authentication;
use crate::mailbox::Mailbox;
use crate::mailbox::imap::{ImapMailbox, ImapSettings};
use crate::mailbox::maildir::{MaildirMailbox, MaildirSettings};
use crate::oidc::{OidcSettings, Provider};
use crate::render::Renderer;
use crate::store::{self, Store};
use crate::token::{Credential, SignIn, TokenSettings, Tokens};
use crate::web::{Setting, WebSettings};
use crate::worker::{
    AccountRules, AccountsPort, Breakers, Inbox, IntakeSettings, OperationsParts, OperationsPort, Parts,
    RoleGroups, Rules, Timing,
};
use crate::worker::{Ages, QueuePort};

/// A manager who has not opened the link is reminded once, so long after the offer.
const REMIND_AFTER: Duration = Duration::from_secs(30 * 60);

/// Loads the configuration and says its warnings.
pub(super) fn load(common: &Common) -> Result<Loaded, CliError> {
    let loaded = config::load(common.config.as_deref(), config::environment()?.into_iter())?;
    for warning in &loaded.warnings {
        output::warn(&warning.to_string());
    }
    Ok(loaded)
}

/// Loads the configuration for commands that need the store and no secret of mailbox, gateway or SMTP:
/// they run where those cannot be read.
pub(super) fn load_without_secrets(common: &Common) -> Result<Loaded, CliError> {
    let env = config::environment()?.into_iter();
    Ok(config::load_with(common.config.as_deref(), env, config::Secrets::Leave)?)
}

/// Opens the store, makes it when it is missing, and brings it to this version's tables.
///
/// # Errors
/// The database cannot be used.
pub async fn store(settings: &Settings) -> Result<Arc<dyn Store>, CliError> {
    Ok(store::open(settings.store.url.expose(), settings.desk.address.domain()).await?)
}

/// Opens the store that is there. Only `run`, `demo` and `migrate` make one: made by a command that
/// looks, it could belong to the wrong user.
pub(super) async fn existing_store(settings: &Settings) -> Result<Arc<dyn Store>, CliError> {
    Ok(store::open_existing(settings.store.url.expose(), settings.desk.address.domain()).await?)
}

/// Reads the sealing keys.
///
/// # Errors
/// In words, which key cannot be read.
pub fn keyring(settings: &Settings) -> Result<Keyring, String> {
    let read = |source: &config::SecretSource| {
        let bytes = source.read_bytes().map_err(|e| e.to_string())?;
        keyring::key_from_bytes(&bytes).map_err(|e| format!("{}: {e}", source.describe()))
    };
    let current = read(&settings.password.key)?;
    let old = settings.password.old_keys.iter().map(read).collect::<Result<_, _>>()?;
    Ok(Keyring::new(current, old))
}

/// Templates, the site's own before the built-in ones.
pub(super) fn renderer(settings: &Settings) -> Result<Arc<Renderer>, CliError> {
    let renderer = Renderer::new(settings.templates.directory.as_deref());
    Ok(Arc::new(renderer.map_err(|e| CliError::Wrong(e.to_string()))?))
}

/// All texts; every one was made once with its longest values and found to fit.
pub(super) fn texts(settings: &Settings, renderer: Arc<Renderer>) -> Result<Texts, CliError> {
    let desk = &settings.desk;
    let words = DeskWords {
        name: desk.name.clone(),
        address: desk.address.clone(),
        language: desk.language.code().to_owned(),
        zone: zone(settings)?,
        public_url: desk.public_url.clone(),
        help: desk.help.clone(),
        self_service: desk.self_service.clone(),
        username_hint: desk.username_hint.clone(),
        password_length: settings.password.length,
    };
    let texts = Texts::new(renderer, words);
    let problems = texts.check();
    if problems.is_empty() {
        return Ok(texts);
    }
    Err(CliError::Wrong(format!("texts do not fit:\n  {}", problems.join("\n  "))))
}

pub(super) fn lacks(name: &str, key: &str) -> CliError {
    CliError::Wrong(format!("{name} lacks its {key}"))
}

/// How to get into a server: the one of password and oauth that is configured.
fn sign_in(
    part: &str,
    password: Option<&SecretSetting>,
    oauth: Option<&OauthSettings>,
    tokens: &Tokens,
) -> Result<Option<SignIn>, CliError> {
    let wrong = |why: &dyn std::fmt::Display| CliError::Wrong(format!("{part}: oauth: {why}"));
    let Some(oauth) = oauth else { return Ok(password.map(|p| SignIn::Password(p.secret().clone()))) };
    let credential = match (oauth.read_certificate(), &oauth.client_secret) {
        (Some(certificate), _) => Credential::Certificate(Arc::new(certificate.map_err(|e| wrong(&e))?)),
        (None, Some(secret)) => Credential::Secret(secret.secret().clone()),
        (None, None) => return Err(lacks(part, "client_secret")),
    };
    let settings = TokenSettings {
        url: ServiceUrl::parse(&oauth.token_url).map_err(|e| wrong(&e))?,
        client_id: oauth.client_id.clone(),
        credential,
        scope: oauth.scope.clone(),
    };
    Ok(Some(SignIn::Token(tokens.source(settings).map_err(|e| wrong(&e))?)))
}

/// The way for mails.
pub(super) fn mail_sender(settings: &Settings, tokens: &Tokens) -> Result<Arc<dyn MailSender>, CliError> {
    let smtp = &settings.smtp;
    let (name, address) = (settings.desk.name.clone(), settings.desk.address.clone());
    match smtp.kind {
        SmtpKind::Spool => Ok(Arc::new(MailSpool::new(smtp.path.clone(), name, address))),
        SmtpKind::Smtp => {
            let sender = SmtpSender::new(SmtpSettings {
                host: smtp.host.clone(),
                port: smtp.port,
                tls: tls(smtp.tls),
                ca_file: smtp.ca_file.clone(),
                username: smtp.username.clone(),
                sign_in: sign_in("smtp", smtp.password.as_ref(), smtp.oauth.as_ref(), tokens)?,
                from_name: name,
                from: address,
            });
            Ok(Arc::new(sender.map_err(|e| CliError::Wrong(format!("smtp: {e}")))?))
        }
    }
}

fn tls(tls: config::Tls) -> crate::tls::Tls {
    match tls {
        config::Tls::Implicit => crate::tls::Tls::Implicit,
        config::Tls::Starttls => crate::tls::Tls::StartTls,
        config::Tls::None => crate::tls::Tls::None,
    }
}

/// One mailbox.
pub(super) fn mailbox(settings: &MailboxSettings, tokens: &Tokens) -> Result<Box<dyn Mailbox>, CliError> {
    match settings.kind {
        MailboxKind::Maildir => Ok(Box::new(MaildirMailbox::new(MaildirSettings {
            name: settings.name.clone(),
            path: settings.path.clone(),
            handled: settings.handled.clone(),
            quarantine: settings.quarantine.clone(),
            max_mail_size: settings.max_mail_size,
        }))),
        MailboxKind::Imap => {
            let (password, oauth) = (settings.password.as_ref(), settings.oauth.as_ref());
            let sign_in = sign_in(&settings.name, password, oauth, tokens)?;
            let made = ImapMailbox::new(ImapSettings {
                name: settings.name.clone(),
                host: settings.host.clone(),
                port: settings.port,
                tls: tls(settings.tls),
                ca_file: settings.ca_file.clone(),
                username: settings.username.clone(),
                sign_in: sign_in.ok_or_else(|| lacks(&settings.name, "password"))?,
                inbox: settings.inbox.clone(),
                handled: settings.handled.clone(),
                quarantine: settings.quarantine.clone(),
                idle_refresh: settings.idle_refresh,
                max_mail_size: settings.max_mail_size,
            });
            Ok(Box::new(made.map_err(|e| CliError::Wrong(format!("mailbox {}: {e}", settings.name)))?))
        }
    }
}

/// Every mailbox with how it is worked.
///
/// # Errors
/// A mailbox lacks what its kind needs.
pub fn inboxes(settings: &Settings, tokens: &Tokens) -> Result<Vec<Inbox>, CliError> {
    let inbox = |s: &MailboxSettings| {
        Ok(Inbox {
            mailbox: mailbox(s, tokens)?,
            settings: IntakeSettings {
                start_now: s.start == Start::Now,
                poll: s.poll,
                authentication: s.authentication.clone(),
            },
        })
    };
    settings.mailboxes.iter().map(inbox).collect()
}

/// The rules that the worker needs.
pub(crate) fn rules(settings: &Settings) -> Rules {
    Rules {
        policy: settings.decision_policy(),
        automation: settings.automation(),
        own_domains: settings.policy.domains.clone(),
        authentications: settings
            .mailboxes
            .iter()
            .map(|m| (m.name.clone(), m.authentication.clone()))
            .collect(),
        password_length: usize::from(settings.password.length),
        page_words: (settings.password.style == PasswordStyle::Words)
            .then(|| usize::from(settings.password.words)),
        password_valid: settings.password.valid,
        scramble: settings.password.unused == Unused::Scramble,
        pickup_valid: settings.delivery.pickup_valid,
        deadline: settings.delivery.deadline,
        remind_after: REMIND_AFTER,
        texts_per_day: settings.sms.per_day,
        four_eyes: settings.policy.four_eyes,
        alarm_to: settings.notify.mail.clone(),
        desk_address: settings.desk.address.clone(),
        public_url: settings.desk.public_url.clone(),
    }
}

/// The whole desk over `store`; `tokens` are those of its mailboxes, too.
///
/// # Errors
/// A part cannot be made from the settings.
pub fn parts(settings: &Settings, store: Arc<dyn Store>, tokens: &Tokens) -> Result<Parts, CliError> {
    let Register { directory, reset, passes, .. } = register(settings, tokens)?;
    let keyring = keyring(settings).map(Arc::new).map_err(|error| {
        tracing::error!("no sealing key: {error}; tickets work, passwords wait (`nyckelbud key new`)");
        if !settings.notify.webhooks.is_empty() {
            tracing::error!("webhooks are told nothing without a sealing key");
        }
    });
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    Ok(Parts {
        store,
        directory,
        reset,
        passes,
        gateways: gateways(settings, &clock)?,
        breakers: Breakers::default(),
        mail: mail_sender(settings, tokens)?,
        dkim: dkim(settings),
        clock,
        keyring: keyring.ok(),
        texts: Arc::new(texts(settings, renderer(settings)?)?),
        provider: provider(settings)?,
        webhooks: webhooks(settings)?,
        rules: rules(settings),
        timing: Timing { directory: settings.directory.timeout, ..Timing::default() },
        owner: format!("{}-{}", std::process::id(), uuid::Uuid::new_v4().simple()),
        wake: Notify::new(),
        acted: Notify::new(),
    })
}

/// Systems of the site that are told.
fn webhooks(settings: &Settings) -> Result<Vec<Arc<Webhook>>, CliError> {
    let made = settings.notify.webhooks.iter().map(|one| {
        let events = one.events.iter().filter_map(|code| HookEvent::of_code(code)).collect();
        let format = match one.format {
            WebhookFormat::Standard => HookFormat::Standard,
            WebhookFormat::Teams => HookFormat::Teams,
        };
        let secret = one.secret.as_ref().map(|secret| secret.secret());
        let hook = Webhook::new(one.name.as_deref(), &one.url, secret, events, format);
        hook.map(Arc::new).map_err(|error| CliError::Wrong(format!("notify.webhook: {error}")))
    });
    made.collect()
}

/// Where managers sign in, when links ask for that.
pub(super) fn provider(settings: &Settings) -> Result<Option<Arc<Provider>>, CliError> {
    let signs_in = settings.delivery.pickup == PickupMethod::SignIn;
    if signs_in { provider_back_to(settings, crate::web::SIGN_IN_CALLBACK) } else { Ok(None) }
}

/// Where the desk's people sign in, when groups of theirs are named.
pub(super) fn staff_provider(settings: &Settings) -> Result<Option<Arc<Provider>>, CliError> {
    let has_groups = settings.web.oidc.as_ref().is_some_and(|oidc| oidc.roles().next().is_some());
    if has_groups { provider_back_to(settings, crate::web::LOGIN_CALLBACK) } else { Ok(None) }
}

/// The provider, from which people come back to `path`.
fn provider_back_to(settings: &Settings, path: &str) -> Result<Option<Arc<Provider>>, CliError> {
    let Some(oidc) = settings.web.oidc.as_ref() else { return Ok(None) };
    let provider = Provider::new(OidcSettings {
        issuer: oidc.issuer.clone(),
        client_id: oidc.client_id.clone(),
        client_secret: oidc.client_secret.secret().clone(),
        claim: oidc.claim.clone(),
        redirect: format!("{}{path}", settings.desk.public_url),
    });
    let provider = provider.map_err(|error| CliError::Wrong(format!("web.oidc: {error}")))?;
    Ok(Some(Arc::new(provider)))
}

/// Who works at the desk, and how they come in.
///
/// # Errors
/// The identity provider's address is none.
pub fn accounts(settings: &Settings, parts: &Arc<Parts>) -> Result<Arc<AccountsPort>, CliError> {
    let groups = settings.web.oidc.as_ref().map(|oidc| RoleGroups {
        technicians: oidc.technicians.clone(),
        auditors: oidc.auditors.clone(),
        administrators: oidc.administrators.clone(),
    });
    let rules = AccountRules {
        local: settings.web.local_accounts,
        idle: settings.web.session,
        groups: groups.unwrap_or_default(),
    };
    Ok(Arc::new(AccountsPort::new(Arc::clone(parts), rules, staff_provider(settings)?)))
}

/// What whoever runs the desk sees and turns.
///
/// # Errors
/// The register cannot be made.
pub fn operations(
    settings: &Settings,
    shown: Vec<Shown>,
    parts: &Arc<Parts>,
    tokens: &Arc<Tokens>,
) -> Result<Arc<OperationsPort>, CliError> {
    let setting = |shown: Shown| Setting { value: shown.text(), key: shown.key, source: shown.source };
    let own = OperationsParts {
        probes: super::probes::mailboxes(settings, tokens),
        census: register(settings, tokens)?.census,
        settings: shown.into_iter().map(setting).collect(),
    };
    Ok(Arc::new(OperationsPort::new(Arc::clone(parts), own)))
}

/// What waits for the desk's people.
///
/// # Errors
/// The zone or the opening hours cannot be read.
pub fn queue(settings: &Settings, parts: &Arc<Parts>) -> Result<Arc<QueuePort>, CliError> {
    let opening = OpeningHours::parse(&settings.web.opening_hours)
        .map_err(|why| CliError::Wrong(format!("web.opening_hours: {why}")))?;
    let ages = Ages { zone: zone(settings)?, opening, late: settings.web.late };
    Ok(Arc::new(QueuePort::new(Arc::clone(parts), ages)))
}

/// What checks signatures, where a mailbox has nobody else who vouches.
pub(super) fn dkim(settings: &Settings) -> Option<Arc<Dkim>> {
    settings.mailboxes.iter().any(checks_dkim).then(|| Arc::new(Dkim::of_this_machine()))
}

/// Must this desk itself check the signatures of this mailbox's mails?
pub(super) fn checks_dkim(mailbox: &MailboxSettings) -> bool {
    mailbox.authentication == Authentication::Dkim
}

/// What the pages need.
pub(super) fn web(settings: &Settings) -> Result<WebSettings, CliError> {
    Ok(WebSettings {
        listen: settings.web.listen,
        public_url: settings.desk.public_url.clone(),
        desk_name: settings.desk.name.clone(),
        desk_address: settings.desk.address.to_string(),
        language: settings.desk.language.code().to_owned(),
        zone: zone(settings)?,
        help: settings.desk.help.clone(),
        trusted_proxies: settings.web.trusted_proxies.clone(),
        typed_codes: settings.delivery.pickup == PickupMethod::Code,
    })
}
