//! A mail on trial: what would be done with it.

use std::sync::Arc;

use axum::extract::{Form, State};
use axum::response::Response;
use serde::Deserialize;
use serde_json::json;

use super::super::Signed;
use super::{refused, say};
use crate::types::EmailAddress;
use crate::web::port::{Trial, Tried};
use crate::web::routes::App;
use crate::web::staff::ticket::trail;
use crate::web::words;

/// What was pasted.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(in crate::web::staff) struct Pasted {
    from: String,
    subject: String,
    text: String,
    /// `yes`: the organisation's own mail system vouches for the writer.
    vouched: String,
}

fn values(
    app: &App,
    signed: &Signed,
    pasted: &Pasted,
    wrong: &str,
    tried: Option<&Tried>,
    failed: &str,
) -> serde_json::Value {
    let tried = tried.map(|tried| {
        json!({
            "reading": tried.reading, "username": tried.username, "phone": tried.phone, "outcome": tried.outcome,
            "reason": tried.reason, "acknowledge": tried.acknowledge,
            "trail": trail(&tried.trail.0, signed.language, &app.staff.zone),
            "said": words::trial::outcome(&tried.outcome).of(signed.language),
            "read": words::trial::reading(&tried.reading).of(signed.language),
            "why": tried.reason.as_ref().and_then(|code| code.parse().ok())
                .map(|reason| words::reason::of(reason).of(signed.language)),
        })
    });
    json!({
        "from": pasted.from, "subject": pasted.subject, "text": pasted.text, "vouched": pasted.vouched == "yes",
        "wrong": wrong, "tried": tried, "failed": failed,
    })
}

/// `GET /try`
pub(in crate::web::staff) async fn show(State(app): State<Arc<App>>, signed: Signed) -> Response {
    let text = say(&signed, "Användarnamn: \nMobilnummer: ", "Username: \nMobile number: ").to_owned();
    let subject = say(&signed, "Nytt lösenord", "New password").to_owned();
    let empty = Pasted { text, subject, vouched: "yes".to_owned(), ..Pasted::default() };
    app.staff.page("try", &signed, values(&app, &signed, &empty, "", None, ""))
}

/// A whole mail begins with the fields of its header, and names its writer there.
fn is_whole(text: &str) -> bool {
    let head = text.split_once("\n\n").or_else(|| text.split_once("\r\n\r\n")).map_or("", |(head, _)| head);
    head.lines().any(|line| line.get(..5).is_some_and(|start| start.eq_ignore_ascii_case("from:")))
}

/// `POST /try`
pub(in crate::web::staff) async fn judge(
    State(app): State<Arc<App>>,
    signed: Signed,
    Form(pasted): Form<Pasted>,
) -> Response {
    if pasted.text.trim().is_empty() {
        return refused(&app, "try", &signed, values(&app, &signed, &pasted, "text", None, ""));
    }
    let from = match (is_whole(&pasted.text), EmailAddress::parse(pasted.from.trim())) {
        (true, _) => None,
        (false, Ok(from)) => Some(from),
        (false, Err(_)) => {
            return refused(&app, "try", &signed, values(&app, &signed, &pasted, "from", None, ""));
        }
    };
    let vouched = pasted.vouched == "yes";
    let trial = Trial { from, subject: pasted.subject.clone(), text: pasted.text.clone(), vouched };
    match app.ports.operations.trial(&signed.member, trial).await {
        Ok(tried) => app.staff.page("try", &signed, values(&app, &signed, &pasted, "", Some(&tried), "")),
        Err(why) => refused(&app, "try", &signed, values(&app, &signed, &pasted, "", None, &why)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_whole_mail_is_told_from_its_text() {
        assert!(is_whole("Subject: x\r\nFrom: anna@kommun.example\r\n\r\nHello"));
        assert!(is_whole("from: anna@kommun.example\n\nHello"));
        for text in ["Hello\n\nFrom: Anna", "From: anna", "", "Username: x\nPhone: y"] {
            assert!(!is_whole(text), "{text}");
        }
    }
}
