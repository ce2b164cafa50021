//! From what goes wrong on a connection to a [`MailboxError`]. async-imap's parse errors quote the
//! whole buffer, which may be somebody's mail: such a text is replaced, never passed on.

use std::io;
use std::time::Duration;

use async_imap::error::Error;

use crate::mailbox::MailboxError;

/// The longest piece of a server's answer that an error shows (characters).
const QUOTE_MAX: usize = 200;

/// Response codes (RFC 5530 3) that make a refused sign-in a matter of time, not of credentials.
const FOR_NOW: [&str; 4] = ["[UNAVAILABLE]", "[INUSE]", "[LIMIT]", "[SERVERBUG]"];

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

/// A sign-in that failed. `password` must not come back in a text of the server.
pub(super) fn sign_in(silence: Duration, error: Error, password: &str) -> MailboxError {
    const COMMAND: &str = "LOGIN";
    match error {
        Error::No(text) => {
            let cause = without(password, &server_words(&text));
            if FOR_NOW.iter().any(|code| cause.contains(code)) {
                MailboxError::Refused { command: COMMAND, cause }
            } else {
                MailboxError::SignIn { cause }
            }
        }
        Error::Bad(text) => {
            MailboxError::Refused { command: COMMAND, cause: without(password, &server_words(&text)) }
        }
        Error::Io(error) => broken(COMMAND, silence, &error),
        Error::ConnectionLost => closed(COMMAND),
        Error::Validate(_) => MailboxError::SignIn {
            cause: "the username or the password holds a line break; correct the configuration".to_owned(),
        },
        _ => MailboxError::Lost { command: COMMAND, cause: "an answer could not be understood".to_owned() },
    }
}

/// A command that could not be sent.
pub(super) fn unsent(command: &'static str, silence: Duration, error: Error) -> MailboxError {
    match error {
        Error::Io(error) => broken(command, silence, &error),
        _ => MailboxError::Lost { command, cause: "it could not be sent".to_owned() },
    }
}

/// async-imap wraps the server's text as `code: …, info: Some("…")`.
fn server_words(text: &str) -> String {
    let words = text.split_once("info: Some(\"").and_then(|(_, rest)| rest.strip_suffix("\")"));
    quote(words.unwrap_or("no reason given"))
}

fn without(password: &str, words: &str) -> String {
    if !password.is_empty() && words.contains(password) {
        return "the reason is left out, because it repeats the password".to_owned();
    }
    words.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_parse_error_never_shows_what_was_read() {
        let error = io::Error::other("Error during parsing of \"Subject: lön 070-174 06 05\"");
        let shown = broken("FETCH", Duration::from_secs(1), &error).to_string();
        assert!(!shown.contains("070"), "{shown}");
    }

    #[test]
    fn a_server_that_repeats_the_password_is_not_quoted() {
        let refused = Error::No("code: None, info: Some(\"bad password hunter2\")".to_owned());
        let shown = sign_in(Duration::from_secs(1), refused, "hunter2").to_string();
        assert!(!shown.contains("hunter2"), "{shown}");
    }

    #[test]
    fn a_server_that_is_busy_does_not_mean_a_wrong_password() {
        let busy = Error::No("code: None, info: Some(\"[UNAVAILABLE] Try later\")".to_owned());
        let error = sign_in(Duration::from_secs(1), busy, "hunter2");
        assert!(matches!(error, MailboxError::Refused { .. }), "{error:?}");
    }
}
