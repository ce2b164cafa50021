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

/// The ticket that the path names.
pub(super) struct Numbered(pub TicketNumber);

impl FromRequestParts<Arc<App>> for Numbered {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Problem> {
        let missing = || Problem::of(Code::NotFound);
        let Path(all) =
            Path::<Vec<(String, String)>>::from_request_parts(parts, app).await.map_err(|_| missing())?;
        let number = all.iter().find(|(name, _)| name == "number").ok_or_else(missing)?;
        TicketNumber::parse(&number.1).map(Self).map_err(|_| missing())
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
