//! Mails that could not be read, and reading them again.

use std::sync::Arc;

use axum::extract::{Form, State};
use axum::response::Response;
use serde::Deserialize;
use serde_json::json;

use super::super::Signed;
use crate::types::TicketNumber;
use crate::web::port::{Held, ReadAgain, Unavailable};
use crate::web::routes::App;

/// `GET /quarantine`
pub(in crate::web::staff) async fn show(State(app): State<Arc<App>>, signed: Signed) -> Response {
    page(&app, &signed, json!(null)).await
}

async fn page(app: &App, signed: &Signed, said: serde_json::Value) -> Response {
    let Ok(held) = app.ports.operations.quarantine().await else {
        return app.staff.unavailable(signed.language);
    };
    let row = |one: Held| {
        let Held { ticket, mailbox, at, why } = one;
        let at = app.staff.when(at, signed.language);
        json!({ "ticket": ticket.to_string(), "mailbox": mailbox, "at": at, "why": why })
    };
    let held: Vec<_> = held.into_iter().map(row).collect();
    app.staff.page("quarantine", signed, json!({ "held": held, "said": said }))
}

/// Which one.
#[derive(Deserialize)]
pub(in crate::web::staff) struct Wish {
    #[serde(default)]
    number: String,
}

/// `POST /quarantine`
pub(in crate::web::staff) async fn read_again(
    State(app): State<Arc<App>>,
    signed: Signed,
    Form(wish): Form<Wish>,
) -> Response {
    let said = match TicketNumber::parse(&wish.number) {
        Ok(number) => match app.ports.operations.read_again(&signed.member, number).await {
            Ok(ReadAgain::Read(into)) => json!({ "what": "read", "number": into.to_string() }),
            Ok(ReadAgain::Still(why)) => json!({ "what": "still", "number": number.to_string(), "why": why }),
            Ok(ReadAgain::Partial) => json!({ "what": "partial", "number": number.to_string() }),
            Ok(ReadAgain::Gone) => json!({ "what": "gone", "number": number.to_string() }),
            Err(Unavailable) => return app.staff.unavailable(signed.language),
        },
        Err(_) => json!({ "what": "gone", "number": "" }),
    };
    page(&app, &signed, said).await
}
