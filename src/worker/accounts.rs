//! Who works at the desk: [`AccountsPort`] implements [`Accounts`]. Passwords are compared here, and one-time
//! codes; what an account may do stands in the pages' own table.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use serde_json::json;
use zeroize::Zeroizing;

use super::Parts;
use crate::argon::{self, Hasher};
use crate::oidc::{Flow, Member, OidcError, Provider};
use crate::store::{AuditEntry, NewSession, Staff, TryLimit};
use crate::totp;
use crate::types::{Preferences, Role, StaffMember, StaffName};
use crate::web::{Accounts, Browser, LocalSignIn, LoginFlow, Session, SignInAnswer, Unavailable, WaysIn};

/// A session ends after this time, however much it is used.
const LONGEST_SESSION: Duration = Duration::from_secs(12 * 60 * 60);
/// Tries that failed count for so long.
const TRIES_COUNT: Duration = Duration::from_secs(15 * 60);
/// So many of them from one address for one name: a person who has forgotten which password it was.
const PERSON_TRIES: u32 = 5;
/// So many from one address, which a whole town may share.
const ADDRESS_TRIES: u32 = 50;
/// So many for one name, from wherever: beyond it somebody guesses, and the code's 20 bits would give in.
const NAME_TRIES: u32 = 30;
/// What people are called is not longer, in characters.
const SHOWN_MAX: usize = 80;

/// Which groups of the identity provider are what at the desk.
#[derive(Clone, Debug, Default)]
pub struct RoleGroups {
    /// Technicians.
    pub technicians: Vec<String>,
    /// Auditors.
    pub auditors: Vec<String>,
    /// Administrators.
    pub administrators: Vec<String>,
}

impl RoleGroups {
    /// What somebody in `groups` is; the role with the most rights, when it is several.
    fn role(&self, groups: &[String]) -> Option<Role> {
        let among = |listed: &[String]| listed.iter().any(|group| groups.contains(group));
        let roles = [
            (&self.administrators, Role::Administrator),
            (&self.technicians, Role::Technician),
            (&self.auditors, Role::Auditor),
        ];
        roles.into_iter().find(|(listed, _)| among(listed)).map(|(_, role)| role)
    }
}

/// How people may come in.
pub struct AccountRules {
    /// By accounts of the page's own.
    pub local: bool,
    /// A session that is not used for so long is over.
    pub idle: Duration,
    /// Who is what at the provider.
    pub groups: RoleGroups,
}

/// The desk's people, as the pages see them.
pub struct AccountsPort {
    parts: Arc<Parts>,
    rules: AccountRules,
    provider: Option<Arc<Provider>>,
    hasher: Hasher,
    /// The hash that a name is compared with that nobody has, so that it takes as long.
    nobody: String,
}

impl AccountsPort {
    /// The desk's people over `parts`; they may also sign in at `provider`.
    #[must_use]
    pub fn new(parts: Arc<Parts>, rules: AccountRules, provider: Option<Arc<Provider>>) -> Self {
        let hasher = Hasher::new();
        let nobody = hasher.hash(&rand::random::<[u8; 16]>()).unwrap_or_default();
        Self { parts, rules, provider, hasher, nobody }
    }

    /// The account, if password and code are its own.
    async fn judged(&self, form: &LocalSignIn<'_>) -> Result<Option<Staff>, crate::store::StoreError> {
        let staff = match StaffName::parse(form.name) {
            Ok(name) => self.parts.store.staff(&name).await?,
            Err(_) => None,
        };
        let hash = staff.as_ref().map(|staff| staff.password.clone()).filter(|hash| !hash.is_empty());
        let (hash, password) = (hash.unwrap_or_else(|| self.nobody.clone()), form.password.clone());
        let turn = self.hasher.turn().await;
        let compared = tokio::task::spawn_blocking(move || argon::opens(&hash, password.as_bytes())).await;
        drop(turn);
        let Some(staff) = staff.filter(|staff| compared.unwrap_or(false) && !staff.password.is_empty())
        else {
            return Ok(None);
        };
        Ok(if !staff.disabled && self.code_fits(&staff, form.code).await? { Some(staff) } else { None })
    }

    /// Is it a one-time code of this account, of now, that was not used yet?
    async fn code_fits(&self, staff: &Staff, code: &str) -> Result<bool, crate::store::StoreError> {
        let Some(totp) = &staff.totp else { return Ok(true) };
        let name = &staff.member.name;
        let Some(codes) = self.parts.keyring.as_ref().and_then(|ring| totp::codes(ring, totp, name)) else {
            tracing::error!(
                user = %name,
                "the one-time codes of an account cannot be checked: the sealing key {} is not at hand; nobody was \
                 signed in; `nyckelbud user totp` makes new ones",
                totp.key_id
            );
            return Ok(false);
        };
        let Some(step) = codes.step_of(code, self.parts.now()) else { return Ok(false) };
        self.parts.store.use_code(name, step).await
    }

    async fn begin(&self, member: StaffMember, how: &str, tries: &[TryLimit]) -> SignInAnswer {
        let now = self.parts.now();
        let session = Browser::new(rand::random());
        let entry = AuditEntry {
            actor: member.name.actor(),
            event: "user.signed-in".to_owned(),
            data: json!({ "how": how, "role": member.role.code() }).to_string(),
        };
        let new = NewSession { hash: session.hash(), member, ends_at: now.plus(LONGEST_SESSION) };
        match self.parts.store.begin_session(&new, tries, &entry, now).await {
            Ok(true) => SignInAnswer::Yes { session },
            Ok(false) => SignInAnswer::Refused,
            Err(error) => not_now(&error),
        }
    }

    async fn note_refusal(&self, form: &LocalSignIn<'_>) {
        // A name that nobody can have is no name: it may be a password in the wrong field.
        let name = StaffName::parse(form.name).map(|name| name.as_str().to_owned()).unwrap_or_default();
        let known = match StaffName::parse(&name) {
            Ok(name) => self.parts.store.staff(&name).await.is_ok_and(|staff| staff.is_some()),
            Err(_) => false,
        };
        let from = form.from.map(|address| address.to_string());
        let data = json!({ "name": known.then_some(name), "from": from }).to_string();
        let entry = AuditEntry { actor: "web".to_owned(), event: "user.refused".to_owned(), data };
        if let Err(error) = self.parts.store.note(&entry, self.parts.now()).await {
            tracing::error!("a refused sign-in could not be written down: {error}");
        }
    }
}

fn not_now(error: &dyn std::fmt::Display) -> SignInAnswer {
    tracing::error!("somebody could not be signed in: {error}; it can be tried again");
    SignInAnswer::NotNow
}

/// What counts towards which limit.
fn limits(form: &LocalSignIn<'_>) -> Vec<TryLimit> {
    let name = form.name.trim().to_lowercase();
    // What is no name must not fill a column.
    let name = StaffName::parse(&name).map_or_else(|_| "-".to_owned(), |name| name.as_str().to_owned());
    let from = form.from.map_or_else(|| "-".to_owned(), |address| address.to_string());
    vec![
        TryLimit { subject: format!("person/{name}/{from}"), most: PERSON_TRIES },
        TryLimit { subject: format!("name/{name}"), most: NAME_TRIES },
        TryLimit { subject: format!("address/{from}"), most: ADDRESS_TRIES },
    ]
}

fn flow(flow: &LoginFlow) -> Flow {
    let LoginFlow { state, nonce, verifier } = flow;
    Flow { state: state.clone(), nonce: nonce.clone(), verifier: verifier.clone() }
}

/// Somebody of the provider's, if their groups make them something here.
fn of_the_desk(groups: &RoleGroups, member: &Member) -> Option<StaffMember> {
    let role = groups.role(&member.groups)?;
    let name = StaffName::parse(&member.name).ok()?;
    Some(StaffMember { name, shown: member.shown.chars().take(SHOWN_MAX).collect(), role })
}

#[async_trait]
impl Accounts for AccountsPort {
    async fn ways_in(&self) -> WaysIn {
        let provider = self.provider.as_ref().map(|provider| {
            let looking = Arc::clone(provider);
            // The page does not wait for it.
            tokio::spawn(async move { looking.look().await });
            provider.answered().unwrap_or(true)
        });
        WaysIn { local: self.rules.local, provider }
    }

    async fn sign_in(&self, form: &LocalSignIn<'_>) -> SignInAnswer {
        if !self.rules.local {
            return SignInAnswer::Refused;
        }
        let (limits, now) = (limits(form), self.parts.now());
        match self.parts.store.count_try(&limits, TRIES_COUNT, now).await {
            Ok(None) => {}
            Ok(Some(until)) => {
                return SignInAnswer::Wait { minutes: until.since(now).as_secs().div_ceil(60).max(1) };
            }
            Err(error) => return not_now(&error),
        }
        match self.judged(form).await {
            // Whoever shares the address keeps what they have tried.
            Ok(Some(staff)) => self.begin(staff.member, "local", &limits[..2]).await,
            Ok(None) => {
                self.note_refusal(form).await;
                SignInAnswer::Refused
            }
            Err(error) => not_now(&error),
        }
    }

    async fn provider_address(&self, login: &LoginFlow) -> Option<String> {
        let address = self.provider.as_ref()?.address(&flow(login)).await;
        address.map_err(|error| tracing::error!("nobody can be sent to sign in: {error}")).ok()
    }

    async fn signed_in(&self, code: &str, login: &LoginFlow) -> SignInAnswer {
        let Some(provider) = &self.provider else { return SignInAnswer::NotNow };
        match provider.member(code, &flow(login)).await {
            Ok(member) => match of_the_desk(&self.rules.groups, &member) {
                Some(member) => self.begin(member, "provider", &[]).await,
                None => SignInAnswer::NobodyHere,
            },
            Err(error @ OidcError::Refused(_)) => {
                tracing::warn!("a sign-in was refused: {error}");
                SignInAnswer::Refused
            }
            Err(error @ OidcError::Unavailable(_)) => not_now(&error),
        }
    }

    async fn session(&self, session: &Browser) -> Result<Option<Session>, Unavailable> {
        let found = self.parts.store.session(&session.hash(), self.rules.idle, self.parts.now()).await;
        match found {
            Ok(found) => Ok(found.map(|s| Session { member: s.member, preferences: s.preferences })),
            Err(error) => Err(unavailable("a session could not be looked up", &error)),
        }
    }

    async fn sign_out(&self, member: &StaffMember, session: &Browser) {
        let entry = AuditEntry {
            actor: member.name.actor(),
            event: "user.signed-out".to_owned(),
            data: "{}".to_owned(),
        };
        if let Err(error) = self.parts.store.end_session(&session.hash(), &entry, self.parts.now()).await {
            tracing::error!(
                "a session could not be ended: {error}; the browser has forgotten it, and it ends by itself"
            );
        }
    }

    async fn prefer(&self, name: &StaffName, preferences: &Preferences) -> Result<(), Unavailable> {
        let kept = self.parts.store.prefer(name, preferences).await;
        kept.map_err(|error| unavailable("how somebody wants the pages could not be kept", &error))
    }
}

fn unavailable(what: &str, error: &dyn std::fmt::Display) -> Unavailable {
    tracing::error!("{what}: {error}; nothing was changed");
    Unavailable
}

/// The hash of a password for an account of the page's own. Slow on purpose.
///
/// # Errors
/// In words, why there is none.
pub fn password_hash(password: &Zeroizing<String>) -> Result<String, String> {
    Hasher::new().hash(password.as_bytes()).map_err(|error| error.to_string())
}
