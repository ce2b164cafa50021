//! What each service takes, and how it answers. Sources: `src/delivery/sms`, the head of each file.

use std::collections::BTreeMap;
use std::sync::Mutex;

use data_encoding::BASE64;
use serde_json::{Value, json};

use super::receipts::Fate;
use super::{ACCOUNT, Book, CALLBACK_AUTH, Kind, PASSWORD, Taken, USERNAME};
use crate::support::http_request::{form, header};

/// A request as it came.
pub struct Asked<'a> {
    pub line: &'a str,
    pub head: &'a str,
    pub body: &'a str,
}

/// A status and the words with it.
pub type Said = (u16, String);

impl Asked<'_> {
    fn header(&self, name: &str) -> &str {
        header(self.head, name).unwrap_or_default()
    }

    fn path(&self) -> &str {
        self.line.split(' ').nth(1).unwrap()
    }
}

fn refuse<T>(status: u16, words: &str) -> Result<T, Said> {
    Err((status, words.to_owned()))
}

/// Is it the request that hands a text over?
pub fn hands_over(kind: Kind, asked: &Asked<'_>) -> bool {
    let expected = match kind {
        Kind::Elks => "POST /a1/sms HTTP/1.1".to_owned(),
        Kind::Twilio => format!("POST /2010-04-01/Accounts/{ACCOUNT}/Messages.json HTTP/1.1"),
        Kind::Sinch => format!("POST /xms/v1/{ACCOUNT}/batches HTTP/1.1"),
        Kind::GatewayApi => "POST /rest/mtsms HTTP/1.1".to_owned(),
        Kind::Kannel => "POST /cgi-bin/sendsms HTTP/1.1".to_owned(),
        Kind::Http => return asked.line.starts_with("POST /send?ref="),
    };
    asked.line == expected
}

fn signed_in(kind: Kind, asked: &Asked<'_>) -> Result<(), Said> {
    let basic = |name: &str, password: &str| {
        format!("Basic {}", BASE64.encode(format!("{name}:{password}").as_bytes()))
    };
    let expected = match kind {
        Kind::Elks => basic(USERNAME, PASSWORD),
        Kind::Twilio => basic(ACCOUNT, PASSWORD),
        Kind::Sinch | Kind::Http => format!("Bearer {PASSWORD}"),
        Kind::GatewayApi => basic(PASSWORD, ""),
        Kind::Kannel => {
            let shown = (asked.header("x-kannel-username"), asked.header("x-kannel-password"));
            let known = shown == (USERNAME, PASSWORD);
            return if known { Ok(()) } else { refuse(403, "Authorization failed for sendsms") };
        }
    };
    if asked.header("authorization") == expected { Ok(()) } else { refuse(401, "who are you?") }
}

/// The text that is handed over.
pub fn text(kind: Kind, asked: &Asked<'_>) -> Result<Taken, Said> {
    signed_in(kind, asked)?;
    let taken = match kind {
        Kind::Elks => of_form(
            asked,
            &["from", "to", "message", "dontlog", "whendelivered"],
            ["to", "message", "whendelivered"],
        ),
        Kind::Twilio => of_form(
            asked,
            &["From", "To", "Body", "StatusCallback", "ValidityPeriod", "ContentRetention"],
            ["To", "Body", "StatusCallback"],
        ),
        Kind::Sinch => sinch(asked),
        Kind::GatewayApi => gatewayapi(asked),
        Kind::Kannel => kannel(asked),
        Kind::Http => http(asked),
    }?;
    if kind == Kind::Twilio && taken.to.is_empty() {
        return refuse(400, r#"{"code":21604,"message":"A 'To' phone number is required.","status":400}"#);
    }
    let digits = taken.to.strip_prefix('+').unwrap_or(&taken.to);
    let is_number = (8..=15).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit());
    let plus = matches!(kind, Kind::Elks | Kind::Twilio | Kind::Kannel);
    if !is_number || plus != taken.to.starts_with('+') {
        return refuse(400, "Invalid number");
    }
    if taken.text.is_empty() || taken.text.chars().count() > 1600 {
        return refuse(400, "Invalid text");
    }
    let to = format!("+{digits}");
    Ok(Taken { to, ..taken })
}

/// The name that a service gives to its n-th text, counted from 0.
pub fn id(kind: Kind, n: usize) -> String {
    match kind {
        Kind::Elks => format!("s3633fa8e62f823e52fbc67ebf6925a{n:02x}"),
        Kind::Twilio => format!("SM0000000000000000000000000000{n:02x}"),
        Kind::Sinch => format!("01FC66621ABCDE119Z8PMV1Q{n:02}"),
        Kind::GatewayApi => (421_332_671 + n).to_string(),
        Kind::Kannel | Kind::Http => format!("a-{n:02}"),
    }
}

fn of_form(asked: &Asked<'_>, known: &[&str], [to, text, callback]: [&str; 3]) -> Result<Taken, Said> {
    if asked.header("content-type") != "application/x-www-form-urlencoded" {
        return refuse(415, "not a form");
    }
    let Some(fields) = form(asked.body) else { return refuse(400, "a field comes twice") };
    if fields.keys().any(|key| !known.contains(&key.as_str())) {
        return refuse(400, "an unknown field");
    }
    if fields.get("ContentRetention").is_some_and(|value| value != "discard") {
        return refuse(400, "ContentRetention");
    }
    let period = fields.get("ValidityPeriod").map(|value| value.parse().unwrap_or(0));
    if period.is_some_and(|seconds: u32| !(1..=36_000).contains(&seconds)) {
        return refuse(400, "ValidityPeriod");
    }
    let field = |name: &str| fields.get(name).cloned().unwrap_or_default();
    let callback = field(callback);
    let key = callback.split_once("key=").map(|(_, key)| key.to_owned()).unwrap_or_default();
    Ok(Taken { id: String::new(), to: field(to), text: field(text), key, callback })
}

fn object(asked: &Asked<'_>, known: &[&str]) -> Result<BTreeMap<String, Value>, Said> {
    if asked.header("content-type") != "application/json" {
        return refuse(415, "not JSON");
    }
    let Ok(object) = serde_json::from_str::<BTreeMap<String, Value>>(asked.body) else {
        return refuse(400, "no object of JSON");
    };
    if object.keys().any(|key| !known.contains(&key.as_str())) {
        return refuse(400, "an unknown key");
    }
    Ok(object)
}

fn word(object: &BTreeMap<String, Value>, key: &str) -> String {
    object.get(key).and_then(Value::as_str).unwrap_or_default().to_owned()
}

fn sinch(asked: &Asked<'_>) -> Result<Taken, Said> {
    let known =
        ["to", "from", "body", "type", "delivery_report", "expire_at", "callback_url", "client_reference"];
    let batch = object(asked, &known)?;
    let reports = ["none", "summary", "full", "per_recipient", "per_recipient_final"];
    if word(&batch, "type") != "mt_text" || !reports.contains(&word(&batch, "delivery_report").as_str()) {
        return refuse(400, "type or delivery_report");
    }
    if nyckelbud::clock::parse_rfc3339(&word(&batch, "expire_at")).is_none() {
        return refuse(400, "expire_at");
    }
    let [Value::String(to)] = batch["to"].as_array().map(Vec::as_slice).unwrap_or_default() else {
        return refuse(400, "to");
    };
    let (text, key) = (word(&batch, "body"), word(&batch, "client_reference"));
    Ok(Taken { id: String::new(), to: to.clone(), text, key, callback: word(&batch, "callback_url") })
}

fn gatewayapi(asked: &Asked<'_>) -> Result<Taken, Said> {
    let known = ["sender", "message", "recipients", "userref", "callback_url", "validity_period", "encoding"];
    let sms = object(asked, &known)?;
    if sms.get("validity_period").and_then(Value::as_u64).is_none_or(|seconds| seconds < 60) {
        return refuse(400, "validity_period");
    }
    let number = sms.get("recipients").and_then(|r| r.pointer("/0/msisdn")).and_then(Value::as_u64);
    let Some(number) = number else { return refuse(422, "recipients") };
    let (text, key) = (word(&sms, "message"), word(&sms, "userref"));
    Ok(Taken { id: String::new(), to: number.to_string(), text, key, callback: word(&sms, "callback_url") })
}

fn kannel(asked: &Asked<'_>) -> Result<Taken, Said> {
    if !asked.header("content-type").starts_with("text/plain") {
        return refuse(400, "Invalid content-type");
    }
    let header = |name: &str| asked.header(name).to_owned();
    if header("x-kannel-to").is_empty() {
        return refuse(400, "Missing receiver(s) number(s), rejected");
    }
    let callback = header("x-kannel-dlr-url");
    let (key, rest) =
        callback.split_once("key=").and_then(|(_, rest)| rest.split_once('&')).unwrap_or_default();
    if !callback.is_empty() && (rest != "type=%d" || header("x-kannel-dlr-mask") != "19") {
        return refuse(400, "dlr");
    }
    let (to, text, key) = (header("x-kannel-to"), asked.body.to_owned(), key.to_owned());
    Ok(Taken { id: String::new(), to, text, key, callback })
}

fn http(asked: &Asked<'_>) -> Result<Taken, Said> {
    let sms = object(asked, &["to", "from", "text"])?;
    let key = asked.path().split_once("ref=").map(|(_, key)| key.to_owned()).unwrap_or_default();
    let (to, text) = (word(&sms, "to"), word(&sms, "text"));
    Ok(Taken { id: String::new(), to, text, key, callback: String::new() })
}

/// The answer to a text that was taken. It repeats the words, as the real ones do.
pub fn taken(kind: Kind, text: &Taken) -> Said {
    match kind {
        Kind::Elks => (200, json!({"id": text.id, "status": "created", "message": text.text}).to_string()),
        Kind::Twilio => (201, message(text, "queued")),
        Kind::Sinch => {
            (201, json!({"id": text.id, "canceled": false, "body": text.text, "type": "mt_text"}).to_string())
        }
        Kind::GatewayApi => {
            let id: u64 = text.id.parse().unwrap();
            (200, json!({"ids": [id], "usage": {"currency": "EUR", "total_cost": 0.06}}).to_string())
        }
        Kind::Kannel => (202, "0: Accepted for delivery".to_owned()),
        Kind::Http => (200, json!({"id": text.id, "text": text.text}).to_string()),
    }
}

fn message(text: &Taken, status: &str) -> String {
    json!({
        "sid": text.id, "status": status, "to": text.to, "body": text.text, "error_code": null,
        "account_sid": ACCOUNT, "num_segments": "1", "direction": "outbound-api",
    })
    .to_string()
}

/// The answer to a text that is refused. It repeats the number and the words.
pub fn refusal(kind: Kind, text: &Taken) -> Said {
    // What it was shown: the sign-in for receipts is in their address.
    let sign_in = if matches!(kind, Kind::Elks | Kind::Kannel) { CALLBACK_AUTH } else { "" };
    let secrets = format!("{} {PASSWORD} {sign_in}", text.callback);
    let words = format!("Invalid 'To' number {} for {}: {secrets}", text.to, text.text);
    match kind {
        Kind::Elks | Kind::Kannel => (400, words),
        Kind::Twilio => (400, json!({"code": 21211, "message": words, "status": 400}).to_string()),
        Kind::Sinch => (400, json!({"code": "syntax_constraint_violation", "text": words}).to_string()),
        Kind::GatewayApi => (400, json!({"code": "0x0213", "message": words}).to_string()),
        Kind::Http => (200, json!({"error": words}).to_string()),
    }
}

/// Whatever else can be asked: a text, the account.
pub(super) fn told(kind: Kind, asked: &Asked<'_>, book: &Mutex<Book>) -> Result<Said, Said> {
    signed_in(kind, asked)?;
    let book = book.lock().unwrap();
    let text = book.taken.iter().find(|text| asked.path().contains(&text.id)).cloned().unwrap_or_default();
    let held = book.balance.unwrap_or(96_705);
    let fate = book.fate.unwrap_or(Fate::Pending);
    let word = fate.word(kind);
    let (id, path) = (&text.id, asked.path());
    let known = |expected: &str| !id.is_empty() && path == expected;
    if !asked.line.starts_with("GET ") {
        return refuse(405, "no such request");
    }
    let said = match kind {
        Kind::Elks if path == "/a1/me" => json!({"id": "u0", "currency": "SEK", "balance": held * 100}),
        Kind::Elks if known(&format!("/a1/sms/{id}")) => json!({"id": id, "status": word}),
        Kind::Twilio if path == format!("/2010-04-01/Accounts/{ACCOUNT}/Balance.json") => {
            if let Some(status) = book.hides_balance {
                return refuse(status, r#"{"code":20003,"message":"Permission denied"}"#);
            }
            let balance = format!("{}.{:02}", held / 100, held % 100);
            json!({"account_sid": ACCOUNT, "currency": "SEK", "balance": balance})
        }
        Kind::Twilio if known(&format!("/2010-04-01/Accounts/{ACCOUNT}/Messages/{id}.json")) => {
            serde_json::from_str(&message(&text, word)).unwrap()
        }
        Kind::Sinch if path == format!("/xms/v1/{ACCOUNT}/groups?page_size=1") => {
            json!({"count": 0, "page": 0, "page_size": 0, "groups": []})
        }
        Kind::Sinch if known(&format!("/xms/v1/{ACCOUNT}/batches/{id}/delivery_report?type=summary")) => {
            let counted = json!({"code": 0, "status": word, "count": 1});
            json!({"type": "delivery_report_sms", "batch_id": id, "total_message_count": 1, "statuses": [counted]})
        }
        Kind::GatewayApi if path == "/rest/me" => {
            json!({"credit": f64::from(i32::try_from(held).unwrap()) / 100.0, "currency": "SEK", "id": 1})
        }
        Kind::GatewayApi if known(&format!("/rest/mtsms/{id}")) => {
            let id: u64 = id.parse().unwrap();
            json!([{"id": id, "message": text.text, "recipients": [{"dsnstatus": word, "msisdn": 1}]}])
        }
        Kind::Elks | Kind::Twilio | Kind::Sinch | Kind::GatewayApi | Kind::Kannel | Kind::Http => {
            return refuse(404, "Not found");
        }
    };
    Ok((200, said.to_string()))
}
