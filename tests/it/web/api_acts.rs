//! Acting over the programming interface: the acts of the pages, with their checks.

use nyckelbud::store::AuditFilter;
use nyckelbud::ticket::Standing;
use nyckelbud::types::{Role, Scope, StaffMember, TicketNumber, TokenName};
use nyckelbud::web::port::{Performed, Refusal, TicketActs};
use nyckelbud::worker::ActsPort;
use serde_json::json;

use super::api::{ALL, Program, is_problem, json};
use super::tickets::{Open, mail, open};

async fn actors(open: &Open, event: &str) -> Vec<String> {
    let filter = AuditFilter { event: event.to_owned(), ..AuditFilter::default() };
    let rows = open.desk.parts.store.audit_rows(&filter, 50).await.unwrap();
    rows.into_iter().map(|row| row.entry.actor).collect()
}

#[tokio::test]
async fn a_program_acts_and_takes_it_back_within_ten_seconds() {
    let open = open(&[mail("", "Skrivaren blinkar.\n")]).await;
    let program = Program::new(&open, "bot", &ALL).await;
    let path = format!("/api/v1/tickets/{}", open.number().await);
    let version = json(&program.get(&path).await)["version"].as_i64().unwrap();
    let acts = format!("{path}/acts");
    let close = json!({ "version": version, "act": "close" }).to_string();
    let kept = program.post(&acts, "one", &close).await;
    assert_eq!((kept.status, json(&kept)["status"].as_str().unwrap()), (202, "waiting"), "{}", kept.body);
    assert_eq!(json(&kept)["by"], "token:bot");
    let other = json!({ "version": version, "act": "phishing" }).to_string();
    is_problem(&program.post(&acts, "two", &other).await, 409, "act-waits");
    let id = json(&kept)["id"].as_i64().unwrap();
    let undo = format!("{acts}/{id}/undo");
    for (key, times) in [("three", 1), ("three", 2), ("four", 3)] {
        let undone = program.post(&undo, key, "").await;
        assert_eq!((undone.status, json(&undone)["status"].as_str()), (200, Some("undone")), "{times}");
    }
    open.pass(60);
    open.desk.work().await;
    assert_eq!(open.desk.ticket("a").await.state.standing(), Standing::Open);
    let again = program.post(&acts, "five", &close).await;
    assert_eq!(again.status, 202, "{}", again.body);
    open.pass(60);
    open.desk.work().await;
    assert_eq!(open.desk.ticket("a").await.state.standing(), Standing::Resolved);
    let late = format!("{acts}/{}/undo", json(&again)["id"]);
    is_problem(&program.post(&late, "six", "").await, 409, "too-late");
    assert_eq!(actors(&open, "act.done").await, ["token:bot"]);
    let stale = program.post(&acts, "seven", &close).await;
    is_problem(&stale, 409, "version-changed");
    assert!(json(&stale)["version"].as_i64().unwrap() > version && json(&stale)["since"].is_array());
    let listed = json(&program.get(&acts).await);
    assert_eq!(listed["acts"].as_array().unwrap().len(), 2, "{listed}");
}

#[tokio::test]
async fn another_persons_act_is_not_a_programs_to_take_back() {
    let open = open(&[mail("", "Skrivaren blinkar.\n")]).await;
    let (one, other) = (Program::new(&open, "one", &ALL).await, Program::new(&open, "other", &ALL).await);
    let path = format!("/api/v1/tickets/{}", open.number().await);
    let version = json(&one.get(&path).await)["version"].as_i64().unwrap();
    let close = json!({ "version": version, "act": "close" }).to_string();
    let kept = json(&one.post(&format!("{path}/acts"), "a", &close).await);
    is_problem(&other.post(&format!("{path}/acts/{}/undo", kept["id"]), "a", "").await, 409, "too-late");
    is_problem(&other.post(&format!("{path}/acts/999/undo"), "b", "").await, 404, "not-found");
    let undo = format!("{path}/acts/{}/undo", kept["id"]);
    assert_eq!(one.post(&undo, "b", "").await.status, 200);
    is_problem(&other.post(&undo, "c", "").await, 409, "too-late");
}

#[tokio::test]
async fn a_program_is_no_pair_of_eyes() {
    let open = open(&[mail("", "Skrivaren blinkar.\n")]).await;
    assert!(open.desk.parts.rules.four_eyes);
    let program = Program::new(&open, "bot", &ALL).await;
    let path = format!("/api/v1/tickets/{}", open.number().await);
    let version = json(&program.get(&path).await)["version"].as_i64().unwrap();
    let wish = json!({ "version": version, "act": "override", "grounds": "in-person", "why": "Står här." });
    is_problem(&program.post(&format!("{path}/acts"), "a", &wish.to_string()).await, 409, "needs-people");
    assert_eq!(json(&program.get(&format!("{path}/acts")).await)["acts"], json!([]));
    for (act, field) in
        [("reply", "text"), ("merge", "into"), ("assign", "to"), ("choose-account", "account")]
    {
        let lacking = json!({ "version": version, "act": act }).to_string();
        let answer = program.post(&format!("{path}/acts"), act, &lacking).await;
        is_problem(&answer, 422, "invalid");
        assert!(answer.body.contains(field), "{}", answer.body);
    }
}

#[tokio::test]
async fn whoever_may_act_and_not_read_hears_nothing_of_what_came_before() {
    let open = open(&[mail("", "Skrivaren blinkar.\n")]).await;
    let (acts, both) = ([Scope::Act], [Scope::Act, Scope::Read]);
    let (blind, seeing) =
        (Program::new(&open, "blind", &acts).await, Program::new(&open, "seeing", &both).await);
    let path = format!("/api/v1/tickets/{}/acts", open.number().await);
    let close = json!({ "version": 0, "act": "close" }).to_string();
    let since = async |program: &Program<'_>| {
        let stale = program.post(&path, "a", &close).await;
        is_problem(&stale, 409, "version-changed");
        json(&stale)["since"].as_array().unwrap().len()
    };
    let noted = json!({ "version": 0, "act": "note", "text": "Ett" }).to_string();
    assert_eq!(seeing.post(&path, "n", &noted).await.status, 200);
    assert!(since(&seeing).await > 0);
    assert_eq!(since(&blind).await, 0);
    let listed = json(&seeing.get("/api/v1/tickets").await);
    assert!(listed["tickets"][0].get("trail").is_none(), "a list leaves no trace: {listed}");
    assert_eq!(listed["left_out"], 0);
}

#[tokio::test]
async fn the_second_pair_of_eyes_is_no_programs() {
    let open = open(&[mail("", "Skrivaren blinkar.\n")]).await;
    let number = TicketNumber::parse(&open.number().await).unwrap();
    let bot = TokenName::parse("bot").unwrap().actor();
    let bot = StaffMember { shown: bot.to_string(), name: bot, role: Role::Technician };
    let port = ActsPort::new(std::sync::Arc::clone(&open.desk.parts));
    for approves in [true, false] {
        let seconded = port.second(&bot, number, 1, 1, approves).await;
        assert_eq!(seconded, Performed::Refused(Refusal::NeedsPeople));
    }
}

#[tokio::test]
async fn a_note_is_done_at_once_and_a_ticket_made_by_hand_is_nobodys() {
    let open = open(&[mail("", "Skrivaren blinkar.\n")]).await;
    let program = Program::new(&open, "bot", &ALL).await;
    let path = format!("/api/v1/tickets/{}", open.number().await);
    let version = json(&program.get(&path).await)["version"].as_i64().unwrap();
    let note = json!({ "version": version, "act": "note", "text": "Lätt att nå" }).to_string();
    let done = program.post(&format!("{path}/acts"), "a", &note).await;
    assert_eq!((done.status, json(&done)["status"].as_str()), (200, Some("done")), "{}", done.body);
    let whole = json(&program.get(&path).await);
    assert_eq!(whole["notes"][0]["text"], "Lätt att nå");
    assert_eq!(whole["notes"][0]["by"], "token:bot");
    let wish = json!({ "name": "Bo Berg", "username": "annand12", "note": "Legitimerad i receptionen" });
    let made = program.post("/api/v1/tickets", "b", &wish.to_string()).await;
    assert_eq!(made.status, 201, "{}", made.body);
    let number = json(&made)["number"].as_str().unwrap().to_owned();
    assert!(made.header("location").ends_with(&format!("/api/v1/tickets/{number}")));
    let ticket = json(&program.get(&format!("/api/v1/tickets/{number}")).await);
    assert!(ticket["assignee"].is_null() && ticket["subject"] == "Bo Berg", "{ticket}");
    // A page shows whose note it is.
    let page = open.signed_in("eva.lind").await.open(&format!("/tickets/{number}")).await;
    assert!(page.body.contains("bot"), "{}", page.body);
}

#[tokio::test]
async fn the_desk_tells_its_counters_its_health_its_log_and_what_it_would_do() {
    let open = open(&[mail("", "Skrivaren blinkar.\n")]).await;
    let program = Program::new(&open, "bot", &ALL).await;
    let status = json(&program.get("/api/v1/status").await);
    assert_eq!((status["open"].as_i64(), status["automation"].as_str()), (Some(1), Some("on")), "{status}");
    let health = json(&program.get("/api/v1/health").await);
    assert!(health["parts"].as_array().unwrap().iter().any(|part| part["part"] == "store"), "{health}");
    let wish = json!({ "from": "anna.andersson@kommun.example", "subject": "Lösenord", "vouched": true,
        "text": "1. annand12\n2. 070-174 06 05\n" });
    let tried = program.post("/api/v1/try", "a", &wish.to_string()).await;
    assert_eq!(json(&tried)["reading"], "request", "{}", tried.body);
    assert!(!tried.body.contains("070-174") && !tried.body.contains("46701740605"), "{}", tried.body);
    let rows = json(&program.get("/api/v1/audit?actor=token:bot&limit=1").await);
    assert_eq!(rows["rows"][0]["actor"], "token:bot", "{rows}");
    assert_eq!(actors(&open, "audit.read").await, ["token:bot"], "it stands in the log, once an hour");
    let all = json(&program.get("/api/v1/audit?limit=500").await);
    let first = json(&program.get("/api/v1/audit?limit=1").await);
    let next = first["next"].as_i64().unwrap();
    let second = json(&program.get(&format!("/api/v1/audit?limit=1&before={next}")).await);
    assert_eq!(second["rows"][0], all["rows"][1], "a page goes on where the one before ended");
}
