//! `check` tries the token and the sign-in with it, and says what is missing.

use serde_json::Value;

use super::answer;
use crate::support::certificates::Certified;
use crate::support::dovecot::{Dovecot, PASSWORD};
use crate::support::token_endpoint::{CLIENT, Does, SECRET, TOKEN_MARK, TokenEndpoint};
use crate::support::{demo_desk, program};

/// A desk whose mailbox lies on `server` and signs in by what `proof` says.
fn desk(server: &Dovecot, endpoint: &TokenEndpoint, proof: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    demo_desk::build(folder.path());
    let (config, settings) = (folder.path().join("nyckelbud.toml"), server.settings());
    let old = std::fs::read_to_string(&config).unwrap();
    let (before, rest) = old.split_once("kind = \"maildir\"").expect("the demo's mailbox");
    let (_, after) = rest.split_once("\n\n").expect("its end");
    let mailbox = format!(
        "kind = \"imap\"\nhost = \"127.0.0.1\"\nport = {}\nca_file = \"{}\"\nusername = \"{}\"\n\
         authentication = \"authserv:mx.kommun.example\"\n[mailbox.oauth]\ntoken_url = \"{}\"\n\
         client_id = \"{CLIENT}\"\n{proof}\n\n",
        settings.port,
        settings.ca_file.unwrap().display(),
        settings.username,
        endpoint.url()
    );
    std::fs::write(&config, format!("{before}{mailbox}{after}")).unwrap();
    folder
}

/// What `check` says of the mailbox.
fn mailbox_line(folder: &tempfile::TempDir, status: i32) -> Value {
    let checked = answer(folder.path(), ["check", "--json"]).expect(status);
    let lines = checked.objects();
    let line = lines.into_iter().find(|line| line["part"] == "mailbox servicedesk").expect("its line");
    let shown = line.to_string();
    assert!(!shown.contains(SECRET) && !shown.contains(TOKEN_MARK) && !shown.contains(PASSWORD), "{shown}");
    line
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_mailbox_by_token_is_good_by_secret_and_by_certificate() {
    let certified = Certified::rsa();
    let proofs = [
        format!("client_secret = \"{SECRET}\""),
        format!("certificate = \"{}\"", certified.file().display()),
    ];
    for (endpoint, proof) in
        [TokenEndpoint::start().await, TokenEndpoint::start_for(Some(certified)).await].iter().zip(proofs)
    {
        let server = Dovecot::start_with_tokens(&endpoint.introspection_url());
        let line = mailbox_line(&desk(&server, endpoint, &proof), 0);
        assert_eq!(
            (&line["verdict"], &line["text"]),
            (&"good".into(), &"signed in by token, 0 mails in INBOX".into())
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_missing_is_said_in_the_portals_words() {
    let endpoint = TokenEndpoint::start().await;
    let server = Dovecot::start_with_tokens(&endpoint.introspection_url());
    let right = desk(&server, &endpoint, &format!("client_secret = \"{SECRET}\""));
    let says = |folder: &tempfile::TempDir, words: &str| {
        let line = mailbox_line(folder, 1);
        let (text, todo) = (line["text"].as_str().unwrap(), line["todo"].as_str().unwrap());
        assert!(text.contains(words) && todo.contains("docs/exchange-online.md"), "{line}");
    };
    says(&desk(&server, &endpoint, "client_secret = \"fel\""), "not its Secret ID");
    endpoint.does(Does::Says(503, None, String::new()));
    says(&right, "gives no token for now: it answers 503");
    endpoint.does(Does::Right);
    endpoint.set_user("annex@kommun.example");
    endpoint.set_roles(&["Mail.Send"]);
    says(&right, "the token lacks IMAP.AccessAsApp");
    endpoint.set_roles(&["IMAP.AccessAsApp"]);
    says(&right, "Object ID of the enterprise application (not of the app registration)");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_certificate_that_cannot_be_used_is_a_mistake_of_the_configuration() {
    let endpoint = TokenEndpoint::start().await;
    let server = Dovecot::start_with_tokens(&endpoint.introspection_url());
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), Certified::rsa().certificate()).unwrap();
    let folder = desk(&server, &endpoint, &format!("certificate = \"{}\"", file.path().display()));
    let ended = program::ended(&mut program::on_desk(folder.path(), ["check"])).expect(2);
    assert!(
        ended.err.contains("mailbox[0].oauth.certificate") && ended.err.contains("no private key"),
        "{}",
        ended.err
    );
    assert_eq!(endpoint.calls(), 0);
}
