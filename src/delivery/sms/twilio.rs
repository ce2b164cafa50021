//! Twilio: texts by an HTTPS form, receipts by callback and by asking
//! (<https://www.twilio.com/docs/messaging/api/message-resource>,
//! `/docs/usage/security#validating-requests`, the OpenAPI document of the API 2010-04-01).
//!
//! There is no key that would make a repeated request harmless. Receipts are signed: HMAC-SHA1 with the
//! account's Auth Token over the address that we gave, and the fields in the order of their names. What
//! is kept of a text at Twilio is an account's setting; `ContentRetention=discard` needs a right that
//! not every account has, so it is asked for only when the configuration says so.

use std::time::Duration;

use async_trait::async_trait;
use serde::Deserialize;

use super::answer::{Reply, no_entry, outcome, told};
use super::receipt::{form, hmac_sha1, key_in, only, reading, same};
use super::setup::{Base, GatewaySetup, SetupError, account_fault, base_url};
use super::{SIGNED_IN, balance, is_key, is_reference};
use crate::delivery::{Balance, GatewayTraits, Receipt, ReceiptReading, SmsGateway, SmsText};
use crate::http::{BasicAuth, ServiceUrl};
use crate::secret::Secret;
use crate::types::{CallbackRequest, Outcome, PhoneNumber};

/// As people call it.
const SERVICE: &str = "Twilio";

/// Twilio as a gateway.
pub struct TwilioGateway {
    base: Base,
    /// The account's part of the API.
    api: ServiceUrl,
    account: String,
    auth: BasicAuth,
    /// The Auth Token, which signs receipts.
    token: Secret,
    discard_content: bool,
}

impl TwilioGateway {
    /// A gateway that has not been tried yet. Without a `username` the account signs in, with its Auth
    /// Token as password; with one it is an API key, and `signature` is the Auth Token.
    ///
    /// # Errors
    /// [`SetupError`] says which setting is wrong.
    pub fn new(setup: &GatewaySetup) -> Result<Self, SetupError> {
        let base = Base::new(setup)?;
        let account = setup.account.clone();
        if let Some(fault) = account_fault(&account) {
            return Err(SetupError::Value(fault));
        }
        let as_account = setup.username.is_empty() || setup.username == account;
        if !as_account && setup.signature.is_none() && base.callback.is_some() {
            return Err(SetupError::Signature);
        }
        let username = if as_account { account.clone() } else { setup.username.clone() };
        Ok(Self {
            api: base_url(setup)?.below(&["2010-04-01", "Accounts", &account]),
            auth: BasicAuth { username, password: setup.password.clone() },
            token: setup.signature.clone().unwrap_or_else(|| setup.password.clone()),
            discard_content: setup.discard_content,
            base,
            account,
        })
    }

    async fn get<T: for<'de> Deserialize<'de>>(&self, path: &[&str]) -> Result<T, String> {
        told(SERVICE, self.base.client.get(&self.api.below(path), &self.auth).await)
    }

    /// Is the request signed for the address that we gave? Twilio may name the scheme's own port in it,
    /// or leave another one out.
    fn is_signed(&self, url: &ServiceUrl, fields: &[(String, String)], shown: &str) -> bool {
        let mut sorted = fields.to_vec();
        sorted.sort();
        let rest: String = sorted.iter().flat_map(|(name, value)| [name.as_str(), value]).collect();
        let signed = |url: &str| same(&hmac_sha1(&self.token, format!("{url}{rest}").as_bytes()), shown);
        // Every one is compared: the time tells nothing of which fits.
        spellings(url.as_str()).iter().fold(false, |found, url| signed(url) | found)
    }
}

/// The address as it is, and with or without its port.
fn spellings(url: &str) -> Vec<String> {
    let Some((scheme, rest)) = url.split_once("://") else { return Vec::new() };
    let (host, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    let port = if scheme == "https" { 443 } else { 80 };
    let other = match host.rsplit_once(':') {
        Some((bare, digits)) if digits.bytes().all(|b| b.is_ascii_digit()) => bare.to_owned(),
        Some(_) | None => format!("{host}:{port}"),
    };
    vec![url.to_owned(), format!("{scheme}://{other}{path}")]
}

#[async_trait]
impl SmsGateway for TwilioGateway {
    fn name(&self) -> &str {
        &self.base.name
    }

    fn traits(&self) -> GatewayTraits {
        let receipts = self.base.callback.is_some();
        GatewayTraits { receipts, honours_keys: false, can_be_asked: true }
    }

    async fn send(&self, to: &PhoneNumber, text: &SmsText, key: &str) -> Outcome {
        if !is_key(key) {
            return Outcome::Refused { cause: "the text's key cannot stand in an address".to_owned() };
        }
        let callback = self.base.callback.as_ref().map(|callback| callback.url_for(key));
        let validity = self.base.validity_in(1).to_string();
        let mut fields = vec![
            ("From", self.base.sender.as_str()),
            ("To", to.e164()),
            ("Body", text.expose()),
            ("ValidityPeriod", validity.as_str()),
        ];
        fields.extend(callback.as_ref().map(|url| ("StatusCallback", url.as_str())));
        fields.extend(self.discard_content.then_some(("ContentRetention", "discard")));
        let url = self.api.below(&["Messages.json"]);
        let answer = self.base.client.post_form(&url, Some(&self.auth), &fields).await;
        outcome(&self.base, SERVICE, answer, text, classify)
    }

    fn asks_to_wait(&self) -> Option<Duration> {
        self.base.left_alone.rest()
    }

    async fn ask(&self, reference: &str) -> Result<Receipt, String> {
        if !is_reference(reference) {
            return Err("Twilio gives no such names to texts".to_owned());
        }
        let message: MessageAnswer = self.get(&["Messages", &format!("{reference}.json")]).await?;
        if message.sid != reference {
            return Err("Twilio answers about another text".to_owned());
        }
        status(&message.status)
            .ok_or_else(|| "Twilio answers with a status that is not documented".to_owned())
    }

    fn receipt(&self, secret: &str, request: &CallbackRequest<'_>) -> ReceiptReading {
        let Some(callback) = &self.base.callback else { return ReceiptReading::Foreign };
        let key = key_in(request.query);
        let url = key.as_deref().map_or_else(|| callback.url().clone(), |key| callback.url_for(key));
        let fields = form(request.body);
        let shown = request.header("x-twilio-signature").unwrap_or_default();
        if !self.is_signed(&url, &fields, shown) | !callback.admits(secret, request) {
            return ReceiptReading::Foreign;
        }
        let of_account = only(&fields, "AccountSid") == Some(self.account.as_str());
        let told = parse_receipt(&fields).filter(|_| request.method == "POST" && of_account);
        reading(key, told)
    }

    async fn balance(&self) -> Result<Option<Balance>, String> {
        let answer: BalanceAnswer = self.get(&["Balance.json"]).await?;
        let held = balance::decimal(&answer.balance)
            .ok_or_else(|| "Twilio: the answer is not the documented one".to_owned())?;
        Ok(Some(Balance::of(held, &answer.currency, self.base.balance_low)))
    }

    /// A text without a receiver, which Twilio refuses (error 21604) after it has looked at who asks and
    /// whether they may send. The balance is no such question: subaccounts have none, and not every API key
    /// may read it.
    async fn probe(&self) -> Result<String, String> {
        let url = self.api.below(&["Messages.json"]);
        let fields = [("From", self.base.sender.as_str())];
        let answer = self.base.client.post_form(&url, Some(&self.auth), &fields).await;
        match answer.map_err(|error| format!("{SERVICE}: {error}"))?.status {
            400 => Ok(SIGNED_IN.to_owned()),
            status @ (401 | 403) => Err(no_entry(SERVICE, status)),
            status => Err(format!("{SERVICE} answers {status}")),
        }
    }
}

/// A text as Twilio describes it.
#[derive(Deserialize)]
struct MessageAnswer {
    sid: String,
    status: String,
}

/// A refusal as Twilio describes it.
#[derive(Deserialize)]
struct ErrorAnswer {
    code: u32,
}

/// An account as Twilio describes it.
#[derive(Deserialize)]
struct BalanceAnswer {
    balance: String,
    currency: String,
}

/// What an answer to a text means.
fn classify(reply: &Reply<'_>) -> Outcome {
    match reply.status {
        200..=299 => {}
        400 | 404 | 422 => {
            let code = reply.json::<ErrorAnswer>().map(|error| format!(" (error {})", error.code));
            return reply.refused(&code.unwrap_or_default());
        }
        _ => return reply.by_status(),
    }
    let Some(message) = reply.json::<MessageAnswer>() else { return reply.unclear() };
    match status(&message.status) {
        Some(Receipt::Failed) => reply.failed(),
        Some(Receipt::Pending | Receipt::Delivered) if is_reference(&message.sid) => {
            Outcome::Accepted { reference: message.sid }
        }
        Some(Receipt::Pending | Receipt::Delivered) | None => reply.unclear(),
    }
}

/// A receipt as Twilio posts it: the text's name there, and what became of it.
fn parse_receipt(form: &[(String, String)]) -> Option<(String, Receipt)> {
    let sid = only(form, "MessageSid").filter(|sid| is_reference(sid))?;
    Some((sid.to_owned(), status(only(form, "MessageStatus")?)?))
}

/// The documented statuses of texts that go out.
fn status(word: &str) -> Option<Receipt> {
    match word {
        "queued" | "accepted" | "scheduled" | "sending" | "sent" => Some(Receipt::Pending),
        "delivered" | "read" => Some(Receipt::Delivered),
        "failed" | "undelivered" | "canceled" => Some(Receipt::Failed),
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
        assert_common_statuses(classify);
        assert_redirects_are_refusals(classify);
        let unclear = "uncertain: gw: the answer is not the documented one";
        for (status, body, expected) in [
            (201, r#"{"sid":"SM1","status":"queued","body":"Kd7p","error_code":null}"#, "accepted: SM1"),
            (201, r#"{"sid":"SM1","status":"accepted"}"#, "accepted: SM1"),
            (201, r#"{"sid":"SM1","status":"failed"}"#, "refused: gw says that the text failed"),
            (201, r#"{"sid":"SM1","status":"received"}"#, unclear),
            (201, r#"{"sid":"../SM1","status":"queued"}"#, unclear),
            (201, r#"{"status":"queued"}"#, unclear),
            (
                400,
                r#"{"code":21211,"message":"Invalid 'To' Phone Number: +46701740605","status":400}"#,
                "refused: gw answers 400 (error 21211): code message Invalid To Phone Number status",
            ),
            (400, "what?", "refused: gw answers 400: what"),
            (
                429,
                r#"{"code":20429,"message":"Too Many Requests","status":429}"#,
                "not-sent: gw answers 429 and asks to wait 30 s",
            ),
        ] {
            assert_eq!(read(classify, status, body), expected);
        }
    }

    /// The example of Twilio's page on validating requests.
    #[test]
    fn a_signature_is_the_documented_one() {
        let url = ServiceUrl::parse_with_query("https://mycompany.com/myapp.php?foo=1&bar=2").unwrap();
        let fields = form(
            b"CallSid=CA1234567890ABCDE&Caller=%2B14158675309&Digits=1234&From=%2B14158675309&To=%2B18005551212",
        );
        let gateway = TwilioGateway::new(&setup("12345")).unwrap();
        assert!(gateway.is_signed(&url, &fields, "RSOYDt4T1cUTdK1PDd93/VVr8B8="));
        assert!(!gateway.is_signed(&url, &fields, "RSOYDt4T1cUTdK1PDd93/VVr8B8"));
        assert!(!gateway.is_signed(&url, &fields[1..], "RSOYDt4T1cUTdK1PDd93/VVr8B8="));
        assert!(!TwilioGateway::new(&setup("12346")).unwrap().is_signed(
            &url,
            &fields,
            "RSOYDt4T1cUTdK1PDd93/VVr8B8="
        ));
    }

    #[test]
    fn an_address_is_known_with_and_without_its_port() {
        for (url, other) in [
            ("https://a.example/x?y=1", "https://a.example:443/x?y=1"),
            ("https://a.example:8443/x", "https://a.example/x"),
            ("http://[::1]/x", "http://[::1]:80/x"),
        ] {
            assert_eq!(spellings(url), [url, other]);
        }
    }

    #[test]
    fn an_api_key_needs_the_auth_token_beside_it() {
        let with_key = GatewaySetup { username: "SK1".to_owned(), ..setup("12345") };
        assert_eq!(TwilioGateway::new(&with_key).err(), Some(SetupError::Signature));
        let both = GatewaySetup { signature: Some(Secret::new("t".to_owned())), ..with_key };
        assert!(TwilioGateway::new(&both).is_ok());
    }
}
