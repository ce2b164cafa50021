//! Many mails, and others who work in the maildir at the same time.

use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::*;

/// Sets and takes the flag of every mail in `cur/`, over and over, until told to stop.
fn change_flags(cur: &Path, stop: &AtomicBool) {
    while !stop.load(Ordering::Relaxed) {
        for entry in fs::read_dir(cur).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_str().unwrap();
            let (unique, flags) = name.split_once(":2,").unwrap();
            let changed = if flags.is_empty() { "S" } else { "" };
            // Moved meanwhile: none of ours any more.
            fs::rename(&path, cur.join(format!("{unique}:2,{changed}"))).ok();
        }
    }
}

#[tokio::test]
async fn no_mail_is_lost_or_doubled_while_somebody_changes_all_flags() {
    const COUNT: usize = 300;
    let desk = Desk::new();
    for number in 0..COUNT {
        desk.put(&format!("cur/{number}.a:2,"), &format!("{number}.a"), 10);
    }
    let stop = Arc::new(AtomicBool::new(false));
    let (cur, told) = (desk.path("cur"), Arc::clone(&stop));
    let somebody = std::thread::spawn(move || change_flags(&cur, &told));
    let mut mailbox = desk.opened().await;
    let mut filed = HashSet::new();
    let deadline = Instant::now() + Duration::from_secs(60);
    while filed.len() < COUNT {
        assert!(Instant::now() < deadline, "{} of {COUNT} were filed", filed.len());
        let listed = mailbox.list(None).await.unwrap();
        let got: Vec<_> = fetched(&mut mailbox, &listed).await.into_iter().map(|mail| mail.uid).collect();
        // A mail may slip through a look; it must not slip through all.
        if mailbox.file(Folder::Handled, &got).await.is_err() {
            mailbox.open().await.unwrap();
            continue;
        }
        filed.extend(got);
        filed.retain(|uid: &MailUid| {
            !desk.files("cur").iter().any(|name| name.starts_with(&format!("{}:", uid.0)))
        });
    }
    stop.store(true, Ordering::Relaxed);
    somebody.join().unwrap();
    assert_eq!(desk.files(&format!("{HANDLED}/cur")).len(), COUNT);
    assert!(desk.files("cur").is_empty());
}

#[tokio::test]
async fn ten_thousand_mails_are_listed_read_and_filed() {
    const COUNT: usize = 10_000;
    let desk = Desk::new();
    for number in 0..COUNT {
        desk.put(&format!("new/{number:05}.a"), &format!("{number:05}.a"), 100_000 - number as u64);
    }
    let mut mailbox = desk.opened().await;
    let listed = mailbox.list(None).await.unwrap();
    assert_eq!(listed.len(), COUNT);
    let mails = fetched(&mut mailbox, &listed).await;
    assert!(names(&mails).is_sorted() && mails.len() == COUNT);
    for batch in listed.chunks(500) {
        mailbox.file(Folder::Handled, batch).await.unwrap();
    }
    assert!(mailbox.list(None).await.unwrap().is_empty());
    assert_eq!(desk.files(&format!("{HANDLED}/cur")).len(), COUNT);
}
