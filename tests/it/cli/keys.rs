//! `key new`, `key rotate`: the sealing key as a file.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use super::{answer, demo, desk};

fn mode(path: &Path) -> u32 {
    std::fs::metadata(path).unwrap().permissions().mode() & 0o7777
}

#[test]
fn a_new_key_is_private_and_is_never_overwritten() {
    let folder = desk();
    let key = folder.path().join("seal.key");
    std::fs::remove_file(&key).unwrap();
    let made = answer(folder.path(), ["key", "new"]).expect(0);
    assert!(made.out.contains("mode 0600") && made.err.contains("Keep a copy"), "{made:?}");
    assert_eq!((mode(&key), std::fs::read(&key).unwrap().len()), (0o600, 32));
    let before = std::fs::read(&key).unwrap();
    let again = answer(folder.path(), ["key", "new"]).expect(1);
    assert!(again.err.contains("exists already and was left as it is"), "{}", again.err);
    assert_eq!(std::fs::read(&key).unwrap(), before);
}

#[test]
fn a_folder_that_is_missing_and_a_key_that_is_no_file_are_named() {
    let folder = desk();
    let config = folder.path().join("nyckelbud.toml");
    let text = std::fs::read_to_string(&config).unwrap();
    std::fs::write(&config, text.replace("seal.key", "missing/seal.key")).unwrap();
    for command in ["new", "rotate"] {
        let failed = answer(folder.path(), ["key", command]).expect(1);
        assert!(failed.err.contains("missing/seal.key: No such file"), "{}", failed.err);
    }
    std::fs::write(&config, text.replace("{ file = \"seal.key\" }", "{ env = \"SEAL\" }")).unwrap();
    let failed = answer(folder.path(), ["key", "new"]).expect(2);
    assert!(failed.err.contains("does not name a file"), "{}", failed.err);
}

#[test]
fn a_rotated_key_keeps_the_old_one_which_still_opens_what_it_sealed() {
    let folder = demo();
    let key = folder.path().join("seal.key");
    let old = std::fs::read(&key).unwrap();
    let rotated = answer(folder.path(), ["key", "rotate"]).expect(0);
    let line = rotated.out.lines().find(|line| line.contains("old_keys")).expect("the line to add");
    let kept = line.split('"').nth(1).unwrap();
    assert_eq!(std::fs::read(kept).unwrap(), old);
    assert_ne!(std::fs::read(&key).unwrap(), old);
    assert_eq!((mode(&key), mode(Path::new(kept))), (0o600, 0o600));

    answer(folder.path(), ["audit", "verify"]).expect(1);
    let config = folder.path().join("nyckelbud.toml");
    let text = std::fs::read_to_string(&config).unwrap();
    std::fs::write(&config, text.replace("[password]", &format!("[password]\n{line}"))).unwrap();
    answer(folder.path(), ["audit", "verify"]).expect(0);

    // Twice is once more: both old keys are kept.
    answer(folder.path(), ["key", "rotate"]).expect(0);
    let keys = std::fs::read_dir(folder.path()).unwrap().flatten();
    let keys = keys.filter(|e| e.file_name().to_string_lossy().starts_with("seal.key"));
    assert_eq!(keys.count(), 3);
}

#[test]
fn a_rotation_that_was_broken_off_can_be_done_again() {
    let folder = desk();
    let key = folder.path().join("seal.key");
    let once = answer(folder.path(), ["key", "rotate"]).expect(0).out;
    let kept = once.split('"').nth(1).unwrap().to_owned();
    // As it is when the program was stopped after the link, before the new key: one file, two names.
    std::fs::rename(&kept, &key).unwrap();
    std::fs::hard_link(&key, &kept).unwrap();
    let again = answer(folder.path(), ["key", "rotate"]).expect(0);
    assert!(again.out.contains(&kept), "{}", again.out);
    assert_ne!(std::fs::read(&key).unwrap(), std::fs::read(&kept).unwrap());
}
