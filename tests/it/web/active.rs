//! What mails' HTML tries, in a real browser (Debian: chromium). Each of the two walls is tried alone: what was
//! cleaned, without a sandbox and a policy around it; and what was not, with them. Every request that leaves the
//! browser reaches a server of the test, whatever host it was for.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Stdio;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use nyckelbud::mail::display;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

const ATTACKS: &str = include_str!("../../../src/mail/display/attacks.txt");
/// As the desk's own (`a_frame_fetches_runs_and_sends_nothing` compares that one).
const POLICY: &str = "sandbox; default-src 'none'; img-src data:; style-src 'unsafe-inline'; base-uri 'none'; \
                      form-action 'none'; frame-ancestors 'self'";
const PATIENCE: Duration = Duration::from_secs(120);

fn attacks() -> impl Iterator<Item = &'static str> {
    ATTACKS.split("\n%%\n").filter(|attack| !attack.trim().is_empty())
}

fn cleaned(attack: &str) -> String {
    let mail = format!("Subject: x\r\nContent-Type: text/html; charset=utf-8\r\n\r\n{attack}");
    display::formatted(mail.as_bytes()).expect("a mail with HTML").body
}

/// A page with these documents in frames of this kind; their addresses are `/0`, `/1` …
fn around(documents: &[String], frame: &str) -> BTreeMap<String, String> {
    let mut pages: BTreeMap<String, String> =
        documents.iter().enumerate().map(|(n, document)| (format!("/{n}"), document.clone())).collect();
    let frames: String =
        (0..documents.len()).map(|n| format!("<iframe {frame} src=\"/{n}\"></iframe>")).collect();
    pages.insert("/all".to_owned(), format!("<!doctype html><meta charset=utf-8><title>all</title>{frames}"));
    pages
}

/// What the server was asked for, by path, and `?` for what was no request of HTTP.
type Asked = Arc<Mutex<BTreeSet<String>>>;

/// Answers one connection.
async fn answer(mut stream: TcpStream, pages: &BTreeMap<String, String>, policy: &str, asked: &Asked) {
    let (mut head, mut buffer) = (Vec::new(), [0; 2048]);
    while !head.windows(4).any(|end| end == b"\r\n\r\n") {
        let speaks = head.is_empty() || head.starts_with(b"GET ") || head.starts_with(b"POST ");
        match stream.read(&mut buffer).await {
            Ok(read) if read > 0 && speaks => head.extend_from_slice(&buffer[..read]),
            _ => break,
        }
    }
    if head.is_empty() {
        return;
    }
    let head = String::from_utf8_lossy(&head);
    let path = head.split(' ').nth(1).filter(|_| head.contains(" HTTP/1.1")).unwrap_or("?").to_owned();
    let body = pages.get(&path).cloned().unwrap_or_default();
    let bare = path == "/all" || policy.is_empty();
    let policy = if bare { String::new() } else { format!("Content-Security-Policy: {policy}\r\n") };
    asked.lock().unwrap().insert(path);
    let answer = format!(
        "HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\n{policy}Content-Length: {}\r\n\
         Connection: close\r\n\r\n{body}",
        body.len()
    );
    let _ = stream.write_all(answer.as_bytes()).await;
}

/// Opens `/all` of these pages; what was asked for.
async fn asked_for(pages: BTreeMap<String, String>, policy: &'static str) -> BTreeSet<String> {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let (pages, asked) = (Arc::new(pages), Asked::default());
    let noting = Arc::clone(&asked);
    let serving = tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let (pages, asked) = (Arc::clone(&pages), Arc::clone(&noting));
            tokio::spawn(async move { answer(stream, &pages, policy, &asked).await });
        }
    });
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
    // Every host of the attacks is this server, and timers of the page run to their end.
    let hosts = format!("MAP desk.example 127.0.0.1:{port},MAP out.example 127.0.0.1:{port},MAP * ~NOTFOUND");
    chromium.arg(format!("--host-resolver-rules={hosts}")).arg("--virtual-time-budget=3000");
    chromium.arg(format!("--user-data-dir={}", profile.path().display()));
    chromium.args(["--dump-dom", &format!("http://desk.example:{port}/all")]);
    chromium.env("HOME", profile.path()).stdin(Stdio::null()).kill_on_drop(true);
    let ran = tokio::time::timeout(PATIENCE, chromium.output()).await.expect("the browser ends in time");
    let ran = ran.expect("chromium runs (Debian: chromium)");
    serving.abort();
    let page = String::from_utf8_lossy(&ran.stdout);
    // Nothing has led the page away, nor written into it.
    assert!(page.contains("<title>all</title>"), "{page}\n{}", String::from_utf8_lossy(&ran.stderr));
    let mut asked = asked.lock().unwrap().clone();
    asked.remove("/favicon.ico");
    asked
}

fn expected(pages: &BTreeMap<String, String>) -> BTreeSet<String> {
    pages.keys().cloned().collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_cleaned_does_nothing_in_a_browser_even_without_walls() {
    let documents: Vec<String> =
        attacks().map(|attack| format!("<!doctype html><meta charset=utf-8>{}", cleaned(attack))).collect();
    assert!(documents.len() >= 90, "{}", documents.len());
    let pages = around(&documents, "");
    assert_eq!(asked_for(pages.clone(), "").await, expected(&pages));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_not_cleaned_does_nothing_behind_the_frames_walls() {
    let documents: Vec<String> =
        attacks().map(|attack| format!("<!doctype html><meta charset=utf-8>{attack}")).collect();
    let pages = around(&documents, "sandbox=\"\" referrerpolicy=\"no-referrer\"");
    let mut asked = asked_for(pages.clone(), POLICY).await;
    // `<link rel=preconnect>` opens a connection and asks for nothing over it: no policy forbids that.
    asked.remove("?");
    assert_eq!(asked, expected(&pages));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_test_sees_what_an_attack_does() {
    for attack in
        ["<script>fetch('/ran')</script>", "<img src=/ran>", "<meta http-equiv=refresh content='0;url=/ran'>"]
    {
        let pages = around(&[attack.to_owned()], "");
        assert!(asked_for(pages, "").await.contains("/ran"), "{attack}");
    }
}
