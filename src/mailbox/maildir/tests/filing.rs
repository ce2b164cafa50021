//! Folders, and moving mails into them: nothing is overwritten, nothing is lost.

use std::os::unix::fs::PermissionsExt;

use super::*;
use crate::mailbox::Spot;

#[tokio::test]
async fn missing_folders_are_made_as_mail_servers_lay_them_out() {
    let desk = Desk::new();
    fs::set_permissions(desk.0.path(), fs::Permissions::from_mode(0o700)).unwrap();
    desk.opened().await;
    for folder in [HANDLED, QUARANTINE] {
        assert_eq!(desk.files(folder), ["cur", "maildirfolder", "new", "tmp"], "{folder}");
        let mode = fs::metadata(desk.path(folder)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o700, "the folder is no more open than the maildir");
    }
    // They are there the second time.
    desk.opened().await;
}

#[tokio::test]
async fn mails_go_to_their_folder_and_leave_the_inbox() {
    let desk = Desk::new();
    desk.deliver("1.a", 20);
    desk.put("cur/2.b:2,F", "2.b", 10);
    let mut mailbox = desk.opened().await;
    mailbox.file(Folder::Handled, &uids(&["1.a"])).await.unwrap();
    mailbox.file(Folder::Quarantine, &uids(&["2.b"])).await.unwrap();
    assert!(mailbox.list(None).await.unwrap().is_empty());
    assert_eq!(desk.files(&format!("{HANDLED}/cur")), ["1.a:2,"]);
    assert_eq!(desk.files(&format!("{QUARANTINE}/cur")), ["2.b:2,F"]);
    // Again, and what never was: no error.
    mailbox.file(Folder::Handled, &uids(&["1.a", "9.z"])).await.unwrap();
}

#[tokio::test]
async fn a_mail_that_is_in_the_folder_already_is_never_overwritten() {
    let desk = Desk::new();
    let mut mailbox = desk.opened().await;
    for text in ["first", "second", "third"] {
        desk.put("new/1.a", text, 10);
        mailbox.file(Folder::Handled, &uids(&["1.a"])).await.unwrap();
    }
    let cur = desk.path(HANDLED).join("cur");
    let text = |name: &str| fs::read_to_string(cur.join(name)).unwrap();
    assert_eq!([text("1.a:2,"), text("1.a.1:2,"), text("1.a.2:2,")], ["first", "second", "third"]);
}

#[tokio::test]
async fn a_filed_mail_lies_where_the_answer_says_also_when_its_name_was_taken() {
    let desk = Desk::new();
    let mut mailbox = desk.opened().await;
    for (text, name) in [("first", "1.a"), ("second", "1.a.1")] {
        desk.put("new/1.a", text, 10);
        let filed = mailbox.file(Folder::Handled, &uids(&["1.a", "9.z"])).await.unwrap();
        let spot = Spot { validity: 0, uid: MailUid::new(name) };
        let here = Filed { uid: MailUid::new("1.a"), now: Some(spot.clone()) };
        let gone = Filed { uid: MailUid::new("9.z"), now: None };
        assert_eq!(filed, [here, gone]);
        mailbox.look(Shelf::Filed(Folder::Handled)).await.unwrap().expect("the folder");
        assert_eq!(fetched(&mut mailbox, &[spot.uid]).await[0].bytes, text.as_bytes());
        mailbox.open().await.unwrap();
    }
}

#[tokio::test]
async fn a_mail_that_cannot_be_moved_stops_no_other_and_is_an_error_with_its_place() {
    let desk = Desk::new();
    // In the folder it would need a longer name than file systems allow.
    let long = "x".repeat(254);
    for (name, age) in [("1.a", 30), (long.as_str(), 20), ("3.c", 10)] {
        desk.deliver(name, age);
    }
    let mut mailbox = desk.opened().await;
    let error = mailbox.file(Folder::Handled, &uids(&["1.a", &long, "3.c"])).await.unwrap_err();
    assert!(
        matches!(&error, MailboxError::File { path, cause } if path.contains(HANDLED) && cause.contains("too long")),
        "{error}"
    );
    assert_eq!(desk.files(&format!("{HANDLED}/cur")), ["1.a:2,", "3.c:2,"]);
    assert_eq!(desk.files("new"), [long]);
}

#[tokio::test]
async fn a_folder_that_is_taken_away_is_an_error_and_opening_makes_it_again() {
    let desk = Desk::new();
    desk.deliver("1.a", 10);
    let mut mailbox = desk.opened().await;
    fs::remove_dir_all(desk.path(HANDLED)).unwrap();
    let error = mailbox.file(Folder::Handled, &uids(&["1.a"])).await.unwrap_err();
    assert!(error.to_string().contains(HANDLED), "{error}");
    assert_eq!(desk.files("new"), ["1.a"]);
    mailbox.open().await.unwrap();
    mailbox.file(Folder::Handled, &uids(&["1.a"])).await.unwrap();
    assert_eq!(desk.files(&format!("{HANDLED}/cur")), ["1.a:2,"]);
}

#[tokio::test]
async fn a_folder_name_can_mean_no_other_place() {
    let desk = Desk::new();
    for name in ["", "/", ".", "..", "../../etc", "Nyckelbud/", "Nyckelbud//Hanterade", "a.b"] {
        let settings = MaildirSettings { handled: name.to_owned(), ..desk.settings() };
        let error = MaildirMailbox::new(settings).open().await.unwrap_err();
        assert!(error.to_string().contains("no name for a folder"), "{name:?}: {error}");
    }
    assert_eq!(desk.files(""), ["cur", "new", "tmp"]);
}

#[tokio::test]
async fn a_path_that_is_no_maildir_is_named_with_what_to_do() {
    let desk = Desk::new();
    fs::remove_dir(desk.path("cur")).unwrap();
    let error = MaildirMailbox::new(desk.settings()).open().await.unwrap_err().to_string();
    assert!(error.contains(&desk.path("cur").display().to_string()), "{error}");
    assert!(error.contains("correct the path, or create them"), "{error}");
    fs::write(desk.path("cur"), "").unwrap();
    MaildirMailbox::new(desk.settings()).open().await.unwrap_err();
}
