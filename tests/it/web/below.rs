//! The pages below a path of the site (`https://kommun.example/nyckelbud`): every address that they name, and every one
//! that an answer leads to, keeps the path.

use std::collections::{BTreeMap, BTreeSet};

use nyckelbud::types::Role;

use super::tickets::{mail, open};
use crate::support::browser::Browser;
use crate::support::client::Answer;
use crate::support::staff::{PASSWORD, account};

const BASE: &str = "/nyckelbud";

/// What holds an address in a page: an attribute, and is it opened?
const HOLD: [(&str, bool); 10] = [
    (" href=\"", true),
    (" src=\"", true),
    (" action=\"", false),
    (" formaction=\"", false),
    (" data-delta=\"", true),
    (" data-left=\"", true),
    (" data-path=\"", true),
    (" data-to=\"", true),
    (" data-presence=\"", false),
    (" data-draft=\"", false),
];

/// The addresses of a page, and whether one opens them.
fn addresses(page: &str) -> Vec<(String, bool)> {
    let mut found = Vec::new();
    for (mark, opened) in HOLD {
        let values = page.split(mark).skip(1).filter_map(|rest| rest.split('"').next());
        found.extend(values.map(|value| (value.replace("&amp;", "&"), opened)));
    }
    let loads = page.split("; url=").skip(1).filter_map(|rest| rest.split('"').next());
    found.extend(loads.map(|value| (value.replace("&amp;", "&"), true)));
    found
}

fn keeps(address: &str) -> bool {
    address == BASE || address.starts_with(&format!("{BASE}/"))
}

/// Cookies are for the whole host, as the prefix of their names demands (RFC 6265bis 4.1.3.2).
fn cookies_are_whole(answer: &Answer) {
    for (_, set) in answer.fields.iter().filter(|(name, _)| name == "set-cookie") {
        assert!(set.starts_with("__Host-") && set.contains("Path=/;") && set.contains("Secure"), "{set}");
    }
}

async fn signed_in(address: std::net::SocketAddr, name: &str) -> Browser {
    let mut browser = Browser::below(address, BASE);
    let page = browser.open(&format!("{BASE}/login?to=%2Fqueue")).await;
    cookies_are_whole(&page);
    let here = browser.press_with("/login", &format!("&name={name}&password={PASSWORD}&code=")).await;
    assert!(here.status == 200 && here.body.contains("id=\"queue\""), "{} {}", here.status, here.body);
    browser
}

/// Opens `waiting` and every address that comes to light: what was answered, and the addresses of forms.
async fn walk(
    browser: &mut Browser,
    mut waiting: Vec<String>,
) -> (BTreeMap<String, Answer>, BTreeSet<String>) {
    let (mut seen, mut posts) = (BTreeMap::new(), BTreeSet::new());
    while let Some(place) = waiting.pop() {
        let address = place.split('#').next().unwrap_or_default().to_owned();
        if seen.contains_key(&address) || seen.len() > 400 {
            continue;
        }
        let answer = browser.open(&address).await;
        cookies_are_whole(&answer);
        if let Some(leads) = answer.find("location") {
            assert!(keeps(leads), "{address} leads to {leads}");
            waiting.push(leads.to_owned());
        }
        let missing = address.ends_with("/tickets/99-1");
        assert!(answer.status < 400 || missing, "{address}: {}", answer.status);
        let is_page = answer.find("content-type").is_some_and(|kind| kind.starts_with("text/html"));
        if is_page && !address.contains("/mails/") {
            for (to, opened) in addresses(&answer.body) {
                assert!(
                    keeps(&to) || to.starts_with('#') || to.starts_with("mailto:"),
                    "{address} names {to}"
                );
                match (to.starts_with('/'), opened) {
                    (true, true) => waiting.push(to),
                    (true, false) => drop(posts.insert(to)),
                    (false, _) => {}
                }
            }
        }
        seen.insert(address, answer);
    }
    (seen, posts)
}

#[tokio::test]
async fn every_address_of_every_page_keeps_the_path_of_the_site() {
    let html = mail("Content-Type: text/html; charset=utf-8\n", "<p>Skrivaren <b>blinkar</b></p>\n");
    let file = mail(
        "Content-Type: multipart/mixed; boundary=m\n",
        "--m\nContent-Type: text/plain\n\nHej\n--m\nContent-Type: application/pdf\n\
         Content-Disposition: attachment; filename=a.pdf\n\nx\n--m--\n",
    )
    .replace("<a@", "<b@");
    let open = open(&[html, file]).await;
    open.desk.employ(&account("siv.alm", Role::Administrator, None)).await;
    let address = open.desk.serve_as(&format!("https://kommun.example{BASE}")).await;
    let stranger = Browser::below(address, BASE).open(&format!("{BASE}/queue?tab=mine")).await;
    let to_login = stranger.header("location");
    assert!(
        stranger.status == 303 && to_login.starts_with(&format!("{BASE}/login?to=%2Fqueue")),
        "{to_login}"
    );
    let mut siv = signed_in(address, "siv.alm").await;
    let further =
        ["/tickets/new", "/queue/overrides", "/quarantine", "/settings", "/audit", "/tickets/99-1", "/"];
    let mut waiting: Vec<String> = further.iter().map(|path| format!("{BASE}{path}")).collect();
    waiting.push(format!("{BASE}/queue"));
    let (seen, posts) = walk(&mut siv, waiting).await;
    for part in
        ["/tickets/", "/mails/", "/attachments/", "/staff.css", "/staff.js", "/queue/delta", "again=1"]
    {
        assert!(
            seen.keys().any(|address| address.contains(part)),
            "{part} was not come to: {:?}",
            seen.keys()
        );
    }
    for part in ["/act", "/people", "/presence", "/draft", "/desk/automation", "/queue/preview", "/logout"] {
        assert!(posts.iter().any(|address| address.ends_with(part)), "{part}: {posts:?}");
    }
    // Neither the stylesheet nor the script knows an address by itself.
    for (address, answer) in seen.iter().filter(|(address, _)| address.contains("/staff.")) {
        let own = ["url(/", "url(\"", "\"/", "`/", "'/"].into_iter().find(|part| answer.body.contains(part));
        assert_eq!(own, None, "{address}");
    }
}

#[tokio::test]
async fn every_answer_to_a_form_leads_on_below_the_path_of_the_site() {
    let open = open(&[mail("", "Skrivaren blinkar.\n")]).await;
    let number = open.number().await;
    let address = open.desk.serve_as(&format!("https://kommun.example{BASE}")).await;
    let mut eva = signed_in(address, "eva.lind").await;
    let path = format!("{BASE}/tickets/{number}");
    // The browser stops where an answer leads anywhere else.
    for (act, more) in [("note", "&text=hej"), ("take", ""), ("close", "")] {
        let page = eva.open(&path).await;
        let field = |name: &str| super::ticket_acts::value(&page, name);
        let form = format!("&version={}&key={}{act}&act={act}{more}", field("version"), field("key"));
        let answer = eva.press_with("/act", &form).await;
        assert_eq!(answer.status, 200, "{act}: {}", answer.body);
    }
    let page = eva.open(&path).await;
    let undone = eva.press_with("/undo", &format!("&id={}", super::ticket_acts::value(&page, "id"))).await;
    assert_eq!(undone.status, 200, "{}", undone.body);
    eva.open(&format!("{BASE}/account")).await;
    assert_eq!(eva.press_with("/account", "&language=sv&theme=&shortcuts=letters").await.status, 200);
    let left = eva.press("/logout").await;
    cookies_are_whole(&left);
    assert!(left.body.contains(&format!("action=\"{BASE}/login\"")), "{}", left.body);
}
