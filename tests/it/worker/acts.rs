//! What people do to a ticket, from their press to what leaves: everything waits ten seconds, is carried out once, and
//! the machine checks again what no person may decide.

use std::sync::atomic::{AtomicU64, Ordering};

use nyckelbud::ticket::{
    Act, ActStatus, Canned, Closing, Fate, Grounds, KeptAct, PasswordFact, State, Ticket,
};
use nyckelbud::types::{Check, Override, Role, StaffMember, StaffName, Username};
use nyckelbud::web::port::{ActForm, Performed, Refusal, TicketActs, Undone};
use nyckelbud::worker::ActsPort;

use super::texting::mails_to;
use super::*;
use crate::support::letters;

pub(super) const UNVERIFIED: &str = "technician-sender-unverified";
pub(super) const OTHER: &str = "technician-other-subject";
pub(super) const GUN: &str = "gun.persson@kommun.example";
pub(super) const ANNAS_NUMBER: &str = "To: 46701740605\n";

pub(super) fn staff(name: &str, shown: &str) -> StaffMember {
    let name = StaffName::parse(name).unwrap();
    StaffMember { name, shown: shown.to_owned(), role: Role::Technician }
}

pub(super) fn eva() -> StaffMember {
    staff("eva.lind", "Eva Lind")
}

pub(super) fn per() -> StaffMember {
    staff("per.ost", "Per Öst")
}

pub(super) fn port(desk: &OpenDesk) -> ActsPort {
    ActsPort::new(Arc::clone(&desk.parts))
}

pub(super) fn form(ticket: &Ticket, act: Act) -> ActForm {
    // Every page that is opened has forms of its own.
    static OPENED: AtomicU64 = AtomicU64::new(0);
    let key = format!("{}-{}", OPENED.fetch_add(1, Ordering::SeqCst), act.code());
    ActForm { ticket: ticket.number, version: ticket.version, key, act }
}

/// Eva presses, on the ticket of this mail as it is.
pub(super) async fn presses(desk: &OpenDesk, name: &str, act: Act) -> Performed {
    let ticket = desk.ticket(name).await;
    port(desk).perform(&eva(), form(&ticket, act)).await
}

pub(super) fn kept(performed: Performed) -> KeptAct {
    match performed {
        Performed::Kept(act) | Performed::Colleague(act) => act,
        other => panic!("{other:?}"),
    }
}

/// Eva presses, and the time in which she can take it back goes by.
pub(super) async fn does(place: &Place, desk: &OpenDesk, name: &str, act: Act) -> KeptAct {
    let act = kept(presses(desk, name, act).await);
    place.clock.pass(10);
    desk.drain().await;
    act
}

pub(super) fn deliver(place: &Place, name: &str, mail: &str) {
    demo_desk::deliver_raw(&place.folder, name, mail.replace('\n', "\r\n").as_bytes());
}

pub(super) fn reply(text: &str, closes: bool) -> Act {
    Act::Reply { language: "sv".to_owned(), text: text.to_owned(), closes }
}

pub(super) fn overriding(way: Override) -> Act {
    let why = "Hon står här och visade sitt kort; 070-174 06 05".to_owned();
    Act::Override { way, account: None, grounds: Grounds::InPerson, why, whom: String::new() }
}

/// What people have decided, as the trail tells it.
pub(super) fn decisions(ticket: &Ticket) -> Vec<&str> {
    let lines = ticket.trail.0.iter().filter(|line| line.check == Check::Person);
    lines.map(|line| line.evidence.as_str()).collect()
}

pub(super) async fn refused(desk: &OpenDesk, name: &str, act: Act, refusal: Refusal) {
    let ticket = desk.ticket(name).await;
    let code = act.code();
    assert_eq!(presses(desk, name, act).await, Performed::Refused(refusal), "{code}: {:?}", ticket.state);
    assert_eq!(desk.ticket(name).await, ticket, "{code}: nothing was changed");
}

#[tokio::test]
async fn an_approved_sender_is_served_after_ten_seconds_and_a_kill_forgets_nothing() {
    let place = Place::new();
    place.deliver(UNVERIFIED);
    let desk = OpenDesk::open(&place.folder, &place.clock, |parts| {
        parts.rules.policy.senders = nyckelbud::decision::Senders::OwnDomain;
    })
    .await;
    desk.work().await;
    technician_has(&desk, UNVERIFIED, Reason::SenderUnverified, PasswordFact::NotChanged).await;
    let act = kept(presses(&desk, UNVERIFIED, Act::Approve).await);
    desk.drain().await;
    assert_eq!(demo_desk::texts(&place.folder).len(), 0, "it waits");
    let shown = port(&desk).acts(act.number).await.unwrap();
    assert_eq!((shown[0].status, shown[0].by.shown.as_str()), (ActStatus::Waiting, "Eva Lind"));
    drop(desk);
    place.clock.pass(10);
    let desk = place.open().await;
    desk.drain().await;
    let ticket = desk.ticket(UNVERIFIED).await;
    assert!(matches!(ticket.state, State::Done { .. }), "{:?} {:?}", ticket.state, ticket.trail);
    assert!(demo_desk::texts(&place.folder).iter().any(|text| text.starts_with(ANNAS_NUMBER)));
    assert_eq!(decisions(&ticket), ["Eva Lind (eva.lind) decided: approve"]);
    assert_eq!(mails_to(&place.folder, super::frozen::ANNA).len(), 1, "the owner is told");
}

#[tokio::test]
async fn what_was_taken_back_never_happens() {
    let place = Place::new();
    place.deliver(UNVERIFIED);
    let desk = place.open().await;
    desk.work().await;
    let before = desk.ticket(UNVERIFIED).await;
    let act = kept(presses(&desk, UNVERIFIED, Act::Approve).await);
    assert_eq!(port(&desk).undo(&per(), act.number, act.id).await, Undone::TooLate, "it is Eva's");
    assert_eq!(port(&desk).undo(&eva(), act.number, act.id).await, Undone::Yes);
    place.clock.pass(10);
    desk.drain().await;
    assert_eq!(desk.ticket(UNVERIFIED).await, before);
    assert_eq!(demo_desk::texts(&place.folder).len(), 0);
    let act = does(&place, &desk, UNVERIFIED, Act::Close).await;
    assert_eq!(port(&desk).undo(&eva(), act.number, act.id).await, Undone::TooLate);
}

#[tokio::test]
async fn whoever_saw_an_older_ticket_is_told_who_did_what_and_keeps_what_they_wrote() {
    let place = Place::new();
    place.deliver(OTHER);
    let desk = place.open().await;
    desk.work().await;
    let seen = desk.ticket(OTHER).await;
    let note = form(&seen, Act::Note { text: "Jag ringer".to_owned() });
    assert!(matches!(port(&desk).perform(&per(), note).await, Performed::Done(_)));
    let written = form(&seen, reply("Hej! Starta om skrivaren.", true));
    let Performed::Changed(changed) = port(&desk).perform(&eva(), written.clone()).await else {
        panic!("it was not seen")
    };
    let told: Vec<_> = changed.since.iter().map(|row| (row.actor.as_str(), row.event.as_str())).collect();
    assert_eq!(told, [("user:per.ost", "ticket.noted")]);
    let (draft, _) = port(&desk).draft(&eva(), seen.number).await.expect("the draft survives");
    assert_eq!(draft, "Hej! Starta om skrivaren.");
    let again = ActForm { version: changed.version, ..written };
    kept(port(&desk).perform(&eva(), again).await);
    // One act at a time: Per is told what Eva is about to do.
    let ticket = desk.ticket(OTHER).await;
    assert!(matches!(
        port(&desk).perform(&per(), form(&ticket, Act::Close)).await,
        Performed::Waits(act) if act.by.shown == "Eva Lind"
    ));
    place.clock.pass(10);
    desk.drain().await;
    assert_eq!(port(&desk).draft(&eva(), seen.number).await, None, "it has left");
}

#[tokio::test]
async fn a_reply_leaves_from_the_desk_in_its_thread_and_the_answer_comes_back_to_people() {
    let place = Place::new();
    place.deliver(OTHER);
    let desk = place.open().await;
    desk.work().await;
    let before = mails_to(&place.folder, GUN).len();
    does(&place, &desk, OTHER, reply("Hej Gun!\n\nStarta om skrivaren.", false)).await;
    let ticket = desk.ticket(OTHER).await;
    assert_eq!(ticket.state, State::Waiting { password: PasswordFact::NotChanged });
    let mails = mails_to(&place.folder, GUN);
    assert_eq!(mails.len(), before + 1);
    let mail = mails.iter().find(|mail| mail.contains("Starta om skrivaren.")).expect("the reply");
    assert!(mail.contains(&format!("[{}]", ticket.number)), "{mail}");
    assert!(mail.contains(&format!("In-Reply-To: <{OTHER}@kommun.example>")), "{mail}");
    assert!(mail.contains("From: Servicedesk <servicedesk@kommun.example>"), "{mail}");
    let id = mail.lines().find_map(|line| line.strip_prefix("Message-ID: ")).expect("an id").trim();
    let answer = letters::letter("answer", "gun.persson", "Re: skrivaren", "Det hjälpte inte.");
    deliver(&place, "answer", &answer.replace("\nMIME", &format!("\nIn-Reply-To: {id}\nMIME")));
    desk.work().await;
    assert_eq!(desk.ticket(OTHER).await.state, State::Technician { password: PasswordFact::NotChanged });
    does(&place, &desk, OTHER, Act::Close).await;
    let closed = State::Closed { how: Closing::Resolved, password: PasswordFact::NotChanged };
    assert_eq!(desk.ticket(OTHER).await.state, closed);
    kept(presses(&desk, OTHER, Act::Reopen).await);
    desk.drain().await;
    let ticket = desk.ticket(OTHER).await;
    assert_eq!(ticket.state, State::Technician { password: PasswordFact::NotChanged }, "at once");
    assert_eq!(decisions(&ticket).len(), 3, "{:?}", ticket.trail);
}

#[tokio::test]
async fn a_canned_reply_and_a_question_leave_in_both_languages() {
    let place = Place::new();
    place.deliver(OTHER);
    let desk = place.open().await;
    desk.work().await;
    let at = Some(desk.parts.clock.now());
    does(&place, &desk, OTHER, Act::Canned { reply: Canned::PhonesAreDown, at, closes: false }).await;
    let said = mails_to(&place.folder, GUN).concat();
    assert!(said.contains("ur funktion sedan") && said.contains("out of order since"), "{said}");
    does(&place, &desk, OTHER, Act::Ask).await;
    assert_eq!(desk.ticket(OTHER).await.state, State::Asked);
    // Her answer is the machine's again.
    let answer = letters::request("answer", "gun.persson", "070-174 06 07")
        .replace("Subject: ", &format!("Subject: [{}] ", desk.ticket(OTHER).await.number));
    deliver(&place, "answer", &answer);
    desk.work().await;
    assert!(matches!(desk.ticket(OTHER).await.state, State::Done { .. }), "{:?}", desk.ticket(OTHER).await);
    does(&place, &desk, OTHER, Act::Canned { reply: Canned::Refusal, at: None, closes: true }).await;
    assert!(matches!(desk.ticket(OTHER).await.state, State::Done { .. }), "what was delivered stays so");
    assert!(mails_to(&place.folder, GUN).concat().contains("Prata med din n"), "the refusal");
}

#[tokio::test]
async fn a_person_routes_to_the_manager_and_chooses_the_account() {
    let place = Place::new();
    place.deliver("technician-fields-ambiguous");
    let unknown = letters::request("unknown", "gun.persson", "070-174 06 07")
        .replace("gun.persson@kommun.example\nMobil", "xyz\nMobil");
    deliver(&place, "unknown", &unknown);
    let desk = place.open().await;
    desk.work().await;
    technician_has(&desk, "unknown", Reason::AccountUnknown, PasswordFact::NotChanged).await;
    let account = Username::parse(GUN).unwrap();
    does(&place, &desk, "unknown", Act::ChooseAccount { account: account.clone() }).await;
    let ticket = desk.ticket("unknown").await;
    assert!(matches!(ticket.state, State::Done { .. }), "{:?}", ticket.trail);
    assert_eq!(ticket.named, Some(account));
    let routes = Act::ToManager { account: Username::parse("filip.nord").ok() };
    does(&place, &desk, "technician-fields-ambiguous", routes).await;
    let ticket = desk.ticket("technician-fields-ambiguous").await;
    assert!(matches!(ticket.state, State::Offered { .. }), "{:?}", ticket.trail);
    assert_eq!(ticket.outcome, Some(Fate::Manager));
    assert!(desk.reveal(&place.token(), &karins_phone()).await.is_ok());
    assert!(place.was_set("a-filip"));
}

#[tokio::test]
async fn what_the_machine_works_on_is_left_alone_and_a_note_is_not_refused() {
    let place = Place::new();
    place.deliver(OFFERED);
    let desk = place.open().await;
    desk.work().await;
    for act in [Act::Retry, Act::Close, Act::Ask, Act::Phishing, Act::Approve, reply("x", true), Act::Reopen]
    {
        refused(&desk, OFFERED, act, Refusal::AtWork).await;
    }
    for act in [Act::Take, Act::Note { text: "Karin har semester".to_owned() }] {
        assert!(matches!(presses(&desk, OFFERED, act).await, Performed::Done(_)));
    }
    assert_eq!(desk.ticket(OFFERED).await.assignee, "eva.lind");
    assert_eq!(port(&desk).notes(desk.ticket(OFFERED).await.number).await.unwrap().len(), 1);
    assert!(desk.reveal(&place.token(), &karins_phone()).await.is_ok(), "the machine goes on");
}

#[tokio::test]
async fn nothing_is_decided_while_the_automation_is_off_or_only_observes() {
    let place = Place::new();
    place.deliver(UNVERIFIED);
    let desk = place.open().await;
    desk.work().await;
    let act = kept(presses(&desk, UNVERIFIED, Act::Approve).await);
    turn(&desk, Automation::Off).await;
    place.clock.pass(10);
    desk.drain().await;
    technician_has(&desk, UNVERIFIED, Reason::SenderUnverified, PasswordFact::NotChanged).await;
    let acts = port(&desk).acts(act.number).await.unwrap();
    assert_eq!(acts[0].status, ActStatus::Refused);
    assert!(acts[0].why.contains("automation is off"), "{}", acts[0].why);
    refused(&desk, UNVERIFIED, Act::Approve, Refusal::AutomationOff).await;
    turn(&desk, Automation::Observe).await;
    place.deliver(OTHER);
    desk.work().await;
    refused(&desk, UNVERIFIED, Act::Retry, Refusal::Observed).await;
    refused(&desk, UNVERIFIED, reply("x", true), Refusal::Observed).await;
    turn(&desk, Automation::On).await;
    kept(presses(&desk, OTHER, Act::Reopen).await);
    desk.drain().await;
    refused(&desk, OTHER, Act::Retry, Refusal::Observed).await;
}

#[tokio::test]
async fn a_mail_that_comes_within_the_ten_seconds_stops_the_act() {
    let place = Place::new();
    place.deliver(UNVERIFIED);
    let desk = place.open().await;
    desk.work().await;
    let ticket = desk.ticket(UNVERIFIED).await;
    let act = kept(presses(&desk, UNVERIFIED, Act::Approve).await);
    let more = format!(
        "From: anna.andersson@privat.example\nSubject: [{}] Re: hej\nMessage-ID: <more@privat.example>\n\
         In-Reply-To: <{UNVERIFIED}@kommun.example>\n\nVänta, det var inte jag!\n",
        ticket.number
    );
    deliver(&place, "more", &more);
    desk.take_in().await;
    place.clock.pass(10);
    desk.drain().await;
    let acts = port(&desk).acts(act.number).await.unwrap();
    assert_eq!(acts[0].status, ActStatus::Refused, "{acts:?}");
    assert_eq!(demo_desk::texts(&place.folder).len(), 0);
    assert!(!place.was_set("a-anna"));
}

#[tokio::test]
async fn phishing_is_closed_and_nothing_of_it_is_ever_done_or_answered() {
    let place = Place::new();
    place.deliver(UNVERIFIED);
    let desk = place.open().await;
    desk.work().await;
    does(&place, &desk, UNVERIFIED, Act::Phishing).await;
    let phishing = State::Closed { how: Closing::Phishing, password: PasswordFact::NotChanged };
    assert_eq!(desk.ticket(UNVERIFIED).await.state, phishing);
    for act in [Act::Approve, Act::Retry, reply("x", false), Act::Ask] {
        refused(&desk, UNVERIFIED, act, Refusal::NotNow).await;
    }
    let more = format!(
        "From: anna.andersson@privat.example\nSubject: hej\nMessage-ID: <more@privat.example>\n\
         In-Reply-To: <{UNVERIFIED}@kommun.example>\n\nSkynda!\n"
    );
    deliver(&place, "more", &more);
    desk.work().await;
    assert_eq!(desk.ticket(UNVERIFIED).await.state, phishing);
    assert_eq!(mails_to(&place.folder, "anna.andersson@privat.example").len(), 0);
}

#[tokio::test]
async fn two_tickets_are_put_together_and_read_together() {
    let place = Place::new();
    deliver(
        &place,
        "first",
        &letters::letter(
            "first",
            "gun.persson",
            "Lösenord",
            "Jag har glömt mitt lösenord.\nAnvändarnamn: gun.persson@kommun.example",
        ),
    );
    let desk = OpenDesk::open(&place.folder, &place.clock, |_| {}).await;
    desk.work().await;
    assert_eq!(desk.ticket("first").await.state, State::Asked);
    // From another address of hers, which is nobody's here.
    let home = letters::letter(
        "second",
        "gun.hemma",
        "Lösenord",
        "Jag har glömt mitt lösenord.\nMobilnummer: 070-174 06 07",
    );
    deliver(&place, "second", &home);
    desk.work().await;
    let (first, second) = (desk.ticket("first").await, desk.ticket("second").await);
    let merges = Act::Merge { into: second.number };
    assert_eq!(presses(&desk, "first", merges).await, Performed::Refused(Refusal::OtherIsNewer));
    does(&place, &desk, "second", Act::Merge { into: first.number }).await;
    assert_eq!(desk.ticket("second").await.state, State::Merged { into: first.number });
    // As if her second mail had answered the question.
    let ticket = desk.ticket("first").await;
    assert!(matches!(ticket.state, State::Done { .. }), "{:?} {:?}", ticket.state, ticket.trail);
}

#[tokio::test]
async fn a_reply_that_cannot_be_sent_comes_back_to_people() {
    let place = Place::new();
    place.deliver(OTHER);
    let desk = place.open().await;
    desk.work().await;
    does(&place, &desk, OTHER, reply("Starta om skrivaren.", true)).await;
    let mut mails = mails_to(&place.folder, GUN).into_iter();
    let mail = mails.find(|mail| mail.contains("Starta om skrivaren.")).unwrap();
    let id = mail.lines().find_map(|line| line.strip_prefix("Message-ID: ")).unwrap().trim().to_owned();
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
    let ticket = desk.ticket(OTHER).await;
    assert_eq!(ticket.state, State::Technician { password: PasswordFact::NotChanged });
    assert!(
        ticket.trail.0.iter().any(|line| line.evidence.contains("came back (reply)")),
        "{:?}",
        ticket.trail
    );
}
