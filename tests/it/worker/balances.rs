//! What is left at a gateway is watched while nothing happens.

use std::time::Duration;

use async_trait::async_trait;
use nyckelbud::delivery::{MailSender, OutgoingMail};
use nyckelbud::types::{EmailAddress, Outcome};
use nyckelbud::worker::{Health, Worker};
use tokio_util::sync::CancellationToken;

use super::*;
use crate::support::sms_service::{Fault, Kind, Service};
use crate::support::wait::until;

/// A gateway that failed once is used again as soon as it works, whatever its account says.
#[tokio::test]
async fn a_gateway_whose_balance_is_empty_or_not_told_takes_texts_again_after_a_failure() {
    type Then = fn(&Service);
    let stories: [(&str, Then); 2] =
        [("empty", |service| service.set_balance(0)), ("hidden", |service| service.hide_balance(403))];
    for (name, then) in stories {
        let service = Service::start(Kind::Twilio, Fault::TakesAndAnswers(500)).await;
        let place = Place::new();
        let desk = OpenDesk::open(&place.folder, &place.clock, |parts| {
            parts.gateways = vec![service.gateway()];
        })
        .await;
        place.deliver(TEXTED);
        desk.work().await;
        assert_eq!(service.taken().len(), 1, "{name}");
        service.set_fault(Fault::None);
        then(&service);
        // Longer than the breaker is open, shorter than a receipt is awaited for.
        place.clock.turn(1);
        place.deliver("sms-in-english");
        desk.work().await;
        assert_eq!(service.taken().len(), 2, "{name}: the second request got its password");
    }
}

#[tokio::test]
async fn a_low_balance_is_told_before_an_outage_to_those_who_get_alarms() {
    for (hundredths, says) in [
        (4_999, Some("is 49.99 SEK, which is low. Texts still leave")),
        (5_000, None),
        (0, Some("is 0.00 SEK, which is nothing")),
    ] {
        let low = says.is_some();
        let service = Service::start(Kind::Twilio, Fault::None).await;
        service.set_balance(hundredths);
        let place = Place::new();
        let desk = OpenDesk::open(&place.folder, &place.clock, |parts| {
            parts.gateways = vec![service.gateway()];
            parts.rules.alarm_to = vec![EmailAddress::parse("drift@kommun.example").unwrap()];
        })
        .await;
        let stop = CancellationToken::new();
        let worker = Worker::new(Arc::clone(&desk.parts), Arc::new(Health::expecting(&[])));
        let running = tokio::spawn(worker.run(Vec::new(), CancellationToken::new(), stop.clone()));
        let mails = || demo_desk::files(&place.folder.join("mail"));
        if low {
            let told = || Some(mails()).filter(|mails| !mails.is_empty());
            let told = until("the alarm is a mail", Duration::from_secs(40), told).await;
            let mail = std::fs::read_to_string(place.folder.join("mail").join(&told[0])).unwrap();
            let mail = mail.replace("=\r\n", "");
            let says = format!("The balance at gateway gw {}", says.unwrap());
            assert!(mail.contains(&says), "{mail}");
        } else {
            until("the gateway was asked", Duration::from_secs(40), || (service.asked() > 0).then_some(()))
                .await;
        }
        stop.cancel();
        running.await.unwrap().unwrap();
        assert_eq!(mails().len(), usize::from(low));
        assert!(service.taken().is_empty());
    }
}

/// A mail server that refuses the first mails, and keeps the text of the others.
#[derive(Default)]
struct RefusesTwo {
    tries: std::sync::atomic::AtomicUsize,
    taken: std::sync::Mutex<Vec<String>>,
}

#[async_trait]
impl MailSender for RefusesTwo {
    async fn send(&self, mail: &OutgoingMail) -> Outcome {
        if self.tries.fetch_add(1, std::sync::atomic::Ordering::SeqCst) < 2 {
            return Outcome::NotSent { cause: "no connection".to_owned() };
        }
        self.taken.lock().unwrap().push(mail.text.clone());
        Outcome::Accepted { reference: String::new() }
    }

    async fn probe(&self) -> Result<String, String> {
        Ok("it answers".to_owned())
    }
}

#[tokio::test]
async fn a_low_balance_is_told_again_when_the_mail_could_not_leave_and_then_no_more() {
    let service = Service::start(Kind::Twilio, Fault::None).await;
    service.set_balance(4_999);
    let place = Place::new();
    let mail = Arc::new(RefusesTwo::default());
    let desk = OpenDesk::open(&place.folder, &place.clock, |parts| {
        parts.gateways = vec![service.gateway()];
        parts.mail = Arc::clone(&mail) as _;
        parts.rules.alarm_to = vec![EmailAddress::parse("drift@kommun.example").unwrap()];
        parts.timing.balances = Duration::from_millis(20);
    })
    .await;
    let stop = CancellationToken::new();
    let worker = Worker::new(Arc::clone(&desk.parts), Arc::new(Health::expecting(&[])));
    let running = tokio::spawn(worker.run(Vec::new(), CancellationToken::new(), stop.clone()));
    let told = || (!mail.taken.lock().unwrap().is_empty()).then_some(());
    until("the alarm has left", Duration::from_secs(40), told).await;
    let asked = service.asked();
    until("it is looked at a few times more", Duration::from_secs(40), || {
        (service.asked() > asked + 3).then_some(())
    })
    .await;
    stop.cancel();
    running.await.unwrap().unwrap();
    let taken = mail.taken.lock().unwrap();
    assert!(taken.len() == 1 && taken[0].contains("is 49.99 SEK, which is low"), "{taken:?}");
}
