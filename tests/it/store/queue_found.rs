//! What the queue shows of mails, and what they are found by.

use nyckelbud::mail::{Excerpt, words_of};
use nyckelbud::store::*;
use nyckelbud::ticket::queue::{FoundRows, Order, Pile, Sought};
use nyckelbud::ticket::{Kind, TicketId};
use nyckelbud::types::Reason;

use super::make::*;
use super::queue::{ids, stopped, wanted};
use super::world::World;

fn said(name: &str, text: &str) -> Incoming {
    let mut mail = stopped(name, Some(Reason::OtherSubject), 5);
    mail.excerpt =
        Excerpt { snippet: text.to_owned(), words: words_of(text).collect(), ..Excerpt::default() };
    mail
}

async fn search(store: &dyn Store, text: &str, before: Option<i64>, limit: u32) -> FoundRows {
    let words: Vec<String> = words_of(text).collect();
    let login = (words.len() == 1).then(|| words[0].clone());
    let sought = Sought { words, login, actor: "user:eva".to_owned(), before, limit };
    store.queue_search(&sought, NOW).await.unwrap()
}

async fn found(store: &dyn Store, text: &str) -> Vec<TicketId> {
    search(store, text, None, 50).await.rows.iter().map(|row| row.id).collect()
}

pub async fn a_ticket_is_found_by_words_of_its_mails_and_their_beginnings(world: World) {
    let store = world.store.as_ref();
    let anna = keep(store, said("1", "Anna Andersson glömt LÖSENORDET near and or not")).await;
    let bo = keep(store, said("2", "Bo Granlund har glömt sitt användarnamn, ring 070-174 06 05")).await;
    assert_eq!(found(store, "glömt").await, [bo, anna], "the newest first");
    assert_eq!(found(store, "Glömt lösenordet").await, [anna]);
    assert_eq!(found(store, "glö anders").await, [anna], "beginnings");
    assert_eq!(found(store, "anders x").await, [anna], "somebody is still writing");
    assert_eq!(found(store, "ndersson").await, []);
    assert_eq!(found(store, "granlund, bo!").await, [bo]);
    for own in ["near", "and not", "OR"] {
        assert_eq!(found(store, own).await, [anna], "{own}");
    }
    for number in ["070-174 06 05", "0701740605", "174", "070"] {
        let known = if number.len() > 3 { vec![bo] } else { vec![] };
        assert_eq!(found(store, number).await, known, "{number}: by its last two digits alone");
    }
    assert_eq!(found(store, "").await, []);
    let evil = Sought {
        words: vec!["glömt\" OR \"bo".to_owned(), "x'':*".to_owned(), String::new()],
        login: Some("' OR 1=1".to_owned()),
        actor: "user:eva".to_owned(),
        before: None,
        limit: 50,
    };
    assert_eq!(store.queue_search(&evil, NOW).await, Ok(FoundRows::default()));

    // A reply is found, too, and its ticket once; pages go on where the one before ended.
    let mut reply = reply("3", message_id("1"));
    reply.from = Some(address("user-1@kommun.example"));
    reply.excerpt.words = words_of("Vad händer? glömt").collect();
    assert_eq!(keep(store, reply).await, anna);
    assert_eq!(found(store, "händer").await, [anna]);
    let first = search(store, "glömt", None, 2).await;
    assert_eq!(first.rows.iter().map(|row| row.id).collect::<Vec<_>>(), [anna, bo]);
    let next = search(store, "glömt", first.before, 2).await;
    assert_eq!((next.rows.len(), next.before), (1, None));
}

pub async fn whoever_looks_for_somebody_is_in_the_audit_log(world: World) {
    let store = world.store.as_ref();
    let id = live_ticket(store, "1", "annand12").await;
    let seen = "SELECT actor || ' ' || data FROM audit WHERE event = 'queue.searched'";
    assert_eq!(found(store, "annand1").await, []);
    assert_eq!(found(store, "Annand12").await, [id]);
    assert_eq!(found(store, "070-174 06 05").await, []);
    let seen = world.texts(seen).await;
    assert_eq!(seen[..2], ["user:eva {\"words\":\"annand1\"}", "user:eva {\"username\":\"annand12\"}"]);
    assert!(seen.len() == 3 && !seen[2].contains("174"), "{seen:?}");
    assert_eq!(store.queue_number(number(1)).await, Ok(Some(id)));
    assert_eq!(store.queue_number(number(2)).await, Ok(None));
}

pub async fn a_list_shows_the_newest_text_of_a_person(world: World) {
    let store = world.store.as_ref();
    let mut first = said("1", "Hej");
    first.excerpt.attached = true;
    let id = keep(store, first).await;
    let mut again = Incoming { answers: vec![message_id("1")], ..said("2", "Hallå?") };
    again.from = Some(address("user-1@kommun.example"));
    again.excerpt.name = "Anna Andersson".to_owned();
    assert_eq!(keep(store, again.clone()).await, id);
    let copy = Incoming { uid: uid("3"), ..again };
    assert_eq!(keep(store, copy).await, id);
    let row = store.queue_rows(&[id]).await.unwrap().remove(0);
    assert_eq!((row.name.as_str(), row.snippet.as_str(), row.mails), ("Anna Andersson", "Hallå?", 2));
    assert!(row.attached, "the first mail has one");
}

pub async fn what_is_let_out_of_quarantine_is_shown_and_found(world: World) {
    let store = world.store.as_ref();
    let unread = |name: &str| {
        let mut mail = stopped(name, None, 5);
        (mail.from, mail.ticket.kind, mail.subject) = (None, Kind::Quarantine, String::new());
        mail
    };
    let id = keep(store, unread("1")).await;
    assert_eq!(found(store, "hittad").await, []);
    let mut read = said("1", "Nu hittad");
    read.content_hash = "its real content".to_owned();
    store.let_out(id, read, "cli:root", NOW).await.unwrap();
    assert_eq!(found(store, "hittad").await, [id]);
    let row = store.queue_rows(&[id]).await.unwrap().remove(0);
    assert_eq!((row.snippet.as_str(), row.mails), ("Nu hittad", 1));

    // One that turns out to be a reply is shown with the ticket that it joins.
    let reply_id = keep(store, unread("2")).await;
    let mut reply = Incoming { answers: vec![message_id("1")], ..said("2", "Ett svar") };
    reply.from = Some(address("user-1@kommun.example"));
    reply.content_hash = "another content".to_owned();
    store.let_out(reply_id, reply, "cli:root", NOW).await.unwrap();
    assert_eq!(found(store, "svar").await, [id]);
    let row = store.queue_rows(&[id]).await.unwrap().remove(0);
    assert_eq!((row.snippet.as_str(), row.mails), ("Ett svar", 2));
}

/// What the migration fills in for rows that were there before it.
pub async fn tickets_of_earlier_versions_are_listed_and_found(world: World) {
    let store = world.store.as_ref();
    let mut mail = stopped("1", Some(Reason::NoPhone), 5);
    mail.subject = "Åter Östen: ••• 05".to_owned();
    let id = keep(store, mail).await;
    world.run("DELETE FROM excerpt").await;
    // `DELETE` over all of it is not for a table that keeps no texts.
    world
        .run(if world.is_sqlite() { "DELETE FROM search WHERE rowid > 0" } else { "DELETE FROM search" })
        .await;
    world.run("UPDATE ticket SET waits_since = 0").await;
    let folder = if world.is_sqlite() { "sqlite" } else { "postgres" };
    let file = format!("{}/migrations/{folder}/0011_queue.sql", env!("CARGO_MANIFEST_DIR"));
    let file = std::fs::read_to_string(file).unwrap();
    let fills = ["INSERT INTO excerpt", "INSERT INTO search", "UPDATE ticket SET waits_since"];
    for fill in fills {
        let statement = file.split(";\n").find_map(|one| one.find(fill).map(|at| &one[at..]));
        world.run(statement.unwrap_or_else(|| panic!("{fill}"))).await;
    }
    assert_eq!(ids(store, &wanted(Pile::Late(NOW), Order::Reason)).await, [id]);
    assert_eq!(store.queue_rows(&[id]).await.unwrap()[0].mails, 1);
    for words in ["östen", "åter", "user kommun"] {
        assert_eq!(found(store, words).await, [id], "{words}");
    }
}
