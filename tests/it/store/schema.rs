//! The tables of both databases, and the migrations that make them.

use std::collections::BTreeSet;
use std::path::Path;
use std::time::Duration;

use nyckelbud::store::{self, StoreError};
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions, Connection};

use super::world::{DOMAIN, World};

/// Each database looks for words in its own way: `search` is left out.
const SQLITE: &str =
    "SELECT t.name || '.' || c.name || ' ' || c.type || CASE c.\"notnull\" WHEN 1 THEN '' ELSE ' NULL' END
     FROM pragma_table_list t JOIN pragma_table_xinfo(t.name) c
     WHERE t.schema = 'main' AND t.name NOT LIKE 'sqlite_%' AND t.name NOT LIKE '_sqlx%' AND t.name NOT LIKE 'search%'";
const POSTGRES: &str = "SELECT table_name || '.' || column_name || ' ' || upper(data_type)
         || CASE is_nullable WHEN 'NO' THEN '' ELSE ' NULL' END
     FROM information_schema.columns WHERE table_schema = 'public' AND table_name NOT LIKE '\\_sqlx%'
         AND table_name <> 'search'";
/// Name and uniqueness; what lies behind WHERE is compared as text by people.
const SQLITE_INDEXES: &str = "SELECT i.name || ' ' || i.\"unique\" || ' ' || i.partial || ' ' ||
         (SELECT group_concat(c.name) FROM pragma_index_info(i.name) c)
     FROM pragma_table_list t JOIN pragma_index_list(t.name) i WHERE t.schema = 'main' AND i.origin = 'c'
         AND t.name NOT LIKE 'search%'";
const POSTGRES_INDEXES: &str =
    "SELECT c.relname || ' ' || i.indisunique::int || ' ' || (i.indpred IS NOT NULL)::int || ' ' ||
         (SELECT string_agg(a.attname, ',' ORDER BY a.attnum) FROM pg_attribute a WHERE a.attrelid = c.oid)
     FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_namespace n ON n.oid = c.relnamespace
     WHERE n.nspname = 'public' AND NOT i.indisprimary
         AND i.indrelid <> 'search'::regclass";

#[tokio::test]
async fn both_databases_have_the_same_tables_columns_and_indexes() {
    let (lite, postgres) = (World::sqlite().await, World::postgres().await);
    let columns: BTreeSet<String> = lite
        .texts(SQLITE)
        .await
        .into_iter()
        .map(|column| column.replace("INTEGER", "BIGINT").replace("BLOB", "BYTEA"))
        .collect();
    assert!(columns.len() > 100 && columns.contains("ticket.state TEXT"), "{columns:?}");
    assert_eq!(columns, postgres.texts(POSTGRES).await.into_iter().collect());
    let nullable: Vec<_> = columns.iter().filter(|column| column.ends_with(" NULL")).collect();
    assert!(nullable.is_empty(), "{nullable:?}");
    let indexes: BTreeSet<String> = lite.texts(SQLITE_INDEXES).await.into_iter().collect();
    assert!(indexes.contains("ticket_live_account 1 1 account"), "{indexes:?}");
    assert_eq!(indexes, postgres.texts(POSTGRES_INDEXES).await.into_iter().collect());
    let loose = "SELECT name FROM pragma_table_list WHERE schema = 'main' AND strict = 0
         AND name NOT LIKE 'sqlite_%' AND name NOT LIKE '_sqlx%' AND name NOT LIKE 'search%'";
    assert_eq!(lite.texts(loose).await, Vec::<String>::new(), "tables that are not STRICT");
}

#[test]
fn both_databases_have_migrations_of_the_same_names() {
    let names = |folder: &str| {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations").join(folder);
        let names = std::fs::read_dir(folder).unwrap().map(|file| file.unwrap().file_name());
        names.collect::<BTreeSet<_>>()
    };
    assert!(!names("sqlite").is_empty());
    assert_eq!(names("sqlite"), names("postgres"));
}

async fn migrates_once(url: &str) {
    let all = [
        "0001_first.sql",
        "0002_places.sql",
        "0003_threads.sql",
        "0004_vouching.sql",
        "0005_bounces.sql",
        "0006_crowds.sql",
        "0007_limits.sql",
        "0008_links.sql",
        "0009_told.sql",
        "0010_accounts.sql",
        "0011_queue.sql",
        "0012_acts.sql",
        "0013_view.sql",
        "0014_operations.sql",
        "0015_aside.sql",
        "0016_status.sql",
        "0017_api.sql",
    ];
    assert_eq!(store::migrate(url).await.unwrap(), all);
    assert_eq!(store::migrate(url).await.unwrap(), Vec::<String>::new());
}

#[tokio::test]
async fn a_migration_is_applied_once_and_named() {
    let dir = tempfile::tempdir().unwrap();
    migrates_once(&format!("sqlite://{}", dir.path().join("new/folder/desk.db").display())).await;
    migrates_once(&crate::support::postgres::fresh_database().await).await;
}

/// Several nodes start at the same moment.
async fn opens_in_a_crowd(url: String) {
    let mut opening = tokio::task::JoinSet::new();
    for _ in 0..6 {
        let url = url.clone();
        opening.spawn(async move { store::open(&url, DOMAIN).await.map(|_| ()) });
    }
    for opened in opening.join_all().await {
        assert_eq!(opened, Ok(()));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_may_open_a_new_database_at_once() {
    let dir = tempfile::tempdir().unwrap();
    opens_in_a_crowd(format!("sqlite://{}", dir.path().join("desk.db").display())).await;
    opens_in_a_crowd(crate::support::postgres::fresh_database().await).await;
}

#[tokio::test]
async fn a_database_of_a_later_version_is_left_alone() {
    for world in [World::sqlite().await, World::postgres().await] {
        world
            .run(
                "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time)
                 SELECT 99, 'later', success, checksum, 0 FROM _sqlx_migrations WHERE version = 1",
            )
            .await;
        let refused = store::open(&world.url, DOMAIN).await.err();
        assert!(
            matches!(&refused, Some(StoreError::Corrupt(text)) if text.contains("later version")),
            "{refused:?}"
        );
    }
}

/// Another program has begun to write into the new file, before this one has asked for the write-ahead
/// log: the switch to it is refused at once, whatever the busy timeout.
#[tokio::test]
async fn a_new_sqlite_file_that_is_being_written_is_waited_for() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("desk.db");
    let mut other =
        SqliteConnectOptions::new().filename(&file).create_if_missing(true).connect().await.unwrap();
    sqlx::raw_sql("BEGIN IMMEDIATE").execute(&mut other).await.unwrap();
    let url = format!("sqlite://{}", file.display());
    let opening = store::open(&url, DOMAIN);
    let mut opening = std::pin::pin!(opening);
    let early = tokio::time::timeout(Duration::from_millis(300), &mut opening).await;
    assert!(early.is_err(), "it did not wait: {:?}", early.map(|opened| opened.err()));
    sqlx::raw_sql("ROLLBACK").execute(&mut other).await.unwrap();
    other.close().await.unwrap();
    assert_eq!(opening.await.err(), None);
    let mut reading = SqliteConnectOptions::new().filename(&file).connect().await.unwrap();
    let mode: String = sqlx::query_scalar("PRAGMA journal_mode").fetch_one(&mut reading).await.unwrap();
    assert_eq!(mode, "wal");
}

/// Tables that cannot be looked at are not tables that are not there: nobody is told to make them.
async fn says_what_is_wrong(url: &str, wrong: &str) {
    for refused in [
        store::open_existing(url, DOMAIN).await.err(),
        store::open(url, DOMAIN).await.err(),
        store::migrate(url).await.err(),
    ] {
        let Some(StoreError::Unavailable(words)) = &refused else { panic!("{refused:?}") };
        assert!(words.contains(wrong) && !words.contains("yet"), "{words}");
    }
}

#[tokio::test]
async fn a_broken_sqlite_file_is_not_taken_for_an_empty_one() {
    let world = World::sqlite().await;
    world.run("PRAGMA wal_checkpoint(TRUNCATE)").await;
    let mut octets = std::fs::read(world.file()).unwrap();
    // The header stays, so that it can be opened; the list of tables behind it is lost.
    octets[100..4096].fill(0xA5);
    let broken = world.file().with_file_name("broken.db");
    std::fs::write(&broken, octets).unwrap();
    says_what_is_wrong(&format!("sqlite://{}", broken.display()), "malformed").await;
    // A table that the statement reaches and that is not there is another one than the one asked for.
    world
        .run(
            "ALTER TABLE _sqlx_migrations RENAME TO kept; CREATE VIEW _sqlx_migrations AS SELECT * FROM gone",
        )
        .await;
    says_what_is_wrong(&world.url, "gone").await;
}

#[tokio::test]
async fn a_postgres_database_without_the_right_to_look_is_not_taken_for_an_empty_one() {
    let world = World::postgres().await;
    let (before, name) = world.url.rsplit_once('/').unwrap();
    let role = format!("other_{}", name.replace(|c: char| !c.is_ascii_alphanumeric(), ""));
    world
        .run(&format!(
            "CREATE ROLE {role} LOGIN PASSWORD 'x'; GRANT CONNECT ON DATABASE \"{name}\" TO {role}"
        ))
        .await;
    let (scheme, rest) = before.split_once("://").unwrap();
    let host = rest.rsplit_once('@').map_or(rest, |(_, host)| host);
    says_what_is_wrong(&format!("{scheme}://{role}:x@{host}/{name}"), "permission denied").await;
    world.run(&format!("REVOKE ALL ON DATABASE \"{name}\" FROM {role}; DROP ROLE {role}")).await;
}
