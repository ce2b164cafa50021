//! `[directory.ldap]`: what must be there, and what is refused.

use super::*;
use crate::config::DirectoryKind;

const SECTION: &str = "servers = [\"ldaps://dc1.kommun.example\"]\nbind_dn = \"svc@kommun.example\"\n\
                       bind_password = { env = \"AD\" }\nbase_dn = \"OU=Anstallda,DC=kommun,DC=example\"\n";

/// A configuration with people from Active Directory, by what `section` says.
fn ldap(section: &str) -> String {
    format!("{}\n[directory.ldap]\n{section}", small("").replace("kind = \"file\"", "kind = \"ldap\""))
}

/// What is wrong, and nothing else is.
#[track_caller]
fn wrong(text: &str, key: &str, says: &str) {
    let found = mistakes(text, &[("AD", "x")]);
    assert_eq!(found.len(), 1, "{found:#?}");
    let wanted = format!("directory.ldap{key}");
    assert!(found[0].contains(&wanted) && found[0].contains(says), "{found:#?}");
}

#[test]
fn people_come_from_active_directory_with_servers_an_account_and_a_place() {
    let text = ldap(&format!("{SECTION}ca_file = \"ad.pem\""));
    let settings = load_text(&text, &[("AD", "x")]).unwrap().settings;
    assert_eq!(settings.directory.kind, DirectoryKind::Ldap);
    let ldap = settings.directory.ldap.unwrap();
    assert_eq!(ldap.bind_password.secret().expose(), "x");
    assert_eq!(ldap.phone_attributes, ["mobile"]);
    assert!(ldap.ca_file.unwrap().is_absolute(), "beside the configuration");
}

#[test]
fn what_is_missing_or_in_the_open_is_refused() {
    let none = small("").replace("kind = \"file\"", "kind = \"ldap\"");
    wrong(&none, ": is missing", "the servers of Active Directory");
    for (line, instead, key, says) in [
        ("servers = [\"ldaps://dc1.kommun.example\"]", "servers = []", ".servers", "is missing"),
        ("ldaps://dc1.kommun.example", "http://dc1", ".servers[0]", "\"ldaps://host\""),
        ("ldaps://dc1.kommun.example", "ldaps://dc1:3269", ".servers[0]", "global catalogue"),
        ("svc@kommun.example", " ", ".bind_dn", "user principal name"),
        ("OU=Anstallda,DC=kommun,DC=example", "Anstallda", ".base_dn", "distinguished name"),
        ("{ env = \"AD\" }", "{ env = \"NOTHING\" }", ".bind_password", "NOTHING"),
    ] {
        assert!(SECTION.contains(line), "{line}");
        wrong(&ldap(&SECTION.replace(line, instead)), key, says);
    }
    wrong(
        &ldap(&format!("{SECTION}phone_attributes = [\"mobile)(x=*\"]")),
        ".phone_attributes[0]",
        "attribute",
    );
}

#[test]
fn a_section_that_is_not_used_is_not_read() {
    let text = format!("{}\n[directory.ldap]\n{}", small(""), SECTION.replace("ldaps", "http"));
    assert!(load_text(&text, &[]).is_ok());
}
