//! From what goes wrong on a connection to a [`MailboxError`]. async-imap's parse errors quote the
//! whole buffer, which may be somebody's mail: such a text is replaced, never passed on.

use std::io;
use std::time::Duration;

use async_imap::error::Error;
use zeroize::Zeroizing;

use crate::mailbox::MailboxError;
use crate::token::AccessToken;

/// The longest piece of a server's answer that an error shows (characters).
const QUOTE_MAX: usize = 200;

/// Response codes (RFC 5530 3) that make a refused sign-in a matter of time, not of credentials.
const FOR_NOW: [&str; 4] = ["UNAVAILABLE", "INUSE", "LIMIT", "SERVERBUG"];

/// A server's words for an error text: one line, short.
pub(super) fn quote(words: &str) -> String {
    words.chars().map(|c| if c.is_control() { ' ' } else { c }).take(QUOTE_MAX).collect()
}

/// A read or write that failed while `command` was under way.
pub(super) fn broken(command: &'static str, silence: Duration, error: &io::Error) -> MailboxError {
    let cause = match error.kind() {
        // Ours, from the wire; the system's own time-out carries a number.
        io::ErrorKind::TimedOut if error.raw_os_error().is_none() => {
            return MailboxError::TimedOut { command, seconds: silence.as_secs() };
        }
        // async-imap's parse errors are of this kind.
        io::ErrorKind::Other => "an answer could not be understood".to_owned(),
        io::ErrorKind::UnexpectedEof => "the server closed the connection".to_owned(),
        _ => quote(&error.to_string()),
    };
    MailboxError::Lost { command, cause }
}

/// The end of the stream while `command` was under way.
pub(super) fn closed(command: &'static str) -> MailboxError {
    MailboxError::Lost { command, cause: "the server closed the connection".to_owned() }
}

/// Whether a refusal with these words says nothing about what was asked for.
pub(super) fn is_for_now(words: &str) -> bool {
    FOR_NOW.iter().any(|code| has_code(words, code))
}

/// Whether a server's words begin with the response code `code` (RFC 3501 7.1).
pub(super) fn has_code(words: &str, code: &str) -> bool {
    let said = words.strip_prefix('[').and_then(|rest| rest.split([']', ' ']).next());
    said.is_some_and(|said| said.eq_ignore_ascii_case(code))
}

/// Whether the command was refused with the response code `code`.
pub(super) fn refused_with(error: &MailboxError, code: &str) -> bool {
    matches!(error, MailboxError::Refused { cause, .. } if has_code(cause, code))
}

/// A sign-in under way.
pub(super) struct Attempt {
    /// Its command.
    pub(super) command: &'static str,
    /// How long the server may stay silent.
    pub(super) silence: Duration,
    /// Every form in which the secret travels: none may come back in a text of the server.
    pub(super) forms: Vec<Zeroizing<String>>,
}

impl Attempt {
    /// It failed.
    pub(super) fn failed(&self, error: Error) -> MailboxError {
        let command = self.command;
        match error {
            Error::No(text) => {
                let cause = self.without_secret(&text);
                if is_for_now(&cause) {
                    MailboxError::Refused { command, cause }
                } else {
                    MailboxError::SignIn { cause }
                }
            }
            Error::Bad(text) => MailboxError::Refused { command, cause: self.without_secret(&text) },
            Error::Io(error) => broken(command, self.silence, &error),
            Error::ConnectionLost => closed(command),
            Error::Validate(_) => MailboxError::SignIn {
                cause: "the username or the password holds a line break; correct the configuration"
                    .to_owned(),
            },
            _ => MailboxError::Lost { command, cause: "an answer could not be understood".to_owned() },
        }
    }

    /// The server's words, unless they repeat the secret.
    fn without_secret(&self, text: &str) -> String {
        // async-imap wraps the server's text as `code: …, info: Some("…")`.
        let words = text.split_once("info: Some(\"").and_then(|(_, rest)| rest.strip_suffix("\")"));
        let words = words.unwrap_or("no reason given");
        // The whole text is searched, and then cut: a cut secret would not be found.
        let said = |form: &str| !form.is_empty() && (text.contains(form) || words.contains(form));
        if self.forms.iter().any(|form| said(form)) {
            return "the reason is left out, because it repeats the secret".to_owned();
        }
        quote(words)
    }
}

/// What to do when a server refuses a good token, in the words of Entra and Exchange
/// (<https://learn.microsoft.com/exchange/client-developer/legacy-protocols/how-to-authenticate-an-imap-pop-smtp-application-by-using-oauth>).
pub(super) fn todo_by_token(token: &AccessToken, username: &str) -> String {
    const PERMISSION: &str = "IMAP.AccessAsApp";
    match token.roles() {
        None => {
            "check this client's right to the mailbox at the identity provider and at the server".to_owned()
        }
        Some(roles) if roles.iter().any(|role| role == PERMISSION) => format!(
            "the token holds {PERMISSION}, and is not let into the mailbox: in Exchange, New-ServicePrincipal \
             with the Object ID of the enterprise application (not of the app registration), then \
             Add-MailboxPermission -Identity {username} -AccessRights FullAccess"
        ),
        Some(_) => format!(
            "the token lacks {PERMISSION}: add it under API permissions (APIs my organization uses, Office \
             365 Exchange Online, Application permissions), and Grant admin consent"
        ),
    }
}

/// An opening that failed. Exchange lets an application sign in to a mailbox that it may not open, and
/// says so to what follows.
pub(super) fn of_opening(error: MailboxError) -> MailboxError {
    const NOT_CONNECTED: &str = "User is authenticated but not connected";
    match error {
        MailboxError::Refused { cause, .. } if cause.contains(NOT_CONNECTED) => MailboxError::SignIn {
            cause: format!(
                "{cause}; the sign-in is good, and not let into this mailbox: Add-MailboxPermission is \
                 missing, the mailbox has no licence, or IMAP is off for it (Set-CASMailbox -ImapEnabled)"
            ),
        },
        other => other,
    }
}

/// A command that could not be sent.
pub(super) fn unsent(command: &'static str, silence: Duration, error: Error) -> MailboxError {
    match error {
        Error::Io(error) => broken(command, silence, &error),
        _ => MailboxError::Lost { command, cause: "it could not be sent".to_owned() },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn attempt(forms: &[&str]) -> Attempt {
        let forms = forms.iter().map(|form| Zeroizing::new((*form).to_owned())).collect();
        Attempt { command: "AUTHENTICATE", silence: Duration::from_secs(1), forms }
    }

    #[test]
    fn a_parse_error_never_shows_what_was_read() {
        let error = io::Error::other("Error during parsing of \"Subject: lön 070-174 06 05\"");
        let shown = broken("FETCH", Duration::from_secs(1), &error).to_string();
        assert!(!shown.contains("070"), "{shown}");
    }

    #[test]
    fn a_server_that_repeats_the_password_is_not_quoted() {
        let token = data_encoding::BASE64.encode(b"\0desk\0hunter2");
        let cut = format!("{}hunter2", "x".repeat(QUOTE_MAX - 3));
        for words in ["bad password hunter2", &format!("what is {token}?"), &cut] {
            for refused in [Error::No, Error::Bad] {
                let refused = refused(format!("code: None, info: Some({words:?})"));
                let shown = attempt(&["hunter2", &token]).failed(refused).to_string();
                assert!(!shown.contains("hun") && !shown.contains(&token), "{shown}");
            }
        }
    }

    #[test]
    fn a_server_that_is_busy_does_not_mean_a_wrong_password() {
        let busy = Error::No("code: None, info: Some(\"[UNAVAILABLE] Try later\")".to_owned());
        let error = attempt(&["hunter2"]).failed(busy);
        assert!(matches!(error, MailboxError::Refused { .. }), "{error:?}");
    }
}
