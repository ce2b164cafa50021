//! Every page on the narrowest phone: laid out by a real browser (Debian: chromium), 320 px wide and without
//! script. The pages lie in frames of that width, on a page of the test that measures them.

use std::collections::BTreeMap;
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use nyckelbud::web::WebSettings;
use serde_json::Value;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpListener;

use super::pages::every_page;
use super::{HTTP, Served, offer, settings};
use crate::support::http_request::request;

/// The width of the narrowest phone (WCAG 2.2, 1.4.10), in CSS pixels.
const NARROW: u64 = 320;
const PATIENCE: Duration = Duration::from_secs(120);

/// Names as they are, and as they may be: nowhere a place to break a line.
const NAMES: [(&str, &str); 3] = [
    ("Anna Andersson", "Hemtjänst Norr"),
    (
        "Anna-Karin Margareta Christina af Gyllenstierna-Hammarskjöld von Schwerin-Löwenborg",
        "Kommunstyrelseförvaltningens avdelning för verksamhetsutveckling och digitalisering",
    ),
    (
        "Wwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwww",
        "Mmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmm",
    ),
];

/// Wider than a phone whatever is done about it, and wider still with a script.
const WIDE: &str = "<!doctype html><html lang=\"sv\"><link rel=\"stylesheet\" href=\"/style.css\"><body>\
    <h1>Bred</h1><div style=\"width: 400px\">x</div>\
    <script>document.body.style.minWidth = '900px'</script></body></html>";

/// A desk with long words of its own.
fn wordy() -> WebSettings {
    WebSettings {
        desk_name: "Kommungemensamma servicedesken".to_owned(),
        desk_address: "servicedesken.for.alla.anstallda.och.fortroendevalda@storstadens.kommun.example"
            .to_owned(),
        help: "besök kommunikationsavdelningens informationsdisk".to_owned(),
        trusted_proxies: Vec::new(),
        ..settings(HTTP)
    }
}

/// A page with a frame for each of `count` pages, which says how wide each has become: the page, the part of it
/// that reaches farthest to the right, and its headline.
fn measuring(count: usize) -> String {
    let frame = |n| {
        // No script runs in them; the page around may look at them all the same.
        format!(
            "<iframe sandbox=\"allow-same-origin\" width=\"{NARROW}\" height=\"640\" src=\"/page/{n}\"></iframe>"
        )
    };
    let frames: String = (0..count).map(frame).collect();
    format!(
        "<!doctype html><meta charset=\"utf-8\"><style>iframe {{ border: 0 }}</style>{frames}<script>\
         onload = () => {{\
           const measured = [...document.querySelectorAll('iframe')].map(frame => {{\
             const page = frame.contentDocument, all = [...page.body.querySelectorAll('*')];\
             const right = Math.max(...all.map(part => part.getBoundingClientRect().right));\
             return {{ width: page.documentElement.scrollWidth, right: Math.ceil(right - 0.01),\
               viewport: frame.contentWindow.innerWidth,\
               styled: frame.contentWindow.getComputedStyle(page.body).maxWidth,\
               text: page.querySelector('h1').getClientRects().length }};\
           }});\
           document.body.textContent = 'MEASURED' + JSON.stringify(measured) + 'END';\
         }}</script>"
    )
}

/// Serves these pages on loopback, without the headers that forbid a frame; its port.
async fn serve(pages: BTreeMap<String, String>) -> (u16, tokio::task::JoinHandle<()>) {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let pages = Arc::new(pages);
    let serving = tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let pages = Arc::clone(&pages);
            tokio::spawn(async move {
                let Some((head, _)) = request(&mut stream).await else { return };
                let path = head.split(' ').nth(1).unwrap_or_default().split('?').next().unwrap_or_default();
                let kind = if path.ends_with(".css") { "text/css" } else { "text/html" };
                let (status, body) = pages.get(path).map_or((404, ""), |body| (200, body.as_str()));
                let answer = format!(
                    "HTTP/1.1 {status} x\r\nContent-Type: {kind}; charset=utf-8\r\nContent-Length: {}\r\n\
                     Connection: close\r\n\r\n{body}",
                    body.len()
                );
                let _ = stream.write_all(answer.as_bytes()).await;
            });
        }
    });
    (port, serving)
}

/// What the page at `address` has measured in a browser.
async fn measured(address: &str) -> Vec<Value> {
    let profile = tempfile::tempdir().unwrap();
    let mut chromium = tokio::process::Command::new("chromium");
    chromium.args([
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-dev-shm-usage",
        "--no-first-run",
    ]);
    chromium.args(["--disable-background-networking", "--disable-component-update", "--disable-sync"]);
    chromium.arg(format!("--user-data-dir={}", profile.path().display())).args(["--dump-dom", address]);
    chromium.env("HOME", profile.path()).stdin(Stdio::null()).kill_on_drop(true);
    let ran = tokio::time::timeout(PATIENCE, chromium.output()).await.expect("the browser ends in time");
    let ran = ran.expect("chromium runs (Debian: chromium)");
    let (page, said) = (String::from_utf8_lossy(&ran.stdout), String::from_utf8_lossy(&ran.stderr));
    let found = page.split_once("MEASURED").and_then(|(_, rest)| rest.split_once("END"));
    let (found, _) = found.unwrap_or_else(|| panic!("it has measured nothing: {page}\n{said}"));
    serde_json::from_str(found).unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_page_is_wider_than_the_narrowest_phone() {
    let style = Served::new(offer()).await.get("/style.css").await.body;
    let mut all = vec![("a page that is too wide".to_owned(), WIDE.to_owned())];
    for (name, unit) in NAMES {
        for language in ["sv", "en"] {
            for (what, page) in every_page(wordy(), name, unit, language).await {
                all.push((format!("{language} {} {what}", &name[..4]), page.body));
            }
        }
    }
    let numbered = all.iter().enumerate().map(|(n, (_, page))| (format!("/page/{n}"), page.clone()));
    let mut served: BTreeMap<String, String> = numbered.collect();
    served.insert("/style.css".to_owned(), style);
    served.insert("/all".to_owned(), measuring(all.len()));
    let (port, serving) = serve(served).await;
    let measured = measured(&format!("http://127.0.0.1:{port}/all")).await;
    serving.abort();

    assert_eq!(measured.len(), all.len());
    // The measure is not blind, and no script runs in the frames.
    let wide = measured[0]["width"].as_u64().unwrap();
    assert!((NARROW + 80..900).contains(&wide), "{wide}");
    let mut broken = Vec::new();
    for ((what, _), found) in all.iter().zip(&measured) {
        assert_eq!(found["viewport"], NARROW, "{what}");
        assert!(found["styled"] == "480px" && found["text"] != 0, "{what}: it has no style: {found}");
        let number = |key: &str| found[key].as_u64().unwrap();
        if number("width") > NARROW || number("right") > NARROW {
            broken.push(format!("{what}: {found}"));
        }
    }
    broken.remove(0);
    assert!(broken.is_empty(), "{} pages are too wide:\n{}", broken.len(), broken.join("\n"));
}
