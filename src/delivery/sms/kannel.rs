//! Kannel: texts through the `sendsms` page of its smsbox, receipts by callback
//! (<https://www.kannel.org/download/1.4.5/userguide-1.4.5/userguide.html>, chapters 6 and 8).
//!
//! The text is the body of a POST, and who asks stands in `X-Kannel-…` headers: a query would be written
//! into logs. smsbox 1.4.5 takes no forms. It gives a text no name, so our key is its name; the address
//! for receipts carries it. Kannel fills `%d` in that address with what became of the text, and would
//! take other percent signs for codes of its own too: none may be in it. Receipts are not signed: the
//! secret in their path, and a sign-in in their address, say where they come from.

use std::time::Duration;

use async_trait::async_trait;
use zeroize::Zeroizing;

use super::answer::{Reply, no_entry, outcome};
use super::is_key;
use super::receipt::{form, key_in, only, reading};
use super::setup::{Base, Fault, GatewaySetup, SetupError, base_url};
use crate::delivery::gsm7;
use crate::delivery::{GatewayTraits, Receipt, ReceiptReading, SmsGateway, SmsText};
use crate::http::{Answer, Auth, HttpError, Method, Request, ServiceUrl};
use crate::secret::Secret;
use crate::types::{CallbackRequest, Outcome, PhoneNumber};

/// As people call it.
const SERVICE: &str = "Kannel";
/// Of the sign-in in the address for receipts (octets): its base64 is broken after 76 letters (RFC 2045 6.8).
const SIGN_IN_MAX: usize = 57;
/// Tell of delivery (1), of failure (2), and of the centre's refusal (16).
const DLR_MASK: &str = "19";

/// Kannel as a gateway.
pub struct KannelGateway {
    base: Base,
    /// The `sendsms` page.
    page: ServiceUrl,
    username: String,
    password: Secret,
}

impl KannelGateway {
    /// A gateway that has not been tried yet.
    ///
    /// # Errors
    /// [`SetupError`] says which setting is wrong.
    pub fn new(setup: &GatewaySetup) -> Result<Self, SetupError> {
        let base = Base::new(setup)?;
        let receipts = setup.callback.as_ref();
        let faults = receipts
            .map(|callback| receipt_faults(&setup.public_url, callback, setup.callback_auth.as_ref()));
        if let Some(fault) = faults.into_iter().flatten().next() {
            return Err(SetupError::Value(fault));
        }
        let (username, password) = (setup.username.clone(), setup.password.clone());
        Ok(Self { base, page: base_url(setup)?, username, password })
    }

    async fn post(&self, headers: &[(&str, &str)], body: Zeroizing<Vec<u8>>) -> Result<Answer, HttpError> {
        let signed_in =
            [("x-kannel-username", self.username.as_str()), ("x-kannel-password", self.password.expose())];
        let headers = &[&signed_in, headers].concat();
        let (method, url, auth) = (Method::Post, &self.page, Auth::None);
        self.base.client.request(Request { method, url, auth, headers, body }).await
    }
}

/// What Kannel would not write into the address for receipts, or not show again, as it is.
#[must_use]
pub fn receipt_faults(public_url: &str, callback: &Secret, auth: Option<&Secret>) -> Vec<Fault> {
    let plain = |text: &str| text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._~".contains(&b));
    let sign_in = auth.map_or("", |auth| auth.expose());
    let parts = [
        ("desk.public_url", !public_url.contains('%') && public_url.is_ascii()),
        ("callback", plain(callback.expose())),
        ("callback_auth", sign_in.split(':').all(plain)),
    ];
    let why = "Kannel takes only letters, digits and - . _ ~ in the address for receipts";
    let odd = parts.into_iter().filter(|(_, plain)| !plain).map(|(key, _)| Fault { key, why });
    let why =
        "expected at most 57 octets: Kannel breaks a longer sign-in into lines, and no receipt would come";
    let long = (sign_in.len() > SIGN_IN_MAX).then_some(Fault { key: "callback_auth", why });
    odd.chain(long).collect()
}

#[async_trait]
impl SmsGateway for KannelGateway {
    fn name(&self) -> &str {
        &self.base.name
    }

    fn traits(&self) -> GatewayTraits {
        let receipts = self.base.callback.is_some();
        GatewayTraits { receipts, honours_keys: false, can_be_asked: false }
    }

    async fn send(&self, to: &PhoneNumber, text: &SmsText, key: &str) -> Outcome {
        if !is_key(key) {
            return Outcome::Refused { cause: "the text's key cannot stand in an address".to_owned() };
        }
        // Else what the GSM alphabet lacks would arrive as question marks.
        let coding = if gsm7::length(text.expose()).is_ok() { "0" } else { "2" };
        let minutes = self.base.validity_in(60).to_string();
        let callback = self.base.callback.as_ref();
        let address = callback.map(|callback| format!("{}&type=%d", callback.url_with_sign_in(key).as_str()));
        let mut headers = vec![
            ("content-type", "text/plain; charset=UTF-8"),
            ("x-kannel-from", self.base.sender.as_str()),
            ("x-kannel-to", to.e164()),
            ("x-kannel-coding", coding),
            ("x-kannel-validity", minutes.as_str()),
        ];
        if let Some(address) = &address {
            headers.extend([("x-kannel-dlr-mask", DLR_MASK), ("x-kannel-dlr-url", address.as_str())]);
        }
        let body = Zeroizing::new(text.expose().as_bytes().to_vec());
        outcome(&self.base, SERVICE, self.post(&headers, body).await, text, |reply| {
            classify(reply, key, self.base.callback.is_some())
        })
    }

    fn asks_to_wait(&self) -> Option<Duration> {
        self.base.left_alone.rest()
    }

    async fn ask(&self, _reference: &str) -> Result<Receipt, String> {
        Err("Kannel cannot be asked what became of a text".to_owned())
    }

    fn receipt(&self, secret: &str, request: &CallbackRequest<'_>) -> ReceiptReading {
        match &self.base.callback {
            Some(callback) if callback.admits(secret, request) => {
                let key = key_in(request.query).filter(|_| request.method == "GET");
                let fields = form(request.query.as_bytes());
                let told = only(&fields, "type").and_then(status).zip(key.clone());
                reading(key, told.map(|(receipt, key)| (key, receipt)))
            }
            Some(_) | None => ReceiptReading::Foreign,
        }
    }

    /// A text without a receiver, which Kannel refuses after it has looked at who asks.
    async fn probe(&self) -> Result<String, String> {
        let headers = [("content-type", "text/plain; charset=UTF-8")];
        let answer = self.post(&headers, Zeroizing::new(b"-".to_vec())).await;
        let answer = answer.map_err(|error| format!("{SERVICE}: {error}"))?;
        let says = |words: &str| String::from_utf8_lossy(&answer.body).contains(words);
        match answer.status {
            400 if says("receiver") => Ok("signed in; Kannel tells no balance".to_owned()),
            401 | 403 => Err(no_entry(SERVICE, answer.status)),
            status => Err(format!("{SERVICE} answers {status}: check base_url, the address of sendsms")),
        }
    }
}

/// What an answer to a text means. The words are those of smsbox 1.4.5 and earlier; a `503` without
/// them comes from somebody in between. `3:` and `Sent.` (`immediate-sendsms-reply`) say that the text lies
/// in Kannel's own queue: when no receipt will tell what became of it there, nobody knows.
fn classify(reply: &Reply<'_>, key: &str, receipts: bool) -> Outcome {
    let body = String::from_utf8_lossy(reply.body);
    let body = body.trim();
    let queued = || ["3:", "Sent."].iter().any(|words| body.starts_with(words));
    match reply.status {
        200..=299 if body.starts_with("0:") || receipts && queued() => {
            Outcome::Accepted { reference: key.to_owned() }
        }
        200..=299 if queued() => Outcome::Uncertain {
            cause: format!("{SERVICE} keeps the text in its queue, and no receipt will tell more"),
        },
        200..=299 => reply.unclear(),
        503 if body.starts_with("Temporal failure") => reply.not_now(),
        403 if body.starts_with("Not routable") => reply.refused(""),
        _ => reply.by_status(),
    }
}

/// `%d`: 1 delivered, 2 not; 4 buffered, 8 and 16 what the centre says of taking it, and 32 between.
fn status(value: &str) -> Option<Receipt> {
    match value {
        "1" => Some(Receipt::Delivered),
        "2" | "16" => Some(Receipt::Failed),
        "4" | "8" | "32" => Some(Receipt::Pending),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::super::answer::tests::{assert_common_statuses, assert_redirects_are_refusals, read};
    use super::super::setup::tests::setup;
    use super::*;

    #[test]
    fn answers_are_read_as_documented() {
        let classify = |reply: &Reply<'_>| classify(reply, "n1", true);
        assert_common_statuses(classify);
        assert_redirects_are_refusals(classify);
        for (status, body, expected) in [
            (202, "0: Accepted for delivery", "accepted: n1"),
            (202, "3: Queued for later delivery", "accepted: n1"),
            (202, "Sent.", "accepted: n1"),
            (202, "4: Deferred", "uncertain: gw: the answer is not the documented one"),
            (
                400,
                "Missing receiver number, rejected",
                "refused: gw answers 400: Missing receiver number rejected",
            ),
            (
                403,
                "Authorization failed for sendsms",
                "refused: gw answers 403: check username, password, and what the account may do: Authorization failed for sendsms",
            ),
            (
                403,
                "Not routable. Do not try again.",
                "refused: gw answers 403: Not routable Do not try again",
            ),
            (503, "Temporal failure, try again later.", "not-sent: gw answers 503 and asks to wait"),
            (503, "<html>no backend</html>", "uncertain: gw answers 503"),
        ] {
            assert_eq!(read(classify, status, body), expected);
        }
    }

    #[test]
    fn no_percent_sign_of_ours_comes_near_those_of_kannel() {
        assert!(KannelGateway::new(&setup("pw")).is_ok());
        for secret in ["väg", "a/b", "100%d"] {
            let odd = GatewaySetup { callback: Some(Secret::new(secret.to_owned())), ..setup("pw") };
            let error = KannelGateway::new(&odd).err().map(|error| error.to_string()).unwrap_or_default();
            assert!(error.starts_with("callback: Kannel takes only"), "{secret}: {error}");
        }
    }
}
