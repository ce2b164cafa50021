//! The mail spool: one file a mail.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use nyckelbud::delivery::MailSender;
use nyckelbud::delivery::notice::MailSpool;

use super::{address, notice, reply};
use crate::support::demo_desk::files;

fn spool(folder: &std::path::Path) -> MailSpool {
    MailSpool::new(folder, "Servicedesk", address("servicedesk@kommun.example"))
}

#[tokio::test]
async fn a_mail_sent_again_is_the_same_file() {
    let folder = tempfile::tempdir().unwrap();
    let spool = spool(folder.path());
    for _ in 0..3 {
        assert_eq!(spool.send(&reply()).await.code(), "accepted");
    }
    assert_eq!(files(folder.path()), ["n1.7f3a@kommun.example.eml"]);
    let mut other = notice();
    other.message_id = super::id("n2.7f3a@kommun.example");
    spool.send(&other).await;
    assert_eq!(files(folder.path()).len(), 2);
    let file = folder.path().join("n1.7f3a@kommun.example.eml");
    assert_eq!(fs::metadata(file).unwrap().permissions().mode() & 0o777, 0o640);
}

#[tokio::test]
async fn a_message_id_never_leads_out_of_the_folder() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("mail")).unwrap();
    let spool = spool(&folder.path().join("mail"));
    let mut mail = reply();
    mail.message_id = super::id("../../out@kommun.example");
    assert_eq!(spool.send(&mail).await.code(), "accepted");
    assert_eq!(files(folder.path()), ["mail"]);
    assert_eq!(files(&folder.path().join("mail")).len(), 1);
}

#[tokio::test]
async fn a_mail_that_could_not_be_written_was_not_sent() {
    let folder = tempfile::tempdir().unwrap();
    let spool = spool(&folder.path().join("missing"));
    assert_eq!(spool.send(&reply()).await.code(), "not-sent");
    assert!(spool.probe().await.is_err());
}
