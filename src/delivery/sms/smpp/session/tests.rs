//! A connection whose other end does not do what it should.

use tokio::sync::Semaphore;

use super::super::connect::sides;
use super::*;

struct NoReceipts;

#[async_trait::async_trait]
impl ReceiptKeeper for NoReceipts {
    async fn keep(&self, _key: Option<&str>, _reference: &str, _receipt: Receipt) -> bool {
        unreachable!("none comes")
    }
}

/// The message centre answers enquiries, and never a text.
#[tokio::test(start_paused = true)]
async fn a_text_that_is_never_answered_gives_its_place_back_with_the_connection() {
    let (ours, theirs) = tokio::io::duplex(4096);
    let (mut hearing, mut saying) = sides(Box::new(theirs));
    let centre = async {
        while let Ok(heard) = hearing.next().await {
            if heard.command == pdu::ENQUIRE_LINK {
                saying.say(&heard.answer(OK)).await.unwrap();
            }
        }
    };
    let window = Arc::new(Semaphore::new(1));
    let (orders, ordered) = mpsc::channel(QUEUE);
    let (answer, answered) = oneshot::channel();
    let turn = Arc::clone(&window).try_acquire_owned().unwrap();
    let (body, key, place) = (Zeroizing::default(), "n1-text-1-0-1".to_owned(), Place::default());
    orders.send(Order::Submit(Submit { body, key, place, answer, turn })).await.ok().unwrap();
    let (names, leave) = (Names::default(), Notify::new());
    let session = Session {
        gateway: "operator",
        ids: ReceiptIds::Same,
        names: &names,
        keeper: &NoReceipts,
        leave: &leave,
    };
    let began = Instant::now();
    let (end, ()) = tokio::join!(session.serve(sides(Box::new(ours)), orders, ordered), centre);
    assert!(matches!(end, End::Lost(why) if why == "does not answer texts"));
    assert!(began.elapsed() > UNANSWERED && began.elapsed() < 2 * UNANSWERED);
    assert!(answered.await.is_err() && window.try_acquire().is_ok());
}

/// Never comes to an end of keeping anything.
struct SlowStore;

#[async_trait::async_trait]
impl ReceiptKeeper for SlowStore {
    async fn keep(&self, _key: Option<&str>, _reference: &str, _receipt: Receipt) -> bool {
        pending().await
    }
}

/// The store takes in nothing, the centre sends more receipts than can wait, and then asks whether we are there.
#[tokio::test(start_paused = true)]
async fn receipts_that_wait_for_the_store_keep_no_answer_from_being_heard() {
    let (ours, theirs) = tokio::io::duplex(64 * 1024);
    let (mut hearing, mut saying) = sides(Box::new(theirs));
    let receipts = u32::try_from(QUEUE).unwrap() + 2;
    let centre = async {
        for sequence in 1..=receipts {
            let body = Zeroizing::new(receipt_body(&format!("id:m{sequence} stat:DELIVRD")));
            saying.say(&Pdu { command: pdu::DELIVER_SM, status: OK, sequence, body }).await.unwrap();
        }
        let body = Zeroizing::default();
        let sequence = receipts + 1;
        saying.say(&Pdu { command: pdu::ENQUIRE_LINK, status: OK, sequence, body }).await.unwrap();
        let mut refused = Vec::new();
        loop {
            let heard = hearing.next().await.unwrap();
            match heard.command {
                pdu::ENQUIRE_LINK_RESP => return refused,
                _ => refused.push((heard.sequence, heard.status)),
            }
        }
    };
    let (orders, ordered) = mpsc::channel(QUEUE);
    let (names, leave) = (Names::default(), Notify::new());
    let (gateway, ids) = ("operator", ReceiptIds::Same);
    let session = Session { gateway, ids, names: &names, keeper: &SlowStore, leave: &leave };
    let refused = tokio::select! {
        _ = session.serve(sides(Box::new(ours)), orders, ordered) => unreachable!("it goes on"),
        refused = timeout(Duration::from_secs(5), centre) => refused.expect("it answers"),
    };
    // A queue of them waits, one more may be on its way to the store, and the rest comes again.
    assert!((1..=2).contains(&refused.len()), "{refused:?}");
    assert!(refused.iter().all(|(_, status)| *status == QUEUE_FULL));
    assert_eq!(refused.last().map(|(sequence, _)| *sequence), Some(receipts));
}

/// A delivered text of this class and these words (4.6.1), from +46 to us.
fn receipt_body(words: &str) -> Vec<u8> {
    let mut body = b"\0\x01\x01467\0\x01\x01468\0".to_vec();
    body.extend([4, 0, 0, 0, 0, 0, 0, 0, 0]);
    body.push(u8::try_from(words.len()).unwrap());
    body.extend_from_slice(words.as_bytes());
    body
}

#[test]
fn a_text_leaves_or_is_taken_back_and_never_both() {
    let place = Place::default();
    assert!(place.leaves());
    assert!(!place.withdraw(), "it may have left");
    let place = Place::default();
    assert!(place.withdraw() && place.withdraw());
    assert!(!place.leaves(), "nobody waits for it any more");
}

#[test]
fn the_newest_names_are_remembered() {
    let names = Names::default();
    for count in 0..=NAMES {
        names.remember(&format!("m{count}"), format!("k{count}"));
    }
    assert_eq!(names.key_of("m0"), None);
    assert_eq!(names.key_of("m1").as_deref(), Some("k1"));
    assert_eq!(names.key_of(&format!("m{NAMES}")), Some(format!("k{NAMES}")));
}
