//! What setting a password leaves on disk, and what it must never do.

use std::os::unix::fs::PermissionsExt;

use super::*;
use crate::clock::{Clock, Zone, parse_rfc3339};

struct Fixed(UnixMillis);

impl Clock for Fixed {
    fn now(&self) -> UnixMillis {
        self.0
    }
}

const PEOPLE: &str = "[[account]]\nid = \"1\"\nusername = \"anna\"\n\
    [[account]]\nid = \"2\"\nusername = \"berit\"\n\
    [[account]]\nid = \"3\"\nusername = \"cecilia\"\nenabled = false\n\
    [[account]]\nid = \"4\"\nusername = \"doris\"\n[[account]]\nid = \"4\"\nusername = \"disa\"\n";

struct Site {
    folder: tempfile::TempDir,
    reset: FilePasswordReset,
    now: UnixMillis,
}

impl Site {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("directory.toml");
        fs::write(&path, PEOPLE).unwrap();
        let now = parse_rfc3339("2026-11-24T09:14:05.678Z").unwrap();
        let zone = Zone::named("Europe/Stockholm").unwrap();
        let directory = FileDirectory::open(path, Vec::new(), Arc::new(Fixed(now)), zone).unwrap();
        Self { reset: FilePasswordReset::new(directory), folder, now }
    }

    fn credentials(&self) -> PathBuf {
        self.folder.path().join("credentials.toml")
    }

    fn text(&self) -> String {
        fs::read_to_string(self.credentials()).unwrap()
    }

    async fn set(&self, id: &str, clear: &str) -> Outcome {
        self.reset.set(&AccountId::new(id), &password(clear)).await.unwrap()
    }

    fn opens(&self, id: &str, clear: &str) -> bool {
        verify(&self.credentials(), &AccountId::new(id), clear)
    }

    async fn used(&self, id: &str, set_at: UnixMillis) -> Result<Used, DirectoryError> {
        self.reset.used(&AccountId::new(id), set_at).await
    }
}

fn password(clear: &str) -> TemporaryPassword {
    TemporaryPassword::new(Zeroizing::new(clear.to_owned()))
}

fn accepted() -> Outcome {
    Outcome::Accepted { reference: "2026-11-24T09:14:05Z".to_owned() }
}

#[tokio::test]
async fn the_password_that_was_set_opens_the_account_and_no_other_does() {
    let site = Site::new();
    assert!(!site.opens("1", "Kf7m-Rq4x-Tw9b"));
    assert_eq!(site.set("1", "Kf7m-Rq4x-Tw9b").await, accepted());
    assert!(site.opens("1", "Kf7m-Rq4x-Tw9b"));
    assert!(!site.opens("1", "kf7m-Rq4x-Tw9b"));
    assert!(!site.opens("2", "Kf7m-Rq4x-Tw9b"));
    assert_eq!(site.set("1", "Aa2b-Cc3d-Ee4f").await, accepted());
    assert!(site.opens("1", "Aa2b-Cc3d-Ee4f"));
    assert!(!site.opens("1", "Kf7m-Rq4x-Tw9b"));
}

#[tokio::test]
async fn the_file_has_the_promised_form_and_only_its_owner_may_read_it() {
    let site = Site::new();
    site.set("1", "Kf7m-Rq4x-Tw9b").await;
    let text = site.text();
    let table: toml::Table = text.parse().unwrap();
    let credential = table["credential"][0].as_table().unwrap();
    assert_eq!(credential["id"].as_str(), Some("1"));
    assert!(credential["hash"].as_str().unwrap().starts_with("$argon2id$v=19$"));
    assert_eq!(credential["set_at"].as_datetime().unwrap().to_string(), "2026-11-24T09:14:05.678Z");
    assert_eq!(credential["must_change"].as_bool(), Some(true));
    assert!(!text.contains("Kf7m"));
    let mode = fs::metadata(site.credentials()).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
}

#[tokio::test]
async fn an_account_that_is_gone_switched_off_or_not_clear_is_refused() {
    let site = Site::new();
    for id in ["9", "3", "4"] {
        let outcome = site.set(id, "Kf7m-Rq4x-Tw9b").await;
        assert!(matches!(outcome, Outcome::Refused { .. }), "{id}: {outcome:?}");
    }
    assert!(!site.credentials().exists());
}

#[tokio::test]
async fn a_file_that_is_not_understood_is_left_as_it_is() {
    let site = Site::new();
    let broken = "[[credential]]\nid = \"2\"\nhash = \"$argon2id$x\"\nextra = 1\n";
    fs::write(site.credentials(), broken).unwrap();
    let outcome = site.set("1", "Kf7m-Rq4x-Tw9b").await;
    assert!(matches!(&outcome, Outcome::NotSent { cause } if !cause.contains("argon2")), "{outcome:?}");
    assert_eq!(site.text(), broken);
    assert!(site.reset.probe().await.is_err());
    assert!(site.used("2", site.now).await.is_err());
}

#[tokio::test]
async fn a_broken_directory_changes_nothing_and_may_be_tried_again() {
    let site = Site::new();
    fs::write(site.folder.path().join("directory.toml"), "").unwrap();
    assert!(matches!(site.set("1", "Kf7m-Rq4x-Tw9b").await, Outcome::NotSent { .. }));
    assert!(!site.credentials().exists());
}

#[tokio::test]
async fn many_at_once_all_arrive() {
    let site = Site::new();
    let (a, b, c) = tokio::join!(site.set("1", "Aa2b"), site.set("2", "Bb2c"), site.set("1", "Aa2b"));
    assert_eq!([a, b, c], [accepted(), accepted(), accepted()]);
    assert!(site.opens("1", "Aa2b") && site.opens("2", "Bb2c"));
    assert_eq!(read(&site.credentials()).unwrap().credential.len(), 2);
}

#[tokio::test]
async fn another_process_that_holds_the_file_is_waited_for() {
    let site = Site::new();
    let held = site.reset.store.lock().unwrap();
    let store = Arc::clone(&site.reset.store);
    let credential = Credential {
        id: "1".to_owned(),
        hash: String::new(),
        set_at: date_time(site.now),
        must_change: true,
    };
    let site_now = site.now;
    let putting = std::thread::spawn(move || store.put(credential, None, site_now));
    // The thread has its turn, and stands before the lock.
    let deadline = Instant::now() + Duration::from_secs(2);
    while site.reset.store.turn.try_lock().is_ok() && Instant::now() < deadline {
        std::thread::yield_now();
    }
    assert!(!site.credentials().exists());
    drop(held);
    assert_eq!(putting.join().unwrap(), accepted());
    assert!(site.credentials().exists());
}

#[tokio::test]
async fn what_a_crash_left_behind_does_no_harm() {
    let site = Site::new();
    let elsewhere = site.folder.path().join("elsewhere");
    fs::write(&elsewhere, "kept").unwrap();
    std::os::unix::fs::symlink(&elsewhere, site.reset.store.new_path()).unwrap();
    assert_eq!(site.set("1", "Kf7m-Rq4x-Tw9b").await, accepted());
    assert_eq!(fs::read_to_string(elsewhere).unwrap(), "kept");
    assert!(!site.reset.store.new_path().exists());
}

#[tokio::test]
async fn a_password_counts_as_used_once_its_owner_has_another() {
    let site = Site::new();
    let missing = site.used("1", site.now).await;
    assert!(matches!(missing, Err(DirectoryError::Half(_))), "{missing:?}");
    site.set("1", "Kf7m-Rq4x-Tw9b").await;
    assert_eq!(site.used("1", site.now).await, Ok(Used::No));
    // The store noted its own call a little earlier.
    assert_eq!(site.used("1", site.now.minus(Duration::from_secs(20))).await, Ok(Used::No));
    // Somebody set another one an hour after ours.
    assert_eq!(site.used("1", site.now.minus(Duration::from_secs(3600))).await, Ok(Used::Yes));
    let changed = site.text().replace("must_change = true", "must_change = false");
    fs::write(site.credentials(), changed).unwrap();
    assert_eq!(site.used("1", site.now).await, Ok(Used::Yes));
}

#[tokio::test]
async fn the_probe_changes_nothing() {
    let site = Site::new();
    let found = site.reset.probe().await.unwrap();
    assert!(found.ends_with("credentials.toml: 0 credentials, and it can be written"), "{found}");
    assert!(!site.credentials().exists());
    assert!(!site.reset.store.new_path().exists());
}
