//! The folders for mails that are done with, and moving mails into them.

use std::ffi::{OsStr, OsString};
use std::fs::{self, DirBuilder, File};
use std::io::{self, ErrorKind};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

use rustix::fs::{CWD, RenameFlags, renameat_with};
use rustix::io::Errno;

use super::tree::{PARTS, Tree, unique_name};
use super::{shown, unusable};
use crate::mailbox::{Filed, Folder, MailUid, MailboxError, Spot, folder_name};

/// A file name that is taken is varied this often.
const VARIANTS: usize = 1000;

/// The folder `name` in the maildir `root`; made if it is missing.
pub(super) fn folder(root: &Path, name: &str) -> Result<PathBuf, MailboxError> {
    let folder = place(root, name)?;
    make(root, &folder).map_err(|error| unusable(&folder, &error))?;
    Ok(folder)
}

/// Where the folder `name` lies in the maildir `root`.
pub(super) fn place(root: &Path, name: &str) -> Result<PathBuf, MailboxError> {
    // An empty level or a dot would name another folder, or the inbox itself.
    if name.split('/').any(|level| level.is_empty() || level.contains('.')) {
        let cause =
            format!("{name:?} is no name for a folder of a maildir: no level may be empty or hold a dot");
        return Err(MailboxError::File { path: shown(root), cause });
    }
    Ok(root.join(format!(".{}", folder_name::encoded(name, "."))))
}

/// Whether the folder is there, with all of its parts (see [`make`]).
pub(super) fn is_complete(folder: &Path) -> bool {
    folder.join("cur").is_dir()
}

/// Makes a Maildir++ folder with the rights of the maildir; `cur/` last, so that its presence says
/// that all of it is there.
fn make(root: &Path, folder: &Path) -> io::Result<()> {
    if is_complete(folder) {
        return Ok(());
    }
    let mut builder = DirBuilder::new();
    builder.recursive(true).mode(fs::metadata(root)?.permissions().mode());
    for part in ["tmp", "new", "cur"] {
        builder.create(folder.join(part))?;
    }
    // Tells delivery agents that this is a folder within a maildir.
    File::options().append(true).create(true).open(folder.join("maildirfolder"))?;
    sync(folder)?;
    sync(root)
}

impl Tree {
    /// Moves mails into a folder, and answers where each lies now. One that cannot be moved stops no
    /// other; it is the error of the call when all have been tried.
    pub(super) fn file(&mut self, folder: Folder, uids: &[MailUid]) -> Result<Vec<Filed>, MailboxError> {
        let folders = self.folders.as_ref().ok_or_else(|| only_to_look(&self.root))?;
        let cur = match folder {
            Folder::Handled => folders.handled.join("cur"),
            Folder::Quarantine => folders.quarantine.join("cur"),
        };
        self.doubt_places();
        let (mut filed, mut failed) = (Vec::with_capacity(uids.len()), None);
        for uid in uids {
            match self.at_its_place(uid, |path| move_into(&cur, path))?.transpose() {
                Ok(name) => {
                    // When it comes back under its name, it is news again.
                    self.items.remove(uid.as_str());
                    self.listed.remove(uid.as_str());
                    let now = name.and_then(|name| unique_name(&name)).map(spot);
                    filed.push(Filed { uid: uid.clone(), now });
                }
                Err(error) => {
                    failed.get_or_insert(refused(&cur, &error));
                }
            }
        }
        // The new place first: after a loss of power a mail may be in both, never in none.
        for path in [cur, self.root.join(PARTS[0]), self.root.join(PARTS[1])] {
            sync(&path).map_err(|error| refused(&path, &error))?;
        }
        failed.map_or(Ok(filed), Err)
    }
}

/// The name in a maildir's folder, whose names never change their meaning.
fn spot(name: String) -> Spot {
    Spot { validity: 0, uid: MailUid::new(name) }
}

/// `folder` did not take a mail because of `error`.
fn refused(folder: &Path, error: &io::Error) -> MailboxError {
    match error.kind() {
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => {
            MailboxError::Full { folder: shown(folder), cause: error.to_string() }
        }
        _ => unusable(folder, error),
    }
}

/// The error of whoever moves or waits where it may only look.
pub(super) fn only_to_look(root: &Path) -> MailboxError {
    let cause = "it was opened only to look; the mailbox must be opened again".to_owned();
    MailboxError::File { path: shown(root), cause }
}

/// Moves one file, with its flags, and answers its new name; a file that is there already is never
/// overwritten.
fn move_into(cur: &Path, from: &Path) -> io::Result<OsString> {
    let name = from.file_name().unwrap_or_default();
    for variant in 0..VARIANTS {
        let new = name_in_cur(name, variant);
        let to = cur.join(&new);
        match rename_without_overwriting(from, &to) {
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
            done => return done.map(|()| new),
        }
        if is_same_file(from, &to)? {
            return fs::remove_file(from).map(|()| new);
        }
    }
    Err(ErrorKind::AlreadyExists.into())
}

/// A file in `cur/` always has flags, if only an empty list.
fn name_in_cur(name: &OsStr, variant: usize) -> OsString {
    const FLAGS: &[u8] = b":2,";
    let bytes = name.as_bytes();
    let at = bytes.windows(FLAGS.len()).position(|window| window == FLAGS);
    let (unique, flags) = at.map_or((bytes, FLAGS), |at| bytes.split_at(at));
    let more = if variant == 0 { String::new() } else { format!(".{variant}") };
    OsString::from_vec([unique, more.as_bytes(), flags].concat())
}

fn rename_without_overwriting(from: &Path, to: &Path) -> io::Result<()> {
    match renameat_with(CWD, from, CWD, to, RenameFlags::NOREPLACE) {
        // Not every file system can (NFS).
        Err(Errno::INVAL | Errno::NOSYS) => link_and_remove(from, to),
        done => Ok(done?),
    }
}

/// Ended half-way it leaves one file under two names; [`move_into`] then removes the old one.
fn link_and_remove(from: &Path, to: &Path) -> io::Result<()> {
    fs::hard_link(from, to)?;
    fs::remove_file(from)
}

fn is_same_file(one: &Path, other: &Path) -> io::Result<bool> {
    let (one, other) = (fs::symlink_metadata(one)?, fs::symlink_metadata(other)?);
    Ok((one.dev(), one.ino()) == (other.dev(), other.ino()))
}

/// Brings the entries of a folder to the disk.
fn sync(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(name: &str, variant: usize) -> String {
        name_in_cur(OsStr::new(name), variant).into_string().unwrap()
    }

    #[test]
    fn flags_are_kept_and_an_empty_list_is_added() {
        assert_eq!(named("1.a", 0), "1.a:2,");
        assert_eq!(named("1.a:2,FS", 0), "1.a:2,FS");
        assert_eq!(named("1.a:2,FS", 7), "1.a.7:2,FS");
    }

    #[test]
    fn a_move_where_renaming_may_overwrite_neither_overwrites_nor_loses() {
        let dir = tempfile::tempdir().unwrap();
        let (from, to) = (dir.path().join("from"), dir.path().join("to"));
        fs::write(&from, "one").unwrap();
        fs::write(&to, "other").unwrap();
        assert_eq!(link_and_remove(&from, &to).unwrap_err().kind(), ErrorKind::AlreadyExists);
        assert_eq!(fs::read(&to).unwrap(), b"other");
        fs::remove_file(&to).unwrap();
        link_and_remove(&from, &to).unwrap();
        assert_eq!((fs::read(&to).unwrap(), from.exists()), (b"one".to_vec(), false));
    }

    #[test]
    fn a_full_disk_or_quota_is_told_apart_from_other_failures() {
        for code in [Errno::NOSPC, Errno::DQUOT] {
            let error = refused(Path::new("/var/mail/desk/.Hanterade/cur"), &code.into());
            assert!(
                matches!(&error, MailboxError::Full { folder, .. } if folder.contains(".Hanterade")),
                "{error}"
            );
            assert!(error.to_string().contains("make room"), "{error}");
        }
        let error = refused(Path::new("/var/mail/desk"), &Errno::ACCESS.into());
        assert!(matches!(error, MailboxError::File { .. }), "{error}");
    }

    #[test]
    fn a_move_that_ended_half_way_is_ended_and_not_repeated() {
        let dir = tempfile::tempdir().unwrap();
        let from = dir.path().join("1.a");
        fs::write(&from, "one").unwrap();
        fs::create_dir(dir.path().join("cur")).unwrap();
        fs::hard_link(&from, dir.path().join("cur/1.a:2,")).unwrap();
        move_into(&dir.path().join("cur"), &from).unwrap();
        assert!(!from.exists());
        assert_eq!(fs::read_dir(dir.path().join("cur")).unwrap().count(), 1);
    }
}
