//! Every path, and what holds for all of them: a bound for what comes in, and the headers of what
//! goes out.

use std::sync::{Arc, LazyLock};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{FromRequestParts, Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::middleware::{Next, from_fn, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use sha2::{Digest, Sha256};

use super::client::Proxies;
use super::desk::Desk;
use super::language::Language;
use super::pickup::Pages;
use super::port::{Accounts, Operations, People, Programs, Queue, TicketActs, TicketView};
use super::{api, callback, health, pickup, staff};

/// No form of a link's pages and no receipt is larger, in octets.
pub(super) const LARGEST_BODY: usize = 8 * 1024;
/// A form of the desk's people may carry a long answer, or a mail to be tried.
pub(super) const LARGEST_STAFF_BODY: usize = 512 * 1024;

/// A form arrives within this time, or the sender has gone.
const BODY_WITHIN: Duration = Duration::from_secs(10);

/// The one stylesheet of a link's pages.
const STYLE: &str = include_str!("style.css");

/// Where it is served.
pub(super) const STYLE_PATH: &str = "/style.css";

/// Nothing but our own stylesheet and forms: no script, no picture, no frame, nothing from elsewhere.
const POLICY: &str =
    "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";
/// The pages of the desk's people: our own script, pictures and frames beside it.
const STAFF_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; \
     connect-src 'self'; frame-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; \
     require-trusted-types-for 'script'";

/// No address of ours is told to others, and no page is kept.
const ON_EVERY_ANSWER: [(&str, &str); 6] = [
    ("referrer-policy", "no-referrer"),
    ("x-content-type-options", "nosniff"),
    ("cross-origin-opener-policy", "same-origin"),
    ("cross-origin-resource-policy", "same-origin"),
    ("permissions-policy", "camera=(), microphone=(), geolocation=()"),
    ("x-robots-tag", "noindex, nofollow"),
];

/// The desk as the pages see it.
#[derive(Clone)]
pub struct Ports {
    /// For whoever has a link, and for gateways.
    pub desk: Arc<dyn Desk>,
    /// Who works at the desk.
    pub accounts: Arc<dyn Accounts>,
    /// What whoever runs the desk sees and turns.
    pub operations: Arc<dyn Operations>,
    /// What waits for them.
    pub queue: Arc<dyn Queue>,
    /// Tickets as they are shown.
    pub view: Arc<dyn TicketView>,
    /// What is done to them.
    pub acts: Arc<dyn TicketActs>,
    /// Whom a step can be about.
    pub people: Arc<dyn People>,
    /// Programs that ask.
    pub programs: Arc<dyn Programs>,
}

/// What the handlers share.
pub(super) struct App {
    /// Makes the pages of whoever has a link.
    pub pages: Pages,
    /// Makes the pages of the desk's people.
    pub staff: staff::Pages,
    /// The desk behind them.
    pub ports: Ports,
    /// Proxies that are believed for whom they ask.
    pub proxies: Proxies,
    /// Who looks at which ticket.
    pub presence: staff::Presence,
}

/// All routes of this version.
pub(super) fn router(app: Arc<App>) -> Router {
    let staff = staff::routes(&app).layer(from_fn(with_staff_policy));
    pickup::routes()
        .route("/callbacks/sms/{gateway}/{secret}", get(callback::receipt).post(callback::receipt))
        .route("/livez", get(health::livez))
        .route("/readyz", get(health::readyz))
        .route(STYLE_PATH, get(style))
        .layer(from_fn_with_state((Arc::clone(&app), LARGEST_BODY), bounded))
        .merge(staff)
        .merge(api::routes(&app))
        .fallback(not_found)
        .method_not_allowed_fallback(not_allowed)
        .layer(from_fn_with_state(Arc::clone(&app), with_headers))
        .with_state(app)
}

/// Changes when the stylesheet does, so that browsers may keep it.
pub(super) fn style_version() -> &'static str {
    static VERSION: LazyLock<String> =
        LazyLock::new(|| data_encoding::HEXLOWER.encode(&Sha256::digest(STYLE)[..4]));
    &VERSION
}

async fn style() -> Response {
    let kept = "public, max-age=31536000, immutable";
    ([(header::CONTENT_TYPE, "text/css; charset=utf-8"), (header::CACHE_CONTROL, kept)], STYLE)
        .into_response()
}

async fn not_found(State(app): State<Arc<App>>, language: Language) -> Response {
    app.pages.problem(StatusCode::NOT_FOUND, language)
}

async fn not_allowed(State(app): State<Arc<App>>, language: Language) -> Response {
    app.pages.problem(StatusCode::METHOD_NOT_ALLOWED, language)
}

/// Takes the whole body in before anything else happens, so that a slow or large one costs little.
pub(super) async fn bounded(
    State((app, largest)): State<(Arc<App>, usize)>,
    request: Request,
    next: Next,
) -> Response {
    let (mut parts, body) = request.into_parts();
    let Ok(language) = Language::from_request_parts(&mut parts, &app).await;
    match tokio::time::timeout(BODY_WITHIN, to_bytes(body, largest)).await {
        Ok(Ok(octets)) => next.run(Request::from_parts(parts, Body::from(octets))).await,
        Ok(Err(_)) => app.pages.problem(StatusCode::PAYLOAD_TOO_LARGE, language),
        Err(_) => app.pages.problem(StatusCode::REQUEST_TIMEOUT, language),
    }
}

async fn with_staff_policy(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let policy = HeaderValue::from_static(STAFF_POLICY);
    response.headers_mut().entry(header::CONTENT_SECURITY_POLICY).or_insert(policy);
    response
}

async fn with_headers(State(app): State<Arc<App>>, request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    add_headers(response.headers_mut(), app.pages.site.secure);
    response
}

fn add_headers(headers: &mut HeaderMap, secure: bool) {
    for (name, value) in ON_EVERY_ANSWER {
        headers.insert(HeaderName::from_static(name), HeaderValue::from_static(value));
    }
    headers.entry(header::CONTENT_SECURITY_POLICY).or_insert(HeaderValue::from_static(POLICY));
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    if secure {
        let year = HeaderValue::from_static("max-age=31536000");
        headers.insert(header::STRICT_TRANSPORT_SECURITY, year);
    }
}
