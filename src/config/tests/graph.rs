//! `[directory.graph]`: what must be there, and what is refused.

use super::*;
use crate::config::DirectoryKind;

const ID: &str = "tenant = \"00000000-0000-0000-0000-000000000001\"\nclient_id = \"desk\"\n";

/// A configuration with people from Graph, by what `ways` says.
fn graph(ways: &str) -> String {
    let text = small("").replace("kind = \"file\"", "kind = \"graph\"");
    format!("{text}\n[directory.graph]\n{ID}{ways}")
}

/// What is wrong, and nothing else is.
#[track_caller]
fn wrong(text: &str, key: &str, says: &str) {
    let found = mistakes(text, &[]);
    assert_eq!(found.len(), 1, "{found:#?}");
    let wanted = format!("directory.graph{key}");
    assert!(found[0].contains(&wanted) && found[0].contains(says), "{found:#?}");
}

#[test]
fn people_come_from_graph_with_a_tenant_an_application_and_its_proof() {
    let text = graph("client_secret = { env = \"ENTRA\" }");
    let settings = load_text(&text, &[("ENTRA", "x")]).unwrap().settings;
    assert_eq!(settings.directory.kind, DirectoryKind::Graph);
    let graph = settings.directory.graph.unwrap();
    assert_eq!(graph.client_secret.unwrap().secret().expose(), "x");
    assert_eq!(graph.base_url, "https://graph.microsoft.com/v1.0");
    assert_eq!(graph.login_url, "https://login.microsoftonline.com");
}

#[test]
fn without_its_section_or_with_half_of_it_nothing_begins() {
    let none = small("").replace("kind = \"file\"", "kind = \"graph\"");
    wrong(&none, ": is missing", "the tenant, the application and its proof");
    wrong(&graph(""), ".client_secret: is missing", "certificate in its place");
    let both = graph("client_secret = { env = \"ENTRA\" }\ncertificate = \"both.pem\"");
    let found = mistakes(&both, &[("ENTRA", "x")]);
    assert!(found.iter().any(|error| error.contains("either client_secret or certificate")), "{found:#?}");
    let file = graph("certificate = \"/nowhere/entra.pem\"");
    wrong(&file, ".certificate", "/nowhere/entra.pem");
}

#[test]
fn an_address_in_the_open_or_a_name_that_is_none_is_refused() {
    let secret = "client_secret = { env = \"ENTRA\" }\n";
    let env = [("ENTRA", "x")];
    for (line, key, says) in [
        ("base_url = \"http://graph.microsoft.com/v1.0\"", "base_url", "only https"),
        ("login_url = \"http://login.microsoftonline.com\"", "login_url", "only https"),
        ("credential = \"secret\"", "credential", "temporary-access-pass"),
    ] {
        let found = mistakes(&graph(&format!("{secret}{line}")), &env);
        assert!(found.len() == 1 && found[0].contains(key) && found[0].contains(says), "{found:#?}");
    }
    let tenant = graph(secret).replace("00000000-0000-0000-0000-000000000001", "../x");
    let found = mistakes(&tenant, &env);
    assert!(found.len() == 1 && found[0].contains("directory.graph.tenant"), "{found:#?}");
}

#[test]
fn a_section_that_is_not_used_is_not_read() {
    let text = format!("{}\n[directory.graph]\n{ID}certificate = \"/nowhere/entra.pem\"", small(""));
    assert!(load_text(&text, &[]).is_ok());
}

#[test]
fn entra_id_replaces_no_password_that_was_not_used_because_it_cannot_compare() {
    let secret = graph("client_secret = { env = \"ENTRA\" }");
    let scramble = |text: &str| text.replace("[password]\n", "[password]\nunused = \"scramble\"\n");
    let with = |text: &str| {
        if text.contains("[password]") {
            scramble(text)
        } else {
            format!("{text}\n[password]\nunused = \"scramble\"\n")
        }
    };
    let found = mistakes(&with(&secret), &[("ENTRA", "x")]);
    assert!(found.len() == 1 && found[0].contains("password.unused"), "{found:#?}");
    assert!(found[0].contains("cannot compare the old password first"), "{found:#?}");
    assert!(load_text(&with(&small("")), &[]).is_ok(), "a file can");
}
