//! A request with an `Idempotency-Key` is done once, however often it is sent, and whatever stops the program.

use std::time::Duration;

use nyckelbud::store::{AskedOnce, KeptAnswer, OnceBegun};
use nyckelbud::types::{TicketNumber, TokenName};
use serde_json::json;

use super::api::{ALL, Program, is_problem, json};
use super::tickets::{Open, mail, open};

async fn acts(open: &Open) -> usize {
    let number = TicketNumber::parse(&open.number().await).unwrap();
    open.desk.parts.store.acts_of(number).await.unwrap().len()
}

#[tokio::test]
async fn the_same_request_is_done_once_and_another_with_its_key_is_refused() {
    let open = open(&[mail("", "Skrivaren blinkar.\n")]).await;
    let (program, other) = (Program::new(&open, "bot", &ALL).await, Program::new(&open, "other", &ALL).await);
    let path = format!("/api/v1/tickets/{}/acts", open.number().await);
    let note = |text: &str| json!({ "version": 0, "act": "note", "text": text }).to_string();
    let first = program.post(&path, "\"k\"", &note("ett")).await;
    assert_eq!(first.status, 200, "{}", first.body);
    for key in ["k", "\"k\""] {
        let again = program.post(&path, key, &note("ett")).await;
        assert_eq!((again.status, &again.body), (first.status, &first.body));
        assert_eq!(again.header("content-type"), "application/json");
    }
    is_problem(&program.post(&path, "k", &note("två")).await, 422, "idempotency-key-reused");
    let elsewhere = program.post("/api/v1/tickets", "k", &note("ett")).await;
    is_problem(&elsewhere, 422, "idempotency-key-reused");
    assert_eq!(other.post(&path, "k", &note("två")).await.status, 200, "a key is its token's own");
    assert_eq!(acts(&open).await, 2);
    let wish = json!({ "name": "Bo Berg", "note": "Legitimerad" }).to_string();
    let made = program.post("/api/v1/tickets", "m", &wish).await;
    let again = program.post("/api/v1/tickets", "m", &wish).await;
    assert_eq!((made.status, again.status, &made.body), (201, 201, &again.body));
    assert_eq!(made.header("location"), again.header("location"));
    open.pass(25 * 60 * 60);
    let late = Program::new(&open, "late", &ALL).await;
    late.post(&path, "k", &note("tre")).await;
    let forgotten =
        open.desk.parts.store.begin_once(&once("k", "else"), soon(&open), soon(&open), soon(&open)).await;
    assert_eq!(forgotten.unwrap(), OnceBegun::Now, "after a day an answer is forgotten");
}

fn once(key: &str, fingerprint: &str) -> AskedOnce {
    let token = TokenName::parse("bot").unwrap();
    AskedOnce { token, key: key.to_owned(), fingerprint: fingerprint.to_owned() }
}

fn soon(open: &Open) -> nyckelbud::types::UnixMillis {
    open.desk.parts.clock.now()
}

#[tokio::test]
async fn a_request_under_way_is_not_begun_twice_and_one_left_behind_is_taken_up_by_one() {
    let open = open(&[mail("", "Skrivaren blinkar.\n")]).await;
    let store = &open.desk.parts.store;
    let begin = async |fingerprint: &str| {
        let now = soon(&open);
        let stale = now.minus(Duration::from_secs(150));
        store
            .begin_once(&once("k", fingerprint), stale, now.minus(Duration::from_secs(86_400)), now)
            .await
            .unwrap()
    };
    assert_eq!(begin("a").await, OnceBegun::Now);
    assert_eq!((begin("a").await, begin("b").await), (OnceBegun::UnderWay, OnceBegun::Another));
    open.pass(200);
    assert_eq!(
        (begin("a").await, begin("a").await),
        (OnceBegun::Now, OnceBegun::UnderWay),
        "the program was stopped"
    );
    let answer = KeptAnswer { status: 201, location: "/x".to_owned(), body: "{}".to_owned() };
    store.end_once(&once("k", "a"), Some(&answer)).await.unwrap();
    assert_eq!((begin("a").await, begin("b").await), (OnceBegun::Answered(answer), OnceBegun::Another));
    store.end_once(&once("k", "a"), None).await.unwrap();
    assert!(matches!(begin("a").await, OnceBegun::Answered(_)), "what was answered stays");
}

#[tokio::test]
async fn an_act_whose_answer_was_lost_with_the_program_is_not_done_again() {
    let open = open(&[mail("", "Skrivaren blinkar.\n")]).await;
    let program = Program::new(&open, "bot", &ALL).await;
    let path = format!("/api/v1/tickets/{}/acts", open.number().await);
    let note = json!({ "version": 0, "act": "note", "text": "ett" }).to_string();
    let first = program.post(&path, "k", &note).await;
    // As a program that was stopped between the act and its answer leaves it.
    open.forget_answers().await;
    is_problem(&program.post(&path, "k", &note).await, 409, "under-way");
    open.pass(200);
    let again = program.post(&path, "k", &note).await;
    assert_eq!((again.status, json(&again)), (first.status, json(&first)));
    assert_eq!(acts(&open).await, 1);
    // The act's own key outlives the answer: another act does not pass for it.
    open.forget_requests().await;
    let close = json!({ "version": 1, "act": "close" }).to_string();
    is_problem(&program.post(&path, "k", &close).await, 422, "idempotency-key-reused");
}

impl Open {
    async fn sql(&self, sql: &'static str) {
        let file = self.folder.path().join("var/nyckelbud.db");
        let options = sqlx::sqlite::SqliteConnectOptions::new().filename(file);
        let mut connection =
            <sqlx::SqliteConnection as sqlx::Connection>::connect_with(&options).await.unwrap();
        sqlx::query(sql).execute(&mut connection).await.unwrap();
    }

    async fn forget_answers(&self) {
        self.sql("UPDATE api_request SET status = 0, answer = ''").await;
    }

    async fn forget_requests(&self) {
        self.sql("DELETE FROM api_request").await;
    }
}
