//! Managers who come from Active Directory: whoever has no account there that is open gets no link.

use data_encoding::BASE64;
use nyckelbud::directory::hybrid::HybridDirectory;
use nyckelbud::directory::{Directory, Manager, Standing, Who};
use nyckelbud::types::AccountId;

use super::census::{both, bring};
use crate::support::graph::Graph;
use crate::support::samba::{READ_NO_ACCOUNT_CONTROL, domain};

async fn above_anna(both: &HybridDirectory, depth: u8) -> Vec<Manager> {
    both.facts(&Who::Id(AccountId::new("id-anna")), depth).await.unwrap().managers
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_manager_is_asked_only_when_active_directory_knows_an_open_account_of_them() {
    let graph = Graph::start().await;
    let (unit, elsewhere) = (domain().unit(), domain().unit());
    unit.people(&[
        ("berit", &[("accountExpires", "133485408000000000")]),
        ("cilla", &[("userAccountControl", "514")]),
        ("doris", &[]),
        ("eva", &[]),
        ("filip", &[]),
        ("gunnar", &[]),
        ("hanna", &[]),
        ("ivar", &[]),
    ]);
    elsewhere.people(&[("johan", &[]), ("kalle", &[("userAccountControl", "514")])]);
    for name in ["berit", "cilla", "doris", "eva", "filip", "gunnar", "hanna", "ivar"] {
        bring(&graph, &unit, name);
    }
    for name in ["johan", "kalle"] {
        bring(&graph, &elsewhere, name);
    }
    unit.restrict("eva", READ_NO_ACCOUNT_CONTROL);
    graph.change("id-filip", |one| one.sam = Some("annan".to_owned()));
    graph.change("id-gunnar", |one| one.immutable_id = None);
    graph.change("id-hanna", |one| one.immutable_id = Some(BASE64.encode(&[7; 16])));
    graph.change("id-ivar", |one| one.immutable_id = Some("*".to_owned()));
    let both = both(&graph, &unit);
    for (name, why) in [
        ("berit", Some("expired on 2024-01-01 (in Active Directory)")),
        ("cilla", Some("switched off (in Active Directory)")),
        ("doris", None),
        ("eva", Some("told in half by Active Directory: userAccountControl")),
        ("filip", Some("different names")),
        ("gunnar", Some("no onPremisesImmutableId")),
        ("hanna", Some("not found in the domain")),
        ("ivar", Some("told in half by Active Directory: onPremisesImmutableId")),
        // Outside base_dn.
        ("johan", None),
        ("kalle", Some("switched off (in Active Directory)")),
    ] {
        graph.change("id-anna", |anna| anna.manager = Some(format!("id-{name}")));
        let above = above_anna(&both, 1).await;
        assert_eq!(above.len(), 1, "{name}");
        match (&above[0].standing, why) {
            (Standing::Open, None) => assert_eq!(above[0].phones.len(), 1, "{name}"),
            (Standing::Closed(told), Some(why)) => assert!(told.contains(why), "{name}: {told}"),
            (told, _) => panic!("{name}: {told:?}"),
        }
    }
    graph.assert_documented();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_several_managers_each_is_told_by_their_own_account() {
    let graph = Graph::start().await;
    let unit = domain().unit();
    unit.people(&[("berit", &[("userAccountControl", "514")]), ("cilla", &[]), ("doris", &[])]);
    for name in ["berit", "cilla", "doris"] {
        bring(&graph, &unit, name);
    }
    let is_open = |manager: &Manager| manager.standing == Standing::Open;
    let both = both(&graph, &unit);
    for (chain, expected) in [
        (["berit", "cilla", "doris"], [false, true, true]),
        (["cilla", "berit", "doris"], [true, false, true]),
        (["cilla", "doris", "berit"], [true, true, false]),
    ] {
        let mut below = "anna";
        for name in chain {
            graph.change(&format!("id-{below}"), |one| one.manager = Some(format!("id-{name}")));
            below = name;
        }
        let above = above_anna(&both, 3).await;
        assert_eq!(above.iter().map(is_open).collect::<Vec<_>>(), expected, "{above:?}");
    }
}
