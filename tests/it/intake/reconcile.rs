//! What `reconcile` says of mails that no real mailbox shows on demand: each way in which a mail can look
//! known without being so, and the other way round.

use std::sync::Arc;
use std::time::Duration;

use nyckelbud::mailbox::{Folder, RawMail, Shelf};
use nyckelbud::worker::{FolderCount, Reconciled, Reconciliation, UnknownMail};

use super::inbox::{ShelfMailbox, raw, scope};
use super::{Desk, letter};
use crate::support::demo_desk;

const HANDLED: Folder = Folder::Handled;
const QUARANTINE: Folder = Folder::Quarantine;

/// Compares the desk's mailbox with its store; the mails without a known fate.
async fn reconciled(desk: &Desk) -> (Reconciled, Vec<UnknownMail>) {
    let reconciliation = Reconciliation {
        mailbox: Box::new(ShelfMailbox::over("servicedesk", &desk.shelf)),
        store: Arc::clone(&desk.parts.store),
        rules: Arc::new(desk.parts.rules.clone()),
        authentication: desk.settings.authentication.clone(),
        start_now: desk.settings.start_now,
        poll: Duration::from_secs(60),
        now: desk.parts.clock.now(),
    };
    let mut unknown = Vec::new();
    let told = reconciliation.run(&mut |mail| unknown.push(mail.clone())).await.expect("compared");
    assert_eq!(told.folders.iter().map(|folder| folder.unknown).sum::<usize>(), unknown.len());
    (told, unknown)
}

fn of(told: &Reconciled, shelf: Shelf) -> &FolderCount {
    told.folders.iter().find(|folder| folder.shelf == shelf).expect("the folder")
}

#[tokio::test]
async fn a_mail_that_was_kept_unread_is_known_wherever_it_lies() {
    let mut desk = Desk::new().await;
    let large = RawMail { truncated: true, ..raw("1", &demo_desk::mail("technician-other-subject")) };
    desk.shelf().mails = vec![large];
    // It leaves the inbox without a note of where it went.
    desk.drain().await;
    let (told, unknown) = reconciled(&desk).await;
    let lies = of(&told, Shelf::Filed(QUARANTINE));
    assert_eq!((lies.mails, lies.by_content, unknown.len(), told.nowhere), (1, 1, 0, 0), "{told:?}");
}

#[tokio::test]
async fn the_beginning_of_a_mail_that_is_kept_is_not_that_mail() {
    let mut desk = Desk::new().await;
    let whole = demo_desk::mail("technician-other-subject");
    desk.shelf().mails = vec![raw("1", &whole)];
    desk.drain().await;
    desk.shelf().lay(HANDLED, RawMail { truncated: true, ..raw("", &whole) });
    let (told, unknown) = reconciled(&desk).await;
    assert_eq!((of(&told, Shelf::Filed(HANDLED)).by_content, unknown.len()), (1, 1), "{told:?}");
}

#[tokio::test]
async fn a_mail_whose_try_was_counted_and_that_is_not_kept_is_named() {
    let mut desk = Desk::new().await;
    desk.drain().await;
    let (now, store) = (desk.parts.clock.now(), Arc::clone(&desk.parts.store));
    let uid = desk.shelf().lay(HANDLED, raw("", &letter("filed", None, "Hej")));
    desk.shelf().mails = vec![raw("1", &letter("new", None, "Hej"))];
    store.count_tries(&scope(Shelf::Inbox, 1), &[raw("1", b"").uid], now).await.expect("counted");
    store.count_tries(&scope(Shelf::Filed(HANDLED), 5), &[uid], now).await.expect("counted");
    let (told, unknown) = reconciled(&desk).await;
    let named = |unknown: &[UnknownMail]| {
        let id = |mail: &UnknownMail| mail.message_id.as_ref().map(|id| id.as_str().to_owned());
        unknown.iter().map(id).collect::<Vec<_>>()
    };
    let ids = ["new@kommun.example", "filed@kommun.example"].map(|id| Some(id.to_owned()));
    assert_eq!(named(&unknown), ids, "{told:?}");
    store.count_tries(&scope(Shelf::Inbox, 1), &[raw("1", b"").uid], now).await.expect("counted");
    let (_, unknown) = reconciled(&desk).await;
    // Begun again: it may be what stops the desk, and is not read.
    assert_eq!(named(&unknown).iter().filter(|id| id.is_none()).count(), 1, "{unknown:?}");
}

#[tokio::test]
async fn a_mail_that_the_mailbox_does_not_hand_over_is_named_by_its_uid() {
    let mut desk = Desk::new().await;
    desk.drain().await;
    desk.shelf().mails = vec![raw("7", &letter("withheld", None, "Hej"))];
    desk.shelf().withheld = vec!["7".to_owned()];
    let (told, unknown) = reconciled(&desk).await;
    assert_eq!(of(&told, Shelf::Inbox).mails, 1);
    let [mail] = unknown.as_slice() else { panic!("{unknown:?}") };
    assert_eq!((mail.uid.as_str(), &mail.message_id, mail.shelf), ("7", &None, Shelf::Inbox));
}

#[tokio::test]
async fn what_lay_there_before_the_first_connection_is_not_ours_before_and_after_it() {
    let mut desk = Desk::new().await;
    desk.settings.start_now = true;
    desk.restart();
    desk.shelf().mails = vec![raw("1", &letter("old", None, "Hej"))];
    desk.shelf().lay(HANDLED, raw("", &letter("filed", None, "Hej")));
    for connected in [false, true] {
        if connected {
            desk.drain().await;
        }
        let (told, unknown) = reconciled(&desk).await;
        assert_eq!(unknown, [], "connected: {connected}");
        for shelf in [Shelf::Inbox, Shelf::Filed(HANDLED)] {
            let count = of(&told, shelf);
            assert_eq!((count.mails, count.before), (1, 1), "connected: {connected} {count:?}");
        }
    }
}

#[tokio::test]
async fn a_mail_in_two_places_does_not_stand_for_one_that_lies_nowhere() {
    let mut desk = Desk::new().await;
    let (copied, deleted) = (letter("copied", None, "Hej"), letter("deleted", None, "Hej igen"));
    desk.shelf().mails = vec![raw("1", &copied), raw("2", &deleted)];
    desk.drain().await;
    {
        let mut held = desk.shelf();
        held.folders.get_mut(&HANDLED).expect("the folder").retain(|mail| mail.bytes == copied);
        held.lay(QUARANTINE, raw("", &copied));
    }
    let (told, unknown) = reconciled(&desk).await;
    assert_eq!((told.totals.kept, told.nowhere, unknown.len()), (2, 1, 0), "{told:?}");
}
