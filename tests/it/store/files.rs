//! SQLite's files: who may read them, what they still hold, and what a kill or a full disk does.

use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::Command;

use nyckelbud::store::{self, Committed, Incoming, SealedChange, Step, StoreError, TicketFilter};

use super::make::*;
use super::world::{DOMAIN, World};

fn files(folder: &Path) -> Vec<std::path::PathBuf> {
    let mut files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|file| file.unwrap().path()).collect();
    files.sort();
    files
}

#[tokio::test]
async fn only_the_owner_may_read_the_files() {
    let world = World::sqlite().await;
    keep(world.store.as_ref(), mail("1")).await;
    let files = files(world.file().parent().unwrap());
    assert_eq!(files.len(), 3, "{files:?}");
    for file in files {
        let mode = file.metadata().unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{}", file.display());
    }
}

fn holds(folder: &Path, text: &str) -> Vec<String> {
    let found = files(folder).into_iter().filter(|file| {
        let bytes = std::fs::read(file).unwrap();
        bytes.windows(text.len()).any(|window| window == text.as_bytes())
    });
    found.map(|file| file.file_name().unwrap().to_string_lossy().into_owned()).collect()
}

#[tokio::test]
async fn an_erased_secret_is_in_no_file() {
    const CANARY: &str = "Y2FuYXJ5LWluLWNpcGhlcnRleHQ=";
    let world = World::sqlite().await;
    let (store, folder) = (world.store.as_ref(), world.file().parent().unwrap().to_owned());
    let id = live_ticket(store, "1", "a-anna").await;
    for change in [SealedChange::Put(sealed(CANARY, NOW.plus(HOUR))), SealedChange::Erase] {
        let claim = claim(store, id).await;
        let step = Step { sealed: change, ..step(sealed_state()) };
        assert_eq!(store.commit(id, claim.fence, &sealed_state(), step).await.unwrap(), Committed::Done);
        assert!(!holds(&folder, CANARY).is_empty(), "it is not even in the log: this would prove nothing");
    }
    store.erase_expired(NOW).await.unwrap();
    assert_eq!(holds(&folder, CANARY), Vec::<String>::new());
}

#[tokio::test]
async fn a_database_in_memory_is_refused() {
    for url in ["sqlite::memory:", "sqlite://:memory:", "sqlite://desk?mode=memory", "sqlite:"] {
        assert!(matches!(store::open(url, DOMAIN).await.err(), Some(StoreError::Unavailable(_))), "{url}");
    }
}

#[tokio::test]
async fn what_cannot_be_opened_says_so_without_its_url() {
    for url in ["postgres://desk:hunter2@127.0.0.1:1/desk", "postgres://desk:hunter2@[bad/desk"] {
        let error = store::open(url, DOMAIN).await.err().unwrap().to_string();
        assert!(error.starts_with("the database cannot be used: connecting to PostgreSQL"), "{error}");
        assert!(!error.contains("hunter2"), "{error}");
    }
    let error = store::open("sqlite:///proc/desk.db", DOMAIN).await.err().unwrap().to_string();
    assert!(error.starts_with("the database cannot be used: opening the SQLite file"), "{error}");
}

const CHILD_URL: &str = "NYCKELBUD_TEST_STORE_URL";

/// Keeps mails until it is killed; prints each number once it is committed. Does nothing unless asked.
#[test]
#[allow(clippy::print_stdout)]
fn child() {
    let Ok(url) = std::env::var(CHILD_URL) else { return };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let store = store::open(&url, DOMAIN).await.unwrap();
        for name in 0_u32.. {
            keep(store.as_ref(), crowd_mail(&name.to_string())).await;
            store.seal_audit(&keyring(1), 10).await.unwrap();
            println!("kept {name}");
        }
    });
}

async fn a_kill_loses_nothing_committed(url: String) {
    use std::io::BufRead;
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "store::files::child", "--nocapture", "--test-threads=1"])
        .env(CHILD_URL, &url)
        .stdout(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    let output = std::io::BufReader::new(child.stdout.take().unwrap());
    let mut kept = 0;
    for line in output.lines() {
        kept += i64::from(line.unwrap().contains("kept "));
        if kept == 40 {
            child.kill().unwrap();
        }
    }
    assert_eq!(child.wait().unwrap().signal(), Some(9), "the child ended by itself");
    let store = store::open(&url, DOMAIN).await.unwrap();
    let tickets = store.tickets(&TicketFilter::default()).await.unwrap();
    assert!(tickets.len() as i64 >= kept, "{} of {kept}", tickets.len());
    let numbers: Vec<u32> = tickets.iter().map(|view| view.ticket.number.running()).collect();
    assert_eq!(numbers, (1..=tickets.len() as u32).collect::<Vec<_>>());
    while store.seal_audit(&keyring(1), 10).await.unwrap() > 0 {}
    let report = store.verify_audit(&keyring(1)).await.unwrap();
    assert!(matches!(report, store::ChainReport::Whole { waiting: 0, .. }), "{report:?}");
}

#[tokio::test]
async fn sqlite_reopens_after_a_kill_with_all_that_was_committed() {
    let dir = tempfile::tempdir().unwrap();
    a_kill_loses_nothing_committed(format!("sqlite://{}", dir.path().join("desk.db").display())).await;
}

#[tokio::test]
async fn postgres_keeps_all_that_a_killed_process_committed() {
    a_kill_loses_nothing_committed(crate::support::postgres::fresh_database().await).await;
}

/// Keeps batches of large mails until a write fails, as it does under the limit that its parent has
/// set; prints what the store says. Does nothing unless asked.
#[test]
#[allow(clippy::print_stdout)]
fn child_on_a_full_disk() {
    let Ok(url) = std::env::var(FULL_URL) else { return };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let store = store::open(&url, DOMAIN).await.unwrap();
        for batch in 0_u32.. {
            let raw = vec![b'x'; 36_000];
            let large = |name: usize| Incoming { raw: raw.clone(), ..crowd_mail(&format!("{batch}-{name}")) };
            match store.record((0..BATCH).map(large).collect(), NOW).await {
                Ok(_) => println!("kept a batch"),
                Err(StoreError::Unavailable(text)) => return println!("refused: {text}"),
                Err(other) => panic!("{other}"),
            }
        }
    });
}

const FULL_URL: &str = "NYCKELBUD_TEST_STORE_FULL_URL";
const BATCH: usize = 10;

/// A file that may not grow fails like one on a full disk: in the middle of a transaction.
#[tokio::test]
async fn a_disk_that_is_full_stops_a_batch_and_leaves_nothing_of_it() {
    let dir = tempfile::tempdir().unwrap();
    let url = format!("sqlite://{}", dir.path().join("desk.db").display());
    let output = Command::new("bash")
        .args(["-c", "trap '' XFSZ; ulimit -f 3000; exec \"$0\" --exact store::files::child_on_a_full_disk --nocapture"])
        .arg(std::env::current_exe().unwrap())
        .env(FULL_URL, &url)
        .output()
        .unwrap();
    let words = String::from_utf8_lossy(&output.stdout);
    assert!(words.contains("refused: keeping mails: "), "{words}");
    let kept = words.matches("kept a batch").count();
    assert!(kept > 0, "{words}");

    let store = store::open(&url, DOMAIN).await.unwrap();
    assert_eq!(store.tickets(&TicketFilter::default()).await.unwrap().len(), kept * BATCH);
    // With room again, the same mails are kept under the next numbers.
    store.record(vec![mail_but("1", |mail| mail.uid = uid("again"))], NOW).await.unwrap();
    let tickets = store.tickets(&TicketFilter::default()).await.unwrap();
    assert_eq!(tickets.last().unwrap().ticket.number.running() as usize, kept * BATCH + 1);
}
