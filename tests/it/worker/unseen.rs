//! What people have not seen: mails that come to a ticket that they have ended, or with another one; what an owner says
//! meanwhile; a state that is another one by now.

use nyckelbud::ticket::{Act, ActStatus, Closing, PasswordFact, State};
use nyckelbud::types::{Override, Username};
use nyckelbud::web::port::{Performed, Refusal, TicketActs};
use nyckelbud::web::{PickupAnswer, PickupView};

use super::acts::*;
use super::frozen::{ANNA, notice_token};
use super::overrides::both_do;
use super::texting::mails_to;
use super::*;
use crate::support::letters;

/// A mail of Anna's that answers the one with this Message-ID.
fn annas_answer(place: &Place, name: &str, to: &str, text: &str) {
    let mail = letters::letter(name, "anna.andersson", "Re: lösenord", text);
    deliver(place, name, &mail.replace("\nMIME", &format!("\nIn-Reply-To: {to}\nMIME")));
}

/// The Message-ID of the first mail to `to` that holds these words.
fn message_id(place: &Place, to: &str, words: &str) -> String {
    let mails = mails_to(&place.folder, to);
    let mail = mails.iter().find(|mail| mail.contains(words)).unwrap_or_else(|| panic!("{words}: {mails:?}"));
    mail.lines().find_map(|line| line.strip_prefix("Message-ID: ")).expect("an id").trim().to_owned()
}

async fn status(desk: &OpenDesk, act: &nyckelbud::ticket::KeptAct) -> (ActStatus, String) {
    let acts = port(desk).acts(act.number).await.unwrap();
    let kept = acts.into_iter().find(|one| one.id == act.id).expect("the act");
    (kept.status, kept.why)
}

#[tokio::test]
async fn whoever_is_locked_out_by_us_is_heard_though_the_request_was_phishing() {
    let place = Place::new();
    place.deliver(TEXTED);
    let desk = place.open().await;
    desk.work().await;
    let notice = message_id(&place, ANNA, "byttes");
    annas_answer(&place, "not-me", &notice, "Det var inte jag!");
    desk.work().await;
    technician_has(&desk, TEXTED, Reason::OtherSubject, PasswordFact::Changed).await;
    does(&place, &desk, TEXTED, Act::Phishing).await;
    let phishing = State::Closed { how: Closing::Phishing, password: PasswordFact::Changed };
    assert_eq!(desk.ticket(TEXTED).await.state, phishing);
    annas_answer(&place, "locked-out", &notice, "Nu kommer jag inte in.");
    desk.work().await;
    let ticket = desk.ticket(TEXTED).await;
    assert_eq!(ticket.state, State::Technician { password: PasswordFact::Changed }, "{:?}", ticket.trail);
    assert!(ticket.urgent);
}

/// Two tickets with people: Anna's from an address that nobody vouches for, and Gun's about something else.
async fn two(place: &Place) -> OpenDesk {
    place.deliver(UNVERIFIED);
    let desk = place.open().await;
    desk.work().await;
    place.deliver(OTHER);
    desk.work().await;
    desk
}

#[tokio::test]
async fn a_ticket_that_is_put_into_another_one_ends_what_waits_there() {
    let place = Place::new();
    let desk = two(&place).await;
    let into = desk.ticket(UNVERIFIED).await.number;
    kept(presses(&desk, OTHER, Act::Merge { into }).await);
    place.clock.pass(5);
    let approval = kept(presses(&desk, UNVERIFIED, Act::Approve).await);
    place.clock.pass(5);
    desk.drain().await;
    assert_eq!(desk.ticket(OTHER).await.state, State::Merged { into });
    let (status, why) = status(&desk, &approval).await;
    assert_eq!(status, ActStatus::Refused, "{why}");
    assert!(why.contains("was put into it"), "{why}");
    place.clock.pass(10);
    desk.drain().await;
    assert_eq!(demo_desk::texts(&place.folder).len(), 0);
    assert!(!place.was_set("a-anna"));
}

#[tokio::test]
async fn a_merged_ticket_is_taken_out_again() {
    let place = Place::new();
    let desk = two(&place).await;
    let into = desk.ticket(UNVERIFIED).await;
    does(&place, &desk, OTHER, Act::Merge { into: into.number }).await;
    let waits = kept(presses(&desk, UNVERIFIED, Act::Close).await);
    kept(presses(&desk, OTHER, Act::Reopen).await);
    desk.drain().await;
    let ticket = desk.ticket(OTHER).await;
    assert_eq!(ticket.state, State::Technician { password: PasswordFact::NotChanged });
    assert_eq!(ticket.merged_into, None);
    assert_eq!(status(&desk, &waits).await.0, ActStatus::Refused, "they saw both");
    let limit = nyckelbud::store::MailsLimit { count: 9, octets: u32::MAX };
    assert_eq!(desk.parts.store.mails_of(into.id, limit).await.unwrap().unwrap().len(), 1);
    does(&place, &desk, OTHER, reply("Starta om skrivaren.", true)).await;
    assert!(mails_to(&place.folder, GUN).concat().contains("Starta om skrivaren."));
}

#[tokio::test]
async fn what_was_observed_or_is_over_is_put_together_with_nothing() {
    let place = Place::new();
    let desk = two(&place).await;
    turn(&desk, Automation::Observe).await;
    deliver(&place, "observed", &letters::chatter("observed", 100));
    desk.work().await;
    turn(&desk, Automation::On).await;
    deliver(&place, "later", &letters::letter("later", "john.doe", "Bord", "Bordet är trasigt."));
    desk.work().await;
    kept(presses(&desk, "observed", Act::Reopen).await);
    desk.drain().await;
    let (into, observed) = (desk.ticket(UNVERIFIED).await.number, desk.ticket("observed").await.number);
    refused(&desk, "observed", Act::Merge { into }, Refusal::Observed).await;
    refused(&desk, "later", Act::Merge { into: observed }, Refusal::Observed).await;
    // The other one is over when it is pressed, or by the time that it is carried out.
    let merging = kept(presses(&desk, "later", Act::Merge { into }).await);
    place.clock.pass(5);
    kept(presses(&desk, UNVERIFIED, Act::Phishing).await);
    place.clock.pass(4);
    let closed = State::Closed { how: Closing::Phishing, password: PasswordFact::NotChanged };
    desk.drain().await;
    assert_ne!(desk.ticket(UNVERIFIED).await.state, closed);
    port(&desk).undo(&eva(), merging.number, merging.id).await;
    let merging = kept(presses(&desk, "later", Act::Merge { into }).await);
    place.clock.pass(10);
    desk.drain().await;
    assert_eq!(desk.ticket(UNVERIFIED).await.state, closed);
    let (ended, why) = status(&desk, &merging).await;
    assert_eq!((ended, why.as_str()), (ActStatus::Refused, "the other ticket is over by now"));
    refused(&desk, "later", Act::Merge { into }, Refusal::OtherIsOver).await;
}

#[tokio::test]
async fn what_the_owner_says_between_the_press_and_its_time_ends_the_act() {
    let place = Place::new();
    place.deliver(TEXTED);
    let desk = place.open().await;
    desk.work().await;
    deliver(&place, "soon", &letters::request("soon", "anna.andersson", "070-174 06 05"));
    desk.work().await;
    technician_has(&desk, "soon", Reason::LimitAccount, PasswordFact::NotChanged).await;
    let asked = kept(presses(&desk, "soon", overriding(Override::AsUsual)).await);
    let token = notice_token(&place, ANNA);
    assert_eq!(desk.answer(&token, None, PickupAnswer::NotMe).await, PickupView::Frozen);
    let (ended, why) = status(&desk, &asked).await;
    assert_eq!(ended, ActStatus::Lapsed, "{why}");
    assert!(why.contains("was not them"), "{why}");
    let second = port(&desk).second(&per(), asked.number, asked.id, asked.version, true).await;
    assert_eq!(second, Performed::Refused(Refusal::Gone));
    assert_eq!(demo_desk::texts(&place.folder).len(), 1);
}

#[tokio::test]
async fn behind_the_check_that_two_people_saw_the_next_one_comes_back_to_them() {
    let place = Place::new();
    place.deliver(TEXTED);
    let desk = place.open().await;
    desk.work().await;
    let token = notice_token(&place, ANNA);
    assert_eq!(desk.answer(&token, None, PickupAnswer::NotMe).await, PickupView::Frozen);
    deliver(&place, "soon", &letters::request("soon", "anna.andersson", "070-174 06 05"));
    desk.work().await;
    technician_has(&desk, "soon", Reason::AccountFrozen, PasswordFact::NotChanged).await;
    both_do(&place, &desk, "soon", overriding(Override::AsUsual)).await;
    technician_has(&desk, "soon", Reason::LimitAccount, PasswordFact::NotChanged).await;
    assert_eq!(demo_desk::texts(&place.folder).len(), 1, "a limit that nobody saw still holds");
    both_do(&place, &desk, "soon", overriding(Override::AsUsual)).await;
    let ticket = desk.ticket("soon").await;
    assert!(matches!(ticket.state, State::Done { .. }), "{:?} {:?}", ticket.state, ticket.trail);
    // Of one alone nothing of it is set aside.
    deliver(&place, "third", &letters::request("third", "anna.andersson", "070-174 06 05"));
    desk.work().await;
    does(&place, &desk, "third", Act::Retry).await;
    technician_has(&desk, "third", Reason::AccountFrozen, PasswordFact::NotChanged).await;
}

#[tokio::test]
async fn a_named_account_is_forgotten_with_the_next_mail() {
    let place = Place::new();
    let unknown = letters::request("unknown", "gun.persson", "070-174 06 07")
        .replace("gun.persson@kommun.example\nMobil", "xyz\nMobil");
    deliver(&place, "unknown", &unknown);
    let desk = OpenDesk::open(&place.folder, &place.clock, |parts| {
        parts.rules.policy.phone_mismatch = nyckelbud::decision::Fallback::Review;
    })
    .await;
    desk.work().await;
    let account = Username::parse("anna.andersson@kommun.example").unwrap();
    does(&place, &desk, "unknown", Act::ChooseAccount { account: account.clone() }).await;
    technician_has(&desk, "unknown", Reason::PhoneMismatch, PasswordFact::NotChanged).await;
    assert_eq!(desk.ticket("unknown").await.named, Some(account));
    let more = letters::letter("more", "gun.persson", "Re: lösenord", "Jag menar mitt eget konto.");
    let number = desk.ticket("unknown").await.number;
    deliver(&place, "more", &more.replace("Subject: ", &format!("Subject: [{number}] ")));
    desk.work().await;
    assert_eq!(desk.ticket("unknown").await.named, None);
}

#[tokio::test]
async fn a_wrong_phone_counts_as_a_guess_when_the_account_is_first_known() {
    let place = Place::new();
    let wrong = letters::request("wrong", "gun.persson", "070-174 06 71")
        .replace("gun.persson@kommun.example\nMobil", "xyz\nMobil");
    deliver(&place, "wrong", &wrong);
    let desk = OpenDesk::open(&place.folder, &place.clock, |parts| {
        parts.rules.policy.phone_mismatch = nyckelbud::decision::Fallback::Review;
    })
    .await;
    desk.work().await;
    does(&place, &desk, "wrong", Act::ChooseAccount { account: Username::parse(GUN).unwrap() }).await;
    technician_has(&desk, "wrong", Reason::PhoneMismatch, PasswordFact::NotChanged).await;
    does(&place, &desk, "wrong", Act::Retry).await;
    let (gun, now) = (AccountId::new("a-gun"), desk.parts.clock.now());
    let history = desk.parts.store.history(&gun, "", "", "", now).await.unwrap();
    assert_eq!(history.account_mismatches_day, 1, "once, however often it is looked at");
}

#[tokio::test]
async fn a_ticket_that_is_another_one_by_now_is_left_as_it_is() {
    let place = Place::new();
    deliver(
        &place,
        "asks",
        &letters::letter(
            "asks",
            "gun.persson",
            "Lösenord",
            "Jag har glömt mitt lösenord.\nAnvändarnamn: gun.persson@kommun.example",
        ),
    );
    let desk = place.open().await;
    desk.work().await;
    assert_eq!(desk.ticket("asks").await.state, State::Asked);
    let closing = kept(presses(&desk, "asks", Act::Close).await);
    // The question came back: the writer waits, and nobody has seen it.
    let id = message_id(&place, GUN, "Vi beh");
    let report = format!(
        "From: Mail Delivery System <MAILER-DAEMON@kommun.example>\nTo: servicedesk@kommun.example\n\
         Subject: Undelivered Mail\nAuto-Submitted: auto-replied\nMessage-ID: <bounce@kommun.example>\n\
         MIME-Version: 1.0\nContent-Type: multipart/report; report-type=delivery-status; boundary=b\n\n\
         --b\nContent-Type: text/plain\n\nIt came back.\n\n--b\nContent-Type: message/delivery-status\n\n\
         Reporting-MTA: dns; mx.kommun.example\n\nFinal-Recipient: rfc822; {GUN}\nAction: failed\n\
         Status: 5.1.1\n\n--b\nContent-Type: text/rfc822-headers\n\nMessage-ID: {id}\n\n--b--\n"
    );
    deliver(&place, "bounce", &report);
    desk.work().await;
    assert_eq!(desk.ticket("asks").await.state, State::Technician { password: PasswordFact::NotChanged });
    place.clock.pass(10);
    desk.drain().await;
    assert_eq!(desk.ticket("asks").await.state, State::Technician { password: PasswordFact::NotChanged });
    assert_eq!(status(&desk, &closing).await.0, ActStatus::Refused);
    // Whoever acts next waits for no lease.
    does(&place, &desk, "asks", Act::Close).await;
    let closed = State::Closed { how: Closing::Resolved, password: PasswordFact::NotChanged };
    assert_eq!(desk.ticket("asks").await.state, closed);
}
