//! One client's tokens: from the endpoint over HTTP, through the memory, to all who ask.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Mutex;
use tokio::time::Instant;

use super::answer::{self, Failed, Grant};
use super::memory::{Memory, Recalled};
use super::{AccessToken, Credential, TokenError, TokenSettings};
use crate::clock::Clock;
use crate::http::{HttpClient, HttpSetupError, Timeouts};

/// Longer than any answer with a token (octets).
const ANSWER_MAX: usize = 64 * 1024;
const TIMEOUTS: Timeouts = Timeouts { connect: Duration::from_secs(5), total: Duration::from_secs(10) };
/// RFC 7523 2.2.
const ASSERTION_TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// Hands out the tokens of one client; cheap to clone, all clones share.
#[derive(Clone)]
pub struct TokenSource(Arc<Inner>);

struct Inner {
    settings: TokenSettings,
    http: HttpClient,
    clock: Arc<dyn Clock>,
    /// Locked while a token is fetched: whoever comes meanwhile waits for that one.
    memory: Mutex<Memory>,
}

impl TokenSource {
    /// A source that has not been tried yet.
    pub(super) fn new(settings: TokenSettings, clock: Arc<dyn Clock>) -> Result<Self, HttpSetupError> {
        let (http, memory) = (HttpClient::new(TIMEOUTS, ANSWER_MAX)?, Mutex::default());
        Ok(Self(Arc::new(Inner { settings, http, clock, memory })))
    }

    pub(super) fn settings(&self) -> &TokenSettings {
        &self.0.settings
    }

    /// A token that is good now; comes within about 10 s.
    ///
    /// # Errors
    /// [`TokenError`] tells a refused client from an endpoint that is not to be had.
    pub async fn token(&self) -> Result<AccessToken, TokenError> {
        self.ask(None).await
    }

    /// A token in place of one that a server has refused.
    ///
    /// # Errors
    /// As for [`TokenSource::token`].
    pub async fn instead_of(&self, refused: &AccessToken) -> Result<AccessToken, TokenError> {
        self.ask(Some(refused.clone())).await
    }

    async fn ask(&self, refused: Option<AccessToken>) -> Result<AccessToken, TokenError> {
        let inner = Arc::clone(&self.0);
        // A task of its own: who gives up waiting does not break off what others wait for.
        let asking = tokio::spawn(async move { inner.token(refused).await });
        asking.await.unwrap_or_else(|_| Err(self.0.unavailable("fetching it was broken off".to_owned())))
    }
}

impl Inner {
    async fn token(&self, refused: Option<AccessToken>) -> Result<AccessToken, TokenError> {
        let mut memory = self.memory.lock().await;
        if let Some(refused) = refused {
            memory.forget(&refused);
        }
        match memory.recall(Instant::now()) {
            Recalled::Token(token) => return Ok(token),
            Recalled::Failure(error) => return Err(error),
            Recalled::Nothing => {}
        }
        let asked_at = Instant::now();
        match self.fetch().await {
            Ok(grant) => Ok(memory.keep(grant, asked_at)),
            Err(failed) => {
                let error = failed.error.clone();
                let token = memory.failed(failed, Instant::now())?;
                tracing::error!("a token cannot be renewed: {error}; the old one holds for a short while");
                Ok(token)
            }
        }
    }

    /// RFC 6749 4.4.2. The client's proof is in the form (2.3.1), as Entra ID documents it.
    async fn fetch(&self) -> Result<Grant, Failed> {
        let TokenSettings { url, client_id, credential, scope } = &self.settings;
        let mut form = vec![
            ("grant_type", "client_credentials"),
            ("client_id", client_id.as_str()),
            ("scope", scope.as_str()),
        ];
        let assertion;
        match credential {
            Credential::Secret(secret) => form.push(("client_secret", secret.expose())),
            Credential::Certificate(certificate) => {
                let signed = certificate.assertion(client_id, url.as_str(), self.clock.now());
                assertion = signed.map_err(|error| Failed::from(self.unavailable(error.to_string())))?;
                form.push(("client_assertion_type", ASSERTION_TYPE));
                form.push(("client_assertion", assertion.expose()));
            }
        }
        let answered = self.http.post_form(url, None, &form).await;
        let answered = answered.map_err(|error| Failed::from(self.unavailable(error.to_string())))?;
        answer::read(url.as_str(), &answered)
    }

    fn unavailable(&self, cause: String) -> TokenError {
        TokenError::Unavailable { place: self.settings.url.as_str().to_owned(), cause }
    }
}

impl std::fmt::Debug for TokenSource {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TokenSource").field("settings", self.settings()).finish_non_exhaustive()
    }
}
