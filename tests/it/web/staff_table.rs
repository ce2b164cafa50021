//! Who may do what: every page and act of the desk's people, tried by each of them and by nobody.

use nyckelbud::web::who_may_use;

use super::staff::open;
use crate::support::client::{Asked, ask};

/// Who may do what, as the decisions say (19): technicians, auditors, administrators.
const MAY: &[(&str, &str, [bool; 3])] = &[
    ("GET", "/account", [true, true, true]),
    ("POST", "/account", [true, true, true]),
    ("GET", "/account/session", [true, true, true]),
    ("POST", "/account/sessions", [true, true, true]),
    ("POST", "/logout", [true, true, true]),
    ("GET", "/queue", [true, true, true]),
    ("GET", "/queue/delta", [true, true, true]),
    ("POST", "/queue/preview", [true, false, true]),
    ("POST", "/queue/act", [true, false, true]),
    ("GET", "/status", [true, true, true]),
    ("GET", "/queue/overrides", [true, true, true]),
    ("GET", "/tickets/new", [true, false, true]),
    ("POST", "/tickets/new", [true, false, true]),
    ("GET", "/queue/review/{reason}", [true, false, true]),
    ("POST", "/tickets/{number}/presence", [true, false, true]),
    ("GET", "/tickets/{number}", [true, true, true]),
    ("POST", "/tickets/{number}/act", [true, false, true]),
    ("POST", "/tickets/{number}/people", [true, false, true]),
    ("POST", "/tickets/{number}/draft", [true, false, true]),
    ("POST", "/tickets/{number}/undo", [true, false, true]),
    ("POST", "/tickets/{number}/second", [true, false, true]),
    ("GET", "/tickets/{number}/mails/{mail}/html", [true, true, true]),
    ("GET", "/tickets/{number}/attachments/{mail}/{place}", [true, true, true]),
    ("GET", "/health", [true, false, true]),
    ("POST", "/health", [true, false, true]),
    ("GET", "/try", [true, false, true]),
    ("POST", "/try", [true, false, true]),
    ("GET", "/audit", [false, true, true]),
    ("POST", "/audit/verify", [false, true, true]),
    ("GET", "/audit/export", [false, true, true]),
    ("GET", "/coverage", [false, true, true]),
    ("POST", "/coverage", [false, true, true]),
    ("GET", "/desk", [false, false, true]),
    ("POST", "/desk/automation", [false, false, true]),
    ("POST", "/desk/outage", [false, false, true]),
    ("POST", "/desk/unfreeze", [false, false, true]),
    ("GET", "/quarantine", [false, false, true]),
    ("POST", "/quarantine", [false, false, true]),
    ("GET", "/settings", [false, false, true]),
];

#[tokio::test]
async fn every_path_lets_through_whom_the_decisions_say_and_nobody_else() {
    let open = open().await;
    let mut known: Vec<_> = who_may_use().map(|(method, path, _)| (method, path)).collect();
    let mut wanted: Vec<_> = MAY.iter().map(|(method, path, _)| (*method, *path)).collect();
    known.sort_unstable();
    wanted.sort_unstable();
    assert_eq!(known, wanted, "each page and act has a row here");
    for (place, name) in ["eva.lind", "gun.ek", "per.ost"].into_iter().enumerate() {
        let mut browser = open.signed_in(name).await;
        let cookie = format!("nyckelbud-staff={}", browser.cookie("nyckelbud-staff"));
        let page = browser.open("/account").await;
        let token = page.body.split("name=\"form\" value=\"").nth(1).unwrap().split('"').next().unwrap();
        let whole = format!("form={token}");
        let fields = [("cookie", cookie.as_str()), ("sec-fetch-site", "same-origin")];
        for (method, path, may) in MAY.iter().filter(|(_, path, _)| *path != "/logout") {
            let asked = if *method == "GET" { Asked::get(path) } else { Asked::post(path, &whole) };
            let answer = ask(open.address, &asked.with(&fields)).await;
            assert_eq!(answer.status != 403, may[place], "{name} {method} {path}: {}", answer.status);
            if *method == "POST" {
                for form in ["", "form=", "form=00"] {
                    let refused = ask(open.address, &Asked::post(path, form).with(&fields)).await;
                    assert_eq!(refused.status, 403, "{name} {path} {form}");
                }
            }
        }
        let odd = ask(open.address, &Asked::get("/account").method("DELETE").with(&fields)).await;
        assert!(odd.status == 405 && odd.body.contains("<h1>"), "{}", odd.status);
        let large = format!("form={token}&text={}", "a".repeat(600 * 1024));
        assert_eq!(ask(open.address, &Asked::post("/account", &large).with(&fields)).await.status, 413);
    }
    for (method, path, _) in MAY {
        let asked = if *method == "GET" { Asked::get(path) } else { Asked::post(path, "form=00") };
        let nobody = ask(open.address, &asked).await;
        if *method == "GET" && !["/queue/delta", "/account/session"].contains(path) {
            assert!(nobody.status == 303 && nobody.header("location").starts_with("/login?to="), "{path}");
        } else {
            assert_eq!(nobody.status, 401, "{path}");
        }
    }
    assert_eq!(open.events("automation.off").await.len() + open.events("outage.begun").await.len(), 0);
}
