//! Looking into folders: nothing is made, moved or renamed.

use super::*;

const SHELVES: [(Shelf, &str); 3] = [
    (Shelf::Inbox, ""),
    (Shelf::Filed(Folder::Handled), HANDLED),
    (Shelf::Filed(Folder::Quarantine), QUARANTINE),
];

#[tokio::test]
async fn a_look_lists_and_reads_each_folder_and_changes_none() {
    let desk = Desk::new();
    let mut mailbox = desk.opened().await;
    for (index, (_, folder)) in SHELVES.iter().enumerate() {
        desk.put(format!("{folder}/new/{index}.a").trim_start_matches('/'), &format!("{index}.a"), 20);
        desk.put(format!("{folder}/cur/{index}.b:2,FS").trim_start_matches('/'), &format!("{index}.b"), 10);
    }
    for (index, (shelf, folder)) in SHELVES.into_iter().enumerate() {
        assert_eq!(mailbox.look(shelf).await, Ok(Some(Opened { validity: 0 })));
        let listed = mailbox.list(None).await.unwrap();
        let (first, second) = (format!("{index}.a"), format!("{index}.b"));
        assert_eq!(listed, uids(&[&first, &second]));
        assert_eq!(names(&fetched(&mut mailbox, &listed).await), [first.as_str(), &second]);
        let files = |part: &str| desk.files(format!("{folder}/{part}").trim_start_matches('/'));
        assert_eq!((files("new"), files("cur")), (vec![first.clone()], vec![format!("{second}:2,FS")]));
    }
}

#[tokio::test]
async fn a_look_makes_no_folder_and_a_missing_maildir_is_an_error() {
    let desk = Desk::new();
    let mut mailbox = MaildirMailbox::new(desk.settings());
    for (shelf, _) in SHELVES.into_iter().skip(1) {
        assert_eq!(mailbox.look(shelf).await, Ok(None));
    }
    assert_eq!(desk.files(""), ["cur", "new", "tmp"]);
    fs::remove_dir(desk.path("new")).unwrap();
    for (shelf, _) in SHELVES {
        let error = mailbox.look(shelf).await.unwrap_err();
        assert!(error.to_string().contains("a maildir holds new/ and cur/"), "{error}");
    }
}

#[tokio::test]
async fn nothing_is_moved_and_nobody_waits_in_a_folder_that_was_opened_to_look() {
    let desk = Desk::new();
    desk.deliver("1.a", 10);
    let mut mailbox = desk.opened().await;
    mailbox.look(Shelf::Inbox).await.unwrap();
    let error = mailbox.file(Folder::Handled, &uids(&["1.a"])).await.unwrap_err();
    assert!(error.to_string().contains("opened only to look"), "{error}");
    mailbox.look(Shelf::Inbox).await.unwrap();
    mailbox.wait(Duration::from_secs(1)).await.unwrap_err();
    assert_eq!(desk.files("new"), ["1.a"]);
    mailbox.open().await.unwrap();
    mailbox.file(Folder::Handled, &uids(&["1.a"])).await.unwrap();
}
