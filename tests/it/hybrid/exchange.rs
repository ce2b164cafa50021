//! Replacing a password that nobody used: only the register that owns it may compare, and Entra ID cannot.

use nyckelbud::cli::registers;
use nyckelbud::password::generate::generate;
use nyckelbud::password::{TemporaryPassword, Used, made_at};
use nyckelbud::token::Tokens;
use nyckelbud::types::AccountId;

use super::*;

fn a_password() -> TemporaryPassword {
    generate(&mut rand::rng(), 12, &[])
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_exchange_goes_to_the_register_that_owns_the_password_and_one_in_the_cloud_is_left_alone() {
    let graph = Graph::start().await;
    let unit = synchronised(&graph, &[]);
    let program = desk(&graph, &unit);
    let settings = demo_desk::settings(program.folder());
    let reset = registers::register(&settings, &Tokens::default()).expect("both registers").reset;
    assert!(reset.exchanges());
    let (anna, karin) = (AccountId::new("id-anna"), AccountId::new("id-karin"));
    let (first, other, new) = (a_password(), a_password(), a_password());

    assert_eq!(reset.set(&anna, &first).await.unwrap().code(), "accepted");
    let outcome = reset.exchange(&anna, &other, &new).await;
    assert_eq!(outcome.code(), "refused", "{outcome:?}");
    assert_eq!(unit.sign_in("anna", first.expose(), None), SignedIn::MustChange, "nothing was changed");
    let outcome = reset.exchange(&anna, &first, &new).await;
    assert_eq!(outcome.code(), "accepted", "{outcome:?}");
    assert!(unit.sign_in("anna", first.expose(), None).is_wrong_password());
    assert_eq!(graph.passwords(), [], "nothing is set in the cloud");

    let set = reset.set(&karin, &first).await.unwrap();
    let outcome = reset.exchange(&karin, &first, &new).await;
    assert!(outcome.code() == "refused" && outcome.detail().contains("cannot compare"), "{outcome:?}");
    assert_eq!(graph.opens("id-karin", first.expose()), Some(true), "hers is what it was");
    // So a technician hears that it was not used.
    assert_eq!(reset.used(&karin, made_at(&set).expect("a date")).await, Ok(Used::No));
}
