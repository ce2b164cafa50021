//! Which groups make an account privileged. Pure: groups that were read go in.

use super::entry::Entry;
use super::values::Sid;

/// Groups of every domain that Active Directory protects (AdminSDHolder, "Appendix C: Protected
/// accounts and groups in Active Directory"), and those whose members can become such: last numbers
/// of `S-1-5-21-…`.
const OF_A_DOMAIN: [(u32, &str); 9] = [
    (498, "Enterprise Read-only Domain Controllers"),
    (512, "Domain Admins"),
    (516, "Domain Controllers"),
    (518, "Schema Admins"),
    (519, "Enterprise Admins"),
    (520, "Group Policy Creator Owners"),
    (521, "Read-only Domain Controllers"),
    (526, "Key Admins"),
    (527, "Enterprise Key Admins"),
];

/// The same for the groups that every domain has by itself: last numbers of `S-1-5-32-…`.
const BUILTIN: [(u32, &str); 8] = [
    (544, "Administrators"),
    (548, "Account Operators"),
    (549, "Server Operators"),
    (550, "Print Operators"),
    (551, "Backup Operators"),
    (552, "Replicator"),
    (557, "Incoming Forest Trust Builders"),
    (578, "Hyper-V Administrators"),
];

/// Attributes of a group that are read.
pub(crate) const GROUP: [&str; 4] = ["objectSid", "sAMAccountName", "cn", "adminCount"];

/// A group that somebody is in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Group {
    /// Its identifier; a distribution group has one, too.
    pub(crate) sid: Option<Sid>,
    /// Its names.
    pub(crate) names: Vec<String>,
    /// Does Active Directory protect it (`adminCount`)?
    pub(crate) protected: bool,
}

impl Group {
    pub(crate) fn of(entry: &Entry) -> Self {
        let mut names: Vec<String> = Vec::new();
        for name in ["sAMAccountName", "cn"].into_iter().filter_map(|name| entry.text(name)) {
            if !names.iter().any(|known| known.eq_ignore_ascii_case(name)) {
                names.push(name.to_owned());
            }
        }
        Self {
            sid: entry.octets("objectSid").first().and_then(|octets| Sid::of_octets(octets)),
            names,
            protected: entry.number("adminCount").is_some_and(|count| count > 0),
        }
    }

    /// Does it have this name, letter by letter but for case, as membership is compared? A server takes an accent
    /// for nothing.
    pub(crate) fn is_called(&self, name: &str) -> bool {
        self.names.iter().any(|own| own.to_lowercase() == name.to_lowercase())
    }

    /// Why its members are privileged, if they are.
    pub(crate) fn privilege(&self) -> Option<String> {
        if let Some(name) = self.sid.as_ref().and_then(protected_by_number) {
            return Some(format!("member of {name}"));
        }
        let name = self.names.first().map_or("a group", String::as_str);
        self.protected.then(|| format!("member of {name}, which Active Directory protects (adminCount)"))
    }
}

/// The name of the privileged group that has this identifier.
pub(crate) fn protected_by_number(sid: &Sid) -> Option<&'static str> {
    let rid = sid.rid()?;
    let table: &[(u32, &'static str)] = match (sid.is_of_a_domain(), sid.is_builtin()) {
        (true, _) => &OF_A_DOMAIN,
        (false, true) => &BUILTIN,
        (false, false) => return None,
    };
    table.iter().find(|(number, _)| *number == rid).map(|(_, name)| *name)
}

/// Is it what one of the privileged groups is called where they have their English names? They are known by
/// number, so that no such name is ever misspelt: a Swedish domain has "Domänadministratörer".
pub(crate) fn is_known_by_number(name: &str) -> bool {
    OF_A_DOMAIN.iter().chain(&BUILTIN).any(|(_, known)| known.eq_ignore_ascii_case(name))
}

/// Must its name be known before anybody can say what its members may? Others (`S-1-5-11`) stand for
/// ways of signing in.
pub(crate) fn has_a_name(sid: &Sid) -> bool {
    sid.is_of_a_domain() || sid.is_builtin()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_group_is_called_by_each_of_its_names_whatever_their_case() {
        let names = vec!["Skyddade".to_owned(), "\u{c5}terst\u{e4}llda".to_owned()];
        let group = Group { sid: None, names, protected: false };
        assert!(group.is_called("SKYDDADE") && group.is_called("\u{e5}terst\u{e4}llda"));
        assert!(!group.is_called("\u{c5}terstallda") && !group.is_called("Skydd"));
    }

    #[test]
    fn english_names_of_protected_groups_need_no_group_that_is_called_so() {
        for name in ["Domain Admins", "domain admins", "Key Admins", "Backup Operators"] {
            assert!(is_known_by_number(name), "{name}");
        }
        for name in ["Domain Users", "Dom\u{e4}nadministrat\u{f6}rer", "Domain Admin", ""] {
            assert!(!is_known_by_number(name), "{name}");
        }
    }

    #[test]
    fn protected_groups_are_known_by_number_whatever_they_are_called() {
        let admins = Sid::nt(&[21, 1, 2, 3, 512]);
        let group = Group {
            sid: Some(admins),
            names: vec!["Dom\u{e4}nadministrat\u{f6}rer".into()],
            protected: false,
        };
        assert_eq!(group.privilege().as_deref(), Some("member of Domain Admins"));
        assert_eq!(protected_by_number(&Sid::nt(&[32, 548])), Some("Account Operators"));
        assert_eq!(protected_by_number(&Sid::nt(&[32, 512])), None);
        assert_eq!(protected_by_number(&Sid::nt(&[21, 1, 2, 3, 513])), None, "Domain Users");
        let nested =
            Group { sid: Some(Sid::nt(&[21, 1, 2, 3, 1200])), names: vec!["Drift".into()], protected: true };
        assert!(nested.privilege().unwrap().contains("Drift"));
        assert!(!has_a_name(&Sid::everyone()) && !has_a_name(&Sid::nt(&[11])));
    }
}
