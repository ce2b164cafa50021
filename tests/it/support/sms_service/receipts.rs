//! Receipts as each service sends them, and as somebody else might.

use data_encoding::{BASE64, BASE64URL_NOPAD};
use hmac::{Hmac, KeyInit, Mac};
use nyckelbud::http::ServiceUrl;
use nyckelbud::types::CallbackRequest;
use serde_json::json;
use sha1::Sha1;
use sha2::Sha256;

use super::{ACCOUNT, CALLBACK_AUTH, Kind, PASSWORD, SIGNATURE, Taken};

/// What became of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    Pending,
    Delivered,
    Failed,
}

impl Fate {
    /// The service's word for it.
    pub fn word(self, kind: Kind) -> &'static str {
        let [pending, delivered, failed] = match kind {
            Kind::Elks => ["sent", "delivered", "failed"],
            Kind::Twilio => ["sent", "delivered", "undelivered"],
            Kind::Sinch => ["Dispatched", "Delivered", "Failed"],
            Kind::GatewayApi => ["ENROUTE", "DELIVERED", "UNDELIVERABLE"],
            Kind::Kannel => ["8", "1", "2"],
            Kind::Http => ["", "", ""],
        };
        match self {
            Self::Pending => pending,
            Self::Delivered => delivered,
            Self::Failed => failed,
        }
    }
}

/// A request of the service to the address that it was given.
#[derive(Clone, Debug)]
pub struct Posted {
    pub method: &'static str,
    /// Path and query.
    pub target: String,
    pub headers: Vec<(String, String)>,
    pub body: String,
}

impl Posted {
    /// The secret in its path, as the web hands it on.
    pub fn secret(&self) -> &str {
        self.target.split('?').next().unwrap().rsplit('/').next().unwrap()
    }

    /// As the web hands it on.
    pub fn request(&self) -> CallbackRequest<'_> {
        CallbackRequest {
            method: self.method,
            query: self.target.split_once('?').map_or("", |(_, query)| query),
            headers: &self.headers,
            body: self.body.as_bytes(),
        }
    }

    pub fn without(mut self, name: &str) -> Self {
        self.headers.retain(|(key, _)| key != name);
        self
    }

    pub fn with(mut self, name: &str, value: &str) -> Self {
        self = self.without(name);
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }
}

/// What a receipt is signed with.
#[derive(Clone, Copy)]
pub enum Signer {
    Service,
    SomebodyElse,
}

/// The receipt for `text`.
pub fn receipt(kind: Kind, text: &Taken, fate: Fate, signer: Signer) -> Posted {
    let word = fate.word(kind);
    let address = text.callback.replace("%d", word);
    let (scheme, rest) = address.split_once("://").unwrap();
    // A sign-in in the address becomes a header (RFC 9110 4.2.4, RFC 7617).
    let (sign_in, rest) = rest.split_once('@').map_or((None, rest), |(sign_in, rest)| (Some(sign_in), rest));
    let (_, target) = rest.split_at(rest.find('/').unwrap());
    let address = format!("{scheme}://{rest}");
    let own = |secret: &'static str| match signer {
        Signer::Service => secret,
        Signer::SomebodyElse => "gissning",
    };
    let mut posted =
        Posted { method: "POST", target: target.to_owned(), headers: vec![], body: String::new() };
    if let Some(sign_in) = sign_in {
        assert_eq!(sign_in, CALLBACK_AUTH, "the address holds the sign-in as it is");
        posted = posted.with("authorization", &format!("Basic {}", BASE64.encode(sign_in.as_bytes())));
    }
    match kind {
        Kind::Elks => posted.body = format!("id={}&status={word}&delivered=2026-11-22T10%3A00%3A05", text.id),
        Kind::Twilio => {
            posted.body = format!(
                "MessageSid={}&MessageStatus={word}&To=%2B46701740605&From=Servicedesk&AccountSid={ACCOUNT}",
                text.id
            );
            let signature = twilio_signature(own(PASSWORD), &address, &posted.body);
            posted = posted.with("x-twilio-signature", &signature);
        }
        Kind::Sinch => {
            posted.body = json!({
                "type": "recipient_delivery_report_sms", "batch_id": text.id, "recipient": "46701740605",
                "code": 0, "status": word, "at": "2026-11-22T10:00:05.000Z", "client_reference": text.key,
            })
            .to_string();
            let signed = format!("{}.01FJA8B4A7BM43YGWSG9GBV067.1634579353", posted.body);
            posted = posted
                .with("x-sinch-webhook-signature-nonce", "01FJA8B4A7BM43YGWSG9GBV067")
                .with("x-sinch-webhook-signature-timestamp", "1634579353")
                .with("x-sinch-webhook-signature-algorithm", "HmacSHA256")
                .with("x-sinch-webhook-signature", &BASE64.encode(&hmac_sha256(own(SIGNATURE), &signed)));
        }
        Kind::GatewayApi => {
            let id: u64 = text.id.parse().unwrap();
            posted.body = json!({
                "id": id, "msisdn": 46_701_740_605_u64, "time": 1_795_511_645, "status": word,
                "userref": text.key,
            })
            .to_string();
            let token = token(own(SIGNATURE), &posted.body);
            posted = posted.with("x-gwapi-signature", &token);
        }
        Kind::Kannel => posted.method = "GET",
        Kind::Http => panic!("it sends none"),
    }
    posted
}

fn hmac_sha256(key: &str, data: &str) -> Vec<u8> {
    let mac = Hmac::<Sha256>::new_from_slice(key.as_bytes()).unwrap();
    mac.chain_update(data).finalize().into_bytes().to_vec()
}

fn token(key: &str, claims: &str) -> String {
    let part = |text: &str| BASE64URL_NOPAD.encode(text.as_bytes());
    let signed = format!("{}.{}", part(r#"{"typ":"JWT","alg":"HS256"}"#), part(claims));
    format!("{signed}.{}", BASE64URL_NOPAD.encode(&hmac_sha256(key, &signed)))
}

/// Of the address, and the fields in the order of their names.
fn twilio_signature(key: &str, address: &str, form: &str) -> String {
    let query = format!("http://127.0.0.1/?{form}");
    let mut fields = ServiceUrl::parse_with_query(&query).unwrap().query_pairs();
    fields.sort();
    let fields: String = fields.into_iter().map(|(name, value)| name + &value).collect();
    let mac = Hmac::<Sha1>::new_from_slice(key.as_bytes()).unwrap();
    BASE64.encode(&mac.chain_update(format!("{address}{fields}")).finalize().into_bytes())
}
