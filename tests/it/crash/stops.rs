//! Where the program is stopped: wrappers around every outside part that count the calls, before
//! and after each, and stop the program at the chosen one.

use std::fs::OpenOptions;
use std::io::Write;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use nyckelbud::delivery::{
    GatewayTraits, MailSender, OutgoingMail, Receipt, ReceiptReading, SmsGateway, SmsText,
};
use nyckelbud::directory::{Directory, DirectoryError, Facts, Finding, Found, Who};
use nyckelbud::mailbox::*;
use nyckelbud::password::{PasswordReset, TemporaryPassword, Used, ValueRefused};
use nyckelbud::store::{Claim, Committed, Step};
use nyckelbud::ticket::TicketId;
use nyckelbud::types::{AccountId, CallbackRequest, Outcome, PhoneNumber, UnixMillis};

use super::stopping_store::Around;

/// How the program is stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stop {
    /// SIGKILL to the own process.
    Kill,
    /// A panic in whatever runs.
    Panic,
}

/// After these nothing has changed that outlives the program and that a world with one kill a run could tell: they only
/// read, or took a lease, which the next start frees, and of which only the fence and the end stay.
const LIKE_BEFORE: [&str; 6] =
    ["after facts", "after list", "after fetch", "after claim", "after claim_ticket", "after claim_messages"];

/// Is a kill here like one at the point before? A panic is another matter: the program goes on, and its leases hold.
fn is_like_the_one_before(place: &str) -> bool {
    place.starts_with("before ") || LIKE_BEFORE.contains(&place)
}

/// Counts the points and stops the program at one of them.
#[derive(Clone, Debug)]
pub struct Stopper {
    how: Stop,
    at: u64,
    count: Arc<AtomicU64>,
}

impl Stopper {
    /// Stops at the `at`-th point, counted from 1.
    pub fn new(how: Stop, at: u64) -> Self {
        Self { how, at, count: Arc::default() }
    }

    /// Never stops.
    pub fn never() -> Self {
        Self::new(Stop::Panic, u64::MAX)
    }

    /// Was the point reached?
    pub fn reached(&self) -> bool {
        self.count.load(Ordering::SeqCst) >= self.at
    }

    /// One point.
    pub fn point(&self, place: &str) {
        if self.how == Stop::Kill && is_like_the_one_before(place) {
            return;
        }
        if self.count.fetch_add(1, Ordering::SeqCst) + 1 != self.at {
            return;
        }
        match self.how {
            Stop::Kill => {
                let me = rustix::process::getpid();
                let _ = rustix::process::kill_process(me, rustix::process::Signal::KILL);
                // the signal is delivered before this sleep is over
                std::thread::sleep(Duration::from_secs(60));
            }
            Stop::Panic => panic!("stopped on purpose: {place}"),
        }
    }
}

impl Around for Stopper {
    type Noted = ();

    async fn point(&self, place: &'static str) {
        Stopper::point(self, place);
    }
    async fn call<T: Send>(&self, call: impl Future<Output = T> + Send) -> T {
        call.await
    }
    fn claimed(&self, _: &mut [Claim]) {}
    fn note(&self, _: TicketId, _: &Step) {}
    async fn committed(&self, (): (), _: &Committed) {}
}

/// The world's own log: a line a call, appended, never buffered.
#[derive(Clone, Debug)]
pub struct CallLog(pub PathBuf);

impl CallLog {
    pub fn lines(&self) -> Vec<String> {
        let text = std::fs::read_to_string(&self.0).unwrap_or_default();
        text.lines().map(ToOwned::to_owned).collect()
    }

    pub fn write(&self, line: &str) {
        let mut file = OpenOptions::new().create(true).append(true).open(&self.0).expect("the log");
        file.write_all(format!("{line}\n").as_bytes()).expect("a line");
    }
}

/// A part with stops around every call.
pub struct Stopping<T> {
    pub inner: T,
    pub stopper: Stopper,
    pub log: CallLog,
}

/// A value's fingerprint: the log must not hold passwords.
pub fn fingerprint(text: &str) -> String {
    use sha2::Digest;
    data_encoding::HEXLOWER.encode(&sha2::Sha256::digest(text.as_bytes())[..8])
}

#[async_trait]
impl Directory for Stopping<Arc<dyn Directory>> {
    async fn facts(&self, who: &Who, depth: u8) -> Result<Facts, DirectoryError> {
        self.stopper.point("before facts");
        let facts = self.inner.facts(who, depth).await;
        if let (Who::Id(id), Ok(_)) = (who, &facts) {
            self.log.write(&format!("facts {id}"));
        }
        self.stopper.point("after facts");
        facts
    }

    async fn people(&self, name: &str, most: u8) -> Result<Vec<Found>, DirectoryError> {
        self.inner.people(name, most).await
    }

    async fn probe(&self) -> Result<String, DirectoryError> {
        self.inner.probe().await
    }

    async fn rights(&self) -> Vec<Finding> {
        self.inner.rights().await
    }
}

#[async_trait]
impl PasswordReset for Stopping<Arc<dyn PasswordReset>> {
    async fn set(&self, account: &AccountId, password: &TemporaryPassword) -> Result<Outcome, ValueRefused> {
        self.stopper.point("before set");
        self.log.write(&format!("set {account} {}", fingerprint(password.expose())));
        let answered = self.inner.set(account, password).await;
        let code = answered.as_ref().map_or("value-refused", Outcome::code);
        self.log.write(&format!("was-set {account} {} {code}", fingerprint(password.expose())));
        self.stopper.point("after set");
        answered
    }

    fn exchanges(&self) -> bool {
        self.inner.exchanges()
    }

    async fn exchange(
        &self,
        account: &AccountId,
        old: &TemporaryPassword,
        new: &TemporaryPassword,
    ) -> Outcome {
        self.stopper.point("before exchange");
        let outcome = self.inner.exchange(account, old, new).await;
        self.log.write(&format!("was-exchanged {account} {} {}", fingerprint(old.expose()), outcome.code()));
        self.stopper.point("after exchange");
        outcome
    }

    async fn used(&self, account: &AccountId, set_at: UnixMillis) -> Result<Used, DirectoryError> {
        self.inner.used(account, set_at).await
    }

    async fn probe(&self) -> Result<String, DirectoryError> {
        self.inner.probe().await
    }

    async fn rights(&self) -> Vec<Finding> {
        self.inner.rights().await
    }
}

#[async_trait]
impl<T: SmsGateway> SmsGateway for Stopping<T> {
    fn name(&self) -> &str {
        self.inner.name()
    }

    fn traits(&self) -> GatewayTraits {
        self.inner.traits()
    }

    async fn send(&self, to: &PhoneNumber, text: &SmsText, key: &str) -> Outcome {
        self.stopper.point("before text");
        self.log.write(&format!("text {} {key}", to.e164()));
        let outcome = self.inner.send(to, text, key).await;
        self.stopper.point("after text");
        outcome
    }

    fn receipt(&self, secret: &str, request: &CallbackRequest<'_>) -> ReceiptReading {
        self.inner.receipt(secret, request)
    }

    async fn ask(&self, reference: &str) -> Result<Receipt, String> {
        self.inner.ask(reference).await
    }

    async fn probe(&self) -> Result<String, String> {
        self.inner.probe().await
    }
}

#[async_trait]
impl<T: MailSender> MailSender for Stopping<T> {
    async fn send(&self, mail: &OutgoingMail) -> Outcome {
        self.stopper.point("before mail");
        let outcome = self.inner.send(mail).await;
        self.stopper.point("after mail");
        outcome
    }

    async fn probe(&self) -> Result<String, String> {
        self.inner.probe().await
    }
}

#[async_trait]
impl<T: Mailbox> Mailbox for Stopping<T> {
    fn name(&self) -> &str {
        self.inner.name()
    }

    async fn open(&mut self) -> Result<Opened, MailboxError> {
        self.inner.open().await
    }

    async fn list(&mut self, after: Option<&Mark>) -> Result<Vec<MailUid>, MailboxError> {
        self.stopper.point("before list");
        let listed = self.inner.list(after).await;
        self.stopper.point("after list");
        listed
    }

    async fn mark(&mut self) -> Result<Mark, MailboxError> {
        self.inner.mark().await
    }

    async fn fetch(&mut self, uids: &[MailUid], to: RawMailSender) -> Result<(), MailboxError> {
        self.stopper.point("before fetch");
        let fetched = self.inner.fetch(uids, to).await;
        self.stopper.point("after fetch");
        fetched
    }

    async fn look(&mut self, shelf: Shelf) -> Result<Option<Opened>, MailboxError> {
        self.inner.look(shelf).await
    }

    async fn file(&mut self, folder: Folder, uids: &[MailUid]) -> Result<Vec<Filed>, MailboxError> {
        self.stopper.point("before move");
        let filed = self.inner.file(folder, uids).await;
        self.stopper.point("after move");
        filed
    }

    async fn wait(&mut self, limit: Duration) -> Result<Woken, MailboxError> {
        self.inner.wait(limit).await
    }
}
