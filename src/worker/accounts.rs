//! Who works at the desk: [`AccountsPort`] implements [`Accounts`]. Passwords are compared here, and one-time
//! codes; what an account may do stands in the pages' own table.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use serde_json::json;
use zeroize::Zeroizing;

use super::Parts;
use crate::argon::{self, Hasher};
use crate::keyring::Keyring;
use crate::oidc::{Flow, Member, OidcError, Provider};
use crate::store::{AuditEntry, NewSession, Staff, TryLimit};
use crate::totp;
use crate::types::{Preferences, Role, StaffMember, StaffName};
use crate::web::{
    Accounts, Browser, LocalSignIn, LoginFlow, Session, SessionShown, SignInAnswer, Unavailable, WaysIn,
};

/// How somebody came in, in the audit log.
const LOCAL: &str = "local";
/// A session ends after this time, however much it is used.
const LONGEST_SESSION: Duration = Duration::from_secs(12 * 60 * 60);
/// Tries that failed count for so long.
const TRIES_COUNT: Duration = Duration::from_secs(15 * 60);
/// So many of them from one place for one name: a person who has forgotten which password it was.
const PERSON_TRIES: u32 = 5;
/// So many from one place, which a whole town may share.
const PLACE_TRIES: u32 = 50;
/// So many for one name, from wherever: beyond it somebody guesses, and the code's 20 bits would give in. A browser in
/// which that person has signed in before is counted by itself.
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

    async fn begin(&self, staff: Staff, how: &str, tries: &[TryLimit]) -> SignInAnswer {
        let now = self.parts.now();
        let session = Browser::new(rand::random());
        let entry = AuditEntry {
            actor: String::new(),
            event: "user.signed-in".to_owned(),
            data: json!({ "how": how, "role": staff.member.role.code() }).to_string(),
        };
        let new = NewSession { hash: session.hash(), staff, ends_at: now.plus(LONGEST_SESSION) };
        match self.parts.store.begin_session(&new, tries, &entry, now).await {
            Ok(Some(name)) => {
                let known = (how == LOCAL).then(|| self.known_browser(&name)).flatten();
                SignInAnswer::Yes { session, known }
            }
            Ok(None) => SignInAnswer::Refused,
            Err(error) => not_now(&error),
        }
    }

    /// What a browser keeps in which this person has signed in (OWASP, "Slow Down Online Guessing Attacks with Device
    /// Cookies").
    fn known_browser(&self, name: &StaffName) -> Option<String> {
        let ring = self.parts.keyring.as_ref()?;
        let random = data_encoding::HEXLOWER.encode(&rand::random::<[u8; 16]>());
        let mac = known_mac(ring, ring.current_id(), name, &random)?;
        Some(format!("{}.{random}.{mac}", ring.current_id()))
    }

    /// Has this person signed in there before? Then how that browser is counted.
    fn is_known(&self, name: &StaffName, known: &str) -> Option<String> {
        let (key_id, rest) = known.split_once('.')?;
        let (random, mac) = rest.split_once('.')?;
        let own = known_mac(self.parts.keyring.as_ref()?, key_id, name, random)?;
        bool::from(subtle::ConstantTimeEq::ct_eq(own.as_bytes(), mac.as_bytes())).then(|| random.to_owned())
    }

    /// What counts towards which limit.
    fn limits(&self, form: &LocalSignIn<'_>) -> Vec<TryLimit> {
        let name = StaffName::parse(form.name).ok();
        if let Some(browser) = name.as_ref().and_then(|name| self.is_known(name, form.known)) {
            return vec![TryLimit { subject: format!("known/{browser}"), most: PERSON_TRIES }];
        }
        let name = name.map_or_else(|| "-".to_owned(), |name| name.as_str().to_owned());
        let place = form.from.map_or_else(|| "-".to_owned(), place);
        vec![
            TryLimit { subject: format!("person/{name}/{place}"), most: PERSON_TRIES },
            TryLimit { subject: format!("name/{name}"), most: NAME_TRIES },
            TryLimit { subject: format!("place/{place}"), most: PLACE_TRIES },
        ]
    }

    /// Nobody came in: an auditor should see by which name, and from where. What is no account's name is left out: it may
    /// be a password in the wrong field.
    async fn note_refusal(&self, event: &str, name: &str, from: Option<IpAddr>) {
        let known = match StaffName::parse(name) {
            Ok(name) => self.parts.store.staff(&name).await.ok().flatten().map(|staff| staff.member.name),
            Err(_) => None,
        };
        let from = from.map(|address| address.to_string());
        let data = json!({ "name": known.as_ref().map(StaffName::as_str), "from": from }).to_string();
        let entry = AuditEntry { actor: "web".to_owned(), event: event.to_owned(), data };
        if let Err(error) = self.parts.store.note(&entry, self.parts.now()).await {
            tracing::error!("a refused sign-in could not be written down: {error}");
        }
    }
}

/// What only this ring gives for this person and browser.
fn known_mac(ring: &Keyring, key_id: &str, name: &StaffName, random: &str) -> Option<String> {
    let mac = ring.mac(key_id, "known-browser", format!("{name}/{random}").as_bytes())?;
    Some(data_encoding::HEXLOWER.encode(&mac))
}

fn not_now(error: &dyn std::fmt::Display) -> SignInAnswer {
    tracing::error!("somebody could not be signed in: {error}; it can be tried again");
    SignInAnswer::NotNow
}

/// Where somebody is: of IPv6 the network, of which one house has 2^64 addresses (RFC 6177).
pub(crate) fn place(address: IpAddr) -> String {
    match address.to_canonical() {
        IpAddr::V4(address) => address.to_string(),
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            format!("{a:x}:{b:x}:{c:x}:{d:x}::/64")
        }
    }
}

fn flow(flow: &LoginFlow) -> Flow {
    let LoginFlow { state, nonce, verifier } = flow;
    Flow { state: state.clone(), nonce: nonce.clone(), verifier: verifier.clone() }
}

/// Somebody of the provider's, if their groups make them something here.
fn of_the_desk(groups: &RoleGroups, member: Member) -> Option<Staff> {
    let role = groups.role(&member.groups)?;
    let name = StaffName::parse(&member.name).or_else(|_| StaffName::parse(&member.subject)).ok()?;
    let member_here = StaffMember { name, shown: member.shown.chars().take(SHOWN_MAX).collect(), role };
    Some(Staff {
        member: member_here,
        provider: member.subject,
        password: String::new(),
        totp: None,
        disabled: false,
        signed_in_at: None,
        person: String::new(),
    })
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
        let (limits, now) = (self.limits(form), self.parts.now());
        match self.parts.store.count_try(&limits, TRIES_COUNT, now).await {
            Ok(None) => {}
            Ok(Some(until)) => {
                tracing::warn!(
                    "too many tries to sign in: nobody is let in by that name, or from there, for a while"
                );
                return SignInAnswer::Wait { minutes: until.since(now).as_secs().div_ceil(60).max(1) };
            }
            Err(error) => return not_now(&error),
        }
        match self.judged(form).await {
            Ok(Some(staff)) => self.begin(staff, LOCAL, &limits).await,
            Ok(None) => {
                self.note_refusal("user.refused", form.name, form.from).await;
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
            Ok(member) => match of_the_desk(&self.rules.groups, member) {
                Some(staff) => self.begin(staff, "provider", &[]).await,
                None => {
                    self.note_refusal("user.nobody-here", "", None).await;
                    SignInAnswer::NobodyHere
                }
            },
            Err(error @ OidcError::Refused(_)) => {
                tracing::warn!("a sign-in was refused: {error}");
                SignInAnswer::Refused
            }
            Err(error @ OidcError::Unavailable(_)) => not_now(&error),
        }
    }

    async fn session(&self, session: &Browser, used: bool) -> Result<Option<Session>, Unavailable> {
        let (hash, now) = (session.hash(), self.parts.now());
        let found = self.parts.store.session(&hash, self.rules.idle, used, now).await;
        match found {
            Ok(found) => Ok(found.map(|s| Session {
                member: s.member,
                preferences: s.preferences,
                ends_in: s.ends_at.since(now),
            })),
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

    async fn sessions(
        &self,
        member: &StaffMember,
        session: &Browser,
    ) -> Result<Vec<SessionShown>, Unavailable> {
        let (hash, now) = (session.hash(), self.parts.now());
        let all = self.parts.store.sessions_of(&member.name, self.rules.idle, now).await;
        let all = all.map_err(|error| unavailable("somebody's sessions could not be listed", &error))?;
        let shown = |one: crate::store::OwnSession| SessionShown {
            here: one.hash == hash,
            begun_at: one.begun_at,
            seen_at: one.seen_at,
        };
        Ok(all.into_iter().map(shown).collect())
    }

    async fn end_others(&self, member: &StaffMember, session: &Browser) -> Result<(), Unavailable> {
        let entry = AuditEntry {
            actor: member.name.actor(),
            event: "user.signed-out".to_owned(),
            data: r#"{"others":true}"#.to_owned(),
        };
        let (hash, now) = (session.hash(), self.parts.now());
        let ended = self.parts.store.end_other_sessions(&member.name, &hash, &entry, now).await;
        ended.map(drop).map_err(|error| unavailable("somebody's other sessions could not be ended", &error))
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
