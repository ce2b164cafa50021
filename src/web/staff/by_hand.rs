//! A ticket for somebody who came in person: no mail begins it, but one of the desk's people who has seen who it is.

use std::sync::Arc;

use axum::extract::rejection::FormRejection;
use axum::extract::{Form, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;
use serde_json::{Value, json};

use super::Signed;
use crate::types::Username;
use crate::web::form::key;
use crate::web::port::{ByHandForm, MadeByHand, Refusal};
use crate::web::routes::App;
use crate::web::words::Words;

/// The form, as it was written.
#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub(super) struct Written {
    key: String,
    name: String,
    username: String,
    note: String,
}

/// `GET /tickets/new`
pub(super) async fn show(State(app): State<Arc<App>>, signed: Signed) -> Response {
    let written = Written { key: key(), ..Written::default() };
    app.staff.page("by-hand", &signed, values(&written, "", ""))
}

/// `POST /tickets/new`
pub(super) async fn make(
    State(app): State<Arc<App>>,
    signed: Signed,
    written: Result<Form<Written>, FormRejection>,
) -> Response {
    let written = written.map(|Form(written)| written).unwrap_or_default();
    let again = |status, field: &str, why: &str| {
        app.staff.page_with(status, "by-hand", &signed, values(&written, field, why))
    };
    let username = match written.username.trim() {
        "" => None,
        name => match Username::parse(name) {
            Ok(name) => Some(name),
            Err(_) => {
                let why = Words("Det är inget användarnamn.", "That is no username.");
                return again(StatusCode::UNPROCESSABLE_ENTITY, "username", why.of(signed.language));
            }
        },
    };
    let (posted, name, note) = (written.key.clone(), written.name.clone(), written.note.clone());
    match app.ports.acts.make_by_hand(&signed.member, ByHandForm { key: posted, name, username, note }).await
    {
        MadeByHand::Made(number) => {
            app.ports.queue.outdate();
            Redirect::to(&app.staff.path(&format!("/tickets/{number}"))).into_response()
        }
        MadeByHand::Refused(refusal) => {
            let [swedish, english] = refusal.words();
            // What is written stays on the page, in a form that was not used yet.
            if refusal == Refusal::FormUsed {
                let why = Words(
                    "Formuläret är redan använt till något annat. Inget har gjorts nu. Skicka det igen.",
                    "The form was used for something else already. Nothing was done now. Send it again.",
                );
                let values = values(&Written { key: key(), ..written.clone() }, "", why.of(signed.language));
                return app.staff.page_with(StatusCode::CONFLICT, "by-hand", &signed, values);
            }
            let field = if written.name.trim().is_empty() { "name" } else { "note" };
            let why = Words(swedish, english).of(signed.language);
            again(StatusCode::UNPROCESSABLE_ENTITY, field, why)
        }
        MadeByHand::NotNow => {
            let why = Words(
                "Databasen svarar inte just nu. Inget har gjorts. Försök igen med samma formulär.",
                "The database does not answer right now. Nothing was done. Try again with the same form.",
            );
            again(StatusCode::SERVICE_UNAVAILABLE, "", why.of(signed.language))
        }
    }
}

fn values(written: &Written, field: &str, why: &str) -> Value {
    let Written { key, name, username, note } = written;
    json!({ "key": key, "name": name, "username": username, "note": note, "field": field, "wrong": why })
}

/// Values for the template, for the look at start.
pub(super) fn sample() -> Value {
    values(&Written::default(), "name", "…")
}
