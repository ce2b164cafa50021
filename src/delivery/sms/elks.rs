//! 46elks: texts by an HTTPS form, receipts by callback and by asking
//! (<https://46elks.com/docs/send-sms>, `/docs/sms-delivery-reports`, `/docs/show-sms-id`).
//!
//! `dontlog=message` keeps the words out of their log and out of their answers. There is no key that
//! would make a repeated request harmless. The pages do not list the error answers; a 4xx is taken as
//! HTTP means it (RFC 9110 15.5), with the words that came along. Receipts are not signed: the secret
//! in their path, and a sign-in in their address, say where they come from.

use std::time::Duration;

use async_trait::async_trait;
use serde::Deserialize;

use super::answer::{Reply, outcome, told};
use super::receipt::{form, key_in, only, reading};
use super::setup::{Base, GatewaySetup, SetupError, base_url};
use super::{SIGNED_IN, is_key};
use crate::delivery::{Balance, GatewayTraits, Receipt, ReceiptReading, SmsGateway, SmsText};
use crate::http::{BasicAuth, ServiceUrl};
use crate::types::{CallbackRequest, Outcome, PhoneNumber};

/// As people call it.
const SERVICE: &str = "46elks";

/// 46elks as a gateway.
pub struct ElksGateway {
    base: Base,
    api: ServiceUrl,
    auth: BasicAuth,
}

impl ElksGateway {
    /// A gateway that has not been tried yet.
    ///
    /// # Errors
    /// [`SetupError`] says which setting is wrong.
    pub fn new(setup: &GatewaySetup) -> Result<Self, SetupError> {
        let auth = BasicAuth { username: setup.username.clone(), password: setup.password.clone() };
        Ok(Self { base: Base::new(setup)?, api: base_url(setup)?, auth })
    }

    async fn get<T: for<'de> Deserialize<'de>>(&self, path: &[&str]) -> Result<T, String> {
        told(SERVICE, self.base.client.get(&self.api.below(path), &self.auth).await)
    }
}

#[async_trait]
impl SmsGateway for ElksGateway {
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
        let callback = self.base.callback.as_ref().map(|callback| callback.url_with_sign_in(key));
        let mut fields = vec![
            ("from", self.base.sender.as_str()),
            ("to", to.e164()),
            ("message", text.expose()),
            ("dontlog", "message"),
        ];
        fields.extend(callback.as_ref().map(|url| ("whendelivered", url.as_str())));
        let answer = self.base.client.post_form(&self.api.below(&["sms"]), Some(&self.auth), &fields).await;
        outcome(&self.base, SERVICE, answer, text, classify)
    }

    fn asks_to_wait(&self) -> Option<Duration> {
        self.base.left_alone.rest()
    }

    async fn ask(&self, reference: &str) -> Result<Receipt, String> {
        if !is_id(reference) {
            return Err("46elks gives no such names to texts".to_owned());
        }
        let sms: SmsAnswer = self.get(&["sms", reference]).await?;
        if sms.id != reference {
            return Err("46elks answers about another text".to_owned());
        }
        status(&sms.status).ok_or_else(|| "46elks answers with a status that is not documented".to_owned())
    }

    fn receipt(&self, secret: &str, request: &CallbackRequest<'_>) -> ReceiptReading {
        match &self.base.callback {
            Some(callback) if callback.admits(secret, request) => {
                let told = parse_receipt(&form(request.body)).filter(|_| request.method == "POST");
                reading(key_in(request.query), told)
            }
            Some(_) | None => ReceiptReading::Foreign,
        }
    }

    async fn balance(&self) -> Result<Option<Balance>, String> {
        let account: AccountAnswer = self.get(&["me"]).await?;
        Ok(Some(Balance::of(account.balance, &account.currency, self.base.balance_low)))
    }

    async fn probe(&self) -> Result<String, String> {
        let _: serde::de::IgnoredAny = self.get(&["me"]).await?;
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

/// A text as 46elks describes it.
#[derive(Deserialize)]
struct SmsAnswer {
    id: String,
    status: String,
}

/// An account as 46elks describes it.
#[derive(Deserialize)]
struct AccountAnswer {
    /// In ten-thousandths.
    balance: i64,
    currency: String,
}

/// What an answer to a text means.
fn classify(reply: &Reply<'_>) -> Outcome {
    if !(200..=299).contains(&reply.status) {
        return reply.by_status();
    }
    let Some(sms) = reply.json::<SmsAnswer>() else { return reply.unclear() };
    match status(&sms.status) {
        Some(Receipt::Failed) => reply.failed(),
        Some(Receipt::Pending | Receipt::Delivered) if is_id(&sms.id) => {
            Outcome::Accepted { reference: sms.id }
        }
        Some(Receipt::Pending | Receipt::Delivered) | None => reply.unclear(),
    }
}

/// A receipt as 46elks posts it: the text's name there, and what became of it. `None` when it is not
/// of the documented form.
#[must_use]
pub fn parse_receipt(form: &[(String, String)]) -> Option<(String, Receipt)> {
    let id = only(form, "id").filter(|id| is_id(id))?;
    Some((id.to_owned(), status(only(form, "status")?)?))
}

fn status(word: &str) -> Option<Receipt> {
    match word {
        "created" | "sent" => Some(Receipt::Pending),
        "delivered" => Some(Receipt::Delivered),
        "failed" => Some(Receipt::Failed),
        _ => None,
    }
}

/// Names of texts look like `s3633fa8e62f823e52fbc67ebf6925ab5`.
fn is_id(id: &str) -> bool {
    (1..=64).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_alphanumeric())
}

#[cfg(test)]
mod tests {
    use super::super::answer::tests::{assert_common_statuses, assert_redirects_are_refusals, read};
    use super::*;

    #[test]
    fn answers_are_read_as_documented() {
        assert_common_statuses(classify);
        assert_redirects_are_refusals(classify);
        for (status, body, expected) in [
            (200, r#"{"id":"s36","status":"created","message":"Kd7p"}"#, "accepted: s36"),
            (200, r#"{"id":"s36","status":"delivered"}"#, "accepted: s36"),
            (200, r#"{"id":"s36","status":"failed"}"#, "refused: gw says that the text failed"),
            (200, r#"{"id":"s36","status":"queued"}"#, "uncertain: gw: the answer is not the documented one"),
            (200, r#"{"id":"../me","status":"sent"}"#, "uncertain: gw: the answer is not the documented one"),
            (200, r#"{"id":36,"status":"sent"}"#, "uncertain: gw: the answer is not the documented one"),
            (400, "Invalid to number", "refused: gw answers 400: Invalid to number"),
            (
                403,
                "\"Not enough credits\"",
                "refused: gw answers 403: check username, password, and what the account may do: Not enough credits",
            ),
        ] {
            assert_eq!(read(classify, status, body), expected);
        }
    }

    #[test]
    fn a_receipt_of_the_documented_form_says_what_became_of_the_text() {
        for (status, expected) in
            [("sent", Receipt::Pending), ("delivered", Receipt::Delivered), ("failed", Receipt::Failed)]
        {
            let form = form(format!("id=s36&status={status}&delivered=2026-11-22T10:00:00").as_bytes());
            assert_eq!(parse_receipt(&form), Some(("s36".to_owned(), expected)));
        }
    }

    #[test]
    fn any_other_form_is_no_receipt() {
        for fields in [
            "",
            "id=s36",
            "status=delivered",
            "id=s36&status=read",
            "id=s36&status=Delivered",
            "id=&status=delivered",
            "id=../me&status=delivered",
            "id=s36&id=s37&status=delivered",
            "id=s36&status=failed&status=delivered",
            "{\"id\":\"s36\",\"status\":\"delivered\"}",
        ] {
            assert_eq!(parse_receipt(&form(fields.as_bytes())), None, "{fields:?}");
        }
    }
}
