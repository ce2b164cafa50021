//! What a browser meets whose person types an address without its scheme: `http://…`, in the clear, with nothing secret.

use reqwest::Url;
use reqwest::header::LOCATION;

use super::{HttpClient, HttpError, unanswered};

/// What answers at port 80.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum InTheClear {
    /// It leads there.
    LeadsTo(String),
    /// It answers with this status, and leads nowhere.
    Status(u16),
}

impl HttpClient {
    /// GET of `http://ADDRESS`. Nothing is followed; no body is read.
    ///
    /// # Errors
    /// [`HttpError`] when nothing answers there, or `address` is none.
    pub async fn in_the_clear(&self, address: &str) -> Result<InTheClear, HttpError> {
        let url = Url::parse(&format!("http://{address}"))
            .map_err(|_| HttpError::NotSent { cause: format!("{address} is no address") })?;
        let response = self.client.get(url).send().await.map_err(unanswered)?;
        let status = response.status();
        let leads = response.headers().get(LOCATION).and_then(|to| to.to_str().ok());
        Ok(match leads {
            Some(to) if status.is_redirection() => InTheClear::LeadsTo(to.to_owned()),
            Some(_) | None => InTheClear::Status(status.as_u16()),
        })
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    use super::*;
    use crate::http::Timeouts;

    async fn answered(with: &'static str) -> InTheClear {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("{}/it/desk", listener.local_addr().unwrap());
        let serving = tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut asked = vec![0; 2048];
            let length = stream.read(&mut asked).await.unwrap();
            stream.write_all(with.as_bytes()).await.unwrap();
            String::from_utf8(asked[..length].to_vec()).unwrap()
        });
        let client = HttpClient::new(Timeouts::default(), 100).unwrap();
        let answer = client.in_the_clear(&address).await.unwrap();
        assert!(serving.await.unwrap().starts_with("GET /it/desk HTTP/1.1\r\n"));
        answer
    }

    #[tokio::test]
    async fn what_answers_there_is_told_and_nothing_is_followed() {
        let moved = "HTTP/1.1 301 Moved\r\nlocation: https://kommun.example/\r\ncontent-length: 0\r\n\r\n";
        assert_eq!(answered(moved).await, InTheClear::LeadsTo("https://kommun.example/".to_owned()));
        assert_eq!(answered("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nhi").await, InTheClear::Status(200));
    }
}
