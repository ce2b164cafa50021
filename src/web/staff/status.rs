//! How the desk is just now, on one page, and the same on a wall. Nothing is counted here: tasks do while somebody
//! looks.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::response::Response;
use serde::Deserialize;
use serde_json::{Value, json};

use super::Signed;
use super::access::Right;
use super::queue::{line, per_minute};
use crate::clock::{Clock, SystemClock};
use crate::ticket::queue::{FAILURES, RATE_STEP};
use crate::types::UnixMillis;
use crate::web::language::Language;
use crate::web::port::{PartHealth, Pulse, Snapshot};
use crate::web::routes::App;
use crate::web::words::{self, Words, time};

/// The page is made anew so often, in seconds.
const EVERY: u32 = 15;

/// The address's parameters, as they were written.
#[derive(Default, Deserialize)]
pub(super) struct Wished {
    /// For a wall: large, without names and numbers of tickets.
    #[serde(default)]
    board: String,
    /// It stays as it is.
    #[serde(default)]
    paused: String,
}

/// `GET /status`
pub(super) async fn show(
    State(app): State<Arc<App>>,
    signed: Signed,
    wished: Result<Query<Wished>, QueryRejection>,
) -> Response {
    let wished = wished.map(|Query(wished)| wished).unwrap_or_default();
    let queue = app.ports.queue.as_ref();
    let (Ok(snapshot), Ok(pulse)) = (queue.snapshot().await, queue.pulse().await) else {
        return app.staff.unavailable(signed.language);
    };
    let parts = app.ports.operations.health().await;
    let oldest = snapshot.counts.oldest().map(|since| {
        let waited = queue.waited(since, snapshot.at);
        time::waited(since, (snapshot.today, snapshot.at), waited, &app.staff.zone, signed.language)
    });
    let mut page = values(&app, &signed, &snapshot, &pulse);
    page["oldest"] = json!(oldest);
    page["parts"] = json!(parts.iter().map(|part| health(&app, &signed, part)).collect::<Vec<_>>());
    page["board"] = json!(!wished.board.is_empty());
    let ends_at = SystemClock.now().plus(signed.ends_in);
    page["until"] = json!(time::time_of_day(ends_at, &app.staff.zone, signed.language));
    page["paused"] = json!(!wished.paused.is_empty());
    page["links"] = json!(Right::Read.is_of(signed.member.role));
    app.staff.page("status", &signed, page)
}

fn values(app: &App, signed: &Signed, snapshot: &Snapshot, pulse: &Pulse) -> Value {
    let (counts, language) = (&snapshot.counts, signed.language);
    let (waiting, failed) = (
        counts.rows(|_| true),
        counts.rows(|count| count.reason.is_some_and(|reason| FAILURES.contains(&reason))),
    );
    let late: u32 = counts.open.iter().map(|count| count.late).sum();
    let mut shown = line(snapshot, &app.staff.zone, language);
    let points: Vec<Value> = counts
        .rate
        .iter()
        .enumerate()
        .map(|(nth, mails)| {
            let back = i64::try_from(counts.rate.len() - nth).unwrap_or(0);
            let at = UnixMillis(snapshot.at.0 - back * RATE_STEP);
            let at = time::time_of_day(at, &app.staff.zone, language);
            json!({ "at": at, "mails": per_minute(*mails, language) })
        })
        .collect();
    shown["table"] = json!(points);
    let newest = counts.rate.last().copied().unwrap_or_default();
    let outage = snapshot.outage.as_ref().map(|outage| {
        let now = SystemClock.now();
        json!({
            "since": time::short(outage.began_at, now, &app.staff.zone, language),
            "long": time::span(now.since(outage.began_at), language),
        })
    });
    json!({
        "rate": per_minute(newest, language), "spark": shown, "outage": outage, "every": EVERY,
        "alone": pulse.alone.map(|took| took_value(took, language)),
        "helped": pulse.helped.map(|took| took_value(took, language)),
        "texts": texts(pulse, language), "waiting": waiting, "pending": counts.pending, "failed": failed, "late": late,
        "done": counts.done, "today": counts.today, "offers": pulse.waiting, "shown": pulse.shown,
        "piles": piles([counts.done, waiting, counts.pending]), "why": why(snapshot, language),
        "at": time::time_of_day(snapshot.at, &app.staff.zone, language),
    })
}

/// `38 s`, `9 min`, as a number and its unit.
fn took_value(took: Duration, language: Language) -> Value {
    let seconds = took.as_secs();
    let (number, unit) = match seconds {
        0..120 => (seconds, "s"),
        120..7200 => (seconds / 60, "min"),
        _ => (seconds / 3600, Words("tim", "h").of(language)),
    };
    json!({ "number": number, "unit": unit })
}

/// Of the texts whose fate is known, how many are in the phone, in tenths of a percent.
fn texts(pulse: &Pulse, language: Language) -> Value {
    let known = u64::from(pulse.delivered) + u64::from(pulse.failed);
    let share = (u64::from(pulse.delivered) * 1000).checked_div(known).map(|tenths| {
        let point = Words(",", ".").of(language);
        if tenths % 10 == 0 {
            (tenths / 10).to_string()
        } else {
            format!("{}{point}{}", tenths / 10, tenths % 10)
        }
    });
    json!({ "share": share, "sent": pulse.sent, "delivered": pulse.delivered, "known": known, "failed": pulse.failed })
}

/// The pieces of the bar, of 100 parts: from where, and how wide.
fn piles(counts: [u32; 3]) -> Value {
    let all = counts.iter().map(|count| f64::from(*count)).sum::<f64>().max(1.0);
    let mut from = 0.0;
    let pieces = counts.map(|count| {
        let wide = 100.0 * f64::from(count) / all;
        let piece = json!({ "x": format!("{from:.2}"), "wide": format!("{wide:.2}") });
        from += wide;
        piece
    });
    json!(pieces)
}

/// Why tickets wait, the most frequent reason first.
fn why(snapshot: &Snapshot, language: Language) -> Vec<Value> {
    let mut reasons: Vec<(Option<crate::types::Reason>, u32)> = Vec::new();
    for count in &snapshot.counts.open {
        match reasons.iter_mut().find(|(reason, _)| *reason == count.reason) {
            Some((_, rows)) => *rows += count.rows,
            None => reasons.push((count.reason, count.rows)),
        }
    }
    reasons.retain(|(_, rows)| *rows > 0);
    reasons.sort_by_key(|(_, rows)| std::cmp::Reverse(*rows));
    let most = reasons.first().map_or(1, |(_, rows)| (*rows).max(1));
    let row = |(reason, rows): (Option<crate::types::Reason>, u32)| {
        json!({
            "code": super::queue::code_of(reason), "title": words::reason::title(reason).of(language), "rows": rows,
            "wide": format!("{:.1}", 96.0 * f64::from(rows) / f64::from(most)),
        })
    };
    reasons.into_iter().map(row).collect()
}

fn health(app: &App, signed: &Signed, part: &PartHealth) -> Value {
    json!({
        "name": words::part::name(&part.part, signed.language), "well": part.well,
        "answered": part.answered_at.map(|at| app.staff.when(at, signed.language)),
        "took": part.took.map(|took| took.as_millis() as u64),
    })
}

/// Values for the template, for the look at start.
pub(super) fn samples() -> Vec<Value> {
    let part = json!({ "name": "Databas", "well": true, "answered": "10.13", "took": 2 });
    let row = json!({ "code": "no-phone", "title": "…", "rows": 3, "wide": "96.0" });
    let point = json!({ "at": "09.02", "mails": "4" });
    let piece = json!({ "x": "0.00", "wide": "50.00" });
    let sample = |board: bool, some: bool| {
        let took = json!({ "number": 38, "unit": "s" });
        json!({
            "rate": "4", "every": EVERY, "board": board, "paused": !board, "links": true, "at": "10.13", "until": "18.04",
            "spark": { "points": "0.0,48.0", "x": "112.0", "y": "48.0", "most": "15", "at": "09.02", "table": [point] },
            "outage": if some { json!({ "since": "08.12", "long": "2 tim" }) } else { Value::Null },
            "alone": if some { took.clone() } else { Value::Null }, "helped": if some { took } else { Value::Null },
            "texts": { "share": if some { json!("98,9") } else { Value::Null }, "sent": 3, "delivered": 2, "known": 3, "failed": 1 },
            "waiting": 25, "pending": 3, "failed": 2, "late": 7, "done": 173, "today": 200, "offers": 4, "shown": 1,
            "piles": [piece, piece, piece], "why": [row], "oldest": if some { json!("47 min") } else { Value::Null },
            "parts": [part],
        })
    };
    vec![sample(false, true), sample(true, false)]
}
