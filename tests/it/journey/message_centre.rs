//! Whole journeys over SMPP and over a modem: mail, password, text, receipt, and what follows when the message
//! centre does otherwise.

use std::time::Duration;

use serde_json::Value;
use tokio::time::timeout;

use super::{ANNA, annas_request, lines, link_in, password_in, ticket_of};
use crate::support::daemon::{Daemon, PATIENCE};
use crate::support::demo_desk;
use crate::support::program::{ended, on_desk};
use crate::support::smpp::{Centre, PASSWORD};
use crate::support::smsd::Smsd;

/// A running desk whose texts leave by these gateways, with Anna's request in its mailbox.
async fn asked(gateways: &[&str]) -> Daemon {
    let program = Daemon::started(&[lines::MAILDIR, &gateways.concat(), lines::MAIL_SPOOL].concat()).await;
    let raw = annas_request("one").replace('\n', "\r\n");
    demo_desk::deliver_raw(program.folder(), "one.a", raw.as_bytes());
    program
}

/// The words of the first text that the centre got, for Anna.
async fn words(centre: &Centre) -> String {
    let sent = centre.log_of("submit_sm", 1).await.remove(0);
    assert_eq!(sent["to"], "46701740605");
    sent["text"].as_str().unwrap().to_owned()
}

async fn resolved(program: &Daemon) {
    let tickets = program.tickets_when("resolved", |t| t.iter().any(|t| t["state"] == "resolved")).await;
    assert_eq!(ticket_of(&tickets, "one")["outcome"], "sms");
}

/// The audit log says that the answer to the text is kept.
async fn accepted(program: &Daemon) {
    let database = program.folder().join("var/nyckelbud.db");
    let end = tokio::time::Instant::now() + PATIENCE;
    loop {
        let rows = crate::support::audit_rows::read(&database).await;
        if rows.iter().any(|(_, event, _)| event == "text.accepted") {
            return;
        }
        assert!(tokio::time::Instant::now() < end, "{rows:?}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn under_tls_a_text_arrives_and_its_receipt_resolves_the_ticket_also_when_it_comes_twice() {
    let centre = Centre::that(r#"{"held": true, "twice": true}"#).await;
    let program = asked(&[&centre.lines()]).await;
    let words = words(&centre).await;
    let password = password_in(&words);
    assert!(program.opens(ANNA, &password));
    accepted(&program).await;
    assert_eq!(program.tickets()[0]["state"], "working", "taken is not delivered");
    let checked = ended(&mut on_desk(program.folder(), ["check", "--json"])).objects();
    let line = checked.iter().find(|line| line["part"] == "gateway operator").unwrap();
    assert_eq!((&line["verdict"], &line["text"]), (&"good".into(), &"bound; SMPP tells no balance".into()));
    centre.deliver().await;
    resolved(&program).await;
    assert_eq!(centre.log_of("deliver_sm_resp", 2).await.len(), 2);
    assert_eq!(centre.log("submit_sm").await.len(), 1, "one text");
    let log = program.log();
    assert!(!log.contains(&password) && !log.contains(PASSWORD), "a secret is in the log");
    program.terminate();
    centre.log_of("unbind", 2).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_receipt_that_comes_after_a_kill_finds_its_text_and_one_before_the_answer_too() {
    for manners in [r#"{"held": true}"#, r#"{"early": true}"#] {
        let centre = Centre::that(manners).await;
        let mut program = asked(&[&centre.lines()]).await;
        words(&centre).await;
        if manners.contains("held") {
            accepted(&program).await;
            program.kill();
            centre.deliver().await;
            program.start().await;
        }
        resolved(&program).await;
        assert_eq!(centre.log("submit_sm").await.len(), 1, "{manners}: one text");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_text_that_a_receipt_says_is_lost_goes_by_the_next_gateway_with_the_same_words() {
    let centre = Centre::that(r#"{"receipt": "UNDELIV", "words": true}"#).await;
    let program = asked(&[&centre.lines(), lines::MODEM]).await;
    let words = words(&centre).await;
    let texts = program.texts(1).await;
    assert!(texts[0].ends_with(&words), "the same words");
    resolved(&program).await;
    assert!(program.opens(ANNA, &password_in(&words)));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_the_only_gateway_refuses_or_loses_is_offered_to_the_manager() {
    for manners in [r#"{"status": 11, "times": 1}"#, r#"{"receipt": "UNDELIV"}"#] {
        let centre = Centre::that(manners).await;
        let program = asked(&[&centre.lines()]).await;
        let password = password_in(&words(&centre).await);
        let offered = centre.log_of("submit_sm", 2).await.remove(1);
        assert_ne!(offered["to"], "46701740605");
        assert!(link_in(offered["text"].as_str().unwrap()).starts_with("/p/"), "{manners}");
        assert!(program.opens(ANNA, &password), "the same one, and it is set");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_centre_that_is_asked_too_fast_gets_the_text_when_its_wait_is_over() {
    let centre = Centre::that(r#"{"status": 88, "times": 1}"#).await;
    let program = asked(&[&centre.lines()]).await;
    resolved(&program).await;
    let sent: Vec<Value> = centre.log("submit_sm").await;
    assert_eq!(sent.len(), 2, "it refused one and took one");
    assert_eq!(sent[0]["text"], sent[1]["text"], "the same password");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn with_a_wrong_password_nothing_is_changed_and_both_log_and_check_say_why() {
    let centre = Centre::start();
    let wrong = centre.lines().replace(PASSWORD, "fel-4712");
    let mut program = asked(&[&wrong]).await;
    centre.log_of("bind", 1).await;
    program
        .tickets_when("a ticket that waits", |tickets| tickets.iter().any(|t| t["state"] == "working"))
        .await;
    let checked = ended(&mut on_desk(program.folder(), ["check", "--json"])).expect(1).objects();
    let line = checked.iter().find(|line| line["part"] == "gateway operator").unwrap();
    assert_eq!(line["verdict"], "bad");
    assert!(line["text"].as_str().unwrap().contains("refuses username or password"), "{line}");
    let said = |log: &str| log.matches("refuses username or password: no text leaves by it").count();
    crate::support::wait::until("the log says so", PATIENCE, || (said(&program.log()) == 1).then_some(()))
        .await;
    program.terminate();
    program.ended();
    assert_eq!(centre.log("bind").await.len(), 2, "the desk once, and check once");
    assert!(centre.log("submit_sm").await.is_empty());
    assert_eq!(program.credentials(), "", "nobody was locked out");
    assert!(!program.log().contains("fel-4712"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn through_a_real_smsd_a_password_goes_on_the_air_by_its_modem() {
    let mut smsd = Smsd::start().await;
    let modem = format!(
        "[[sms.gateway]]\nname = \"modem\"\nkind = \"spool\"\npath = \"{}\"\n",
        smsd.folder("outgoing").display()
    );
    let program = asked(&[&modem]).await;
    let sent = timeout(PATIENCE, smsd.next()).await.expect("smsd takes the file");
    assert_eq!((sent.to.as_str(), sent.gsm), ("46701740605", true));
    assert!(program.opens(ANNA, &password_in(&sent.text)));
    // A modem tells nothing: taken is delivered.
    resolved(&program).await;
    assert!(demo_desk::files(&smsd.folder("failed")).is_empty());
}
