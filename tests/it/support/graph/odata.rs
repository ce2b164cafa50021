//! How a request to Graph is written: its path, its options, and the few filters that are documented.

use std::collections::BTreeMap;

use super::people::Person;

/// Method, decoded path and decoded options of a request.
pub fn line(head: &str) -> (String, String, BTreeMap<String, String>) {
    let first = head.lines().next().unwrap_or_default();
    let mut words = first.split(' ');
    let (method, target) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let pairs = query.split('&').filter(|pair| !pair.is_empty());
    let options = pairs.map(|pair| {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        (decoded(name), decoded(value))
    });
    (method.to_owned(), decoded(path), options.collect())
}

/// `%20` is a blank and `+` is itself, as an OData service may read them.
fn decoded(text: &str) -> String {
    let mut octets = Vec::new();
    let mut rest = text.bytes();
    while let Some(octet) = rest.next() {
        octets.push(match octet {
            b'%' => {
                let hex = [rest.next().unwrap_or(b'0'), rest.next().unwrap_or(b'0')];
                u8::from_str_radix(std::str::from_utf8(&hex).unwrap_or("00"), 16).unwrap_or(b'?')
            }
            octet => octet,
        });
    }
    String::from_utf8_lossy(&octets).into_owned()
}

/// A filter on people.
#[derive(Debug, PartialEq, Eq)]
pub struct Filter {
    property: &'static str,
    values: Vec<String>,
}

impl Filter {
    /// One of the documented filters that this program has a use for.
    pub fn parse(text: &str) -> Option<Self> {
        for property in [
            "userPrincipalName",
            "mail",
            "onPremisesSamAccountName",
            "userType",
            "principalId",
            "displayName",
        ] {
            if let Some(rest) = text.strip_prefix(&format!("{property} eq ")) {
                return Some(Self { property, values: vec![whole_literal(rest)?] });
            }
        }
        // A truth value has no quotes.
        for property in ["isAssignableToRole", "onPremisesSyncEnabled"] {
            if text == format!("{property} eq true") {
                return Some(Self { property, values: vec!["true".to_owned()] });
            }
        }
        if let Some(list) = text.strip_prefix("userPrincipalName in (") {
            let mut values = Vec::new();
            let mut rest = list.strip_suffix(')')?;
            loop {
                let (value, after) = literal(rest)?;
                values.push(value);
                match after.strip_prefix(',') {
                    Some(more) => rest = more,
                    None => {
                        return after.is_empty().then_some(Self { property: "userPrincipalName", values });
                    }
                }
            }
        }
        let inner = text.strip_prefix("proxyAddresses/any(p:p eq ")?.strip_suffix(')')?;
        let (first, rest) = literal(inner)?;
        let mut values = vec![first];
        if !rest.is_empty() {
            values.push(whole_literal(rest.strip_prefix(" or p eq ")?)?);
        }
        Some(Self { property: "proxyAddresses", values })
    }

    /// Only the search index can answer it.
    pub fn is_advanced(&self) -> bool {
        self.property == "onPremisesSamAccountName"
    }

    /// The one value of a filter on `principalId`.
    pub fn principal(&self) -> Option<&str> {
        self.one("principalId")
    }

    /// The one value of a filter on `property`.
    pub fn one(&self, property: &str) -> Option<&str> {
        (self.property == property).then(|| self.values[0].as_str())
    }

    pub fn takes(&self, person: &Person) -> bool {
        let has = |value: &str| match self.property {
            "userPrincipalName" => person.upn.eq_ignore_ascii_case(value),
            "mail" => person.mail.as_deref().is_some_and(|mail| mail.eq_ignore_ascii_case(value)),
            "onPremisesSamAccountName" => {
                person.sam.as_deref().is_some_and(|sam| sam.eq_ignore_ascii_case(value))
            }
            "userType" => person.user_type == value,
            "onPremisesSyncEnabled" => person.synced.is_some_and(|synced| synced.to_string() == value),
            // Case counts here: the strictest reading of the documentation.
            "proxyAddresses" => person.proxies.iter().any(|proxy| proxy == value),
            other => panic!("{other} is no property of people"),
        };
        self.values.iter().any(|value| has(value))
    }
}

/// A literal and what stands behind it.
fn literal(text: &str) -> Option<(String, &str)> {
    let mut value = String::new();
    let mut rest = text.strip_prefix('\'')?;
    loop {
        let (before, after) = rest.split_once('\'')?;
        value.push_str(before);
        match after.strip_prefix('\'') {
            Some(more) => {
                value.push('\'');
                rest = more;
            }
            None => return Some((value, after)),
        }
    }
}

fn whole_literal(text: &str) -> Option<String> {
    literal(text).filter(|(_, rest)| rest.is_empty()).map(|(value, _)| value)
}
