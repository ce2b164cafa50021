//! Calls to Graph: a token is shown, a read is repeated where that may help, a change never is.
//!
//! Throttling (<https://learn.microsoft.com/graph/throttling>): an answer 429, 503 or 504 says with
//! `Retry-After` how long to wait; some resources leave it out, and then the pauses grow by themselves.

use std::sync::Arc;
use std::time::Duration;

use rand::RngExt;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use tokio::time::{Instant, sleep, timeout_at};
use zeroize::Zeroizing;

use super::failure::{GraphError, Refusal};
use crate::http::{Answer, Bearer, HttpClient, HttpError, HttpSetupError, ServiceUrl, Timeouts, Verb};
use crate::token::{AccessToken, TokenSource};

/// A page of 999 people has some 1.5 MB (octets).
const ANSWER_MAX: usize = 16 * 1024 * 1024;
/// Connections that are kept for reading.
const IDLE: usize = 8;
/// A read is tried so often, at most.
const TRIES: u32 = 5;
/// The first pause where Graph names none; each further one is twice as long.
const FIRST_PAUSE: Duration = Duration::from_millis(300);
/// No pause that Graph did not ask for is longer.
const LONGEST_PAUSE: Duration = Duration::from_secs(8);
/// More pages than a tenant of 500 000 people has at 100 a page.
pub(super) const PAGES_MAX: usize = 5000;
/// Demanded for queries that go to the search index
/// (<https://learn.microsoft.com/graph/aad-advanced-queries>).
const EVENTUAL: (&str, &str) = ("ConsistencyLevel", "eventual");
/// Times in mailbox settings shall come in UTC.
const IN_UTC: (&str, &str) = ("Prefer", "outlook.timezone=\"UTC\"");

/// When the whole of a look must have ended.
#[derive(Clone, Copy, Debug)]
pub struct Until(Instant);

impl Until {
    /// So long from now.
    #[must_use]
    pub fn within(time: Duration) -> Self {
        Self(Instant::now() + time)
    }

    /// The time that is left.
    #[must_use]
    pub fn left(self) -> Duration {
        self.0.saturating_duration_since(Instant::now())
    }

    /// A part of the time that is left, for what others shall not wait for.
    pub(super) fn half(self) -> Self {
        Self::within(self.left() / 2)
    }
}

/// The way to Graph; cheap to clone.
#[derive(Clone)]
pub struct GraphClient(Arc<Inner>);

struct Inner {
    base: ServiceUrl,
    reads: HttpClient,
    writes: HttpClient,
    tokens: TokenSource,
}

/// How a read is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mode {
    /// Of the directory itself.
    Plain,
    /// Of the search index, which follows the directory after a while.
    Advanced,
    /// Of a mailbox.
    Mailbox,
}

impl Mode {
    fn headers(self) -> &'static [(&'static str, &'static str)] {
        match self {
            Self::Plain => &[],
            Self::Advanced => &[EVENTUAL],
            Self::Mailbox => &[IN_UTC],
        }
    }
}

/// One page of a list.
#[derive(Deserialize)]
struct Page<T> {
    value: Vec<T>,
    #[serde(rename = "@odata.nextLink")]
    next: Option<String>,
    #[serde(rename = "@odata.count")]
    count: Option<usize>,
}

impl GraphClient {
    /// A client that has not been tried yet; no call lasts longer than `patience`.
    ///
    /// # Errors
    /// The HTTP client cannot be made.
    pub fn new(base: ServiceUrl, tokens: TokenSource, patience: Duration) -> Result<Self, HttpSetupError> {
        let timeouts = Timeouts { connect: Duration::from_secs(5).min(patience), total: patience };
        let reads = HttpClient::for_reading(timeouts, ANSWER_MAX, IDLE)?;
        let writes = HttpClient::new(timeouts, ANSWER_MAX)?;
        Ok(Self(Arc::new(Inner { base, reads, writes, tokens })))
    }

    /// The address of a resource; each segment is encoded.
    pub(super) fn at(&self, segments: &[&str]) -> ServiceUrl {
        self.0.base.below(segments)
    }

    /// A token, for what stands in it.
    ///
    /// # Errors
    /// There is none.
    pub async fn token(&self, until: Until) -> Result<AccessToken, GraphError> {
        timeout_at(until.0, self.0.tokens.token())
            .await
            .map_err(|_| GraphError::TimeOver)?
            .map_err(Into::into)
    }

    /// Reads one object.
    ///
    /// # Errors
    /// [`GraphError`]; nothing may be concluded, unless Graph says that there is none.
    pub(super) async fn get<T: DeserializeOwned>(
        &self,
        url: &ServiceUrl,
        mode: Mode,
        until: Until,
    ) -> Result<T, GraphError> {
        let answer = self.read(url, mode, until).await?;
        // The parser's words may quote the answer.
        serde_json::from_slice(&answer.body)
            .map_err(|_| GraphError::Half("an answer is not the documented one".to_owned()))
    }

    /// Reads one object, or none when there is none.
    ///
    /// # Errors
    /// As for [`GraphClient::get`].
    pub(super) async fn find<T: DeserializeOwned>(
        &self,
        url: &ServiceUrl,
        mode: Mode,
        until: Until,
    ) -> Result<Option<T>, GraphError> {
        match self.get(url, mode, until).await {
            Ok(found) => Ok(Some(found)),
            Err(error) if error.is_not_found() => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Reads a list to its end.
    ///
    /// # Errors
    /// As for [`GraphClient::get`].
    pub(super) async fn list<T: DeserializeOwned>(
        &self,
        url: &ServiceUrl,
        mode: Mode,
        until: Until,
    ) -> Result<Vec<T>, GraphError> {
        let mut all = Vec::new();
        let mut next = Some(url.clone());
        for _ in 0..PAGES_MAX {
            let Some(url) = next else { return Ok(all) };
            let (page, rest, _) = self.page(&url, mode, until).await?;
            all.extend(page);
            next = rest;
        }
        Err(GraphError::Half("a list has no end".to_owned()))
    }

    /// Reads one page of a list; with where the next one is, and how many there are in all if it says so.
    ///
    /// # Errors
    /// As for [`GraphClient::get`].
    pub(super) async fn page<T: DeserializeOwned>(
        &self,
        url: &ServiceUrl,
        mode: Mode,
        until: Until,
    ) -> Result<(Vec<T>, Option<ServiceUrl>, Option<usize>), GraphError> {
        let page: Page<T> = self.get(url, mode, until).await?;
        let next = match page.next {
            None => None,
            Some(next) => {
                let next = self.0.base.rest_at(&next).filter(|next| next != url);
                let next =
                    next.ok_or_else(|| GraphError::Half("a list goes on at another service".to_owned()))?;
                Some(next)
            }
        };
        Ok((page.value, next, page.count))
    }

    async fn read(&self, url: &ServiceUrl, mode: Mode, until: Until) -> Result<Answer, GraphError> {
        let mut token = self.token(until).await?;
        let mut renewed = false;
        let mut tries = 0;
        loop {
            tries += 1;
            // One that hangs shall leave time for another.
            let within = until.left() * 2 / 3;
            let headers = mode.headers();
            let bearer = Bearer { token: token.expose(), headers, within };
            let error = match self.0.reads.get_with_token(url, &bearer).await {
                Ok(answer) if answer.status == 200 => return Ok(answer),
                Ok(answer) if answer.status == 401 && !renewed => {
                    renewed = true;
                    token = self.renewed(&token, until).await?;
                    continue;
                }
                Ok(answer) => GraphError::Refused(Refusal::of(&answer)),
                Err(error) => GraphError::Http(error),
            };
            let Some(wish) = may_be_repeated(&error).filter(|_| tries < TRIES) else { return Err(error) };
            let pause = wish.unwrap_or_else(|| pause(tries, rand::rng().random_range(0.5..1.0)));
            if pause >= until.left() {
                return Err(if until.left().is_zero() { GraphError::TimeOver } else { error });
            }
            sleep(pause).await;
        }
    }

    /// Changes or makes an object, once. Only a token that is refused is renewed: such a call changed nothing.
    ///
    /// # Errors
    /// There is no token, or no answer; an answer of any status is one.
    pub async fn change(
        &self,
        verb: Verb,
        segments: &[&str],
        body: &Zeroizing<Vec<u8>>,
        until: Until,
    ) -> Result<Answer, GraphError> {
        let url = self.at(segments);
        let mut token = self.token(until).await?;
        for renewed in [false, true] {
            let bearer = Bearer { token: token.expose(), headers: &[], within: until.left() };
            let answer = self.0.writes.change_with_token(verb, &url, &bearer, body.clone()).await?;
            if answer.status != 401 || renewed {
                return Ok(answer);
            }
            token = self.renewed(&token, until).await?;
        }
        Err(GraphError::TimeOver)
    }

    async fn renewed(&self, refused: &AccessToken, until: Until) -> Result<AccessToken, GraphError> {
        let renewing = self.0.tokens.instead_of(refused);
        timeout_at(until.0, renewing).await.map_err(|_| GraphError::TimeOver)?.map_err(Into::into)
    }
}

/// May a read that ended so be repeated, and after which pause if Graph named one?
fn may_be_repeated(error: &GraphError) -> Option<Option<Duration>> {
    match error {
        GraphError::Refused(refusal) => {
            matches!(refusal.status, 429 | 502 | 503 | 504).then_some(refusal.retry_after)
        }
        GraphError::Http(HttpError::NotSent { .. } | HttpError::Unanswered { .. }) => Some(None),
        GraphError::Token(_) | GraphError::TimeOver | GraphError::Half(_) => None,
    }
}

/// The pause after try number `tries`; `share` from 0 to 1 keeps many from coming back together.
fn pause(tries: u32, share: f64) -> Duration {
    (FIRST_PAUSE * 2_u32.saturating_pow(tries)).min(LONGEST_PAUSE).mul_f64(share)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_and_have_a_bound() {
        assert_eq!(pause(1, 0.5), FIRST_PAUSE);
        assert!(pause(2, 0.5) > pause(1, 0.5));
        assert_eq!(pause(31, 1.0), LONGEST_PAUSE);
    }

    #[test]
    fn only_what_may_pass_is_repeated() {
        let refused = |status| {
            GraphError::Refused(Refusal {
                status,
                code: String::new(),
                request_id: String::new(),
                retry_after: Some(FIRST_PAUSE),
            })
        };
        for status in [429, 502, 503, 504] {
            assert_eq!(may_be_repeated(&refused(status)), Some(Some(FIRST_PAUSE)), "{status}");
        }
        for status in [301, 400, 401, 403, 404, 500] {
            assert_eq!(may_be_repeated(&refused(status)), None, "{status}");
        }
        assert_eq!(may_be_repeated(&GraphError::Half(String::new())), None);
    }
}
