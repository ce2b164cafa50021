//! Acts that come to nothing: taken back, too late, of a ticket that cannot be read, by people who may not; many at once.

use nyckelbud::ticket::{Act, ActStatus, Closing, PasswordFact, State};
use nyckelbud::types::{Override, Reason};
use nyckelbud::web::port::{ActForm, Performed, Refusal, TicketActs, Undone};

use super::acts::*;
use super::texting::mails_to;
use super::*;
use crate::support::letters;
use crate::support::staff::account;

const WORDS: &str = "Starta om skrivaren.";

async fn draft(desk: &OpenDesk, name: &str) -> Option<String> {
    let number = desk.ticket(name).await.number;
    port(desk).draft(&eva(), number).await.map(|(text, _)| text)
}

#[tokio::test]
async fn what_was_written_and_not_sent_is_a_draft_and_its_form_is_used_up() {
    let place = Place::new();
    place.deliver(OTHER);
    let desk = place.open().await;
    desk.work().await;
    let sent = mails_to(&place.folder, GUN).len();
    let form = form(&desk.ticket(OTHER).await, reply(WORDS, true));
    let act = kept(port(&desk).perform(&eva(), form.clone()).await);
    assert_eq!(port(&desk).undo(&eva(), act.number, act.id).await, Undone::Yes);
    assert_eq!(draft(&desk, OTHER).await.as_deref(), Some(WORDS));
    // Back in the browser, corrected, sent: nobody may think that it has left.
    let corrected = ActForm { act: reply("Starta om den.", true), ..form.clone() };
    for form in [form, corrected] {
        let said = port(&desk).perform(&eva(), form).await;
        assert_eq!(said, Performed::Refused(Refusal::FormUsed));
    }
    assert_eq!(draft(&desk, OTHER).await.as_deref(), Some("Starta om den."));
    place.clock.pass(10);
    desk.drain().await;
    assert_eq!(mails_to(&place.folder, GUN).len(), sent);
    // A form whose act was done is the same act, and for something else it is none.
    let note = |text: &str| Act::Note { text: text.to_owned() };
    let noted =
        ActForm { act: note("hej"), key: "n".to_owned(), ..self::form(&desk.ticket(OTHER).await, Act::Take) };
    assert!(matches!(port(&desk).perform(&eva(), noted.clone()).await, Performed::Done(_)));
    assert!(matches!(port(&desk).perform(&eva(), noted.clone()).await, Performed::Done(_)));
    let other = ActForm { act: note("hej igen"), ..noted };
    assert_eq!(port(&desk).perform(&eva(), other).await, Performed::Refused(Refusal::FormUsed));
    assert_eq!(draft(&desk, OTHER).await.as_deref(), Some("Starta om den."), "a note is no reply");
}

#[tokio::test]
async fn what_could_not_be_carried_out_in_time_is_not_carried_out_later() {
    let place = Place::new();
    place.deliver(OTHER);
    let desk = place.open().await;
    desk.work().await;
    let sent = mails_to(&place.folder, GUN).len();
    let act = kept(presses(&desk, OTHER, reply(WORDS, true)).await);
    // The program was stopped meanwhile.
    drop(desk);
    place.clock.pass(10 + 15 * 60 + 1);
    let desk = place.open().await;
    desk.drain().await;
    let acts = port(&desk).acts(act.number).await.unwrap();
    assert_eq!(acts[0].status, ActStatus::Lapsed, "{}", acts[0].why);
    assert_eq!(mails_to(&place.folder, GUN).len(), sent);
    assert_eq!(draft(&desk, OTHER).await.as_deref(), Some(WORDS));
    // A little late it still is.
    kept(presses(&desk, OTHER, reply(WORDS, true)).await);
    place.clock.pass(10 + 14 * 60);
    desk.drain().await;
    assert_eq!(mails_to(&place.folder, GUN).len(), sent + 1);
}

#[tokio::test]
async fn a_ticket_that_cannot_be_read_holds_up_no_others_act() {
    let place = Place::new();
    place.deliver(UNVERIFIED);
    place.deliver(OTHER);
    let desk = place.open().await;
    desk.work().await;
    let broken = kept(presses(&desk, UNVERIFIED, Act::Close).await);
    kept(presses(&desk, OTHER, Act::Close).await);
    let file = place.folder.join("var/nyckelbud.db");
    crate::support::audit_rows::run(&file, "UPDATE ticket SET trail = 'of a later version' WHERE id = (SELECT ticket FROM act ORDER BY id LIMIT 1)").await;
    place.clock.pass(10);
    desk.drain().await;
    let closed = State::Closed { how: Closing::Resolved, password: PasswordFact::NotChanged };
    assert_eq!(desk.parts.store.numbered(broken.number).await.ok(), None, "it cannot be read");
    let acts = port(&desk).acts(broken.number).await.unwrap();
    assert_eq!(acts[0].status, ActStatus::Refused);
    crate::support::audit_rows::run(
        &file,
        "UPDATE ticket SET trail = '[]' WHERE trail = 'of a later version'",
    )
    .await;
    assert_eq!(desk.ticket(OTHER).await.state, closed);
}

#[tokio::test]
async fn who_may_not_act_any_more_does_not() {
    let place = Place::new();
    place.deliver(OTHER);
    let desk = place.open().await;
    for name in ["eva.lind", "per.ost"] {
        desk.employ(&account(name, nyckelbud::types::Role::Technician, None)).await;
    }
    desk.work().await;
    let act = kept(presses(&desk, OTHER, Act::Close).await);
    let audit =
        AuditEntry { actor: "cli:x".to_owned(), event: "user.disabled".to_owned(), data: "{}".to_owned() };
    let (store, now) = (&desk.parts.store, desk.parts.clock.now());
    let disabled = nyckelbud::store::StaffChange::Disabled(true);
    assert!(store.change_staff(&eva().name, &disabled, &audit, now).await.unwrap());
    place.clock.pass(10);
    desk.drain().await;
    assert_eq!(port(&desk).acts(act.number).await.unwrap()[0].status, ActStatus::Refused);
    assert_eq!(desk.ticket(OTHER).await.state, State::Technician { password: PasswordFact::NotChanged });
}

#[tokio::test]
async fn nobody_gets_a_ticket_who_may_not_act_also_from_whoever_saw_an_older_one() {
    let place = Place::new();
    place.deliver(OTHER);
    let desk = place.open().await;
    let bo = account("bo.berg", nyckelbud::types::Role::Technician, None);
    desk.employ(&nyckelbud::store::Staff { disabled: true, ..bo.clone() }).await;
    desk.work().await;
    let assigns = form(&desk.ticket(OTHER).await, Act::Assign { to: bo.member.name.clone() });
    presses(&desk, OTHER, Act::Note { text: "hej".to_owned() }).await;
    assert!(desk.ticket(OTHER).await.version > assigns.version);
    let said = port(&desk).perform(&eva(), assigns).await;
    assert_eq!(said, Performed::Refused(Refusal::NoSuchColleague));
    assert_eq!(desk.ticket(OTHER).await.assignee, "");
}

#[tokio::test]
async fn nothing_is_approved_while_the_automation_is_not_on() {
    let place = Place::new();
    place.deliver(UNVERIFIED);
    let desk = place.open().await;
    desk.work().await;
    let asked = kept(presses(&desk, UNVERIFIED, overriding(Override::AsUsual)).await);
    let again = form(&desk.ticket(UNVERIFIED).await, overriding(Override::AsUsual));
    let again = port(&desk).perform(&per(), again).await;
    assert!(matches!(again, Performed::Waits(act) if act.id == asked.id), "one at a time");
    for automation in [Automation::Off, Automation::Observe] {
        turn(&desk, automation).await;
        let said = port(&desk).second(&per(), asked.number, asked.id, asked.version, true).await;
        assert_eq!(said, Performed::Refused(Refusal::AutomationOff));
    }
    assert_eq!(port(&desk).acts(asked.number).await.unwrap()[0].status, ActStatus::Colleague, "it waits on");
    turn(&desk, Automation::On).await;
    // Whose page it is not approves nothing, and takes nothing back.
    place.deliver(OTHER);
    desk.work().await;
    let other = desk.ticket(OTHER).await;
    let said = port(&desk).second(&per(), other.number, asked.id, other.version, true).await;
    assert_eq!(said, Performed::Refused(Refusal::Gone));
    assert_eq!(port(&desk).undo(&eva(), other.number, asked.id).await, Undone::TooLate);
    // A colleague takes it to look at it, and notes what they saw.
    for act in [Act::Take, Act::Note { text: "Ringde upp".to_owned() }] {
        let form = form(&desk.ticket(UNVERIFIED).await, act);
        assert!(matches!(port(&desk).perform(&per(), form).await, Performed::Done(_)));
    }
    let version = desk.ticket(UNVERIFIED).await.version;
    kept(port(&desk).second(&per(), asked.number, asked.id, version, true).await);
}

#[tokio::test]
async fn an_unreadable_mail_is_ordered_and_answered_by_nobody_and_what_is_held_is_helped() {
    let place = Place::new();
    place.deliver(UNVERIFIED);
    let desk = place.open().await;
    desk.work().await;
    let (file, number) = (place.folder.join("var/nyckelbud.db"), desk.ticket(UNVERIFIED).await.number);
    crate::support::audit_rows::run(&file, "UPDATE ticket SET kind = 'quarantine'").await;
    for act in [Act::Approve, Act::Retry, Act::Ask, reply("x", true), Act::Merge { into: number }] {
        refused(&desk, UNVERIFIED, act, Refusal::Unreadable).await;
    }
    crate::support::audit_rows::run(
        &file,
        "UPDATE ticket SET kind = 'password', state = '{\"state\":\"held\"}', reason = 'store-restored'",
    )
    .await;
    for act in [Act::Ask, Act::Merge { into: number }] {
        refused(&desk, UNVERIFIED, act, Refusal::PasswordChanged).await;
    }
    does(&place, &desk, UNVERIFIED, reply("Kommer du in?", false)).await;
    let ticket = desk.ticket(UNVERIFIED).await;
    assert_eq!(ticket.state, State::Waiting { password: PasswordFact::MayHaveChanged });
    assert_eq!(ticket.state.standing(), Standing::Open, "somebody may be locked out");
}

#[tokio::test]
async fn many_at_once_are_carried_out_and_nobody_is_asked_in_vain_or_put_away_locked_out() {
    let place = Place::new();
    place.deliver(UNVERIFIED);
    let chats = [("c1", "gun.persson"), ("c2", "gun.persson"), ("c3", "john.doe"), ("c4", "karin.ek")];
    for (name, who) in chats {
        deliver(
            &place,
            name,
            &letters::letter(name, who, &format!("Skrivaren {name}"), &format!("Den i {name} blinkar.")),
        );
    }
    place.deliver(TEXTED);
    let desk = place.open().await;
    desk.work().await;
    let form = |name: &'static str, act: Act| {
        let desk = &desk;
        async move { self::form(&desk.ticket(name).await, act) }
    };
    let asks = vec![form(UNVERIFIED, Act::Ask).await, form("c1", Act::Ask).await, form("c2", Act::Ask).await];
    let said: Vec<_> =
        port(&desk).perform_all(&eva(), asks).await.into_iter().map(|(_, said)| said).collect();
    assert_eq!(said[0], Performed::Refused(Refusal::Unvouched));
    assert!(matches!(said[1], Performed::Kept(_)));
    assert_eq!(said[2], Performed::Refused(Refusal::AskedLately), "they are one person's");
    let into = desk.ticket("c3").await.number;
    let others = vec![form("c4", Act::Merge { into }).await];
    port(&desk).perform_all(&eva(), others).await;
    place.clock.pass(10);
    desk.drain().await;
    assert_eq!(desk.ticket("c1").await.state, State::Asked);
    assert_eq!(desk.ticket("c4").await.state, State::Merged { into });
    let again = vec![form("c2", Act::Ask).await, form("c2", Act::Close).await, form("c3", Act::Close).await];
    let said = port(&desk).perform_all(&eva(), again).await;
    assert_eq!(said[0].1, Performed::Refused(Refusal::AskedLately), "within the hour");
    place.clock.pass(10);
    desk.drain().await;
    for name in ["c2", "c3"] {
        let closed = State::Closed { how: Closing::Resolved, password: PasswordFact::NotChanged };
        assert_eq!(desk.ticket(name).await.state, closed, "{name}");
    }
    kept(presses(&desk, TEXTED, Act::Reopen).await);
    desk.drain().await;
    assert_eq!(desk.ticket(TEXTED).await.state, State::Technician { password: PasswordFact::Changed });
    let closes = vec![form(TEXTED, Act::Close).await];
    let said = port(&desk).perform_all(&eva(), closes).await;
    assert_eq!(said[0].1, Performed::Refused(Refusal::PasswordChanged));
    kept(presses(&desk, TEXTED, Act::Close).await);
}

#[tokio::test]
async fn the_refusal_tells_nothing_of_the_account() {
    let place = Place::new();
    for name in ["technician-account-protected", "technician-account-disabled"] {
        place.deliver(name);
    }
    let desk = place.open().await;
    desk.work().await;
    let mut said = Vec::new();
    for name in ["technician-account-protected", "technician-account-disabled"] {
        let ticket = desk.ticket(name).await;
        assert!(matches!(ticket.reason, Some(Reason::AccountProtected | Reason::AccountDisabled)));
        let (from, number) = (ticket.from.expect("a writer"), ticket.number.to_string());
        let before = mails_to(&place.folder, from.as_str());
        let canned = nyckelbud::ticket::Canned::Refusal;
        does(&place, &desk, name, Act::Canned { reply: canned, at: None, closes: true }).await;
        let mails = mails_to(&place.folder, from.as_str());
        let mail = mails.into_iter().find(|mail| !before.contains(mail)).expect("the refusal");
        let body = mail.split_once("\n\n").expect("a body").1.replace(&number, "N");
        said.push(body);
    }
    assert_eq!(said[0], said[1]);
}
