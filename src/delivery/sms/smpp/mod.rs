//! SMPP 3.4 to an operator's message centre: one connection that is kept up, over which texts go out and
//! receipts come in (<https://smpp.org/SMPP_v3_4_Issue1_2.pdf>).
//!
//! SMPP knows no keys: a text of unknown outcome is never sent again by this gateway. A receipt is
//! acknowledged when the store has it; until then the message centre has it.

use std::net::IpAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use data_encoding::HEXLOWER;
use tokio::sync::{Notify, Semaphore, oneshot};
use tokio::time::{Instant, timeout, timeout_at};
use zeroize::Zeroizing;

mod connect;
mod line;
mod pdu;
mod report;
mod session;
mod status;
mod words;

pub use report::ReceiptIds;
pub use words::Alphabet;

use self::line::Line;
use self::pdu::{Address, Submit};
use self::report::Report;
use self::session::{Names, Order, Place};
use super::setup::{Fault, SetupError, is_sender};
use super::{LeftAlone, is_key, is_reference};
use crate::delivery::{GatewayTraits, Receipt, ReceiptKeeper, SmsGateway, SmsText};
use crate::secret::Secret;
use crate::types::{Outcome, PhoneNumber};

/// So long a text waits for a connection, and a probe for an answer.
const CONNECTION: Duration = Duration::from_secs(8);
/// Message centres say "too fast", and not for how long.
const WAIT: Duration = Duration::from_secs(30);
/// The longest text in a bind. The specification has less (4.1.5), and operators give out more.
const BIND_TEXT_MAX: usize = 64;
/// The longest name of a text, without its NUL (4.4.2). A longer one is none.
const NAME_MAX: usize = 64;

/// What an SMPP gateway is made from.
#[derive(Clone, Debug)]
pub struct SmppSetup {
    /// The gateway's configured name.
    pub name: String,
    /// Where the message centre is.
    pub host: String,
    /// On which port.
    pub port: u16,
    /// TLS from the first octet. Without it only this machine itself is reached.
    pub tls: bool,
    /// An extra trust anchor, beside the system's.
    pub ca_file: Option<PathBuf>,
    /// Whom to bind as (`system_id`).
    pub username: String,
    /// With which password.
    pub password: Secret,
    /// As the operator says; mostly empty.
    pub system_type: String,
    /// Whom texts come from.
    pub sender: String,
    /// A text that has waited longer is not delivered any more.
    pub validity: Duration,
    /// So long a text may take, with the wait for a connection.
    pub timeout: Duration,
    /// So many texts are on their way to the message centre at once.
    pub window: usize,
    /// In which alphabet it takes texts.
    pub alphabet: Alphabet,
    /// How its receipts write the names of texts.
    pub receipt_ids: ReceiptIds,
}

/// A password travels as text of ASCII that ends with a NUL (SMPP 3.4, 3.1).
#[must_use]
pub fn password_fault(password: &Secret) -> Option<Fault> {
    let password = password.expose();
    let why = if !password.bytes().all(|b| b == b' ' || b.is_ascii_graphic()) {
        "SMPP takes only letters, digits and marks of ASCII"
    } else if password.len() > BIND_TEXT_MAX {
        "at most 64 letters"
    } else {
        return None;
    };
    Some(Fault { key: "password", why })
}

/// A message centre as a gateway.
pub struct SmppGateway {
    setup: SmppSetup,
    line: Line,
    names: Names,
    window: Arc<Semaphore>,
    left_alone: LeftAlone,
    /// Has somebody begun to keep the connection up? Then no other one is made: what that one can do tells nothing
    /// of where texts go.
    attended: AtomicBool,
}

impl SmppGateway {
    /// The gateway as the settings say. Nothing is connected before [`SmsGateway::attend`].
    ///
    /// # Errors
    /// [`SetupError::Sender`] when no phone can show the sender; [`SetupError::Value`] when password and texts would
    /// travel in the open.
    pub fn new(setup: SmppSetup) -> Result<Self, SetupError> {
        if !is_sender(&setup.sender) {
            return Err(SetupError::Sender);
        }
        let here = setup.host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback());
        if !setup.tls && !here {
            let why = "without TLS only this machine itself is reached";
            return Err(SetupError::Value(Fault { key: "tls", why }));
        }
        let window = Arc::new(Semaphore::new(setup.window.max(1)));
        let (line, names) = (Line::default(), Names::default());
        let (left_alone, attended) = (LeftAlone::default(), AtomicBool::new(false));
        Ok(Self { setup, line, names, window, left_alone, attended })
    }

    /// The operation that hands over a text; `None` when the words are too many for one.
    fn submit(&self, to: &PhoneNumber, text: &SmsText) -> Option<Zeroizing<Vec<u8>>> {
        let words = words::coded(text.expose(), self.setup.alphabet);
        let source = match self.setup.sender.strip_prefix('+') {
            Some(digits) => Address { ton: 1, npi: 1, address: digits },
            None => Address { ton: 5, npi: 0, address: &self.setup.sender },
        };
        let destination = Address { ton: 1, npi: 1, address: to.e164().trim_start_matches('+') };
        u16::try_from(words.octets.len()).ok()?;
        let validity = relative(self.setup.validity);
        let (coding, long) = (words.coding, words.long);
        let submit = Submit { source, destination, validity: &validity, coding, words: &words.octets, long };
        Some(submit.body())
    }

    /// Hands the text to the connection and waits for what the message centre says.
    async fn submitted(&self, body: Zeroizing<Vec<u8>>, key: &str, until: Instant) -> Outcome {
        let not_sent = |why: String| Outcome::NotSent { cause: format!("SMPP: {why}") };
        let turn = Arc::clone(&self.window).acquire_owned();
        let Ok(Ok(turn)) = timeout_at(until, turn).await else {
            return not_sent("too many texts are on their way already".to_owned());
        };
        let connection = until.min(Instant::now() + CONNECTION);
        let orders = match timeout_at(connection, self.line.up()).await {
            Ok(Ok(orders)) => orders,
            Ok(Err(why)) => return not_sent(why),
            Err(_) => return not_sent("there is no connection yet".to_owned()),
        };
        let (answer, answered) = oneshot::channel();
        let place = Place::default();
        // Also when nobody waits any more.
        let taken_back = TakenBack(place.clone());
        let submit = session::Submit { body, key: key.to_owned(), place, answer, turn };
        let said = timeout_at(until, async {
            orders.send(Order::Submit(submit)).await.ok()?;
            answered.await.ok()
        });
        match said.await {
            Ok(Some((status, name))) => {
                self.left_alone.asked(status::asks_to_wait(status).then_some(WAIT));
                status::classify(status, name)
            }
            _ if taken_back.0.withdraw() => {
                not_sent("the connection was lost before the text left".to_owned())
            }
            Ok(None) => Outcome::Uncertain { cause: "SMPP: the text got no answer".to_owned() },
            Err(_) => Outcome::Uncertain { cause: "SMPP: no answer in time".to_owned() },
        }
    }

    /// Asks over the connection that is kept up.
    async fn enquire(&self) -> Result<(), String> {
        let (answer, answered) = oneshot::channel();
        let orders = self.line.up().await?;
        let lost = || "the connection was lost".to_owned();
        orders.send(Order::Enquire(answer)).await.map_err(|_| lost())?;
        answered.await.map_err(|_| lost())
    }
}

/// Takes a text back that has not left, whatever ends the wait for it.
struct TakenBack(Place);

impl Drop for TakenBack {
    fn drop(&mut self) {
        self.0.withdraw();
    }
}

#[async_trait]
impl SmsGateway for SmppGateway {
    fn name(&self) -> &str {
        &self.setup.name
    }

    fn traits(&self) -> GatewayTraits {
        GatewayTraits { receipts: true, honours_keys: false, can_be_asked: false }
    }

    async fn send(&self, to: &PhoneNumber, text: &SmsText, key: &str) -> Outcome {
        if !is_key(key) {
            return Outcome::Refused { cause: "the text's key is none".to_owned() };
        }
        match self.submit(to, text) {
            Some(body) => self.submitted(body, key, Instant::now() + self.setup.timeout).await,
            None => Outcome::Refused { cause: "SMPP: the text is too long".to_owned() },
        }
    }

    fn asks_to_wait(&self) -> Option<Duration> {
        self.left_alone.rest()
    }

    async fn ask(&self, _reference: &str) -> Result<Receipt, String> {
        Err("SMPP: a message centre tells by itself what became of a text".to_owned())
    }

    fn is_cut_off(&self) -> bool {
        !self.line.is_up()
    }

    async fn attend(&self, keeper: &dyn ReceiptKeeper, leave: &Notify) {
        self.attended.store(true, Ordering::SeqCst);
        self.line.keep_up(&self.setup, &self.names, keeper, leave).await;
    }

    /// Binds, or asks over the connection that somebody keeps up.
    async fn probe(&self) -> Result<String, String> {
        if self.attended.load(Ordering::SeqCst) {
            let enquired = timeout(CONNECTION, self.enquire()).await;
            enquired
                .unwrap_or_else(|_| Err("no answer in time".to_owned()))
                .map_err(|why| format!("SMPP: {why}"))?;
        } else {
            line::tried(&self.setup).await.map_err(|why| format!("SMPP: {why}"))?;
        }
        Ok("bound; SMPP tells no balance".to_owned())
    }
}

/// A span in the specification's form (7.1.1.2): years, months, days, hours, minutes, seconds, a tenth, `00R`.
fn relative(span: Duration) -> String {
    let seconds = span.as_secs();
    let (days, hours, minutes) = (seconds / 86_400, seconds / 3600 % 24, seconds / 60 % 60);
    format!("0000{days:02}{hours:02}{minutes:02}{:02}000R", seconds % 60)
}

/// A message centre's name for a text, as it is kept. One that could not stand in a path or a log is written in
/// hexadecimal; one that is too long is none, because no index of a database would take it.
fn name_of(id: &[u8]) -> String {
    let id = id.trim_ascii();
    if id.len() > NAME_MAX {
        return String::new();
    }
    match std::str::from_utf8(id) {
        Ok(name) if is_reference(name) || name.is_empty() => name.to_owned(),
        Ok(_) | Err(_) => format!("x{}", HEXLOWER.encode(id)),
    }
}

/// What the body of a delivered text tells as a receipt, for those who try it with octets of any kind.
#[must_use]
pub fn parse_receipt(body: &[u8], ids: ReceiptIds) -> Option<(String, Receipt)> {
    let body = Zeroizing::new(body.to_vec());
    let pdu = pdu::Pdu { command: pdu::DELIVER_SM, status: status::OK, sequence: 1, body };
    match report::read(&pdu.delivered()?, ids) {
        Report::Told(name, receipt) => Some((name, receipt)),
        Report::Unclear(_) | Report::NoReceipt => None,
    }
}

#[cfg(test)]
mod tests;
