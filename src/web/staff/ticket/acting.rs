//! The forms of a ticket's page come in. Every form carries the version that its person saw and a key of its own: what
//! has changed meanwhile is told, and posted twice it is one act.

use std::sync::Arc;

use axum::extract::{Form, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use form_urlencoded::Serializer;
use serde_json::{Value, json};

use super::Numbered;
use super::step::{self, Wrong, picked};
use super::values::Made;
use super::written::{Fields, wanted};
use crate::clock::{Clock, SystemClock};
use crate::ticket::{Act, Changed, KeptAct};
use crate::types::TicketNumber;
use crate::web::port::{ActForm, HappenedShown, Performed, Refusal, Unavailable, Undone};
use crate::web::routes::App;
use crate::web::staff::Signed;
use crate::web::staff::queue::reason_of;
use crate::web::staff::queue::review::{From, onward};
use crate::web::words;

/// `POST /tickets/{number}/act`
pub(in crate::web::staff) async fn act(
    State(app): State<Arc<App>>,
    signed: Signed,
    Numbered(number): Numbered,
    Form(fields): Form<Fields>,
) -> Response {
    let (fields, unpicked) = match picked(fields) {
        Ok(fields) => (fields, None),
        Err((fields, field)) => (fields, Some(Wrong::unpicked(field, signed.language))),
    };
    let page = Told::new(&app, &signed, number, &fields);
    if let Some(wrong) = unpicked {
        return page.again(wrong).unwrap_or_else(|| page.unclear());
    }
    let Some(Ok(version)) = fields.get("version").map(|v| v.parse()) else { return page.unclear() };
    let act = match wanted(&fields) {
        Ok(act) => act,
        Err(unread) => {
            let wrong = Wrong::of(unread, &fields, signed.language);
            return wrong.and_then(|wrong| page.again(wrong)).unwrap_or_else(|| page.unclear());
        }
    };
    let key = fields.get("key").cloned().unwrap_or_default();
    let (said, leads_on) = (said(&act), !act.is_beside() || matches!(act, Act::Assign { .. }));
    let form = ActForm { ticket: number, version, key, act };
    page.answer(app.ports.acts.perform(&signed.member, form).await, said, leads_on).await
}

/// `POST /tickets/{number}/draft`
pub(in crate::web::staff) async fn draft(
    State(app): State<Arc<App>>,
    signed: Signed,
    Numbered(number): Numbered,
    Form(fields): Form<Fields>,
) -> Response {
    let page = Told::new(&app, &signed, number, &fields);
    if app.ports.acts.save_draft(&signed.member, number, page.text).await {
        return page.back("draft", "#rh");
    }
    page.not_now()
}

/// `POST /tickets/{number}/undo`
pub(in crate::web::staff) async fn undo(
    State(app): State<Arc<App>>,
    signed: Signed,
    Numbered(number): Numbered,
    Form(fields): Form<Fields>,
) -> Response {
    let page = Told::new(&app, &signed, number, &fields);
    let Some(Ok(id)) = fields.get("id").map(|id| id.parse()) else { return page.unclear() };
    match app.ports.acts.undo(&signed.member, number, id).await {
        Undone::Yes => page.back("undone", ""),
        Undone::TooLate => page.told(StatusCode::CONFLICT, json!({ "what": "too-late" })),
        Undone::NotNow => page.not_now(),
    }
}

/// `POST /tickets/{number}/second`
pub(in crate::web::staff) async fn second(
    State(app): State<Arc<App>>,
    signed: Signed,
    Numbered(number): Numbered,
    Form(fields): Form<Fields>,
) -> Response {
    let page = Told::new(&app, &signed, number, &fields);
    let number_in = |name: &str| fields.get(name).and_then(|value| value.parse::<i64>().ok());
    let (Some(id), Some(version)) = (number_in("id"), number_in("version")) else { return page.unclear() };
    let approves = fields.get("word").is_some_and(|word| word == "approve");
    let said = if approves { "" } else { "declined" };
    page.answer(app.ports.acts.second(&signed.member, number, id, version, approves).await, said, false).await
}

/// The page's word for what was done at once.
fn said(act: &Act) -> &'static str {
    if act.is_beside() { act.code() } else { "" }
}

/// Says what became of a form that did not simply go well.
struct Told<'a> {
    app: &'a App,
    signed: &'a Signed,
    number: TicketNumber,
    /// All of the form.
    fields: &'a Fields,
    /// What was written, so that it is not lost.
    text: &'a str,
    /// The reason that is reviewed; empty for none.
    review: &'a str,
}

impl<'a> Told<'a> {
    fn new(app: &'a App, signed: &'a Signed, number: TicketNumber, fields: &'a Fields) -> Self {
        let field = |name: &str| fields.get(name).map_or("", String::as_str);
        let review = Some(field("review")).filter(|code| reason_of(code).is_some()).unwrap_or_default();
        Self { app, signed, number, fields, text: field("text"), review }
    }

    /// The form of a step once more, with what is wrong in it; `None` for a step that has none.
    fn again(&self, wrong: Wrong) -> Option<Response> {
        let what = (StatusCode::UNPROCESSABLE_ENTITY, Some(&wrong), Value::Null);
        step::page(self.app, self.signed, self.number, self.fields, what)
    }

    /// Back to the ticket's page, which says `said`, at `place`.
    fn back(&self, said: &str, place: &str) -> Response {
        let mut query = Serializer::new(String::new());
        for (name, value) in [("review", self.review), ("said", said)] {
            if !value.is_empty() {
                query.append_pair(name, value);
            }
        }
        let (base, query) = (&self.app.pages.site.base, query.finish());
        let query = if query.is_empty() { query } else { format!("?{query}") };
        Redirect::to(&format!("{base}/tickets/{}{query}{place}", self.number)).into_response()
    }

    /// To the next ticket of the review, with a line of what was chosen for this one; without a review back to it.
    async fn on(&self, said: &str) -> Response {
        if self.review.is_empty() {
            return self.back(said, "");
        }
        let from = From::After(self.number);
        match onward(self.app, self.signed, self.review, from, Some(self.number)).await {
            Ok(to) => Redirect::to(&to).into_response(),
            Err(Unavailable) => self.back(said, ""),
        }
    }

    async fn answer(&self, performed: Performed, said: &str, leads_on: bool) -> Response {
        match performed {
            Performed::Kept(_) | Performed::Colleague(_) | Performed::Done(_) => {
                if leads_on {
                    self.on(said).await
                } else {
                    self.back(said, "")
                }
            }
            Performed::Changed(changed) => self.told(StatusCode::CONFLICT, self.changed(&changed)),
            Performed::Waits(act) => {
                let value = json!({ "what": "waits", "by": act.by.shown, "act": self.act(&act) });
                self.told(StatusCode::CONFLICT, value)
            }
            Performed::Refused(refusal) => {
                let [swedish, english] = refusal.words();
                let words = words::Words(swedish, english).of(self.signed.language);
                let wrong = field_of(refusal).map(|field| Wrong { field, words: words.to_owned() });
                if let Some(again) = wrong.and_then(|wrong| self.again(wrong)) {
                    return again;
                }
                let status = match refusal {
                    Refusal::NoTicket => StatusCode::NOT_FOUND,
                    Refusal::AtWork
                    | Refusal::NotNow
                    | Refusal::PasswordChanged
                    | Refusal::Observed
                    | Refusal::AutomationOff
                    | Refusal::Unreadable
                    | Refusal::NobodyToWriteTo
                    | Refusal::Empty
                    | Refusal::TooLong
                    | Refusal::OtherIsOver
                    | Refusal::OtherIsNewer
                    | Refusal::NoSuchColleague
                    | Refusal::NoSuchManager
                    | Refusal::NoDirectory
                    | Refusal::FormUsed
                    | Refusal::Unvouched
                    | Refusal::AskedLately
                    | Refusal::NotYourOwn
                    | Refusal::MayBeYou
                    | Refusal::MayNot
                    | Refusal::NeedsPeople
                    | Refusal::Gone => StatusCode::CONFLICT,
                };
                self.told(status, json!({ "what": "refused", "words": words }))
            }
            Performed::NotNow => self.not_now(),
        }
    }

    fn act(&self, act: &KeptAct) -> Option<&'static str> {
        words::acts::act(act.act.code()).map(|words| words.of(self.signed.language))
    }

    fn changed(&self, changed: &Changed) -> Value {
        let made = Made {
            language: self.signed.language,
            zone: &self.app.staff.zone,
            now: SystemClock.now(),
            whole: 0,
        };
        let rows = changed.since.iter().map(|row| {
            let (actor, event, data) = (row.actor.clone(), row.event.clone(), row.data.clone());
            made.happened(&HappenedShown { at: row.at, actor, event, data })
        });
        json!({ "what": "changed", "since": rows.collect::<Vec<_>>() })
    }

    /// A form that no page of ours sends, or one with a field that cannot be read.
    fn unclear(&self) -> Response {
        self.told(StatusCode::UNPROCESSABLE_ENTITY, json!({ "what": "unclear" }))
    }

    fn not_now(&self) -> Response {
        self.told(StatusCode::SERVICE_UNAVAILABLE, json!({ "what": "not-now" }))
    }

    fn told(&self, status: StatusCode, mut value: Value) -> Response {
        value["number"] = json!(self.number.to_string());
        value["text"] = json!(self.text);
        value["review"] = json!(self.review);
        self.app.staff.page_with(status, "act", self.signed, complete(value))
    }
}

/// The field of a step's form that a refusal is about; empty for the form as a whole, `None` for the ticket.
fn field_of(refusal: Refusal) -> Option<&'static str> {
    match refusal {
        Refusal::NoSuchManager => Some("manager"),
        Refusal::Empty | Refusal::TooLong => Some("why"),
        Refusal::NoDirectory => Some(""),
        Refusal::NoTicket
        | Refusal::AtWork
        | Refusal::NotNow
        | Refusal::PasswordChanged
        | Refusal::Observed
        | Refusal::AutomationOff
        | Refusal::Unreadable
        | Refusal::NobodyToWriteTo
        | Refusal::OtherIsOver
        | Refusal::OtherIsNewer
        | Refusal::NoSuchColleague
        | Refusal::FormUsed
        | Refusal::Unvouched
        | Refusal::AskedLately
        | Refusal::NotYourOwn
        | Refusal::MayBeYou
        | Refusal::MayNot
        | Refusal::NeedsPeople
        | Refusal::Gone => None,
    }
}

/// Every value that the template of an answer asks for.
fn complete(mut value: Value) -> Value {
    for (name, none) in [("words", json!("")), ("since", json!([])), ("by", json!("")), ("act", Value::Null)]
    {
        if value.get(name).is_none() {
            value[name] = none;
        }
    }
    value
}

/// Values of every answer, for the look at start.
pub(in crate::web::staff) fn told_samples() -> impl Iterator<Item = Value> {
    ["changed", "waits", "refused", "too-late", "unclear", "not-now"]
        .into_iter()
        .map(|what| complete(json!({ "what": what, "number": "26-1", "text": "Hej", "review": "" })))
}
