//! The tables of both databases, and the migrations that make them.

use std::collections::BTreeSet;
use std::path::Path;

use nyckelbud::store::{self, StoreError};

use super::world::{DOMAIN, World};

const SQLITE: &str =
    "SELECT t.name || '.' || c.name || ' ' || c.type || CASE c.\"notnull\" WHEN 1 THEN '' ELSE ' NULL' END
     FROM pragma_table_list t JOIN pragma_table_info(t.name) c
     WHERE t.schema = 'main' AND t.name NOT LIKE 'sqlite_%' AND t.name NOT LIKE '_sqlx%'";
const POSTGRES: &str = "SELECT table_name || '.' || column_name || ' ' || upper(data_type)
         || CASE is_nullable WHEN 'NO' THEN '' ELSE ' NULL' END
     FROM information_schema.columns WHERE table_schema = 'public' AND table_name NOT LIKE '\\_sqlx%'";
/// Name and uniqueness; what lies behind WHERE is compared as text by people.
const SQLITE_INDEXES: &str = "SELECT i.name || ' ' || i.\"unique\" || ' ' || i.partial || ' ' ||
         (SELECT group_concat(c.name) FROM pragma_index_info(i.name) c)
     FROM pragma_table_list t JOIN pragma_index_list(t.name) i WHERE t.schema = 'main' AND i.origin = 'c'";
const POSTGRES_INDEXES: &str =
    "SELECT c.relname || ' ' || i.indisunique::int || ' ' || (i.indpred IS NOT NULL)::int || ' ' ||
         (SELECT string_agg(a.attname, ',' ORDER BY a.attnum) FROM pg_attribute a WHERE a.attrelid = c.oid)
     FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_namespace n ON n.oid = c.relnamespace
     WHERE n.nspname = 'public' AND NOT i.indisprimary";

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
         AND name NOT LIKE 'sqlite_%' AND name NOT LIKE '_sqlx%'";
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
    let all =
        ["0001_first.sql", "0002_places.sql", "0003_threads.sql", "0004_vouching.sql", "0005_bounces.sql"];
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
