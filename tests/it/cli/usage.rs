//! Help, wrong use, colours: what holds for every command.

use std::process::Command;

use super::{answer, demo, desk};
use crate::support::demo_desk;
use crate::support::program::{ended, nyckelbud};

const COMMANDS: [&str; 13] = [
    "run",
    "demo",
    "check",
    "explain",
    "tickets",
    "reconcile",
    "automation",
    "key",
    "config",
    "audit",
    "migrate",
    "completions",
    "man",
];

#[test]
fn help_names_every_command_and_goes_to_standard_output_only_when_it_was_asked_for() {
    let asked = ended(&mut nyckelbud(["--help"])).expect(0);
    let not_asked = ended(&mut nyckelbud([])).expect(2);
    assert!(asked.err.is_empty() && not_asked.out.is_empty());
    for text in [&asked.out, &not_asked.err] {
        for command in COMMANDS {
            assert!(
                text.lines().any(|line| line.trim_start().starts_with(&format!("{command} "))),
                "{command}"
            );
        }
        assert!(text.contains("Exit status: 0 done, 1 the answer is no, 2 wrong use"), "{text}");
    }
    for command in COMMANDS {
        let help = ended(&mut nyckelbud([command, "--help"])).expect(0);
        assert!(
            help.out.contains("Usage: nyckelbud ") && help.out.contains("--config <FILE>"),
            "{}",
            help.out
        );
    }
    let version = ended(&mut nyckelbud(["--version"])).expect(0);
    assert_eq!(version.out, format!("nyckelbud {}\n", env!("CARGO_PKG_VERSION")));
}

#[test]
fn wrong_use_is_status_2_and_says_what_is_right() {
    for (arguments, hint) in [
        (&["tikets"][..], "'tickets'"),
        (&["key"], "rotate"),
        (&["config"], "example"),
        (&["audit"], "verify"),
        (&["explain"], "<MAIL.eml>"),
        (&["completions", "tcl"], "bash"),
        (&["tickets", "--stat", "open"], "--state"),
        (&["demo", "--dir"], "--dir <D>"),
        (&["run", "now"], "unexpected argument"),
    ] {
        let wrong = ended(nyckelbud([]).args(arguments)).expect(2);
        assert!(wrong.out.is_empty() && wrong.err.contains(hint), "{arguments:?}: {}", wrong.err);
    }
}

#[test]
fn completions_and_the_manual_page_know_every_command() {
    for (shell, sign) in
        [("bash", "complete -F"), ("zsh", "#compdef nyckelbud"), ("fish", "complete -c nyckelbud")]
    {
        let script = ended(&mut nyckelbud(["completions", shell])).expect(0).out;
        assert!(script.contains(sign), "{shell}");
        for command in COMMANDS {
            assert!(script.contains(command), "{shell}: {command}");
        }
    }
    let page = ended(&mut nyckelbud(["man"])).expect(0).out;
    assert!(page.contains(".TH nyckelbud 1"), "{page}");
    for command in COMMANDS {
        assert!(page.contains(&format!("nyckelbud\\-{command}(1)")), "{command}");
    }
}

#[test]
fn migrate_can_be_done_again_and_keeps_everything() {
    let folder = tempfile::tempdir().unwrap();
    demo_desk::build(folder.path());
    let first = answer(folder.path(), ["migrate"]).expect(0);
    assert!(first.out.starts_with("applied 0001_first.sql\n"), "{}", first.out);
    let again = answer(folder.path(), ["migrate"]).expect(0);
    assert!(again.out.contains("has this version's tables already"), "{}", again.out);
    let object = answer(folder.path(), ["migrate", "--json"]).expect(0).objects().remove(0);
    assert_eq!(object, serde_json::json!({ "applied": [] }));

    let folder = demo();
    let before = answer(folder.path(), ["tickets", "--json"]).expect(0).out;
    answer(folder.path(), ["migrate"]).expect(0);
    assert_eq!(answer(folder.path(), ["tickets", "--json"]).expect(0).out, before);
}

#[test]
fn migrate_changes_no_tables_under_a_desk_at_work() {
    let folder = tempfile::tempdir().unwrap();
    demo_desk::build(folder.path());
    let lock = std::fs::File::create(folder.path().join("var/nyckelbud.lock")).unwrap();
    lock.try_lock().unwrap();
    let ended = answer(folder.path(), ["migrate"]).expect(1);
    assert!(ended.err.contains("another nyckelbud is at work"), "{}", ended.err);
    assert!(!folder.path().join("var/nyckelbud.db").exists());
    drop(lock);
    answer(folder.path(), ["migrate"]).expect(0);
}

/// What the command writes to a terminal of its own (script(1) of util-linux makes one).
fn on_a_terminal(command: &str, folder: &std::path::Path, more: &[(&str, &str)]) -> String {
    let line =
        format!("{} --config {}/nyckelbud.toml {command}", env!("CARGO_BIN_EXE_nyckelbud"), folder.display());
    let mut script = Command::new("script");
    script.args(["--quiet", "--return", "--command", &line, "/dev/null"]);
    script.env_remove("NO_COLOR").env_remove("CLICOLOR").env("TERM", "xterm").envs(more.iter().copied());
    script.env("NYCKELBUD__WEB__LISTEN", "127.0.0.1:0");
    let shown = script.output().expect("script(1), of util-linux, is there");
    assert!(shown.status.success(), "{shown:?}");
    String::from_utf8(shown.stdout).unwrap()
}

#[test]
fn colours_are_for_terminals_and_for_those_who_want_them() {
    let folder = desk();
    let coloured = on_a_terminal("check", folder.path(), &[]);
    assert!(coloured.contains("\u{1b}[32m✓\u{1b}[0m"), "{coloured:?}");
    let plain = on_a_terminal("check", folder.path(), &[("NO_COLOR", "1")]);
    assert!(plain.contains("✓ store") && !plain.contains('\u{1b}'), "{plain:?}");
    assert!(!answer(folder.path(), ["check"]).expect(0).out.contains('\u{1b}'), "a pipe gets none");
}
