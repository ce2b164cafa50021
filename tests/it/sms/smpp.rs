//! SMPP against a message centre of another make: what goes out, what each answer means, and what comes back.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use nyckelbud::delivery::sms::smpp::{Alphabet, SmppGateway, SmppSetup};
use nyckelbud::delivery::{Receipt, ReceiptKeeper, SmsGateway, SmsText};
use nyckelbud::secret::Secret;
use nyckelbud::types::Outcome;
use tokio::sync::{Notify, watch};
use tokio::task::JoinHandle;
use tokio::time::timeout;
use zeroize::Zeroizing;

use super::{WORDS, assert_discreet, kind, number, text};
use crate::support::daemon::PATIENCE;
use crate::support::smpp::{Centre, PASSWORD};
use crate::support::wait::until;

mod connection;
mod receipts;
mod silence;

const KEY: &str = "n1-text-1-0-1";

/// A receipt that was handed over: key, the centre's name, and what it tells.
type Told = (Option<String>, String, Receipt);

/// Keeps receipts as the desk's store would.
struct Keeper {
    told: Mutex<Vec<Told>>,
    /// What it answers; nothing for as long as that is `None`.
    keeps: watch::Sender<Option<bool>>,
}

#[async_trait]
impl ReceiptKeeper for Keeper {
    async fn keep(&self, key: Option<&str>, reference: &str, receipt: Receipt) -> bool {
        let told = (key.map(ToOwned::to_owned), reference.to_owned(), receipt);
        self.told.lock().unwrap().push(told);
        let mut keeps = self.keeps.subscribe();
        let answer = keeps.wait_for(Option::is_some).await.unwrap();
        answer.unwrap()
    }
}

/// A gateway whose connection is kept up.
struct Bound {
    gateway: Arc<SmppGateway>,
    keeper: Arc<Keeper>,
    leave: Arc<Notify>,
    attending: JoinHandle<()>,
}

impl Bound {
    fn to(centre: &Centre) -> Self {
        Self::with(centre.setup())
    }

    fn with(setup: SmppSetup) -> Self {
        let gateway = Arc::new(SmppGateway::new(setup).unwrap());
        let keeper = Arc::new(Keeper { told: Mutex::default(), keeps: watch::Sender::new(Some(true)) });
        let leave = Arc::new(Notify::new());
        let (line, ear, end) = (Arc::clone(&gateway), Arc::clone(&keeper), Arc::clone(&leave));
        let attending = tokio::spawn(async move { line.attend(ear.as_ref(), &end).await });
        Self { gateway, keeper, leave, attending }
    }

    async fn send(&self, key: &str) -> Outcome {
        let (number, text) = (number(), text());
        let sending = self.gateway.send(&number, &text, key);
        timeout(PATIENCE, sending).await.expect("every wait has an end")
    }

    fn told(&self) -> Vec<Told> {
        self.keeper.told.lock().unwrap().clone()
    }

    /// What was told, once that is so much.
    async fn told_of(&self, count: usize) -> Vec<Told> {
        until("receipts", PATIENCE, || Some(self.told()).filter(|told| told.len() >= count)).await
    }
}

impl Drop for Bound {
    fn drop(&mut self) {
        self.attending.abort();
    }
}

/// The name under which the centre has the one text.
async fn name_of_the_text(centre: &Centre) -> String {
    let texts = centre.log("submit_sm").await;
    assert_eq!(texts.len(), 1, "{texts:?}");
    texts[0]["id"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_text_arrives_letter_by_letter_with_everything_that_it_needs() {
    let centre = Centre::start();
    let operator = Bound::to(&centre);
    let outcome = operator.send(KEY).await;
    let sent = centre.log("submit_sm").await;
    assert_eq!(sent[0]["text"], WORDS, "as the centre reads the GSM alphabet");
    for (key, value) in [("from", "Servicedesk"), ("to", "46701740605")] {
        assert_eq!(sent[0][key], value);
    }
    for (key, value) in [("from_ton", 5), ("to_ton", 1), ("to_npi", 1), ("coding", 0), ("receipt", 1)] {
        assert_eq!(sent[0][key], value, "{key}");
    }
    assert!((590..=610).contains(&sent[0]["seconds"].as_i64().unwrap()), "{sent:?}");
    assert_eq!(outcome, Outcome::Accepted { reference: name_of_the_text(&centre).await });
    let bind = &centre.log("bind").await[0];
    assert_eq!((&bind["version"], &bind["system_type"]), (&0x34.into(), &"desks".into()));
    let traits = operator.gateway.traits();
    assert!(traits.receipts && !traits.honours_keys && !traits.can_be_asked);
    assert!(operator.gateway.ask("m1").await.is_err());
}

#[tokio::test]
async fn letters_travel_in_an_alphabet_that_has_them_and_long_texts_whole() {
    let centre = Centre::start();
    let operator = Bound::to(&centre);
    let latin = Bound::with(SmppSetup { alphabet: Alphabet::Latin1, ..centre.setup() });
    let long = format!("Länk: {}", "x".repeat(200));
    for (gateway, words, coding, is_long) in [
        (&operator, "Hej François – kod 7", 8, false),
        (&operator, "@£$_ÅÄÖåäö éÉ{}[]~|€\\^", 0, false),
        (&operator, long.as_str(), 0, true),
        (&latin, "@£$_ÅÄÖåäö éÉ{}[]~|\\^", 3, false),
        (&latin, "3 €", 8, false),
    ] {
        let words = SmsText::new(Zeroizing::new(words.to_owned()));
        assert_eq!(kind(&gateway.gateway.send(&number(), &words, KEY).await), "accepted");
        let sent = centre.log("submit_sm").await.pop().unwrap();
        assert_eq!(sent["text"], words.expose());
        assert_eq!((&sent["coding"], &sent["long"]), (&coding.into(), &is_long.into()), "{sent}");
    }
}

#[tokio::test]
async fn each_answer_says_what_became_of_the_text() {
    let centre = Centre::start();
    let operator = Bound::to(&centre);
    for (status, expected, waits) in [
        (0x0b, "refused", false),
        (0x01, "refused", false),
        (0x58, "not-sent", true),
        (0x14, "not-sent", true),
        (0x08, "uncertain", false),
        (0x0450, "uncertain", false),
    ] {
        centre.behave(&format!("{{\"status\": {status}, \"times\": 1}}")).await;
        assert_eq!(kind(&operator.send(KEY).await), expected, "{status:#x}");
        let wait = operator.gateway.asks_to_wait();
        assert_eq!(wait.is_some(), waits, "{status:#x}");
        assert!(wait.is_none_or(|wait| wait <= Duration::from_secs(30) && wait > Duration::from_secs(10)));
        assert_eq!(kind(&operator.send(KEY).await), "accepted", "the next one is taken");
        assert_eq!(operator.gateway.asks_to_wait(), None, "{status:#x}");
    }
    centre.behave(r#"{"answer": "nack"}"#).await;
    assert_eq!(kind(&operator.send(KEY).await), "refused");
    // No receipt could tell what became of it.
    centre.behave(r#"{"answer": "nameless"}"#).await;
    assert_eq!(kind(&operator.send(KEY).await), "uncertain");
    centre.behave(r#"{"answer": "odd"}"#).await;
    assert_eq!(kind(&operator.send(KEY).await), "accepted", "what answers an enquiry refuses no text");
}

#[tokio::test]
async fn a_key_that_is_none_leaves_with_nobody() {
    let centre = Centre::start();
    let operator = Bound::to(&centre);
    for odd in ["", "a b", "../x", "å"] {
        assert_eq!(kind(&operator.send(odd).await), "refused");
    }
    assert!(centre.log("submit_sm").await.is_empty());
}

#[tokio::test]
async fn what_was_taken_and_not_answered_may_have_left_and_what_was_not_written_has_not() {
    let centre = Centre::that(r#"{"answer": "never", "receipt": null}"#).await;
    let short = SmppSetup { timeout: Duration::from_secs(2), window: 1, ..centre.setup() };
    let operator = Bound::with(short);
    let (first, second) = tokio::join!(operator.send("n1-text-1-0-1"), operator.send("n2-text-1-0-1"));
    let mut outcomes = [kind(&first), kind(&second)];
    outcomes.sort_unstable();
    // One at a time: the other had to wait for its turn, and nobody waited for it any more.
    assert_eq!(outcomes, ["not-sent", "uncertain"]);
    assert_eq!(kind(&operator.send("n3-text-1-0-1").await), "not-sent", "the first one is still unanswered");
    assert_eq!(centre.log("submit_sm").await.len(), 1, "a text that was given up leaves no more");
    centre.cut().await;
    centre.log_of("bind", 2).await;
    assert_eq!(
        kind(&operator.send("n4-text-1-0-1").await),
        "uncertain",
        "with a new connection its turn has come"
    );
}
