//! Signing in at the organisation's identity provider: OpenID Connect Core 1.0, the authorization code
//! flow (3.1) with PKCE (RFC 7636, S256). openidconnect is used only here, over our own HTTP client.
//!
//! The provider says who somebody is. Whether that is whom a link is for is the caller's to say.

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError};
use std::time::{Duration, Instant};

use openidconnect::core::{
    CoreAuthDisplay, CoreAuthPrompt, CoreAuthenticationFlow, CoreErrorResponseType, CoreGenderClaim,
    CoreJsonWebKey, CoreJweContentEncryptionAlgorithm, CoreJwsSigningAlgorithm, CoreProviderMetadata,
    CoreRevocableToken, CoreRevocationErrorResponse, CoreTokenIntrospectionResponse, CoreTokenType,
};
use openidconnect::{
    AdditionalClaims, AuthorizationCode, ClaimsVerificationError, Client, ClientId, ClientSecret, CsrfToken,
    DiscoveryError, EmptyExtraTokenFields, EndpointMaybeSet, EndpointNotSet, EndpointSet, HttpRequest,
    HttpResponse, IdTokenClaims, IdTokenFields, IssuerUrl, Nonce, PkceCodeChallenge, PkceCodeVerifier,
    RedirectUrl, RequestTokenError, Scope, StandardErrorResponse, StandardTokenResponse, TokenResponse, http,
};
use serde::{Deserialize, Serialize};
use tokio::sync::Mutex;

use crate::http::{HttpClient, HttpError, HttpSetupError, Relayed, ServiceUrl, Timeouts};
use crate::secret::Secret;

mod people;

pub use people::{Member, Person};

/// Documents of a provider and its answers are small; one with many keys has some 20 kB.
const ANSWER_MAX: usize = 256 * 1024;
/// A person waits for the page meanwhile.
const TIMEOUTS: Timeouts = Timeouts { connect: Duration::from_secs(3), total: Duration::from_secs(8) };
/// So long the provider's document and keys are used again. A key that is not among them is looked for
/// at once.
const KNOWN_FOR: Duration = Duration::from_secs(60 * 60);
/// So long it is taken to answer when somebody asks whether it does.
const LOOKED_FOR: Duration = Duration::from_secs(30);
/// A provider that has failed is not asked again for so long: whoever comes meanwhile is told at once.
const FAILED_FOR: Duration = Duration::from_secs(10);

/// The provider, and how this desk is known there.
#[derive(Clone, Debug)]
pub struct OidcSettings {
    /// The issuer, exactly as its tokens write it.
    pub issuer: String,
    /// The application.
    pub client_id: String,
    /// Its secret.
    pub client_secret: Secret,
    /// The claim that says who somebody is.
    pub claim: String,
    /// Where people come back to, as registered there.
    pub redirect: String,
}

/// What ties a sign-in to one browser and one link. All of it comes back, or is derived again.
pub struct Flow {
    /// Comes back beside the code.
    pub state: String,
    /// Comes back inside the token.
    pub nonce: String,
    /// Proves that whoever redeems the code began the sign-in; 43 to 128 letters and digits.
    pub verifier: String,
}

/// Why nobody was signed in. No text in it comes from a token.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OidcError {
    /// The provider cannot be reached or does not answer as one: trying again may help.
    #[error("the identity provider cannot be used: {0}")]
    Unavailable(String),
    /// It answered, and what it answered proves nobody.
    #[error("the identity provider's answer was refused: {0}")]
    Refused(String),
}

/// Claims beside those of the standard.
#[derive(Clone, Debug, Deserialize, Serialize)]
struct More {
    #[serde(flatten)]
    all: BTreeMap<String, serde_json::Value>,
}

impl AdditionalClaims for More {}

type Fields = IdTokenFields<
    More,
    EmptyExtraTokenFields,
    CoreGenderClaim,
    CoreJweContentEncryptionAlgorithm,
    CoreJwsSigningAlgorithm,
>;
type Claims = IdTokenClaims<More, CoreGenderClaim>;
type RelyingParty = Client<
    More,
    CoreAuthDisplay,
    CoreGenderClaim,
    CoreJweContentEncryptionAlgorithm,
    CoreJsonWebKey,
    CoreAuthPrompt,
    StandardErrorResponse<CoreErrorResponseType>,
    StandardTokenResponse<Fields, CoreTokenType>,
    CoreTokenIntrospectionResponse,
    CoreRevocableToken,
    CoreRevocationErrorResponse,
    EndpointSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointMaybeSet,
    EndpointMaybeSet,
>;

/// The provider's document with its keys, and since when it is known.
type Known = (Instant, Arc<CoreProviderMetadata>);

/// What the provider has answered.
#[derive(Default)]
struct Answers {
    known: Option<Known>,
    failed: Option<(Instant, OidcError)>,
}

/// The provider.
pub struct Provider {
    settings: OidcSettings,
    issuer: IssuerUrl,
    redirect: RedirectUrl,
    http: HttpClient,
    answers: std::sync::Mutex<Answers>,
    /// Who has it asks the provider; the others wait for what it is told.
    turn: Mutex<()>,
}

/// A provider cannot be made of these settings.
#[derive(Debug, thiserror::Error)]
pub enum SetupError {
    /// An address is none.
    #[error("the address of the issuer or of this desk is no URL")]
    Address,
    /// No HTTP client.
    #[error(transparent)]
    Http(#[from] HttpSetupError),
}

impl Provider {
    /// The provider of these settings. Nothing is asked yet.
    ///
    /// # Errors
    /// [`SetupError`].
    pub fn new(settings: OidcSettings) -> Result<Self, SetupError> {
        let issuer = IssuerUrl::new(settings.issuer.clone()).map_err(|_| SetupError::Address)?;
        let redirect = RedirectUrl::new(settings.redirect.clone()).map_err(|_| SetupError::Address)?;
        let http = HttpClient::new(TIMEOUTS, ANSWER_MAX)?;
        let (answers, turn) = (std::sync::Mutex::default(), Mutex::default());
        Ok(Self { settings, issuer, redirect, http, answers, turn })
    }

    /// Reads the provider's document and its keys, and says where people are sent; nobody signs in.
    ///
    /// # Errors
    /// [`OidcError::Unavailable`].
    pub async fn probe(&self) -> Result<String, OidcError> {
        let metadata = self.metadata(Duration::ZERO).await?;
        let keys = metadata.jwks().keys().len();
        Ok(format!("{} keys; people come back to {}", keys, self.settings.redirect))
    }

    /// Did it answer when it was asked last? `None`: nobody has asked yet. Asks nothing.
    #[must_use]
    pub fn answered(&self) -> Option<bool> {
        let answers = self.answers();
        answers.failed.as_ref().map(|_| false).or_else(|| answers.known.as_ref().map(|_| true))
    }

    /// Reads the provider's document, unless that was done lately.
    pub async fn look(&self) {
        if let Err(error) = self.metadata(LOOKED_FOR).await {
            tracing::warn!("{error}; people can sign in by an account of the page's own");
        }
    }

    /// Where a browser is sent to sign in.
    ///
    /// # Errors
    /// [`OidcError::Unavailable`].
    pub async fn address(&self, flow: &Flow) -> Result<String, OidcError> {
        let metadata = self.metadata(KNOWN_FOR).await?;
        // A page of the open network could read along.
        if ServiceUrl::parse(metadata.authorization_endpoint().as_str()).is_err() {
            return Err(OidcError::Unavailable("its authorization endpoint is not https".to_owned()));
        }
        let party = self.party(&metadata);
        let verifier = PkceCodeVerifier::new(flow.verifier.clone());
        let (state, nonce) = (CsrfToken::new(flow.state.clone()), Nonce::new(flow.nonce.clone()));
        let (url, _, _) = party
            .authorize_url(CoreAuthenticationFlow::AuthorizationCode, move || state, move || nonce)
            .add_scope(Scope::new("profile".to_owned()))
            .add_scope(Scope::new("email".to_owned()))
            .set_pkce_challenge(PkceCodeChallenge::from_code_verifier_sha256(&verifier))
            .url();
        Ok(url.into())
    }

    /// What the token says of whoever came back with this code, in this flow. Its signature, issuer, audience,
    /// time and nonce are checked (Core 3.1.3.7).
    async fn claims(&self, code: &str, flow: &Flow) -> Result<Claims, OidcError> {
        let metadata = self.metadata(KNOWN_FOR).await?;
        let http = self.closure();
        let party = self.party(&metadata);
        let request = party
            .exchange_code(AuthorizationCode::new(code.to_owned()))
            .map_err(|_| OidcError::Unavailable("it has no token endpoint".to_owned()))?
            .set_pkce_verifier(PkceCodeVerifier::new(flow.verifier.clone()));
        let answer = request.request_async(&http).await.map_err(told)?;
        let token = answer.id_token().ok_or_else(|| OidcError::Refused("it sent no ID token".to_owned()))?;
        let nonce = Nonce::new(flow.nonce.clone());
        let claims = match token.claims(&party.id_token_verifier(), &nonce) {
            // It may sign with a new key by now.
            Err(ClaimsVerificationError::SignatureVerification(_)) => {
                let metadata = self.metadata(Duration::ZERO).await?;
                let party = self.party(&metadata);
                token.claims(&party.id_token_verifier(), &nonce).cloned()
            }
            judged => judged.cloned(),
        };
        // Other errors of the crate repeat what the token holds.
        claims.map_err(|error| OidcError::Refused(why(&error).to_owned()))
    }

    fn party(&self, metadata: &CoreProviderMetadata) -> RelyingParty {
        let (id, secret) = (&self.settings.client_id, self.settings.client_secret.expose());
        let secret = ClientSecret::new(secret.to_owned());
        RelyingParty::from_provider_metadata(metadata.clone(), ClientId::new(id.clone()), Some(secret))
            .set_redirect_uri(self.redirect.clone())
    }

    /// The provider's document with its keys, at most so old.
    async fn metadata(&self, at_most: Duration) -> Result<Arc<CoreProviderMetadata>, OidcError> {
        let began = Instant::now();
        if let Some(answer) = self.remembered(at_most, began) {
            return answer;
        }
        let _turn = self.turn.lock().await;
        if let Some(answer) = self.remembered(at_most, began) {
            return answer;
        }
        let found = CoreProviderMetadata::discover_async(self.issuer.clone(), &self.closure()).await;
        let found = found.map(Arc::new).map_err(|error| OidcError::Unavailable(undiscovered(&error)));
        let mut answers = self.answers();
        match &found {
            Ok(metadata) => {
                *answers = Answers { known: Some((Instant::now(), Arc::clone(metadata))), failed: None };
            }
            Err(error) => answers.failed = Some((Instant::now(), error.clone())),
        }
        found
    }

    /// What it has answered to somebody else: at most so long ago, or since `began`.
    fn remembered(
        &self,
        at_most: Duration,
        began: Instant,
    ) -> Option<Result<Arc<CoreProviderMetadata>, OidcError>> {
        let answers = self.answers();
        if let Some((at, metadata)) = &answers.known
            && (at.elapsed() < at_most || *at >= began)
        {
            return Some(Ok(Arc::clone(metadata)));
        }
        let (at, error) = answers.failed.as_ref()?;
        (at.elapsed() < FAILED_FOR).then(|| Err(error.clone()))
    }

    fn answers(&self) -> std::sync::MutexGuard<'_, Answers> {
        self.answers.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Our client as the crate wants one.
    fn closure(
        &self,
    ) -> impl Fn(HttpRequest) -> std::pin::Pin<Box<dyn Future<Output = Result<HttpResponse, AskError>> + Send>>
    + Send
    + Sync
    + 'static {
        let http = self.http.clone();
        move |request| Box::pin(ask(http.clone(), request))
    }
}

impl std::fmt::Debug for Provider {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Provider({})", self.settings.issuer)
    }
}

/// A request of the crate's came to nothing.
#[derive(Debug, thiserror::Error)]
enum AskError {
    #[error(transparent)]
    Http(#[from] HttpError),
    #[error("{0}")]
    Form(String),
}

async fn ask(http: HttpClient, request: HttpRequest) -> Result<HttpResponse, AskError> {
    let (head, body) = request.into_parts();
    let url = ServiceUrl::parse(&head.uri.to_string()).map_err(|error| AskError::Form(error.to_string()))?;
    let headers = head.headers.iter();
    let headers =
        headers.filter_map(|(name, value)| Some((name.as_str().to_owned(), value.to_str().ok()?.to_owned())));
    let headers = headers.collect();
    let post = head.method == http::Method::POST;
    let answer = http.relay(Relayed { post, url, headers, body: body.into() }).await?;
    http::Response::builder()
        .status(answer.status)
        .body(answer.body.to_vec())
        .map_err(|error| AskError::Form(error.to_string()))
}

fn undiscovered(error: &DiscoveryError<AskError>) -> String {
    match error {
        DiscoveryError::Request(error) => error.to_string(),
        DiscoveryError::Response(status, ..) => format!("its document was answered with {status}"),
        DiscoveryError::Validation(_) => "its document names another issuer".to_owned(),
        _ => "its document cannot be read".to_owned(),
    }
}

/// `invalid_grant` and the like are about the code; anything else is the provider's trouble.
fn told(error: RequestTokenError<AskError, StandardErrorResponse<CoreErrorResponseType>>) -> OidcError {
    match error {
        RequestTokenError::ServerResponse(response) => {
            OidcError::Refused(format!("the code was not redeemed ({})", response.error().as_ref()))
        }
        RequestTokenError::Request(error) => OidcError::Unavailable(error.to_string()),
        RequestTokenError::Parse(..) | RequestTokenError::Other(_) => {
            OidcError::Unavailable("its token cannot be read".to_owned())
        }
    }
}

fn why(error: &ClaimsVerificationError) -> &'static str {
    match error {
        ClaimsVerificationError::Expired(_) => "the token has expired: compare the clocks",
        ClaimsVerificationError::InvalidAudience(_) => "the token is for another application",
        ClaimsVerificationError::InvalidIssuer(_) => "the token is of another issuer",
        ClaimsVerificationError::InvalidNonce(_) => "the token is of another sign-in",
        ClaimsVerificationError::SignatureVerification(_) => "the token's signature does not fit",
        _ => "the token is not valid",
    }
}
