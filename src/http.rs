//! HTTP to services outside. reqwest is used only here.
//!
//! What a caller must know after a failure is whether the service may have got the request; that is
//! what [`HttpError`] tells. Redirects are not followed, no proxy is picked up from the environment,
//! nothing is sent twice, every wait and every answer has a limit.

use std::error::Error;
use std::time::Duration;

use bytes::Bytes;
use reqwest::header::{CONTENT_TYPE, DATE, HeaderMap, RETRY_AFTER};
use reqwest::{Client, RequestBuilder, Url, redirect, retry};
use zeroize::Zeroizing;

use crate::clock::parse_http_date;
use crate::secret::Secret;
use crate::tls::{TlsError, client_config, is_loopback_address};
use crate::types::UnixMillis;

mod request;

pub use request::{Auth, Method, Request, is_header_name};

/// How long each kind of wait may last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timeouts {
    /// Name look-up, TCP and TLS.
    pub connect: Duration,
    /// The whole call, connecting and the answer's last octet included.
    pub total: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self { connect: Duration::from_secs(5), total: Duration::from_secs(15) }
    }
}

/// The address of a service: `https`, or `http` to this machine itself.
#[derive(Clone, PartialEq, Eq)]
pub struct ServiceUrl(Url);

/// Why a text is no address of a service.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ServiceUrlError {
    /// No `http` or `https` URL with a host.
    #[error("expected a URL such as https://service.kommun.example/path")]
    Form,
    /// `http` to another machine.
    #[error("only https may be used, or http to this machine itself: passwords would travel in the open")]
    Unprotected,
    /// A sign-in, a query or a fragment inside.
    #[error("the URL holds more than a host and a path")]
    More,
}

impl ServiceUrl {
    /// Parses `text`.
    ///
    /// # Errors
    /// [`ServiceUrlError`] says which rule the text breaks.
    pub fn parse(text: &str) -> Result<Self, ServiceUrlError> {
        let url = Url::parse(text).map_err(|_| ServiceUrlError::Form)?;
        let host = url.host_str().ok_or(ServiceUrlError::Form)?;
        let bare_host = host.trim_start_matches('[').trim_end_matches(']');
        match url.scheme() {
            "https" => {}
            "http" if is_loopback_address(bare_host) => {}
            "http" => return Err(ServiceUrlError::Unprotected),
            _ => return Err(ServiceUrlError::Form),
        }
        let more = !url.username().is_empty() || url.password().is_some();
        if more || url.query().is_some() || url.fragment().is_some() {
            return Err(ServiceUrlError::More);
        }
        Ok(Self(url))
    }

    /// The address below this one; each segment is encoded.
    #[must_use]
    pub fn below(&self, segments: &[&str]) -> Self {
        let mut url = self.0.clone();
        // An http URL always has a path.
        if let Ok(mut path) = url.path_segments_mut() {
            path.pop_if_empty().extend(segments);
        }
        Self(url)
    }

    /// The address with one more query parameter.
    #[must_use]
    pub fn with_query(mut self, name: &str, value: &str) -> Self {
        self.0.query_pairs_mut().append_pair(name, value);
        self
    }

    /// The address with one more option of OData, such as `$filter`: blanks travel as `%20`, because an
    /// OData service may read `+` as itself (OData 4.01 URL Conventions 2.2).
    #[must_use]
    pub fn with_option(mut self, name: &str, value: &str) -> Self {
        let mut query = self.0.query().map(|query| format!("{query}&")).unwrap_or_default();
        query.push_str(name);
        query.push('=');
        for octet in value.bytes() {
            if octet.is_ascii_alphanumeric() || b"-._~,$()".contains(&octet) {
                query.push(char::from(octet));
            } else {
                query.push_str(&format!("%{octet:02X}"));
            }
        }
        self.0.set_query(Some(&query));
        self
    }

    /// The address `next` that this service gave for the rest of its answer; `None` when it leads to
    /// another service, which shall not get the token of this one.
    #[must_use]
    pub fn rest_at(&self, next: &str) -> Option<Self> {
        let url = Url::parse(next).ok()?;
        let plain = url.username().is_empty() && url.password().is_none() && url.fragment().is_none();
        (plain && url.origin() == self.0.origin()).then_some(Self(url))
    }

    /// Scheme, host and port: `https://service.kommun.example`.
    #[must_use]
    pub fn origin(&self) -> String {
        self.0.origin().ascii_serialization()
    }

    /// The address as it travels. May hold a secret, if one was put in.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }
}

impl std::fmt::Debug for ServiceUrl {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // The path may hold the secret of a callback.
        write!(f, "{}://{}/…", self.0.scheme(), self.0.host_str().unwrap_or_default())
    }
}

/// HTTP basic authentication (RFC 7617).
#[derive(Clone, Debug)]
pub struct BasicAuth {
    /// The user.
    pub username: String,
    /// The password.
    pub password: Secret,
}

/// How something is changed (RFC 9110 9.3, RFC 5789).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verb {
    /// A part of what is there.
    Patch,
    /// Something new is made.
    Post,
}

/// A call that shows a token (RFC 6750 2.1).
#[derive(Clone, Copy)]
pub struct Bearer<'a> {
    /// The token.
    pub token: &'a str,
    /// Further headers.
    pub headers: &'a [(&'static str, &'static str)],
    /// How long the whole call may take; never longer than the client's own limit.
    pub within: Duration,
}

/// What a service answered. It may repeat what was sent, so the body is wiped on drop and has no
/// `Debug` form.
pub struct Answer {
    /// The status code.
    pub status: u16,
    /// How long it asks not to be asked again (`Retry-After` in seconds, RFC 9110 10.2.3).
    pub retry_after: Option<Duration>,
    /// The service's name for this call (`request-id`), for whoever asks its operators about it.
    pub request_id: Option<String>,
    /// What o'clock it was at the service (`Date`, RFC 9110 6.6.1).
    pub date: Option<UnixMillis>,
    /// The body.
    pub body: Zeroizing<Vec<u8>>,
}

/// A call without an answer. No text in it comes from the request or from the answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HttpError {
    /// The request surely did not leave: no connection, no TLS.
    #[error("no connection: {cause}")]
    NotSent {
        /// What went wrong.
        cause: String,
    },
    /// The service may have got the request.
    #[error("no usable answer: {cause}")]
    Unanswered {
        /// What went wrong.
        cause: String,
    },
}

/// The client cannot be made.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HttpSetupError {
    /// The trust anchors are unusable.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// Anything else.
    #[error("the HTTP client cannot be made: {0}")]
    Client(String),
}

/// A client with its own connections; cheap to clone.
#[derive(Clone)]
pub struct HttpClient {
    client: Client,
    answer_max: usize,
    /// The limit of a whole call.
    total: Duration,
}

impl HttpClient {
    /// A client that reads no more than `answer_max` octets of an answer.
    ///
    /// # Errors
    /// The trust anchors cannot be loaded.
    pub fn new(timeouts: Timeouts, answer_max: usize) -> Result<Self, HttpSetupError> {
        // One that has rested may be closed just as it is used, and the call would be unclear.
        Self::with_idle(timeouts, answer_max, 0)
    }

    /// A client for calls that change nothing: it keeps up to `idle` connections to a service, and
    /// saves a handshake a call.
    ///
    /// # Errors
    /// As for [`HttpClient::new`].
    pub fn for_reading(timeouts: Timeouts, answer_max: usize, idle: usize) -> Result<Self, HttpSetupError> {
        Self::with_idle(timeouts, answer_max, idle)
    }

    fn with_idle(timeouts: Timeouts, answer_max: usize, idle: usize) -> Result<Self, HttpSetupError> {
        let tls = client_config(None)?;
        let client = Client::builder()
            .tls_backend_preconfigured((*tls).clone())
            .redirect(redirect::Policy::none())
            .referer(false)
            .retry(retry::never())
            .no_proxy()
            .pool_max_idle_per_host(idle)
            .connect_timeout(timeouts.connect)
            .timeout(timeouts.total)
            .user_agent(concat!("nyckelbud/", env!("CARGO_PKG_VERSION")))
            .build()
            .map_err(|error| HttpSetupError::Client(innermost(&error)))?;
        Ok(Self { client, answer_max, total: timeouts.total })
    }

    /// GET.
    ///
    /// # Errors
    /// [`HttpError`] when there is no answer; an answer of any status is one.
    pub async fn get(&self, url: &ServiceUrl, auth: &BasicAuth) -> Result<Answer, HttpError> {
        self.call(self.client.get(url.0.clone()), Some(auth)).await
    }

    /// POST of a form (`application/x-www-form-urlencoded`); without `auth` the form itself says who asks.
    ///
    /// # Errors
    /// As for [`HttpClient::get`].
    pub async fn post_form(
        &self,
        url: &ServiceUrl,
        auth: Option<&BasicAuth>,
        form: &[(&str, &str)],
    ) -> Result<Answer, HttpError> {
        self.call(self.client.post(url.0.clone()).form(form), auth).await
    }

    /// GET with a token.
    ///
    /// # Errors
    /// As for [`HttpClient::get`].
    pub async fn get_with_token(&self, url: &ServiceUrl, bearer: &Bearer<'_>) -> Result<Answer, HttpError> {
        self.send(self.shown(self.client.get(url.0.clone()), bearer)).await
    }

    /// A change in JSON, with a token. `body` is wiped once it has left.
    ///
    /// # Errors
    /// As for [`HttpClient::get`].
    pub async fn change_with_token(
        &self,
        verb: Verb,
        url: &ServiceUrl,
        bearer: &Bearer<'_>,
        body: Zeroizing<Vec<u8>>,
    ) -> Result<Answer, HttpError> {
        let request = match verb {
            Verb::Patch => self.client.patch(url.0.clone()),
            Verb::Post => self.client.post(url.0.clone()),
        };
        let request = request.header(CONTENT_TYPE, "application/json");
        self.send(self.shown(request, bearer).body(Bytes::from_owner(body))).await
    }

    async fn call(&self, mut request: RequestBuilder, auth: Option<&BasicAuth>) -> Result<Answer, HttpError> {
        if let Some(auth) = auth {
            request = request.basic_auth(&auth.username, Some(auth.password.expose()));
        }
        self.send(request).await
    }

    fn shown(&self, request: RequestBuilder, bearer: &Bearer<'_>) -> RequestBuilder {
        let request = request.bearer_auth(bearer.token).timeout(bearer.within.min(self.total));
        bearer.headers.iter().fold(request, |request, (name, value)| request.header(*name, *value))
    }

    async fn send(&self, request: RequestBuilder) -> Result<Answer, HttpError> {
        let mut response = request.send().await.map_err(classify)?;
        let status = response.status().as_u16();
        let retry_after = retry_after(response.headers());
        let request_id = request_id(response.headers());
        let date = date(response.headers());
        let mut body = Zeroizing::new(Vec::new());
        while let Some(chunk) = response.chunk().await.map_err(unanswered)? {
            if body.len() + chunk.len() > self.answer_max {
                let cause = format!("the answer is longer than {} octets", self.answer_max);
                return Err(HttpError::Unanswered { cause });
            }
            body.extend_from_slice(&chunk);
        }
        Ok(Answer { status, retry_after, request_id, date, body })
    }
}

fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let seconds = headers.get(RETRY_AFTER)?.to_str().ok()?.trim().parse().ok()?;
    Some(Duration::from_secs(seconds))
}

fn date(headers: &HeaderMap) -> Option<UnixMillis> {
    parse_http_date(headers.get(DATE)?.to_str().ok()?)
}

/// Only what looks like a name is taken: it will stand in logs and tickets.
fn request_id(headers: &HeaderMap) -> Option<String> {
    let id = headers.get("request-id")?.to_str().ok()?;
    let plain = (1..=64).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
    plain.then(|| id.to_owned())
}

/// Before there is a connection, nothing can have left.
fn classify(error: reqwest::Error) -> HttpError {
    if error.is_builder() || error.is_connect() {
        return HttpError::NotSent { cause: innermost(&error) };
    }
    unanswered(error)
}

fn unanswered(error: reqwest::Error) -> HttpError {
    let cause =
        if error.is_timeout() { "the time for the call is over".to_owned() } else { innermost(&error) };
    HttpError::Unanswered { cause }
}

/// The words of the first cause; the outer ones only repeat the URL.
fn innermost(error: &reqwest::Error) -> String {
    let mut cause: &dyn Error = error;
    while let Some(deeper) = cause.source() {
        cause = deeper;
    }
    if std::ptr::addr_eq(cause, error) {
        "the request could not be made".to_owned()
    } else {
        cause.to_string()
    }
}

mod plain;
mod relay;
#[cfg(test)]
mod tests;

pub use plain::InTheClear;
pub use relay::Relayed;
