//! The queue in a real browser: on the narrowest phone, and by its keys.

use std::collections::BTreeMap;

use nyckelbud::types::Reason;

use super::narrow::{measured, serve};
use super::queue::{Open, waits};

/// The pages of a queue, with their style and script, and one that tries them. Frames are forbidden by the headers, so
/// they are served without.
async fn tried(frames: &str, script: &str, own: &[(&str, &str)]) -> Vec<serde_json::Value> {
    let open = Open::new().await;
    let long = "Wwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwww";
    open.keep(1, &waits("Kommunstyrelseförvaltningens Verksamhetsutvecklare", long, Reason::NoPhone, 47))
        .await;
    for (nth, name) in ["Anna Andersson", "Bo Granlund", "Cecilia Dahl", "Elin Ek"].into_iter().enumerate() {
        open.keep(nth + 2, &waits(name, "Lösenord", Reason::FieldsMissing, 20)).await;
    }
    let mut eva = open.signed_in("eva.lind").await;
    let mut pages = BTreeMap::new();
    for path in ["/staff.css", "/staff.js"] {
        pages.insert(path.to_owned(), eva.open(path).await.body);
    }
    for (at, path) in own {
        pages.insert((*at).to_owned(), eva.open(path).await.body);
    }
    eva.open("/queue").await;
    pages.insert("/preview".to_owned(), eva.press_with("/queue/preview", "&id=2&id=3&act=close").await.body);
    let page = format!(
        "<!doctype html><meta charset=\"utf-8\"><style>iframe {{ border: 0 }}</style>{frames}<script>\
         onload = () => {{ {script} document.body.textContent = 'MEASURED' + JSON.stringify(found) + 'END'; }};\
         </script>"
    );
    pages.insert("/all".to_owned(), page);
    let (port, serving) = serve(pages).await;
    let found = measured(&format!("http://127.0.0.1:{port}/all")).await;
    serving.abort();
    found
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_queue_is_not_wider_than_the_narrowest_phone() {
    let own = [
        ("/list", "/queue"),
        ("/text", "/queue?group=text"),
        ("/found", "/queue?q=anna"),
        ("/none", "/queue?tab=done"),
    ];
    let frames: String = ["list", "text", "found", "none", "preview"]
        .map(|page| format!("<iframe width=\"320\" height=\"900\" src=\"/{page}\"></iframe>"))
        .concat();
    let script = "const found = [...document.querySelectorAll('iframe')].map((frame) => ({ \
         width: frame.contentDocument.documentElement.scrollWidth, shown: frame.contentWindow.innerWidth, room: frame.contentDocument.documentElement.clientWidth, \
         rows: frame.contentDocument.querySelectorAll('tr.row').length, \
         styled: frame.contentWindow.getComputedStyle(frame.contentDocument.querySelector('.page')).maxWidth }));";
    let found = tried(&frames, script, &own).await;
    assert_eq!(found.iter().map(|page| page["rows"].as_u64().unwrap()).collect::<Vec<_>>(), [5, 5, 1, 0, 2]);
    for page in &found {
        assert!(page["styled"] != "none" && page["shown"] == 320, "{page}");
        assert_eq!(page["width"], page["room"], "{found:#?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn keys_move_and_choose_and_do_nothing_in_a_field_or_when_turned_off() {
    let frames = "<iframe width=\"1280\" height=\"800\" src=\"/list\"></iframe>";
    let script = "const found = [], frame = document.querySelector('iframe').contentWindow, page = frame.document; \
         const key = (key, more) => page.activeElement.dispatchEvent(\
           new frame.KeyboardEvent('keydown', { key, bubbles: true, cancelable: true, ...more })); \
         const here = () => [...page.querySelectorAll('tr.row')].findIndex((row) => row.contains(page.activeElement)); \
         const chosen = () => page.querySelectorAll('input[name=id]:checked').length; \
         const say = (what) => found.push(what); \
         key('j'); key('j'); say(here()); key('k'); say(here()); key('j'); key('x'); say(chosen()); \
         say(page.getElementById('chosen').textContent); \
         key('j'); key('j'); key('X'); say(chosen()); key('j', { ctrlKey: true }); say(here()); \
         key('Escape'); say(chosen()); key('s'); say(page.activeElement.id); key('x'); say(chosen()); key('Escape'); \
         key('?'); say(page.activeElement.id); \
         let sent = ''; page.querySelector('form.picker').addEventListener('submit', (event) => { \
           sent = event.submitter.value; event.preventDefault(); }); \
         key('j'); key('e'); say(sent); say(chosen()); \
         page.getElementById('keys').remove(); key('x'); say(chosen());";
    let found = tried(frames, script, &[("/list", "/queue")]).await;
    let wanted = serde_json::json!([1, 0, 1, "1 valda", 3, 3, 0, "q", 0, "keys", "close", 1, 1]);
    assert_eq!(serde_json::Value::from(found), wanted);
}
