//! Sinch: texts as batches of one in JSON, receipts by callback and by asking
//! (<https://developers.sinch.com/docs/sms/api-reference/>, its SDKs' `sms` domain).
//!
//! A batch carries our key as `client_reference`, which receipts repeat; it makes no repeated request
//! harmless. Receipts of the SMS API are not signed by themselves: the secret in their path says where
//! they come from, and a sign-in that the account's manager puts in. Accounts whose callbacks are signed
//! (HMAC-SHA256 over `body.nonce.timestamp`) give the secret as `signature`; then only signed ones count.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use serde::Deserialize;
use serde_json::json;
use zeroize::Zeroizing;

use super::answer::{Reply, json_octets, outcome, told};
use super::receipt::{is_hmac_sha256, reading};
use super::setup::{Base, GatewaySetup, SetupError, account_fault, base_url};
use super::{is_key, is_reference};
use crate::clock::{Clock, rfc3339};
use crate::delivery::{GatewayTraits, Receipt, ReceiptReading, SmsGateway, SmsText};
use crate::http::{Answer, Auth, HttpError, Method, Request, ServiceUrl};
use crate::secret::Secret;
use crate::types::{CallbackRequest, Outcome, PhoneNumber};

/// As people call it.
const SERVICE: &str = "Sinch";

/// Sinch as a gateway.
pub struct SinchGateway {
    base: Base,
    /// The service plan's part of the API.
    api: ServiceUrl,
    token: Secret,
    signature: Option<Secret>,
    clock: Arc<dyn Clock>,
}

impl SinchGateway {
    /// A gateway that has not been tried yet. By `clock` a text's time ends.
    ///
    /// # Errors
    /// [`SetupError`] says which setting is wrong.
    pub fn new(setup: &GatewaySetup, clock: Arc<dyn Clock>) -> Result<Self, SetupError> {
        if let Some(fault) = account_fault(&setup.account) {
            return Err(SetupError::Value(fault));
        }
        Ok(Self {
            base: Base::new(setup)?,
            api: base_url(setup)?.below(&["xms", "v1", &setup.account]),
            token: setup.password.clone(),
            signature: setup.signature.clone(),
            clock,
        })
    }

    /// The batch of one text. It is not delivered any more when its time is over.
    fn batch(&self, to: &PhoneNumber, text: &SmsText, key: &str) -> serde_json::Value {
        let until = self.clock.now().plus(self.base.validity);
        let mut batch = json!({
            "to": [digits(to)],
            "from": self.base.sender,
            "type": "mt_text",
            "body": text.expose(),
            "client_reference": key,
            "expire_at": rfc3339(until),
            "delivery_report": "none",
        });
        if let Some(callback) = &self.base.callback {
            batch["delivery_report"] = json!("per_recipient_final");
            batch["callback_url"] = json!(callback.url().as_str());
        }
        batch
    }

    async fn request(
        &self,
        method: Method,
        url: &ServiceUrl,
        body: Zeroizing<Vec<u8>>,
    ) -> Result<Answer, HttpError> {
        let headers = [("accept", "application/json"), ("content-type", "application/json")];
        let auth = Auth::Bearer(&self.token);
        self.base.client.request(Request { method, url, auth, headers: &headers, body }).await
    }

    /// Do nonce, time and body carry the signature of the account?
    fn is_signed(secret: &Secret, request: &CallbackRequest<'_>) -> bool {
        let header = |name: &str| request.header(name).unwrap_or_default();
        let (nonce, time) =
            (header("x-sinch-webhook-signature-nonce"), header("x-sinch-webhook-signature-timestamp"));
        let signed = [request.body, b".", nonce.as_bytes(), b".", time.as_bytes()].concat();
        is_hmac_sha256(secret, &signed, header("x-sinch-webhook-signature"))
    }
}

#[async_trait]
impl SmsGateway for SinchGateway {
    fn name(&self) -> &str {
        &self.base.name
    }

    fn traits(&self) -> GatewayTraits {
        let receipts = self.base.callback.is_some();
        GatewayTraits { receipts, honours_keys: false, can_be_asked: true }
    }

    async fn send(&self, to: &PhoneNumber, text: &SmsText, key: &str) -> Outcome {
        if !is_key(key) {
            return Outcome::Refused { cause: "the text's key cannot stand in a request".to_owned() };
        }
        let body = json_octets(&self.batch(to, text, key));
        let answer = self.request(Method::Post, &self.api.below(&["batches"]), body).await;
        outcome(&self.base, SERVICE, answer, text, classify)
    }

    fn asks_to_wait(&self) -> Option<Duration> {
        self.base.left_alone.rest()
    }

    async fn ask(&self, reference: &str) -> Result<Receipt, String> {
        if !is_reference(reference) {
            return Err("Sinch gives no such names to texts".to_owned());
        }
        let url = self.api.below(&["batches", reference, "delivery_report"]).with_query("type", "summary");
        let report: Report = told(SERVICE, self.request(Method::Get, &url, Zeroizing::default()).await)?;
        match report.read() {
            Some((batch, receipt)) if batch == reference => Ok(receipt),
            Some(_) => Err("Sinch answers about another text".to_owned()),
            None => Err("Sinch answers with a report that is not documented".to_owned()),
        }
    }

    fn receipt(&self, secret: &str, request: &CallbackRequest<'_>) -> ReceiptReading {
        let Some(callback) = &self.base.callback else { return ReceiptReading::Foreign };
        let signed = self.signature.as_ref().is_none_or(|secret| Self::is_signed(secret, request));
        if !signed | !callback.admits(secret, request) {
            return ReceiptReading::Foreign;
        }
        let report = serde_json::from_slice::<Report>(request.body).ok();
        let report = report.filter(|_| request.method == "POST");
        let key = report.as_ref().and_then(|report| report.client_reference.clone());
        reading(key, report.and_then(|report| report.read()))
    }

    async fn probe(&self) -> Result<String, String> {
        #[derive(Deserialize)]
        struct Groups {
            #[serde(rename = "count")]
            _count: u64,
        }
        // A list that holds no texts, unlike that of batches.
        let url = self.api.below(&["groups"]).with_query("page_size", "1");
        let answer = self.request(Method::Get, &url, Zeroizing::default()).await;
        let _: Groups = told(SERVICE, answer)?;
        Ok("signed in; Sinch tells no balance".to_owned())
    }
}

/// International, without a plus.
fn digits(to: &PhoneNumber) -> &str {
    to.e164().trim_start_matches('+')
}

/// A batch as Sinch describes it.
#[derive(Deserialize)]
struct BatchAnswer {
    id: String,
    #[serde(default)]
    canceled: bool,
}

/// A report of a batch of one: of its recipient (by callback), or of all together (by asking).
#[derive(Deserialize)]
struct Report {
    #[serde(rename = "type")]
    kind: String,
    batch_id: String,
    #[serde(default)]
    client_reference: Option<String>,
    #[serde(default)]
    status: Option<String>,
    #[serde(default)]
    statuses: Vec<Counted>,
}

/// How many recipients of a batch have a status.
#[derive(Deserialize)]
struct Counted {
    status: String,
}

impl Report {
    /// The batch, and what became of its one text.
    fn read(&self) -> Option<(String, Receipt)> {
        let word = match (self.kind.as_str(), &self.status, self.statuses.as_slice()) {
            ("recipient_delivery_report_sms", Some(word), []) => word,
            ("delivery_report_sms", None, [counted]) => &counted.status,
            _ => return None,
        };
        let id = Some(&self.batch_id).filter(|id| is_reference(id))?;
        Some((id.clone(), status(word)?))
    }
}

/// What an answer to a text means.
fn classify(reply: &Reply<'_>) -> Outcome {
    if !(200..=299).contains(&reply.status) {
        return reply.by_status();
    }
    match reply.json::<BatchAnswer>() {
        Some(batch) if batch.canceled => reply.failed(),
        Some(batch) if is_reference(&batch.id) => Outcome::Accepted { reference: batch.id },
        Some(_) | None => reply.unclear(),
    }
}

/// The documented statuses; Sinch has written them in two ways. `Unknown`: an operator has the text,
/// and nothing more is known. `Expired`: it never reached an operator
/// (<https://developers.sinch.com/docs/sms/api-reference/sms/tag/Delivery-reports/>), so it is in no phone, unlike what
/// other services call so.
fn status(word: &str) -> Option<Receipt> {
    match word.to_ascii_lowercase().as_str() {
        "queued" | "dispatched" | "unknown" => Some(Receipt::Pending),
        "delivered" => Some(Receipt::Delivered),
        "aborted" | "cancelled" | "canceled" | "failed" | "expired" | "rejected" | "deleted" => {
            Some(Receipt::Failed)
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::super::answer::tests::{assert_common_statuses, assert_redirects_are_refusals, read};
    use super::super::setup::tests::setup;
    use super::*;
    use crate::types::UnixMillis;

    /// It always shows this.
    struct Stopped(UnixMillis);

    impl Clock for Stopped {
        fn now(&self) -> UnixMillis {
            self.0
        }

        fn moment(&self) -> std::time::Instant {
            std::time::Instant::now()
        }
    }

    #[test]
    fn a_text_ends_by_the_clock_of_the_desk() {
        let clock = Arc::new(Stopped(UnixMillis(1_795_511_645_000)));
        let gateway = SinchGateway::new(&setup("secret"), clock).unwrap();
        let (to, text) = (PhoneNumber::parse("070-174 06 05").unwrap(), SmsText::new(Zeroizing::default()));
        // Ten minutes later.
        assert_eq!(gateway.batch(&to, &text, "m1")["expire_at"], "2026-11-24T09:24:05Z");
    }

    #[test]
    fn answers_are_read_as_documented() {
        assert_common_statuses(classify);
        assert_redirects_are_refusals(classify);
        let unclear = "uncertain: gw: the answer is not the documented one";
        for (status, body, expected) in [
            (
                201,
                r#"{"id":"01FC66621ABCDE119Z8PMV1QPQ","to":["46701740605"],"canceled":false,"body":"Kd7p"}"#,
                "accepted: 01FC66621ABCDE119Z8PMV1QPQ",
            ),
            (201, r#"{"id":"3-mbA7z9wDKY76ag"}"#, "accepted: 3-mbA7z9wDKY76ag"),
            (201, r#"{"id":"01F","canceled":true}"#, "refused: gw says that the text failed"),
            (201, r#"{"id":"a/b"}"#, unclear),
            (201, r#"{"batch_id":"01F"}"#, unclear),
            (
                400,
                r#"{"code":"syntax_constraint_violation","text":"The value of [to] is invalid"}"#,
                "refused: gw answers 400: code syntax constraint violation text The value of to is invalid",
            ),
        ] {
            assert_eq!(read(classify, status, body), expected);
        }
    }

    #[test]
    fn a_report_is_of_one_text_and_of_a_documented_form() {
        let read = |text: &str| serde_json::from_str::<Report>(text).ok().and_then(|report| report.read());
        let told = |receipt| Some(("01F".to_owned(), receipt));
        for (text, expected) in [
            (
                r#"{"type":"recipient_delivery_report_sms","batch_id":"01F","status":"Delivered","code":0}"#,
                told(Receipt::Delivered),
            ),
            (
                r#"{"type":"recipient_delivery_report_sms","batch_id":"01F","status":"EXPIRED","code":406}"#,
                told(Receipt::Failed),
            ),
            (
                r#"{"type":"delivery_report_sms","batch_id":"01F","total_message_count":1,
                    "statuses":[{"code":400,"status":"Dispatched","count":1}]}"#,
                told(Receipt::Pending),
            ),
            (
                r#"{"type":"delivery_report_sms","batch_id":"01F",
                    "statuses":[{"status":"Delivered"},{"status":"Failed"}]}"#,
                None,
            ),
            (r#"{"type":"recipient_delivery_report_sms","batch_id":"01F","status":"Read"}"#, None),
            (r#"{"type":"recipient_delivery_report_sms","batch_id":"a/b","status":"Delivered"}"#, None),
            (r#"{"type":"recipient_delivery_report_mms","batch_id":"01F","status":"Delivered"}"#, None),
            (r#"{"type":"mo_text","id":"01F","body":"hej"}"#, None),
            ("[]", None),
        ] {
            assert_eq!(read(text), expected, "{text}");
        }
    }
}
