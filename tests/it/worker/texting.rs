//! A password on its way through the gateways: outages, lost answers, late receipts.

use std::path::Path;
use std::sync::Arc;

use crate::support::scripted_gateway::{ScriptedGateway, accepted};

use super::*;

async fn open_with(place: &Place, gateways: &[&Arc<ScriptedGateway>]) -> OpenDesk {
    OpenDesk::open(&place.folder, &place.clock, |parts| {
        parts.gateways = gateways.iter().map(|g| Arc::clone(g) as _).collect();
    })
    .await
}

/// The mails that left to `to`, their long lines joined.
fn mails_to(folder: &Path, to: &str) -> Vec<String> {
    let read = |name: String| std::fs::read_to_string(folder.join("mail").join(name)).unwrap();
    let mails = demo_desk::files(&folder.join("mail"))
        .into_iter()
        .map(read)
        .map(|mail| mail.replace("\r\n", "\n").replace("=\n", ""));
    mails.filter(|mail| mail.contains(&format!("To: {to}"))).collect()
}

#[tokio::test]
async fn who_received_it_may_be_unknown_by_the_time_the_owner_is_told_but_not_that_somebody_did() {
    let place = Place::new();
    place.deliver(TEXTED);
    let path = place.folder.join("directory.toml");
    let people = std::fs::read_to_string(&path).unwrap();
    let gateway = ScriptedGateway::new("a", false, move |_| {
        // her phone is taken out of the directory while its text leaves
        std::fs::write(&path, people.replacen("070-174 06 05", "070-174 06 95", 1)).unwrap();
        accepted("")
    });
    let desk = open_with(&place, &[&gateway]).await;
    desk.work().await;
    assert!(matches!(desk.ticket(TEXTED).await.state, State::Done { .. }));
    let told = mails_to(&place.folder, "anna.andersson@kommun.example");
    let notice = told.iter().find(|mail| mail.contains("byttes")).expect("the owner is told");
    assert!(notice.contains("was changed at") && !notice.contains("could not be handed over"), "{notice}");
}
