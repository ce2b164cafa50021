//! Signing in: with an account of the page's own, or at the organisation's identity provider. The way to the provider
//! is a plain link, because browsers hold redirects after a form to the page's `form-action`.

use std::net::IpAddr;
use std::sync::Arc;

use axum::Extension;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Form, Query, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use super::frame::Said;
use super::{access, gate};
use crate::web::client::Peer;
use crate::web::desk::Browser;
use crate::web::language::Language;
use crate::web::port::{LocalSignIn, LoginFlow, SignInAnswer};
use crate::web::routes::App;
use crate::web::{cookie, form, same_origin};

/// A sign-in, and the page for it, are good for so long.
const WITHIN_SECONDS: u32 = 60 * 60;
/// Longer paths are none of ours.
const LONGEST_PATH: usize = 1024;

fn cookie_name(secure: bool) -> &'static str {
    if secure { "__Host-nyckelbud-login" } else { "nyckelbud-login" }
}

/// What the browser keeps while nobody is signed in: a secret of its own, and where it was on its way.
struct Attempt {
    secret: Browser,
    to: String,
}

impl Attempt {
    fn new(to: &str) -> Self {
        Self { secret: Browser::new(rand::random()), to: own_path(to) }
    }

    fn of(headers: &HeaderMap, secure: bool) -> Option<Self> {
        cookie::values(headers, cookie_name(secure)).find_map(|value| {
            let (secret, to) = value.split_once('.')?;
            let to = data_encoding::BASE64URL_NOPAD.decode(to.as_bytes()).ok()?;
            Some(Self { secret: Browser::parse(secret)?, to: own_path(&String::from_utf8(to).ok()?) })
        })
    }

    fn kept_by(&self, mut response: Response, secure: bool) -> Response {
        let to = data_encoding::BASE64URL_NOPAD.encode(self.to.as_bytes());
        let value = format!("{}.{to}", self.secret.as_str());
        add(&mut response, cookie::written(cookie_name(secure), &value, WITHIN_SECONDS, secure));
        response
    }

    /// The token of the form.
    fn form(&self) -> String {
        form::token(&self.secret, "login")
    }

    /// What ties a sign-in at the provider to this browser.
    fn flow(&self) -> LoginFlow {
        let of = |purpose| form::token(&self.secret, purpose);
        LoginFlow { state: of("state"), nonce: of("nonce"), verifier: of("verifier") }
    }
}

/// What a browser is known by in which somebody has signed in before; kept for a year.
fn known_name(secure: bool) -> &'static str {
    if secure { "__Host-nyckelbud-known" } else { "nyckelbud-known" }
}

/// Has somebody signed in before, in this browser? Only its word: nothing is opened by it.
pub(super) fn is_known(headers: &HeaderMap, secure: bool) -> bool {
    cookie::values(headers, known_name(secure)).next().is_some()
}

const KNOWN_SECONDS: u32 = 365 * 24 * 60 * 60;

fn add(response: &mut Response, cookie: Option<HeaderValue>) {
    if let Some(cookie) = cookie {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
}

/// A path below our own address; another one leads to the first page.
fn own_path(to: &str) -> String {
    let fits = to.starts_with('/')
        && !to.starts_with("//")
        && to.len() <= LONGEST_PATH
        && to.bytes().all(|b| b.is_ascii_graphic() && b != b'\\');
    if fits && !to.starts_with("/login") { to.to_owned() } else { access::FIRST.to_owned() }
}

/// Where somebody was on their way.
#[derive(Default, Deserialize)]
pub(super) struct Way {
    #[serde(default)]
    to: String,
}

/// `GET /login`
pub(super) async fn show(
    State(app): State<Arc<App>>,
    language: Language,
    headers: HeaderMap,
    way: Result<Query<Way>, QueryRejection>,
) -> Response {
    let to = way.map(|Query(way)| way.to).unwrap_or_default();
    let secure = app.pages.site.secure;
    let attempt = match Attempt::of(&headers, secure) {
        Some(kept) if to.is_empty() => kept,
        Some(kept) => Attempt { to: own_path(&to), ..kept },
        None => Attempt::new(&to),
    };
    page(&app, language, &attempt, &Said::nothing()).await
}

async fn page(app: &App, language: Language, attempt: &Attempt, said: &Said<'_>) -> Response {
    let ways = app.ports.accounts.ways_in().await;
    let response = app.staff.login(language, ways, &attempt.form(), &attempt.to, said);
    attempt.kept_by(response, app.pages.site.secure)
}

/// What somebody wrote.
#[derive(Deserialize)]
pub(super) struct Written {
    #[serde(default)]
    form: String,
    #[serde(default)]
    name: String,
    #[serde(default)]
    password: Zeroizing<String>,
    #[serde(default)]
    code: Zeroizing<String>,
}

/// `POST /login`
pub(super) async fn local(
    State(app): State<Arc<App>>,
    language: Language,
    peer: Option<Extension<Peer>>,
    headers: HeaderMap,
    Form(written): Form<Written>,
) -> Response {
    let attempt = Attempt::of(&headers, app.pages.site.secure);
    let ours = same_origin::allows(&headers, &app.pages.site.origin);
    let Some(attempt) = attempt.filter(|kept| ours && form::fits(&kept.secret, "login", &written.form))
    else {
        let said = Said { status: StatusCode::FORBIDDEN, what: "expired", ..Said::nothing() };
        return page(&app, language, &Attempt::new(""), &said).await;
    };
    let from = peer.map(|Extension(Peer(peer))| app.proxies.client(peer, &headers));
    let known = cookie::values(&headers, known_name(app.pages.site.secure)).next().unwrap_or_default();
    let answer = judged(&app, &written, from, known).await;
    ended(&app, language, attempt, answer, &written.name).await
}

/// In a task of its own: it ends properly even if the browser goes away half-way.
async fn judged(app: &Arc<App>, written: &Written, from: Option<IpAddr>, known: &str) -> SignInAnswer {
    let (app, name, known) = (Arc::clone(app), written.name.clone(), known.to_owned());
    let (password, code) = (written.password.clone(), written.code.clone());
    let judging = tokio::spawn(async move {
        let form = LocalSignIn { name: &name, password: &password, code: &code, from, known: &known };
        app.ports.accounts.sign_in(&form).await
    });
    judging.await.unwrap_or(SignInAnswer::NotNow)
}

async fn ended(
    app: &App,
    language: Language,
    attempt: Attempt,
    answer: SignInAnswer,
    name: &str,
) -> Response {
    let said = |status, what| Said { status, what, minutes: 0, name };
    let said = match answer {
        SignInAnswer::Yes { session, known } => {
            let secure = app.pages.site.secure;
            let to = format!("{}{}", app.pages.site.base, attempt.to);
            let mut response = Redirect::to(&to).into_response();
            add(&mut response, gate::session_cookie(&session, secure));
            if let Some(known) = known {
                add(&mut response, cookie::written(known_name(secure), &known, KNOWN_SECONDS, secure));
            }
            add(&mut response, cookie::written(cookie_name(secure), "", 0, secure));
            return response;
        }
        SignInAnswer::Refused => said(StatusCode::FORBIDDEN, "refused"),
        SignInAnswer::Wait { minutes } => Said { minutes, ..said(StatusCode::TOO_MANY_REQUESTS, "wait") },
        SignInAnswer::NobodyHere => said(StatusCode::FORBIDDEN, "nobody-here"),
        SignInAnswer::NotNow => said(StatusCode::SERVICE_UNAVAILABLE, "not-now"),
    };
    page(app, language, &attempt, &said).await
}

/// `GET /login/provider`
pub(super) async fn begin(State(app): State<Arc<App>>, language: Language, headers: HeaderMap) -> Response {
    let kept = Attempt::of(&headers, app.pages.site.secure);
    // Each way there has a secret of its own.
    let attempt = Attempt::new(&kept.map(|kept| kept.to).unwrap_or_default());
    match app.ports.accounts.provider_address(&attempt.flow()).await {
        Some(address) => attempt.kept_by(Redirect::to(&address).into_response(), app.pages.site.secure),
        None => {
            let said = Said { status: StatusCode::SERVICE_UNAVAILABLE, what: "not-now", ..Said::nothing() };
            page(&app, language, &attempt, &said).await
        }
    }
}

/// What a provider sends people back with (OpenID Connect Core 3.1.2.5); an error has no code.
#[derive(Default, Deserialize)]
pub(super) struct Returned {
    #[serde(default)]
    code: String,
    #[serde(default)]
    state: String,
}

/// `GET /login/callback`
pub(super) async fn returned(
    State(app): State<Arc<App>>,
    language: Language,
    headers: HeaderMap,
    returned: Result<Query<Returned>, QueryRejection>,
) -> Response {
    let returned = returned.map(|Query(returned)| returned).unwrap_or_default();
    let attempt = Attempt::of(&headers, app.pages.site.secure);
    let flow = attempt.as_ref().map(Attempt::flow);
    let begun_here = |flow: &LoginFlow| bool::from(flow.state.as_bytes().ct_eq(returned.state.as_bytes()));
    let (Some(attempt), Some(flow)) = (attempt, flow.filter(begun_here)) else {
        let said = Said { status: StatusCode::FORBIDDEN, what: "expired", ..Said::nothing() };
        return page(&app, language, &Attempt::new(""), &said).await;
    };
    if returned.code.is_empty() {
        let said = Said { status: StatusCode::FORBIDDEN, what: "broken-off", ..Said::nothing() };
        return page(&app, language, &attempt, &said).await;
    }
    let asking = Arc::clone(&app);
    let code = returned.code;
    let asked = tokio::spawn(async move { asking.ports.accounts.signed_in(&code, &flow).await });
    ended(&app, language, attempt, asked.await.unwrap_or(SignInAnswer::NotNow), "").await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_is_led_away_from_our_own_pages() {
        for own in ["/", "/queue", "/tickets/26-1141?from=queue"] {
            assert_eq!(own_path(own), own);
        }
        let long = format!("/{}", "a".repeat(LONGEST_PATH));
        for other in
            ["", "//evil.example", "/\\evil.example", "https://evil.example", "/a\nb", "/login", &long]
        {
            assert_eq!(own_path(other), access::FIRST, "{other:?}");
        }
    }
}
