//! Where a code is typed that came in place of a link. It is there wherever links are sent, too: an owner's code counts
//! as long as its ticket can be stopped, whatever the settings say by then. The page leads to the link's own page and can do nothing else;
//! a wrong code, one whose time is over, and one that was used get the same answer.

use std::sync::Arc;

use axum::Extension;
use axum::extract::{Form, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;
use serde_json::json;
use zeroize::Zeroizing;

use super::browser;
use super::page::{Link, Made, Pages, respond};
use crate::web::client::Peer;
use crate::web::desk::{Browser, CodeAnswer, PickupView};
use crate::web::language::Language;
use crate::web::routes::App;
use crate::web::same_origin;

/// The page, short because it may be typed. What its form is made for, too: no link has this name.
pub(in crate::web) const PATH: &str = "/k";

/// What the page for a code says.
#[derive(Clone, Copy)]
pub(super) enum Said {
    /// Nothing yet.
    Nothing,
    /// The code is none.
    Wrong,
}

impl Pages {
    /// The page on which a code is typed.
    fn type_code(&self, status: StatusCode, said: Said, link: &Link, language: Language) -> Response {
        respond(status, self.type_code_html(said, link, language))
    }

    /// The same, for the check at start.
    pub(super) fn type_code_html(&self, said: Said, link: &Link, language: Language) -> Made {
        let wrong = match said {
            Said::Nothing => false,
            Said::Wrong => true,
        };
        let staff = format!("{}/login", self.site.base);
        let values = json!({ "wrong": wrong, "staff": staff });
        self.link_html("type-code", link, language, values)
    }
}

/// Who types.
struct Typist {
    known: Option<Browser>,
    browser: Browser,
    link: Link,
}

impl Typist {
    fn of(app: &App, headers: &HeaderMap) -> Self {
        let known = browser::named(headers, app.pages.site.secure);
        let browser = known.clone().unwrap_or_else(browser::new_name);
        let path = format!("{}{PATH}", app.pages.site.base);
        let link = Link { path, form: browser::form_token(&browser, PATH) };
        Self { known, browser, link }
    }

    fn remembered(&self, app: &App, mut response: Response) -> Response {
        if let Some(cookie) = browser::cookie(&self.browser, app.pages.site.secure) {
            response.headers_mut().append(header::SET_COOKIE, cookie);
        }
        response
    }
}

/// `GET /k`
pub(super) async fn show(State(app): State<Arc<App>>, language: Language, headers: HeaderMap) -> Response {
    let typist = Typist::of(&app, &headers);
    typist.remembered(&app, app.pages.type_code(StatusCode::OK, Said::Nothing, &typist.link, language))
}

/// What somebody typed.
#[derive(Default, Deserialize)]
pub(super) struct Written {
    #[serde(default)]
    form: String,
    #[serde(default)]
    code: Zeroizing<String>,
}

/// `POST /k`
pub(super) async fn judge(
    State(app): State<Arc<App>>,
    language: Language,
    peer: Option<Extension<Peer>>,
    headers: HeaderMap,
    written: Result<Form<Written>, axum::extract::rejection::FormRejection>,
) -> Response {
    let typist = Typist::of(&app, &headers);
    let written = written.map(|Form(written)| written).unwrap_or_default();
    let ours = same_origin::allows(&headers, &app.pages.site.origin);
    let known = typist.known.as_ref();
    if !ours || !known.is_some_and(|known| browser::form_token_fits(known, PATH, &written.form)) {
        tracing::warn!(
            "a typed code was refused: no form of ours in this browser sent it; nothing was changed"
        );
        return typist.remembered(&app, app.pages.refused(&typist.link, language));
    }
    let page = |status, said| app.pages.type_code(status, said, &typist.link, language);
    let response = match judged(&app, written.code, peer, &headers, &typist.browser).await {
        CodeAnswer::LeadsTo(token) => {
            let to = format!("{}/p/{}?lang={}", app.pages.site.base, *token, language.tag());
            Redirect::to(&to).into_response()
        }
        CodeAnswer::Wrong => page(StatusCode::FORBIDDEN, Said::Wrong),
        CodeAnswer::Busy => app.pages.view(&PickupView::Busy, &typist.link, language),
    };
    typist.remembered(&app, response)
}

/// In a task of its own: a wrong code is counted even if whoever typed it is gone.
async fn judged(
    app: &Arc<App>,
    code: Zeroizing<String>,
    peer: Option<Extension<Peer>>,
    headers: &HeaderMap,
    browser: &Browser,
) -> CodeAnswer {
    let from = peer.map(|Extension(Peer(peer))| app.proxies.client(peer, headers));
    let (desk, browser) = (Arc::clone(&app.ports.desk), browser.clone());
    let judging = tokio::spawn(async move { desk.typed_code(&code, from, &browser).await });
    judging.await.unwrap_or(CodeAnswer::Busy)
}
