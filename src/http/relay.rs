//! Requests that a protocol's own library has made, sent by our client under its limits.

use bytes::Bytes;
use zeroize::Zeroizing;

use super::{Answer, HttpClient, HttpError, ServiceUrl};

/// A request as a library has made it.
pub struct Relayed {
    /// Is it a POST? Else it is a GET.
    pub post: bool,
    /// Where to.
    pub url: ServiceUrl,
    /// Its headers.
    pub headers: Vec<(String, String)>,
    /// Its body; wiped once it has left.
    pub body: Zeroizing<Vec<u8>>,
}

impl HttpClient {
    /// The request as it is.
    ///
    /// # Errors
    /// As for [`HttpClient::get`].
    pub async fn relay(&self, made: Relayed) -> Result<Answer, HttpError> {
        let url = made.url.0;
        let request = if made.post { self.client.post(url) } else { self.client.get(url) };
        let headers = made.headers.into_iter();
        let request = headers.fold(request, |request, (name, value)| request.header(name, value));
        self.send(request.body(Bytes::from_owner(made.body))).await
    }
}
