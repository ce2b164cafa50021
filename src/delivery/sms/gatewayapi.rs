//! GatewayAPI: texts in JSON, receipts by callback and by asking
//! (<https://gatewayapi.com/docs/apis/rest/>, in full in github.com/onlinecity/gatewayapi-docs).
//!
//! A text carries our key as `userref`, which receipts repeat; it makes no repeated request harmless.
//! With `signature`, the authentication token of the webhook, receipts come with a JSON Web Token
//! (HS256) that holds them once more: then the token is what is read, and what is not signed does not
//! count. Without it the secret in their path says where they come from.

use std::time::Duration;

use async_trait::async_trait;
use serde::Deserialize;
use serde_json::json;
use zeroize::Zeroizing;

use super::answer::{Reply, json_octets, outcome, told};
use super::receipt::{reading, signed_claims};
use super::setup::{Base, GatewaySetup, SetupError, base_url};
use super::{SIGNED_IN, balance, is_key};
use crate::delivery::{Balance, GatewayTraits, Receipt, ReceiptReading, SmsGateway, SmsText};
use crate::http::{Answer, Auth, BasicAuth, HttpError, Method, Request, ServiceUrl};
use crate::secret::Secret;
use crate::types::{CallbackRequest, Outcome, PhoneNumber};

/// As people call it.
const SERVICE: &str = "GatewayAPI";

/// GatewayAPI as a gateway.
pub struct GatewayApiGateway {
    base: Base,
    api: ServiceUrl,
    /// The token as the name, no password.
    auth: BasicAuth,
    signature: Option<Secret>,
}

impl GatewayApiGateway {
    /// A gateway that has not been tried yet.
    ///
    /// # Errors
    /// [`SetupError`] says which setting is wrong.
    pub fn new(setup: &GatewaySetup) -> Result<Self, SetupError> {
        let auth =
            BasicAuth { username: setup.password.expose().to_owned(), password: Secret::new(String::new()) };
        let signature = setup.signature.clone();
        Ok(Self { base: Base::new(setup)?, api: base_url(setup)?, auth, signature })
    }

    fn message(&self, to: u64, text: &SmsText, key: &str) -> serde_json::Value {
        let mut message = json!({
            "sender": self.base.sender.trim_start_matches('+'),
            "message": text.expose(),
            "recipients": [{ "msisdn": to }],
            "userref": key,
            "validity_period": self.base.validity_in(1),
        });
        if let Some(callback) = &self.base.callback {
            message["callback_url"] = json!(callback.url().as_str());
        }
        message
    }

    async fn request(
        &self,
        method: Method,
        path: &[&str],
        body: Zeroizing<Vec<u8>>,
    ) -> Result<Answer, HttpError> {
        let headers = [("accept", "application/json"), ("content-type", "application/json")];
        let (url, auth) = (&self.api.below(path), Auth::Basic(&self.auth));
        self.base.client.request(Request { method, url, auth, headers: &headers, body }).await
    }

    async fn account(&self) -> Result<Balance, String> {
        let account: AccountAnswer =
            told(SERVICE, self.request(Method::Get, &["rest", "me"], Zeroizing::default()).await)?;
        let held = balance::decimal(&account.credit.to_string())
            .ok_or_else(|| "GatewayAPI: the answer is not the documented one".to_owned())?;
        Ok(Balance::of(held, &account.currency, self.base.balance_low))
    }
}

#[async_trait]
impl SmsGateway for GatewayApiGateway {
    fn name(&self) -> &str {
        &self.base.name
    }

    fn traits(&self) -> GatewayTraits {
        let receipts = self.base.callback.is_some();
        GatewayTraits { receipts, honours_keys: false, can_be_asked: true }
    }

    async fn send(&self, to: &PhoneNumber, text: &SmsText, key: &str) -> Outcome {
        let Some(number) = to.e164().trim_start_matches('+').parse().ok().filter(|_| is_key(key)) else {
            return Outcome::Refused { cause: "the text's key or number cannot be written".to_owned() };
        };
        let body = json_octets(&self.message(number, text, key));
        let answer = self.request(Method::Post, &["rest", "mtsms"], body).await;
        outcome(&self.base, SERVICE, answer, text, classify)
    }

    fn asks_to_wait(&self) -> Option<Duration> {
        self.base.left_alone.rest()
    }

    async fn ask(&self, reference: &str) -> Result<Receipt, String> {
        if reference.parse::<u64>().is_err() {
            return Err("GatewayAPI gives no such names to texts".to_owned());
        }
        let answer = self.request(Method::Get, &["rest", "mtsms", reference], Zeroizing::default()).await;
        let asked: Asked = told(SERVICE, answer)?;
        let sms = match asked {
            Asked::One(sms) => sms,
            Asked::List(list) => {
                let [sms] = list;
                sms
            }
        };
        if sms.id.to_string() != reference {
            return Err("GatewayAPI answers about another text".to_owned());
        }
        let [recipient] = sms.recipients;
        status(&recipient.dsnstatus)
            .ok_or_else(|| "GatewayAPI answers with a status that is not documented".to_owned())
    }

    fn receipt(&self, secret: &str, request: &CallbackRequest<'_>) -> ReceiptReading {
        if !self.base.callback.as_ref().is_some_and(|callback| callback.admits(secret, request)) {
            return ReceiptReading::Foreign;
        }
        let notice = match &self.signature {
            None => Zeroizing::new(request.body.to_vec()),
            Some(key) => {
                let token = request.header("x-gwapi-signature").unwrap_or_default();
                match signed_claims(key, token) {
                    Some(claims) => Zeroizing::new(claims),
                    None => return ReceiptReading::Foreign,
                }
            }
        };
        let notice = serde_json::from_slice::<Notice>(&notice).ok().filter(|_| request.method == "POST");
        let key = notice.as_ref().and_then(|notice| notice.userref.clone());
        reading(key, notice.and_then(|notice| Some((notice.id.to_string(), status(&notice.status)?))))
    }

    async fn balance(&self) -> Result<Option<Balance>, String> {
        self.account().await.map(Some)
    }

    async fn probe(&self) -> Result<String, String> {
        let answer = self.request(Method::Get, &["rest", "me"], Zeroizing::default()).await;
        let _: serde::de::IgnoredAny = told(SERVICE, answer)?;
        Ok(SIGNED_IN.to_owned())
    }

    async fn check(&self) -> Result<(String, Result<Option<Balance>, String>), String> {
        match self.balance().await {
            Ok(balance) => Ok((SIGNED_IN.to_owned(), Ok(balance))),
            // It may be the balance alone that cannot be read.
            Err(error) => Ok((self.probe().await?, Err(error))),
        }
    }
}

/// What was taken, as GatewayAPI describes it.
#[derive(Deserialize)]
struct TakenAnswer {
    ids: Vec<u64>,
}

/// An account as GatewayAPI describes it.
#[derive(Deserialize)]
struct AccountAnswer {
    credit: serde_json::Number,
    currency: String,
}

/// A text that was asked for: documented as an object, shown as a list of one.
#[derive(Deserialize)]
#[serde(untagged)]
enum Asked {
    One(SmsAnswer),
    List([SmsAnswer; 1]),
}

/// A text as GatewayAPI describes it.
#[derive(Deserialize)]
struct SmsAnswer {
    id: u64,
    recipients: [Recipient; 1],
}

/// One recipient of a text.
#[derive(Deserialize)]
struct Recipient {
    dsnstatus: String,
}

/// A receipt: the body of the callback, and the claims of its token.
#[derive(Deserialize)]
struct Notice {
    id: u64,
    status: String,
    #[serde(default)]
    userref: Option<String>,
}

/// What an answer to a text means.
fn classify(reply: &Reply<'_>) -> Outcome {
    if !(200..=299).contains(&reply.status) {
        return reply.by_status();
    }
    match reply.json::<TakenAnswer>().as_ref().map(|taken| taken.ids.as_slice()) {
        Some([id]) => Outcome::Accepted { reference: id.to_string() },
        Some(_) | None => reply.unclear(),
    }
}

/// The documented states. `ACCEPTED`: the network has taken it on the phone's behalf, which is no
/// delivery. `EXPIRED`: no confirmation came within the validity; it may be in the phone all the same.
/// Of both nothing more will be told.
fn status(word: &str) -> Option<Receipt> {
    match word {
        "UNKNOWN" | "SCHEDULED" | "BUFFERED" | "ENROUTE" | "ACCEPTED" | "EXPIRED" => Some(Receipt::Pending),
        "DELIVERED" => Some(Receipt::Delivered),
        "DELETED" | "UNDELIVERABLE" | "REJECTED" | "SKIPPED" => Some(Receipt::Failed),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::super::answer::tests::{assert_common_statuses, assert_redirects_are_refusals, read};
    use super::*;

    #[test]
    fn answers_are_read_as_documented() {
        assert_common_statuses(classify);
        assert_redirects_are_refusals(classify);
        let unclear = "uncertain: gw: the answer is not the documented one";
        for (status, body, expected) in [
            (
                200,
                r#"{"ids":[421332671],"usage":{"countries":{"SE":1},"currency":"EUR","total_cost":0.06}}"#,
                "accepted: 421332671",
            ),
            (200, r#"{"ids":[]}"#, unclear),
            (200, r#"{"ids":[1,2]}"#, unclear),
            (200, r#"{"ids":["1"]}"#, unclear),
            (
                403,
                r#"{"code":"0x0216","message":"Insufficient credit"}"#,
                "refused: gw answers 403: check username, password, and what the account may do: code message Insufficient credit",
            ),
            (422, r#"{"message":"Invalid JSON"}"#, "refused: gw answers 422: message Invalid JSON"),
            (500, r#"{"message":"exception"}"#, "uncertain: gw answers 500"),
        ] {
            assert_eq!(read(classify, status, body), expected);
        }
    }

    #[test]
    fn every_documented_state_has_a_meaning() {
        for (receipt, words) in [
            (Receipt::Pending, "UNKNOWN SCHEDULED BUFFERED ENROUTE ACCEPTED EXPIRED"),
            (Receipt::Delivered, "DELIVERED"),
            (Receipt::Failed, "DELETED UNDELIVERABLE REJECTED SKIPPED"),
        ] {
            for word in words.split(' ') {
                assert_eq!(status(word), Some(receipt), "{word}");
            }
        }
        assert_eq!(status("delivered"), None);
    }
}
