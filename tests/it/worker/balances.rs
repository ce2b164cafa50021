//! What is left at a gateway is watched while nothing happens.

use std::time::Duration;

use nyckelbud::types::EmailAddress;
use nyckelbud::worker::{Health, Worker};
use tokio_util::sync::CancellationToken;

use super::*;
use crate::support::sms_service::{Fault, Kind, Service};
use crate::support::wait::until;

#[tokio::test]
async fn a_low_balance_is_told_before_an_outage_to_those_who_get_alarms() {
    for (hundredths, low) in [(4_999, true), (5_000, false)] {
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
        let running = tokio::spawn(worker.run(Vec::new(), stop.clone()));
        let mails = || demo_desk::files(&place.folder.join("mail"));
        if low {
            let told = || Some(mails()).filter(|mails| !mails.is_empty());
            let told = until("the alarm is a mail", Duration::from_secs(40), told).await;
            let mail = std::fs::read_to_string(place.folder.join("mail").join(&told[0])).unwrap();
            let mail = mail.replace("=\r\n", "");
            assert!(mail.contains("The balance at gateway gw is 49.99 SEK, which is low"), "{mail}");
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
