//! Waiting wakes for new mails, and for nothing else.

use tokio::time::timeout;

use super::*;

/// Longer than any test should take.
const LONG: Duration = Duration::from_secs(60);

async fn waited(mailbox: &mut MaildirMailbox, limit: Duration) -> Woken {
    timeout(Duration::from_secs(20), mailbox.wait(limit)).await.expect("waiting ends").unwrap()
}

/// Makes the parts' times so old that only a change of them leads to a look at the names.
fn settle(desk: &Desk) {
    for part in ["new", "cur"] {
        let old = SystemTime::now() - Duration::from_secs(3600);
        File::open(desk.path(part)).unwrap().set_modified(old).unwrap();
    }
}

#[tokio::test]
async fn waiting_ends_with_its_time() {
    let desk = Desk::new();
    desk.deliver("1.a", 10);
    let mut mailbox = desk.opened().await;
    mailbox.list(None).await.unwrap();
    let started = Instant::now();
    assert_eq!(waited(&mut mailbox, Duration::from_millis(500)).await, Woken::ByTime);
    assert!(started.elapsed() >= Duration::from_millis(500));
}

#[tokio::test]
async fn a_delivery_wakes_whoever_waits() {
    let desk = Desk::new();
    settle(&desk);
    let mut mailbox = desk.opened().await;
    assert!(mailbox.list(None).await.unwrap().is_empty());
    let waiting = waited(&mut mailbox, LONG);
    let delivering = async {
        tokio::task::yield_now().await;
        desk.deliver("1.a", 0);
    };
    assert_eq!(tokio::join!(waiting, delivering).0, Woken::ByMail);
    assert_eq!(mailbox.list(None).await.unwrap(), uids(&["1.a"]));
}

#[tokio::test]
async fn a_mail_that_comes_between_list_and_wait_wakes_at_once_until_it_was_listed() {
    let desk = Desk::new();
    let mut mailbox = desk.opened().await;
    mailbox.list(None).await.unwrap();
    desk.deliver("1.a", 0);
    // Neither of these is a list.
    fetched(&mut mailbox, &uids(&["9.z"])).await;
    mailbox.mark().await.unwrap();
    assert_eq!(waited(&mut mailbox, LONG).await, Woken::ByMail);
    assert_eq!(waited(&mut mailbox, LONG).await, Woken::ByMail);
    mailbox.list(None).await.unwrap();
    assert_eq!(waited(&mut mailbox, Duration::ZERO).await, Woken::ByTime);
}

#[tokio::test]
async fn a_mail_that_comes_within_one_tick_of_the_file_systems_clock_wakes() {
    let desk = Desk::new();
    let mut mailbox = desk.opened().await;
    desk.deliver("1.a", 0);
    mailbox.list(None).await.unwrap();
    let before = fs::metadata(desk.path("new")).unwrap().modified().unwrap();
    desk.deliver("2.b", 0);
    // As if both had come at one time of the clock.
    File::open(desk.path("new")).unwrap().set_modified(before).unwrap();
    assert_eq!(waited(&mut mailbox, LONG).await, Woken::ByMail);
}

#[tokio::test]
async fn flags_and_moves_and_what_is_no_mail_wake_nobody_for_long() {
    let desk = Desk::new();
    for (name, age) in [("1.a", 30), ("2.b", 20), ("3.c", 10)] {
        desk.deliver(name, age);
    }
    fs::create_dir(desk.path("new/folder")).unwrap();
    let mut mailbox = desk.opened().await;
    mailbox.list(None).await.unwrap();
    desk.rename("new/1.a", "cur/1.a:2,S");
    mailbox.file(Folder::Handled, &uids(&["2.b"])).await.unwrap();
    fs::remove_file(desk.path("new/3.c")).unwrap();
    assert_eq!(waited(&mut mailbox, Duration::from_millis(300)).await, Woken::ByTime);
}

#[tokio::test]
async fn a_mail_that_comes_back_under_its_name_wakes() {
    let desk = Desk::new();
    desk.deliver("1.a", 10);
    let mut mailbox = desk.opened().await;
    mailbox.list(None).await.unwrap();
    mailbox.file(Folder::Handled, &uids(&["1.a"])).await.unwrap();
    desk.rename(&format!("{HANDLED}/cur/1.a:2,"), "cur/1.a:2,");
    assert_eq!(waited(&mut mailbox, LONG).await, Woken::ByMail);
}

#[tokio::test]
async fn a_maildir_that_goes_away_is_an_error_and_closes_the_mailbox() {
    let desk = Desk::new();
    let mut mailbox = desk.opened().await;
    fs::rename(desk.path("new"), desk.path("away")).unwrap();
    let error = timeout(LONG, mailbox.wait(LONG)).await.unwrap().unwrap_err();
    assert!(matches!(&error, MailboxError::File { path, .. } if path.ends_with("/new")), "{error}");
    let error = mailbox.list(None).await.unwrap_err();
    assert!(error.to_string().contains("not open"), "{error}");
    fs::rename(desk.path("away"), desk.path("new")).unwrap();
    mailbox.open().await.unwrap();
    assert!(mailbox.list(None).await.unwrap().is_empty());
}
