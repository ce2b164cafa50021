//! Errors as programs get them: `application/problem+json` (RFC 9457).

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;

use super::object::{ActObject, HappenedObject};
use crate::web::port::{Refusal, Unavailable};

/// The media type of an error.
pub(super) const PROBLEM: &str = "application/problem+json";

/// What went wrong: the last word of the problem's type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Code {
    /// No token, or none that holds.
    Unauthorized,
    /// The token lacks the scope.
    Scope,
    /// There is nothing here.
    NotFound,
    /// Not by this method.
    MethodNotAllowed,
    /// The body did not come in time.
    Timeout,
    /// The request cannot be read.
    Malformed,
    /// A POST without `Idempotency-Key`, or with one that is none.
    KeyMissing,
    /// What it says makes no sense.
    Invalid,
    /// Another request had this `Idempotency-Key`.
    KeyReused,
    /// The same request is being carried out.
    UnderWay,
    /// It is too large.
    TooLarge,
    /// The body is not JSON.
    MediaType,
    /// The ticket is not as the program saw it.
    Changed,
    /// Another act of the ticket is about to be carried out.
    ActWaits,
    /// It is not possible, or not now.
    Refused,
    /// The act was carried out, or is another's.
    TooLate,
    /// The token asks too often.
    TooMany,
    /// The store, or what the desk asks in its turn, does not answer.
    Unavailable,
}

impl Code {
    fn told(self) -> (u16, &'static str, &'static str) {
        match self {
            Self::Unauthorized => {
                (401, "unauthorized", "a token of this desk that holds is needed: Authorization: Bearer")
            }
            Self::Scope => (403, "scope", "the token lacks the scope that this needs; nothing was changed"),
            Self::NotFound => (404, "not-found", "there is nothing here"),
            Self::MethodNotAllowed => (405, "method-not-allowed", "not by this method; see Allow"),
            Self::Timeout => (408, "timeout", "the body did not arrive in time; nothing was changed"),
            Self::Malformed => (400, "malformed", "the request cannot be read; nothing was changed"),
            Self::KeyMissing => (
                400,
                "idempotency-key-missing",
                "a POST needs an Idempotency-Key of 1 to 100 visible characters; nothing was changed",
            ),
            Self::Invalid => (422, "invalid", "what it says makes no sense; nothing was changed"),
            Self::KeyReused => (
                422,
                "idempotency-key-reused",
                "another request had this Idempotency-Key, or its act came to nothing; nothing was changed now",
            ),
            Self::UnderWay => {
                (409, "under-way", "the same request is being carried out: ask again for its answer")
            }
            Self::TooLarge => (413, "too-large", "the body is too large; nothing was changed"),
            Self::MediaType => (415, "media-type", "the body must be application/json; nothing was changed"),
            Self::Changed => (
                409,
                "version-changed",
                "the ticket is not as you saw it; nothing was changed: read it again",
            ),
            Self::ActWaits => (
                409,
                "act-waits",
                "another act of the ticket is about to be carried out; nothing was changed",
            ),
            Self::Refused => (409, "refused", "it is not possible"),
            Self::TooLate => (409, "too-late", "the act was carried out or has ended, or is another's"),
            Self::TooMany => (429, "too-many-requests", "the token asks too often; see Retry-After"),
            Self::Unavailable => (
                503,
                "unavailable",
                "the desk, or what it asks, does not answer; the same may be asked again",
            ),
        }
    }
}

/// An error (RFC 9457). `type` ends in `code`, which never changes its meaning; `detail` is for people.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Problem {
    /// `urn:problem-type:nyckelbud:` and the code
    #[serde(rename = "type")]
    kind: String,
    /// The status in words
    title: String,
    /// The status
    status: u16,
    /// What happened, what is safe, what to do
    detail: String,
    /// A stable word
    code: String,
    /// The ticket's version now, where that is not the one of the request
    #[serde(skip_serializing_if = "Option::is_none")]
    version: Option<i64>,
    /// What came since the version of the request; empty for a token that may not read tickets
    #[serde(skip_serializing_if = "Option::is_none")]
    since: Option<Vec<HappenedObject>>,
    /// The act that waits to be carried out
    #[serde(skip_serializing_if = "Option::is_none")]
    act: Option<ActObject>,
    /// Seconds to wait
    #[serde(skip)]
    retry_after: Option<u64>,
    /// The scope that is lacking
    #[serde(skip)]
    scope: Option<&'static str>,
}

impl Problem {
    pub fn of(code: Code) -> Self {
        let (status, word, detail) = code.told();
        let title = StatusCode::from_u16(status).ok().and_then(|status| status.canonical_reason());
        Self {
            kind: format!("urn:problem-type:nyckelbud:{word}"),
            title: title.unwrap_or(word).to_owned(),
            status,
            detail: detail.to_owned(),
            code: word.to_owned(),
            version: None,
            since: None,
            act: None,
            retry_after: None,
            scope: None,
        }
    }

    /// The same, with what is wrong in it. The words hold nothing of the request but names of fields.
    pub fn saying(code: Code, what: impl std::fmt::Display) -> Self {
        let problem = Self::of(code);
        Self { detail: format!("{what}; nothing was changed"), ..problem }
    }

    pub fn changed(version: i64, since: Vec<HappenedObject>) -> Self {
        Self { version: Some(version), since: Some(since), ..Self::of(Code::Changed) }
    }

    pub fn waits(act: ActObject) -> Self {
        Self { act: Some(act), ..Self::of(Code::ActWaits) }
    }

    pub fn later(seconds: u64) -> Self {
        Self { retry_after: Some(seconds.max(1)), ..Self::of(Code::TooMany) }
    }

    pub fn under_way() -> Self {
        Self { retry_after: Some(1), ..Self::of(Code::UnderWay) }
    }

    pub fn lacks(scope: &'static str) -> Self {
        let problem = Self::of(Code::Scope);
        Self {
            detail: format!("the token lacks the scope {scope}; nothing was changed"),
            scope: Some(scope),
            ..problem
        }
    }
}

impl From<Unavailable> for Problem {
    fn from(_: Unavailable) -> Self {
        Self { retry_after: Some(5), ..Self::of(Code::Unavailable) }
    }
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        let [_, english] = refusal.words();
        let word = match refusal {
            Refusal::NoTicket => return Self::of(Code::NotFound),
            // A key is one act's for ever, also when its answer is forgotten.
            Refusal::NoSuchManager => "no-such-manager",
            Refusal::NoDirectory => "no-directory",
            Refusal::FormUsed => return Self::of(Code::KeyReused),
            Refusal::Empty | Refusal::TooLong => {
                return Self::saying(Code::Invalid, english.trim_end_matches('.'));
            }
            Refusal::AtWork => "at-work",
            Refusal::NotNow => "not-now",
            Refusal::PasswordChanged => "password-changed",
            Refusal::Observed => "observed",
            Refusal::AutomationOff => "automation-off",
            Refusal::Unreadable => "unreadable",
            Refusal::NobodyToWriteTo => "nobody-to-write-to",
            Refusal::OtherIsOver => "other-is-over",
            Refusal::OtherIsNewer => "other-is-newer",
            Refusal::NoSuchColleague => "no-such-colleague",
            Refusal::Unvouched => "unvouched",
            Refusal::AskedLately => "asked-lately",
            Refusal::NotYourOwn => "not-your-own",
            Refusal::MayBeYou => "may-be-you",
            Refusal::MayNot => "may-not",
            Refusal::Gone => "gone",
            Refusal::NeedsPeople => "needs-people",
        };
        let problem = Self::of(Code::Refused);
        Self {
            kind: format!("urn:problem-type:nyckelbud:{word}"),
            code: word.to_owned(),
            detail: english.to_owned(),
            ..problem
        }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        // A struct of texts and numbers always becomes JSON.
        let body = serde_json::to_vec(&self).unwrap_or_default();
        let mut response = (status, [(header::CONTENT_TYPE, PROBLEM)], body).into_response();
        let headers = response.headers_mut();
        if let Some(seconds) = self.retry_after {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        // RFC 6750, 3
        let challenge = match (status, self.scope) {
            (StatusCode::UNAUTHORIZED, _) => Some("Bearer realm=\"nyckelbud\"".to_owned()),
            (_, Some(scope)) => {
                Some(format!("Bearer realm=\"nyckelbud\", error=\"insufficient_scope\", scope=\"{scope}\""))
            }
            (_, None) => None,
        };
        if let Some(challenge) = challenge.and_then(|text| HeaderValue::from_str(&text).ok()) {
            headers.insert(header::WWW_AUTHENTICATE, challenge);
        }
        response
    }
}
