//! A token endpoint (RFC 6749) in the form that Entra ID documents, with the introspection (RFC 7662)
//! by which Dovecot asks whether a token is good. It takes nothing that is not documented, and
//! misbehaves on demand.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, Instant};

use data_encoding::BASE64URL_NOPAD;
use nyckelbud::http::ServiceUrl;
use nyckelbud::secret::Secret;
use nyckelbud::token::{Credential, TokenSettings, TokenSource, Tokens};
use serde_json::{Value, json};
use tokio::io::AsyncWriteExt;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::task::JoinHandle;

use super::certificates::Certified;
use super::http_request::{form, header, request, until_gone};

pub const CLIENT: &str = "00000000-0000-0000-0000-000000004711";
/// The Object ID of its enterprise application.
pub const OBJECT: &str = "0b1ec700-0000-0000-0000-000000004711";
/// The secret that must never show up in an error.
pub const SECRET: &str = "hemlig~klient.4711";
pub const SCOPE: &str = "https://outlook.office365.com/.default";
/// Every token begins so: no log and no error may hold it.
pub const TOKEN_MARK: &str = "bnlja2VsYnVkLXRva2Vu";
const USER: &str = "desk@kommun.example";

/// What it does when it is asked.
#[derive(Clone, Default)]
pub enum Does {
    /// As documented.
    #[default]
    Right,
    /// The same, once the gate has permits.
    Held(Arc<Semaphore>),
    /// Answers this status, `Retry-After` and body.
    Says(u16, Option<u32>, String),
    /// Reads the request and says nothing.
    Hangs,
}

/// The running endpoint.
pub struct TokenEndpoint {
    port: u16,
    state: Arc<Mutex<State>>,
    task: JoinHandle<()>,
}

struct State {
    certified: Option<Certified>,
    life: Duration,
    user: String,
    /// What tokens are good for.
    scope: String,
    /// The permissions in a token like Entra's; none makes a token without any meaning.
    roles: Option<Vec<String>>,
    token: Does,
    introspection: Does,
    calls: usize,
    assertions: BTreeSet<String>,
    issued: BTreeMap<String, Issued>,
}

struct Issued {
    user: String,
    ends_at: Instant,
    roles: Vec<String>,
}

/// Tells a service of the tests what a token may do.
#[derive(Clone)]
pub struct TokenJudge(Arc<Mutex<State>>);

impl TokenJudge {
    /// The permissions in `token`; none when it is not good now.
    pub fn roles(&self, token: &str) -> Option<Vec<String>> {
        let state = self.0.lock().unwrap();
        state.issued.get(token).filter(|issued| Instant::now() < issued.ends_at).map(|i| i.roles.clone())
    }
}

impl TokenEndpoint {
    /// For a client with a secret.
    pub async fn start() -> Self {
        Self::start_for(None).await
    }

    /// For a client with this certificate.
    pub async fn start_for(certified: Option<Certified>) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let state = Arc::new(Mutex::new(State {
            certified,
            life: Duration::from_secs(3600),
            user: USER.to_owned(),
            scope: SCOPE.to_owned(),
            roles: None,
            token: Does::Right,
            introspection: Does::Right,
            calls: 0,
            assertions: BTreeSet::new(),
            issued: BTreeMap::new(),
        }));
        let shared = Arc::clone(&state);
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let state = Arc::clone(&shared);
                tokio::spawn(async move { serve(stream, port, &state).await });
            }
        });
        Self { port, state, task }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    pub fn url(&self) -> String {
        token_url(self.port)
    }

    pub fn introspection_url(&self) -> String {
        format!("http://127.0.0.1:{}/introspect", self.port)
    }

    /// The settings of the client that it knows, with this proof.
    pub fn settings(&self, credential: Credential) -> TokenSettings {
        let url = ServiceUrl::parse(&self.url()).unwrap();
        TokenSettings { url, client_id: CLIENT.to_owned(), credential, scope: SCOPE.to_owned() }
    }

    /// A source for the client with the secret.
    pub fn source(&self) -> TokenSource {
        let credential = Credential::Secret(Secret::new(SECRET.to_owned()));
        Tokens::default().source(self.settings(credential)).unwrap()
    }

    /// The lines of configuration that sign in with it.
    pub fn oauth(&self, section: &str) -> String {
        format!(
            "[{section}.oauth]\ntoken_url = \"{}\"\nclient_id = \"{CLIENT}\"\nclient_secret = \"{SECRET}\"\n",
            self.url()
        )
    }

    /// How often a token was asked for.
    pub fn calls(&self) -> usize {
        self.state().calls
    }

    /// Tokens from now on last so long.
    pub fn set_life(&self, life: Duration) {
        self.state().life = life;
    }

    /// Tokens from now on are those of this user.
    pub fn set_user(&self, user: &str) {
        self.state().user = user.to_owned();
    }

    /// Tokens are asked for with this scope.
    pub fn set_scope(&self, scope: &str) {
        self.state().scope = scope.to_owned();
    }

    /// Who tells what a token may do.
    pub fn judge(&self) -> TokenJudge {
        TokenJudge(Arc::clone(&self.state))
    }

    /// Where Entra ID would be: the path of a tenant begins here.
    pub fn login_url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// Tokens from now on look like Entra's, with these permissions in them.
    pub fn set_roles(&self, roles: &[&str]) {
        self.state().roles = Some(roles.iter().map(|role| (*role).to_owned()).collect());
    }

    /// What it does when a token is asked for.
    pub fn does(&self, what: Does) {
        self.state().token = what;
    }

    /// What it does when it is asked about a token.
    pub fn judges(&self, what: Does) {
        self.state().introspection = what;
    }

    /// Is there a token that is good now?
    pub fn has_good_token(&self) -> bool {
        self.state().issued.values().any(|issued| Instant::now() < issued.ends_at)
    }

    /// No token so far is good any more.
    pub fn revoke_all(&self) {
        self.state().issued.clear();
    }
}

impl Drop for TokenEndpoint {
    fn drop(&mut self) {
        self.task.abort();
    }
}

fn token_url(port: u16) -> String {
    format!("http://127.0.0.1:{port}/tenant/oauth2/v2.0/token")
}

async fn serve(mut stream: TcpStream, port: u16, state: &Mutex<State>) {
    let Some((head, body)) = request(&mut stream).await else { return };
    let asks_for_token = head.starts_with("POST /tenant/oauth2/v2.0/token HTTP/1.1\r\n");
    let does = {
        let mut state = state.lock().unwrap();
        if asks_for_token {
            state.calls += 1;
            state.token.clone()
        } else {
            state.introspection.clone()
        }
    };
    match does {
        Does::Right => {}
        Does::Held(gate) => gate.acquire().await.unwrap().forget(),
        Does::Says(status, wait, body) => return say(&mut stream, status, wait, &body).await,
        Does::Hangs => return until_gone(&mut stream).await,
    }
    let (status, body) = {
        let mut state = state.lock().unwrap();
        if asks_for_token { state.token(&head, &body, port) } else { state.judge(&head, &body) }
    };
    say(&mut stream, status, None, &body.to_string()).await;
}

async fn say(stream: &mut TcpStream, status: u16, wait: Option<u32>, body: &str) {
    let wait = wait.map(|seconds| format!("Retry-After: {seconds}\r\n")).unwrap_or_default();
    let head = format!(
        "HTTP/1.1 {status} x\r\nContent-Type: application/json\r\nConnection: close\r\n{wait}Content-Length: {}\r\n\r\n",
        body.len()
    );
    stream.write_all(format!("{head}{body}").as_bytes()).await.ok();
}

impl State {
    /// RFC 6749 4.4, strictly.
    fn token(&mut self, head: &str, body: &str, port: u16) -> (u16, Value) {
        let refused = |error: &str, number: u32| {
            let words = format!("AADSTS{number}: you sent {body}");
            (401, json!({ "error": error, "error_description": words, "error_codes": [number] }))
        };
        let is_form = header(head, "content-type") == Some("application/x-www-form-urlencoded");
        let form = form(body).unwrap_or_default();
        let field = |name: &str| form.get(name).map_or("", String::as_str);
        let proof: &[&str] = match self.certified {
            Some(_) => &["client_assertion", "client_assertion_type"],
            None => &["client_secret"],
        };
        let known: BTreeSet<&str> =
            ["grant_type", "client_id", "scope"].iter().chain(proof).copied().collect();
        let has_all = form.keys().map(String::as_str).collect::<BTreeSet<_>>() == known;
        if !is_form || header(head, "authorization").is_some() || !has_all {
            return (400, json!({ "error": "invalid_request", "error_codes": [900_144] }));
        }
        if field("grant_type") != "client_credentials" {
            return refused("unsupported_grant_type", 70_003);
        }
        if field("client_id") != CLIENT {
            return refused("unauthorized_client", 700_016);
        }
        if field("scope") != self.scope {
            return refused("invalid_scope", 1_002_012);
        }
        let type_is_right =
            field("client_assertion_type") == "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
        match &self.certified {
            None if field("client_secret") != SECRET => return refused("invalid_client", 7_000_215),
            Some(_) if !type_is_right => return refused("invalid_request", 900_144),
            Some(certified) => {
                let id = judge(certified, field("client_assertion"), &token_url(port));
                if !id.is_some_and(|id| self.assertions.insert(id)) {
                    return refused("invalid_client", 700_027);
                }
            }
            None => {}
        }
        let token = self.issue();
        let life = self.life.as_secs();
        (
            200,
            json!({ "token_type": "Bearer", "expires_in": life, "ext_expires_in": life, "access_token": token }),
        )
    }

    /// A token as long as real ones are.
    fn issue(&mut self) -> String {
        let claims =
            json!({ "tid": "tenant", "oid": OBJECT, "roles": self.roles.clone().unwrap_or_default() });
        let middle = BASE64URL_NOPAD.encode(claims.to_string().as_bytes());
        let (serial, filler) = (uuid::Uuid::new_v4().simple(), "x".repeat(1200));
        let token = match &self.roles {
            Some(_) => format!("{TOKEN_MARK}.{middle}.{serial}{filler}"),
            None => format!("{TOKEN_MARK}-{serial}{filler}"),
        };
        let roles = self.roles.clone().unwrap_or_default();
        let issued = Issued { user: self.user.clone(), ends_at: Instant::now() + self.life, roles };
        self.issued.insert(token.clone(), issued);
        token
    }

    fn judge(&self, head: &str, body: &str) -> (u16, Value) {
        if !head.starts_with("POST /introspect HTTP/1.1\r\n") {
            return (404, json!({}));
        }
        let form = form(body).unwrap_or_default();
        let known = form.get("token").and_then(|token| self.issued.get(token));
        match known.filter(|issued| Instant::now() < issued.ends_at) {
            Some(issued) => (200, json!({ "active": true, "username": issued.user })),
            None => (200, json!({ "active": false })),
        }
    }
}

/// The id of an assertion, if it is one of `certified` for `audience`
/// (<https://learn.microsoft.com/entra/identity-platform/certificate-credentials>).
fn judge(certified: &Certified, assertion: &str, audience: &str) -> Option<String> {
    let (signed, signature) = assertion.rsplit_once('.')?;
    let decode = |part: &str| BASE64URL_NOPAD.decode(part.as_bytes()).ok();
    let (header, claims) = signed.split_once('.')?;
    let header: Value = serde_json::from_slice(&decode(header)?).ok()?;
    let claims: Value = serde_json::from_slice(&decode(claims)?).ok()?;
    let now = i64::try_from(std::time::UNIX_EPOCH.elapsed().unwrap().as_secs()).unwrap();
    let time = |name: &str| claims[name].as_i64();
    let (nbf, iat, exp) = (time("nbf")?, time("iat")?, time("exp")?);
    let good = header == json!({ "alg": "PS256", "typ": "JWT", "x5t#S256": certified.thumbprint() })
        && claims["aud"] == audience
        && claims["iss"] == CLIENT
        && claims["sub"] == CLIENT
        && nbf <= now
        && (now - 60..=now + 1).contains(&iat)
        && now < exp
        && exp - nbf <= 600
        && certified.has_signed(signed, &decode(signature)?);
    let id = claims["jti"].as_str().and_then(|id| uuid::Uuid::parse_str(id).ok())?;
    good.then(|| id.to_string())
}
