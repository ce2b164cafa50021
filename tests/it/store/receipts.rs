//! What gateways tell of texts.

use nyckelbud::delivery::Receipt;
use nyckelbud::store::*;
use nyckelbud::ticket::TicketId;
use nyckelbud::types::{Outcome, UnixMillis};

use super::make::*;
use super::world::World;

const KEY: &str = "n1-text-1-0-1";

/// A live ticket at rest for an hour, with a text that was begun.
async fn texted(world: &World) -> TicketId {
    let id = live_ticket(world.store.as_ref(), "1", "a-anna").await;
    commit(world, id, IntentChange::Begin(intent(KEY, IntentKind::Text))).await;
    id
}

async fn commit(world: &World, id: TicketId, intent: IntentChange) {
    let store = world.store.as_ref();
    let claim = claim(store, id).await;
    let step = Step { intent, due_at: Some(NOW.plus(HOUR)), ..step(sealed_state()) };
    let how = store.commit(id, claim.fence, &sealed_state(), step).await.unwrap();
    assert_eq!(how, Committed::Done);
}

async fn found(world: &World) -> Option<Receipt> {
    world.store.receipt_for(KEY).await.unwrap().map(|kept| kept.receipt)
}

pub async fn a_receipt_is_kept_by_key_and_wakes_its_ticket(world: World) {
    let store = world.store.as_ref();
    let id = texted(&world).await;
    assert_eq!(found(&world).await, None);
    assert!(store.claim("one", LEASE, 1, NOW).await.unwrap().is_empty());
    assert!(store.receipt("elks", Some(KEY), "r-1", Receipt::Failed, NOW).await.unwrap());
    let kept = StoredReceipt { receipt: Receipt::Failed, at: NOW };
    assert_eq!(store.receipt_for(KEY).await.unwrap(), Some(kept));
    assert_eq!(store.claim("one", LEASE, 1, NOW).await.unwrap()[0].ticket.id, id);
    assert_eq!(store.receipt_for("n1-text-1-0-2").await.unwrap(), None);
    // A gateway that honours keys knows it without the number of the try.
    let (tries, other) = (KEY.rsplit_once('-').unwrap().0, "n1-text-1-1");
    assert!(!store.receipt("elks", Some(other), "r-2", Receipt::Delivered, NOW).await.unwrap());
    assert!(store.receipt("elks", Some(tries), "r-3", Receipt::Delivered, NOW).await.unwrap());
    assert_eq!(found(&world).await, Some(Receipt::Delivered));
}

pub async fn a_receipt_before_the_outcome_is_found_by_its_reference(world: World) {
    let store = world.store.as_ref();
    let id = texted(&world).await;
    assert!(!store.receipt("elks", None, "r-1", Receipt::Delivered, NOW).await.unwrap());
    assert_eq!(found(&world).await, None);
    let end = IntentChange::End { key: KEY.to_owned(), outcome: accepted("r-1"), at: NOW };
    commit(&world, id, end).await;
    assert_eq!(found(&world).await, Some(Receipt::Delivered));
    // After the outcome the reference alone finds the ticket; a key that fits nothing does not harm.
    assert!(store.receipt("elks", None, "r-1", Receipt::Failed, NOW).await.unwrap());
    assert!(store.receipt("elks", Some("unknown"), "r-1", Receipt::Failed, NOW).await.unwrap());
    assert_eq!(store.claim("one", LEASE, 1, NOW).await.unwrap()[0].ticket.id, id);
}

/// Message centres count, and begin again: what was told a year ago, also of a text of somebody else, is of another.
pub async fn a_reference_that_is_given_again_brings_no_receipt_of_an_earlier_text(world: World) {
    let store = world.store.as_ref();
    let year_ago = UnixMillis(NOW.0 - 365 * 86_400_000);
    let tell = async |receipt, at| store.receipt("elks", None, "r-1", receipt, at).await.unwrap();
    assert!(!tell(Receipt::Delivered, year_ago).await);
    let id = texted(&world).await;
    let end = IntentChange::End { key: KEY.to_owned(), outcome: accepted("r-1"), at: NOW };
    commit(&world, id, end).await;
    assert_eq!(found(&world).await, None, "it told of another one");
    // A year later the name is given again, and its receipt is faster than its answer.
    let later = UnixMillis(NOW.0 + 365 * 86_400_000);
    assert!(!tell(Receipt::Failed, later).await, "it is not for the old one");
    world.run(&format!("UPDATE intent SET begun_at = {}", later.0)).await;
    assert_eq!(found(&world).await, Some(Receipt::Failed), "what was told long ago gives way");
    assert!(tell(Receipt::Delivered, later).await);
    assert_eq!(found(&world).await, Some(Receipt::Delivered));
}

pub async fn nothing_undoes_a_delivery(world: World) {
    let store = world.store.as_ref();
    texted(&world).await;
    let tell = async |receipt, reference, at| {
        store.receipt("elks", Some(KEY), reference, receipt, UnixMillis(NOW.0 + at)).await.unwrap();
        found(&world).await.unwrap()
    };
    assert_eq!(tell(Receipt::Failed, "r-1", 1).await, Receipt::Failed);
    assert_eq!(tell(Receipt::Delivered, "r-1", 2).await, Receipt::Delivered);
    assert_eq!(tell(Receipt::Failed, "r-1", 3).await, Receipt::Delivered);
    assert_eq!(tell(Receipt::Failed, "r-2", 4).await, Receipt::Delivered);
    assert_eq!(store.receipt_for(KEY).await.unwrap().unwrap().at, UnixMillis(NOW.0 + 2));
}

pub async fn another_gateways_receipt_fits_nothing(world: World) {
    let store = world.store.as_ref();
    let id = texted(&world).await;
    let end = IntentChange::End { key: KEY.to_owned(), outcome: accepted("r-1"), at: NOW };
    commit(&world, id, end).await;
    assert!(!store.receipt("modem", Some(KEY), "r-1", Receipt::Failed, NOW).await.unwrap());
    assert!(!store.receipt("elks", None, "", Receipt::Failed, NOW).await.unwrap());
    assert_eq!(found(&world).await, None);
    // A cause is no reference.
    let silence = Outcome::Uncertain { cause: "r-9".to_owned() };
    commit(&world, id, IntentChange::End { key: KEY.to_owned(), outcome: silence, at: NOW }).await;
    assert!(!store.receipt("elks", None, "r-9", Receipt::Failed, NOW).await.unwrap());
    // A ticket at rest is left in peace.
    let claim = claim(store, id).await;
    store.commit(id, claim.fence, &sealed_state(), step(technician())).await.unwrap();
    assert!(store.receipt("elks", Some(KEY), "r-1", Receipt::Delivered, NOW).await.unwrap());
    assert_eq!(store.next_due().await.unwrap(), None);
}

pub async fn a_messages_receipt_is_kept_and_makes_it_due_while_it_waits(world: World) {
    let store = world.store.as_ref();
    let id = keep(store, mail("1")).await;
    let claimed = claim(store, id).await;
    let to = Addressee::Phone(nyckelbud::types::AccountId::new("a-anna"));
    let warning = NewMessage { kind: MessageKind::OwnerWarning, to, values: "{}".to_owned() };
    let step = Step { messages: vec![warning], ..step(technician()) };
    store.commit(id, claimed.fence, &claimed.ticket.state, step).await.unwrap();
    let due =
        async |now: UnixMillis| store.claim_messages(Channel::Phone, "one", LEASE, 5, now).await.unwrap();
    let first = due(NOW).await.remove(0);
    assert_eq!(first.text, TextSoFar::default());
    let key = format!("m{}-1f2e3d4c", first.id);
    assert!(
        !store.receipt("elks", Some(&key), "r-1", Receipt::Failed, NOW).await.unwrap(),
        "it has not left"
    );
    store.begin_message(first.id, first.fence, &cap(), NOW).await.unwrap();
    let sent = TextSent {
        outcome: accepted("r-1"),
        gateway: "elks".to_owned(),
        key: key.clone(),
        failed_by: Vec::new(),
    };
    let later = NOW.plus(HOUR);
    store.end_text(first.id, first.fence, &sent, Some(later), NOW).await.unwrap();
    assert!(due(NOW).await.is_empty());
    // By its reference, which came before all this; by its key; and of another gateway, which says nothing.
    let found = async || store.receipt_for_message(first.id).await.unwrap().map(|kept| kept.receipt);
    assert_eq!(found().await, Some(Receipt::Failed));
    world.run("DELETE FROM receipt").await;
    store.receipt("modem", Some(&key), "r-1", Receipt::Failed, later).await.unwrap();
    assert_eq!(found().await, None);
    assert!(store.receipt("elks", None, "r-1", Receipt::Failed, NOW).await.unwrap());
    assert_eq!(found().await, Some(Receipt::Failed));
    world.run("UPDATE receipt SET intent_key = '', came_at = 1").await;
    assert_eq!(found().await, None, "that was of another text of this name");
    let much_later = UnixMillis(NOW.0 + 365 * 86_400_000);
    assert!(!store.receipt("elks", None, "r-1", Receipt::Failed, much_later).await.unwrap(), "and this too");
    let second = due(NOW).await.remove(0);
    let so_far =
        TextSoFar { gateway: "elks".to_owned(), taken: Some((NOW, "r-1".to_owned())), failed_by: Vec::new() };
    assert_eq!((second.text, second.unclear), (so_far, 0));
    // It leaves through the next one; the first one is not forgotten, and both have left.
    store.begin_message(second.id, second.fence, &cap(), NOW).await.unwrap();
    let failed_by = vec!["elks".to_owned()];
    let sent = TextSent { gateway: "modem".to_owned(), failed_by: failed_by.clone(), ..sent };
    store.end_text(second.id, second.fence, &sent, Some(later), NOW).await.unwrap();
    let texts =
        store.history(&nyckelbud::types::AccountId::new("a"), "", "", "", NOW).await.unwrap().texts_day;
    assert_eq!(texts, 2);
    let third = due(later).await.remove(0);
    assert_eq!((third.text.gateway.as_str(), third.text.failed_by, third.unclear), ("modem", failed_by, 1));
    store.release_message(third.id, third.fence, None).await.unwrap();
    assert!(store.receipt("modem", Some(&key), "r-1", Receipt::Failed, later).await.unwrap());
    assert!(due(later).await.is_empty(), "what is over stays so");
}

/// It lies under the gateway's own name for the text, which nobody knew when it came; what was told of an earlier one
/// of that name does not.
pub async fn a_text_that_failed_before_its_outcome_was_kept_counts_for_nothing(world: World) {
    let store = world.store.as_ref();
    for (name, account, came, counts) in [("1", "a-anna", NOW, 0), ("2", "a-berit", UnixMillis(1), 1)] {
        let id = live_ticket(store, name, account).await;
        let reference = format!("r-{name}");
        store.receipt("elks", None, &reference, Receipt::Failed, came).await.unwrap();
        let account = nyckelbud::types::AccountId::new(account);
        let started = Started {
            account: account.clone(),
            sender: ANNA.to_owned(),
            phone_hash: "phone".to_owned(),
            texted_hash: String::new(),
            unit: String::new(),
            texts: 1,
            counts: true,
            mismatch: false,
        };
        let key = format!("n{name}-text-1-0-1");
        let text = Intent { outcome: Some(accepted(&reference)), ..intent(&key, IntentKind::Text) };
        let text = IntentChange::Begin(text);
        let begins = Step { started: Some(started), intent: text, ..step(sealed_state()) };
        for (next, counts) in [(begins, 1), (step(technician()), counts)] {
            let claim = claim(store, id).await;
            store.commit(id, claim.fence, &claim.ticket.state, next).await.unwrap();
            let history = store.history(&account, "", "", "", NOW).await;
            assert_eq!(history.unwrap().account_day, counts, "{name}");
        }
    }
}
