//! Mails that somebody takes out of the inbox before they are read.

use nyckelbud::mailbox::{MailUid, Shelf};
use nyckelbud::store::Totals;

use super::Desk;
use super::inbox::{raw, scope};
use crate::support::{audit_rows, demo_desk};

#[tokio::test]
async fn a_mail_that_was_taken_away_before_it_was_read_is_said_once() {
    let mut desk = Desk::new().await;
    let inbox = scope(Shelf::Inbox, 1);
    let (taken, there) = (MailUid::new("1"), raw("2", &demo_desk::mail("technician-other-subject")));
    let now = desk.parts.clock.now();
    desk.parts.store.count_tries(&inbox, &[taken, there.uid.clone()], now).await.expect("counted");
    desk.shelf().mails = vec![there];
    for _ in 0..2 {
        desk.drain().await;
        desk.restart();
    }
    let rows = audit_rows::read(&desk.folder.path().join("var/nyckelbud.db")).await;
    let gone: Vec<_> = rows.iter().filter(|(_, event, _)| event == "mail.gone").collect();
    assert_eq!(gone.len(), 1, "{rows:?}");
    assert!(gone[0].2.contains("\"uids\":[\"1\"]"), "{gone:?}");
    let totals = desk.parts.store.totals("servicedesk").await.expect("totals");
    assert_eq!(totals, Totals { kept: 1, gone: 1 });
}
