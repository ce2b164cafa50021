//! Overrides: two people, and what not even they can do.

use super::acts::*;
use super::frozen::{ANNA, notice_token};
use super::texting::mails_to;
use super::*;
use crate::support::letters;
use nyckelbud::decision::Fallback;
use nyckelbud::ticket::{Act, ActStatus, Grounds};
use nyckelbud::types::{Override, Username};
use nyckelbud::web::port::{ByHandForm, MadeByHand, Performed, Refusal, TicketActs};
use nyckelbud::web::{PickupAnswer, PickupView};

/// Anna with a number that is not hers, in a desk that reviews such mails.
async fn mismatched(place: &Place) -> OpenDesk {
    deliver(place, "mismatch", &letters::request("mismatch", "anna.andersson", "070-174 06 71"));
    let desk = reviewing(place).await;
    desk.work().await;
    technician_has(&desk, "mismatch", Reason::PhoneMismatch, PasswordFact::NotChanged).await;
    desk
}

async fn reviewing(place: &Place) -> OpenDesk {
    OpenDesk::open(&place.folder, &place.clock, |parts| {
        parts.rules.policy.phone_mismatch = Fallback::Review;
    })
    .await
}

/// Eva asks, Per approves, and it is carried out.
pub(super) async fn both_do(place: &Place, desk: &OpenDesk, name: &str, act: Act) {
    let asked = kept(presses(desk, name, act).await);
    assert_eq!(asked.status, ActStatus::Colleague);
    kept(port(desk).second(&per(), asked.number, asked.id, asked.version, true).await);
    place.clock.pass(10);
    desk.drain().await;
}

#[tokio::test]
async fn an_override_waits_for_a_colleague_and_texts_the_registered_phone_only() {
    let place = Place::new();
    let desk = mismatched(&place).await;
    let asked = kept(presses(&desk, "mismatch", overriding(Override::ToRegisteredPhone)).await);
    place.clock.pass(60);
    desk.drain().await;
    assert!(!place.was_set("a-anna"), "nobody has approved it");
    assert_eq!(
        port(&desk).second(&eva(), asked.number, asked.id, asked.version, true).await,
        Performed::Refused(Refusal::NotYourOwn)
    );
    assert_eq!(port(&desk).for_colleagues().await.unwrap(), std::slice::from_ref(&asked));
    kept(port(&desk).second(&per(), asked.number, asked.id, asked.version, true).await);
    desk.drain().await;
    assert!(!place.was_set("a-anna"), "it may still be taken back");
    place.clock.pass(10);
    desk.drain().await;
    let ticket = desk.ticket("mismatch").await;
    assert!(matches!(ticket.state, State::Done { .. }), "{:?}", ticket.trail);
    let texts = demo_desk::texts(&place.folder);
    let with_password: Vec<_> = texts.iter().filter(|text| demo_desk::password_in(text).is_some()).collect();
    assert_eq!(with_password.len(), 1);
    assert!(with_password[0].starts_with(ANNAS_NUMBER), "the registered one");
    let both = "Eva Lind (eva.lind) with Per Öst (per.ost) decided: override-to-registered-phone";
    assert_eq!(decisions(&ticket), [both]);
    assert!(mails_to(&place.folder, ANNA).concat().contains("byttes"), "the owner is told");
    let rows = crate::support::audit_rows::read(&place.folder.join("var/nyckelbud.db")).await;
    let (_, _, data) = rows.iter().find(|(_, event, _)| event == "act.done").expect("the audit row");
    assert!(data.contains("user:per.ost") && data.contains("in-person"), "{data}");
    assert!(data.contains("••• 05") && !data.contains("174 06 05"), "{data}");
}

#[tokio::test]
async fn without_four_eyes_an_override_is_ordinary() {
    let place = Place::with("");
    deliver(&place, "mismatch", &letters::request("mismatch", "anna.andersson", "070-174 06 71"));
    let desk = OpenDesk::open(&place.folder, &place.clock, |parts| {
        parts.rules.policy.phone_mismatch = Fallback::Review;
        parts.rules.four_eyes = false;
    })
    .await;
    desk.work().await;
    does(&place, &desk, "mismatch", overriding(Override::ToRegisteredPhone)).await;
    assert!(matches!(desk.ticket("mismatch").await.state, State::Done { .. }));
}

#[tokio::test]
async fn nobody_came_within_a_quarter_of_an_hour() {
    let place = Place::new();
    let desk = mismatched(&place).await;
    let asked = kept(presses(&desk, "mismatch", overriding(Override::ToRegisteredPhone)).await);
    place.clock.pass(15 * 60);
    desk.drain().await;
    assert_eq!(port(&desk).acts(asked.number).await.unwrap()[0].status, ActStatus::Lapsed);
    assert_eq!(
        port(&desk).second(&per(), asked.number, asked.id, asked.version, true).await,
        Performed::Refused(Refusal::Gone)
    );
    assert!(!place.was_set("a-anna"));
}

#[tokio::test]
async fn two_people_together_touch_no_protected_disabled_or_changed_account() {
    let place = Place::new();
    for name in ["technician-account-protected", "technician-account-disabled"] {
        place.deliver(name);
    }
    let desk = mismatched(&place).await;
    for name in ["technician-account-protected", "technician-account-disabled"] {
        let before = desk.ticket(name).await;
        for way in
            [Override::ToRegisteredPhone, Override::AsUsual, Override::ToManager(AccountId::new("a-karin"))]
        {
            both_do(&place, &desk, name, overriding(way)).await;
            let ticket = desk.ticket(name).await;
            assert_eq!((&ticket.state, ticket.reason), (&before.state, before.reason), "{:?}", ticket.trail);
        }
    }
    // Switched off between the press and its time.
    let asked = kept(presses(&desk, "mismatch", overriding(Override::ToRegisteredPhone)).await);
    kept(port(&desk).second(&per(), asked.number, asked.id, asked.version, true).await);
    place.people("unit = \"Hemtjänst Norr\"\nenabled = true", "unit = \"Hemtjänst Norr\"\nenabled = false");
    place.clock.pass(10);
    desk.drain().await;
    technician_has(&desk, "mismatch", Reason::AccountDisabled, PasswordFact::NotChanged).await;
    let texts = demo_desk::texts(&place.folder);
    assert!(texts.iter().all(|text| demo_desk::password_in(text).is_none()), "{texts:?}");
}

#[tokio::test]
async fn another_manager_than_the_chains_hands_over_and_one_who_is_gone_does_not() {
    let place = Place::new();
    place.deliver("technician-no-manager");
    let desk = place.open().await;
    desk.work().await;
    technician_has(&desk, "technician-no-manager", Reason::NoManager, PasswordFact::NotChanged).await;
    let gone = overriding(Override::ToManager(AccountId::new("a-nobody")));
    refused(&desk, "technician-no-manager", gone, Refusal::NoSuchManager).await;
    let karin = overriding(Override::ToManager(AccountId::new("karin.ek@kommun.example")));
    let asked = kept(presses(&desk, "technician-no-manager", karin).await);
    let Act::Override { way, whom, .. } = &asked.act else { panic!("{asked:?}") };
    assert_eq!(
        *way,
        Override::ToManager(AccountId::new("a-karin")),
        "what the directory never gives to another"
    );
    assert_eq!(whom, "Karin Ek (karin.ek@kommun.example)", "whom the colleague sees");
    kept(port(&desk).second(&per(), asked.number, asked.id, asked.version, true).await);
    place.clock.pass(10);
    desk.drain().await;
    let ticket = desk.ticket("technician-no-manager").await;
    assert!(matches!(ticket.state, State::Offered { .. }), "{:?}", ticket.trail);
    let password = desk.reveal(&place.token(), &karins_phone()).await.expect("the password");
    assert!(place.opens("a-ext", &password));
}

#[tokio::test]
async fn a_limit_and_a_freeze_are_set_aside_for_one_request_and_the_owner_can_still_stop_it() {
    let place = Place::new();
    place.deliver(TEXTED);
    let desk = place.open().await;
    desk.work().await;
    let asks = |name: &str| letters::request(name, "anna.andersson", "070-174 06 05");
    deliver(&place, "soon", &asks("soon"));
    desk.work().await;
    technician_has(&desk, "soon", Reason::LimitAccount, PasswordFact::NotChanged).await;
    both_do(&place, &desk, "soon", overriding(Override::AsUsual)).await;
    assert!(matches!(desk.ticket("soon").await.state, State::Done { .. }), "{:?}", desk.ticket("soon").await);
    let token = notice_token(&place, ANNA);
    assert_eq!(desk.answer(&token, None, PickupAnswer::NotMe).await, PickupView::Frozen);
    place.clock.turn(20);
    for name in ["frozen", "frozen-again"] {
        deliver(&place, name, &asks(name));
        desk.work().await;
        technician_has(&desk, name, Reason::AccountFrozen, PasswordFact::NotChanged).await;
    }
    both_do(&place, &desk, "frozen", overriding(Override::AsUsual)).await;
    assert!(
        matches!(desk.ticket("frozen").await.state, State::Done { .. }),
        "{:?}",
        desk.ticket("frozen").await
    );
    technician_has(&desk, "frozen-again", Reason::AccountFrozen, PasswordFact::NotChanged).await;
    assert_eq!(desk.parts.store.frozen(desk.parts.clock.now()).await.unwrap().len(), 1, "it stays frozen");
}

#[tokio::test]
async fn whoever_came_in_person_gets_a_ticket_and_a_text_to_the_registered_phone() {
    let place = Place::new();
    let desk = place.open().await;
    let by_hand = ByHandForm {
        key: "1".to_owned(),
        name: "Anna Andersson".to_owned(),
        username: Username::parse("annand12").ok(),
        note: "Visade sitt tjänstekort".to_owned(),
    };
    let MadeByHand::Made(number) = port(&desk).make_by_hand(&eva(), by_hand.clone()).await else { panic!() };
    assert_eq!(port(&desk).make_by_hand(&eva(), by_hand).await, MadeByHand::Made(number), "once");
    let ticket = desk.parts.store.numbered(number).await.unwrap().unwrap();
    let acts = form(&ticket, overriding(Override::ToRegisteredPhone));
    let asked = kept(port(&desk).perform(&eva(), acts).await);
    kept(port(&desk).second(&per(), asked.number, asked.id, asked.version, true).await);
    place.clock.pass(10);
    desk.drain().await;
    let ticket = desk.parts.store.numbered(number).await.unwrap().unwrap();
    assert!(matches!(ticket.state, State::Done { .. }), "{:?} {:?}", ticket.state, ticket.trail);
    assert!(demo_desk::texts(&place.folder)[0].starts_with(ANNAS_NUMBER));
    // There is nobody to write to, and no grounds need no sentence.
    let nobody = port(&desk).perform(&eva(), form(&ticket, reply("x", false))).await;
    assert_eq!(nobody, Performed::Refused(Refusal::NobodyToWriteTo));
    let way = Override::AsUsual;
    let (why, whom) = (" ".to_owned(), String::new());
    let silent = Act::Override { way, account: None, grounds: Grounds::Other, why, whom };
    let refused = port(&desk).perform(&eva(), form(&ticket, silent)).await;
    assert_eq!(refused, Performed::Refused(Refusal::Empty));
}

#[tokio::test]
async fn after_a_hand_over_a_person_decides_about_a_second_value() {
    let place = Place::new();
    place.deliver(OFFERED);
    let desk = place.open().await;
    desk.work().await;
    let (link, browser) = (place.token(), karins_phone());
    let first = desk.reveal(&link, &browser).await.unwrap();
    desk.answer(&link, Some(&browser), PickupAnswer::DidNotWork).await;
    technician_has(&desk, OFFERED, Reason::HandoverUnconfirmed, PasswordFact::Changed).await;
    refused(&desk, OFFERED, Act::Ask, Refusal::PasswordChanged).await;
    refused(&desk, OFFERED, Act::Merge { into: desk.ticket(OFFERED).await.number }, Refusal::PasswordChanged)
        .await;
    place.clock.turn(20);
    does(&place, &desk, OFFERED, Act::ToManager { account: None }).await;
    let ticket = desk.ticket(OFFERED).await;
    let State::Offered { offer, .. } = &ticket.state else { panic!("{:?} {:?}", ticket.state, ticket.trail) };
    assert_eq!((offer.number, offer.before, offer.already_set), (2, PasswordFact::Changed, None));
    assert_eq!(ticket.state.standing(), Standing::Open, "somebody is locked out");
    assert_eq!(desk.reveal(&link, &browser).await, Err(PickupView::Gone), "the old link is over");
    let texts = demo_desk::texts(&place.folder);
    let mut newest = texts.iter().filter(|text| text.contains("behöver")).map(|text| token_in(text));
    let newest = newest.rfind(|token| *token != link).expect("a new link");
    let second = desk.reveal(&newest, &browser).await.unwrap();
    assert_ne!(first, second);
    assert!(place.opens("a-filip", &second) && !place.opens("a-filip", &first));
}
