//! `[directory.ldap]`: what must be there when people are asked for in Active Directory, and servers
//! that a password may be sent to.

use super::Checks;
use super::shape::is_host;
use crate::config::key_path::KeyPath;
use crate::config::settings::{DirectoryKind, DirectorySettings, LdapSettings};

/// A global catalogue has a part of each account, and nothing can be written to it.
const GLOBAL_CATALOGUE: [u16; 2] = [3268, 3269];

impl Checks<'_> {
    pub(super) fn ldap(&mut self, directory: &DirectorySettings) {
        let at = KeyPath::of("directory.ldap");
        match (directory.kind, &directory.ldap) {
            (DirectoryKind::Ldap | DirectoryKind::Hybrid, Some(ldap)) => self.ldap_section(&at, ldap),
            (DirectoryKind::Ldap | DirectoryKind::Hybrid, None) => {
                self.demand(&at, false, "the section with the servers of Active Directory");
            }
            (DirectoryKind::File | DirectoryKind::Graph, _) => {}
        }
    }

    fn ldap_section(&mut self, at: &KeyPath, ldap: &LdapSettings) {
        let servers = at.key("servers");
        self.demand(&servers, !ldap.servers.is_empty(), "\"ldaps://dc1.kommun.example\", one or more");
        for (index, server) in ldap.servers.iter().enumerate() {
            if let Err(expected) = server_address(server) {
                self.expect(&servers.index(index), false, format_args!("{server:?}"), expected);
            }
        }
        let whom = "a user principal name such as \"svc-nyckelbud@kommun.example\", or a distinguished name";
        self.demand(&at.key("bind_dn"), !ldap.bind_dn.trim().is_empty(), whom);
        let base = &ldap.base_dn;
        let expected = "a distinguished name such as \"OU=Anstallda,DC=kommun,DC=example\"";
        self.expect(&at.key("base_dn"), base.contains('='), format_args!("{base:?}"), expected);
        let phones = at.key("phone_attributes");
        self.demand(&phones, !ldap.phone_attributes.is_empty(), "\"mobile\", or another attribute");
        for (index, name) in ldap.phone_attributes.iter().enumerate() {
            let fits = is_attribute(name);
            let expected = "the name of an attribute such as \"mobile\"";
            self.expect(&phones.index(index), fits, format_args!("{name:?}"), expected);
        }
    }
}

/// An attribute's name (RFC 4512 1.4).
fn is_attribute(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_alphabetic())
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
}

/// `ldaps://host[:port]` or `ldap://host[:port]`; the latter means StartTLS.
fn server_address(text: &str) -> Result<(), &'static str> {
    let form = "\"ldaps://host\", or \"ldap://host\" for StartTLS, with a port if need be";
    let rest = text.strip_prefix("ldaps://").or_else(|| text.strip_prefix("ldap://")).ok_or(form)?;
    let (host, port) = match rest.rsplit_once(':') {
        Some((host, port)) => (host, Some(port.parse::<u16>().map_err(|_| form)?)),
        None => (rest, None),
    };
    if !is_host(host) {
        return Err(form);
    }
    if port.is_some_and(|port| GLOBAL_CATALOGUE.contains(&port)) {
        return Err("a port of a domain controller, 636 or 389: a global catalogue cannot be written to");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn servers_are_reached_under_tls_or_not_at_all() {
        for fits in ["ldaps://dc1.kommun.example", "ldap://10.0.0.5:389", "ldaps://dc1.kommun.example:1636"] {
            assert_eq!(server_address(fits), Ok(()), "{fits}");
        }
        for bad in [
            "dc1.kommun.example",
            "http://dc1.kommun.example",
            "ldaps://",
            "ldaps://dc1/dc=kommun",
            "ldaps://[::1]",
            "ldaps://dc1:x",
            "ldaps://dc1.kommun.example:3269",
            "ldapi:///var/run/ldapi",
        ] {
            assert!(server_address(bad).is_err(), "{bad}");
        }
    }
}
