//! `check` tries every right, and names the one that is missing or too many.

use serde_json::Value;

use crate::support::certificates::Certified;
use crate::support::demo_desk;
use crate::support::graph::{ALL, Graph, USER_ADMINISTRATOR};
use crate::support::program::{ended, on_desk};
use crate::support::token_endpoint::{SECRET, TOKEN_MARK, TokenEndpoint};

/// The demo's desk with the people of `graph`.
fn desk(graph: &Graph) -> tempfile::TempDir {
    desk_with(&graph.config())
}

fn desk_with(people: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    demo_desk::build(folder.path());
    let config = folder.path().join("nyckelbud.toml");
    let old = std::fs::read_to_string(&config).unwrap();
    let (before, rest) = old.split_once("[directory]").expect("the demo's directory");
    let (_, after) = rest.split_once("[directory.file]").expect("its file");
    let (_, after) = after.split_once("\n\n").expect("its end");
    std::fs::write(&config, format!("{before}{people}\n{after}")).unwrap();
    folder
}

/// What `check` says of the people and their passwords.
fn checked(folder: &tempfile::TempDir, status: i32) -> Vec<Value> {
    let checked = ended(&mut on_desk(folder.path(), ["check", "--json"])).expect(status);
    assert!(!checked.out.contains(SECRET) && !checked.out.contains(TOKEN_MARK));
    let parts = ["mailbox", "gateway", "mail", "texts", "store", "key", "port", "address", "disk", "clock"];
    let lines = checked.objects().into_iter();
    let own = |line: &Value| !parts.iter().any(|part| line["part"].as_str().unwrap().starts_with(part));
    lines.filter(own).collect()
}

fn line<'l>(lines: &'l [Value], part: &str) -> &'l Value {
    lines.iter().find(|line| line["part"] == part).unwrap_or_else(|| panic!("no {part} in {lines:#?}"))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn with_all_rights_of_the_guide_everything_is_good() {
    let graph = Graph::start().await;
    let folder = desk(&graph);
    let lines = checked(&folder, 0);
    assert!(lines.iter().all(|line| line["verdict"] == "good"), "{lines:#?}");
    assert_eq!(line(&lines, "directory")["text"], "signed in, 3 accounts");
    for permission in ALL.into_iter().filter(|permission| *permission != "User-LifeCycleInfo.Read.All") {
        line(&lines, permission);
    }
    assert_eq!(line(&lines, "User Administrator")["text"], "assigned, for one administrative unit");
    assert_eq!(graph.passwords(), [], "nothing was changed");
    graph.assert_documented();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn by_certificate_it_is_the_same() {
    let certified = Certified::rsa();
    let proof = format!("certificate = \"{}\"", certified.file().display());
    let graph = Graph::start_with(TokenEndpoint::start_for(Some(certified)).await).await;
    let lines = checked(&desk_with(&graph.config_with(&proof)), 0);
    assert!(lines.iter().all(|line| line["verdict"] == "good"), "{lines:#?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_right_that_is_taken_away_is_named_with_where_to_give_it() {
    let graph = Graph::start().await;
    let folder = desk(&graph);
    for permission in ALL {
        graph.lacks(permission);
        let optional = ["AuditLog.Read.All", "User-LifeCycleInfo.Read.All"].contains(&permission);
        let lines = checked(&folder, i32::from(!optional));
        let missing = line(&lines, permission);
        assert_eq!(missing["verdict"], if optional { "care" } else { "bad" }, "{missing}");
        let todo = missing["todo"].as_str().unwrap();
        assert!(todo.contains("Application permissions") && todo.contains(permission), "{missing}");
        assert!(missing["text"].as_str().unwrap().contains("missing"), "{missing}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_missing_role_and_what_is_too_much_are_named() {
    let graph = Graph::start().await;
    let folder = desk(&graph);
    graph.set_own_roles(&[]);
    let lines = checked(&folder, 1);
    let role = line(&lines, "User Administrator");
    assert!(role["verdict"] == "bad" && role["todo"].as_str().unwrap().contains("Roles & admins"), "{role}");

    graph.set_own_roles(&[
        (USER_ADMINISTRATOR, "/"),
        ("62e90394-69f5-4237-9190-012177145e10", "/"),
        ("7be44c8a-adaf-4e2a-84d6-ab2649e08a13", "/"),
    ]);
    let all: Vec<&str> = ALL.into_iter().chain(["Directory.ReadWrite.All", "Mail.Send"]).collect();
    graph.tokens.set_roles(&all);
    let lines = checked(&folder, 0);
    assert_eq!(line(&lines, "User Administrator")["text"], "assigned, for the whole directory");
    for (part, words) in [
        ("roles", "Global Administrator, Privileged Authentication Administrator"),
        ("permissions", "Directory.ReadWrite.All, Mail.Send"),
    ] {
        let line = line(&lines, part);
        assert!(line["verdict"] == "care" && line["text"].as_str().unwrap().contains(words), "{line}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_protected_group_that_nobody_has_is_named_and_one_that_is_there_is_not() {
    let graph = Graph::start().await;
    graph.change("id-karin", |k| k.groups.push(("Ekonomi's chefer".to_owned(), false)));
    let folder = desk(&graph);
    let config = folder.path().join("nyckelbud.toml");
    let old = std::fs::read_to_string(&config).unwrap();
    let groups = "protected_groups = [\"Ekonomi's chefer\", \"Ekonomins chefer\"]";
    let new = match old.contains("[policy]\n") {
        true => old.replacen("[policy]\n", &format!("[policy]\n{groups}\n"), 1),
        false => format!("{old}\n[policy]\n{groups}\n"),
    };
    std::fs::write(&config, new).unwrap();
    let lines = checked(&folder, 0);
    let named: Vec<_> = lines.iter().filter(|line| line["part"] == "policy.protected_groups").collect();
    let text = |line: &Value| line["text"].as_str().unwrap().to_owned();
    assert!(named.len() == 1 && text(named[0]).contains("Ekonomins chefer"), "{lines:#?}");
    assert_eq!(named[0]["verdict"], "care");
    graph.assert_documented();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_a_licence_for_eligible_roles_the_line_says_so_and_is_good() {
    let graph = Graph::start().await;
    graph.set_licensed(false);
    let lines = checked(&desk(&graph), 0);
    let roles = line(&lines, "RoleManagement.Read.Directory");
    assert!(roles["verdict"] == "good" && roles["text"].as_str().unwrap().contains("P2"), "{roles}");
}
