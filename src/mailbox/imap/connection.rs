//! A signed-in IMAP connection: one command at a time, and only a tagged OK is success.
//!
//! async-imap's own methods take a NO, a BAD or a lost connection in the middle of an answer for
//! success. So it is used for sign-in, framing and parsing only; commands go through
//! [`Connection::command`].

use std::collections::HashSet;
use std::time::Duration;

use async_imap::Session;
use async_imap::imap_proto::RequestId;
use tokio::time::{Instant, timeout, timeout_at};

use super::Timeouts;
use super::answer::Answer;
use super::failure::{broken, closed, unsent};
use super::places::Copied;
use super::wire::Wire;
use crate::mailbox::MailboxError;

/// Room for an answer beside the mail in it: a search in a mailbox of a million mails fits.
const ANSWER_MAX: u64 = 16 * 1024 * 1024;

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
    answer_max: u64,
    capabilities: HashSet<String>,
    exists: u32,
    arrived: bool,
    copied: Vec<Copied>,
}

impl Connection {
    /// Takes a session that has just signed in. A mail of up to `mail_max` octets may come in one
    /// answer.
    pub(super) fn new(session: Session<Wire>, timeouts: Timeouts, mail_max: u64) -> Self {
        Self {
            session,
            timeouts,
            answer_max: mail_max.saturating_add(ANSWER_MAX),
            capabilities: HashSet::new(),
            exists: 0,
            arrived: false,
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
            Answer::Tagged { tag: theirs, words, .. } if theirs == *tag => {
                Err(MailboxError::Refused { command: name, cause: words })
            }
            Answer::Tagged { .. } => Err(MailboxError::Lost {
                command: name,
                cause: "the server answered a command that was not given".to_owned(),
            }),
            answer => Ok(Some(answer)),
        }
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
        let mut ended = false;
        while !self.arrived && !ended {
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

    /// One answer, whatever it is; notes what changes the number of mails, and
    /// where copies went.
    async fn read(&mut self, name: &'static str, silence: Duration) -> Result<Answer, MailboxError> {
        self.session.as_mut().allow(self.answer_max);
        let response = self.session.read_response().await;
        let response =
            response.map_err(|error| broken(name, silence, &error))?.ok_or_else(|| closed(name))?;
        let answer = Answer::from_response(response.parsed());
        match &answer {
            Answer::Exists(count) => {
                self.arrived |= *count > self.exists;
                self.exists = *count;
            }
            Answer::Copied(copied) | Answer::Tagged { copied: Some(copied), .. } => {
                self.copied.push(copied.clone());
            }
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
