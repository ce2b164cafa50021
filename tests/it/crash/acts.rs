//! Two technicians who act: what they have pressed is carried out once, and what was taken back never.

use std::collections::BTreeSet;
use std::sync::Arc;

use nyckelbud::ticket::{Act, Closing, Grounds, KeptAct, PasswordFact, State};
use nyckelbud::types::{Override, Role, StaffMember, StaffName};
use nyckelbud::web::port::{ActForm, Performed, Refusal, TicketActs};
use nyckelbud::worker::ActsPort;

use super::gateways::{ANNAS_MOBILE, JOHNS_MOBILE};
use super::invariants::Evidence;
use super::people::People;

/// What Eva writes to Gun.
const WORDS: &str = "Starta om skrivaren.";

fn staff(name: &str) -> StaffMember {
    let shown = name.to_owned();
    StaffMember { name: StaffName::parse(name).expect("a name"), shown, role: Role::Technician }
}

impl People<'_> {
    /// Everybody does what they can do now, once.
    pub async fn act_on_tickets(&self) -> bool {
        let port = ActsPort::new(Arc::clone(&self.parts));
        let taken_back = async {
            // Who was killed after it presses a form whose act came to nothing.
            if let Some(act) = self.presses(&port, "john", Act::Close).await {
                port.undo(&staff("eva"), act.number, act.id).await;
            }
        };
        let both = async {
            let (way, why) = (Override::ToRegisteredPhone, "She stands here.".to_owned());
            let asks =
                Act::Override { way, account: None, grounds: Grounds::InPerson, why, whom: String::new() };
            let act = self.presses(&port, "anna", asks).await.expect("an act");
            let said = port.second(&staff("per"), act.number, act.id, act.version, true).await;
            // Who was killed may have said so already.
            assert!(matches!(said, Performed::Kept(_) | Performed::Refused(Refusal::Gone)), "{said:?}");
        };
        let writes = Act::Reply { language: "sv".to_owned(), text: WORDS.to_owned(), closes: true };
        let pressed = |mail: &'static str, act: Act| async {
            self.presses(&port, mail, act).await;
        };
        (self.is_open("john").await && self.once("taken-back", taken_back).await)
            || (self.is_open("gun").await
                && self.once("noted", pressed("gun", Act::Note { text: "It blinks.".to_owned() })).await)
            || (self.is_open("john").await && self.once("approved", pressed("john", Act::Approve)).await)
            || (self.is_open("anna").await && self.once("both", both).await)
            || (self.is_open("filip").await
                && self.once("routed", pressed("filip", Act::ToManager { account: None })).await)
            || (self.is_open("gun").await && self.once("written", pressed("gun", writes)).await)
    }

    async fn is_open(&self, mail: &str) -> bool {
        let ticket = self.ticket_of(mail).await;
        ticket.is_some_and(|ticket| matches!(ticket.state, State::Technician { .. }))
    }

    /// Eva presses; who was killed presses the same form again.
    async fn presses(&self, port: &ActsPort, mail: &str, act: Act) -> Option<KeptAct> {
        let ticket = self.ticket_of(mail).await.expect("a ticket");
        let key = format!("{mail}-{}", act.code());
        let form = ActForm { ticket: ticket.number, version: ticket.version, key, act };
        match port.perform(&staff("eva"), form).await {
            Performed::Kept(act) | Performed::Colleague(act) | Performed::Done(act) => Some(act),
            Performed::Refused(Refusal::FormUsed) => None,
            other => panic!("{mail}: {other:?}"),
        }
    }
}

/// What holds of it.
pub fn carried_out_once(evidence: &Evidence<'_>) {
    let told = |wanted: &str| evidence.audit.iter().filter(|(_, event, _)| event == wanted).count();
    assert_eq!((told("act.made"), told("act.undone"), told("act.seconded")), (5, 1, 1));
    assert_eq!((told("act.done"), told("ticket.noted"), told("ticket.ordered")), (4, 1, 3));
    assert_eq!((told("act.refused"), told("act.lapsed")), (0, 0));
    // A kill may have come between the mail and its end: then it comes once more, under the same Message-ID.
    let mails = evidence.world.mails_to("gun.persson");
    let replies = mails.iter().filter(|mail| mail.contains(WORDS));
    let ids = replies.clone().filter_map(|mail| mail.lines().find(|line| line.starts_with("Message-ID: ")));
    let ids: BTreeSet<&str> = ids.collect();
    assert!(ids.len() == 1 && (1..=2).contains(&replies.count()), "{mails:?}");
    let gun = &evidence.ticket("gun").ticket.state;
    assert_eq!(*gun, State::Closed { how: Closing::Resolved, password: PasswordFact::NotChanged });
    for mail in ["anna", "john", "filip"] {
        let state = &evidence.ticket(mail).ticket.state;
        assert!(matches!(state, State::Done { .. }), "{mail} is left {state:?}");
    }
    let texts = evidence.world.texts_to(ANNAS_MOBILE).len() + evidence.world.texts_to(JOHNS_MOBILE).len();
    assert!(texts >= 2, "both are texted");
}
