//! What leaves beside passwords and links: mails that cannot be sent, and warnings.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use nyckelbud::delivery::{MailSender, OutgoingMail};
use nyckelbud::types::Outcome;
use nyckelbud::worker::{Health, Worker};
use tokio_util::sync::CancellationToken;

use crate::support::scripted_gateway::{accepted, refused, uncertain};

use super::*;

/// The words of the warning to an owner.
const WARNING: &str = "Stoppa det";

/// A mail server that takes a mail and never answers.
struct Hung;

#[async_trait]
impl MailSender for Hung {
    async fn send(&self, _: &OutgoingMail) -> Outcome {
        std::future::pending().await
    }

    async fn probe(&self) -> Result<String, String> {
        Err("no answer".to_owned())
    }
}

/// A mail server of the test.
pub(super) struct ScriptedMail {
    answer: Box<dyn Fn(&OutgoingMail) -> Outcome + Send + Sync>,
    taken: Mutex<Vec<OutgoingMail>>,
}

impl ScriptedMail {
    pub(super) fn new(answer: impl Fn(&OutgoingMail) -> Outcome + Send + Sync + 'static) -> Arc<Self> {
        Arc::new(Self { answer: Box::new(answer), taken: Mutex::default() })
    }

    /// How many mails whose subject holds this were taken.
    pub(super) fn took(&self, subject: &str) -> usize {
        self.taken.lock().unwrap().iter().filter(|mail| mail.subject.contains(subject)).count()
    }
}

#[async_trait]
impl MailSender for ScriptedMail {
    async fn send(&self, mail: &OutgoingMail) -> Outcome {
        let outcome = (self.answer)(mail);
        if let Outcome::Accepted { .. } = outcome {
            self.taken.lock().unwrap().push(mail.clone());
        }
        outcome
    }

    async fn probe(&self) -> Result<String, String> {
        Ok("it answers".to_owned())
    }
}

async fn open_with_mail(place: &Place, mail: &Arc<ScriptedMail>) -> OpenDesk {
    OpenDesk::open(&place.folder, &place.clock, |parts| parts.mail = Arc::clone(mail) as _).await
}

pub(super) fn not_sent() -> Outcome {
    Outcome::NotSent { cause: "no connection".to_owned() }
}

pub(super) fn no_such_mailbox() -> Outcome {
    Outcome::Refused { cause: "550 no such mailbox".to_owned() }
}

/// Works, and once more: what found its ticket in somebody's hands comes again after a moment.
async fn work_twice(place: &Place, desk: &OpenDesk) {
    desk.work().await;
    place.clock.turn(1);
    desk.work().await;
}

/// The lines of a ticket's trail that hold this.
async fn lines(desk: &OpenDesk, name: &str, words: &str) -> usize {
    desk.ticket(name).await.trail.0.iter().filter(|line| line.evidence.contains(words)).count()
}

/// The subject of the mail to an owner.
const CHANGED: &str = "Ditt lösenord har bytts";
/// Its writer is asked for what is missing.
const ASKED: &str = "asked-fields-missing";
/// A technician's from the beginning.
const OTHER: &str = "technician-other-subject";

#[tokio::test]
async fn a_mail_server_that_is_down_over_a_weekend_costs_no_owner_the_notice() {
    let place = Place::new();
    place.deliver(TEXTED);
    let hours = Arc::new(AtomicUsize::new(0));
    let down_for = Arc::clone(&hours);
    let mail = ScriptedMail::new(move |_| match down_for.load(Ordering::SeqCst) {
        0..60 => not_sent(),
        60..62 => uncertain(),
        _ => accepted(""),
    });
    let desk = open_with_mail(&place, &mail).await;
    for hour in 0..64 {
        hours.store(hour, Ordering::SeqCst);
        desk.work().await;
        place.clock.turn(61);
    }
    assert_eq!(mail.took(CHANGED), 1);
}

#[tokio::test]
async fn a_question_that_cannot_be_sent_goes_to_a_technician() {
    let place = Place::new();
    place.deliver(ASKED);
    let mail = ScriptedMail::new(|_| no_such_mailbox());
    let desk = open_with_mail(&place, &mail).await;
    work_twice(&place, &desk).await;
    technician_has(&desk, ASKED, Reason::FieldsMissing, PasswordFact::NotChanged).await;
    assert_eq!(lines(&desk, ASKED, "could not be sent (ask-for-details): 550 no such mailbox").await, 1);
}

#[tokio::test]
async fn a_question_that_does_not_leave_for_days_goes_to_a_technician_and_not_before() {
    let place = Place::new();
    place.deliver(ASKED);
    let mail = ScriptedMail::new(|_| not_sent());
    let desk = open_with_mail(&place, &mail).await;
    for hour in 0..71 {
        desk.work().await;
        assert_eq!(desk.ticket(ASKED).await.state, State::Asked, "hour {hour}");
        place.clock.turn(61);
    }
    work_twice(&place, &desk).await;
    technician_has(&desk, ASKED, Reason::FieldsMissing, PasswordFact::NotChanged).await;
}

#[tokio::test]
async fn a_message_that_is_given_up_is_in_its_tickets_trail_and_changes_nothing_else() {
    let place = Place::new();
    place.deliver(TEXTED);
    place.deliver(OTHER);
    let mail = ScriptedMail::new(|_| no_such_mailbox());
    let desk = open_with_mail(&place, &mail).await;
    work_twice(&place, &desk).await;
    assert_eq!(lines(&desk, TEXTED, "could not be sent (owner-notice)").await, 1);
    assert!(matches!(desk.ticket(TEXTED).await.state, State::Done { checked: false, .. }));
    technician_has(&desk, OTHER, Reason::OtherSubject, PasswordFact::NotChanged).await;
    assert_eq!(lines(&desk, OTHER, "could not be sent (acknowledgement)").await, 1);
    assert_eq!(lines(&desk, OTHER, "takes over").await, 0, "it was a technician's before");
    place.clock.turn(24 * 60 + 1);
    desk.work().await;
    technician_has(&desk, TEXTED, Reason::PasswordUnused, PasswordFact::Changed).await;
}

#[tokio::test]
async fn a_mail_that_may_have_left_is_sent_a_few_times_and_not_for_ever() {
    let place = Place::new();
    place.deliver(TEXTED);
    let sent = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&sent);
    let mail = ScriptedMail::new(move |mail| {
        counted.fetch_add(usize::from(mail.subject.contains(CHANGED)), Ordering::SeqCst);
        uncertain()
    });
    let desk = open_with_mail(&place, &mail).await;
    for _ in 0..10 {
        desk.work().await;
        place.clock.turn(61);
    }
    let copies = sent.load(Ordering::SeqCst);
    assert!((6..8).contains(&copies), "{copies} copies");
    assert_eq!(lines(&desk, TEXTED, "could not be sent (owner-notice)").await, 1);
}

fn was_warned(gateway: &ScriptedGateway) -> bool {
    gateway.sent().iter().any(|sent| sent.text.contains(WARNING))
}

#[tokio::test]
async fn a_mail_server_that_hangs_holds_up_no_warning() {
    let place = Place::new();
    let gateway = ScriptedGateway::new("a", false, |_, _| accepted(""));
    let desk = OpenDesk::open(&place.folder, &place.clock, |parts| {
        parts.gateways = vec![Arc::clone(&gateway) as _];
        parts.mail = Arc::new(Hung);
    })
    .await;
    place.deliver(TEXTED);
    desk.take_in().await;
    let stop = CancellationToken::new();
    let worker = Worker::new(Arc::clone(&desk.parts), Arc::new(Health::expecting(&[])));
    let running = tokio::spawn(worker.run(Vec::new(), CancellationToken::new(), stop.clone()));
    // its acknowledgement hangs by the time its password has left
    let until = Instant::now() + Duration::from_secs(15);
    let wait_for = async |what: &str, there: &dyn Fn() -> bool| {
        while !there() {
            assert!(Instant::now() < until, "{what}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    wait_for("the password", &|| !gateway.sent().is_empty()).await;
    place.deliver(OFFERED);
    desk.take_in().await;
    wait_for("the warning, while the mail server hangs", &|| was_warned(&gateway)).await;
    stop.cancel();
    running.abort();
}

#[tokio::test]
async fn a_warning_is_not_handed_on_when_its_lease_could_end_meanwhile() {
    let place = Place::new();
    place.deliver(OFFERED);
    let slowly = |_: usize, text: &str| {
        if !text.contains(WARNING) {
            return accepted("");
        }
        std::thread::sleep(Duration::from_millis(600)); // a gateway that thinks for so long
        refused()
    };
    let gateways: Vec<_> =
        ["a", "b", "c", "d"].into_iter().map(|name| ScriptedGateway::new(name, false, slowly)).collect();
    let desk = OpenDesk::open(&place.folder, &place.clock, |parts| {
        parts.gateways = gateways.iter().map(|gateway| Arc::clone(gateway) as _).collect();
        parts.timing.guard = Duration::ZERO;
        parts.timing.directory = Duration::from_secs(1);
        parts.timing.gateway = Duration::from_secs(1);
        parts.timing.lease = Duration::from_millis(2500);
    })
    .await;
    desk.work().await;
    assert!(was_warned(&gateways[0]));
    // three took 1.8 s, and the fourth could take 1 s
    assert!(!was_warned(&gateways[3]), "two processes could send it at the same time");
}
