//! SMTP (RFC 5321) to the organisation's own server.
//!
//! The steps of a mail are taken one by one, not by lettre's transport: only so is it known whether a
//! lost connection was lost before the mail's last octet (surely not sent) or after it (nobody knows).
//!
//! The envelope's sender follows RFC 3834 3.3: an acknowledgement has the empty one, so nothing can
//! answer it. A server that demands a sign-in often refuses the empty one; there, and for questions and
//! notices, whose loss must come back to us, it is the desk's address. That makes no loop: the desk
//! answers no machine's mail.

use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use lettre::Address;
use lettre::transport::smtp::client::{AsyncSmtpConnection, Certificate, TlsParameters};
use lettre::transport::smtp::commands::{Data, Mail, Rcpt};
use lettre::transport::smtp::extension::ClientId;
use lettre::transport::smtp::response::{Response, Severity};
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::compose::{Desk, address, compose};
use super::failure::{Step, failed, late, quote};
use super::login::{Denied, Login};
use crate::delivery::{MailSender, OutgoingMail};
use crate::tls::{Tls, TlsError, client_config, is_loopback_address};
use crate::token::SignIn;
use crate::types::{EmailAddress, Outcome};

/// A connection that has rested longer is not used again: servers close them.
const REST_MAX: Duration = Duration::from_secs(20);
/// So many connections may rest.
const RESTING_MAX: usize = 4;
/// How long a server may take to say goodbye.
const GOODBYE: Duration = Duration::from_secs(2);

/// The SMTP server and how to get in.
#[derive(Clone, Debug)]
pub struct SmtpSettings {
    /// The server's name or address.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// How the connection is protected.
    pub tls: Tls,
    /// Trust anchors beside the system's, in PEM form.
    pub ca_file: Option<PathBuf>,
    /// Whom to sign in as; left out, there is no sign-in.
    pub username: Option<String>,
    /// With what.
    pub sign_in: Option<SignIn>,
    /// The desk's name, as readers see it.
    pub from_name: String,
    /// The desk's address.
    pub from: EmailAddress,
}

/// How long each kind of wait may last. Together they stay below the time that a mail has in all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timeouts {
    /// From the name look-up to the end of the sign-in.
    pub connect: Duration,
    /// From MAIL to the answer to DATA.
    pub offer: Duration,
    /// From the mail's first octet to the answer to its last.
    pub hand_over: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        let seconds = Duration::from_secs;
        Self { connect: seconds(8), offer: seconds(7), hand_over: seconds(14) }
    }
}

/// Why the settings cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SmtpError {
    /// Mails, and a password perhaps, would travel in the open.
    #[error("tls = \"none\" is for loopback addresses only; use \"implicit\" or \"starttls\"")]
    Unprotected,
    /// There is only a username, or only something to sign in with.
    #[error("username, and password or oauth, go together")]
    HalfLogin,
    /// The trust anchors are unusable.
    #[error(transparent)]
    Tls(#[from] TlsError),
}

/// Sends mails over SMTP; keeps connections for the next mails.
pub struct SmtpSender {
    settings: SmtpSettings,
    desk: Desk,
    login: Option<Login>,
    timeouts: Timeouts,
    resting: Mutex<Vec<(AsyncSmtpConnection, Instant)>>,
}

impl SmtpSender {
    /// A sender that has not been tried yet.
    ///
    /// # Errors
    /// [`SmtpError`] says which setting is wrong.
    pub fn new(settings: SmtpSettings) -> Result<Self, SmtpError> {
        if settings.tls == Tls::None && !is_loopback_address(&settings.host) {
            return Err(SmtpError::Unprotected);
        }
        let login = match (&settings.username, &settings.sign_in) {
            (Some(username), Some(sign_in)) => Some(Login::new(username.clone(), sign_in.clone())),
            (None, None) => None,
            (Some(_), None) | (None, Some(_)) => return Err(SmtpError::HalfLogin),
        };
        if settings.tls != Tls::None {
            // A CA file that cannot be used is told now, not with the first mail.
            client_config(settings.ca_file.as_deref())?;
        }
        let desk = Desk { name: settings.from_name.clone(), address: settings.from.clone() };
        let (timeouts, resting) = (Timeouts::default(), Mutex::default());
        Ok(Self { settings, desk, login, timeouts, resting })
    }

    /// The same sender with other time limits.
    #[must_use]
    pub fn with_timeouts(mut self, timeouts: Timeouts) -> Self {
        self.timeouts = timeouts;
        self
    }

    /// A rested connection that still answers, or a new one.
    async fn connection(&self) -> Result<AsyncSmtpConnection, Outcome> {
        let connecting = async {
            while let Some(mut rested) = self.wake() {
                if rested.test_connected().await {
                    return Ok(rested);
                }
            }
            self.connect().await
        };
        let connection = timeout(self.timeouts.connect, connecting).await;
        let not_sent = |cause: String| Outcome::NotSent { cause: format!("{}: {cause}", self.server()) };
        connection.map_err(|_| not_sent("no connection in time".to_owned()))?.map_err(not_sent)
    }

    /// A new connection, signed in where that is asked for.
    async fn connect(&self) -> Result<AsyncSmtpConnection, String> {
        let Some(login) = &self.login else { return self.reach().await };
        let signed_in = async {
            let mut proof = login.proof().await?;
            loop {
                let mut connection = self.reach().await.map_err(Denied::Failed)?;
                match login.show(&mut connection, &proof).await {
                    Ok(()) => return Ok(connection),
                    Err(Denied::Refused(words)) => match login.another(&proof).await? {
                        Some(another) => proof = another,
                        None => return Err(Denied::Refused(words)),
                    },
                    Err(denied) => return Err(denied),
                }
            }
        };
        signed_in.await.map_err(|denied: Denied| {
            if let Denied::Refused(words) = &denied {
                login.leave_alone(words);
            }
            denied.into_words()
        })
    }

    /// A new connection, protected as configured.
    async fn reach(&self) -> Result<AsyncSmtpConnection, String> {
        let settings = &self.settings;
        let (server, hello) = ((settings.host.as_str(), settings.port), ClientId::default());
        let words = |error: lettre::transport::smtp::Error| quote(&error.to_string());
        let mut connection = match settings.tls {
            Tls::Implicit => {
                let tls = Some(self.tls_parameters()?);
                AsyncSmtpConnection::connect_tokio1(server, None, &hello, tls, None).await.map_err(words)?
            }
            Tls::StartTls | Tls::None => {
                let stream = TcpStream::connect(server).await.map_err(|error| error.to_string())?;
                let peer = stream.peer_addr().map_err(|error| error.to_string())?;
                if settings.tls == Tls::None && !peer.ip().is_loopback() {
                    return Err("without TLS only this machine itself may be the server".to_owned());
                }
                let stream = Box::new(stream);
                AsyncSmtpConnection::connect_with_transport(stream, &hello).await.map_err(words)?
            }
        };
        if settings.tls == Tls::StartTls {
            connection.starttls(self.tls_parameters()?, &hello).await.map_err(words)?;
        }
        Ok(connection)
    }

    /// Read for each connection, so that a renewed CA is followed.
    fn tls_parameters(&self) -> Result<TlsParameters, String> {
        let mut builder = TlsParameters::builder(self.settings.host.clone());
        if let Some(path) = &self.settings.ca_file {
            let failed = |cause: String| format!("cannot use the CA file {}: {cause}", path.display());
            let pem = std::fs::read(path).map_err(|error| failed(error.to_string()))?;
            let anchors = Certificate::from_pem(&pem).map_err(|error| failed(error.to_string()))?;
            builder = builder.add_root_certificate(anchors);
        }
        builder.build_rustls().map_err(|error| error.to_string())
    }

    fn wake(&self) -> Option<AsyncSmtpConnection> {
        let mut resting = self.resting.lock().unwrap_or_else(PoisonError::into_inner);
        resting.retain(|(_, since)| since.elapsed() < REST_MAX);
        resting.pop().map(|(connection, _)| connection)
    }

    fn rest(&self, connection: AsyncSmtpConnection) {
        let mut resting = self.resting.lock().unwrap_or_else(PoisonError::into_inner);
        if resting.len() < RESTING_MAX {
            resting.push((connection, Instant::now()));
        }
    }

    fn reverse_path(&self, mail: &OutgoingMail) -> Result<Option<Address>, String> {
        if mail.heard_of || self.login.is_some() { address(&self.settings.from).map(Some) } else { Ok(None) }
    }

    fn server(&self) -> String {
        format!("the mail server {}:{}", self.settings.host, self.settings.port)
    }
}

/// MAIL, RCPT and DATA. The codes are read closely: a connection whose answers have got out of step
/// must not make a mail count as taken.
async fn offer(
    connection: &mut AsyncSmtpConnection,
    from: Option<Address>,
    to: Address,
) -> Result<(), Outcome> {
    let refused = |error| failed(Step::Offer, &error);
    let out_of_step = |answer: &Response| Outcome::NotSent {
        cause: format!("the answers are out of step ({})", answer.code()),
    };
    let positive = |answer: &Response| answer.code().severity == Severity::PositiveCompletion;
    let answer = connection.command(Mail::new(from, Vec::new())).await.map_err(refused)?;
    if !positive(&answer) {
        return Err(out_of_step(&answer));
    }
    let answer = connection.command(Rcpt::new(to, Vec::new())).await.map_err(refused)?;
    if !positive(&answer) {
        return Err(out_of_step(&answer));
    }
    let answer = connection.command(Data).await.map_err(refused)?;
    if answer.has_code(354) { Ok(()) } else { Err(out_of_step(&answer)) }
}

async fn hand_over(connection: &mut AsyncSmtpConnection, octets: &[u8]) -> Outcome {
    // lettre puts a line break before the last line's dot, whether there is one or not.
    match connection.message(octets.strip_suffix(b"\r\n").unwrap_or(octets)).await {
        Ok(answer) if answer.code().severity == Severity::PositiveCompletion => {
            Outcome::Accepted { reference: quote(answer.first_line().unwrap_or_default()) }
        }
        Ok(answer) => {
            Outcome::Uncertain { cause: format!("the answers are out of step ({})", answer.code()) }
        }
        Err(error) => failed(Step::HandOver, &error),
    }
}

#[async_trait]
impl MailSender for SmtpSender {
    async fn send(&self, mail: &OutgoingMail) -> Outcome {
        let written = compose(mail, &self.desk)
            .and_then(|octets| Ok((octets, self.reverse_path(mail)?, address(&mail.to)?)));
        let (octets, from, to) = match written {
            Ok(written) => written,
            Err(cause) => return Outcome::Refused { cause },
        };
        let mut connection = match self.connection().await {
            Ok(connection) => connection,
            Err(outcome) => return outcome,
        };
        let offered = timeout(self.timeouts.offer, offer(&mut connection, from, to)).await;
        let outcome = match offered.unwrap_or_else(|_| Err(late(Step::Offer))) {
            Ok(()) => timeout(self.timeouts.hand_over, hand_over(&mut connection, &octets))
                .await
                .unwrap_or_else(|_| late(Step::HandOver)),
            Err(outcome) => outcome,
        };
        match outcome {
            Outcome::Accepted { .. } => self.rest(connection),
            Outcome::Refused { .. } => {
                // RFC 5321 4.1.1.10 asks for it; its answer changes nothing.
                let _ = timeout(GOODBYE, connection.quit()).await;
            }
            Outcome::NotSent { .. } | Outcome::Uncertain { .. } => {}
        }
        outcome
    }

    async fn probe(&self) -> Result<String, String> {
        let connecting = timeout(self.timeouts.connect, self.connect()).await;
        let connection = connecting.map_err(|_| format!("{}: no connection in time", self.server()))?;
        let mut connection = connection.map_err(|cause| format!("{}: {cause}", self.server()))?;
        let _ = timeout(GOODBYE, connection.quit()).await;
        let how = if self.login.is_some() { "signed in to" } else { "connected to" };
        let tls = if connection.is_encrypted() { "with TLS" } else { "without TLS" };
        Ok(format!("{how} {} {tls}", self.server()))
    }
}
