//! The folder for handled mails is full: mails are taken in all the same, stay in the inbox, and are
//! moved once there is room.

use std::sync::Arc;

use nyckelbud::cli::assembly;
use nyckelbud::mailbox::imap::ImapMailbox;
use nyckelbud::mailbox::{Folder, MailUid, Mailbox, MailboxError};
use nyckelbud::store::TicketFilter;
use nyckelbud::token::Tokens;
use nyckelbud::worker::{Inbox, Intake, Parts};

use crate::support::demo_desk;
use crate::support::dovecot::Dovecot;
use crate::support::letters::chatter;
use crate::support::said::Said;

const HANDLED: &str = "Arkiv/Hanterade";

/// A mailbox whose handled folder is in the archive.
fn mailbox(server: &Dovecot) -> ImapMailbox {
    let mut settings = server.settings();
    settings.handled = HANDLED.to_owned();
    ImapMailbox::new(settings).unwrap()
}

fn intake(server: &Dovecot, parts: &Arc<Parts>, folder: &std::path::Path) -> Intake {
    let settings =
        assembly::inboxes(&demo_desk::settings(folder), &Tokens::default()).unwrap().remove(0).settings;
    Intake::new(Inbox { mailbox: Box::new(mailbox(server)), settings }, Arc::clone(parts))
}

/// The mails in the archive's folder.
fn archived(server: &Dovecot) -> usize {
    let folder = server.path("mail/desk@kommun.example/Arkiv/.Hanterade");
    ["new", "cur"].iter().map(|part| demo_desk::files(&folder.join(part)).len()).sum()
}

#[tokio::test]
async fn mails_for_which_there_is_no_room_are_kept_stay_in_the_inbox_and_are_moved_later() {
    let said = Said::listen();
    let server = Dovecot::start_with_archive(2);
    let folder = tempfile::tempdir().unwrap();
    demo_desk::build(folder.path());
    let settings = demo_desk::settings(folder.path());
    let store = assembly::store(&settings).await.unwrap();
    let parts = Arc::new(assembly::parts(&settings, store, &Tokens::default()).unwrap());
    let tickets = async || parts.store.tickets(&TicketFilter::default()).await.unwrap().len();

    for name in ["1.a", "2.a"] {
        server.deliver(name, &chatter(name, 100));
    }
    let mut first = intake(&server, &parts, folder.path());
    first.drain().await.unwrap();
    assert_eq!((tickets().await, server.files("").len(), archived(&server)), (2, 0, 2));

    for (name, known) in [("3.a", 3), ("4.a", 4)] {
        server.deliver(name, &chatter(name, 100));
        first.drain().await.expect("a full folder is no reason to stop");
        assert_eq!((tickets().await, server.files("").len(), archived(&server)), (known, known - 2, 2));
    }
    let told = said.lines("mails cannot be moved out of the inbox");
    assert!(told.len() == 1 && told[0].contains(HANDLED) && told[0].contains("make room"), "{told:?}");
    // Another look at what is kept and could not be moved makes no second ticket of it.
    intake(&server, &parts, folder.path()).drain().await.unwrap();
    assert_eq!((tickets().await, server.files("").len(), archived(&server)), (4, 2, 2));

    server.doveadm(&["expunge"], &["mailbox", HANDLED, "all"]);
    intake(&server, &parts, folder.path()).drain().await.unwrap();
    assert_eq!((tickets().await, server.files("").len(), archived(&server)), (4, 0, 2));
}

#[tokio::test]
async fn a_full_folder_of_dovecot_is_named_with_what_to_do() {
    let server = Dovecot::start_with_archive(1);
    for name in ["1.a", "2.a"] {
        server.deliver(name, &chatter(name, 100));
    }
    let mut mailbox = mailbox(&server);
    mailbox.open().await.unwrap();
    let uids = ["1", "2"].map(MailUid::new);
    let error = mailbox.file(Folder::Handled, &uids).await.unwrap_err();
    assert!(matches!(&error, MailboxError::Full { folder, .. } if folder == HANDLED), "{error}");
    assert!(error.to_string().contains("make room there, or raise the limit"), "{error}");
    assert_eq!((server.files("").len(), archived(&server)), (2, 0), "none went, none is lost");
}
