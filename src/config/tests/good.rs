//! Configurations without mistakes: layers, sources, paths, and what is shown of them.

use std::time::Duration;

use super::*;
use crate::decision;
use crate::mail::Authentication;

#[test]
fn a_small_file_is_enough() {
    let loaded = load_text(&small(""), &[]).unwrap();
    let settings = &loaded.settings;
    assert_eq!(settings.desk.address.as_str(), "servicedesk@kommun.example");
    assert_eq!(settings.mailboxes[0].kind, MailboxKind::Maildir);
    assert_eq!(settings.mailboxes[0].authentication, Authentication::Trusted);
    assert_eq!(settings.mailboxes[0].max_mail_size, 25 * 1024 * 1024);
    assert_eq!(settings.delivery.deadline, Duration::from_secs(1800));
    assert_eq!(settings.automation(), decision::Automation::On);
    assert_eq!(settings.decision_policy().per_hour, 300);
    assert!(loaded.warnings.is_empty(), "{:?}", loaded.warnings);
}

#[test]
fn links_never_get_two_slashes() {
    let loaded = load_text(&small(""), &[]).unwrap();
    assert_eq!(loaded.settings.desk.public_url, "https://servicedesk.kommun.example");
}

#[test]
fn a_relative_path_starts_at_the_files_folder() {
    let settings = load_text(&small(""), &[]).unwrap().settings;
    assert_eq!(settings.mailboxes[0].path, Path::new("/etc/nyckelbud/var/mailbox"));
    assert_eq!(settings.directory.file.path, Path::new("/etc/nyckelbud/directory.toml"));
    assert_eq!(settings.store.url.expose(), "sqlite:///etc/nyckelbud/var/nyckelbud.db");
    let absolute = small("[store]\nurl = \"sqlite:///var/lib/nyckelbud/n.db?mode=rwc\"");
    let settings = load_text(&absolute, &[]).unwrap().settings;
    assert_eq!(settings.store.url.expose(), "sqlite:///var/lib/nyckelbud/n.db?mode=rwc");
    assert_eq!(settings.store.url.sqlite_path(), Some(Path::new("/var/lib/nyckelbud/n.db")));
}

#[test]
fn the_environment_lies_over_the_file() {
    let env = [
        ("NYCKELBUD__SMS__SENDER", "Desk"),
        ("NYCKELBUD__SMS__PER_DAY", "12"),
        ("NYCKELBUD__POLICY__FOUR_EYES", "false"),
        ("NYCKELBUD__POLICY__DOMAINS", "kommun.example, skola.kommun.example"),
        ("NYCKELBUD__POLICY__PHONE_TYPES", "mobile"),
        ("NYCKELBUD__MAILBOX__0__POLL", "5s"),
        ("NYCKELBUD__POLICY__AUTOMATION", "observe"),
        ("NYCKELBUD_CONFIG", "elsewhere"),
        ("HOME", "/root"),
    ];
    let loaded = load_text(&small(""), &env).unwrap();
    let settings = &loaded.settings;
    assert_eq!((settings.sms.sender.as_str(), settings.sms.per_day), ("Desk", 12));
    assert!(!settings.policy.four_eyes);
    assert_eq!(settings.policy.domains, ["kommun.example", "skola.kommun.example"]);
    assert_eq!(settings.policy.phone_types.len(), 1);
    assert_eq!(settings.mailboxes[0].poll, Duration::from_secs(5));
    assert_eq!(settings.mailboxes[0].name, "drop");
    assert_eq!(settings.automation(), decision::Automation::Observe);
    assert_eq!(loaded.sources.of("sms.sender"), Source::Environment("NYCKELBUD__SMS__SENDER".to_owned()));
}

#[test]
fn a_number_in_the_environment_stays_text_where_text_is_wanted() {
    let loaded = load_text(&small(""), &[("NYCKELBUD__RETENTION__DECISION", "0701740605")]).unwrap();
    assert_eq!(loaded.settings.retention.decision, "0701740605");
}

#[test]
fn every_value_is_shown_with_where_it_comes_from() {
    let text = small("[telemetry]\nlog = \"debug\"\n");
    let loaded = load_text(&text, &[("NYCKELBUD__SMS__SENDER", "Desk")]).unwrap();
    let all = shown(&loaded);
    let find = |key: &str| all.iter().find(|shown| shown.key == key).expect(key).clone();
    let line = line_of(&text, "log = \"debug\"");
    assert_eq!(find("telemetry.log").source, format!("/etc/nyckelbud/nyckelbud.toml:{line}"));
    assert_eq!(find("sms.sender").source, "environment NYCKELBUD__SMS__SENDER");
    assert_eq!(find("sms.per_day").source, "default");
    assert_eq!(find("mailbox[0].password").text(), "[not set]");
    assert_eq!(find("policy.max_mail_age").value, "24h");
    assert_eq!(find("retention.ticket").value, "730d");
    assert_eq!(find("mailbox[0].max_mail_size").value, "25MiB");
    let table = table(&loaded);
    assert!(
        table.lines().any(|l| l.starts_with("sms.per_day = 500 ") && l.ends_with("# default")),
        "{table}"
    );
}

#[test]
fn the_sign_in_inside_a_database_url_is_never_shown() {
    let text =
        small("[store]\nurl = \"postgres://desk:hem@ligt@db.kommun.example/nyckelbud?password=hemligt\"");
    let loaded = load_text(&text, &[]).unwrap();
    let seen = format!("{:?} {} {}", loaded.settings, table(&loaded), loaded.settings.store.url);
    assert!(!seen.contains("ligt"), "{seen}");
    assert!(seen.contains("postgres://desk:[secret]@db.kommun.example/nyckelbud"), "{seen}");
    assert!(loaded.settings.store.url.expose().contains("hem@ligt"));
}

#[test]
fn what_works_and_should_be_looked_at_is_a_warning() {
    let text = small("[web]\nopening_hours = \"Mon-Fri 07:30-16:30\"\nlocal_accounts = false\n")
        .replace("authentication = \"trusted\"", "authentication = \"exchange\"");
    let warnings: Vec<String> =
        load_text(&text, &[]).unwrap().warnings.iter().map(|warning| warning.key.clone()).collect();
    assert_eq!(warnings, ["mailbox[0].authentication", "web.local_accounts"]);
}

#[test]
fn a_choice_without_effect_is_a_warning_when_somebody_made_it() {
    let warned = |more: &str| -> Vec<String> {
        load_text(&small(more), &[]).unwrap().warnings.iter().map(|warning| warning.key.clone()).collect()
    };
    assert_eq!(warned(""), [""; 0]);
    let all = "[retention]\nraw_mail = \"90d\"\naudit = \"99d\"\n[telemetry]\nmetrics = \"127.0.0.1:9025\"\n";
    assert_eq!(warned(all), ["retention.raw_mail", "retention.audit", "telemetry.metrics"]);
    assert_eq!(warned("[telemetry]\nmetrics = \"\"\n"), [""; 0], "there are none");
    let words = "[password]\nstyle = \"words\"\n[delivery]\nmanager = ";
    assert_eq!(warned(&format!("{words}\"password\"\n")), ["password.style"], "no page shows any");
    assert_eq!(warned(&format!("{words}\"password\"\nrequester = \"pickup\"\n")), [""; 0]);
    assert_eq!(warned(&format!("{words}\"pickup\"\n")), [""; 0]);
}

#[test]
fn the_schema_describes_every_section_and_hides_secrets_behind_their_four_ways() {
    let schema = schema();
    for section in ["desk", "mailbox", "directory", "policy", "password", "delivery", "sms", "smtp", "store"]
    {
        assert!(schema["properties"].get(section).is_some(), "{section}");
    }
    assert_eq!(schema["$defs"]["Secret"]["anyOf"].as_array().map(Vec::len), Some(4));
    assert_eq!(schema["additionalProperties"], false);
    assert_eq!(schema["$defs"]["SmsSettings"]["properties"]["per_day"]["default"], 500);
}

#[test]
fn the_file_is_the_one_named_first_and_then_the_variables() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("other.toml");
    std::fs::write(&file, small("")).unwrap();
    let env = || std::iter::once((FILE_VARIABLE.to_owned(), file.display().to_string()));
    assert_eq!(load(None, env()).unwrap().file, file);
    let missing = folder.path().join("missing.toml");
    let error = load(Some(&missing), env()).unwrap_err().to_string();
    assert!(error.contains("missing.toml: the configuration cannot be read"), "{error}");
}
