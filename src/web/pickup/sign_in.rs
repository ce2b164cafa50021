//! A manager signs in at the identity provider, and comes back. Both are plain links, because browsers
//! hold redirects after a form to the page's `form-action`. Neither changes anything of a request; whoever
//! comes back has a row in the audit log.

use std::sync::Arc;

use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;

use super::browser::{self, Kept};
use super::visit::Visit;
use crate::web::desk::{Returned, SignIn, SignedIn};
use crate::web::language::Language;
use crate::web::routes::App;

/// `GET /p/{token}/sign-in`
pub(super) async fn begin(State(app): State<Arc<App>>, visit: Visit) -> Response {
    match app.ports.desk.sign_in(&visit.token, &visit.browser).await {
        SignIn::At { address, kept } => {
            let mut response = Redirect::to(&address).into_response();
            let kept = format!("{}.{}.{kept}", visit.token, visit.language.tag());
            add(&mut response, browser::keep(Kept::SignIn, &kept, app.pages.site.secure));
            visit.remembered(&app, response)
        }
        SignIn::NotNow => visit.remembered(&app, app.pages.sign_in_failed(Some(&visit.link), visit.language)),
        SignIn::Instead(view) => visit.show(&app, &view),
    }
}

/// What a provider sends people back with (OpenID Connect Core 3.1.2.5); an error has no code.
#[derive(Deserialize)]
pub(super) struct Answer {
    #[serde(default)]
    code: String,
    #[serde(default)]
    state: String,
}

/// `GET /sign-in/callback`
pub(super) async fn returned(
    State(app): State<Arc<App>>,
    method: Method,
    language: Language,
    headers: HeaderMap,
    answer: Result<Query<Answer>, QueryRejection>,
) -> Response {
    let secure = app.pages.site.secure;
    let left = browser::kept(&headers, Kept::SignIn, secure);
    let left = left.as_deref().and_then(of_whom);
    let (Some((token, language, kept)), Some(known)) = (left, browser::named(&headers, secure)) else {
        return app.pages.sign_in_failed(None, language);
    };
    let visit = Visit::new(&app, token.to_owned(), language, Some(known), None);
    let answer = answer.ok().map(|Query(answer)| answer).filter(|answer| !answer.code.is_empty());
    let said = match answer {
        // A code is good for once, and a program that only asks what there is shall not use it.
        Some(Answer { code, state }) if method == Method::GET => {
            let (desk, kept) = (Arc::clone(&app.ports.desk), kept.to_owned());
            let (token, browser) = (visit.token.clone(), visit.browser.clone());
            // A task of its own: the code is good for once, and the phone may lose the connection half-way.
            let said = tokio::spawn(async move {
                let returned = Returned { kept: &kept, code: &code, state: &state };
                desk.signed_in(&token, &browser, &returned).await
            });
            said.await.unwrap_or(SignedIn::Failed)
        }
        Some(_) | None => SignedIn::Failed,
    };
    let page = format!("{}?lang={}", visit.link.path, language.tag());
    let mut response = match said {
        SignedIn::Yes { proof } => {
            let mut response = Redirect::to(&page).into_response();
            add(&mut response, browser::keep(Kept::Proof, &format!("{}.{proof}", visit.token), secure));
            response
        }
        SignedIn::Look => Redirect::to(&page).into_response(),
        SignedIn::SomebodyElse => app.pages.somebody_else(&visit.link, language),
        SignedIn::Failed => app.pages.sign_in_failed(Some(&visit.link), language),
    };
    add(&mut response, browser::forget(Kept::SignIn, secure));
    response
}

/// The link's token, the page's language, and what else the browser kept.
fn of_whom(kept: &str) -> Option<(&str, Language, &str)> {
    let (token, rest) = kept.split_once('.')?;
    let (language, kept) = rest.split_once('.')?;
    Some((token, Language::of_tag(language)?, kept))
}

fn add(response: &mut Response, cookie: Option<HeaderValue>) {
    if let Some(cookie) = cookie {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
}

/// The status of the page that says that signing in did not work.
pub(super) const FAILED: StatusCode = StatusCode::SERVICE_UNAVAILABLE;
