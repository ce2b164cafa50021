//! What an entry must say, and what follows from it.

use super::*;
use crate::clock::parse_rfc3339;

const NEVER: &str = "9223372036854775807";

fn anna(changes: &[(&str, &str)]) -> Entry {
    let mut entry = Entry::new("CN=Anna Asp,OU=Skola,DC=kommun,DC=example".to_owned());
    let guid = *ObjectGuid::parse("4f0c1c2e-9b1d-4a53-8f0e-0d2a6c1b7e55").unwrap().octets();
    entry.add("objectGUID", vec![guid.to_vec()]).unwrap();
    entry.add("objectSid", vec![Sid::nt(&[21, 1, 2, 3, 1105]).octets().to_vec()]).unwrap();
    let usual = [
        ("objectClass", "user"),
        ("sAMAccountName", "annasp"),
        ("userPrincipalName", "anna.asp@kommun.example"),
        ("mail", "anna.asp@kommun.example"),
        ("proxyAddresses", "smtp:aasp@kommun.example"),
        ("displayName", "Anna Asp"),
        ("userAccountControl", "512"),
        ("accountExpires", NEVER),
        ("primaryGroupID", "513"),
        ("pwdLastSet", "133000000000000000"),
        ("mobile", "070-174 06 05"),
    ];
    for (name, value) in usual {
        let changed = changes.iter().find(|(changed, _)| *changed == name);
        let value = changed.map_or(value, |(_, value)| value);
        if !value.is_empty() {
            entry.add(name, vec![value.as_bytes().to_vec()]).unwrap();
        }
    }
    for (name, value) in changes.iter().filter(|(name, _)| !usual.iter().any(|(known, _)| known == name)) {
        entry.add(name, vec![value.as_bytes().to_vec()]).unwrap();
    }
    entry
}

fn read_with(entry: &Entry, groups: &Groups) -> Result<Person, Failure> {
    let attributes = ["mobile".to_owned(), "otherMobile".to_owned(), "telephoneNumber".to_owned()];
    let reading = Reading {
        phone_attributes: &attributes,
        zone: &Zone::named("Europe/Stockholm").unwrap(),
        now: parse_rfc3339("2026-11-24T09:00:00Z").unwrap(),
    };
    reading.person(entry, groups)
}

fn read(changes: &[(&str, &str)]) -> Account {
    read_with(&anna(changes), &Groups::default()).unwrap().account
}

#[test]
fn an_ordinary_person_is_read_with_every_name_and_phone() {
    let account = read(&[("otherMobile", "+46 70 174 06 06"), ("telephoneNumber", "040-628 04 00 ankn 12")]);
    assert_eq!(account.id.as_str(), "4f0c1c2e-9b1d-4a53-8f0e-0d2a6c1b7e55");
    assert_eq!(account.username.as_str(), "annasp");
    let aliases: Vec<&str> = account.aliases.iter().map(Username::as_str).collect();
    assert_eq!(aliases, ["anna.asp@kommun.example", "aasp@kommun.example"]);
    assert_eq!((account.standing, account.privilege), (Standing::Open, Privilege::Ordinary));
    let phones: Vec<_> =
        account.phones.iter().map(|p| (p.kind, p.number.as_ref().map(|n| n.tail().to_owned()))).collect();
    assert_eq!(
        phones,
        [
            (PhoneType::Mobile, Some("05".to_owned())),
            (PhoneType::AlternateMobile, Some("06".to_owned())),
            (PhoneType::Office, None),
        ]
    );
}

#[test]
fn what_cannot_be_read_is_an_error() {
    for name in ["userAccountControl", "accountExpires", "pwdLastSet"] {
        let failure = read_with(&anna(&[(name, "")]), &Groups::default()).unwrap_err();
        assert!(matches!(&failure, Failure::Half(why) if why.contains(name)), "{name}: {failure:?}");
    }
}

#[test]
fn closed_accounts_say_why() {
    let closed = |why: &str| Standing::Closed(why.to_owned());
    assert_eq!(read(&[("userAccountControl", "514")]).standing, closed("switched off"));
    // 2026-11-01T00:00:00 in Stockholm: "end of 31 October" in Active Directory's own tools.
    let end = (parse_rfc3339("2026-10-31T23:00:00Z").unwrap().0 + 11_644_473_600_000) * 10_000;
    assert_eq!(read(&[("accountExpires", &end.to_string())]).standing, closed("expired on 2026-10-31"));
    let later = (parse_rfc3339("2026-11-24T09:00:01Z").unwrap().0 + 11_644_473_600_000) * 10_000;
    assert_eq!(read(&[("accountExpires", &later.to_string())]).standing, Standing::Open);
    assert_eq!(read(&[("accountExpires", "0")]).standing, Standing::Open);
}

#[test]
fn what_makes_an_account_privileged_is_named() {
    for (changes, why) in [
        (("adminCount", "1"), "adminCount"),
        (("userAccountControl", "262656"), "smart card"),
        (("userAccountControl", "66048"), "never expires"),
        (("userAccountControl", "524800"), "delegation"),
        (("userAccountControl", "2080"), "no person's"),
        (("servicePrincipalName", "HTTP/web.kommun.example"), "servicePrincipalName"),
    ] {
        let found = read(&[changes]).privilege;
        assert!(matches!(&found, Privilege::Privileged(by) if by.contains(why)), "{changes:?}: {found:?}");
    }
}

#[test]
fn groups_decide_and_a_group_nobody_can_name_is_unknown() {
    let group = |rid: u32, name: &str, protected: bool| Group {
        sid: Some(Sid::nt(&[21, 1, 2, 3, rid])),
        names: vec![name.to_owned()],
        protected,
    };
    let of = |groups: Groups| read_with(&anna(&[]), &groups).unwrap().account;
    let users = of(Groups { known: vec![group(513, "Domain Users", false)], ..Groups::default() });
    assert_eq!((users.privilege, users.groups), (Privilege::Ordinary, vec!["Domain Users".to_owned()]));
    let admins = of(Groups { known: vec![group(512, "Domain Admins", false)], ..Groups::default() });
    assert!(matches!(admins.privilege, Privilege::Privileged(_)));
    let nested = of(Groups { known: vec![group(1200, "Drift", true)], ..Groups::default() });
    assert!(matches!(nested.privilege, Privilege::Privileged(_)));
    let foreign = of(Groups { nameless: vec![Sid::nt(&[21, 9, 9, 9, 1300])], ..Groups::default() });
    assert!(matches!(foreign.privilege, Privilege::Unknown(_)));
    let foreign_admins = of(Groups { nameless: vec![Sid::nt(&[21, 9, 9, 9, 519])], ..Groups::default() });
    assert!(matches!(foreign_admins.privilege, Privilege::Privileged(_)));
    let unread = of(Groups { unread: Some("tokenGroups cannot be read".to_owned()), ..Groups::default() });
    assert!(matches!(unread.privilege, Privilege::Unknown(_)));
}

#[test]
fn a_name_is_compared_letter_by_letter_but_for_case() {
    let name = |text: &str| Username::parse(text).unwrap();
    let entry = anna(&[("sAMAccountName", "bj\u{f6}rn"), ("mail", "Bj\u{f6}rn@kommun.example")]);
    assert!(!is_called(&entry, &name("bjorn"), &[]));
    assert!(!is_called(&entry, &name("bjorn@kommun.example"), &[]));
    assert!(is_called(&entry, &name("ANNA.ASP@kommun.example"), &[]));
    assert!(is_called(&entry, &name("AASP@kommun.example"), &[]));
    assert!(!is_called(&entry, &name("smtp"), &[]));
}

#[test]
fn a_locked_account_is_noted() {
    let locked = |flags: &str| {
        let entry = anna(&[("msDS-User-Account-Control-Computed", flags)]);
        read_with(&entry, &Groups::default()).unwrap().locked
    };
    assert_eq!(locked("16"), Some(true));
    assert_eq!(locked("8388608"), Some(false));
    assert_eq!(read_with(&anna(&[]), &Groups::default()).unwrap().locked, None, "not to be read");
}
