//! A store of many years: tickets that are over, some that wait, and the open ones among the newest. Both
//! databases get the same rows, by the same SQL.

use nyckelbud::ticket::queue::CountAt;
use nyckelbud::types::UnixMillis;
use sqlx::{AssertSqlSafe, Connection, PgConnection, SqliteConnection};

/// The time of the run: what came last came now.
const NOW: i64 = 1_795_521_600_000;
/// Between two mails on a usual day; the newest five thousand came today.
const APART: i64 = 17_000;
/// Rows of one transaction.
const BATCH: u32 = 50_000;
/// The mail of an open ticket: what people read.
const MAIL: &str = "From: Anna Andersson <anna.andersson@kommun.example>
To: Servicedesk <servicedesk@kommun.example>
Subject: Nytt =?utf-8?Q?l=C3=B6senord?=
Date: Tue, 24 Nov 2026 08:12:00 +0100
MIME-Version: 1.0
Content-Type: multipart/alternative; boundary=\"b\"

--b
Content-Type: text/plain; charset=utf-8
Content-Transfer-Encoding: 8bit

Hej! Jag kommer inte in i journalen efter semestern, och telefonen till er tutar bara upptaget.

Användarnamn: anna.andersson@kommun.example
Mobilnummer: 070-174 06 05

Med vänlig hälsning
Anna Andersson
Hemtjänst Norr
--b
Content-Type: text/html; charset=utf-8
Content-Transfer-Encoding: 8bit

<html><body><p>Hej! Jag kommer inte in i journalen efter semestern, och telefonen till er tutar bara upptaget.</p>
<p>Användarnamn: anna.andersson@kommun.example<br>Mobilnummer: 070-174 06 05</p>
<p>Med vänlig hälsning<br>Anna Andersson<br>Hemtjänst Norr</p></body></html>
--b--
";
/// Different texts; each makes the words in it as frequent as it is.
const TEXTS: [&str; 8] = [
    "hej jag har glömt mitt lösenord och kommer inte in på datorn kan ni hjälpa mig tack",
    "lösenord behöver ett nytt lösenord telefonen på servicedesk verkar vara nere sedan i morse",
    "skrivaren på plan två blinkar rött och matar inget papper lösenord fungerar",
    "god morgon vi har en vikarie som börjar i dag och som behöver lösenord till journalen före ronden",
    "mitt konto är låst efter semestern och lösenord går inte att byta själv på sidan",
    "användarnamn och telefon står nedan skicka gärna ett tillfälligt lösenord så fort det går hälsningar",
    "kan inte logga in hemifrån längre sedan bytet av telefon i går lösenord är rätt tror jag",
    "hör till avdelning norr nattpersonal ingen chef på plats lösenord behövs innan passet börjar i kväll",
];
const FIRST: [&str; 20] = [
    "anna", "bo", "cecilia", "david", "elin", "fatima", "gun", "hassan", "ingrid", "jonas", "karin", "leif",
    "mona", "nadia", "oskar", "per", "ritva", "samira", "tove", "ulf",
];
const LAST: [&str; 24] = [
    "andersson",
    "berglund",
    "carlsson",
    "dahl",
    "ekdahl",
    "forsman",
    "granlund",
    "haddad",
    "isaksson",
    "jonsson",
    "karlsson",
    "lindgren",
    "mäkinen",
    "noor",
    "olsson",
    "persson",
    "quist",
    "rask",
    "sandberg",
    "torn",
    "ulvskog",
    "vik",
    "yusuf",
    "öst",
];
/// Endings that make of each name many.
const ENDINGS: u32 = 40;

/// The times of the counters.
pub fn count_at() -> CountAt {
    let before = |hours: i64| UnixMillis(NOW - hours * 3_600_000);
    CountAt { now: UnixMillis(NOW), today: before(10), late: before(2) }
}

/// The name that the writer of mail `n` has.
pub fn full_name(n: u32) -> String {
    let first = FIRST[(n % 20) as usize];
    format!("{first} {}{}", LAST[(n / 20 % 24) as usize], n / 480 % ENDINGS)
}

/// The username of the account of ticket `n`.
pub fn login(n: u32) -> String {
    format!("u{n}x")
}

/// Fills the database, which has its tables and nothing else.
pub async fn fill(url: &str, tickets: u32, open: u32) {
    let mut door = Door::open(url).await;
    door.run(&lists()).await;
    let mut from = 0;
    while from < tickets {
        let to = (from + BATCH).min(tickets);
        door.run(&rows(from, to, tickets, open, door.is_sqlite())).await;
        from = to;
    }
    door.finish().await;
}

/// Texts and names, from which the rows are made.
fn lists() -> String {
    let mut sql = "CREATE TABLE seed_text (i BIGINT PRIMARY KEY, w TEXT); CREATE TABLE seed_first (i BIGINT PRIMARY KEY, \
                   w TEXT); CREATE TABLE seed_last (i BIGINT PRIMARY KEY, w TEXT);"
        .replace("BIGINT", "INTEGER");
    for (table, words) in [("text", &TEXTS[..]), ("first", &FIRST[..]), ("last", &LAST[..])] {
        for (i, word) in words.iter().enumerate() {
            sql.push_str(&format!("INSERT INTO seed_{table} VALUES ({i}, '{word}');"));
        }
    }
    sql
}

/// Tickets `from` to `to`, with a mail, an excerpt and the words of each. Every second of the newest is open,
/// until there are enough of them.
fn rows(from: u32, to: u32, tickets: u32, open: u32, sqlite: bool) -> String {
    let first_open = tickets.saturating_sub(2 * open);
    let words =
        "t.w || ' ' || f.w || ' ' || l.w || (s.n / 480 % 40) || ' u' || s.n || 'x ord' || (s.n % 20011)";
    let words = if sqlite {
        words.to_owned()
    } else {
        format!(
            "array_to_tsvector(string_to_array({words}, ' ') || ARRAY['#0.' || (s.n + 1) / 4096, '#1.' || (s.n + 1) / 131072])"
        )
    };
    let series = format!(
        "WITH RECURSIVE s(n) AS (SELECT {from} UNION ALL SELECT n + 1 FROM s WHERE n + 1 < {to}),
         r AS (SELECT s.n, n >= {first_open} AND n % 2 = 0 AS is_open, n >= {first_open} AND n % 40 = 1 AS waits,
             {NOW} - (CAST({tickets} AS BIGINT) - 1 - n) * {APART} / CASE WHEN n >= {first_open} THEN 2 ELSE 1 END AS came
             FROM s)"
    );
    let reasons =
        "CASE r.n / 2 % 10 WHEN 0 THEN 'phone-mismatch' WHEN 1 THEN 'no-phone' WHEN 2 THEN 'fields-missing'
         WHEN 3 THEN 'fields-missing' WHEN 4 THEN 'no-manager' WHEN 5 THEN 'sender-unverified'
         WHEN 6 THEN 'delivery-failed' ELSE 'other-subject' END";
    let trail = "'[' || substr('                                                                                ', 1, 80) || ']'";
    format!(
        "BEGIN;
         INSERT INTO ticket (id, year, running, kind, state, standing, live, outcome, reason, account, username,
             mailbox, message_id, subject, sender, received_at, settled_at, assignee, merged_into, observed, asked,
             phone_hash, pickup_hash, due_at, woken, replied, fence, lease_owner, lease_until, trail, waits_since,
             handled)
         {series} SELECT n + 1, 26, n + 1, 'password', '{{\"state\":\"filed\"}}',
             CASE WHEN is_open THEN 'open' WHEN waits THEN 'pending' WHEN n % 5 = 0 THEN 'closed' ELSE 'resolved' END,
             0, 'technician', CASE WHEN is_open THEN {reasons} ELSE '' END, 'a-' || n, 'u' || n || 'x@kommun.example',
             'servicedesk', n || '@m.example', 'Nytt lösenord', 'w' || (n % 100003) || '@kommun.example', came,
             came + 2000, CASE WHEN is_open AND n % 20 = 0 THEN 'eva.lind' WHEN is_open AND n % 26 = 0 THEN 'per.ost'
             ELSE '' END, '', 0, 0, '', '', 9223372036854775807, 0, 0, 0, '', 0, {trail}, came,
             CASE WHEN n % 7 = 0 THEN 1 ELSE 0 END FROM r;
         INSERT INTO mail (id, ticket, duplicate_of, mailbox, validity, uid, received_at, kept_at, content_hash,
             message_id, subject, sender, trust, raw)
         {series} SELECT n + 1, n + 1, 0, 'servicedesk', 1, 'u' || n, came, came, 'h' || n, n || '@m.example',
             'Nytt lösenord', 'w' || (n % 100003) || '@kommun.example', 'own-domain', {raw} FROM r;
         INSERT INTO excerpt (ticket, mails, name, snippet, attached, alike)
         {series} SELECT r.n + 1, 1, f.w || ' ' || l.w, substr(t.w, 1, 70), 0, r.n FROM r
             JOIN seed_text t ON t.i = r.n % 8 JOIN seed_first f ON f.i = r.n % 20 JOIN seed_last l ON l.i = r.n / 20 % 24;
         INSERT INTO search (rowid, words)
         {series} SELECT s.n + 1, {words} FROM s
             JOIN seed_text t ON t.i = s.n % 8 JOIN seed_first f ON f.i = s.n % 20 JOIN seed_last l ON l.i = s.n / 20 % 24;
         COMMIT;",
        raw = if sqlite {
            format!("CASE WHEN is_open THEN CAST('{MAIL}' AS BLOB) ELSE zeroblob(300) END")
        } else {
            format!("CASE WHEN is_open THEN convert_to('{MAIL}', 'UTF8') ELSE decode(repeat('00', 300), 'hex') END")
        }
    )
}

/// A door of its own to the rows.
enum Door {
    Sqlite(SqliteConnection),
    Postgres(PgConnection),
}

impl Door {
    async fn open(url: &str) -> Self {
        if url.starts_with("postgres") {
            return Self::Postgres(PgConnection::connect(url).await.expect("PostgreSQL"));
        }
        let mut connection = SqliteConnection::connect(url).await.expect("SQLite");
        let settings = "PRAGMA synchronous = OFF; PRAGMA cache_size = -400000";
        sqlx::raw_sql(settings).execute(&mut connection).await.expect("its settings");
        Self::Sqlite(connection)
    }

    fn is_sqlite(&self) -> bool {
        matches!(self, Self::Sqlite(_))
    }

    async fn run(&mut self, sql: &str) {
        let sql = AssertSqlSafe(sql.to_owned());
        match self {
            Self::Sqlite(connection) => sqlx::raw_sql(sql).execute(connection).await.map(|_| ()),
            Self::Postgres(connection) => sqlx::raw_sql(sql).execute(connection).await.map(|_| ()),
        }
        .expect("rows");
    }

    /// As the database leaves itself after a while: PostgreSQL looks over its tables by itself.
    async fn finish(mut self) {
        let sql = if self.is_sqlite() { "PRAGMA wal_checkpoint(TRUNCATE)" } else { "VACUUM ANALYZE" };
        self.run(sql).await;
        match self {
            Self::Sqlite(connection) => connection.close().await,
            Self::Postgres(connection) => connection.close().await,
        }
        .expect("it ends");
    }
}
