//! What goes wrong with a call to Graph, in words for an operator. Of an answer only its error code and
//! its `request-id` are kept: the rest may repeat a name, a number or a password.

use std::time::Duration;

use serde::Deserialize;

use crate::directory::DirectoryError;
use crate::http::{Answer, HttpError};
use crate::token::TokenError;

/// A longer code is none (characters).
const CODE_MAX: usize = 80;

/// A call that brought no answer to use.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum GraphError {
    /// There is no token to show.
    #[error(transparent)]
    Token(#[from] TokenError),
    /// The request did not leave, or no answer came back.
    #[error("Graph: {0}")]
    Http(#[from] HttpError),
    /// Graph answered that it will not.
    #[error("Graph answers {0}")]
    Refused(Refusal),
    /// The time for the whole look is over.
    #[error("Graph did not answer in time")]
    TimeOver,
    /// An answer without what is documented.
    #[error("Graph: {0}")]
    Half(String),
}

impl From<GraphError> for DirectoryError {
    fn from(error: GraphError) -> Self {
        if error.is_forbidden() {
            return Self::Unavailable(format!(
                "{error}: `nyckelbud check` names the permission that is missing"
            ));
        }
        match error {
            GraphError::TimeOver => Self::TimedOut,
            GraphError::Half(what) => Self::Half(format!("Graph: {what}")),
            GraphError::Token(_) | GraphError::Http(_) | GraphError::Refused(_) => {
                Self::Unavailable(error.to_string())
            }
        }
    }
}

impl GraphError {
    /// What the error means for a call that needs `permission`: the answer "you may not" names it.
    pub(super) fn without(self, permission: &str) -> DirectoryError {
        if self.is_forbidden() {
            return DirectoryError::Unavailable(format!("{self}: the application lacks {permission}"));
        }
        self.into()
    }

    /// Graph's refusal, if it is one.
    #[must_use]
    pub fn refusal(&self) -> Option<&Refusal> {
        match self {
            Self::Refused(refusal) => Some(refusal),
            Self::Token(_) | Self::Http(_) | Self::TimeOver | Self::Half(_) => None,
        }
    }

    /// Is it the answer "you may not"?
    #[must_use]
    pub fn is_forbidden(&self) -> bool {
        self.refusal().is_some_and(|refusal| refusal.status == 403)
    }

    /// Is it Graph's own answer "there is none"? Whatever stands between may say 404, too, and that
    /// means nothing of a person.
    #[must_use]
    pub fn is_not_found(&self) -> bool {
        const NONE: [&str; 4] = [
            "Request_ResourceNotFound",
            "ResourceNotFound",
            "MailboxNotEnabledForRESTAPI",
            "ErrorItemNotFound",
        ];
        self.refusal().is_some_and(|refusal| refusal.status == 404 && NONE.contains(&refusal.code.as_str()))
    }
}

/// An answer that is no success.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The status.
    pub status: u16,
    /// Graph's code, such as `Authorization_RequestDenied`; empty when there is none.
    pub code: String,
    /// Graph's name for the call; empty when there is none.
    pub request_id: String,
    /// How long it asks to be left alone.
    pub retry_after: Option<Duration>,
}

impl Refusal {
    /// What `answer` says (<https://learn.microsoft.com/graph/errors>).
    #[must_use]
    pub fn of(answer: &Answer) -> Self {
        #[derive(Deserialize)]
        struct Body {
            error: Inner,
        }
        #[derive(Deserialize)]
        struct Inner {
            code: String,
        }
        let read = serde_json::from_slice::<Body>(&answer.body).ok();
        let is_code = |code: &String| {
            (1..=CODE_MAX).contains(&code.len())
                && code.bytes().all(|b| b.is_ascii_alphabetic() || b == b'_' || b == b'.')
        };
        Self {
            status: answer.status,
            code: read.map(|body| body.error.code).filter(is_code).unwrap_or_default(),
            request_id: answer.request_id.clone().unwrap_or_default(),
            retry_after: answer.retry_after,
        }
    }
}

impl std::fmt::Display for Refusal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.status)?;
        if !self.code.is_empty() {
            write!(f, " {}", self.code)?;
        }
        if let Some(wait) = self.retry_after {
            write!(f, ", to ask again in {} s", wait.as_secs())?;
        }
        if !self.request_id.is_empty() {
            write!(f, " (request-id {})", self.request_id)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use zeroize::Zeroizing;

    use super::*;

    fn refusal(body: &str) -> Refusal {
        let body = Zeroizing::new(body.as_bytes().to_vec());
        let request_id = Some("0f1e".to_owned());
        let retry_after = Some(Duration::from_secs(7));
        Refusal::of(&Answer { status: 400, retry_after, request_id, date: None, body })
    }

    #[test]
    fn code_and_request_id_are_kept_and_nothing_that_may_have_been_sent() {
        let body = "{\"error\":{\"code\":\"Request_BadRequest\",\"message\":\"hemligt-4711\"}}";
        assert_eq!(
            refusal(body).to_string(),
            "400 Request_BadRequest, to ask again in 7 s (request-id 0f1e)"
        );
        for body in ["{\"error\":{\"code\":\"hemligt-4711\"}}", "{\"error\":\"4711\"}", "4711", ""] {
            assert_eq!(refusal(body).code, "", "{body}");
        }
    }
}
