//! How durations, sizes, addresses and URLs are written, for `#[serde(with = …)]`.

use std::time::Duration;

use serde::de::{Error, Unexpected};
use serde::{Deserialize, Deserializer, Serializer};

/// Durations: `30s`, `9m`, `24h`, `30d`.
pub(super) mod duration {
    use super::*;

    pub(in crate::config) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Duration, D::Error> {
        parse(&from.deserialize_str(Text("a duration such as \"30s\", \"9m\", \"24h\" or \"30d\""))?)
    }

    pub(in crate::config) fn serialize<S: Serializer>(span: &Duration, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&written(*span))
    }

    pub(super) fn parse<E: Error>(text: &str) -> Result<Duration, E> {
        if text == crate::config::reader::STAND_IN {
            return Ok(Duration::from_secs(1));
        }
        humantime::parse_duration(text).map_err(|_| {
            E::invalid_value(Unexpected::Str(text), &"a duration such as \"30s\", \"9m\", \"24h\" or \"30d\"")
        })
    }

    /// As people write it, in the largest unit that leaves no rest; days from two days on.
    pub(super) fn written(span: Duration) -> String {
        let millis = span.as_millis();
        let units = [("d", 86_400_000, 2), ("h", 3_600_000, 1), ("m", 60_000, 1), ("s", 1000, 1)];
        for (unit, length, from) in units {
            if millis.is_multiple_of(length) && millis / length >= from {
                return format!("{}{unit}", millis / length);
            }
        }
        format!("{millis}ms")
    }
}

/// Two durations, the first not longer than the second: `["15m", "30m"]`.
pub(super) mod duration_pair {
    use super::*;

    pub(in crate::config) fn deserialize<'de, D: Deserializer<'de>>(
        from: D,
    ) -> Result<[Duration; 2], D::Error> {
        let written: Vec<String> = Vec::deserialize(from)?;
        let spans: Result<Vec<Duration>, D::Error> =
            written.iter().map(|text| duration::parse(text)).collect();
        match spans?.as_slice() {
            [first, second] if first <= second => Ok([*first, *second]),
            _ => Err(Error::custom(
                "expected two durations, the shorter one first, such as [\"15m\", \"30m\"]",
            )),
        }
    }

    pub(in crate::config) fn serialize<S: Serializer>(
        pair: &[Duration; 2],
        to: S,
    ) -> Result<S::Ok, S::Error> {
        to.collect_seq(pair.iter().map(|span| duration::written(*span)))
    }
}

/// Sizes: `25MiB`; in the settings a number of bytes.
pub(super) mod size {
    use super::*;
    use bytesize::ByteSize;

    pub(in crate::config) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<u64, D::Error> {
        const EXPECTED: &str = "a size such as \"25MiB\"";
        let text = from.deserialize_str(Text(EXPECTED))?;
        let size: ByteSize =
            text.parse().map_err(|_| Error::invalid_value(Unexpected::Str(&text), &EXPECTED))?;
        Ok(size.as_u64())
    }

    pub(in crate::config) fn serialize<S: Serializer>(bytes: &u64, to: S) -> Result<S::Ok, S::Error> {
        let units = [("GiB", bytesize::GIB), ("MiB", bytesize::MIB), ("KiB", bytesize::KIB)];
        let written = units
            .iter()
            .find(|(_, length)| *bytes > 0 && bytes.is_multiple_of(*length))
            .map_or_else(|| format!("{bytes}B"), |(unit, length)| format!("{}{unit}", bytes / length));
        to.serialize_str(&written)
    }
}

/// An address to listen on, `127.0.0.1:9025`; empty turns it off.
pub(super) mod optional_address {
    use super::*;
    use std::net::SocketAddr;

    pub(in crate::config) fn deserialize<'de, D: Deserializer<'de>>(
        from: D,
    ) -> Result<Option<SocketAddr>, D::Error> {
        let text = from.deserialize_str(Text(address::EXPECTED))?;
        if text.is_empty() { Ok(None) } else { address::parse(&text).map(Some) }
    }

    pub(in crate::config) fn serialize<S: Serializer>(
        address: &Option<SocketAddr>,
        to: S,
    ) -> Result<S::Ok, S::Error> {
        to.serialize_str(&address.map(|address| address.to_string()).unwrap_or_default())
    }
}

/// An address to listen on: `127.0.0.1:8025`.
pub(super) mod address {
    use super::*;
    use std::net::SocketAddr;

    pub(super) const EXPECTED: &str = "an IP address and a port, such as \"127.0.0.1:8025\"";

    pub(in crate::config) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<SocketAddr, D::Error> {
        parse(&from.deserialize_str(Text(EXPECTED))?)
    }

    pub(in crate::config) fn serialize<S: Serializer>(
        address: &SocketAddr,
        to: S,
    ) -> Result<S::Ok, S::Error> {
        to.collect_str(address)
    }

    pub(super) fn parse<E: Error>(text: &str) -> Result<SocketAddr, E> {
        text.parse().map_err(|_| E::invalid_value(Unexpected::Str(text), &EXPECTED))
    }
}

/// The URL of a web service or page; a slash at its end is dropped, so that paths can be added.
pub(super) mod http_url {
    use super::*;

    pub(in crate::config) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<String, D::Error> {
        const EXPECTED: &str = "a URL such as \"https://servicedesk.kommun.example\"";
        let text = from.deserialize_str(Text(EXPECTED))?;
        if text == crate::config::reader::STAND_IN {
            return Ok(text);
        }
        if has_user_info(&text) {
            // the value is not repeated: it may hold a password
            return Err(Error::custom("expected a URL without a user name and password in it"));
        }
        if !is_http_url(&text) {
            return Err(Error::invalid_value(Unexpected::Str(&text), &EXPECTED));
        }
        Ok(text.trim_end_matches('/').to_owned())
    }

    pub(in crate::config) fn serialize<S: Serializer>(url: &str, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(url)
    }
}

/// As [`http_url`], with a query if it has one, and shown without what follows the host.
pub(super) mod webhook_url {
    use super::*;

    pub(in crate::config) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<String, D::Error> {
        let expected = "a URL such as \"https://hooks.kommun.example/nyckelbud\"";
        let text = from.deserialize_str(Text(expected))?;
        let bare = text.split('?').next().unwrap_or_default();
        // the value is not repeated: what follows the host may be all that keeps others out
        if text != crate::config::reader::STAND_IN && (has_user_info(&text) || !is_http_url(bare)) {
            return Err(Error::custom(format_args!("expected {expected}")));
        }
        Ok(text)
    }

    pub(in crate::config) fn serialize<S: Serializer>(url: &str, to: S) -> Result<S::Ok, S::Error> {
        let (scheme, rest) = url.split_once("://").unwrap_or(("", url));
        let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
        to.serialize_str(&format!("{scheme}://{host}/…"))
    }
}

/// As [`http_url`], or empty.
pub(super) mod optional_http_url {
    use super::*;

    pub(in crate::config) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<String, D::Error> {
        const EXPECTED: &str = "a URL such as \"https://aka.ms/sspr\", or an empty text";
        let text = from.deserialize_str(Text(EXPECTED))?;
        if has_user_info(&text) {
            return Err(Error::custom("expected a URL without a user name and password in it"));
        }
        if !text.is_empty() && !is_http_url(&text) {
            return Err(Error::invalid_value(Unexpected::Str(&text), &EXPECTED));
        }
        Ok(text)
    }

    pub(in crate::config) fn serialize<S: Serializer>(url: &str, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(url)
    }
}

/// Who vouches for senders: `exchange`, `authserv:mx.kommun.example`, `dkim`, `trusted`.
pub(super) mod authentication {
    use super::*;
    use crate::mail::Authentication;

    pub(in crate::config) fn deserialize<'de, D: Deserializer<'de>>(
        from: D,
    ) -> Result<Authentication, D::Error> {
        const EXPECTED: &str = "\"exchange\", \"authserv:mx.kommun.example\", \"dkim\" or \"trusted\"";
        let text = from.deserialize_str(Text(EXPECTED))?;
        match text.as_str() {
            "exchange" => return Ok(Authentication::Exchange),
            "dkim" => return Ok(Authentication::Dkim),
            "trusted" => return Ok(Authentication::Trusted),
            _ => {}
        }
        match text.strip_prefix("authserv:") {
            Some(host) if !host.is_empty() && host.chars().all(|c| c.is_ascii_graphic()) => {
                Ok(Authentication::Authserv(host.to_owned()))
            }
            _ => Err(Error::invalid_value(Unexpected::Str(&text), &EXPECTED)),
        }
    }

    pub(in crate::config) fn serialize<S: Serializer>(
        authentication: &Authentication,
        to: S,
    ) -> Result<S::Ok, S::Error> {
        match authentication {
            Authentication::Exchange => to.serialize_str("exchange"),
            Authentication::Authserv(host) => to.collect_str(&format_args!("authserv:{host}")),
            Authentication::Dkim => to.serialize_str("dkim"),
            Authentication::Trusted => to.serialize_str("trusted"),
        }
    }
}

/// Takes a text, and says what for.
struct Text(&'static str);

impl serde::de::Visitor<'_> for Text {
    type Value = String;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.0)
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<String, E> {
        Ok(text.to_owned())
    }
}

/// What of a URL lies between `//` and the first `/`, `?` or `#` (RFC 3986 3.2).
fn authority(url: &str) -> Option<&str> {
    url.split_once("//").and_then(|(_, rest)| rest.split(['/', '?', '#']).next())
}

fn has_user_info(url: &str) -> bool {
    authority(url).is_some_and(|authority| authority.contains('@'))
}

fn is_http_url(text: &str) -> bool {
    let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    let host = rest.and(authority(text)).unwrap_or_default();
    let (host, port) = match host.rsplit_once(':') {
        Some((host, port)) if !port.contains(']') => (host, Some(port)),
        _ => (host, None),
    };
    !host.is_empty()
        && host.chars().all(|c| c.is_ascii_alphanumeric() || "-.:[]".contains(c))
        && port.is_none_or(|port| port.parse::<u16>().is_ok_and(|port| port > 0))
        && text.chars().all(|c| c.is_ascii_graphic() && !"?#\"<>\\^`{|}".contains(c))
}
