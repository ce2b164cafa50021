//! What an answer over HTTP says of a text. `Refused` and `NotSent` only when no text can have left;
//! what is not documented is `Uncertain`.

use std::time::Duration;

use serde::de::DeserializeOwned;
use zeroize::Zeroizing;

use super::setup::Base;
use crate::delivery::SmsText;
use crate::http::{Answer, HttpError};
use crate::secret::Secret;
use crate::types::Outcome;

/// No more of a refusal's words is shown (characters).
const REASON_MAX: usize = 160;

/// A gateway's answer to a text.
pub(super) struct Reply<'a> {
    /// Whose, as people call it.
    pub service: &'static str,
    /// The status code.
    pub status: u16,
    /// The body. May repeat the number and the text.
    pub body: &'a [u8],
    /// How long it asks to be left alone.
    pub retry_after: Option<Duration>,
    /// The text that was handed over.
    pub text: &'a SmsText,
    /// The gateway's own secrets, which an answer may repeat.
    pub secrets: &'a [Secret],
}

/// What became of a text: `classify` reads an answer, everything else is known without one. How long a
/// service asks to be left alone is kept.
pub(super) fn outcome(
    base: &Base,
    service: &'static str,
    answer: Result<Answer, HttpError>,
    text: &SmsText,
    classify: impl Fn(&Reply<'_>) -> Outcome,
) -> Outcome {
    match answer {
        Ok(Answer { status, retry_after, body, .. }) => {
            base.left_alone.asked(retry_after);
            classify(&Reply { service, status, body: &body, retry_after, text, secrets: &base.secrets })
        }
        Err(error @ HttpError::NotSent { .. }) => Outcome::NotSent { cause: format!("{service}: {error}") },
        Err(error @ HttpError::Unanswered { .. }) => {
            Outcome::Uncertain { cause: format!("{service}: {error}") }
        }
    }
}

impl Reply<'_> {
    /// What a status other than 2xx means (RFC 9110 15). A redirect is documented by none and not
    /// followed: the address is wrong, or somebody stands between.
    pub fn by_status(&self) -> Outcome {
        let (service, status) = (self.service, self.status);
        match status {
            300..=399 => Outcome::Refused {
                cause: format!("{service} answers {status} and leads elsewhere: check base_url"),
            },
            408 | 425 | 429 => self.not_now(),
            401 | 403 => {
                Outcome::Refused { cause: format!("{}{}", no_entry(service, status), self.reason()) }
            }
            400..=499 => self.refused(""),
            _ => Outcome::Uncertain { cause: format!("{service} answers {status}") },
        }
    }

    /// It asks to wait, so it has not taken the text.
    pub fn not_now(&self) -> Outcome {
        let (service, status) = (self.service, self.status);
        let wait = self.retry_after.map(|wait| format!(" {} s", wait.as_secs())).unwrap_or_default();
        Outcome::NotSent { cause: format!("{service} answers {status} and asks to wait{wait}") }
    }

    /// It has refused the text; `code` is the service's name for why.
    pub fn refused(&self, code: &str) -> Outcome {
        let (service, status) = (self.service, self.status);
        Outcome::Refused { cause: format!("{service} answers {status}{code}{}", self.reason()) }
    }

    /// It says by itself that no text will arrive.
    pub fn failed(&self) -> Outcome {
        Outcome::Refused { cause: format!("{} says that the text failed", self.service) }
    }

    /// A success of another form than the documented one: the text may have left.
    pub fn unclear(&self) -> Outcome {
        Outcome::Uncertain { cause: format!("{}: the answer is not the documented one", self.service) }
    }

    /// The body as documented.
    pub fn json<T: DeserializeOwned>(&self) -> Option<T> {
        serde_json::from_slice(self.body).ok()
    }

    /// The words of a refusal. An answer may repeat the number, the text, or the address for receipts, so
    /// only words of letters pass that are in no address, and neither in the text nor in a secret.
    fn reason(&self) -> String {
        let mut body = Zeroizing::new(String::from_utf8_lossy(self.body).into_owned());
        // In JSON the letter of a line's end would hide that the next word is one of the text.
        for escape in ["\\n", "\\r", "\\t", "\\b", "\\f"] {
            body = Zeroizing::new(body.replace(escape, " "));
        }
        let lower = |text: &str| Zeroizing::new(text.to_lowercase());
        let secrets = self.secrets.iter().map(|secret| lower(secret.expose()));
        let hidden: Vec<_> = secrets.chain([lower(self.text.expose())]).collect();
        let is_hidden = |word: &str| hidden.iter().any(|text| text.contains(&word.to_lowercase()));
        let pieces = body.split(|c: char| c.is_whitespace() || "\"'<>".contains(c));
        let words = pieces.filter(|piece| !is_address(piece)).flat_map(|piece| {
            piece
                .split(|c: char| !c.is_alphanumeric())
                .filter(|word| word.chars().all(|c| c.is_ascii_alphabetic()) && !is_hidden(word))
        });
        let mut reason = String::new();
        for word in words.filter(|word| !word.is_empty()) {
            if reason.len() + word.len() > REASON_MAX {
                break;
            }
            reason.push_str(if reason.is_empty() { ": " } else { " " });
            reason.push_str(word);
        }
        reason
    }
}

/// Does an address begin in it, as it is, in JSON, or in a form?
fn is_address(piece: &str) -> bool {
    let piece = piece.to_ascii_lowercase();
    ["://", ":\\/\\/", "%3a%2f%2f"].iter().any(|mark| piece.contains(mark))
}

/// What a gateway tells when it is asked.
///
/// # Errors
/// In words, why that cannot be used. They hold nothing of the answer.
pub(super) fn told<T: DeserializeOwned>(
    service: &str,
    answer: Result<Answer, HttpError>,
) -> Result<T, String> {
    let answer = answer.map_err(|error| format!("{service}: {error}"))?;
    match answer.status {
        200..=299 => serde_json::from_slice(&answer.body)
            // The parser's words may quote the answer.
            .map_err(|_| format!("{service}: the answer is not the documented one")),
        401 | 403 => Err(no_entry(service, answer.status)),
        status => Err(format!("{service} answers {status}")),
    }
}

/// It knows us not, or not for this.
pub(super) fn no_entry(service: &str, status: u16) -> String {
    format!("{service} answers {status}: check username, password, and what the account may do")
}

/// `value` in JSON, wiped when it has left.
pub(super) fn json_octets(value: &serde_json::Value) -> Zeroizing<Vec<u8>> {
    // Room for all at once: a growing vector would leave copies behind.
    let mut octets = Zeroizing::new(Vec::with_capacity(8 * 1024));
    // It fails only for maps whose keys are no texts.
    let _ = serde_json::to_writer(&mut *octets, value);
    octets
}

/// For the tables of recorded answers.
#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// What `classify` makes of an answer: `code: words`.
    pub fn read(classify: impl Fn(&Reply<'_>) -> Outcome, status: u16, body: &str) -> String {
        let text = SmsText::new(Zeroizing::new("Tillfälligt lösenord: Kd7p-mWxq-9TrQ".to_owned()));
        let wait = (status == 429).then_some(Duration::from_secs(30));
        let (service, body, retry_after) = ("gw", body.as_bytes(), wait);
        let reply = Reply { service, status, body, retry_after, text: &text, secrets: &[] };
        let outcome = classify(&reply);
        assert!(!outcome.detail().contains("Kd7p"), "{outcome:?}");
        format!("{}: {}", outcome.code(), outcome.detail())
    }

    /// What every gateway says of statuses other than success, whatever the body.
    pub fn assert_common_statuses(classify: impl Fn(&Reply<'_>) -> Outcome + Copy) {
        for (status, expected) in [
            (401, "refused: gw answers 401: check username, password, and what the account may do"),
            (403, "refused: gw answers 403: check username, password, and what the account may do"),
            (404, "refused: gw answers 404"),
            (408, "not-sent: gw answers 408 and asks to wait"),
            (429, "not-sent: gw answers 429 and asks to wait 30 s"),
            (500, "uncertain: gw answers 500"),
            (502, "uncertain: gw answers 502"),
            (503, "uncertain: gw answers 503"),
            (504, "uncertain: gw answers 504"),
        ] {
            assert_eq!(read(classify, status, ""), expected);
        }
        for body in ["", "OK", "{}", "[]", "<html>Logga in på hotellets nät</html>", "{\"id\":"] {
            let said = read(classify, 200, body);
            assert_eq!(said, "uncertain: gw: the answer is not the documented one", "{body}");
        }
    }

    /// Of a service whose documentation knows no redirect.
    pub fn assert_redirects_are_refusals(classify: impl Fn(&Reply<'_>) -> Outcome + Copy) {
        for status in [301, 303, 307] {
            let expected = format!("refused: gw answers {status} and leads elsewhere: check base_url");
            assert_eq!(read(classify, status, ""), expected);
        }
    }

    /// The address that a gateway was given for receipts holds a secret.
    #[test]
    fn the_words_of_a_refusal_repeat_no_address() {
        let shown = |body: &str| read(|reply: &Reply<'_>| reply.by_status(), 400, body);
        for body in [
            "bad whendelivered https://desk.example/callbacks/sms/gw/geheim?key=n now",
            "bad whendelivered: 'https://hem:lighet@desk.example/geheim' now",
            r#"{"bad":"whendelivered","url":"https:\/\/desk.example\/geheim","when":"now"}"#,
            "bad whendelivered https%3A%2F%2Fdesk.example%2Fgeheim now",
        ] {
            let said = shown(body);
            assert!(said.starts_with("refused: gw answers 400: bad whendelivered"), "{said}");
            assert!(said.ends_with("now"), "{said}");
            for secret in ["geheim", "hem", "lighet", "desk"] {
                assert!(!said.contains(secret), "{said}");
            }
        }
    }

    #[test]
    fn the_words_of_a_refusal_repeat_neither_number_nor_text() {
        let shown = |body: &str| read(|reply: &Reply<'_>| reply.by_status(), 400, body);
        assert_eq!(shown("Invalid \"to\" number +46701740605"), "refused: gw answers 400: Invalid to number");
        assert_eq!(
            shown("{\"error\":\"bad\",\"message\":\"lösenord: Kd7p-mWxq-9TrQ\"}"),
            "refused: gw answers 400: error bad message"
        );
        assert_eq!(shown("message=Kd7p%2DmWxq%2D9TrQ refused"), "refused: gw answers 400: message refused");
        assert_eq!(shown(r#"{"message":"Kd7p\nmWxq\tTrQ"}"#), "refused: gw answers 400: message");
        assert!(shown(&"word ".repeat(200)).len() <= REASON_MAX + 30);
    }
}
