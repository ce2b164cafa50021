//! A ticket's page, the frame with the HTML form of a mail, and attachments.
//!
//! What a mail says of itself is hostile until proven otherwise. Its HTML form is made harmless where it is
//! read (`mail::display`), and again here: its document has a policy that fetches and runs nothing, in a frame
//! that has no origin. An attachment is only ever a download.

use std::sync::Arc;
use std::time::Instant;

use axum::extract::rejection::QueryRejection;
use axum::extract::{FromRequestParts, Path, Query, State};
use axum::http::request::Parts;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::{Value, json};

use super::access::Right;
use super::queue::review;
use super::{Signed, keys};
use crate::clock::{Clock, SystemClock, Zone};
use crate::mail::display::Download;
use crate::ticket::Standing;
use crate::types::{TicketNumber, UnixMillis};
use crate::web::port::Unavailable;
use crate::web::routes::App;
use crate::web::words::{self, time};

pub(super) mod acting;
mod acts;
pub(super) mod looking;
mod sample;
pub(super) mod step;
mod values;
mod written;

pub(super) use acts::{details, done};
pub(super) use values::trail;

/// The frame's document: words, and pictures that are written out in it. `sandbox` holds also where somebody opens its
/// address in a window.
const FRAME_POLICY: HeaderValue = HeaderValue::from_static(
    "sandbox; default-src 'none'; img-src data:; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; \
     frame-ancestors 'self'",
);
/// A download that a browser shows nevertheless does nothing.
const DOWNLOAD_POLICY: HeaderValue = HeaderValue::from_static(
    "sandbox; default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
);
/// Before and after the words of a mail. The colours are fixed: what mails are written for is a white page.
const FRAME_HEAD: &str = "<!doctype html><html><head><meta charset=\"utf-8\"><meta name=\"referrer\" content=\"no-referrer\">\
    <title>Mail</title><style>html{color-scheme:light}body{font:15px/1.55 system-ui,sans-serif;color:#17211e;background:#fff;\
    margin:16px;overflow-wrap:anywhere}img{max-width:100%;height:auto}img:not([src]){display:inline-block;padding:4px 8px;\
    border:1px dashed #78857f;border-radius:6px;color:#5a6661;font-size:13px}a{color:#0d5c54;text-decoration:underline}\
    table{border-collapse:collapse}td,th{padding:2px 6px;vertical-align:top}blockquote{margin:8px 0;padding-left:12px;\
    border-left:3px solid #e0e5e3}pre{white-space:pre-wrap}</style></head><body>";
const FRAME_END: &str = "</body></html>";

/// The ticket that an address names; when it names none, a page says so.
pub(in crate::web::staff) struct Numbered(pub TicketNumber);

impl FromRequestParts<Arc<App>> for Numbered {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Response> {
        let signed = Signed::from_request_parts(parts, app).await.map_err(IntoResponse::into_response)?;
        let named = Path::<String>::from_request_parts(parts, app).await;
        let number = named.ok().and_then(|Path(text)| TicketNumber::parse(&text).ok());
        number.map(Self).ok_or_else(|| app.staff.missing(&signed))
    }
}

/// What the address of a ticket's page may carry.
#[derive(Default, Deserialize)]
pub(super) struct Wanted {
    /// The mail that is shown whole, however long it is.
    #[serde(default)]
    whole: String,
    /// The text that lies ready and is looked at before it is sent.
    #[serde(default)]
    ready: String,
    /// The reason whose tickets are gone through one after the other.
    #[serde(default)]
    review: String,
    /// The ticket of the review that was decided before this one.
    #[serde(default)]
    done: String,
    /// What was done at once, in its word.
    #[serde(default)]
    said: String,
}

/// `GET /tickets/{number}`
pub(super) async fn show(
    State(app): State<Arc<App>>,
    signed: Signed,
    Numbered(number): Numbered,
    wanted: Result<Query<Wanted>, QueryRejection>,
) -> Response {
    let wanted = wanted.map(|Query(wanted)| wanted).unwrap_or_default();
    match page(&app, &signed, number, &wanted).await {
        Ok(Some(page)) => {
            if Right::Act.is_of(signed.member.role) {
                app.presence.opens(number, &signed.member, Instant::now());
            }
            app.staff.page("ticket", &signed, page)
        }
        Ok(None) => app.staff.missing(&signed),
        Err(Unavailable) => app.staff.unavailable(signed.language),
    }
}

/// The values of the page; `None` when there is no such ticket.
async fn page(
    app: &App,
    signed: &Signed,
    number: TicketNumber,
    wanted: &Wanted,
) -> Result<Option<Value>, Unavailable> {
    let whole = wanted.whole.parse().unwrap_or(0);
    let Some(ticket) = app.ports.view.ticket(number, whole, &signed.member).await? else {
        return Ok(None);
    };
    let queue = app.ports.queue.as_ref();
    let (snapshot, row) = (queue.snapshot().await?, queue.row(number).await?);
    let now = SystemClock.now();
    let made = values::Made { language: signed.language, zone: &app.staff.zone, now, whole };
    let mut page = made.ticket(&ticket);
    let assignee = snapshot.people.get(&ticket.assignee).unwrap_or(&ticket.assignee);
    page["assigned"] = json!(assignee);
    page["waited"] = row.filter(|_| ticket.standing == Standing::Open).map_or(Value::Null, |row| {
        let (since, length) = (row.waits_since, queue.waited(row.waits_since, snapshot.at));
        let words =
            time::waited(since, (snapshot.today, snapshot.at), length, &app.staff.zone, signed.language);
        json!({ "words": words, "tone": time::lateness(since, snapshot.late) })
    });
    page["review"] = review::shown(app, signed, &wanted.review, number).await?;
    let code = page["review"]["code"].as_str().unwrap_or_default().to_owned();
    page["ask"] = json!(asking(&code));
    page["done"] = acts::done(app, signed, &wanted.done, &code).await;
    page["said"] = json!(words::acts::said(&wanted.said).map(|words| words.of(signed.language)));
    page["others"] = json!(looking::others(app, signed, number));
    page["keys"] = keys::ticket(signed);
    page["acts"] = acts::values(app, signed, &made, &ticket, (&wanted.ready, &code)).await;
    page["colleagues"] = json!(snapshot.colleagues);
    Ok(Some(page))
}

/// How a link to the same page begins to ask for more, so that a review is not lost.
fn asking(review: &str) -> String {
    if review.is_empty() { "?".to_owned() } else { format!("?review={review}&") }
}

/// Values of every kind for the template, for the look at start.
pub(super) fn samples(signed: &Signed, zone: &Zone) -> Vec<Value> {
    let made = values::Made { language: signed.language, zone, now: UnixMillis(0), whole: 0 };
    let mut pages = Vec::new();
    for ticket in sample::tickets() {
        for acts in acts::samples(&made, &ticket) {
            let mut page = made.ticket(&ticket);
            let waited = json!({ "words": "47 min", "tone": "bad" });
            for (name, value) in [
                ("assigned", json!("Eva Lind")),
                ("waited", waited),
                ("review", review::sample(signed)),
                ("ask", json!(asking(""))),
                ("done", acts::done_sample(signed)),
                ("said", json!("Anteckningen är sparad.")),
                ("others", json!("Per Öst tittar på ärendet just nu")),
                ("keys", keys::ticket(signed)),
                ("acts", acts),
                ("colleagues", json!({ "per.ost": "Per Öst" })),
            ] {
                page[name] = value;
            }
            pages.push(page);
        }
    }
    pages
}

/// `GET /tickets/{number}/mails/{mail}/html`
pub(super) async fn frame(
    State(app): State<Arc<App>>,
    signed: Signed,
    Path((number, mail)): Path<(String, String)>,
) -> Response {
    let (Ok(number), Ok(mail)) = (TicketNumber::parse(&number), mail.parse()) else {
        return app.staff.missing(&signed);
    };
    match app.ports.view.frame(number, mail, &signed.member).await {
        Ok(Some(formatted)) => {
            let document = [FRAME_HEAD, &formatted.body, FRAME_END].concat();
            let kind = HeaderValue::from_static("text/html; charset=utf-8");
            let headers = [(header::CONTENT_TYPE, kind), (header::CONTENT_SECURITY_POLICY, FRAME_POLICY)];
            (headers, document).into_response()
        }
        Ok(None) => app.staff.missing(&signed),
        Err(Unavailable) => app.staff.unavailable(signed.language),
    }
}

/// `GET /tickets/{number}/attachments/{mail}/{place}`
pub(super) async fn attachment(
    State(app): State<Arc<App>>,
    signed: Signed,
    Path((number, mail, place)): Path<(String, String, String)>,
) -> Response {
    let (Ok(number), Ok(mail), Ok(place)) = (TicketNumber::parse(&number), mail.parse(), place.parse())
    else {
        return app.staff.missing(&signed);
    };
    match app.ports.view.attachment(number, mail, place, &signed.member).await {
        Ok(Some(download)) => downloaded(download),
        Ok(None) => app.staff.missing(&signed),
        Err(Unavailable) => app.staff.unavailable(signed.language),
    }
}

/// Never anything but a file on the disk, whatever it says that it is.
fn downloaded(download: Download) -> Response {
    let Ok(disposition) = HeaderValue::try_from(disposition(&download.name)) else {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    let kind = HeaderValue::from_static("application/octet-stream");
    let headers = [
        (header::CONTENT_TYPE, kind),
        (header::CONTENT_DISPOSITION, disposition),
        (header::CONTENT_SECURITY_POLICY, DOWNLOAD_POLICY),
    ];
    (headers, download.octets).into_response()
}

/// The name twice: in plain ASCII, and as it is (RFC 6266, RFC 8187).
fn disposition(name: &str) -> String {
    let plain: String =
        name.chars().map(|c| if c.is_ascii_alphanumeric() || "-_. ".contains(c) { c } else { '_' }).collect();
    let mut whole = String::new();
    for octet in name.bytes() {
        if octet.is_ascii_alphanumeric() || b"-._~".contains(&octet) {
            whole.push(char::from(octet));
        } else {
            whole.push_str(&format!("%{octet:02X}"));
        }
    }
    format!("attachment; filename=\"{plain}\"; filename*=UTF-8''{whole}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_cannot_leave_its_field() {
        assert_eq!(
            disposition("å \"x\"\r\n;.pdf"),
            "attachment; filename=\"_ _x____.pdf\"; filename*=UTF-8''%C3%A5%20%22x%22%0D%0A%3B.pdf"
        );
    }
}
