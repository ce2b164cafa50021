//! No statement that runs all day reads a whole table, however large the table grows. SQLite tells its
//! plan without any rows; what PostgreSQL does with many rows is tested in `tests/it/store/plans.rs`.

use sqlx::sqlite::SqliteRow;
use sqlx::{AssertSqlSafe, Connection, Row, Sqlite, SqliteConnection};

use super::dialect::Dialect;
use super::{
    accounts, acts, audit, audit_rows, bounces, ceiling, claims, floods, frozen, history, intake, joins,
    ledger, limits, messages, migrations, places, programs, quarantine, queue, queue_counts, queue_search,
    reads, receipts, status, threads, views, webhooks,
};

const HOT: [(&str, &str); 109] = [
    ("token", programs::TOKEN),
    ("asked once", programs::ASKED),
    ("asked long ago", programs::FORGET),
    ("webhook: untold", webhooks::UNTOLD),
    ("webhook: due", webhooks::DUE),
    ("session", accounts::SESSION),
    ("tries to sign in", accounts::TRIES),
    ("ledger: inbox", ledger::IN_INBOX),
    ("ledger: folder", ledger::IN_FOLDER),
    ("ledger: not moved", ledger::UNMOVED),
    ("place: filed", places::FILED),
    ("place: by content", places::WITH_CONTENT),
    ("place: by octets", places::UNREAD),
    ("place: copy", places::COPY),
    ("place: whose mails", places::WHOSE),
    ("place: all copies", places::ALIKE),
    ("kept", places::KEPT),
    ("gone", places::GONE),
    ("record: known", intake::KNOWN),
    ("record: same content", intake::SAME_CONTENT),
    ("record: written lately", limits::WRITTEN),
    ("a person acted", limits::ACTED),
    ("record: a mail of ours", bounces::SENT),
    ("size of a ticket's mails", intake::MAILS_SIZE),
    ("record: an owner answers", joins::ANSWERS_A_NOTICE),
    ("record: an owner writes", joins::TOLD_OF_A_CHANGE),
    ("record: by mail", threads::BY_MAIL),
    ("record: by message", threads::BY_MESSAGE),
    ("record: by tag", threads::BY_TAG),
    ("record: trust", threads::TRUST),
    ("record: copies", intake::COPIES),
    ("record: flood", floods::AT_LIMIT),
    ("record: ticket of a flood", floods::CURRENT),
    ("claim", claims::DUE),
    ("next due: free ticket", claims::FREE_TICKET),
    ("next due: leased ticket", claims::LEASED_TICKET),
    ("next due: free message", claims::FREE_MESSAGE),
    ("next due: leased message", claims::LEASED_MESSAGE),
    ("claim messages: lock", messages::LOCK_DUE),
    ("claim messages", messages::DUE),
    ("receipt by reference", receipts::BY_REFERENCE),
    ("receipt by the key of all tries", receipts::BY_TRIES),
    ("receipt for intent", receipts::FOR_INTENT),
    ("receipt by a message's reference", receipts::MESSAGE_BY_REFERENCE),
    ("receipt for message", receipts::FOR_MESSAGE),
    ("history", history::HISTORY),
    ("links of a manager", history::LINKS),
    ("frozen", frozen::ONE),
    ("wrong phones", frozen::GUESSES),
    ("what was set aside of a freeze", frozen::NO_LIFTS),
    ("texts of the day", ceiling::TEXTS),
    ("nothing left", ceiling::NOTHING_LEFT),
    ("set back: started", ceiling::SET_BACK[0]),
    ("set back: intents", ceiling::SET_BACK[1]),
    ("set back: messages", ceiling::SET_BACK[2]),
    ("an alarm again", messages::SAID),
    ("what has left", messages::LEFT),
    ("link", reads::BY_PICKUP),
    ("quarantine", quarantine::QUARANTINE),
    ("kept unread: whole", quarantine::UNREAD_WHOLE),
    ("kept unread: copy", quarantine::COPY_HERE),
    ("acts: due", acts::DUE),
    ("acts: next", acts::NEXT),
    ("acts: carried out", acts::CARRY_OUT),
    ("acts: of a ticket", acts::OF_TICKET),
    ("acts: for colleagues", acts::FOR_COLLEAGUES),
    ("acts: count for colleagues", acts::COUNT_FOR_COLLEAGUES),
    ("acts: since", acts::SINCE),
    ("acts: kept ticket", acts::KEPT),
    ("notes", acts::NOTES),
    ("mails of a ticket", intake::MAILS),
    ("audit: waiting", audit::WAITING),
    ("audit: all", audit_rows::ALL),
    ("audit: by actor", audit_rows::BY_ACTOR),
    ("audit: by event", audit_rows::BY_EVENT),
    ("audit: of a ticket", audit_rows::OF_TICKET),
    ("audit: next event", audit_rows::NEXT_EVENT),
    ("audit: first of a time", audit_rows::FIRST),
    ("audit: last of a time", audit_rows::LAST),
    ("queue: by reason", queue::GROUPED),
    ("queue: by reason, whose", queue::GROUPED_OF),
    ("queue: the oldest", queue::OLDEST),
    ("queue: the oldest, whose", queue::OLDEST_OF),
    ("queue: pending", queue::PENDING),
    ("queue: done", queue::DONE),
    ("queue: rows", queue::ROWS),
    ("queue: behind rows", queue::BEHIND),
    ("queue: number", queue::NUMBER),
    ("queue: login", queue_search::BY_LOGIN),
    ("queue: words", Sqlite::FIND_WORDS),
    ("queue: newest mail", queue_search::NEWEST_MAIL),
    ("queue: count done", queue_counts::DONE),
    ("queue: count today", queue_counts::TODAY),
    ("queue: count the rate", queue_counts::RATE),
    ("queue: newest", queue_counts::OPENED),
    ("queue: count pending", queue_counts::PENDING),
    ("status: ended", status::ENDED),
    ("status: ended by people", status::ENDED_BY_PEOPLE),
    ("status: texts", status::TEXTS[0]),
    ("status: links", status::TEXTS[1]),
    ("status: offers", status::OFFERS),
    ("page: ticket", views::BY_NUMBER),
    ("page: mails", views::HEADS),
    ("page: one mail", views::OCTETS),
    ("page: messages", views::SENT),
    ("page: calls", views::CALLED),
    ("page: history", views::HAPPENED),
    ("page: relatives", views::RELATIVES),
    ("page: who has looked", views::LOOKS),
];
/// Over every open ticket, once in a while: by an index that holds only those.
const OVER_OPEN: [(&str, &str); 2] =
    [("queue: count open", queue_counts::OPEN), ("queue: likenesses", queue::LIKENESSES)];

#[tokio::test]
async fn no_hot_statement_reads_a_whole_table() {
    let mut connection = SqliteConnection::connect("sqlite::memory:").await.unwrap();
    for sql in migrations::texts(migrations::SQLITE) {
        sqlx::raw_sql(sql).execute(&mut connection).await.unwrap();
    }
    for (name, sql) in HOT {
        let explain = format!("EXPLAIN QUERY PLAN {}", Sqlite::words(sql).as_str());
        let plan = sqlx::raw_sql(AssertSqlSafe(explain)).fetch_all(&mut connection).await.unwrap();
        sorts_nothing_for_each_row(name, &plan);
        let plan: Vec<String> = plan.iter().map(|row| row.get("detail")).collect();
        // An index that holds only the rows in question (what is due, what is leased) may be walked.
        let walked = [
            "act_due",
            "ticket_due",
            "ticket_leased",
            "message_due",
            "message_leased",
            "audit_waiting",
            "ticket_unread",
            "ticket_live_account",
            "ticket_pending",
            "ticket_opened",
        ];
        let scans = plan.iter().filter(|line| {
            let over_index = walked.iter().any(|index| line.ends_with(&format!("INDEX {index}")));
            line.starts_with("SCAN")
                && !line.contains("json_each")
                && !line.contains("CONSTANT ROW")
                // by words, not by all of them
                && !line.starts_with("SCAN search VIRTUAL TABLE INDEX 192:M")
                && !over_index
        });
        assert_eq!(scans.count(), 0, "{name}: {plan:#?}");
    }
}

#[tokio::test]
async fn what_goes_over_open_tickets_touches_no_other() {
    let mut connection = SqliteConnection::connect("sqlite::memory:").await.unwrap();
    for sql in migrations::texts(migrations::SQLITE) {
        sqlx::raw_sql(sql).execute(&mut connection).await.unwrap();
    }
    for (name, sql) in OVER_OPEN {
        let explain = format!("EXPLAIN QUERY PLAN {}", Sqlite::words(sql).as_str());
        let plan = sqlx::raw_sql(AssertSqlSafe(explain)).fetch_all(&mut connection).await.unwrap();
        let plan: Vec<String> = plan.iter().map(|row| row.get("detail")).collect();
        let of_tickets = plan.iter().filter(|line| line.starts_with("SCAN t ") || *line == "SCAN t");
        let by_open: Vec<bool> = of_tickets
            .map(|line| ["ticket_sender", "ticket_queue"].iter().any(|index| line.ends_with(index)))
            .collect();
        assert_eq!(by_open, [true], "{name}: {plan:#?}");
    }
}

/// A sort within a sub-query that is run for each row: many rows of many mails make it quadratic.
fn sorts_nothing_for_each_row(name: &str, plan: &[SqliteRow]) {
    let line = |id: i64| plan.iter().find(|row| row.get::<i64, _>("id") == id);
    for row in plan.iter().filter(|row| row.get::<&str, _>("detail").contains("TEMP B-TREE")) {
        let above = std::iter::successors(line(row.get("parent")), |row| line(row.get("parent")));
        for row in above {
            let detail: &str = row.get("detail");
            assert!(!detail.starts_with("CORRELATED"), "{name}: it sorts within {detail}");
        }
    }
}
