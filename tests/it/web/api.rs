//! The programming interface: who may ask what, and how errors are told. The real store and worker, over HTTP.

use nyckelbud::store::AuditEntry;
use nyckelbud::types::{Scope, TokenName};
use nyckelbud::web::what_tokens_may;
use serde_json::Value;

use super::tickets::{Open, mail, open};
use crate::support::client::{Answer, Asked, ask};

pub const ALL: [Scope; 5] = Scope::ALL;

/// A program with a token.
pub struct Program<'a> {
    pub open: &'a Open,
    pub bearer: String,
}

impl<'a> Program<'a> {
    pub async fn new(open: &'a Open, name: &str, scopes: &[Scope]) -> Self {
        let bearer = format!("Bearer {}", open.desk.token(name, scopes).await);
        Self { open, bearer }
    }

    pub async fn get(&self, path: &str) -> Answer {
        ask(self.open.address, &Asked::get(path).with(&[("authorization", &self.bearer)])).await
    }

    pub async fn post(&self, path: &str, key: &str, body: &str) -> Answer {
        self.post_as(path, "application/json", key, body).await
    }

    pub async fn post_as(&self, path: &str, kind: &str, key: &str, body: &str) -> Answer {
        let fields =
            [("authorization", self.bearer.as_str()), ("content-type", kind), ("idempotency-key", key)];
        ask(self.open.address, &Asked::get(path).method("POST").body(body).with(&fields)).await
    }
}

pub fn json(answer: &Answer) -> Value {
    serde_json::from_str(&answer.body)
        .unwrap_or_else(|error| panic!("{error}: {} {}", answer.status, answer.body))
}

/// A problem with this code.
#[track_caller]
pub fn is_problem(answer: &Answer, status: u16, code: &str) {
    assert_eq!(answer.status, status, "{}", answer.body);
    assert_eq!(answer.header("content-type"), "application/problem+json");
    assert_eq!(answer.header("cache-control"), "no-store");
    let told = json(answer);
    assert_eq!(
        (told["code"].as_str(), told["status"].as_u64()),
        (Some(code), Some(u64::from(status))),
        "{told}"
    );
    assert_eq!(told["type"], format!("urn:problem-type:nyckelbud:{code}"), "{told}");
    assert!(told["title"].is_string() && told["detail"].is_string(), "{told}");
}

/// What each request needs; a body that makes it pass the gate.
const NEEDS: &[(&str, &str, Scope)] = &[
    ("GET", "/api/v1/tickets", Scope::Read),
    ("POST", "/api/v1/tickets", Scope::Act),
    ("GET", "/api/v1/tickets/{number}", Scope::Read),
    ("GET", "/api/v1/tickets/{number}/acts", Scope::Read),
    ("POST", "/api/v1/tickets/{number}/acts", Scope::Act),
    ("POST", "/api/v1/tickets/{number}/acts/{act}/undo", Scope::Act),
    ("GET", "/api/v1/search", Scope::Read),
    ("GET", "/api/v1/status", Scope::Read),
    ("GET", "/api/v1/health", Scope::Health),
    ("GET", "/api/v1/audit", Scope::Audit),
    ("POST", "/api/v1/try", Scope::Try),
];

#[tokio::test]
async fn a_token_lets_its_program_do_what_its_scopes_say_and_nothing_else() {
    let open = open(&[mail("", "Skrivaren blinkar.\n")]).await;
    let number = open.number().await;
    let mut known: Vec<_> = what_tokens_may().collect();
    let mut wanted: Vec<_> = NEEDS.iter().map(|(m, p, scope)| (*m, (*p).to_owned(), *scope)).collect();
    known.sort();
    wanted.sort();
    assert_eq!(known, wanted, "each request has a row here");
    for (place, scope) in ALL.into_iter().enumerate() {
        let program = Program::new(&open, &format!("only-{place}"), &[scope]).await;
        for (method, path, needs) in NEEDS {
            for object in [number.as_str(), "26-99999", "x"] {
                let path = path.replace("{number}", object).replace("{act}", "1");
                let answer = match *method {
                    "GET" => program.get(&path).await,
                    _ => program.post(&path, &format!("{place}-{path}-{object}"), "{}").await,
                };
                if *needs == scope {
                    assert!(
                        ![401, 403].contains(&answer.status) && answer.status < 500,
                        "{path} {}",
                        answer.body
                    );
                } else {
                    is_problem(&answer, 403, "scope");
                    assert!(answer.header("www-authenticate").contains(needs.code()));
                }
            }
        }
    }
    let acts = open.desk.parts.store.acts_of(nyckelbud::types::TicketNumber::parse(&number).unwrap()).await;
    assert_eq!(acts.unwrap(), [], "nothing was done to the ticket");
}

#[tokio::test]
async fn nobody_comes_in_without_a_token_that_holds_and_no_cookie_counts() {
    let open = open(&[mail("", "Skrivaren blinkar.\n")]).await;
    let eva = open.signed_in("eva.lind").await;
    let cookie = format!("nyckelbud-staff={}", eva.cookie("nyckelbud-staff"));
    let program = Program::new(&open, "bot", &ALL).await;
    assert_eq!(program.get("/api/v1/status").await.status, 200);
    let short = &program.bearer[..program.bearer.len() - 1];
    let wrong: [&[(&str, &str)]; 7] = [
        &[],
        &[("cookie", &cookie)],
        &[("authorization", "Bearer ")],
        &[("authorization", short)],
        &[("authorization", &program.bearer.replace("Bearer", "Basic"))],
        &[("authorization", &program.bearer), ("authorization", &program.bearer)],
        &[("authorization", &format!("Bearer {}", "a".repeat(500)))],
    ];
    for fields in wrong {
        let answer = ask(open.address, &Asked::get("/api/v1/status").with(fields)).await;
        is_problem(&answer, 401, "unauthorized");
        assert!(answer.header("www-authenticate").starts_with("Bearer"));
        assert!(answer.find("set-cookie").is_none());
    }
    open.pass(3601);
    is_problem(&program.get("/api/v1/status").await, 401, "unauthorized");
    let other = Program::new(&open, "other", &ALL).await;
    assert_eq!(other.get("/api/v1/status").await.status, 200);
    let audit =
        AuditEntry { actor: "cli:test".to_owned(), event: "token.revoked".to_owned(), data: "{}".to_owned() };
    let name = TokenName::parse("other").unwrap();
    let (store, now) = (&open.desk.parts.store, open.desk.parts.clock.now());
    assert!(store.revoke_token(&name, &audit, now).await.unwrap());
    is_problem(&other.get("/api/v1/status").await, 401, "unauthorized");
    assert!(!store.revoke_token(&name, &audit, now).await.unwrap(), "once");
}

#[tokio::test]
async fn every_error_is_a_problem() {
    let open = open(&[mail("", "Skrivaren blinkar.\n")]).await;
    let program = Program::new(&open, "bot", &ALL).await;
    for path in
        ["/api", "/api/", "/api/v1", "/api/v1/", "/api/v1/nothing", "/api/v2/tickets", "/api/v1/tickets/"]
    {
        is_problem(&program.get(path).await, 404, "not-found");
    }
    for path in
        ["/api/v1/tickets/26-99999", "/api/v1/tickets/x", "/api/v1/tickets/%ff", "/api/v1/tickets/x/acts"]
    {
        is_problem(&program.get(path).await, 404, "not-found");
    }
    for method in ["DELETE", "PUT", "PATCH", "TRACE"] {
        let asked = Asked::get("/api/v1/tickets").method(method).with(&[("authorization", &program.bearer)]);
        let odd = ask(open.address, &asked).await;
        is_problem(&odd, 405, "method-not-allowed");
        assert!(odd.header("allow").contains("GET"), "{:?}", odd.fields);
    }
    for query in [
        "?limit=0",
        "?limit=101",
        "?limit=x",
        "?after=x",
        "?reason=x",
        "?pile=x",
        "?nothing=1",
        "?limit=1&limit=2",
    ] {
        is_problem(&program.get(&format!("/api/v1/tickets{query}")).await, 400, "malformed");
    }
    is_problem(&program.get("/api/v1/search").await, 400, "malformed");
    let whole = r#"{"text":"Hej"}"#;
    is_problem(&program.post_as("/api/v1/try", "text/plain", "a", whole).await, 415, "media-type");
    is_problem(&program.post("/api/v1/try", "a", "{").await, 400, "malformed");
    is_problem(&program.post("/api/v1/try", "a", r#"{"text":"Hej","more":1}"#).await, 422, "invalid");
    for key in ["", "\"", "a b", &"a".repeat(101), "\u{e5}"] {
        is_problem(&program.post("/api/v1/try", key, whole).await, 400, "idempotency-key-missing");
    }
    let large = format!(r#"{{"text":"{}"}}"#, "a".repeat(600 * 1024));
    is_problem(&program.post("/api/v1/try", "b", &large).await, 413, "too-large");
    assert_eq!(program.post("/api/v1/try", "a", whole).await.status, 200, "what was not begun may be mended");
}

#[tokio::test]
async fn a_token_that_asks_too_often_waits_and_holds_up_no_other() {
    let open = open(&[mail("", "Skrivaren blinkar.\n")]).await;
    let (busy, calm) = (Program::new(&open, "busy", &ALL).await, Program::new(&open, "calm", &ALL).await);
    let mut refused = None;
    for _ in 0..1000 {
        let answer = busy.get("/api/v1/tickets/x").await;
        if answer.status == 429 {
            refused = Some(answer);
            break;
        }
    }
    let refused = refused.expect("it is told to wait");
    is_problem(&refused, 429, "too-many-requests");
    assert!(refused.header("retry-after").parse::<u64>().unwrap() >= 1);
    assert_eq!(calm.get("/api/v1/tickets/x").await.status, 404);
    open.pass(5);
    assert_eq!(busy.get("/api/v1/tickets/x").await.status, 404, "after a pause it is answered again");
}

#[tokio::test]
async fn tickets_are_listed_read_and_found_without_a_password_or_a_phone_outside_their_mails() {
    let asks = |n: usize| {
        mail("", &format!("Skrivaren {n} blinkar. Ring 070-174 06 {:02}.\n", 10 + n))
            .replace("<a@", &format!("<a{n}@"))
            .replace("anna.andersson@", &format!("anna{n}@"))
            .replace("Subject: Skrivaren", &format!("Subject: Skrivaren {n} 070-174 06 {:02}", 10 + n))
    };
    let open = open(&(0..5).map(asks).collect::<Vec<_>>()).await;
    let program = Program::new(&open, "bot", &ALL).await;
    let (mut seen, mut path, mut pages) = (Vec::new(), "/api/v1/tickets?limit=2".to_owned(), 0);
    loop {
        let page = json(&program.get(&path).await);
        seen.extend(
            page["tickets"].as_array().unwrap().iter().map(|t| t["number"].as_str().unwrap().to_owned()),
        );
        pages += 1;
        assert!(!page.to_string().contains("070-174 06"), "{page}");
        let Some(next) = page["next"].as_str() else { break };
        path = format!("/api/v1/tickets?limit=2&after={next}");
    }
    let mut once = seen.clone();
    once.sort();
    once.dedup();
    assert_eq!((seen.len(), once.len(), pages), (5, 5, 3), "{seen:?}");
    let path = format!("/api/v1/tickets/{}", seen[0]);
    // The first look stands in what the second one reads.
    program.get(&path).await;
    let answer = program.get(&path).await;
    let whole = json(&answer);
    assert_eq!(whole["state"], "open");
    assert_eq!(whole["mails"], 1);
    assert!(
        whole["conversation"][0]["text"][0]["lines"][0].as_str().unwrap().contains("070-174 06 1"),
        "{whole}"
    );
    let mut outside = whole.clone();
    outside["conversation"] = Value::Null;
    assert!(!outside.to_string().contains("070-174 06"), "{outside}");
    let looks = whole["history"].as_array().unwrap().iter().filter(|row| row["actor"] == "token:bot");
    assert_eq!(looks.map(|row| row["event"].clone()).collect::<Vec<_>>(), ["ticket.viewed"]);
    let fields = [("authorization", program.bearer.as_str()), ("if-none-match", answer.header("etag"))];
    let same = ask(open.address, &Asked::get(&format!("/api/v1/tickets/{}", seen[0])).with(&fields)).await;
    assert_eq!((same.status, same.body.as_str()), (304, ""));
    let found = json(&program.get("/api/v1/search?q=blinkar&limit=3").await);
    assert_eq!(found["tickets"].as_array().unwrap().len(), 3, "{found}");
    let before = found["next"].as_str().unwrap();
    let rest = json(&program.get(&format!("/api/v1/search?q=blinkar&limit=3&before={before}")).await);
    assert_eq!(rest["tickets"].as_array().unwrap().len(), 2, "{rest}");
    let by_number = json(&program.get(&format!("/api/v1/search?q={}", seen[1])).await);
    assert_eq!(by_number["tickets"][0]["number"], seen[1].as_str());
}
