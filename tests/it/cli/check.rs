//! `check`: everything outside, tried for real. Each part is broken once.

use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use rustix::process::Signal;

use super::{answer, contents, desk};
use crate::support::demo_desk;
use crate::support::program::{Running, ended, on_desk};
use crate::support::sms_service::{self, Fault, Kind, Service};

const PARTS: [&str; 12] = [
    "mailbox servicedesk",
    "directory",
    "password reset",
    "gateway modem",
    "mail out",
    "texts",
    "store",
    "key",
    "page",
    "address",
    "disk",
    "clock",
];

/// Checks the desk after `broken` was done to it: the part must be bad and say `text` and what to do,
/// and the others as good as before.
#[track_caller]
fn only_this_fails(part: &str, text: &str, todo: &str, broken: impl FnOnce(&Path)) {
    let folder = desk();
    broken(folder.path());
    let checked = answer(folder.path(), ["check", "--json"]).expect(1);
    assert!(checked.err.contains("nothing was sent"), "{}", checked.err);
    let lines = checked.objects();
    for line in &lines {
        let wanted = if line["part"] == part { "bad" } else { "good" };
        let follows = part == "directory" && line["part"] == "password reset";
        assert!(follows || line["verdict"] == wanted || line["verdict"] == "care", "{line}");
    }
    let line =
        lines.iter().find(|line| line["part"] == part).unwrap_or_else(|| panic!("no {part}: {lines:?}"));
    assert_eq!(line["verdict"], "bad", "{line}");
    let says = format!("{} {}", line["text"].as_str().unwrap(), line["todo"].as_str().unwrap_or_default());
    assert!(says.contains(text) && says.contains(todo), "{says}");
    let shown = answer(folder.path(), ["check"]).expect(1).out;
    assert!(shown.lines().any(|l| l.starts_with(&format!("✗ {part} "))), "{shown}");
}

fn replace(folder: &Path, from: &str, to: &str) {
    let config = folder.join("nyckelbud.toml");
    let text = std::fs::read_to_string(&config).unwrap();
    assert!(text.contains(from), "{from}");
    std::fs::write(config, text.replace(from, to)).unwrap();
}

#[test]
fn a_desk_that_works_is_good_in_every_part() {
    let folder = desk();
    // Where nothing listens, whatever runs beside this test.
    replace(folder.path(), "public_url = \"http://127.0.0.1:8025\"", "public_url = \"http://127.0.0.1:1\"");
    let checked = answer(folder.path(), ["check"]).expect(0);
    assert_eq!(checked.err, "");
    let (told, rows): (Vec<&str>, Vec<&str>) = checked.out.lines().partition(|row| row.starts_with("    → "));
    for (row, part) in rows.iter().zip(PARTS) {
        // Nothing runs, so nothing answers at the pages' own address.
        let mark = if part == "address" { "⚠" } else { "✓" };
        assert!(row.starts_with(&format!("{mark} {part} ")) && row.contains(" ms "), "{row}");
    }
    assert_eq!((rows.len(), told.len()), (PARTS.len(), 1));
    let lines = answer(folder.path(), ["check", "--json"]).expect(0).objects();
    assert_eq!(lines.iter().map(|l| l["part"].as_str().unwrap()).collect::<Vec<_>>(), PARTS);
    assert!(lines.iter().all(|l| l["took_ms"].is_u64()));
    let (address, others): (Vec<_>, Vec<_>) = lines.iter().partition(|l| l["part"] == "address");
    assert!(others.iter().all(|l| l["verdict"] == "good" && l["todo"].is_null()));
    assert!(address[0]["text"].as_str().unwrap().contains("is not reached from this machine"), "{address:?}");
}

#[test]
fn before_the_first_start_the_missing_database_is_no_failure_and_is_not_made() {
    let folder = tempfile::tempdir().unwrap();
    demo_desk::build(folder.path());
    std::fs::remove_dir(folder.path().join("var")).unwrap();
    let checked = answer(folder.path(), ["check"]).expect(0);
    assert!(checked.out.contains("⚠ store") && checked.out.contains("nyckelbud run"), "{}", checked.out);
    assert!(!contents(folder.path()).iter().any(|(path, _)| path.to_string_lossy().contains("nyckelbud.db")));
}

#[test]
fn a_key_that_is_missing() {
    only_this_fails("key", "passwords wait", "nyckelbud key new", |folder| {
        std::fs::remove_file(folder.join("seal.key")).unwrap();
    });
}

#[test]
fn a_key_that_others_may_read() {
    only_this_fails("key", "0644", "passwords wait", |folder| {
        let mode = std::fs::Permissions::from_mode(0o644);
        std::fs::set_permissions(folder.join("seal.key"), mode).unwrap();
    });
}

#[test]
fn a_key_of_another_length() {
    only_this_fails("key", "seal.key", "correct password.key", |folder| {
        std::fs::write(folder.join("seal.key"), "short").unwrap();
    });
}

#[test]
fn a_directory_that_is_missing() {
    only_this_fails("directory", "directory.toml", "correct directory.file.path", |folder| {
        std::fs::remove_file(folder.join("directory.toml")).unwrap();
    });
}

#[test]
fn a_directory_that_cannot_be_understood() {
    only_this_fails("directory", "directory.toml, line 2", "nobody is looked up", |folder| {
        std::fs::write(folder.join("directory.toml"), "\n[[account]\n").unwrap();
    });
}

#[test]
fn an_sms_spool_that_is_missing() {
    only_this_fails("gateway modem", "No such file", "make the folder", |folder| {
        std::fs::remove_dir(folder.join("sms")).unwrap();
    });
}

#[test]
fn an_sms_spool_that_is_no_folder() {
    only_this_fails("gateway modem", "/sms: ", "make the folder", |folder| {
        std::fs::remove_dir(folder.join("sms")).unwrap();
        std::fs::write(folder.join("sms"), "").unwrap();
    });
}

#[test]
fn a_mail_spool_that_is_missing() {
    only_this_fails("mail out", "No such file", "make the folder", |folder| {
        std::fs::remove_dir(folder.join("mail")).unwrap();
    });
}

#[test]
fn a_mailbox_that_is_elsewhere() {
    only_this_fails("mailbox servicedesk", "maildir", "correct the path", |folder| {
        replace(folder, "path = \"mailbox\"", "path = \"mailbux\"");
    });
}

#[test]
fn a_database_that_is_none() {
    only_this_fails("store", "database", "correct store.url", |folder| {
        std::fs::remove_dir_all(folder.join("var")).unwrap();
        std::fs::create_dir(folder.join("var")).unwrap();
        std::fs::write(folder.join("var/nyckelbud.db"), "not a database, but long enough. ".repeat(99))
            .unwrap();
    });
}

#[test]
fn a_database_whose_folder_cannot_be_made() {
    only_this_fails("store", "is no folder", "correct store.url", |folder| {
        std::fs::remove_dir_all(folder.join("var")).unwrap();
        std::fs::write(folder.join("var"), "").unwrap();
    });
}

#[test]
fn a_text_of_the_site_that_does_not_fit() {
    only_this_fails("texts", "sms", "correct the template", |folder| {
        let site = folder.join("templates/sms");
        std::fs::create_dir_all(&site).unwrap();
        let name = demo_desk::files(&Path::new(env!("CARGO_MANIFEST_DIR")).join("templates/sms"));
        let name = name.iter().find(|name| name.contains("password")).expect("the text with a password");
        std::fs::write(site.join(name), "{{ password }} ".to_owned() + &"long ".repeat(60)).unwrap();
        replace(folder, "[telemetry]", "[templates]\ndirectory = \"templates\"\n\n[telemetry]");
    });
}

#[test]
fn a_port_of_another_program_is_bad_and_one_of_the_desk_at_work_is_not() {
    let folder = desk();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let at = |command| {
        let mut command = on_desk(folder.path(), [command]);
        command.env("NYCKELBUD__WEB__LISTEN", &address);
        command
    };
    let checked = ended(&mut at("check")).expect(1);
    assert!(
        checked.out.contains("taken by another program") && checked.out.contains("web.listen"),
        "{}",
        checked.out
    );
    let refused = ended(&mut at("run")).expect(1);
    assert!(refused.err.contains(&address) && refused.err.contains("nothing was begun"), "{}", refused.err);

    drop(taken);
    let mut desk = Running::start(at("run").env("NYCKELBUD__TELEMETRY__LOG", "info"));
    desk.until("the desk is at work", |desk| desk.err().contains("is at work"));
    let public = format!("http://{address}");
    let checked = ended(at("check").env("NYCKELBUD__DESK__PUBLIC_URL", &public)).expect(0);
    assert!(checked.out.contains("a nyckelbud is at work here"), "{}", checked.out);
    assert!(checked.out.contains(&format!("{public} leads to a nyckelbud")), "{}", checked.out);

    // Its lock file stays behind, and tells nothing any more.
    desk.signal(Signal::TERM);
    desk.end().expect(0);
    let _taken = TcpListener::bind(&address).unwrap();
    let checked = ended(&mut at("check")).expect(1);
    assert!(checked.out.contains("taken by another program"), "{}", checked.out);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_account_that_is_low_empty_or_not_told_is_a_warning() {
    let service = Service::start(Kind::Twilio, Fault::None).await;
    let folder = desk();
    let twilio = format!(
        "name = \"modem\"\nkind = \"twilio\"\nbase_url = \"{}\"\naccount = \"{}\"\npassword = \"{}\"\nbalance_low = 50\n",
        service.base_url(),
        sms_service::ACCOUNT,
        sms_service::PASSWORD,
    );
    replace(folder.path(), "name = \"modem\"\nkind = \"spool\"\npath = \"sms\"\n", &twilio);
    let checked = |code: i32| {
        let lines = answer(folder.path(), ["check", "--json"]).expect(code).objects();
        lines.into_iter().find(|line| line["part"] == "gateway modem").expect("the gateway's line")
    };
    let line = checked(0);
    assert_eq!(
        (&line["verdict"], &line["text"]),
        (&"good".into(), &"signed in, the balance is 967.05 SEK".into())
    );
    service.set_balance(4_999);
    let line = checked(0);
    assert_eq!(line["verdict"], "care", "{line}");
    assert!(line["todo"].as_str().unwrap().contains("49.99 SEK is low"), "{line}");
    service.set_balance(0);
    let line = checked(0);
    assert_eq!(line["verdict"], "care", "{line}");
    assert!(line["todo"].as_str().unwrap().contains("0.00 SEK is nothing"), "{line}");
    // What is low is never found out.
    service.hide_balance(403);
    let line = checked(0);
    assert_eq!(line["verdict"], "care", "{line}");
    assert!(line["todo"].as_str().unwrap().contains("balance_low"), "{line}");
    assert!(service.taken().is_empty(), "nothing was sent");
}
