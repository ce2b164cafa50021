//! `coverage` and `directory export` over Graph: what is said of how it was found out, and how it ends early.

use std::process::Command;
use std::sync::Arc;

use nyckelbud::clock::{SystemClock, Zone};
use nyckelbud::directory::file::FileDirectory;
use nyckelbud::directory::{Directory, Lookup, Who};
use nyckelbud::types::AccountId;
use rustix::process::Signal;
use serde_json::json;

use crate::support::daemon::Daemon;
use crate::support::graph::{Fault, Graph, phone};
use crate::support::program::{Ended, Running, ended, on_desk};

const WAYS: &str = "[[mailbox]]\nname = \"servicedesk\"\nkind = \"maildir\"\npath = \"mailbox\"\n\
    authentication = \"authserv:mx.kommun.example\"\n[[sms.gateway]]\nname = \"modem\"\nkind = \"spool\"\n\
    path = \"sms\"\n[smtp]\nkind = \"spool\"\npath = \"mail\"\n";

fn desk(graph: &Graph) -> Daemon {
    Daemon::with_people(&graph.config(), WAYS)
}

fn said<const N: usize>(program: &Daemon, arguments: [&str; N]) -> Ended {
    let mut command = on_desk(program.folder(), arguments);
    ended(command.env("NYCKELBUD__POLICY__PHONE_AGE", "7d")).expect(0)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn that_only_types_are_known_is_said_and_numbers_are_had_for_the_asking() {
    let graph = Graph::start().await;
    graph.change("id-anna", |anna| {
        let mut new = phone("+46 701740605", "mobile");
        new["createdDateTime"] = json!("2999-01-02T03:04:05Z");
        anna.phones = json!([new]);
    });
    let program = desk(&graph);
    let by_type = said(&program, ["coverage", "--json"]);
    assert_eq!(by_type.objects()[0]["text"], 3);
    assert_eq!(by_type.objects()[0]["by_type"], 3);
    for word in ["by type only", "policy.countries", "policy.phone_age", "coverage --numbers"] {
        assert!(by_type.err.contains(word), "{word}: {}", by_type.err);
    }
    assert_eq!(graph.count("phoneMethods"), 0);

    let by_number = said(&program, ["coverage", "--json", "--numbers"]);
    assert_eq!(by_number.objects()[0]["text"], 2);
    assert_eq!(
        (&by_number.objects()[0]["no_texts"], &by_number.objects()[0]["by_type"]),
        (&1.into(), &0.into())
    );
    for word in ["by type", "read", "Phones"] {
        assert!(!by_number.err.contains(word), "nothing is left open, and a log gets no progress of seconds");
    }

    graph.lacks("AuditLog.Read.All");
    let each = said(&program, ["coverage", "--json"]);
    assert_eq!(each.objects(), by_number.objects());
    assert!(each.err.contains("everybody's phones are asked for"), "{}", each.err);
    assert!(!each.err.contains("by type only"), "{}", each.err);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn at_a_terminal_one_line_tells_how_far_it_has_come_and_goes_away() {
    let graph = Graph::start().await;
    let program = desk(&graph);
    let inner = on_desk(program.folder(), ["coverage", "--numbers"]);
    let line = format!("{} coverage --numbers", inner.get_program().to_string_lossy());
    let mut script = Command::new("script");
    script.args(["--quiet", "--return", "--command", &line, "/dev/null"]);
    script.env("NO_COLOR", "1").envs(inner.get_envs().filter_map(|(name, value)| Some((name, value?))));
    let shown = ended(&mut script).expect(0).out;
    let (_, told) = shown.split_once("\rAccounts: 3 of 3 read …").unwrap_or_else(|| panic!("{shown:?}"));
    let (progress, table) = told.split_once("Unit").unwrap_or_else(|| panic!("{shown:?}"));
    assert!(progress.contains("\rPhones of people: "), "{progress:?}");
    assert!(progress.ends_with(" \r") && !progress.contains('\n'), "{progress:?}");
    assert!(table.contains("All"), "{table:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ctrl_c_ends_a_walk_says_so_and_writes_nothing() {
    for (arguments, lost) in [
        (&["coverage", "--numbers"][..], "who could be helped is not known"),
        (&["directory", "export", "people.toml"], "nothing was written"),
    ] {
        let graph = Graph::start().await;
        let program = desk(&graph);
        graph.fault("id-sven/authentication", 100, Fault::Hangs);
        let mut command = on_desk(program.folder(), []);
        let mut running = Running::start(command.args(arguments).current_dir(program.folder()));
        running.until("it asks for phones", |_| graph.count("phoneMethods") == 2);
        running.signal(Signal::INT);
        let said = running.end().expect(1);
        assert_eq!(said.out, "");
        assert!(said.err.contains(&format!("stopped by Ctrl-C; {lost}")), "{}", said.err);
        assert!(!program.folder().join("people.toml").exists());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_whose_phones_cannot_be_read_is_exported_as_that_and_a_technicians() {
    let graph = Graph::start().await;
    graph.change("id-anna", |anna| anna.phones = json!([phone("+46 *******05", "mobile")]));
    let program = desk(&graph);
    let file = program.folder().join("people.toml");
    let path = file.to_str().expect("a path");
    let exported = said(&program, ["directory", "export", path]);
    for word in ["phones of 1 account could not be read", "anna.andersson@kommun.example", "masked"] {
        assert!(exported.err.contains(word), "{word}: {}", exported.err);
    }
    let register = FileDirectory::open(path, Vec::new(), Arc::new(SystemClock), Zone::named("UTC").unwrap());
    let register = register.unwrap();
    let facts = register.facts(&Who::Id(AccountId::new("id-anna")), 1).await.unwrap();
    let Lookup::One(anna) = facts.lookup else { panic!("{:?}", facts.lookup) };
    assert!(!anna.phones.is_empty() && anna.phones.iter().all(|phone| phone.number.is_none()));
    assert_eq!(facts.managers[0].phones.len(), 1);
    graph.change("id-anna", |anna| anna.phones = json!([phone("+46 701740605", "mobile")]));
    let exported = said(&program, ["directory", "export"]);
    assert!(!exported.err.contains("could not be read"), "{}", exported.err);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_program_is_told_of_those_who_are_left_out() {
    let graph = Graph::start().await;
    let program = desk(&graph);
    let units = said(&program, ["coverage", "--json"]).objects();
    assert_eq!((units.len(), &units[0]["left_out"]), (1, &0.into()));
    graph.change("id-anna", |anna| anna.odd = true);
    let units = said(&program, ["coverage", "--json"]).objects();
    assert_eq!((&units[0]["people"], &units[0]["left_out"]), (&2.into(), &0.into()));
    let last = &units[1];
    assert_eq!((&last["unit"], &last["people"], &last["left_out"]), (&json!(null), &0.into(), &1.into()));
}
