//! A directory in one file, `directory.toml`: for the demo, for small sites, and for trying the
//! program out. The file may be replaced while the program runs; a broken one is an error, never
//! "not registered".

use std::fs::{File, Metadata};
use std::io::{self, Read};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use async_trait::async_trait;

use super::register::{Register, parse};
use super::{Census, Directory, DirectoryError, Facts, Finding, Found, Listed, Part, Progress, Walk, Who};
use crate::clock::{Clock, Zone};

/// A larger file is a mistake; 64 MiB hold some 200 000 people.
const MAX_SIZE: u64 = 64 * 1024 * 1024;

/// A file changed less than this before it was read may change again without a new time stamp,
/// because file systems count time in coarse steps: such a reading is not kept.
const SETTLED: Duration = Duration::from_secs(2);

/// How often a file that changes while it is read is tried.
const READS: usize = 3;

/// The people of a `directory.toml`. Cheap to clone; clones share what was read.
#[derive(Clone)]
pub struct FileDirectory(Arc<Inner>);

struct Inner {
    path: PathBuf,
    domains: Vec<String>,
    clock: Arc<dyn Clock>,
    zone: Zone,
    kept: Mutex<Option<Kept>>,
}

/// A reading that holds as long as the file has this stamp.
struct Kept {
    stamp: Stamp,
    register: Arc<Register>,
}

/// What changes when a file is replaced or written to.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Stamp {
    device: u64,
    inode: u64,
    size: u64,
    modified: (i64, i64),
    /// Cannot be set back, as the time of modification can.
    changed: (i64, i64),
}

impl FileDirectory {
    /// Opens the file at `path` and reads it once. A name without a domain is looked for under each of
    /// `domains`, those of the organisation; absences end by the `clock` in `zone`. Reads the disk: for the
    /// start of the program, not for a request.
    ///
    /// # Errors
    /// [`DirectoryError`]: the file cannot be read or understood; it names file and line.
    pub fn open(
        path: impl Into<PathBuf>,
        domains: Vec<String>,
        clock: Arc<dyn Clock>,
        zone: Zone,
    ) -> Result<Self, DirectoryError> {
        let (path, kept) = (path.into(), Mutex::new(None));
        let directory = Self(Arc::new(Inner { path, domains, clock, zone, kept }));
        directory.0.register()?;
        Ok(directory)
    }

    /// Where the file lies.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.0.path
    }

    /// The clock by which absences end.
    #[must_use]
    pub fn clock(&self) -> &Arc<dyn Clock> {
        &self.0.clock
    }

    async fn register(&self) -> Result<Arc<Register>, DirectoryError> {
        let inner = Arc::clone(&self.0);
        tokio::task::spawn_blocking(move || inner.register())
            .await
            .map_err(|_| DirectoryError::Unavailable("its reader stopped".to_owned()))?
    }
}

#[async_trait]
impl Directory for FileDirectory {
    async fn facts(&self, who: &Who, depth: u8) -> Result<Facts, DirectoryError> {
        let register = self.register().await?;
        register.facts(who, &self.0.domains, depth, &self.0.zone.date(self.0.clock.now()))
    }

    async fn people(&self, name: &str, most: u8) -> Result<Vec<Found>, DirectoryError> {
        Ok(self.register().await?.people(name, most))
    }

    async fn probe(&self) -> Result<String, DirectoryError> {
        let (accounts, reachable) = self.register().await?.counts();
        Ok(format!("{}: {accounts} accounts, {reachable} with a phone", self.0.path.display()))
    }

    async fn rights(&self) -> Vec<Finding> {
        Vec::new()
    }
}

#[async_trait]
impl Census for FileDirectory {
    async fn walk(
        &self,
        _: Walk,
        told: &(dyn Fn(Progress) + Send + Sync),
    ) -> Result<Vec<Listed>, DirectoryError> {
        let listed = self.register().await?.listed()?;
        told(Progress::Read { what: Part::Accounts, done: listed.len(), all: Some(listed.len()) });
        Ok(listed)
    }
}

impl Inner {
    /// The people as the file has them now.
    fn register(&self) -> Result<Arc<Register>, DirectoryError> {
        // Held while reading, so that many who ask at once cause one reading.
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let unavailable = |error: io::Error| self.unavailable(&error.to_string());
        for _ in 0..READS {
            let mut file = File::open(&self.path).map_err(unavailable)?;
            let before = file.metadata().map_err(unavailable)?;
            let stamp = Stamp::of(&before);
            if let Some(kept) = kept.as_ref().filter(|kept| kept.stamp == stamp) {
                return Ok(Arc::clone(&kept.register));
            }
            if stamp.size > MAX_SIZE {
                return Err(self.unavailable("it is larger than 64 MiB"));
            }
            let settled = is_settled(&before);
            let mut text = String::new();
            file.read_to_string(&mut text).map_err(unavailable)?;
            if Stamp::of(&file.metadata().map_err(unavailable)?) != stamp {
                continue;
            }
            let register = parse(&text).map_err(|error| {
                DirectoryError::Half(format!("{}, {error}; nobody is looked up in it", self.path.display()))
            })?;
            let register = Arc::new(register);
            *kept = settled.then(|| Kept { stamp, register: Arc::clone(&register) });
            return Ok(register);
        }
        Err(self.unavailable("it changes while it is read; write a new file and rename it into place"))
    }

    fn unavailable(&self, why: &str) -> DirectoryError {
        DirectoryError::Unavailable(format!("{}: {why}", self.path.display()))
    }
}

impl Stamp {
    fn of(metadata: &Metadata) -> Self {
        Self {
            device: metadata.dev(),
            inode: metadata.ino(),
            size: metadata.size(),
            modified: (metadata.mtime(), metadata.mtime_nsec()),
            changed: (metadata.ctime(), metadata.ctime_nsec()),
        }
    }
}

/// Did the file rest long enough for its stamp to be relied on? Compared with the machine's clock,
/// because that clock made the stamp; a time ahead counts as no.
fn is_settled(metadata: &Metadata) -> bool {
    let changed = u64::try_from(metadata.ctime()).map(|s| SystemTime::UNIX_EPOCH + Duration::from_secs(s));
    changed.is_ok_and(|changed| SystemTime::now().duration_since(changed).is_ok_and(|age| age > SETTLED))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::parse_rfc3339;
    use crate::directory::{Absence, Lookup};
    use crate::types::{UnixMillis, Username};

    struct Fixed(UnixMillis);

    impl Clock for Fixed {
        fn now(&self) -> UnixMillis {
            self.0
        }
    }

    const ANNA: &str = "[[account]]\nid = \"1\"\nusername = \"anna\"\n";
    const BERIT: &str = "[[account]]\nid = \"2\"\nusername = \"berit\"\n";

    fn open(path: &Path, now: &str) -> Result<FileDirectory, DirectoryError> {
        let clock = Arc::new(Fixed(parse_rfc3339(now).unwrap()));
        FileDirectory::open(path, Vec::new(), clock, Zone::named("Europe/Stockholm").unwrap())
    }

    fn write(text: &str) -> (tempfile::TempDir, PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("directory.toml");
        std::fs::write(&path, text).unwrap();
        (folder, path)
    }

    fn replace(path: &Path, text: &str) {
        let new = path.with_extension("new");
        std::fs::write(&new, text).unwrap();
        std::fs::rename(&new, path).unwrap();
    }

    async fn knows(directory: &FileDirectory, name: &str) -> Result<bool, DirectoryError> {
        let who = Who::Named(Username::parse(name).unwrap());
        directory.facts(&who, 3).await.map(|facts| matches!(facts.lookup, Lookup::One(_)))
    }

    /// Makes the file look as if it had rested: its reading is kept.
    fn rest(directory: &FileDirectory) {
        let register = directory.0.register().unwrap();
        let stamp = Stamp::of(&std::fs::metadata(directory.path()).unwrap());
        *directory.0.kept.lock().unwrap() = Some(Kept { stamp, register });
    }

    #[tokio::test]
    async fn a_new_file_is_read_while_the_program_runs() {
        let (_folder, path) = write(ANNA);
        let directory = open(&path, "2026-11-24T09:00:00Z").unwrap();
        rest(&directory);
        assert_eq!(knows(&directory, "berit").await, Ok(false));
        replace(&path, BERIT);
        assert_eq!(knows(&directory, "berit").await, Ok(true));
        assert_eq!(knows(&directory, "anna").await, Ok(false));
        // Same length, written in place, perhaps within one step of the file system's time.
        std::fs::write(&path, BERIT.replace("berit", "bodil")).unwrap();
        assert_eq!(knows(&directory, "bodil").await, Ok(true));
    }

    #[tokio::test]
    async fn a_broken_empty_or_missing_file_is_an_error_and_never_not_registered() {
        let (_folder, path) = write(ANNA);
        let directory = open(&path, "2026-11-24T09:00:00Z").unwrap();
        rest(&directory);
        for broken in ["", "[[account]]\nid = \"1\"\n", "[[account]]\nid", "\u{0}"] {
            replace(&path, broken);
            assert!(matches!(knows(&directory, "anna").await, Err(DirectoryError::Half(_))), "{broken:?}");
            assert!(directory.probe().await.is_err());
        }
        std::fs::write(&path, [0xff, 0xfe]).unwrap();
        assert!(knows(&directory, "anna").await.is_err());
        std::fs::remove_file(&path).unwrap();
        assert!(matches!(knows(&directory, "anna").await, Err(DirectoryError::Unavailable(_))));
        assert!(open(&path, "2026-11-24T09:00:00Z").is_err());
        replace(&path, ANNA);
        assert_eq!(knows(&directory, "anna").await, Ok(true));
    }

    #[tokio::test]
    async fn an_absence_ends_at_midnight_where_the_desk_is() {
        let text = format!("{ANNA}manager = \"berit\"\n{BERIT}absent = 2026-11-24\n");
        let (_folder, path) = write(&text);
        for (now, expected) in
            [("2026-11-24T22:59:59Z", Absence::Absent), ("2026-11-24T23:00:00Z", Absence::Present)]
        {
            let directory = open(&path, now).unwrap();
            let who = Who::Named(Username::parse("anna").unwrap());
            assert_eq!(directory.facts(&who, 1).await.unwrap().managers[0].absence, expected, "{now}");
        }
    }

    #[tokio::test]
    async fn the_probe_says_what_was_found() {
        let (_folder, path) = write(ANNA);
        let found = open(&path, "2026-11-24T09:00:00Z").unwrap().probe().await.unwrap();
        assert!(found.ends_with("directory.toml: 1 accounts, 0 with a phone"), "{found}");
    }

    #[test]
    fn a_file_written_just_now_is_not_relied_on() {
        let (_folder, path) = write(ANNA);
        assert!(!is_settled(&std::fs::metadata(path).unwrap()));
    }
}
