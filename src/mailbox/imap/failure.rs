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
        io::ErrorKind::Other => NOT_UNDERSTOOD.to_owned(),
        io::ErrorKind::UnexpectedEof => "the server closed the connection".to_owned(),
        _ => quote(&error.to_string()),
    };
    MailboxError::Lost { command, cause }
}

/// The end of the stream while `command` was under way.
pub(super) fn closed(command: &'static str) -> MailboxError {
    MailboxError::Lost { command, cause: "the server closed the connection".to_owned() }
}

const NOT_UNDERSTOOD: &str = "an answer could not be understood";

/// An answer that cannot be parsed. It may be somebody's mail: it is never shown.
pub(super) fn not_understood(command: &'static str) -> MailboxError {
    MailboxError::Lost { command, cause: NOT_UNDERSTOOD.to_owned() }
}

/// A tagged NO or BAD.
pub(super) fn refused(command: &'static str, words: String) -> MailboxError {
    match asked_pause(&words) {
        Some(pause) => MailboxError::Busy { command, cause: words, pause },
        None => MailboxError::Refused { command, cause: words },
    }
}

/// How long a server that has had too much of us wants to be left alone. Exchange Online says `Request is
/// throttled. Suggested Backoff Time: 299910 milliseconds` and then closes; others say it by a code
/// of their own.
fn asked_pause(words: &str) -> Option<Duration> {
    const UNTOLD: Duration = Duration::from_secs(60);
    const LONGEST: Duration = Duration::from_secs(15 * 60);
    let words = words.to_ascii_lowercase();
    if let Some((_, time)) = words.split_once("backoff time: ") {
        let number = time.split(' ').next().and_then(|number| number.parse().ok());
        return Some(number.map_or(UNTOLD, Duration::from_millis).min(LONGEST));
    }
    let asks =
        ["request is throttled", "[throttled]", "backoff due to"].iter().any(|form| words.contains(form));
    asks.then_some(UNTOLD)
}

/// Whether a refusal with these words says nothing about what was asked for.
pub(super) fn is_for_now(words: &str) -> bool {
    FOR_NOW.iter().any(|code| words.contains(code))
}

/// A sign-in that failed. `password` must not come back in a text of the server.
pub(super) fn sign_in(silence: Duration, error: Error, username: &str, password: &str) -> MailboxError {
    const COMMAND: &str = "LOGIN";
    match error {
        Error::No(text) => {
            let cause = without(username, password, &text);
            if asked_pause(&cause).is_some() || is_for_now(&cause) {
                refused(COMMAND, cause)
            } else {
                MailboxError::SignIn { cause }
            }
        }
        Error::Bad(text) => refused(COMMAND, without(username, password, &text)),
        Error::Io(error) if repeats(username, password, &error.to_string()) => closed(COMMAND),
        Error::Io(error) => broken(COMMAND, silence, &error),
        Error::ConnectionLost => closed(COMMAND),
        Error::Validate(_) => MailboxError::SignIn {
            cause: "the username or the password holds a line break; correct the configuration".to_owned(),
        },
        _ => not_understood(COMMAND),
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
    // The whole text is searched, and then cut: a cut password would not be found.
    if repeats(username, password, text) || repeats(username, password, words) {
        return "the reason is left out, because it repeats the password".to_owned();
    }
    quote(words)
}

/// Does the text hold the password, be it in a form in which it was sent?
fn repeats(username: &str, password: &str, text: &str) -> bool {
    let quoted = password.replace('\\', "\\\\").replace('"', "\\\"");
    let plain = data_encoding::BASE64.encode(format!("\0{username}\0{password}").as_bytes());
    !password.is_empty() && [password, &quoted, &plain].iter().any(|form| text.contains(form))
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
    fn a_goodbye_that_repeats_the_password_is_not_quoted() {
        let goodbye = |words: &str| {
            let error = io::Error::new(io::ErrorKind::ConnectionAborted, words.to_owned());
            sign_in(Duration::from_secs(1), Error::Io(error), "desk", "hunter2").to_string()
        };
        assert!(goodbye("the server says goodbye: shutting down").contains("shutting down"));
        assert!(!goodbye("the server says goodbye: what is hunter2?").contains("hunter2"));
    }

    #[test]
    fn a_server_that_asks_for_a_pause_is_given_it() {
        for (words, seconds) in [
            ("Request is throttled. Suggested Backoff Time: 299910 milliseconds", Some(299)),
            ("Request is throttled. Suggested Backoff Time: 99999999999 milliseconds", Some(900)),
            ("Request is throttled. Suggested Backoff Time: soon", Some(60)),
            ("Backoff due to 11", Some(60)),
            ("[THROTTLED] slow down", Some(60)),
            ("[UNAVAILABLE] try later", None),
            ("Server Unavailable. 15", None),
        ] {
            assert_eq!(asked_pause(words).map(|pause| pause.as_secs()), seconds, "{words}");
        }
    }

    #[test]
    fn a_server_that_is_busy_does_not_mean_a_wrong_password() {
        let busy = Error::No("code: None, info: Some(\"[UNAVAILABLE] Try later\")".to_owned());
        let error = sign_in(Duration::from_secs(1), busy, "desk", "hunter2");
        assert!(matches!(error, MailboxError::Refused { .. }), "{error:?}");
    }
}
