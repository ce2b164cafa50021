//! What the token endpoint answers (RFC 6749 5), and what is to be done about it. Of its words only
//! codes of known form are repeated: the rest may hold what was sent.

use std::time::Duration;

use serde::Deserialize;

use super::TokenError;
use crate::http::Answer;
use crate::secret::Secret;

/// What a token without `expires_in` is believed to last.
const UNSAID_LIFE: Duration = Duration::from_secs(5 * 60);
/// A longer token is none (octets).
const TOKEN_MAX: usize = 16 * 1024;

/// A token, and how long it lasts.
#[derive(Debug)]
pub(super) struct Grant {
    pub(super) token: Secret,
    pub(super) life: Duration,
}

/// No token, and how long the endpoint asks not to be asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Failed {
    pub(super) error: TokenError,
    pub(super) retry_after: Option<Duration>,
}

impl From<TokenError> for Failed {
    fn from(error: TokenError) -> Self {
        Self { error, retry_after: None }
    }
}

/// RFC 6749 5.1. Some endpoints write the number as a text.
#[derive(Deserialize)]
struct Success {
    access_token: String,
    token_type: String,
    expires_in: Option<serde_json::Value>,
}

/// RFC 6749 5.2; the numbers are Entra ID's own.
#[derive(Deserialize)]
struct Failure {
    error: String,
    #[serde(default)]
    error_codes: Vec<u32>,
}

/// Reads the answer of the endpoint `place`.
pub(super) fn read(place: &str, answer: &Answer) -> Result<Grant, Failed> {
    let unavailable = |cause: String| Failed {
        error: TokenError::Unavailable { place: place.to_owned(), cause },
        retry_after: answer.retry_after,
    };
    let status = answer.status;
    match status {
        200 => grant(&answer.body).ok_or_else(|| {
            unavailable("its answer holds no token (RFC 6749 5.1); check token_url".to_owned())
        }),
        300..400 => Err(unavailable(format!("it leads elsewhere ({status}); check token_url"))),
        400..=403 => match serde_json::from_slice::<Failure>(&answer.body) {
            Ok(failure) => Err(failure.judged(place, answer)),
            Err(_) => Err(unavailable(format!(
                "it answers {status} without a reason (RFC 6749 5.2); check token_url"
            ))),
        },
        404 | 405 | 410 => Err(unavailable(format!("it answers {status}; check token_url"))),
        429 => Err(unavailable(format!("it asks to wait (429){}", wish(answer.retry_after)))),
        _ => Err(unavailable(format!("it answers {status}{}", wish(answer.retry_after)))),
    }
}

fn wish(retry_after: Option<Duration>) -> String {
    retry_after.map(|wait| format!(", to ask again in {} s", wait.as_secs())).unwrap_or_default()
}

fn grant(body: &[u8]) -> Option<Grant> {
    let success: Success = serde_json::from_slice(body).ok()?;
    let is_bearer = success.token_type.eq_ignore_ascii_case("Bearer");
    let life = match success.expires_in {
        None => UNSAID_LIFE,
        Some(serde_json::Value::String(text)) => Duration::from_secs(text.parse().ok()?),
        Some(number) => Duration::from_secs(number.as_u64()?),
    };
    let is_good = is_bearer && is_token(&success.access_token);
    is_good.then(|| Grant { token: Secret::new(success.access_token), life })
}

/// `b64token` of RFC 6750 2.1: nothing that ends a line or a field of the sign-in it is put into.
fn is_token(text: &str) -> bool {
    let body = text.trim_end_matches('=');
    let allowed = |octet: u8| octet.is_ascii_alphanumeric() || b"-._~+/".contains(&octet);
    !body.is_empty() && text.len() <= TOKEN_MAX && body.bytes().all(allowed)
}

impl Failure {
    fn judged(self, place: &str, answer: &Answer) -> Failed {
        let place = place.to_owned();
        // RFC 6749 4.1.2.1 defines these two for redirects; endpoints use them here, too.
        if ["temporarily_unavailable", "server_error"].contains(&self.error.as_str()) {
            let cause = format!("{} ({}){}", self.code(), answer.status, wish(answer.retry_after));
            let error = TokenError::Unavailable { place, cause };
            return Failed { error, retry_after: answer.retry_after };
        }
        TokenError::Refused { place, code: self.code(), todo: self.todo() }.into()
    }

    /// `invalid_client, AADSTS7000215`.
    fn code(&self) -> String {
        let is_code =
            self.error.len() <= 40 && self.error.bytes().all(|b| b.is_ascii_lowercase() || b == b'_');
        let own = self.error_codes.iter().map(|code| format!(", AADSTS{code}"));
        let error = if is_code { &self.error } else { "an unknown error" };
        std::iter::once(error.to_owned()).chain(own.take(3)).collect()
    }

    /// In the words of the Entra admin center, by Entra's number
    /// (<https://learn.microsoft.com/entra/identity-platform/reference-error-codes>) or the RFC's code.
    fn todo(&self) -> &'static str {
        self.error_codes.iter().find_map(|code| entra(*code)).unwrap_or(match self.error.as_str() {
            "invalid_client" => "the client or its secret or certificate is wrong or has expired: \
                compare client_id, client_secret and certificate with what the identity provider has",
            "unauthorized_client" => {
                "this client may not get tokens for itself (client credentials): allow it at the identity provider"
            }
            "invalid_scope" => "scope names nothing that this endpoint gives tokens for",
            "invalid_request" | "invalid_grant" | "unsupported_grant_type" => {
                "it does not take client credentials in this form (RFC 6749 4.4): check token_url and scope"
            }
            _ => "ask who runs it what the code means",
        })
    }
}

fn entra(code: u32) -> Option<&'static str> {
    Some(match code {
        7_000_215 => {
            "the client secret is wrong: under Certificates & secrets its Value is meant, not its Secret ID; \
             make a new one if the value is lost"
        }
        7_000_222 => "the client secret has expired: make a new one under Certificates & secrets",
        700_027 => {
            "the certificate is unknown or has expired: upload it (its public part) under Certificates & \
             secrets, Certificates; also check this machine's clock"
        }
        700_016 => {
            "no such application in this tenant: compare client_id with Application (client) ID, and the \
             tenant in token_url with Directory (tenant) ID, on the application's Overview"
        }
        90_002 | 900_023 => "no such tenant: put the Directory (tenant) ID from Overview into token_url",
        7_000_112 => {
            "the application is disabled: Enterprise applications, Properties, Enabled for users to sign-in"
        }
        53_003 => {
            "a Conditional Access policy blocks the application: allow it there for workload identities"
        }
        70_011 | 1_002_012 => "scope is wrong: for Exchange it is https://outlook.office365.com/.default",
        500_011 => {
            "the tenant has no service of this scope; for Exchange scope is https://outlook.office365.com/.default"
        }
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use zeroize::Zeroizing;

    use super::*;

    fn answered(status: u16, body: &str) -> Result<Grant, Failed> {
        asked_to_wait(status, body, None)
    }

    fn asked_to_wait(status: u16, body: &str, seconds: Option<u64>) -> Result<Grant, Failed> {
        let (retry_after, body) =
            (seconds.map(Duration::from_secs), Zeroizing::new(body.as_bytes().to_vec()));
        read(
            "https://id.kommun.example/token",
            &Answer { status, retry_after, request_id: None, date: None, body },
        )
    }

    fn refusal(body: &str) -> String {
        let error = answered(401, body).unwrap_err().error;
        assert!(matches!(error, TokenError::Refused { .. }), "{error}");
        error.to_string()
    }

    #[test]
    fn a_token_comes_with_its_life_however_that_is_written() {
        let life = |rest: &str| {
            let body = format!("{{\"access_token\":\"a.B-_~+/9==\",\"token_type\":\"bearer\"{rest}}}");
            let grant = answered(200, &body).unwrap();
            assert_eq!(grant.token.expose(), "a.B-_~+/9==");
            grant.life.as_secs()
        };
        assert_eq!(life(",\"expires_in\":3599,\"ext_expires_in\":3599"), 3599);
        assert_eq!(life(",\"expires_in\":\"3599\""), 3599);
        assert_eq!(life(""), 300);
        assert_eq!(life(",\"expires_in\":0"), 0);
    }

    #[test]
    fn what_is_no_token_is_not_used_as_one() {
        let good = "{\"access_token\":\"abc\",\"token_type\":\"Bearer\",\"expires_in\":60}";
        assert!(answered(200, good).is_ok());
        for (part, other) in [
            ("abc", ""),
            ("abc", "a\\u0001auth=x"),
            ("abc", "a\\r\\nA2 NOOP"),
            ("abc", "åäö"),
            ("Bearer", "mac"),
            ("60", "-1"),
            ("60", "\"soon\""),
            ("60", "1.5"),
        ] {
            let body = good.replace(part, other);
            assert!(answered(200, &body).unwrap_err().error.to_string().contains("no token"), "{body}");
        }
        for body in ["", "<html>proxy</html>", "{}", "null", &good.replace("abc", &"a".repeat(20_000))] {
            assert!(answered(200, body).unwrap_err().error.to_string().contains("check token_url"));
        }
    }

    #[test]
    fn each_failure_that_may_pass_says_what_it_is_and_blames_no_credentials() {
        for (status, body, words) in [
            (500, "", "answers 500"),
            (503, "{\"error\":\"invalid_client\"}", "answers 503"),
            (429, "", "asks to wait (429), to ask again in 17 s"),
            (302, "", "leads elsewhere (302)"),
            (404, "", "answers 404; check token_url"),
            (401, "<html>", "answers 401 without a reason"),
            (400, "{\"error\":\"temporarily_unavailable\",\"error_codes\":[90033]}", "AADSTS90033"),
        ] {
            let failed = asked_to_wait(status, body, Some(17)).unwrap_err();
            assert!(matches!(failed.error, TokenError::Unavailable { .. }), "{failed:?}");
            assert_eq!(failed.retry_after, Some(Duration::from_secs(17)));
            assert!(failed.error.to_string().contains(words), "{}", failed.error);
        }
    }

    #[test]
    fn a_refusal_says_what_to_do_in_the_portals_words() {
        let entra = |code: u32| refusal(&format!("{{\"error\":\"x_y\",\"error_codes\":[{code}]}}"));
        assert!(entra(7_000_215).contains("not its Secret ID"));
        assert!(entra(7_000_222).contains("has expired: make a new one under Certificates & secrets"));
        assert!(entra(700_027).contains("Certificates & secrets, Certificates"));
        assert!(entra(700_016).contains("Application (client) ID"));
        assert!(entra(90_002).contains("Directory (tenant) ID"));
        assert!(entra(1).contains("x_y, AADSTS1"));
        let plain = refusal("{\"error\":\"invalid_client\"}");
        assert!(plain.starts_with("https://id.kommun.example/token refuses a token (invalid_client): "));
        assert!(refusal("{\"error\":\"invalid_scope\"}").contains("scope"));
    }

    #[test]
    fn a_refusal_repeats_nothing_that_may_have_been_sent() {
        let body =
            "{\"error\":\"hemligt-4711\",\"error_description\":\"hemligt-4711\",\"error_uri\":\"4711\"}";
        let told = refusal(body);
        assert!(!told.contains("4711") && told.contains("an unknown error"), "{told}");
    }
}
