//! A signed-in IMAP connection: one command at a time, and only a tagged OK is success.
//!
//! async-imap's own methods take a NO, a BAD or a lost connection in the middle of an answer for
//! success. So it is used for sign-in and parsing only; commands go through [`Connection::command`],
//! answers come through `frame.rs`.

use std::collections::HashSet;
use std::time::Duration;

use async_imap::Session;
use async_imap::imap_proto::RequestId;
use tokio::time::{Instant, timeout, timeout_at};

use super::Timeouts;
use super::answer::Answer;
use super::failure::{broken, closed, not_understood, refused, unsent};
use super::frame::Room;
use super::places::Copied;
use super::wire::Wire;
use crate::mailbox::MailboxError;

/// Room for the lines of an answer (octets): a search in a mailbox of a million mails fits.
const LINES_MAX: usize = 16 * 1024 * 1024;
/// Room for what a server sends of a mail beyond the limit that it was told (octets).
const BEYOND_THE_LIMIT: usize = 16 * 1024 * 1024;
/// So much of a large mail must come in the time that a command may last (octets); that is 110 octets
/// a second. One that comes more slowly is not coming.
const LEAST_OF_A_MAIL: usize = 64 * 1024;
/// Nobody says more than this while we idle.
const TALK_MAX: u32 = 100_000;

/// How one span of idling ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Idled {
    /// A mail arrived.
    Arrival,
    /// The span is over.
    Quiet,
    /// The server does not idle, whatever it announced.
    Refused,
}

/// A signed-in connection. After an error it must be dropped: what is still on its way would be
/// taken for the answer to the next command.
pub(super) struct Connection {
    session: Session<Wire>,
    timeouts: Timeouts,
    room: Room,
    capabilities: HashSet<String>,
    exists: u32,
    arrived: bool,
    warned: bool,
    copied: Vec<Copied>,
}

impl Connection {
    /// Takes a session that has just signed in. A mail of up to `mail_max` octets may come in one
    /// answer.
    pub(super) fn new(session: Session<Wire>, timeouts: Timeouts, mail_max: u32) -> Self {
        Self {
            session,
            timeouts,
            room: Room {
                lines: LINES_MAX,
                literals: usize::try_from(mail_max).unwrap_or(usize::MAX).saturating_add(BEYOND_THE_LIMIT),
            },
            capabilities: HashSet::new(),
            exists: 0,
            arrived: false,
            warned: false,
            copied: Vec::new(),
        }
    }

    /// Asks what the server can do; sign-in may have changed it.
    pub(super) async fn read_capabilities(&mut self) -> Result<(), MailboxError> {
        let mut found = HashSet::new();
        self.command("CAPABILITY", "CAPABILITY", |answer| {
            if let Answer::Capabilities(names) = answer {
                found.extend(names);
            }
        })
        .await?;
        self.capabilities = found;
        Ok(())
    }

    /// Whether the server announced `capability` (in capitals).
    pub(super) fn can(&self, capability: &str) -> bool {
        self.capabilities.contains(capability)
    }

    /// Whether the server told of a new mail since [`Connection::forget_arrivals`]. A server tells
    /// it in the answer to any command, and does not tell it again while idling.
    pub(super) fn arrived(&self) -> bool {
        self.arrived
    }

    /// Called just before a full look, which finds whatever has arrived.
    pub(super) fn forget_arrivals(&mut self) {
        self.arrived = false;
    }

    /// How many mails the selected folder holds, by what the server told so far.
    pub(super) fn exists(&self) -> u32 {
        self.exists
    }

    /// Whether the server warned of something since the last call.
    pub(super) fn take_warning(&mut self) -> bool {
        std::mem::take(&mut self.warned)
    }

    /// Takes `capability` for one that the server does not have: it did not keep what it announced.
    pub(super) fn give_up(&mut self, capability: &str) {
        self.capabilities.remove(capability);
    }

    /// What the server told of copies and moves since the last call.
    pub(super) fn take_copied(&mut self) -> Vec<Copied> {
        std::mem::take(&mut self.copied)
    }

    /// Sends a command and hands every untagged answer to `each`. `name` is for error texts: it
    /// never holds arguments.
    pub(super) async fn command(
        &mut self,
        name: &'static str,
        line: &str,
        mut each: impl FnMut(Answer),
    ) -> Result<(), MailboxError> {
        let limit = self.timeouts.in_all();
        let answered = async {
            let tag = self.send(name, line).await?;
            while let Some(answer) = self.next(name, &tag).await? {
                each(answer);
            }
            Ok(())
        };
        let too_late = MailboxError::TimedOut { command: name, seconds: limit.as_secs() };
        timeout(limit, answered).await.unwrap_or(Err(too_late))
    }

    /// Sends a command whose answers are taken one by one with [`Connection::next`].
    pub(super) async fn send(&mut self, name: &'static str, line: &str) -> Result<RequestId, MailboxError> {
        let silence = self.timeouts.command;
        self.session.run_command(line).await.map_err(|error| unsent(name, silence, error))
    }

    /// The next answer to the command `tag`; `None` when the server said OK to it.
    pub(super) async fn next(
        &mut self,
        name: &'static str,
        tag: &RequestId,
    ) -> Result<Option<Answer>, MailboxError> {
        match self.read(name, self.timeouts.command).await? {
            Answer::Tagged { tag: theirs, ok: true, .. } if theirs == *tag => Ok(None),
            Answer::Tagged { tag: theirs, words, .. } if theirs == *tag => Err(refused(name, words)),
            Answer::Tagged { .. } => Err(MailboxError::Lost {
                command: name,
                cause: "the server answered a command that was not given".to_owned(),
            }),
            answer => Ok(Some(answer)),
        }
    }

    /// The same for answers that hold mails, which may take long: until `due`, or for as long as one
    /// keeps coming. What the server says between mails does not count.
    pub(super) async fn next_mail(
        &mut self,
        name: &'static str,
        tag: &RequestId,
        mut due: Instant,
    ) -> Result<Option<Answer>, MailboxError> {
        let limit = self.timeouts.in_all();
        loop {
            let before = self.session.as_mut().arriving();
            if let Ok(next) = timeout_at(due, self.next(name, tag)).await {
                return next;
            }
            if self.session.as_mut().arriving() < before + LEAST_OF_A_MAIL {
                return Err(MailboxError::TimedOut { command: name, seconds: limit.as_secs() });
            }
            due = Instant::now() + limit;
        }
    }

    /// When the next mail must have come, or most of it.
    pub(super) fn mail_due(&self) -> Instant {
        Instant::now() + self.timeouts.in_all()
    }

    /// Idles (RFC 2177) until a mail arrives, at most for `span`.
    pub(super) async fn idle(&mut self, span: Duration) -> Result<Idled, MailboxError> {
        const NAME: &str = "IDLE";
        let tag = self.send(NAME, NAME).await?;
        loop {
            match self.next(NAME, &tag).await {
                Ok(Some(Answer::Continue)) => break,
                Ok(Some(_)) => {}
                // Refused, or "done" before it began: the connection is in order, only not idling.
                Ok(None) | Err(MailboxError::Refused { .. }) => {
                    self.give_up(NAME);
                    return Ok(Idled::Refused);
                }
                Err(error) => return Err(error),
            }
        }
        if self.idle_until(&tag, Instant::now() + span).await? {
            // To idle again at once would go round and round.
            self.give_up(NAME);
            return Ok(Idled::Refused);
        }
        self.end_idle(&tag).await?;
        Ok(if self.arrived { Idled::Arrival } else { Idled::Quiet })
    }

    /// Reads until a mail arrived or `end`; true when the server ended the idling by itself.
    async fn idle_until(&mut self, tag: &RequestId, end: Instant) -> Result<bool, MailboxError> {
        // A quiet folder is silent: for this one wait silence is no failure.
        let silence = end.saturating_duration_since(Instant::now()) + self.timeouts.command;
        self.session.as_mut().set_silence(silence);
        let (mut ended, mut talk) = (false, 0);
        while !self.arrived && !ended {
            talk += 1;
            if talk > TALK_MAX {
                return Err(MailboxError::Lost {
                    command: "IDLE",
                    cause: "the server does not stop talking".to_owned(),
                });
            }
            match timeout_at(end, self.read("IDLE", silence)).await {
                Err(_) => break,
                Ok(Ok(Answer::Tagged { tag: theirs, .. })) if theirs == *tag => ended = true,
                Ok(Ok(_)) => {}
                Ok(Err(error)) => return Err(error),
            }
        }
        self.session.as_mut().set_silence(self.timeouts.command);
        Ok(ended)
    }

    async fn end_idle(&mut self, tag: &RequestId) -> Result<(), MailboxError> {
        const NAME: &str = "DONE";
        let limit = self.timeouts.done;
        let ended = async {
            let sent = self.session.run_command_untagged("DONE").await;
            sent.map_err(|error| unsent(NAME, limit, error))?;
            while self.next(NAME, tag).await?.is_some() {}
            Ok(())
        };
        // The connection may have died unseen while nothing was said: do not wait long for it.
        timeout(limit, ended)
            .await
            .unwrap_or(Err(MailboxError::TimedOut { command: NAME, seconds: limit.as_secs() }))
    }

    /// One answer, whatever it is; notes what changes the number of mails, and what
    /// is asked for later.
    async fn read(&mut self, name: &'static str, silence: Duration) -> Result<Answer, MailboxError> {
        let octets = self.session.as_mut().read_answer(self.room).await;
        let octets = octets.map_err(|error| broken(name, silence, &error))?.ok_or_else(|| closed(name))?;
        let answer = Answer::from_octets(&octets).ok_or_else(|| not_understood(name))?;
        match &answer {
            Answer::Exists(count) => {
                self.arrived |= *count > self.exists;
                self.exists = *count;
            }
            Answer::Copied(copied) | Answer::Tagged { copied: Some(copied), .. } => {
                self.copied.push(copied.clone());
            }
            Answer::Warning => self.warned = true,
            Answer::Expunged => self.exists = self.exists.saturating_sub(1),
            Answer::Bye(words) => {
                return Err(MailboxError::Lost {
                    command: name,
                    cause: format!("the server says goodbye: {words}"),
                });
            }
            _ => {}
        }
        Ok(answer)
    }
}
