//! Every gateway against its service: the same stories, told by each in its own words.

use std::sync::Arc;
use std::time::Duration;

use nyckelbud::delivery::sms::GatewaySetup;
use nyckelbud::delivery::{Receipt, ReceiptReading, SmsGateway};
use nyckelbud::http::Timeouts;
use nyckelbud::types::Outcome;
use tokio::net::TcpListener;
use tokio::time::timeout;

use super::{WORDS, assert_discreet, kind, number, text};
use crate::support::sms_service::receipts::{Fate, Signer, receipt};
use crate::support::sms_service::{self, ALL, CALLBACK, Fault, Kind, Service, Taken, WITH_RECEIPTS};

const KEY: &str = "n1-text-1-0-1";

async fn sent(gateway: &Arc<dyn SmsGateway>) -> Outcome {
    let (number, text) = (number(), text());
    let sending = gateway.send(&number, &text, KEY);
    timeout(Duration::from_secs(60), sending).await.expect("every wait has an end")
}

async fn sent_to(service: &Service) -> Outcome {
    sent(&service.gateway()).await
}

/// The one text that the service took, which is ours.
fn the_text(service: &Service) -> Taken {
    let taken = service.taken();
    assert_eq!(taken.len(), 1, "{taken:?}");
    assert_eq!((taken[0].to.as_str(), taken[0].text.as_str()), ("+46701740605", WORDS));
    taken[0].clone()
}

#[tokio::test]
async fn a_text_leaves_as_documented_and_its_name_is_kept() {
    for one in ALL {
        let service = Service::start(one, Fault::None).await;
        let outcome = sent_to(&service).await;
        let text = the_text(&service);
        assert_eq!(text.key, KEY, "{one:?}");
        let expected = if one == Kind::Kannel { KEY } else { &text.id };
        assert_eq!(outcome, Outcome::Accepted { reference: expected.to_owned() }, "{one:?}");
        assert_eq!(service.asked(), 1, "{one:?}: nothing is sent twice");
        let told = WITH_RECEIPTS.contains(&one);
        assert_eq!(!text.callback.is_empty(), told, "{one:?}");
        assert_eq!(service.gateway().traits().receipts, told, "{one:?}");
    }
}

#[tokio::test]
async fn a_key_that_could_be_read_as_something_else_leaves_with_nobody() {
    for one in ALL {
        let service = Service::start(one, Fault::None).await;
        for odd in ["", "a b", "a&b=c", "å", "../x", "a\r\nb"] {
            let outcome = service.gateway().send(&number(), &text(), odd).await;
            assert_eq!(kind(&outcome), "refused", "{one:?} {odd:?}");
        }
        assert_eq!(service.asked(), 0, "{one:?}");
    }
}

#[tokio::test]
async fn without_a_secret_for_them_no_receipts_are_asked_for_and_none_are_taken() {
    for one in WITH_RECEIPTS {
        let service = Service::start(one, Fault::None).await;
        let callback = the_receipt(one).await;
        let setup = GatewaySetup { callback: None, callback_auth: None, signature: None, ..service.setup() };
        let gateway = sms_service::gateway(one, &setup);
        assert_eq!(kind(&sent(&gateway).await), "accepted");
        assert_eq!(the_text(&service).callback, "", "{one:?}");
        let read = gateway.receipt(callback.secret(), &callback.request());
        assert_eq!(read, ReceiptReading::Foreign, "{one:?}");
        assert!(!gateway.traits().receipts, "{one:?}: then only asking tells");
    }
}

#[tokio::test]
async fn what_a_gateway_refuses_has_not_left() {
    for one in ALL {
        let service = Service::start(one, Fault::Refuses).await;
        let outcome = sent_to(&service).await;
        assert_eq!(kind(&outcome), "refused", "{one:?}");
        // What repeats our own secrets does not reach a ticket.
        for secret in ["hemlighet", "inloggning", "receipts", "servicedesk", "callbacks"] {
            assert!(!outcome.detail().to_lowercase().contains(secret), "{one:?} {secret}: {outcome:?}");
        }
        let wrong =
            GatewaySetup { password: nyckelbud::secret::Secret::new("fel".to_owned()), ..service.setup() };
        let outcome = sent(&sms_service::gateway(one, &wrong)).await;
        assert_eq!(kind(&outcome), "refused", "{one:?}");
        assert!(outcome.detail().contains("check username, password"), "{outcome:?}");
        assert!(service.taken().is_empty());
    }
}

#[tokio::test]
async fn a_gateway_that_asks_to_wait_has_taken_nothing_and_says_how_long() {
    for one in ALL {
        let service = Service::start(one, Fault::AsksToWait(30)).await;
        let outcome = sent_to(&service).await;
        assert_eq!(kind(&outcome), "not-sent", "{one:?}");
        assert!(outcome.detail().ends_with("asks to wait 30 s"), "{outcome:?}");
        assert!(service.taken().is_empty());
    }
}

#[tokio::test]
async fn how_long_a_gateway_asks_to_wait_is_known_until_it_answers_again() {
    for one in ALL {
        let service = Service::start(one, Fault::AsksToWait(30)).await;
        let gateway = service.gateway();
        assert_eq!(gateway.asks_to_wait(), None, "{one:?}");
        sent(&gateway).await;
        let wait = gateway.asks_to_wait().unwrap_or_else(|| panic!("{one:?} asked to wait"));
        assert!(wait <= Duration::from_secs(30) && wait > Duration::from_secs(10), "{one:?}: {wait:?}");
        service.set_fault(Fault::None);
        assert_eq!(kind(&sent(&gateway).await), "accepted", "{one:?}");
        assert_eq!(gateway.asks_to_wait(), None, "{one:?}");
    }
}

#[tokio::test]
async fn a_gateway_that_cannot_be_reached_has_taken_nothing() {
    let closed = TcpListener::bind(("127.0.0.1", 0)).await.unwrap().local_addr().unwrap().port();
    for one in ALL {
        let gateway = sms_service::gateway(one, &sms_service::setup(one, closed));
        assert_eq!(kind(&sent(&gateway).await), "not-sent", "{one:?}");
        assert!(gateway.ask("421332671").await.is_err(), "{one:?}");
        let error = gateway.probe().await.unwrap_err();
        // An address with a port may hold any digits.
        if one != Kind::Http {
            assert_discreet(&error);
        }
    }
}

#[tokio::test]
async fn a_gateway_that_may_have_taken_the_text_is_not_said_to_have_refused_it() {
    for one in ALL {
        let faults = [500, 502, 503, 504].map(Fault::TakesAndAnswers);
        for fault in [Fault::Garbage, Fault::Cuts].into_iter().chain(faults) {
            let service = Service::start(one, fault.clone()).await;
            assert_eq!(kind(&sent_to(&service).await), "uncertain", "{one:?} {fault:?}");
            the_text(&service);
            assert_eq!(service.asked(), 1, "{one:?} {fault:?}: nothing is sent twice");
        }
    }
}

#[tokio::test]
async fn a_gateway_that_takes_the_text_and_is_silent_is_not_waited_for_without_end() {
    for one in ALL {
        let service = Service::start(one, Fault::Silent).await;
        let short = Timeouts { total: Duration::from_millis(700), ..service.setup().timeouts };
        let setup = GatewaySetup { timeouts: short, ..service.setup() };
        assert_eq!(kind(&sent(&sms_service::gateway(one, &setup)).await), "uncertain", "{one:?}");
        the_text(&service);
    }
}

#[tokio::test]
async fn an_answer_that_comes_twice_counts_once_and_for_its_own_text() {
    for one in ALL {
        for late in [false, true] {
            let service = Service::start(one, Fault::AnswersTwice { late }).await;
            let gateway = service.gateway();
            assert_eq!(kind(&sent(&gateway).await), "accepted", "{one:?}");
            the_text(&service);
            // On the same connection the first answer would come once more, as that to this text.
            service.set_fault(Fault::Refuses);
            assert_eq!(kind(&sent(&gateway).await), "refused", "{one:?} {late}");
            the_text(&service);
            assert_eq!(service.connections(), 2, "{one:?} {late}");
        }
    }
}

#[tokio::test]
async fn a_text_can_be_asked_for_where_the_gateway_answers() {
    for one in ALL {
        let service = Service::start(one, Fault::None).await;
        let gateway = service.gateway();
        let outcome = sent(&gateway).await;
        let reference = outcome.detail();
        if !gateway.traits().can_be_asked {
            let asked = service.asked();
            assert!(gateway.ask(reference).await.is_err(), "{one:?}");
            assert_eq!(service.asked(), asked, "{one:?}");
            continue;
        }
        for (fate, expected) in [
            (Fate::Pending, Receipt::Pending),
            (Fate::Delivered, Receipt::Delivered),
            (Fate::Failed, Receipt::Failed),
        ] {
            service.set_fate(fate);
            assert_eq!(gateway.ask(reference).await, Ok(expected), "{one:?}");
        }
        let asked = service.asked();
        for odd in ["", "../me", "a/b", "a b"] {
            assert!(gateway.ask(odd).await.is_err(), "{one:?} {odd:?}");
        }
        assert_eq!(service.asked(), asked, "{one:?}: what is asked for stays inside the API's texts");
    }
}

/// The receipt of a text that was taken, as the service itself posts it.
async fn the_receipt(one: Kind) -> sms_service::receipts::Posted {
    let service = Service::start(one, Fault::None).await;
    sent_to(&service).await;
    receipt(one, &the_text(&service), Fate::Delivered, Signer::Service)
}

#[tokio::test]
async fn a_receipt_tells_what_became_of_which_text() {
    for one in WITH_RECEIPTS {
        let service = Service::start(one, Fault::None).await;
        let gateway = service.gateway();
        let outcome = sent(&gateway).await;
        for (fate, told) in [
            (Fate::Pending, Receipt::Pending),
            (Fate::Delivered, Receipt::Delivered),
            (Fate::Failed, Receipt::Failed),
        ] {
            let posted = receipt(one, &the_text(&service), fate, Signer::Service);
            assert_eq!(posted.secret(), CALLBACK);
            let expected = ReceiptReading::Told {
                key: Some(KEY.to_owned()),
                reference: outcome.detail().to_owned(),
                receipt: told,
            };
            assert_eq!(gateway.receipt(CALLBACK, &posted.request()), expected, "{one:?}");
        }
    }
}

#[tokio::test]
async fn a_receipt_of_somebody_else_is_none() {
    for one in WITH_RECEIPTS {
        let service = Service::start(one, Fault::None).await;
        let gateway = service.gateway();
        sent(&gateway).await;
        let text = the_text(&service);
        let posted = receipt(one, &text, Fate::Delivered, Signer::Service);
        for secret in ["", "receipts-4712", "receipts-471", "receipts-47111"] {
            let read = gateway.receipt(secret, &posted.request());
            assert_eq!(read, ReceiptReading::Foreign, "{one:?} {secret:?}");
        }
        // Each proves itself by one of these; without it, or with another one, nothing counts.
        let proofs =
            ["authorization", "x-twilio-signature", "x-sinch-webhook-signature", "x-gwapi-signature"];
        let proof = proofs.into_iter().find(|proof| posted.request().header(proof).is_some());
        let proof = proof.unwrap_or_else(|| panic!("{one:?} proves nothing"));
        let forged = receipt(one, &text, Fate::Delivered, Signer::SomebodyElse);
        let forged = if proof == "authorization" { forged.with(proof, "Basic ZGVzazpmZWw=") } else { forged };
        for foreign in [forged, posted.clone().without(proof), posted.clone().with(proof, "")] {
            let read = gateway.receipt(CALLBACK, &foreign.request());
            assert_eq!(read, ReceiptReading::Foreign, "{one:?} {foreign:?}");
        }
        let mut twice = posted.clone();
        twice.headers.extend(posted.headers.clone());
        assert_eq!(gateway.receipt(CALLBACK, &twice.request()), ReceiptReading::Foreign, "{one:?}");
    }
}

#[tokio::test]
async fn a_signed_receipt_that_was_changed_on_its_way_is_none() {
    for one in [Kind::GatewayApi, Kind::Sinch, Kind::Twilio] {
        let service = Service::start(one, Fault::None).await;
        let gateway = service.gateway();
        sent(&gateway).await;
        let failed = receipt(one, &the_text(&service), Fate::Failed, Signer::Service);
        let mut changed = failed.clone();
        changed.body = receipt(one, &the_text(&service), Fate::Delivered, Signer::SomebodyElse).body;
        let read = gateway.receipt(CALLBACK, &changed.request());
        match one {
            // The token holds the receipt; what stands beside it is not read.
            Kind::GatewayApi => {
                assert!(matches!(read, ReceiptReading::Told { receipt: Receipt::Failed, .. }), "{read:?}")
            }
            _ => assert_eq!(read, ReceiptReading::Foreign, "{one:?}"),
        }
        // The key is signed, too: another one makes no receipt for another text.
        let mut moved = failed.clone();
        moved.target = moved.target.replace(KEY, "n2-text-1-0-1");
        moved.body = moved.body.replace(KEY, "n2-text-1-0-1");
        match gateway.receipt(CALLBACK, &moved.request()) {
            ReceiptReading::Foreign => {}
            ReceiptReading::Told { key, .. } => assert_eq!(key.as_deref(), Some(KEY), "{one:?}"),
            ReceiptReading::Malformed => panic!("{one:?}"),
        }
    }
}

#[tokio::test]
async fn what_is_no_receipt_is_said_to_be_none() {
    for one in WITH_RECEIPTS {
        let posted = the_receipt(one).await;
        let service = Service::start(one, Fault::None).await;
        let gateway = service.gateway();
        let mut other = posted.clone();
        other.method = if posted.method == "GET" { "POST" } else { "GET" };
        assert_eq!(gateway.receipt(CALLBACK, &other.request()), ReceiptReading::Malformed, "{one:?}");
        // Only what proves itself without its content can be of another form.
        if matches!(one, Kind::Elks | Kind::Kannel) {
            for (target, body) in
                [("/callbacks/sms/gw/receipts-4711?key=n1&type=9", "id=s1&status=read"), ("/x", "{")]
            {
                let odd = sms_service::receipts::Posted {
                    target: target.to_owned(),
                    body: body.to_owned(),
                    ..posted.clone()
                };
                assert_eq!(gateway.receipt(CALLBACK, &odd.request()), ReceiptReading::Malformed, "{one:?}");
            }
        }
    }
}

#[tokio::test]
async fn what_lies_in_kannels_own_queue_is_taken_only_when_a_receipt_will_tell_more() {
    for (words, without) in [
        ("0: Accepted for delivery", "accepted"),
        ("3: Queued for later delivery", "uncertain"),
        ("Sent.", "uncertain"),
        ("Sent. Message splits: 2", "uncertain"),
    ] {
        let service = Service::start(Kind::Kannel, Fault::None).await;
        service.set_words(words);
        assert_eq!(kind(&sent_to(&service).await), "accepted", "{words}");
        let unheard = GatewaySetup { callback: None, callback_auth: None, ..service.setup() };
        let outcome = sent(&sms_service::gateway(Kind::Kannel, &unheard)).await;
        assert_eq!(kind(&outcome), without, "{words}");
    }
}
