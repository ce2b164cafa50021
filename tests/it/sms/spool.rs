//! The SMS spool: what lies in the folder, and what is known when it cannot be written.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use nyckelbud::delivery::sms::spool::SpoolGateway;
use nyckelbud::delivery::{GatewayTraits, SmsGateway};
use nyckelbud::types::Outcome;

use super::{WORDS, kind, number, text};
use crate::support::demo_desk::files;

#[tokio::test]
async fn a_text_is_one_file_named_by_its_key() {
    let folder = tempfile::tempdir().unwrap();
    let gateway = SpoolGateway::new("modem", folder.path());
    let outcome = gateway.send(&number(), &text(), "n1-text-1-0-1").await;
    assert_eq!(outcome, Outcome::Accepted { reference: "n1-text-1-0-1".to_owned() });
    assert_eq!(files(folder.path()), ["n1-text-1-0-1"]);
    let file = folder.path().join("n1-text-1-0-1");
    assert_eq!(fs::read_to_string(&file).unwrap(), format!("To: 46701740605\nAlphabet: UTF-8\n\n{WORDS}"));
    let mode = fs::metadata(&file).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode, 0o660, "for us and smsd's group, whatever the umask");
}

#[tokio::test]
async fn a_spool_promises_neither_receipts_nor_keys() {
    let folder = tempfile::tempdir().unwrap();
    let gateway = SpoolGateway::new("modem", folder.path());
    assert_eq!(gateway.traits(), GatewayTraits { receipts: false, honours_keys: false, can_be_asked: false });
    assert!(gateway.ask("n1-text-1-0-1").await.is_err());
}

#[tokio::test]
async fn a_key_never_leads_out_of_the_folder() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("sms")).unwrap();
    let gateway = SpoolGateway::new("modem", folder.path().join("sms"));
    for key in ["../out", "a/b", "", ".", "..", "a b", "å"] {
        assert_eq!(kind(&gateway.send(&number(), &text(), key).await), "refused", "{key}");
    }
    assert_eq!(files(folder.path()), ["sms"]);
    assert!(files(&folder.path().join("sms")).is_empty());
}

#[tokio::test]
async fn a_file_that_could_not_be_written_was_not_sent() {
    let folder = tempfile::tempdir().unwrap();
    let missing = SpoolGateway::new("modem", folder.path().join("missing"));
    assert_eq!(kind(&missing.send(&number(), &text(), "n1").await), "not-sent");
    assert!(missing.probe().await.unwrap_err().contains("missing"));

    // Its name is taken by a folder, so the rename fails after everything was written.
    let gateway = SpoolGateway::new("modem", folder.path());
    fs::create_dir_all(folder.path().join("n1/full")).unwrap();
    assert_eq!(kind(&gateway.send(&number(), &text(), "n1").await), "not-sent");
    assert_eq!(files(folder.path()), ["n1"], "no half-written file stays");
}

#[tokio::test]
async fn what_a_killed_process_left_half_written_is_removed() {
    let folder = tempfile::tempdir().unwrap();
    let put = |name: &str| fs::write(folder.path().join(name), WORDS).unwrap();
    put(".nyckelbud-7f3a.LOCK");
    put("n1-text-1-0-1");
    put("n1-text-1-0-1.LOCK");
    let gateway = SpoolGateway::new("modem", folder.path());
    assert_eq!(files(folder.path()), ["n1-text-1-0-1", "n1-text-1-0-1.LOCK"], "smsd's own locks stay");
    gateway.probe().await.unwrap();
    assert_eq!(files(folder.path()).len(), 2);
}

/// Watches a folder from another thread, as smsd does.
fn seen_while(folder: &Path, done: &std::sync::atomic::AtomicBool) -> Vec<String> {
    let mut seen = Vec::new();
    while !done.load(std::sync::atomic::Ordering::SeqCst) {
        for name in files(folder).into_iter().filter(|name| !name.starts_with('.')) {
            let text = fs::read_to_string(folder.join(&name)).unwrap_or_default();
            assert!(text.ends_with(WORDS), "{name} is there before it is whole: {text:?}");
            seen.push(name);
        }
    }
    seen
}

#[tokio::test]
async fn a_file_is_there_whole_or_not_at_all() {
    let folder = tempfile::tempdir().unwrap();
    let gateway = SpoolGateway::new("modem", folder.path());
    let done = std::sync::Arc::new(std::sync::atomic::AtomicBool::new(false));
    let (path, flag) = (folder.path().to_owned(), std::sync::Arc::clone(&done));
    let watching = std::thread::spawn(move || seen_while(&path, &flag));
    for count in 0..200 {
        let outcome = gateway.send(&number(), &text(), &format!("n{count}")).await;
        assert_eq!(kind(&outcome), "accepted");
    }
    done.store(true, std::sync::atomic::Ordering::SeqCst);
    assert!(!watching.join().unwrap().is_empty());
    assert_eq!(files(folder.path()).len(), 200);
}
