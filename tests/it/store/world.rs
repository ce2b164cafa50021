//! An empty store on either database, with a door of its own to the rows.

use std::sync::Arc;

use nyckelbud::store::{self, Store};
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, PgConnection, Row};
use tempfile::TempDir;

use crate::support::postgres;

/// Where Message-IDs of mails that leave end.
pub const DOMAIN: &str = "kommun.example";

/// A store, and what it lies in.
pub struct World {
    pub store: Arc<dyn Store>,
    pub url: String,
    dir: TempDir,
}

impl World {
    pub async fn sqlite() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let url = format!("sqlite://{}", dir.path().join("nyckelbud.db").display());
        Self { store: store::open(&url, DOMAIN).await.unwrap(), url, dir }
    }

    pub async fn postgres() -> Self {
        let url = postgres::fresh_database().await;
        let dir = tempfile::tempdir().unwrap();
        Self { store: store::open(&url, DOMAIN).await.unwrap(), url, dir }
    }

    /// Another process's store over the same database.
    pub async fn another(&self) -> Arc<dyn Store> {
        store::open(&self.url, DOMAIN).await.unwrap()
    }

    pub fn is_sqlite(&self) -> bool {
        self.url.starts_with("sqlite:")
    }

    /// The database's file, on SQLite.
    pub fn file(&self) -> std::path::PathBuf {
        self.dir.path().join("nyckelbud.db")
    }

    /// Changes rows behind the store's back.
    pub async fn run(&self, sql: &str) {
        let sql = AssertSqlSafe(sql.to_owned());
        if self.is_sqlite() {
            let mut connection = self.lite().await;
            sqlx::raw_sql(sql).execute(&mut connection).await.unwrap();
            connection.close().await.unwrap();
        } else {
            let mut connection = PgConnection::connect(&self.url).await.unwrap();
            sqlx::raw_sql(sql).execute(&mut connection).await.unwrap();
            connection.close().await.unwrap();
        }
    }

    /// A number from the rows.
    pub async fn number(&self, sql: &str) -> i64 {
        let sql = AssertSqlSafe(sql.to_owned());
        if self.is_sqlite() {
            sqlx::query(sql).fetch_one(&mut self.lite().await).await.unwrap().get(0)
        } else {
            let mut connection = PgConnection::connect(&self.url).await.unwrap();
            sqlx::query(sql).fetch_one(&mut connection).await.unwrap().get(0)
        }
    }

    /// Texts from the rows.
    pub async fn texts(&self, sql: &str) -> Vec<String> {
        let sql = AssertSqlSafe(sql.to_owned());
        if self.is_sqlite() {
            let rows = sqlx::query(sql).fetch_all(&mut self.lite().await).await.unwrap();
            rows.iter().map(|row| row.get(0)).collect()
        } else {
            let mut connection = PgConnection::connect(&self.url).await.unwrap();
            let rows = sqlx::query(sql).fetch_all(&mut connection).await.unwrap();
            rows.iter().map(|row| row.get(0)).collect()
        }
    }

    /// Waits until somebody waits for a row that another transaction holds; on PostgreSQL.
    pub async fn somebody_waits(&self) {
        let sql = "SELECT COUNT(*) FROM pg_stat_activity
             WHERE datname = current_database() AND wait_event_type = 'Lock'";
        let began = std::time::Instant::now();
        while self.number(sql).await == 0 {
            assert!(began.elapsed() < std::time::Duration::from_secs(20), "nobody waits");
            tokio::task::yield_now().await;
        }
    }

    async fn lite(&self) -> sqlx::SqliteConnection {
        sqlx::sqlite::SqliteConnectOptions::new().filename(self.file()).connect().await.unwrap()
    }
}
