//! The gate before every request of a program: whose token it is, whether that lets it, whether it asks too often, and
//! whether it has asked the same before. No handler can forget it.

use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, to_bytes};
use axum::extract::{FromRequestParts, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use data_encoding::HEXLOWER;
use sha2::{Digest, Sha256};

use super::access::Row;
use super::problem::{Code, PROBLEM, Problem};
use crate::types::Scope;
use crate::web::port::{GivenAnswer, Known, LetIn, Once, Program};
use crate::web::routes::{App, LARGEST_STAFF_BODY};

/// A body arrives within this time, or the program has gone.
const BODY_WITHIN: Duration = Duration::from_secs(10);
/// Characters of an `Idempotency-Key`.
const LONGEST_KEY: usize = 100;
/// No answer to a POST is longer.
const LARGEST_ANSWER: usize = 256 * 1024;
const IDEMPOTENCY_KEY: &str = "idempotency-key";

/// Whoever asks, for the handlers.
#[derive(Clone, Debug)]
pub(super) struct Calling {
    /// The program.
    pub program: Program,
    /// The request's key, which is also its act's; empty for what only looks.
    pub key: String,
}

impl FromRequestParts<Arc<App>> for Calling {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &Arc<App>) -> Result<Self, Problem> {
        // Nothing passes the gate without one.
        parts.extensions.get::<Self>().cloned().ok_or_else(|| Problem::of(Code::Unauthorized))
    }
}

/// Lets a request through, or answers in its place.
pub(super) async fn pass(
    State((app, row)): State<(Arc<App>, &'static Row)>,
    request: Request,
    next: Next,
) -> Response {
    match through(&app, row, request, next).await {
        Ok(response) => response,
        Err(problem) => problem.into_response(),
    }
}

async fn through(
    app: &Arc<App>,
    row: &'static Row,
    request: Request,
    next: Next,
) -> Result<Response, Problem> {
    let program = who(app, request.headers()).await?;
    if !program.scopes.contains(&row.scope) {
        return Err(Problem::lacks(row.scope.code()));
    }
    let (mut parts, body) = request.into_parts();
    if matches!(parts.method, Method::GET | Method::HEAD) {
        parts.extensions.insert(Calling { program, key: String::new() });
        return Ok(next.run(Request::from_parts(parts, body)).await);
    }
    let key = key_of(&parts.headers)?;
    let octets = match tokio::time::timeout(BODY_WITHIN, to_bytes(body, LARGEST_STAFF_BODY)).await {
        Ok(Ok(octets)) => octets,
        Ok(Err(_)) => return Err(Problem::of(Code::TooLarge)),
        Err(_) => return Err(Problem::of(Code::Timeout)),
    };
    let mut asked = Sha256::new();
    for part in [parts.method.as_str().as_bytes(), parts.uri.path().as_bytes(), &octets[..]] {
        asked.update(part);
        asked.update([0]);
    }
    let fingerprint = HEXLOWER.encode(&asked.finalize());
    let once = Once { token: program.name.clone(), key: key.clone(), fingerprint };
    match app.ports.programs.begin(&once).await? {
        Known::New => {}
        Known::UnderWay => return Err(Problem::under_way()),
        Known::Another => return Err(Problem::of(Code::KeyReused)),
        Known::Answered(given) => return Ok(again(given)),
    }
    parts.extensions.insert(Calling { program, key });
    let request = Request::from_parts(parts, Body::from(octets));
    let app = Arc::clone(app);
    // A trial changes nothing, and its answer tells of the person in the mail.
    let keeps = row.scope != Scope::Try;
    // What was begun is ended, also when the program hangs up meanwhile.
    let answered =
        tokio::spawn(async move { answer(&app, &once, keeps, next.run(request).await).await }).await;
    answered.unwrap_or_else(|_| Err(Problem::of(Code::Unavailable)))
}

/// Whose token it is.
async fn who(app: &App, headers: &HeaderMap) -> Result<Program, Problem> {
    let refused = || Problem::of(Code::Unauthorized);
    let mut fields = headers.get_all(header::AUTHORIZATION).iter();
    let (Some(field), None) = (fields.next(), fields.next()) else { return Err(refused()) };
    let (scheme, token) = field.to_str().ok().and_then(|text| text.split_once(' ')).ok_or_else(refused)?;
    if !scheme.eq_ignore_ascii_case("bearer") {
        return Err(refused());
    }
    match app.ports.programs.let_in(token.trim()).await? {
        LetIn::Yes(program) => Ok(program),
        LetIn::No => Err(refused()),
        LetIn::Wait(wait) => Err(Problem::later(wait.as_secs().saturating_add(1))),
    }
}

/// The `Idempotency-Key` (draft-ietf-httpapi-idempotency-key-header), with or without its quotation marks.
fn key_of(headers: &HeaderMap) -> Result<String, Problem> {
    let missing = || Problem::of(Code::KeyMissing);
    let mut fields = headers.get_all(IDEMPOTENCY_KEY).iter();
    let (Some(field), None) = (fields.next(), fields.next()) else { return Err(missing()) };
    let text = field.to_str().map_err(|_| missing())?.trim();
    let bare = text.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap_or(text);
    let fits =
        (1..=LONGEST_KEY).contains(&bare.len()) && bare.bytes().all(|b| b.is_ascii_graphic() && b != b'"');
    if fits { Ok(bare.to_owned()) } else { Err(missing()) }
}

/// Keeps the answer of a request that was carried out. One that was refused may be asked again: it has done nothing.
async fn answer(app: &App, once: &Once, keeps: bool, response: Response) -> Result<Response, Problem> {
    let (parts, body) = response.into_parts();
    let octets = to_bytes(body, LARGEST_ANSWER).await.map_err(|_| Problem::of(Code::Unavailable))?;
    let kept = keeps && parts.status.is_success();
    let location =
        parts.headers.get(header::LOCATION).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let given = GivenAnswer {
        status: parts.status.as_u16(),
        location: location.to_owned(),
        body: String::from_utf8_lossy(&octets).into_owned(),
    };
    // When it cannot be kept, a repeat is carried out again: the act's own key makes one act of both.
    let _ = app.ports.programs.end(once, kept.then_some(&given)).await;
    Ok(Response::from_parts(parts, Body::from(octets)))
}

/// The answer that was given before.
fn again(given: GivenAnswer) -> Response {
    let status = StatusCode::from_u16(given.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let kind = if status.is_success() { "application/json" } else { PROBLEM };
    let mut response = (status, [(header::CONTENT_TYPE, kind)], given.body).into_response();
    if let Ok(location) = HeaderValue::from_str(&given.location)
        && !location.is_empty()
    {
        response.headers_mut().insert(header::LOCATION, location);
    }
    response
}
