//! A step whose form asks for more than a press, on a page of its own: when something in the form was wrong, and when
//! somebody looks for a manager or an account by name. All that was typed is kept.

use std::sync::Arc;

use axum::extract::{Form, State};
use axum::http::StatusCode;
use axum::response::Response;
use serde_json::{Value, json};

use super::Numbered;
use super::written::{Fields, Unread};
use crate::types::TicketNumber;
use crate::web::language::Language;
use crate::web::port::Sought;
use crate::web::routes::App;
use crate::web::staff::Signed;
use crate::web::words::acts::Step;
use crate::web::words::{self, Words};

/// Fields that a search can fill.
const SOUGHT: [&str; 2] = ["manager", "account"];

const NO_USERNAME: Words = Words(
    "Det är inget användarnamn. Inget har ändrats. Sök efter personen i katalogen.",
    "That is no username. Nothing was changed. Look for the person in the directory.",
);
const NO_ACCOUNT: Words = Words("Skriv vems konto det gäller.", "Say whose account it is about.");
const NO_MANAGER: Words = Words("Skriv vilken chef det är.", "Say which manager it is.");
const NOBODY_PICKED: Words = Words(
    "Välj vem i listan, eller skriv användarnamnet. Inget har ändrats. Sök igen för att se listan.",
    "Choose somebody in the list, or write the username. Nothing was changed. Look again to see the list.",
);
const NO_GROUNDS: Words = Words("Välj hur du vet vem det är.", "Choose how you know who it is.");
const NOBODY: Words = Words("Ingen i katalogen heter så.", "Nobody in the directory is called that.");
const MORE: Words = Words(
    "Fler än så här heter så. Skriv mer av namnet om rätt person inte är med.",
    "More people are called that. Write more of the name if the right one is not among these.",
);
const TOO_SHORT: Words = Words("Skriv minst två bokstäver.", "Write at least two letters.");
const NO_DIRECTORY: Words = Words(
    "Katalogen svarar inte. Inget har ändrats. Försök igen om en minut, eller skriv användarnamnet.",
    "The directory does not answer. Nothing was changed. Try again in a minute, or write the username.",
);
const NOT_NOW: Words = Words(
    "Databasen svarar inte just nu. Inget har ändrats. Försök igen.",
    "The database does not answer right now. Nothing was changed. Try again.",
);

/// What is wrong, and in which field; in none when it is not in the form.
pub(super) struct Wrong {
    pub field: &'static str,
    pub words: String,
}

impl Wrong {
    /// Nobody was picked among those who were found.
    pub fn unpicked(field: &'static str, language: Language) -> Self {
        Self { field, words: NOBODY_PICKED.of(language).to_owned() }
    }

    /// Of what could not be read.
    pub fn of(unread: Unread, fields: &Fields, language: Language) -> Option<Self> {
        let empty = fields.get("account").is_none_or(|name| name.trim().is_empty());
        let (field, words) = match unread {
            Unread::Account if empty => ("account", NO_ACCOUNT),
            Unread::Account => ("account", NO_USERNAME),
            Unread::Manager => ("manager", NO_MANAGER),
            Unread::Grounds => ("grounds", NO_GROUNDS),
            Unread::Other => return None,
        };
        Some(Self { field, words: words.of(language).to_owned() })
    }
}

/// The form with whom somebody has picked among those who were found, unless they wrote something else afterwards: a
/// choice cannot be taken back, and what stands in the field is what they mean. `Err` is the field that was searched for
/// and in which nobody was picked: a name is no username.
pub(super) fn picked(mut fields: Fields) -> Result<Fields, (Fields, &'static str)> {
    let picks = fields.remove("picks");
    let (picked, sought) = (fields.remove("picked"), fields.remove("sought").unwrap_or_default());
    let Some(field) = SOUGHT.into_iter().find(|field| picks.as_deref() == Some(*field)) else {
        return Ok(fields);
    };
    if fields.get(field).is_none_or(|written| written.trim() != sought.trim()) {
        return Ok(fields);
    }
    match picked {
        Some(picked) => {
            fields.insert(field.to_owned(), picked);
            Ok(fields)
        }
        None => Err((fields, field)),
    }
}

/// What a form begins with on a ticket's page.
pub(super) fn blank() -> Value {
    typed(&Fields::new(), None, Value::Null)
}

fn typed(fields: &Fields, wrong: Option<&Wrong>, found: Value) -> Value {
    let field = |name: &str| fields.get(name).map_or("", String::as_str);
    json!({
        "manager": field("manager"), "account": field("account"), "grounds": field("grounds"), "why": field("why"),
        "field": wrong.map_or("", |wrong| wrong.field), "wrong": wrong.map_or("", |wrong| wrong.words.as_str()),
        "found": found,
    })
}

/// A step as its form shows it. `must`: the ticket names no account, so the form has to.
pub(super) fn value(step: &Step, language: Language, must: bool) -> Value {
    json!({
        "code": step.code, "needs": step.needs, "asks": step.asks.of(language), "does": step.does.of(language),
        "button": step.button.of(language), "must": must,
    })
}

/// The page of the step that `fields` are of; `None` when no form of ours has such fields.
pub(super) fn page(
    app: &App,
    signed: &Signed,
    number: TicketNumber,
    fields: &Fields,
    (status, wrong, found): (StatusCode, Option<&Wrong>, Value),
) -> Option<Response> {
    let field = |name: &str| fields.get(name).map_or("", String::as_str);
    let step = words::acts::with_form(field("act"))?;
    let key = field("key").strip_suffix(&format!("-{}", step.code))?;
    let values = json!({
        "number": number.to_string(), "one": value(&step, signed.language, field("must") == "account"),
        "acts": { "version": field("version"), "key": key, "review": field("review") },
        "typed": typed(fields, wrong, found),
    });
    Some(app.staff.page_with(status, "step", signed, values))
}

/// `POST /tickets/{number}/people`: looks for somebody by what stands in the field that the button names.
pub(in crate::web::staff) async fn people(
    State(app): State<Arc<App>>,
    signed: Signed,
    Numbered(number): Numbered,
    Form(fields): Form<Fields>,
) -> Response {
    let mut fields = fields;
    // Who looks anew looks for what stands in the field.
    if fields.get("find") == fields.get("picks") {
        fields.remove("picked");
    }
    let fields = picked(fields).unwrap_or_else(|(fields, _)| fields);
    let sought = SOUGHT.into_iter().find(|name| fields.get("find").is_some_and(|find| find == name));
    let Some(field) = sought else {
        return app.staff.problem(StatusCode::UNPROCESSABLE_ENTITY, signed.language);
    };
    let name = fields.get(field).map_or("", String::as_str);
    let language = signed.language;
    let wrong = |field, words: Words| Some(Wrong { field, words: words.of(language).to_owned() });
    let mut found = Value::Null;
    let (status, wrong) = match app.ports.people.search(&signed.member, number, name).await {
        Sought::Found { people, more } => {
            let said = match (people.is_empty(), more) {
                (true, _) => NOBODY.of(language).to_owned(),
                (false, true) => MORE.of(language).to_owned(),
                (false, false) if people.len() == 1 => Words("1 träff", "1 found").of(language).to_owned(),
                (false, false) => format!("{} {}", people.len(), Words("träffar", "found").of(language)),
            };
            let people = people.into_iter().map(|one| json!({
                "username": one.username, "name": one.name, "works": one.works, "mail": one.mail, "open": one.open,
            }));
            found = json!({ "field": field, "said": said, "people": people.collect::<Vec<_>>() });
            (StatusCode::OK, None)
        }
        Sought::TooShort => (StatusCode::UNPROCESSABLE_ENTITY, wrong(field, TOO_SHORT)),
        Sought::NoTicket => return app.staff.missing(&signed),
        Sought::NoDirectory => (StatusCode::SERVICE_UNAVAILABLE, wrong("", NO_DIRECTORY)),
        Sought::NotNow => (StatusCode::SERVICE_UNAVAILABLE, wrong("", NOT_NOW)),
    };
    let made = page(&app, &signed, number, &fields, (status, wrong.as_ref(), found));
    made.unwrap_or_else(|| app.staff.problem(StatusCode::UNPROCESSABLE_ENTITY, language))
}

/// Values for the template, for the look at start.
pub(in crate::web::staff) fn samples(language: Language) -> Vec<Value> {
    let wrong = Wrong { field: "account", words: "…".to_owned() };
    let person = json!({ "username": "a", "name": "A", "works": "", "mail": "", "open": false });
    let found = json!({ "field": "manager", "said": "…", "people": [person] });
    let codes = ["to-manager", "override", "override-to-another-manager", "choose-account"];
    let steps = codes.into_iter().filter_map(words::acts::with_form);
    steps
        .map(|step| {
            json!({
                "number": "26-1", "one": value(&step, language, true),
                "acts": { "version": "1", "key": "k", "review": "" },
                "typed": typed(&Fields::new(), Some(&wrong), found.clone()),
            })
        })
        .collect()
}
