//! PostgreSQL with many rows: what runs all day reads no table as a whole. (SQLite tells its plans
//! without rows; they are tested beside the statements.)

use std::time::{Duration, Instant};

use nyckelbud::delivery::Receipt;
use nyckelbud::mailbox::{Filed, Folder, Spot};
use nyckelbud::store::{Channel, Found, MailId, MessageKind};
use nyckelbud::ticket::TicketId;
use nyckelbud::ticket::queue::{CountAt, Order, Pile, Sought, Wanted};
use nyckelbud::types::AccountId;

use super::make::*;
use super::world::World;

const FILL: &str = "
INSERT INTO ticket (year, running, kind, state, standing, live, outcome, reason, account, username, mailbox,
    message_id, subject, sender, received_at, settled_at, assignee, merged_into, observed, asked, phone_hash,
    pickup_hash, due_at, woken, replied, fence, lease_owner, lease_until, trail)
SELECT 25, n, 'general', '{\"state\":\"filed\"}', 'closed', 0, '', '', 'a-' || n, '', 'servicedesk', '', '', '', 0, 1,
    '', '', 0, 0, '', 'p' || n, 9223372036854775807, 0, 0, 0, '', 0, '[]' FROM generate_series(1, 100000) n;
INSERT INTO mail (ticket, duplicate_of, mailbox, validity, uid, received_at, kept_at, content_hash, message_id,
    subject, sender, trust, raw)
SELECT n, 0, 'servicedesk', 1, 'u' || n, 0, 0, 'h' || n, n || '@old.example', '', '', 'unverified', ''
FROM generate_series(1, 100000) n;
INSERT INTO ledger (mailbox, validity, uid, tries, mail, folder, seen_at, moved_at)
SELECT 'servicedesk', 1, 'u' || n, 1, n, 'handled', 0, 1 FROM generate_series(1, 100000) n;
INSERT INTO place (mailbox, folder, validity, uid, tries, mail, seen_at)
SELECT 'servicedesk', 'handled', 3, 'p' || n, 0, n, 0 FROM generate_series(1, 100000) n;
INSERT INTO intent (intent_key, ticket, kind, generation, gateway, begun_at, outcome, detail, ended_at)
SELECT 'k' || n, n, 'text', 1, 'elks', n, 'accepted', 'r' || n, 0 FROM generate_series(1, 100000) n;
INSERT INTO message (ticket, kind, channel, addressee, words, message_id, created_at, due_at, tries, unclear, begun_at,
    outcome, detail, ended_at, fence, lease_owner, lease_until)
SELECT n, 'acknowledgement', 'mail', n || '@kommun.example', '{}', n || '@kommun.example', n,
    9223372036854775807, 1, 0, n, 'accepted', '', n, 1, '', 0 FROM generate_series(1, 100000) n;
INSERT INTO started (ticket, account, sender, phone_hash, unit, counts, mismatch, begun_at)
SELECT n, 'a-' || n, n || '@kommun.example', 'h' || n, 'unit-' || n % 500, 1, 0, n FROM generate_series(1, 100000) n;
INSERT INTO audit (ticket, actor, event, data, written_at, place, key_id, hash)
SELECT n, 'nyckelbud', 'x', '{}', n, -n, '', '' FROM generate_series(1, 100000) n;
INSERT INTO excerpt (ticket, mails, name, snippet, attached, alike)
SELECT n, 1, '', '', 0, 0 FROM generate_series(1, 100000) n;
INSERT INTO search (rowid, words)
SELECT n, array_to_tsvector(ARRAY['word', 'w' || n % 1000, 'u' || n, '#0.' || n / 4096,
    '#1.' || n / 131072]) FROM generate_series(1, 100000) n;
ANALYZE;
SELECT pg_stat_reset();";

async fn looks_at_the_queue(store: &dyn nyckelbud::store::Store) {
    let piles = [
        Pile::Open,
        Pile::Of("eva".to_owned()),
        Pile::Late(NOW),
        Pile::Failed,
        Pile::Pending,
        Pile::Done(NOW),
    ];
    for pile in piles {
        for order in [Order::Reason, Order::Oldest] {
            let wanted = Wanted { pile: pile.clone(), order, reason: None, after: None, limit: 51 };
            store.queue_page(&wanted).await.unwrap();
        }
    }
    store.queue_rows(&[TicketId(7)]).await.unwrap();
    store.queue_behind(&[TicketId(7)]).await.unwrap();
    store.queue_counts(&CountAt { now: NOW, today: NOW, late: NOW }).await.unwrap();
    store.queue_likenesses().await.unwrap();
    store.queue_number(number(7)).await.unwrap();
    for words in ["u77", "word", "w7"] {
        let words = vec![words.to_owned()];
        let sought = Sought {
            words,
            login: Some("u77".to_owned()),
            actor: "user:eva".to_owned(),
            before: None,
            limit: 50,
        };
        store.queue_search(&sought, NOW).await.unwrap();
    }
}

async fn looks_at_a_ticket(store: &dyn nyckelbud::store::Store) {
    store.ticket_file(number(7)).await.unwrap();
    store.looked_at(TicketId(7), "user:eva.lind", NOW, NOW).await.unwrap();
    store.mail_octets(TicketId(7), MailId(7), 1000).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn postgres_reads_no_large_table_as_a_whole() {
    let world = World::postgres().await;
    world.run(FILL).await;

    let store = world.another().await;
    let mails = (1..=35).map(|n| {
        mail_but(&n.to_string(), |mail| {
            mail.answers = vec![message_id("unknown")];
            mail.tag = Some(number(n));
            mail.ticket.acknowledge = Some(address(ANNA));
        })
    });
    store.record(mails.collect(), NOW).await.unwrap();
    store.count_tries(&inbox(1), &[uid("1"), uid("new")], NOW).await.unwrap();
    store.entries(&inbox(1), &[uid("u7")]).await.unwrap();
    store.unmoved(BOX, 1, None, 100).await.unwrap();
    let spot = Spot { validity: 3, uid: uid("9") };
    let filed = [Filed { uid: uid("u7"), now: Some(spot) }];
    store.filed(BOX, 1, Folder::Handled, &filed, NOW).await.unwrap();
    let handled = in_folder(Folder::Handled);
    store.entries(&handled, &[uid("9")]).await.unwrap();
    let known = mail_but("known", |mail| mail.content_hash = "h77".to_owned());
    store.settle(&handled, vec![Found::Read(Box::new(known))], true, NOW).await.unwrap();
    store.with_content(&["h77".to_owned()]).await.unwrap();
    store.kept_unread(BOX, b"octets").await.unwrap();
    store.of_mailbox(BOX, &[MailId(7)]).await.unwrap();
    store.copies(BOX, &[MailId(7)]).await.unwrap();
    store.moved(BOX, 1, &[uid("1")], NOW).await.unwrap();
    store.next_due().await.unwrap();
    let claim = store.claim("one", LEASE, 8, NOW).await.unwrap().remove(0);
    let id = claim.ticket.id;
    store.history(&AccountId::new("a-7"), "7@kommun.example", "h7", "unit-7", NOW).await.unwrap();
    let step = nyckelbud::store::Step { account: Some(account("a-new")), ..step(sealed_state()) };
    store.commit(id, claim.fence, &claim.ticket.state, step).await.unwrap();
    store.claim_messages(Channel::Mail, "one", LEASE, 8, NOW).await.unwrap();
    store.message_left(TicketId(7), MessageKind::Acknowledgement).await.unwrap();
    store.receipt("elks", None, "r77", Receipt::Delivered, NOW).await.unwrap();
    store.receipt_for("k77").await.unwrap();
    looks_at_the_queue(store.as_ref()).await;
    store.ticket_by_pickup("p77").await.unwrap();
    mails_of(store.as_ref(), id).await;
    looks_at_a_ticket(store.as_ref()).await;
    store.seal_audit(&keyring(1), 100).await.unwrap();
    store.erase_expired(NOW).await.unwrap();
    drop(store);

    // A server's process adds its counts to the statistics at its end. The world's own store has one.
    let alive = "SELECT COUNT(*) FROM pg_stat_activity WHERE application_name = 'nyckelbud'
         AND datname = current_database()";
    let until = Instant::now() + Duration::from_secs(20);
    while world.number(alive).await > 1 && Instant::now() < until {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let used = "SELECT COUNT(*) FROM pg_stat_user_tables WHERE relname = 'ticket' AND idx_scan > 0";
    assert_eq!(world.number(used).await, 1, "the counts are not there: this would prove nothing");
    let scanned = "SELECT relname::text FROM pg_stat_user_tables WHERE seq_scan > 0
         AND relname IN ('ticket', 'mail', 'ledger', 'intent', 'message', 'started', 'audit', 'place', 'excerpt', 'search')";
    assert_eq!(world.texts(scanned).await, Vec::<String>::new());
}
