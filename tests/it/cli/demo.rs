//! `demo`: what a newcomer runs first.

use std::net::{SocketAddr, TcpListener};
use std::time::{Duration, Instant};

use rustix::process::Signal;

use crate::support::client::{Asked, ask};
use crate::support::demo_desk;
use crate::support::program::{Running, ended, nyckelbud};

/// Which texts and mails each sample must make leave: SMS, mails.
const LEFT: [(&str, &str); 19] = [
    ("sms-registered-phone", "1 2"),
    ("sms-in-english", "1 2"),
    // the colleague had the acknowledgement an hour ago at most
    ("sms-from-a-colleague", "1 1"),
    // the owner is told at their registered phone, beside the manager
    ("manager-phone-mismatch", "2 2"),
    ("merged-second-request", "· ·"),
    ("manager-no-phone", "1 2"),
    ("manager-phone-takes-no-sms", "1 2"),
    ("asked-fields-missing", "· 1"),
    ("technician-fields-ambiguous", "· 1"),
    ("technician-account-unknown", "· ·"),
    ("technician-account-disabled", "· 1"),
    ("technician-account-protected", "· 1"),
    ("technician-sender-unverified", "· ·"),
    ("technician-no-manager", "· 1"),
    ("technician-limit-account", "· ·"),
    ("technician-mail-too-old", "· ·"),
    ("technician-other-subject", "· ·"),
    ("technician-cannot-be-read", "· ·"),
    ("filed-out-of-office", "· ·"),
];

#[test]
fn every_sample_is_settled_as_its_name_says_and_the_second_time_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path().join("new/desk");
    let demo = ended(nyckelbud(["demo", "--once", "--dir"]).arg(&dir)).expect(0);
    assert_eq!(demo.err, "", "nothing is wrong, so nothing is said");
    for (sample, left) in LEFT {
        let words = |line: &str| line.split_whitespace().collect::<Vec<_>>().join(" ");
        let mut rows = demo.out.lines().filter(|line| line.contains(&format!(" {sample} "))).map(words);
        let row = rows.next().unwrap_or_else(|| panic!("no row for {sample}:\n{}", demo.out));
        let outcome = sample.split('-').next().unwrap();
        assert!(row.starts_with(&format!("✓ {sample} {outcome}")) && row.ends_with(left), "{row}");
    }
    assert_eq!(demo.out.lines().filter(|line| line.starts_with('✓')).count(), LEFT.len(), "{}", demo.out);
    assert!(demo.out.contains("40 more mails that only people can settle wait in"), "{}", demo.out);
    assert!(demo.out.contains(" sender-unverified") && demo.out.contains(" other-subject"), "{}", demo.out);
    assert!(!demo.out.contains('\u{1b}'), "no colours outside a terminal");
    let too_wide = |line: &&str| line.chars().count() > 80 && !line.contains(&*dir.to_string_lossy());
    let too_wide: Vec<&str> = demo.out.lines().filter(too_wide).filter(|l| !l.starts_with("  │")).collect();
    assert_eq!(too_wide, [""; 0]);

    for part in ["samples", "mailbox/new", "sms", "mail", "directory.toml", "credentials.toml", "seal.key"] {
        assert!(dir.join(part).exists(), "{part} lies in the folder");
    }
    assert_eq!(demo_desk::inbox(&dir), [""; 0], "every mail was moved out of the inbox");
    let again = ended(nyckelbud(["demo", "--once", "--dir"]).arg(&dir)).expect(2);
    assert!(again.err.contains("is not empty; name another folder with --dir"), "{}", again.err);
}

#[test]
fn a_port_that_is_taken_is_passed_over() {
    let end = Instant::now() + Duration::from_secs(60);
    // Another test's demo may have it for a while.
    let taken = loop {
        match TcpListener::bind(("127.0.0.1", 8025)) {
            Ok(listener) => break listener,
            Err(error) => assert!(Instant::now() < end, "the first port stays taken: {error}"),
        }
        std::thread::sleep(Duration::from_millis(20));
    };
    let folder = tempfile::tempdir().unwrap();
    let demo = ended(nyckelbud(["demo", "--once", "--dir"]).arg(folder.path())).expect(0);
    assert!(!demo.out.contains("127.0.0.1:8025"), "{}", demo.out);
    drop(taken);
}

#[tokio::test]
async fn the_managers_link_opens_and_shows_a_password_and_a_signal_ends_the_demo() {
    let folder = tempfile::tempdir().unwrap();
    let mut demo = Running::start(nyckelbud(["demo", "--dir"]).arg(folder.path()));
    demo.until("the demo has shown everything", |demo| demo.out().contains("Ctrl-C ends it"));
    let told = demo.out();
    let link = told.split_whitespace().find(|word| word.contains("/p/")).expect("a link");
    let (address, token) = link.strip_prefix("http://").unwrap().split_once("/p/").unwrap();
    assert_eq!(demo_desk::pickup_token(folder.path()).as_deref(), Some(token), "it is the manager's");
    let (address, path): (SocketAddr, _) = (address.parse().unwrap(), format!("/p/{token}"));

    let credentials = || std::fs::read_to_string(folder.path().join("credentials.toml")).unwrap();
    let before = credentials();
    let page = ask(address, &Asked::get(&path)).await;
    assert_eq!(page.status, 200);
    assert!(page.body.contains("Filip Nord") && !page.body.contains("<output"), "{}", page.body);
    assert_eq!(credentials(), before, "looking changes nothing");

    let form = page.body.split("name=\"form\" value=\"").nth(1).unwrap().split('"').next().unwrap();
    let cookie = page.header("set-cookie").split(';').next().unwrap();
    let body = format!("form={form}");
    let fields = [("cookie", cookie), ("sec-fetch-site", "same-origin")];
    let shown = ask(address, &Asked::post(&path, &body).with(&fields)).await;
    assert_eq!(shown.status, 200);
    assert!(shown.body.contains("<output"), "a password is shown");
    assert_ne!(credentials(), before, "and it is set");

    demo.signal(Signal::TERM);
    demo.end().expect(0);
}

#[test]
fn an_interrupt_ends_the_demo_also_before_its_last_sample() {
    let folder = tempfile::tempdir().unwrap();
    let mut demo = Running::start(nyckelbud(["demo", "--dir"]).arg(folder.path()));
    demo.until("the first sample is settled", |demo| demo.out().contains("✓ sms-registered-phone"));
    demo.signal(Signal::INT);
    let ended = demo.end();
    assert!(matches!(ended.status, Some(0 | 1)), "a clean end: {ended:?}");
    assert!(!ended.err.contains("panicked"), "{}", ended.err);
}
