//! `config`: every mistake in one run, values with their source, and no secret.

use super::{answer, desk};
use crate::support::program::{ended, nyckelbud, on_desk};

#[test]
fn every_mistake_is_named_in_one_run_with_its_line() {
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("wrong.toml");
    std::fs::write(
        &config,
        "[desk]\nadress = \"x\"\n\n[policy]\nautomation = 3\ncooldown = \"soon\"\n\n[directory]\nkind = \"hybrid\"\n",
    )
    .unwrap();
    let path = config.display();
    let wrong = ended(nyckelbud(["config", "check", "--config"]).arg(&config)).expect(2);
    assert!(
        wrong.err.starts_with("nyckelbud: ") && wrong.err.contains(" mistakes in the configuration"),
        "{}",
        wrong.err
    );
    for line in [
        format!("{path}:2:1: desk.adress: there is no such key; the nearest known key is \"address\""),
        format!("{path}:5:1: policy.automation: found 3, expected \"on\", \"observe\" or \"off\""),
        format!("{path}:6:1: policy.cooldown: found \"soon\", expected a duration"),
        format!("{path}:8:2: directory.ldap: is missing"),
    ] {
        assert!(wrong.err.lines().any(|l| l.starts_with(&line)), "no {line} in\n{}", wrong.err);
    }
    let object = ended(nyckelbud(["config", "check", "--json", "--config"]).arg(&config))
        .expect(2)
        .objects()
        .remove(0);
    let mistakes = object["mistakes"].as_array().unwrap();
    assert!(mistakes.iter().any(|m| m["line"] == 6 && m["key"] == "policy.cooldown"), "{object}");
    // Every command says the same, and does nothing.
    for command in ["run", "check", "tickets", "migrate", "automation"] {
        let refused = ended(nyckelbud([command, "--config"]).arg(&config)).expect(2);
        assert!(refused.err.contains("nothing was begun") && refused.err.contains(":6:1:"), "{command}");
    }
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1, "nothing was made");
}

#[test]
fn a_right_one_holds_no_mistakes() {
    let folder = desk();
    let right = answer(folder.path(), ["config", "check"]).expect(0);
    assert!(right.out.ends_with("nyckelbud.toml holds no mistakes\n") && right.err.is_empty(), "{right:?}");
    let object = answer(folder.path(), ["config", "check", "--json"]).expect(0).objects().remove(0);
    assert_eq!(object["mistakes"], serde_json::json!([]));
}

#[test]
fn a_file_that_is_missing_is_named_with_what_to_do() {
    let named = ended(&mut nyckelbud(["config", "check", "--config", "/nowhere/desk.toml"])).expect(2);
    assert!(
        named.err.contains("/nowhere/desk.toml: the configuration cannot be read: No such file"),
        "{}",
        named.err
    );
    assert!(
        named.err.contains("--config") && named.err.contains("nyckelbud config example"),
        "{}",
        named.err
    );
    let by_variable = ended(nyckelbud(["tickets"]).env("NYCKELBUD_CONFIG", "/nowhere/other.toml")).expect(2);
    assert!(by_variable.err.contains("/nowhere/other.toml"), "{}", by_variable.err);
    let first = ended(
        nyckelbud(["config", "check", "--config", "/nowhere/desk.toml"])
            .env("NYCKELBUD_CONFIG", "/nowhere/other.toml"),
    );
    assert!(first.expect(2).err.contains("/nowhere/desk.toml"), "the command line comes first");
    let folder = tempfile::tempdir().unwrap();
    let is_folder = ended(nyckelbud(["tickets", "--config"]).arg(folder.path())).expect(2);
    assert!(is_folder.err.contains("directory"), "{}", is_folder.err);
}

#[test]
fn values_are_shown_with_their_source_and_secrets_are_not() {
    let folder = desk();
    let config = folder.path().join("nyckelbud.toml");
    let text = std::fs::read_to_string(&config).unwrap();
    let secret = "canary-5e1f";
    let gateway = format!(
        "[[sms.gateway]]\nname = \"elks\"\nkind = \"46elks\"\nusername = \"u0000\"\npassword = \"{secret}\"\n\n[smtp]"
    );
    std::fs::write(&config, text.replace("[smtp]", &gateway)).unwrap();
    for arguments in [&["config", "show"][..], &["config", "show", "--json"], &["config", "check"]] {
        let mut command = on_desk(folder.path(), []);
        command.args(arguments).env("NYCKELBUD__SMS__SENDER", "Desk");
        command.env("NYCKELBUD__STORE__URL", format!("postgres://desk:{secret}@db.kommun.example/desk"));
        let shown = ended(&mut command).expect(0);
        assert!(!shown.out.contains(secret) && !shown.err.contains(secret), "{arguments:?}");
        if arguments[1] == "show" {
            assert!(shown.out.contains("environment NYCKELBUD__SMS__SENDER"), "{}", shown.out);
            assert!(shown.out.contains("[secret]"), "{}", shown.out);
        }
    }
    let warned = answer(folder.path(), ["config", "check"]).expect(0);
    assert!(
        warned.err.starts_with("warning: ") && warned.err.contains("sms.gateway[1].password"),
        "{}",
        warned.err
    );
}

#[test]
fn the_environment_overrides_and_its_mistakes_name_the_variable() {
    let folder = desk();
    let mut command = on_desk(folder.path(), ["config", "check"]);
    let wrong = ended(command.env("NYCKELBUD__POLICY__AUTOMATION", "sometimes")).expect(2);
    assert!(wrong.err.contains("environment variable NYCKELBUD__POLICY__AUTOMATION"), "{}", wrong.err);
    let mut command = on_desk(folder.path(), ["automation"]);
    let shown = ended(command.env("NYCKELBUD__POLICY__AUTOMATION", "observe")).expect(0);
    assert_eq!(shown.out, "automation is observe (as configured)\n");
}

#[test]
fn the_example_needs_only_its_secrets_and_the_schema_is_json() {
    let folder = tempfile::tempdir().unwrap();
    let example = ended(&mut nyckelbud(["config", "example"])).expect(0).out;
    let config = folder.path().join("nyckelbud.toml");
    std::fs::write(&config, example).unwrap();
    let checked = ended(nyckelbud(["config", "check", "--json", "--config"]).arg(&config))
        .expect(2)
        .objects()
        .remove(0);
    let mistakes = checked["mistakes"].as_array().unwrap();
    assert!(!mistakes.is_empty());
    for mistake in mistakes {
        assert!(mistake["message"].as_str().unwrap().contains("cannot be read"), "not a secret: {mistake}");
    }
    ended(nyckelbud(["config", "show", "--config"]).arg(&config)).expect(0);
    let schema = ended(&mut nyckelbud(["config", "schema"])).expect(0).out;
    let schema: serde_json::Value = serde_json::from_str(&schema).unwrap();
    assert!(schema["properties"]["mailbox"].is_object());
}
