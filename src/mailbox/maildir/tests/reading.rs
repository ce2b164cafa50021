//! What is listed and read, whatever else lies in the maildir.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{PermissionsExt, symlink};

use rustix::fs::{CWD, FileType, Mode, mknodat};

use super::*;

fn pipe(path: &Path) {
    mknodat(CWD, path, FileType::Fifo, Mode::RUSR, 0).unwrap();
}

#[tokio::test]
async fn mails_of_both_parts_are_listed_oldest_first_without_their_flags() {
    let desk = Desk::new();
    desk.put("cur/b.host:2,FS", "b.host", 20);
    desk.deliver("a.host", 10);
    desk.deliver("c.host", 30);
    desk.put("cur/d.host:2,", "d.host", 5);
    let mut mailbox = desk.opened().await;
    let listed = mailbox.list(None).await.unwrap();
    assert_eq!(listed, uids(&["c.host", "b.host", "a.host", "d.host"]));
    let mails = fetched(&mut mailbox, &listed).await;
    assert_eq!(names(&mails), ["c.host", "b.host", "a.host", "d.host"]);
    assert_eq!(desk.files("new"), ["a.host", "c.host"], "reading marks nothing as read");
}

#[tokio::test]
async fn a_mail_comes_with_its_time_and_at_most_its_first_part() {
    let desk = Desk::new();
    let limit = usize::try_from(LIMIT).unwrap();
    desk.put("new/1.fits", &"x".repeat(limit), 3600);
    desk.put("new/2.long", &"y".repeat(limit + 1), 3600);
    let mut mailbox = desk.opened().await;
    let listed = mailbox.list(None).await.unwrap();
    let mails = fetched(&mut mailbox, &listed).await;
    let shapes: Vec<_> = mails.iter().map(|mail| (mail.bytes.len(), mail.truncated)).collect();
    assert_eq!(shapes, [(limit, false), (limit, true)]);
    let file = fs::metadata(desk.path("new/1.fits")).unwrap();
    assert_eq!(mails[0].received_at, Some(tree::millis(file.modified().unwrap())));
}

#[tokio::test]
async fn a_mail_whose_flags_change_between_list_and_fetch_is_found_again() {
    let desk = Desk::new();
    desk.deliver("1.a", 20);
    desk.deliver("2.b", 10);
    let mut mailbox = desk.opened().await;
    let listed = mailbox.list(None).await.unwrap();
    desk.rename("new/1.a", "cur/1.a:2,S");
    assert_eq!(names(&fetched(&mut mailbox, &listed).await), ["1.a", "2.b"]);
    desk.rename("cur/1.a:2,S", "cur/1.a:2,RS");
    mailbox.file(Folder::Handled, &listed).await.unwrap();
    assert_eq!(desk.files(".Nyckelbud.Hanterade/cur"), ["1.a:2,RS", "2.b:2,"]);
}

#[tokio::test]
async fn a_mail_that_was_never_listed_is_found_and_a_name_leads_nowhere_else() {
    let desk = Desk::new();
    desk.deliver("1.a", 10);
    fs::write(desk.path("secret"), "secret").unwrap();
    let mut mailbox = desk.opened().await;
    assert_eq!(names(&fetched(&mut mailbox, &uids(&["../secret", "/etc/passwd", "", "1.a"])).await), ["1.a"]);
}

#[tokio::test]
async fn a_mail_that_has_vanished_is_left_out() {
    let desk = Desk::new();
    for (name, age) in [("1.a", 30), ("2.b", 20), ("3.c", 10)] {
        desk.deliver(name, age);
    }
    let mut mailbox = desk.opened().await;
    let listed = mailbox.list(None).await.unwrap();
    fs::remove_file(desk.path("new/2.b")).unwrap();
    assert_eq!(names(&fetched(&mut mailbox, &listed).await), ["1.a", "3.c"]);
    mailbox.file(Folder::Handled, &listed).await.unwrap();
    assert_eq!(desk.files(".Nyckelbud.Hanterade/cur"), ["1.a:2,", "3.c:2,"]);
}

#[tokio::test]
async fn what_is_no_mail_is_left_out_and_stays() {
    let desk = Desk::new();
    desk.deliver(".nfs0001", 10);
    fs::create_dir(desk.path("new/folder")).unwrap();
    fs::write(desk.path("secret"), "secret").unwrap();
    symlink(desk.path("secret"), desk.path("cur/link:2,")).unwrap();
    symlink(desk.path("nowhere"), desk.path("new/broken")).unwrap();
    pipe(&desk.path("new/pipe"));
    desk.deliver("1.a", 10);
    let mut mailbox = desk.opened().await;
    assert_eq!(mailbox.list(None).await.unwrap(), uids(&["1.a"]));
    let asked = uids(&["folder", "link", "broken", "pipe", "1.a"]);
    assert_eq!(names(&fetched(&mut mailbox, &asked).await), ["1.a"]);
    assert_eq!((desk.files("new").len(), desk.files("cur").len()), (5, 1));
}

#[tokio::test]
async fn what_takes_a_mails_place_after_the_list_harms_no_other() {
    let desk = Desk::new();
    let mut mailbox = desk.opened().await;
    for (name, age) in [("1.folder", 40), ("2.link", 30), ("3.pipe", 20), ("4.mail", 10)] {
        desk.deliver(name, age);
    }
    let listed = mailbox.list(None).await.unwrap();
    for name in ["1.folder", "2.link", "3.pipe"] {
        fs::remove_file(desk.path(&format!("new/{name}"))).unwrap();
    }
    fs::create_dir(desk.path("new/1.folder")).unwrap();
    symlink("/etc/hostname", desk.path("new/2.link")).unwrap();
    pipe(&desk.path("new/3.pipe"));
    assert_eq!(names(&fetched(&mut mailbox, &listed).await), ["4.mail"]);
}

#[tokio::test]
async fn a_mail_that_we_may_not_read_is_listed_but_comes_only_when_we_may() {
    let desk = Desk::new();
    desk.deliver("1.a", 20);
    desk.deliver("2.b", 10);
    let locked = desk.path("new/1.a");
    fs::set_permissions(&locked, fs::Permissions::from_mode(0o000)).unwrap();
    let mut mailbox = desk.opened().await;
    let listed = mailbox.list(None).await.unwrap();
    assert_eq!(listed, uids(&["1.a", "2.b"]));
    // Root may read everything.
    let expected: &[&str] = if File::open(&locked).is_ok() { &["1.a", "2.b"] } else { &["2.b"] };
    assert_eq!(names(&fetched(&mut mailbox, &listed).await), expected);
    fs::set_permissions(&locked, fs::Permissions::from_mode(0o600)).unwrap();
    assert_eq!(names(&fetched(&mut mailbox, &listed).await), ["1.a", "2.b"]);
}

#[tokio::test]
async fn a_file_name_of_any_octets_is_a_mail_like_others() {
    let desk = Desk::new();
    for name in ["with blank", "with\nline end", ":2,S", "lönn:2", "-rf", "a:1,b", "\"quoted\""] {
        desk.deliver(name, 10);
    }
    desk.deliver("aside", 10);
    fs::rename(desk.path("new/aside"), desk.path("new").join(OsStr::from_bytes(b"l\xf6sen"))).unwrap();
    let mut mailbox = desk.opened().await;
    let listed = mailbox.list(None).await.unwrap();
    assert_eq!((listed.len(), fetched(&mut mailbox, &listed).await.len()), (8, 8));
    mailbox.file(Folder::Handled, &listed).await.unwrap();
    assert_eq!((desk.files("new").len(), desk.files(".Nyckelbud.Hanterade/cur").len()), (0, 8));
}

#[tokio::test]
async fn a_fetch_that_nobody_takes_ends_early_without_error() {
    let desk = Desk::new();
    desk.deliver("1.a", 10);
    let mut mailbox = desk.opened().await;
    let (to, from) = channel();
    drop(from);
    assert_eq!(mailbox.fetch(&uids(&["1.a"]), to).await, Ok(()));
}

#[tokio::test]
async fn a_mark_leaves_out_what_was_there_also_when_its_flags_change() {
    let desk = Desk::new();
    desk.deliver("1.a", 20);
    desk.put("cur/2.b:2,S", "2.b", 10);
    let mut mailbox = desk.opened().await;
    let mark = mailbox.mark().await.unwrap();
    assert!(mailbox.list(Some(&mark)).await.unwrap().is_empty());
    desk.rename("new/1.a", "cur/1.a:2,S");
    // Written before the mark was made, as when a slow delivery ends after it.
    desk.deliver("3.c", 30);
    assert_eq!(mailbox.list(Some(&mark)).await.unwrap(), uids(&["3.c"]));
    let error = mailbox.list(Some(&Mark("nonsense".to_owned()))).await.unwrap_err();
    assert!(error.to_string().contains("mark of the first connection"), "{error}");
}
