//! Moving mails out of the inbox: UID MOVE (RFC 6851), or else UID COPY, `\Deleted` and UID EXPUNGE
//! (RFC 4315 2.1) of those UIDs. Plain EXPUNGE is never given: it would also remove what other people
//! marked as deleted.

use std::collections::HashMap;

use tracing::warn;

use super::connection::Connection;
use super::failure::{has_code, is_for_now, refused_with};
use super::folders;
use super::places;
use super::uid_set::{ONE_SET_MAX, one_set};
use crate::mailbox::{Filed, Folder, MailUid, MailboxError, Spot};

/// Mails moved by one command. Dovecot syncs the disk for each and says nothing until the end;
/// this many stay far below the command's time limit.
const MOVE_MAX: usize = 500;
const _: () = assert!(MOVE_MAX <= ONE_SET_MAX);

/// What is remembered of filing from one connection to the next.
#[derive(Default)]
pub(super) struct Memory {
    /// The server refused MOVE where copying worked; it is tried again when the program starts.
    without_move: bool,
    warned_of_marking: bool,
    /// UIDVALIDITY that the names in `copies` are of.
    validity: u32,
    /// Mails that were copied and may still lie in the inbox, with the place of the copy. They are not
    /// copied a second time: a server that does not let go of mails would fill the folder.
    copies: HashMap<(Folder, u32), Option<Spot>>,
}

impl Memory {
    /// Called for every new connection, on which the inbox has these UIDVALIDITY and UIDNEXT. Names of
    /// another inbox are forgotten: a mail that was never copied must not be taken for one that was.
    pub(super) fn recall(&mut self, connection: &mut Connection, validity: u32, next: Option<u32>) {
        if self.without_move {
            connection.give_up("MOVE");
        }
        let is_named = |next: u32| self.copies.keys().any(|(_, uid)| *uid >= next);
        if self.validity != validity || next.is_some_and(is_named) {
            self.copies.clear();
        }
        self.validity = validity;
    }

    /// Called with the UIDs in the inbox, ascending: of what has left it nothing needs to be known.
    pub(super) fn forget_all_but(&mut self, listed: &[u32]) {
        self.copies.retain(|(_, uid), _| listed.binary_search(uid).is_ok());
    }
}

/// Whether filed mails leave the inbox; without MOVE and UIDPLUS they stay there marked as deleted.
pub(super) fn removes_filed_mails(connection: &Connection) -> bool {
    connection.can("MOVE") || connection.can("UIDPLUS")
}

/// Mails on their way into a folder.
pub(super) struct Filing<'a> {
    pub(super) connection: &'a mut Connection,
    pub(super) memory: &'a mut Memory,
    /// The mailbox's name, for the log.
    pub(super) mailbox: &'a str,
    pub(super) folder: Folder,
    /// The folder's name as configured.
    pub(super) shown: &'a str,
    /// The folder's name on the wire.
    pub(super) name: &'a str,
}

impl Filing<'_> {
    /// Files `uids` (ascending).
    pub(super) async fn file(mut self, uids: &[u32]) -> Result<Vec<Filed>, MailboxError> {
        let mut filed = Vec::with_capacity(uids.len());
        for chunk in uids.chunks(MOVE_MAX) {
            // What was told before is not about these.
            self.connection.take_copied();
            filed.extend(self.file_some(chunk).await?);
        }
        Ok(filed)
    }

    async fn file_some(&mut self, uids: &[u32]) -> Result<Vec<Filed>, MailboxError> {
        if !self.connection.can("MOVE") {
            return self.copy_and_remove(uids).await;
        }
        let command = format!("UID MOVE {} {}", one_set(uids), self.name);
        match self.fill("UID MOVE", &command).await {
            Err(refusal) if copying_may_help(&refusal) => {
                let filed = self.copy_and_remove(uids).await?;
                warn!(mailbox = %self.mailbox, "{refusal}; mails are copied instead, and removed from the inbox");
                self.memory.without_move = true;
                self.connection.give_up("MOVE");
                Ok(filed)
            }
            moved => moved.map(|()| places::filed(uids, &self.connection.take_copied())),
        }
    }

    async fn copy_and_remove(&mut self, uids: &[u32]) -> Result<Vec<Filed>, MailboxError> {
        self.copy(uids).await?;
        self.remove(&one_set(uids)).await?;
        let place = |uid: &u32| self.memory.copies.get(&(self.folder, *uid)).cloned().flatten();
        Ok(uids.iter().map(|uid| Filed { uid: MailUid::from(*uid), now: place(uid) }).collect())
    }

    /// Copies those of which there is no copy yet.
    async fn copy(&mut self, uids: &[u32]) -> Result<(), MailboxError> {
        let is_new = |uid: &u32| !self.memory.copies.contains_key(&(self.folder, *uid));
        let new: Vec<u32> = uids.iter().copied().filter(is_new).collect();
        if new.len() < uids.len() {
            warn!(
                mailbox = %self.mailbox, count = uids.len() - new.len(),
                "mails that were copied into {} are still in the inbox; they are not copied again, only removed",
                self.shown
            );
        }
        if new.is_empty() {
            return Ok(());
        }
        let command = format!("UID COPY {} {}", one_set(&new), self.name);
        self.fill("UID COPY", &command).await?;
        let told = self.connection.take_copied();
        let copies = new.iter().zip(places::filed(&new, &told));
        self.memory.copies.extend(copies.map(|(uid, filed)| ((self.folder, *uid), filed.now)));
        Ok(())
    }

    async fn remove(&mut self, set: &str) -> Result<(), MailboxError> {
        let delete = format!("UID STORE {set} +FLAGS.SILENT (\\Deleted)");
        self.connection.command("UID STORE", &delete, |_| {}).await?;
        if self.connection.can("UIDPLUS") {
            return self.connection.command("UID EXPUNGE", &format!("UID EXPUNGE {set}"), |_| {}).await;
        }
        if !std::mem::replace(&mut self.memory.warned_of_marking, true) {
            warn!(
                mailbox = %self.mailbox,
                "the server has no UIDPLUS and moves no mails: handled mails are copied, and stay in the inbox \
                 marked as deleted"
            );
        }
        Ok(())
    }

    /// Gives a command that brings mails into the folder. What refuses it and can be mended at once is
    /// mended, and the command given once more.
    async fn fill(&mut self, name: &'static str, command: &str) -> Result<(), MailboxError> {
        let mut done = self.connection.command(name, command, |_| {}).await;
        if let Err(refusal) = &done
            && self.mend(refusal).await?
        {
            done = self.connection.command(name, command, |_| {}).await;
        }
        done.map_err(|error| self.full(error))
    }

    /// Whether what refused a command is mended.
    async fn mend(&mut self, refusal: &MailboxError) -> Result<bool, MailboxError> {
        if refused_with(refusal, "TRYCREATE") {
            // Somebody deleted the folder (RFC 3501 6.4.7).
            let created = folders::create(self.connection, self.name).await;
            return created.map(|()| true).map_err(|error| self.full(error));
        }
        if refused_with(refusal, "EXPUNGEISSUED") {
            // Somebody removed some of the mails (RFC 5530 3); the server takes them out of the talk now.
            return self.connection.command("NOOP", "NOOP", |_| {}).await.map(|()| true);
        }
        Ok(false)
    }

    /// The error as what it means here.
    fn full(&self, error: MailboxError) -> MailboxError {
        match error {
            MailboxError::Refused { cause, .. } if has_code(&cause, "OVERQUOTA") => {
                MailboxError::Full { folder: self.shown.to_owned(), cause }
            }
            error => error,
        }
    }
}

/// Whether a server that refuses MOVE with `refusal` may take a COPY.
fn copying_may_help(refusal: &MailboxError) -> bool {
    let hopeless = ["TRYCREATE", "EXPUNGEISSUED"];
    matches!(refusal, MailboxError::Refused { command: "UID MOVE", cause }
        if !is_for_now(cause) && !hopeless.iter().any(|code| has_code(cause, code)))
}
