//! The pickup pages. A GET shows who, what and how long, and changes nothing, however often it
//! comes: programs that preview or scan links open them too. Only a POST from the page's own form
//! acts. A request passes `visit`: which link, which browser, may it act.

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::http::{Method, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};

use super::desk::{Asks, PickupAnswer, PickupView};
use super::routes::App;
use page::html_response;
use visit::{Act, Visit};

mod browser;
mod page;
mod secret;
mod sign_in;
mod spelling;
mod typed;
mod visit;

pub(super) use page::{Pages, respond};
pub(super) use typed::PATH as TYPED_PATH;

/// Where people come back from the identity provider; registered there below the pages' address.
pub const SIGN_IN_CALLBACK: &str = "/sign-in/callback";

/// The routes of whoever has a link.
pub(super) fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/p/{token}", get(show).post(reveal))
        .route("/p/{token}/not-mine", get(confirm_not_mine).post(not_mine))
        .route("/p/{token}/handed-over", post(handed_over))
        .route("/p/{token}/did-not-work", post(did_not_work))
        .route("/p/{token}/not-me", post(not_me))
        .route("/p/{token}/sign-in", get(sign_in::begin))
        .route(TYPED_PATH, get(typed::show).post(typed::judge))
        .route(SIGN_IN_CALLBACK, get(sign_in::returned))
}

/// `GET /p/{token}`
async fn show(State(app): State<Arc<App>>, method: Method, visit: Visit) -> Response {
    let view = app.ports.desk.pickup(&visit.token, visit.known.as_ref()).await;
    // A program that only asks what there is reads nothing.
    if method != Method::HEAD {
        tell_of_a_second_browser(&app, &visit, &view);
    }
    visit.show(&app, &view)
}

/// The page does not wait for those who are told.
fn tell_of_a_second_browser(app: &Arc<App>, visit: &Visit, view: &PickupView) {
    // The desk knows whether a link that is gone was used by another browser before.
    if matches!(view, PickupView::UsedElsewhere { .. } | PickupView::Gone) {
        let (desk, token, browser) = (Arc::clone(&app.ports.desk), visit.token.clone(), visit.known.clone());
        tokio::spawn(async move { desk.opened_elsewhere(&token, browser.as_ref()).await });
    }
}

/// `GET /p/{token}/not-mine`: asks once more. A link without this question shows its own page.
async fn confirm_not_mine(State(app): State<Arc<App>>, visit: Visit) -> Response {
    match app.ports.desk.pickup(&visit.token, visit.known.as_ref()).await {
        PickupView::Offer { name, own: false, .. } => {
            visit.remembered(&app, app.pages.not_mine(&name, &visit.link, visit.language))
        }
        view => visit.show(&app, &view),
    }
}

/// `POST /p/{token}`: the password.
async fn reveal(State(app): State<Arc<App>>, Act(visit, proof): Act) -> Response {
    let (desk, token, browser) = (Arc::clone(&app.ports.desk), visit.token.clone(), visit.browser.clone());
    let language = visit.language.tag();
    // A task of its own: it ends properly even if the phone loses the connection half-way.
    let shown = tokio::spawn(async move { desk.reveal(&token, &browser, &proof, language).await }).await;
    match shown {
        Ok(Ok(page)) => visit.remembered(&app, html_response(StatusCode::OK, page)),
        Ok(Err(
            view @ PickupView::Offer {
                asks: Asks::Code { wrong: true, .. } | Asks::SignIn { wrong: true, .. },
                ..
            },
        )) => visit.show(&app, &view),
        // Still on offer after the button was pressed: it could not be done now.
        Ok(Err(PickupView::Offer { .. })) | Err(_) => visit.show(&app, &PickupView::Busy),
        Ok(Err(view)) => {
            tell_of_a_second_browser(&app, &visit, &view);
            visit.show(&app, &view)
        }
    }
}

/// `POST /p/{token}/not-mine`
async fn not_mine(State(app): State<Arc<App>>, Act(visit, _): Act) -> Response {
    answer(&app, visit, PickupAnswer::NotMine).await
}

/// `POST /p/{token}/handed-over`
async fn handed_over(State(app): State<Arc<App>>, Act(visit, _): Act) -> Response {
    answer(&app, visit, PickupAnswer::HandedOver).await
}

/// `POST /p/{token}/did-not-work`
async fn did_not_work(State(app): State<Arc<App>>, Act(visit, _): Act) -> Response {
    answer(&app, visit, PickupAnswer::DidNotWork).await
}

/// `POST /p/{token}/not-me`
async fn not_me(State(app): State<Arc<App>>, Act(visit, _): Act) -> Response {
    answer(&app, visit, PickupAnswer::NotMe).await
}

/// Leads back to the link's page, which shows what became of it and may be reloaded.
async fn answer(app: &Arc<App>, visit: Visit, answer: PickupAnswer) -> Response {
    let (desk, token, browser) = (Arc::clone(&app.ports.desk), visit.token.clone(), visit.known.clone());
    let said = tokio::spawn(async move { desk.answer(&token, browser.as_ref(), answer).await }).await;
    match said {
        Ok(PickupView::Busy) | Err(_) => visit.show(app, &PickupView::Busy),
        Ok(_) => {
            let page = format!("{}?lang={}", visit.link.path, visit.language.tag());
            visit.remembered(app, Redirect::to(&page).into_response())
        }
    }
}
