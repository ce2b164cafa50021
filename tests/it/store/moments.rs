//! Two transactions in the same moment, on PostgreSQL: SQLite lets no two write. One is ours and holds a row; the store's
//! own waits for it, and must then go by what the row has become.

use nyckelbud::store::*;
use nyckelbud::ticket::{Act, ActStatus};
use nyckelbud::types::{AccountId, Role};
use sqlx::{AssertSqlSafe, Connection, PgConnection};

use super::accounts::{audit, staff};
use super::act_rules::{asks, whys, word};
use super::acts::{made, name, open, person, status, wants};
use super::make::*;
use super::world::World;

/// Runs `sql` in a transaction that is committed when `call` waits for its rows, and answers what `call` says.
async fn meanwhile<T: Send + 'static>(
    world: &World,
    sql: String,
    call: impl Future<Output = T> + Send + 'static,
) -> T {
    let mut ours = PgConnection::connect(&world.url).await.unwrap();
    let mut held = ours.begin().await.unwrap();
    sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut *held).await.unwrap();
    let call = tokio::spawn(call);
    world.somebody_waits().await;
    held.commit().await.unwrap();
    call.await.unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_taken_back_in_the_moment_of_an_approval_does_not_wait_again() {
    let world = World::postgres().await;
    let store = world.store.as_ref();
    let (_, number) = open(store, "1").await;
    let act = asks(store, number, "1").await;
    let taken_back = format!("UPDATE act SET status = 'undone', ended_at = {} WHERE id = {}", NOW.0, act.id);
    let (theirs, word) = (world.store.clone(), word(&act, person("per")));
    let seconded = meanwhile(&world, taken_back, async move { theirs.second_act(word).await }).await;
    assert_eq!(seconded.unwrap(), Seconded::Gone);
    assert_eq!(status(store, number).await, [ActStatus::Undone]);
    made(store.make_act(wants(store, number, "2", Act::Close).await).await.unwrap());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_owner_who_says_no_in_the_moment_of_an_approval_stops_the_override() {
    let world = World::postgres().await;
    let store = world.store.as_ref();
    let live = live_ticket(store, "1", "a-anna").await;
    let (other, number) = open(store, "2").await;
    world.run(&format!("UPDATE ticket SET account = 'a-anna' WHERE id = {}", other.0)).await;
    let act = asks(store, number, "1").await;
    let approved = format!("UPDATE act SET status = 'waiting', due_at = {} WHERE id = {}", NOW.0, act.id);
    let (theirs, claimed) = (world.store.clone(), claim(store, live).await);
    let (account, username) = (AccountId::new("a-anna"), String::new());
    let freeze = Some(Freeze { account, username, why: "w".to_owned(), by: "owner".to_owned() });
    let said = async move {
        let state = claimed.ticket.state;
        theirs.commit(live, claimed.fence, &state, Step { freeze, ..step(state.clone()) }).await
    };
    assert_eq!(meanwhile(&world, approved, said).await.unwrap(), Committed::Done);
    assert_eq!(whys(&world).await, ["refused: the account's owner said that it was not them"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_freeze_that_its_owner_says_anew_in_the_moment_of_a_lift_stays() {
    let world = World::postgres().await;
    let store = world.store.as_ref();
    super::frozen::freezes(&world, "1", "the first").await;
    let anew = || format!("UPDATE frozen SET again_at = again_at + {}", NOW.0);
    let theirs = world.store.clone();
    let lift = async move { theirs.unfreeze("a-anna", audit(), NOW).await };
    assert_eq!(meanwhile(&world, anew(), lift).await, Ok(None));
    for person in ["eva", "per"] {
        assert!(store.add_staff(&staff(person, Role::Administrator), &audit(), NOW).await.unwrap());
    }
    let wants = |by: &str| Unfreezing {
        whom: "anna@kommun.example".to_owned(),
        by: name(by),
        why: "w".to_owned(),
        at: NOW,
    };
    assert_eq!(store.ask_unfreeze(&wants("eva"), NOW.minus(HOUR)).await.unwrap(), Unfrozen::Asked);
    let (theirs, second) = (world.store.clone(), wants("per"));
    let lift = async move { theirs.ask_unfreeze(&second, NOW.minus(HOUR)).await };
    assert_eq!(meanwhile(&world, anew(), lift).await, Ok(Unfrozen::Gone));
    assert_eq!(store.frozen(NOW).await.unwrap().len(), 1);
    let told = "SELECT COUNT(*) FROM audit WHERE event = 'account.unfrozen'";
    assert_eq!(world.number(told).await, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_an_owner_says_in_the_moment_when_guesses_are_lifted_freezes_the_account() {
    let world = World::postgres().await;
    let store = world.store.as_ref();
    super::frozen::guess(&world).await;
    let [guessed] = store.frozen(NOW).await.unwrap().try_into().unwrap();
    for whom in [guessed.username.as_str(), "a-anna"] {
        let wanted = Unfreezing { whom: whom.to_owned(), by: name("eva"), why: "w".to_owned(), at: NOW };
        assert_eq!(store.ask_unfreeze(&wanted, NOW.minus(HOUR)).await, Ok(Unfrozen::Asked));
    }
    let says = format!(
        "INSERT INTO frozen (account, username, ticket, why, frozen_by, frozen_at)
             VALUES ('a-anna', '', 1, 'the owner', 'owner', {});
         UPDATE unfreezing SET why = 'locked'",
        NOW.0 + 1
    );
    let theirs = world.store.clone();
    let lift = async move { theirs.unfreeze("a-anna", audit(), NOW).await };
    assert!(meanwhile(&world, says, lift).await.unwrap().is_some());
    let frozen = store.frozen(NOW).await.unwrap();
    assert!(frozen.len() == 1 && frozen[0].why == "the owner", "{frozen:?}");
}
