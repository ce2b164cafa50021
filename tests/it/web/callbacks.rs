//! Delivery receipts.

use nyckelbud::web::ReceiptAnswer;

use super::client::Asked;
use super::{Served, offer};

const PATH: &str = "/callbacks/sms/elks/s3cret";

#[tokio::test]
async fn a_receipt_reaches_the_desk_as_it_came() {
    let served = Served::new(offer()).await;
    let path = format!("{PATH}?key=26-1141-1");
    let form = "id=s1&status=delivered&to=%2B46&note=a+b";
    let answer = served.ask(Asked::post(&path, form).with(&[("X-Signature", "a=b")])).await;
    assert_eq!((answer.status, answer.body.as_str()), (200, ""));
    let get = format!("{PATH}?key=1&type=%31&x");
    assert_eq!(served.ask(Asked::get(&get)).await.status, 200);
    let json =
        Asked::get(PATH).method("POST").with(&[("content-type", "application/json")]).body("{\"a\":1}");
    assert_eq!(served.ask(json).await.status, 200);
    assert_eq!(
        served.desk.calls(),
        [
            format!(r#"receipt elks s3cret POST "key=26-1141-1" Some("a=b") "{form}""#),
            r#"receipt elks s3cret GET "key=1&type=%31&x" None """#.to_owned(),
            r#"receipt elks s3cret POST "" None "{\"a\":1}""#.to_owned(),
        ]
    );
}

#[tokio::test]
async fn the_gateway_is_told_what_became_of_its_receipt() {
    let served = Served::new(offer()).await;
    let cases = [
        (ReceiptAnswer::Taken, 200),
        (ReceiptAnswer::Malformed, 400),
        (ReceiptAnswer::TryAgain, 503),
        (ReceiptAnswer::Unknown, 404),
    ];
    for (says, status) in cases {
        *served.desk.receipt.lock().unwrap() = says;
        assert_eq!(served.ask(Asked::post(PATH, "id=s1&status=failed")).await.status, status);
    }
}

#[tokio::test]
async fn a_wrong_secret_looks_like_any_address_that_does_not_exist() {
    let served = Served::new(offer()).await;
    *served.desk.receipt.lock().unwrap() = ReceiptAnswer::Unknown;
    let nowhere = served.ask(Asked::post("/nowhere", "id=s1")).await;
    assert_eq!(served.ask(Asked::post(PATH, "id=s1")).await, nowhere);
    assert_eq!(served.ask(Asked::post("/callbacks/sms/%ff/%fe", "id=s1")).await, nowhere);
    // Not even a body that is no form tells that the address has a meaning.
    let no_form = Asked::get(PATH).method("POST").with(&[("content-type", "application/json")]);
    assert_eq!(served.ask(no_form).await, nowhere);
}

#[tokio::test]
async fn a_receipt_that_is_too_large_is_not_read() {
    let served = Served::new(offer()).await;
    let large = format!("id={}", "a".repeat(9000));
    assert_eq!(served.ask(Asked::post(PATH, &large)).await.status, 413);
    let fits = format!("id={}", "a".repeat(8000));
    assert_eq!(served.ask(Asked::post(PATH, &fits)).await.status, 200);
    assert_eq!(served.desk.calls().len(), 1);
}
