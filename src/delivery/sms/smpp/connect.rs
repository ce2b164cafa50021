//! From a host name to a bound connection: TCP, TLS, bind.

use std::time::Duration;

use rustls::pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, ReadHalf, WriteHalf};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use zeroize::Zeroizing;

use super::SmppSetup;
use super::pdu::{self, Pdu};
use super::status::{self, Until};
use crate::tls::client_config;

/// How long each step may take.
const STEP: Duration = Duration::from_secs(10);
/// What the other end has not acknowledged by then is not sent any more, and not after the connection was closed either:
/// else a text could leave long after the next gateway got it. The kernel would try for minutes (tcp(7),
/// `TCP_USER_TIMEOUT`).
const UNACKNOWLEDGED: Duration = Duration::from_secs(30);

/// TCP, or TLS over TCP.
pub(super) trait Transport: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Transport for T {}

/// Why there is no connection. Nothing was sent but, perhaps, username and password.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct NotBound {
    /// In words fit for a log.
    pub why: String,
    /// What must happen before another try can succeed.
    pub until: Until,
}

/// What is said by one side of a bound connection.
pub(super) struct Hearing {
    from: ReadHalf<Box<dyn Transport>>,
    /// What has come of operations that are not whole yet.
    come: Zeroizing<Vec<u8>>,
}

/// The other side.
pub(super) struct Saying {
    to: WriteHalf<Box<dyn Transport>>,
}

/// Connects and binds. Every step is bounded.
pub(super) async fn bound(setup: &SmppSetup) -> Result<(Hearing, Saying), NotBound> {
    let failed = |why: String| NotBound { why: format!("{} {why}", setup.host), until: Until::Later };
    let stream = reached(setup).await.map_err(failed)?;
    let (mut hearing, mut saying) = sides(stream);
    let body = pdu::bind_transceiver(&setup.username, setup.password.expose(), &setup.system_type);
    let bind = Pdu { command: pdu::BIND_TRANSCEIVER, status: 0, sequence: 1, body };
    saying.say(&bind).await.map_err(failed)?;
    let answered = timeout(STEP, answer_to_bind(&mut hearing)).await;
    let status = answered.unwrap_or_else(|_| Err("does not answer the bind".to_owned())).map_err(failed)?;
    if status == status::OK {
        return Ok((hearing, saying));
    }
    let (why, until) = status::bind_refused(status);
    Err(NotBound { until, ..failed(why) })
}

/// The two sides of a connection.
pub(super) fn sides(stream: Box<dyn Transport>) -> (Hearing, Saying) {
    let (from, to) = tokio::io::split(stream);
    // It never grows: growing would leave the beginnings of words behind that nobody wipes.
    (Hearing { from, come: Zeroizing::new(Vec::with_capacity(pdu::LENGTH_MAX)) }, Saying { to })
}

/// The status of the bind. What else is said before counts for nothing: a receipt that is not answered comes again.
async fn answer_to_bind(hearing: &mut Hearing) -> Result<u32, String> {
    loop {
        let heard = hearing.next().await?;
        if matches!(heard.command, pdu::BIND_TRANSCEIVER_RESP | pdu::GENERIC_NACK) && heard.sequence == 1 {
            return Ok(heard.status);
        }
    }
}

async fn reached(setup: &SmppSetup) -> Result<Box<dyn Transport>, String> {
    let connecting = timeout(STEP, TcpStream::connect((setup.host.as_str(), setup.port))).await;
    let stream = connecting
        .map_err(|_| "does not answer".to_owned())?
        .map_err(|error| format!("is not reached: {error}"))?;
    bounded(&stream).map_err(|error| format!("is not reached: {error}"))?;
    if setup.tls { under_tls(setup, stream).await } else { Ok(Box::new(stream)) }
}

fn bounded(stream: &TcpStream) -> std::io::Result<()> {
    stream.set_nodelay(true)?;
    let millis = u32::try_from(UNACKNOWLEDGED.as_millis()).unwrap_or(u32::MAX);
    Ok(rustix::net::sockopt::set_tcp_user_timeout(stream, millis)?)
}

async fn under_tls(setup: &SmppSetup, stream: TcpStream) -> Result<Box<dyn Transport>, String> {
    // Read for each connection: a renewed CA is followed.
    let config = client_config(setup.ca_file.as_deref()).map_err(|error| error.to_string())?;
    let name = ServerName::try_from(setup.host.clone())
        .map_err(|_| "is no name that a certificate can hold".to_owned())?;
    let shaken = timeout(STEP, TlsConnector::from(config).connect(name, stream)).await;
    let stream = shaken
        .map_err(|_| "does not end the TLS handshake".to_owned())?
        .map_err(|error| format!("fails at TLS: {error}"))?;
    Ok(Box::new(stream))
}

impl Hearing {
    /// The next operation. A wait that is given up loses nothing of it.
    ///
    /// # Errors
    /// In words, why there will be none.
    pub async fn next(&mut self) -> Result<Pdu, String> {
        loop {
            if let Some((pdu, length)) = Pdu::first_of(&self.come)? {
                self.come.drain(..length);
                return Ok(pdu);
            }
            match self.from.read_buf(&mut *self.come).await {
                Ok(0) => return Err("has closed the connection".to_owned()),
                Ok(_) => {}
                Err(error) => return Err(format!("is lost: {error}")),
            }
        }
    }
}

impl Saying {
    /// Hands an operation to the network.
    ///
    /// # Errors
    /// In words, why it did not go whole; a part of it may have.
    pub async fn say(&mut self, pdu: &Pdu) -> Result<(), String> {
        let octets = pdu.octets();
        let written = timeout(STEP, async {
            self.to.write_all(&octets).await?;
            self.to.flush().await
        });
        match written.await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(error)) => Err(format!("is lost: {error}")),
            Err(_) => Err("takes nothing any more".to_owned()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_kernel_gives_up_before_the_next_gateway_gets_a_text() {
        let centre = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let stream = TcpStream::connect(centre.local_addr().unwrap()).await.unwrap();
        bounded(&stream).unwrap();
        let millis = rustix::net::sockopt::tcp_user_timeout(&stream).unwrap();
        let wait = crate::ticket::texting::UNCLEAR_WAIT;
        assert!(millis > 0 && Duration::from_millis(millis.into()) < wait, "{millis} ms");
    }
}
