//! How the desk is just now, as every page, the status page and a wall tell it; tickets made by hand.

use nyckelbud::types::Reason;

use super::queue::{self, waits};
use super::staff::open;
use crate::support::browser::visible;

#[tokio::test]
async fn every_page_says_that_the_automation_is_off_and_that_the_phones_are_down() {
    let open = open().await;
    let (mut eva, mut per) = (open.signed_in("eva.lind").await, open.signed_in("per.ost").await);
    assert!(!visible(&eva.open("/queue").await.body).contains("Automatiken"), "it is on");
    per.open("/desk").await;
    per.press_with("/desk/automation", "&to=off&why=vi+provar&until=").await;
    per.press_with("/desk/outage", "&phones=down&at=&why=").await;
    for path in ["/queue", "/try", "/health", "/account", "/tickets/new", "/status"] {
        let words = visible(&eva.open(path).await.body);
        assert!(words.contains("Automatiken är av") && words.contains("vi provar"), "{path}: {words}");
        assert!(words.contains("Telefonin är nere"), "{path}: {words}");
        assert!(!words.contains("Starta igen"), "{path}: a technician may not");
    }
    let page = per.open("/queue").await.body;
    assert!(page.contains("Starta igen"), "{page}");
    let on = per.press_with("/desk/automation", "&to=on&why=Startad+igen").await;
    assert!(!visible(&on.body).contains("Automatiken är av"), "told at once: {}", on.body);
    assert_eq!(open.events("automation.on").await.len(), 1);
}

#[tokio::test]
async fn the_status_page_tells_numbers_and_a_wall_no_names() {
    let open = queue::Open::new().await;
    for (nth, name) in [(1, "Anna Andersson"), (2, "Bo Granlund"), (3, "Cecilia Dahl")] {
        let reason = if nth == 3 { Reason::DeliveryFailed } else { Reason::NoPhone };
        open.keep(nth, &waits(name, "Lösenord", reason, 47)).await;
    }
    let mut gun = open.signed_in("gun.ek").await;
    let page = gun.open("/status").await;
    assert_eq!(page.status, 200, "{}", page.body);
    let words = visible(&page.body);
    assert!(words.contains("Därför väntar 3 ärenden") && words.contains("47 min"), "{words}");
    assert!(
        page.body.contains("href=\"/queue?reason=no-phone\"")
            && words.contains("Inget nummer är registrerat2")
    );
    assert!(
        page.body.contains("http-equiv=\"refresh\" content=\"15; url=/status?again=1\"")
            && page.body.contains("paused=1")
    );
    assert_eq!(page.body.matches("<tr><th scope=\"row\">").count(), 24, "the line's numbers, in a table");
    assert!(!gun.open("/status?paused=1").await.body.contains("http-equiv=\"refresh\""));
    let wall = gun.open("/status?board=1").await.body;
    for name in ["Anna", "Gun", "26-", "/queue", "<nav", "kommun.example"] {
        assert!(!wall.contains(name), "{name}: {wall}");
    }
    assert!(wall.contains("page board") && wall.contains("Pausa uppdatering"), "{wall}");
}

#[tokio::test]
async fn somebody_who_came_in_person_gets_a_ticket_once() {
    let open = open().await;
    let mut eva = open.signed_in("eva.lind").await;
    let page = eva.open("/tickets/new").await.body;
    let key = page.split("name=\"key\" value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
    let form = |name: &str, note: &str| format!("&key={key}&name={name}&username=annand12&note={note}");
    let empty = eva.press_with("/tickets/new", &form("Anna+Andersson", "+")).await;
    assert!(empty.status == 422 && empty.body.contains("value=\"Anna Andersson\""), "{}", empty.body);
    assert!(empty.body.contains("aria-describedby=\"note-wrong\""), "{}", empty.body);
    let made = eva.press_with("/tickets/new", &form("Anna+Andersson", "Visade+leg")).await;
    assert!(made.body.contains("Anna Andersson") && made.body.contains("Visade leg"), "{}", made.body);
    assert!(visible(&made.body).contains("Släpp ärendet"), "it is hers: {}", made.body);
    eva.open("/tickets/new").await;
    let again = eva.press_with("/tickets/new", &form("Anna+Andersson", "Visade+leg")).await;
    assert!(again.body.contains("<title>26-1 ") || again.body.contains("-1 Anna"), "{}", again.body);
    assert_eq!(open.events("ticket.made").await.len(), 1);
    let listed = visible(&eva.open("/queue").await.body);
    assert!(listed.contains("Anna Andersson"), "{listed}");
    assert!(eva.open("/queue/overrides").await.body.contains("Inget väntar på en kollega"));
}

#[tokio::test]
async fn the_accessibility_statement_is_for_everybody() {
    let open = open().await;
    let page = open.browser().open("/accessibility").await;
    assert!(page.status == 200 && page.body.contains("WCAG 2.2"), "{}", page.body);
    let mut eva = open.signed_in("eva.lind").await;
    assert!(eva.open("/queue").await.body.contains("href=\"/accessibility\""));
    eva.open("/account").await;
    eva.press_with("/account", "&language=&theme=&shortcuts=ctrl-alt").await;
    let queue = eva.open("/queue").await.body;
    assert!(queue.contains("data-chord=\"on\"") && queue.contains("Ctrl+Alt+J"), "{queue}");
    assert!(queue.contains("data-ends="), "before a session ends that is said");
}

#[tokio::test]
async fn whoever_has_left_a_browser_signed_in_ends_that_session_from_another() {
    let open = open().await;
    let (mut left, mut here) = (open.signed_in("eva.lind").await, open.signed_in("eva.lind").await);
    let mut gun = open.signed_in("gun.ek").await;
    let page = here.open("/account").await.body;
    assert!(page.contains("Den här") && page.matches("En annan webbläsare").count() == 1, "{page}");
    let alone = here.press_with("/account/sessions", "").await.body;
    assert!(alone.contains("Den här") && !alone.contains("En annan webbläsare"), "{alone}");
    assert_eq!(left.open("/queue").await.status, 303, "that one is over");
    assert_eq!(gun.open("/queue").await.status, 200, "nobody else is touched");
}
