//! `automation`: the switch, and what a desk at work makes of it.

use std::path::Path;

use super::{answer, desk};
use crate::support::demo_desk;
use crate::support::program::{Running, on_desk};

/// Waits until the ticket of a sample is settled, and answers with it.
#[track_caller]
fn settled(desk: &mut Running, folder: &Path, sample: &str) -> serde_json::Value {
    let id = format!("{sample}@kommun.example");
    let mut found = None;
    desk.until(&format!("{sample} is settled"), |_| {
        let tickets = answer(folder, ["tickets", "--json"]).expect(0).objects();
        let mine = tickets.into_iter().find(|t| t["message_id"] == id.as_str());
        found = mine.filter(|t| t["state"] != "new" && t["state"] != "working");
        found.is_some()
    });
    found.expect("a ticket")
}

#[test]
fn the_switch_is_shown_and_turned_and_the_log_knows_who_and_why() {
    let folder = desk();
    assert_eq!(answer(folder.path(), ["automation"]).expect(0).out, "automation is on (as configured)\n");
    let turned = answer(folder.path(), ["automation", "off", "--why", "a drill", "--until", "2h"]).expect(0);
    assert!(turned.out.starts_with("automation is off (turned by cli:"), "{}", turned.out);
    assert!(turned.out.contains("until 20") && turned.out.ends_with(": a drill)\n"), "{}", turned.out);
    let object = answer(folder.path(), ["automation", "--json"]).expect(0).objects().remove(0);
    for (key, value) in [("automation", "off"), ("configured", "on"), ("why", "a drill")] {
        assert_eq!(object[key], value, "{key}");
    }
    assert!(object["until"].is_string() && object["at"].is_string() && object["by"].is_string());
    let rows = tokio::runtime::Runtime::new()
        .unwrap()
        .block_on(crate::support::audit_rows::read(&folder.path().join("var/nyckelbud.db")));
    let (_, event, data) = rows.last().expect("a row");
    assert!(event == "automation.off" && data.contains("a drill"), "{event} {data}");
}

/// Anna gets a password, and says by the link of her notice that it was not her.
async fn anna_says_no(folder: &Path) {
    use crate::support::desk::{OpenDesk, TurnedClock};
    let desk = OpenDesk::open(folder, &TurnedClock::default(), |_| {}).await;
    desk.freeze_anna(folder).await;
}

#[test]
fn a_frozen_account_is_listed_first_and_a_person_lifts_it() {
    let folder = desk();
    tokio::runtime::Runtime::new().unwrap().block_on(anna_says_no(folder.path()));
    let tickets = answer(folder.path(), ["tickets", "--json"]).expect(0).objects();
    assert_eq!((&tickets[0]["urgent"], &tickets[0]["reason"]), (&true.into(), &"account-frozen".into()));
    let shown = answer(folder.path(), ["automation"]).expect(0).out;
    assert!(
        shown.contains("frozen: anna.andersson@kommun.example since ") && shown.contains("owner"),
        "{shown}"
    );
    let object = answer(folder.path(), ["automation", "--json"]).expect(0).objects().remove(0);
    assert_eq!(object["frozen"][0]["username"], "anna.andersson@kommun.example");
    let lift =
        |whom: &'static str| answer(folder.path(), ["automation", "unfreeze", whom, "--why", "it was her"]);
    assert!(lift("nobody@kommun.example").expect(1).err.contains("is not frozen"));
    assert!(lift("anna.andersson@kommun.example").expect(0).out.contains("no longer frozen"));
    assert!(lift("anna.andersson@kommun.example").expect(1).err.contains("is not frozen"));
    let rows = tokio::runtime::Runtime::new()
        .unwrap()
        .block_on(crate::support::audit_rows::read(&folder.path().join("var/nyckelbud.db")));
    let (_, event, data) = rows.last().expect("a row");
    assert!(event == "account.unfrozen" && data.contains("it was her"), "{event} {data}");
}

#[test]
fn wrong_use_changes_nothing() {
    let folder = desk();
    for (arguments, why) in [
        (&["off"][..], "--why"),
        (&["off", "--why", " "], "say why"),
        (&["--why", "x"], "<TO>"),
        (&["unfreeze", "--why", "x"], "say whom"),
        (&["unfreeze", "anna"], "--why"),
        (&["off", "anna", "--why", "x"], "belongs to `unfreeze` only"),
        (&["--until", "2h"], "<TO>"),
        (&["sideways", "--why", "x"], "on, observe, off"),
        (&["off", "--why", "x", "--until", "yesterday"], "2026-11-24T17:00:00Z"),
        (&["off", "--why", "x", "--until", "2001-01-01T00:00:00Z"], "over already"),
    ] {
        let mut command = on_desk(folder.path(), ["automation"]);
        let wrong = crate::support::program::ended(command.args(arguments)).expect(2);
        assert!(wrong.err.contains(why), "{arguments:?}: {}", wrong.err);
    }
    assert!(answer(folder.path(), ["automation"]).expect(0).out.contains("as configured"));
}

#[test]
fn off_sends_every_mail_to_a_technician_until_it_is_turned_on() {
    let folder = desk();
    answer(folder.path(), ["automation", "off", "--why", "a drill"]).expect(0);
    let mut desk = Running::start(&mut on_desk(folder.path(), ["run"]));
    demo_desk::deliver(folder.path(), "sms-registered-phone");
    let ticket = settled(&mut desk, folder.path(), "sms-registered-phone");
    assert_eq!((&ticket["state"], &ticket["outcome"]), (&"open".into(), &"technician".into()));
    assert_eq!(ticket["reason"], "automation-off");
    answer(folder.path(), ["automation", "on", "--why", "the drill is over"]).expect(0);
    demo_desk::deliver(folder.path(), "sms-in-english");
    let ticket = settled(&mut desk, folder.path(), "sms-in-english");
    assert_eq!(ticket["outcome"], "sms");
    let texts = demo_desk::texts(folder.path());
    assert!(matches!(&texts[..], [text] if text.contains("46701740606")), "only the second got a password");
}

#[test]
fn what_was_observed_is_recorded_and_never_acted_on() {
    let folder = desk();
    answer(folder.path(), ["automation", "observe", "--why", "a look"]).expect(0);
    let mut desk = Running::start(&mut on_desk(folder.path(), ["run"]));
    for sample in ["sms-registered-phone", "manager-phone-mismatch"] {
        demo_desk::deliver(folder.path(), sample);
        let ticket = settled(&mut desk, folder.path(), sample);
        assert_eq!(
            (&ticket["outcome"], &ticket["observed"]),
            (&sample.split('-').next().into(), &true.into())
        );
    }
    answer(folder.path(), ["automation", "on", "--why", "seen enough"]).expect(0);
    // Each is found by a look at the whole inbox, in which the observed ones lie too.
    for sample in ["sms-in-english", "sms-from-a-colleague"] {
        demo_desk::deliver(folder.path(), sample);
        assert!(settled(&mut desk, folder.path(), sample).get("observed").is_none());
    }
    desk.until("what was not observed is filed", |_| demo_desk::inbox(folder.path()).len() == 2);
    assert_eq!(demo_desk::inbox(folder.path()), ["manager-phone-mismatch", "sms-registered-phone"]);
    let texts = demo_desk::texts(folder.path());
    let to = |number: &str| texts.iter().filter(|text| text.contains(number)).count();
    assert_eq!((texts.len(), to("46701740606"), to("46701740607")), (2, 1, 1), "nobody observed was texted");
    let told = |name: String| std::fs::read_to_string(folder.path().join("mail").join(name)).unwrap();
    let mails: Vec<String> = demo_desk::files(&folder.path().join("mail")).into_iter().map(told).collect();
    assert!(mails.iter().all(|mail| !mail.contains("filip.nord")), "nobody observed was mailed");
}
