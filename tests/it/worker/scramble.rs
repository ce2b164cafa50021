//! A password that nobody used is replaced by one that nobody knows, and an owner who was quick keeps theirs.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use async_trait::async_trait;
use nyckelbud::clock::{SystemClock, Zone};
use nyckelbud::delivery::Receipt;
use nyckelbud::directory::file::FileDirectory;
use nyckelbud::directory::{DirectoryError, Finding};
use nyckelbud::password::file::FilePasswordReset;
use nyckelbud::password::{PasswordReset, TemporaryPassword, Used, ValueRefused};
use nyckelbud::types::{Outcome, UnixMillis};
use nyckelbud::web::PickupAnswer;

use super::texting::mails_to;
use super::*;
use crate::support::scripted_gateway::accepted;
use crate::support::wait::until;

/// A day and a minute: past `password.valid`.
const UNUSED: i64 = 24 * 60 + 1;

/// What the mail to the owner says.
const UNUSED_WORDS: &str = "because the temporary one was not used in time";

/// What happens in the moment before the value is replaced, and how the answer comes back.
type Meanwhile = dyn Fn(usize) -> Answer + Send + Sync;

enum Answer {
    /// As the register gave it.
    AsIs,
    /// It is lost on its way.
    Lost,
    /// The call does not arrive.
    NotSent,
    /// The change is made, and the program is killed before it hears of it.
    Never,
}

/// A register with a moment before each exchange. As in Active Directory, an exchanged password need not be
/// changed any more: the register cannot tell it from one that its owner chose.
struct Register {
    inner: Arc<dyn PasswordReset>,
    meanwhile: Box<Meanwhile>,
    exchanges: Arc<AtomicUsize>,
    exchanged: Arc<AtomicBool>,
}

#[async_trait]
impl PasswordReset for Register {
    async fn set(&self, account: &AccountId, password: &TemporaryPassword) -> Result<Outcome, ValueRefused> {
        self.inner.set(account, password).await
    }

    fn exchanges(&self) -> bool {
        self.inner.exchanges()
    }

    async fn exchange(
        &self,
        account: &AccountId,
        old: &TemporaryPassword,
        new: &TemporaryPassword,
    ) -> Outcome {
        let answer = (self.meanwhile)(self.exchanges.fetch_add(1, Ordering::SeqCst));
        if matches!(answer, Answer::NotSent) {
            return Outcome::NotSent { cause: "no connection".to_owned() };
        }
        let outcome = self.inner.exchange(account, old, new).await;
        if matches!(outcome, Outcome::Accepted { .. }) {
            self.exchanged.store(true, Ordering::SeqCst);
        }
        match answer {
            Answer::Lost => Outcome::Uncertain { cause: "no answer".to_owned() },
            Answer::Never => std::future::pending().await,
            Answer::AsIs | Answer::NotSent => outcome,
        }
    }

    async fn used(&self, account: &AccountId, since: UnixMillis) -> Result<Used, DirectoryError> {
        if self.exchanged.load(Ordering::SeqCst) {
            return Ok(Used::Yes);
        }
        self.inner.used(account, since).await
    }

    async fn probe(&self) -> Result<String, DirectoryError> {
        self.inner.probe().await
    }

    async fn rights(&self) -> Vec<Finding> {
        self.inner.rights().await
    }
}

async fn scrambling(
    place: &Place,
    meanwhile: impl Fn(usize) -> Answer + Send + Sync + 'static,
) -> (OpenDesk, Arc<AtomicUsize>) {
    let (desk, exchanges, _) = with_register(place, Arc::default(), meanwhile).await;
    (desk, exchanges)
}

/// As [`scrambling`], with a register of which `exchanged` is known already.
async fn with_register(
    place: &Place,
    exchanged: Arc<AtomicBool>,
    meanwhile: impl Fn(usize) -> Answer + Send + Sync + 'static,
) -> (OpenDesk, Arc<AtomicUsize>, Arc<AtomicBool>) {
    let exchanges = Arc::new(AtomicUsize::new(0));
    let desk = OpenDesk::open(&place.folder, &place.clock, |parts| {
        parts.rules.scramble = true;
        let (inner, exchanges) = (Arc::clone(&parts.reset), Arc::clone(&exchanges));
        let (meanwhile, exchanged) = (Box::new(meanwhile), Arc::clone(&exchanged));
        parts.reset = Arc::new(Register { inner, meanwhile, exchanges, exchanged });
    })
    .await;
    (desk, exchanges, exchanged)
}

/// The password that was texted.
fn texted(place: &Place) -> String {
    let texts = demo_desk::texts(&place.folder);
    texts.iter().find_map(|text| demo_desk::password_in(text)).expect("a password was texted").to_owned()
}

/// What is sealed for the ticket of `name`, if anything is.
async fn sealed_until(desk: &OpenDesk, name: &str) -> Option<UnixMillis> {
    let id = desk.ticket(name).await.id;
    let claim = desk.parts.store.claim_ticket(id, "test", std::time::Duration::from_secs(5)).await.unwrap();
    let claim = claim.expect("nobody has it");
    let due = desk.parts.clock.now();
    desk.parts.store.release(id, claim.fence, due).await.unwrap();
    claim.sealed.map(|sealed| sealed.expires_at)
}

/// The owner chooses a password of their own.
fn owner_chooses(folder: &std::path::Path) {
    let path = folder.join("credentials.toml");
    let text = std::fs::read_to_string(&path).unwrap();
    let chosen = "$argon2id$v=19$m=8,t=1,p=1$c2FsdHNhbHQ$3M4u4uV8FvL1q1Vq2nM0zQ";
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    for line in &mut lines {
        if line.starts_with("hash") {
            *line = format!("hash = \"{chosen}\"");
        }
        *line = line.replace("must_change = true", "must_change = false");
    }
    std::fs::write(path, lines.join("\n")).unwrap();
}

#[tokio::test]
async fn a_password_that_nobody_used_opens_nothing_any_more_and_its_ticket_says_so() {
    let place = Place::new();
    place.deliver(TEXTED);
    let (desk, exchanges) = scrambling(&place, |_| Answer::AsIs).await;
    desk.work().await;
    let password = texted(&place);
    assert!(sealed_until(&desk, TEXTED).await.is_some(), "it is kept until then");
    place.clock.turn(UNUSED - 2);
    desk.work().await;
    assert!(place.opens("a-anna", &password), "not before its time");
    place.clock.turn(2);
    desk.work().await;
    technician_has(&desk, TEXTED, Reason::PasswordUnused, PasswordFact::Changed).await;
    assert!(!place.opens("a-anna", &password));
    assert_eq!(exchanges.load(Ordering::SeqCst), 1);
    let trail = desk.ticket(TEXTED).await.trail;
    assert!(
        trail.0.iter().any(|line| line.evidence == "it was replaced by one that nobody knows"),
        "{trail:?}"
    );
    assert_eq!(sealed_until(&desk, TEXTED).await, None, "nothing sealed is left");
}

#[tokio::test]
async fn what_a_manager_handed_over_is_replaced_too() {
    let place = Place::new();
    place.deliver(OFFERED);
    let (desk, _) = scrambling(&place, |_| Answer::AsIs).await;
    desk.work().await;
    let password = desk.reveal(&place.token(), &karins_phone()).await.unwrap();
    place.clock.turn(20);
    desk.work().await;
    assert!(sealed_until(&desk, OFFERED).await.is_some(), "it cannot be shown any more, and is kept");
    desk.answer(&place.token(), Some(&karins_phone()), PickupAnswer::HandedOver).await;
    assert!(place.opens("a-filip", &password));
    place.clock.turn(UNUSED);
    desk.work().await;
    technician_has(&desk, OFFERED, Reason::PasswordUnused, PasswordFact::Changed).await;
    assert!(!place.opens("a-filip", &password));
}

#[tokio::test]
async fn an_owner_who_chooses_a_password_in_the_last_moment_keeps_it() {
    let place = Place::new();
    place.deliver(TEXTED);
    let folder = place.folder.clone();
    let (desk, exchanges) = scrambling(&place, move |_| {
        owner_chooses(&folder);
        Answer::AsIs
    })
    .await;
    desk.work().await;
    place.clock.turn(UNUSED);
    desk.work().await;
    assert_eq!(exchanges.load(Ordering::SeqCst), 1);
    let state = desk.ticket(TEXTED).await.state;
    assert!(matches!(state, State::Done { checked: true, .. }), "it was used: {state:?}");
    let text = std::fs::read_to_string(place.folder.join("credentials.toml")).unwrap();
    assert!(text.contains("must_change = false"), "theirs is there: {text}");
    assert_eq!(sealed_until(&desk, TEXTED).await, None);
}

#[tokio::test]
async fn after_a_lost_answer_nobody_is_forgotten_who_may_stand_outside() {
    let place = Place::new();
    place.deliver(TEXTED);
    let (desk, exchanges) = scrambling(&place, |n| if n == 0 { Answer::Lost } else { Answer::AsIs }).await;
    desk.work().await;
    place.clock.turn(UNUSED);
    desk.work().await;
    place.clock.turn(6);
    desk.work().await;
    assert_eq!(exchanges.load(Ordering::SeqCst), 2);
    it_may_have_been_replaced(&place, &desk).await;
}

/// A technician has the ticket and knows that; so does the owner.
async fn it_may_have_been_replaced(place: &Place, desk: &OpenDesk) {
    technician_has(desk, TEXTED, Reason::PasswordUnused, PasswordFact::Changed).await;
    let trail = desk.ticket(TEXTED).await.trail;
    assert!(trail.0.iter().any(|line| line.evidence.starts_with("it may have been replaced")), "{trail:?}");
    let mails = mails_to(&place.folder, "anna.andersson@kommun.example");
    let told = mails.iter().filter(|mail| mail.contains(UNUSED_WORDS)).count();
    assert_eq!(told, 1, "the owner is told");
}

#[tokio::test]
async fn nor_after_a_kill_between_the_change_and_its_answer() {
    let place = Place::new();
    place.deliver(TEXTED);
    let (desk, _, exchanged) = with_register(&place, Arc::default(), |_| Answer::Never).await;
    desk.work().await;
    place.clock.turn(UNUSED);
    let limit = std::time::Duration::from_secs(20);
    let replaced =
        until("the password is replaced", limit, || exchanged.load(Ordering::SeqCst).then_some(()));
    tokio::select! {
        () = desk.work() => panic!("it hears of it"),
        () = replaced => {}
    }
    drop(desk);
    let (desk, ..) = with_register(&place, exchanged, |_| Answer::AsIs).await;
    desk.work().await;
    it_may_have_been_replaced(&place, &desk).await;
}

#[tokio::test]
async fn nor_when_the_value_was_erased_before_the_register_came_back() {
    let place = Place::new();
    place.deliver(TEXTED);
    let (desk, exchanges) = scrambling(&place, |_| Answer::Lost).await;
    desk.work().await;
    place.clock.turn(UNUSED);
    desk.work().await;
    assert_eq!(exchanges.load(Ordering::SeqCst), 1);
    place.clock.turn(61);
    desk.work().await;
    it_may_have_been_replaced(&place, &desk).await;
}

#[tokio::test]
async fn a_receipt_that_is_read_after_the_deadline_still_ends_its_request() {
    let place = Place::new();
    place.deliver(TEXTED);
    let gateway = ScriptedGateway::new("a", true, |_, _| accepted("a1"));
    let desk = OpenDesk::open(&place.folder, &place.clock, |parts| {
        parts.rules.scramble = true;
        parts.gateways = vec![Arc::clone(&gateway) as _];
    })
    .await;
    desk.work().await;
    let key = gateway.sent()[0].key.clone();
    // The desk stood still meanwhile.
    place.clock.turn(31);
    let (store, now) = (&desk.parts.store, desk.parts.clock.now());
    assert!(store.receipt("a", Some(&key), "a1", Receipt::Delivered, now).await.unwrap());
    desk.work().await;
    let state = desk.ticket(TEXTED).await.state;
    assert!(matches!(state, State::Done { checked: false, .. }), "{state:?}");
    place.clock.turn(UNUSED);
    desk.work().await;
    technician_has(&desk, TEXTED, Reason::PasswordUnused, PasswordFact::Changed).await;
}

#[tokio::test]
async fn a_register_that_cannot_be_reached_is_tried_and_then_the_ticket_is_opened_all_the_same() {
    let place = Place::new();
    place.deliver(TEXTED);
    let (desk, exchanges) = scrambling(&place, |_| Answer::NotSent).await;
    desk.work().await;
    let password = texted(&place);
    place.clock.turn(UNUSED);
    for _ in 0..6 {
        desk.work().await;
        place.clock.turn(6);
    }
    assert_eq!(exchanges.load(Ordering::SeqCst), 5);
    technician_has(&desk, TEXTED, Reason::PasswordUnused, PasswordFact::Changed).await;
    assert!(place.opens("a-anna", &password));
}

#[tokio::test]
async fn a_file_compares_before_it_changes() {
    let place = Place::new();
    let (clock, zone) = (Arc::new(SystemClock), Zone::named("UTC").unwrap());
    let path = place.folder.join("directory.toml");
    let directory = FileDirectory::open(path, Vec::new(), clock, zone).unwrap();
    let reset = FilePasswordReset::new(directory);
    let anna = AccountId::new("a-anna");
    let of = || nyckelbud::password::generate::generate(&mut rand::rng(), 12, &[]);
    let (first, second, third) = (of(), of(), of());
    let code = |outcome: Outcome| outcome.code();
    assert_eq!(code(reset.exchange(&anna, &first, &second).await), "refused", "there is none");
    assert_eq!(code(reset.set(&anna, &first).await.unwrap()), "accepted");
    assert_eq!(code(reset.exchange(&anna, &second, &third).await), "refused", "it is another");
    assert!(place.opens("a-anna", first.expose()));
    assert_eq!(code(reset.exchange(&anna, &first, &second).await), "accepted");
    assert!(place.opens("a-anna", second.expose()));
    owner_chooses(&place.folder);
    assert_eq!(code(reset.exchange(&anna, &second, &third).await), "refused", "its owner has chosen");
}
