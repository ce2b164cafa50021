//! One bound connection, until it ends: texts go out, answers and receipts come in, and silence is noticed.

use std::collections::HashMap;
use std::future::pending;
use std::sync::atomic::{AtomicBool, AtomicU8, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::mpsc::error::TrySendError;
use tokio::sync::{Notify, OwnedSemaphorePermit, mpsc, oneshot};
use tokio::time::{Instant, sleep, timeout};
use zeroize::Zeroizing;

use super::connect::{Hearing, Saying};
use super::pdu::{self, Pdu};
use super::report::{ReceiptIds, Report, read};
use super::status::{OK, QUEUE_FULL, TEMPORARY_ERROR, UNKNOWN_COMMAND, WRONG_SESSION};
use crate::delivery::{Receipt, ReceiptKeeper};

/// After so long without a word the message centre is asked whether it is there.
const QUIET: Duration = Duration::from_secs(30);
/// So long it may take to say that it is.
const ANSWER: Duration = Duration::from_secs(10);
/// A text that is unanswered for longer gets no answer any more: its place among those under way would never be
/// free again, so the connection is made anew.
const UNANSWERED: Duration = Duration::from_secs(60);
/// Before a receipt is refused that could not be kept: some centres repeat it at once.
const REFUSAL: Duration = Duration::from_secs(1);
/// Operations on their way out or to the store; more wait.
pub(super) const QUEUE: usize = 64;
/// So many names of texts are remembered (see [`Names`]).
const NAMES: usize = 1_000;

/// What shall be said.
pub(super) enum Order {
    /// A text.
    Submit(Submit),
    /// Are you there?
    Enquire(oneshot::Sender<()>),
    /// An answer of ours.
    Answer(Pdu),
}

/// A text on its way out.
pub(super) struct Submit {
    pub body: Zeroizing<Vec<u8>>,
    /// Under which key it is sent.
    pub key: String,
    pub place: Place,
    /// Gets status and name; dropped when none will come.
    pub answer: oneshot::Sender<(u32, String)>,
    /// Its place among those that may be unanswered at once; free when it is answered, or will not be.
    pub turn: OwnedSemaphorePermit,
}

/// How far a text has got. Whoever waits for it may give it up as long as no octet of it was written.
#[derive(Clone, Default)]
pub(super) struct Place(Arc<AtomicU8>);

impl Place {
    const WAITS: u8 = 0;
    const LEAVES: u8 = 1;
    const WITHDRAWN: u8 = 2;

    fn turn(&self, to: u8) -> bool {
        self.0.compare_exchange(Self::WAITS, to, Ordering::SeqCst, Ordering::SeqCst).is_ok()
    }

    /// May it be written now?
    fn leaves(&self) -> bool {
        self.turn(Self::LEAVES)
    }

    /// Takes it back. `false` when it may have left.
    pub fn withdraw(&self) -> bool {
        self.turn(Self::WITHDRAWN) || self.0.load(Ordering::SeqCst) == Self::WITHDRAWN
    }
}

/// Which key the message centre's names of texts stand for. The store finds a text by its name once the answer
/// to it is kept; this one also knows those whose answer came too late for anybody to wait for it.
#[derive(Default)]
pub(super) struct Names(Mutex<std::collections::VecDeque<(String, String)>>);

impl Names {
    fn remember(&self, name: &str, key: String) {
        let mut names = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        names.truncate(NAMES - 1);
        names.push_front((name.to_owned(), key));
    }

    fn key_of(&self, name: &str) -> Option<String> {
        let names = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        names.iter().find(|(known, _)| known == name).map(|(_, key)| key.clone())
    }
}

/// Who waits for an answer.
enum Waiting {
    Submit {
        key: String,
        answer: oneshot::Sender<(u32, String)>,
        since: Instant,
        _turn: OwnedSemaphorePermit,
    },
    Enquiry(oneshot::Sender<()>),
}

impl Waiting {
    /// Can an operation of this kind be the answer?
    fn awaits(&self, command: u32) -> bool {
        let answer = match self {
            Self::Submit { .. } => pdu::SUBMIT_SM_RESP,
            Self::Enquiry(_) => pdu::ENQUIRE_LINK_RESP,
        };
        command == answer || command == pdu::GENERIC_NACK
    }

    fn is_overdue(&self) -> bool {
        match self {
            Self::Submit { since, .. } => since.elapsed() > UNANSWERED,
            Self::Enquiry(_) => false,
        }
    }
}

/// A receipt on its way to the store.
struct Told {
    /// What was delivered, to be answered when it is kept.
    delivered: Pdu,
    name: String,
    receipt: Receipt,
}

/// How a connection ended.
pub(super) enum End {
    /// As was wished.
    Left,
    /// In words, why.
    Lost(String),
}

/// What a connection needs beside itself.
pub(super) struct Session<'a> {
    /// The gateway's name, for the log.
    pub gateway: &'a str,
    pub ids: ReceiptIds,
    pub names: &'a Names,
    pub keeper: &'a dyn ReceiptKeeper,
    /// Rung when it shall end.
    pub leave: &'a Notify,
}

impl Session<'_> {
    /// Serves the connection until it ends. Whoever waits for an answer then hears that none will come.
    pub async fn serve(
        &self,
        (hearing, saying): (Hearing, Saying),
        orders: mpsc::Sender<Order>,
        ordered: mpsc::Receiver<Order>,
    ) -> End {
        let (waiting, leaving) = (Mutex::default(), AtomicBool::new(false));
        let (telling, told) = mpsc::channel(QUEUE);
        let why = tokio::select! {
            why = self.hear(hearing, &waiting, &orders, telling) => why,
            why = self.say(saying, &waiting, ordered, &leaving) => why,
            () = self.keep(told, &orders) => pending().await,
        };
        // Some hang up in place of an answer to the unbind.
        if leaving.load(Ordering::SeqCst) { End::Left } else { End::Lost(why) }
    }

    /// Answers, in words, why there is nothing more to hear.
    async fn hear(
        &self,
        mut hearing: Hearing,
        waiting: &Mutex<HashMap<u32, Waiting>>,
        orders: &mpsc::Sender<Order>,
        telling: mpsc::Sender<Told>,
    ) -> String {
        let mut asked = false;
        loop {
            let heard = match timeout(if asked { ANSWER } else { QUIET }, hearing.next()).await {
                Ok(Ok(heard)) => heard,
                Ok(Err(why)) => return why,
                Err(_) if asked => return "is silent".to_owned(),
                Err(_) => {
                    asked = true;
                    // Any word of it shows that it is there.
                    let (enquiry, _) = oneshot::channel();
                    let _ = orders.send(Order::Enquire(enquiry)).await;
                    continue;
                }
            };
            asked = false;
            if locked(waiting).values().any(Waiting::is_overdue) {
                return "does not answer texts".to_owned();
            }
            // The queues end with this connection.
            match heard.command {
                // Also when nobody has asked for it.
                pdu::UNBIND_RESP => return "has ended the session".to_owned(),
                // That to an unbind is the last word.
                pdu::UNBIND | pdu::ENQUIRE_LINK => drop(orders.send(Order::Answer(heard.answer(OK))).await),
                pdu::DELIVER_SM => self.delivered(heard, orders, &telling).await,
                _ if heard.is_answer() => {
                    self.answered(&heard, waiting);
                    if heard.status == WRONG_SESSION {
                        return "does not know the session any more (ESME_RINVBNDSTS)".to_owned();
                    }
                }
                _ => {
                    let nack = Pdu { command: pdu::GENERIC_NACK, ..heard.answer(UNKNOWN_COMMAND) };
                    drop(orders.send(Order::Answer(nack)).await);
                }
            }
        }
    }

    fn answered(&self, heard: &Pdu, waiting: &Mutex<HashMap<u32, Waiting>>) {
        let mut waiting = locked(waiting);
        // An answer of another kind says nothing of what stands under its number.
        if !waiting.get(&heard.sequence).is_some_and(|who| who.awaits(heard.command)) {
            return;
        }
        match waiting.remove(&heard.sequence) {
            Some(Waiting::Submit { key, answer, .. }) => {
                let taken = heard.command == pdu::SUBMIT_SM_RESP && heard.status == OK;
                let name = if taken { self.ids.in_answer(&heard.message_id()) } else { String::new() };
                if !name.is_empty() {
                    self.names.remember(&name, key);
                }
                // A refusal of nothing says nothing of the text: the sender hears no answer.
                if taken || heard.status != OK {
                    let _ = answer.send((heard.status, name));
                }
            }
            // One that is refused shows no session: whoever asks hears no answer.
            Some(Waiting::Enquiry(answer)) if heard.status == OK => drop(answer.send(())),
            Some(Waiting::Enquiry(_)) | None => {}
        }
    }

    async fn delivered(&self, heard: Pdu, orders: &mpsc::Sender<Order>, telling: &mpsc::Sender<Told>) {
        let report = heard.delivered().map(|delivered| read(&delivered, self.ids));
        let report = report.unwrap_or_else(|| Report::Unclear("it ends too early".to_owned()));
        match report {
            // It becomes an answer when it is kept.
            Report::Told(name, receipt @ (Receipt::Delivered | Receipt::Failed)) => {
                // A store that is slow must not keep us from hearing answers. What does not fit comes again.
                let full = telling.try_send(Told { delivered: heard, name, receipt });
                if let Err(TrySendError::Full(Told { delivered, .. })) = full {
                    drop(orders.send(Order::Answer(delivered.answer(QUEUE_FULL))).await);
                }
                return;
            }
            Report::Told(_, Receipt::Pending) => {}
            Report::NoReceipt => {
                // Anybody can send many of them.
                tracing::debug!(gateway = self.gateway, "a text came in; nobody reads those");
            }
            Report::Unclear(why) => tracing::warn!(
                gateway = self.gateway,
                "a receipt could not be understood ({why}); nothing was changed"
            ),
        }
        // Else it would come again, and say no more.
        drop(orders.send(Order::Answer(heard.answer(OK))).await);
    }

    /// Receipts are answered once they are kept, and only then.
    async fn keep(&self, mut told: mpsc::Receiver<Told>, orders: &mpsc::Sender<Order>) {
        while let Some(Told { delivered, name, receipt }) = told.recv().await {
            let key = self.names.key_of(&name);
            let kept = self.keeper.keep(key.as_deref(), &name, receipt).await;
            let status = if kept { OK } else { TEMPORARY_ERROR };
            if !kept {
                sleep(REFUSAL).await;
            }
            let _ = orders.send(Order::Answer(delivered.answer(status))).await;
        }
    }

    async fn say(
        &self,
        mut saying: Saying,
        waiting: &Mutex<HashMap<u32, Waiting>>,
        mut ordered: mpsc::Receiver<Order>,
        leaving: &AtomicBool,
    ) -> String {
        // 1 was the bind.
        let mut sequence: u32 = 1;
        loop {
            let order = tokio::select! {
                order = ordered.recv() => order,
                () = self.leave.notified(), if !leaving.load(Ordering::SeqCst) => {
                    leaving.store(true, Ordering::SeqCst);
                    None
                }
            };
            // 5.1.4: from 1 to 0x7fffffff.
            sequence = sequence % 0x7fff_ffff + 1;
            let (command, body, who) = match order {
                Some(Order::Answer(answer)) => match saying.say(&answer).await {
                    Ok(()) if answer.command == pdu::UNBIND_RESP => {
                        return "has ended the session".to_owned();
                    }
                    Ok(()) => continue,
                    Err(why) => return why,
                },
                Some(Order::Submit(submit)) if submit.place.leaves() => {
                    let Submit { body, key, answer, turn, place: _ } = submit;
                    let who = Waiting::Submit { key, answer, since: Instant::now(), _turn: turn };
                    (pdu::SUBMIT_SM, body, Some(who))
                }
                Some(Order::Submit(_)) => continue,
                Some(Order::Enquire(answer)) => {
                    (pdu::ENQUIRE_LINK, Zeroizing::default(), Some(Waiting::Enquiry(answer)))
                }
                None => (pdu::UNBIND, Zeroizing::default(), None),
            };
            // Before it is said: the answer may be faster than we are.
            who.map(|who| locked(waiting).insert(sequence, who));
            if let Err(why) = saying.say(&Pdu { command, status: OK, sequence, body }).await {
                return why;
            }
        }
    }
}

fn locked(waiting: &Mutex<HashMap<u32, Waiting>>) -> MutexGuard<'_, HashMap<u32, Waiting>> {
    waiting.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests;
