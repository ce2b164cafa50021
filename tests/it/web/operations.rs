//! The pages of whoever runs the desk, over HTTP in front of the real worker and store.

use nyckelbud::types::Role;

use super::staff::open;
use crate::support::staff::account;

#[tokio::test]
async fn an_administrator_turns_the_switch_with_a_reason_and_an_end() {
    let open = open().await;
    let mut per = open.signed_in("per.ost").await;
    per.open("/desk").await;
    let refused = per.press_with("/desk/automation", "&to=off&why=+&until=").await;
    assert!(refused.status == 422 && refused.body.contains("Skriv varför"), "{}", refused.body);
    assert!(open.events("automation.off").await.is_empty());
    let over = per.press_with("/desk/automation", "&to=off&why=test&until=2001-01-01T10%3A00").await;
    assert!(over.status == 422 && over.body.contains("redan varit"), "{}", over.body);
    let turned =
        per.press_with("/desk/automation", "&to=observe&why=en+%C3%B6vning&until=2038-01-01T10%3A00").await;
    assert!(turned.body.contains("Iakttar") && turned.body.contains("Ställd av Per Ost"), "{}", turned.body);
    assert!(turned.body.contains("en övning") && turned.body.contains("2038-01-01 10.00"), "{}", turned.body);
    assert_eq!(open.events("automation.observe").await.len(), 1);
}

#[tokio::test]
async fn an_outage_is_begun_and_ended_by_hand_and_once() {
    let open = open().await;
    let mut per = open.signed_in("per.ost").await;
    per.open("/desk").await;
    let future = per.press_with("/desk/outage", "&phones=down&at=2038-01-01T10%3A00&why=x").await;
    assert_eq!(future.status, 422);
    let down = per.press_with("/desk/outage", "&phones=down&at=&why=v%C3%A4xeln+svarar+inte").await;
    assert!(down.body.contains("Nere") && down.body.contains("växeln svarar inte"), "{}", down.body);
    let mut other = open.signed_in("per.ost").await;
    other.open("/desk").await;
    let up = other.press_with("/desk/outage", "&phones=up&at=").await;
    assert!(up.body.contains("Fungerar") && !up.body.contains("pågår"), "{}", up.body);
    let again = per.press_with("/desk/outage", "&phones=up&at=").await;
    assert_eq!(again.status, 422, "it has ended already");
    assert_eq!((open.events("outage.begun").await.len(), open.events("outage.ended").await.len()), (1, 1));
}

#[tokio::test]
async fn an_auditor_reads_checks_and_takes_the_log_along() {
    let open = open().await;
    let mut gun = open.signed_in("gun.ek").await;
    let page = gun.open("/audit?event=user.").await;
    assert!(page.body.contains("user.signed-in") && page.body.contains("user:gun.ek"), "{}", page.body);
    let none = gun.open("/audit?actor=user%3Anobody").await;
    assert!(none.body.contains("Ingen post passar"), "{}", none.body);
    for (query, word) in [("ticket=abc", "26-1141"), ("from=yesterday", "2026-11-24")] {
        let wrong = gun.open(&format!("/audit?{query}")).await;
        assert!(wrong.status == 422 && wrong.body.contains(word), "{}", wrong.body);
    }
    let taken = gun.open("/audit/export?event=user.").await;
    assert!(taken.header("content-disposition").starts_with("attachment"));
    let lines: Vec<serde_json::Value> =
        taken.body.lines().map(|l| serde_json::from_str(l).unwrap()).collect();
    assert!(
        lines.len() >= 4 && lines.iter().all(|line| line["event"].as_str().unwrap().starts_with("user."))
    );
    assert_eq!(open.events("audit.exported").await.len(), 1);
    gun.open("/audit").await;
    gun.press("/audit/verify").await;
    let deadline = std::time::Instant::now() + std::time::Duration::from_secs(20);
    while !gun.open("/audit").await.body.contains("Kedjan är hel") {
        assert!(std::time::Instant::now() < deadline);
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn every_part_is_tried_and_says_when_it_answered() {
    let open = open().await;
    let mut eva = open.signed_in("eva.lind").await;
    let page = eva.open("/health").await;
    for part in ["Databas", "Katalog", "Lösenordsbyte", "Brevlåda servicedesk", "Sms modem", "Mejl ut"] {
        assert!(page.body.contains(&format!("<th scope=\"row\">{part}</th>")), "{part}: {}", page.body);
    }
    let tried = eva.press_with("/health", "&part=directory").await;
    assert!(tried.body.contains("<strong>Katalog</strong>") && tried.body.contains(" ms)"), "{}", tried.body);
    std::fs::remove_file(open.folder.path().join("directory.toml")).unwrap();
    let tried = eva.press_with("/health", "&part=directory").await;
    assert!(tried.body.contains("Svarar inte") && tried.body.contains("alert--bad"), "{}", tried.body);
}

#[tokio::test]
async fn a_mail_on_trial_says_what_would_be_done_and_changes_nothing() {
    let open = open().await;
    let mut eva = open.signed_in("eva.lind").await;
    eva.open("/try").await;
    let wrong = eva.press_with("/try", "&from=anna&subject=x&text=hej&vouched=yes").await;
    assert!(wrong.status == 422 && wrong.body.contains("avsändarens adress"), "{}", wrong.body);
    let text = "Anv%C3%A4ndarnamn%3A+anna.andersson%0AMobil%3A+070-174+06+05";
    let from = "anna.andersson%40kommun.example";
    let tried =
        eva.press_with("/try", &format!("&from={from}&subject=L%C3%B6senord&vouched=yes&text={text}")).await;
    assert!(
        tried.body.contains("Lösenordet skickas med sms") && tried.body.contains("••• 05"),
        "{}",
        tried.body
    );
    let tried =
        eva.press_with("/try", &format!("&from={from}&subject=L%C3%B6senord&vouched=no&text={text}")).await;
    assert!(tried.body.contains("<code>sender-unverified</code>"), "{}", tried.body);
    assert_eq!(open.events("mail.tried").await.len(), 2);
    assert!(open.desk.parts.store.list(&Default::default()).await.unwrap().tickets.is_empty());
}

#[tokio::test]
async fn who_could_be_helped_is_looked_up_once_and_shown_by_unit() {
    let open = open().await;
    let mut per = open.signed_in("per.ost").await;
    let page = per.open("/coverage").await;
    assert!(page.body.contains("Läs katalogen"), "{}", page.body);
    per.press("/coverage").await;
    let deadline = std::time::Instant::now() + std::time::Duration::from_secs(20);
    loop {
        let page = per.open("/coverage").await;
        if page.body.contains("<tfoot>") {
            assert!(page.body.contains("Alla"), "{}", page.body);
            break;
        }
        assert!(std::time::Instant::now() < deadline);
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn the_quarantine_and_the_settings_are_an_administrators() {
    let open = open().await;
    let mut per = open.signed_in("per.ost").await;
    assert!(per.open("/quarantine").await.body.contains("Inget mejl ligger i karantän"));
    assert_eq!(per.open("/settings").await.status, 200);
    let mut eva = open.signed_in("eva.lind").await;
    for path in ["/quarantine", "/settings", "/desk", "/audit", "/coverage"] {
        let page = eva.open(path).await;
        assert!(page.status == 403 && page.body.contains("Ditt konto får inte"), "{path}");
    }
}

#[tokio::test]
async fn lifting_a_freeze_takes_two_administrators_and_a_reason_without_numbers() {
    let open = open().await;
    open.desk.employ(&account("ida.berg", Role::Administrator, None)).await;
    open.desk.freeze_anna(open.folder.path()).await;
    let (mut per, mut ida) = (open.signed_in("per.ost").await, open.signed_in("ida.berg").await);
    let page = per.open("/desk").await.body;
    assert!(page.contains("anna.andersson") && page.contains("href=\"/tickets/26-1\""), "{page}");
    let seen = page.split("name=\"seen\" value=\"").nth(1).and_then(|rest| rest.split('"').next()).unwrap();
    let why = "&whom=anna.andersson%40kommun.example&why=hon+ringde+fr%C3%A5n+070-174+06+05";
    let older = seen.parse::<i64>().unwrap() - 1;
    per.press_with("/desk/unfreeze", &format!("{why}&seen={older}")).await;
    assert!(open.events("account.unfreeze-asked").await.is_empty(), "her owner has said it anew since");
    let form = &format!("{why}&seen={seen}");
    let asked = per.press_with("/desk/unfreeze", form).await.body;
    assert!(asked.contains("Per Ost vill häva det") && asked.contains("hon ringde från ••• 05"), "{asked}");
    let alone = per.press_with("/desk/unfreeze", form).await.body;
    assert!(alone.contains("Per Ost vill häva det"), "nobody is two people: {alone}");
    open.desk.employ(&account("per.ost-2", Role::Administrator, None)).await;
    let mut himself = open.signed_in("per.ost-2").await;
    himself.open("/desk").await;
    let again = himself.press_with("/desk/unfreeze", form).await.body;
    assert!(again.contains("vill häva det"), "nor with another account: {again}");
    assert!(open.events("account.unfrozen").await.is_empty());
    ida.open("/desk").await;
    let lifted = ida.press_with("/desk/unfreeze", form).await.body;
    assert!(lifted.contains("Inget konto är fryst"), "{lifted}");
    let rows = open.events("account.unfrozen").await;
    assert!(rows.len() == 1 && rows[0].contains("user:per.ost") && !rows[0].contains("174"), "{rows:?}");
    assert_eq!(open.events("account.unfreeze-asked").await.len(), 3);
}

#[tokio::test]
async fn a_log_is_found_by_who_what_and_when_together() {
    let open = open().await;
    let mut gun = open.signed_in("gun.ek").await;
    open.signed_in("per.ost").await;
    for (query, found, rows) in [
        ("event=user.signed&actor=user%3Agun.ek", "user:gun.ek", 1),
        ("event=user.signed-in", "user:per.ost", 2),
        ("actor=user%3Aper.ost", "user.signed-in", 1),
        ("event=user.&from=2001-01-01&to=2098-01-01", "user.signed-in", 2),
    ] {
        let page = gun.open(&format!("/audit?{query}")).await.body;
        assert!(page.contains(found), "{query}: {page}");
        assert_eq!(page.matches("<code>user.signed-in</code>").count(), rows, "{query}: {page}");
    }
    for query in ["event=user.&from=2098-01-01", "event=user.&to=2001-01-01", "event=nothing."] {
        let page = gun.open(&format!("/audit?{query}")).await.body;
        assert!(page.contains("Ingen post passar"), "{query}: {page}");
    }
}
