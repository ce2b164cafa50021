//! `coverage` and `directory export`: what is read of everybody.

use std::os::unix::fs::PermissionsExt;

use super::{answer, desk};

#[test]
fn who_could_not_be_helped_is_told_by_unit_and_named_for_a_spreadsheet() {
    let folder = desk();
    let said = answer(folder.path(), ["coverage"]).expect(0);
    assert!(said.out.starts_with("Unit"), "{}", said.out);
    assert!(said.err.contains("would need a technician"), "{}", said.err);

    let units = answer(folder.path(), ["coverage", "--json"]).expect(0).objects();
    let sum = |key: &str| units.iter().map(|unit| unit[key].as_u64().expect("a number")).sum::<u64>();
    let parts = ["text", "manager", "no_phone", "no_texts", "protected", "unknown"];
    assert_eq!(sum("people"), parts.iter().map(|part| sum(part)).sum::<u64>(), "each is counted once");
    assert!(sum("text") > 5 && sum("manager") > 0 && sum("protected") > 0, "{units:#?}");

    let table = answer(folder.path(), ["coverage", "--csv"]).expect(0).out;
    let rows: Vec<&str> = table.lines().collect();
    assert_eq!(rows[0], "unit,username,name,why");
    let lost = ["no_phone", "no_texts", "protected", "unknown"].iter().map(|part| sum(part)).sum::<u64>();
    assert_eq!(rows.len() as u64, 1 + lost, "{table}");
    assert!(!table.contains("0701"), "no phone number is in it");
}

#[test]
fn a_register_that_was_exported_answers_as_the_one_it_came_from() {
    let folder = desk();
    let before = answer(folder.path(), ["coverage", "--csv"]).expect(0).out;
    let made = folder.path().join("export.toml");
    let path = made.to_str().expect("a path");
    let said = answer(folder.path(), ["directory", "export", path]);
    assert!(said.expect(0).err.contains("accounts are in"));
    let mode = std::fs::metadata(&made).expect("the file").permissions().mode() & 0o777;
    assert_eq!(mode, 0o600, "phone numbers are in it");
    let text = std::fs::read_to_string(&made).expect("the file");
    assert!(text.contains("+46701740605") && !text.contains("argon2"), "{text}");

    let again = answer(folder.path(), ["directory", "export", path]).expect(2);
    assert!(again.err.contains("is there already; nothing was written"), "{}", again.err);
    std::fs::copy(&made, folder.path().join("directory.toml")).expect("the register");
    assert_eq!(answer(folder.path(), ["coverage", "--csv"]).expect(0).out, before);
    let twice = answer(folder.path(), ["directory", "export"]).expect(0).out;
    assert_eq!(twice.trim_end(), text.trim_end(), "to standard output, the same again");
}
