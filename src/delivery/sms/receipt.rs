//! Who may tell what became of a text. A receipt comes to an address with a secret in it, over a path
//! that anybody in the world can reach; where the gateway signs, the signature is checked too, and
//! where it cannot, a sign-in may be asked for. All secrets are compared in constant time.

use data_encoding::{BASE64, BASE64URL_NOPAD};
use hmac::{Hmac, KeyInit, Mac};
use serde::Deserialize;
use sha1::Sha1;
use sha2::Sha256;
use subtle::ConstantTimeEq;

use super::is_key;
use super::setup::{Fault, GatewaySetup, SetupError};
use crate::delivery::{Receipt, ReceiptReading};
use crate::http::ServiceUrl;
use crate::secret::Secret;
use crate::types::CallbackRequest;

/// The address for a gateway's receipts, and what must come with them.
pub(super) struct Callback {
    url: ServiceUrl,
    secret: Secret,
    auth: Option<SignIn>,
}

struct SignIn {
    username: String,
    password: Secret,
    /// The header that shows it.
    header: Secret,
}

impl Callback {
    /// As the settings say; `None` when no receipts shall come.
    pub fn of(setup: &GatewaySetup) -> Result<Option<Self>, SetupError> {
        let Some(secret) = &setup.callback else { return Ok(None) };
        let public = ServiceUrl::parse(&setup.public_url).map_err(SetupError::PublicUrl)?;
        let url = public.below(&["callbacks", "sms", &setup.name, secret.expose()]);
        let auth = setup.callback_auth.as_ref().map(SignIn::of).transpose()?;
        Ok(Some(Self { url, secret: secret.clone(), auth }))
    }

    /// The address.
    pub fn url(&self) -> &ServiceUrl {
        &self.url
    }

    /// The address that names the text sent under `key`.
    pub fn url_for(&self, key: &str) -> ServiceUrl {
        self.url.clone().with_query("key", key)
    }

    /// The same, for a gateway that takes the sign-in from the address.
    pub fn url_with_sign_in(&self, key: &str) -> ServiceUrl {
        let url = self.url_for(key);
        match &self.auth {
            Some(auth) => url.with_sign_in(&auth.username, auth.password.expose()),
            None => url,
        }
    }

    /// Does the request show what whoever was given the address knows?
    pub fn admits(&self, secret: &str, request: &CallbackRequest<'_>) -> bool {
        let shown = request.header("authorization").unwrap_or_default();
        let signed_in = self.auth.as_ref().is_none_or(|auth| same(auth.header.expose(), shown));
        same(self.secret.expose(), secret) && signed_in
    }
}

impl SignIn {
    fn of(setting: &Secret) -> Result<Self, SetupError> {
        if let Some(fault) = sign_in_fault(setting) {
            return Err(SetupError::Value(fault));
        }
        let both = setting.expose();
        let (username, password) = both.split_once(':').unwrap_or_default();
        Ok(Self {
            username: username.to_owned(),
            password: Secret::new(password.to_owned()),
            header: Secret::new(format!("Basic {}", BASE64.encode(both.as_bytes()))),
        })
    }
}

/// A sign-in has a name and a password.
#[must_use]
pub fn sign_in_fault(both: &Secret) -> Option<Fault> {
    let whole =
        both.expose().split_once(':').is_some_and(|(name, word)| !name.is_empty() && !word.is_empty());
    (!whole).then_some(Fault { key: "callback_auth", why: "expected username:password" })
}

/// Compares without telling by the time it takes where the first difference is.
pub(super) fn same(expected: &str, shown: &str) -> bool {
    expected.as_bytes().ct_eq(shown.as_bytes()).into()
}

/// Base64 of the HMAC-SHA1 (RFC 2104) of `data`.
pub(super) fn hmac_sha1(key: &Secret, data: &[u8]) -> String {
    // HMAC takes keys of any length; were one refused, nothing would ever match.
    let mac = Hmac::<Sha1>::new_from_slice(key.expose().as_bytes());
    mac.map(|mac| BASE64.encode(&mac.chain_update(data).finalize().into_bytes())).unwrap_or_default()
}

/// Octets of the HMAC-SHA256 of `data`.
fn hmac_sha256(key: &Secret, data: &[u8]) -> Option<Vec<u8>> {
    let mac = Hmac::<Sha256>::new_from_slice(key.expose().as_bytes()).ok()?;
    Some(mac.chain_update(data).finalize().into_bytes().to_vec())
}

/// Is `shown` the base64 of the HMAC-SHA256 of `data`?
pub(super) fn is_hmac_sha256(key: &Secret, data: &[u8], shown: &str) -> bool {
    hmac_sha256(key, data).is_some_and(|mac| same(&BASE64.encode(&mac), shown))
}

/// What a JSON Web Token says that was signed with `key` by HS256, the one method that is taken (RFC
/// 7515, 7518 3.2).
pub(super) fn signed_claims(key: &Secret, token: &str) -> Option<Vec<u8>> {
    #[derive(Deserialize)]
    struct Head {
        alg: String,
    }
    let (signed, signature) = token.rsplit_once('.')?;
    let (head, claims) = signed.split_once('.')?;
    let expected = BASE64URL_NOPAD.encode(&hmac_sha256(key, signed.as_bytes())?);
    let head: Head = serde_json::from_slice(&BASE64URL_NOPAD.decode(head.as_bytes()).ok()?).ok()?;
    let genuine = same(&expected, signature) && head.alg == "HS256";
    genuine.then(|| BASE64URL_NOPAD.decode(claims.as_bytes()).ok()).flatten()
}

/// The fields of a form (`application/x-www-form-urlencoded`) or a query.
#[must_use]
pub fn form(octets: &[u8]) -> Vec<(String, String)> {
    let pairs = form_urlencoded::parse(octets);
    pairs.map(|(name, value)| (name.into_owned(), value.into_owned())).collect()
}

/// The value of the field `name`, when it came exactly once.
pub(super) fn only<'a>(fields: &'a [(String, String)], name: &str) -> Option<&'a str> {
    let mut found = fields.iter().filter(|(key, _)| key == name).map(|(_, value)| value.as_str());
    found.next().filter(|_| found.next().is_none())
}

/// The key in an address that we gave away ourselves.
pub(super) fn key_in(query: &str) -> Option<String> {
    let fields = form(query.as_bytes());
    only(&fields, "key").filter(|key| is_key(key)).map(ToOwned::to_owned)
}

/// A receipt, or the finding that it is none.
pub(super) fn reading(key: Option<String>, told: Option<(String, Receipt)>) -> ReceiptReading {
    told.map_or(ReceiptReading::Malformed, |(reference, receipt)| {
        let key = key.filter(|key| is_key(key));
        ReceiptReading::Told { key, reference, receipt }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secret(text: &str) -> Secret {
        Secret::new(text.to_owned())
    }

    /// The token of GatewayAPI's documentation.
    const TOKEN: &str = "eyJ0eXAiOiJKV1QiLCJhbGciOiJIUzI1NiJ9.eyJpZCI6MjM4MTcwMywibXNpc2RuIjo0NTQyNjA5MDQ1LCJ0aW1lIjoxNTIyNzY0MDYyLCJzdGF0dXMiOiJERUxJVkVSRUQiLCJlcnJvciI6bnVsbCwiY29kZSI6bnVsbCwidXNlcnJlZiI6bnVsbCwiY2FsbGJhY2tfdXJsIjoiaHR0cDovL2JiYWY3MTQyLm5ncm9rLmlvIiwiYXBpIjo0fQ.KdfDH65bnQtgxEkFnpAQodOciAJedZFB13r9wEo8t3Y";

    #[test]
    fn a_token_counts_with_its_own_key_and_method_only() {
        let claims = signed_claims(&secret("secret"), TOKEN).expect("the documented token");
        assert!(String::from_utf8(claims).unwrap().contains("\"status\":\"DELIVERED\""));
        assert_eq!(signed_claims(&secret("secre"), TOKEN), None);
        for bad in ["", ".", "..", &TOKEN[..TOKEN.len() - 1], &TOKEN.replacen("eyJp", "eyJq", 1)] {
            assert_eq!(signed_claims(&secret("secret"), bad), None, "{bad}");
        }
        // A token that says itself that it is signed by nobody, or by something else.
        for alg in ["none", "HS512", "hs256"] {
            let head = BASE64URL_NOPAD.encode(format!("{{\"alg\":\"{alg}\"}}").as_bytes());
            let signed = format!("{head}.{}", BASE64URL_NOPAD.encode(b"{}"));
            let mac = hmac_sha256(&secret("secret"), signed.as_bytes()).unwrap();
            let token = format!("{signed}.{}", BASE64URL_NOPAD.encode(&mac));
            assert_eq!(signed_claims(&secret("secret"), &token), None, "{alg}");
            assert_eq!(signed_claims(&secret("secret"), &format!("{signed}.")), None, "{alg}");
        }
    }

    #[test]
    fn macs_are_those_of_the_standards() {
        // RFC 2202 3, test case 2.
        let mac = hmac_sha1(&secret("Jefe"), b"what do ya want for nothing?");
        assert_eq!(mac, "7/zfauXrL6LSdBbV8YTfnCWafHk=");
        // RFC 4231 4.3.
        let (jefe, mac) = (secret("Jefe"), "W9zBRr9gdU5qBCQmCJV1x1oAPwidJzmDnexYuWTsOEM=");
        assert!(is_hmac_sha256(&jefe, b"what do ya want for nothing?", mac));
        assert!(!is_hmac_sha256(&jefe, b"what do ya want for nothing!", mac));
    }

    #[test]
    fn a_key_is_ours_or_none() {
        assert_eq!(key_in("key=n1-text-1-0-1&type=1"), Some("n1-text-1-0-1".to_owned()));
        for query in ["", "key=", "key=a%27b", "key=a&key=b", "Key=a", "key=a%00"] {
            assert_eq!(key_in(query), None, "{query}");
        }
    }
}
