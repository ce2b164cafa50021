//! From a host name to a signed-in connection: TCP, TLS, the server's greeting and the sign-in.
//!
//! The talk before sign-in is lines of plain text and is read here, before async-imap sees the
//! stream: it waits for ever where the greeting was not read, and has no STARTTLS.

use rustls::pki_types::ServerName;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;

use super::connection::Connection;
use super::failure::{broken, quote};
use super::sign_in::{Proof, connect_by_token, sign_in};
use super::wire::{Transport, Wire};
use super::{ImapSettings, Timeouts};
use crate::mailbox::MailboxError;
use crate::tls::{Tls, client_config};
use crate::token::SignIn;

/// Connects and signs in. Every step is bounded.
pub(super) async fn connect(settings: &ImapSettings, timeouts: Timeouts) -> Result<Connection, MailboxError> {
    match &settings.sign_in {
        SignIn::Password(password) => connect_with(settings, timeouts, &Proof::Password(password)).await,
        SignIn::Token(source) => connect_by_token(settings, timeouts, source).await,
    }
}

/// The same with what is to be shown to the server.
pub(super) async fn connect_with(
    settings: &ImapSettings,
    timeouts: Timeouts,
    proof: &Proof<'_>,
) -> Result<Connection, MailboxError> {
    let mut wire = greeted(settings, timeouts).await?;
    let offered = capabilities(&mut wire, timeouts).await?;
    let session = sign_in(settings, timeouts, proof, wire, &offered).await?;
    let mut connection = Connection::new(session, timeouts, settings.max_mail_size);
    connection.read_capabilities().await?;
    Ok(connection)
}

/// A wire on which the server has greeted, under TLS unless the settings say `none`.
async fn greeted(settings: &ImapSettings, timeouts: Timeouts) -> Result<Wire, MailboxError> {
    let tcp = tcp(settings, timeouts).await?;
    match settings.tls {
        Tls::Implicit => {
            let mut wire = Wire::new(tls(settings, timeouts, tcp).await?, timeouts.command);
            greeting(settings, timeouts, &mut wire).await?;
            Ok(wire)
        }
        Tls::None => {
            let mut wire = Wire::new(tcp, timeouts.command);
            greeting(settings, timeouts, &mut wire).await?;
            Ok(wire)
        }
        Tls::StartTls => {
            let mut wire = Wire::new(tcp, timeouts.command);
            greeting(settings, timeouts, &mut wire).await?;
            start_tls(settings, timeouts, wire).await
        }
    }
}

async fn tcp(settings: &ImapSettings, timeouts: Timeouts) -> Result<Box<dyn Transport>, MailboxError> {
    let connecting = TcpStream::connect((settings.host.as_str(), settings.port));
    let stream = timeout(timeouts.connect, connecting)
        .await
        .map_err(|_| cannot_connect(settings, "no answer in time"))?
        .map_err(|error| cannot_connect(settings, &error.to_string()))?;
    stream.set_nodelay(true).map_err(|error| cannot_connect(settings, &error.to_string()))?;
    Ok(Box::new(stream))
}

async fn tls(
    settings: &ImapSettings,
    timeouts: Timeouts,
    transport: Box<dyn Transport>,
) -> Result<Box<dyn Transport>, MailboxError> {
    let config = client_config(settings.ca_file.as_deref())
        .map_err(|error| cannot_connect(settings, &error.to_string()))?;
    let name = ServerName::try_from(settings.host.clone())
        .map_err(|_| cannot_connect(settings, "the host is no name that a certificate can hold"))?;
    let shaken = timeout(timeouts.connect, TlsConnector::from(config).connect(name, transport)).await;
    let stream = shaken
        .map_err(|_| cannot_connect(settings, "the TLS handshake did not end in time"))?
        .map_err(|error| cannot_connect(settings, &format!("TLS: {error}")))?;
    Ok(Box::new(stream))
}

async fn greeting(settings: &ImapSettings, timeouts: Timeouts, wire: &mut Wire) -> Result<(), MailboxError> {
    let line = wire.read_line().await.map_err(|error| broken("the greeting", timeouts.command, &error))?;
    if starts_with(&line, "* OK") {
        return Ok(());
    }
    // A PREAUTH greeting skips sign-in, and with it STARTTLS (RFC 8314 warns of it): not for us.
    Err(cannot_connect(settings, &format!("the server greets with: {}", quote(&line))))
}

/// STARTTLS (RFC 3501 6.2.1): demanded, never given up. An attacker in between who removes it
/// gets no password.
async fn start_tls(
    settings: &ImapSettings,
    timeouts: Timeouts,
    mut wire: Wire,
) -> Result<Wire, MailboxError> {
    if !capabilities(&mut wire, timeouts).await?.contains(&"STARTTLS".to_owned()) {
        return Err(cannot_connect(settings, "the server offers no STARTTLS; nothing secret was sent"));
    }
    lines(&mut wire, timeouts, "STARTTLS").await?;
    let secured = tls(settings, timeouts, wire.into_transport()).await?;
    Ok(Wire::new(secured, timeouts.command))
}

/// What the server offers now, in capitals. Asked again after STARTTLS: what was said in clear
/// does not count.
async fn capabilities(wire: &mut Wire, timeouts: Timeouts) -> Result<Vec<String>, MailboxError> {
    let answers = lines(wire, timeouts, "CAPABILITY").await?;
    let offered = answers.iter().filter(|line| starts_with(line, "* CAPABILITY "));
    Ok(offered.flat_map(|line| line.split(' ').skip(2)).map(str::to_ascii_uppercase).collect())
}

/// Gives a command without arguments before sign-in; the untagged lines up to the tagged OK.
async fn lines(
    wire: &mut Wire,
    timeouts: Timeouts,
    command: &'static str,
) -> Result<Vec<String>, MailboxError> {
    /// More untagged lines than this are no answer to such a command.
    const LINES_MAX: usize = 100;
    let failed = |error: std::io::Error| broken(command, timeouts.command, &error);
    wire.write_all(format!("T1 {command}\r\n").as_bytes()).await.map_err(failed)?;
    wire.flush().await.map_err(failed)?;
    let mut untagged = Vec::new();
    while untagged.len() < LINES_MAX {
        let line = wire.read_line().await.map_err(failed)?;
        if starts_with(&line, "T1 OK") {
            return Ok(untagged);
        }
        if let Some(words) = line.strip_prefix("T1 ") {
            return Err(MailboxError::Refused { command, cause: quote(words) });
        }
        untagged.push(line);
    }
    Err(MailboxError::Lost { command, cause: "the server's answer does not end".to_owned() })
}

fn starts_with(line: &str, prefix: &str) -> bool {
    line.get(..prefix.len()).is_some_and(|start| start.eq_ignore_ascii_case(prefix))
}

pub(super) fn cannot_connect(settings: &ImapSettings, cause: &str) -> MailboxError {
    MailboxError::Connect { place: format!("{}:{}", settings.host, settings.port), cause: cause.to_owned() }
}
