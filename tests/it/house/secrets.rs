//! Who may look at a secret. A password is shown by one page only, and whoever turns a hidden value
//! into plain letters is on a list with the reason.

use super::paths::Names;
use super::source::{Breach, Source, assert_none, program};

/// The one caller of `Desk::reveal`.
const REVEALS: &str = "src/web/pickup.rs";

/// Files that call `expose()`, and why they must.
const EXPOSES: &[(&str, &str)] = &[
    ("src/cli/assembly.rs", "the store's URL, which may hold a password, opens the store"),
    ("src/cli/migrate.rs", "the same, for the tables"),
    ("src/cli/run.rs", "a reload must not change the store's URL"),
    ("src/cli/user.rs", "the password of a new account of the pages is shown once, and hashed"),
    ("src/config/secrets.rs", "a secret written into the file becomes bytes"),
    ("src/config/settings/store.rs", "the store's URL is read and shown without its password"),
    ("src/delivery/notice/login.rs", "the mail server wants the password or token"),
    ("src/delivery/sms/answer.rs", "what is shown of an answer must not hold the words"),
    ("src/delivery/sms/elks.rs", "the gateway wants the words"),
    ("src/delivery/sms/gatewayapi.rs", "the gateway wants its token and the words"),
    ("src/delivery/sms/http.rs", "templates write the words, and a token"),
    ("src/delivery/sms/kannel.rs", "the gateway wants its password and the words"),
    ("src/delivery/sms/receipt.rs", "receipts are compared with secrets, and signed with them"),
    ("src/delivery/sms/smpp/connect.rs", "the message centre wants the password"),
    ("src/delivery/sms/smpp/mod.rs", "the message centre wants the words, and a password that can travel"),
    ("src/delivery/sms/sinch.rs", "the gateway wants the words"),
    ("src/delivery/sms/twilio.rs", "the gateway wants the words"),
    ("src/delivery/sms/spool.rs", "the words of a text go into its file"),
    ("src/delivery/webhook.rs", "what a webhook is told is signed"),
    ("src/delivery/texts.rs", "a password goes into the words of a text"),
    ("src/directory/graph/client.rs", "Graph wants the token"),
    ("src/directory/ldap/client.rs", "the directory wants the service account's password"),
    ("src/http.rs", "a request carries the user's password"),
    ("src/http/request.rs", "the same, or a token"),
    ("src/mailbox/imap/sign_in.rs", "the mail server wants the password or token"),
    ("src/oidc.rs", "the identity provider wants the application's secret"),
    ("src/password/file.rs", "the directory keeps a hash of the password"),
    ("src/password/graph.rs", "Graph is told the password"),
    ("src/password/ldap.rs", "the directory wants the password"),
    ("src/password/seal.rs", "a password is sealed"),
    ("src/token/mod.rs", "mail servers want the token, and clients with the same secret share it"),
    ("src/token/source.rs", "the token endpoint wants the secret or the assertion"),
    ("src/web/pickup/secret.rs", "the page shows the password to the hand that it is for"),
];

fn shown_elsewhere(sources: &[Source]) -> Vec<Breach> {
    let mut found = Vec::new();
    let mut shown = false;
    for source in sources {
        for line in uses(source, "reveal", |owner| owner.starts_with("Desk")) {
            if source.path == REVEALS {
                shown = true;
            } else {
                let what = format!("only {REVEALS} may ask the desk for a password");
                found.push(Breach::new(source, line, what));
            }
        }
    }
    if !shown {
        let missing = Source::new(REVEALS, "");
        found.push(Breach::new(&missing, 1, "it does not call `Desk::reveal`: this rule holds nothing"));
    }
    found
}

fn exposed_elsewhere(sources: &[Source], list: &[(&str, &str)]) -> Vec<Breach> {
    let mut found = Vec::new();
    for source in sources {
        let lines = uses(source, "expose", |_| true);
        let listed = list.iter().any(|(path, _)| *path == source.path);
        if let Some(line) = lines.first().filter(|_| !listed) {
            let what = "a secret becomes plain letters here: pass it on hidden, or put this file into EXPOSES with the reason";
            found.push(Breach::new(source, *line, what));
        }
    }
    for (path, _) in list {
        let used = sources.iter().find(|source| source.path == *path);
        if used.is_none_or(|source| uses(source, "expose", |_| true).is_empty()) {
            let what = "it exposes nothing: take it out of EXPOSES";
            found.push(Breach::new(&Source::new(path, ""), 1, what));
        }
    }
    found
}

/// Lines where `.method(` is called, or `Owner::method` is named.
fn uses(source: &Source, method: &str, owner: impl Fn(&str) -> bool) -> Vec<usize> {
    let names = Names::of(source);
    let called = names.calls.iter().filter(|(name, _)| name == method).map(|(_, line)| *line);
    let named = names.paths.iter().filter(|path| match path.names.as_slice() {
        [.., before, last] => last == method && owner(before),
        _ => false,
    });
    called.chain(named.map(|path| path.line)).collect()
}

#[test]
fn one_page_shows_passwords() {
    assert_none(&shown_elsewhere(&program()));
}

#[test]
fn secrets_become_plain_letters_in_the_listed_files_only() {
    assert_none(&exposed_elsewhere(&program(), EXPOSES));
}

#[test]
fn a_second_place_that_shows_or_exposes_is_seen() {
    let page = Source::new(REVEALS, "fn f() { desk.reveal(a, b); }");
    for text in [
        "fn f() { desk.reveal(a, b); }",
        "fn f() { Desk::reveal(d, a); }",
        "fn f() { select! { x = d.reveal() => {} } }",
    ] {
        let sources = [Source::new(REVEALS, &page.text), Source::new("src/web/queue.rs", text)];
        assert_eq!(shown_elsewhere(&sources).len(), 1, "{text}");
    }
    let other = Source::new("src/worker/port.rs", "fn reveal() { handover::reveal(x); reveal(y) }");
    assert_eq!(shown_elsewhere(&[page, other]), []);
    assert_eq!(shown_elsewhere(&[]).len(), 1, "a page that is gone is seen");

    let list = [("src/a.rs", "it must")];
    let a = || Source::new("src/a.rs", "fn f() { p.expose(); }");
    assert_eq!(exposed_elsewhere(&[a()], &list), []);
    for text in [
        "fn f() { p.expose(); }",
        "fn f() { x.map(Secret::expose); }",
        "fn f() { format!(\"{}\", p.expose()); }",
    ] {
        assert_eq!(exposed_elsewhere(&[a(), Source::new("src/b.rs", text)], &list).len(), 1, "{text}");
    }
    assert_eq!(exposed_elsewhere(&[Source::new("src/a.rs", "")], &list).len(), 1, "an idle row is seen");
}
