//! 46elks: texts by an HTTPS form, receipts by callback and by asking
//! (<https://46elks.com/docs/send-sms>, `/docs/sms-delivery-reports`, `/docs/show-sms-id`).
//!
//! `dontlog=message` keeps the words out of their log and out of their answers. There is no key that
//! would make a repeated request harmless. The pages do not list the error answers; a 4xx is taken as
//! HTTP means it (RFC 9110 15.5), with the words that came along.

use std::time::Duration;

use async_trait::async_trait;
use serde::Deserialize;
use zeroize::Zeroizing;

use super::{LeftAlone, is_key};
use crate::delivery::{GatewayTraits, Receipt, SmsGateway, SmsText};
use crate::http::{
    Answer, BasicAuth, HttpClient, HttpError, HttpSetupError, ServiceUrl, ServiceUrlError, Timeouts,
};
use crate::secret::Secret;
use crate::types::{Outcome, PhoneNumber};

/// No more of an answer is read (octets); the documented ones have some hundred.
const ANSWER_MAX: usize = 64 * 1024;
/// No more of a refusal's words is shown (characters).
const REASON_MAX: usize = 160;

/// How to reach 46elks.
#[derive(Clone, Debug)]
pub struct ElksSettings {
    /// The gateway's configured name, as it stands in the path of callbacks.
    pub name: String,
    /// Where the API is: `https://api.46elks.com/a1`.
    pub base_url: String,
    /// The API's username.
    pub username: String,
    /// The API's password.
    pub password: Secret,
    /// The secret in the path that receipts come to; without one, none are asked for.
    pub callback: Option<Secret>,
    /// Where this desk is reached from outside, for receipts.
    pub public_url: String,
    /// Whom texts come from.
    pub sender: String,
}

/// Why the settings cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ElksError {
    /// 46elks is not reached by this address.
    #[error("base_url: {0}")]
    BaseUrl(ServiceUrlError),
    /// Receipts would not come, or would carry their secret in the open.
    #[error("desk.public_url, which receipts are sent to: {0}")]
    PublicUrl(ServiceUrlError),
    /// Not a sender that phones can show.
    #[error("sms.sender: expected at most 11 letters and digits that begin with a letter, or +46…")]
    Sender,
    /// No HTTP client.
    #[error(transparent)]
    Http(#[from] HttpSetupError),
}

/// 46elks as a gateway.
pub struct ElksGateway {
    name: String,
    client: HttpClient,
    base: ServiceUrl,
    auth: BasicAuth,
    callback: Option<ServiceUrl>,
    sender: String,
    left_alone: LeftAlone,
}

impl ElksGateway {
    /// A gateway that has not been tried yet.
    ///
    /// # Errors
    /// [`ElksError`] says which setting is wrong.
    pub fn new(settings: ElksSettings) -> Result<Self, ElksError> {
        Self::with_timeouts(settings, Timeouts::default())
    }

    /// The same with other time limits.
    ///
    /// # Errors
    /// As for [`ElksGateway::new`].
    pub fn with_timeouts(settings: ElksSettings, timeouts: Timeouts) -> Result<Self, ElksError> {
        if !is_sender(&settings.sender) {
            return Err(ElksError::Sender);
        }
        let callback = match &settings.callback {
            Some(secret) => {
                let public = ServiceUrl::parse(&settings.public_url).map_err(ElksError::PublicUrl)?;
                Some(public.below(&["callbacks", "sms", &settings.name, secret.expose()]))
            }
            None => None,
        };
        Ok(Self {
            client: HttpClient::new(timeouts, ANSWER_MAX)?,
            base: ServiceUrl::parse(&settings.base_url).map_err(ElksError::BaseUrl)?,
            auth: BasicAuth { username: settings.username, password: settings.password },
            name: settings.name,
            callback,
            sender: settings.sender,
            left_alone: LeftAlone::default(),
        })
    }
}

#[async_trait]
impl SmsGateway for ElksGateway {
    fn name(&self) -> &str {
        &self.name
    }

    fn traits(&self) -> GatewayTraits {
        GatewayTraits { receipts: true, honours_keys: false }
    }

    async fn send(&self, to: &PhoneNumber, text: &SmsText, key: &str) -> Outcome {
        if !is_key(key) {
            return Outcome::Refused { cause: "the text's key cannot stand in an address".to_owned() };
        }
        let callback = self.callback.clone().map(|url| url.with_query("key", key));
        let mut form = vec![
            ("from", self.sender.as_str()),
            ("to", to.e164()),
            ("message", text.expose()),
            ("dontlog", "message"),
        ];
        form.extend(callback.as_ref().map(|url| ("whendelivered", url.as_str())));
        match self.client.post_form(&self.base.below(&["sms"]), Some(&self.auth), &form).await {
            Ok(answer) => {
                self.left_alone.asked(answer.retry_after);
                outcome(&answer, text)
            }
            Err(error @ HttpError::NotSent { .. }) => Outcome::NotSent { cause: format!("46elks: {error}") },
            Err(error @ HttpError::Unanswered { .. }) => {
                Outcome::Uncertain { cause: format!("46elks: {error}") }
            }
        }
    }

    fn asks_to_wait(&self) -> Option<Duration> {
        self.left_alone.rest()
    }

    async fn ask(&self, reference: &str) -> Result<Receipt, String> {
        if !is_id(reference) {
            return Err("46elks gives no such names to texts".to_owned());
        }
        let sms: SmsAnswer = self.get(&["sms", reference]).await?;
        if sms.id != reference {
            return Err("46elks answers about another text".to_owned());
        }
        receipt(&sms.status).ok_or_else(|| "46elks answers with a status that is not documented".to_owned())
    }

    async fn probe(&self) -> Result<String, String> {
        let account: AccountAnswer = self.get(&["me"]).await?;
        let currency: String = account.currency.chars().filter(char::is_ascii_alphabetic).take(3).collect();
        // The balance counts ten thousandths.
        let (whole, hundredths) = (account.balance / 10_000, account.balance.abs() / 100 % 100);
        if account.balance <= 0 {
            return Err(format!(
                "signed in, but the balance is {whole}.{hundredths:02} {currency}: fill it up"
            ));
        }
        Ok(format!("signed in, the balance is {whole}.{hundredths:02} {currency}"))
    }
}

impl ElksGateway {
    async fn get<T: for<'de> Deserialize<'de>>(&self, path: &[&str]) -> Result<T, String> {
        let answer = self.client.get(&self.base.below(path), &self.auth).await;
        let answer = answer.map_err(|error| format!("46elks: {error}"))?;
        match answer.status {
            200..=299 => serde_json::from_slice(&answer.body)
                // The parser's words may quote the answer.
                .map_err(|_| "46elks: the answer is not the documented one".to_owned()),
            401 | 403 => Err(no_entry(answer.status)),
            status => Err(format!("46elks answers {status}")),
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
    balance: i64,
    currency: String,
}

/// What an answer to a text means. A redirect is not documented and not followed: `base_url` is wrong,
/// or somebody stands between.
fn outcome(answer: &Answer, text: &SmsText) -> Outcome {
    let status = answer.status;
    match status {
        200..=299 => taken(answer),
        300..=399 => {
            Outcome::Refused { cause: format!("46elks answers {status} and leads elsewhere: check base_url") }
        }
        408 | 425 | 429 => Outcome::NotSent { cause: format!("46elks answers {status} and asks to wait") },
        401 | 403 => Outcome::Refused { cause: format!("{}{}", no_entry(status), reason(answer, text)) },
        400..=499 => Outcome::Refused { cause: format!("46elks answers {status}{}", reason(answer, text)) },
        _ => Outcome::Uncertain { cause: format!("46elks answers {status}") },
    }
}

fn taken(answer: &Answer) -> Outcome {
    let unclear = || Outcome::Uncertain { cause: "46elks: the answer is not the documented one".to_owned() };
    let Ok(sms) = serde_json::from_slice::<SmsAnswer>(&answer.body) else { return unclear() };
    match receipt(&sms.status) {
        Some(Receipt::Failed) => Outcome::Refused { cause: "46elks says that the text failed".to_owned() },
        Some(Receipt::Pending | Receipt::Delivered) if is_id(&sms.id) => {
            Outcome::Accepted { reference: sms.id }
        }
        Some(Receipt::Pending | Receipt::Delivered) | None => unclear(),
    }
}

fn no_entry(status: u16) -> String {
    format!("46elks answers {status}: check username, password, and what the account may do")
}

/// The words of a refusal. An answer may repeat the number or the text, so only words of letters pass
/// that are not in the text.
fn reason(answer: &Answer, text: &SmsText) -> String {
    let body = Zeroizing::new(String::from_utf8_lossy(&answer.body).into_owned());
    let sent = Zeroizing::new(text.expose().to_lowercase());
    let words = body
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| word.chars().all(|c| c.is_ascii_alphabetic()) && !sent.contains(&word.to_lowercase()));
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

/// A receipt as 46elks posts it: the text's name there, and what became of it. `None` when it is not
/// of the documented form.
#[must_use]
pub fn parse_receipt(form: &[(String, String)]) -> Option<(String, Receipt)> {
    let only = |name: &str| {
        let mut found = form.iter().filter(|(key, _)| key == name).map(|(_, value)| value.as_str());
        found.next().filter(|_| found.next().is_none())
    };
    let id = only("id").filter(|id| is_id(id))?;
    Some((id.to_owned(), receipt(only("status")?)?))
}

fn receipt(status: &str) -> Option<Receipt> {
    match status {
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

/// Up to 11 letters and digits, the first a letter (3GPP TS 23.040 9.1.2.5), or a number.
fn is_sender(sender: &str) -> bool {
    let all = |text: &str, test: fn(&u8) -> bool| text.bytes().all(|b| test(&b));
    match sender.strip_prefix('+') {
        Some(digits) => (5..=15).contains(&digits.len()) && all(digits, u8::is_ascii_digit),
        None => {
            (1..=11).contains(&sender.len())
                && sender.starts_with(|c: char| c.is_ascii_alphabetic())
                && all(sender, u8::is_ascii_alphanumeric)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn form(fields: &[(&str, &str)]) -> Vec<(String, String)> {
        fields.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn a_receipt_of_the_documented_form_says_what_became_of_the_text() {
        for (status, expected) in
            [("sent", Receipt::Pending), ("delivered", Receipt::Delivered), ("failed", Receipt::Failed)]
        {
            let form = form(&[("id", "s36"), ("status", status), ("delivered", "2026-11-22T10:00:00")]);
            assert_eq!(parse_receipt(&form), Some(("s36".to_owned(), expected)));
        }
    }

    #[test]
    fn any_other_form_is_no_receipt() {
        for fields in [
            &[][..],
            &[("id", "s36")],
            &[("status", "delivered")],
            &[("id", "s36"), ("status", "read")],
            &[("id", "s36"), ("status", "Delivered")],
            &[("id", ""), ("status", "delivered")],
            &[("id", "../me"), ("status", "delivered")],
            &[("id", "s36"), ("id", "s37"), ("status", "delivered")],
            &[("id", "s36"), ("status", "failed"), ("status", "delivered")],
        ] {
            assert_eq!(parse_receipt(&form(fields)), None, "{fields:?}");
        }
    }

    #[test]
    fn the_words_of_a_refusal_repeat_neither_number_nor_text() {
        let text = SmsText::new(Zeroizing::new("Tillfälligt lösenord: Kd7p-mWxq-9TrQ".to_owned()));
        let answer = |body: &str| Answer {
            status: 400,
            retry_after: None,
            request_id: None,
            date: None,
            body: Zeroizing::new(body.as_bytes().to_vec()),
        };
        let shown = |body: &str| reason(&answer(body), &text);
        assert_eq!(shown("Invalid \"to\" number +46701740605"), ": Invalid to number");
        assert_eq!(
            shown("{\"error\":\"bad\",\"message\":\"lösenord: Kd7p-mWxq-9TrQ\"}"),
            ": error bad message"
        );
        assert_eq!(shown("message=Kd7p%2DmWxq%2D9TrQ refused"), ": message refused");
        assert_eq!(shown(""), "");
        assert!(shown(&"word ".repeat(200)).len() <= REASON_MAX + 2);
    }

    #[test]
    fn a_sender_is_a_short_name_or_a_number() {
        for good in ["Servicedesk", "A", "IT2", "+46701740605"] {
            assert!(is_sender(good), "{good}");
        }
        for bad in ["", "Servicedesken", "1177", "Räddning", "IT desk", "+46 70", "+4", "46701740605"] {
            assert!(!is_sender(bad), "{bad}");
        }
    }
}
