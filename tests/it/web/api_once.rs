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

/// Sent again after a lost answer it would be done twice: it is not done at all.
#[tokio::test]
async fn without_a_key_nothing_is_done() {
    let open = open(&[mail("", "Skrivaren blinkar.\n")]).await;
    let program = Program::new(&open, "bot", &ALL).await;
    let path = format!("/api/v1/tickets/{}/acts", open.number().await);
    let note = json!({ "version": 0, "act": "note", "text": "ett" }).to_string();
    for key in ["", "\"\"", "with a blank", &"k".repeat(256)] {
        is_problem(&program.post(&path, key, &note).await, 400, "idempotency-key-missing");
    }
    assert_eq!(acts(&open).await, 0);
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

#[tokio::test]
async fn a_key_of_long_ago_swallows_no_other_act_and_no_other_ticket() {
    let open = open(&[mail("", "Skrivaren blinkar.\n")]).await;
    let program = Program::new(&open, "bot", &ALL).await;
    let path = format!("/api/v1/tickets/{}/acts", open.number().await);
    let note = |text: &str| json!({ "version": 0, "act": "note", "text": text }).to_string();
    let wish = |name: &str| json!({ "name": name, "note": "Legitimerad" }).to_string();
    assert_eq!(program.post(&path, "note-1", &note("ett")).await.status, 200);
    let made = program.post("/api/v1/tickets", "visit-12", &wish("Bo Berg")).await;
    assert_eq!(made.status, 201, "{}", made.body);
    open.forget_requests().await;
    let reused = async |path: &str, key: &str, body: &str| {
        is_problem(&program.post(path, key, body).await, 422, "idempotency-key-reused");
        open.forget_requests().await;
    };
    reused(&path, "note-1", &note("två")).await;
    reused("/api/v1/tickets", "visit-12", &wish("Eva Ek")).await;
    reused("/api/v1/tickets", "note-1", &wish("Bo Berg")).await;
    reused(&path, "visit-12", &note("Legitimerad")).await;
    let again = program.post("/api/v1/tickets", "visit-12", &wish("Bo Berg")).await;
    assert_eq!((again.status, json(&again)), (201, json(&made)), "the same form is the same ticket");
    assert_eq!(acts(&open).await, 1);
}

#[tokio::test]
async fn what_is_asked_lies_in_the_store_under_a_key_only_and_for_a_day() {
    let open = open(&[mail("", "Skrivaren blinkar.\n")]).await;
    let program = Program::new(&open, "bot", &ALL).await;
    let wish = json!({ "from": "anna.andersson@kommun.example", "subject": "Lösenord", "vouched": true,
        "text": "1. annand12\n2. 070-174 06 05\n" });
    assert_eq!(program.post("/api/v1/try", "a", &wish.to_string()).await.status, 200);
    assert!(open.asked().await.is_empty(), "a trial is not kept");
    let path = format!("/api/v1/tickets/{}/acts", open.number().await);
    let note = json!({ "version": 0, "act": "note", "text": "Ring 070-174 06 05" }).to_string();
    assert_eq!(program.post(&path, "b", &note).await.status, 200);
    let whole = ["POST", path.as_str(), &note, ""].join("\0");
    let plain = data_encoding::HEXLOWER.encode(&<sha2::Sha256 as sha2::Digest>::digest(whole));
    let kept = open.asked().await;
    assert_eq!(kept.len(), 1);
    assert_ne!(kept[0].0, plain, "whoever has a copy of the store cannot try numbers");
    assert!(!kept[0].1.contains("06 05") && !kept[0].1.contains("0701740605"), "{}", kept[0].1);
    open.pass(25 * 60 * 60);
    open.desk.drain().await;
    assert!(open.asked().await.is_empty(), "also when nothing is asked any more");
}

#[tokio::test]
async fn what_was_refused_may_be_asked_again_with_its_key() {
    let open = open(&[mail("", "Skrivaren blinkar.\n")]).await;
    let program = Program::new(&open, "bot", &ALL).await;
    let path = format!("/api/v1/tickets/{}/acts", open.number().await);
    let whole = json(&program.get(path.trim_end_matches("/acts")).await);
    let version = whole["version"].as_i64().unwrap();
    let close = json!({ "version": version, "act": "close" }).to_string();
    let waits = json(&program.post(&path, "one", &close).await);
    is_problem(&program.post(&path, "two", &close).await, 409, "act-waits");
    let undone = program.post(&format!("{path}/{}/undo", waits["id"]), "three", "").await;
    assert_eq!(undone.status, 200, "{}", undone.body);
    assert_eq!(program.post(&path, "two", &close).await.status, 202, "nothing was done by it before");
}

impl Open {
    /// Fingerprint and answer of all that is kept of what programs asked.
    async fn asked(&self) -> Vec<(String, String)> {
        let sql = "SELECT fingerprint, answer FROM api_request";
        sqlx::query_as(sql).fetch_all(&mut self.connection().await).await.unwrap()
    }

    async fn connection(&self) -> sqlx::SqliteConnection {
        let file = self.folder.path().join("var/nyckelbud.db");
        let options = sqlx::sqlite::SqliteConnectOptions::new().filename(file);
        <sqlx::SqliteConnection as sqlx::Connection>::connect_with(&options).await.unwrap()
    }

    async fn sql(&self, sql: &'static str) {
        sqlx::query(sql).execute(&mut self.connection().await).await.unwrap();
    }

    async fn forget_answers(&self) {
        self.sql("UPDATE api_request SET status = 0, answer = ''").await;
    }

    async fn forget_requests(&self) {
        self.sql("DELETE FROM api_request").await;
    }
}
