//! The next gateway is used only after a definite no or after silence, with the same number and the same
//! words; then the manager, where the password surely reached nobody; then a technician.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use nyckelbud::delivery::Receipt;
use nyckelbud::types::Outcome;

use super::time::Door;
use super::*;
use crate::support::scripted_gateway::{ScriptedGateway, accepted, refused, uncertain};

/// What a gateway makes of the texts with a password.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Says {
    /// It takes them, and gives no receipts.
    Takes,
    /// It takes them, and a receipt follows, or none.
    Tells(Option<Receipt>),
    Refuses,
    /// Nobody reaches it.
    IsDown,
    /// Nobody knows; it gives no receipts.
    Mumbles,
    /// Nobody knows; it gives receipts, and none comes.
    MumblesForLong,
    /// Nobody knows, and a receipt says that it failed.
    MumblesAndFails,
}

impl Says {
    fn outcome(self) -> Outcome {
        match self {
            Self::Takes => accepted(""),
            Self::Tells(_) => accepted("its-name"),
            Self::Refuses => refused(),
            Self::IsDown => Outcome::NotSent { cause: "no connection".to_owned() },
            Self::Mumbles | Self::MumblesForLong | Self::MumblesAndFails => uncertain(),
        }
    }

    fn receipts(self) -> bool {
        matches!(self, Self::Tells(_) | Self::MumblesForLong | Self::MumblesAndFails)
    }

    fn receipt(self) -> Option<Receipt> {
        match self {
            Self::Tells(receipt) => receipt,
            Self::MumblesAndFails => Some(Receipt::Failed),
            Self::Takes | Self::Refuses | Self::IsDown | Self::Mumbles | Self::MumblesForLong => None,
        }
    }
}

/// How a story ends, and after how many minutes at the latest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    /// Anna has it.
    Anna,
    /// It reached nobody: her manager is offered the same password.
    Manager,
    /// A technician hears that it was changed.
    Technician,
}

use End::*;
use Says::*;

const FAILED: Option<Receipt> = Some(Receipt::Failed);
const DELIVERED: Option<Receipt> = Some(Receipt::Delivered);

/// What the gateways `a` and `b` say, which of them were handed the password in what order, the end, and the
/// minutes until then.
const STORIES: &[(&[Says], &str, End, u32)] = &[
    (&[Takes, Takes], "a", Anna, 0),
    (&[Refuses, Takes], "ab", Anna, 0),
    (&[IsDown, Takes], "ab", Anna, 0),
    (&[Mumbles, Takes], "ab", Anna, 0),
    (&[MumblesForLong, Takes], "ab", Anna, 2),
    (&[MumblesAndFails, Takes], "ab", Anna, 1),
    (&[Tells(DELIVERED), Takes], "a", Anna, 1),
    (&[Tells(FAILED), Takes], "ab", Anna, 1),
    (&[Tells(FAILED), Tells(DELIVERED)], "ab", Anna, 2),
    (&[Tells(FAILED), Tells(FAILED)], "ab", Manager, 2),
    (&[Refuses, Refuses], "ab", Manager, 0),
    (&[Refuses, Tells(FAILED)], "ab", Manager, 1),
    (&[MumblesAndFails, Refuses], "ab", Manager, 1),
    // What was taken is not sent a second time, and may be in the phone: nobody else is shown it.
    (&[Tells(None), Takes], "a", Technician, 11),
    (&[Refuses, Tells(None)], "ab", Technician, 11),
    (&[Mumbles, Refuses], "ab", Technician, 1),
    (&[MumblesForLong, Refuses], "ab", Technician, 3),
    (&[MumblesForLong, Tells(FAILED)], "ab", Technician, 4),
    (&[Mumbles, Mumbles], "abbb", Technician, 2),
    (&[IsDown, IsDown], "", Technician, 31),
];

fn is_password(text: &str) -> bool {
    demo_desk::password_in(text).is_some()
}

/// Every receipt that the gateways owe by now.
async fn tell(desk: &OpenDesk, gateways: &[(Says, Arc<ScriptedGateway>)]) {
    for (says, gateway) in gateways {
        let name = nyckelbud::delivery::SmsGateway::name(gateway.as_ref()).to_owned();
        let Some(receipt) = says.receipt() else { continue };
        for sent in gateway.sent().iter().filter(|sent| is_password(&sent.text)) {
            let (store, now) = (&desk.parts.store, desk.parts.clock.now());
            assert!(store.receipt(&name, Some(&sent.key), "its-name", receipt, now).await.unwrap());
        }
    }
}

fn ended(state: &State) -> Option<End> {
    match state {
        State::Done { .. } => Some(Anna),
        State::Offered { offer, .. } => {
            assert_eq!(offer.already_set, Some(1), "the same password, and none is set anew");
            Some(Manager)
        }
        State::Technician { password } => {
            assert_eq!(*password, PasswordFact::Changed);
            Some(Technician)
        }
        _ => None,
    }
}

async fn told(story: &'static (&'static [Says], &'static str, End, u32)) -> Result<(), String> {
    let (says, order, end, minutes) = story;
    let place = Place::new();
    place.deliver(TEXTED);
    let log: Arc<std::sync::Mutex<String>> = Arc::default();
    let gateways: Vec<(Says, Arc<ScriptedGateway>)> = ["a", "b"]
        .into_iter()
        .zip(*says)
        .map(|(name, says)| {
            let log = Arc::clone(&log);
            let answer = move |_: usize, text: &str| {
                if !is_password(text) {
                    return accepted("");
                }
                log.lock().unwrap().push_str(name);
                says.outcome()
            };
            (*says, ScriptedGateway::new(name, says.receipts(), answer))
        })
        .collect();
    let desk = open_with(&place, &gateways.iter().map(|(_, gateway)| gateway).collect::<Vec<_>>()).await;
    for (says, gateway) in &gateways {
        gateway.set_down(*says == IsDown && order.is_empty());
    }
    for minute in 0..=*minutes {
        desk.work().await;
        if let Some(found) = ended(&desk.ticket(TEXTED).await.state) {
            let sent: Vec<_> =
                gateways.iter().flat_map(|(_, g)| g.sent()).filter(|s| is_password(&s.text)).collect();
            let alike = sent.windows(2).all(|two| (&two[0].to, &two[0].text) == (&two[1].to, &two[1].text));
            let texted = log.lock().unwrap().clone();
            let holds = found == *end && texted == *order && alike && minute + 2 >= *minutes;
            return holds
                .then_some(())
                .ok_or(format!("{story:?}: {found:?} by {texted:?} after {minute} minutes"));
        }
        tell(&desk, &gateways).await;
        place.clock.turn(1);
    }
    Err(format!("{story:?}: it is {:?} after {minutes} minutes", desk.ticket(TEXTED).await.state))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_next_gateway_comes_after_a_no_or_silence_and_then_the_manager_and_then_a_technician() {
    let mut wrong = Vec::new();
    for story in STORIES {
        wrong.extend(told(story).await.err());
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

const JOHN: &str = "sms-in-english";

#[tokio::test]
async fn a_gateway_that_asks_to_wait_is_left_alone_so_long_and_the_next_one_is_used() {
    let place = Place::new();
    let (a, b) = (
        ScriptedGateway::new("a", false, |_, _| accepted("")),
        ScriptedGateway::new("b", false, |_, _| accepted("")),
    );
    let desk = open_with(&place, &[&a, &b]).await;
    a.ask_to_wait(Some(Duration::from_secs(10 * 60)));
    place.deliver(TEXTED);
    desk.work().await;
    assert_eq!((a.tries(), b.tries()), (1, 1));
    a.ask_to_wait(None);
    place.clock.turn(9);
    place.deliver(JOHN);
    desk.work().await;
    assert_eq!((a.tries(), b.tries()), (1, 2), "it asked for ten minutes");
    place.clock.turn(1);
    place.deliver("sms-from-a-colleague");
    desk.work().await;
    assert_eq!((a.tries(), b.tries()), (2, 2));
}

#[tokio::test]
async fn a_link_and_a_warning_go_round_a_gateway_that_is_down() {
    let place = Place::new();
    let (a, b) = (
        ScriptedGateway::new("a", false, |_, _| accepted("")),
        ScriptedGateway::new("b", false, |_, _| accepted("")),
    );
    let desk = open_with(&place, &[&a, &b]).await;
    a.set_down(true);
    place.deliver(TEXTED);
    desk.work().await;
    place.deliver(OFFERED);
    desk.work().await;
    assert_eq!((a.tries(), b.sent().len()), (1, 3), "a password, a link and a warning");
}

/// Anna's request is decided, and its password could not be set yet; then the only gateway went down.
async fn waits_for_the_directory(
    place: &Place,
    gateway: &Arc<ScriptedGateway>,
) -> (OpenDesk, Arc<AtomicBool>) {
    let open = Arc::new(AtomicBool::new(false));
    let desk = OpenDesk::open(&place.folder, &place.clock, |parts| {
        parts.gateways = vec![Arc::clone(gateway) as _];
        parts.reset = Arc::new(Door { open: Arc::clone(&open), behind: Arc::clone(&parts.reset) });
    })
    .await;
    place.deliver(TEXTED);
    desk.work().await;
    gateway.set_down(true);
    place.deliver(OFFERED);
    desk.work().await;
    assert!(matches!(desk.ticket(TEXTED).await.state, State::Sealed { .. }));
    assert!(gateway.tries() > 0, "the manager's link did not leave");
    (desk, open)
}

#[tokio::test]
async fn no_password_is_set_while_no_gateway_works_and_it_is_when_one_does() {
    let place = Place::new();
    let gateway = ScriptedGateway::new("a", false, |_, _| accepted(""));
    let (desk, open) = waits_for_the_directory(&place, &gateway).await;
    open.store(true, Ordering::SeqCst);
    for minute in 0..5 {
        place.clock.turn(1);
        desk.work().await;
        assert!(!place.was_set("a-anna"), "she was locked out in minute {minute}");
    }
    gateway.set_down(false);
    place.clock.turn(1);
    desk.work().await;
    assert!(matches!(desk.ticket(TEXTED).await.state, State::Done { .. }));
}

#[tokio::test]
async fn when_no_gateway_comes_back_in_time_a_technician_hears_that_nothing_was_changed() {
    let place = Place::new();
    let gateway = ScriptedGateway::new("a", false, |_, _| accepted(""));
    let (desk, open) = waits_for_the_directory(&place, &gateway).await;
    open.store(true, Ordering::SeqCst);
    for _ in 0..21 {
        place.clock.turn(1);
        desk.work().await;
    }
    technician_has(&desk, TEXTED, Reason::DeliveryFailed, PasswordFact::NotChanged).await;
    assert!(!place.was_set("a-anna"));
}
