//! Any service that takes a text by one HTTP request: address, headers and body are templates, and
//! patterns say which answers mean that it was taken.
//!
//! The templates are tried before the first text: one that puts a letter where it would be read as
//! something else is refused, so that no text changes the request that it is sent with. The service
//! tells nothing of a text later, so what it took counts as delivered.

use std::time::Duration;

use async_trait::async_trait;
use regex::{Regex, RegexBuilder};
use serde::Serialize;
use zeroize::Zeroizing;

use super::answer::{Reply, outcome};
use super::setup::{Base, GatewaySetup, SetupError};
use super::{is_key, is_reference};
use crate::delivery::{GatewayTraits, Receipt, SmsGateway, SmsText};
use crate::http::{Auth, BasicAuth, Method, Request, ServiceUrl};
use crate::render::Snippet;
use crate::secret::Secret;
use crate::types::{Outcome, PhoneNumber};

mod check;

pub use check::{faults, uses};

/// The key under which a mistake stands, and what is wrong there.
pub type Fault = (&'static str, String);

/// As it is called, for want of a name.
const SERVICE: &str = "the service";
/// Bounds what a pattern of the configuration may cost, in octets.
const PATTERN_MAX: usize = 1 << 20;

/// A request and its answers, as the configuration writes them.
#[derive(Clone, Debug)]
pub struct Templates {
    /// What is done.
    pub method: Method,
    /// The address, a template.
    pub url: String,
    /// Headers: names, and templates of their values.
    pub headers: Vec<(String, String)>,
    /// The body, a template; empty for none.
    pub body: String,
    /// The pattern of an answer that took the text. A group named `reference` is the service's name for
    /// it.
    pub success: String,
    /// The pattern of an answer that refused it; empty for none.
    pub failure: String,
    /// Does the service take the same `key` only once?
    pub idempotent: bool,
}

/// The same, read.
struct Compiled {
    url: Snippet,
    headers: Vec<(String, Snippet)>,
    body: Snippet,
    success: Regex,
    failure: Option<Regex>,
}

/// What templates can write.
#[derive(Clone, Copy, Serialize)]
struct Values<'a> {
    /// The number, `+46…`.
    to: &'a str,
    /// The same without its plus.
    to_digits: &'a str,
    text: &'a str,
    sender: &'a str,
    key: &'a str,
    password: &'a str,
}

/// A request, filled.
struct Filled {
    url: ServiceUrl,
    headers: Vec<(String, Zeroizing<String>)>,
    body: Zeroizing<String>,
}

impl Compiled {
    /// Reads all of it; the first mistake with the key under which it stands.
    fn read(templates: &Templates) -> Result<Self, Fault> {
        let snippet = |key, source: &str| Snippet::new(source).map_err(|error| (key, error.to_string()));
        let mut headers = Vec::new();
        for (name, value) in &templates.headers {
            headers.push((name.clone(), snippet("headers", value)?));
        }
        let failure = Some(&templates.failure).filter(|text| !text.is_empty());
        Ok(Self {
            url: snippet("url", &templates.url)?,
            headers,
            body: snippet("body", &templates.body)?,
            success: pattern("success", &templates.success)?,
            failure: failure.map(|text| pattern("failure", text)).transpose()?,
        })
    }

    fn fill(&self, values: &Values<'_>) -> Result<Filled, Fault> {
        let fill = |key, snippet: &Snippet| snippet.render(values).map_err(|error| (key, error.to_string()));
        let url = fill("url", &self.url)?;
        let url = ServiceUrl::parse_with_query(&url).map_err(|error| ("url", error.to_string()))?;
        let mut headers = Vec::new();
        for (name, value) in &self.headers {
            headers.push((name.clone(), fill("headers", value)?));
        }
        Ok(Filled { url, headers, body: fill("body", &self.body)? })
    }

    /// Does anything write the value `name`?
    fn uses(&self, name: &str) -> bool {
        let in_headers = || self.headers.iter().any(|(_, value)| value.uses(name));
        self.url.uses(name) || self.body.uses(name) || in_headers()
    }

    /// What an answer to a text means.
    fn classify(&self, reply: &Reply<'_>) -> Outcome {
        let (service, status) = (reply.service, reply.status);
        match status {
            200..=299 => {}
            // A service may take the text and then lead to it (RFC 9110 15.4.4).
            300..=399 => {
                let cause = format!("{service} answers {status} and leads elsewhere");
                return Outcome::Uncertain { cause };
            }
            _ => return reply.by_status(),
        }
        let body = Zeroizing::new(String::from_utf8_lossy(reply.body).into_owned());
        if self.failure.as_ref().is_some_and(|failure| failure.is_match(&body)) {
            return reply.refused("");
        }
        match self.success.captures(&body) {
            Some(found) => {
                let named = found.name("reference").map_or("", |group| group.as_str());
                // A pattern that is too wide must not carry the password into a ticket.
                let fits = is_reference(named) && !reply.text.expose().contains(named);
                Outcome::Accepted { reference: if fits { named.to_owned() } else { String::new() } }
            }
            None => reply.unclear(),
        }
    }
}

fn pattern(key: &'static str, text: &str) -> Result<Regex, Fault> {
    let read = RegexBuilder::new(text).size_limit(PATTERN_MAX).build();
    read.map_err(|error| {
        // The lines before the last draw where the mistake is.
        let error = error.to_string();
        let why = error.lines().last().unwrap_or_default().trim_start_matches("error: ").to_owned();
        (key, format!("is no regular expression: {why}"))
    })
}

/// A service that is described by templates.
pub struct HttpGateway {
    base: Base,
    compiled: Compiled,
    method: Method,
    auth: Option<BasicAuth>,
    password: Secret,
    idempotent: bool,
}

impl HttpGateway {
    /// A gateway that has not been tried yet. With a `username` it signs in by name and password; else
    /// `password` is a value for templates only.
    ///
    /// # Errors
    /// [`SetupError`] says which setting is wrong.
    pub fn new(setup: &GatewaySetup, templates: &Templates) -> Result<Self, SetupError> {
        if let Some((key, why)) = faults(templates).into_iter().next() {
            return Err(SetupError::Template { key, why });
        }
        let compiled = Compiled::read(templates).map_err(|(key, why)| SetupError::Template { key, why })?;
        let (username, password) = (setup.username.clone(), setup.password.clone());
        Ok(Self {
            base: Base::new(setup)?,
            compiled,
            method: templates.method,
            auth: (!username.is_empty()).then(|| BasicAuth { username, password: password.clone() }),
            password,
            idempotent: templates.idempotent,
        })
    }

    fn fill(&self, to: &PhoneNumber, text: &SmsText, key: &str) -> Result<Filled, Fault> {
        let to = to.e164();
        self.compiled.fill(&Values {
            to,
            to_digits: to.trim_start_matches('+'),
            text: text.expose(),
            sender: &self.base.sender,
            key,
            password: self.password.expose(),
        })
    }
}

#[async_trait]
impl SmsGateway for HttpGateway {
    fn name(&self) -> &str {
        &self.base.name
    }

    fn traits(&self) -> GatewayTraits {
        GatewayTraits { receipts: false, honours_keys: self.idempotent, can_be_asked: false }
    }

    async fn send(&self, to: &PhoneNumber, text: &SmsText, key: &str) -> Outcome {
        if !is_key(key) {
            return Outcome::Refused { cause: "the text's key cannot stand in a request".to_owned() };
        }
        let filled = match self.fill(to, text, key) {
            Ok(filled) => filled,
            Err((key, why)) => return Outcome::Refused { cause: format!("{key}: {why}") },
        };
        let headers: Vec<(&str, &str)> =
            filled.headers.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let answer = self.base.client.request(Request {
            method: self.method,
            url: &filled.url,
            auth: self.auth.as_ref().map_or(Auth::None, Auth::Basic),
            headers: &headers,
            body: Zeroizing::new(filled.body.as_bytes().to_vec()),
        });
        outcome(&self.base, SERVICE, answer.await, text, |reply| self.compiled.classify(reply))
    }

    fn asks_to_wait(&self) -> Option<Duration> {
        self.base.left_alone.rest()
    }

    async fn ask(&self, _reference: &str) -> Result<Receipt, String> {
        Err("this gateway tells nothing of a text that it took".to_owned())
    }

    /// Reads where texts go to, without a text, a number, or a sign-in: whatever it answers but a fault of its
    /// own (RFC 9110 15.6) shows that it is there.
    async fn probe(&self) -> Result<String, String> {
        let sample = check::sample();
        let filled = self.compiled.fill(&sample).map_err(|(key, why)| format!("{key}: {why}"))?;
        let origin = filled.url.origin();
        let page = filled.url.as_str().split('?').next().unwrap_or_default();
        // The front page, where the number is in the path.
        let page = if page.contains(sample.to_digits) { &origin } else { page };
        let url = ServiceUrl::parse(page).map_err(|error| error.to_string())?;
        let (method, auth, body) = (Method::Get, Auth::None, Zeroizing::default());
        let request = Request { method, url: &url, auth, headers: &[], body };
        match self.base.client.request(request).await {
            Ok(answer) if answer.status >= 500 => Err(format!("{origin} answers {}", answer.status)),
            Ok(_) => Ok(format!("{origin} answers; whether it takes texts shows with the first one")),
            Err(error) => Err(format!("{origin}: {error}")),
        }
    }
}

#[cfg(test)]
mod tests;
