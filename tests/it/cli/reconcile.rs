//! `reconcile`: every mail has a fate, or is named. Nothing is changed by it.

use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use sqlx::{ConnectOptions, Connection};

use super::{answer, contents, demo};
use crate::support::{demo_desk, letters};

const HANDLED: &str = "mailbox/.Nyckelbud.Hanterade/cur";

/// Lays a mail into a folder of the maildir, as if it had come some hours ago.
fn lay(folder: &Path, part: &str, name: &str, mail: &str) -> PathBuf {
    let path = folder.join(part).join(name);
    std::fs::write(&path, mail.replace('\n', "\r\n")).expect("a mail");
    let file = std::fs::File::options().append(true).open(&path).expect("a mail");
    file.set_modified(SystemTime::now() - Duration::from_secs(3 * 3600)).expect("a time");
    path
}

/// Changes rows behind the program's back.
async fn run(folder: &Path, sql: &'static str) {
    let file = folder.join("var/nyckelbud.db");
    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(file);
    let mut connection = options.connect().await.expect("the database opens");
    sqlx::raw_sql(sql).execute(&mut connection).await.expect("rows");
    connection.close().await.expect("closed");
}

#[test]
fn a_desk_whose_mails_all_have_a_fate_is_proven_and_nothing_is_changed() {
    let folder = demo();
    let before = contents(&folder.path().join("mailbox"));
    let said = answer(folder.path(), ["reconcile"]).expect(0).out;
    assert!(said.contains("servicedesk") && said.contains("by place") && said.contains("handled"), "{said}");
    let objects =
        answer(folder.path(), ["reconcile", "--json", "--mailbox", "servicedesk"]).expect(0).objects();
    let [summary] = objects.as_slice() else { panic!("{objects:#?}") };
    let mails = demo_desk::files(&folder.path().join(HANDLED)).len();
    let handled = &summary["folders"][1];
    assert!(mails > 10, "{mails}");
    assert_eq!((&handled["mails"], &handled["by_place"]), (&mails.into(), &mails.into()), "{summary:#}");
    assert_eq!((&summary["nowhere"], &summary["gone"]), (&0.into(), &0.into()), "{summary:#}");
    assert!(before == contents(&folder.path().join("mailbox")), "a mail was touched");
}

#[tokio::test]
async fn a_mail_that_was_smuggled_out_of_the_ledger_is_named() {
    let folder = demo();
    let smuggled =
        "DELETE FROM place WHERE mail = (SELECT id FROM mail WHERE message_id LIKE 'sms-registered%');
         DELETE FROM ledger WHERE mail = (SELECT id FROM mail WHERE message_id LIKE 'sms-registered%');";
    run(folder.path(), smuggled).await;
    let objects = answer(folder.path(), ["reconcile", "--json"]).expect(0).objects();
    assert_eq!(objects[0]["folders"][1]["by_content"], 1, "its content is still kept: {objects:#?}");

    run(folder.path(), "DELETE FROM mail WHERE message_id LIKE 'sms-registered%'").await;
    let ended = answer(folder.path(), ["reconcile"]).expect(1);
    let named = "servicedesk, handled: no known fate: ";
    assert_eq!(ended.out.matches(named).count(), 1, "{}", ended.out);
    assert!(ended.out.contains("<sms-registered-phone@kommun.example>"), "{}", ended.out);
    assert!(ended.err.contains("1 mail without a known fate"), "{}", ended.err);
}

#[test]
fn what_somebody_put_into_a_folder_is_named_without_phone_numbers() {
    let folder = demo();
    let put = letters::letter("put", "gun.persson", "Ring 070-174 06 05 nu", "Hej");
    lay(folder.path(), HANDLED, "1.put", &put);
    let objects = answer(folder.path(), ["reconcile", "--json"]).expect(1).objects();
    let unknown = &objects[0];
    assert_eq!((&unknown["type"], &unknown["folder"]), (&"unknown".into(), &"handled".into()));
    assert_eq!(unknown["from"], "gun.persson@kommun.example");
    assert_eq!(unknown["subject"], "Ring ••• 05 nu");
    assert_eq!(unknown["message_id"], "put@kommun.example");
    assert!(unknown["received_at"].is_string(), "{unknown:#}");
}

#[test]
fn a_new_mail_in_the_inbox_waits_and_an_old_one_is_named() {
    let folder = demo();
    demo_desk::deliver_raw(folder.path(), "2.new", letters::chatter("new", 50).as_bytes());
    let objects = answer(folder.path(), ["reconcile", "--json"]).expect(0).objects();
    assert_eq!(objects[0]["folders"][0]["waiting"], 1, "{objects:#?}");
    lay(folder.path(), "mailbox/new", "3.old", &letters::chatter("old", 50));
    let objects = answer(folder.path(), ["reconcile", "--json"]).expect(1).objects();
    assert_eq!(
        (&objects[0]["folder"], &objects[0]["message_id"]),
        (&"inbox".into(), &"old@kommun.example".into())
    );
    assert_eq!(objects[1]["folders"][0]["unknown"], 1, "{objects:#?}");
}

#[test]
fn a_kept_mail_that_somebody_deleted_is_fine_and_told() {
    let folder = demo();
    let handled = folder.path().join(HANDLED);
    let first = demo_desk::files(&handled).remove(0);
    std::fs::remove_file(handled.join(first)).expect("deleted");
    let objects = answer(folder.path(), ["reconcile", "--json"]).expect(0).objects();
    assert_eq!(objects[0]["nowhere"], 1, "{objects:#?}");
    let said = answer(folder.path(), ["reconcile"]).expect(0).out;
    assert!(said.contains("; 1 of them lie in none of these folders"), "{said}");
    assert!(!said.contains("before they were read"), "{said}");
}

#[tokio::test]
async fn mails_that_somebody_took_away_before_they_were_read_are_told() {
    let folder = demo();
    let taken = "INSERT INTO ledger (mailbox, validity, uid, tries, mail, folder, seen_at, moved_at)
         VALUES ('servicedesk', 1, 'taken', 1, 0, '', 1, 2)";
    run(folder.path(), taken).await;
    let objects = answer(folder.path(), ["reconcile", "--json"]).expect(0).objects();
    assert_eq!((&objects[0]["gone"], &objects[0]["nowhere"]), (&1.into(), &0.into()), "{objects:#?}");
    let said = answer(folder.path(), ["reconcile"]).expect(0).out;
    assert!(said.contains("  1 mails were taken out of the inbox by somebody"), "{said}");
}

#[test]
fn a_mailbox_that_cannot_be_reached_is_named_and_the_others_are_compared() {
    let folder = demo();
    let file = folder.path().join("nyckelbud.toml");
    let config = std::fs::read_to_string(&file).expect("the configuration");
    let annex = "[[mailbox]]\nname = \"annex\"\nkind = \"maildir\"\npath = \"not-there\"\n\
                 authentication = \"trusted\"\n\n[directory]";
    std::fs::write(&file, config.replacen("[directory]", annex, 1)).expect("written");
    let ended = answer(folder.path(), ["reconcile", "--json"]).expect(1);
    assert!(ended.err.contains("mailbox annex: ") && ended.err.contains("not-there"), "{}", ended.err);
    assert_eq!(ended.objects()[0]["mailbox"], "servicedesk");
    answer(folder.path(), ["reconcile", "--mailbox", "servicedesk"]).expect(0);
    let wrong = answer(folder.path(), ["reconcile", "--mailbox", "postmaster"]).expect(2).err;
    assert!(wrong.contains("\"postmaster\"") && wrong.contains("servicedesk, annex"), "{wrong}");
}

#[tokio::test]
async fn a_mail_whose_reading_never_ended_is_named_and_not_read() {
    let folder = demo();
    lay(folder.path(), "mailbox/new", "4.begun", &letters::chatter("begun", 50));
    let begun = "INSERT INTO ledger (mailbox, validity, uid, tries, mail, folder, seen_at, moved_at)
         VALUES ('servicedesk', 0, '4.begun', 2, 0, '', 0, 0)";
    run(folder.path(), begun).await;
    let ended = answer(folder.path(), ["reconcile"]).expect(1);
    assert!(ended.out.contains("its reading was begun 2 times and never ended"), "{}", ended.out);
    assert!(!ended.out.contains("begun@kommun.example"), "it was read: {}", ended.out);
}
