//! Templates are tried with values that hurt, before any text is: quotes, line breaks, letters of other
//! alphabets, and whatever ends a value in an address, a form, JSON or XML.

use super::{Compiled, Templates, Values};
use crate::delivery::sms::form;

/// A text that is read wrongly wherever it is not escaped.
const TEXT: &str = "Å \"1\" & <2>=%41+\\\n{3}; é";
/// A password of that kind.
const PASSWORD: &str = "p\"w&%41+ <=\\å";

/// The values that templates are tried with.
pub(super) fn sample() -> Values<'static> {
    Values {
        to: "+46701740605",
        to_digits: "46701740605",
        text: TEXT,
        sender: "Servicedesk",
        key: "n1-text-1-0-1",
        password: PASSWORD,
    }
}

/// What is wrong with `templates`: the key, and why. Nothing is, when it is empty.
#[must_use]
pub fn faults(templates: &Templates) -> Vec<(&'static str, String)> {
    let read = match Compiled::read(templates) {
        Ok(read) => read,
        Err(fault) => return vec![fault],
    };
    let mut found = Vec::new();
    if read.success.is_match("") {
        found
            .push(("success", "fits an answer that is empty, so every text would count as taken".to_owned()));
    }
    found.extend(unused(&read, templates));
    match read.fill(&sample()) {
        Ok(filled) => found.extend(misread(&read, &filled)),
        Err(fault) => found.push(fault),
    }
    found
}

/// A request without a number or a text.
fn unused(read: &Compiled, templates: &Templates) -> Vec<(&'static str, String)> {
    let uses = |name: &str| {
        read.url.uses(name) || read.body.uses(name) || read.headers.iter().any(|(_, value)| value.uses(name))
    };
    let key = if templates.body.is_empty() { "url" } else { "body" };
    let mut found = Vec::new();
    if !uses("text") {
        found.push((key, "lacks {{ text }}, so no text would be sent".to_owned()));
    }
    if !uses("to") && !uses("to_digits") {
        found.push((key, "lacks {{ to }} or {{ to_digits }}, so nobody would get the text".to_owned()));
    }
    if templates.idempotent && !uses("key") {
        found.push((key, "lacks {{ key }}, so the service cannot know a text again".to_owned()));
    }
    found
}

/// Values that do not arrive as they are.
fn misread(read: &Compiled, filled: &super::Filled) -> Vec<(&'static str, String)> {
    let mut found = Vec::new();
    for (name, value) in [("text", TEXT), ("password", PASSWORD)] {
        let in_query = |(_, held): &(String, String)| held.contains(value);
        if read.url.uses(name) && !filled.url.query_pairs().iter().any(in_query) {
            found.push(("url", format!("write {{{{ {name} | url }}}}, as a value of the query")));
        }
        let wrong = |held: &str| held.bytes().any(|b| !(0x20..=0x7e).contains(&b));
        let mut headers = read.headers.iter().zip(&filled.headers);
        if headers.any(|((_, snippet), (_, held))| snippet.uses(name) && wrong(held)) && name == "text" {
            found
                .push(("headers", "a header holds letters of ASCII only: write {{ text | url }}".to_owned()));
        }
        if read.body.uses(name) && !arrives(kind(filled), &filled.body, value) {
            let filter = kind(filled).filter();
            found
                .push(("body", format!("write {{{{ {name} | {filter} }}}}, and a whole {filter} around it")));
        }
    }
    found
}

/// What a body is read as.
#[derive(Clone, Copy)]
enum Kind {
    Json,
    Form,
    Xml,
    Other,
}

impl Kind {
    /// The filter that its values need.
    fn filter(self) -> &'static str {
        match self {
            Self::Json => "json",
            Self::Form => "url",
            Self::Xml | Self::Other => "e",
        }
    }
}

fn kind(filled: &super::Filled) -> Kind {
    let of = |name: &str| name.eq_ignore_ascii_case("content-type");
    let stated = filled.headers.iter().find(|(name, _)| of(name)).map(|(_, value)| value.to_lowercase());
    match stated {
        Some(stated) if stated.contains("json") => Kind::Json,
        Some(stated) if stated.contains("x-www-form-urlencoded") => Kind::Form,
        Some(stated) if stated.contains("xml") => Kind::Xml,
        Some(_) | None => Kind::Other,
    }
}

/// Does `value` arrive as it is?
fn arrives(kind: Kind, body: &str, value: &str) -> bool {
    match kind {
        Kind::Json => serde_json::from_str(body).is_ok_and(|json| holds(&json, value)),
        Kind::Form => form(body.as_bytes()).iter().any(|(_, held)| held.contains(value)),
        Kind::Xml => !body.contains(value),
        Kind::Other => true,
    }
}

fn holds(json: &serde_json::Value, value: &str) -> bool {
    match json {
        serde_json::Value::String(text) => text.contains(value),
        serde_json::Value::Array(list) => list.iter().any(|json| holds(json, value)),
        serde_json::Value::Object(fields) => fields.values().any(|json| holds(json, value)),
        serde_json::Value::Null | serde_json::Value::Bool(_) | serde_json::Value::Number(_) => false,
    }
}
