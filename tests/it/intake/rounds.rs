//! Many mails at once: they come in rounds, oldest first, and nothing grows with their number.

use super::Desk;
use super::inbox::raw;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn mails_are_moved_while_many_others_still_wait() {
    let mut desk = Desk::new().await;
    let mails = (0..2300).map(|n| raw(&format!("{n:04}"), &super::letter(&n.to_string(), None, "Hej")));
    desk.shelf().mails = mails.collect();
    desk.drain().await;
    let held = desk.shelf();
    assert_eq!((held.mails.len(), held.moved.len()), (0, 2300));
    assert!(held.most_unmoved <= 2000, "{} were read before the first move", held.most_unmoved);
    let fetched: Vec<&String> = held.fetched.iter().flatten().collect();
    assert!(fetched.is_sorted(), "the oldest first");
}
