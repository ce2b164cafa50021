//! Signing in by token: what must be there, and what its secrets must be.

use std::os::unix::fs::PermissionsExt;

use super::*;

const ID: &str = "token_url = \"https://id.kommun.example/token\"\nclient_id = \"desk\"\n";

/// A configuration whose mailbox signs in by what `ways` says.
fn imap(ways: &str) -> String {
    small("").replace(
        "kind = \"maildir\"\npath = \"var/mailbox\"\nauthentication = \"trusted\"",
        &format!("host = \"outlook.office365.com\"\nusername = \"desk\"\n{ways}"),
    )
}

/// A configuration whose mailbox and SMTP server sign in by `oauth`.
fn both(oauth: &str) -> String {
    let smtp = format!("[smtp]\nhost = \"smtp.kommun.example\"\nusername = \"desk\"\n[smtp.oauth]\n{oauth}");
    imap(&format!("[mailbox.oauth]\n{oauth}"))
        .replace("[smtp]\nkind = \"spool\"\npath = \"var/mail-out\"", &smtp)
}

/// What is wrong, and it is so with both.
#[track_caller]
fn wrong(oauth: &str, key: &str, says: &str) {
    let found = mistakes(&both(oauth), &[]);
    for place in ["mailbox[0].oauth", "smtp.oauth"] {
        let wanted = format!("{place}.{key}: ");
        assert!(found.iter().any(|error| error.contains(&wanted) && error.contains(says)), "{found:#?}");
    }
    assert_eq!(found.len(), 2, "{found:#?}");
}

#[test]
fn a_mailbox_and_smtp_sign_in_by_secret_as_the_exchange_guide_says() {
    let loaded = load_text(&both(&format!("{ID}client_secret = {{ env = \"ENTRA\" }}")), &[("ENTRA", "x")]);
    let settings = loaded.unwrap().settings;
    for oauth in [settings.mailboxes[0].oauth.as_ref().unwrap(), settings.smtp.oauth.as_ref().unwrap()] {
        assert_eq!(oauth.client_secret.as_ref().unwrap().secret().expose(), "x");
        assert_eq!(oauth.scope, "https://outlook.office365.com/.default");
        assert!(oauth.read_certificate().is_none());
    }
}

#[test]
fn a_mailbox_signs_in_in_exactly_one_way() {
    let found = mistakes(&imap(""), &[]);
    assert!(found.len() == 1 && found[0].contains("mailbox[0].password: is missing"), "{found:?}");
    let oauth = format!("password = \"x\"\n[mailbox.oauth]\n{ID}client_secret = \"x\"");
    let found = mistakes(&imap(&oauth), &[]);
    assert!(found.len() == 1 && found[0].contains("either password or oauth"), "{found:?}");
}

#[test]
fn a_client_proves_itself_in_exactly_one_way() {
    wrong(ID, "client_secret", "is missing");
    let (folder, path) = certificate(b"", 0o600);
    let two = format!("{ID}client_secret = \"x\"\ncertificate = \"{path}\"");
    let found = mistakes(&both(&two), &[]);
    let either = |error: &&String| error.contains("either client_secret or certificate");
    assert_eq!(found.iter().filter(either).count(), 2, "{found:#?}");
    drop(folder);
}

#[test]
fn a_token_is_fetched_by_https_or_from_this_machine() {
    let at = |url: &str| format!("token_url = \"{url}\"\nclient_id = \"desk\"\nclient_secret = \"x\"");
    assert!(load_text(&both(&at("http://127.0.0.1:8080/token")), &[]).is_ok());
    wrong(&at("http://id.kommun.example/token"), "token_url", "only https may be used");
    wrong(&at("https://id.kommun.example/token?a=b"), "token_url", "expected a URL such as");
    wrong(&at("https://id.kommun.example/token").replace("\"desk\"", "\"\""), "client_id", "is missing");
}

#[test]
fn a_certificate_is_guarded_like_other_secrets_and_says_what_it_lacks() {
    let named = |path: &str| format!("{ID}certificate = \"{path}\"");
    wrong(&named("/nonexistent/entra.pem"), "certificate", "/nonexistent/entra.pem cannot be read");
    let (_folder, path) = certificate(b"-----BEGIN CERTIFICATE-----\n", 0o640);
    wrong(&named(&path), "certificate", "has mode 0640; expected 0600 or stricter");
    let (_folder, path) = certificate(b"hemligt-4711", 0o600);
    wrong(&named(&path), "certificate", "it holds no certificate in PEM form");
    assert!(!mistakes(&both(&named(&path)), &[]).concat().contains("4711"));
}

#[test]
fn a_relative_certificate_lies_beside_the_configuration() {
    let found = mistakes(&both(&format!("{ID}certificate = \"entra.pem\"")), &[]);
    assert!(found.iter().all(|error| error.contains("file entra.pem cannot be read")), "{found:?}");
}

fn certificate(contents: &[u8], mode: u32) -> (tempfile::TempDir, String) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("entra.pem");
    std::fs::write(&path, contents).unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
    let path = path.display().to_string();
    (folder, path)
}
