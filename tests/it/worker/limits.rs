//! Limits that are reached: what becomes of the requests beyond them, and that no restart forgets them.

use nyckelbud::web::{PickupAnswer, PickupView};

use super::texting::mails_to;
use super::together::{asks_as, crowd, phone_of};
use super::*;
use crate::support::scripted_gateway::{accepted, refused};
use crate::support::{letters, postgres};

/// What uses a limit up, and whom it then turns away.
struct Limit {
    /// What it is, as lines of `[policy]`.
    policy: &'static str,
    more: &'static str,
    /// For whom is asked from which address, and with whose phone, until it is reached.
    uses: &'static [(usize, &'static str, usize)],
    /// Who comes then, the same way.
    next: (usize, &'static str, usize),
    /// Why they are turned away; `None`: they wait.
    reason: Option<Reason>,
    /// So many minutes later they are served.
    minutes: i64,
    /// But only after a person's word.
    pauses: bool,
    /// Persons 0 and 1 have the same phone.
    one_phone: bool,
}

const LIMIT: Limit = Limit {
    policy: "",
    more: "",
    uses: &[(0, "person0", 0)],
    next: (1, "person1", 1),
    reason: Some(Reason::LimitDesk),
    minutes: 60,
    pauses: false,
    one_phone: false,
};
const DAY: i64 = 24 * 60;

const LIMITS: [Limit; 8] = [
    Limit {
        policy: "cooldown = \"20m\"",
        next: (0, "person0", 0),
        reason: Some(Reason::LimitAccount),
        minutes: 20,
        ..LIMIT
    },
    Limit {
        policy: "cooldown = \"1s\"\nper_account_per_day = 2",
        uses: &[(0, "person0", 0), (0, "person0", 0)],
        next: (0, "person0", 0),
        reason: Some(Reason::LimitAccount),
        minutes: DAY,
        ..LIMIT
    },
    Limit {
        policy: "per_sender_per_day = 2",
        // Tags make no other sender.
        uses: &[(0, "person7", 0), (1, "person7+a", 1)],
        next: (2, "person7+b", 2),
        reason: Some(Reason::LimitSender),
        minutes: DAY,
        ..LIMIT
    },
    Limit {
        policy: "per_phone_per_day = 1",
        next: (1, "person1", 0),
        reason: Some(Reason::LimitSender),
        minutes: DAY,
        one_phone: true,
        ..LIMIT
    },
    Limit { policy: "per_unit_per_hour = 1", ..LIMIT },
    Limit { policy: "per_hour = 1", pauses: true, ..LIMIT },
    Limit { more: "[sms]\nper_day = 1\n", reason: None, minutes: DAY, ..LIMIT },
    // Three wrong phones: somebody may be guessing.
    Limit {
        uses: &[(0, "person0", 5), (0, "person0", 6), (0, "person0", 7)],
        next: (0, "person0", 0),
        reason: Some(Reason::AccountFrozen),
        minutes: DAY,
        ..LIMIT
    },
];

async fn ask(place: &Place, desk: &OpenDesk, name: &str, (n, from, phone): (usize, &str, usize)) {
    asks_as(place, name, n, &phone_of(phone), from);
    desk.work().await;
    // Longer than the shortest pause between two for an account.
    place.clock.pass(2);
}

async fn is_not_forgotten(limit: &Limit, store: Option<&str>) {
    let what = format!("{}{}", limit.policy, limit.more);
    // Mails come by the clock of this machine, and are as old as the desk's is turned.
    let place = crowd(&format!("max_mail_age = \"240h\"\n{}", limit.policy), limit.more);
    if limit.one_phone {
        place.people(&phone_of(1), &phone_of(0));
    }
    if let Some(url) = store {
        let path = place.folder.join("nyckelbud.toml");
        let config = std::fs::read_to_string(&path).unwrap();
        let own = "url = \"sqlite://var/nyckelbud.db\"";
        assert!(config.contains(own));
        std::fs::write(&path, config.replacen(own, &format!("url = \"{url}\""), 1)).unwrap();
    }
    let desk = place.open().await;
    for (n, used) in limit.uses.iter().enumerate() {
        ask(&place, &desk, &format!("uses-{n}"), *used).await;
    }
    drop(desk);
    let desk = place.open().await;
    ask(&place, &desk, "next", limit.next).await;
    match limit.reason {
        Some(reason) => technician_has(&desk, "next", reason, PasswordFact::NotChanged).await,
        None => {
            let state = desk.ticket("next").await.state;
            assert!(matches!(state, State::Requested { waiting_since: Some(_), .. }), "{what}: {state:?}");
        }
    }
    drop(desk);
    place.clock.turn(limit.minutes + 1);
    let desk = place.open().await;
    if limit.pauses {
        ask(&place, &desk, "too-early", limit.next).await;
        technician_has(&desk, "too-early", Reason::AutomationOff, PasswordFact::NotChanged).await;
        turn(&desk, Automation::On).await;
    }
    let again = if limit.reason.is_some() { "again" } else { "next" };
    if again == "next" {
        // What waited is served by itself.
        desk.work().await;
    } else {
        ask(&place, &desk, again, limit.next).await;
    }
    let again = desk.ticket(again).await;
    assert!(matches!(again.state, State::Done { .. }), "{what}: {:?} {:?}", again.state, again.trail);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_restart_forgets_a_limit() {
    for limit in &LIMITS {
        is_not_forgotten(limit, None).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nor_does_one_over_postgres() {
    for limit in &LIMITS {
        is_not_forgotten(limit, Some(&postgres::fresh_database().await)).await;
    }
}

const DRIFT: &str = "drift@kommun.example";
const JOHN: &str = "sms-in-english";
const GUN: &str = "sms-from-a-colleague";

/// A desk with so many texts a day, whose links hold for two days, over this gateway.
async fn with_texts(place: &Place, gateway: &Arc<ScriptedGateway>, per_day: u32) -> OpenDesk {
    OpenDesk::open(&place.folder, &place.clock, |parts| {
        parts.gateways = vec![Arc::clone(gateway) as _];
        parts.rules.texts_per_day = per_day;
        parts.rules.pickup_valid = std::time::Duration::from_secs(2 * 24 * 60 * 60);
        parts.rules.alarm_to = vec![nyckelbud::types::EmailAddress::parse(DRIFT).unwrap()];
    })
    .await
}

/// Anna has her password, Filip's manager the link, and Filip is warned: those were the texts of the day. John's
/// request waits, and half an hour later the manager's reminder.
async fn used_up(place: &Place) -> (OpenDesk, Arc<ScriptedGateway>) {
    let gateway = ScriptedGateway::new("a", false, |_, _| accepted(""));
    let desk = with_texts(place, &gateway, 3).await;
    place.deliver(TEXTED);
    desk.work().await;
    place.deliver(OFFERED);
    desk.work().await;
    place.clock.turn(6);
    place.deliver(JOHN);
    for _ in 0..5 {
        desk.work().await;
        place.clock.turn(5);
    }
    assert_eq!(gateway.sent().len(), 3, "{:?}", gateway.sent());
    assert!(was_warned(&gateway) && !was_reminded(&gateway) && !place.was_set("a-john"));
    let told = mails_to(&place.folder, DRIFT);
    assert!(told.len() == 1 && told[0].contains("The 3 texts of a day"), "{told:#?}");
    (desk, gateway)
}

fn was_warned(gateway: &ScriptedGateway) -> bool {
    gateway.sent().iter().any(|sent| sent.text.contains("Stoppa det"))
}

/// Two texts to his manager hold a link.
fn was_reminded(gateway: &ScriptedGateway) -> bool {
    gateway.sent().iter().filter(|sent| sent.to == "+46701740610" && sent.text.contains("/p/")).count() == 2
}

#[tokio::test]
async fn when_the_texts_of_the_day_are_used_up_people_are_told_once_and_nobody_is_lost() {
    let place = Place::new();
    let (desk, gateway) = used_up(&place).await;
    place.clock.turn(6);
    desk.work().await;
    technician_has(&desk, JOHN, Reason::DeliveryFailed, PasswordFact::NotChanged).await;
    assert!(!place.was_set("a-john"));
    assert_eq!((gateway.sent().len(), mails_to(&place.folder, DRIFT).len()), (3, 1));
    drop(desk);
    // A day later there are texts again: what waited leaves, also after a restart.
    let desk = with_texts(&place, &gateway, 3).await;
    place.clock.turn(DAY);
    desk.work().await;
    assert!(was_reminded(&gateway) && gateway.sent().len() == 4, "{:?}", gateway.sent());
    assert!(matches!(desk.ticket(OFFERED).await.state, State::Offered { .. }));
}

#[tokio::test]
async fn with_a_higher_cap_everything_that_waits_leaves() {
    let place = Place::new();
    let (desk, gateway) = used_up(&place).await;
    drop(desk);
    let desk = with_texts(&place, &gateway, 20).await;
    place.clock.turn(5);
    place.deliver(GUN);
    desk.work().await;
    let john = desk.ticket(JOHN).await;
    assert!(matches!(john.state, State::Done { .. }), "{:?} {:?}", john.state, john.trail);
    assert!(was_reminded(&gateway) && place.was_set("a-gun"), "{:?}", gateway.sent());
    assert_eq!(mails_to(&place.folder, DRIFT).len(), 1);
}

#[tokio::test]
async fn at_the_cap_no_manager_gets_a_link_of_which_the_owner_is_not_warned() {
    let place = Place::new();
    let gateway = ScriptedGateway::new("a", false, |_, _| accepted(""));
    let desk = with_texts(&place, &gateway, 2).await;
    place.deliver(TEXTED);
    desk.work().await;
    place.deliver(OFFERED);
    desk.work().await;
    let state = desk.ticket(OFFERED).await.state;
    assert!(matches!(state, State::Requested { waiting_since: Some(_), .. }), "{state:?}");
    // A password needs one text, and gets it.
    place.deliver(JOHN);
    desk.work().await;
    assert!(matches!(desk.ticket(JOHN).await.state, State::Done { .. }));
    assert_eq!(gateway.sent().len(), 2);
}

/// Filip asks again, at once.
async fn filip_again(place: &Place, desk: &OpenDesk) {
    let mail = letters::request("again", "filip.nord", "070-174 06 77").replace('\n', "\r\n");
    demo_desk::deliver_raw(&place.folder, "again", mail.as_bytes());
    desk.work().await;
    technician_has(desk, "again", Reason::LimitAccount, PasswordFact::NotChanged).await;
}

/// No text of the offer leaves but the owner's warning: its link goes by mail.
#[tokio::test]
async fn an_offer_by_mail_counts_whoever_ends_it_and_however() {
    for stops in [false, true] {
        let place = Place::new();
        place.people("[[account.phone]]\nnumber = \"070-174 06 10\"\ntype = \"mobile\"\n", "");
        place.deliver(OFFERED);
        let desk = OpenDesk::open(&place.folder, &place.clock, |parts| {
            parts.rules.policy.pickup = nyckelbud::decision::Pickup::SignIn;
        })
        .await;
        desk.work().await;
        let mails = mails_to(&place.folder, "karin.ek@kommun.example");
        let link = token_in(mails.iter().find(|mail| mail.contains("/p/")).expect("the manager's link"));
        if stops {
            let stop = demo_desk::stop_token(&place.folder).expect("the warning's link");
            assert_eq!(desk.answer(&stop, None, PickupAnswer::NotMe).await, PickupView::Stopped);
        } else {
            let said = desk.answer(&link, Some(&karins_phone()), PickupAnswer::NotMine).await;
            assert_eq!(said, PickupView::HandedBack);
        }
        filip_again(&place, &desk).await;
    }
}

/// Bo has no phone, and his manager's text does not arrive, as its gateway says when it is asked.
#[tokio::test]
async fn a_link_that_failed_on_its_way_counts_for_nothing_whichever_way_that_is_told() {
    let place = Place::with("[delivery]\nmanager_notice = [\"sms\"]\n");
    let gateway = ScriptedGateway::new("a", true, |n, _| accepted(&format!("a{n}")));
    gateway.answer_when_asked(nyckelbud::delivery::Receipt::Failed);
    let desk = open_with(&place, &[&gateway]).await;
    for name in ["bo-1", "bo-2"] {
        let mail = letters::request(name, "bo.granlund", "070-174 06 78").replace('\n', "\r\n");
        demo_desk::deliver_raw(&place.folder, name, mail.as_bytes());
        desk.work().await;
        place.clock.turn(1);
        desk.work().await;
        technician_has(&desk, name, Reason::DeliveryFailed, PasswordFact::NotChanged).await;
    }
    assert_eq!(gateway.sent().len(), 2);
}

/// Nobody got it, so it is held against nobody; but the password of one account is not changed again and again.
#[tokio::test]
async fn a_password_that_was_changed_and_reached_nobody_counts_for_its_account_alone() {
    let place = crowd("per_sender_per_day = 1", "");
    let gateway = ScriptedGateway::new("a", false, |n, _| if n == 0 { refused() } else { accepted("") });
    let desk = open_with(&place, &[&gateway]).await;
    ask(&place, &desk, "first", (0, "person7", 0)).await;
    technician_has(&desk, "first", Reason::DeliveryFailed, PasswordFact::Changed).await;
    ask(&place, &desk, "again", (0, "person8", 0)).await;
    technician_has(&desk, "again", Reason::LimitAccount, PasswordFact::NotChanged).await;
    ask(&place, &desk, "other", (1, "person7", 1)).await;
    let other = desk.ticket("other").await;
    assert!(matches!(other.state, State::Done { .. }), "{:?}", other.trail);
}
