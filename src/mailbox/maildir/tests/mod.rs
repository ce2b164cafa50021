//! What the maildir's tests share: a throw-away maildir, and mails delivered as servers do it.

use std::fs::{self, File};
use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use tempfile::TempDir;

use super::*;
use crate::mailbox::{RawMail, channel};

mod crowd;
mod filing;
mod looking;
mod reading;
mod waiting;

const HANDLED: &str = ".Nyckelbud.Hanterade";
const QUARANTINE: &str = ".Nyckelbud.Karant&AOQ-n";
const LIMIT: u64 = 100;

/// A maildir that goes with the test.
struct Desk(TempDir);

impl Desk {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        for part in ["tmp", "new", "cur"] {
            fs::create_dir(dir.path().join(part)).unwrap();
        }
        Self(dir)
    }

    fn settings(&self) -> MaildirSettings {
        MaildirSettings {
            name: "servicedesk".to_owned(),
            path: self.0.path().to_owned(),
            handled: "Nyckelbud/Hanterade".to_owned(),
            quarantine: "Nyckelbud/Karantän".to_owned(),
            max_mail_size: LIMIT,
        }
    }

    async fn opened(&self) -> MaildirMailbox {
        let mut mailbox = MaildirMailbox::new(self.settings());
        assert_eq!(mailbox.open().await, Ok(Opened { validity: 0 }));
        mailbox
    }

    fn path(&self, place: &str) -> PathBuf {
        self.0.path().join(place)
    }

    /// Delivers a mail, received `age` seconds ago, whose text is its name.
    fn deliver(&self, name: &str, age: u64) {
        self.put(&format!("new/{name}"), name, age);
    }

    fn put(&self, place: &str, text: &str, age: u64) {
        let aside = self.path("tmp/aside");
        fs::write(&aside, text).unwrap();
        let received = SystemTime::now() - Duration::from_secs(age);
        File::options().write(true).open(&aside).unwrap().set_modified(received).unwrap();
        fs::rename(aside, self.path(place)).unwrap();
    }

    fn rename(&self, from: &str, to: &str) {
        fs::rename(self.path(from), self.path(to)).unwrap();
    }

    /// File names in a folder, sorted.
    fn files(&self, folder: &str) -> Vec<String> {
        let entries = fs::read_dir(self.path(folder)).unwrap();
        let mut names: Vec<_> =
            entries.map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned()).collect();
        names.sort();
        names
    }
}

fn uids(names: &[&str]) -> Vec<MailUid> {
    names.iter().map(MailUid::new).collect()
}

/// Fetches, slowly enough for the channel to fill.
async fn fetched(mailbox: &mut MaildirMailbox, uids: &[MailUid]) -> Vec<RawMail> {
    let (to, mut from) = channel();
    let taking = async {
        let mut mails = Vec::new();
        while let Some(mail) = from.recv().await {
            mails.push(mail);
        }
        mails
    };
    let (ended, mails) = tokio::join!(mailbox.fetch(uids, to), taking);
    ended.unwrap();
    mails
}

/// The names of mails, whose texts must be their names.
fn names(mails: &[RawMail]) -> Vec<&str> {
    assert!(mails.iter().all(|mail| mail.bytes == mail.uid.0.as_bytes()));
    mails.iter().map(|mail| mail.uid.0.as_str()).collect()
}
