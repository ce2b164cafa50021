//! Registered phones: the security info that the person sees at mysignins.microsoft.com
//! (<https://learn.microsoft.com/graph/api/authentication-list-phonemethods>). The attributes
//! `mobilePhone` and `businessPhones` are something else: others may write them.

use serde::Deserialize;

use super::client::{GraphClient, Mode, Until};
use super::failure::GraphError;
use crate::clock::parse_rfc3339;
use crate::directory::{DirectoryError, PhoneType, RegisteredPhone};
use crate::types::{AccountId, PhoneNumber};

/// What reading them needs.
pub(super) const PERMISSION: &str = "UserAuthMethod-Phone.Read.All";
/// A number with fewer digits is not shown whole.
const LEAST_DIGITS: usize = 8;

/// A phone as Graph tells of it.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Phone {
    phone_number: Option<String>,
    phone_type: Option<String>,
    created_date_time: Option<String>,
}

#[derive(Deserialize)]
struct Phones {
    value: Vec<Phone>,
}

impl GraphClient {
    /// The phones registered for `account`. The call takes no query options and has no pages.
    pub(super) async fn phones(
        &self,
        account: &AccountId,
        until: Until,
    ) -> Result<Vec<RegisteredPhone>, DirectoryError> {
        let url = self.at(&["users", account.as_str(), "authentication", "phoneMethods"]);
        let found: Result<Phones, GraphError> = self.get(&url, Mode::Plain, until).await;
        match found {
            Ok(phones) => phones.value.iter().map(registered).collect(),
            Err(error) => Err(error.without(PERMISSION)),
        }
    }
}

/// Nothing in it is guessed: what is no documented phone is half an answer.
fn registered(phone: &Phone) -> Result<RegisteredPhone, DirectoryError> {
    let half = |what: &str| DirectoryError::Half(format!("Graph: {what}"));
    let kind = match phone.phone_type.as_deref() {
        Some("mobile") => PhoneType::Mobile,
        Some("alternateMobile") => PhoneType::AlternateMobile,
        Some("office") => PhoneType::Office,
        Some(_) | None => return Err(half("a registered phone is of an unknown type")),
    };
    let text = phone.phone_number.as_deref().ok_or_else(|| half("a registered phone has no number"))?;
    if is_masked(text) {
        return Err(half(&format!(
            "a registered phone is shown masked: the application needs {PERMISSION} as an application permission"
        )));
    }
    Ok(RegisteredPhone {
        number: PhoneNumber::parse(text).ok(),
        kind,
        registered_at: phone.created_date_time.as_deref().and_then(parse_rfc3339),
    })
}

/// Is a part of it hidden? An `x` before digits begins an extension and hides nothing.
fn is_masked(text: &str) -> bool {
    let number = match text.split_once('x') {
        Some((number, extension)) if extension.bytes().all(|b| b.is_ascii_digit()) => number,
        Some(_) => return true,
        None => text,
    };
    let digits = number.bytes().filter(u8::is_ascii_digit).count();
    digits < LEAST_DIGITS || number.contains(['*', 'X', '•', '#'])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<RegisteredPhone, DirectoryError> {
        registered(&serde_json::from_str(text).unwrap())
    }

    fn number(text: &str) -> Option<String> {
        let phone = format!("{{\"phoneNumber\":\"{text}\",\"phoneType\":\"mobile\"}}");
        read(&phone).unwrap().number.map(|number| number.e164().to_owned())
    }

    #[test]
    fn a_number_is_the_same_with_and_without_its_trunk_zero() {
        for text in ["+46 701740605", "+46 0701740605"] {
            assert_eq!(number(text), Some("+46701740605".to_owned()), "{text}");
        }
        assert_eq!(number("+46 406280400x123"), None, "an extension is no number to text");
        assert_eq!(number("+46 999999999999"), None);
    }

    #[test]
    fn half_a_phone_is_no_phone_and_no_missing_one() {
        for (kind, text) in [
            ("mobile", "+XX XXXXXXXX05"),
            ("mobile", "+46 *******05"),
            ("mobile", "+46 xxxxxxx05"),
            ("office", "+46 05"),
            ("unknownFutureValue", "+46 701740605"),
            ("Mobile", "+46 701740605"),
        ] {
            let phone = format!("{{\"phoneNumber\":\"{text}\",\"phoneType\":\"{kind}\"}}");
            let error = read(&phone).unwrap_err();
            assert!(matches!(error, DirectoryError::Half(_)), "{text}");
            assert!(!error.to_string().contains("05"), "{error}");
        }
        for phone in ["{}", "{\"phoneType\":\"mobile\"}", "{\"phoneType\":\"mobile\",\"phoneNumber\":null}"] {
            assert!(matches!(read(phone), Err(DirectoryError::Half(_))), "{phone}");
        }
    }

    #[test]
    fn since_when_is_known_only_when_it_says_so() {
        let since = |more: &str| {
            let text = format!("{{\"phoneNumber\":\"+46 701740605\",\"phoneType\":\"office\"{more}}}");
            read(&text).unwrap().registered_at
        };
        assert_eq!(
            since(",\"createdDateTime\":\"2026-01-02T03:04:05.1234567Z\""),
            parse_rfc3339("2026-01-02T03:04:05.123Z")
        );
        assert_eq!(since(",\"createdDateTime\":null"), None);
        assert_eq!(since(""), None);
    }
}
