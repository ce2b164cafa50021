//! Access tokens by OAuth 2.0 client credentials (RFC 6749 4.4): how the program signs in where no
//! password is taken.
//!
//! A token is kept, shared by all who sign in with the same client, renewed before it ends, and
//! fetched once however many wait for it. A failure is kept, too: nobody hammers the endpoint. There
//! is no refresh token to lose: whoever has the secret or the certificate gets a new token.

use std::sync::{Arc, Mutex, PoisonError};

use data_encoding::BASE64URL_NOPAD;
use serde::Deserialize;

use crate::clock::{Clock, SystemClock};
use crate::http::{HttpSetupError, ServiceUrl};
use crate::secret::Secret;

mod answer;
mod certificate;
mod memory;
mod source;

pub use certificate::{Certificate, CertificateError};
pub use source::TokenSource;

/// How to get into a server.
#[derive(Clone, Debug)]
pub enum SignIn {
    /// With this password.
    Password(Secret),
    /// With a token (XOAUTH2), fetched when it is needed.
    Token(TokenSource),
}

/// What a client proves itself with.
#[derive(Clone, Debug)]
pub enum Credential {
    /// A secret that the endpoint knows, too.
    Secret(Secret),
    /// A certificate: an assertion signed with its key is sent (RFC 7523 2.2).
    Certificate(Arc<Certificate>),
}

/// Where tokens come from, for whom and for what.
#[derive(Clone, Debug)]
pub struct TokenSettings {
    /// The token endpoint.
    pub url: ServiceUrl,
    /// The client.
    pub client_id: String,
    /// What it proves itself with.
    pub credential: Credential,
    /// What the token is to be good for.
    pub scope: String,
}

impl TokenSettings {
    /// Would both get the same token?
    fn are_those_of(&self, other: &Self) -> bool {
        let same_credential = match (&self.credential, &other.credential) {
            (Credential::Secret(one), Credential::Secret(two)) => one.expose() == two.expose(),
            (Credential::Certificate(one), Credential::Certificate(two)) => {
                one.thumbprint() == two.thumbprint()
            }
            (Credential::Secret(_), Credential::Certificate(_))
            | (Credential::Certificate(_), Credential::Secret(_)) => false,
        };
        same_credential
            && (&self.url, &self.client_id, &self.scope) == (&other.url, &other.client_id, &other.scope)
    }
}

/// An access token. Never shows itself.
#[derive(Clone, Debug)]
pub struct AccessToken {
    text: Secret,
    /// Which one of its source it is.
    serial: u64,
    kept: bool,
}

impl AccessToken {
    /// The token itself, for the one call that needs it. It holds nothing but the characters of
    /// RFC 6750 2.1.
    #[must_use]
    pub fn expose(&self) -> &str {
        self.text.expose()
    }

    /// Was it fetched for an earlier call? Then it may have been revoked since; one that is fresh
    /// need not be fetched again when it is refused.
    #[must_use]
    pub fn was_kept(&self) -> bool {
        self.kept
    }

    /// The permissions in it, for error texts only: nobody has checked them. `None` when it is no
    /// token of Entra ID, which alone writes application permissions as `roles`.
    #[must_use]
    pub fn roles(&self) -> Option<Vec<String>> {
        self.claims().map(|claims| claims.roles)
    }

    /// The Object ID of the enterprise application that it is for, as [`AccessToken::roles`].
    #[must_use]
    pub fn object_id(&self) -> Option<String> {
        let id = self.claims()?.oid?;
        id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-').then_some(id)
    }

    fn claims(&self) -> Option<Claims> {
        let claims = self.expose().split('.').nth(1)?;
        let claims: Claims = serde_json::from_slice(&BASE64URL_NOPAD.decode(claims.as_bytes()).ok()?).ok()?;
        claims.tid.is_some().then_some(claims)
    }
}

/// The claims of a JWT (RFC 7519) that matter here.
#[derive(Deserialize)]
struct Claims {
    tid: Option<String>,
    oid: Option<String>,
    #[serde(default)]
    roles: Vec<String>,
}

/// There is no token. No text of it comes out of a token, a secret or an assertion.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    /// The endpoint refuses this client: somebody has to put that right, trying again does not help.
    #[error("{place} refuses a token ({code}): {todo}")]
    Refused {
        /// The endpoint.
        place: String,
        /// Its codes.
        code: String,
        /// What to do, in the words of the portal.
        todo: &'static str,
    },
    /// No token for now; it may come later by itself.
    #[error("{place} gives no token for now: {cause}")]
    Unavailable {
        /// The endpoint.
        place: String,
        /// What went wrong.
        cause: String,
    },
}

/// The sources of a desk: one for each client, however many sign in with it.
pub struct Tokens {
    clock: Arc<dyn Clock>,
    sources: Mutex<Vec<TokenSource>>,
}

impl Default for Tokens {
    fn default() -> Self {
        Self { clock: Arc::new(SystemClock), sources: Mutex::default() }
    }
}

impl Tokens {
    /// The source for `settings`: a new one, or the one that others with the same settings have.
    ///
    /// # Errors
    /// The HTTP client cannot be made.
    pub fn source(&self, settings: TokenSettings) -> Result<TokenSource, HttpSetupError> {
        let mut sources = self.sources.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = sources.iter().find(|source| source.settings().are_those_of(&settings)) {
            return Ok(known.clone());
        }
        let source = TokenSource::new(settings, Arc::clone(&self.clock))?;
        sources.push(source.clone());
        Ok(source)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(client_id: &str, secret: &str, scope: &str) -> TokenSettings {
        TokenSettings {
            url: ServiceUrl::parse("https://id.kommun.example/token").unwrap(),
            client_id: client_id.to_owned(),
            credential: Credential::Secret(Secret::new(secret.to_owned())),
            scope: scope.to_owned(),
        }
    }

    #[test]
    fn the_same_client_has_one_source_and_another_its_own() {
        let tokens = Tokens::default();
        let count = |settings| {
            tokens.source(settings).unwrap();
            tokens.sources.lock().unwrap().len()
        };
        assert_eq!(count(settings("desk", "one", "mail")), 1);
        assert_eq!(count(settings("desk", "one", "mail")), 1);
        assert_eq!(count(settings("annex", "one", "mail")), 2);
        assert_eq!(count(settings("desk", "two", "mail")), 3);
        assert_eq!(count(settings("desk", "one", "people")), 4);
    }

    #[test]
    fn the_permissions_of_entra_are_read_and_no_other_token_is_taken_for_one() {
        let roles = |text: &str| {
            let text = Secret::new(text.to_owned());
            AccessToken { text, serial: 1, kept: false }.roles()
        };
        let jwt = |claims: &str| format!("e30.{}.c2ln", BASE64URL_NOPAD.encode(claims.as_bytes()));
        let held = jwt("{\"tid\":\"t\",\"roles\":[\"IMAP.AccessAsApp\"]}");
        assert_eq!(roles(&held), Some(vec!["IMAP.AccessAsApp".to_owned()]));
        assert_eq!(roles(&jwt("{\"tid\":\"t\"}")), Some(Vec::new()));
        for other in ["opaque", "a.b.c", &jwt("[]"), &jwt("{\"roles\":[\"IMAP.AccessAsApp\"]}")] {
            assert_eq!(roles(other), None, "{other}");
        }
    }

    #[test]
    fn no_debug_form_shows_a_secret_or_a_token() {
        let settings = settings("desk", "hemligt-4711", "mail");
        let source = Tokens::default().source(settings.clone()).unwrap();
        let token = AccessToken { text: Secret::new("hemligt-4711".to_owned()), serial: 1, kept: true };
        let shown = format!("{settings:?} {source:?} {token:?} {:?}", SignIn::Token(source.clone()));
        assert!(!shown.contains("4711"), "{shown}");
    }
}
