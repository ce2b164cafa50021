//! What requests carry: a query, a path, a body of JSON. What cannot be read is answered by a problem.

use std::sync::Arc;

use axum::body::to_bytes;
use axum::extract::{FromRequest, FromRequestParts, Path, Query, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};
use serde::de::DeserializeOwned;

use super::problem::{Code, Problem};
use crate::types::TicketNumber;
use crate::web::routes::{App, LARGEST_STAFF_BODY};

/// The query.
pub(super) struct Asked<T>(pub T);

impl<T: DeserializeOwned> FromRequestParts<Arc<App>> for Asked<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Problem> {
        let query = Query::<T>::from_request_parts(parts, app).await;
        query.map(|query| Self(query.0)).map_err(|_| {
            Problem::saying(Code::Malformed, "the query has a parameter that is unknown, or of another form")
        })
    }
}

/// A part of the path, by its name; what cannot be one is nothing that is here.
async fn named<T>(
    parts: &mut Parts,
    app: &Arc<App>,
    name: &str,
    read: impl FnOnce(&str) -> Option<T>,
) -> Result<T, Problem> {
    let path = Path::<Vec<(String, String)>>::from_request_parts(parts, app).await;
    let part = path.ok().and_then(|Path(all)| all.into_iter().find(|(known, _)| known == name));
    part.and_then(|(_, text)| read(&text)).ok_or_else(|| Problem::of(Code::NotFound))
}

/// The ticket that the path names.
pub(super) struct Numbered(pub TicketNumber);

impl FromRequestParts<Arc<App>> for Numbered {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Problem> {
        named(parts, app, "number", |text| TicketNumber::parse(text).ok()).await.map(Self)
    }
}

/// The act that the path names.
pub(super) struct ActNamed(pub i64);

impl FromRequestParts<Arc<App>> for ActNamed {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Problem> {
        named(parts, app, "act", |text| text.parse().ok()).await.map(Self)
    }
}

/// The body.
pub(super) struct Sent<T>(pub T);

impl<T: DeserializeOwned> FromRequest<Arc<App>> for Sent<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, _: &Arc<App>) -> Result<Self, Problem> {
        if !is_json(request.headers()) {
            return Err(Problem::of(Code::MediaType));
        }
        let octets = to_bytes(request.into_body(), LARGEST_STAFF_BODY).await;
        let octets = octets.map_err(|_| Problem::of(Code::TooLarge))?;
        serde_json::from_slice(&octets).map(Self).map_err(|error| {
            if error.is_data() {
                // The words of the error may repeat what was sent; where it is says enough.
                let (line, column) = (error.line(), error.column());
                let what =
                    format!("line {line}, column {column}: a field is missing, unknown, or of another form");
                Problem::saying(Code::Invalid, what)
            } else {
                Problem::saying(Code::Malformed, "the body is not JSON")
            }
        })
    }
}

fn is_json(headers: &HeaderMap) -> bool {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let bare = kind.split(';').next().unwrap_or_default().trim();
    bare.eq_ignore_ascii_case("application/json")
}
