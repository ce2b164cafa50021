//! Every mail becomes what it should, once: whoever takes it in, however often it comes, and whatever its
//! sender wrote into the headers.

use std::sync::{Arc, Mutex};

use nyckelbud::mailbox::RawMail;
use nyckelbud::store;
use nyckelbud::ticket::Standing;

use super::inbox::{Held, raw};
use super::{Desk, intake, intake_of, letter, letter_from};
use crate::support::{demo_desk, postgres};

/// A mail without a Message-ID, all of whose headers are like the others'.
fn nameless(text: &str) -> Vec<u8> {
    format!("From: anna.andersson@kommun.example\r\nSubject: Skrivaren\r\n\r\n{text}\r\n").into_bytes()
}

async fn kept(desk: &Desk, ticket: nyckelbud::ticket::TicketId) -> Vec<Vec<u8>> {
    let all = store::MailsLimit { count: u32::MAX, octets: u32::MAX };
    let mails = desk.parts.store.mails_of(ticket, all).await.expect("mails").expect("few");
    mails.into_iter().map(|mail| mail.raw).collect()
}

#[tokio::test]
async fn a_message_id_that_is_used_again_hides_no_mail() {
    let mut desk = Desk::new().await;
    let (one, other) = (letter("same", None, "Skrivaren är slut"), letter("same", None, "Dörren är låst"));
    desk.shelf().mails = vec![raw("1", &one), raw("2", &other)];
    desk.drain().await;
    assert_eq!(desk.tickets().await.len(), 2);
}

#[tokio::test]
async fn mails_without_a_message_id_are_told_apart_by_what_they_say() {
    let mut desk = Desk::new().await;
    let mails = ["Plan 1", "Plan 2", "Plan 3"].map(nameless);
    desk.shelf().mails = mails.iter().zip(["1", "2", "3"]).map(|(mail, uid)| raw(uid, mail)).collect();
    desk.drain().await;
    assert_eq!(desk.tickets().await.len(), 3);
}

#[tokio::test]
async fn a_mail_that_the_server_does_not_hand_over_holds_up_no_other() {
    let mut desk = Desk::new().await;
    let mails =
        (1..=300).map(|n| raw(&n.to_string(), &letter_from(&n.to_string(), &format!("person.{n}"), "Hej")));
    desk.shelf().mails = mails.collect();
    desk.shelf().withheld = vec!["150".to_owned()];
    desk.drain().await;
    assert_eq!(desk.tickets().await.len(), 299);
    let left: Vec<String> = desk.shelf().mails.iter().map(|mail| mail.uid.as_str().to_owned()).collect();
    assert_eq!(left, ["150"], "it waits in the inbox");
    desk.shelf().withheld.clear();
    desk.drain().await;
    assert_eq!(desk.tickets().await.len(), 300);
}

#[tokio::test]
async fn a_mail_whose_move_failed_is_one_ticket_after_a_restart() {
    let mut desk = Desk::new().await;
    desk.shelf().mails = vec![raw("1", &demo_desk::mail("sms-registered-phone"))];
    desk.shelf().full = true;
    desk.drain().await;
    desk.shelf().full = false;
    desk.restart();
    desk.drain().await;
    desk.work().await;
    assert_eq!((desk.tickets().await.len(), desk.shelf().mails.len()), (1, 0));
    assert_eq!(demo_desk::texts(desk.folder.path()).len(), 1);
}

#[tokio::test]
async fn a_reply_to_a_closed_ticket_opens_it_once_even_when_it_cannot_be_moved() {
    let mut desk = Desk::new().await;
    desk.shelf().mails = vec![raw("1", &demo_desk::mail("sms-registered-phone"))];
    desk.drain().await;
    desk.work().await;
    let ticket = desk.tickets().await.remove(0).ticket;
    assert!(ticket.state.standing().settled() && ticket.state.standing() != Standing::Open, "{ticket:?}");
    let reply = letter("reply", Some("sms-registered-phone"), "Det gick inte");
    desk.shelf().mails = vec![raw("2", &reply)];
    desk.shelf().full = true;
    for _ in 0..3 {
        desk.drain().await;
        desk.restart();
    }
    let tickets = desk.tickets().await;
    let [view] = tickets.as_slice() else { panic!("{} tickets", tickets.len()) };
    assert_eq!((view.ticket.state.standing(), view.messages.len()), (Standing::Open, 2));
    let rows = crate::support::audit_rows::read(&desk.folder.path().join("var/nyckelbud.db")).await;
    assert_eq!(rows.iter().filter(|(_, event, _)| event == "ticket.replied").count(), 1);
}

#[tokio::test]
async fn a_mail_to_two_mailboxes_and_to_oneself_is_one_request_and_one_text() {
    let mut desk = Desk::new().await;
    let annex = Arc::new(Mutex::new(Held { validity: 9, ..Held::default() }));
    let mail = demo_desk::mail("sms-registered-phone");
    desk.shelf().mails = vec![raw("1", &mail), raw("2", &mail)];
    annex.lock().expect("the annex").mails = vec![raw("1", &mail)];
    let mut other = intake_of("annex", &annex, &desk.settings, &desk.parts);
    let (one, two) = tokio::join!(desk.intake.drain(), other.drain());
    one.and(two).expect("both mailboxes are read");
    desk.work().await;
    let tickets = desk.tickets().await;
    assert_eq!((tickets.len(), demo_desk::texts(desk.folder.path()).len()), (1, 1), "{tickets:#?}");
    assert_eq!(annex.lock().expect("the annex").mails.len(), 0);
}

/// Two processes over one PostgreSQL database, which no lock file keeps apart.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_intakes_of_one_mailbox_make_one_ticket_a_mail_with_its_body_whole() {
    let url = postgres::fresh_database().await;
    let mut desk = Desk::over(store::open(&url, "kommun.example").await.expect("the store opens"));
    let another = Desk::over(store::open(&url, "kommun.example").await.expect("the store opens"));
    let mut other = intake(&desk.shelf, &desk.settings, &another.parts);
    let mails: Vec<RawMail> = (0..60)
        .map(|n| {
            raw(
                &format!("{n:02}"),
                &letter_from(&n.to_string(), &format!("person.{n}"), &format!("Det gäller {n}.")),
            )
        })
        .collect();
    desk.shelf().mails = mails.clone();
    let (one, two) = tokio::join!(desk.intake.drain(), other.drain());
    one.and(two).expect("both read the mailbox");
    desk.drain().await;
    let tickets = desk.tickets().await;
    assert_eq!((tickets.len(), desk.shelf().mails.len()), (60, 0));
    for view in tickets {
        let bodies = kept(&desk, view.ticket.id).await;
        assert_eq!(bodies.len(), 1);
        assert!(mails.iter().any(|mail| mail.bytes == bodies[0]), "{:?}", view.messages);
    }
}
