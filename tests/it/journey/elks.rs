//! The journey through 46elks: receipts, a gateway that stays silent, and gateways that refuse.

use std::sync::Arc;
use std::time::Duration;

use nyckelbud::delivery::sms::GatewaySetup;
use nyckelbud::delivery::sms::elks::ElksGateway;
use nyckelbud::http::Timeouts;
use nyckelbud::ticket::State;

use super::{ANNA, annas_request, lines, link_in, password_in, ticket_of};
use crate::support::client::Asked;
use crate::support::daemon::{Daemon, PATIENCE};
use crate::support::demo_desk;
use crate::support::desk::{OpenDesk, TurnedClock};
use crate::support::elks::{self, Elks, ID, Reply};
use crate::support::wait::until;

const ANNAS_MOBILE: &str = "+46701740605";
const KARINS_MOBILE: &str = "+46701740610";

/// Posts the receipt of a text to where the gateway was asked to.
pub async fn receipt_posted(program: &Daemon, text: &elks::Asked, status: &str) {
    let address = &text.form["whendelivered"];
    let path = address.strip_prefix("http://127.0.0.1:8025").expect("below the public address");
    assert!(path.starts_with(&format!("/callbacks/sms/elks/{}?key=", lines::CALLBACK)), "{path}");
    let form = format!("id={ID}&status={status}&delivered=2026-11-22T10:00:05.000000");
    let answer = program.ask(&Asked::post(path, &form)).await;
    assert_eq!(answer.status, 200, "{answer:?}");
}

fn deliver(program: &Daemon, id: &str) {
    let raw = annas_request(id).replace('\n', "\r\n");
    demo_desk::deliver_raw(program.folder(), &format!("{id}.a"), raw.as_bytes());
}

async fn texts(gateway: &Elks, count: usize) -> Vec<elks::Asked> {
    let enough = || Some(gateway.texts()).filter(|texts| texts.len() >= count);
    until("so many texts at the gateway", PATIENCE, enough).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_text_that_was_taken_settles_by_its_receipt() {
    let gateway = Elks::start(Reply::Documented("created")).await;
    let config = [lines::MAILDIR, &lines::elks(&gateway, "elks"), lines::MAIL_SPOOL].concat();
    let program = Daemon::started(&config).await;
    deliver(&program, "one");
    let text = texts(&gateway, 1).await.remove(0);
    assert_eq!(text.form["to"], ANNAS_MOBILE);
    assert!(program.opens(ANNA, &password_in(&text.form["message"])));
    assert_eq!(program.tickets()[0]["state"], "working", "taken is not delivered");

    receipt_posted(&program, &text, "sent").await;
    assert_eq!(program.tickets()[0]["state"], "working", "sent is not delivered");
    let unknown = Asked::post("/callbacks/sms/elks/guessed", "id=s1&status=delivered");
    assert_eq!(program.ask(&unknown).await.status, 404);
    receipt_posted(&program, &text, "delivered").await;
    let tickets = program.tickets_when("resolved", |t| t[0]["state"] == "resolved").await;
    assert_eq!(ticket_of(&tickets, "one")["outcome"], "sms");
    receipt_posted(&program, &text, "failed").await;
    assert_eq!(program.tickets()[0]["state"], "resolved", "a late receipt moves nothing back");
    assert_eq!(gateway.texts().len(), 1, "one text");
    assert!(!program.log().contains(elks::PASSWORD) && !program.log().contains(lines::CALLBACK));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_a_receipt_of_failure_the_second_gateway_sends_the_same_to_the_same() {
    let (first, second) =
        (Elks::start(Reply::Documented("created")).await, Elks::start(Reply::Documented("delivered")).await);
    let gateways = [lines::elks(&first, "elks"), lines::elks(&second, "reserve")].concat();
    let program = Daemon::started(&[lines::MAILDIR, &gateways, lines::MAIL_SPOOL].concat()).await;
    deliver(&program, "one");
    let failed = texts(&first, 1).await.remove(0);
    let set = program.credentials();
    receipt_posted(&program, &failed, "failed").await;
    let sent = texts(&second, 1).await.remove(0);
    assert_eq!((&sent.form["to"], &sent.form["message"]), (&failed.form["to"], &failed.form["message"]));
    assert_eq!(program.credentials(), set, "the password was set once");
    assert_eq!((first.texts().len(), second.texts().len()), (1, 1));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn when_every_gateway_refuses_the_manager_gets_the_same_password() {
    let refusing = || Elks::start(Reply::Refuses { number: ANNAS_MOBILE, status: "created" });
    let (first, second) = (refusing().await, refusing().await);
    let gateways = [lines::elks(&first, "elks"), lines::elks(&second, "reserve")].concat();
    let program = Daemon::started(&[lines::MAILDIR, &gateways, lines::MAIL_SPOOL].concat()).await;
    deliver(&program, "one");
    let tickets =
        program.tickets_when("the manager is asked", |t| t.len() == 1 && t[0]["outcome"] == "manager");
    let ticket = ticket_of(&tickets.await, "one").clone();
    assert_eq!((&ticket["state"], &ticket["reason"]), (&"open".into(), &"delivery-failed".into()));
    let refused = texts(&second, 1).await.remove(0);
    let set = program.credentials();

    let to_karin = || first.texts().into_iter().find(|text| text.form["to"] == KARINS_MOBILE);
    let link = link_in(&until("a link for the manager", PATIENCE, to_karin).await.form["message"]);
    let mut karin = program.browser();
    karin.open(&link).await;
    let password = password_in(&karin.press(&link).await.body);
    assert_eq!(password, password_in(&refused.form["message"]), "the same password");
    assert!(program.opens(ANNA, &password));
    assert_eq!(program.credentials(), set, "no second set");
    karin.press("/handed-over").await;
    assert_eq!(ticket_of(&program.tickets(), "one")["state"], "resolved");
}

/// Within the test, with a clock that is turned: a silent gateway is waited for longer than a test may
/// last.
#[tokio::test]
async fn after_a_gateway_that_stays_silent_the_second_sends_the_same_to_the_same() {
    let (silent, second) =
        (Elks::start(Reply::Silent).await, Elks::start(Reply::Documented("delivered")).await);
    let (folder, clock) = (tempfile::tempdir().unwrap(), TurnedClock::default());
    demo_desk::build(folder.path());
    demo_desk::deliver(folder.path(), "sms-registered-phone");
    let timeouts = Timeouts { total: Duration::from_millis(300), ..Timeouts::default() };
    let impatient = ElksGateway::new(&GatewaySetup { timeouts, ..silent.settings() }).unwrap();
    let reserve = ElksGateway::new(&second.settings()).unwrap();
    let desk = OpenDesk::open(folder.path(), &clock, |parts| {
        parts.gateways = vec![Arc::new(impatient), Arc::new(reserve)];
    });
    let desk = desk.await;
    desk.work().await;
    assert_eq!((silent.texts().len(), second.texts().len()), (1, 0), "a receipt may still come");

    clock.turn(2);
    desk.work().await;
    assert_eq!((silent.texts().len(), second.texts().len()), (1, 1));
    let (lost, sent) = (&silent.texts()[0].form, &second.texts()[0].form);
    assert_eq!((&sent["to"], &sent["message"]), (&lost["to"], &lost["message"]));
    let state = desk.ticket("sms-registered-phone").await.state;
    assert!(matches!(state, State::Sent { .. } | State::Done { .. }), "{state:?}");
}
