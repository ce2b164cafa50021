//! Setting passwords beside a `directory.toml`: `credentials.toml` in the same folder keeps what
//! setting one leaves, an argon2id hash. The crate `toml` has a door here because this file is a database of
//! its own (see [`crate::directory::register`]).

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use toml::Value;
use zeroize::Zeroizing;

use super::{PasswordReset, SAME_RESET, TemporaryPassword, Used, ValueRefused, accepted};
use crate::argon::{self, Hasher};
use crate::clock::rfc3339;
use crate::directory::file::FileDirectory;
use crate::directory::register::{line_of, point_in_time};
use crate::directory::{Directory, DirectoryError, Finding, Lookup, Standing, Who};
use crate::types::{AccountId, Outcome, UnixMillis};

/// How long another process may hold the file before we give up.
const LOCK_WAIT: Duration = Duration::from_secs(5);
const LOCK_POLL: Duration = Duration::from_millis(20);

/// The file of passwords that belongs to the directory file `directory`.
#[must_use]
pub fn credentials_path(directory: &Path) -> PathBuf {
    directory.with_file_name("credentials.toml")
}

/// Does `password` open the account `id`, by the credentials file at `path`? For tests and the
/// demo, which must be able to prove that what was delivered is what was set.
#[must_use]
pub fn verify(path: &Path, id: &AccountId, password: &str) -> bool {
    read(path).is_ok_and(|file| file.opened_by(id.as_str(), password).is_some())
}

/// Sets passwords of the people in a [`FileDirectory`].
pub struct FilePasswordReset {
    directory: FileDirectory,
    store: Arc<CredentialStore>,
    hasher: Arc<Hasher>,
}

impl FilePasswordReset {
    /// The right to set passwords for the people of `directory`.
    #[must_use]
    pub fn new(directory: FileDirectory) -> Self {
        let path = credentials_path(directory.path());
        Self {
            directory,
            store: Arc::new(CredentialStore { path, turn: Mutex::new(()) }),
            hasher: Arc::new(Hasher::new()),
        }
    }

    /// Sets `password`; with `old` only in its place, while nobody has chosen another.
    async fn put(
        &self,
        account: &AccountId,
        password: &TemporaryPassword,
        old: Option<&TemporaryPassword>,
    ) -> Outcome {
        if let Some(outcome) = self.refusal(account).await {
            return outcome;
        }
        let (store, hasher) = (Arc::clone(&self.store), Arc::clone(&self.hasher));
        let id = account.to_string();
        let clear = Zeroizing::new(password.expose().to_owned());
        let old = old.map(|old| Zeroizing::new(old.expose().to_owned()));
        let now = self.directory.clock().now();
        let turn = hasher.turn().await;
        let work = move || -> Outcome {
            // Slow on purpose, and therefore before the lock.
            let Ok(hash) = hasher.hash(clear.as_bytes()) else {
                return Outcome::NotSent { cause: "the password could not be hashed".to_owned() };
            };
            drop(turn);
            store.put(Credential { id, hash, set_at: date_time(now), must_change: true }, old.as_deref(), now)
        };
        tokio::task::spawn_blocking(work).await.unwrap_or_else(|_| Outcome::Uncertain {
            cause: "the writer of the credentials stopped".to_owned(),
        })
    }

    /// Why `account` cannot get a password, if it cannot.
    async fn refusal(&self, account: &AccountId) -> Option<Outcome> {
        let refused = |cause: &str| Some(Outcome::Refused { cause: cause.to_owned() });
        match self.directory.facts(&Who::Id(account.clone()), 0).await {
            Err(error) => Some(Outcome::NotSent { cause: error.to_string() }),
            Ok(facts) => match facts.lookup {
                Lookup::One(account) => match account.standing {
                    Standing::Open => None,
                    Standing::Closed(why) => {
                        let cause = format!("the account is {why}; its password was not changed");
                        Some(Outcome::Refused { cause })
                    }
                },
                Lookup::Nobody => refused("the account is not in the directory file any more"),
                Lookup::Several => refused("the directory file has several accounts with this id"),
            },
        }
    }
}

#[async_trait]
impl PasswordReset for FilePasswordReset {
    async fn set(&self, account: &AccountId, password: &TemporaryPassword) -> Result<Outcome, ValueRefused> {
        Ok(self.put(account, password, None).await)
    }

    fn exchanges(&self) -> bool {
        true
    }

    async fn exchange(
        &self,
        account: &AccountId,
        old: &TemporaryPassword,
        new: &TemporaryPassword,
    ) -> Outcome {
        self.put(account, new, Some(old)).await
    }

    async fn used(&self, account: &AccountId, set_at: UnixMillis) -> Result<Used, DirectoryError> {
        let store = Arc::clone(&self.store);
        let file = blocking(move || read(&store.path)).await?;
        let own: Vec<&Credential> = file.credential.iter().filter(|c| c.id == account.as_str()).collect();
        let [credential] = own.as_slice() else {
            return Err(DirectoryError::Half("no or several credentials of the account".to_owned()));
        };
        let theirs = point_in_time(&credential.set_at)
            .ok_or_else(|| DirectoryError::Half("the credential's set_at is no time".to_owned()))?;
        let replaced = !credential.must_change || theirs > set_at.plus(SAME_RESET);
        Ok(if replaced { Used::Yes } else { Used::No })
    }

    async fn probe(&self) -> Result<String, DirectoryError> {
        let store = Arc::clone(&self.store);
        blocking(move || store.probe()).await
    }

    async fn rights(&self) -> Vec<Finding> {
        Vec::new()
    }
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> io::Result<T> + Send + 'static,
) -> Result<T, DirectoryError> {
    let done = tokio::task::spawn_blocking(work).await;
    done.unwrap_or_else(|_| Err(io::Error::other("the reader of the credentials stopped")))
        .map_err(|error| DirectoryError::Unavailable(error.to_string()))
}

/// A `credentials.toml`.
#[derive(Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct CredentialFile {
    #[serde(default)]
    credential: Vec<Credential>,
}

impl CredentialFile {
    /// The one credential of the account, if `password` opens it.
    fn opened_by(&self, id: &str, password: &str) -> Option<&Credential> {
        let mut own = self.credential.iter().filter(|credential| credential.id == id);
        let (Some(credential), None) = (own.next(), own.next()) else { return None };
        argon::opens(&credential.hash, password.as_bytes()).then_some(credential)
    }
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Credential {
    id: String,
    /// argon2id in PHC string format.
    hash: String,
    /// A TOML date-time; a text with one is read as well.
    set_at: Value,
    must_change: bool,
}

struct CredentialStore {
    path: PathBuf,
    /// Queues the threads of this process; a lock on a file keeps other processes out.
    turn: Mutex<()>,
}

impl CredentialStore {
    /// Puts `credential`, made at `now`, in the place of the account's old one; where `old` is known, only if
    /// that is still its password and must be changed.
    fn put(&self, credential: Credential, old: Option<&String>, now: UnixMillis) -> Outcome {
        let _turn = self.turn.lock().unwrap_or_else(PoisonError::into_inner);
        let not_sent = |error: io::Error| Outcome::NotSent { cause: format!("{error}; nothing was changed") };
        let prepared = self.lock().and_then(|lock| {
            let mut file = read(&self.path)?;
            let own = old.map(|old| file.opened_by(&credential.id, old));
            if own.is_some_and(|own| own.is_none_or(|own| !own.must_change)) {
                return Ok(None);
            }
            file.credential.retain(|old| old.id != credential.id);
            file.credential.push(credential);
            let text = toml::to_string(&file).map_err(io::Error::other)?;
            self.write_new(&text).map(|()| Some(lock))
        });
        let _lock = match prepared {
            Ok(Some(lock)) => lock,
            Ok(None) => {
                let cause = "its owner has chosen a password of their own; it was not changed".to_owned();
                return Outcome::Refused { cause };
            }
            Err(error) => return not_sent(error),
        };
        if let Err(error) = fs::rename(self.new_path(), &self.path) {
            return not_sent(named(&self.path, error));
        }
        // From here on the password opens the account, but a power cut could still undo it.
        match self.folder().and_then(|folder| folder.sync_all()) {
            Ok(()) => accepted("", Some(now)),
            Err(error) => Outcome::Uncertain {
                cause: format!(
                    "the new credentials may not survive a power cut: {}",
                    named(&self.path, error)
                ),
            },
        }
    }

    /// Shows that the file can be understood and a new one written, and leaves nothing behind.
    fn probe(&self) -> io::Result<String> {
        let _turn = self.turn.lock().unwrap_or_else(PoisonError::into_inner);
        let _lock = self.lock()?;
        let count = read(&self.path)?.credential.len();
        self.write_new("")?;
        fs::remove_file(self.new_path())?;
        Ok(format!("{}: {count} credentials, and it can be written", self.path.display()))
    }

    /// Keeps other processes out until the answer is dropped. The lock has a file of its own,
    /// because the credentials' file is another one after each rename.
    fn lock(&self) -> io::Result<File> {
        let path = self.path.with_file_name(".credentials.toml.lock");
        let file = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o600)
            .open(&path)
            .map_err(|error| named(&path, error))?;
        let deadline = Instant::now() + LOCK_WAIT;
        loop {
            match file.try_lock() {
                Ok(()) => return Ok(file),
                Err(TryLockError::WouldBlock) if Instant::now() < deadline => std::thread::sleep(LOCK_POLL),
                Err(TryLockError::WouldBlock) => {
                    return Err(named(&path, io::Error::other("another process holds it")));
                }
                Err(TryLockError::Error(error)) => return Err(named(&path, error)),
            }
        }
    }

    /// Writes `text` whole and durably under the temporary name; only called under the lock.
    fn write_new(&self, text: &str) -> io::Result<()> {
        let path = self.new_path();
        let write = || {
            // One left behind by a crash might have other rights, or be a link to elsewhere.
            match fs::remove_file(&path) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                Err(_) | Ok(()) => {}
            }
            let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path)?;
            file.write_all(text.as_bytes())?;
            file.sync_all()
        };
        write().map_err(|error| named(&path, error))
    }

    fn new_path(&self) -> PathBuf {
        self.path.with_file_name(".credentials.toml.new")
    }

    fn folder(&self) -> io::Result<File> {
        let folder = self.path.parent().filter(|folder| !folder.as_os_str().is_empty());
        File::open(folder.unwrap_or(Path::new(".")))
    }
}

/// The content of the file at `path`; no file is an empty one, before the first reset.
fn read(path: &Path) -> io::Result<CredentialFile> {
    let text = match fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(CredentialFile::default()),
        Err(error) => return Err(named(path, error)),
    };
    toml::from_str(&text).map_err(|error| {
        // The parser's own words may quote a hash.
        let line = line_of(&text, error.span().map_or(0, |span| span.start));
        named(path, io::Error::other(format!("line {line} is not understood, so the file is left as it is")))
    })
}

fn named(path: &Path, error: io::Error) -> io::Error {
    io::Error::new(error.kind(), format!("{}: {error}", path.display()))
}

/// `at` as a TOML date-time with milliseconds.
fn date_time(at: UnixMillis) -> Value {
    let text = format!("{}.{:03}Z", rfc3339(at).trim_end_matches('Z'), at.0.rem_euclid(1000));
    text.parse().map_or(Value::String(text), Value::Datetime)
}

#[cfg(test)]
mod tests;
