//! Signing in to the SMTP server, by password or by token, and not knocking again where it was refused.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use lettre::transport::smtp::Error;
use lettre::transport::smtp::authentication::{Credentials, Mechanism};
use lettre::transport::smtp::client::AsyncSmtpConnection;
use lettre::transport::smtp::commands::Auth;

use crate::token::{AccessToken, SignIn, TokenError};

/// After a refusal nothing is shown to the server for so long: hammering locks accounts.
const LEFT_ALONE: Duration = Duration::from_secs(5 * 60);

/// How to get in, and whether that was refused a while ago.
pub(super) struct Login {
    username: String,
    sign_in: SignIn,
    refused: Mutex<Option<(String, Instant)>>,
}

/// What is shown to the server.
pub(super) enum Proof {
    Password(Credentials),
    Token(AccessToken),
}

/// A sign-in that did not succeed, in words that repeat nothing secret.
pub(super) enum Denied {
    /// These credentials are refused.
    Refused(String),
    /// It did not come to that.
    Failed(String),
}

impl Denied {
    pub(super) fn into_words(self) -> String {
        match self {
            Self::Refused(words) | Self::Failed(words) => words,
        }
    }
}

impl Login {
    pub(super) fn new(username: String, sign_in: SignIn) -> Self {
        Self { username, sign_in, refused: Mutex::default() }
    }

    /// What to show on the next connection.
    ///
    /// # Errors
    /// There is nothing to show, or it was refused a while ago.
    pub(super) async fn proof(&self) -> Result<Proof, Denied> {
        if let Some((words, since)) = &*self.refused.lock().unwrap_or_else(PoisonError::into_inner)
            && let Some(left) = LEFT_ALONE.checked_sub(since.elapsed())
        {
            let left = left.as_secs();
            return Err(Denied::Failed(format!("{words}; the sign-in is tried again in {left} s")));
        }
        match &self.sign_in {
            SignIn::Password(password) => {
                Ok(Proof::Password(Credentials::new(self.username.clone(), password.expose().to_owned())))
            }
            SignIn::Token(source) => source.token().await.map(Proof::Token).map_err(no_token),
        }
    }

    /// What to show after `refused` was refused, once: a token may have been revoked.
    pub(super) async fn another(&self, refused: &Proof) -> Result<Option<Proof>, Denied> {
        match (&self.sign_in, refused) {
            (SignIn::Token(source), Proof::Token(token)) if token.was_kept() => {
                source.instead_of(token).await.map(|fresh| Some(Proof::Token(fresh))).map_err(no_token)
            }
            (SignIn::Token(_) | SignIn::Password(_), Proof::Token(_) | Proof::Password(_)) => Ok(None),
        }
    }

    /// Remembers a refusal.
    pub(super) fn leave_alone(&self, words: &str) {
        let mut refused = self.refused.lock().unwrap_or_else(PoisonError::into_inner);
        *refused = Some((words.to_owned(), Instant::now()));
    }

    /// AUTH (RFC 4954).
    pub(super) async fn show(
        &self,
        connection: &mut AsyncSmtpConnection,
        proof: &Proof,
    ) -> Result<(), Denied> {
        let answered = match proof {
            Proof::Password(credentials) => {
                let mechanisms = [Mechanism::Plain, Mechanism::Login];
                connection.auth(&mechanisms, credentials).await.map(|_| ())
            }
            Proof::Token(token) => by_token(connection, &self.username, token).await?,
        };
        answered.map_err(|error| self.denied(proof, &error))
    }

    /// The server's words may repeat what was shown.
    fn denied(&self, proof: &Proof, error: &Error) -> Denied {
        match error.status() {
            Some(code) if error.is_permanent() => {
                let todo = match proof {
                    Proof::Password(_) => "check username and password".to_owned(),
                    Proof::Token(token) => todo_by_token(token, &self.username),
                };
                Denied::Refused(format!("the sign-in is refused ({code}): {todo}"))
            }
            Some(code) => Denied::Failed(format!("the server puts the sign-in off ({code})")),
            None => Denied::Failed(
                "the sign-in failed: the server offers no way that is known, or broke off".to_owned(),
            ),
        }
    }
}

fn no_token(error: TokenError) -> Denied {
    let words = error.to_string();
    match error {
        TokenError::Refused { .. } => Denied::Refused(words),
        TokenError::Unavailable { .. } => Denied::Failed(words),
    }
}

/// XOAUTH2. lettre's own `auth` takes the server's reason for a challenge that it cannot answer; an
/// empty answer brings the refusal itself.
async fn by_token(
    connection: &mut AsyncSmtpConnection,
    username: &str,
    token: &AccessToken,
) -> Result<Result<(), Error>, Denied> {
    if !connection.server_info().supports_auth_mechanism(Mechanism::Xoauth2) {
        let words = "the server offers no sign-in by token (XOAUTH2); nothing secret was sent";
        return Err(Denied::Failed(words.to_owned()));
    }
    if username.chars().any(char::is_control) {
        return Err(Denied::Refused("smtp.username holds a control character; correct it".to_owned()));
    }
    let credentials = Credentials::new(username.to_owned(), token.expose().to_owned());
    let answered = async {
        let answer = connection.command(Auth::new(Mechanism::Xoauth2, credentials, None)?).await?;
        if answer.has_code(334) {
            connection.command("\r\n").await?;
        }
        Ok(())
    };
    Ok(answered.await)
}

/// What to do when a server refuses a good token, in the words of Entra and Exchange (the page named
/// in `mailbox/imap/failure.rs`).
fn todo_by_token(token: &AccessToken, username: &str) -> String {
    const PERMISSION: &str = "SMTP.SendAsApp";
    let permission = match token.roles() {
        None => {
            return "check this client's right to send at the identity provider and at the server".to_owned();
        }
        Some(roles) if roles.iter().any(|role| role == PERMISSION) => String::new(),
        Some(_) => format!(
            "the token lacks {PERMISSION}: add it under API permissions (Office 365 Exchange Online, \
             Application permissions) and Grant admin consent, or give the role in Exchange; "
        ),
    };
    format!(
        "{permission}in Exchange, New-ServicePrincipal with the Object ID of the enterprise application, \
         Add-RecipientPermission -Identity {username} -AccessRights SendAs, and Set-CASMailbox \
         -SmtpClientAuthenticationDisabled $false"
    )
}
