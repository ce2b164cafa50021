//! What `reconcile` says of mails that no real mailbox shows on demand: each way in which a mail can look
//! known without being so, and the other way round.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use nyckelbud::mailbox::{
    Filed, Folder, MailUid, Mailbox, MailboxError, Mark, Opened, RawMail, RawMailSender, Shelf, Woken,
};
use nyckelbud::worker::{FolderCount, Intake, Reconciled, Reconciliation, UnknownMail};

use super::inbox::{Held, ShelfMailbox, raw, scope};
use super::{Desk, intake_of, letter};
use crate::support::demo_desk;

const HANDLED: Folder = Folder::Handled;
const QUARANTINE: Folder = Folder::Quarantine;

/// Compares the desk's mailbox with its store; the mails without a known fate.
pub async fn reconciled(desk: &Desk) -> (Reconciled, Vec<UnknownMail>) {
    compared(desk, Box::new(ShelfMailbox::over("servicedesk", &desk.shelf))).await
}

async fn compared(desk: &Desk, mailbox: Box<dyn Mailbox>) -> (Reconciled, Vec<UnknownMail>) {
    let reconciliation = Reconciliation {
        mailbox,
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

/// What was counted in one folder.
pub fn of(told: &Reconciled, shelf: Shelf) -> &FolderCount {
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

#[tokio::test]
async fn copies_that_lie_apart_stand_for_as_many_kept_mails_and_no_more() {
    let mut desk = Desk::new().await;
    let (copied, cut) = (letter("copied", None, "Hej"), letter("cut", None, "Hej"));
    let large = |uid: &str| RawMail { truncated: true, ..raw(uid, &cut) };
    desk.shelf().mails = vec![raw("1", &copied), raw("2", &copied), large("3"), large("4")];
    // Nobody tells where they lie.
    desk.drain().await;
    let (told, unknown) = reconciled(&desk).await;
    let lies = |told: &Reconciled| (told.totals.kept, told.nowhere);
    assert_eq!((lies(&told), unknown.len()), ((4, 0), 0), "{told:?}");
    desk.shelf().folders.values_mut().for_each(|mails| mails.truncate(1));
    assert_eq!(lies(&reconciled(&desk).await.0), (4, 2), "one of each was deleted");
    // The sweep of a new start notes the places of those that are left.
    desk.restart();
    desk.drain().await;
    assert_eq!(lies(&reconciled(&desk).await.0), (4, 2));
    desk.shelf().lay(HANDLED, raw("", &copied));
    assert_eq!(lies(&reconciled(&desk).await.0), (4, 1), "it is there again");
}

#[tokio::test]
async fn a_mail_that_only_another_mailbox_had_stands_for_none_of_this_one() {
    let mut desk = Desk::new().await;
    let (theirs, deleted) = (letter("theirs", None, "Hej"), letter("deleted", None, "Hej igen"));
    let annex = Held { validity: 9, mails: vec![raw("1", &theirs)], ..Held::default() };
    let mut other = intake_of("annex", &Arc::new(Mutex::new(annex)), &desk.settings, &desk.parts);
    other.drain().await.expect("it is read");
    desk.shelf().mails = vec![raw("1", &deleted)];
    desk.drain().await;
    desk.shelf().folders.clear();
    desk.shelf().lay(HANDLED, raw("", &theirs));
    for noted in [false, true] {
        if noted {
            desk.restart();
            desk.drain().await;
        }
        let (told, unknown) = reconciled(&desk).await;
        let handled = of(&told, Shelf::Filed(HANDLED));
        assert_eq!((handled.by_place, handled.by_content), (usize::from(noted), usize::from(!noted)));
        assert_eq!((told.totals.kept, told.nowhere, unknown.len()), (1, 1, 0), "noted: {noted} {told:?}");
    }
}

/// A mailbox that a desk at work takes a mail out of between the list and the fetch, which then brings none.
struct Meanwhile {
    inner: ShelfMailbox,
    desk: Intake,
}

#[async_trait]
impl Mailbox for Meanwhile {
    fn name(&self) -> &str {
        self.inner.name()
    }
    async fn open(&mut self) -> Result<Opened, MailboxError> {
        self.inner.open().await
    }
    async fn list(&mut self, after: Option<&Mark>) -> Result<Vec<MailUid>, MailboxError> {
        self.inner.list(after).await
    }
    async fn mark(&mut self) -> Result<Mark, MailboxError> {
        self.inner.mark().await
    }
    async fn fetch(&mut self, _: &[MailUid], _: RawMailSender) -> Result<(), MailboxError> {
        self.desk.drain().await.expect("the desk is at work");
        Ok(())
    }
    async fn file(&mut self, folder: Folder, uids: &[MailUid]) -> Result<Vec<Filed>, MailboxError> {
        self.inner.file(folder, uids).await
    }
    async fn look(&mut self, shelf: Shelf) -> Result<Option<Opened>, MailboxError> {
        self.inner.look(shelf).await
    }
    async fn wait(&mut self, limit: Duration) -> Result<Woken, MailboxError> {
        self.inner.wait(limit).await
    }
}

#[tokio::test]
async fn a_mail_that_a_desk_at_work_keeps_meanwhile_is_not_called_unknown() {
    let mut desk = Desk::new().await;
    desk.drain().await;
    desk.shelf().mails = vec![raw("7", &letter("meanwhile", None, "Hej"))];
    // It stays where it is, so that a second list shows it, too.
    desk.shelf().full = true;
    let inner = ShelfMailbox::over("servicedesk", &desk.shelf);
    let at_work = super::intake(&desk.shelf, &desk.settings, &desk.parts);
    let (told, unknown) = compared(&desk, Box::new(Meanwhile { inner, desk: at_work })).await;
    let inbox = of(&told, Shelf::Inbox);
    assert_eq!((inbox.mails, inbox.by_place, unknown.as_slice()), (1, 1, &[][..]), "{told:?}");
}
