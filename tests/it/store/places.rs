//! Where filed mails lie.

use std::sync::Arc;

use nyckelbud::mailbox::{AnotherInbox, Filed, Folder, Mark, Shelf, Spot};
use nyckelbud::store::*;

use super::make::*;
use super::world::World;

const HANDLED: Folder = Folder::Handled;

fn filed(name: &str, now: Option<&str>) -> Filed {
    Filed { uid: uid(name), now: now.map(|name| Spot { validity: 3, uid: uid(name) }) }
}

/// As the sweep reads a mail that lies in a folder as `place`.
fn found(name: &str, place: &str) -> Found {
    Found::Read(Box::new(mail_but(name, |mail| {
        mail.uid = uid(place);
        mail.folder = None;
        mail.ticket.state = technician();
    })))
}

async fn places(world: &World, names: &[&str]) -> Vec<(String, u32, bool)> {
    let uids: Vec<_> = names.iter().map(|name| uid(name)).collect();
    let entries = world.store.entries(&in_folder(HANDLED), &uids).await.unwrap();
    let mut entries: Vec<_> = entries
        .into_iter()
        .map(|entry| (entry.uid.as_str().to_owned(), entry.tries, entry.mail.is_some()))
        .collect();
    entries.sort();
    entries
}

pub async fn a_filed_mail_has_its_place_if_the_server_told(world: World) {
    let store = &world.store;
    store.record(vec![mail("1"), mail("2")], NOW).await.unwrap();
    let mails = [filed("1", Some("71")), filed("2", None), filed("unknown", Some("73"))];
    store.filed(BOX, 1, HANDLED, &mails, NOW).await.unwrap();
    assert_eq!(places(&world, &["71", "72", "73"]).await, [("71".to_owned(), 0, true)]);
    assert_eq!(store.unmoved(BOX, 1, None, 10).await.unwrap(), []);
    let entries = store.entries(&inbox(1), &[uid("1"), uid("2")]).await.unwrap();
    assert!(entries.iter().all(|entry| entry.moved && entry.mail.is_some()), "{entries:?}");
    // The same UID elsewhere is another mail's.
    assert_eq!(store.entries(&in_folder(Folder::Quarantine), &[uid("71")]).await.unwrap(), []);
    assert_eq!(store.totals(BOX).await.unwrap(), Totals { kept: 2, gone: 0 });
}

pub async fn tries_in_a_folder_are_not_those_of_the_inbox(world: World) {
    let store = &world.store;
    let (folder, one) = (in_folder(HANDLED), [uid("1")]);
    store.count_tries(&inbox(3), &one, NOW).await.unwrap();
    store.count_tries(&folder, &one, NOW).await.unwrap();
    store.count_tries(&folder, &one, NOW).await.unwrap();
    assert_eq!(places(&world, &["1"]).await, [("1".to_owned(), 2, false)]);
    store.forgive_tries(&folder, &one).await.unwrap();
    assert_eq!(places(&world, &["1"]).await, [("1".to_owned(), 1, false)]);
    assert_eq!(store.entries(&inbox(3), &one).await.unwrap()[0].tries, 1);
}

pub async fn places_of_another_account_are_put_aside_and_those_of_an_inbox_made_again_stay(world: World) {
    let store = &world.store;
    // One name under two UIDVALIDITYs, and in another mailbox.
    let ours = [in_folder(HANDLED), UidScope { validity: 2, ..in_folder(HANDLED) }];
    let theirs = UidScope { mailbox: "annex".to_owned(), ..in_folder(HANDLED) };
    let known = async |scope: &UidScope| store.entries(scope, &[uid("71")]).await.unwrap().len();
    store.count_tries(&theirs, &[uid("71")], NOW).await.unwrap();
    // The account changes twice, and the next one's mails have the same names again.
    for account in [false, true, true] {
        for scope in &ours {
            store.count_tries(scope, &[uid("71")], NOW).await.unwrap();
        }
        let another = AnotherInbox { why: String::new(), account, mark: None };
        store.another_inbox(BOX, 1, Shelf::Inbox, &another, NOW).await.unwrap();
        for scope in &ours {
            assert_eq!(known(scope).await, usize::from(!account), "{scope:?}");
        }
    }
    assert_eq!(known(&theirs).await, 1);
    let aside = "SELECT COUNT(DISTINCT validity) FROM place WHERE mailbox = 'servicedesk' AND validity < 0";
    assert_eq!(world.number(aside).await, 4);
}

pub async fn a_mark_is_amended_in_its_own_folder_alone(world: World) {
    let store = &world.store;
    let shelves = [Shelf::Inbox, Shelf::Filed(HANDLED), Shelf::Filed(Folder::Quarantine)];
    let mark = |word: &str| Mark(word.to_owned());
    for amended in shelves {
        store.amend_mark("annex", amended, &mark("none")).await.unwrap();
        assert_eq!(store.mark("annex", amended).await.unwrap(), None, "there is none to amend");
        for shelf in shelves {
            store.set_mark(BOX, shelf, &mark("first"), NOW).await.unwrap();
        }
        store.amend_mark(BOX, amended, &mark("amended")).await.unwrap();
        for shelf in shelves {
            let word = if shelf == amended { "amended" } else { "first" };
            assert_eq!(store.mark(BOX, shelf).await.unwrap(), Some(mark(word)));
        }
        store.amend_mark(BOX, amended, &mark("first")).await.unwrap();
    }
}

pub async fn a_mail_that_is_found_is_known_by_its_content_or_makes_a_ticket(world: World) {
    let store = &world.store;
    let folder = in_folder(HANDLED);
    store.record(vec![mail("1")], NOW).await.unwrap();
    store.count_tries(&folder, &[uid("81"), uid("82")], NOW).await.unwrap();
    let settled = store.settle(&folder, vec![found("1", "81"), found("2", "82")], false, NOW).await.unwrap();
    assert!(matches!(settled[..], [Settled::Known, Settled::Made(..)]), "{settled:?}");
    assert_eq!(places(&world, &["81", "82"]).await, [("81".to_owned(), 1, true), ("82".to_owned(), 1, true)]);
    let unmoved = store.unmoved(BOX, 1, None, 10).await.unwrap();
    assert_eq!(unmoved.len(), 1, "it may be a copy: only a list of the inbox says what has left it");
    // Somebody copies it: a further place, no further ticket.
    let again = store.settle(&folder, vec![found("2", "83")], false, NOW).await.unwrap();
    assert_eq!(again, [Settled::Known]);
    // And moves it back into the inbox.
    let back = store.record(vec![mail("2")], NOW).await.unwrap();
    assert!(matches!(back[0], Recorded::Duplicate(..)), "{back:?}");
    assert_eq!(store.tickets(&TicketFilter::default()).await.unwrap().len(), 2);
}

pub async fn two_sweeps_that_find_the_same_mail_make_one_ticket(world: World) {
    let stores = [Arc::clone(&world.store), world.another().await];
    let mut sweeps = tokio::task::JoinSet::new();
    for store in stores {
        sweeps.spawn(async move {
            for n in 0..20 {
                let name = n.to_string();
                store.settle(&in_folder(HANDLED), vec![found(&name, &name)], false, NOW).await.unwrap();
            }
        });
    }
    sweeps.join_all().await;
    assert_eq!(world.number("SELECT COUNT(*) FROM ticket").await, 20);
    assert_eq!(world.number("SELECT COUNT(*) FROM mail").await, 20);
    assert_eq!(world.number("SELECT COUNT(*) FROM place WHERE mail > 0").await, 20);
}

pub async fn copies_of_a_mail_get_a_place_each(world: World) {
    let store = &world.store;
    let copy = mail_but("copy", |mail| mail.content_hash = "hash of 1".to_owned());
    store.record(vec![mail("1"), copy], NOW).await.unwrap();
    let both = vec![found("1", "81"), found("1", "82")];
    store.settle(&in_folder(HANDLED), both, false, NOW).await.unwrap();
    assert_eq!(world.number("SELECT COUNT(DISTINCT mail) FROM place").await, 2);
}

pub async fn a_mail_kept_unread_is_found_by_its_octets_in_its_own_mailbox(world: World) {
    let store = &world.store;
    let unread = mail_but("1", |mail| mail.ticket.kind = nyckelbud::ticket::Kind::Quarantine);
    let octets = unread.raw.clone();
    store.record(vec![unread, mail("2")], NOW).await.unwrap();
    assert!(store.kept_unread(BOX, &octets).await.unwrap().is_some());
    assert_eq!(store.kept_unread(BOX, &mail("2").raw).await.unwrap(), None, "that one was read");
    assert_eq!(store.kept_unread("annex", &octets).await.unwrap(), None);
    // Of two mails that the server did not hand over nobody knows whether they are the same.
    let withheld = mail_but("3", |mail| {
        mail.ticket.kind = nyckelbud::ticket::Kind::Quarantine;
        mail.raw = Vec::new();
    });
    store.record(vec![withheld], NOW).await.unwrap();
    assert_eq!(store.kept_unread(BOX, b"").await.unwrap(), None);
}

pub async fn a_mail_that_is_gone_is_said_once_and_never_of_one_that_is_kept(world: World) {
    let store = &world.store;
    let three = [uid("1"), uid("2"), uid("3")];
    store.count_tries(&inbox(1), &three, NOW).await.unwrap();
    store.record(vec![mail("1")], NOW).await.unwrap();
    assert_eq!(store.gone(BOX, 1, &three, NOW).await.unwrap(), 2);
    assert_eq!(store.gone(BOX, 1, &three, NOW).await.unwrap(), 0);
    assert_eq!(world.number("SELECT COUNT(*) FROM audit WHERE event = 'mail.gone'").await, 1);
    assert_eq!(store.totals(BOX).await.unwrap(), Totals { kept: 1, gone: 2 });
    // One of them is put back, and comes in.
    store.count_tries(&inbox(1), &[uid("2")], NOW).await.unwrap();
    store.record(vec![mail("2")], NOW).await.unwrap();
    assert_eq!(store.totals(BOX).await.unwrap(), Totals { kept: 2, gone: 1 });
}
