//! The gate before every page of the desk's people: who is signed in, may they, and does a POST come from a form
//! of ours in this browser. No handler can forget it.

use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, to_bytes};
use axum::extract::{FromRequestParts, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Redirect, Response};

use super::access::Row;
use crate::types::{Preferences, StaffMember};
use crate::web::desk::Browser;
use crate::web::language::Language;
use crate::web::port::{Snapshot, Unavailable};
use crate::web::routes::{App, LARGEST_STAFF_BODY};
use crate::web::{cookie, form, same_origin};

/// A session ends after twelve hours by itself.
const KEPT_SECONDS: u32 = 12 * 60 * 60;
/// What the forms of a session carry is made for.
const PURPOSE: &str = "staff";

/// With https the name carries the prefix by which browsers refuse such a cookie from any other host of the domain
/// (RFC 6265bis 4.1.3.2).
fn cookie_name(secure: bool) -> &'static str {
    if secure { "__Host-nyckelbud-staff" } else { "nyckelbud-staff" }
}

/// The cookie of a session.
pub(super) fn session_cookie(session: &Browser, secure: bool) -> Option<HeaderValue> {
    cookie::written(cookie_name(secure), session.as_str(), KEPT_SECONDS, secure)
}

/// The cookie that takes it away again.
pub(super) fn no_session(secure: bool) -> Option<HeaderValue> {
    cookie::written(cookie_name(secure), "", 0, secure)
}

/// The session that a browser names.
pub(super) fn session_of(headers: &HeaderMap, secure: bool) -> Option<Browser> {
    cookie::values(headers, cookie_name(secure)).find_map(Browser::parse)
}

/// Whoever is signed in, for the handlers.
#[derive(Clone, Debug)]
pub(in crate::web) struct Signed {
    /// Who.
    pub member: StaffMember,
    /// How they want the pages.
    pub preferences: Preferences,
    /// Their session.
    pub session: Browser,
    /// The language of their pages.
    pub language: Language,
    /// The path that was asked for, with the site's own in front.
    pub here: String,
    /// How the desk is just now; `None` when the store does not say.
    pub now: Option<Arc<Snapshot>>,
    /// Their session ends after so long, when they do nothing.
    pub ends_in: Duration,
}

impl Signed {
    /// The token of their forms.
    pub fn form(&self) -> String {
        form::token(&self.session, PURPOSE)
    }
}

impl FromRequestParts<Arc<App>> for Signed {
    type Rejection = StatusCode;

    async fn from_request_parts(parts: &mut Parts, _: &Arc<App>) -> Result<Self, StatusCode> {
        // Nothing passes the gate without one.
        parts.extensions.get::<Self>().cloned().ok_or(StatusCode::UNAUTHORIZED)
    }
}

/// Lets a request through, or answers in its place.
pub(super) async fn pass(
    State((app, row)): State<(Arc<App>, &'static Row)>,
    request: Request,
    next: Next,
) -> Response {
    let (mut parts, body) = request.into_parts();
    let Ok(wished) = Language::from_request_parts(&mut parts, &app).await;
    let signed = match who(&app, &parts, wished, !row.quiet && !is_again(&parts)).await {
        Ok(Some(signed)) => signed,
        Ok(None) if row.quiet => return StatusCode::UNAUTHORIZED.into_response(),
        Ok(None) => return nobody(&app, &parts, wished),
        Err(Unavailable) => return app.staff.unavailable(wished),
    };
    if !row.right.is_of(signed.member.role) {
        return app.staff.forbidden(&signed);
    }
    let looks = matches!(parts.method, Method::GET | Method::HEAD);
    let body = if looks {
        body
    } else {
        let Ok(octets) = to_bytes(body, LARGEST_STAFF_BODY).await else {
            return app.staff.problem(StatusCode::PAYLOAD_TOO_LARGE, signed.language);
        };
        let given = form_urlencoded::parse(&octets).find(|(name, _)| name == "form");
        let given = given.map(|(_, value)| value.into_owned()).unwrap_or_default();
        let ours = same_origin::allows(&parts.headers, &app.pages.site.origin);
        if !ours || !form::fits(&signed.session, PURPOSE, &given) {
            tracing::warn!(
                "a form of the desk's pages was refused: another site or session sent it; nothing was changed"
            );
            return app.staff.refused(&signed);
        }
        Body::from(octets)
    };
    parts.extensions.insert(signed);
    next.run(Request::from_parts(parts, body)).await
}

/// A page that loads itself again says so in its address: nobody uses the session by that.
fn is_again(parts: &Parts) -> bool {
    let query = parts.uri.query().unwrap_or_default();
    form_urlencoded::parse(query.as_bytes()).any(|(name, _)| name == "again")
}

/// Who asks.
async fn who(app: &App, parts: &Parts, wished: Language, used: bool) -> Result<Option<Signed>, Unavailable> {
    let Some(session) = session_of(&parts.headers, app.pages.site.secure) else { return Ok(None) };
    let Some(found) = app.ports.accounts.session(&session, used).await? else { return Ok(None) };
    let language = Language::of_tag(&found.preferences.language).unwrap_or(wished);
    let here = format!("{}{}", app.pages.site.base, parts.uri.path());
    let now = app.ports.queue.snapshot().await.ok();
    let (member, preferences, ends_in) = (found.member, found.preferences, found.ends_in);
    Ok(Some(Signed { member, preferences, session, language, here, now, ends_in }))
}

/// Whoever only looks is sent to sign in and comes back; a form says that nothing was done.
fn nobody(app: &App, parts: &Parts, language: Language) -> Response {
    if matches!(parts.method, Method::GET | Method::HEAD) {
        let to = parts.uri.path_and_query().map_or("/", |path| path.as_str());
        let to: String = form_urlencoded::byte_serialize(to.as_bytes()).collect();
        return Redirect::to(&format!("{}/login?to={to}", app.pages.site.base)).into_response();
    }
    let mut response = app.staff.session_over(language);
    response.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Cookie"));
    response
}
