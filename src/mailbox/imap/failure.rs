//! From what goes wrong on a connection to a [`MailboxError`]. async-imap's parse errors quote the
//! whole buffer, which may be somebody's mail: such a text is replaced, never passed on.

use std::io;
use std::time::Duration;

use async_imap::error::Error;

use crate::mailbox::MailboxError;

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

/// A sign-in that failed. `password` must not come back in a text of the server.
pub(super) fn sign_in(silence: Duration, error: Error, username: &str, password: &str) -> MailboxError {
    const COMMAND: &str = "LOGIN";
    match error {
        Error::No(text) => {
            let cause = without(username, password, &text);
            if is_for_now(&cause) {
                MailboxError::Refused { command: COMMAND, cause }
            } else {
                MailboxError::SignIn { cause }
            }
        }
        Error::Bad(text) => {
            MailboxError::Refused { command: COMMAND, cause: without(username, password, &text) }
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

/// The server's words, unless they repeat the password, be it in a form in which it was sent.
fn without(username: &str, password: &str, text: &str) -> String {
    // async-imap wraps the server's text as `code: …, info: Some("…")`.
    let words = text.split_once("info: Some(\"").and_then(|(_, rest)| rest.strip_suffix("\")"));
    let words = words.unwrap_or("no reason given");
    let quoted = password.replace('\\', "\\\\").replace('"', "\\\"");
    let plain = data_encoding::BASE64.encode(format!("\0{username}\0{password}").as_bytes());
    // The whole text is searched, and then cut: a cut password would not be found.
    let said = |form: &str| text.contains(form) || words.contains(form);
    if !password.is_empty() && (said(password) || said(&quoted) || said(&plain)) {
        return "the reason is left out, because it repeats the password".to_owned();
    }
    quote(words)
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
        let token = data_encoding::BASE64.encode(b"\0desk\0hunter2");
        let cut = format!("{}hunter2", "x".repeat(QUOTE_MAX - 3));
        for words in ["bad password hunter2", &format!("what is {token}?"), &cut] {
            for refused in [Error::No, Error::Bad] {
                let refused = refused(format!("code: None, info: Some({words:?})"));
                let shown = sign_in(Duration::from_secs(1), refused, "desk", "hunter2").to_string();
                assert!(!shown.contains("hun") && !shown.contains(&token), "{shown}");
            }
        }
    }

    #[test]
    fn a_server_that_is_busy_does_not_mean_a_wrong_password() {
        let busy = Error::No("code: None, info: Some(\"[UNAVAILABLE] Try later\")".to_owned());
        let error = sign_in(Duration::from_secs(1), busy, "desk", "hunter2");
        assert!(matches!(error, MailboxError::Refused { .. }), "{error:?}");
    }
}
