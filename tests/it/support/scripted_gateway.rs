//! A gateway that answers as the test says, and can be down.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use nyckelbud::delivery::{GatewayTraits, Receipt, SmsGateway, SmsText};
use nyckelbud::types::{Outcome, PhoneNumber};

/// What a gateway was given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sent {
    pub to: String,
    pub text: String,
    pub key: String,
}

/// The answer to the n-th text that reaches it, counted from 0, and its words.
type Answer = dyn Fn(usize, &str) -> Outcome + Send + Sync;

/// A gateway of the test.
pub struct ScriptedGateway {
    name: &'static str,
    receipts: bool,
    honours_keys: AtomicBool,
    answer: Box<Answer>,
    down: AtomicBool,
    wait: Mutex<Option<Duration>>,
    knows: Mutex<Receipt>,
    tries: AtomicUsize,
    sent: Mutex<Vec<Sent>>,
}

impl ScriptedGateway {
    /// Takes texts and says nothing more of them, or tells by receipts what became of them.
    pub fn new(
        name: &'static str,
        receipts: bool,
        answer: impl Fn(usize, &str) -> Outcome + Send + Sync + 'static,
    ) -> Arc<Self> {
        let (down, tries, sent) = (AtomicBool::new(false), AtomicUsize::new(0), Mutex::default());
        let (honours_keys, wait) = (AtomicBool::new(false), Mutex::default());
        let (answer, knows) = (Box::new(answer), Mutex::new(Receipt::Pending));
        Arc::new(Self { name, receipts, honours_keys, answer, down, wait, knows, tries, sent })
    }

    /// From now on it takes nothing and asks to be left alone for so long, or takes texts again.
    pub fn ask_to_wait(&self, wait: Option<Duration>) {
        *self.wait.lock().unwrap() = wait;
        self.set_down(wait.is_some());
    }

    /// From now on it says this of every text when it is asked.
    pub fn answer_when_asked(&self, receipt: Receipt) {
        *self.knows.lock().unwrap() = receipt;
    }

    /// From now on nobody reaches it, or everybody does.
    pub fn set_down(&self, down: bool) {
        self.down.store(down, Ordering::SeqCst);
    }

    /// From now on a key that comes twice is the same text for it.
    pub fn honour_keys(&self) {
        self.honours_keys.store(true, Ordering::SeqCst);
    }

    /// The texts that reached it.
    pub fn sent(&self) -> Vec<Sent> {
        self.sent.lock().unwrap().clone()
    }

    /// How often it was tried, also while it was down.
    pub fn tries(&self) -> usize {
        self.tries.load(Ordering::SeqCst)
    }

    fn is_down(&self) -> bool {
        self.down.load(Ordering::SeqCst)
    }
}

/// It took the text under this name.
pub fn accepted(reference: &str) -> Outcome {
    Outcome::Accepted { reference: reference.to_owned() }
}

/// It refuses.
pub fn refused() -> Outcome {
    Outcome::Refused { cause: "no credit".to_owned() }
}

/// Nobody knows whether it took the text.
pub fn uncertain() -> Outcome {
    Outcome::Uncertain { cause: "no answer".to_owned() }
}

#[async_trait]
impl SmsGateway for ScriptedGateway {
    fn name(&self) -> &str {
        self.name
    }

    fn traits(&self) -> GatewayTraits {
        let honours_keys = self.honours_keys.load(Ordering::SeqCst);
        GatewayTraits { receipts: self.receipts, honours_keys, can_be_asked: self.receipts }
    }

    async fn send(&self, to: &PhoneNumber, text: &SmsText, key: &str) -> Outcome {
        self.tries.fetch_add(1, Ordering::SeqCst);
        if self.is_down() {
            return Outcome::NotSent { cause: "no connection".to_owned() };
        }
        let n = {
            let mut sent = self.sent.lock().unwrap();
            let (to, key) = (to.e164().to_owned(), key.to_owned());
            sent.push(Sent { to, text: text.expose().to_owned(), key });
            sent.len() - 1
        };
        (self.answer)(n, text.expose())
    }

    fn asks_to_wait(&self) -> Option<Duration> {
        *self.wait.lock().unwrap()
    }

    async fn ask(&self, _: &str) -> Result<Receipt, String> {
        Ok(*self.knows.lock().unwrap())
    }

    async fn probe(&self) -> Result<String, String> {
        if self.is_down() { Err("no connection".to_owned()) } else { Ok("it answers".to_owned()) }
    }
}
