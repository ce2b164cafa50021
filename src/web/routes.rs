//! Every path, and what holds for all of them: a bound for what comes in, and the headers of what
//! goes out.

use std::sync::{Arc, LazyLock};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use sha2::{Digest, Sha256};

use super::desk::Desk;
use super::language::Language;
use super::pickup::Pages;
use super::{callback, health, pickup};

/// No form of ours and no receipt is larger, in octets.
const LARGEST_BODY: usize = 8 * 1024;

/// A form arrives within this time, or the sender has gone.
const BODY_WITHIN: Duration = Duration::from_secs(10);

/// The one stylesheet.
const STYLE: &str = include_str!("style.css");

/// Where it is served.
pub(super) const STYLE_PATH: &str = "/style.css";

/// Nothing but our own stylesheet and forms: no script, no picture, no frame, nothing from
/// elsewhere; no address of ours is told to others, and no page is kept.
const ON_EVERY_ANSWER: [(&str, &str); 7] = [
    (
        "content-security-policy",
        "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    ),
    ("referrer-policy", "no-referrer"),
    ("x-content-type-options", "nosniff"),
    ("cross-origin-opener-policy", "same-origin"),
    ("cross-origin-resource-policy", "same-origin"),
    ("permissions-policy", "camera=(), microphone=(), geolocation=()"),
    ("x-robots-tag", "noindex, nofollow"),
];

/// What the handlers share.
pub(super) struct App {
    /// Makes the pages.
    pub pages: Pages,
    /// The desk behind them.
    pub desk: Arc<dyn Desk>,
}

/// All routes of this version.
pub(super) fn router(app: Arc<App>) -> Router {
    pickup::routes()
        .route("/callbacks/sms/{gateway}/{secret}", get(callback::receipt).post(callback::receipt))
        .route("/livez", get(health::livez))
        .route("/readyz", get(health::readyz))
        .route(STYLE_PATH, get(style))
        .fallback(not_found)
        .method_not_allowed_fallback(not_allowed)
        .layer(from_fn_with_state(Arc::clone(&app), bounded))
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
async fn bounded(State(app): State<Arc<App>>, language: Language, request: Request, next: Next) -> Response {
    let (parts, body) = request.into_parts();
    match tokio::time::timeout(BODY_WITHIN, to_bytes(body, LARGEST_BODY)).await {
        Ok(Ok(octets)) => next.run(Request::from_parts(parts, Body::from(octets))).await,
        Ok(Err(_)) => app.pages.problem(StatusCode::PAYLOAD_TOO_LARGE, language),
        Err(_) => app.pages.problem(StatusCode::REQUEST_TIMEOUT, language),
    }
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
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    if secure {
        let year = HeaderValue::from_static("max-age=31536000");
        headers.insert(header::STRICT_TRANSPORT_SECURITY, year);
    }
}
