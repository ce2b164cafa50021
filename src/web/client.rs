//! From where a request comes: the connection's address, or what a proxy says that is trusted to say it.

use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use axum::http::HeaderMap;

/// The other end of the connection.
#[derive(Clone, Copy, Debug)]
pub(super) struct Peer(pub IpAddr);

/// People are told once in this time of a proxy that is not believed.
const TOLD_FOR: Duration = Duration::from_secs(3600);

/// The proxies that are believed for whom they ask.
pub(super) struct Proxies {
    addresses: Vec<IpAddr>,
    told: Mutex<Option<Instant>>,
}

impl Proxies {
    /// These are believed.
    pub fn new(addresses: Vec<IpAddr>) -> Self {
        Self { addresses, told: Mutex::default() }
    }

    /// Who asks.
    pub fn client(&self, peer: IpAddr, headers: &HeaderMap) -> IpAddr {
        if is_unheard(peer, headers, &self.addresses) && self.is_time_to_tell(Instant::now()) {
            tracing::warn!(
                "{peer} says for whom it asks and is not among web.trusted_proxies: wrong passwords and codes are \
                 counted as those of {peer} itself; name it there if it is your proxy"
            );
        }
        address(peer, headers, &self.addresses)
    }

    fn is_time_to_tell(&self, now: Instant) -> bool {
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        let is_time = told.is_none_or(|told| now.saturating_duration_since(told) >= TOLD_FOR);
        if is_time {
            *told = Some(now);
        }
        is_time
    }
}

/// Does something that is no proxy of ours say for whom it asks? Then everybody behind it counts as one.
fn is_unheard(peer: IpAddr, headers: &HeaderMap, proxies: &[IpAddr]) -> bool {
    let says = headers.contains_key("x-forwarded-for") || headers.contains_key("forwarded");
    says && !is_ours(peer, proxies)
}

fn is_ours(address: IpAddr, proxies: &[IpAddr]) -> bool {
    proxies.iter().any(|proxy| proxy.to_canonical() == address.to_canonical())
}

/// Who asks: `peer`, unless that is one of our proxies; then the last address that no proxy of ours has written about
/// itself. Proxies append to `X-Forwarded-For`; where that is missing, to `Forwarded` (RFC 7239). What cannot be read
/// ends the search: somebody else may have written everything before it.
fn address(peer: IpAddr, headers: &HeaderMap, proxies: &[IpAddr]) -> IpAddr {
    let peer = peer.to_canonical();
    if !is_ours(peer, proxies) {
        return peer;
    }
    let mut hops: Vec<Option<IpAddr>> = list(headers, "x-forwarded-for").map(parse).collect();
    if hops.is_empty() {
        hops = list(headers, "forwarded").map(of_forwarded).collect();
    }
    let mut nearest = peer;
    for hop in hops.into_iter().rev() {
        let Some(hop) = hop else { break };
        nearest = hop;
        if !is_ours(hop, proxies) {
            break;
        }
    }
    nearest
}

/// The parts between commas of all fields with this name, in their order.
fn list<'h>(headers: &'h HeaderMap, name: &'static str) -> impl Iterator<Item = &'h str> {
    let fields = headers.get_all(name).iter().filter_map(|field| field.to_str().ok());
    fields.flat_map(|field| field.split(',')).map(str::trim)
}

/// `for=…` of one element of `Forwarded`.
fn of_forwarded(element: &str) -> Option<IpAddr> {
    let pairs = element.split(';').filter_map(|pair| pair.trim().split_once('='));
    pairs
        .filter(|(name, _)| name.eq_ignore_ascii_case("for"))
        .find_map(|(_, value)| parse(value.trim_matches('"')))
}

/// An address, with or without a port.
fn parse(text: &str) -> Option<IpAddr> {
    let text = text.trim();
    let bare =
        text.strip_prefix('[').and_then(|rest| rest.split_once(']')).map_or(text, |(inside, _)| inside);
    let address: Option<IpAddr> = bare.parse().ok();
    let address = address.or_else(|| text.parse::<std::net::SocketAddr>().ok().map(|address| address.ip()));
    address.map(|address| address.to_canonical())
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::{HeaderName, HeaderValue};

    fn asked(peer: &str, fields: &[(&'static str, &'static str)]) -> String {
        let headers = fields
            .iter()
            .map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value)));
        let proxies = ["10.0.0.1".parse().unwrap(), "10.0.0.2".parse().unwrap()];
        address(peer.parse().unwrap(), &headers.collect(), &proxies).to_string()
    }

    #[test]
    fn only_a_proxy_of_ours_may_say_for_whom_it_asks() {
        let says = [("x-forwarded-for", "192.0.2.7")];
        assert_eq!(asked("192.0.2.1", &says), "192.0.2.1");
        assert_eq!(asked("10.0.0.1", &says), "192.0.2.7");
        assert_eq!(asked("10.0.0.1", &[]), "10.0.0.1");
    }

    #[test]
    fn of_a_proxy_that_is_not_believed_people_are_told_once_an_hour() {
        let says = |name| {
            HeaderMap::from_iter([(HeaderName::from_static(name), HeaderValue::from_static("192.0.2.7"))])
        };
        let proxies = ["10.0.0.1".parse().unwrap()];
        let unheard = |peer: &str, headers: &HeaderMap| is_unheard(peer.parse().unwrap(), headers, &proxies);
        assert!(unheard("192.0.2.1", &says("x-forwarded-for")) && unheard("192.0.2.1", &says("forwarded")));
        assert!(!unheard("192.0.2.1", &HeaderMap::new()), "nobody asks for another");
        assert!(!unheard("::ffff:10.0.0.1", &says("x-forwarded-for")), "it is believed");
        let (proxies, now) = (Proxies::new(proxies.to_vec()), Instant::now());
        assert!(proxies.is_time_to_tell(now) && !proxies.is_time_to_tell(now + TOLD_FOR / 2));
        assert!(proxies.is_time_to_tell(now + TOLD_FOR));
    }

    #[test]
    fn what_somebody_writes_in_front_of_our_proxies_does_not_count() {
        let says = [("x-forwarded-for", "198.51.100.9, 192.0.2.7, 10.0.0.2")];
        assert_eq!(asked("10.0.0.1", &says), "192.0.2.7");
        assert_eq!(asked("10.0.0.1", &[("x-forwarded-for", "nonsense")]), "10.0.0.1");
        assert_eq!(asked("10.0.0.1", &[("x-forwarded-for", "198.51.100.9, unknown, 10.0.0.2")]), "10.0.0.2");
        let both = [("forwarded", "for=198.51.100.9"), ("x-forwarded-for", "192.0.2.7")];
        assert_eq!(asked("10.0.0.1", &both), "192.0.2.7");
        assert_eq!(asked("::ffff:10.0.0.1", &says), "192.0.2.7");
    }

    #[test]
    fn both_fields_are_read_with_ports_and_brackets() {
        assert_eq!(asked("10.0.0.1", &[("forwarded", "for=192.0.2.7;proto=https")]), "192.0.2.7");
        assert_eq!(asked("10.0.0.1", &[("forwarded", "For=\"[2001:db8::7]:4711\"")]), "2001:db8::7");
        assert_eq!(asked("10.0.0.1", &[("x-forwarded-for", "192.0.2.7:4711")]), "192.0.2.7");
    }
}
