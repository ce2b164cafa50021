//! `user`, `outage`, and `audit export`: what whoever runs the desk says on the command line.

use super::{answer, desk};

#[test]
fn an_account_is_made_with_a_password_and_codes_that_are_shown_once() {
    let folder = desk();
    let desk = folder.path();
    assert!(answer(desk, ["user", "list"]).expect(0).err.contains("user add NAME"));
    let made =
        answer(desk, ["user", "add", "Eva.Lind", "--role", "technician", "--shown", "Eva Lind"]).expect(0);
    assert!(made.out.contains("name      eva.lind\n") && made.out.contains("password  "), "{}", made.out);
    assert!(made.out.contains("codes     otpauth://totp/Nyckelbud:eva.lind?"), "{}", made.out);
    assert!(made.err.contains("shown once"));
    let listed = answer(desk, ["user", "list"]).expect(0);
    assert!(listed.out.contains("eva.lind") && listed.out.contains("password and code"), "{}", listed.out);
    assert!(!listed.out.contains("otpauth") && !listed.out.contains("$argon2"), "{}", listed.out);
    let again = answer(desk, ["user", "add", "eva.lind", "--role", "auditor"]).expect(1);
    assert!(again.err.contains("has an account already; nothing was changed"), "{}", again.err);
    let wrong = answer(desk, ["user", "add", "eva lind", "--role", "auditor"]).expect(2);
    assert!(wrong.err.contains("letters, digits"), "{}", wrong.err);
    let role = answer(desk, ["user", "add", "per", "--role", "boss"]).expect(2);
    assert!(role.err.contains("technician, auditor or administrator"), "{}", role.err);
}

#[test]
fn an_account_is_changed_by_name_and_a_name_that_is_none_is_said() {
    let folder = desk();
    let desk = folder.path();
    let made = answer(desk, ["user", "add", "per", "--role", "administrator", "--without-codes", "--json"])
        .expect(0);
    let made = made.objects().remove(0);
    assert!(made["codes"].is_null() && made["password"].as_str().is_some_and(|p| p.len() > 12));
    let anew = answer(desk, ["user", "passwd", "per", "--json"]).expect(0).objects().remove(0);
    assert_ne!(anew["password"], made["password"]);
    assert!(answer(desk, ["user", "totp", "per"]).expect(0).out.contains("otpauth://"));
    answer(desk, ["user", "role", "per", "auditor"]).expect(0);
    answer(desk, ["user", "disable", "per"]).expect(0);
    let listed = answer(desk, ["user", "list", "--json"]).expect(0).objects().remove(0);
    assert_eq!(
        (&listed["role"], &listed["disabled"], &listed["codes"]),
        (&"auditor".into(), &true.into(), &true.into())
    );
    answer(desk, ["user", "enable", "per"]).expect(0);
    for command in ["passwd", "totp", "disable", "enable"] {
        let nobody = answer(desk, ["user", command, "nobody"]).expect(1);
        assert!(nobody.err.contains("there is no account nobody; nothing was changed"), "{}", nobody.err);
    }
    let log = answer(desk, ["audit", "export"]).expect(0).objects();
    let events: Vec<&str> = log.iter().filter_map(|row| row["event"].as_str()).collect();
    let wanted = ["user.added", "user.password", "user.codes", "user.role", "user.disabled", "user.enabled"];
    assert_eq!(events, wanted, "the oldest first, and nothing for what was not done");
    assert!(log.iter().all(|row| row["actor"].as_str().unwrap().starts_with("cli:")));
}

#[test]
fn an_outage_is_begun_and_ended_at_a_time_that_has_been() {
    let folder = desk();
    let desk = folder.path();
    assert!(answer(desk, ["outage", "list"]).expect(0).err.contains("No outage"));
    let future = answer(desk, ["outage", "begin", "--at", "2038-01-01T00:00:00Z"]).expect(2);
    assert!(future.err.contains("still to come; nothing was changed"), "{}", future.err);
    let begun =
        answer(desk, ["outage", "begin", "--at", "2026-01-01T08:12:00Z", "--why", "the exchange"]).expect(0);
    assert!(begun.out.starts_with("since 2026-01-01T08:12:00Z, the phones are down (cli:"), "{}", begun.out);
    assert!(answer(desk, ["outage", "begin"]).expect(1).err.contains("under way already"));
    assert!(
        answer(desk, ["outage", "end", "--at", "2025-01-01T00:00:00Z"]).expect(1).err.contains("began later")
    );
    let ended = answer(desk, ["outage", "end", "--at", "2026-01-01T09:00:00Z", "--json"])
        .expect(0)
        .objects()
        .remove(0);
    assert_eq!(
        (&ended["began_at"], &ended["ended_at"]),
        (&"2026-01-01T08:12:00Z".into(), &"2026-01-01T09:00:00Z".into())
    );
    assert!(answer(desk, ["outage", "end"]).expect(1).err.contains("no outage is under way"));
    let taken = answer(desk, ["audit", "export", "--from", "2038-01-01T00:00:00Z"]).expect(0);
    assert_eq!(taken.out, "");
}
