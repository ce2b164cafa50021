//! The maildir as it lies on the disk: what is in it, and a mail's octets.
//!
//! Other programs work in it at the same time. They deliver, read (a flag is a part of the file's
//! name, so every new flag renames the file), move and delete; nothing here takes a place for granted.

use std::collections::{HashMap, HashSet};
use std::ffi::OsStr;
use std::fs::{self, DirEntry, File};
use std::io::{self, ErrorKind, Read};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use rustix::fs::{Mode, OFlags};
use tracing::warn;

use super::mark::MaildirMark;
use super::{MaildirSettings, filing, shown, unusable};
use crate::mailbox::{Folder, MailUid, MailboxError, Mark, RawMail, Shelf};
use crate::types::UnixMillis;

/// The parts of a maildir that hold mails. A mail goes from the first to the second while we look,
/// so they are read in this order.
pub(super) const PARTS: [&str; 2] = ["new", "cur"];

/// How often a file is looked for when others keep renaming it.
const SEARCHES: usize = 5;

/// How often a folder is read when others change it meanwhile.
const READINGS: usize = 3;

/// A folder's time tells nothing of changes so shortly before: clocks of file systems are coarse.
const COARSE: Duration = Duration::from_secs(2);

/// An open maildir, or one of its folders.
pub(super) struct Tree {
    pub(super) root: PathBuf,
    /// Where mails are moved to; `None` when it was opened only to look.
    pub(super) folders: Option<Folders>,
    pub(super) items: Items,
    /// True when `items` was read during the present call.
    fresh: bool,
    /// The names that the last list knew.
    pub(super) listed: HashSet<String>,
    /// The parts' times when nothing but `listed` was in them.
    quiet: Option<[SystemTime; 2]>,
    left_out: usize,
}

/// The folders for mails that are done with.
pub(super) struct Folders {
    pub(super) handled: PathBuf,
    pub(super) quarantine: PathBuf,
}

/// What lies in the maildir, by unique name.
pub(super) type Items = HashMap<String, Item>;

/// A directory entry that may be a mail.
pub(super) struct Item {
    pub(super) path: PathBuf,
    /// The file's time of last change: when it was delivered. Servers show it as INTERNALDATE, renaming
    /// and copying tools keep it, and unlike the name's own time, its form is the same everywhere.
    pub(super) received: SystemTime,
    /// False for folders, pipes and links: a link could name any file of this machine.
    is_file: bool,
}

impl Tree {
    /// Opens the maildir of `settings` and makes the folders that are missing in it.
    pub(super) fn open(settings: &MaildirSettings) -> Result<Self, MailboxError> {
        let root = inbox(settings)?;
        let folders = Folders {
            handled: filing::folder(&root, &settings.handled)?,
            quarantine: filing::folder(&root, &settings.quarantine)?,
        };
        Ok(Self::new(root, Some(folders)))
    }

    /// Opens a folder only to look; `None` when there is no such folder.
    pub(super) fn look_into(settings: &MaildirSettings, shelf: Shelf) -> Result<Option<Self>, MailboxError> {
        let name = match shelf {
            Shelf::Inbox => return Ok(Some(Self::new(inbox(settings)?, None))),
            Shelf::Filed(Folder::Handled) => &settings.handled,
            Shelf::Filed(Folder::Quarantine) => &settings.quarantine,
        };
        let root = filing::place(&inbox(settings)?, name)?;
        Ok(filing::is_complete(&root).then(|| Self::new(root, None)))
    }

    fn new(root: PathBuf, folders: Option<Folders>) -> Self {
        Self {
            root,
            folders,
            items: HashMap::new(),
            fresh: false,
            listed: HashSet::new(),
            quiet: None,
            left_out: 0,
        }
    }

    /// The mails, oldest first.
    pub(super) fn list(&mut self, after: Option<&MaildirMark>) -> Result<Vec<MailUid>, MailboxError> {
        // Before the look: what comes during it may or may not be seen.
        let times = self.times()?;
        self.look()?;
        self.listed = self.items.keys().cloned().collect();
        self.remember(times);
        self.tell_what_is_left_out();
        let mails = self.by_age().into_iter().filter(|(_, item)| item.is_file);
        let new =
            mails.filter(|(name, item)| after.is_none_or(|mark| !mark.knows(name, millis(item.received))));
        Ok(new.map(|(name, _)| MailUid::new(name.clone())).collect())
    }

    /// A mark of what is here now.
    pub(super) fn mark(&mut self) -> Result<Mark, MailboxError> {
        self.look()?;
        let all = self.by_age().into_iter().map(|(name, item)| (name.as_str(), millis(item.received)));
        Ok(MaildirMark::of(all.collect()).to_mark())
    }

    /// The mail, up to `max` octets of it. `None` when it is gone, or cannot be read: the mails behind
    /// it must not wait for it, and whoever asked for it sees that it did not come.
    pub(super) fn read(&mut self, uid: &MailUid, max: u64) -> Result<Option<RawMail>, MailboxError> {
        let read = self.at_its_place(uid, |path| {
            let (mut bytes, received) = octets(path, max.saturating_add(1))?;
            let limit = usize::try_from(max).unwrap_or(usize::MAX);
            let truncated = bytes.len() > limit;
            bytes.truncate(limit);
            Ok(RawMail { uid: uid.clone(), received_at: Some(millis(received)), bytes, truncated })
        })?;
        read.transpose().or_else(|error| {
            let path = shown(&self.root);
            warn!(maildir = %path, mail = ?uid.0, "a mail cannot be read and stays in the inbox: {error}");
            Ok(None)
        })
    }

    /// Whether something is here that the last list did not know.
    pub(super) fn has_news(&mut self) -> Result<bool, MailboxError> {
        if self.folders.is_none() {
            return Err(filing::only_to_look(&self.root));
        }
        let times = self.times()?;
        if self.quiet == Some(times) {
            return Ok(false);
        }
        for part in PARTS {
            for entry in entries(&self.root.join(part))? {
                if unique_name(&entry?.file_name()).is_some_and(|name| !self.listed.contains(&name)) {
                    return Ok(true);
                }
            }
        }
        self.remember(times);
        Ok(false)
    }

    /// Called when a call begins: a mail that is missing may have come or been renamed since the last.
    pub(super) fn doubt_places(&mut self) {
        self.fresh = false;
    }

    /// Does `work` to the mail's file, wherever others have moved it by now; `None` when it is gone.
    pub(super) fn at_its_place<T>(
        &mut self,
        uid: &MailUid,
        work: impl Fn(&Path) -> io::Result<T>,
    ) -> Result<Option<io::Result<T>>, MailboxError> {
        for _ in 0..SEARCHES {
            match self.items.get(uid.as_str()) {
                None if self.fresh => return Ok(None),
                None => self.look()?,
                Some(item) => match work(&item.path) {
                    Err(error) if error.kind() == ErrorKind::NotFound => self.look()?,
                    done => return Ok(Some(done)),
                },
            }
        }
        Ok(Some(Err(ErrorKind::NotFound.into())))
    }

    /// A file that others rename while its folder is read may be told under neither name (POSIX, readdir):
    /// so a folder that changes meanwhile is read again, and what any of the readings found is there.
    fn look(&mut self) -> Result<(), MailboxError> {
        self.items.clear();
        for _ in 0..READINGS {
            let times = self.times()?;
            self.read_entries()?;
            if self.times()? == times {
                break;
            }
        }
        self.fresh = true;
        Ok(())
    }

    fn read_entries(&mut self) -> Result<(), MailboxError> {
        for part in PARTS {
            for entry in entries(&self.root.join(part))? {
                let entry = entry?;
                let Some(name) = unique_name(&entry.file_name()) else { continue };
                if let Some(item) = Item::of(&entry)? {
                    self.items.insert(name, item);
                }
            }
        }
        Ok(())
    }

    fn by_age(&self) -> Vec<(&String, &Item)> {
        let mut items: Vec<_> = self.items.iter().collect();
        items.sort_unstable_by(|(a, one), (b, other)| (one.received, a).cmp(&(other.received, b)));
        items
    }

    fn times(&self) -> Result<[SystemTime; 2], MailboxError> {
        let time = |part: &str| {
            let path = self.root.join(part);
            fs::metadata(&path).and_then(|folder| folder.modified()).map_err(|error| unusable(&path, &error))
        };
        Ok([time(PARTS[0])?, time(PARTS[1])?])
    }

    fn remember(&mut self, times: [SystemTime; 2]) {
        let now = SystemTime::now();
        let settled = |time: &SystemTime| now.duration_since(*time).is_ok_and(|age| age >= COARSE);
        self.quiet = times.iter().all(settled).then_some(times);
    }

    fn tell_what_is_left_out(&mut self) {
        let no_files = || self.items.values().filter(|item| !item.is_file);
        let count = no_files().count();
        if let Some(item) = no_files().next()
            && count != self.left_out
        {
            let path = shown(&item.path);
            warn!(count, first = %path, "what is no regular file is no mail, and stays in the inbox");
        }
        self.left_out = count;
    }
}

impl Item {
    /// `None` when it has gone meanwhile.
    fn of(entry: &DirEntry) -> Result<Option<Self>, MailboxError> {
        let path = entry.path();
        match entry.metadata().and_then(|file| Ok((file.modified()?, file.is_file()))) {
            Ok((received, is_file)) => Ok(Some(Self { path, received, is_file })),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(unusable(&path, &error)),
        }
    }
}

/// The maildir of `settings`, when it is one.
fn inbox(settings: &MaildirSettings) -> Result<PathBuf, MailboxError> {
    for part in PARTS {
        let path = settings.path.join(part);
        if !fs::metadata(&path).map_err(|error| no_maildir(&path, &error))?.is_dir() {
            return Err(no_maildir(&path, &io::Error::from(ErrorKind::NotADirectory)));
        }
    }
    Ok(settings.path.clone())
}

/// What a file is called without its flags (`:2,` and what follows). `None` for names that begin
/// with a dot: those are no mails.
pub(super) fn unique_name(file: &OsStr) -> Option<String> {
    let name = file.to_string_lossy();
    if name.starts_with('.') {
        return None;
    }
    match name.split_once(":2,") {
        Some((unique, _)) if !unique.is_empty() => Some(unique.to_owned()),
        _ => Some(name.into_owned()),
    }
}

fn entries(folder: &Path) -> Result<impl Iterator<Item = Result<DirEntry, MailboxError>>, MailboxError> {
    let read = fs::read_dir(folder).map_err(|error| unusable(folder, &error))?;
    Ok(read.map(move |entry| entry.map_err(|error| unusable(folder, &error))))
}

/// The first octets of a file and its time. It is opened so that neither a link nor a pipe that took
/// the mail's place harms.
fn octets(path: &Path, max: u64) -> io::Result<(Vec<u8>, SystemTime)> {
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
    let file = File::from(rustix::fs::open(path, flags, Mode::empty())?);
    let metadata = file.metadata()?;
    if !metadata.is_file() {
        return Err(no_file());
    }
    let expected = usize::try_from(metadata.len().min(max)).unwrap_or(0);
    let mut bytes = Vec::with_capacity(expected);
    file.take(max).read_to_end(&mut bytes)?;
    Ok((bytes, metadata.modified()?))
}

fn no_file() -> io::Error {
    io::Error::new(ErrorKind::InvalidInput, "it is no regular file")
}

fn no_maildir(path: &Path, error: &io::Error) -> MailboxError {
    let cause = format!("{error}; a maildir holds new/ and cur/: correct the path, or create them");
    MailboxError::File { path: shown(path), cause }
}

pub(super) fn millis(time: SystemTime) -> UnixMillis {
    let since = |span: Duration| i64::try_from(span.as_millis()).unwrap_or(i64::MAX);
    UnixMillis(time.duration_since(UNIX_EPOCH).map_or_else(|early| -since(early.duration()), since))
}
