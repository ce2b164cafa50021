//! Secrets: the four ways, and that none of them shows.

use std::os::unix::fs::PermissionsExt;

use super::*;

/// A configuration whose SMTP password is written as `way`.
fn with(way: &str) -> String {
    small("").replace(
        "[smtp]\nkind = \"spool\"\npath = \"var/mail-out\"",
        &format!("[smtp]\nhost = \"smtp.kommun.example\"\nusername = \"desk\"\npassword = {way}"),
    )
}

fn password(loaded: &Loaded) -> String {
    loaded.settings.smtp.password.as_ref().unwrap().secret().expose().to_owned()
}

fn file_with(contents: &[u8], mode: u32) -> (tempfile::TempDir, String) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("smtp");
    std::fs::write(&path, contents).unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
    let path = path.display().to_string();
    (folder, path)
}

#[test]
fn a_secret_is_written_in_one_of_four_ways() {
    let (folder, path) = file_with(b"hem ligt\n", 0o600);
    let loaded = load_text(&with(&format!("{{ file = \"{path}\" }}")), &[]).unwrap();
    assert_eq!(password(&loaded), "hem ligt");

    let credentials = folder.path().display().to_string();
    let env = [("CREDENTIALS_DIRECTORY", credentials.as_str()), ("SMTP_PASSWORD", "ur miljön\n")];
    assert_eq!(password(&load_text(&with("{ credential = \"smtp\" }"), &env).unwrap()), "hem ligt");
    assert_eq!(password(&load_text(&with("{ env = \"SMTP_PASSWORD\" }"), &env).unwrap()), "ur miljön");

    let loaded = load_text(&with("\"hemligt\""), &[]).unwrap();
    assert_eq!(password(&loaded), "hemligt");
    assert_eq!(loaded.warnings.len(), 1);
    assert!(loaded.warnings[0].to_string().contains("smtp.password: the secret stands in the configuration"));
}

#[test]
fn a_secret_from_an_overriding_variable_needs_no_warning() {
    let env = [("NYCKELBUD__SMTP__PASSWORD", "hemligt")];
    let loaded = load_text(&with("\"x\""), &env).unwrap();
    assert_eq!(password(&loaded), "hemligt");
    assert!(loaded.warnings.is_empty());
}

#[test]
fn exactly_one_newline_at_the_end_is_no_part_of_a_secret() {
    for (contents, secret) in
        [("a\n", "a"), ("a\r\n", "a"), ("a\n\n", "a\n"), (" a ", " a "), ("a", "a"), ("\na", "\na")]
    {
        let (_folder, path) = file_with(contents.as_bytes(), 0o400);
        assert_eq!(password(&load_text(&with(&format!("{{ file = \"{path}\" }}")), &[]).unwrap()), secret);
    }
}

#[test]
fn a_file_that_others_may_use_is_refused() {
    for mode in [0o640, 0o604, 0o644, 0o620, 0o700, 0o660] {
        let (_folder, path) = file_with(b"hemligt", mode);
        let found = mistakes(&with(&format!("{{ file = \"{path}\" }}")), &[]);
        assert_eq!(found.len(), 1, "{mode:o}: {found:?}");
        assert!(found[0].contains("expected 0600 or stricter"), "{found:?}");
    }
}

#[test]
fn a_secret_that_cannot_be_read_is_a_mistake_of_its_key() {
    let (_folder, path) = file_with(b"\n", 0o600);
    for (way, says) in [
        ("{ file = \"/nowhere/smtp\" }".to_owned(), "the secret's file /nowhere/smtp cannot be read"),
        ("{ file = \"/dev/null\" }".to_owned(), "is no file that holds a secret"),
        (format!("{{ file = \"{path}\" }}"), "the secret is empty"),
        ("{ credential = \"smtp\" }".to_owned(), "CREDENTIALS_DIRECTORY is not set"),
        ("{ credential = \"../smtp\" }".to_owned(), "a credential's name"),
        ("{ env = \"NOT_SET\" }".to_owned(), "NOT_SET is not set"),
        ("\"\"".to_owned(), "not empty"),
        ("{}".to_owned(), "expected a secret"),
        ("{ file = \"a\", env = \"B\" }".to_owned(), "only one of"),
        ("{ flie = \"a\" }".to_owned(), "the nearest known key is \"file\""),
    ] {
        let text = with(&way);
        let found = mistakes(&text, &[]);
        assert!(found.iter().any(|error| error.contains(says)), "{way}: {found:#?}");
        let at = format!("nyckelbud.toml:{}:", line_of(&text, "password = "));
        assert!(found.iter().all(|error| error.starts_with(&at)), "{way}: {found:#?}");
    }
}

#[test]
fn a_configuration_can_be_shown_without_its_secrets() {
    let text = with("{ file = \"/nowhere/smtp\" }");
    let file = Path::new("/etc/nyckelbud/nyckelbud.toml");
    let loaded = parse(&text, file, &BTreeMap::new(), Secrets::Leave).unwrap();
    assert!(table(&loaded).contains("smtp.password = [secret]"));
}

#[test]
fn no_secret_shows_itself_anywhere() {
    let text = with("\"hemligt\"") + "[password]\nkey = \"hemligt\"\nold_keys = [\"hemligt\"]\n";
    let loaded = load_text(&text, &[("NYCKELBUD__SMS__SENDER", "Desk")]).unwrap();
    let json = serde_json::to_string(&shown(&loaded)).unwrap();
    let seen = format!("{loaded:?}{}{json}{:?}", table(&loaded), loaded.warnings);
    assert!(!seen.contains("hemligt"), "{seen}");
    assert!(seen.contains("[secret]"));
    assert_eq!(loaded.warnings.len(), 3);

    for wrong in ["[\"hemligt\"]", "{ hemligt = 1 }", "4711", "47.11", "{ file = \"a\", hemligt = 1 }"] {
        let found = mistakes(&with(wrong), &[]).join("\n");
        assert!(!found.is_empty() && !found.contains("4711") && !found.contains("47.11"), "{found}");
        assert!(wrong.starts_with('{') || !found.contains("hemligt"), "{found}");
    }
    let found = mistakes(&with("\"x\""), &[("NYCKELBUD__SMTP__PASSWORD__NO", "hemligt")]).join("\n");
    assert!(!found.contains("hemligt"), "{found}");
}

#[test]
fn a_missing_sealing_key_does_not_stop_the_program() {
    let loaded = load_text(&small("[password]\nkey = { file = \"/nowhere/seal.key\" }"), &[]).unwrap();
    let error = loaded.settings.password.key.read_bytes().unwrap_err();
    assert!(matches!(error, SecretError::Unreadable { absent: true, .. }));
}

#[test]
fn a_key_is_read_byte_by_byte() {
    let bytes = [b'\n'; 32];
    let (_folder, path) = file_with(&bytes, 0o600);
    let loaded = load_text(&small(&format!("[password]\nkey = {{ file = \"{path}\" }}")), &[]).unwrap();
    assert_eq!(loaded.settings.password.key.read_bytes().unwrap().as_slice(), bytes);
}
