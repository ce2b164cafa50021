//! The technicians' queue: what waits, by its reason, and what of it is late. No page here changes a ticket; what is
//! chosen leads to a preview.

use std::sync::Arc;
use std::time::Instant;

use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::response::{IntoResponse, Redirect, Response};
use serde_json::{Value, json};

use self::asked::{Asked, Group, PAGE, Tab, Written, written_cursor};
use self::shown::Shown;
use super::{Signed, keys, ticket};
use crate::ticket::TicketId;
use crate::ticket::queue::Row;
use crate::web::port::{Found, Snapshot, Unavailable};
use crate::web::routes::App;

mod acting;
mod asked;
mod chosen;
mod delta;
pub(super) mod review;
mod shown;

pub(super) use acting::act;
pub(super) use asked::{code_of, reason_of};
pub(super) use chosen::preview;
pub(super) use delta::delta;
pub(super) use review::review;
pub(super) use shown::{line, per_minute};

/// A request's own words for the rows.
fn words<'a>(app: &'a App, signed: &'a Signed, snapshot: &'a Snapshot) -> Shown<'a> {
    Shown { signed, zone: &app.staff.zone, snapshot, queue: app.ports.queue.as_ref() }
}

/// `GET /queue`
pub(super) async fn show(
    State(app): State<Arc<App>>,
    signed: Signed,
    written: Result<Query<Written>, QueryRejection>,
) -> Response {
    let asked = Asked::of(written.map(|Query(written)| written).unwrap_or_default());
    let made = if asked.search.is_empty() {
        list(&app, &signed, &asked).await
    } else {
        search(&app, &signed, &asked).await
    };
    made.unwrap_or_else(|Unavailable| app.staff.unavailable(signed.language))
}

async fn list(app: &App, signed: &Signed, asked: &Asked) -> Result<Response, Unavailable> {
    let queue = app.ports.queue.as_ref();
    let snapshot = queue.snapshot().await?;
    let shown = words(app, signed, &snapshot);
    let (groups, rows, next) = if asked.group == Group::Text {
        by_text(app, &shown, asked).await?
    } else {
        let wanted = asked.wanted(signed.member.name.as_str(), &snapshot);
        let mut rows = queue.page(&wanted).await?;
        let more = rows.len() > PAGE as usize;
        rows.truncate(PAGE as usize);
        let next = rows.last().filter(|_| more).map(|last| written_cursor(last.cursor(&wanted.pile)));
        let values = rows.iter().map(|row| row_value(app, &shown, row)).collect();
        let grouped = asked.group == Group::Reason && asked.tab.is_open();
        let groups =
            if grouped { shown.groups(asked.tab, &rows, values) } else { vec![json!({ "rows": values })] };
        (groups, rows.len(), next)
    };
    let seen = snapshot.counts.opened.first().map_or(0, |at| at.0);
    let base = app.pages.site.base.as_str();
    let mut values = json!({
        "groups": groups, "rows": rows, "found": Value::Null, "asked": asked_value(asked, base),
        "next": next.map(|after| asked.address(base, &after)), "first_page": asked.after.is_empty(),
        "tabs": tabs(&shown, asked, base), "spark": shown.spark(), "numbers": shown.numbers(),
        "version": snapshot.version.to_string(), "seen": seen,
    });
    values["acts"] = json!(may_act(signed));
    values["keys"] = keys::queue(signed);
    values["done"] = ticket::done(app, signed, &asked.done, "").await;
    Ok(app.staff.page("queue", signed, values))
}

fn may_act(signed: &Signed) -> bool {
    super::access::Right::Act.is_of(signed.member.role)
}

/// The address of a page that loads itself again.
fn again(address: &str) -> String {
    format!("{address}{}again=1", if address.contains('?') { '&' } else { '?' })
}

fn asked_value(asked: &Asked, base: &str) -> Value {
    json!({
        "tab": asked.tab.code(), "group": asked.group.code(), "open": asked.tab.is_open(), "search": asked.search,
        "reason": asked.reason.map(code_of).unwrap_or_default(), "address": asked.address(base, ""),
        "again": again(&asked.address(base, &asked.after)),
    })
}

/// The tabs and the piles, each with its number and its address. Whoever looks at a pile has no tab.
fn tabs(shown: &Shown<'_>, asked: &Asked, base: &str) -> Value {
    let address =
        |tab: Tab| Asked { tab, reason: None, search: String::new(), ..asked.clone() }.address(base, "");
    let tab = |(tab, name): (Tab, [&str; 2])| {
        json!({
            "code": if tab == Tab::All { "all" } else { tab.code() }, "name": shown.say(name),
            "count": shown.count(tab), "path": address(tab), "here": asked.tab == tab && asked.search.is_empty(),
        })
    };
    let names = [
        (Tab::All, ["Alla", "All"]),
        (Tab::Mine, ["Mina", "Mine"]),
        (Tab::Nobodys, ["Ingen har tagit", "Not taken"]),
        (Tab::Late, ["Försenade", "Late"]),
        (Tab::Pending, ["Väntar på svar", "Waiting for an answer"]),
    ];
    let piles = [(Tab::Done, ["", ""]), (Tab::All, ["", ""]), (Tab::Failed, ["", ""])];
    json!({ "tabs": names.map(tab), "piles": piles.map(tab) })
}

fn row_value(app: &App, shown: &Shown<'_>, row: &Row) -> Value {
    let colleagues = app.presence.beside(row.number, &shown.signed.member, Instant::now());
    shown.row(row, &colleagues, &app.pages.site.base)
}

/// Texts that are alike under each other, then all others, as the queue has them.
async fn by_text(
    app: &App,
    shown: &Shown<'_>,
    asked: &Asked,
) -> Result<(Vec<Value>, usize, Option<String>), Unavailable> {
    let alike = app.ports.queue.alike().await?;
    let alone = (String::new(), alike.alone.as_slice());
    let all: Vec<(String, &[TicketId])> = alike
        .clusters
        .iter()
        .map(|cluster| (cluster.subject.clone(), cluster.tickets.as_slice()))
        .chain([alone])
        .collect();
    let flat: Vec<TicketId> = all.iter().flat_map(|(_, ids)| ids.iter().copied()).collect();
    let after = asked.after.parse().ok().map(TicketId);
    let from = after.and_then(|after| flat.iter().position(|id| *id == after)).map_or(0, |place| place + 1);
    let page: Vec<TicketId> = flat.iter().skip(from).take(PAGE as usize).copied().collect();
    let next = page.last().filter(|_| from + page.len() < flat.len()).map(|last| last.0.to_string());
    let rows = app.ports.queue.rows(&page).await?;
    let mut groups = Vec::new();
    for (subject, ids) in all {
        let of_it = rows.iter().filter(|row| ids.contains(&row.id));
        let values: Vec<Value> = of_it.map(|row| row_value(app, shown, row)).collect();
        if !values.is_empty() {
            let other = shown.say(["Liknar inget annat", "Like nothing else"]);
            let title = if subject.is_empty() { other.to_owned() } else { subject };
            groups.push(json!({ "title": title, "code": "", "count": ids.len(), "rows": values }));
        }
    }
    Ok((groups, rows.len(), next))
}

async fn search(app: &App, signed: &Signed, asked: &Asked) -> Result<Response, Unavailable> {
    let queue = app.ports.queue.as_ref();
    let before = asked.after.parse().ok();
    let base = app.pages.site.base.as_str();
    let found = match queue.search(&asked.search, before, PAGE, &signed.member.name).await? {
        Found::Ticket(number) => {
            return Ok(Redirect::to(&format!("{base}/tickets/{number}")).into_response());
        }
        Found::Rows(found) => found,
    };
    let snapshot = queue.snapshot().await?;
    let shown = words(app, signed, &snapshot);
    let values: Vec<Value> = found.rows.iter().map(|row| row_value(app, &shown, row)).collect();
    let next = found.before.map(|before| asked.address(base, &before.to_string()));
    let mut values = json!({
        "groups": [{ "rows": values }], "rows": found.rows.len(), "found": asked.search,
        "asked": asked_value(asked, base), "next": next, "first_page": asked.after.is_empty(),
        "tabs": tabs(&shown, asked, base), "spark": Value::Null, "numbers": shown.numbers(), "version": "", "seen": 0,
    });
    values["acts"] = json!(may_act(signed));
    values["keys"] = keys::queue(signed);
    values["done"] = ticket::done(app, signed, &asked.done, "").await;
    Ok(app.staff.page("queue", signed, values))
}

/// Values of every kind for the templates, so that one of a site's own that cannot be filled is found at start.
pub(super) fn samples(signed: &Signed) -> Vec<(&'static str, Value)> {
    let keys = keys::queue(signed);
    let row = json!({
        "id": 7, "from": "anna@kommun.example", "number": "26-7", "path": "/tickets/26-7", "name": "Anna Andersson", "login": "annand12",
        "subject": "Lösenord", "snippet": "Hej", "attached": true, "mails": 3, "tickets": 2, "urgent": true,
        "age": "47 min", "level": "bad", "settled": "10.04", "assignee": "eva.lind", "assigned": "Eva Lind",
        "initials": "EL", "looking": "Per tittar", "acting": true, "step": "Till chef", "why": "Något annat", "standing": "open", "over": "", "version": 3,
    });
    let group = json!({ "title": "Något annat", "code": "other-subject", "count": 1, "rows": [row] });
    let asked = json!({
        "tab": "", "group": "", "open": true, "search": "", "reason": "other-subject", "address": "/queue",
        "again": "/queue?again=1",
    });
    let tab = json!({ "code": "all", "name": "Alla", "count": 1, "path": "/queue", "here": true });
    let numbers = json!({
        "all": 1, "mine": 1, "nobody": 1, "late": 1, "pending": 1, "failed": 1, "done": 1, "share": 87, "today": 200,
        "oldest": "Äldsta har väntat 47 min", "rate": "4",
    });
    let spark = json!({ "points": "0.0,48.0", "x": "112.0", "y": "48.0", "most": "15", "at": "09.02" });
    let list = |groups: Value, found: Value, spark: Value| {
        json!({
            "groups": groups, "rows": 1, "found": found, "asked": asked, "next": "/queue?after=x",
            "first_page": false, "tabs": { "tabs": [tab], "piles": [tab, tab, tab] }, "spark": spark,
            "numbers": numbers, "version": "1", "seen": 5, "acts": true, "keys": keys, "done": Value::Null,
        })
    };
    let whole = json!({ "code": "other-subject", "count": 312, "title": "Något annat" });
    let preview = |act: &str| {
        json!({
            "key": "k", "act": act, "rows": [row], "count": 1, "left_out": ["26-8"], "more": 3, "whole": whole,
            "text": { "subject": "…", "text": "…" }, "kept": "26-7", "whose": ["Eva Lind"],
        })
    };
    let mut samples = vec![
        ("queue", list(json!([group]), Value::Null, spark.clone())),
        ("queue", list(json!([{ "rows": [] }]), json!("anna"), Value::Null)),
    ];
    samples.extend(chosen::Chosen::ALL.map(|act| ("queue-preview", preview(act.code()))));
    let done = json!({ "act": "close", "done": 2, "left": [{ "why": "…", "numbers": ["26-7", "26-8"] }] });
    samples.push(("queue-done", done));
    samples
}
