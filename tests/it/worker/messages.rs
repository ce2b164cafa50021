//! What leaves beside passwords and links: mails that cannot be sent, and warnings.

use std::time::{Duration, Instant};

use async_trait::async_trait;
use nyckelbud::delivery::{MailSender, OutgoingMail};
use nyckelbud::types::Outcome;
use nyckelbud::worker::{Health, Worker};
use tokio_util::sync::CancellationToken;

use crate::support::scripted_gateway::{accepted, refused};

use super::*;

/// The words of the warning to an owner.
const WARNING: &str = "Stoppa det";

/// A mail server that takes a mail and never answers.
struct Hung;

#[async_trait]
impl MailSender for Hung {
    async fn send(&self, _: &OutgoingMail) -> Outcome {
        std::future::pending().await
    }

    async fn probe(&self) -> Result<String, String> {
        Err("no answer".to_owned())
    }
}

fn was_warned(gateway: &ScriptedGateway) -> bool {
    gateway.sent().iter().any(|sent| sent.text.contains(WARNING))
}

#[tokio::test]
async fn a_mail_server_that_hangs_holds_up_no_warning() {
    let place = Place::new();
    let gateway = ScriptedGateway::new("a", false, |_, _| accepted(""));
    let desk = OpenDesk::open(&place.folder, &place.clock, |parts| {
        parts.gateways = vec![Arc::clone(&gateway) as _];
        parts.mail = Arc::new(Hung);
    })
    .await;
    place.deliver(TEXTED);
    desk.take_in().await;
    let stop = CancellationToken::new();
    let worker = Worker::new(Arc::clone(&desk.parts), Arc::new(Health::expecting(&[])));
    let running = tokio::spawn(worker.run(Vec::new(), stop.clone()));
    // its acknowledgement hangs by the time its password has left
    let until = Instant::now() + Duration::from_secs(15);
    let wait_for = async |what: &str, there: &dyn Fn() -> bool| {
        while !there() {
            assert!(Instant::now() < until, "{what}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    wait_for("the password", &|| !gateway.sent().is_empty()).await;
    place.deliver(OFFERED);
    desk.take_in().await;
    wait_for("the warning, while the mail server hangs", &|| was_warned(&gateway)).await;
    stop.cancel();
    running.abort();
}

#[tokio::test]
async fn a_warning_is_not_handed_on_when_its_lease_could_end_meanwhile() {
    let place = Place::new();
    place.deliver(OFFERED);
    let slowly = |_: usize, text: &str| {
        if !text.contains(WARNING) {
            return accepted("");
        }
        std::thread::sleep(Duration::from_millis(600)); // a gateway that thinks for so long
        refused()
    };
    let gateways: Vec<_> =
        ["a", "b", "c", "d"].into_iter().map(|name| ScriptedGateway::new(name, false, slowly)).collect();
    let desk = OpenDesk::open(&place.folder, &place.clock, |parts| {
        parts.gateways = gateways.iter().map(|gateway| Arc::clone(gateway) as _).collect();
        parts.timing.guard = Duration::ZERO;
        parts.timing.directory = Duration::from_secs(1);
        parts.timing.gateway = Duration::from_secs(1);
        parts.timing.lease = Duration::from_millis(2500);
    })
    .await;
    desk.work().await;
    assert!(was_warned(&gateways[0]));
    // three took 1.8 s, and the fourth could take 1 s
    assert!(!was_warned(&gateways[3]), "two processes could send it at the same time");
}
