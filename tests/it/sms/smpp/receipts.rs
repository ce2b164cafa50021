//! Receipts over the connection: acknowledged when they are kept, and not lost in any order.

use super::*;

#[tokio::test]
async fn a_receipt_is_acknowledged_when_it_is_kept_and_not_before() {
    let centre = Centre::start();
    let operator = Bound::to(&centre);
    operator.keeper.keeps.send_replace(None);
    let outcome = operator.send(KEY).await;
    let told = operator.told_of(1).await;
    let name = outcome.detail().to_owned();
    assert_eq!(told, [(Some(KEY.to_owned()), name.clone(), Receipt::Delivered)]);
    // Texts go on meanwhile.
    centre.behave(r#"{"receipt": null}"#).await;
    assert_eq!(kind(&operator.send("n2-text-1-0-1").await), "accepted");
    assert!(centre.log("deliver_sm_resp").await.is_empty());
    operator.keeper.keeps.send_replace(Some(true));
    let acknowledged = centre.log_of("deliver_sm_resp", 1).await;
    assert_eq!((&acknowledged[0]["id"], &acknowledged[0]["status"]), (&name.into(), &0.into()));
}

#[tokio::test]
async fn a_receipt_that_could_not_be_kept_comes_again() {
    let centre = Centre::start();
    let operator = Bound::to(&centre);
    operator.keeper.keeps.send_replace(Some(false));
    let outcome = operator.send(KEY).await;
    operator.told_of(2).await;
    assert_eq!(centre.log("deliver_sm_resp").await[0]["status"], 0x64);
    operator.keeper.keeps.send_replace(Some(true));
    let taken = || operator.told().last().cloned();
    let told = until("it is told again", PATIENCE, taken).await;
    assert_eq!(told.1, outcome.detail());
    let end = tokio::time::Instant::now() + PATIENCE;
    while centre.log("deliver_sm_resp").await.last().unwrap()["status"] != 0 {
        assert!(tokio::time::Instant::now() < end, "it is acknowledged in the end");
    }
}

#[tokio::test]
async fn a_receipt_that_nobody_kept_before_a_stop_comes_after_it_and_still_counts() {
    let centre = Centre::start();
    let outcome = {
        let killed = Bound::to(&centre);
        killed.keeper.keeps.send_replace(None);
        let outcome = killed.send(KEY).await;
        killed.told_of(1).await;
        outcome
    };
    assert!(centre.log("deliver_sm_resp").await.is_empty());
    let restarted = Bound::to(&centre);
    let told = restarted.told_of(1).await;
    // It knows nothing of the text but the name that the store has.
    assert_eq!(told, [(None, outcome.detail().to_owned(), Receipt::Delivered)]);
    assert_eq!(centre.log_of("deliver_sm_resp", 1).await[0]["status"], 0);
}

#[tokio::test]
async fn a_receipt_before_the_answer_or_twice_or_with_words_only_says_the_same() {
    let centre = Centre::that(r#"{"early": true, "twice": true, "words": true, "receipt": "UNDELIV"}"#).await;
    let operator = Bound::to(&centre);
    let outcome = operator.send(KEY).await;
    assert_eq!(kind(&outcome), "accepted");
    let told = operator.told_of(2).await;
    for (_, name, receipt) in told {
        assert_eq!((name.as_str(), receipt), (outcome.detail(), Receipt::Failed));
    }
}

#[tokio::test]
async fn a_receipt_of_a_text_whose_answer_came_too_late_finds_its_text() {
    let centre = Centre::that(r#"{"answer": "late", "held": true}"#).await;
    let operator = Bound::with(SmppSetup { timeout: Duration::from_secs(2), ..centre.setup() });
    assert_eq!(kind(&operator.send(KEY).await), "uncertain");
    centre.answer().await;
    centre.deliver().await;
    let name = name_of_the_text(&centre).await;
    assert_eq!(operator.told_of(1).await, [(Some(KEY.to_owned()), name, Receipt::Delivered)]);
}

#[tokio::test]
async fn what_a_phone_writes_is_taken_and_says_nothing() {
    let centre = Centre::that(r#"{"held": true}"#).await;
    let operator = Bound::to(&centre);
    let outcome = operator.send(KEY).await;
    centre.behave(r#"{"held": false, "receipt": null}"#).await;
    centre.write(&format!("id:{} stat:DELIVRD", outcome.detail())).await;
    let taken = centre.log_of("deliver_sm_resp", 1).await;
    assert_eq!((&taken[0]["id"], &taken[0]["status"]), (&"".into(), &0.into()));
    assert_eq!(operator.told(), []);
    centre.deliver().await;
    assert_eq!(operator.told_of(1).await.len(), 1, "the receipt itself counts");
}

#[tokio::test]
async fn what_is_not_the_end_is_acknowledged_and_not_kept() {
    let centre = Centre::start();
    let operator = Bound::to(&centre);
    for (count, stat) in ["ENROUTE", "ACCEPTD", "UNKNOWN", "EXPIRED"].into_iter().enumerate() {
        centre.behave(&format!("{{\"receipt\": \"{stat}\"}}")).await;
        operator.send(KEY).await;
        assert_eq!(centre.log_of("deliver_sm_resp", count + 1).await[count]["status"], 0, "{stat}");
    }
    assert_eq!(operator.told(), []);
}
