//! A connection that is cut at every point of a reset, before a command arrives and before its answer
//! does: one password results, and whoever was told that nothing was sent finds nothing changed.

use nyckelbud::password::PasswordReset;
use nyckelbud::types::Outcome;

use super::servers::address;
use super::{a_password, directory, id_of, reset_of, settings_of};
use crate::support::proxy::Proxy;
use crate::support::samba::{SignedIn, Unit, domain};

/// More commands than a reset has.
const ENOUGH: i64 = 12;

/// Cuts after `spared` commands, by `cut`; answers with what the reset said, and whether it came so far.
async fn cut(unit: &Unit, spared: i64, cut: impl Fn(&Proxy, i64)) -> (Outcome, bool) {
    let proxy = Proxy::to(domain().ldaps_port()).await;
    let people = directory(settings_of(&[address(&proxy)], &unit.dn()));
    let anna = id_of(&people, &unit.account("anna")).await;
    let (reset, password) = (reset_of(&people), a_password());
    let before = unit.attribute("anna", "whenChanged").zip(unit.attribute("anna", "unicodePwd"));
    cut(&proxy, spared);
    let outcome = reset.set(&anna, &password).await.unwrap();
    let cut_off = proxy.has_lost_the_command();
    // What is still to be lost is lost to nobody.
    proxy.heal();
    match &outcome {
        Outcome::Accepted { .. } => {}
        Outcome::NotSent { .. } => {
            let now = unit.attribute("anna", "whenChanged").zip(unit.attribute("anna", "unicodePwd"));
            assert_eq!(now, before, "after {spared}: nothing was sent");
        }
        Outcome::Uncertain { .. } => {
            let again = reset.set(&anna, &password).await.unwrap();
            assert_eq!(again.code(), "accepted", "after {spared}: the same value again");
        }
        Outcome::Refused { .. } => panic!("after {spared}: {outcome:?}"),
    }
    if !matches!(outcome, Outcome::NotSent { .. }) {
        assert_eq!(unit.sign_in("anna", password.expose(), None), SignedIn::MustChange, "after {spared}");
    }
    (outcome, cut_off)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_answer_that_is_lost_at_any_point_leaves_one_password() {
    let unit = domain().unit();
    unit.people(&[("anna", &[])]);
    let mut uncertain = 0;
    for spared in 0..ENOUGH {
        let (outcome, cut_off) = cut(&unit, spared, Proxy::lose_an_answer_after).await;
        uncertain += u32::from(matches!(outcome, Outcome::Uncertain { .. }));
        if !cut_off {
            assert!(spared >= 3 && uncertain == 1, "cut {spared} times, uncertain {uncertain} times");
            return;
        }
    }
    panic!("a reset has fewer commands than {ENOUGH}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_command_that_is_lost_at_any_point_leaves_one_password() {
    let unit = domain().unit();
    unit.people(&[("anna", &[])]);
    for spared in 0..ENOUGH {
        let (_, cut_off) = cut(&unit, spared, Proxy::lose_a_command_after).await;
        if !cut_off {
            assert!(spared >= 3, "cut {spared} times");
            return;
        }
    }
    panic!("a reset has fewer commands than {ENOUGH}");
}
