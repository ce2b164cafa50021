//! Templates are tried with values that hurt, before any text is: quotes, line breaks, letters of other
//! alphabets, a plus, and whatever ends a value in an address, a form, JSON or XML. What is filled with them
//! must be the same request as with values that harm nothing, in every place but those of the value.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{Compiled, Fault, Filled, Templates, Values};
use crate::delivery::sms::form;
use crate::http::{Method, is_header_name};
use crate::render::Snippet;

/// A value that is tried in two ways.
struct Tried {
    /// What templates call it.
    name: &'static str,
    /// Read alike everywhere.
    tame: &'static str,
    /// Read wrongly wherever it is not escaped.
    hard: &'static str,
}

const TEXT: Tried =
    Tried { name: "text", tame: "tametext", hard: "Å \"1\" & <2>=%41+\\\n{3}; é ]]> ?a=b #c /d" };
const PASSWORD: Tried = Tried { name: "password", tame: "tamepassword", hard: "p\"w&%41+ <=\\å?#/" };
/// Where a plus stands for a blank, these are read instead of the numbers of [`sample`].
const BLANKS: [(&str, &str); 2] = [("to", " 46701740605"), ("sender", " 46701740606")];
/// Written for every request; another one would cut it off or lead it astray.
const OWN_HEADERS: [&str; 4] = ["host", "content-length", "transfer-encoding", "connection"];
/// An answer of somebody who stands between.
const STRANGE: &str = "<html><title>Logga in</title></html>";

/// The values that templates are tried with first.
pub(super) fn sample() -> Values<'static> {
    Values {
        to: "+46701740605",
        to_digits: "46701740605",
        text: TEXT.tame,
        sender: "+46701740606",
        key: "n1-text-1-0-1",
        password: PASSWORD.tame,
    }
}

/// What is wrong with `templates`: the key, and why. Nothing is, when it is empty.
#[must_use]
pub fn faults(templates: &Templates) -> Vec<Fault> {
    let read = match Compiled::read(templates) {
        Ok(read) => read,
        Err(fault) => return vec![fault],
    };
    let mut found = Vec::new();
    if read.success.is_match("") && read.success.is_match(STRANGE) {
        found.push(("success", "fits every answer, so every text would count as taken".to_owned()));
    }
    if templates.method == Method::Get && !templates.body.is_empty() {
        found.push(("body", "goes with the methods POST and PUT only".to_owned()));
    }
    found.extend(header_names(templates));
    found.extend(unused(&read, templates));
    match read.fill(&sample()) {
        Ok(filled) => found.extend(misread(&read, &filled)),
        Err(fault) => found.push(fault),
    }
    found
}

/// Do `templates` write the value `name` anywhere? Those that cannot be read are told of by [`faults`].
#[must_use]
pub fn uses(templates: &Templates, name: &str) -> bool {
    Compiled::read(templates).map_or(true, |read| read.uses(name))
}

/// Headers that cannot travel.
fn header_names(templates: &Templates) -> Vec<Fault> {
    let mut seen: Vec<String> = Vec::new();
    let mut found = Vec::new();
    for (name, _) in &templates.headers {
        let lower = name.to_ascii_lowercase();
        let why = if !is_header_name(name) {
            "is no name of a header"
        } else if OWN_HEADERS.contains(&lower.as_str()) {
            "is written for every request already"
        } else if seen.contains(&lower) {
            "is there twice"
        } else {
            seen.push(lower);
            continue;
        };
        found.push(("headers", format!("{name:?} {why}")));
    }
    found
}

/// A request without a number or a text.
fn unused(read: &Compiled, templates: &Templates) -> Vec<Fault> {
    let key = if templates.body.is_empty() { "url" } else { "body" };
    let mut found = Vec::new();
    if !read.uses("text") {
        found.push((key, "lacks {{ text }}, so no text would be sent".to_owned()));
    }
    if !read.uses("to") && !read.uses("to_digits") {
        found.push((key, "lacks {{ to }} or {{ to_digits }}, so nobody would get the text".to_owned()));
    }
    if templates.idempotent && !read.uses("key") {
        found.push((key, "lacks {{ key }}, so the service cannot know a text again".to_owned()));
    }
    found
}

/// Values that do not arrive as they are.
fn misread(read: &Compiled, tame: &Filled) -> Vec<Fault> {
    let kind = kind(tame);
    if read.body.uses("text") && kind.is_none() {
        let why = "lacks a Content-Type that says how the body is read: JSON, \
                   application/x-www-form-urlencoded, XML or text/plain";
        return vec![("headers", why.to_owned())];
    }
    if kind == Some(Kind::Json) && json(&tame.body).is_none() {
        return vec![("body", "is no JSON, as its Content-Type says".to_owned())];
    }
    let mut found = Vec::new();
    let posted = if kind == Some(Kind::Form) { form(tame.body.as_bytes()) } else { Vec::new() };
    for (key, fields) in [("url", tame.url.query_pairs()), ("body", posted)] {
        for (name, blank) in BLANKS {
            if fields.iter().any(|(_, held)| held.contains(blank)) {
                found.push((key, format!("write {{{{ {name} | url }}}}: a plus is read as a blank")));
            }
        }
    }
    let with_text = Values { text: TEXT.hard, ..sample() };
    let with_password = Values { password: PASSWORD.hard, ..sample() };
    for (tried, values) in [(&TEXT, with_text), (&PASSWORD, with_password)] {
        match read.fill(&values) {
            Ok(hard) => found.extend(changed(read, kind, tried, tame, &hard)),
            Err(("url", _)) => found.push(("url", in_query(tried.name))),
            Err(fault) => found.push(fault),
        }
    }
    found
}

fn in_query(name: &str) -> String {
    format!("write {{{{ {name} | url }}}}, as a value of the query")
}

/// Where the hard value makes another request than the tame one.
fn changed(read: &Compiled, kind: Option<Kind>, tried: &Tried, tame: &Filled, hard: &Filled) -> Vec<Fault> {
    let (name, mut found) = (tried.name, Vec::new());
    let page = |filled: &Filled| filled.url.as_str().split('?').next().map(ToOwned::to_owned);
    let same_page = page(tame) == page(hard);
    let same_query = || tried.differs_only(&tame.url.query_pairs(), &hard.url.query_pairs());
    if read.url.uses(name) && !(same_page && same_query()) {
        found.push(("url", in_query(name)));
    }
    let odd = |held: &str| held.bytes().any(|b| !(0x20..=0x7e).contains(&b));
    let mut headers = read.headers.iter().zip(&hard.headers);
    if name == "text" && headers.any(|((_, snippet), (_, held))| snippet.uses(name) && odd(held)) {
        found.push(("headers", "a header holds letters of ASCII only: write {{ text | url }}".to_owned()));
    }
    if let Some(kind) = kind.filter(|_| read.body.uses(name))
        && !tried.arrives(kind, &tame.body, &hard.body)
    {
        let filter = kind.filter();
        found.push(("body", format!("write {{{{ {name} | {filter} }}}}, and a whole {filter} around it")));
    }
    found
}

/// What a body is read as.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Json,
    Form,
    Xml,
    Plain,
}

impl Kind {
    /// The filter that its values need.
    fn filter(self) -> &'static str {
        match self {
            Self::Json => "json",
            Self::Form => "url",
            Self::Xml | Self::Plain => "e",
        }
    }
}

/// By its type (RFC 9110 8.3.1; suffixes by RFC 6839 3.1 and RFC 7303 4.2).
fn kind(filled: &Filled) -> Option<Kind> {
    let of = |name: &str| name.eq_ignore_ascii_case("content-type");
    let (_, stated) = filled.headers.iter().find(|(name, _)| of(name))?;
    let essence = stated.split(';').next()?.trim().to_ascii_lowercase();
    let (_, subtype) = essence.split_once('/')?;
    match (essence.as_str(), subtype.rsplit('+').next()?) {
        ("application/x-www-form-urlencoded", _) => Some(Kind::Form),
        ("text/plain", _) => Some(Kind::Plain),
        (_, "json") => Some(Kind::Json),
        (_, "xml") => Some(Kind::Xml),
        _ => None,
    }
}

impl Tried {
    /// Is `hard` the same body as `tame`, but for the value?
    fn arrives(&self, kind: Kind, tame: &str, hard: &str) -> bool {
        match kind {
            Kind::Json => {
                json(tame).zip(json(hard)).is_some_and(|(tame, hard)| self.differs_only(&tame, &hard))
            }
            Kind::Form => self.differs_only(&form(tame.as_bytes()), &form(hard.as_bytes())),
            Kind::Xml => {
                let value = escaped(self.hard);
                tame.contains(self.tame) && hard == tame.replace(self.tame, &value)
            }
            Kind::Plain => true,
        }
    }

    /// Have they the same names in the same order, and the hard value wherever the tame one is?
    fn differs_only(&self, tame: &[(String, String)], hard: &[(String, String)]) -> bool {
        let each = |((name, tame), (other, hard)): (&(String, String), &(String, String))| {
            name == other && (!tame.contains(self.tame) || *hard == tame.replace(self.tame, self.hard))
        };
        let somewhere = tame.iter().any(|(_, held)| held.contains(self.tame));
        somewhere && tame.len() == hard.len() && tame.iter().zip(hard).all(each)
    }
}

/// As templates write it into XML.
fn escaped(value: &str) -> String {
    let values = BTreeMap::from([("value", value)]);
    let filled = Snippet::new("{{ value | e }}").and_then(|snippet| snippet.render(&values));
    filled.map(|text| text.to_string()).unwrap_or_default()
}

/// The values of JSON, each with the way to it (RFC 6901); `None` when it is none.
fn json(body: &str) -> Option<Vec<(String, String)>> {
    let mut found = Vec::new();
    leaves(&serde_json::from_str(body).ok()?, "", &mut found);
    Some(found)
}

fn leaves(json: &Value, way: &str, found: &mut Vec<(String, String)>) {
    match json {
        Value::String(text) => found.push((way.to_owned(), text.clone())),
        Value::Null | Value::Bool(_) | Value::Number(_) => found.push((way.to_owned(), json.to_string())),
        Value::Array(list) => {
            list.iter().enumerate().for_each(|(at, json)| leaves(json, &format!("{way}/{at}"), found));
        }
        Value::Object(fields) => {
            fields.iter().for_each(|(name, json)| leaves(json, &format!("{way}/{name}"), found));
        }
    }
}
