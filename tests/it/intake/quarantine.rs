//! Mails that were quarantined, and what becomes of them when they are read again.

use std::sync::Arc;

use nyckelbud::mailbox::{RawMail, Shelf};
use nyckelbud::ticket::{Kind, Standing, State};
use nyckelbud::types::Reason;
use nyckelbud::worker::{Retried, retry};

use super::inbox::{raw, scope};
use super::{Desk, demo_desk};

/// A desk on which this mail was fetched three times and stopped the program each time.
async fn poisoned(name: &str) -> Desk {
    let mut desk = Desk::new().await;
    let (store, now) = (Arc::clone(&desk.parts.store), desk.parts.clock.now());
    let mail = raw("1", &demo_desk::mail(name));
    for _ in 0..3 {
        store
            .count_tries(&scope(Shelf::Inbox, 1), std::slice::from_ref(&mail.uid), now)
            .await
            .expect("counted");
    }
    desk.shelf().mails = vec![mail];
    desk.intake.drain().await.expect("the mailbox is read");
    desk
}

#[tokio::test]
async fn a_mail_that_stopped_an_older_program_is_read_by_a_newer_one() {
    let desk = poisoned("sms-registered-phone").await;
    let listed = desk.parts.store.quarantine(None).await.expect("the list").mails;
    assert!(listed[0].tries > 3, "{listed:?}");
    let retried = retry(&desk.parts.rereading(), &listed[0], "cli:root").await.expect("the store works");
    assert!(matches!(retried, Retried::LetOut(_)), "{retried:?}");
    desk.work().await;
    let tickets = desk.tickets().await;
    let [view] = tickets.as_slice() else { panic!("{} tickets", tickets.len()) };
    assert_eq!((view.ticket.kind, view.ticket.state.standing()), (Kind::Password, Standing::Resolved));
    assert_eq!(retry(&desk.parts.rereading(), &listed[0], "cli:root").await, Ok(Retried::Gone));
}

#[tokio::test]
async fn a_request_that_lay_in_quarantine_too_long_is_not_acted_on() {
    let mut desk = Desk::new().await;
    let (store, now) = (Arc::clone(&desk.parts.store), desk.parts.clock.now());
    let old = now.minus(desk.parts.rules.policy.max_mail_age * 2);
    let mail = RawMail { received_at: Some(old), ..raw("1", &demo_desk::mail("sms-registered-phone")) };
    for _ in 0..3 {
        store
            .count_tries(&scope(Shelf::Inbox, 1), std::slice::from_ref(&mail.uid), now)
            .await
            .expect("counted");
    }
    desk.shelf().mails = vec![mail];
    desk.intake.drain().await.expect("the mailbox is read");
    let listed = desk.parts.store.quarantine(None).await.expect("the list").mails;
    retry(&desk.parts.rereading(), &listed[0], "cli:root").await.expect("the store works");
    desk.work().await;
    let ticket = &desk.tickets().await[0].ticket;
    assert_eq!(ticket.reason, Some(Reason::MailTooOld), "{ticket:?}");
    assert!(matches!(ticket.state, State::Technician { .. }));
}

#[tokio::test]
async fn a_mail_that_is_kept_in_part_stays_in_quarantine() {
    let mut desk = Desk::new().await;
    desk.shelf().mails =
        vec![RawMail { truncated: true, ..raw("1", &demo_desk::mail("sms-registered-phone")) }];
    desk.intake.drain().await.expect("the mailbox is read");
    let listed = desk.parts.store.quarantine(None).await.expect("the list").mails;
    assert_eq!(retry(&desk.parts.rereading(), &listed[0], "cli:root").await, Ok(Retried::Partial));
    assert_eq!(desk.tickets().await[0].ticket.kind, Kind::Quarantine);
}
