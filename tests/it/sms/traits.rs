//! What each gateway says that it can do is what the guide promises and what it does.

use nyckelbud::delivery::sms::http::{HttpGateway, Templates};
use nyckelbud::delivery::sms::smpp::SmppGateway;
use nyckelbud::delivery::sms::spool::SpoolGateway;
use nyckelbud::delivery::{GatewayTraits, SmsGateway};
use nyckelbud::ticket::State;

use crate::support::demo_desk;
use crate::support::desk::{OpenDesk, TurnedClock};
use crate::support::scripted_gateway::{ScriptedGateway, accepted};
use crate::support::smpp::Centre;
use crate::support::sms_service::{self, ALL, Fault, Kind, Service};

/// The cells behind a gateway's name in the table of the guide.
fn row(name: &str) -> Vec<String> {
    let guide = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/sms-gateways.md");
    let guide = std::fs::read_to_string(guide).unwrap();
    let line = guide.lines().find(|line| line.starts_with(&format!("| `{name}` |")));
    let line = line.unwrap_or_else(|| panic!("no row of {name}"));
    line.trim_matches('|').split('|').skip(1).map(|cell| cell.trim().to_owned()).collect()
}

/// Does the guide promise it to somebody who has set up this key?
fn promised(cell: &str, key: &str, set: bool) -> bool {
    match cell {
        "yes" => true,
        "no" => false,
        _ if cell == format!("with `{key}`") => set,
        _ => panic!("the guide says {cell:?}"),
    }
}

fn as_promised(name: &str, traits: GatewayTraits, callback: bool, idempotent: bool) {
    let cells = row(name);
    let expected = GatewayTraits {
        receipts: promised(&cells[0], "callback", callback),
        can_be_asked: promised(&cells[1], "callback", callback),
        honours_keys: promised(&cells[2], "idempotent", idempotent),
    };
    assert_eq!(traits, expected, "{name}, callback: {callback}, idempotent: {idempotent}");
}

#[tokio::test]
async fn traits_are_those_of_the_table_in_the_guide() {
    for kind in ALL {
        let name = match kind {
            Kind::Elks => "46elks",
            Kind::Twilio => "twilio",
            Kind::Sinch => "sinch",
            Kind::GatewayApi => "gatewayapi",
            Kind::Kannel => "kannel",
            Kind::Http => "http",
        };
        let service = Service::start(kind, Fault::None).await;
        as_promised(name, service.gateway().traits(), kind != Kind::Http, false);
        let mut unheard = service.setup();
        (unheard.callback, unheard.callback_auth, unheard.signature) = (None, None, None);
        as_promised(name, sms_service::gateway(kind, &unheard).traits(), false, false);
        let tells = service.gateway().balance().await.unwrap().is_some();
        assert_eq!(tells, promised(&row(name)[4], "", false), "{name}: the balance");
    }
    let setup = sms_service::setup(Kind::Http, 1);
    let keyed = Templates { idempotent: true, ..sms_service::templates(&setup.base_url) };
    as_promised("http", HttpGateway::new(&setup, &keyed).unwrap().traits(), false, true);
    as_promised("smpp", SmppGateway::new(Centre::start().setup()).unwrap().traits(), false, false);
    let folder = tempfile::tempdir().unwrap();
    as_promised("spool", SpoolGateway::new("modem", folder.path()).traits(), false, false);
}

#[tokio::test]
async fn a_service_that_takes_a_key_only_once_gets_the_same_one_until_the_next_gateway_is_asked() {
    for idempotent in [false, true] {
        let service = Service::start(Kind::Http, Fault::TakesAndAnswers(500)).await;
        let setup = service.setup();
        let templates = Templates { idempotent, ..sms_service::templates(&setup.base_url) };
        let first = std::sync::Arc::new(HttpGateway::new(&setup, &templates).unwrap());
        let behind = ScriptedGateway::new("behind", false, |_, _| accepted(""));
        let folder = tempfile::tempdir().unwrap();
        demo_desk::build(folder.path());
        demo_desk::deliver(folder.path(), "sms-registered-phone");
        let second = std::sync::Arc::clone(&behind);
        let desk = OpenDesk::open(folder.path(), &TurnedClock::default(), |parts| {
            parts.gateways = vec![first, second];
        })
        .await;
        desk.work().await;
        let taken = service.taken();
        assert_eq!(taken.len(), if idempotent { 3 } else { 1 }, "{taken:?}");
        assert!(taken.iter().all(|text| text.key == taken[0].key), "{taken:?}");
        let state = desk.ticket("sms-registered-phone").await.state;
        assert!(matches!(state, State::Done { .. }), "{state:?}");
        let sent = behind.sent();
        assert_eq!(sent.len(), 1);
        assert_eq!((&sent[0].to, &sent[0].text), (&taken[0].to, &taken[0].text), "the same words");
    }
}
