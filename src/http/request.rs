//! Requests whose headers and body the caller makes: those of SMS gateways.

use bytes::Bytes;
use reqwest::Url;
use zeroize::Zeroizing;

use super::{Answer, BasicAuth, HttpClient, HttpError, ServiceUrl, ServiceUrlError};
use crate::secret::Secret;

/// What is done (RFC 9110 9.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// It is read.
    Get,
    /// Something is handed over.
    Post,
    /// The same, under a name that the caller chose.
    Put,
}

/// How a request says who asks.
#[derive(Clone, Copy, Debug)]
pub enum Auth<'a> {
    /// It does not, or one of its headers does.
    None,
    /// With a name and a password (RFC 7617).
    Basic(&'a BasicAuth),
    /// With a token (RFC 6750 2.1).
    Bearer(&'a Secret),
}

/// A whole request.
pub struct Request<'a> {
    /// What is done.
    pub method: Method,
    /// Where.
    pub url: &'a ServiceUrl,
    /// By whom.
    pub auth: Auth<'a>,
    /// Headers beside those that every request has. May hold secrets.
    pub headers: &'a [(&'a str, &'a str)],
    /// The body; wiped once it has left.
    pub body: Zeroizing<Vec<u8>>,
}

impl HttpClient {
    /// Sends a request.
    ///
    /// # Errors
    /// [`HttpError`] when there is no answer; an answer of any status is one. A header that cannot
    /// travel counts as not sent.
    pub async fn request(&self, request: Request<'_>) -> Result<Answer, HttpError> {
        let url = request.url.0.clone();
        let built = match request.method {
            Method::Get => self.client.get(url),
            Method::Post => self.client.post(url),
            Method::Put => self.client.put(url),
        };
        let built = match request.auth {
            Auth::None => built,
            Auth::Basic(auth) => built.basic_auth(&auth.username, Some(auth.password.expose())),
            Auth::Bearer(token) => built.bearer_auth(token.expose()),
        };
        let built = request.headers.iter().fold(built, |built, (name, value)| built.header(*name, *value));
        let built = if request.body.is_empty() { built } else { built.body(Bytes::from_owner(request.body)) };
        self.send(built).await
    }
}

/// Can a header be called `name` (RFC 9110 5.1)?
#[must_use]
pub fn is_header_name(name: &str) -> bool {
    reqwest::header::HeaderName::from_bytes(name.as_bytes()).is_ok()
}

impl ServiceUrl {
    /// Parses an address that may have a query.
    ///
    /// # Errors
    /// As for [`ServiceUrl::parse`].
    pub fn parse_with_query(text: &str) -> Result<Self, ServiceUrlError> {
        let (bare, query) = text.split_once('?').unwrap_or((text, ""));
        let Self(mut url): Self = Self::parse(bare)?;
        if query.contains('#') {
            return Err(ServiceUrlError::More);
        }
        url.set_query(Some(query).filter(|query| !query.is_empty()));
        Ok(Self(url))
    }

    /// The address with a sign-in inside, for a service that shall show it when it calls back.
    #[must_use]
    pub fn with_sign_in(&self, username: &str, password: &str) -> Self {
        let mut url: Url = self.0.clone();
        // They fail only for addresses without a host, which none of these is.
        let _ = url.set_username(username);
        let _ = url.set_password(Some(password));
        Self(url)
    }

    /// Name and value of each parameter of the query, decoded.
    #[must_use]
    pub fn query_pairs(&self) -> Vec<(String, String)> {
        self.0.query_pairs().map(|(name, value)| (name.into_owned(), value.into_owned())).collect()
    }
}
