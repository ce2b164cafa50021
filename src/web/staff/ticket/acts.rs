//! The forms of a ticket's page, and what they come to. Every form carries the version that its person saw and a
//! key of its own: what has changed meanwhile is told, and posted twice it is one act.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::extract::{Form, Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use data_encoding::HEXLOWER;
use rand::Rng;
use serde_json::{Value, json};

use super::values::Made;
use crate::clock::{Clock, SystemClock};
use crate::ticket::act::Grounds;
use crate::ticket::{Act, ActStatus, Canned, Changed, KeptAct, Note, Proposed};
use crate::types::{AccountId, Override, StaffName, TicketNumber, Username};
use crate::web::language::Language;
use crate::web::port::{ActForm, HappenedShown, Performed, Ready, ReadyText, Refusal, TicketShown, Undone};
use crate::web::routes::App;
use crate::web::staff::Signed;
use crate::web::staff::access::Right;
use crate::web::words::{self, Words, time};

/// What a form carries.
type Fields = BTreeMap<String, String>;

/// What the template makes its forms of; `null` for who may only look, and while the store does not answer.
pub(super) async fn values(
    app: &App,
    signed: &Signed,
    made: &Made<'_>,
    ticket: &TicketShown,
    ready: &str,
) -> Value {
    let port = &app.ports.acts;
    let (Some(kept), Some(notes)) = (port.acts(ticket.number).await, port.notes(ticket.number).await) else {
        return Value::Null;
    };
    let draft = port.draft(&signed.member, ticket.number).await;
    let looked_at =
        ready_of(ready).and_then(|which| Some((which, app.ports.view.ready(ticket.number, which)?)));
    let may = Right::Act.is_of(signed.member.role);
    let mine = |act: &KeptAct| act.by.name == signed.member.name;
    shown(made, ticket, &Shown { may, kept: &kept, notes: &notes, draft, looked_at, mine: &mine })
}

/// What is shown of people's acts.
struct Shown<'a> {
    may: bool,
    kept: &'a [KeptAct],
    notes: &'a [Note],
    draft: Option<(String, crate::types::UnixMillis)>,
    looked_at: Option<(Ready, ReadyText)>,
    mine: &'a dyn Fn(&KeptAct) -> bool,
}

fn shown(made: &Made<'_>, ticket: &TicketShown, shown: &Shown<'_>) -> Value {
    let language = made.language;
    let step = |proposed: Proposed| {
        let step = words::acts::proposed(proposed);
        json!({
            "code": step.code, "needs": step.needs, "asks": step.asks.of(language), "does": step.does.of(language),
            "button": step.button.of(language),
        })
    };
    let line = |act: &KeptAct| {
        let left = act.due_at.since(made.now).as_secs();
        json!({
            "id": act.id, "by": act.by.shown, "mine": (shown.mine)(act), "seconds": left,
            "minutes": left.div_ceil(60), "version": act.version, "when": made.stamp(act.made_at),
            "what": words::acts::act(act.act.code()).map(|words| words.of(language)), "code": act.act.code(),
            "status": words::acts::status(act.status).of(language), "why": act.why,
            "given": match &act.act { Act::Override { why, .. } => why.as_str(), _ => "" },
            "details": details(made.language, &act.act),
        })
    };
    let of = |status: ActStatus| shown.kept.iter().find(|act| act.status == status).map(line);
    let failed = shown
        .kept
        .last()
        .filter(|act| matches!(act.status, ActStatus::Refused | ActStatus::Declined | ActStatus::Lapsed));
    let proposal = ticket.proposal.as_ref().filter(|_| shown.may);
    json!({
        "may": shown.may,
        "version": ticket.version,
        "key": key(),
        "replies": proposal.is_some_and(|p| p.first == Proposed::Reply || p.others.contains(&Proposed::Reply)),
        "first": proposal.map(|proposal| step(proposal.first)),
        "others": proposal.map(|proposal| proposal.others.iter().copied().map(step).collect::<Vec<_>>()).unwrap_or_default(),
        "waiting": of(ActStatus::Waiting),
        "colleague": of(ActStatus::Colleague),
        "failed": failed.map(line),
        "notes": shown.notes.iter().map(|note| json!({
            "by": note.by.shown, "text": note.text, "when": made.stamp(note.at),
        })).collect::<Vec<_>>(),
        "draft": shown.draft.as_ref().map(|(text, at)| json!({
            "text": text, "saved": time::time_of_day(*at, made.zone, language),
        })),
        "canned": Canned::ALL.map(|canned| json!({ "code": canned.code(), "name": words::acts::canned(canned).of(language) })),
        "ready": shown.looked_at.as_ref().map(|(which, text)| json!({
            "code": match which { Ready::Ask => "ask", Ready::Canned(canned) => canned.code() },
            "subject": text.subject, "text": text.text,
        })),
    })
}

/// What an override would do, for whoever decides on it: on which grounds, for which account, to which manager.
fn details(language: Language, act: &Act) -> Vec<String> {
    let Act::Override { way, account, grounds, .. } = act else { return Vec::new() };
    let say = |swedish: &'static str, english: &'static str| Words(swedish, english).of(language).to_owned();
    let grounds = match grounds {
        Grounds::InPerson => say(
            "personen står här och har legitimerat sig",
            "the person stands here and has shown who they are",
        ),
        Grounds::CalledBack => say("uppringd på ett känt nummer", "called back at a known number"),
        Grounds::Vouched => {
            say("en känd chef eller kollega går i god", "a manager or colleague who is known vouches")
        }
        Grounds::Other => say("annan grund", "other grounds"),
    };
    let mut details = vec![grounds];
    match way {
        Override::AsUsual => {}
        Override::ToRegisteredPhone => {
            details.push(say("sms till registrerad mobil", "text to the registered mobile"))
        }
        Override::ToManager(manager) => {
            details.push(format!("{} {manager}", say("till chefen", "to the manager")));
        }
    }
    details.extend(
        account.as_ref().map(|account| format!("{} {account}", say("för kontot", "for the account"))),
    );
    details
}

/// 64 random bits: a form's own.
fn key() -> String {
    let mut octets = [0_u8; 8];
    rand::rng().fill_bytes(&mut octets);
    HEXLOWER.encode(&octets)
}

fn ready_of(code: &str) -> Option<Ready> {
    if code == "ask" {
        return Some(Ready::Ask);
    }
    Canned::ALL.into_iter().find(|canned| canned.code() == code).map(Ready::Canned)
}

/// The act that a form wants; `None` for one that no page of ours sends.
fn wanted(fields: &Fields) -> Option<Act> {
    let field = |name: &str| fields.get(name).map_or("", String::as_str).trim();
    let account = || Username::parse(field("account")).ok();
    let closes = !field("closes").is_empty();
    let over = |way: Override| {
        let grounds = match field("grounds") {
            "in-person" => Grounds::InPerson,
            "called-back" => Grounds::CalledBack,
            "vouched" => Grounds::Vouched,
            "other" => Grounds::Other,
            _ => return None,
        };
        Some(Act::Override { way, account: account(), grounds, why: field("why").to_owned() })
    };
    Some(match field("act") {
        "approve" => Act::Approve,
        "retry" => Act::Retry,
        "to-manager" => Act::ToManager { account: account() },
        "choose-account" => Act::ChooseAccount { account: account()? },
        "override" => over(Override::AsUsual)?,
        "override-to-registered-phone" => over(Override::ToRegisteredPhone)?,
        "override-to-another-manager" => {
            let manager = Some(field("manager")).filter(|id| !id.is_empty())?;
            over(Override::ToManager(AccountId::new(manager.to_owned())))?
        }
        "ask" => Act::Ask,
        "reply" => {
            Act::Reply { language: field("language").to_owned(), text: field("text").to_owned(), closes }
        }
        "close" => Act::Close,
        "phishing" => Act::Phishing,
        "reopen" => Act::Reopen,
        "merge" => Act::Merge { into: TicketNumber::parse(field("into")).ok()? },
        "take" => Act::Take,
        "release" => Act::Release,
        "assign" => Act::Assign { to: StaffName::parse(field("to")).ok()? },
        "note" => Act::Note { text: field("text").to_owned() },
        other => match ready_of(other)? {
            Ready::Canned(reply) => Act::Canned { reply, at: None, closes },
            Ready::Ask => Act::Ask,
        },
    })
}

/// `POST /tickets/{number}/act`
pub(in crate::web::staff) async fn act(
    State(app): State<Arc<App>>,
    signed: Signed,
    Path(number): Path<String>,
    Form(fields): Form<Fields>,
) -> Response {
    let Ok(number) = TicketNumber::parse(&number) else { return app.staff.missing(&signed) };
    let text = fields.get("text").cloned().unwrap_or_default();
    let page = Told { app: &app, signed: &signed, number, text: &text };
    let (Some(act), Some(Ok(version))) = (wanted(&fields), fields.get("version").map(|v| v.parse())) else {
        return page.unclear();
    };
    let key = fields.get("key").cloned().unwrap_or_default();
    page.answer(app.ports.acts.perform(&signed.member, ActForm { ticket: number, version, key, act }).await)
}

/// `POST /tickets/{number}/draft`
pub(in crate::web::staff) async fn draft(
    State(app): State<Arc<App>>,
    signed: Signed,
    Path(number): Path<String>,
    Form(fields): Form<Fields>,
) -> Response {
    let Ok(number) = TicketNumber::parse(&number) else { return app.staff.missing(&signed) };
    let text = fields.get("text").cloned().unwrap_or_default();
    if app.ports.acts.save_draft(&signed.member, number, &text).await {
        return back(&app, number, "#rh");
    }
    Told { app: &app, signed: &signed, number, text: &text }.not_now()
}

/// `POST /tickets/{number}/undo`
pub(in crate::web::staff) async fn undo(
    State(app): State<Arc<App>>,
    signed: Signed,
    Path(number): Path<String>,
    Form(fields): Form<Fields>,
) -> Response {
    let Ok(number) = TicketNumber::parse(&number) else { return app.staff.missing(&signed) };
    let page = Told { app: &app, signed: &signed, number, text: "" };
    let Some(Ok(id)) = fields.get("id").map(|id| id.parse()) else { return page.unclear() };
    match app.ports.acts.undo(&signed.member, id).await {
        Undone::Yes => back(&app, number, ""),
        Undone::TooLate => page.told(StatusCode::CONFLICT, json!({ "what": "too-late" })),
        Undone::NotNow => page.not_now(),
    }
}

/// `POST /tickets/{number}/second`
pub(in crate::web::staff) async fn second(
    State(app): State<Arc<App>>,
    signed: Signed,
    Path(number): Path<String>,
    Form(fields): Form<Fields>,
) -> Response {
    let Ok(number) = TicketNumber::parse(&number) else { return app.staff.missing(&signed) };
    let page = Told { app: &app, signed: &signed, number, text: "" };
    let number_in = |name: &str| fields.get(name).and_then(|value| value.parse::<i64>().ok());
    let (Some(id), Some(version)) = (number_in("id"), number_in("version")) else { return page.unclear() };
    let approves = fields.get("word").is_some_and(|word| word == "approve");
    page.answer(app.ports.acts.second(&signed.member, id, version, approves).await)
}

fn back(app: &App, number: TicketNumber, place: &str) -> Response {
    Redirect::to(&format!("{}/tickets/{number}{place}", app.pages.site.base)).into_response()
}

/// Says what became of a form that did not simply go well.
struct Told<'a> {
    app: &'a App,
    signed: &'a Signed,
    number: TicketNumber,
    /// What was written, so that it is not lost.
    text: &'a str,
}

impl Told<'_> {
    fn answer(&self, performed: Performed) -> Response {
        match performed {
            Performed::Kept(_) | Performed::Colleague(_) | Performed::Done(_) => {
                back(self.app, self.number, "")
            }
            Performed::Changed(changed) => self.told(StatusCode::CONFLICT, self.changed(&changed)),
            Performed::Waits(act) => {
                let value = json!({ "what": "waits", "by": act.by.shown, "act": self.act(&act) });
                self.told(StatusCode::CONFLICT, value)
            }
            Performed::Refused(refusal) => {
                let [swedish, english] = refusal.words();
                let words = words::Words(swedish, english).of(self.signed.language);
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
                    | Refusal::NotYourOwn
                    | Refusal::Gone
                    | Refusal::NeedsPeople => StatusCode::CONFLICT,
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
        self.app.staff.page_with(status, "act", self.signed, complete(value))
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

/// Values for the page's forms, for the look at start.
pub(in crate::web::staff) fn samples(made: &Made<'_>, ticket: &TicketShown) -> [Value; 3] {
    let (draft, looked_at) = (Some(("Hej".to_owned(), made.now)), None);
    let text = ReadyText { subject: "Ärende".to_owned(), text: "Hej".to_owned() };
    let mine = |_: &KeptAct| true;
    let whole = Shown { may: true, kept: &[], notes: &[], draft, looked_at, mine: &mine };
    let ready = Shown {
        may: true,
        kept: &[],
        notes: &[],
        draft: None,
        looked_at: Some((Ready::Ask, text)),
        mine: &mine,
    };
    [Value::Null, shown(made, ticket, &whole), shown(made, ticket, &ready)]
}

/// Values of every answer, for the look at start.
pub(in crate::web::staff) fn told_samples() -> impl Iterator<Item = Value> {
    ["changed", "waits", "refused", "too-late", "unclear", "not-now"]
        .into_iter()
        .map(|what| complete(json!({ "what": what, "number": "26-1", "text": "Hej" })))
}
