//! Somebody's own settings, and leaving.

use std::sync::Arc;

use axum::extract::{Form, State};
use axum::http::header;
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;
use serde_json::json;

use super::Signed;
use super::gate;
use crate::types::{Preferences, Shortcuts, Theme};
use crate::web::language::Language;
use crate::web::port::Unavailable;
use crate::web::routes::App;

/// `GET /account`
pub(super) async fn show(State(app): State<Arc<App>>, signed: Signed) -> Response {
    let Preferences { language, theme, shortcuts } = &signed.preferences;
    let Ok(sessions) = app.ports.accounts.sessions(&signed.member, &signed.session).await else {
        return app.staff.unavailable(signed.language);
    };
    let when = |at| app.staff.when(at, signed.language);
    let sessions: Vec<_> = sessions
        .into_iter()
        .map(|one| json!({ "here": one.here, "begun": when(one.begun_at), "seen": when(one.seen_at) }))
        .collect();
    let values = json!({
        "wished": language, "wished_theme": theme.code(), "shortcuts": shortcuts.code(), "sessions": sessions,
    });
    app.staff.page("account", &signed, values)
}

/// The form of the settings.
#[derive(Deserialize)]
pub(super) struct Wishes {
    #[serde(default)]
    language: String,
    #[serde(default)]
    theme: String,
    #[serde(default)]
    shortcuts: String,
}

/// `POST /account`
pub(super) async fn prefer(
    State(app): State<Arc<App>>,
    signed: Signed,
    Form(wishes): Form<Wishes>,
) -> Response {
    let preferences = Preferences {
        language: Language::of_tag(&wishes.language)
            .map_or_else(String::new, |language| language.tag().to_owned()),
        theme: Theme::of_code(&wishes.theme),
        shortcuts: Shortcuts::of_code(&wishes.shortcuts),
    };
    match app.ports.accounts.prefer(&signed.member.name, &preferences).await {
        Ok(()) => Redirect::to(&signed.here).into_response(),
        Err(Unavailable) => app.staff.unavailable(signed.language),
    }
}

/// `GET /account/session`: how long it has left when nobody uses it, for the script that warns.
pub(super) async fn left(signed: Signed) -> Response {
    let left = json!({ "left": signed.ends_in.as_secs() }).to_string();
    ([(header::CONTENT_TYPE, "application/json")], left).into_response()
}

/// `POST /account/sessions`: ends every session of theirs but this one.
pub(super) async fn end_others(State(app): State<Arc<App>>, signed: Signed) -> Response {
    match app.ports.accounts.end_others(&signed.member, &signed.session).await {
        Ok(()) => Redirect::to(&app.staff.path("/account")).into_response(),
        Err(Unavailable) => app.staff.unavailable(signed.language),
    }
}

/// `POST /logout`
pub(super) async fn sign_out(State(app): State<Arc<App>>, signed: Signed) -> Response {
    app.ports.accounts.sign_out(&signed.member, &signed.session).await;
    let mut response = Redirect::to(&format!("{}/login", app.pages.site.base)).into_response();
    if let Some(cookie) = gate::no_session(app.pages.site.secure) {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
    response
}
