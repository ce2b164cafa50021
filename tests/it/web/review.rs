//! Going through the tickets of a reason one after the other, and colleagues who look at the same ones.

use nyckelbud::types::Reason;

use super::queue::{Open, waits};
use crate::support::browser::{Browser, visible};
use crate::support::client::Answer;

async fn three() -> Open {
    let open = Open::new().await;
    for (nth, name) in [(1, "Anna Andersson"), (2, "Bo Granlund"), (3, "Cecilia Dahl")] {
        open.keep(nth, &waits(name, "Lösenord", Reason::NoPhone, 60 - nth as u64)).await;
    }
    open
}

/// The value of the first field of this name.
fn value(page: &Answer, name: &str) -> String {
    let field = format!("name=\"{name}\" value=\"");
    let (_, rest) = page.body.split_once(&field).unwrap_or_else(|| panic!("{name}: {}", page.body));
    rest.split('"').next().unwrap().to_owned()
}

/// Where the review goes on, and that page.
async fn go(browser: &mut Browser, path: &str) -> (String, Answer) {
    let answer = browser.open(path).await;
    assert_eq!(answer.status, 303, "{}", answer.body);
    let to = answer.header("location").to_owned();
    let page = browser.open(&to).await;
    (to, page)
}

/// Sends the form of an act as the page has it, with the review that it carries.
async fn act(browser: &mut Browser, page: &Answer, act: &str, more: &str) -> Answer {
    let (version, key, review) = (value(page, "version"), value(page, "key"), value(page, "review"));
    let form = format!("&version={version}&key={key}{act}&act={act}&review={review}{more}");
    browser.press_with("/act", &form).await
}

#[tokio::test]
async fn a_review_leads_from_act_to_act_without_the_list_between() {
    let open = three().await;
    let mut eva = open.signed_in("eva.lind").await;
    let (to, first) = go(&mut eva, "/queue/review/no-phone").await;
    assert_eq!(to, "/tickets/26-1?review=no-phone");
    assert!(visible(&first.body).contains("1 av 3 i ”Inget nummer är registrerat”"), "{}", first.body);
    let noted = act(&mut eva, &first, "note", "&text=hej").await;
    assert!(noted.body.contains("Anteckningen är sparad") && noted.body.contains("1 av 3"), "{}", noted.body);
    let second = act(&mut eva, &noted, "close", "").await;
    let words = visible(&second.body);
    assert!(second.body.contains("<title>26-2 "), "the next one: {}", second.body);
    assert!(
        words.contains("Ärendet stängs om ") && words.contains("26-1") && words.contains("Ångra"),
        "{words}"
    );
    let third = act(&mut eva, &second, "close", "").await;
    assert!(third.body.contains("<title>26-3 "), "{}", third.body);
    let end = act(&mut eva, &third, "close", "").await;
    assert!(end.body.contains("<h1>Kön</h1>") && end.body.contains("Ångra"), "{}", end.body);
    let back = eva.press_with("/tickets/26-3/undo", &format!("&id={}", value(&end, "id"))).await;
    assert!(back.body.contains("Steget är taget tillbaka"), "{}", back.body);
    let (to, _) = go(&mut eva, "/queue/review/no-phone").await;
    assert_eq!(to, "/tickets/26-3?review=no-phone", "those with a step that waits are left out");
    assert_eq!(eva.open("/queue/review/no-manager").await.header("location"), "/queue?reason=no-manager");
    assert_eq!(eva.open("/queue/review/nonsense").await.status, 404);
}

#[tokio::test]
async fn what_is_left_undecided_is_passed_and_a_colleagues_is_left_to_them() {
    let open = three().await;
    let (mut eva, mut per) = (open.signed_in("eva.lind").await, open.signed_in("per.ost").await);
    let to = async |browser: &mut Browser, path: &str| browser.open(path).await.header("location").to_owned();
    let (after, before) = ("/queue/review/no-phone?after=26-1", "/queue/review/no-phone?before=26-3");
    assert_eq!(to(&mut eva, after).await, "/tickets/26-2?review=no-phone");
    assert_eq!(to(&mut eva, before).await, "/tickets/26-2?review=no-phone");
    assert_eq!(to(&mut eva, "/queue/review/no-phone?after=26-3").await, "/queue?reason=no-phone");
    // The page itself tells that it was opened, and by whom.
    assert_eq!(per.open("/tickets/26-2").await.status, 200);
    assert_eq!(to(&mut eva, after).await, "/tickets/26-3?review=no-phone");
    assert_eq!(to(&mut eva, before).await, "/tickets/26-1?review=no-phone");
    let seen = eva.open("/tickets/26-2").await.body;
    assert!(visible(&seen).contains("Per Ost tittar på ärendet just nu"), "{seen}");
    assert!(visible(&eva.open("/queue").await.body).contains("Per tittar"));
    let mut gun = open.signed_in("gun.ek").await;
    gun.open("/tickets/26-1").await;
    assert!(
        !visible(&eva.open("/tickets/26-1").await.body).contains("Gun"),
        "who only reads is in nobody's way"
    );
    let page = per.open("/tickets/26-2").await;
    assert!(page.body.contains("data-presence=\"/tickets/26-2/presence\""), "{}", page.body);
    per.open("/account").await;
}

#[tokio::test]
async fn a_review_looks_beyond_the_first_page_for_a_ticket_that_is_free() {
    let open = Open::new().await;
    open.crowd(60, Reason::FieldsMissing).await;
    let mut per = open.signed_in("per.ost").await;
    per.open("/queue").await;
    let ids: String = (1..=52).map(|id| format!("&id={id}")).collect();
    let preview = per.press_with("/queue/preview", &format!("{ids}&act=take")).await;
    let tickets: String = preview
        .body
        .split("name=\"ticket\" value=\"")
        .skip(1)
        .map(|rest| format!("&ticket={}", rest.split('"').next().unwrap()))
        .collect();
    let taken = per.press_with("/queue/act", &format!("&act=take&key=k{tickets}")).await;
    assert!(taken.body.contains("52 ärenden är dina"), "{}", taken.body);
    let mut eva = open.signed_in("eva.lind").await;
    let (to, page) = go(&mut eva, "/queue/review/fields-missing").await;
    assert_eq!(to, "/tickets/26-53?review=fields-missing");
    assert!(page.body.contains("rel=\"prev\""));
}

#[tokio::test]
async fn the_queue_and_the_ticket_propose_the_same() {
    let open = Open::new().await;
    let reasons = Reason::ALL;
    for (nth, reason) in reasons.iter().enumerate() {
        let name: &'static str = format!("Person {nth}").leak();
        open.keep(nth, &waits(name, "Lösenord", *reason, 5)).await;
    }
    let mut eva = open.signed_in("eva.lind").await;
    let queue = eva.open("/queue?group=none").await.body;
    // The steps whose short words are the beginning of the long ones, or its other name.
    let long = [
        ("Till chef", "Skicka till chefen"),
        ("Försök igen", "Försök igen"),
        ("Granska", "Godkänn avsändaren"),
        ("Välj chef", "Annan chef"),
        ("Välj konto", "Välj konto"),
        ("Be om uppgift", "Be om uppgifter"),
        ("Gå vidare", "Gå vidare ändå"),
        ("Svara", "Svara"),
        ("Färdigt svar", "Kan inte lösas via mejl"),
    ];
    for nth in 1..=reasons.len() {
        let link = format!("href=\"/tickets/26-{nth}#nh\">");
        let step =
            queue.split(&link).nth(1).unwrap_or_else(|| panic!("{nth}: {queue}")).split('<').next().unwrap();
        let (_, words) = long.iter().find(|(short, _)| *short == step).unwrap_or_else(|| panic!("{step}"));
        let page = eva.open(&format!("/tickets/26-{nth}")).await.body;
        let next = page.split("id=\"nh\"").nth(1).unwrap().split("class=\"two\"").next().unwrap();
        assert!(next.contains(words), "{:?}: {step} {next}", reasons[nth - 1]);
    }
}
