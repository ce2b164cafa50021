//! The whole program as a process against real peers: mails go in at Dovecot, texts and mails come
//! out, and the password that was handed over opens the account.

mod breaking;
mod canary;
mod canary_guards;
mod elks;
mod full_disk;
mod gateways;
mod ledger;
mod lines;
mod mailboxes;
mod manager;
mod message_centre;
mod opening;
mod poison;
mod restored;
mod search;
mod sign_in;
mod stopping;
mod tokens;
mod typed_codes;
mod waking;

use serde_json::Value;

use crate::support::browser::visible;
use crate::support::demo_desk;

/// The folder of handled mails, as Dovecot names it on disk.
const HANDLED: &str = ".Nyckelbud.Hanterade &AOQ-renden";
/// The folder of mails that cannot be read.
const QUARANTINE: &str = ".Nyckelbud.Karant&AOQ-n";

const ANNA: &str = "a-anna";
const FILIP: &str = "a-filip";

/// A mail of Anna's that gets a password by text.
fn annas_request(id: &str) -> String {
    crate::support::letters::request(id, "anna.andersson", "070-174 06 05")
}

/// A mail of Filip's that names a phone that is not his: his manager, Karin, is asked.
fn filips_request(id: &str) -> String {
    crate::support::letters::request(id, "filip.nord", "070-174 06 71")
}

/// The texts to `number` (as the spool writes it).
fn to_number(texts: &[String], number: &str) -> Vec<String> {
    let head = format!("To: {number}\n");
    texts.iter().filter(|text| text.starts_with(&head)).cloned().collect()
}

/// The path of the link in a text.
fn link_in(text: &str) -> String {
    let (_, rest) = text.split_once("/p/").unwrap_or_else(|| panic!("no link in {text}"));
    let token: String = rest.chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '-').collect();
    format!("/p/{token}")
}

/// The temporary password in a text or on a page.
fn password_in(text: &str) -> String {
    find_password(text).unwrap_or_else(|| panic!("no password in {text}"))
}

fn find_password(text: &str) -> Option<String> {
    demo_desk::password_in(&visible(text)).map(str::to_owned)
}

/// The ticket that the mail `id` made.
fn ticket_of<'t>(tickets: &'t [Value], id: &str) -> &'t Value {
    let message_id = format!("{id}@kommun.example");
    let found: Vec<_> = tickets.iter().filter(|t| t["message_id"] == *message_id).collect();
    assert_eq!(found.len(), 1, "one ticket for {id}: {tickets:#?}");
    found[0]
}
