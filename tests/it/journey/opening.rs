//! The journey over TLS: a mail at Dovecot becomes a ticket, a text whose password opens the
//! account, and two mails at Postfix.

use nyckelbud::tls::Tls;
use serde_json::{Value, json};

use super::{ANNA, HANDLED, annas_request, lines, password_in, ticket_of};
use crate::support::daemon::{Daemon, PATIENCE};
use crate::support::demo_desk;
use crate::support::dovecot::Dovecot;
use crate::support::postfix::Postfix;
use crate::support::wait::until;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_mail_over_tls_becomes_a_text_whose_password_opens_the_account() {
    let (mailbox, post) = (Dovecot::start(), Postfix::start());
    let config = [lines::imap(&mailbox), lines::MODEM.to_owned(), lines::smtp(&post)].concat();
    let program = Daemon::started(&config).await;
    assert!(!program.opens(ANNA, ""), "no password is set yet");
    mailbox.deliver("1.a", &annas_request("one"));

    let tickets = program.tickets_when("a resolved ticket", |t| t.len() == 1 && t[0]["state"] == "resolved");
    the_ticket_is_as_promised(ticket_of(&tickets.await, "one"));
    let texts = program.texts(1).await;
    assert_eq!(texts.len(), 1, "one text");
    assert!(texts[0].starts_with("To: 46701740605\nAlphabet: UTF-8\n\n"), "{}", texts[0]);
    assert!(program.opens(ANNA, &password_in(&texts[0])), "the password in the text opens the account");
    assert!(program.credentials().contains("must_change = true"), "{}", program.credentials());

    is_filed_unread(&mailbox, 1).await;
    the_mails_have_their_headers(&post.delivered(2).await);
}

/// The object of interfaces.md.
fn the_ticket_is_as_promised(ticket: &Value) {
    for (key, value) in [
        ("state", json!("resolved")),
        ("kind", json!("password")),
        ("outcome", json!("sms")),
        ("reason", Value::Null),
        ("account", json!("anna.andersson@kommun.example")),
        ("mailbox", json!("servicedesk")),
        ("subject", json!("Nytt lösenord")),
        ("from", json!("anna.andersson@kommun.example")),
        ("assignee", Value::Null),
        ("mails", json!(1)),
        ("messages", json!(["one@kommun.example"])),
        ("merged_into", Value::Null),
        ("linked_to", Value::Null),
    ] {
        assert_eq!(ticket[key], value, "{key} of {ticket:#}");
    }
    let number = ticket["number"].as_str().unwrap();
    assert!(number.len() == 4 && number.ends_with("-1"), "the first ticket of a year: {number}");
    for key in ["received_at", "settled_at"] {
        let time = ticket[key].as_str().unwrap_or_default();
        assert!(time.len() == 20 && time.ends_with('Z'), "{key}: {time:?}");
    }
    let trail = ticket["trail"].as_array().unwrap();
    let keys = ["check", "result", "evidence"];
    assert!(
        trail.len() > 3 && trail.iter().all(|line| keys.iter().all(|key| line[key].is_string())),
        "{trail:#?}"
    );
}

/// The mail has left the inbox, and nobody has marked it as read.
async fn is_filed_unread(mailbox: &Dovecot, count: usize) {
    until("the mails are in the handled folder", PATIENCE, || {
        (mailbox.files(HANDLED).len() == count && mailbox.files("").is_empty()).then_some(())
    })
    .await;
    for name in mailbox.files(HANDLED) {
        let flags = name.split_once(":2,").map_or("", |(_, flags)| flags);
        assert!(!flags.contains('S'), "{name} was marked as read");
    }
}

/// The acknowledgement and the owner's notice, with the headers of interfaces.md.
fn the_mails_have_their_headers(mails: &[String]) {
    assert_eq!(mails.len(), 2, "{mails:#?}");
    let of_kind = |kind: &str| {
        let line = format!("\nAuto-Submitted: {kind}\n");
        mails.iter().find(|mail| mail.contains(&line)).unwrap_or_else(|| panic!("no {kind}: {mails:#?}"))
    };
    let (acknowledgement, notice) = (of_kind("auto-replied"), of_kind("auto-generated"));
    for mail in [acknowledgement, notice] {
        let head = mail.split("\n\n").next().unwrap();
        let fields: Vec<&str> = head.lines().collect();
        assert!(fields.contains(&"X-Auto-Response-Suppress: All"), "{head}");
        assert!(fields.contains(&"To: anna.andersson@kommun.example"), "{head}");
        assert!(head.contains("\nFrom: ") && head.contains("<servicedesk@kommun.example>"), "{head}");
        assert!(head.contains("-1]"), "the subject's tag: {head}");
    }
    assert!(acknowledgement.contains("\nIn-Reply-To: <one@kommun.example>\n"), "{acknowledgement}");
    assert!(acknowledgement.contains("\nReferences: <one@kommun.example>\n"), "{acknowledgement}");
    assert!(!notice.contains("\nIn-Reply-To:"), "{notice}");
    let ids = [acknowledgement, notice].map(|mail| {
        let line = mail.lines().find(|line| line.to_ascii_lowercase().starts_with("message-id: <"));
        line.unwrap_or_else(|| panic!("no Message-ID: {mail}")).to_owned()
    });
    assert_ne!(ids[0], ids[1], "a second mail has a Message-ID of its own");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_same_over_starttls_with_a_spool_for_mails() {
    let mailbox = Dovecot::start();
    let imap = lines::imap_at(&mailbox, "servicedesk", mailbox.imap_port(), Tls::StartTls);
    mailbox.deliver("1.a", &annas_request("one"));
    let program = Daemon::started(&[imap, lines::spools()].concat()).await;
    let texts = program.texts(1).await;
    assert!(program.opens(ANNA, &password_in(&texts[0])));
    let tickets = program.settled(1).await;
    assert_eq!(ticket_of(&tickets, "one")["outcome"], "sms");
    is_filed_unread(&mailbox, 1).await;
    let mails = || (demo_desk::files(&program.folder().join("mail")).len() == 2).then_some(());
    until("acknowledgement and notice", PATIENCE, mails).await;
}
