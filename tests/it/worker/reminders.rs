//! Reminder and closing word when a way is dead, a part does not answer, or the program dies: they go by the way
//! that lives, at their time, and once. And what never left is told in time.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use nyckelbud::decision::Pickup;
use nyckelbud::directory::{Directory, DirectoryError, Facts, Finding, Found, Who};
use nyckelbud::types::Outcome;
use nyckelbud::web::{PickupAnswer, PickupView};

use super::messages::{ScriptedMail, no_such_mailbox, not_sent};
use super::*;
use crate::support::scripted_gateway::{accepted, refused};

/// Words of the texts and subjects of the mails that go to Karin.
const LINK: &str = "behöver";
const REMINDER: &str = "Påminnelse";
const CLOSED: &str = "stängd";

const BOTH: &str = "[delivery]\npickup = \"link-and-code\"\n";

/// How many texts that reached the gateway hold these words.
fn texts(gateway: &ScriptedGateway, words: &str) -> usize {
    let to_karin = gateway.sent().into_iter().filter(|sent| sent.to == "+46701740610");
    to_karin.filter(|sent| sent.text.contains(words)).count()
}

/// A desk with these ways out, whose rules are changed so.
async fn open(
    place: &Place,
    gateway: &Arc<ScriptedGateway>,
    mail: &Arc<ScriptedMail>,
    change: impl FnOnce(&mut nyckelbud::worker::Parts),
) -> OpenDesk {
    OpenDesk::open(&place.folder, &place.clock, |parts| {
        parts.gateways = vec![Arc::clone(gateway) as _];
        parts.mail = Arc::clone(mail) as _;
        change(parts);
    })
    .await
}

/// The same, whose managers sign in: the link goes both ways.
async fn signing_in(place: &Place, gateway: &Arc<ScriptedGateway>, mail: &Arc<ScriptedMail>) -> OpenDesk {
    open(place, gateway, mail, |parts| parts.rules.policy.pickup = Pickup::SignIn).await
}

fn all_taken() -> Arc<ScriptedGateway> {
    ScriptedGateway::new("one", false, |_, _| accepted(""))
}

/// Takes everything but links.
fn no_links() -> Arc<ScriptedGateway> {
    ScriptedGateway::new("one", false, |_, text| if text.contains(LINK) { refused() } else { accepted("") })
}

/// Minute after minute.
async fn pass(place: &Place, desk: &OpenDesk, minutes: u32) {
    for _ in 0..minutes {
        desk.work().await;
        place.clock.turn(1);
    }
    desk.work().await;
}

/// The account's owner says that it was not them.
async fn is_stopped(desk: &OpenDesk, gateway: &ScriptedGateway) {
    let sent = gateway.sent();
    let warning = sent.iter().find(|sent| sent.text.contains("Stoppa det")).expect("the warning");
    let (_, link) = warning.text.split_once("/p/").expect("its link");
    let token: String = link.chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '-').collect();
    assert_eq!(desk.answer(&token, None, PickupAnswer::NotMe).await, PickupView::Stopped);
    desk.work().await;
}

#[tokio::test]
async fn when_no_gateway_takes_the_link_reminder_and_closing_word_go_by_mail() {
    let place = Place::new();
    place.deliver(OFFERED);
    let (gateway, mail) = (no_links(), ScriptedMail::new(|_| accepted("")));
    let desk = signing_in(&place, &gateway, &mail).await;
    pass(&place, &desk, 40).await;
    assert_eq!((mail.took(LINK), mail.took(REMINDER), texts(&gateway, REMINDER)), (1, 1, 0));
    is_stopped(&desk, &gateway).await;
    assert_eq!((mail.took(CLOSED), texts(&gateway, CLOSED)), (1, 0));
}

#[tokio::test]
async fn while_no_gateway_can_be_reached_whom_the_mail_has_reached_is_reminded() {
    let place = Place::new();
    place.deliver(OFFERED);
    let (gateway, mail) = (all_taken(), ScriptedMail::new(|_| accepted("")));
    gateway.set_down(true);
    let desk = signing_in(&place, &gateway, &mail).await;
    pass(&place, &desk, 29).await;
    assert_eq!((mail.took(LINK), mail.took(REMINDER)), (1, 0));
    pass(&place, &desk, 12).await;
    assert_eq!(mail.took(REMINDER), 1);
    gateway.set_down(false);
    pass(&place, &desk, 60).await;
    assert_eq!((mail.took(REMINDER), texts(&gateway, LINK), texts(&gateway, REMINDER)), (1, 1, 0));
}

#[tokio::test]
async fn when_no_mail_arrives_they_go_by_text_and_when_nothing_does_a_technician_has_it() {
    let place = Place::new();
    place.deliver(OFFERED);
    let (gateway, mail) = (all_taken(), ScriptedMail::new(|_| no_such_mailbox()));
    let desk = signing_in(&place, &gateway, &mail).await;
    pass(&place, &desk, 40).await;
    assert_eq!((texts(&gateway, LINK), texts(&gateway, REMINDER)), (1, 1));
    is_stopped(&desk, &gateway).await;
    assert_eq!(texts(&gateway, CLOSED), 1);

    let place = Place::new();
    place.deliver(OFFERED);
    let gateway = no_links();
    let desk = signing_in(&place, &gateway, &mail).await;
    pass(&place, &desk, 2).await;
    technician_has(&desk, OFFERED, Reason::DeliveryFailed, PasswordFact::NotChanged).await;
    assert_eq!(texts(&gateway, CLOSED), 0, "nothing has reached her");
}

#[tokio::test]
async fn without_any_gateway_a_manager_who_signs_in_is_asked_by_mail_and_any_other_waits() {
    for (pickup, mails) in [(Pickup::SignIn, 1), (Pickup::Link, 0)] {
        let place = Place::new();
        place.deliver(OFFERED);
        let mail = ScriptedMail::new(|_| accepted(""));
        let desk = OpenDesk::open(&place.folder, &place.clock, |parts| {
            parts.gateways.clear();
            parts.mail = Arc::clone(&mail) as _;
            parts.rules.policy.pickup = pickup;
        })
        .await;
        desk.work().await;
        assert_eq!(mail.took(LINK), mails, "{pickup:?}");
        assert_eq!(matches!(desk.ticket(OFFERED).await.state, State::Offered { .. }), mails == 1);
        // The owner's warning waits for a gateway.
        pass(&place, &desk, 35).await;
        assert_eq!(mail.took(REMINDER), mails, "{pickup:?}");
    }
}

#[tokio::test]
async fn a_link_that_cannot_leave_in_time_is_a_technicians_and_not_before() {
    let (own, none) = ("[delivery]\nrequester = \"pickup\"\n", "");
    for (more, name, gateway_is_down) in
        [(own, TEXTED, true), (none, OFFERED, true), (BOTH, OFFERED, true), (BOTH, OFFERED, false)]
    {
        let place = Place::with(more);
        place.deliver(name);
        let gateway = all_taken();
        gateway.set_down(gateway_is_down);
        let mail = ScriptedMail::new(move |_| if gateway_is_down { accepted("") } else { not_sent() });
        let desk = open(&place, &gateway, &mail, |_| {}).await;
        pass(&place, &desk, 29).await;
        assert!(matches!(desk.ticket(name).await.state, State::Offered { .. }), "{more}");
        pass(&place, &desk, 3).await;
        technician_has(&desk, name, Reason::DeliveryFailed, PasswordFact::NotChanged).await;
        let said = if gateway_is_down {
            "no text of the link could leave"
        } else {
            "could not be sent (manager-link)"
        };
        let trail = desk.ticket(name).await.trail;
        assert_eq!(trail.0.iter().filter(|line| line.evidence.contains(said)).count(), 1, "{trail:?}");
        // Whoever got the other half hears that it is worth nothing.
        let told = (mail.took(CLOSED), texts(&gateway, CLOSED));
        let expected = match (more == BOTH, gateway_is_down) {
            (true, true) => (1, 0),
            (true, false) => (0, 1),
            (false, _) => (0, 0),
        };
        assert_eq!(told, expected, "{more}");
    }
}

#[tokio::test]
async fn nobody_is_reminded_of_what_has_only_just_come() {
    let place = Place::new();
    place.deliver(OFFERED);
    let (gateway, mail) = (all_taken(), ScriptedMail::new(|_| accepted("")));
    gateway.set_down(true);
    let later = |parts: &mut nyckelbud::worker::Parts| parts.rules.deadline = Duration::from_secs(3 * 3600);
    let desk = open(&place, &gateway, &mail, later).await;
    pass(&place, &desk, 35).await;
    gateway.set_down(false);
    pass(&place, &desk, 3).await;
    assert_eq!((texts(&gateway, LINK), texts(&gateway, REMINDER)), (1, 0));
    pass(&place, &desk, 25).await;
    assert_eq!(texts(&gateway, REMINDER), 0, "it came less than half an hour ago");
    pass(&place, &desk, 10).await;
    assert_eq!(texts(&gateway, REMINDER), 1);
}

#[tokio::test]
async fn a_link_that_was_mailed_late_is_brought_to_mind_later() {
    let place = Place::with(BOTH);
    place.deliver(OFFERED);
    let is_down = Arc::new(AtomicBool::new(true));
    let down = Arc::clone(&is_down);
    let mail =
        ScriptedMail::new(move |_| if down.load(Ordering::SeqCst) { not_sent() } else { accepted("") });
    let desk = open(&place, &all_taken(), &mail, |_| {}).await;
    pass(&place, &desk, 20).await;
    is_down.store(false, Ordering::SeqCst);
    let mut came = Vec::new();
    for minute in 20..90 {
        pass(&place, &desk, 1).await;
        for what in [LINK, REMINDER] {
            if mail.took(what) == 1 && !came.iter().any(|(known, _)| *known == what) {
                came.push((what, minute));
            }
        }
    }
    let [(LINK, link), (REMINDER, reminder)] = came[..] else { panic!("{came:?}") };
    assert!((30..=33).contains(&(reminder - link)), "{came:?}");
    assert_eq!(mail.took(REMINDER), 1);
}

/// A directory that answers when it is let.
pub struct Switched(pub Arc<AtomicBool>, pub Arc<dyn Directory>);

#[async_trait]
impl Directory for Switched {
    async fn facts(&self, who: &Who, depth: u8) -> Result<Facts, DirectoryError> {
        if self.0.load(Ordering::SeqCst) {
            self.1.facts(who, depth).await
        } else {
            Err(DirectoryError::TimedOut)
        }
    }

    async fn people(&self, name: &str, most: u8) -> Result<Vec<Found>, DirectoryError> {
        self.1.people(name, most).await
    }

    async fn probe(&self) -> Result<String, DirectoryError> {
        self.1.probe().await
    }

    async fn rights(&self) -> Vec<Finding> {
        self.1.rights().await
    }
}

#[tokio::test]
async fn a_directory_that_does_not_answer_at_that_minute_costs_nobody_the_reminder() {
    for more in ["", BOTH] {
        let place = Place::with(more);
        place.deliver(OFFERED);
        let (gateway, mail) = (all_taken(), ScriptedMail::new(|_| accepted("")));
        let answers = Arc::new(AtomicBool::new(true));
        let switch = Arc::clone(&answers);
        let desk = open(&place, &gateway, &mail, |parts| {
            parts.directory = Arc::new(Switched(switch, Arc::clone(&parts.directory)));
        })
        .await;
        pass(&place, &desk, 25).await;
        answers.store(false, Ordering::SeqCst);
        pass(&place, &desk, 10).await;
        let reminders = || mail.took(REMINDER) + texts(&gateway, REMINDER);
        assert_eq!(reminders(), 0, "{more}");
        answers.store(true, Ordering::SeqCst);
        pass(&place, &desk, 20).await;
        assert_eq!(reminders(), 1, "{more}");
    }
}

#[tokio::test]
async fn what_a_program_began_before_it_died_is_not_said_twice() {
    for what in [REMINDER, CLOSED] {
        let place = Place::new();
        place.deliver(OFFERED);
        // It takes the text, and the program dies before it hears so.
        let dies = move |_, text: &str| -> Outcome {
            assert!(!text.contains(what), "the program dies here, on purpose");
            accepted("")
        };
        let (gateway, mail) = (ScriptedGateway::new("one", false, dies), ScriptedMail::new(|_| accepted("")));
        let desk = open(&place, &gateway, &mail, |_| {}).await;
        pass(&place, &desk, 32).await;
        if what == CLOSED {
            is_stopped(&desk, &gateway).await;
        }
        assert_eq!(texts(&gateway, what), 1, "it was tried");
        drop(desk);
        let well = all_taken();
        let desk = open(&place, &well, &mail, |_| {}).await;
        pass(&place, &desk, 20).await;
        assert_eq!(texts(&well, what), 0, "{what} may have arrived");
        let rows = crate::support::audit_rows::read(&place.folder.join("var/nyckelbud.db")).await;
        let uncertain = rows.iter().filter(|(_, event, _)| event == "warning.uncertain").count();
        assert_eq!(uncertain, 1, "{what}: nobody knows, and the log says so");
    }
}

#[tokio::test]
async fn a_warning_that_stops_the_program_each_time_is_given_up_and_its_ticket_says_so() {
    let place = Place::new();
    place.deliver(OFFERED);
    let dies = |_, text: &str| -> Outcome {
        assert!(!text.contains("Stoppa det"), "the program dies here, on purpose");
        accepted("")
    };
    let (gateway, mail) = (ScriptedGateway::new("one", false, dies), ScriptedMail::new(|_| accepted("")));
    for _ in 0..9 {
        let desk = open(&place, &gateway, &mail, |_| {}).await;
        pass(&place, &desk, 1).await;
    }
    let tries = gateway.sent().iter().filter(|sent| sent.text.contains("Stoppa det")).count();
    assert_eq!(tries, 6, "each of them may have left");
    let desk = open(&place, &gateway, &mail, |_| {}).await;
    let trail = desk.ticket(OFFERED).await.trail;
    let given_up = trail.0.iter().filter(|line| line.evidence.contains("could not be sent (owner-warning)"));
    assert_eq!(given_up.count(), 1, "{trail:?}");
    let rows = crate::support::audit_rows::read(&place.folder.join("var/nyckelbud.db")).await;
    let of = |name: &str| rows.iter().filter(|(_, event, _)| event == name).count();
    assert_eq!((of("warning.intended"), of("warning.uncertain")), (6, 6), "each has its outcome");
}
