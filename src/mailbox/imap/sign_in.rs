//! Signing in: by password (PLAIN, LOGIN) or by token (XOAUTH2).

use async_imap::{Authenticator, Client, Session};
use data_encoding::BASE64;
use zeroize::Zeroizing;

use super::connect::connect_with;
use super::connection::Connection;
use super::failure::{Attempt, todo_by_token};
use super::wire::Wire;
use super::{ImapSettings, Timeouts};
use crate::mailbox::MailboxError;
use crate::secret::Secret;
use crate::token::{AccessToken, TokenError, TokenSource};

/// What is shown to the server.
pub(super) enum Proof<'a> {
    Password(&'a Secret),
    Token(&'a AccessToken),
}

/// Connects by a token of `source`. One from before may have been revoked, or lack a permission that
/// was given since: when it is refused, a new one is tried, once.
pub(super) async fn connect_by_token(
    settings: &ImapSettings,
    timeouts: Timeouts,
    source: &TokenSource,
) -> Result<Connection, MailboxError> {
    let token = source.token().await.map_err(no_token)?;
    let refused = match connect_with(settings, timeouts, &Proof::Token(&token)).await {
        Err(refused @ MailboxError::SignIn { .. }) => refused,
        done => return done,
    };
    if !token.was_kept() {
        return Err(refused);
    }
    let fresh = source.instead_of(&token).await.map_err(no_token)?;
    connect_with(settings, timeouts, &Proof::Token(&fresh)).await
}

fn no_token(error: TokenError) -> MailboxError {
    let cause = error.to_string();
    match error {
        TokenError::Refused { .. } => MailboxError::SignIn { cause },
        TokenError::Unavailable { .. } => MailboxError::NoToken { cause },
    }
}

/// Signs in on a wire whose server has greeted and offers what is `offered`.
pub(super) async fn sign_in(
    settings: &ImapSettings,
    timeouts: Timeouts,
    proof: &Proof<'_>,
    wire: Wire,
    offered: &[String],
) -> Result<Session<Wire>, MailboxError> {
    match proof {
        Proof::Password(password) => by_password(settings, timeouts, password.expose(), wire, offered).await,
        Proof::Token(token) => by_token(settings, timeouts, token, wire, offered).await,
    }
}

fn offers(offered: &[String], name: &str) -> bool {
    offered.iter().any(|capability| capability == name)
}

async fn by_password(
    settings: &ImapSettings,
    timeouts: Timeouts,
    password: &str,
    wire: Wire,
    offered: &[String],
) -> Result<Session<Wire>, MailboxError> {
    let username = &settings.username;
    let plain = Zeroizing::new(format!("\0{username}\0{password}"));
    let attempt = |command| {
        let quoted = password.replace('\\', "\\\\").replace('"', "\\\"");
        let forms = [password.to_owned(), quoted, BASE64.encode(plain.as_bytes())];
        Attempt { command, silence: timeouts.command, forms: forms.map(Zeroizing::new).to_vec() }
    };
    let client = Client::new(wire);
    // PLAIN carries any UTF-8 (RFC 4616); the quoted strings of LOGIN are ASCII (RFC 3501 4.3).
    if offers(offered, "AUTH=PLAIN") {
        let signed_in = client.authenticate("PLAIN", Once(Some(plain.clone()))).await;
        signed_in.map_err(|(error, _)| attempt("AUTHENTICATE").failed(error))
    } else if offers(offered, "LOGINDISABLED") {
        Err(MailboxError::SignIn { cause: "the server allows no password here".to_owned() })
    } else if username.is_ascii() && password.is_ascii() {
        let signed_in = client.login(username, password).await;
        signed_in.map_err(|(error, _)| attempt("LOGIN").failed(error))
    } else {
        let cause = "the server takes only ASCII in usernames and passwords".to_owned();
        Err(MailboxError::SignIn { cause })
    }
}

/// XOAUTH2 (<https://developers.google.com/gmail/imap/xoauth2-protocol>); Exchange takes the same.
async fn by_token(
    settings: &ImapSettings,
    timeouts: Timeouts,
    token: &AccessToken,
    wire: Wire,
    offered: &[String],
) -> Result<Session<Wire>, MailboxError> {
    if !offers(offered, "AUTH=XOAUTH2") {
        let cause = "the server offers no sign-in by token (XOAUTH2); nothing secret was sent".to_owned();
        return Err(MailboxError::Unfit { cause });
    }
    let (username, text) = (&settings.username, token.expose());
    if username.chars().any(char::is_control) {
        let cause = "the username holds a control character; correct the configuration".to_owned();
        return Err(MailboxError::SignIn { cause });
    }
    let proof = Zeroizing::new(format!("user={username}\x01auth=Bearer {text}\x01\x01"));
    let encoded = Zeroizing::new(BASE64.encode(proof.as_bytes()));
    let client = Client::new(wire);
    let signed_in = if offers(offered, "SASL-IR") {
        // RFC 4959: one round trip less. async-imap knows no initial response and sends this as it is.
        let command = Zeroizing::new(format!("XOAUTH2 {}", *encoded));
        client.authenticate(command.as_str(), Once(None)).await
    } else {
        client.authenticate("XOAUTH2", Once(Some(proof.clone()))).await
    };
    signed_in.map_err(|(error, _)| {
        let forms = vec![Zeroizing::new(text.to_owned()), encoded, proof];
        let attempt = Attempt { command: "AUTHENTICATE", silence: timeouts.command, forms };
        match attempt.failed(error) {
            MailboxError::SignIn { cause } => {
                let todo = todo_by_token(token, username);
                MailboxError::SignIn { cause: format!("{cause}; {todo}") }
            }
            other => other,
        }
    })
}

/// Answers the first challenge. A second one carries an error, and the answer to it is empty: so does
/// the first, when everything was said before.
struct Once(Option<Zeroizing<String>>);

impl Authenticator for Once {
    type Response = Zeroizing<String>;

    fn process(&mut self, _challenge: &[u8]) -> Self::Response {
        self.0.take().unwrap_or_default()
    }
}
